package policy

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The conditions of the reference evaluator (spec 1.8; IAM User Guide, "IAM
// JSON policy elements: Condition operators").

// refOperators are the names of the operators and how each compares: the
// request's value with the policy's. known is false when the two cannot be
// compared.
var refOperators = map[string]struct {
	negated bool
	compare func(t *refTest) (equal, known bool)
}{
	"stringequals":              {false, (*refTest).stringEquals},
	"stringnotequals":           {true, (*refTest).stringEquals},
	"stringequalsignorecase":    {false, (*refTest).stringEqualsIgnoreCase},
	"stringnotequalsignorecase": {true, (*refTest).stringEqualsIgnoreCase},
	"stringlike":                {false, (*refTest).stringLike},
	"stringnotlike":             {true, (*refTest).stringLike},
	"numericequals":             {false, numerically("=")},
	"numericnotequals":          {true, numerically("=")},
	"numericlessthan":           {false, numerically("<")},
	"numericlessthanequals":     {false, numerically("<=")},
	"numericgreaterthan":        {false, numerically(">")},
	"numericgreaterthanequals":  {false, numerically(">=")},
	"dateequals":                {false, intime("=")},
	"datenotequals":             {true, intime("=")},
	"datelessthan":              {false, intime("<")},
	"datelessthanequals":        {false, intime("<=")},
	"dategreaterthan":           {false, intime(">")},
	"dategreaterthanequals":     {false, intime(">=")},
	"bool":                      {false, (*refTest).boolean},
	"binaryequals":              {false, (*refTest).binary},
	"ipaddress":                 {false, (*refTest).address},
	"notipaddress":              {true, (*refTest).address},
	"arnequals":                 {false, (*refTest).arn},
	"arnlike":                   {false, (*refTest).arn},
	"arnnotequals":              {true, (*refTest).arn},
	"arnnotlike":                {true, (*refTest).arn},
}

// refTest is one comparison.
type refTest struct {
	value, policy string
	variables     bool
	ctx           *Context
}

// holds decides one key under one operator.
func (r *reference) holds(d *Document, s *Statement, c *Condition) bool {
	name := strings.ToLower(c.Operator)
	base, forAll := strings.CutPrefix(name, "forallvalues:")
	base, forAny := strings.CutPrefix(base, "foranyvalue:")
	base, ifExists := strings.CutSuffix(base, "ifexists")
	values, multi, _ := refLookup(r.req.Context, c.Key)
	blank := !slices.ContainsFunc(values, func(v string) bool { return v != "" })
	has := func(word string) bool {
		return slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, word) })
	}
	if base == "null" {
		return blank && has("true") || !blank && has("false")
	}
	op := refOperators[base]

	// A missing key.
	if len(values) == 0 {
		switch {
		case ifExists, forAll:
			return true
		case forAny:
			return false
		}
		return op.negated
	}

	// One value of the request against those of the policy: any of them, or
	// none of them when the operator is negated. What cannot be compared counts
	// against the caller.
	accepted := func(value string) bool {
		equal, unknown := false, false
		for _, v := range c.Values {
			e, known := op.compare(&refTest{value, v, d.Version() == "2012-10-17", r.req.Context})
			equal = equal || e && known
			unknown = unknown || !known
		}
		switch {
		case !op.negated || equal:
			return equal != op.negated
		case unknown:
			return s.Effect == ExplicitDeny
		}
		return true
	}
	switch {
	case forAll:
		return blank || !slices.ContainsFunc(values, func(v string) bool { return !accepted(v) })
	case forAny:
		return slices.ContainsFunc(values, accepted)
	}
	return !multi && accepted(values[0])
}

// literal returns the policy's value with its variables filled in.
func (t *refTest) literal() (string, bool) {
	tokens, ok := refTokens(t.policy, false, t.variables, t.ctx)
	var b strings.Builder
	for _, token := range tokens {
		b.WriteString(token.text)
	}
	return b.String(), ok
}

// A variable without a value is null, which equals nothing.

func (t *refTest) stringEquals() (equal, known bool) {
	text, ok := t.literal()
	return ok && t.value == text, true
}

func (t *refTest) stringEqualsIgnoreCase() (equal, known bool) {
	text, ok := t.literal()
	return ok && strings.EqualFold(t.value, text), true
}

func (t *refTest) stringLike() (equal, known bool) {
	tokens, ok := refTokens(t.policy, true, t.variables, t.ctx)
	return ok && refMatch(tokens, t.value), true
}

func (t *refTest) boolean() (equal, known bool) {
	text, ok := t.literal()
	truth := strings.EqualFold(t.value, "true") || strings.EqualFold(t.value, "false")
	return ok && truth && strings.EqualFold(t.value, text), truth
}

func (t *refTest) binary() (equal, known bool) {
	b, err := base64.StdEncoding.DecodeString(t.policy)
	return err == nil && string(b) == t.value, err == nil
}

func compareBy(sign string, n int) bool {
	switch sign {
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	case ">=":
		return n >= 0
	}
	return n == 0
}

