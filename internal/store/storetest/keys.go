package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/keys"
	providers "github.com/rockpool-id/rockpool/internal/login"
)

// Keys runs the kit for stores of the key ring.
func Keys(t *testing.T, open func(t *testing.T) (s keys.Store, reopen func() keys.Store)) {
	second := epoch.Truncate(time.Second)
	ring := func(states ...keys.State) []keys.Record {
		var out []keys.Record
		for n, state := range states {
			out = append(out, keys.Record{ID: "0000000" + string(rune('0'+n)), Kind: keys.Sealing, State: state, Serial: n + 1,
				Created: second, Changed: second.Add(time.Minute), Sealed: []byte{0, 255, byte(n)}})
		}
		return out
	}
	holds := func(t *testing.T, s keys.Store, want []keys.Record, version int64) {
		t.Helper()
		got, v, err := s.Load(t.Context())
		if err != nil || v != version {
			t.Fatalf("Load: version %d, %v; want %d", v, err, version)
		}
		if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("ring (-want +got):\n%s", d)
		}
	}
	save := func(t *testing.T, s keys.Store, r []keys.Record, version int64) {
		t.Helper()
		if err := s.Save(t.Context(), r, version); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name, rule string
		run        func(t *testing.T, s keys.Store, reopen func() keys.Store)
	}{
		{"empty", "a store that never held a ring has no records and version 0", func(t *testing.T, s keys.Store, _ func() keys.Store) {
			holds(t, s, nil, 0)
		}},
		{"replacing", "Save replaces the whole set, in order, and counts the version up; it survives a restart", func(t *testing.T, s keys.Store, reopen func() keys.Store) {
			save(t, s, ring(keys.Current, keys.Next), 0)
			holds(t, s, ring(keys.Current, keys.Next), 1)
			save(t, s, ring(keys.Retired), 1)
			holds(t, reopen(), ring(keys.Retired), 2)
		}},
		{"conflict", "a set that was changed meanwhile is not overwritten", func(t *testing.T, s keys.Store, _ func() keys.Store) {
			save(t, s, ring(keys.Current), 0)
			for _, version := range []int64{0, 2} {
				if err := s.Save(t.Context(), ring(), version); !errors.Is(err, keys.ErrConflict) {
					t.Errorf("Save on %d: %v, want ErrConflict", version, err)
				}
			}
			holds(t, s, ring(keys.Current), 1)
		}},
		{"racing", "of nodes that change the ring at once exactly one succeeds", func(t *testing.T, s keys.Store, _ func() keys.Store) {
			var wg sync.WaitGroup
			won := make(chan bool, 8)
			for range cap(won) {
				wg.Go(func() {
					switch err := s.Save(t.Context(), ring(keys.Current), 0); {
					case err == nil:
						won <- true
					case !errors.Is(err, keys.ErrConflict):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if len(won) != 1 {
				t.Errorf("%d succeeded", len(won))
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log("rule:", c.rule)
			s, reopen := open(t)
			c.run(t, s, reopen)
		})
	}
}

// LoginKeys runs the kit for stores of login providers' keys.
func LoginKeys(t *testing.T, open func(t *testing.T) (s providers.KeyStore, reopen func() providers.KeyStore)) {
	google := providers.StoredKeys{Source: "https://accounts.google.com", KeySet: []byte("{\"keys\":[]}\n\x00"), FetchedAt: epoch, FreshUntil: epoch.Add(time.Hour)}
	cases := []struct {
		name, rule string
		run        func(t *testing.T, s providers.KeyStore, reopen func() providers.KeyStore)
	}{
		{"unknown", "a source that was never saved is absent without an error", func(t *testing.T, s providers.KeyStore, _ func() providers.KeyStore) {
			if _, ok, err := s.LoadKeys(t.Context(), "x"); ok || err != nil {
				t.Errorf("got %v, %v", ok, err)
			}
		}},
		{"replacing", "keys come back byte for byte, the last ones win, and they survive a restart", func(t *testing.T, s providers.KeyStore, reopen func() providers.KeyStore) {
			old := google
			old.KeySet, old.FetchedAt = []byte("old"), epoch.Add(-time.Hour)
			for _, k := range []providers.StoredKeys{old, google, {Source: "other", KeySet: []byte("o"), FetchedAt: epoch, FreshUntil: epoch}} {
				if err := s.SaveKeys(t.Context(), k); err != nil {
					t.Fatal(err)
				}
			}
			got, ok, err := reopen().LoadKeys(t.Context(), google.Source)
			if err != nil || !ok {
				t.Fatalf("got %v, %v", ok, err)
			}
			if d := gocmp.Diff(google, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log("rule:", c.rule)
			s, reopen := open(t)
			c.run(t, s, reopen)
		})
	}
}
