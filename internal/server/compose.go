package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/api/cognitoapi"
	"github.com/rockpool-id/rockpool/internal/api/iamapi"
	"github.com/rockpool-id/rockpool/internal/api/rockpoolapi"
	"github.com/rockpool-id/rockpool/internal/api/stsapi"
	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/gateway/s3gw"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/limit"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/amazon"
	"github.com/rockpool-id/rockpool/internal/login/apple"
	"github.com/rockpool-id/rockpool/internal/login/facebook"
	"github.com/rockpool-id/rockpool/internal/login/google"
	"github.com/rockpool-id/rockpool/internal/login/oidc"
	"github.com/rockpool-id/rockpool/internal/login/saml"
	"github.com/rockpool-id/rockpool/internal/login/twitter"
	"github.com/rockpool-id/rockpool/internal/login/userpool"
	"github.com/rockpool-id/rockpool/internal/object/filestore"
	"github.com/rockpool-id/rockpool/internal/openid"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/revoke"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
)

// parts is what compose made: the router, and what must be closed, in the
// order it was opened.
type parts struct {
	router  *router
	db      *sqldb.DB
	root    rootKey
	closers []func() error
}

func (p *parts) opened(close func() error) { p.closers = append(p.closers, close) }

// close closes everything, the last opened first.
func (p *parts) close() error {
	var errs []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers = nil
	return errors.Join(errs...)
}

// ready reports why requests cannot be served now.
func (p *parts) ready(ctx context.Context) error {
	var one int
	if err := p.db.Reader().QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	return nil
}

