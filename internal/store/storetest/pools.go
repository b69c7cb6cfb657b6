package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
)

// Pools runs the kit for stores of identity pools. open returns an empty store;
// reopen closes it and opens it again on the same data.
func Pools(t *testing.T, open func(t *testing.T) (s pool.Store, reopen func() pool.Store)) {
	cases := []struct {
		name string
		rule string
		run  func(t *testing.T, s pool.Store, reopen func() pool.Store)
	}{
		{"pool round trip", "a pool comes back as it was stored, also after a restart", poolRoundTrip},
		{"stale pool update", "an update computed on an old version is refused and changes nothing", stalePool},
		{"deleted pool", "deleting a pool removes its identities and logins and nothing of other pools", deletedPool},
		{"unknown identity", "an unknown or malformed id is *NoIdentity", unknownIdentity},
		{"identity round trip", "an identity comes back with its logins in the order they were linked", identityRoundTrip},
		{"login taken", "a login with an owner cannot be linked again in its pool, but can in another", loginTaken},
		{"stale target", "a change computed on an old version of its target is refused whole", staleTarget},
		{"merge", "a merge moves the logins, disables the loser and points to the winner, or does nothing", merge},
		{"merge of a changed loser", "a merge is refused when the loser changed meanwhile", staleMerge},
		{"unlinking", "logins are taken off their identity, all or none, and may then be anybody's", unlinking},
		{"deleted identity", "deleting an identity removes its logins too, and nobody else's", deletedIdentity},
		{"blocking", "an identity is blocked and unblocked as it was seen; nothing is linked to a blocked one, and it is not merged", blocking},
		{"record of a merge", "a merge is recorded with the logins that moved, for both sides, until one of them is deleted", mergeRecord},
		{"undoing a merge", "the loser gets its logins and its state back, and the record says so", undoMerge},
		{"undoing a merge that has changed", "an undo is refused whole when either side or a login is not as it was seen", staleUndo},
		{"people", "what is remembered of a login moves and goes with it, and is replaced only by what is newer", people},
		{"search by address", "logins are found by the key of their address, in their pool only", byEmail},
		{"search by subject", "logins are found by subject alone, at every provider of the pool", bySubject},
		{"import", "identities come back as they were inserted, in whatever state, also after a restart", imported},
		{"import of what is taken", "a batch with a taken id or login is refused whole", importTaken},
		{"import into a swept pool", "a pool cannot come back while its identities are being removed", importSwept},
		{"listing", "identities are listed in creation order, page by page, without gaps or repeats", listing},
		{"hidden disabled", "disabled identities are left out when asked", hideDisabled},
		{"racing first sign-ins", "of concurrent creations with one login exactly one succeeds", racingCreations},
		{"identity in a deleted pool", "an identity cannot be created in a pool that is gone", createInDeletedPool},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log("rule:", c.rule)
			s, reopen := open(t)
			c.run(t, s, reopen)
		})
	}
}

