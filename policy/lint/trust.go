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
		case r.kind == policy.Resource && s.everybody:
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
	t := newTrust(s)
	for _, p := range s.Principals {
		call := callOf(p)
		switch {
		case everybody(p):
			r.everyone(t, p)
		case !t.calls[call]:
			r.mismatch(t, p, call)
		case call == assumeWebIdentity:
			r.login(t, p)
		case call == assumeSAML && !s.limited("saml:aud"):
			r.say(s, "saml-without-audience", p.Position, "Principal",
				"Without a condition on saml:aud, an assertion that the provider made for another service is accepted here.",
				`Add "StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}, or the address your provider sends assertions to.`)
		}
	}
}

// trust is a statement of a trust policy with what is asked for each of its
// principals.
type trust struct {
	*statement
	calls    map[string]bool // the calls it allows
	narrowed bool            // some condition says who calls, or from where
	pools    bool            // some condition is on a key of identity pools
	subjects map[string]bool // the issuers of which some condition says who is meant
}

func newTrust(s *statement) *trust {
	t := &trust{statement: s, narrowed: s.isNarrowed(), calls: map[string]bool{}, subjects: map[string]bool{}}
	for _, call := range [...]string{assumeRole, assumeWebIdentity, assumeSAML} {
		t.calls[call] = s.includes(call)
	}
	for _, c := range s.conditions {
		t.pools = t.pools || strings.HasPrefix(c.folded, identityPools+":")
		issuer, claim, ok := catalog.IssuerClaim(c.folded)
		if !ok || claim == "aud" || claim == "amr" || !c.limits {
			continue
		}
		t.subjects[issuer] = t.subjects[issuer] || !slices.ContainsFunc(c.Values, func(v string) bool {
			return strings.HasPrefix(v, "repo:*") || strings.HasPrefix(v, "*") && c.op.wildcards
		})
	}
	return t
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
func (r *run) mismatch(t *trust, p policy.PrincipalValue, call string) {
	if t.calls[assumeRole] || t.calls[assumeWebIdentity] || t.calls[assumeSAML] {
		r.say(t.statement, "trust-action-mismatch", p.Position, "Principal",
			fmt.Sprintf("%s takes a role by %s, which this statement does not allow.", shorten(p.Text), call), fmt.Sprintf("Write %s in Action.", call))
	}
}

func (r *run) everyone(t *trust, p policy.PrincipalValue) {
	if t.narrowed {
		return
	}
	text := "Everybody may assume this role: every account, and every login of every provider."
	severity := Error
	if len(t.conditions) > 0 {
		text = "Everybody who meets the conditions may assume this role, and none of the conditions says who."
		severity = Warning
	}
	r.say(t.statement, "trust-everyone", p.Position, "Principal", text,
		"Name the principals, or limit them by aws:PrincipalArn, aws:PrincipalAccount or the provider's aud.").Severity = severity
}

// isNarrowed reports whether some condition says who the caller is, or which
// network the call comes from.
func (s *statement) isNarrowed() bool {
	return slices.ContainsFunc(s.conditions, func(c *condition) bool {
		if !c.limits {
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
func (r *run) login(t *trust, p policy.PrincipalValue) {
	switch p.Text {
	case identityPools:
		r.identityPool(t, p)
	case "accounts.google.com":
		if !t.limited("accounts.google.com:aud", "accounts.google.com:oaud") {
			r.withoutAudience(t.statement, p, "accounts.google.com:aud", "everybody with a Google account, by way of any app")
		}
	case "graph.facebook.com", "www.amazon.com":
		if !t.limited(p.Text + ":app_id") {
			r.withoutAudience(t.statement, p, p.Text+":app_id", "every user of the provider, by way of any app")
		}
	default:
		r.issuer(t, p)
	}
}

func (r *run) withoutAudience(s *statement, p policy.PrincipalValue, key, who string) *Finding {
	return r.say(s, "login-without-audience", p.Position, "Principal",
		fmt.Sprintf("No condition holds %s to your own app, so the role is open to %s.", key, who),
		fmt.Sprintf(`Add "StringEquals": {%q: "your client id"}.`, key))
}

const identityPools = "cognito-identity.amazonaws.com"

// identityPool looks at trust in identity pools. Without any condition on their
// keys AWS refuses the document, and so do we (cognito-identity.md 4.4).
func (r *run) identityPool(t *trust, p policy.PrincipalValue) {
	const pools = identityPools
	switch {
	case !t.pools:
		r.refuse(t.statement, "identity-pool-without-audience", p.Position, "Principal",
			"Any identity pool, also one of somebody else, can give this role to its users: no condition says which pool.",
			`Add "StringEquals": {"cognito-identity.amazonaws.com:aud": "your pool's id"}.`)
		return
	case !t.limited(pools+":aud", pools+":sub"):
		f := r.say(t.statement, "identity-pool-without-audience", p.Position, "Principal",
			"No condition holds cognito-identity.amazonaws.com:aud to your own pool, so other pools can give this role to their users.",
			`Add "StringEquals": {"cognito-identity.amazonaws.com:aud": "your pool's id"}.`)
		f.Severity = Warning
	}
	if !t.limited(pools+":amr", pools+":sub") {
		r.say(t.statement, "identity-pool-without-amr", p.Position, "Principal",
			"No condition on cognito-identity.amazonaws.com:amr, so guests can have this role as well as those who signed in.",
			`Add "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}, or "unauthenticated" for a role of guests.`)
	}
}

// issuer looks at trust in a registered OpenID Connect provider. Its client ids
// are already held to the registration, so a missing aud is worth a word only.
func (r *run) issuer(t *trust, p policy.PrincipalValue) {
	_, url, ok := strings.Cut(p.Text, ":oidc-provider/")
	if !ok {
		return
	}
	host, _, _ := strings.Cut(url, "/")
	folded := strings.ToLower(url)
	switch {
	case shared(host):
		r.sharedIssuer(t, p, host, folded)
	case !t.limited(folded+":aud", folded+":sub"):
		f := r.say(t.statement, "login-without-audience", p.Position, "Principal",
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
func (r *run) sharedIssuer(t *trust, p policy.PrincipalValue, host, url string) {
	named := t.mentions(url+":sub", url+":job_workflow_ref")
	refused := strings.EqualFold(host, github) && !named
	if t.subjects[url] && !refused {
		return
	}
	text := fmt.Sprintf("Everybody can get a token from %s, and no condition on %s:sub says whose are meant.", host, host)
	fix := fmt.Sprintf(`Add "StringLike": {"%s:sub": …} with your own organisation and project.`, shorten(url))
	if refused {
		r.refuse(t.statement, "shared-issuer-without-subject", p.Position, "Principal", text, fix)
		return
	}
	r.say(t.statement, "shared-issuer-without-subject", p.Position, "Principal", text, fix).Severity = Warning
}

// public looks at an Allow for everybody in the policy of a resource.
func (r *run) public(s *statement) {
	if s.isNarrowed() {
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
	sessions := map[string]bool{} // the roles of which some session is spared
	for _, p := range s.Principals {
		if _, session, ok := strings.Cut(p.Text, ":assumed-role/"); ok {
			role, _, _ := strings.Cut(session, "/")
			sessions[role] = true
		}
	}
	for _, p := range s.Principals {
		_, role, isRole := strings.Cut(p.Text, ":role/")
		name := role[strings.LastIndexByte(role, '/')+1:]
		if isRole && !sessions[name] {
			f := r.say(s, "not-principal", p.Position, "NotPrincipal",
				fmt.Sprintf("The sessions of role %s are denied: NotPrincipal spares only the principals it names exactly, and a session is not its role.", shorten(name)),
				`Write "Principal": "*" with "ArnNotEquals": {"aws:PrincipalArn": the role's ARN}.`)
			f.Severity = Warning
			return
		}
	}
	r.say(s, "not-principal", s.Position, "NotPrincipal",
		"Deny with NotPrincipal spares only the principals it names exactly, and nobody who has a permissions boundary.",
		`Write "Principal": "*" with a condition on aws:PrincipalArn.`)
}