// compose opens and connects everything a process is made of, from the disk
// upwards. On error it closes what it had opened.
func compose(ctx context.Context, c *config.Config, o *Options) (p *parts, err error) {
	p = &parts{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
			p = nil
		}
	}()
	random := o.Rand
	if random == nil {
		random = rand.Reader
	}

	// The data folder: one process at a time.
	db, err := sqldb.Open(c.Data)
	if err != nil {
		return p, err
	}
	p.db = db
	p.opened(db.Close)
	engine, err := sqlite.Open(ctx, db)
	if err != nil {
		return p, err
	}
	p.opened(engine.Close)
	objects, err := filestore.Open(ctx, filestore.Config{
		DB: db, Folder: filepath.Join(c.Data, "objects"), Now: o.Now, Log: o.Log, Rand: random,
	})
	if err != nil {
		return p, err
	}
	p.opened(objects.Close)

	// Keys and records.
	master, err := keys.LoadMasterKey(c.MasterKey.Reveal(), c.Data, random)
	if err != nil {
		return p, err
	}
	ring, err := keys.Open(ctx, keys.Config{Store: engine.Ring(), Master: master, Now: o.Now, Rand: random, Log: o.Log})
	if err != nil {
		return p, err
	}
	p.opened(tend(ring, o.Log))
	events, err := openAudit(c, o)
	if err != nil {
		return p, err
	}
	p.opened(events.Close)

	decisions, err := decision.Open(decision.Config{
		Store: engine.Decisions(), Account: c.Account, What: decision.What(c.Decisions),
		MaxAge: c.DecisionsKeep, MaxBytes: int64(c.DecisionsSize), Now: o.Now, Log: o.Log,
	})
	if err != nil {
		return p, err
	}
	p.opened(decisions.Close)

	sessionList, err := issued.Open(issued.Config{
		Store: engine.Issued(), Off: c.Sessions == "off", Max: c.SessionsMax, Now: o.Now, Log: o.Log,
	})
	if err != nil {
		return p, err
	}
	p.opened(sessionList.Close)

	// The domain, in the order of a credential's path.
	if p.root, err = findRootKey(c, random); err != nil {
		return p, err
	}
	if p.root.Generated {
		o.Log.Info("root credentials written", "file", filepath.Join(c.Data, rootKeyFile))
	}
	users, err := iam.New(ctx, iam.Config{
		Store: engine.IAM(), Sealer: ring, Account: c.Account,
		Root:    iam.AccessKey{ID: p.root.ID, Account: c.Account, Active: true, Secret: p.root.Secret},
		DevMode: c.DevelopmentMode, Now: o.Now, Rand: random, Log: o.Log,
	})
	if err != nil {
		return p, err
	}
	p.opened(watch(users))
	jwt, err := newJWT(c, o, engine.LoginKeys())
	if err != nil {
		return p, err
	}
	p.opened(jwt.Close)
	online, err := login.NewOnline(login.OnlineConfig{Overrides: c.Providers, Now: o.Now, Logger: o.Log})
	if err != nil {
		return p, err
	}
	p.opened(online.Close)
	registered, err := oidc.New(jwt, oidc.Config{})
	if err != nil {
		return p, err
	}
	responses, err := saml.New(saml.Config{Recipients: c.SAMLRecipients, Audiences: c.SAMLAudiences, AllowSHA1: c.SAMLAllowSHA1, Now: o.Now})
	if err != nil {
		return p, err
	}
	builtin := map[string]login.Verifier{ // the login providers, one line each
		google.Key:        google.New(jwt),
		apple.Key:         apple.New(jwt),
		facebook.Key:      facebook.New(jwt, online, facebook.Config{AppSecrets: loginSecrets(c.FacebookSecrets)}),
		amazon.Key:        amazon.New(online),
		twitter.Key:       twitter.New(online),
		twitter.DigitsKey: twitter.Digits{},
	}
	revoked, err := revoke.Open(ctx, revoke.Config{Store: engine.Revocations(), Now: o.Now, Log: o.Log})
	if err != nil {
		return p, err
	}
	p.opened(follow(revoked, o.Log))
	tokens := ownTokens{openid.New(openid.Config{Ring: ring, Region: c.Region, URL: c.TokenIssuer, Now: o.Now}), revoked.Revoked}
	var pools *pool.Service // below: it needs the sessions
	sessions, err := sts.New(sts.Config{
		IAM: users.Snapshot, Sealer: ring, Account: c.Account, Now: o.Now, Rand: random, Log: o.Log,
		Decisions: decisions, Recorder: sessionList,
		Providers: sts.Providers{
			Google: builtin[google.Key], OIDC: registered, SAML: responses,
			Facebook: builtin[facebook.Key], Amazon: builtin[amazon.Key],
			Pool:        poolTokens{issuer: tokens, stands: func(ctx context.Context, c *login.Claims) (string, error) { return pools.TokenStands(ctx, c) }},
			PoolIssuers: []string{tokens.URL()},
		},
	})
	if err != nil {
		return p, err
	}
	throttle := limit.New(limit.Config{PerAddress: limit.AWS(c.AddressRate), PerPool: limit.AWS(c.PoolRate), Now: o.Now})
	pools, err = pool.New(ctx, pool.Config{
		Store: engine.Pools(), IAM: users.Snapshot, STS: sessions, Region: c.Region,
		Builtin: builtin, OIDC: registered, SAML: responses, UserPools: userpool.New(jwt, online, userpool.Config{Checks: c.UserPoolChecks}),
		Tokens: tokens, Throttle: throttle, RememberClaims: c.Remembered(),
		Decisions: decisions, Recorder: sessionList, Now: o.Now, Rand: random, Log: o.Log,
	})
	if err != nil {
		return p, err
	}
	p.opened(sweep(pools, o.Log))

	// Who calls, and what they may do.
	proxies, err := prefixes(c.TrustedProxies)
	if err != nil {
		return p, err
	}
	resolver, err := caller.New(caller.Config{
		IAM: users.Snapshot, Sessions: sessions, Regions: []string{c.Region}, TrustedProxies: proxies, Now: o.Now,
		Revoked: revoked.Revoked, Used: users.RecordKeyUse,
	})
	if err != nil {
		return p, err
	}
	decide := authz.New(authz.Config{Log: o.Log, Decisions: decisions})

	// The services on the one endpoint.
	shared := api.Config{
		Identify: caller.WithBody{Resolver: resolver}, Decide: decide, Observe: resolver.Observe, Account: c.Account,
		Throttle: throttle, Audit: events, Log: o.Log, Shapes: &wire.Shapes{}, Now: o.Now,
	}
	cognito, err := api.New(cognitowire.Model(), &cognitoapi.Implementation{Pools: pools, Sealer: ring, Decide: decide, Region: c.Region, Log: o.Log}, shared)
	if err != nil {
		return p, err
	}
	iamService, err := api.New(iamwire.Model(), &iamapi.Implementation{IAM: users, Sealer: ring}, shared)
	if err != nil {
		return p, err
	}
	stsImplementation, err := stsapi.New(sessions, decide, ring)
	if err != nil {
		return p, err
	}
	stsService, err := api.New(stswire.Model(), stsImplementation, shared)
	if err != nil {
		return p, err
	}
	s3, err := s3gw.New(s3gw.Config{
		Store: objects, Identify: resolver, Decide: decide, Audit: events, IAM: users.Snapshot, Sealer: ring,
		Region: c.Region, Account: c.Account, Bases: c.S3Domains, Log: o.Log,
	})
	if err != nil {
		return p, err
	}
	ownImplementation, err := rockpoolapi.New(rockpoolapi.Config{
		Decisions: decisions, Keeps: decision.What(c.Decisions), MaxAge: c.DecisionsKeep, Sealer: ring, Pools: pools, IAM: users.Snapshot, Revoked: revoked, Ring: ring,
		Issued:   sessionList,
		Sessions: sessions, Resources: s3, Region: c.Region,
	})
	if err != nil {
		return p, err
	}
	own, err := api.New(rockpoolwire.Model(), ownImplementation, shared)
	if err != nil {
		return p, err
	}
	p.router = &router{
		wellKnown: wellKnown(tokens.Issuer, o.Log),
		host:      resolver.Host,
		json:      map[string]http.Handler{"AWSCognitoIdentityService": cognito, "Rockpool": own},
		query:     map[string]http.Handler{"2010-05-08": iamService, "2011-06-15": stsService},
		named:     map[string]http.Handler{"cognito-identity": cognito, "iam": iamService, "sts": stsService, "rockpool": own, "s3": s3},
		// Preflights of the services are all alike.
		preflight: cognito, unknownTarget: cognito,
		s3: s3, bucketHost: s3.Owns,
	}
	return p, nil
}

