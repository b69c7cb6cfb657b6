package pretend

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// A UserPool is a Cognito user pool: it publishes the keys of its ID tokens and
// says whether a person is still signed in. It is an http.Handler.
type UserPool struct {
	*provider
	// StaffRole is the ARN of the role that the group "staff" stands for, which its
	// members have in their ID tokens; set it before anybody signs in.
	StaffRole string

	name string
	keys *keyRing
	mux  *http.ServeMux

	signedOutMu sync.Mutex
	signedOut   map[string]bool // by user id
}

// NewUserPool makes a user pool with a fresh signing key. name is its provider
// name, cognito-idp.REGION.amazonaws.com/POOL; Apps are app client ids, whose
// secrets are not used.
func NewUserPool(name string, cfg ProviderConfig) (*UserPool, error) {
	if !strings.HasPrefix(name, "cognito-idp.") || !strings.Contains(name, "/") {
		return nil, errors.New("pretend: not the provider name of a user pool")
	}
	p, err := newProvider(cfg)
	if err != nil {
		return nil, err
	}
	u := &UserPool{provider: p, name: name, mux: http.NewServeMux(), signedOut: make(map[string]bool)}
	if u.keys, err = newKeyRing(p.rand); err != nil {
		return nil, fmt.Errorf("pretend: %w", err)
	}
	u.mux.HandleFunc("GET /.well-known/jwks.json", jwks(u.keys))
	u.mux.HandleFunc("POST /pretend/introspect", u.introspect)
	return u, nil
}

// UserID is the sub that the user pool has for a person.
func (u *UserPool) UserID(p Person) string {
	h := hexOf(u.name, p, 32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// MintIDToken makes an ID token for a person, named by sub or e-mail address,
// and an app client.
func (u *UserPool) MintIDToken(person, client string, opts TokenOptions) (string, error) {
	who, err := u.subject(person, client)
	if err != nil {
		return "", err
	}
	id, err := u.random()
	if err != nil {
		return "", err
	}
	return u.idToken(u.keys, map[string]any{
		"iss": "https://" + u.name, "aud": client, "sub": u.UserID(who), "token_use": "id", "jti": id,
		"cognito:username": who.GivenName, "auth_time": u.now().Unix(), "email": who.Email, "email_verified": true,
	}, opts)
}

// SignOut signs a person out everywhere. Tokens of before stay well signed.
func (u *UserPool) SignOut(p Person) {
	u.signedOutMu.Lock()
	defer u.signedOutMu.Unlock()
	u.signedOut[u.UserID(p)] = true
}

// ServeHTTP answers requests.
func (u *UserPool) ServeHTTP(w http.ResponseWriter, r *http.Request) { u.serve(u.mux, w, r) }

// introspect answers whether a token still stands (RFC 7662 section 2.2).
func (u *UserPool) introspect(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeJSON(w, http.StatusBadRequest, errorBody("invalid_request", "not a form"))
		return
	}
	sub, ok := u.keys.subject(r.PostForm.Get("token"))
	u.signedOutMu.Lock()
	out := u.signedOut[sub]
	u.signedOutMu.Unlock()
	if !ok || out {
		writeJSON(w, http.StatusOK, map[string]any{"active": false})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"active": true, "sub": sub})
}