const (
	poolA = "eu-west-1:aaaaaaaa-0000-4000-8000-000000000001"
	poolB = "eu-west-1:bbbbbbbb-0000-4000-8000-000000000002"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

func identityID(n int) string { return fmt.Sprintf("eu-west-1:%08x-0000-4000-8000-000000000000", n) }

func newPool(t *testing.T, s pool.Store, id string) {
	t.Helper()
	p := &pool.Pool{ID: id, Account: "000000000000", Name: "pool", Created: epoch, Version: 1}
	if err := s.InsertPool(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func newIdentity(t *testing.T, s pool.Store, poolID string, n int, logins ...pool.Login) *pool.Identity {
	t.Helper()
	at := epoch.Add(time.Duration(n) * time.Millisecond)
	i := &pool.Identity{ID: identityID(n), PoolID: poolID, Created: at, Modified: at, Guest: len(logins) == 0, Logins: logins, Version: 1}
	if err := s.Apply(t.Context(), &pool.Change{PoolID: poolID, Create: i, At: at}); err != nil {
		t.Fatal(err)
	}
	return i
}

func login(provider, subject string) pool.Login {
	return pool.Login{Provider: provider, Subject: subject, Linked: epoch}
}

func mustIdentity(t *testing.T, s pool.Store, id string) *pool.Identity {
	t.Helper()
	i, err := s.Identity(t.Context(), id)
	if err != nil {
		t.Fatalf("Identity(%s): %v", id, err)
	}
	return i
}

func wantConflict(t *testing.T, err error) {
	t.Helper()
	var lost *pool.Conflict
	if !errors.As(err, &lost) {
		t.Fatalf("error = %v, want *pool.Conflict", err)
	}
}

func poolRoundTrip(t *testing.T, s pool.Store, reopen func() pool.Store) {
	want := &pool.Pool{
		ID: poolA, Account: "012345678901", Name: "a name, with = signs", AllowUnauthenticated: true, AllowClassicFlow: true,
		SupportedLoginProviders: map[string]string{"accounts.google.com": "id1;id2"},
		DeveloperProviderName:   "login.example",
		OIDCProviderARNs:        []string{"arn:aws:iam::012345678901:oidc-provider/b", "arn:aws:iam::012345678901:oidc-provider/a"},
		UserPools:               []pool.UserPool{{ProviderName: "cognito-idp.eu-west-1.amazonaws.com/x", ClientID: "c", ServerSideTokenCheck: true}},
		SAMLProviderARNs:        []string{"arn:aws:iam::012345678901:saml-provider/z"},
		Tags:                    map[string]string{"team": "é"},
		Roles:                   map[string]string{pool.Authenticated: "arn:aws:iam::012345678901:role/r"},
		Created:                 epoch, Version: 1,
	}
	if err := s.InsertPool(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	changed := *want
	changed.Name, changed.Version = "other", 2
	if err := s.UpdatePool(t.Context(), &changed, 1); err != nil {
		t.Fatal(err)
	}
	list, err := reopen().LoadPools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*pool.Pool{&changed}, list); diff != "" {
		t.Errorf("pools differ (-want +got):\n%s", diff)
	}
}

func stalePool(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	p := &pool.Pool{ID: poolA, Name: "late", Version: 8}
	wantConflict(t, s.UpdatePool(t.Context(), p, 7))
	list, err := s.LoadPools(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != "pool" || list[0].Version != 1 {
		t.Errorf("LoadPools = %+v, %v; want the pool unchanged", list, err)
	}
}

func deletedPool(t *testing.T, s pool.Store, reopen func() pool.Store) {
	newPool(t, s, poolA)
	newPool(t, s, poolB)
	for n := range 3 {
		newIdentity(t, s, poolA, n, login("p", fmt.Sprint(n)))
	}
	newIdentity(t, s, poolB, 10, login("p", "0"))
	if err := s.DeletePool(t.Context(), poolA); err != nil {
		t.Fatal(err)
	}
	if err := s.DeletePool(t.Context(), poolA); err != nil {
		t.Errorf("deleting again: %v", err)
	}
	s = reopen() // what was left is still known
	wantConflict(t, s.InsertPool(t.Context(), &pool.Pool{ID: poolA, Created: epoch, Version: 1}))
	for range 2 {
		if err := s.SweepPools(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		var gone *pool.NoIdentity
		if _, err := s.Identity(t.Context(), identityID(n)); !errors.As(err, &gone) {
			t.Errorf("identity %d: %v, want *NoIdentity", n, err)
		}
	}
	if owner, err := s.LoginOwner(t.Context(), poolA, "p", "0"); owner != "" || err != nil {
		t.Errorf("LoginOwner = %q, %v; want none", owner, err)
	}
	if owner, err := s.LoginOwner(t.Context(), poolB, "p", "0"); owner != identityID(10) || err != nil {
		t.Errorf("LoginOwner in the other pool = %q, %v", owner, err)
	}
}

func unknownIdentity(t *testing.T, s pool.Store, _ func() pool.Store) {
	for _, id := range []string{identityID(1), "", "x", "eu-west-1:", "eu-west-1:AAAAAAAA-0000-4000-8000-000000000001", "eu-west-1:aaaaaaaa00004000800000000000000100000"} {
		var gone *pool.NoIdentity
		if _, err := s.Identity(t.Context(), id); !errors.As(err, &gone) {
			t.Errorf("Identity(%q) = %v, want *NoIdentity", id, err)
		}
	}
}

func identityRoundTrip(t *testing.T, s pool.Store, reopen func() pool.Store) {
	newPool(t, s, poolA)
	first, second := login("zz", "s\x01ubject with ' and \" é"), login("aa", "2")
	second.Linked = epoch.Add(time.Second)
	want := newIdentity(t, s, poolA, 1, first, second)
	guest := newIdentity(t, s, poolA, 2)
	s = reopen()
	if diff := cmp.Diff(want, mustIdentity(t, s, want.ID)); diff != "" {
		t.Errorf("identity differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(guest, mustIdentity(t, s, guest.ID)); diff != "" {
		t.Errorf("guest differs (-want +got):\n%s", diff)
	}
	if owner, err := s.LoginOwner(t.Context(), poolA, first.Provider, first.Subject); owner != want.ID || err != nil {
		t.Errorf("LoginOwner = %q, %v", owner, err)
	}
}

func loginTaken(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	newPool(t, s, poolB)
	newIdentity(t, s, poolA, 1, login("p", "x"))
	second := &pool.Identity{ID: identityID(2), PoolID: poolA, Created: epoch, Modified: epoch, Logins: []pool.Login{login("q", "y"), login("p", "x")}, Version: 1}
	wantConflict(t, s.Apply(t.Context(), &pool.Change{PoolID: poolA, Create: second, At: epoch}))
	var gone *pool.NoIdentity
	if _, err := s.Identity(t.Context(), second.ID); !errors.As(err, &gone) {
		t.Errorf("the refused identity exists: %v", err)
	}
	if owner, _ := s.LoginOwner(t.Context(), poolA, "q", "y"); owner != "" {
		t.Errorf("the refused change linked a login to %s", owner)
	}
	newIdentity(t, s, poolB, 3, login("p", "x"))
	newIdentity(t, s, poolA, 4, login("p", "X"))
}

func staleTarget(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	i := newIdentity(t, s, poolA, 1)
	c := &pool.Change{PoolID: poolA, Target: i.ID, TargetVersion: 1, Link: []pool.Login{login("p", "x")}, At: epoch.Add(time.Hour)}
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	got := mustIdentity(t, s, i.ID)
	if got.Guest || got.Version != 2 || !got.Modified.Equal(c.At) || len(got.Logins) != 1 {
		t.Errorf("after linking: %+v", got)
	}
	c.Link = []pool.Login{login("q", "y")}
	wantConflict(t, s.Apply(t.Context(), c))
	if owner, _ := s.LoginOwner(t.Context(), poolA, "q", "y"); owner != "" {
		t.Error("the refused change linked a login")
	}
}

func merge(t *testing.T, s pool.Store, reopen func() pool.Store) {
	newPool(t, s, poolA)
	winner := newIdentity(t, s, poolA, 1, login("p", "x"))
	loser := newIdentity(t, s, poolA, 2, login("q", "y"), login("r", "z"))
	c := &pool.Change{
		PoolID: poolA, Target: winner.ID, TargetVersion: 1, At: epoch.Add(time.Hour),
		Move:    []pool.LoginMove{{From: loser.ID, Login: loser.Logins[0]}, {From: loser.ID, Login: loser.Logins[1]}},
		Disable: []pool.Merged{{ID: loser.ID, Version: 1}},
	}
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	s = reopen()
	w, l := mustIdentity(t, s, winner.ID), mustIdentity(t, s, loser.ID)
	if len(w.Logins) != 3 || w.Disabled {
		t.Errorf("winner: %+v", w)
	}
	if !l.Disabled || l.Parent != winner.ID || len(l.Logins) != 0 || l.Guest {
		t.Errorf("loser: %+v", l)
	}
	// Nothing can be linked to a disabled identity.
	wantConflict(t, s.Apply(t.Context(), &pool.Change{PoolID: poolA, Target: loser.ID, TargetVersion: l.Version, Link: []pool.Login{login("n", "n")}, At: epoch}))
}

func staleMerge(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	winner := newIdentity(t, s, poolA, 1, login("p", "x"))
	loser := newIdentity(t, s, poolA, 2)
	link := &pool.Change{PoolID: poolA, Target: loser.ID, TargetVersion: 1, Link: []pool.Login{login("q", "y")}, At: epoch}
	if err := s.Apply(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	c := &pool.Change{PoolID: poolA, Target: winner.ID, TargetVersion: 1, Disable: []pool.Merged{{ID: loser.ID, Version: 1}}, At: epoch}
	wantConflict(t, s.Apply(t.Context(), c))
	if w := mustIdentity(t, s, winner.ID); w.Version != 1 {
		t.Errorf("the refused merge changed the winner: %+v", w)
	}
	if l := mustIdentity(t, s, loser.ID); l.Disabled {
		t.Error("the refused merge disabled the loser")
	}
}

func listing(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	newPool(t, s, poolB)
	var want []string
	for n := range 25 {
		newIdentity(t, s, poolA, n)
		want = append(want, identityID(n))
	}
	newIdentity(t, s, poolB, 100)
	// Two identities of one instant: the id decides.
	same := &pool.Identity{ID: identityID(200), PoolID: poolA, Created: epoch.Add(24 * time.Millisecond), Modified: epoch, Guest: true, Version: 1}
	if err := s.Apply(t.Context(), &pool.Change{PoolID: poolA, Create: same, At: epoch}); err != nil {
		t.Fatal(err)
	}
	want = append(want, same.ID)
	var got []string
	var after pool.Position
	for range 20 {
		page, err := s.ListIdentities(t.Context(), poolA, after, 4, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page {
			got = append(got, i.ID)
			after = pool.Position{Created: i.Created, ID: i.ID}
		}
		if len(page) == 0 {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listing differs (-want +got):\n%s", diff)
	}
}

func unlinking(t *testing.T, s pool.Store, reopen func() pool.Store) {
	newPool(t, s, poolA)
	a := newIdentity(t, s, poolA, 1, login("p", "x"), login("p", "y"), login("q", "x"))
	b := newIdentity(t, s, poolA, 2, login("q", "y"))
	unlink := func(version int64, logins ...pool.Login) error {
		return s.Apply(t.Context(), &pool.Change{PoolID: poolA, Target: a.ID, TargetVersion: version, Unlink: logins, At: epoch.Add(time.Hour)})
	}
	wantConflict(t, unlink(7, login("p", "x")))
	wantConflict(t, unlink(1, login("p", "x"), login("q", "y"))) // the second is b's
	if got := mustIdentity(t, s, a.ID); len(got.Logins) != 3 || got.Version != 1 {
		t.Errorf("a refused change left %+v", got)
	}
	if err := unlink(1, login("p", "x"), login("q", "x")); err != nil {
		t.Fatal(err)
	}
	s = reopen()
	got := mustIdentity(t, s, a.ID)
	if len(got.Logins) != 1 || got.Logins[0].Subject != "y" || got.Version != 2 || got.Guest || !got.Modified.Equal(epoch.Add(time.Hour)) {
		t.Errorf("after unlinking: %+v", got)
	}
	if other := mustIdentity(t, s, b.ID); len(other.Logins) != 1 {
		t.Errorf("somebody else has %+v", other.Logins)
	}
	wasUnlinked := func(poolID, provider, subject string, want bool) {
		t.Helper()
		if was, err := s.WasUnlinked(t.Context(), poolID, provider, subject); err != nil || was != want {
			t.Errorf("WasUnlinked of %s at %s in %s = %v, %v", subject, provider, poolID, was, err)
		}
	}
	wasUnlinked(poolA, "p", "x", true)
	wasUnlinked(poolA, "q", "x", true)
	wasUnlinked(poolA, "p", "y", false)
	wasUnlinked(poolA, "q", "y", false) // the refused change was all of it refused
	wasUnlinked(poolA, "r", "x", false)
	wasUnlinked(poolB, "p", "x", false)
	newIdentity(t, s, poolA, 3, login("p", "x"))
	if err := unlink(2, login("p", "y")); err != nil {
		t.Fatal(err)
	}
	if got := mustIdentity(t, s, a.ID); len(got.Logins) != 0 || got.Guest {
		t.Errorf("without its last login: %+v, want no logins and no guest", got)
	}
}

func deletedIdentity(t *testing.T, s pool.Store, reopen func() pool.Store) {
	newPool(t, s, poolA)
	gone := newIdentity(t, s, poolA, 1, login("p", "x"))
	stays := newIdentity(t, s, poolA, 2, login("p", "y"))
	for range 2 { // the second time it is unknown
		if err := s.DeleteIdentity(t.Context(), gone.ID); err != nil {
			t.Fatal(err)
		}
	}
	s = reopen()
	var none *pool.NoIdentity
	if _, err := s.Identity(t.Context(), gone.ID); !errors.As(err, &none) {
		t.Errorf("the deleted identity: %v, want *NoIdentity", err)
	}
	if owner, err := s.LoginOwner(t.Context(), poolA, "p", "x"); err != nil || owner != "" {
		t.Errorf("its login belongs to %q, %v", owner, err)
	}
	if got := mustIdentity(t, s, stays.ID); len(got.Logins) != 1 {
		t.Errorf("the other identity has %+v", got.Logins)
	}
	wantConflict(t, s.Apply(t.Context(), &pool.Change{PoolID: poolA, Target: gone.ID, TargetVersion: 1, Link: []pool.Login{login("p", "z")}, At: epoch}))
}

func hideDisabled(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	winner := newIdentity(t, s, poolA, 1, login("p", "x"))
	loser := newIdentity(t, s, poolA, 2)
	c := &pool.Change{PoolID: poolA, Target: winner.ID, TargetVersion: 1, Disable: []pool.Merged{{ID: loser.ID, Version: 1}}, At: epoch}
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	all, err := s.ListIdentities(t.Context(), poolA, pool.Position{}, 10, false)
	if err != nil || len(all) != 2 {
		t.Errorf("all: %d, %v; want 2", len(all), err)
	}
	enabled, err := s.ListIdentities(t.Context(), poolA, pool.Position{}, 10, true)
	if err != nil || len(enabled) != 1 || enabled[0].ID != winner.ID {
		t.Errorf("enabled: %v, %v; want the winner only", enabled, err)
	}
}

func racingCreations(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	const racers = 100
	errs := make([]error, racers)
	var wg sync.WaitGroup
	for n := range racers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			i := &pool.Identity{ID: identityID(n), PoolID: poolA, Created: epoch, Modified: epoch, Logins: []pool.Login{login("p", "one person")}, Version: 1}
			errs[n] = s.Apply(context.Background(), &pool.Change{PoolID: poolA, Create: i, At: epoch})
		}()
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		var lost *pool.Conflict
		switch {
		case err == nil:
			won++
		case !errors.As(err, &lost):
			t.Errorf("a loser got %v, want *Conflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d creations succeeded, want 1", won)
	}
	if all, err := s.ListIdentities(t.Context(), poolA, pool.Position{}, 10, false); err != nil || len(all) != 1 {
		t.Errorf("%d identities, %v; want 1", len(all), err)
	}
}

func createInDeletedPool(t *testing.T, s pool.Store, _ func() pool.Store) {
	newPool(t, s, poolA)
	if err := s.DeletePool(t.Context(), poolA); err != nil {
		t.Fatal(err)
	}
	i := &pool.Identity{ID: identityID(1), PoolID: poolA, Created: epoch, Modified: epoch, Guest: true, Version: 1}
	var gone *pool.NoPool
	if err := s.Apply(t.Context(), &pool.Change{PoolID: poolA, Create: i, At: epoch}); !errors.As(err, &gone) {
		t.Errorf("Apply = %v, want *NoPool", err)
	}
}
