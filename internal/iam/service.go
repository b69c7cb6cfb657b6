package iam

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// Config is what a Service needs.
type Config struct {
	Store  Store
	Sealer keys.Sealer // seals access key secrets
	// Account is the account of this installation; Root belongs to it.
	Account string
	// Root is the key the operator gave the account root. It is in every view
	// as long as the server runs and is never stored. Zero for none.
	Root   AccessKey
	Limits Limits
	// DevMode allows OpenID Connect providers with http:// or a port.
	DevMode bool
	// Thumbprint asks a provider's host for its certificate fingerprint when a
	// provider is registered without one. Nil leaves the list empty, and then
	// only certificates of trusted authorities count.
	Thumbprint func(ctx context.Context, url string) (string, error)

	Now  func() time.Time // nil: time.Now; called by many goroutines
	Rand io.Reader        // nil: crypto/rand
	Log  *slog.Logger     // nil: discard
}

// Service changes IAM and publishes its views. It is safe for concurrent use.
type Service struct {
	store      Store
	sealer     keys.Sealer
	account    string
	root       AccessKey
	limits     Limits
	dev        bool
	thumbprint func(ctx context.Context, url string) (string, error)
	now        func() time.Time
	rand       io.Reader
	log        *slog.Logger
	usage      usage
	catalog    *catalog.Catalog // for the linter; read when the first policy is written

	mu   sync.Mutex // held by the one writer of view
	view atomic.Pointer[View]
}

// New loads IAM from the store and compiles it.
func New(ctx context.Context, c Config) (*Service, error) {
	if c.Store == nil || c.Sealer == nil || c.Account == "" {
		return nil, errors.New("iam: config needs Store, Sealer and Account")
	}
	s := &Service{
		store: c.Store, sealer: c.Sealer, account: c.Account, root: c.Root,
		limits: c.Limits.withDefaults(), dev: c.DevMode, thumbprint: c.Thumbprint,
		now: c.Now, rand: c.Rand, log: c.Log, catalog: catalog.New(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	// Times are kept in milliseconds, so that a view shows the same time
	// before and after a restart.
	clock := s.now
	s.now = func() time.Time { return clock().UTC().Truncate(time.Millisecond) }
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	base, err := s.emptyView()
	if err != nil {
		return nil, err
	}
	s.view.Store(base)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.catchUp(ctx); err != nil {
		return nil, fmt.Errorf("iam: load: %w", err)
	}
	return s, nil
}

// Limits returns the quotas in force.
func (s *Service) Limits() Limits { return s.limits }

// Snapshot returns the newest view this node knows, without any I/O.
func (s *Service) Snapshot() Snapshot { return s.view.Load() }

// Fresh returns a view that holds every write committed anywhere before the
// call. It costs one point read; the IAM API reads through it (strong
// read-after-write on any node, spec/iam-sts.md 4.3), the request path does not.
func (s *Service) Fresh(ctx context.Context) (*View, error) {
	version, err := s.store.Version(ctx)
	if err != nil {
		return nil, fmt.Errorf("iam: read version: %w", err)
	}
	if v := s.view.Load(); v.version >= version {
		return v, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.catchUp(ctx); err != nil {
		return nil, fmt.Errorf("iam: refresh: %w", err)
	}
	return s.view.Load(), nil
}

// Watch keeps the snapshot no older than the given interval until ctx ends, on
// nodes that share a store, and saves when access keys were used. A store that
// cannot be reached is logged and asked again; the last view stays in force.
func (s *Service) Watch(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := s.Fresh(ctx); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "iam snapshot not refreshed", "error", err)
			}
			if err := s.SaveKeyUses(ctx); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "use of access keys not saved", "error", err)
			}
		}
	}
}

// maxAttempts bounds how often a mutation is decided again because another
// node was faster.
const maxAttempts = 8

// update runs one mutation: decide reads the newest view and fills the write,
// or refuses. It may run more than once and must not have side effects. The
// answer is the view that the write made; a later write may have replaced it
// already.
func (s *Service) update(ctx context.Context, decide func(*View, *Write) error) (*View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A refusal must be decided on all that is committed, not on what this
	// node has heard of; an outdated write is caught by Commit.
	refused := error(nil)
	for range maxAttempts {
		v := s.view.Load()
		w := &Write{Base: v.version}
		if err := decide(v, w); err != nil {
			if refused = err; s.upToDate(ctx, v) {
				return nil, err
			}
			if err := s.catchUp(ctx); err != nil {
				return nil, fmt.Errorf("iam: refresh: %w", err)
			}
			continue
		}
		if w.empty() {
			return v, nil
		}
		w.stamp()
		err := s.store.Commit(ctx, w)
		if err == nil {
			return s.publish(ctx, v, w.next(), &w.Entities, w.Deleted), nil
		}
		// The write may have been committed although the answer got lost, so
		// the view must be brought up to date whatever the error was.
		caught := s.catchUp(context.WithoutCancel(ctx))
		if _, conflict := errors.AsType[*VersionConflict](err); !conflict {
			return nil, errors.Join(fmt.Errorf("iam: commit: %w", err), caught)
		}
		if caught != nil {
			return nil, fmt.Errorf("iam: refresh: %w", caught)
		}
		refused = err
	}
	return nil, refused
}

// upToDate reports whether the store holds nothing newer than v. When the store
// cannot say, the answer decided on v stands.
func (s *Service) upToDate(ctx context.Context, v *View) bool {
	version, err := s.store.Version(ctx)
	return err != nil || version <= v.version
}

// catchUp brings the view to what is committed. The caller holds mu.
func (s *Service) catchUp(ctx context.Context) error {
	v := s.view.Load()
	c, err := s.store.Since(ctx, v.version)
	if err != nil {
		return err
	}
	if c.Version > v.version {
		s.publish(ctx, v, c.Version, &c.Entities, c.Deleted)
	}
	return nil
}

// publish builds the view after a change and swaps it in.
func (s *Service) publish(ctx context.Context, v *View, version int64, e *Entities, deleted []Ref) *View {
	b := newBuilder(ctx, s, v)
	b.apply(e, deleted)
	b.v.version = version
	s.view.Store(b.v)
	return b.v
}