func newJWT(c *config.Config, o *Options, store login.KeyStore) (*login.JWT, error) {
	cfg := login.JWTConfig{Overrides: c.Providers, Store: store, Now: o.Now, Logger: o.Log}
	if c.AllowPrivateProviders {
		cfg.AllowPrivate = networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
	}
	if c.DevelopmentMode {
		cfg.LoopbackIssuers = true
		cfg.AllowPrivate = append(cfg.AllowPrivate, networks("127.0.0.0/8", "::1/128")...)
	}
	return login.NewJWT(cfg)
}

// loginSecrets hands secrets of the configuration to a login provider.
func loginSecrets(list map[string]config.SecretValue) map[string]login.Secret {
	out := make(map[string]login.Secret, len(list))
	for name, s := range list {
		out[name] = login.NewSecret(s.Reveal())
	}
	return out
}

// networks lists address ranges. Link-local addresses, where clouds keep their
// metadata services, are never among those given here.
func networks(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func openAudit(c *config.Config, o *Options) (*audit.Log, error) {
	path := c.Audit
	if path == "file" {
		path = filepath.Join(c.Data, "audit.jsonl")
	}
	log, err := audit.Open(audit.Config{Path: path, Stdout: o.Stdout, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return log, nil
}

func prefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := config.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("trusted-proxy: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// watch keeps the IAM snapshot fresh and saves when keys were used, until the
// function it returns is called.
func watch(users *iam.Service) func() error {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		users.Watch(ctx, time.Second)
	}()
	return func() error {
		cancel()
		<-done
		return users.SaveKeyUses(context.Background())
	}
}

// How often the key ring is looked after, and how long a sealing key is used
// for new records. Retired keys still open what they sealed.
const (
	ringInterval = time.Hour
	sealingAge   = 30 * 24 * time.Hour
	// signingAge is longer, because others may keep the public keys for a while.
	signingAge = 90 * 24 * time.Hour
)

// tend takes over keys that other nodes made and rotates the sealing key when
// it is due, until the function it returns is called.
func tend(ring *keys.Ring, log *slog.Logger) func() error {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(ringInterval)
		defer tick.Stop()
		for {
			if err := ring.Refresh(ctx); err != nil && ctx.Err() == nil {
				log.Error("key ring not refreshed", "error", err)
			}
			for kind, age := range map[keys.Kind]time.Duration{keys.Sealing: sealingAge, keys.Signing: signingAge, keys.SigningEC: signingAge} {
				if _, err := ring.RotateIfDue(ctx, kind, age); err != nil && ctx.Err() == nil {
					log.Error("key not rotated", "kind", kind, "error", err)
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}

// How often revocations of other nodes are taken over, so that one counts
// everywhere within a second, and how often expired ones are removed.
const (
	revokeInterval = time.Second
	revokeSweep    = time.Hour
)

// sweep finishes deletions of pools that a crash cut short, beside the start.
func sweep(pools *pool.Service, log *slog.Logger) func() error {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := pools.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.Error("identities of deleted pools are left", "error", err)
		}
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}

// follow keeps the revocations fresh until the function it returns is called.
func follow(revoked *revoke.Set, log *slog.Logger) func() error {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		refresh, sweep := time.NewTicker(revokeInterval), time.NewTicker(revokeSweep)
		defer refresh.Stop()
		defer sweep.Stop()
		for {
			var err error
			select {
			case <-ctx.Done():
				return
			case <-refresh.C:
				err = revoked.Refresh(ctx)
			case <-sweep.C:
				err = revoked.Sweep(ctx)
			}
			if err != nil && ctx.Err() == nil {
				log.Error("revocations not refreshed", "error", err)
			}
		}
	}()
	return func() error {
		cancel()
		<-done
		return nil
	}
}
