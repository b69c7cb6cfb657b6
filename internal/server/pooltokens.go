package server

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/openid"
)

// poolTokens are the pools' own tokens as STS takes them: only while what they say
// is so. A token may live for a day, and who is locked out meanwhile must not trade
// one for credentials.
type poolTokens struct {
	issuer *openid.Issuer
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
