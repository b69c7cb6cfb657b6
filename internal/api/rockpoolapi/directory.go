package rockpoolapi

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/revoke"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// FindIdentities finds identities of a pool by the people they belong to.
func (b *bound) FindIdentities(ctx context.Context, in *wire.FindIdentitiesInput) (*wire.FindIdentitiesOutput, error) {
	if _, err := b.ownPool(*in.IdentityPoolId); err != nil {
		return nil, err
	}
	found, err := b.cfg.Pools.FindIdentities(ctx, pool.Find{
		PoolID: *in.IdentityPoolId, Provider: given(in.Provider), Subject: given(in.Subject), Email: given(in.Email),
	})
	if err != nil {
		return nil, err
	}
	return &wire.FindIdentitiesOutput{Identities: each(found, func(m *pool.Match) wire.DirectoryIdentity { return person(m.Identity) })}, nil
}

// DescribeIdentityLogins says who an identity is and what became of it.
func (b *bound) DescribeIdentityLogins(ctx context.Context, in *wire.DescribeIdentityLoginsInput) (*wire.DescribeIdentityLoginsOutput, error) {
	d, err := b.cfg.Pools.DescribeLogins(ctx, *in.IdentityId)
	if err != nil {
		return nil, err
	}
	who := person(d.Identity)
	out := &wire.DescribeIdentityLoginsOutput{Identity: &who, Merges: make([]wire.IdentityMerge, 0, len(d.Merges))}
	for _, w := range d.Winners {
		out.Winners = append(out.Winners, w.ID)
	}
	for _, m := range d.Merges {
		cause := wire.MergeCause(m.Cause)
		w := wire.IdentityMerge{Child: &m.Child, Parent: &m.Parent, Time: &m.At, Cause: &cause}
		for _, l := range m.Logins {
			w.Providers = append(w.Providers, l.Provider)
		}
		if !m.Undone.IsZero() {
			w.Undone = &m.Undone
		}
		out.Merges = append(out.Merges, w)
	}
	return out, nil
}

// UndoIdentityMerge gives an identity that lost a merge its logins back.
func (b *bound) UndoIdentityMerge(ctx context.Context, in *wire.UndoIdentityMergeInput) (*wire.UndoIdentityMergeOutput, error) {
	id, err := b.cfg.Pools.UndoMerge(ctx, *in.IdentityId)
	if err != nil {
		return nil, err
	}
	who := person(id)
	return &wire.UndoIdentityMergeOutput{Identity: &who}, nil
}

// SetIdentityEnabled disables an identity, which ends its sessions unless the
// caller wants to keep them, or lets it be used again.
func (b *bound) SetIdentityEnabled(ctx context.Context, in *wire.SetIdentityEnabledInput) (*wire.SetIdentityEnabledOutput, error) {
	id, err := b.cfg.Pools.SetIdentityEnabled(ctx, *in.IdentityId, *in.Enabled)
	if err != nil {
		return nil, err
	}
	who := person(id)
	out := &wire.SetIdentityEnabledOutput{Identity: &who}
	if *in.Enabled || in.KeepSessions != nil && *in.KeepSessions {
		return out, nil
	}
	// In this order no session can be issued behind the revocation's back.
	if out.Revocation, err = b.revoke(ctx, revoke.Revocation{Kind: revoke.Identity, Subject: id.ID}, in.Reason); err != nil {
		return nil, err
	}
	return out, nil
}

func person(i *pool.Identity) wire.DirectoryIdentity {
	state, enabled := wire.IdentityStateAuthenticated, !i.Blocked
	switch {
	case i.Disabled:
		state = wire.IdentityStateMerged
	case i.Guest:
		state = wire.IdentityStateGuest
	}
	return wire.DirectoryIdentity{
		IdentityId: &i.ID, IdentityPoolId: &i.PoolID, CreationDate: &i.Created, LastModifiedDate: &i.Modified,
		State: &state, MergedInto: optional(i.Parent), Enabled: &enabled, Logins: each(i.Logins, directoryLogin),
	}
}

func directoryLogin(l *pool.Login) wire.DirectoryLogin {
	w := wire.DirectoryLogin{Provider: &l.Provider, Subject: &l.Subject, Linked: &l.Linked}
	if !l.Remembered.IsZero() {
		w.Remembered = &l.Remembered
	}
	if p := l.Person; p != nil {
		w.Email, w.EmailVerified = optional(p.Email), truth(p.EmailVerified)
		w.Name, w.PreferredUsername = optional(p.Name), optional(p.PreferredUsername)
	}
	return w
}

// given is a member that may be absent.
func given(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
