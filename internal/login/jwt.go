package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// JWTConfig is what verification of JSON Web Tokens depends on. The zero value
// is the production default.
type JWTConfig struct {
	// HTTPClient fetches keys. If nil, a client is made that connects to
	// public addresses and those in AllowPrivate only. A client given here
	// replaces that guard, and Expect.Thumbprints are then its business.
	// Either way redirects are not followed.
	HTTPClient *http.Client

	// AllowPrivate are the non-public networks that providers may live in.
	AllowPrivate []netip.Prefix

	// LoopbackIssuers lets issuers be http:// on a loopback address, for
	// development. Their keys stay on the issuer's own host.
	LoopbackIssuers bool

	// Overrides maps a Logins key to the base URL where the discovery
	// document of that provider is fetched instead. A key that is a host
	// alone stands for every issuer of that host, with the issuer's path
	// below the base. It changes where keys come from and no rule about
	// tokens. Plain http is accepted for loopback hosts only.
	Overrides map[string]string

	// Keys survive a restart if a Store is given.
	Store KeyStore

	// Now is the clock, time.Now if nil.
	Now func() time.Time

	// Logger gets one line per event that an operator may act on. Discarded
	// if nil.
	Logger *slog.Logger

	// RefetchInterval is the least time between two fetches of one issuer's
	// keys for tokens with unknown key ids. Default 30 s.
	RefetchInterval time.Duration

	// ClockSkew is how far in the future iat and nbf may lie. Default 5 min.
	ClockSkew time.Duration

	// ExpiryLeeway is how long after exp a token is still accepted. Default
	// none, as observed on AWS (cognito-identity.md 7.2 item 6).
	ExpiryLeeway time.Duration

	// MemoryBytes bounds the memory of verified tokens. Default 8 MiB.
	MemoryBytes int

	// MaxIssuers bounds how many issuers' keys are held. The least recently
	// used make room. Default 1,000.
	MaxIssuers int
}

// Rules are what is peculiar to one provider. They come from code or from
// configuration, never from tokens.
type Rules struct {
	// Key is the Logins key, by which overrides are found.
	Key string
	// Issuer is the issuer URL: the iss of tokens and the start of discovery.
	Issuer string
	// Alias is another spelling of iss that the provider is known to use.
	Alias string
	// Algorithms that are accepted. None means DefaultAlgorithms.
	Algorithms []Algorithm
	// KeysPath, if set, is where the keys are, below KeysBase or else the
	// issuer, and below an override if there is one; discovery is not asked.
	KeysPath string
	// KeysBase is the base of KeysPath for providers that keep their keys at
	// another host than their issuer.
	KeysBase string
}

// JWT verifies JSON Web Tokens for all providers of the process. It holds the
// caches that they share.
type JWT struct {
	cfg      JWTConfig
	open     *http.Client // keys of public and allowed addresses
	usual    []Algorithm
	memory   *memory
	costly   chan struct{} // bounds how many expensive signatures are checked at a time
	setsLock sync.RWMutex
	sets     map[setKey]*keySet
	closed   bool
}

type setKey struct{ key, issuer, keysBase, keysPath, thumbprints string }

