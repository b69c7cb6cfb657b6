package pool

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/openid"
)

// Tokens makes and verifies the pools' own OpenID tokens; *openid.Issuer
// implements it.
type Tokens interface {
	login.Verifier
	Issue(ctx context.Context, t openid.Token, kind keys.Kind) (string, error)
}

// Lifetimes of tokens (cognito-identity.md 4.3 and 3.6).
const (
	tokenLifetime        = 10 * time.Minute
	developerLifetime    = 15 * time.Minute
	maxDeveloperLifetime = 24 * time.Hour
)

// The algorithms of a pool's tokens. RS512 is AWS's.
const (
	RS512 = "RS512"
	ES256 = "ES256"
)

// Issued is a token with the facts for the audit record.
type Issued struct {
	Identity *Identity
	Pool     *Pool
	Token    string
	Logins   []Login
	AMR      []string
	TagKeys  []string
}

// GetToken is GetOpenIdToken, the first half of the classic flow: it settles the
// identity as GetCredentials does and states it in a token for STS
// (cognito-identity.md 4.1).
func (s *Service) GetToken(ctx context.Context, identityID string, logins map[string]string) (*Issued, error) {
	named, p, err := s.Identity(ctx, identityID)
	if err != nil {
		return nil, err
	}
	out, err := s.getToken(ctx, p, named, logins)
	if err != nil {
		return nil, &SignInRefused{IdentityID: named.ID, Pool: p, Err: err}
	}
	return out, nil
}

func (s *Service) getToken(ctx context.Context, p *Pool, named *Identity, logins map[string]string) (*Issued, error) {
	switch {
	case !p.AllowClassicFlow:
		return nil, &Invalid{Message: "Basic (classic) flow is not enabled, please use enhanced flow."}
	case p.HasRoleMappings():
		return nil, &Invalid{Message: "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow."}
	}
	for key := range logins {
		if samlKey(key) {
			return nil, &Invalid{Message: "Basic (classic) flow is not supported with SAML providers, please use enhanced flow."}
		}
	}
	by, err := s.authenticate(ctx, "GetOpenIdToken", p, named, logins)
	if err != nil {
		return nil, err
	}
	tags, err := s.principalTags(p, by, "")
	if err != nil {
		return nil, &Invalid{Message: "The values of the principal tags are too large."}
	}
	lifetime := tokenLifetime
	if by.own != nil {
		// A backend says how long its word counts: who trades its token for another
		// does not get more, or could go on for ever.
		lifetime = min(lifetime, by.expires.Sub(s.Now()))
	}
	return s.issue(ctx, p, by, tags, lifetime)
}

// TokenStands says why a token of the pools, whose signature and times were found
// good, must not be traded for credentials at STS any more; "" when it may. A token
// may live for a day, so what it says is held against what is: the identity is in
// use and has the logins, and its pool leaves the choice of the role to clients
// (cognito-identity.md 4.1).
func (s *Service) TokenStands(ctx context.Context, c *login.Claims) (problem string, err error) {
	id, p, err := s.Identity(ctx, c.Subject)
	switch {
	case isGone(err):
		return "the identity was deleted", nil
	case err != nil:
		return "", err
	case id.Disabled || id.Blocked:
		return "the identity was merged or disabled", nil
	case !slices.Equal(c.Audience, []string{p.ID}):
		return "the identity is of another pool", nil
	case !p.AllowClassicFlow || p.HasRoleMappings():
		return "the pool does not allow the classic flow", nil
	case !id.isStill(p, c.AMR):
		return "a login of the token was unlinked", nil
	case id.Guest && !p.AllowUnauthenticated:
		return "the pool does not allow guests", nil
	}
	return "", nil
}

// issue states a caller in a token.
func (s *Service) issue(ctx context.Context, p *Pool, by *caller, tags []iam.Tag, lifetime time.Duration) (*Issued, error) {
	if s.Tokens == nil {
		return nil, &NotBuilt{Feature: "tokens of identity pools"}
	}
	out := &Issued{Identity: by.identity, Pool: p, AMR: by.amr(), Logins: by.list()}
	t := openid.Token{
		Identity: by.identity.ID, Pool: p.ID, PoolARN: p.ARN(), AMR: out.AMR, Lifetime: lifetime, Tags: make(map[string]string, len(tags)),
	}
	for _, tag := range tags {
		t.Tags[tag.Key] = tag.Value
		out.TagKeys = append(out.TagKeys, tag.Key)
	}
	kind := keys.Signing
	if p.Sessions.TokenAlgorithm == ES256 {
		kind = keys.SigningEC
	}
	var err error
	if out.Token, err = s.Tokens.Issue(ctx, t, kind); err != nil {
		return nil, fmt.Errorf("issue token: %w", err)
	}
	return out, nil
}

// sortedTags is a map of tags as a list.
func sortedTags(m map[string]string) []iam.Tag {
	var tags []iam.Tag
	for _, key := range slices.Sorted(maps.Keys(m)) {
		tags = append(tags, iam.Tag{Key: key, Value: m[key]})
	}
	return tags
}
