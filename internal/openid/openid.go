package openid

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
)

// AWSIssuer is the iss of the tokens of AWS's identity pools.
const AWSIssuer = "https://cognito-identity.amazonaws.com"

// The claims that are named by URLs.
const (
	PoolClaim = "https://cognito-identity.amazonaws.com/identity-pool-arn"
	TagsClaim = "https://aws.amazon.com/tags"
)

// The paths of the documents below the issuer. AWS's is really called jwks_uri.
const (
	KeySetPath    = "/.well-known/jwks_uri"
	DiscoveryPath = "/.well-known/openid-configuration"
)

// Ring hands out signing keys; *keys.Ring implements it.
type Ring interface {
	// Signer returns the current key of a kind.
	Signer(ctx context.Context, kind keys.Kind) (*keys.SigningKey, error)
	// SigningKeys returns every key that verifies.
	SigningKeys() []*keys.SigningKey
}

// Config is what an Issuer needs; Ring and Region are required.
type Config struct {
	Ring   Ring
	Region string // the start of every key id
	URL    string // iss; "" means AWSIssuer
	Now    func() time.Time
}

// Issuer makes and verifies tokens. It is safe for concurrent use.
type Issuer struct {
	cfg   Config
	local login.Local
}

var (
	_ login.Verifier      = (*Issuer)(nil)
	_ login.TokenVerifier = (*Issuer)(nil)
)

// New returns an Issuer.
func New(cfg Config) *Issuer {
	if cfg.URL == "" {
		cfg.URL = AWSIssuer
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	i := &Issuer{cfg: cfg}
	i.local = login.Local{Issuer: cfg.URL, Key: i.key, Now: cfg.Now}
	return i
}

// URL is the iss of the tokens.
func (i *Issuer) URL() string { return i.cfg.URL }

// Token is what a token says.
type Token struct {
	Identity string // sub
	Pool     string // aud
	PoolARN  string
	AMR      []string
	Tags     map[string]string // principal tags; nil for none
	Lifetime time.Duration
}

// header and claims are the wire form. The order is that of AWS's tokens.
type header struct {
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
	Algorithm string `json:"alg"`
}

type claims struct {
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	AMR      []string `json:"amr"`
	Tags     *tags    `json:"https://aws.amazon.com/tags,omitempty"`
	Issuer   string   `json:"iss"`
	PoolARN  string   `json:"https://cognito-identity.amazonaws.com/identity-pool-arn"`
	Expires  int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
}

type tags struct {
	Principal map[string][1]string `json:"principal_tags"`
}

// Issue signs a token with the current key of the kind, keys.Signing or
// keys.SigningEC.
func (i *Issuer) Issue(ctx context.Context, t Token, kind keys.Kind) (string, error) {
	k, err := i.cfg.Ring.Signer(ctx, kind)
	if err != nil {
		return "", fmt.Errorf("openid: signing key: %w", err)
	}
	now := i.cfg.Now()
	c := claims{
		Subject: t.Identity, Audience: t.Pool, AMR: t.AMR, Issuer: i.cfg.URL, PoolARN: t.PoolARN,
		IssuedAt: now.Unix(), Expires: now.Add(t.Lifetime).Unix(),
	}
	if len(t.Tags) > 0 {
		c.Tags = &tags{Principal: make(map[string][1]string, len(t.Tags))}
		for key, value := range t.Tags {
			c.Tags.Principal[key] = [1]string{value}
		}
	}
	head, err := json.Marshal(header{KeyID: i.keyID(k), Type: "JWS", Algorithm: k.Algorithm()})
	if err != nil {
		return "", fmt.Errorf("openid: header: %w", err)
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("openid: claims: %w", err)
	}
	b64 := base64.RawURLEncoding
	text := b64.AppendEncode(make([]byte, 0, 2*(len(head)+len(body))+400), head)
	text = b64.AppendEncode(append(text, '.'), body)
	sig, err := k.Sign(text)
	if err != nil {
		return "", fmt.Errorf("openid: sign: %w", err)
	}
	return string(b64.AppendEncode(append(text, '.'), sig)), nil
}

// Verify implements login.Verifier. The audience, a pool's id, is what the caller
// expects.
func (i *Issuer) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	return i.local.Verify(ctx, token, want)
}

// VerifyToken implements login.TokenVerifier.
func (i *Issuer) VerifyToken(ctx context.Context, t *login.Token, want login.Expect) (*login.Claims, error) {
	return i.local.VerifyToken(ctx, t, want)
}

// keyID is the published id of a key: the region and a number, which for elliptic
// keys follows an e.
func (i *Issuer) keyID(k *keys.SigningKey) string {
	if k.Kind == keys.SigningEC {
		return i.cfg.Region + "e" + strconv.Itoa(k.Serial)
	}
	return i.cfg.Region + strconv.Itoa(k.Serial)
}

func (i *Issuer) key(id string) (login.LocalKey, bool) {
	for _, k := range i.cfg.Ring.SigningKeys() {
		// The next key too: another node may have begun to sign with it.
		if i.keyID(k) == id {
			return login.LocalKey{ID: id, Algorithm: login.Algorithm(k.Algorithm()), Public: k.Public()}, true
		}
	}
	return login.LocalKey{}, false
}

// jwk is a published key (RFC 7517, RFC 7518 section 6).
type jwk struct {
	Type      string `json:"kty"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	KeyID     string `json:"kid"`
	N         string `json:"n,omitempty"`
	E         string `json:"e,omitempty"`
	Curve     string `json:"crv,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
}

// KeySet is the JSON Web Key Set of every key, those included that will sign next.
// The first call of an installation makes the keys.
func (i *Issuer) KeySet(ctx context.Context) ([]byte, error) {
	for _, kind := range [...]keys.Kind{keys.Signing, keys.SigningEC} {
		if _, err := i.cfg.Ring.Signer(ctx, kind); err != nil {
			return nil, fmt.Errorf("openid: signing key: %w", err)
		}
	}
	b64 := base64.RawURLEncoding.EncodeToString
	set := struct {
		Keys []jwk `json:"keys"`
	}{}
	for _, k := range i.cfg.Ring.SigningKeys() {
		j := jwk{Algorithm: k.Algorithm(), Use: "sig", KeyID: i.keyID(k)}
		switch public := k.Public().(type) {
		case *rsa.PublicKey:
			j.Type, j.N, j.E = "RSA", b64(public.N.Bytes()), b64(big.NewInt(int64(public.E)).Bytes())
		case *ecdsa.PublicKey:
			point, err := public.Bytes() // 4, x, y (SEC 1 section 2.3.3)
			if err != nil {
				return nil, fmt.Errorf("openid: key %s: %w", j.KeyID, err)
			}
			half := (len(point) - 1) / 2
			j.Type, j.Curve, j.X, j.Y = "EC", "P-256", b64(point[1:1+half]), b64(point[1+half:])
		}
		set.Keys = append(set.Keys, j)
	}
	return json.Marshal(set)
}

// Discovery is the OpenID Connect discovery document (Discovery 1.0 section 3).
func (i *Issuer) Discovery() ([]byte, error) {
	return json.Marshal(struct {
		Issuer        string   `json:"issuer"`
		KeySetURL     string   `json:"jwks_uri"`
		ResponseTypes []string `json:"response_types_supported"`
		SubjectTypes  []string `json:"subject_types_supported"`
		Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	}{
		Issuer: i.cfg.URL, KeySetURL: i.cfg.URL + KeySetPath, ResponseTypes: []string{"id_token"}, SubjectTypes: []string{"public"},
		Algorithms: []string{"RS512", "ES256"},
	})
}