// NewJWT checks cfg and returns a verifier. It fetches nothing: keys are
// fetched when the first token asks for them.
func NewJWT(cfg JWTConfig) (*JWT, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.RefetchInterval = cmp.Or(cfg.RefetchInterval, 30*time.Second)
	cfg.ClockSkew = cmp.Or(cfg.ClockSkew, 5*time.Minute)
	cfg.MemoryBytes = cmp.Or(cfg.MemoryBytes, usualMemory)
	cfg.MaxIssuers = cmp.Or(cfg.MaxIssuers, 1000)
	if cfg.RefetchInterval < 0 || cfg.ClockSkew < 0 || cfg.ExpiryLeeway < 0 || cfg.MemoryBytes < 0 || cfg.MaxIssuers < 0 {
		return nil, errors.New("login: negative limit")
	}
	for provider, base := range cfg.Overrides {
		if _, err := parseBase(base); err != nil {
			return nil, fmt.Errorf("login: override of provider %s: %w", provider, err)
		}
		cfg.Logger.LogAttrs(context.Background(), slog.LevelWarn, "login provider overridden",
			slog.String("provider", provider), slog.String("keys_from", base))
	}
	j := &JWT{
		cfg:    cfg,
		usual:  DefaultAlgorithms(),
		memory: newMemory(cfg.MemoryBytes, cfg.Now),
		costly: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		sets:   make(map[setKey]*keySet),
	}
	j.open = j.client(guard{private: cfg.AllowPrivate}, nil)
	return j, nil
}

