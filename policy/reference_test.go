package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The reference evaluator: the policy language and its evaluation logic said
// as plainly as possible, statement by statement from the parsed text. It
// shares no code with the engine beyond the parser and is slow. It is meant to
// be read beside the IAM User Guide ("Policy evaluation logic", "Policy
// elements") and spec/iam-sts.md 1 and 2.

// reference decides one request.
type reference struct {
	req *Request
	all *Policies
}

// found is a statement that applies, or nothing (statement -1).
type found struct {
	policy    *Policy
	statement int
}

func referenceDecide(req *Request, all *Policies) Decision {
	r := reference{req, all}
	nobody := Decision{Statement: -1}
	vendor, name, _ := strings.Cut(req.Action, ":")
	if vendor == "" || name == "" || len(req.Action) > 128 || !isASCII(req.Action) || req.Resource != "*" && refARN(req.Resource) == nil {
		return nobody
	}
	caller := req.Principal
	resourceLayer := ResourceLayer
	if all.Trust {
		resourceLayer = TrustLayer
	}
	decision := func(e Effect, l Layer, f found) Decision {
		return Decision{Effect: e, Layer: l, Policy: f.policy, Statement: f.statement}
	}
	implicitly := func(l Layer) Decision { return decision(ImplicitDeny, l, found{nil, -1}) }
	home := req.ResourceAccount == "" || req.ResourceAccount == caller.Account
	resourceDeny, resourceDenies := r.resourceDeny()
	resourceAllow, closeness := r.resourceAllow()

	switch caller.Type {
	case Anonymous, WebIdentity, SAML, Service:
		// Only the resource speaks for those without identity policies.
		switch {
		case resourceDenies:
			return decision(ExplicitDeny, resourceLayer, resourceDeny)
		case closeness != "":
			return decision(Allow, resourceLayer, resourceAllow)
		}
		return implicitly(resourceLayer)

	case Root:
		if caller.Account == "" {
			return nobody
		}
		own := strings.EqualFold(req.Action, "s3:GetBucketPolicy") || strings.EqualFold(req.Action, "s3:PutBucketPolicy") || strings.EqualFold(req.Action, "s3:DeleteBucketPolicy")
		switch {
		case home && !all.Trust && (!resourceDenies || own):
			return decision(Allow, NoLayer, found{nil, -1})
		case resourceDenies:
			return decision(ExplicitDeny, resourceLayer, resourceDeny)
		case closeness != "":
			return decision(Allow, resourceLayer, resourceAllow)
		}
		return implicitly(resourceLayer)

	case User, AssumedRole, FederatedUser:
		if caller.Account == "" {
			return nobody
		}
	default:
		return nobody
	}

	// An explicit deny in any policy.
	var boundaries []*Policy
	if all.Boundary != nil {
		boundaries = []*Policy{all.Boundary}
	}
	if resourceDenies {
		return decision(ExplicitDeny, resourceLayer, resourceDeny)
	}
	for _, layer := range []struct {
		name     Layer
		policies []*Policy
	}{{SessionLayer, all.Session}, {BoundaryLayer, boundaries}, {IdentityLayer, all.Identity}} {
		if f, ok := r.deny(layer.policies); ok {
			return decision(ExplicitDeny, layer.name, f)
		}
	}

	// The resource grants to the very caller.
	if home && closeness == "direct" {
		return decision(Allow, resourceLayer, resourceAllow)
	}
	// The identity policies grant, or the resource grants to the user or role
	// behind the caller.
	grant, by := found{nil, -1}, NoLayer
	if f, ok := r.allow(all.Identity); ok {
		grant, by = f, IdentityLayer
	}
	if caller.Type == FederatedUser && caller.EntityARN != "" && rootOf(caller.EntityARN) == caller.Account {
		// The root user's federated session. No statement grants; its policies
		// are not asked for one.
		grant, by = found{nil, -1}, IdentityLayer
	}
	if by == NoLayer && home && closeness == "limited" {
		grant, by = resourceAllow, resourceLayer
	}
	if home && all.Trust && closeness == "" {
		return implicitly(TrustLayer)
	}
	if by == NoLayer {
		return implicitly(IdentityLayer)
	}
	// Boundary and session policies limit.
	if _, ok := r.allow(boundaries); len(boundaries) > 0 && !ok {
		return implicitly(BoundaryLayer)
	}
	limited := all.HasSession || len(all.Session) > 0 || caller.Type == FederatedUser
	if _, ok := r.allow(all.Session); limited && !ok {
		return implicitly(SessionLayer)
	}
	// Another account's resource must agree.
	if !home && closeness == "" {
		return implicitly(resourceLayer)
	}
	return decision(Allow, by, grant)
}

// deny returns the first Deny that applies. A policy that could not be read
// denies.
func (r *reference) deny(list []*Policy) (found, bool) {
	for _, p := range list {
		d := p.Document()
		if d == nil {
			return found{p, -1}, true
		}
		for i := range d.Len() {
			if s := &d.statements[i]; s.Effect == ExplicitDeny && r.applies(d, s) {
				return found{p, i}, true
			}
		}
	}
	return found{}, false
}

