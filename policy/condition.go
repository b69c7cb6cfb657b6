package policy

import "strings"

// condition is one key under one operator, compiled. All conditions of a
// statement must hold.
type condition struct {
	key   contextKey
	op    operator
	tests []test
	// Null's values: absent when "true" is listed, present when "false" is.
	absent, present bool
}

// test compares one value of the request with one value of the policy.
type test interface {
	match(value string, ctx *Context) verdict
}

func compileCondition(key contextKey, c *Condition, variables bool) condition {
	op, _ := parseOperator(c.Operator) // Parse refused unknown operators
	compiled := condition{key: key, op: op}
	if op.family != null && len(c.Values) > 0 {
		compiled.tests = make([]test, 0, len(c.Values))
	}
	for _, v := range c.Values {
		if op.family == null {
			compiled.absent = compiled.absent || strings.EqualFold(v, "true")
			compiled.present = compiled.present || strings.EqualFold(v, "false")
			continue
		}
		compiled.tests = append(compiled.tests, compileTest(op, v, variables))
	}
	return compiled
}

// holds decides the condition. deny is the effect of its statement, because
// what cannot be compared counts against the caller (spec 1.8, type errors).
func (c *condition) holds(ctx *Context, deny bool) bool {
	e := ctx.lookup(&c.key)
	missing := e == nil || len(e.values) == 0
	if c.op.family == null {
		if missing || allEmpty(e.values) {
			return c.absent
		}
		return c.present
	}
	if missing {
		return c.whenMissing()
	}
	switch c.op.qualifier {
	case forAllValues:
		if allEmpty(e.values) {
			return true // documented: counts as a null set
		}
		for _, v := range e.values {
			if !c.accepts(v, ctx, deny) {
				return false
			}
		}
		return true
	case forAnyValue:
		for _, v := range e.values {
			if c.accepts(v, ctx, deny) {
				return true
			}
		}
		return false
	}
	// A multi-valued key without a qualifier never matches, negated or not.
	return !e.multi && c.accepts(e.values[0], ctx, deny)
}

// whenMissing is the table of missing keys in spec 1.8.
func (c *condition) whenMissing() bool {
	switch {
	case c.op.ifExists:
		return true
	case c.op.qualifier == forAllValues:
		return true
	case c.op.qualifier == forAnyValue:
		return false
	}
	return c.op.negated
}

// accepts tests one value of the request: OR over the policy's values, or
// NOR when the operator is negated.
func (c *condition) accepts(value string, ctx *Context, deny bool) bool {
	doubt := false
	for _, t := range c.tests {
		switch t.match(value, ctx) {
		case yes:
			return !c.op.negated
		case unknown:
			doubt = true
		}
	}
	if !c.op.negated {
		return false
	}
	return !doubt || deny
}

func allEmpty(values []string) bool {
	for _, v := range values {
		if v != "" {
			return false
		}
	}
	return true
}
