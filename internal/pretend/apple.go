package pretend

import (
	"fmt"
	"net/http"
	"sync"
)

// AppleIssuer is the iss of Apple's tokens.
const AppleIssuer = "https://appleid.apple.com"

// An Apple publishes the keys of the ID tokens that it makes. It is an
// http.Handler.
type Apple struct {
	*provider
	keys *keyRing
	mux  *http.ServeMux

	metMu sync.Mutex
	met   map[string]bool // applications and people that know each other
}

// NewApple makes an Apple with a fresh signing key. Apps are bundle ids and
// services ids; secrets are not used.
func NewApple(cfg ProviderConfig) (*Apple, error) {
	p, err := newProvider(cfg)
	if err != nil {
		return nil, err
	}
	a := &Apple{provider: p, mux: http.NewServeMux(), met: make(map[string]bool)}
	if a.keys, err = newKeyRing(p.rand); err != nil {
		return nil, fmt.Errorf("pretend: %w", err)
	}
	a.mux.HandleFunc("GET /auth/keys", jwks(a.keys))
	return a, nil
}

// UserID is the id that Apple has for a person.
func (a *Apple) UserID(p Person) string { return "001234." + hexOf("apple", p, 32) + ".0042" }

// MintIDToken makes an ID token for a person, named by sub or e-mail address,
// and a client.
func (a *Apple) MintIDToken(person, client string, opts TokenOptions) (string, error) {
	who, err := a.subject(person, client)
	if err != nil {
		return "", err
	}
	return a.idToken(a.keys, map[string]any{
		"iss": AppleIssuer, "aud": client, "sub": a.UserID(who), "email": who.Email, "email_verified": true,
		"auth_time": a.now().Unix(), "nonce_supported": true,
	}, opts)
}

// ServeHTTP answers requests.
func (a *Apple) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.serve(a.mux, w, r) }
