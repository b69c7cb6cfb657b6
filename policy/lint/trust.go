package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// Rules about whom the policy of a role or another resource lets in.
func trustFamily() family {
	return family{check: checkTrust, rules: []Rule{
		{"trust-everyone", Error, "a role that everybody may assume"},
		{"identity-pool-without-audience", Error, "trust in identity pools that does not say which"},
		{"identity-pool-without-amr", Warning, "trust in an identity pool that does not tell guests from users"},
		{"login-without-audience", Warning, "trust in a login provider that does not say for which app"},
		{"shared-issuer-without-subject", Error, "trust in an issuer that serves everybody, without saying whom"},
		{"saml-without-audience", Warning, "trust in a SAML provider without saml:aud"},
		{"trust-action-mismatch", Warning, "a principal that cannot make the call the statement allows"},
		{"public-access", Warning, "a resource that everybody may use"},
		{"not-principal", Info, "Deny with NotPrincipal"},
	}}
}

func checkTrust(r *run) {
	for _, s := range r.statements {
		switch {
		case s.NotPrincipal && !s.allow:
			r.notPrincipal(s)
		case !s.allow || s.NotPrincipal:
		case r.kind == policy.Trust:
			r.trusts(s)
		case r.kind == policy.Resource && slices.ContainsFunc(s.Principals, everybody):
			r.public(s)
		}
	}
}

// The calls by which somebody takes a role.
const (
	assumeRole        = "sts:AssumeRole"
	assumeWebIdentity = "sts:AssumeRoleWithWebIdentity"
	assumeSAML        = "sts:AssumeRoleWithSAML"
)

func (r *run) trusts(s *statement) {
	for _, p := range s.Principals {
		call := callOf(p)
		switch {
		case everybody(p):
			r.everyone(s, p)
		case !s.includes(call):
			r.mismatch(s, p, call)
		case call == assumeWebIdentity:
			r.login(s, p)
		case call == assumeSAML && s.conditionOn((*condition).limits, "saml:aud") == nil:
			r.say(s, "saml-without-audience", p.Position, "Principal",
				"Without a condition on saml:aud, an assertion that the provider made for another service is accepted here.",
				`Add "StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}, or the address your provider sends assertions to.`)
		}
	}
}

// includes reports whether the statement is about an action.
func (s *statement) includes(name string) bool {
	return !s.NotAction && slices.ContainsFunc(s.actions, func(a *action) bool { return a.includes(name) })
}

// callOf returns the call by which a principal takes a role.
func callOf(p policy.PrincipalValue) string {
	switch {
	case p.Type != "Federated":
		return assumeRole
	case strings.Contains(p.Text, ":saml-provider/"):
		return assumeSAML
	}
	return assumeWebIdentity
}

// mismatch speaks only when the statement lets somebody take the role; one that
// is about tags alone goes with another.
func (r *run) mismatch(s *statement, p policy.PrincipalValue, call string) {
	if s.includes(assumeRole) || s.includes(assumeWebIdentity) || s.includes(assumeSAML) {
		r.say(s, "trust-action-mismatch", p.Position, "Principal",
			fmt.Sprintf("%s takes a role by %s, which this statement does not allow.", shorten(p.Text), call), fmt.Sprintf("Write %s in Action.", call))
	}
}

func (r *run) everyone(s *statement, p policy.PrincipalValue) {
	if r.narrowed(s) {
		return
	}
	text := "Everybody may assume this role: every account, and every login of every provider."
	severity := Error
	if len(s.conditions) > 0 {
		text = "Everybody who meets the conditions may assume this role, and none of the conditions says who."
		severity = Warning
	}
	r.say(s, "trust-everyone", p.Position, "Principal", text,
		"Name the principals, or limit them by aws:PrincipalArn, aws:PrincipalAccount or the provider's aud.").Severity = severity
}

