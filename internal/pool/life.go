package pool

import (
	"context"
	"fmt"
	"slices"
)

// SetIdentityEnabled blocks an identity, or lets it be used again. Of a blocked one
// nobody gets credentials or tokens, by whatever login, and it cannot be merged,
// linked to or unlinked: a login that was taken off would be a new, unblocked
// person. It does not end sessions that run; those are revoked (package revoke).
//
// It is independent of merges: an identity that lost one stays what it is, and when
// the merge is undone it is still blocked or not. Setting what is set already
// succeeds.
func (s *Service) SetIdentityEnabled(ctx context.Context, id string, enabled bool) (*Identity, error) {
	_, p, err := s.Identity(ctx, id)
	if err != nil {
		return nil, err
	}
	var now *Identity
	err = s.race(p, id, func(bool) error {
		var err error
		if now, err = s.load(ctx, p, id); err != nil || now.Blocked == !enabled {
			return err
		}
		c := &Change{PoolID: p.ID, Target: id, TargetVersion: now.Version, Block: !enabled, Unblock: enabled, At: s.now()}
		if err := s.Store.Apply(ctx, c); err != nil {
			return fmt.Errorf("set whether identity is enabled: %w", err)
		}
		now.Blocked, now.Modified, now.Version = !enabled, c.At, now.Version+1
		s.Log.Info("identity enabled or disabled", "pool", p.ID, "identity", id, "enabled", enabled)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return now, nil
}

// UndoMerge gives an identity that lost a merge its logins back, and its state of
// before: a guest is a guest again. What the winner got since stays the winner's.
//
// It refuses, with *UndoRefused, when the answer is not plain: when the winner lost
// a merge itself since (undo that one first), when it is gone, or when a login that
// moved is no longer as it was moved.
func (s *Service) UndoMerge(ctx context.Context, id string) (*Identity, error) {
	_, p, err := s.Identity(ctx, id)
	if err != nil {
		return nil, err
	}
	err = s.race(p, id, func(bool) error { return s.undoMerge(ctx, p, id) })
	if err != nil {
		return nil, err
	}
	return s.load(ctx, p, id)
}

func (s *Service) undoMerge(ctx context.Context, p *Pool, id string) error {
	child, err := s.load(ctx, p, id)
	if err != nil {
		return err
	}
	if !child.Disabled {
		return &NotMerged{ID: id}
	}
	lost, err := s.Store.Merges(ctx, id, 1)
	if err != nil {
		return fmt.Errorf("find merge: %w", err)
	}
	if len(lost) == 0 || lost[0].Child != id || !lost[0].Undone.IsZero() || lost[0].Parent != child.Parent {
		return s.confirm(ctx, &UndoRefused{ID: id, Reason: "it was not recorded"}, child)
	}
	m := lost[0]
	parent, err := s.load(ctx, p, m.Parent)
	if isGone(err) {
		return &UndoRefused{ID: id, Reason: fmt.Sprintf("identity %s, which has its logins, was deleted", m.Parent)}
	}
	if err != nil {
		return err
	}
	if err := m.undoable(parent); err != nil {
		return s.confirm(ctx, err, child, parent)
	}
	c := &Change{
		PoolID: p.ID, Target: parent.ID, TargetVersion: parent.Version,
		Undo: &Undo{Merge: m, Child: Merged{ID: id, Version: child.Version}}, At: s.now(),
	}
	if err := s.Store.Apply(ctx, c); err != nil {
		return fmt.Errorf("undo merge: %w", err)
	}
	s.Log.Info("merge undone", "pool", p.ID, "restored", id, "parent", parent.ID)
	return nil
}

// undoable refuses when the winner has changed so that giving the logins back could
// be wrong.
func (m *Merge) undoable(winner *Identity) error {
	if winner.Disabled {
		return &UndoRefused{ID: m.Child, Reason: fmt.Sprintf("identity %s was merged into %s since; undo that first", winner.ID, winner.Parent)}
	}
	for _, l := range m.Logins {
		as := slices.ContainsFunc(winner.Logins, func(has Login) bool {
			return has.Provider == l.Provider && has.Subject == l.Subject && has.Linked.Equal(l.Linked)
		})
		if !as {
			return &UndoRefused{ID: m.Child, Reason: fmt.Sprintf("its login of %s was unlinked since", l.Provider)}
		}
	}
	return nil
}

// Winners is the chain of identities that an identity was merged into, the one in
// use last. It is empty for an identity that lost no merge, and ends where an
// identity was deleted.
func (s *Service) Winners(ctx context.Context, id *Identity) ([]*Identity, error) {
	var chain []*Identity
	for at := id; at.Disabled && len(chain) < maxMerges; {
		next, err := s.Store.Identity(ctx, at.Parent)
		if isGone(err) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("load parent identity: %w", err)
		}
		chain = append(chain, next)
		at = next
	}
	return chain, nil
}
