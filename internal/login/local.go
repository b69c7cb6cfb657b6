package login

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
	"time"
)

// LocalKey is a public key that this process knows without asking anybody.
type LocalKey struct {
	ID        string
	Algorithm Algorithm
	Public    crypto.PublicKey // *rsa.PublicKey or *ecdsa.PublicKey
}

// usualSkew is how far apart the clocks of our own nodes may be.
const usualSkew = 5 * time.Minute

// Local verifies JSON Web Tokens that this installation has signed itself. Nothing
// is fetched and nothing remembered; the rules about tokens are those of JWT, and
// a key serves its own algorithm only.
type Local struct {
	// Issuer is the only iss that is accepted.
	Issuer string
	// Key finds a key by its id.
	Key func(id string) (LocalKey, bool)
	// Now is the clock, time.Now if nil.
	Now func() time.Time
}

var (
	_ Verifier      = (*Local)(nil)
	_ TokenVerifier = (*Local)(nil)
)

// Verify implements Verifier.
func (l *Local) Verify(ctx context.Context, token string, want Expect) (*Claims, error) {
	t, err := Parse(token)
	if err != nil {
		return nil, named(err, want.Provider)
	}
	return l.VerifyToken(ctx, t, want)
}

// VerifyToken implements TokenVerifier.
func (l *Local) VerifyToken(_ context.Context, t *Token, want Expect) (*Claims, error) {
	if err := l.check(t); err != nil {
		return nil, named(err, want.Provider)
	}
	claims := t.claims
	claims.Provider = want.Provider
	now := l.Now
	if now == nil {
		now = time.Now
	}
	judge := JWT{cfg: JWTConfig{Now: now, ClockSkew: usualSkew}}
	if err := judge.judge(&claims, &want); err != nil {
		return nil, named(err, want.Provider)
	}
	return &claims, nil
}

// check proves that t was signed here for the issuer.
func (l *Local) check(t *Token) error {
	if t.claims.Issuer != l.Issuer {
		return &Refusal{Kind: WrongIssuer, Claim: "iss", Got: shown(t.claims.Issuer), Want: l.Issuer}
	}
	local, ok := l.Key(t.header.kid)
	if !ok {
		return &Refusal{Kind: UnknownKey, Claim: "kid", Got: shown(t.header.kid)}
	}
	k := key{kid: local.ID, alg: string(local.Algorithm)}
	switch public := local.Public.(type) {
	case *rsa.PublicKey:
		k.rsa = public
	case *ecdsa.PublicKey:
		k.ec = public
	default:
		return fmt.Errorf("login: key %s is a %T", local.ID, local.Public)
	}
	if alg := Algorithm(t.header.alg); !k.fits(alg) {
		return &Refusal{Kind: BadAlgorithm, Claim: "alg", Got: shown(t.header.alg), Want: string(local.Algorithm)}
	}
	sig, err := t.signature()
	if err != nil {
		return &Refusal{Kind: NotJWT, Claim: "signature", Err: err}
	}
	if !k.verifies(local.Algorithm, t.raw[:t.signed], sig) {
		return &Refusal{Kind: BadSignature}
	}
	return nil
}

// named puts the provider into a refusal.
func named(err error, provider string) error {
	if r, ok := AsRefusal(err); ok {
		r.Provider = provider
	}
	return err
}