// narrowed reports whether some condition says who the caller is, or which network
// the call comes from.
func (r *run) narrowed(s *statement) bool {
	return slices.ContainsFunc(s.conditions, func(c *condition) bool {
		if !c.limits() {
			return false
		}
		switch c.folded {
		case "aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn":
			return !slices.ContainsFunc(c.Values, anyAccount)
		case "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:userid", "aws:username",
			"aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn",
			"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:principalservicename", "aws:principalservicenameslist",
			"aws:federatedprovider", "s3:dataaccesspointaccount":
			return true
		case "aws:sourceip", "aws:vpcsourceip":
			return !slices.ContainsFunc(c.Values, func(v string) bool { return strings.HasSuffix(v, "/0") })
		}
		return isLogin(c.Key)
	})
}

// anyAccount reports whether an ARN pattern leaves the account open.
func anyAccount(v string) bool {
	fields := strings.SplitN(v, ":", 6)
	return len(fields) < 6 || strings.ContainsAny(fields[4], "*?")
}

// login looks at a principal that signs in with a token.
func (r *run) login(s *statement, p policy.PrincipalValue) {
	limited := func(keys ...string) bool { return s.conditionOn((*condition).limits, keys...) != nil }
	switch p.Text {
	case "cognito-identity.amazonaws.com":
		r.identityPool(s, p)
	case "accounts.google.com":
		if !limited("accounts.google.com:aud", "accounts.google.com:oaud") {
			r.withoutAudience(s, p, "accounts.google.com:aud", "everybody with a Google account, by way of any app")
		}
	case "graph.facebook.com", "www.amazon.com":
		if !limited(p.Text + ":app_id") {
			r.withoutAudience(s, p, p.Text+":app_id", "every user of the provider, by way of any app")
		}
	default:
		r.issuer(s, p)
	}
}

func (r *run) withoutAudience(s *statement, p policy.PrincipalValue, key, who string) *Finding {
	return r.say(s, "login-without-audience", p.Position, "Principal",
		fmt.Sprintf("No condition holds %s to your own app, so the role is open to %s.", key, who),
		fmt.Sprintf(`Add "StringEquals": {%q: "your client id"}.`, key))
}

// identityPool looks at trust in identity pools. Without any condition on their
// keys AWS refuses the document, and so do we (cognito-identity.md 4.4).
func (r *run) identityPool(s *statement, p policy.PrincipalValue) {
	const pools = "cognito-identity.amazonaws.com"
	switch {
	case !slices.ContainsFunc(s.conditions, func(c *condition) bool { return strings.HasPrefix(c.folded, pools+":") }):
		f := r.say(s, "identity-pool-without-audience", p.Position, "Principal",
			"Any identity pool, also one of somebody else, can give this role to its users: no condition says which pool.",
			`Add "StringEquals": {"cognito-identity.amazonaws.com:aud": "your pool's id"}.`)
		f.Refused = true
		return
	case s.conditionOn((*condition).limits, pools+":aud", pools+":sub") == nil:
		f := r.say(s, "identity-pool-without-audience", p.Position, "Principal",
			"No condition holds cognito-identity.amazonaws.com:aud to your own pool, so other pools can give this role to their users.",
			`Add "StringEquals": {"cognito-identity.amazonaws.com:aud": "your pool's id"}.`)
		f.Severity = Warning
	}
	if s.conditionOn((*condition).limits, pools+":amr", pools+":sub") == nil {
		r.say(s, "identity-pool-without-amr", p.Position, "Principal",
			"No condition on cognito-identity.amazonaws.com:amr, so guests can have this role as well as those who signed in.",
			`Add "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}, or "unauthenticated" for a role of guests.`)
	}
}

