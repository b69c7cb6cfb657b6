package login

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
)

// How long a provider's word about an opaque token counts. A token revoked
// meanwhile still signs in until then, and one that becomes good (there are
// none known) waits.
const (
	provenFor  = 5 * time.Minute
	refusedFor = 30 * time.Second
	// maxOpaque bounds an opaque token: Login with Amazon documents 2,048
	// bytes, the others send a few hundred.
	maxOpaque = 4096
)

// OnlineConfig is what asking providers about opaque tokens depends on. The
// zero value is the production default.
type OnlineConfig struct {
	// HTTPClient asks. If nil, clients are made that connect to public
	// addresses only, or to what an override names. A client given here
	// replaces that guard. Either way redirects are not followed.
	HTTPClient *http.Client

	// Overrides maps a Logins key to the base URL that is asked instead of
	// the provider's own. Plain http is accepted for loopback hosts only.
	Overrides map[string]string

	// Now is the clock, time.Now if nil.
	Now func() time.Time

	// Logger gets what the memory complains about. Discarded if nil.
	Logger *slog.Logger

	// Timeout bounds one try; there are at most two per request, and all that
	// one token costs ends after twice this time. Default 5 s.
	Timeout time.Duration

	// Parallel is how many tokens of one provider are asked about at a time.
	// Default 64.
	Parallel int

	// Waiting is how many more may wait for their turn; what comes then is
	// refused as if the provider could not be reached. Default 1,024.
	Waiting int

	// Entries bounds how many proven and how many refused tokens are
	// remembered. Default 4,096 each.
	Entries int
}

// Online verifies tokens that say nothing by themselves, by asking the provider
// that issued them. It holds what the providers of the process share: the
// memory of answers, by digest of the token, and the requests under way, one
// per token however many wait.
type Online struct {
	cfg     OnlineConfig
	proven  *otter.Cache[verdictKey, *Claims]
	refused *otter.Cache[verdictKey, *Refusal]
	flights singleflight.Group

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	mu     sync.Mutex // guards what follows
	closed bool
	idle   []func() // close idle connections
}

// A verdictKey is an endpoint and a token that it was asked about.
type verdictKey struct {
	endpoint *Endpoint
	digest   [sha256.Size]byte
}

// NewOnline checks cfg. It asks nobody anything.
func NewOnline(cfg OnlineConfig) (*Online, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 5*time.Second)
	cfg.Parallel = cmp.Or(cfg.Parallel, 64)
	cfg.Waiting = cmp.Or(cfg.Waiting, 1024)
	cfg.Entries = cmp.Or(cfg.Entries, 4096)
	if cfg.Timeout < 0 || cfg.Parallel < 0 || cfg.Waiting < 0 || cfg.Entries < 0 {
		return nil, errors.New("login: negative limit")
	}
	for provider, base := range cfg.Overrides {
		if _, err := parseBase(base); err != nil {
			return nil, fmt.Errorf("login: override of provider %s: %w", provider, err)
		}
	}
	o := &Online{cfg: cfg}
	clock, logger := cacheClock{cfg.Now}, cacheLogger{cfg.Logger}
	var err error
	o.proven, err = otter.New(&otter.Options[verdictKey, *Claims]{
		MaximumSize: cfg.Entries,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[verdictKey, *Claims]) time.Duration {
			if e.Value.Expires.IsZero() {
				return provenFor
			}
			return min(max(e.Value.Expires.Sub(cfg.Now()), 0), provenFor)
		}),
		Clock: clock, Logger: logger,
	})
	if err != nil {
		return nil, fmt.Errorf("login: token memory: %w", err)
	}
	o.refused, err = otter.New(&otter.Options[verdictKey, *Refusal]{
		MaximumSize:      cfg.Entries,
		ExpiryCalculator: otter.ExpiryWriting[verdictKey, *Refusal](refusedFor),
		Clock:            clock, Logger: logger,
	})
	if err != nil {
		return nil, fmt.Errorf("login: token memory: %w", err)
	}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	return o, nil
}

// Close ends the requests under way and waits for them. Tokens are refused from
// then on.
func (o *Online) Close() error {
	o.mu.Lock()
	o.closed = true
	idle := o.idle
	o.mu.Unlock()
	o.cancel()
	o.work.Wait()
	for _, f := range idle {
		f()
	}
	return nil
}

// Now is the time by which tokens are judged.
func (e *Endpoint) Now() time.Time { return e.o.cfg.Now() }

// Provider returns the endpoint of a provider whose own base URL is part of the
// program, or the override of key if there is one.
func (o *Online) Provider(key, base string) *Endpoint {
	if override, ok := overrideOf(o.cfg.Overrides, key); ok {
		return o.Configured(key, override)
	}
	return o.endpoint(key, base, false)
}

// Configured returns an endpoint that the operator has named. It may be
// anywhere, but over plain http on loopback only.
func (o *Online) Configured(key, base string) *Endpoint { return o.endpoint(key, base, true) }

func (o *Online) endpoint(key, base string, trusted bool) *Endpoint {
	e := &Endpoint{o: o, key: key, base: strings.TrimSuffix(base, "/"), slots: make(chan struct{}, o.cfg.Parallel)}
	u, err := parseBase(base)
	if err != nil {
		e.err = err
		return e
	}
	var c http.Client
	if o.cfg.HTTPClient != nil {
		c = *o.cfg.HTTPClient
	} else {
		transport := guard{any: trusted && u.Scheme == "https", loopbackOnly: trusted && u.Scheme == "http"}.transport(nil, o.cfg.Now)
		transport.MaxIdleConnsPerHost = 8
		c.Transport = transport
		o.mu.Lock()
		o.idle = append(o.idle, transport.CloseIdleConnections)
		o.mu.Unlock()
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Jar = nil
	e.client = &c
	return e
}

// begin registers the work for one token and bounds it.
func (o *Online) begin() (context.Context, context.CancelFunc, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, nil, errClosed
	}
	o.work.Add(1)
	ctx, cancel := context.WithTimeout(o.ctx, 2*o.cfg.Timeout)
	return ctx, func() { cancel(); o.work.Done() }, nil
}

