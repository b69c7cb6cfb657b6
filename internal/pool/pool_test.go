package pool_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/openid"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
	"github.com/rockpool-id/rockpool/internal/sts"
)

const (
	account  = "012345678901"
	authRole = "arn:aws:iam::012345678901:role/auth"
	gstRole  = "arn:aws:iam::012345678901:role/guest"
	acmeARN  = oidcPrefix + "id.acme.example/x"

	oidcPrefix = "arn:aws:iam::012345678901:oidc-provider/"
)

// fakeVerifier accepts tokens of the form "client/subject", or with claims
// "client/subject?claim=value&...".
type fakeVerifier struct{ calls *atomic.Int64 }

func (v fakeVerifier) Verify(_ context.Context, token string, want login.Expect) (*login.Claims, error) {
	v.calls.Add(1)
	client, subject, ok := strings.Cut(token, "/")
	if !ok {
		return nil, &login.Refusal{Kind: login.BadSignature, Provider: want.Provider}
	}
	if !slices.Contains(want.ClientIDs, client) {
		return nil, &login.Refusal{Kind: login.WrongAudience, Provider: want.Provider}
	}
	c := &login.Claims{Provider: want.Provider, Issuer: want.Issuer, Audience: []string{client}}
	c.Subject, subject, ok = strings.Cut(subject, "?")
	if ok {
		claims, err := url.ParseQuery(subject)
		if err != nil {
			return nil, err
		}
		c.Raw = map[string]any{}
		for name := range claims {
			switch value := claims.Get(name); value {
			case "true", "false":
				c.Raw[name] = value == "true"
			default:
				c.Raw[name] = value
			}
		}
	}
	return c, nil
}

// noTokens issues nothing, and takes no token for its own.
type noTokens struct{}

func (noTokens) Verify(_ context.Context, _ string, want login.Expect) (*login.Claims, error) {
	return nil, &login.Refusal{Kind: login.NotJWT, Provider: want.Provider}
}

func (noTokens) Issue(context.Context, openid.Token, keys.Kind) (string, error) {
	return "", errors.New("nothing is issued here")
}

// fakeIAM is a snapshot with two roles and every OIDC provider but those of the
// host gone.example.
type fakeIAM struct{ iam.Snapshot }

func (fakeIAM) RoleByARN(arn string) (*iam.RoleEntry, bool) {
	return &iam.RoleEntry{}, arn == authRole || arn == gstRole
}

func (fakeIAM) SAMLProviderByARN(string) (*iam.SAMLEntry, bool) { return nil, false }

func (fakeIAM) OIDCProviderByARN(arn string) (*iam.OIDCProvider, bool) {
	url, ok := strings.CutPrefix(arn, oidcPrefix)
	if !ok || url == "gone.example" {
		return nil, false
	}
	return &iam.OIDCProvider{Account: account, URL: url, ClientIDs: []string{"acme-app"}}, true
}

// fakeSTS hands out empty credentials and remembers the last grant.
type fakeSTS struct {
	mu   sync.Mutex
	last *sts.IdentityGrant
	err  error
}

func (f *fakeSTS) AssumeRoleForIdentity(_ context.Context, g sts.IdentityGrant) (*sts.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*f.last = g
	return &sts.Result{}, f.err
}

type world struct {
	*pool.Service
	t     *testing.T
	grant *sts.IdentityGrant
	sts   *fakeSTS
	calls atomic.Int64
	now   time.Time
	mu    sync.Mutex
}

func newWorld(t *testing.T) *world { return newWorldWith(t, func(*pool.Config) {}) }

