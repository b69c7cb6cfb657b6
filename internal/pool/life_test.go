package pool_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/pool"
)

const developer = "login.dev.example"

func (w *world) identity(id string) *pool.Identity {
	w.t.Helper()
	i, _, err := w.Identity(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func (w *world) enable(id string, enabled bool) {
	w.t.Helper()
	if _, err := w.SetIdentityEnabled(w.t.Context(), id, enabled); err != nil {
		w.t.Fatal(err)
	}
}

// developerID is the identity of a backend's user. The token that the operation
// would give is not made here.
func (w *world) developerID(p *pool.Pool, user, id string) string {
	w.t.Helper()
	_, err := w.GetDeveloperToken(w.t.Context(), pool.DeveloperTokenInput{PoolID: p.ID, IdentityID: id, Logins: map[string]string{developer: user}})
	if err == nil || !strings.Contains(err.Error(), "nothing is issued here") {
		w.t.Fatalf("GetDeveloperToken(%s): %v", user, err)
	}
	found, err := w.LookupDeveloper(w.t.Context(), p.ID, "", user)
	if err != nil {
		w.t.Fatal(err)
	}
	return found.Identity.ID
}

func subjects(id *pool.Identity) []string {
	var list []string
	for _, l := range id.Logins {
		list = append(list, l.Subject)
	}
	return list
}

func TestABlockedIdentityIsOfNoUse(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	p := w.pool(true)
	if _, err := w.UpdatePool(ctx, p.ID, pool.Settings{
		Name: "p", AllowUnauthenticated: true, AllowClassicFlow: true, DeveloperProviderName: developer,
		SupportedLoginProviders: p.SupportedLoginProviders, OIDCProviderARNs: p.OIDCProviderARNs,
	}); err != nil {
		t.Fatal(err)
	}
	guest, anna := w.id(p, nil), w.id(p, google("anna"))
	other := w.id(p, google("other"))
	dev := w.developerID(p, "dev", "")
	for _, id := range []string{guest, anna, dev} {
		w.enable(id, false)
		w.enable(id, false) // again is no error
	}
	credentials := func(id string, logins map[string]string) error {
		_, err := w.GetCredentials(ctx, id, logins, "", nil)
		return err
	}
	token := func(id string, logins map[string]string) error {
		_, err := w.GetToken(ctx, id, logins)
		return err
	}
	developerToken := func(id string, logins map[string]string) error {
		_, err := w.GetDeveloperToken(ctx, pool.DeveloperTokenInput{PoolID: p.ID, IdentityID: id, Logins: logins})
		return err
	}
	getID := func(logins map[string]string) error {
		_, err := w.GetID(ctx, p.ID, "", logins)
		return err
	}
	merge := func(from, to string) error {
		_, err := w.MergeDevelopers(ctx, p.ID, developer, from, to)
		return err
	}
	bystander := w.developerID(p, "bystander", "")
	fresh := w.id(p, nil)
	cases := []struct {
		name string
		err  error
	}{
		{"credentials with its login", credentials(anna, google("anna"))},
		{"credentials of a guest", credentials(guest, nil)},
		{"credentials of a guest who signs in", credentials(guest, google("new"))},
		{"a token with its login", token(anna, google("anna"))},
		{"a token of a guest", token(guest, nil)},
		{"credentials without a login", credentials(anna, nil)},
		{"credentials as another identity that its login would be merged into", credentials(other, both(google("other"), map[string]string{developer: "x"}))},
		{"credentials as a guest that its login would absorb", credentials(fresh, google("anna"))},
		{"a new login beside its own, in GetId", getID(both(google("anna"), acme("a1")))},
		{"a new login beside its own", credentials(anna, both(google("anna"), acme("a1")))},
		{"unlinking, after which its login would be somebody new", w.Unlink(ctx, anna, google("anna"), []string{pool.Google})},
		{"a developer token by its user", developerToken("", map[string]string{developer: "dev"})},
		{"a developer token by its id", developerToken(dev, map[string]string{developer: "dev"})},
		{"a developer token that links a user to it", developerToken(guest, map[string]string{developer: "new"})},
		{"a developer token that proves it beside another", developerToken(bystander, both(google("anna"), map[string]string{developer: "bystander"}))},
		{"merging it away", merge("dev", "bystander")},
		{"merging into it", merge("bystander", "dev")},
		{"unlinking its user", w.UnlinkDeveloper(ctx, p.ID, dev, developer, "dev")},
	}
	for _, c := range cases {
		want := error(&pool.Forbidden{})
		if strings.HasPrefix(c.name, "credentials as another") {
			want = &pool.NotPublicProvider{}
		}
		refused(t, c.name, c.err, want)
	}
	for _, id := range []string{guest, anna, dev} {
		if i := w.identity(id); !i.Blocked || i.Disabled || len(i.Logins) > 1 {
			t.Errorf("the attempts left %+v", i)
		}
		if why, err := w.TokenStands(ctx, &login.Claims{Subject: id}); why == "" || err != nil {
			t.Errorf("TokenStands = %q, %v", why, err)
		}
	}
	if i := w.identity(fresh); !i.Guest || i.Disabled {
		t.Errorf("the attempts left the guest %+v", i)
	}
	if id := w.id(p, google("anna")); id != anna {
		t.Error("a known login is no longer named as before: a new person was made for a blocked one")
	}
	list, err := w.ListIdentities(ctx, p.ID, pool.Position{}, 60, true)
	if err != nil || slices.ContainsFunc(list, func(i *pool.Identity) bool { return i.Blocked }) {
		t.Errorf("HideDisabled shows blocked identities (%v)", err)
	}

	w.enable(anna, true)
	w.enable(guest, true)
	if in := w.signIn(anna, google("anna")); in.Identity.ID != anna {
		t.Error("an identity that is enabled again is another one")
	}
	w.signIn(guest, nil)
	_, err = w.SetIdentityEnabled(ctx, "eu-west-1:00000000-0000-4000-8000-000000000000", false)
	refused(t, "unknown identity", err, &pool.NoIdentity{})
}

func TestUndoMerge(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	p := w.pool(true)

	anna, acmeAnna := w.id(p, google("anna")), w.id(p, acme("a1"))
	w.signIn(anna, both(google("anna"), acme("a1")))
	d, err := w.DescribeLogins(ctx, acmeAnna)
	if err != nil || len(d.Merges) != 1 || d.Merges[0].Cause != pool.BySignIn || len(d.Winners) != 1 || d.Winners[0].ID != anna {
		t.Fatalf("the loser is described as %+v, %v", d, err)
	}
	if got := w.signIn(acmeAnna, both(acme("a1"), google("anna"))); got.Identity.ID != anna {
		t.Error("a disabled identity with two logins of the winner is not answered with the winner")
	}
	restored, err := w.UndoMerge(ctx, acmeAnna)
	if err != nil {
		t.Fatal(err)
	}
	if restored.Disabled || restored.Parent != "" || !slices.Equal(subjects(restored), []string{"a1"}) {
		t.Errorf("restored: %+v", restored)
	}
	if got := w.signIn(acmeAnna, acme("a1")); got.Identity.ID != acmeAnna {
		t.Error("the login that was given back is still somebody else's")
	}
	if got := subjects(w.identity(anna)); !slices.Equal(got, []string{"anna"}) {
		t.Errorf("the winner keeps %v", got)
	}
	_, err = w.UndoMerge(ctx, acmeAnna)
	refused(t, "a merge that is undone", err, &pool.NotMerged{})
	// It may be merged and restored again.
	w.signIn(anna, both(google("anna"), acme("a1")))
	if _, err := w.UndoMerge(ctx, acmeAnna); err != nil {
		t.Errorf("the second merge: %v", err)
	}

	guest := w.id(p, nil)
	w.signIn(guest, google("anna"))
	if restored, err = w.UndoMerge(ctx, guest); err != nil || !restored.Guest {
		t.Errorf("a guest that was absorbed: %+v, %v; want a guest again", restored, err)
	}
	w.signIn(guest, nil)

	one, two := w.developerID(p, "one", ""), w.developerID(p, "two", "")
	if _, err := w.MergeDevelopers(ctx, p.ID, developer, "one", "two"); err != nil {
		t.Fatal(err)
	}
	w.enable(two, false) // whoever took it over is locked out first
	if restored, err = w.UndoMerge(ctx, one); err != nil || restored.Blocked || !slices.Equal(subjects(restored), []string{"one"}) {
		t.Errorf("undoing a developer's merge: %+v, %v", restored, err)
	}
}

func TestUndoMergeIsRefusedWhenItsOutcomeIsNotPlain(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	p := w.pool(true)
	merged := func(sub string) (winner, loser string) {
		winner, loser = w.id(p, google(sub)), w.id(p, acme(sub))
		w.signIn(winner, both(google(sub), acme(sub)))
		return winner, loser
	}

	winner, loser := merged("unlinked")
	if err := w.Unlink(ctx, winner, google("unlinked"), []string{"id.acme.example/x"}); err != nil {
		t.Fatal(err)
	}
	_, err := w.UndoMerge(ctx, loser)
	refused(t, "a login was unlinked", err, &pool.UndoRefused{})
	w.signIn(winner, both(google("unlinked"), acme("unlinked")))
	_, err = w.UndoMerge(ctx, loser)
	refused(t, "a login was unlinked, and linked again on purpose", err, &pool.UndoRefused{})

	winner, loser = merged("chain")
	dev := w.developerID(p, "chain", "")
	_, err = w.GetDeveloperToken(ctx, pool.DeveloperTokenInput{
		PoolID: p.ID, IdentityID: dev, Logins: both(google("chain"), map[string]string{developer: "chain"}),
	})
	if i := w.identity(winner); !i.Disabled || i.Parent != dev {
		t.Fatalf("not merged: %+v, %v", i, err)
	}
	_, err = w.UndoMerge(ctx, loser)
	refused(t, "the winner lost a merge itself", err, &pool.UndoRefused{})
	if got := w.signIn(loser, acme("chain")); got.Identity.ID != dev {
		t.Error("a disabled identity is not followed to the end of the chain")
	}
	d, err := w.DescribeLogins(ctx, loser)
	if err != nil || len(d.Winners) != 2 || d.Winners[1].ID != dev {
		t.Errorf("the chain is %v, %v", d.Winners, err)
	}
	for _, id := range []string{winner, loser} { // the later one first
		if _, err := w.UndoMerge(ctx, id); err != nil {
			t.Errorf("undoing from the end: %v", err)
		}
	}

	winner, loser = merged("deleted")
	if err := w.DeleteIdentity(ctx, winner); err != nil {
		t.Fatal(err)
	}
	_, err = w.UndoMerge(ctx, loser)
	refused(t, "the winner was deleted", err, &pool.UndoRefused{})
	_, err = w.GetCredentials(ctx, loser, acme("deleted"), "", nil)
	refused(t, "credentials of who lost to an identity that was deleted", err, &pool.Forbidden{})

	_, err = w.UndoMerge(ctx, w.id(p, google("never merged")))
	refused(t, "no merge", err, &pool.NotMerged{})
}

// TestWhatAMergeAnswersIsWhatIsStored: the order of the logins decides the role, so
// the sign-in that merges must see what the next one will.
func TestWhatAMergeAnswersIsWhatIsStored(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	older := w.id(p, acme("a1"))
	younger := w.id(p, google("anna"))
	in := w.signIn(younger, both(google("anna"), acme("a1")))
	if diff := cmp.Diff(w.identity(younger), in.Identity); diff != "" {
		t.Errorf("answered and stored differ (-stored +answered):\n%s", diff)
	}
	if in.Identity.Logins[0].Subject != "a1" || !w.identity(older).Disabled {
		t.Errorf("logins are %v, want the one that was linked first in front", subjects(in.Identity))
	}
}

func TestADeveloperUserOfAnotherIdentityIsNotTakenByAGuest(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	owner := w.developerID(p, "anna", "")
	for name, id := range map[string]string{"a guest": w.id(p, nil), "somebody": w.id(p, google("bert"))} {
		_, err := w.GetDeveloperToken(t.Context(), pool.DeveloperTokenInput{PoolID: p.ID, IdentityID: id, Logins: map[string]string{developer: "anna"}})
		refused(t, name, err, &pool.DeveloperUserTaken{})
	}
	if i := w.identity(owner); i.Disabled || !slices.Equal(subjects(i), []string{"anna"}) {
		t.Errorf("the owner is %+v", i)
	}
}

// cutStore deletes pools and dies before their identities are gone.
type cutStore struct{ pool.Store }

func (cutStore) SweepPools(context.Context) error { return errors.New("killed") }

func TestADeletionCutShortIsFinishedLater(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	p, stays := w.pool(true), w.pool(true)
	anna, guest := w.id(p, google("anna")), w.id(p, nil)
	other := w.id(stays, google("anna"))
	cut := w.Service.Config
	cut.Store = cutStore{cut.Store}
	dying, err := pool.New(ctx, cut)
	if err != nil {
		t.Fatal(err)
	}
	if err := dying.DeletePool(ctx, p.ID); err != nil {
		t.Errorf("DeletePool: %v; the pool is gone, which is what was asked", err)
	}
	if _, err := w.Store.Identity(ctx, anna); err != nil {
		t.Fatalf("nothing was left to sweep: %v", err)
	}
	again, err := pool.New(ctx, w.Service.Config)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{anna, guest} {
		_, err := w.Store.Identity(ctx, id)
		refused(t, "an identity of the deleted pool", err, &pool.NoIdentity{})
	}
	if owner, err := w.Store.LoginOwner(ctx, p.ID, pool.Google, "anna"); owner != "" || err != nil {
		t.Errorf("a login of the deleted pool belongs to %q, %v", owner, err)
	}
	if _, err := w.Store.Identity(ctx, other); err != nil {
		t.Errorf("an identity of another pool: %v", err)
	}
}
