package lint

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/policy/catalog"
)

// conditionValues looks at what a condition compares with.
func (r *run) conditionValues(s *statement, c *condition) {
	if len(c.Values) == 0 {
		r.say(s, "condition-without-values", c.Position, "Condition",
			fmt.Sprintf("The condition on %s has no values, so %s.", shorten(c.Key), noValues(c)), "Add the values that were meant, or remove the condition.")
		return
	}
	if !r.operatorType(s, c) {
		return // its values are of the operator's type, if at all
	}
	for _, v := range c.Values {
		if what := r.unreadable(c, v); what != "" {
			r.say(s, "value-not-of-type", c.Position, "Condition",
				fmt.Sprintf("%q is not %s, so %s cannot compare with it.", shorten(v), what, c.Operator), "Correct the value, or use the operator of its type.")
			return
		}
	}
	r.exactWildcard(s, c)
	r.pastDate(s, c)
}

func noValues(c *condition) string {
	if c.op.negated {
		return "it holds whatever the value is"
	}
	return "nothing can match it"
}

// operatorType compares the type of the operator with that of the key, and
// reports whether they go together.
func (r *run) operatorType(s *statement, c *condition) bool {
	if c.key == nil || c.op.family == nullOperator || c.key.Family || isClaim(c.Key) {
		return true // tags and claims may hold anything
	}
	family, operators := c.op.family, ""
	severity := Warning
	switch c.key.Type {
	case catalog.String:
		switch {
		case family == stringOperator, family == numericOperator && strings.HasSuffix(c.folded, "account"),
			family == arnOperator && c.folded == "aws:federatedprovider":
			return true
		}
		operators = "StringEquals or StringLike"
	case catalog.Numeric:
		if family == numericOperator {
			return true
		}
		operators = "NumericEquals or NumericLessThan"
	case catalog.Bool:
		if family == boolOperator {
			return true
		}
		operators = "Bool"
	case catalog.Date:
		if family == dateOperator || family == numericOperator && c.key.Number {
			return true
		}
		operators = "DateLessThan or DateGreaterThan"
	case catalog.ARN:
		if family == arnOperator || family == stringOperator {
			return true
		}
		operators = "ArnLike"
	case catalog.IP:
		if family == ipOperator {
			return true
		}
		operators = "IpAddress or NotIpAddress"
	}
	text := fmt.Sprintf("%s holds a value of type %s, which %s cannot compare.", c.Key, c.key.Type, c.Operator)
	if family == stringOperator && (c.key.Type == catalog.Numeric || c.key.Type == catalog.Bool) {
		severity = Info
		text = fmt.Sprintf("%s holds a value of type %s, and %s compares it as text, letter by letter.", c.Key, c.key.Type, c.Operator)
	} else if family == stringOperator {
		text = fmt.Sprintf("%s holds a value of type %s, and %s compares it as text: ranges and other spellings do not match.", c.Key, c.key.Type, c.Operator)
	}
	r.say(s, "operator-type-mismatch", c.Position, "Condition", text, fmt.Sprintf("Write %s.", operators)).Severity = severity
	return false
}

func isClaim(key string) bool {
	_, _, ok := catalog.IssuerClaim(key)
	return ok
}

// unreadable says what a value should be when the operator cannot read it, "" when
// it can. Values with variables are known only with the request, and where they
// do not belong variable-in-wrong-place speaks.
func (r *run) unreadable(c *condition, v string) string {
	if r.variables && strings.Contains(v, "${") {
		return ""
	}
	ok, what := true, ""
	switch c.op.family {
	case boolOperator, nullOperator:
		ok, what = strings.EqualFold(v, "true") || strings.EqualFold(v, "false"), "true or false"
	case numericOperator:
		_, err := strconv.ParseFloat(v, 64)
		ok, what = err == nil && strings.Trim(v, "0123456789+-.eE") == "", "a number"
	case ipOperator:
		ok, what = isNetwork(v), "an IP address or a range of them"
	case arnOperator:
		fields := strings.SplitN(v, ":", 6)
		ok, what = len(fields) == 6 && fields[0] == "arn", "an ARN of six fields"
	case binaryOperator:
		_, err := base64.StdEncoding.DecodeString(v)
		ok, what = err == nil, "base64"
	case otherOperator, stringOperator, dateOperator: // dates were checked when the policy was parsed
	}
	if ok {
		return ""
	}
	return what
}

func isNetwork(v string) bool {
	if strings.Contains(v, "/") {
		_, err := netip.ParsePrefix(v)
		return err == nil
	}
	_, err := netip.ParseAddr(v)
	return err == nil
}

// exactWildcard finds stars in values that are compared letter by letter. Some
// headers have a star for a value.
func (r *run) exactWildcard(s *statement, c *condition) {
	if c.op.family != stringOperator || c.op.wildcards || c.folded == "s3:if-none-match" || c.folded == "s3:if-match" {
		return
	}
	for _, v := range c.Values {
		text := v
		if r.variables {
			text = strings.ReplaceAll(text, "${*}", "")
		}
		if strings.Contains(text, "*") {
			like := strings.NewReplacer("EqualsIgnoreCase", "Like", "Equals", "Like").Replace(c.Operator)
			r.say(s, "wildcard-in-exact-operator", c.Position, "Condition",
				fmt.Sprintf("%s compares letter by letter, so the star in %q is only a star.", c.Operator, shorten(v)), fmt.Sprintf("Write %s.", like))
			return
		}
	}
}

// pastDate finds time limits that have run out: all values of an upper limit on
// the current time are past, so the condition never holds again.
func (r *run) pastDate(s *statement, c *condition) {
	if r.Now.IsZero() || !c.op.lessThan || c.folded != "aws:currenttime" && c.folded != "aws:epochtime" {
		return
	}
	if slices.ContainsFunc(c.Values, func(v string) bool {
		t, ok := instant(v)
		return !ok || t.After(r.Now)
	}) {
		return
	}
	effect := "denies"
	if s.allow {
		effect = "allows"
	}
	r.say(s, "date-in-the-past", c.Position, "Condition",
		fmt.Sprintf("The time limit %s is past: the statement %s nothing any more.", shorten(strings.Join(c.Values, ", ")), effect), "Remove the statement, or set a new limit.")
}

// instant reads the common spellings of a time; of others nothing is said.
func instant(v string) (time.Time, bool) {
	if n, err := strconv.ParseInt(v, 10, 64); err == nil && len(v) > 4 {
		return time.Unix(n, 0), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
