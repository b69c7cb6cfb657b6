package login

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// A KeyStore keeps the last good keys of every provider, so that a restart
// during a provider's outage does not lock people out. The database has one.
type KeyStore interface {
	// LoadKeys returns what was last saved for source, and false if nothing.
	LoadKeys(ctx context.Context, source string) (StoredKeys, bool, error)
	// SaveKeys replaces what is kept for keys.Source.
	SaveKeys(ctx context.Context, keys StoredKeys) error
}

// StoredKeys is one record of a KeyStore. Public keys are no secret, but who
// can write here can sign in as anyone: the store must be as trusted as IAM.
type StoredKeys struct {
	Source     string    // opaque name of where the keys were fetched
	KeySet     []byte    // the JWK Set as the provider published it
	FetchedAt  time.Time // when
	FreshUntil time.Time // how long the provider lets it be believed
}

// Timing of the key cache (dependencies.md 1).
const (
	staleFor    = 24 * time.Hour   // how long keys outlive their freshness while the provider is down
	staleWait   = time.Second      // how long a caller waits for new keys while stale ones could serve
	firstRest   = 10 * time.Second // pause after a failed fetch; doubles
	longestRest = 5 * time.Minute
)

var (
	errClosed = errors.New("verifier is closed")
	errSpent  = errors.New("keys were fetched a moment ago")
)

// A keySet caches the keys of one source.
//
// Readers take an immutable snapshot without locking. Fetches run in their own
// goroutine under the set's context, so that one impatient caller does not
// cancel what others wait for, and never two at a time. What starts one:
//
//   - no keys yet, or keys past their freshness: the caller waits;
//   - keys in the last fifth of their freshness: nobody waits;
//   - a key id that is not in the set: the caller waits, and it happens once
//     per refetch interval however many such tokens come.
//
// A signature that fails under a known key id starts none.
type keySet struct {
	name     string
	src      *source
	store    KeyStore
	now      func() time.Time
	log      *slog.Logger
	interval time.Duration // between refetches for unknown key ids

	lastUsed atomic.Int64 // Unix nanoseconds, for eviction
	cur      atomic.Pointer[snapshot]
	flights  singleflight.Group
	fetching sync.Mutex // held for the length of a fetch; guards src
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup

	mu       sync.Mutex // guards what follows
	closed   bool
	loaded   bool // the store was asked
	missedAt time.Time
	restTill time.Time // no fetch before this: the provider failed
	failures int
	lastErr  error
}

// A snapshot is an immutable set of keys. A new one is made by every
// successful fetch, even if nothing changed.
type snapshot struct {
	keys       []*key
	byKid      map[string][]*key
	stored     bool      // it comes from the store
	refreshAt  time.Time // fetch ahead from here on
	freshUntil time.Time
	staleUntil time.Time // useless from here on
}

func newSnapshot(keys []*key, fetchedAt, freshUntil time.Time) *snapshot {
	s := &snapshot{
		keys:       keys,
		byKid:      make(map[string][]*key, len(keys)),
		refreshAt:  fetchedAt.Add(freshUntil.Sub(fetchedAt) / 5 * 4),
		freshUntil: freshUntil,
		staleUntil: freshUntil.Add(staleFor),
	}
	for _, k := range keys {
		s.byKid[k.kid] = append(s.byKid[k.kid], k)
	}
	return s
}

// find returns the keys that a token with kid and alg may be signed with, and
// whether the set knows the kid at all. Without a kid there must be exactly
// one key that fits (OpenID Connect Core 10.1).
func (s *snapshot) find(kid string, alg Algorithm) (fitting []*key, known bool) {
	among := s.byKid[kid]
	if kid == "" {
		among = s.keys
	}
	for _, k := range among {
		if k.fits(alg) {
			fitting = append(fitting, k)
		}
	}
	if kid == "" && len(fitting) != 1 {
		return nil, false
	}
	return fitting, len(among) > 0
}

// has reports whether k is still published.
func (s *snapshot) has(k *key) bool {
	for _, other := range s.byKid[k.kid] {
		if k.same(other) {
			return true
		}
	}
	return false
}

// current returns the keys to verify with now. The error is why there are
// none.
func (s *keySet) current(ctx context.Context) (*snapshot, error) {
	if snap := s.cur.Load(); snap != nil && s.now().Before(snap.refreshAt) {
		return snap, nil // kept apart so that the hot path allocates nothing
	}
	return s.renewed(ctx)
}

// renewed is current when there are no keys or it is time to fetch.
func (s *keySet) renewed(ctx context.Context) (*snapshot, error) {
	if s.cur.Load() == nil {
		if err := s.wait(ctx, s.flights.DoChan("load", s.load), 0); err != nil {
			return nil, err
		}
	}
	seen, now := s.cur.Load(), s.now()
	refresh := func() (any, error) { return nil, s.refresh(seen) }
	if seen != nil && now.Before(seen.freshUntil) {
		if !now.Before(seen.refreshAt) && s.resting() == nil {
			s.flights.DoChan("refresh", refresh)
		}
		return seen, nil
	}

	patience := time.Duration(0)
	if seen != nil && now.Before(seen.staleUntil) {
		patience = staleWait
	}
	err := s.resting()
	if err == nil {
		err = s.wait(ctx, s.flights.DoChan("refresh", refresh), patience)
	}
	if got := s.cur.Load(); got != nil && s.now().Before(got.staleUntil) {
		return got, nil
	}
	if err == nil {
		err = errors.New("no keys")
	}
	return nil, err
}

