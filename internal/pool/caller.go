package pool

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/openid"
)

// caller is who calls a public operation on an identity: the identity, settled,
// and everything that proved it.
type caller struct {
	identity *Identity
	logins   []verified // of login providers
	// own is the amr of a token that the pool itself has issued; nil without one.
	own     []string
	user    string            // of the developer, whom that token is for
	expires time.Time         // of that token
	tags    map[string]string // brought by it
}

// guest reports whether nothing was proven.
func (c *caller) guest() bool { return len(c.logins) == 0 && c.own == nil }

// amr lists how the caller was authenticated (cognito-identity.md 4.3):
// "authenticated" once, then two entries for each login of this call.
func (c *caller) amr() []string {
	if c.guest() {
		return []string{Unauthenticated}
	}
	list := make([]string, 0, 1+len(c.own)+2*len(c.logins))
	if c.own != nil {
		list = append(list, c.own...) // begins with "authenticated"
	} else {
		list = append(list, Authenticated)
	}
	for _, v := range c.logins {
		list = append(list, v.AMR[0], v.AMR[1])
	}
	return list
}

// list is what was proven in this call, for records.
func (c *caller) list() []Login {
	var list []Login
	if c.own != nil {
		list = append(list, Login{Provider: Cognito, Subject: c.identity.ID})
	}
	for _, v := range c.logins {
		list = append(list, Login{Provider: v.Provider, Subject: v.Subject})
	}
	return list
}

// authenticate proves the logins of a public operation on a named identity and
// settles which identity they make it (cognito-identity.md 2.4 steps 5 to 7).
func (s *Service) authenticate(ctx context.Context, operation string, p *Pool, named *Identity, logins map[string]string) (*caller, error) {
	// What needs no token is refused before any is looked at: the guest switch
	// first, then the kind of identity.
	if named.Blocked {
		return nil, &Forbidden{ID: named.ID, Blocked: true}
	}
	if len(logins) == 0 {
		switch {
		case !p.AllowUnauthenticated:
			return nil, &GuestsNotAllowed{PoolID: p.ID}
		case !named.Guest || named.Disabled:
			return nil, &Forbidden{ID: named.ID, Disabled: named.Disabled}
		}
	}
	if err := s.throttle(operation, p); err != nil {
		return nil, err
	}
	c, err := s.prove(ctx, p, named, logins)
	if err != nil {
		return nil, err
	}
	if err := s.rememberEntities(ctx, p, c.logins); err != nil {
		return nil, err
	}
	if c.identity, err = s.resolve(ctx, p, proof{named: named, logins: c.logins, owned: c.own != nil}); err != nil {
		return nil, err
	}
	s.refresh(ctx, p, c)
	return c, nil
}

// prove verifies logins, of providers and of the pool's own for the identity that
// is named. Whose they are is not settled yet.
func (s *Service) prove(ctx context.Context, p *Pool, named *Identity, logins map[string]string) (*caller, error) {
	c := &caller{}
	if token, ok := logins[Cognito]; ok && named != nil {
		claims, err := s.verifyOwn(ctx, p, named, token)
		if err != nil {
			return nil, err
		}
		c.own, c.tags, c.expires = claims.AMR, ownTags(claims), claims.Expires
		c.user, _ = developerUser(p, claims.AMR)
		public := make(map[string]string, len(logins))
		for key, value := range logins {
			if key != Cognito {
				public[key] = value
			}
		}
		logins = public
	}
	var err error
	c.logins, err = s.verify(ctx, p, logins)
	return c, err
}

// verifyOwn checks a token that the pool issued for a developer-authenticated
// identity (cognito-identity.md 3.6). It must be the named identity's, and every
// login that it states must be linked still.
func (s *Service) verifyOwn(ctx context.Context, p *Pool, named *Identity, token string) (*login.Claims, error) {
	if s.Tokens == nil {
		return nil, &NotBuilt{Feature: "tokens of identity pools"}
	}
	claims, err := s.Tokens.Verify(ctx, token, login.Expect{Provider: Cognito, ClientIDs: []string{p.ID}})
	var refusal *login.Refusal
	switch {
	case errors.As(err, &refusal):
		switch refusal.Kind {
		case login.Expired, login.NotYetValid, login.BadSignature, login.BadAlgorithm, login.Rejected:
			return nil, &LoginRefused{Provider: Cognito, Refusal: refusal}
		case login.WrongAudience:
			return nil, &LoginsDontMatch{IdentityID: named.ID, Providers: []string{Cognito}}
		}
		return nil, &CognitoToken{Foreign: true, Refusal: refusal}
	case err != nil:
		return nil, err
	}
	if _, ok := developerUser(p, claims.AMR); !ok {
		// What GetOpenIdToken gives is for STS, where the role is the client's choice.
		return nil, &CognitoToken{}
	}
	switch {
	case named.Disabled:
		return nil, &Forbidden{ID: named.ID, Disabled: true}
	case claims.Subject != named.ID, !named.isStill(p, claims.AMR):
		return nil, &LoginsDontMatch{IdentityID: named.ID, Providers: []string{Cognito}}
	}
	return claims, nil
}

// developerUser is the user whom the developer provider of p vouched for in a
// token with this amr.
func developerUser(p *Pool, amr []string) (string, bool) {
	if p.DeveloperProviderName == "" || len(amr) < 3 || amr[0] != Authenticated {
		return "", false
	}
	for i := 1; i+1 < len(amr); i += 2 {
		if amr[i] == p.DeveloperProviderName {
			return strings.CutPrefix(amr[i+1], developerAMR(p, ""))
		}
	}
	return "", false
}

// isStill reports whether the identity is what an amr states: a guest, or the
// owner of each of the logins.
func (i *Identity) isStill(p *Pool, amr []string) bool {
	switch {
	case len(amr) == 1 && amr[0] == Unauthenticated:
		return i.Guest
	case len(amr) < 3 || len(amr)%2 == 0 || amr[0] != Authenticated:
		return false
	}
	for n := 1; n < len(amr); n += 2 {
		provider, text := amr[n], amr[n+1]
		linked := slices.ContainsFunc(i.Logins, func(l Login) bool {
			if l.Provider == p.DeveloperProviderName {
				return provider == l.Provider && text == developerAMR(p, l.Subject)
			}
			// What stands before the subject is the pool's word for the provider.
			return provider == l.Provider && strings.HasSuffix(text, ":"+l.Subject)
		})
		if !linked {
			return false
		}
	}
	return true
}

// ownTags reads the principal tags of a token that we have made, each a list of
// one text.
func ownTags(c *login.Claims) map[string]string {
	claim, _ := c.Raw[openid.TagsClaim].(map[string]any)
	tags, _ := claim["principal_tags"].(map[string]any)
	out := make(map[string]string, len(tags))
	for key, v := range tags {
		list, _ := v.([]any)
		for _, e := range list {
			if text, ok := e.(string); ok {
				out[key] = text
			}
		}
	}
	return out
}
