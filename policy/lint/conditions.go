package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/policy/catalog"
)

// Rules about condition keys: names, sets of values, keys that are missing.
func conditionFamily() family {
	return family{check: checkConditions, rules: []Rule{
		{"forallvalues-without-null", Warning, "an Allow with ForAllValues that passes when the key is missing"},
		{"leading-keys-and-scan", Warning, "dynamodb:LeadingKeys on an action that does not send it"},
		{"multi-valued-without-set-operator", Warning, "a key with a set of values, without ForAnyValue or ForAllValues"},
		{"single-valued-with-set-operator", Info, "a key with one value, with ForAnyValue or ForAllValues"},
		{"unknown-condition-key", Warning, "a condition key that no request has"},
		{"condition-key-not-of-action", Warning, "a condition key that requests for the action do not have"},
		{"contradictory-conditions", Warning, "conditions that cannot hold together"},
		{"mfa-key-missing", Warning, "a condition on MFA that long-term keys slip through"},
		{"operator-type-mismatch", Warning, "an operator that cannot compare the key"},
		{"wildcard-in-exact-operator", Warning, "a star in a value that is compared exactly"},
		{"value-not-of-type", Warning, "a value that the operator cannot read"},
		{"condition-without-values", Warning, "a condition without values"},
		{"date-in-the-past", Warning, "a time limit that has run out"},
	}}
}

func checkConditions(r *run) {
	for _, s := range r.statements {
		for _, c := range s.conditions {
			r.conditionKey(s, c)
			r.setOperator(s, c)
			r.keyOfAction(s, c)
			r.conditionValues(s, c)
		}
		r.contradictions(s)
		r.mfa(s)
	}
}

// conditionKey finds names that no request has. Keys of services the catalog does
// not know are passed over.
func (r *run) conditionKey(s *statement, c *condition) {
	if c.key != nil || !r.knowsNamespace(c.Key) {
		return
	}
	text := fmt.Sprintf("No request has the condition key %s: %s.", shorten(c.Key), withoutKey(s, c))
	fix := "Correct the name of the key."
	if near := r.guess(r.Catalog.NearestKey, c.Key); near != "" {
		fix = fmt.Sprintf("Did you mean %s?", shorten(near))
	}
	if issuer, claim, ok := catalog.IssuerClaim(c.Key); ok {
		text = fmt.Sprintf("The claim %q of %s does not become a condition key: %s.", shorten(claim), shorten(issuer), withoutKey(s, c))
		fix = "Use aud, sub or amr, or have the provider send the value as a session tag."
	}
	r.say(s, "unknown-condition-key", c.Position, "Condition", text, fix)
}

// knowsNamespace reports whether the catalog knows all keys that begin like this
// one: global ones, those of a known service or built-in provider, and claims.
func (r *run) knowsNamespace(key string) bool {
	prefix, _, ok := strings.Cut(strings.ToLower(key), ":")
	if !ok {
		return true // no key is without a colon
	}
	switch prefix {
	case "aws", "saml", "cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com":
		return true
	case "cognito-identity-auth", "cognito-identity-unauth":
		return false
	}
	_, _, claim := catalog.IssuerClaim(key)
	return claim || r.Catalog.Service(prefix) != nil
}

// withoutKey says what a condition does when its key is missing.
func withoutKey(s *statement, c *condition) string {
	switch {
	case c.holdsWithout:
		return "the condition always holds"
	case s.allow:
		return "the condition never holds, and the statement allows nothing"
	}
	return "the condition never holds, and the statement denies nothing"
}

func (r *run) setOperator(s *statement, c *condition) {
	if c.op.family == nullOperator {
		return
	}
	switch {
	case c.op.set == noSet && c.key != nil && c.key.Multi:
		r.say(s, "multi-valued-without-set-operator", c.Position, "Condition",
			fmt.Sprintf("%s has a set of values, and %s without ForAnyValue or ForAllValues never matches a set, not even one of one value.", c.Key, c.op.base),
			fmt.Sprintf("Write ForAnyValue:%s, or ForAllValues:%s together with Null.", c.op.base, c.op.base))
	case c.op.set == allValues && s.allow && !s.guarded(c.folded) && !r.alwaysSent(s, c):
		r.forAllValues(s, c)
	case c.op.set != noSet && c.key != nil && !c.key.Multi && !c.key.Family:
		r.say(s, "single-valued-with-set-operator", c.Position, "Condition",
			fmt.Sprintf("%s has one value, so a set operator says nothing more, except that ForAllValues also holds when the key is missing.", c.Key),
			fmt.Sprintf("Write %s.", c.op.base))
	}
}