func newWorldWith(t *testing.T, set func(*pool.Config)) *world {
	t.Helper()
	db, err := sqldb.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.OpenPools(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(store.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, grant: &sts.IdentityGrant{}, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	w.sts = &fakeSTS{last: w.grant}
	c := pool.Config{
		Store: store, IAM: func() iam.Snapshot { return fakeIAM{} }, STS: w.sts, Region: "eu-west-1",
		Builtin: map[string]login.Verifier{pool.Google: fakeVerifier{&w.calls}},
		OIDC:    fakeVerifier{&w.calls},
		Tokens:  noTokens{},
		Now: func() time.Time { // every look at the clock is a second later
			w.mu.Lock()
			defer w.mu.Unlock()
			w.now = w.now.Add(time.Second)
			return w.now
		},
	}
	set(&c)
	if w.Service, err = pool.New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) pool(guests bool) *pool.Pool {
	w.t.Helper()
	p, err := w.CreatePool(w.t.Context(), account, pool.Settings{
		Name: "p", AllowUnauthenticated: guests,
		SupportedLoginProviders: map[string]string{pool.Google: "web;ios"},
		OIDCProviderARNs:        []string{acmeARN},
		DeveloperProviderName:   "login.dev.example",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.SetRoles(w.t.Context(), p.ID, map[string]string{pool.Authenticated: authRole, pool.Unauthenticated: gstRole}, nil); err != nil {
		w.t.Fatal(err)
	}
	return p
}

func google(sub string) map[string]string { return map[string]string{pool.Google: "web/" + sub} }
func acme(sub string) map[string]string {
	return map[string]string{"id.acme.example/x": "acme-app/" + sub}
}

func both(a, b map[string]string) map[string]string {
	m := map[string]string{}
	for _, x := range []map[string]string{a, b} {
		for k, v := range x {
			m[k] = v
		}
	}
	return m
}

func (w *world) id(p *pool.Pool, logins map[string]string) string {
	w.t.Helper()
	id, err := w.GetID(w.t.Context(), p.ID, "", logins)
	if err != nil {
		w.t.Fatalf("GetID(%v): %v", logins, err)
	}
	return id
}

func (w *world) signIn(id string, logins map[string]string) *pool.SignIn {
	w.t.Helper()
	in, err := w.GetCredentials(w.t.Context(), id, logins, "", nil)
	if err != nil {
		w.t.Fatalf("GetCredentials(%v): %v", logins, err)
	}
	return in
}

// refused checks that err is of the type of want.
func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	target := reflect.New(reflect.TypeOf(want)).Interface()
	if !errors.As(err, target) {
		t.Errorf("%s: error = %v, want a %T", what, err, want)
	}
}

func TestGetID(t *testing.T) {
	w := newWorld(t)
	open, closed := w.pool(true), w.pool(false)

	if a, b := w.id(open, nil), w.id(open, map[string]string{}); a == b {
		t.Error("two guests share an identity")
	}
	anna := w.id(open, google("anna"))
	if again := w.id(open, map[string]string{pool.Google: "ios/anna"}); again != anna {
		t.Error("the same person with another client's token is another identity")
	}
	if other := w.id(closed, google("anna")); other == anna {
		t.Error("two pools share an identity")
	}
	if both := w.id(open, both(google("anna"), acme("a1"))); both != anna {
		t.Error("a second login given together with a known one was not linked")
	}
	if linked := w.id(open, acme("a1")); linked != anna {
		t.Error("the linked login alone does not find the identity")
	}
	bert := w.id(open, google("bert"))
	carl := w.id(open, acme("c1"))
	if merged := w.id(open, both(google("bert"), acme("c1"))); merged != bert {
		t.Errorf("merge: got %s, want the older identity %s", merged, bert)
	}
	lost, _, err := w.Identity(t.Context(), carl)
	if err != nil || !lost.Disabled || lost.Parent != bert {
		t.Errorf("the merged identity is %+v, %v; want disabled with its parent", lost, err)
	}

	_, err = w.GetID(t.Context(), closed.ID, "", nil)
	refused(t, "guest in a closed pool", err, &pool.GuestsNotAllowed{})
	_, err = w.GetID(t.Context(), "eu-west-1:00000000-0000-4000-8000-000000000000", "", nil)
	refused(t, "unknown pool", err, &pool.NoPool{})
	_, err = w.GetID(t.Context(), open.ID, "999999999999", nil)
	refused(t, "another account", err, &pool.NoPool{})
	_, err = w.GetID(t.Context(), open.ID, "", both(google("dora"), acme("a1")))
	if err != nil {
		// a1 belongs to anna, who has a Google login already.
		refused(t, "two logins of one provider", err, &pool.LoginTaken{})
	} else {
		t.Error("an identity has two logins of one provider")
	}
}

func TestLoginsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	bare, err := w.CreatePool(t.Context(), account, pool.Settings{Name: "bare", AllowUnauthenticated: true})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		pool   *pool.Pool
		logins map[string]string
		want   error
		asked  bool // whether a verifier may be asked
	}{
		{"a token that does not verify", p, map[string]string{pool.Google: "garbage"}, &pool.LoginRefused{}, true},
		{"one bad token beside a good one", p, both(acme("x"), map[string]string{pool.Google: "garbage"}), &pool.LoginRefused{}, true},
		{"a client id that is not configured", p, map[string]string{pool.Google: "other/anna"}, &pool.LoginRefused{}, true},
		{"the developer provider in a public operation", p, map[string]string{"login.dev.example": "user"}, &pool.NotPublicProvider{}, false},
		{"a pool-issued token", p, map[string]string{pool.Cognito: "t"}, &pool.CognitoToken{}, false},
		{"a known provider that is not configured", p, map[string]string{pool.Facebook: "t"}, &pool.UnsupportedProvider{}, false},
		{"a user pool that is not configured", p, map[string]string{"cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x": "t"}, &pool.UnsupportedProvider{}, false},
		{"an unknown provider", p, map[string]string{"evil.example": "t"}, &pool.LoginsDontMatch{}, false},
		{"an unknown provider beside a good login", p, both(google("x"), map[string]string{"evil.example": "t"}), &pool.LoginsDontMatch{}, false},
		{"the provider in another case", p, map[string]string{"Accounts.Google.com": "web/anna"}, &pool.LoginsDontMatch{}, false},
		{"any login in a pool without providers", bare, google("anna"), &pool.LoginsDontMatch{}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w.calls.Store(0)
			_, err := w.GetID(t.Context(), c.pool.ID, "", c.logins)
			refused(t, "GetID", err, c.want)
			if n := w.calls.Load(); !c.asked && n > 0 {
				t.Errorf("%d tokens were verified before the refusal", n)
			}
		})
	}
	list, err := w.ListIdentities(t.Context(), p.ID, pool.Position{}, 60, false)
	if err != nil || len(list) != 0 {
		t.Errorf("refused calls left %d identities, %v", len(list), err)
	}
}

