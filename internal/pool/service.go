package pool

import (
	"context"
	"crypto/rand"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
)

// Config is what a Service is made of. Every field but UserPools, Tokens, Throttle, MaxPools,
// RememberClaims, Decisions, Recorder, Rand, Now and Log is required.
type Config struct {
	Store  Store
	IAM    func() iam.Snapshot
	STS    Sessions
	Region string
	// Builtin holds the verifiers of the providers that are named in
	// SupportedLoginProviders, by Logins key. A known provider without a
	// verifier is refused as not built.
	Builtin map[string]login.Verifier
	// OIDC verifies tokens of issuers registered in IAM.
	OIDC login.Verifier
	// SAML verifies responses of SAML providers registered in IAM.
	SAML login.Verifier
	// UserPools verifies ID tokens of Cognito user pools; nil refuses them as
	// not built. For ServerSideTokenCheck it must be a login.LivenessChecker.
	UserPools login.Verifier
	// Tokens makes and verifies the pools' own tokens; nil refuses them as not
	// built.
	Tokens Tokens
	// Throttle bounds the public operations in one pool; nil means no bounds.
	Throttle Throttle
	// MaxPools is how many pools an account may have; 0 means AWS's 1,000.
	MaxPools int
	// RememberClaims are the claims that are kept of whoever signs in, so that an
	// identity has a face: of RememberableClaims. None keeps nothing.
	RememberClaims []string
	// Decisions takes why an identity got no role; nil keeps nothing.
	Decisions decision.Sink
	// Recorder takes note of issued sessions; nil takes none.
	Recorder Recorder
	Now      func() time.Time
	Rand     io.Reader
	Log      *slog.Logger
}

// Throttle bounds how often public operations run in one pool.
type Throttle interface {
	// AllowPool counts a call and reports whether it may go on.
	AllowPool(operation, poolID string) bool
}

// Service decides everything about identity pools.
type Service struct {
	Config
	write sync.Mutex // serialises changes of the configuration
	pools atomic.Pointer[map[string]*Pool]
	turns [64]sync.Mutex // see turn
	seed  maphash.Seed
}

// New loads the pools and returns the service.
func New(ctx context.Context, c Config) (*Service, error) {
	if c.MaxPools == 0 {
		c.MaxPools = defaultMaxPools
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, name := range c.RememberClaims {
		if !slices.Contains(RememberableClaims(), name) {
			return nil, fmt.Errorf("claim %q cannot be remembered, only %s", name, strings.Join(RememberableClaims(), ", "))
		}
	}
	s := &Service{Config: c, seed: maphash.MakeSeed()}
	list, err := c.Store.LoadPools(ctx)
	if err != nil {
		return nil, fmt.Errorf("load identity pools: %w", err)
	}
	pools := make(map[string]*Pool, len(list))
	for _, p := range list {
		pools[p.ID] = p
	}
	s.pools.Store(&pools)
	return s, nil
}

// throttle refuses a public operation that runs too often in p. It stands before
// tokens are verified and identities made: these are what a flood would cost.
func (s *Service) throttle(operation string, p *Pool) error {
	if s.Throttle == nil || s.Throttle.AllowPool(operation, p.ID) {
		return nil
	}
	return &RateExceeded{Operation: operation, PoolID: p.ID}
}

// now is the current time in the precision that is stored.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// newID makes a random id of the form region:uuid (RFC 9562 version 4).
func (s *Service) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.Rand, b[:]); err != nil {
		return "", fmt.Errorf("random id: %w", err)
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%s:%x-%x-%x-%x-%x", s.Region, b[0:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
