package sts

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	// purposeSession separates session tokens from everything else the ring seals.
	purposeSession = "session"
	// maxToken is the longest session token we make: clients carry it in a
	// header, and proxies allow 8 KiB for all headers.
	maxToken = 4096
	// defaultOpened is how many opened tokens a node remembers.
	defaultOpened = 8192
)

// Config is what a Service needs. IAM and Sealer are required.
type Config struct {
	// IAM returns the current snapshot.
	IAM func() iam.Snapshot
	// Sealer seals session tokens; the key ring.
	Sealer keys.Sealer
	// Account owns the identity pools. In their enhanced flow only roles of this
	// account are assumed; "" leaves that to the trust policies.
	Account string
	// Providers verify the tokens of AssumeRoleWithWebIdentity and the responses
	// of AssumeRoleWithSAML.
	Providers Providers
	// Opened bounds the memory of opened session tokens; 0 means 8192.
	Opened int
	Now    func() time.Time // nil means time.Now
	Rand   io.Reader        // nil means crypto/rand
	Log    *slog.Logger     // nil discards
	// Decisions takes what trust policies decided about web identities and why;
	// nil keeps nothing. Those about signed callers are kept by their decider.
	Decisions decision.Sink
	// Recorder takes note of the sessions that are issued for tokens, and of those
	// that are assumed with one; nil takes none. Sessions of identity pools are the
	// pools' to report.
	Recorder Recorder
}

// Providers are the verifiers of web identity tokens. A nil one refuses its
// tokens as those of an unknown provider.
type Providers struct {
	// Google verifies tokens of accounts.google.com.
	Google login.Verifier
	// Facebook and Amazon verify access tokens, which name no issuer; requests
	// say whose they are.
	Facebook, Amazon login.Verifier
	// OIDC verifies tokens of the providers registered in IAM.
	OIDC login.Verifier
	// Pool verifies tokens of our own identity pools, with our own keys only.
	Pool login.Verifier
	// SAML verifies responses of the SAML providers registered in IAM.
	SAML login.Verifier
	// PoolIssuers are the values of iss that count as our own.
	PoolIssuers []string
}

// Service mints and opens temporary credentials. It is safe for concurrent use.
type Service struct {
	cfg      Config
	pack     packer
	opened   openedTokens
	holds    func(record []byte) bool
	times    *condkey.Times
	contexts contextPool
	records  sync.Pool // of *record
}

// New returns a Service.
func New(cfg Config) (*Service, error) {
	if cfg.IAM == nil || cfg.Sealer == nil {
		return nil, errors.New("sts: a service needs IAM and a sealer")
	}
	if cfg.Opened == 0 {
		cfg.Opened = defaultOpened
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{cfg: cfg, opened: newOpenedTokens(cfg.Opened), holds: func([]byte) bool { return true }, times: condkey.NewTimes()}
	// A ring can take keys back; a token it no longer holds must not live on in
	// the memory of opened ones.
	if h, ok := cfg.Sealer.(interface{ Holds(record []byte) bool }); ok {
		s.holds = h.Holds
	}
	return s, nil
}

// Result is a session just made.
type Result struct {
	Credentials Credentials
	Session     *Session
	// Role is nil for the sessions of users.
	Role *iam.RoleEntry
	// Packed says whether the session carries policies or tags, and
	// PackedPercent how much of the allotted space they take.
	Packed        bool
	PackedPercent int
	// Subject, Audience and Provider describe the verified token of a web
	// identity; Claims holds it.
	Subject, Audience, Provider string
	Claims                      *login.Claims
	// SubjectType and NameQualifier describe the NameID of a SAML assertion.
	SubjectType, NameQualifier string
	// Trust is how the trust policy answered, for records.
	Trust TrustFacts
}

// AssumedRoleID returns the aws:userid of the new session.
func (r *Result) AssumedRoleID() string { return r.Session.UserIDOf(r.Role) }

// AssumedRoleARN returns the ARN of the new session.
func (r *Result) AssumedRoleARN() string { return r.Session.ARN(r.Role.Name) }

// UserIDOf returns the aws:userid of a session of role.
func (s *Session) UserIDOf(role *iam.RoleEntry) string { return role.ID + ":" + s.Name }

// ARN returns the ARN of a role session; roleName is the friendly name of the
// session's role.
func (s *Session) ARN(roleName string) string {
	return "arn:aws:sts::" + s.Account + ":assumed-role/" + roleName + "/" + s.Name
}

// accessKeyIDs is the alphabet of AWS's key ids.
var accessKeyIDs = base32.StdEncoding.WithPadding(base32.NoPadding)

// mint fills in access key, times and secret of a session and seals it. The
// secret is random and travels inside the token rather than being derived from
// the access key id: ids are written to every log, and a derivation would make
// one key the secret of all of them.
func (s *Service) mint(session *Session, duration time.Duration, packed []byte) (Credentials, error) {
	var random [10 + secretSize]byte
	if _, err := io.ReadFull(s.cfg.Rand, random[:]); err != nil {
		return Credentials{}, fmt.Errorf("sts: read randomness: %w", err)
	}
	session.AccessKeyID = "ASIA" + accessKeyIDs.EncodeToString(random[:10])
	session.Issued = s.cfg.Now().UTC().Truncate(time.Second)
	session.Expires = session.Issued.Add(duration)
	secret := (*[secretSize]byte)(random[10:])
	plain, ok := s.records.Get().(*record)
	if !ok {
		plain = &record{make([]byte, 0, 1024)} // most fit
	}
	plain.b = appendSession(plain.b[:0], session, secret, packed)
	sealed, err := s.cfg.Sealer.Seal(purposeSession, plain.b, nil)
	clear(plain.b) // the secret is in it
	s.records.Put(plain)
	if err != nil {
		return Credentials{}, fmt.Errorf("sts: seal session: %w", err)
	}
	// The URL alphabet, because presigned URLs carry the token.
	size := base64.RawURLEncoding.EncodedLen(len(sealed))
	if size > maxToken {
		return Credentials{}, &TokenTooLarge{Size: size}
	}
	var room [maxToken]byte
	token := string(base64.RawURLEncoding.AppendEncode(room[:0], sealed))
	return Credentials{
		AccessKeyID:  session.AccessKeyID,
		Secret:       secretText(secret),
		SessionToken: token,
		Expiration:   session.Expires,
	}, nil
}

// record is the memory of a record on its way into a token.
type record struct{ b []byte }

func secretText(raw *[secretSize]byte) keys.Secret {
	return keys.NewSecret(base64.StdEncoding.EncodeToString(raw[:]))
}
