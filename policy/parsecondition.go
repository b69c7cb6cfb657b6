package policy

import (
	"fmt"
	"strings"
)

// conditions reads the Condition element: operators, and keys in each.
func (c *checker) conditions(n *node) []Condition {
	if n.kind != objectNode {
		c.syntax(n.pos, "Condition is not an object", s3BadCondition)
		return nil
	}
	var list []Condition
	for i := range n.members {
		block := &n.members[i]
		op, known := parseOperator(block.name)
		switch {
		case block.value.kind != objectNode:
			c.syntax(block.value.pos, "condition "+block.name+" is not an object", s3BadCondition)
			continue
		case !known && len(block.value.members) > 0: // AWS tolerates an unknown one without keys
			c.syntax(block.pos, fmt.Sprintf("unknown condition operator %q", block.name), "Invalid Condition type : "+block.name)
			continue
		}
		for k := range block.value.members {
			key := &block.value.members[k]
			if c.kind == Resource && !strings.Contains(key.name, ":") {
				c.syntax(key.pos, "condition key "+key.name+" has no vendor", s3BadCondition)
			}
			list = append(list, Condition{
				Operator: block.name, Key: key.name, Position: key.pos,
				Values: c.scalars(&key.value, op.family),
			})
		}
	}
	return list
}

// scalars reads the values of a condition key: strings, bools and numbers,
// one or a list.
func (c *checker) scalars(n *node, f family) []string {
	list := []node{*n}
	if n.kind == arrayNode {
		list = n.items
	}
	values := make([]string, 0, len(list))
	for i := range list {
		v := &list[i]
		if v.kind != stringNode && v.kind != boolNode && v.kind != numberNode {
			c.syntax(v.pos, "a condition value is not a string, bool or number", s3BadCondition)
			continue
		}
		if _, ok := parseInstant(v.text); f == date && !ok {
			message := legacyParsing
			if c.kind == Resource {
				message = "Could not parse the policy: Invalid date"
			}
			c.report(rankLegacy, v.pos, message, fmt.Sprintf("%q is not a date", shorten(v.text)))
		}
		values = append(values, v.text)
	}
	return values
}
