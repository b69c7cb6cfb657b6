package rockpoolapi

import (
	"context"
	"errors"
	"strings"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/revoke"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// identityPoolKey names the pool of an identity in policies, as for AWS's own
// operations on identities.
const identityPoolKey = "cognito-identity:IdentityPoolArn"

// A Revoker ends sessions before their time; *revoke.Set is one.
type Revoker interface {
	// Revoke ends the sessions of a subject that were issued up to now.
	Revoke(ctx context.Context, r revoke.Revocation) (revoke.Revocation, error)
	// List returns the revocations that count now, the newest first.
	List() []revoke.Revocation
	// By returns the revocation that ended a session.
	By(x *sts.Session) (r revoke.Revocation, ended bool)
}

// oneSubject reports a request that names no subject, or more than one.
type oneSubject struct{}

func (*oneSubject) Error() string { return "rockpoolapi: sessions are revoked by one thing at a time" }

// noRole reports an unknown role.
type noRole struct{ arn string }

func (e *noRole) Error() string { return "rockpoolapi: no role " + e.arn }

// named is what a request may name to say whose sessions it is about.
type named struct{ session, identity, provider, subject, pool, role *string }

// subjects lists what is named. Of a role it has the ARN.
func (n named) subjects() (found []revoke.Revocation, err error) {
	add := func(k revoke.Kind, name *string) {
		if name != nil {
			found = append(found, revoke.Revocation{Kind: k, Subject: *name})
		}
	}
	add(revoke.Session, n.session)
	add(revoke.Identity, n.identity)
	add(revoke.Pool, n.pool)
	add(revoke.Role, n.role)
	if (n.provider == nil) != (n.subject == nil) {
		return nil, &oneSubject{}
	}
	if n.subject != nil {
		found = append(found, revoke.Revocation{Kind: revoke.Login, Provider: *n.provider, Subject: *n.subject})
	}
	return found, nil
}

// subject says what a request revokes by.
func subject(in *wire.RevokeSessionsInput) (revoke.Revocation, error) {
	found, err := named{
		session: in.AccessKeyId, identity: in.IdentityId, provider: in.Provider, subject: in.Subject, pool: in.IdentityPoolId, role: in.RoleArn,
	}.subjects()
	if err != nil {
		return revoke.Revocation{}, err
	}
	if len(found) != 1 {
		return revoke.Revocation{}, &oneSubject{}
	}
	return found[0], nil
}

// revokeAsks asks about what is revoked by.
func (s *Service) revokeAsks(ctx context.Context, c *api.Call, in *wire.RevokeSessionsInput) ([]api.Ask, error) {
	r, err := subject(in)
	if err != nil {
		return nil, err
	}
	return s.asksAbout(ctx, c, r)
}

// asksAbout asks about whose sessions a request is about. None of them is looked for
// before the guard has answered but an identity's pool, which is a condition key.
func (s *Service) asksAbout(ctx context.Context, c *api.Call, r revoke.Revocation) ([]api.Ask, error) {
	switch r.Kind {
	case revoke.Identity:
		return s.onIdentity(ctx, c, r.Subject)
	case revoke.Pool:
		return []api.Ask{s.onPool(c, r.Subject)}, nil
	case revoke.Role:
		return []api.Ask{{Resource: r.Subject, Type: "AWS::IAM::Role"}}, nil
	case revoke.Login:
		return []api.Ask{{Resource: s.arn(c, "login/"+r.Provider)}}, nil
	}
	return []api.Ask{{Resource: s.arn(c, "session/"+r.Subject)}}, nil
}

// arn names a thing of Rockpool's own in the caller's account.
func (s *Service) arn(c *api.Call, resource string) string {
	return "arn:aws:rockpool:" + s.cfg.Region + ":" + c.Caller.Account + ":" + resource
}

// onIdentity asks about an identity, there or not, with its pool as a condition key
// when it is there.
func (s *Service) onIdentity(ctx context.Context, c *api.Call, id string) ([]api.Ask, error) {
	ask := api.Ask{Resource: s.arn(c, "identity/"+id), ResourceAccount: c.Caller.Account}
	_, p, err := s.cfg.Pools.Identity(ctx, id)
	if _, unknown := errors.AsType[*pool.NoIdentity](err); err != nil && !unknown {
		return nil, err
	}
	if err == nil {
		ask.ResourceAccount = p.Account
		ask.Keys = []sts.ContextKey{{Name: identityPoolKey, Values: []string{p.ARN()}}}
	}
	return []api.Ask{ask}, nil
}

// RevokeSessions ends the sessions of one thing that were issued up to now. Whether
// the thing is still there does not matter, but for a role, whose sessions end with
// it: sessions outlive the identity and the pool that they were issued for.
func (b *bound) RevokeSessions(ctx context.Context, in *wire.RevokeSessionsInput) (*wire.RevokeSessionsOutput, error) {
	r, err := subject(in)
	if err != nil {
		return nil, err
	}
	if r.Kind == revoke.Role {
		role, err := b.ownRole(r.Subject)
		if err != nil {
			return nil, err
		}
		r.Subject = role.ID
	}
	done, err := b.revoke(ctx, r, in.Reason)
	if err != nil {
		return nil, err
	}
	return &wire.RevokeSessionsOutput{Revocation: done}, nil
}

// ownRole is a role of the caller's account.
func (b *bound) ownRole(arn string) (*iam.RoleEntry, error) {
	role, ok := b.cfg.IAM().RoleByARN(arn)
	if !ok || role.Account != b.call.Caller.Account {
		return nil, &noRole{arn: arn}
	}
	return role, nil
}

func (b *bound) revoke(ctx context.Context, r revoke.Revocation, reason *string) (*wire.Revocation, error) {
	r.By = b.call.Caller.ARN
	if reason != nil {
		r.Reason = *reason
	}
	done, err := b.cfg.Revoked.Revoke(ctx, r)
	if err != nil {
		return nil, err
	}
	w := revocation(&done)
	return &w, nil
}

// ListRevocations lists the revocations that count now.
func (b *bound) ListRevocations(context.Context, *wire.ListRevocationsInput) (*wire.ListRevocationsOutput, error) {
	return &wire.ListRevocationsOutput{Revocations: each(b.cfg.Revoked.List(), revocation)}, nil
}

func revocation(r *revoke.Revocation) wire.Revocation {
	kind := wire.RevocationKind(r.Kind)
	w := wire.Revocation{
		Kind: &kind, NotBefore: &r.NotBefore, Expires: &r.Expires, RevokedBy: optional(r.By), Reason: optional(strings.TrimSpace(r.Reason)),
	}
	switch r.Kind {
	case revoke.Session:
		w.AccessKeyId = &r.Subject
	case revoke.Identity:
		w.IdentityId = &r.Subject
	case revoke.Login:
		w.Provider, w.Subject = &r.Provider, &r.Subject
	case revoke.Pool:
		w.IdentityPoolId = &r.Subject
	case revoke.Role:
		w.RoleId = &r.Subject
	}
	return w
}
