package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
)

func apply(t *testing.T, s pool.Store, c *pool.Change) {
	t.Helper()
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatalf("Apply: %v", err)
	}
}

// merged makes a winner with one login and a loser with two (or a guest), and
// merges them at epoch + 1 h.
func merged(t *testing.T, s pool.Store, guest bool) (winner, loser *pool.Identity) {
	t.Helper()
	newPool(t, s, poolA)
	winner = newIdentity(t, s, poolA, 1, login("p", "x"))
	var logins []pool.Login
	if !guest {
		logins = []pool.Login{login("q", "y"), login("r", "z")}
	}
	loser = newIdentity(t, s, poolA, 2, logins...)
	c := &pool.Change{
		PoolID: poolA, Target: winner.ID, TargetVersion: 1, At: epoch.Add(time.Hour), Cause: pool.BySignIn,
		Disable: []pool.Merged{{ID: loser.ID, Version: 1}},
	}
	for _, l := range logins {
		c.Move = append(c.Move, pool.LoginMove{From: loser.ID, Login: l})
	}
	apply(t, s, c)
	return winner, loser
}

func merges(t *testing.T, s pool.Store, id string) []*pool.Merge {
	t.Helper()
	list, err := s.Merges(t.Context(), id, 10)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func blocking(t *testing.T, s pool.Store, reopen func() pool.Store) {
	newPool(t, s, poolA)
	guest := newIdentity(t, s, poolA, 1)
	other := newIdentity(t, s, poolA, 2, login("p", "x"))
	at := epoch.Add(time.Hour)
	block := &pool.Change{PoolID: poolA, Target: guest.ID, TargetVersion: 1, Block: true, At: at}
	apply(t, s, block)
	wantConflict(t, s.Apply(t.Context(), block))
	s = reopen()
	got := mustIdentity(t, s, guest.ID)
	if !got.Blocked || !got.Guest || got.Disabled || got.Version != 2 || !got.Modified.Equal(at) {
		t.Errorf("blocked: %+v", got)
	}
	link := &pool.Change{PoolID: poolA, Target: guest.ID, TargetVersion: 2, Link: []pool.Login{login("q", "y")}, At: at}
	wantConflict(t, s.Apply(t.Context(), link))
	wantConflict(t, s.Apply(t.Context(), &pool.Change{PoolID: poolA, Target: other.ID, TargetVersion: 1, Disable: []pool.Merged{{ID: guest.ID, Version: 2}}, At: at}))
	if enabled, err := s.ListIdentities(t.Context(), poolA, pool.Position{}, 10, true); err != nil || len(enabled) != 1 {
		t.Errorf("%d enabled identities, %v; want 1", len(enabled), err)
	}
	unblock := &pool.Change{PoolID: poolA, Target: guest.ID, TargetVersion: 2, Unblock: true, At: at}
	apply(t, s, unblock)
	wantConflict(t, s.Apply(t.Context(), unblock))
	if got := mustIdentity(t, s, guest.ID); got.Blocked || !got.Guest || got.Version != 3 {
		t.Errorf("unblocked: %+v", got)
	}
	link.TargetVersion = 3
	apply(t, s, link)
}

func mergeRecord(t *testing.T, s pool.Store, reopen func() pool.Store) {
	winner, loser := merged(t, s, false)
	s = reopen()
	want := []*pool.Merge{{
		Child: loser.ID, ChildVersion: 1, Parent: winner.ID, At: epoch.Add(time.Hour), Cause: pool.BySignIn,
		Logins: []pool.Login{login("q", "y"), login("r", "z")},
	}}
	for _, id := range []string{winner.ID, loser.ID} {
		if diff := cmp.Diff(want, merges(t, s, id)); diff != "" {
			t.Errorf("merges of %s differ (-want +got):\n%s", id, diff)
		}
	}
	if err := s.DeleteIdentity(t.Context(), winner.ID); err != nil {
		t.Fatal(err)
	}
	if left := merges(t, s, loser.ID); len(left) != 0 {
		t.Errorf("the record outlived the winner: %+v", left[0])
	}
}

func undoMerge(t *testing.T, s pool.Store, reopen func() pool.Store) {
	winner, loser := merged(t, s, false)
	at := epoch.Add(2 * time.Hour)
	// A winner may be blocked meanwhile, and so may the loser.
	apply(t, s, &pool.Change{PoolID: poolA, Target: winner.ID, TargetVersion: 2, Block: true, At: at})
	apply(t, s, &pool.Change{PoolID: poolA, Target: loser.ID, TargetVersion: 2, Block: true, At: at})
	undo := &pool.Change{
		PoolID: poolA, Target: winner.ID, TargetVersion: 3, At: at,
		Undo: &pool.Undo{Merge: merges(t, s, loser.ID)[0], Child: pool.Merged{ID: loser.ID, Version: 3}},
	}
	apply(t, s, undo)
	s = reopen()
	got := mustIdentity(t, s, loser.ID)
	want := &pool.Identity{
		ID: loser.ID, PoolID: poolA, Created: loser.Created, Modified: at, Blocked: true, Version: 4,
		Logins: []pool.Login{login("q", "y"), login("r", "z")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the restored identity differs (-want +got):\n%s", diff)
	}
	if w := mustIdentity(t, s, winner.ID); len(w.Logins) != 1 || !w.Blocked || w.Version != 4 {
		t.Errorf("winner: %+v", w)
	}
	if m := merges(t, s, loser.ID); len(m) != 1 || !m[0].Undone.Equal(at) {
		t.Errorf("record: %+v", m[0])
	}
	undo.TargetVersion, undo.Undo.Child.Version = 4, 4
	wantConflict(t, s.Apply(t.Context(), undo))
}

func staleUndo(t *testing.T, s pool.Store, _ func() pool.Store) {
	winner, loser := merged(t, s, false)
	m := merges(t, s, loser.ID)[0]
	undo := func(winnerVersion, loserVersion int64) error {
		return s.Apply(t.Context(), &pool.Change{
			PoolID: poolA, Target: winner.ID, TargetVersion: winnerVersion, At: epoch,
			Undo: &pool.Undo{Merge: m, Child: pool.Merged{ID: loser.ID, Version: loserVersion}},
		})
	}
	wantConflict(t, undo(1, 2))
	wantConflict(t, undo(2, 1))
	apply(t, s, &pool.Change{PoolID: poolA, Target: winner.ID, TargetVersion: 2, Unlink: []pool.Login{login("q", "y")}, At: epoch})
	wantConflict(t, undo(3, 2)) // one of its logins is nobody's
	got := mustIdentity(t, s, loser.ID)
	if !got.Disabled || len(got.Logins) != 0 || !merges(t, s, loser.ID)[0].Undone.IsZero() {
		t.Errorf("a refused undo left %+v", got)
	}
	if w := mustIdentity(t, s, winner.ID); len(w.Logins) != 2 || w.Version != 3 {
		t.Errorf("a refused undo left the winner %+v", w)
	}
}

func people(t *testing.T, s pool.Store, reopen func() pool.Store) {
	newPool(t, s, poolA)
	anna := &pool.Person{Email: "Anna@Example.com", EmailVerified: true, Vouched: true, Name: "Anna \u00c4", PreferredUsername: "a"}
	first := login("p", "x")
	first.Remembered, first.Person = epoch, anna
	i := newIdentity(t, s, poolA, 1, first, login("q", "y"))
	s = reopen()
	got := mustIdentity(t, s, i.ID)
	if !got.Logins[0].Remembered.Equal(epoch) || got.Logins[0].Person != nil || !got.Logins[1].Remembered.IsZero() {
		t.Errorf("a plain read gives %+v", got.Logins)
	}
	known := func(id string) []pool.Login {
		t.Helper()
		list, err := s.Logins(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if diff := cmp.Diff([]pool.Login{first, login("q", "y")}, known(i.ID)); diff != "" {
		t.Errorf("logins differ (-want +got):\n%s", diff)
	}
	remember := func(at time.Time, name string) {
		t.Helper()
		l := login("p", "x")
		l.Remembered, l.Person = at, &pool.Person{Name: name}
		if err := s.Remember(t.Context(), poolA, l); err != nil {
			t.Fatal(err)
		}
	}
	remember(epoch.Add(time.Hour), "newer")
	remember(epoch, "older")
	if l := known(i.ID)[0]; l.Person.Name != "newer" || !l.Remembered.Equal(epoch.Add(time.Hour)) {
		t.Errorf("remembered %+v at %s", l.Person, l.Remembered)
	}
	if got := mustIdentity(t, s, i.ID); got.Version != 1 {
		t.Error("remembering counts as a change of the identity")
	}
	winner := newIdentity(t, s, poolA, 2)
	apply(t, s, &pool.Change{
		PoolID: poolA, Target: winner.ID, TargetVersion: 1, At: epoch, Disable: []pool.Merged{{ID: i.ID, Version: 1}},
		Move: []pool.LoginMove{{From: i.ID, Login: login("p", "x")}, {From: i.ID, Login: login("q", "y")}},
	})
	if l := known(winner.ID); len(l) != 2 || l[0].Person == nil || l[0].Person.Name != "newer" {
		t.Errorf("after a merge: %+v", l)
	}
	apply(t, s, &pool.Change{PoolID: poolA, Target: winner.ID, TargetVersion: 2, At: epoch, Unlink: []pool.Login{login("p", "x")}})
	remember(epoch.Add(2*time.Hour), "gone")
	newIdentity(t, s, poolA, 3, login("p", "x"))
	if l := known(identityID(3)); l[0].Person != nil {
		t.Errorf("a login that was unlinked is still remembered: %+v", l[0].Person)
	}
}

func byEmail(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	newPool(t, s, poolB)
	person := func(provider, subject, email string) pool.Login {
		l := login(provider, subject)
		l.Remembered, l.Person = epoch, &pool.Person{Email: email}
		return l
	}
	a := newIdentity(t, s, poolA, 1, person("p", "x", "Anna@Example.com"), login("q", "x"))
	b := newIdentity(t, s, poolA, 2, person("p", "y", "anna@example.com"), person("q", "y", ""))
	newIdentity(t, s, poolB, 3, person("p", "x", "anna@example.com"))
	newIdentity(t, s, poolA, 4, person("p", "z", "anna@example.org"))
	find := func(key string, limit int) []pool.OwnedLogin {
		t.Helper()
		list, err := s.LoginsByEmail(t.Context(), poolA, key, limit)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	want := []pool.OwnedLogin{{Identity: a.ID, Login: a.Logins[0]}, {Identity: b.ID, Login: b.Logins[0]}}
	if diff := cmp.Diff(want, find("anna@example.com", 10)); diff != "" {
		t.Errorf("logins differ (-want +got):\n%s", diff)
	}
	if got := find("anna@example.com", 1); len(got) != 1 {
		t.Errorf("%d logins, want no more than asked for", len(got))
	}
	if got := find("", 10); len(got) != 0 {
		t.Errorf("%d logins have no address", len(got))
	}
}

func bySubject(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	newPool(t, s, poolB)
	a := newIdentity(t, s, poolA, 1, login("a", "x"), login("c", "x"))
	b := newIdentity(t, s, poolA, 2, login("b", "x"), login("d", "y"))
	newIdentity(t, s, poolB, 3, login("e", "x"))
	got, err := s.LoginsBySubject(t.Context(), poolA, "x", 10)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, l := range got {
		found = append(found, l.Login.Provider+" "+l.Identity)
	}
	if diff := cmp.Diff([]string{"a " + a.ID, "b " + b.ID, "c " + a.ID}, found); diff != "" {
		t.Errorf("logins differ (-want +got):\n%s", diff)
	}
	if got, err := s.LoginsBySubject(t.Context(), poolA, "x", 2); err != nil || len(got) != 2 {
		t.Errorf("%d logins, %v; want no more than asked for", len(got), err)
	}
	if got, err := s.LoginsBySubject(t.Context(), poolA, "X", 2); err != nil || len(got) != 0 {
		t.Errorf("%d logins of another subject, %v", len(got), err)
	}
	var gone *pool.NoIdentity
	if _, err := s.Identity(t.Context(), identityID(9)); !errors.As(err, &gone) {
		t.Errorf("searching made an identity: %v", err)
	}
}
