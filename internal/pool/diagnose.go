package pool

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/rockpool-id/rockpool/internal/login"
)

// Attempt is what one provider of a pool says to a token.
type Attempt struct {
	Provider string
	// Issuer and Clients are what the pool expects, where the provider has them.
	Issuer  string
	Clients []string
	// Subject is whose the token is, and IdentityID who that is in the pool, "" for
	// somebody new. Both are empty when Err says why the token was refused: a
	// *login.Refusal, or an error of this package.
	Subject, IdentityID string
	Err                 error
}

// Try shows a token to the providers of a pool and changes nothing. Without a
// provider it asks those that can read the token by themselves: a token that only
// its provider can read must not be sent to another's. assertion says that the
// token is a SAML response.
func (s *Service) Try(ctx context.Context, poolID, provider, token string, assertion bool) ([]Attempt, error) {
	p, err := s.Pool(poolID)
	if err != nil {
		return nil, err
	}
	keys := []string{provider}
	if provider == "" {
		keys = slices.DeleteFunc(s.providerKeys(p), func(key string) bool { return online(key) || samlKey(key) != assertion })
	}
	list := make([]Attempt, 0, len(keys))
	for _, key := range keys {
		a, err := s.try(ctx, p, key, token)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func (s *Service) try(ctx context.Context, p *Pool, key, token string) (Attempt, error) {
	a := Attempt{Provider: key}
	if key == Cognito {
		return s.tryOwn(ctx, p, token)
	}
	c, err := s.checkFor(p, key, []string{key})
	if err != nil {
		a.Err = err
		return a, nil
	}
	a.Issuer, a.Clients = c.expect.Issuer, c.expect.ClientIDs
	if c.also != nil {
		a.Clients = slices.Concat(a.Clients, c.also.expect.ClientIDs)
	}
	claims, _, err := c.verify(ctx, token)
	if refusal, ok := login.AsRefusal(err); ok {
		a.Err = refusal
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("try login of %s: %w", key, err)
	}
	a.Subject = claims.Subject
	if a.IdentityID, err = s.Store.LoginOwner(ctx, p.ID, key, claims.Subject); err != nil {
		return a, fmt.Errorf("find login: %w", err)
	}
	return a, nil
}

// tryOwn shows a token to the pool as its own issuer.
func (s *Service) tryOwn(ctx context.Context, p *Pool, token string) (Attempt, error) {
	a := Attempt{Provider: Cognito, Clients: []string{p.ID}}
	if s.Tokens == nil {
		a.Err = &NotBuilt{Feature: "tokens of identity pools"}
		return a, nil
	}
	claims, err := s.Tokens.Verify(ctx, token, login.Expect{Provider: Cognito, ClientIDs: a.Clients})
	if refusal, ok := login.AsRefusal(err); ok {
		a.Err = refusal
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("try the pool's own token: %w", err)
	}
	a.Subject, a.IdentityID = claims.Subject, claims.Subject
	if _, ok := developerUser(p, claims.AMR); !ok {
		a.Err = &CognitoToken{} // for STS alone
	}
	return a, nil
}

// providerKeys are the Logins keys that the pool accepts, itself included.
func (s *Service) providerKeys(p *Pool) []string {
	keys := slices.Collect(maps.Keys(p.SupportedLoginProviders))
	snapshot := s.IAM()
	for _, a := range p.OIDCProviderARNs {
		if provider, ok := snapshot.OIDCProviderByARN(a); ok {
			keys = append(keys, provider.URL)
		}
	}
	for _, u := range p.UserPools {
		keys = append(keys, u.ProviderName)
	}
	keys = append(keys, p.SAMLProviderARNs...)
	keys = append(keys, Cognito)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// online reports a provider whose tokens only it can read.
func online(key string) bool {
	switch key {
	case Facebook, Amazon, Twitter, Digits:
		return true
	}
	return false
}
