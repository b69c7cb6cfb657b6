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

// Recorder takes note of the sessions that sign-ins make; *issued.Keeper is one.
type Recorder interface {
	// Issued must neither block nor change what it is given.
	Issued(i sts.Issuance)
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
	by, err := s.authenticate(ctx, "GetCredentialsForIdentity", p, named, logins)
	if err != nil {
		return nil, err
	}
	id, proven := by.identity, by.logins
	in := &SignIn{Identity: id, Pool: p, AMR: by.amr(), Logins: by.list()}
	if in.Role, err = chooseRole(p, id, by.guest(), proven, customRole); err != nil {
		return nil, err
	}
	tags, err := s.principalTags(p, by, in.Role.Mapping)
	if err != nil {
		return nil, &NoRole{Kind: in.Role.Kind, RoleARN: in.Role.ARN, Err: err}
	}
	for _, t := range tags {
		in.TagKeys = append(in.TagKeys, t.Key)
	}
	grant := sts.IdentityGrant{
		RoleARN: in.Role.ARN, PoolID: p.ID, IdentityID: id.ID, AMR: in.AMR, Tags: tags,
		SessionName: p.sessionName(by), Duration: s.duration(p, in.Role.ARN), Request: request,
	}
	if by.guest() {
		grant.Guest, grant.PolicyARNs = true, p.GuestPolicies()
	}
	result, err := s.STS.AssumeRoleForIdentity(ctx, grant)
	if refusedBySTS(err) {
		return nil, &NoRole{Kind: in.Role.Kind, RoleARN: in.Role.ARN, Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("assume role %s: %w", in.Role.ARN, err)
	}
	in.Credentials = result.Credentials
	s.report(by, result, request)
	return in, nil
}

// refusedBySTS reports an error that says that the role cannot be had, and not
// that something of ours failed.
func refusedBySTS(err error) bool {
	if err == nil {
		return false
	}
	_, denied := errors.AsType[*sts.TrustDenied](err)
	_, invalid := errors.AsType[*sts.Invalid](err)
	_, tooLarge := errors.AsType[*sts.PackedTooLarge](err)
	_, tooLong := errors.AsType[*sts.TokenTooLarge](err)
	return denied || invalid || tooLarge || tooLong
}

// report hands the session of a sign-in to the list of sessions, with the logins as
// they were proven.
func (s *Service) report(by *caller, r *sts.Result, n *condkey.Network) {
	if s.Recorder == nil {
		return
	}
	i := sts.Issuance{Session: r.Session, Role: r.Role, Operation: "GetCredentialsForIdentity"}
	if n != nil {
		i.Source = n.SourceIP
	}
	// With the pool's own token its amr names logins that nobody else does.
	if by.own == nil && len(by.logins) > 0 {
		i.Logins = make([]sts.ProvenLogin, len(by.logins))
		for j := range by.logins {
			i.Logins[j] = sts.ProvenLogin{Provider: by.logins[j].Provider, Subject: by.logins[j].Subject}
		}
	}
	s.Recorder.Issued(i)
}