// client returns an HTTP client that follows no redirects.
func (j *JWT) client(g guard, thumbprints []string) *http.Client {
	var c http.Client
	if j.cfg.HTTPClient != nil {
		c = *j.cfg.HTTPClient
	} else {
		c = *g.client(thumbprints, j.cfg.Now)
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// Close ends background fetches and waits for them. Tokens are refused from
// then on.
func (j *JWT) Close() error {
	j.setsLock.Lock()
	sets := j.sets
	j.sets, j.closed = nil, true
	j.setsLock.Unlock()
	for _, s := range sets {
		s.close(true)
	}
	j.open.CloseIdleConnections()
	return nil
}

// Verify checks token against the rules of its provider and what the caller
// expects. The error is a *Refusal, or the context's.
func (j *JWT) Verify(ctx context.Context, token string, rules *Rules, want *Expect) (*Claims, error) {
	return j.verify(ctx, token, nil, rules, want)
}

// VerifyToken is Verify for a token that is parsed already.
func (j *JWT) VerifyToken(ctx context.Context, token *Token, rules *Rules, want *Expect) (*Claims, error) {
	return j.verify(ctx, token.raw, token, rules, want)
}

// verify is the order of the checks. parsed may be nil.
func (j *JWT) verify(ctx context.Context, token string, parsed *Token, rules *Rules, want *Expect) (*Claims, error) {
	claims, err := j.proven(ctx, token, parsed, rules, want)
	if err == nil {
		claims.Provider = want.Provider
		err = j.judge(claims, want)
	}
	if err != nil {
		if r, ok := AsRefusal(err); ok {
			r.Provider = want.Provider
		}
		return nil, err
	}
	return claims, nil
}

// proven returns the claims of a token whose signature is the provider's. The
// caller may change the struct it gets, but not what it points to.
func (j *JWT) proven(ctx context.Context, token string, parsed *Token, rules *Rules, want *Expect) (*Claims, error) {
	if _, _, err := cut(token); err != nil {
		return nil, err
	}
	set, err := j.set(rules, want)
	if errors.Is(err, errClosed) {
		return nil, err
	}
	if err != nil {
		return nil, &Refusal{Kind: WrongProvider, Err: err}
	}
	k := rememberedAs(token, set)
	// A token verified a moment ago needs no parsing. Everything but the
	// signature is checked again: the rules may be another provider's.
	if p, seen := j.memory.proven.Get(k); seen {
		snap, err := set.current(ctx)
		if err != nil {
			return nil, unreachable(ctx, err)
		}
		if p.holds(snap) {
			if err := j.checkClaimed(p.claims.Issuer, p.alg, rules); err != nil {
				return nil, err
			}
			claims := p.claims
			return &claims, nil
		}
		j.memory.proven.Remove(k)
	}
	if parsed == nil {
		if parsed, err = Parse(token); err != nil {
			return nil, err
		}
	}
	if err := j.checkClaimed(parsed.claims.Issuer, Algorithm(parsed.header.alg), rules); err != nil {
		return nil, err
	}
	if err := j.checkSignature(ctx, parsed, set, k); err != nil {
		return nil, err
	}
	claims := parsed.claims
	return &claims, nil
}

// checkClaimed refuses what can be refused without keys.
func (j *JWT) checkClaimed(issuer string, alg Algorithm, rules *Rules) error {
	if issuer != rules.Issuer && (rules.Alias == "" || issuer != rules.Alias) {
		return &Refusal{Kind: WrongIssuer, Claim: "iss", Got: shown(issuer), Want: rules.Issuer}
	}
	allowed := rules.Algorithms
	if len(allowed) == 0 {
		allowed = j.usual
	}
	if !slices.Contains(allowed, alg) {
		return &Refusal{Kind: BadAlgorithm, Claim: "alg", Got: shown(string(alg)), Want: fmt.Sprint(allowed)}
	}
	return nil
}

// checkSignature verifies t with the keys of set and remembers the verdict. If
// the set may be out of date, it is renewed once: for a key id it lacks, and
// for a token without key id that its only key did not sign.
func (j *JWT) checkSignature(ctx context.Context, t *Token, set *keySet, k memoryKey) error {
	sig, err := t.signature()
	if err != nil {
		return &Refusal{Kind: NotJWT, Claim: "signature", Err: err}
	}
	before := set.cur.Load()
	snap, err := set.current(ctx)
	if err != nil {
		return unreachable(ctx, err)
	}
	err = j.checkAgainst(ctx, t, sig, snap, k)
	r, refused := AsRefusal(err)
	if !refused || (r.Kind != UnknownKey && (r.Kind != BadSignature || t.header.kid != "")) {
		return err
	}
	if snap != before && !snap.stored { // it was fetched for this very token
		return err
	}
	newer, why := set.newer(ctx, snap)
	if why != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Err = why
		return r
	}
	return j.checkAgainst(ctx, t, sig, newer, k)
}

// checkAgainst verifies t with the keys of snap. It fetches nothing.
func (j *JWT) checkAgainst(ctx context.Context, t *Token, sig []byte, snap *snapshot, k memoryKey) error {
	alg, kid := Algorithm(t.header.alg), t.header.kid
	fitting, known := snap.find(kid, alg)
	switch {
	case !known:
		return &Refusal{Kind: UnknownKey, Claim: "kid", Got: shown(kid)}
	case len(fitting) == 0:
		return &Refusal{Kind: BadAlgorithm, Claim: "alg", Got: shown(t.header.alg), Want: "an algorithm of the key " + shown(kid)}
	case j.memory.isForged(k, snap):
		return &Refusal{Kind: BadSignature}
	}
	for _, key := range fitting {
		ok, err := j.checkWith(ctx, key, alg, t.raw[:t.signed], sig)
		if err != nil {
			return err
		}
		if ok {
			p := &proof{claims: t.claims, alg: alg, key: key, size: len(t.raw)}
			p.checked.Store(snap)
			j.memory.proven.Put(k, p)
			return nil
		}
	}
	j.memory.failed(k, snap)
	return &Refusal{Kind: BadSignature}
}

// checkWith verifies one signature. Expensive keys queue, so that hostile
// tokens naming one cannot take every processor.
func (j *JWT) checkWith(ctx context.Context, k *key, alg Algorithm, text string, sig []byte) (bool, error) {
	if k.costly() {
		select {
		case j.costly <- struct{}{}:
			defer func() { <-j.costly }()
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return k.verifies(alg, text, sig), nil
}

// judge applies the rules about time and audience.
func (j *JWT) judge(c *Claims, want *Expect) error {
	now := j.cfg.Now()
	if !now.Before(c.Expires.Add(j.cfg.ExpiryLeeway)) {
		return &Refusal{Kind: Expired, Claim: "exp", Now: now, Exp: c.Expires}
	}
	if c.IssuedAt.After(now.Add(j.cfg.ClockSkew)) {
		return &Refusal{Kind: NotYetValid, Claim: "iat", Now: now, Exp: c.IssuedAt}
	}
	if c.NotBefore.After(now.Add(j.cfg.ClockSkew)) {
		return &Refusal{Kind: NotYetValid, Claim: "nbf", Now: now, Exp: c.NotBefore}
	}
	if want.MaxAge > 0 && now.Sub(c.IssuedAt) > want.MaxAge {
		return &Refusal{Kind: TooOld, Claim: "iat", Now: now, Exp: c.IssuedAt}
	}
	return want.judgeAudience(c)
}

func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Refusal{Kind: ProviderUnreachable, Err: err}
}

// set returns the keys of the provider that rules and want describe, making
// an empty set if it is the first time.
func (j *JWT) set(rules *Rules, want *Expect) (*keySet, error) {
	k := setKey{key: rules.Key, issuer: rules.Issuer, keysBase: rules.KeysBase, keysPath: rules.KeysPath}
	if len(want.Thumbprints) > 0 {
		prints := slices.Clone(want.Thumbprints)
		slices.Sort(prints)
		k.thumbprints = strings.ToLower(strings.Join(prints, ","))
	}
	now := j.cfg.Now().UnixNano()
	j.setsLock.RLock()
	s, ok := j.sets[k]
	j.setsLock.RUnlock()
	if ok {
		s.lastUsed.Store(now)
		return s, nil
	}
	j.setsLock.Lock()
	defer j.setsLock.Unlock()
	if j.closed {
		return nil, errClosed
	}
	if s, ok := j.sets[k]; ok {
		return s, nil
	}
	s, err := j.newSet(k, want.Thumbprints)
	if err != nil {
		return nil, err
	}
	s.lastUsed.Store(now)
	for len(j.sets) >= j.cfg.MaxIssuers {
		j.evict()
	}
	j.sets[k] = s
	return s, nil
}

// evict drops the set that was not used for the longest time.
func (j *JWT) evict() {
	var oldest setKey
	var old *keySet
	for k, s := range j.sets {
		if old == nil || s.lastUsed.Load() < old.lastUsed.Load() {
			oldest, old = k, s
		}
	}
	old.close(false)
	delete(j.sets, oldest)
}

func (j *JWT) newSet(k setKey, thumbprints []string) (*keySet, error) {
	src := &source{issuer: k.issuer, base: k.issuer, client: j.open, now: j.cfg.Now}
	if base, ok := overrideOf(j.cfg.Overrides, k.key); ok {
		u, err := parseBase(base)
		if err != nil {
			return nil, fmt.Errorf("override: %w", err)
		}
		src.base, src.overridden = base, true
		src.client = j.client(guard{any: u.Scheme == "https", loopbackOnly: u.Scheme == "http"}, thumbprints)
	} else {
		u, err := parseBase(k.issuer)
		if err != nil {
			return nil, fmt.Errorf("issuer: %w", err)
		}
		switch {
		case u.Scheme == "http" && j.cfg.LoopbackIssuers:
			src.overridden = true // by itself: the rules of overrides hold
			src.client = j.client(guard{loopbackOnly: true}, thumbprints)
		case u.Scheme != "https":
			return nil, errors.New("issuer: not https")
		case len(thumbprints) > 0:
			src.client = j.client(guard{private: j.cfg.AllowPrivate}, thumbprints)
		}
	}
	if k.keysPath != "" {
		base := src.base
		if k.keysBase != "" && !src.overridden {
			base = k.keysBase
		}
		if u, err := parseBase(base); err != nil || (u.Scheme != "https" && !src.overridden) {
			return nil, errors.New("keys: not https")
		}
		src.fixed = strings.TrimSuffix(base, "/") + k.keysPath
	}
	s := &keySet{
		name: src.name(k.thumbprints), src: src, store: j.cfg.Store,
		now: j.cfg.Now, log: j.cfg.Logger, interval: j.cfg.RefetchInterval,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}
