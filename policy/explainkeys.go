package policy

// keys lists the condition keys that the policies asked for: those of the
// statements that are shown first, then all others in the order of the documents.
func (x *explainer) keys() {
	listed := map[string]bool{}
	add := func(k contextKey) {
		if listed[k.name] {
			return
		}
		listed[k.name] = true
		if len(x.out.Keys) == MaxKeys || x.left <= 0 {
			x.out.KeysLeftOut++
			return
		}
		x.out.Keys = append(x.out.Keys, x.key(k))
	}
	for _, s := range x.used {
		s.eachKey(add)
	}
	for l := IdentityLayer; l <= TrustLayer; l++ {
		if x.said[l] == nil {
			continue
		}
		for _, p := range x.policies(l) {
			if p.broken() {
				continue
			}
			// Policies ask for few different keys, if any, and the compiler knows how
			// many. Most of the statements need not be read.
			left := 0
			for name := range p.keys {
				if !listed[name] {
					left++
				}
			}
			before := len(listed)
			for i := 0; i < len(p.statements) && len(listed) < before+left; i++ {
				p.statements[i].eachKey(add)
			}
		}
	}
}

func (x *explainer) key(k contextKey) KeyExplanation {
	key := KeyExplanation{Key: x.text(k.spelled)}
	e := x.e.req.Context.lookup(&k)
	if e == nil {
		key.Missing = true
		return key
	}
	key.Multi, key.Missing = e.multi, len(e.values) == 0
	if !key.Missing {
		key.Values = x.list(len(e.values), func(i int) string { return e.values[i] })
	}
	return key
}

// eachKey visits the condition keys that a statement reads, in its conditions and
// in variables.
func (s *statement) eachKey(f func(contextKey)) {
	pattern := func(p *pattern) {
		if p == nil {
			return
		}
		for i := range p.vars {
			f(p.vars[i].key)
		}
	}
	for i := range s.resources {
		pattern(s.resources[i].fields[4].glob)
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		f(c.key)
		for _, t := range c.tests {
			switch t := t.(type) {
			case *text:
				pattern(&t.pattern)
			case foldedText:
				pattern(&t.pattern)
			case truth:
				pattern(&t.pattern)
			case arnTest:
				pattern(t.pattern.whole)
				for k := range t.pattern.fields {
					pattern(t.pattern.fields[k].glob)
				}
			}
		}
	}
}
