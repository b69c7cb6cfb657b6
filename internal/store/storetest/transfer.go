package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
)

// everyState is one identity of each state there is.
func everyState(poolID string) []*pool.Identity {
	at := func(n int) time.Time { return epoch.Add(time.Duration(n) * time.Millisecond) }
	list := []*pool.Identity{
		{Guest: true},
		{Logins: []pool.Login{login("p", "x"), {Provider: "q", Subject: "é", Linked: at(9)}}},
		{Disabled: true, Parent: identityID(2)},
		{Guest: true, Disabled: true, Parent: identityID(9)},
		{Blocked: true, Logins: []pool.Login{login("p", "y")}},
		{Blocked: true, Guest: true, Disabled: true, Parent: identityID(2)},
		{}, // its last login was taken off
	}
	for n, i := range list {
		i.ID, i.PoolID, i.Created, i.Modified, i.Version = identityID(n+1), poolID, at(n), at(n+100), 1
	}
	return list
}

func imported(t *testing.T, s pool.Store, reopen func() pool.Store) {
	newPool(t, s, poolA)
	want := everyState(poolA)
	if err := s.InsertIdentities(t.Context(), poolA, want); err != nil {
		t.Fatal(err)
	}
	s = reopen()
	got, err := s.ListIdentities(t.Context(), poolA, pool.Position{}, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("identities differ (-want +got):\n%s", diff)
	}
	if owner, err := s.LoginOwner(t.Context(), poolA, "q", "é"); err != nil || owner != want[1].ID {
		t.Errorf("LoginOwner = %q, %v", owner, err)
	}
}

func importTaken(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	newPool(t, s, poolB)
	newIdentity(t, s, poolB, 1, login("p", "x"))
	fresh := func(n int, logins ...pool.Login) *pool.Identity {
		return &pool.Identity{ID: identityID(n), Created: epoch, Modified: epoch, Logins: logins, Guest: len(logins) == 0, Version: 1}
	}
	if err := s.InsertIdentities(t.Context(), poolA, []*pool.Identity{fresh(2, login("p", "x")), fresh(3)}); err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string][]*pool.Identity{
		"an id of the pool":      {fresh(4), fresh(3)},
		"an id of another pool":  {fresh(4), fresh(1)},
		"a login of the pool":    {fresh(4), fresh(5, login("p", "x"))},
		"a login twice":          {fresh(4, login("q", "y")), fresh(5, login("q", "y"))},
		"an id twice in a batch": {fresh(4), fresh(4)},
	} {
		t.Run(name, func(t *testing.T) {
			wantConflict(t, s.InsertIdentities(t.Context(), poolA, list))
			if _, err := s.Identity(t.Context(), identityID(4)); !errors.As(err, new(*pool.NoIdentity)) {
				t.Errorf("a part of the batch was written: %v", err)
			}
		})
	}
	gone := "eu-west-1:cccccccc-0000-4000-8000-000000000003"
	if err := s.InsertIdentities(t.Context(), gone, []*pool.Identity{fresh(4)}); !errors.As(err, new(*pool.NoPool)) {
		t.Errorf("into no pool: %v", err)
	}
}

func importSwept(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	newIdentity(t, s, poolA, 1)
	a := newIdentity(t, s, poolA, 2, login("p", "off"))
	apply(t, s, &pool.Change{PoolID: poolA, Target: a.ID, TargetVersion: 1, Unlink: []pool.Login{login("p", "off")}, At: epoch})
	if err := s.DeletePool(t.Context(), poolA); err != nil {
		t.Fatal(err)
	}
	again := &pool.Pool{ID: poolA, Account: "000000000000", Name: "again", Created: epoch, Version: 1}
	wantConflict(t, s.InsertPool(t.Context(), again))
	if err := s.SweepPools(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertPool(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertIdentities(t.Context(), poolA, everyState(poolA)); err != nil {
		t.Fatal(err)
	}
	if err := s.SweepPools(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustIdentity(t, s, identityID(1))
	if was, err := s.WasUnlinked(t.Context(), poolA, "p", "off"); err != nil || was {
		t.Errorf("WasUnlinked in the pool made again = %v, %v", was, err)
	}
}
