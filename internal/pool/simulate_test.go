package pool_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
)

// rehearse is what a sign-in would come to; it must change nothing.
func (w *world) rehearse(p *pool.Pool, in pool.Rehearsal) *pool.Rehearsed {
	w.t.Helper()
	before, err := w.ListIdentities(w.t.Context(), p.ID, pool.Position{}, 100, false)
	if err != nil {
		w.t.Fatal(err)
	}
	in.PoolID = p.ID
	out, err := w.Rehearse(w.t.Context(), in)
	if err != nil {
		w.t.Fatal(err)
	}
	after, err := w.ListIdentities(w.t.Context(), p.ID, pool.Position{}, 100, false)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		w.t.Errorf("a rehearsal changed identities:\n%s", diff)
	}
	return out
}

// TestARehearsalForeseesMergesByEmail: what TestIdentitiesFollowTheModel does not
// get to.
func TestARehearsalForeseesMergesByEmail(t *testing.T) {
	w, p := mergeWorld(t)
	anna := w.id(p, claims(google("anna"), proven))

	r := w.rehearse(p, pool.Rehearsal{Logins: claims(acme("a1"), proven)})
	if r.Identity.ID != anna || r.New || r.Made || len(r.Identity.Logins) != 2 {
		t.Errorf("a new login with a known address: %+v of %+v, want %s", r, r.Identity, anna)
	}
	guest := w.id(p, nil)
	r = w.rehearse(p, pool.Rehearsal{IdentityID: guest, Logins: claims(acme("a2"), proven)})
	if r.Identity.ID != anna || r.New {
		t.Errorf("a guest with a known address: %+v of %+v, want %s", r, r.Identity, anna)
	}
	r = w.rehearse(p, pool.Rehearsal{Logins: claims(acme("a3"), "email_verified=false&email=anna@example.com")})
	if r.Identity.ID == anna || !r.New || !r.Made {
		t.Errorf("an address that is not verified: %+v of %+v", r, r.Identity)
	}

	w.enable(anna, false)
	_, err := w.Rehearse(t.Context(), pool.Rehearsal{PoolID: p.ID, Logins: claims(acme("a1"), proven)})
	if !errors.As(err, new(*pool.Forbidden)) || !pool.Refused(err) {
		t.Errorf("another door for who is locked out: %v", err)
	}
}

func TestARehearsalTakesThePoolsOwnTokens(t *testing.T) {
	w, _ := tokenWorld(t)
	p := w.pool(true)
	anna := w.developerToken(p, time.Hour, map[string]string{developer: "anna"})
	own := map[string]string{pool.Cognito: anna.Token}
	r := w.rehearse(p, pool.Rehearsal{IdentityID: anna.Identity.ID, Logins: own})
	if r.Identity.ID != anna.Identity.ID || r.Guest || r.New {
		t.Errorf("%+v", r)
	}
	r = w.rehearse(p, pool.Rehearsal{IdentityID: anna.Identity.ID, Logins: both(own, google("anna"))})
	if len(r.Identity.Logins) != 2 {
		t.Errorf("a login beside the pool's token would be linked: %+v", r.Identity)
	}
	bert := w.developerToken(p, time.Hour, map[string]string{developer: "bert"})
	_, err := w.Rehearse(t.Context(), pool.Rehearsal{PoolID: p.ID, IdentityID: bert.Identity.ID, Logins: own})
	if !errors.As(err, new(*pool.LoginsDontMatch)) {
		t.Errorf("a token for another identity: %v", err)
	}
}

func TestThePoolsOwnTokenProvesAnIdentityForUnlinking(t *testing.T) {
	w, _ := tokenWorld(t)
	p := w.pool(true)
	logins := both(map[string]string{developer: "anna"}, google("anna"))
	anna := w.developerToken(p, time.Hour, logins)
	bert := w.developerToken(p, time.Hour, map[string]string{developer: "bert"})
	own := map[string]string{pool.Cognito: anna.Token}
	unlink := func(id string) error {
		return w.Unlink(t.Context(), id, own, []string{pool.Google})
	}
	if err := unlink(bert.Identity.ID); !errors.As(err, new(*pool.LoginsDontMatch)) {
		t.Errorf("another identity: %v", err)
	}
	if err := w.Unlink(t.Context(), anna.Identity.ID, own, []string{developer}); !errors.As(err, new(*pool.NotPublicProvider)) {
		t.Errorf("the backend's login: %v", err)
	}
	if err := unlink(anna.Identity.ID); err != nil {
		t.Fatal(err)
	}
	if i := w.identity(anna.Identity.ID); len(i.Logins) != 1 {
		t.Errorf("left: %+v", i.Logins)
	}
	// The token states a login that is off now, so it proves nothing any more.
	if err := unlink(anna.Identity.ID); !errors.As(err, new(*pool.LoginsDontMatch)) {
		t.Errorf("again: %v", err)
	}
}
