package pretend

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// TokenOptions change the ID token that MintIDToken makes.
type TokenOptions struct {
	Nonce string
	// Lifetime until exp, an hour if zero. A negative one makes a token that
	// has expired.
	Lifetime time.Duration
	// Scopes limit the claims: "email" and "profile". All if nil.
	Scopes []string
	// Claims are added and may replace others, so that tests can have tokens
	// that are wrong in one point. A nil value removes a claim.
	Claims map[string]any
}

// tokenLifetime is that of Google's ID tokens.
const tokenLifetime = time.Hour

// MintIDToken signs an ID token for a person, named by sub or e-mail address,
// and a registered client. It is how tests sign in; over the network there is
// only the chooser, and POST /pretend/token at a terminal.
func (g *Google) MintIDToken(person, clientID string, opts TokenOptions) (string, error) {
	p, ok := g.person(person)
	if !ok {
		return "", fmt.Errorf("pretend: nobody is called %q", person)
	}
	if _, ok := g.clients[clientID]; !ok {
		return "", fmt.Errorf("pretend: client %q is not registered", clientID)
	}
	jti := make([]byte, 20)
	if _, err := io.ReadFull(g.rand, jti); err != nil {
		return "", fmt.Errorf("pretend: token id: %w", err)
	}
	lifetime := opts.Lifetime
	if lifetime == 0 {
		lifetime = tokenLifetime
	}
	now := g.now()
	claims := map[string]any{
		"iss": Issuer, "azp": clientID, "aud": clientID, "sub": p.Subject,
		"iat": now.Unix(), "exp": now.Add(lifetime).Unix(), "jti": hex.EncodeToString(jti),
	}
	if opts.Scopes == nil || slices.Contains(opts.Scopes, "email") {
		claims["email"], claims["email_verified"] = p.Email, true
		if p.HostedDomain != "" {
			claims["hd"] = p.HostedDomain
		}
	}
	if opts.Scopes == nil || slices.Contains(opts.Scopes, "profile") {
		claims["name"], claims["given_name"], claims["family_name"] = p.Name, p.GivenName, p.FamilyName
		claims["picture"] = g.url("/pretend/avatar/" + p.Subject)
	}
	if opts.Nonce != "" {
		claims["nonce"] = opts.Nonce
	}
	maps.Copy(claims, opts.Claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return g.keys.sign(claims)
}

// hashOf is the at_hash of an access token (OpenID Connect Core 3.1.3.6).
func hashOf(accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	return b64(sum[:len(sum)/2])
}