// newer returns keys fetched after seen, for a token whose key seen lacks. It
// returns errSpent when another such token has used up the interval, or the
// reason why the fetch failed.
func (s *keySet) newer(ctx context.Context, seen *snapshot) (*snapshot, error) {
	err := s.wait(ctx, s.flights.DoChan("miss", func() (any, error) {
		if s.cur.Load() != seen {
			return nil, nil
		}
		if err := s.spend(); err != nil {
			return nil, err
		}
		return nil, s.refresh(seen)
	}), 0)
	if snap := s.cur.Load(); snap != seen && snap != nil {
		return snap, nil
	}
	if err == nil {
		err = errSpent
	}
	return nil, err
}

// spend uses up the refetch interval, or says why there may be no fetch now.
func (s *keySet) spend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	switch {
	case now.Before(s.restTill):
		return s.lastErr
	case !s.missedAt.IsZero() && now.Before(s.missedAt.Add(s.interval)):
		return errSpent
	}
	s.missedAt = now
	return nil
}

// wait waits for a flight, for the caller's context, or for patience if that is
// not zero.
func (s *keySet) wait(ctx context.Context, flight <-chan singleflight.Result, patience time.Duration) error {
	var impatient <-chan time.Time
	if patience > 0 {
		t := time.NewTimer(patience)
		defer t.Stop()
		impatient = t.C
	}
	select {
	case r := <-flight:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	case <-impatient:
		return errors.New("provider is slow")
	}
}

// begin registers background work. It fails once the set is closed.
func (s *keySet) begin() (context.Context, context.CancelFunc, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, errClosed
	}
	s.work.Add(1)
	ctx, cancel := context.WithTimeout(s.ctx, fetchTimeout)
	return ctx, func() { cancel(); s.work.Done() }, nil
}

// close ends background work. It waits for it if asked to.
func (s *keySet) close(wait bool) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	if wait {
		s.work.Wait()
		s.src.client.CloseIdleConnections()
	}
}

// resting returns the last failure while it is too early to try again.
func (s *keySet) resting() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().Before(s.restTill) {
		return s.lastErr
	}
	return nil
}

// load asks the store for the keys of the last run, once.
func (s *keySet) load() (any, error) {
	ctx, done, err := s.begin()
	if err != nil {
		return nil, err
	}
	defer done()
	s.mu.Lock()
	again := s.loaded
	s.loaded = true
	s.mu.Unlock()
	if again || s.store == nil {
		return nil, nil
	}
	stored, ok, err := s.store.LoadKeys(ctx, s.name)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "stored provider keys not read", slog.String("source", s.name), slog.Any("error", err))
		return nil, nil // the provider itself can still be asked
	}
	if !ok || stored.Source != s.name || stored.FetchedAt.After(s.now()) {
		return nil, nil
	}
	keys, _, err := parseKeys(stored.KeySet)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "stored provider keys not usable", slog.String("source", s.name), slog.Any("error", err))
		return nil, nil
	}
	until := stored.FreshUntil
	if limit := stored.FetchedAt.Add(maxLifetime); until.After(limit) || until.Before(stored.FetchedAt) {
		until = limit
	}
	snap := newSnapshot(keys, stored.FetchedAt, until)
	snap.stored = true
	s.cur.CompareAndSwap(nil, snap)
	return nil, nil
}

// refresh fetches the keys unless somebody has done so since seen was current.
func (s *keySet) refresh(seen *snapshot) error {
	ctx, done, err := s.begin()
	if err != nil {
		return err
	}
	defer done()
	s.fetching.Lock()
	defer s.fetching.Unlock()
	if s.cur.Load() != seen {
		return nil
	}
	if err := s.resting(); err != nil {
		return err
	}
	body, lifetime, err := s.src.fetch(ctx)
	var keys []*key
	var skipped []error
	if err == nil {
		keys, skipped, err = parseKeys(body)
	}
	if err != nil {
		s.failed(ctx, err)
		return err
	}
	for _, reason := range skipped {
		s.log.LogAttrs(ctx, slog.LevelDebug, "provider key not used", slog.String("source", s.name), slog.Any("reason", reason))
	}
	now := s.now()
	s.cur.Store(newSnapshot(keys, now, now.Add(lifetime)))
	s.mu.Lock()
	s.failures, s.restTill, s.lastErr = 0, time.Time{}, nil
	s.mu.Unlock()
	s.save(StoredKeys{Source: s.name, KeySet: body, FetchedAt: now, FreshUntil: now.Add(lifetime)})
	return nil
}

// failed notes a failed fetch and how long to leave the provider alone.
func (s *keySet) failed(ctx context.Context, cause error) {
	if s.ctx.Err() != nil {
		return // we are closing; the provider is not to blame
	}
	s.mu.Lock()
	rest := min(firstRest<<min(s.failures, 10), longestRest)
	s.failures++
	s.restTill = s.now().Add(rest)
	s.lastErr = fmt.Errorf("%w (next try in %v)", cause, rest)
	s.mu.Unlock()
	s.log.LogAttrs(ctx, slog.LevelWarn, "provider keys not fetched",
		slog.String("source", s.name), slog.Any("error", cause), slog.Duration("retry_in", rest))
}

// save writes the keys to the store without making anybody wait.
func (s *keySet) save(keys StoredKeys) {
	if s.store == nil {
		return
	}
	ctx, done, err := s.begin()
	if err != nil {
		return // closed: the keys of the previous fetch stay stored
	}
	go func() {
		defer done()
		if err := s.store.SaveKeys(ctx, keys); err != nil {
			s.log.LogAttrs(ctx, slog.LevelError, "provider keys not stored", slog.String("source", s.name), slog.Any("error", err))
		}
	}()
}
