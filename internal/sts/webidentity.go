package sts

import (
	"context"
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
)

// GoogleProvider is the built-in provider that needs no registration.
const GoogleProvider = "accounts.google.com"

// maxTokenAge is how long after iat a token is taken, whatever its exp says.
// AWS has such a limit too and does not say where it lies (iam-sts.md 3.4).
const maxTokenAge = 24 * time.Hour

// WebIdentityInput is a request for AssumeRoleWithWebIdentity.
type WebIdentityInput struct {
	RoleARN     string
	SessionName string
	Token       keys.Secret
	ProviderID  string // www.amazon.com or graph.facebook.com, for access tokens
	Policy      string
	PolicyARNs  []string
	Duration    time.Duration
	Network     *condkey.Network
}

// AssumeRoleWithWebIdentity makes a session of a role for the bearer of a token.
// The order of the checks is that of iam-sts.md 3.4. Refusals are *Invalid,
// *NoProvider, *login.Refusal, *BadClaim, *TrustDenied, *policy.Error,
// *PackedTooLarge and *TokenTooLarge.
func (s *Service) AssumeRoleWithWebIdentity(ctx context.Context, in WebIdentityInput) (*Result, error) {
	account, err := parseRoleARN(in.RoleARN)
	if err != nil {
		return nil, err
	}
	if err := checkSessionName(in.SessionName); err != nil {
		return nil, err
	}
	issuer, claims, err := s.prove(ctx, account, &in)
	if err != nil {
		return nil, err
	}
	w := webIdentity{
		roleARN: in.RoleARN, provider: issuer.principal, name: in.SessionName, duration: in.Duration,
		policyARNs: in.PolicyARNs, network: in.Network, request: in.Network,
	}
	if in.Policy != "" {
		w.policies = []string{in.Policy}
	}
	issuer.describe(&w, claims)
	if w.tags, w.transitive, w.source, err = sessionClaims(claims); err != nil {
		return nil, err
	}
	result, err := s.assumeWebIdentity(&w)
	if err != nil {
		return nil, err
	}
	result.Claims, result.Subject, result.Provider = claims, claims.Subject, claims.Issuer
	result.Audience = first(claims.EffectiveAudience())
	switch {
	case in.ProviderID != "":
		result.Provider = in.ProviderID
	case issuer.principal == CognitoProvider:
		result.Provider = CognitoProvider // AWS leaves out the scheme of its own issuer only
	}
	s.issued(result, "AssumeRoleWithWebIdentity", in.Network)
	return result, nil
}

// tokenIssuer is the party that stands for a token: how to verify it, and what
// it means to a trust policy.
type tokenIssuer struct {
	principal string // as a trust policy names it
	verifier  login.Verifier
	expect    login.Expect
	describe  func(w *webIdentity, c *login.Claims)
}

// issuer finds the party behind an issuer that a token names. What is looked up
// by the token's word is only ever configuration of ours (design.md 9).
func (s *Service) issuer(account, iss string) (*tokenIssuer, error) {
	p := &s.cfg.Providers
	if p.Google != nil && (iss == GoogleProvider || iss == "https://"+GoogleProvider) {
		return &tokenIssuer{
			principal: GoogleProvider, verifier: p.Google, describe: describeGoogle,
			// STS leaves Google's audience to the trust policy.
			expect: login.Expect{Provider: GoogleProvider, AnyAudience: true, MaxAge: maxTokenAge},
		}, nil
	}
	if p.Pool != nil {
		for _, own := range p.PoolIssuers {
			if iss == own {
				return &tokenIssuer{
					principal: CognitoProvider, verifier: p.Pool, describe: describeCognito,
					expect: login.Expect{Provider: CognitoProvider, Issuer: iss, AnyAudience: true, MaxAge: maxTokenAge},
				}, nil
			}
		}
	}
	if p.OIDC != nil {
		url := trimScheme(iss)
		provider, ok := s.cfg.IAM().OIDCProvider(account, url)
		if ok && iss == registeredIssuer(provider) {
			return &tokenIssuer{
				principal: provider.ARN(), verifier: p.OIDC,
				describe: func(w *webIdentity, c *login.Claims) { describeOIDC(w, provider.URL, c) },
				expect: login.Expect{
					Provider: provider.URL, Issuer: iss, ClientIDs: provider.ClientIDs, NeedAuthorizedParty: true,
					MaxAge: maxTokenAge, Thumbprints: provider.Thumbprints,
				},
			}, nil
		}
	}
	return nil, &NoProvider{Account: account, Issuer: iss}
}

// registeredIssuer is the iss that tokens of a registered provider must carry:
// exactly, with a trailing slash if it was registered with one.
func registeredIssuer(p *iam.OIDCProvider) string {
	if p.Insecure {
		return "http://" + p.URL
	}
	return "https://" + p.URL
}

// verify checks the token. A verifier that takes a parsed token is spared a
// second parse.
func (t *tokenIssuer) verify(ctx context.Context, token *login.Token, raw keys.Secret) (*login.Claims, error) {
	if v, ok := t.verifier.(login.TokenVerifier); ok {
		return v.VerifyToken(ctx, token, t.expect)
	}
	return t.verifier.Verify(ctx, raw.Reveal(), t.expect)
}

// describeGoogle fills the keys of a Google login. Google's aud is azp when the
// token has one, and the token's own aud is called oaud (iam-sts.md 2.7).
func describeGoogle(w *webIdentity, c *login.Claims) {
	const prefix = GoogleProvider + ":"
	w.keys = []ContextKey{
		one(prefix+"aud", first(c.EffectiveAudience())),
		one(prefix+"oaud", first(c.Audience)),
		one(prefix+"sub", c.Subject),
	}
	if n := claimText(c.Raw["google/organization_number"]); n != "" {
		w.keys = append(w.keys, one(prefix+"google/organization_number", n))
	}
	w.carried = []string{prefix + "aud", prefix + "sub"}
}

// describeCognito fills the keys of a token that one of our own pools issued.
func describeCognito(w *webIdentity, c *login.Claims) {
	w.poolID, w.identity = first(c.Audience), c.Subject
	w.keys = cognitoKeys(w.poolID, w.identity, c.AMR)
	w.carried = []string{CognitoAudience, CognitoSubject, CognitoAMR}
}

// describeOIDC fills the keys of a registered provider: aud, sub and amr always,
// and the further claims that AWS passes on for issuers it knows.
func describeOIDC(w *webIdentity, url string, c *login.Claims) {
	prefix := url + ":"
	w.keys = []ContextKey{one(prefix+"aud", first(c.EffectiveAudience())), one(prefix+"sub", c.Subject)}
	if _, ok := c.Raw["amr"]; ok {
		w.keys = append(w.keys, many(prefix+"amr", c.AMR))
	}
	for _, name := range knownClaims(url) {
		if v := claimText(c.Raw[name]); v != "" {
			w.keys = append(w.keys, one(prefix+name, v))
		}
	}
	w.carried = []string{prefix + "aud", prefix + "sub", prefix + "amr"}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// claimText gives a string, number or boolean claim as text, and "" for others.
func claimText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case fmt.Stringer: // json.Number
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}
