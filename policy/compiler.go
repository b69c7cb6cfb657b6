package policy

// compiler makes the statements of one policy. Lists are cut from slices made
// once for all statements, and what many statements say in the same words,
// actions and condition keys, is compiled once.
type compiler struct {
	p          *Policy
	actions    map[string]actionPattern
	keys       map[string]contextKey
	actionSlab []actionPattern
	arnSlab    []arnPattern
	whoSlab    []principalPattern
	onlySlab   []condition
}

func newCompiler(d *Document, m Meta) *compiler {
	var actions, resources, principals, conditions int
	for i := range d.statements {
		s := &d.statements[i]
		actions += len(s.Actions)
		resources += len(s.Resources)
		principals += len(s.Principals)
		conditions += len(s.Conditions)
	}
	return &compiler{
		p:          &Policy{doc: d, meta: m, statements: make([]statement, len(d.statements)), keys: map[string]struct{}{}},
		actions:    map[string]actionPattern{},
		keys:       map[string]contextKey{},
		actionSlab: make([]actionPattern, actions),
		arnSlab:    make([]arnPattern, resources),
		whoSlab:    make([]principalPattern, principals),
		onlySlab:   make([]condition, conditions),
	}
}

// take cuts the first n elements off a slab.
func take[T any](slab *[]T, n int) []T {
	list := (*slab)[:n:n]
	*slab = (*slab)[n:]
	return list
}

func (c *compiler) statement(s *Statement) statement {
	d := c.p.doc
	compiled := statement{
		deny:         s.Effect != Allow,
		notAction:    s.NotAction,
		notResource:  s.NotResource,
		notPrincipal: s.NotPrincipal,
		anyResource:  d.kind == Trust,
		weight:       s.weight(),
		actions:      take(&c.actionSlab, len(s.Actions)),
		resources:    take(&c.arnSlab, len(s.Resources)),
		principals:   take(&c.whoSlab, len(s.Principals)),
		conditions:   take(&c.onlySlab, len(s.Conditions)),
	}
	for i, a := range s.Actions {
		compiled.actions[i] = c.action(a.Text)
	}
	for i, r := range s.Resources {
		compiled.resources[i] = compileResource(r.Text, d.variables(), d.kind != Resource)
		c.useVariables(compiled.resources[i].fields[4].glob)
	}
	if !s.NotResource {
		compiled.start = commonStart(compiled.resources)
	}
	for i := range s.Principals {
		compiled.principals[i] = compilePrincipal(&s.Principals[i], c.p.meta.Bindings)
	}
	for i := range s.Conditions {
		compiled.conditions[i] = compileCondition(c.key(s.Conditions[i].Key), &s.Conditions[i], d.variables())
		for _, t := range compiled.conditions[i].tests {
			c.useTest(t)
		}
	}
	return compiled
}

// commonStart returns the longest text with which the last field begins in
// whatever one of the patterns matches.
func commonStart(resources []arnPattern) string {
	if len(resources) == 0 {
		return ""
	}
	start := resources[0].start()
	for i := range resources[1:] {
		other, n := resources[i+1].start(), 0
		for n < min(len(start), len(other)) && start[n] == other[n] {
			n++
		}
		start = start[:n]
	}
	return start
}

func (c *compiler) action(text string) actionPattern {
	p, ok := c.actions[text]
	if !ok {
		p = compileAction(text)
		c.actions[text] = p
	}
	return p
}

// key interns a condition key and notes it for Mentions.
func (c *compiler) key(name string) contextKey {
	k, ok := c.keys[name]
	if !ok {
		k = newContextKey(name)
		c.keys[name] = k
		c.p.keys[k.name] = struct{}{}
	}
	return k
}

// useTest notes the condition keys that a test's variables read.
func (c *compiler) useTest(t test) { eachPattern(t, c.useVariables) }

func (c *compiler) useVariables(g *pattern) {
	if g == nil {
		return
	}
	for i := range g.vars {
		g.vars[i].key = c.key(g.vars[i].key.spelled)
	}
}

// weight is about what judging the statement costs: one for each value and
// for each 32 bytes of them.
func (s *Statement) weight() uint32 {
	values, size := 1+len(s.Principals)+len(s.Actions)+len(s.Resources), 0
	for _, v := range s.Actions {
		size += len(v.Text)
	}
	for _, v := range s.Resources {
		size += len(v.Text)
	}
	for _, c := range s.Conditions {
		values += 1 + len(c.Values)
		for _, v := range c.Values {
			size += len(v)
		}
	}
	return uint32(min(values+size/32, 1<<31))
}