// Verify returns the claims of an opaque token, judged by want. ask is called
// when nothing is remembered about the token; what it returns is remembered
// for all callers, so it must depend on nothing but the token and salt. Claims
// count for five minutes and never longer than the token, a refusal of kind
// Rejected for 30 seconds; failures to reach the provider are not remembered.
// Audience and time are judged afresh on every call.
func (e *Endpoint) Verify(ctx context.Context, token, salt string, want *Expect, ask func(context.Context) (*Claims, error)) (*Claims, error) {
	claims, err := e.answered(ctx, token, salt, ask)
	if err == nil {
		claims.Provider = want.Provider
		err = e.judge(claims, want)
	}
	if r, ok := AsRefusal(err); ok {
		own := *r // the remembered one is shared
		own.Provider = want.Provider
		return nil, &own
	}
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// judge applies the rules about time and audience.
func (e *Endpoint) judge(c *Claims, want *Expect) error {
	if now := e.o.cfg.Now(); !c.Expires.IsZero() && !now.Before(c.Expires) {
		return &Refusal{Kind: Expired, Claim: "exp", Now: now, Exp: c.Expires}
	}
	return want.judgeAudience(c)
}

// answered returns what the provider says about token, from memory or by
// asking. The caller may change the struct it gets, but not what it points to.
func (e *Endpoint) answered(ctx context.Context, token, salt string, ask func(context.Context) (*Claims, error)) (*Claims, error) {
	switch {
	case e.err != nil:
		return nil, &Refusal{Kind: WrongProvider, Err: e.err}
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(token) > maxOpaque:
		return nil, &Refusal{Kind: TooLarge, Want: fmt.Sprintf("at most %d bytes", maxOpaque)}
	case !isOpaque(token):
		return nil, &Refusal{Kind: Malformed, Claim: "token", Got: "empty, or characters that no access token has"}
	}
	k := verdictKey{endpoint: e, digest: digestOf(token, salt)}
	if claims, err, ok := e.o.remembered(k); ok {
		return claims, err
	}
	flight := e.o.flights.DoChan(e.key+"\x00"+e.base+"\x00"+string(k.digest[:]), func() (any, error) {
		if claims, err, ok := e.o.remembered(k); ok {
			return claims, err
		}
		work, done, err := e.o.begin()
		if err != nil {
			return nil, err
		}
		defer done()
		if err := e.enter(work); err != nil {
			return nil, err
		}
		defer e.leave()
		claims, err := ask(work)
		if work.Err() != nil && err != nil {
			err = outage(fmt.Errorf("no answer within %v", 2*e.o.cfg.Timeout))
		}
		e.o.remember(k, claims, err)
		return claims, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-flight:
		if r.Err != nil {
			return nil, r.Err
		}
		claims, ok := r.Val.(*Claims)
		if !ok || claims == nil {
			return nil, errors.New("login: a provider's check gave neither claims nor a reason")
		}
		own := *claims
		return &own, nil
	}
}

func (o *Online) remembered(k verdictKey) (*Claims, error, bool) { //nolint:revive // the error is the remembered value
	if claims, ok := o.proven.GetIfPresent(k); ok {
		own := *claims
		return &own, nil, true
	}
	if r, ok := o.refused.GetIfPresent(k); ok {
		return nil, r, true
	}
	return nil, nil, false
}

func (o *Online) remember(k verdictKey, claims *Claims, err error) {
	if err == nil && claims != nil {
		o.proven.Set(k, claims)
		return
	}
	if r, ok := AsRefusal(err); ok && r.Kind == Rejected {
		o.refused.Set(k, r)
	}
}

// digestOf is how a token is remembered. The salt's length stands first, so
// that no two pairs look alike.
func digestOf(token, salt string) [sha256.Size]byte {
	var room [2048]byte // on the stack: most tokens fit
	buf := binary.BigEndian.AppendUint64(room[:0], uint64(len(salt)))
	buf = append(append(buf, salt...), token...)
	return sha256.Sum256(buf)
}

// isOpaque reports whether token has the characters of an access token (RFC
// 6749 appendix A.12) without spaces, which none of the providers uses.
func isOpaque(token string) bool {
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return false
		}
	}
	return token != ""
}

// cacheClock gives the caches our time, and no ticks: expired entries leave
// when room is needed, so no goroutine runs behind an idle server.
type cacheClock struct{ now func() time.Time }

func (c cacheClock) NowNano() int64                      { return c.now().UnixNano() }
func (c cacheClock) Tick(time.Duration) <-chan time.Time { return nil }

// cacheLogger passes on what the caches complain about.
type cacheLogger struct{ log *slog.Logger }

func (l cacheLogger) Warn(ctx context.Context, msg string, err error) {
	l.log.LogAttrs(ctx, slog.LevelWarn, "token memory", slog.String("event", msg), slog.Any("error", err))
}

func (l cacheLogger) Error(ctx context.Context, msg string, err error) {
	l.log.LogAttrs(ctx, slog.LevelError, "token memory", slog.String("event", msg), slog.Any("error", err))
}