// allow returns the first Allow that applies. One that names principals does
// not belong here and grants nothing.
func (r *reference) allow(list []*Policy) (found, bool) {
	for _, p := range list {
		d := p.Document()
		for i := range d.Len() {
			if s := &d.statements[i]; s.Effect == Allow && len(s.Principals) == 0 && r.applies(d, s) {
				return found{p, i}, true
			}
		}
	}
	return found{}, false
}

func (r *reference) resourceDeny() (found, bool) {
	p := r.all.Resource
	if p == nil {
		return found{}, false
	}
	d := p.Document()
	if d == nil {
		return found{p, -1}, true
	}
	for i := range d.Len() {
		s := &d.statements[i]
		if s.Effect != ExplicitDeny || !r.applies(d, s) {
			continue
		}
		named := false
		for _, v := range s.Principals {
			if s.NotPrincipal {
				named = named || r.exempts(v, p.meta.Bindings)
			} else {
				named = named || r.closeness(v, p.meta.Bindings) != ""
			}
		}
		switch {
		case len(s.Principals) == 0,
			s.NotPrincipal && (!named || r.all.Boundary != nil),
			!s.NotPrincipal && named:
			return found{p, i}, true
		}
	}
	return found{}, false
}

// resourceAllow returns the first of the statements that name the caller most
// closely, and how closely: directly, limited, by its account, or "".
func (r *reference) resourceAllow() (found, string) {
	p := r.all.Resource
	if p == nil || p.Document() == nil {
		return found{}, ""
	}
	d := p.Document()
	for _, want := range []string{"direct", "limited", "account"} {
		for i := range d.Len() {
			s := &d.statements[i]
			named := slices.ContainsFunc(s.Principals, func(v PrincipalValue) bool {
				return r.closeness(v, p.meta.Bindings) == want
			})
			if s.Effect == Allow && !s.NotPrincipal && named && r.applies(d, s) {
				return found{p, i}, want
			}
		}
	}
	return found{}, ""
}

// closeness says how a principal names the caller (spec 1.6).
func (r *reference) closeness(v PrincipalValue, bindings map[string]string) string {
	caller := &r.req.Principal
	insider := caller.Type == User || caller.Type == AssumedRole || caller.Type == FederatedUser
	entity := "limited" // the user or role behind a session
	if caller.Type == User {
		entity = "direct"
	}
	yes := func(ok bool, class string) string {
		if ok {
			return class
		}
		return ""
	}
	bound, isBound := bindings[v.Text]
	switch {
	case v.Text == "*":
		return yes(!r.all.Trust || caller.Type != Anonymous, "direct")
	case v.Type == "Service":
		return yes(caller.Type == Service && caller.Service == v.Text, "direct")
	case v.Type == "Federated":
		return yes(r.all.Trust && (caller.Type == WebIdentity || caller.Type == SAML) && caller.Provider == v.Text, "direct")
	}
	accountNumber := ""
	switch {
	case v.Type == "CanonicalUser":
		if accountNumber = bound; len(bound) != 12 {
			return ""
		}
	case len(v.Text) == 12:
		accountNumber = v.Text
	default:
		accountNumber = rootOf(v.Text)
	}
	switch {
	case accountNumber != "" && caller.Account != accountNumber:
		return ""
	case accountNumber != "" && caller.Type == Root:
		return "direct"
	case accountNumber != "":
		return yes(insider, "account")
	case strings.HasPrefix(v.Text, "AIDA"), strings.HasPrefix(v.Text, "AROA"):
		return yes(insider && caller.EntityID == v.Text, entity)
	case strings.Contains(v.Text, ":sts:"):
		return yes((caller.Type == AssumedRole || caller.Type == FederatedUser) && caller.ARN == v.Text, "direct")
	case isBound: // by the unique id it had when the policy was written
		return yes(insider && bound != "" && caller.EntityID == bound, entity)
	case caller.EntityARN == "":
		return yes(caller.Type == User && caller.ARN == v.Text, entity)
	case strings.Contains(v.Text, ":role/"): // names of roles ignore case
		mine, name := cutLast(caller.EntityARN)
		path, role := cutLast(v.Text)
		return yes(insider && mine == path && strings.EqualFold(name, role), entity)
	}
	return yes(insider && caller.EntityARN == v.Text, entity)
}

// exempts reports whether NotPrincipal lists exactly the caller.
func (r *reference) exempts(v PrincipalValue, bindings map[string]string) bool {
	caller := &r.req.Principal
	if v.Text == "*" || v.Type == "Federated" || r.closeness(v, bindings) != "direct" {
		return false
	}
	return caller.Type != AssumedRole && caller.Type != FederatedUser || strings.Contains(v.Text, ":sts:")
}

func cutLast(arn string) (path, name string) {
	i := strings.LastIndex(arn, "/") + 1
	return arn[:i], arn[i:]
}

// rootOf returns the account of a root ARN.
func rootOf(arn string) string {
	if f := refARN(arn); f != nil && f[2] == "iam" && f[5] == "root" {
		return f[4]
	}
	return ""
}

