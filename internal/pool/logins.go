package pool

import (
	"context"
	"fmt"
	"slices"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
)

// verified is a login whose token was proven.
type verified struct {
	Provider string // the Logins key
	Subject  string
	Claims   *login.Claims
	naming
}

// naming is what a login is called in the places that name it.
type naming struct {
	// AMR is the provider pair for the amr list (cognito-identity.md 4.3):
	// the provider's name and the text that names the login.
	AMR [2]string
	// Client is the client or application id that the login counts under. Of a
	// consumer key and its secret it is the key alone.
	Client string
	// Mapping and TagMap name the provider as role mappings and principal tag
	// maps do (cognito-identity.md 5.2 and 6).
	Mapping, TagMap string
}

// verify checks every login of a request, in the order of their keys. All must
// pass: one bad token fails the call, and nothing has been read or written yet.
func (s *Service) verify(ctx context.Context, p *Pool, logins map[string]string) ([]verified, error) {
	keys := make([]string, 0, len(logins))
	for key := range logins {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	// Which providers may sign in is settled for all keys before any token is
	// looked at, so that a wrong key costs nothing.
	checks := make([]check, len(keys))
	for i, key := range keys {
		var err error
		if checks[i], err = s.checkFor(p, key, keys); err != nil {
			return nil, err
		}
	}
	out := make([]verified, len(keys))
	for i, key := range keys {
		claims, names, err := checks[i].verify(ctx, logins[key])
		if refusal, ok := login.AsRefusal(err); ok {
			return nil, &LoginRefused{Provider: key, Refusal: refusal}
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("verify login of %s: %w", key, err)
		case claims.Subject == "":
			// The seam promises a subject; an empty one would make everybody
			// the same person.
			return nil, fmt.Errorf("verify login of %s: verifier returned no subject", key)
		}
		out[i] = verified{Provider: key, Subject: claims.Subject, Claims: claims, naming: names}
	}
	return out, nil
}

// check is one way to verify the token of a login.
type check struct {
	verifier login.Verifier
	expect   login.Expect
	// also is a second configuration under which the token may be valid: the
	// social field and a registered OIDC provider of the same issuer
	// (cognito-identity.md 7.3).
	also *check
	// live asks the provider whether the login still stands, if the pool
	// demands it.
	live func(ctx context.Context, token string, claims *login.Claims) error
	name func(*login.Claims) naming
}

// verify returns the proven claims and what the login is called.
func (c check) verify(ctx context.Context, token string) (*login.Claims, naming, error) {
	claims, err := c.verifier.Verify(ctx, token, c.expect)
	if refusal, ok := login.AsRefusal(err); ok && c.also != nil && refusal.Kind == login.WrongAudience {
		return c.also.verify(ctx, token)
	}
	if err == nil && c.live != nil {
		err = c.live(ctx, token, claims)
	}
	if err != nil {
		return nil, naming{}, err
	}
	return claims, c.name(claims), nil
}

// checkFor finds how the pool verifies logins under key, or why it does not.
func (s *Service) checkFor(p *Pool, key string, all []string) (check, error) {
	switch {
	case key == Cognito:
		return check{}, &CognitoToken{}
	case key == p.DeveloperProviderName:
		return check{}, &NotPublicProvider{Provider: key}
	}
	found := make([]check, 0, 1) // hardly ever more
	if field, ok := p.SupportedLoginProviders[key]; ok {
		v, built := s.Builtin[key]
		if !built {
			return check{}, &NotBuilt{Feature: "logins of " + key}
		}
		want := expectOf(key, field)
		found = append(found, check{
			verifier: v,
			expect:   want,
			name: func(c *login.Claims) naming {
				client := audience(c, want.ClientIDs)
				return naming{AMR: [2]string{key, key + ":" + client + ":" + c.Subject}, Client: client, Mapping: key, TagMap: key}
			},
		})
	}
	if slices.ContainsFunc(p.UserPools, func(u UserPool) bool { return u.ProviderName == key }) {
		// First, so that a user pool which is registered in IAM besides keeps its
		// ServerSideTokenCheck for the clients that are named here.
		c, err := s.userPoolCheck(p, key)
		if err != nil {
			return check{}, err
		}
		found = append(found, c)
	}
	if provider, ok := s.oidcProvider(p, key); ok {
		v := s.OIDC
		if b, builtin := s.Builtin[key]; builtin {
			// Google registered as an OIDC provider still has Google's two
			// spellings of its issuer.
			v = b
		}
		scheme := "https://"
		if provider.Insecure {
			scheme = "http://"
		}
		found = append(found, check{
			verifier: v,
			expect: login.Expect{
				Provider: key, Issuer: scheme + provider.URL,
				ClientIDs: provider.ClientIDs, Thumbprints: provider.Thumbprints,
			},
			name: func(c *login.Claims) naming {
				registered := provider.ARN()
				return naming{
					AMR: [2]string{key, registered + ":OIDC:" + c.Subject}, Client: audience(c, provider.ClientIDs),
					Mapping: registered, TagMap: registered,
				}
			},
		})
	}
	switch {
	case len(found) > 1:
		found[0].also = &found[1]
		return found[0], nil
	case len(found) == 1:
		return found[0], nil
	case samlKey(key) && slices.Contains(p.SAMLProviderARNs, key):
		return s.samlCheck(p, key)
	case p.hasProviders() && (knownProvider(key) || userPoolKey(key) || samlKey(key)):
		return check{}, &UnsupportedProvider{Provider: key}
	}
	return check{}, &LoginsDontMatch{Providers: all}
}

// oidcProvider finds the registered provider of the pool whose issuer, without
// its scheme, is key. A provider deleted from IAM no longer signs anybody in.
func (s *Service) oidcProvider(p *Pool, key string) (*iam.OIDCProvider, bool) {
	snapshot := s.IAM()
	for _, a := range p.OIDCProviderARNs {
		if provider, ok := snapshot.OIDCProviderByARN(a); ok && provider.URL == key {
			return provider, true
		}
	}
	return nil, false
}

// hasProviders reports whether anybody but guests can use the pool.
func (p *Pool) hasProviders() bool {
	return len(p.SupportedLoginProviders)+len(p.OIDCProviderARNs)+len(p.UserPools)+len(p.SAMLProviderARNs) > 0 ||
		p.DeveloperProviderName != ""
}

// audience is the client id that a login counts under: of the token's
// audiences the first that the pool accepts.
func audience(c *login.Claims, accepted []string) string {
	for _, a := range c.EffectiveAudience() {
		if slices.Contains(accepted, a) {
			return a
		}
	}
	return ""
}