// TestGetCredentials is the table of cognito-identity.md 3.3.
func TestGetCredentials(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)

	guest := w.id(p, nil)
	in := w.signIn(guest, nil)
	if in.Identity.ID != guest || w.grant.RoleARN != gstRole || !w.grant.Guest || !slices.Equal(w.grant.AMR, []string{"unauthenticated"}) {
		t.Errorf("guest: identity %s, grant %+v", in.Identity.ID, w.grant)
	}

	in = w.signIn(guest, google("anna"))
	if in.Identity.ID != guest || w.grant.RoleARN != authRole || w.grant.Guest {
		t.Errorf("guest who signs in: identity %s, grant %+v; want the same id and the authenticated role", in.Identity.ID, w.grant)
	}
	want := []string{"authenticated", "accounts.google.com", "accounts.google.com:web:anna"}
	if diff := cmp.Diff(want, w.grant.AMR); diff != "" {
		t.Errorf("amr differs (-want +got):\n%s", diff)
	}
	if w.grant.PoolID != p.ID || w.grant.IdentityID != guest {
		t.Errorf("grant names pool %s and identity %s", w.grant.PoolID, w.grant.IdentityID)
	}
	_, err := w.GetCredentials(t.Context(), guest, nil, "", nil)
	refused(t, "authenticated identity without logins", err, &pool.Forbidden{})
	_, err = w.GetCredentials(t.Context(), guest, google("eve"), "", nil)
	refused(t, "a login of somebody else", err, &pool.LoginsDontMatch{})
	_, err = w.GetCredentials(t.Context(), guest, acme("a1"), "", nil)
	refused(t, "an unknown login alone", err, &pool.LoginsDontMatch{})

	in = w.signIn(guest, both(google("anna"), acme("a1")))
	if len(in.Identity.Logins) != 2 {
		t.Errorf("own and new login: %+v", in.Identity.Logins)
	}
	want = []string{"authenticated", "accounts.google.com", "accounts.google.com:web:anna", "id.acme.example/x", acmeARN + ":OIDC:a1"}
	if diff := cmp.Diff(want, w.grant.AMR); diff != "" {
		t.Errorf("amr differs (-want +got):\n%s", diff)
	}

	second := w.id(p, nil)
	in = w.signIn(second, google("anna"))
	if in.Identity.ID != guest {
		t.Errorf("guest with a login of another identity: answered %s, want %s", in.Identity.ID, guest)
	}
	if in = w.signIn(second, google("anna")); in.Identity.ID != guest {
		t.Errorf("disabled guest with the login again: answered %s, want the parent", in.Identity.ID)
	}
	_, err = w.GetCredentials(t.Context(), second, nil, "", nil)
	refused(t, "disabled guest without logins", err, &pool.Forbidden{})
	_, err = w.GetCredentials(t.Context(), second, google("eve"), "", nil)
	refused(t, "disabled guest with a foreign login", err, &pool.Forbidden{})

	eve := w.id(p, google("eve"))
	_, err = w.GetCredentials(t.Context(), eve, both(google("eve"), acme("a1")), "", nil)
	refused(t, "merge that would give two logins of one provider", err, &pool.LoginTaken{})
	fred := w.id(p, acme("f1"))
	if in = w.signIn(eve, both(google("eve"), acme("f1"))); in.Identity.ID != eve {
		t.Errorf("merge: answered %s, want the named identity %s", in.Identity.ID, eve)
	}
	if lost, _, err := w.Identity(t.Context(), fred); err != nil || !lost.Disabled {
		t.Errorf("the other identity is %+v, %v; want disabled", lost, err)
	}

	_, err = w.GetCredentials(t.Context(), "eu-west-1:00000000-0000-4000-8000-000000000000", google("anna"), "", nil)
	refused(t, "unknown identity", err, &pool.NoIdentity{})
	_, err = w.GetCredentials(t.Context(), eve, google("eve"), gstRole, nil)
	refused(t, "a custom role without a mapping", err, &pool.RoleNotAllowed{})
	if _, err = w.GetCredentials(t.Context(), eve, google("eve"), authRole, nil); err != nil {
		t.Errorf("the default role named as custom role: %v", err)
	}
	w.sts.err = &sts.TrustDenied{}
	_, err = w.GetCredentials(t.Context(), eve, google("eve"), "", nil)
	refused(t, "trust refused", err, &pool.NoRole{})
	w.sts.err = nil

	if err := w.SetRoles(t.Context(), p.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
	_, err = w.GetCredentials(t.Context(), eve, google("eve"), "", nil)
	refused(t, "no role", err, &pool.NoRole{})
	if err := w.DeletePool(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.GetCredentials(t.Context(), eve, google("eve"), "", nil)
	refused(t, "pool deleted", err, &pool.NoIdentity{})
}

func TestGuestsTurnedOffLater(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	guest := w.id(p, nil)
	if _, err := w.UpdatePool(t.Context(), p.ID, pool.Settings{Name: "p", SupportedLoginProviders: p.SupportedLoginProviders}); err != nil {
		t.Fatal(err)
	}
	_, err := w.GetCredentials(t.Context(), guest, nil, "", nil)
	refused(t, "guest credentials", err, &pool.GuestsNotAllowed{})
	if in := w.signIn(guest, google("anna")); in.Identity.ID != guest {
		t.Error("a guest who signs in lost the identity because guests are off")
	}
}

func TestConcurrentFirstSignIns(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	const racers = 200
	ids := make([]string, racers)
	errs := make([]error, racers)
	var wg sync.WaitGroup
	var lock sync.Mutex
	for n := range racers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			lock.Lock()
			logins := google("one person")
			lock.Unlock()
			ids[n], errs[n] = w.GetID(context.Background(), p.ID, "", logins)
		}()
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	if distinct := slices.Compact(ids); len(distinct) != 1 {
		t.Errorf("%d identities for one person", len(distinct))
	}
}

