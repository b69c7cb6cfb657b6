package pool_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/rockpool-id/rockpool/internal/pool"
)

// all runs f n times at once and returns what went wrong.
func all(n int, f func(n int) error) error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-start
			errs[i] = f(i)
		}()
	}
	close(start)
	wg.Wait()
	return errors.Join(errs...)
}

// consistent checks that every login belongs to one identity in use, which lists
// it, that identities which lost a merge have none, and that none was lost of want.
func (w *world) consistent(p *pool.Pool, want []pool.Login) (inUse []*pool.Identity) {
	w.t.Helper()
	seen := map[pool.Login]string{}
	var after pool.Position
	for {
		page, err := w.ListIdentities(w.t.Context(), p.ID, after, 60, false)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, i := range page {
			after = pool.Position{Created: i.Created, ID: i.ID}
			if i.Disabled {
				if len(i.Logins) > 0 || i.Parent == "" {
					w.t.Errorf("an identity that lost a merge: %+v", i)
				}
				continue
			}
			inUse = append(inUse, i)
			for _, l := range i.Logins {
				key := pool.Login{Provider: l.Provider, Subject: l.Subject}
				if seen[key] != "" {
					w.t.Errorf("%+v belongs to two identities", key)
				}
				seen[key] = i.ID
				if owner, err := w.Store.LoginOwner(w.t.Context(), p.ID, l.Provider, l.Subject); owner != i.ID || err != nil {
					w.t.Errorf("%+v is listed with %s and belongs to %s, %v", key, i.ID, owner, err)
				}
			}
		}
	}
	for _, l := range want {
		if seen[l] == "" {
			w.t.Errorf("%+v was lost", l)
		}
	}
	return inUse
}

func TestHundredsOfFirstSignInsOfOnePerson(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	const racers = 400
	ids := make([]string, racers)
	logins := []map[string]string{google("one"), acme("one"), both(google("one"), acme("one"))}
	err := all(racers, func(n int) (err error) {
		ids[n], err = w.GetID(t.Context(), p.ID, "", logins[2])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	if distinct := slices.Compact(ids); len(distinct) != 1 {
		t.Errorf("%d identities for one person", len(distinct))
	}
	if left := w.consistent(p, []pool.Login{{Provider: pool.Google, Subject: "one"}, {Provider: acmeKey, Subject: "one"}}); len(left) != 1 {
		t.Errorf("%d identities are in use", len(left))
	}

	// The same person with one login, the other, and both: however it goes, all is
	// one identity when both were seen together.
	err = all(racers, func(n int) error {
		user := fmt.Sprint("user", n%4)
		_, err := w.GetID(t.Context(), p.ID, "", []map[string]string{google(user), acme(user), both(google(user), acme(user))}[n/4%3])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.consistent(p, nil)
	for n := range 4 {
		user := fmt.Sprint("user", n)
		if a, b := w.id(p, google(user)), w.id(p, acme(user)); a != b {
			t.Errorf("%s is two identities", user)
		}
	}
}

func TestHundredsOfGuestsBecomeOnePerson(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	anna := w.id(p, google("anna"))
	const racers = 300
	guests := make([]string, racers)
	for n := range guests {
		guests[n] = w.id(p, nil)
	}
	err := all(racers, func(n int) error {
		in, err := w.GetCredentials(t.Context(), guests[n], google("anna"), "", nil)
		if err == nil && in.Identity.ID != anna {
			err = fmt.Errorf("became %s", in.Identity.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := w.consistent(p, []pool.Login{{Provider: pool.Google, Subject: "anna"}}); len(left) != 1 || left[0].ID != anna {
		t.Errorf("%d identities are in use", len(left))
	}

	// A guest whom many tabs sign in for the first time keeps its id in all.
	guest := w.id(p, nil)
	err = all(racers, func(int) error {
		in, err := w.GetCredentials(t.Context(), guest, google("bert"), "", nil)
		if err == nil && in.Identity.ID != guest {
			err = fmt.Errorf("became %s", in.Identity.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMergesInBothDirections(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	var want []pool.Login
	for round := range 20 {
		user := fmt.Sprint("u", round)
		a, b := w.id(p, google(user)), w.id(p, acme(user))
		want = append(want, pool.Login{Provider: pool.Google, Subject: user}, pool.Login{Provider: acmeKey, Subject: user})
		proof := both(google(user), acme(user))
		answers := make([]string, 20)
		err := all(len(answers), func(n int) error {
			in, err := w.GetCredentials(t.Context(), []string{a, b}[n%2], proof, "", nil)
			if err == nil {
				answers[n] = in.Identity.ID
			}
			return err
		})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		slices.Sort(answers)
		if len(slices.Compact(answers)) != 1 || w.identity(a).Disabled == w.identity(b).Disabled {
			t.Errorf("round %d: no one identity won: %+v, %+v", round, w.identity(a), w.identity(b))
		}
	}
	if left := w.consistent(p, want); len(left) != 20 {
		t.Errorf("%d identities are in use, want 20", len(left))
	}

	one, two := w.developerID(p, "one", ""), w.developerID(p, "two", "")
	err := all(50, func(n int) error {
		users := []string{"one", "two"}
		_, err := w.MergeDevelopers(t.Context(), p.ID, developer, users[n%2], users[1-n%2])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.identity(one).Disabled == w.identity(two).Disabled {
		t.Error("of two identities merged both ways, not one is in use")
	}
	w.consistent(p, []pool.Login{{Provider: developer, Subject: "one"}, {Provider: developer, Subject: "two"}})
}

func TestUnlinkingRacesSignIns(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	anna := w.id(p, google("anna"))
	proof := both(google("anna"), acme("a1"))
	err := all(100, func(n int) error {
		var err error
		switch n % 4 {
		case 0:
			err = w.Unlink(t.Context(), anna, google("anna"), []string{acmeKey})
		case 1:
			_, err = w.GetCredentials(t.Context(), anna, proof, "", nil)
		case 2:
			_, err = w.GetID(t.Context(), p.ID, "", acme("a1"))
		case 3:
			_, err = w.SetIdentityEnabled(t.Context(), anna, true)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.signIn(anna, proof)
	left := w.consistent(p, []pool.Login{{Provider: pool.Google, Subject: "anna"}, {Provider: acmeKey, Subject: "a1"}})
	if !slices.ContainsFunc(left, func(i *pool.Identity) bool { return i.ID == anna }) {
		t.Error("the identity is gone")
	}
}

func TestUndoingRacesSignIns(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	anna, other := w.id(p, google("anna")), w.id(p, acme("a1"))
	proof := both(google("anna"), acme("a1"))
	err := all(80, func(n int) error {
		if n%2 == 0 {
			_, err := w.GetCredentials(t.Context(), anna, proof, "", nil)
			return err
		}
		_, err := w.UndoMerge(t.Context(), other)
		var not *pool.NotMerged
		if errors.As(err, &not) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.consistent(p, []pool.Login{{Provider: pool.Google, Subject: "anna"}, {Provider: acmeKey, Subject: "a1"}})
}
