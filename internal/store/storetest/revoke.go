package storetest

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/revoke"
)

// Revocations runs the kit for stores of revocations.
func Revocations(t *testing.T, open func(t *testing.T) (s revoke.Store, reopen func() revoke.Store)) {
	s, reopen := open(t)
	entry := func(kind revoke.Kind, provider, subject string, at, lasts time.Duration) revoke.Revocation {
		return revoke.Revocation{
			Kind: kind, Provider: provider, Subject: subject, NotBefore: epoch.Add(at), Expires: epoch.Add(at + lasts), By: "arn:root", Reason: "é",
		}
	}
	save := func(r revoke.Revocation) {
		t.Helper()
		if err := s.SaveRevocation(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(what string, at time.Duration, want ...revoke.Revocation) {
		t.Helper()
		got, err := s.Revocations(t.Context(), epoch.Add(at))
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	holds("an empty store", 0)
	first := entry(revoke.Identity, "", "r:1", 0, time.Hour)
	login := entry(revoke.Login, "accounts.google.com", "1", time.Minute, time.Hour)
	elsewhere := entry(revoke.Login, "id.acme.example", "1", 2*time.Minute, time.Hour)
	save(first)
	save(login)
	save(elsewhere)
	holds("the newest comes first", 0, elsewhere, login, first)
	again := entry(revoke.Identity, "", "r:1", 3*time.Minute, time.Hour)
	save(again)
	s = reopen()
	holds("the same subject again replaces it, also over a restart", 0, again, elsewhere, login)
	holds("what has expired is not told", time.Hour+90*time.Second, again, elsewhere)
	if err := s.SweepRevocations(t.Context(), epoch.Add(time.Hour+90*time.Second)); err != nil {
		t.Fatal(err)
	}
	holds("nor kept after a sweep", 0, again, elsewhere)
}
