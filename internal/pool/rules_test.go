package pool_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/pool"
)

// make makes a pool with these settings.
func (w *world) make(in pool.Settings) *pool.Pool {
	w.t.Helper()
	in.Name = "p"
	p, err := w.CreatePool(w.t.Context(), account, in)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.SetRoles(w.t.Context(), p.ID, map[string]string{pool.Authenticated: authRole, pool.Unauthenticated: gstRole}, nil); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// TestWithoutLogins is step 5 of cognito-identity.md 2.4: the guest switch comes
// before the kind of identity.
func TestWithoutLogins(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	anna, guest, merged := w.id(p, google("anna")), w.id(p, nil), w.id(p, nil)
	w.signIn(merged, google("anna"))
	ask := func(id string, want error) {
		t.Helper()
		_, err := w.GetCredentials(t.Context(), id, nil, "", nil)
		refused(t, id, err, want)
		var in *pool.SignInRefused
		if !errors.As(err, &in) || in.Pool.ID != p.ID || in.IdentityID != id {
			t.Errorf("the refusal names %+v, want the pool and the identity", in)
		}
	}
	ask(anna, &pool.Forbidden{})
	ask(merged, &pool.Forbidden{})
	if _, err := w.UpdatePool(t.Context(), p.ID, pool.Settings{Name: "p"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{anna, merged, guest} {
		ask(id, &pool.GuestsNotAllowed{})
	}
}

func TestPoolTokens(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	logins := map[string]string{pool.Cognito: "t"}
	var token *pool.CognitoToken
	if _, err := w.GetID(t.Context(), p.ID, "", logins); !errors.As(err, &token) || token.Foreign {
		t.Errorf("GetID with a pool's token: %v", err)
	}
	if _, err := w.GetCredentials(t.Context(), w.id(p, nil), both(google("anna"), logins), "", nil); !errors.As(err, &token) || !token.Foreign {
		t.Errorf("GetCredentials with a token that no pool issued: %v", err)
	}
	if n := w.calls.Load(); n > 0 {
		t.Errorf("%d tokens were verified before the refusals", n)
	}
}

// TestGoogleTwice is cognito-identity.md 7.3: Google as a social provider and as
// a registered one, with different clients, is one provider.
func TestGoogleTwice(t *testing.T) {
	w := newWorld(t)
	p := w.make(pool.Settings{
		SupportedLoginProviders: map[string]string{pool.Google: "web"},
		OIDCProviderARNs:        []string{oidcPrefix + pool.Google},
	})
	social, registered := google("anna"), map[string]string{pool.Google: "acme-app/anna"}
	id := w.id(p, social)
	if got := w.id(p, registered); got != id {
		t.Errorf("one person is %s and %s", id, got)
	}
	for name, c := range map[string]struct {
		logins map[string]string
		amr    string
	}{
		"the social client":     {social, pool.Google + ":web:anna"},
		"the registered client": {registered, oidcPrefix + pool.Google + ":OIDC:anna"},
	} {
		w.signIn(id, c.logins)
		if diff := cmp.Diff([]string{pool.Authenticated, pool.Google, c.amr}, w.grant.AMR); diff != "" {
			t.Errorf("%s: amr differs (-want +got):\n%s", name, diff)
		}
	}
	_, err := w.GetID(t.Context(), p.ID, "", map[string]string{pool.Google: "neither/anna"})
	refused(t, "a client of neither", err, &pool.LoginRefused{})
}

func TestTwentyLogins(t *testing.T) {
	w := newWorld(t)
	var arns []string
	for n := range 22 {
		arns = append(arns, oidcPrefix+fmt.Sprintf("p%02d.example", n))
	}
	p := w.make(pool.Settings{OIDCProviderARNs: arns})
	login := func(n int) map[string]string {
		return map[string]string{fmt.Sprintf("p%02d.example", n): fmt.Sprint("acme-app/", n)}
	}
	id := w.id(p, login(0))
	for n := 1; n < 20; n++ {
		w.signIn(id, both(login(0), login(n)))
	}
	_, err := w.GetCredentials(t.Context(), id, both(login(0), login(20)), "", nil)
	refused(t, "the twenty-first login", err, &pool.LoginTaken{})
	other := w.id(p, login(21))
	_, err = w.GetID(t.Context(), p.ID, "", both(login(0), login(21)))
	refused(t, "a merge over the limit", err, &pool.LoginTaken{})
	for who, want := range map[string]int{id: 20, other: 1} {
		if got, _, err := w.Identity(t.Context(), who); err != nil || len(got.Logins) != want || got.Disabled {
			t.Errorf("%s is %+v, %v; want %d logins", who, got, err, want)
		}
	}
}

// A client that goes away does not leave half a deletion behind.
func TestDeletionOutlivesItsClient(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	guest := w.id(p, nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.DeletePool(gone, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Pool(p.ID)
	refused(t, "the pool", err, &pool.NoPool{})
	_, err = w.Store.Identity(t.Context(), guest)
	refused(t, "its identity in the database", err, &pool.NoIdentity{})
}

func TestLimitOfPools(t *testing.T) {
	w := newWorld(t)
	w.MaxPools = 2
	p := w.pool(false)
	w.pool(false)
	_, err := w.CreatePool(t.Context(), account, pool.Settings{Name: "p"})
	var limit *pool.LimitExceeded
	if !errors.As(err, &limit) || limit.Message != "Cannot exceed quota for IdentityPoolsPerAccount: 2" {
		t.Errorf("the third pool: %v", err)
	}
	if _, err := w.CreatePool(t.Context(), "999999999999", pool.Settings{Name: "p"}); err != nil {
		t.Errorf("a pool of another account: %v", err)
	}
	if err := w.DeletePool(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	w.pool(false)
}

func TestTagText(t *testing.T) {
	w := newWorld(t)
	p := w.pool(false)
	for text, ok := range map[string]bool{
		"letters é 漢 ٣ and space": true, "_.:/=+-@": true, "no-break\u00a0space": true, "": true,
		"line\nbreak": false, "tab\t": false, "semi;colon": false, "quote\"": false, "nul\x00": false, "a*": false, "\xff": false, "${aws:username}": false,
	} {
		err := w.Tag(t.Context(), p.ID, map[string]string{"key": text})
		if (err == nil) != ok {
			t.Errorf("the value %q: %v", text, err)
		}
	}
	for key, ok := range map[string]bool{"aws": true, "awsome:x": true, "aws:x": false, "aWs:": false, "x:aws:y": true} {
		if err := w.Tag(t.Context(), p.ID, map[string]string{key: "v"}); (err == nil) != ok {
			t.Errorf("the key %q: %v", key, err)
		}
	}
}

// staleStore says that somebody else changed every pool.
type staleStore struct{ pool.Store }

func (staleStore) UpdatePool(context.Context, *pool.Pool, int64) error {
	return &pool.Conflict{What: "the identity pool"}
}

// racedStore loses every race for an identity.
type racedStore struct {
	pool.Store
	tries *int
}

func (s racedStore) Apply(context.Context, *pool.Change) error {
	*s.tries++
	return &pool.Conflict{What: "a login"}
}

func TestChangesThatTheStoreRefuses(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	before := *p
	tags := maps.Clone(p.Tags)
	with := func(s pool.Store) *pool.Service {
		t.Helper()
		c := w.Config
		c.Store = s
		service, err := pool.New(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return service
	}
	stale := with(staleStore{w.Store})
	_, err := stale.UpdatePool(t.Context(), p.ID, pool.Settings{Name: "q"})
	refused(t, "UpdatePool", err, &pool.Conflict{})
	refused(t, "Tag", stale.Tag(t.Context(), p.ID, map[string]string{"a": "b"}), &pool.Conflict{})
	refused(t, "SetRoles", stale.SetRoles(t.Context(), p.ID, nil, nil), &pool.Conflict{})
	if got, err := stale.Pool(p.ID); err != nil || got.Name != before.Name || len(got.Tags) != len(tags) || len(got.Roles) != 2 {
		t.Errorf("refused changes are served: %+v, %v", got, err)
	}

	tries := 0
	raced := with(racedStore{w.Store, &tries})
	_, err = raced.GetID(t.Context(), p.ID, "", google("anna"))
	refused(t, "a race that is always lost", err, &pool.Conflict{})
	if tries < 2 || tries > 100 {
		t.Errorf("it was tried %d times", tries)
	}
}

// A provider that IAM no longer has signs nobody in, and cannot be set.
func TestProviderThatIsGone(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreatePool(t.Context(), account, pool.Settings{Name: "p", OIDCProviderARNs: []string{oidcPrefix + "gone.example"}})
	refused(t, "a provider that IAM has not", err, &pool.Invalid{})
	_, err = w.CreatePool(t.Context(), "999999999999", pool.Settings{Name: "p", OIDCProviderARNs: []string{acmeARN}})
	refused(t, "a provider of another account", err, &pool.Invalid{})

	p := w.make(pool.Settings{OIDCProviderARNs: []string{acmeARN}})
	id := w.id(p, acme("a1"))
	c := w.Config
	c.IAM = func() iam.Snapshot { return emptyIAM{} }
	later, err := pool.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = later.GetCredentials(t.Context(), id, acme("a1"), "", nil)
	refused(t, "a sign-in by it", err, &pool.LoginsDontMatch{})
	if !strings.Contains(err.Error(), "id.acme.example/x") {
		t.Errorf("the reason does not name the provider: %v", err)
	}
}

// emptyIAM has nothing.
type emptyIAM struct{ iam.Snapshot }

func (emptyIAM) RoleByARN(string) (*iam.RoleEntry, bool)            { return nil, false }
func (emptyIAM) OIDCProviderByARN(string) (*iam.OIDCProvider, bool) { return nil, false }
func (emptyIAM) SAMLProviderByARN(string) (*iam.SAMLEntry, bool)    { return nil, false }

// A developer's word must not pass for a verified login.
func TestDeveloperProviderNames(t *testing.T) {
	w := newWorld(t)
	for name, in := range map[string]pool.Settings{
		"a social provider":         {DeveloperProviderName: pool.Google},
		"one the pool does not use": {DeveloperProviderName: pool.Twitter, SupportedLoginProviders: map[string]string{pool.Google: "web"}},
		"the pools' own tokens":     {DeveloperProviderName: pool.Cognito},
		"the word for people":       {DeveloperProviderName: pool.Authenticated},
		"the word for guests":       {DeveloperProviderName: pool.Unauthenticated},
		"a user pool":               {DeveloperProviderName: "cognito-idp.eu-west-1.amazonaws.com"},
		"a registered provider":     {DeveloperProviderName: "id.plain.example", OIDCProviderARNs: []string{oidcPrefix + "id.plain.example"}},
	} {
		in.Name = "p"
		_, err := w.CreatePool(t.Context(), account, in)
		refused(t, name, err, &pool.Invalid{})
	}
	p := w.make(pool.Settings{DeveloperProviderName: "id.plain.example"})
	_, err := w.UpdatePool(t.Context(), p.ID, pool.Settings{Name: "p", OIDCProviderARNs: []string{oidcPrefix + "id.plain.example"}})
	refused(t, "a provider that comes later", err, &pool.Invalid{})
}