// applies: the action, the resource and all conditions.
func (r *reference) applies(d *Document, s *Statement) bool {
	listed := slices.ContainsFunc(s.Actions, func(a Value) bool {
		return refGlob(refFold(a.Text), refFold(r.req.Action))
	})
	if listed == s.NotAction || !r.resourceApplies(d, s) {
		return false
	}
	for i := range s.Conditions {
		if !r.holds(d, s, &s.Conditions[i]) {
			return false
		}
	}
	return true
}

func (r *reference) resourceApplies(d *Document, s *Statement) bool {
	if d.Kind() == Trust {
		return true
	}
	for _, element := range s.Resources {
		matches, meaningful := r.resourceMatches(d, element.Text)
		switch {
		case matches:
			return !s.NotResource
		case s.NotResource && s.Effect == Allow && !meaningful:
			return false // would grant what the author excluded
		}
	}
	return s.NotResource
}

// resourceMatches compares one element field by field. An element without
// meaning is no ARN, or has a variable without a value.
func (r *reference) resourceMatches(d *Document, element string) (matches, meaningful bool) {
	if element == "*" {
		return true, true
	}
	fields := strings.SplitN(element, ":", 6)
	if fields[0] != "arn" || len(fields) < 6 && d.Kind() == Resource {
		return false, false
	}
	for len(fields) < 6 {
		fields = append(fields, "*")
	}
	last, ok := refTokens(fields[5], true, d.Version() == "2012-10-17", r.req.Context)
	if !ok {
		return false, false
	}
	if r.req.Resource == "*" {
		for _, f := range fields[1:] {
			if f == "" || strings.Trim(f, "*") != "" {
				return false, true
			}
		}
		return true, true
	}
	request := refARN(r.req.Resource)
	for i := 1; i < 5; i++ {
		if !refGlob(fields[i], request[i]) {
			return false, true
		}
	}
	return refMatch(last, request[5]), true
}

// refARN splits an ARN into its six fields; nil when it is none.
func refARN(s string) []string {
	f := strings.SplitN(s, ":", 6)
	if len(f) < 6 || f[0] != "arn" {
		return nil
	}
	return f
}

// refToken is * (star), ? (one) or literal text.
type refToken struct {
	star, one bool
	text      string
}

// refTokens reads a text of the policy language and puts the values of
// variables in as literal text. ok is false when one has no value.
func refTokens(text string, wildcards, variables bool, ctx *Context) (list []refToken, ok bool) {
	for text != "" {
		if variables && strings.HasPrefix(text, "${") {
			if body, rest, closed := strings.Cut(text[2:], "}"); closed {
				value, ok := refVariable(body, ctx)
				if !ok {
					return nil, false
				}
				list = append(list, refToken{text: value})
				text = rest
				continue
			}
		}
		_, n := utf8.DecodeRuneInString(text)
		list = append(list, refToken{
			star: wildcards && text[:n] == "*",
			one:  wildcards && text[:n] == "?",
			text: text[:n],
		})
		text = text[n:]
	}
	return list, true
}

// refVariable returns the text of ${body}.
func refVariable(body string, ctx *Context) (string, bool) {
	if body == "*" || body == "?" || body == "$" {
		return body, true
	}
	key, fallback, hasDefault := strings.Cut(body, ", '")
	if !hasDefault || !strings.HasSuffix(fallback, "'") {
		key, hasDefault = body, false
	}
	if values, multi, ok := refLookup(ctx, key); ok && !multi && len(values) == 1 {
		return values[0], true
	}
	return strings.TrimSuffix(fallback, "'"), hasDefault
}

// refLookup finds a key without regard to case.
func refLookup(ctx *Context, key string) (values []string, multi, ok bool) {
	for e := range ctx.All() {
		if refFold(e.Key) == refFold(key) {
			return e.Values, e.Multi, true
		}
	}
	return nil, false, false
}

// refFold lowers the case, but makes no ASCII letter out of another.
func refFold(s string) string {
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); r < 0x80 || l >= 0x80 {
			return l
		}
		return r
	}, s)
}

// refGlob matches a text with wildcards and no variables.
func refGlob(pattern, s string) bool {
	tokens, _ := refTokens(pattern, true, false, nil)
	return refMatch(tokens, s)
}

// refMatch is the definition of a match: reachable[i] holds the places of s
// that the tokens so far can reach.
func refMatch(tokens []refToken, s string) bool {
	reachable := make([]bool, len(s)+1)
	reachable[0] = true
	for _, t := range tokens {
		next := make([]bool, len(s)+1)
		for i, here := range reachable {
			switch {
			case !here:
			case t.star:
				for j := i; j <= len(s); j++ {
					next[j] = true
				}
			case t.one:
				if i < len(s) {
					_, n := utf8.DecodeRuneInString(s[i:])
					next[i+n] = true
				}
			case strings.HasPrefix(s[i:], t.text):
				next[i+len(t.text)] = true
			}
		}
		reachable = next
	}
	return reachable[len(s)]
}