func numerically(sign string) func(*refTest) (bool, bool) {
	return func(t *refTest) (equal, known bool) {
		a, ok1 := refNumber(t.value)
		b, ok2 := refNumber(t.policy)
		return ok1 && ok2 && compareBy(sign, a.Cmp(b)), ok1 && ok2
	}
}

var refNumberForm = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE]([+-]?[0-9]{1,3}))?$`)

func refNumber(s string) (*big.Rat, bool) {
	if len(s) > 1000 || !refNumberForm.MatchString(s) {
		return new(big.Rat), false
	}
	return new(big.Rat).SetString(s)
}

func intime(sign string) func(*refTest) (bool, bool) {
	return func(t *refTest) (equal, known bool) {
		a, ok1 := refDate(t.value)
		b, ok2 := refDate(t.policy)
		return ok1 && ok2 && compareBy(sign, a.Compare(b)), ok1 && ok2
	}
}

var refDateForm = regexp.MustCompile(`^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt](\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?)?)?$`)

// refDate reads W3C's dates and seconds since 1970.
func refDate(s string) (time.Time, bool) {
	m := refDateForm.FindStringSubmatch(s)
	if len(s) > 1000 {
		return time.Time{}, false
	}
	if m == nil {
		seconds, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(seconds, 0), err == nil && s[0] != '+'
	}
	number := func(i, missing int) int {
		n, err := strconv.Atoi(m[i])
		if err != nil {
			return missing
		}
		return n
	}
	text := s[:4] + "-" + strconv.Itoa(100 + number(2, 1))[1:] + "-" + strconv.Itoa(100 + number(3, 1))[1:] +
		"T" + strconv.Itoa(100 + number(4, 0))[1:] + ":" + strconv.Itoa(100 + number(5, 0))[1:] + ":" + strconv.Itoa(100 + number(6, 0))[1:]
	if m[7] != "" {
		text += "." + m[7]
	}
	switch zone := strings.ReplaceAll(m[8], ":", ""); len(zone) {
	case 3:
		text += zone + ":00"
	case 5:
		text += zone[:3] + ":" + zone[3:]
	default:
		text += "Z"
	}
	when, err := time.Parse(time.RFC3339Nano, text)
	return when, err == nil
}

// address: a bare address is a range of one. An IPv4 address written as IPv6
// is an IPv4 address.
func (t *refTest) address() (equal, known bool) {
	policy := t.policy
	if !strings.Contains(policy, "/") {
		addr, err := netip.ParseAddr(policy)
		if err != nil {
			return false, false
		}
		policy += "/" + strconv.Itoa(addr.BitLen())
	}
	network, err1 := netip.ParsePrefix(policy)
	addr, err2 := netip.ParseAddr(t.value)
	if err1 != nil || err2 != nil || addr.Zone() != "" {
		return false, false
	}
	n := network.Bits()
	if network.Addr().Is4In6() {
		if n -= 96; n < 0 {
			return false, false
		}
	}
	a, b := addr.Unmap().AsSlice(), network.Addr().Unmap().AsSlice()
	if len(a) != len(b) {
		return false, true
	}
	for i := range n {
		if (a[i/8]^b[i/8])>>(7-i%8)&1 != 0 {
			return false, true
		}
	}
	return true, true
}

// arn: six fields, each matched by itself, so that a star does not cross a
// colon; or a variable that holds a whole ARN.
func (t *refTest) arn() (equal, known bool) {
	value := refARN(t.value)
	if value == nil {
		return false, false
	}
	fields := []string{""}
	for rest := t.policy; rest != ""; {
		n := 1
		if end := strings.Index(rest, "}"); t.variables && strings.HasPrefix(rest, "${") && end > 0 {
			n = end + 1
		} else if rest[0] == ':' && len(fields) < 6 {
			fields = append(fields, "")
			rest = rest[1:]
			continue
		}
		fields[len(fields)-1] += rest[:n]
		rest = rest[n:]
	}
	if len(fields) < 6 {
		plain, ok := t.literal()
		hasVariable, wild := refKinds(t.policy, t.variables)
		return ok && plain == t.value, hasVariable && !wild
	}
	if fields[0] != "arn" {
		return false, false
	}
	for i := 1; i < 6; i++ {
		tokens, ok := refTokens(fields[i], true, t.variables, t.ctx)
		if !ok || !refMatch(tokens, value[i]) {
			return false, true
		}
	}
	return true, true
}

// refKinds reports whether a text has a variable and whether it has a
// wildcard outside of them.
func refKinds(text string, variables bool) (variable, wild bool) {
	for text != "" {
		if body, rest, closed := strings.Cut(strings.TrimPrefix(text, "${"), "}"); variables && closed && strings.HasPrefix(text, "${") {
			variable = variable || body != "*" && body != "?" && body != "$"
			text = rest
			continue
		}
		wild = wild || text[0] == '*' || text[0] == '?'
		text = text[1:]
	}
	return variable, wild
}
