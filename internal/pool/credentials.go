package pool

import (
	"context"
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// Sessions makes the session of a sign-in; *sts.Service implements it. The
// trust policy of the role is decided there.
type Sessions interface {
	AssumeRoleForIdentity(ctx context.Context, g sts.IdentityGrant) (*sts.Result, error)
}

// SignIn is the outcome of GetCredentials, with the facts for the audit record.
type SignIn struct {
	Identity    *Identity // may be another than the one that was named, after a merge
	Pool        *Pool
	Credentials sts.Credentials
	Role        RoleChoice
	// Logins are the logins that were proven in this call, by provider.
	Logins []Login
	AMR    []string
	// TagKeys are the keys of the session's tags. What a tag says of a person
	// stays out of records.
	TagKeys []string
}

// GetCredentials is the enhanced flow: it verifies the logins, settles the
// identity, chooses its role and makes a session of it (cognito-identity.md
// 3.3, 4 and 5). customRole is the optional CustomRoleArn. request is whose
// records the decision of the role's trust policy belongs to; it may be nil.
func (s *Service) GetCredentials(ctx context.Context, identityID string, logins map[string]string, customRole string, request *condkey.Network) (*SignIn, error) {
	named, p, err := s.Identity(ctx, identityID)
	if err != nil {
		return nil, err
	}
	in, err := s.signIn(ctx, p, named, logins, customRole, request)
	if err != nil {
		s.keepRefusal(request, p, named.ID, err)
		return nil, &SignInRefused{IdentityID: named.ID, Pool: p, Err: err}
	}
	return in, nil
}

func (s *Service) signIn(ctx context.Context, p *Pool, named *Identity, logins map[string]string, customRole string, request *condkey.Network) (*SignIn, error) {
	// What needs no token is refused before any is looked at: the guest switch
	// first, then the kind of identity (cognito-identity.md 2.4).
	if len(logins) == 0 {
		switch {
		case !p.AllowUnauthenticated:
			return nil, &GuestsNotAllowed{PoolID: p.ID}
		case !named.Guest || named.Disabled:
			return nil, &Forbidden{ID: named.ID, Disabled: named.Disabled}
		}
	}
	if _, ok := logins[Cognito]; ok {
		// Pools issue no tokens yet, so whatever this is, it is not theirs.
		return nil, &CognitoToken{Foreign: true}
	}
	if err := s.throttle("GetCredentialsForIdentity", p); err != nil {
		return nil, err
	}
	proven, err := s.verify(ctx, p, logins)
	if err != nil {
		return nil, err
	}
	id, err := s.resolve(ctx, p, named, proven)
	if err != nil {
		return nil, err
	}
	in := &SignIn{Identity: id, Pool: p, AMR: amr(proven)}
	for _, v := range proven {
		in.Logins = append(in.Logins, Login{Provider: v.Provider, Subject: v.Subject})
	}
	if in.Role, err = chooseRole(p, id, proven, customRole); err != nil {
		return nil, err
	}
	tags, err := s.principalTags(p, id, proven)
	if err != nil {
		return nil, &NoRole{Kind: in.Role.Kind, RoleARN: in.Role.ARN, Err: err}
	}
	for _, t := range tags {
		in.TagKeys = append(in.TagKeys, t.Key)
	}
	grant := sts.IdentityGrant{
		RoleARN: in.Role.ARN, PoolID: p.ID, IdentityID: id.ID, AMR: in.AMR, Tags: tags,
		SessionName: p.sessionName(id, proven), Duration: s.duration(p, in.Role.ARN), Request: request,
	}
	if len(proven) == 0 {
		grant.Guest, grant.PolicyARNs = true, p.GuestPolicies()
	}
	result, err := s.STS.AssumeRoleForIdentity(ctx, grant)
	var denied *sts.TrustDenied
	var invalid *sts.Invalid
	var tooLarge *sts.PackedTooLarge
	switch {
	case errors.As(err, &denied), errors.As(err, &invalid), errors.As(err, &tooLarge):
		return nil, &NoRole{Kind: in.Role.Kind, RoleARN: in.Role.ARN, Err: err}
	case err != nil:
		return nil, fmt.Errorf("assume role %s: %w", in.Role.ARN, err)
	}
	in.Credentials = result.Credentials
	return in, nil
}

// amr lists how the caller was authenticated (cognito-identity.md 4.3):
// "authenticated" once, then two entries for each login of this call.
func amr(proven []verified) []string {
	if len(proven) == 0 {
		return []string{Unauthenticated}
	}
	list := make([]string, 1, 1+2*len(proven))
	list[0] = Authenticated
	for _, v := range proven {
		list = append(list, v.AMR[0], v.AMR[1])
	}
	return list
}
