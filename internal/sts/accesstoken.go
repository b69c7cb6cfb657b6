package sts

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/login"
)

// The built-in providers whose access tokens are no JSON Web Tokens; a request
// names them by ProviderId.
const (
	FacebookProvider = "graph.facebook.com"
	AmazonProvider   = "www.amazon.com"
)

// prove finds the party behind the token of a request and verifies the token.
func (s *Service) prove(ctx context.Context, account string, in *WebIdentityInput) (*tokenIssuer, *login.Claims, error) {
	if in.ProviderID != "" {
		issuer, err := s.accessTokenIssuer(in.ProviderID)
		if err != nil {
			return nil, nil, err
		}
		claims, err := issuer.verifier.Verify(ctx, in.Token.Reveal(), issuer.expect)
		return issuer, claims, err
	}
	token, err := login.Parse(in.Token.Reveal())
	if err != nil {
		return nil, nil, err
	}
	issuer, err := s.issuer(account, token.UnverifiedIssuer())
	if err != nil {
		return nil, nil, err
	}
	claims, err := issuer.verify(ctx, token, in.Token)
	return issuer, claims, err
}

// accessTokenIssuer finds the provider that a request names. Like Google's, the
// application is left to the trust policy (iam-sts.md 3.4 step 8).
func (s *Service) accessTokenIssuer(id string) (*tokenIssuer, error) {
	p := &s.cfg.Providers
	issuer := &tokenIssuer{principal: id, expect: login.Expect{Provider: id, AnyAudience: true}}
	switch id {
	case FacebookProvider:
		issuer.verifier, issuer.describe = p.Facebook, describeApp(id, "id")
	case AmazonProvider:
		issuer.verifier, issuer.describe = p.Amazon, describeApp(id, "user_id")
	}
	if issuer.verifier == nil {
		return nil, &Invalid{Kind: BadProviderID, Value: id}
	}
	return issuer, nil
}

// describeApp fills the two keys of a provider of access tokens: the application
// and, under the name that the provider gives it, the person (iam-sts.md 2.7).
func describeApp(provider, person string) func(*webIdentity, *login.Claims) {
	app, id := provider+":app_id", provider+":"+person
	return func(w *webIdentity, c *login.Claims) {
		w.keys = []ContextKey{one(app, first(c.EffectiveAudience())), one(id, c.Subject)}
		w.carried = []string{app, id}
	}
}