// issuer looks at trust in a registered OpenID Connect provider. Its client ids
// are already held to the registration, so a missing aud is worth a word only.
func (r *run) issuer(s *statement, p policy.PrincipalValue) {
	_, url, ok := strings.Cut(p.Text, ":oidc-provider/")
	if !ok {
		return
	}
	host, _, _ := strings.Cut(url, "/")
	folded := strings.ToLower(url)
	switch {
	case shared(host):
		r.sharedIssuer(s, p, host, folded)
	case s.conditionOn((*condition).limits, folded+":aud", folded+":sub") == nil:
		f := r.say(s, "login-without-audience", p.Position, "Principal",
			fmt.Sprintf("No condition on %s:aud or %s:sub: everybody with a token for any registered client id may assume the role.", shorten(url), shorten(url)),
			fmt.Sprintf(`Add "StringEquals": {"%s:aud": "your client id"}.`, shorten(url)))
		f.Severity = Info
	}
}

const github = "token.actions.githubusercontent.com"

// shared reports whether anybody can get a token from the issuer.
func shared(host string) bool {
	switch strings.ToLower(host) {
	case github, "gitlab.com", "agent.buildkite.com", "app.terraform.io":
		return true
	}
	return false
}

// sharedIssuer wants a condition on whom the token is about. GitHub's must name
// sub or job_workflow_ref at all, or AWS refuses the document (iam-sts.md 3.4).
func (r *run) sharedIssuer(s *statement, p policy.PrincipalValue, host, url string) {
	named := s.conditionOn(present, url+":sub", url+":job_workflow_ref") != nil
	for _, c := range s.conditions {
		issuer, claim, ok := catalog.IssuerClaim(c.folded)
		if !ok || issuer != url || claim == "aud" || claim == "amr" || !c.limits() {
			continue
		}
		if !slices.ContainsFunc(c.Values, func(v string) bool {
			return strings.HasPrefix(v, "repo:*") || strings.HasPrefix(v, "*") && c.op.wildcards
		}) {
			if strings.EqualFold(host, github) && !named {
				break
			}
			return
		}
	}
	f := r.say(s, "shared-issuer-without-subject", p.Position, "Principal",
		fmt.Sprintf("Everybody can get a token from %s, and no condition on %s:sub says whose are meant.", host, host),
		fmt.Sprintf(`Add "StringLike": {"%s:sub": …} with your own organisation and project.`, shorten(url)))
	if f.Refused = strings.EqualFold(host, github) && !named; !f.Refused {
		f.Severity = Warning
	}
}

// public looks at an Allow for everybody in the policy of a resource.
func (r *run) public(s *statement) {
	if r.narrowed(s) {
		return
	}
	reads := !s.NotAction
	for _, a := range s.actions {
		reads = reads && len(a.matched) > 0 && allOf(a.matched, func(m *catalog.Action) bool { return m.Level == catalog.Read })
	}
	f := r.say(s, "public-access", s.Position, "Principal",
		"Everybody, also without signing in, may do this, and more than read.", "Name the principals, or limit them by aws:PrincipalArn or aws:SourceIp.")
	if reads {
		f.Severity, f.Text = Info, "Everybody, also without signing in, may read this."
	}
}

// notPrincipal looks at a Deny for all but some. A role in the list does not spare
// its sessions (spec/iam-sts.md 1.6).
func (r *run) notPrincipal(s *statement) {
	for _, p := range s.Principals {
		_, role, isRole := strings.Cut(p.Text, ":role/")
		if !isRole || !r.spend(len(s.Principals)) {
			continue
		}
		name := role[strings.LastIndexByte(role, '/')+1:]
		session := ":assumed-role/" + name + "/"
		if !slices.ContainsFunc(s.Principals, func(q policy.PrincipalValue) bool { return strings.Contains(q.Text, session) }) {
			f := r.say(s, "not-principal", p.Position, "NotPrincipal",
				fmt.Sprintf("The sessions of role %s are denied: NotPrincipal spares only the principals it names exactly, and a session is not its role.", name),
				`Write "Principal": "*" with "ArnNotEquals": {"aws:PrincipalArn": the role's ARN}.`)
			f.Severity = Warning
			return
		}
	}
	r.say(s, "not-principal", s.Position, "NotPrincipal",
		"Deny with NotPrincipal spares only the principals it names exactly, and nobody who has a permissions boundary.",
		`Write "Principal": "*" with a condition on aws:PrincipalArn.`)
}