func TestUpdateKeepsWhatTerraformNeverSends(t *testing.T) {
	w := newWorld(t)
	p, err := w.CreatePool(t.Context(), account, pool.Settings{Name: "p", DeveloperProviderName: "login.dev", Tags: map[string]string{"a": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err = w.UpdatePool(t.Context(), p.ID, pool.Settings{Name: "q", AllowClassicFlow: true})
	if err != nil || p.Name != "q" || p.DeveloperProviderName != "login.dev" || p.Tags["a"] != "1" || p.AllowUnauthenticated {
		t.Errorf("after the update: %+v, %v", p, err)
	}
	_, err = w.UpdatePool(t.Context(), p.ID, pool.Settings{Name: "q", DeveloperProviderName: "other"})
	refused(t, "changing the developer provider", err, &pool.Invalid{})
	err = w.Tag(t.Context(), p.ID, map[string]string{"aws:x": "1"})
	refused(t, "reserved tag", err, &pool.Invalid{})
	many := map[string]string{}
	for n := range 50 {
		many[fmt.Sprint(n)] = "x"
	}
	refused(t, "too many tags", w.Tag(t.Context(), p.ID, many), &pool.LimitExceeded{})
	if got, _ := w.Pool(p.ID); len(got.Tags) != 1 {
		t.Errorf("a refused change left %d tags", len(got.Tags))
	}
	for name, role := range map[string]string{
		"not an ARN":      "role",
		"another account": "arn:aws:iam::999999999999:role/auth",
		"missing":         "arn:aws:iam::012345678901:role/nobody",
		"a user":          "arn:aws:iam::012345678901:user/auth",
	} {
		refused(t, "role "+name, w.SetRoles(t.Context(), p.ID, map[string]string{pool.Authenticated: role}, nil), &pool.RoleForbidden{})
	}
}

func TestPools(t *testing.T) {
	w := newWorld(t)
	var want []string
	for range 7 {
		want = append(want, w.pool(false).ID)
	}
	slices.Sort(want)
	var got []string
	for after := ""; ; {
		page := w.Pools(account, after, 3)
		if len(page) == 0 {
			break
		}
		for _, p := range page {
			got = append(got, p.ID)
			after = p.ID
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pools differ (-want +got):\n%s", diff)
	}
	if other := w.Pools("999999999999", "", 10); len(other) != 0 {
		t.Errorf("another account sees %d pools", len(other))
	}
}
