package authz

import (
	"strings"

	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// footing says whether policies have a say in a request at all.
type footing int

const (
	decided       footing = iota
	alwaysAllowed         // no policy can forbid it
	alwaysClosed          // no policy can allow it
)

// standing applies the rules that no policy changes (iam-sts.md 3.6): any valid
// credentials may ask who they are, and the sessions of users are closed to most
// of IAM and STS.
func standing(r *Request) footing {
	if r.Caller.Anonymous() {
		return decided
	}
	if r.Action == "sts:GetCallerIdentity" {
		return alwaysAllowed
	}
	s := r.Caller.Session
	if s == nil {
		return decided
	}
	ofIAM, ofSTS := strings.HasPrefix(r.Action, "iam:"), strings.HasPrefix(r.Action, "sts:")
	switch s.Type {
	case sts.FederationSession:
		if ofIAM || ofSTS {
			return alwaysClosed
		}
	case sts.UserSession:
		if ofIAM && !s.MFA || ofSTS && !openToUserSessions(r.Action) {
			return alwaysClosed
		}
	case sts.RoleSession, sts.WebIdentitySession, sts.SAMLSession:
		if r.Action == "sts:GetSessionToken" || r.Action == "sts:GetFederationToken" {
			return alwaysClosed
		}
	}
	return decided
}

// openToUserSessions lists what GetSessionToken credentials may do at STS:
// assume a role, with what comes along with that.
func openToUserSessions(action string) bool {
	switch action {
	case sts.ActionAssumeRole, sts.ActionTagSession, sts.ActionSetSourceIdentity, "sts:SetContext":
		return true
	}
	return false
}

// ofOwner reports whether the caller passes a public access block that restricts
// a public bucket policy to the owner's account (gateways.md 1.9).
func ofOwner(r *Request) bool {
	p := &r.Caller.Principal
	return p.Type == policy.Service || p.Type != policy.Anonymous && p.Account == r.ResourceAccount
}

// plain reports whether the caller may learn no more than that access is denied:
// a stranger to the account that owns the resource.
func plain(r *Request) bool {
	return r.Caller.Anonymous() || r.ResourceAccount != "" && r.ResourceAccount != r.Caller.Account
}

// sentence is what AWS tells a caller who was denied (iam-sts.md 5.7).
func sentence(r *Request, d policy.Decision) string {
	var b strings.Builder
	who := r.Caller.ARN
	if r.Caller.Anonymous() {
		who = "anonymous"
	}
	b.WriteString("User: " + who + " is not authorized to perform: " + r.Action)
	switch {
	case r.Resource == "*" || r.Resource == "":
	case strings.HasPrefix(r.Action, "s3:"):
		b.WriteString(` on resource: "` + r.Resource + `"`)
	default:
		b.WriteString(" on resource: " + r.Resource)
	}
	if plain(r) {
		return b.String()
	}
	b.WriteString(" " + d.Reason(r.Action))
	// AWS names the managed policy that denies, in the caller's own account.
	if d.Effect == policy.ExplicitDeny && d.Policy != nil && d.Policy.ARN() != "" {
		b.WriteString(": " + d.Policy.ARN())
	}
	return b.String()
}
