package server

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/openid"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// ownTokens are the pools' own tokens as long as they are not revoked. A token is
// as good as the sessions that can be had for it: it ends with those of its
// identity, pool or login that were made before the same moment.
type ownTokens struct {
	*openid.Issuer
	revoked func(*sts.Session) bool
}

// Verify implements login.Verifier.
func (t ownTokens) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	claims, err := t.Issuer.Verify(ctx, token, want)
	return t.check(claims, want, err)
}

// VerifyToken implements login.TokenVerifier.
func (t ownTokens) VerifyToken(ctx context.Context, token *login.Token, want login.Expect) (*login.Claims, error) {
	claims, err := t.Issuer.VerifyToken(ctx, token, want)
	return t.check(claims, want, err)
}

func (t ownTokens) check(claims *login.Claims, want login.Expect, err error) (*login.Claims, error) {
	if err != nil {
		return nil, err
	}
	as := &sts.Session{
		IdentityID: claims.Subject, Issued: claims.IssuedAt,
		Context: []sts.ContextKey{{Name: sts.CognitoAMR, Values: claims.AMR, Multi: true}},
	}
	if len(claims.Audience) == 1 {
		as.IdentityPoolID = claims.Audience[0]
	}
	if t.revoked(as) {
		return nil, &login.Refusal{Kind: login.Rejected, Provider: want.Provider, Got: "sessions of its identity, pool or login were revoked since"}
	}
	return claims, nil
}

// poolTokens are the pools' own tokens as STS takes them: only while what they say
// is so. A token may live for a day, and who is locked out meanwhile must not trade
// one for credentials.
type poolTokens struct {
	issuer ownTokens
	stands func(ctx context.Context, c *login.Claims) (problem string, err error)
}

// Verify implements login.Verifier.
func (t poolTokens) Verify(ctx context.Context, token string, want login.Expect) (*login.Claims, error) {
	claims, err := t.issuer.Verify(ctx, token, want)
	return t.check(ctx, claims, want, err)
}

// VerifyToken implements login.TokenVerifier.
func (t poolTokens) VerifyToken(ctx context.Context, token *login.Token, want login.Expect) (*login.Claims, error) {
	claims, err := t.issuer.VerifyToken(ctx, token, want)
	return t.check(ctx, claims, want, err)
}

func (t poolTokens) check(ctx context.Context, claims *login.Claims, want login.Expect, err error) (*login.Claims, error) {
	if err != nil {
		return nil, err
	}
	problem, err := t.stands(ctx, claims)
	if err != nil {
		return nil, err
	}
	if problem != "" {
		return nil, &login.Refusal{Kind: login.Rejected, Provider: want.Provider, Got: problem}
	}
	return claims, nil
}
