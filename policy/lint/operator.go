package lint

import "strings"

// operator is the name of a condition operator, taken apart:
// [ForAllValues:|ForAnyValue:]Base[IfExists] (spec/iam-sts.md 1.8).
type operator struct {
	family    operatorFamily
	set       setQualifier
	ifExists  bool
	negated   bool
	base      string // as written, without qualifier: "StringLikeIfExists"
	lessThan  bool   // NumericLessThan…, DateLessThan…
	wildcards bool   // * and ? are wildcards
}

type operatorFamily uint8

const (
	otherOperator operatorFamily = iota
	stringOperator
	numericOperator
	dateOperator
	boolOperator
	binaryOperator
	ipOperator
	arnOperator
	nullOperator
)

type setQualifier uint8

const (
	noSet setQualifier = iota
	allValues
	anyValue
)

// newOperator reads a name that policy.Parse has accepted.
func newOperator(name string) operator {
	op := operator{base: name}
	low := strings.ToLower(name)
	if rest, ok := strings.CutPrefix(low, "forallvalues:"); ok {
		op.set, low = allValues, rest
	} else if rest, ok := strings.CutPrefix(low, "foranyvalue:"); ok {
		op.set, low = anyValue, rest
	}
	op.base = name[len(name)-len(low):]
	low, op.ifExists = strings.CutSuffix(low, "ifexists")
	op.negated = strings.Contains(low, "not")
	op.lessThan = strings.Contains(low, "lessthan")
	op.wildcards = strings.HasSuffix(low, "like") || strings.HasPrefix(low, "arn")
	op.family = familyOf(strings.TrimPrefix(low, "not"))
	return op
}

func familyOf(base string) operatorFamily {
	starts := func(prefix string) bool { return strings.HasPrefix(base, prefix) }
	switch {
	case starts("string"):
		return stringOperator
	case starts("numeric"):
		return numericOperator
	case starts("date"):
		return dateOperator
	case starts("bool"):
		return boolOperator
	case starts("binary"):
		return binaryOperator
	case starts("ipaddress"):
		return ipOperator
	case starts("arn"):
		return arnOperator
	case starts("null"):
		return nullOperator
	}
	return otherOperator
}

// takesVariables reports whether ${…} has a meaning in its values.
func (op *operator) takesVariables() bool {
	return op.family == stringOperator || op.family == arnOperator || op.family == boolOperator
}

// demands reports whether the operator fails when the key is missing, so that
// the condition also says that the key must be there.
func (op *operator) demands() bool {
	return !op.ifExists && !op.negated && op.set != allValues && op.family != nullOperator || op.set == anyValue && !op.ifExists
}
