package pool_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
)

// remembering is a world where everything that may be is remembered.
func remembering(t *testing.T) *world {
	return newWorldWith(t, func(c *pool.Config) { c.RememberClaims = pool.RememberableClaims() })
}

// later moves the clock.
func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// claims adds claims, in the form of a query, to every token of logins.
func claims(logins map[string]string, query string) map[string]string {
	m := map[string]string{}
	for k, v := range logins {
		m[k] = v + "?" + query
	}
	return m
}

func (w *world) people(id string) []*pool.Person {
	w.t.Helper()
	d, err := w.DescribeLogins(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	var list []*pool.Person
	for _, l := range d.Identity.Logins {
		list = append(list, l.Person)
	}
	return list
}

func TestFindIdentities(t *testing.T) {
	w := remembering(t)
	p, other := w.pool(true), w.pool(true)
	anna := w.id(p, claims(google("anna"), "email=Anna@Example.com&email_verified=true&name=Anna"))
	w.signIn(anna, both(google("anna"), acme("a1")))
	bert := w.id(p, claims(acme("anna"), "email=anna@example.com"))
	w.id(other, claims(google("anna"), "email=anna@example.com"))
	dev := w.developerID(p, "a1", "")
	cases := []struct {
		name string
		find pool.Find
		want map[string][]string // identity to the subjects that were found
	}{
		{"a subject at its provider", pool.Find{Provider: pool.Google, Subject: "anna"}, map[string][]string{anna: {"anna"}}},
		{"a subject anywhere", pool.Find{Subject: "a1"}, map[string][]string{anna: {"a1"}, dev: {"a1"}}},
		{"a developer's user", pool.Find{Provider: developer, Subject: "a1"}, map[string][]string{dev: {"a1"}}},
		{"a subject in another case", pool.Find{Provider: pool.Google, Subject: "Anna"}, map[string][]string{}},
		{"an address in whatever case", pool.Find{Email: " ANNA@example.com "}, map[string][]string{anna: {"anna"}, bert: {"anna"}}},
		{"an address at a provider", pool.Find{Email: "anna@example.com", Provider: pool.Google}, map[string][]string{anna: {"anna"}}},
		{"an address of another login of the identity", pool.Find{Email: "anna@example.com", Subject: "a1"}, map[string][]string{}},
		{"nobody", pool.Find{Email: "nobody@example.com"}, map[string][]string{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.find.PoolID = p.ID
			found, err := w.FindIdentities(t.Context(), c.find)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string][]string{}
			for _, m := range found {
				for _, l := range m.Logins {
					got[m.Identity.ID] = append(got[m.Identity.ID], l.Subject)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("found differs (-want +got):\n%s", diff)
			}
		})
	}
	_, err := w.FindIdentities(t.Context(), pool.Find{PoolID: p.ID, Provider: pool.Google})
	refused(t, "a search for nothing", err, &pool.Invalid{})
	_, err = w.FindIdentities(t.Context(), pool.Find{PoolID: "eu-west-1:00000000-0000-4000-8000-000000000000", Subject: "x"})
	refused(t, "an unknown pool", err, &pool.NoPool{})
}

func TestWhatIsRememberedOfPeople(t *testing.T) {
	w := remembering(t)
	p := w.pool(true)
	anna := w.id(p, claims(google("anna"), "email=anna@gmail.com&email_verified=true&name=Anna&preferred_username=ann&picture=x&phone=1"))
	want := []*pool.Person{{Email: "anna@gmail.com", EmailVerified: true, Vouched: true, Name: "Anna", PreferredUsername: "ann"}}
	if diff := cmp.Diff(want, w.people(anna)); diff != "" {
		t.Errorf("remembered at the first sight differs (-want +got):\n%s", diff)
	}
	changed := claims(google("anna"), "name=Berta&email=anna@example.com&email_verified=true")
	w.signIn(anna, changed)
	if diff := cmp.Diff(want, w.people(anna)); diff != "" {
		t.Errorf("a second sign-in within a day was written (-want +got):\n%s", diff)
	}
	w.later(25 * time.Hour)
	w.signIn(anna, changed)
	want = []*pool.Person{{Email: "anna@example.com", EmailVerified: true, Name: "Berta"}}
	if diff := cmp.Diff(want, w.people(anna)); diff != "" {
		t.Errorf("remembered a day later differs (-want +got):\n%s", diff)
	}
	if i := w.identity(anna); i.Version != 1 {
		t.Error("remembering changed the version of the identity")
	}
	w.later(25 * time.Hour)
	w.signIn(anna, google("anna"))
	if diff := cmp.Diff([]*pool.Person{nil}, w.people(anna)); diff != "" {
		t.Errorf("claims that are gone are still remembered (-want +got):\n%s", diff)
	}

	odd := w.id(p, claims(google("odd"), "email="+strings.Repeat("x", 250)+"@example.com&name=%1b[31mR%E2%80%AEed"+strings.Repeat("%C3%A9", 200)+"&preferred_username=%ff%ff"))
	got := w.people(odd)[0]
	if got.Email != "" || got.PreferredUsername != "" || !strings.HasPrefix(got.Name, "[31mRed\u00e9") || len(got.Name) > 256 || strings.HasSuffix(got.Name, "\ufffd") {
		t.Errorf("of an odd token is remembered %+v", got)
	}

	off := newWorld(t)
	p = off.pool(true)
	id := off.id(p, claims(google("anna"), "email=anna@gmail.com&email_verified=true&name=Anna"))
	off.later(25 * time.Hour)
	off.signIn(id, claims(google("anna"), "email=anna@gmail.com&email_verified=true&name=Anna"))
	if diff := cmp.Diff([]*pool.Person{nil}, off.people(id)); diff != "" {
		t.Errorf("something is remembered where nothing shall be (-want +got):\n%s", diff)
	}
	c := off.Service.Config
	c.RememberClaims = []string{"phone_number"}
	if _, err := pool.New(t.Context(), c); err == nil {
		t.Error("a claim that is not on the list may be remembered")
	}
}

func TestWhatWasRememberedIsForgottenWhenItIsTurnedOff(t *testing.T) {
	w := remembering(t)
	p := w.pool(true)
	anna := w.id(p, claims(google("anna"), "email=anna@gmail.com"))
	c := w.Service.Config
	c.RememberClaims = nil
	var err error
	if w.Service, err = pool.New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	w.later(25 * time.Hour)
	w.signIn(anna, claims(google("anna"), "email=anna@gmail.com"))
	if got := w.people(anna)[0]; got != nil {
		t.Errorf("still remembered: %+v", got)
	}
}

// countedStore counts what is asked of the store.
type countedStore struct {
	pool.Store
	reads, writes atomic.Int64
}

func (s *countedStore) Identity(ctx context.Context, id string) (*pool.Identity, error) {
	s.reads.Add(1)
	return s.Store.Identity(ctx, id)
}

func (s *countedStore) LoginOwner(ctx context.Context, poolID, provider, subject string) (string, error) {
	s.reads.Add(1)
	return s.Store.LoginOwner(ctx, poolID, provider, subject)
}

func (s *countedStore) LoginsByEmail(ctx context.Context, poolID, key string, limit int) ([]pool.OwnedLogin, error) {
	s.reads.Add(1)
	return s.Store.LoginsByEmail(ctx, poolID, key, limit)
}

func (s *countedStore) Apply(ctx context.Context, c *pool.Change) error {
	s.writes.Add(1)
	return s.Store.Apply(ctx, c)
}

func (s *countedStore) Remember(ctx context.Context, poolID string, l pool.Login) error {
	s.writes.Add(1)
	return s.Store.Remember(ctx, poolID, l)
}

func TestSignInsOfKnownPeopleAreOneReadEach(t *testing.T) {
	w, p := mergeWorld(t) // with everything on that could cost more
	anna := claims(google("anna"), proven)
	id := w.id(p, anna)
	c := w.Service.Config
	counted := &countedStore{Store: c.Store}
	c.Store = counted
	var err error
	if w.Service, err = pool.New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	check := func(what string, reads, writes int64) {
		t.Helper()
		if r, n := counted.reads.Swap(0), counted.writes.Swap(0); r != reads || n != writes {
			t.Errorf("%s: %d reads and %d writes, want %d and %d", what, r, n, reads, writes)
		}
	}
	w.id(p, anna)
	check("GetId", 1, 0)
	w.signIn(id, anna)
	check("GetCredentialsForIdentity", 1, 0)
	w.later(25 * time.Hour)
	w.signIn(id, anna)
	check("the first of a day", 1, 1)
	w.signIn(id, anna)
	check("the second of a day", 1, 0)
}