func (r *run) forAllValues(s *statement, c *condition) {
	if strings.HasPrefix(c.folded, "dynamodb:") && c.folded != "dynamodb:attributes" {
		for _, a := range s.actions {
			if !r.spend(1 + len(a.matched)) {
				return
			}
			if a.all() || a.includes("dynamodb:Scan") || a.includes("dynamodb:PartiQLSelect") {
				r.say(s, "leading-keys-and-scan", a.Position, "Action",
					fmt.Sprintf("%s: a scan names no key, so it sends no %s, and ForAllValues holds: the whole table can be read.", shorten(a.Text), c.Key),
					"List the actions that name a key (GetItem, Query, PutItem, …), without Scan and PartiQLSelect.")
				return
			}
		}
	}
	fix := fmt.Sprintf(`Add "Null": {%q: "false"} to the conditions.`, shorten(c.Key))
	if c.key != nil && !c.key.Multi && !c.key.Family {
		fix = fmt.Sprintf("Write %s without ForAllValues: the key has one value.", c.op.base)
	}
	r.say(s, "forallvalues-without-null", c.Position, "Condition",
		fmt.Sprintf("ForAllValues also holds when the request has no %s, so the statement then allows without looking at it.", shorten(c.Key)), fix)
}

// alwaysSent reports whether every action of the statement sends the key with
// every request, so that it cannot be missing (spec/gateways.md 3.3).
func (r *run) alwaysSent(s *statement, c *condition) bool {
	if s.NotAction || c.folded != "dynamodb:leadingkeys" && c.folded != "dynamodb:attributes" {
		return false
	}
	for _, a := range s.actions {
		if !r.spend(1+len(a.matched)) || len(a.matched) == 0 || !allOf(a.matched, sendsLeadingKeys) {
			return false
		}
	}
	return true
}

func allOf(list []*catalog.Action, test func(*catalog.Action) bool) bool {
	return !slices.ContainsFunc(list, func(m *catalog.Action) bool { return !test(m) })
}

func sendsLeadingKeys(m *catalog.Action) bool {
	if m.Service != "dynamodb" {
		return false
	}
	switch m.Name {
	case "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "BatchWriteItem", "Query":
		return true
	}
	return false
}

// keyOfAction finds actions whose requests do not carry the key. …IfExists says
// that the author knows.
func (r *run) keyOfAction(s *statement, c *condition) {
	if c.key == nil || c.key.Service == "" || c.op.ifExists || s.NotAction {
		return
	}
	for _, a := range s.actions {
		if !r.spend(1 + len(a.matched)) {
			return
		}
		if a.all() || len(a.matched) == 0 ||
			slices.ContainsFunc(a.matched, func(m *catalog.Action) bool { return r.Catalog.Carries(m, c.key) }) {
			continue
		}
		if c.op.set == allValues && s.allow && !s.guarded(c.folded) {
			continue // said as forallvalues-without-null
		}
		r.say(s, "condition-key-not-of-action", a.Position, "Action",
			fmt.Sprintf("Requests for %s have no %s: %s for this action.", shorten(a.Text), shorten(c.Key), withoutKey(s, c)),
			"Move the action to a statement without this condition, or correct the key.")
	}
}

// contradictions finds conditions on one key that exclude each other: it is to be
// missing and to have a value.
func (r *run) contradictions(s *statement) {
	for _, c := range s.conditions {
		if c.op.family != nullOperator || len(c.Values) != 1 || !strings.EqualFold(c.Values[0], "true") {
			continue
		}
		if d := s.byKey[c.folded].demands; d != nil {
			r.say(s, "contradictory-conditions", c.Position, "Condition",
				fmt.Sprintf("Null says that %s must be missing, and %s that it has a value: the statement never applies.", shorten(c.Key), d.Operator),
				fmt.Sprintf("Remove one of them, or write %sIfExists.", d.Operator))
		}
	}
}

// mfa finds the two classic mistakes around a key that long-term credentials do
// not have (cases 27 and 29 of spec/iam-sts.md 6).
func (r *run) mfa(s *statement) {
	c := r.conditionOn(s, mfaPresent, func(c *condition) bool {
		return c.op.family == boolOperator && len(c.Values) == 1 &&
			strings.EqualFold(c.Values[0], strconv.FormatBool(s.allow)) && c.op.ifExists == s.allow
	})
	switch {
	case c == nil:
	case s.allow && s.guarded(mfaPresent), !s.allow && r.noMFA:
	case s.allow:
		r.say(s, "mfa-key-missing", c.Position, "Condition",
			"Requests with long-term access keys have no aws:MultiFactorAuthPresent, and BoolIfExists lets them through without MFA.",
			"Write Bool instead of BoolIfExists.")
	default:
		r.say(s, "mfa-key-missing", c.Position, "Condition",
			"Requests with long-term access keys have no aws:MultiFactorAuthPresent, so this Deny does not stop them.",
			"Write BoolIfExists instead of Bool.")
	}
}

const mfaPresent = "aws:multifactorauthpresent"

// deniesWithoutMFA reports whether a Deny is about requests without the key.
func (r *run) deniesWithoutMFA(s *statement) bool {
	return !s.allow && r.conditionOn(s, mfaPresent, func(c *condition) bool {
		return c.op.family == nullOperator && slices.Contains(c.Values, "true") || c.op.ifExists
	}) != nil
}
