package pool

import (
	"errors"
	"strings"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// keepRefusal keeps why the pool gave an identity no role, so that whoever looks
// up the request finds more than the sentence of the answer. What a trust policy
// refused is kept by sts, and a login that was not proven is no decision.
func (s *Service) keepRefusal(n *condkey.Network, p *Pool, identityID string, err error) {
	role, ok := refusedRole(err)
	if !ok || s.Decisions == nil || n == nil ||
		!s.Decisions.Wants(decision.Question{Effect: policy.ImplicitDeny, RequestID: n.RequestID, Anonymous: true}) {
		return
	}
	if role == "" {
		role = "*" // there is none
	}
	s.Decisions.Keep(&decision.Record{
		RequestID: n.RequestID, Time: n.Time, Account: p.Account, SourceIP: n.IPText(), UserAgent: n.UserAgent, Region: n.Region,
		Principal: audit.Principal{
			Type: "WebIdentityUser", Provider: sts.CognitoProvider, Pool: p.ID, Identity: identityID,
			ID: sts.CognitoProvider + ":" + p.ID + ":" + identityID, UserName: identityID,
		},
		Message: "Not authorized to perform " + sts.ActionAssumeRoleWithWebIdentity,
		Rule:    strings.TrimPrefix(err.Error(), "pool: "),
		Explanation: &policy.Explanation{
			Effect: policy.ImplicitDeny, Action: sts.ActionAssumeRoleWithWebIdentity, Resource: role, Principal: sts.CognitoProvider,
			Layers: []policy.LayerExplanation{}, Keys: []policy.KeyExplanation{},
		},
	})
}

// refusedRole returns the role that an identity did not get, "" for none, and
// whether that is why it was refused.
func refusedRole(err error) (role string, ok bool) {
	if denied := (*sts.TrustDenied)(nil); errors.As(err, &denied) {
		return "", false
	}
	if e := (*NoRole)(nil); errors.As(err, &e) {
		return e.RoleARN, true
	}
	if e := (*RoleNotAllowed)(nil); errors.As(err, &e) {
		return e.ARN, true
	}
	if e := (*RoleForbidden)(nil); errors.As(err, &e) {
		return e.ARN, true
	}
	ambiguous := (*AmbiguousRole)(nil)
	return "", errors.As(err, &ambiguous)
}
