package policy

import "strings"

// operator is a parsed condition operator:
// [ForAllValues:|ForAnyValue:]Base[IfExists] (spec/iam-sts.md 1.8).
type operator struct {
	family    family
	compare   comparison // numeric and date
	qualifier qualifier
	ifExists  bool
	negated   bool // …NotEquals, …NotLike, NotIpAddress
}

type family uint8

const (
	stringEquals family = iota + 1
	stringEqualsIgnoreCase
	stringLike
	numeric
	date
	boolean
	binary
	ipAddress
	arnLike
	null
)

type qualifier uint8

const (
	noQualifier qualifier = iota
	forAllValues
	forAnyValue
)

type comparison uint8

const (
	equal comparison = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// holds judges the result of a three-way comparison, key against value.
func (c comparison) holds(sign int) bool {
	switch c {
	case less:
		return sign < 0
	case lessOrEqual:
		return sign <= 0
	case greater:
		return sign > 0
	case greaterOrEqual:
		return sign >= 0
	}
	return sign == 0
}

// parseOperator reads an operator's name. Names ignore case here; the
// documented form is StringEquals. An unknown name is a syntax error.
func parseOperator(name string) (operator, bool) {
	var op operator
	base := strings.ToLower(name)
	if rest, ok := strings.CutPrefix(base, "forallvalues:"); ok {
		op.qualifier, base = forAllValues, rest
	} else if rest, ok := strings.CutPrefix(base, "foranyvalue:"); ok {
		op.qualifier, base = forAnyValue, rest
	}
	if rest, ok := strings.CutSuffix(base, "ifexists"); ok {
		op.ifExists, base = true, rest
	}
	switch base {
	case "stringequals":
		op.family = stringEquals
	case "stringnotequals":
		op.family, op.negated = stringEquals, true
	case "stringequalsignorecase":
		op.family = stringEqualsIgnoreCase
	case "stringnotequalsignorecase":
		op.family, op.negated = stringEqualsIgnoreCase, true
	case "stringlike":
		op.family = stringLike
	case "stringnotlike":
		op.family, op.negated = stringLike, true
	case "bool":
		op.family = boolean
	case "binaryequals":
		op.family = binary
	case "ipaddress":
		op.family = ipAddress
	case "notipaddress":
		op.family, op.negated = ipAddress, true
	case "arnequals", "arnlike":
		op.family = arnLike
	case "arnnotequals", "arnnotlike":
		op.family, op.negated = arnLike, true
	case "null":
		// IfExists asks what Null asks; AWS refuses the pair.
		op.family = null
		return op, !op.ifExists
	default:
		return op, op.ordered(base)
	}
	return op, true
}

// ordered reads Numeric… and Date….
func (op *operator) ordered(base string) bool {
	rest, ok := strings.CutPrefix(base, "numeric")
	op.family = numeric
	if !ok {
		rest, ok = strings.CutPrefix(base, "date")
		op.family = date
	}
	switch rest {
	case "equals":
	case "notequals":
		op.negated = true
	case "lessthan":
		op.compare = less
	case "lessthanequals":
		op.compare = lessOrEqual
	case "greaterthan":
		op.compare = greater
	case "greaterthanequals":
		op.compare = greaterOrEqual
	default:
		return false
	}
	return ok
}
