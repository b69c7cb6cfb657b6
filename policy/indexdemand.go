package policy

import "slices"

// demand is something of a statement that a request meets only if it has one
// of a list of values: a condition, or its principals.
type demand struct {
	condition *condition // nil for the principals
	asks      uint16     // of the principals
	values    []uint64   // hashes
}

// demands calls f with each demand of a statement. The values are good until
// f returns.
func (b *indexer) demands(s *statement, f func(d demand)) {
	if d := (demand{values: b.values[:0]}); b.principals(s, &d) {
		b.values = d.values
		f(d)
	}
	for i := range s.conditions {
		if d := (demand{condition: &s.conditions[i], values: b.values[:0]}); d.literals() {
			b.values = d.values
			f(d)
		}
	}
}

// principals fills d with the principals of a statement; ok is false when it
// is about everybody.
func (b *indexer) principals(s *statement, d *demand) (ok bool) {
	if s.notPrincipal || len(s.principals) == 0 {
		return false
	}
	for i := range s.principals {
		p := &s.principals[i]
		if p.kind == anybody {
			return false
		}
		d.asks |= 1 << p.kind
		d.values = append(d.values, hashValue(p.kind.seed(), p.text, p.kind == userOrRole))
	}
	return true
}

// literals fills d with the values of its condition; ok is false unless the
// condition holds only for a request that has the key, with one of the values
// byte for byte.
func (d *demand) literals() (ok bool) {
	c := d.condition
	if c.op.negated || c.op.ifExists || c.op.qualifier == forAllValues || len(c.tests) == 0 {
		return false
	}
	seed := c.key.seed()
	for _, t := range c.tests {
		text, ok := literalOf(t)
		if !ok {
			return false
		}
		d.values = append(d.values, hashValue(seed, text, false))
	}
	return true
}

// literalOf returns the only text that passes a test; ok is false when others
// may pass.
func literalOf(t test) (text string, ok bool) {
	switch t := t.(type) {
	case literal:
		return string(t), true
	case arnTest:
		return t.pattern.literal()
	}
	return "", false
}

// literal returns the only ARN that the pattern matches.
func (p *arnPattern) literal() (arn string, ok bool) {
	if p.shape != fieldsARN {
		return "", false
	}
	f := &p.fields
	for i := range f {
		if f[i].any || f[i].glob != nil {
			return "", false
		}
	}
	return "arn:" + f[0].text + ":" + f[1].text + ":" + f[2].text + ":" + f[3].text + ":" + f[4].text, true
}

// splitByValue moves members of the crowds that are left to keys that also
// demand a value: of what a statement demands, that which fewest of its crowd
// demand too.
func (b *indexer) splitByValue() {
	var counts counter
	var moved []entry
	kept := b.entries[:0]
	groups(b.entries, func(group []entry) {
		if len(group) <= b.crowd {
			kept = append(kept, group...)
			return
		}
		if counts.counts == nil {
			counts = newCounter(len(b.entries))
		}
		count := func(value uint64) *uint32 { return counts.of(mixKey(group[0].key, value)) }
		for i := range group {
			if group[i].order != splitMark {
				b.demands(group[i].of(b.statements), func(d demand) {
					for _, v := range d.values {
						*count(v)++
					}
				})
			}
		}
		asks := uint16(0)
		for _, e := range group {
			d, ok := b.rarest(&e, uint32(len(group))/2, count)
			if !ok {
				kept = append(kept, e)
				continue
			}
			asks |= d.asks
			for _, v := range d.values {
				sub := e
				sub.key = mixKey(e.key, v)
				moved = append(moved, sub)
			}
		}
		if asks != 0 {
			moved = append(moved, entry{key: group[0].key, order: valueMark, start: unasked, window: uint32(asks)})
		}
	})
	b.entries = append(kept, moved...)
	if len(moved) > 0 {
		b.sort()
	}
}

// rarest returns what e's statement demands of the values that each fewer than
// least of its crowd demand, with the asks to meet it.
func (b *indexer) rarest(e *entry, least uint32, count func(uint64) *uint32) (best demand, ok bool) {
	if e.order == splitMark {
		return best, false
	}
	b.demands(e.of(b.statements), func(d demand) {
		most := uint32(0)
		for _, v := range d.values {
			most = max(most, *count(v))
		}
		switch {
		case most >= least || len(d.values)*max(1, int(e.copies)) > manyActions:
			return
		case d.condition != nil && b.keyAsk(&d.condition.key) == len(b.asks) && firstKeyAsk+len(b.asks) == mostAsks:
			return // no place for another key
		}
		b.chosen = append(b.chosen[:0], d.values...)
		best, least, ok = d, most, true
	})
	best.values = b.chosen
	if c := best.condition; ok && c != nil {
		i := b.keyAsk(&c.key)
		if i == len(b.asks) {
			b.asks = append(b.asks, keyAsk{key: c.key, seed: c.key.seed()})
		}
		for _, t := range c.tests {
			text, _ := literalOf(t)
			b.asks[i].longest = max(b.asks[i].longest, len(text))
		}
		best.asks = 1 << (firstKeyAsk + i)
	}
	return best, ok
}

// keyAsk returns the place of a condition key among those asked for, or the
// next place.
func (b *indexer) keyAsk(k *contextKey) int {
	if i := slices.IndexFunc(b.asks, func(a keyAsk) bool { return a.key.name == k.name }); i >= 0 {
		return i
	}
	return len(b.asks)
}
