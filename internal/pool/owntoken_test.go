package pool_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/openid"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// fakeTokens issues numbers and knows what they say.
type fakeTokens struct {
	now    func() time.Time
	mu     sync.Mutex
	issued []*login.Claims
}

func (f *fakeTokens) Issue(_ context.Context, t openid.Token, _ keys.Kind) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.issued = append(f.issued, &login.Claims{
		Provider: pool.Cognito, Subject: t.Identity, Audience: []string{t.Pool}, AMR: t.AMR, Expires: f.now().Add(t.Lifetime),
	})
	return strconv.Itoa(len(f.issued) - 1), nil
}

func (f *fakeTokens) Verify(_ context.Context, token string, want login.Expect) (*login.Claims, error) {
	c := f.claims(token)
	switch {
	case c == nil:
		return nil, &login.Refusal{Kind: login.NotJWT}
	case !f.now().Before(c.Expires):
		return nil, &login.Refusal{Kind: login.Expired}
	case !slices.Equal(c.Audience, want.ClientIDs):
		return nil, &login.Refusal{Kind: login.WrongAudience}
	}
	return c, nil
}

func (f *fakeTokens) claims(token string) *login.Claims {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := strconv.Atoi(token)
	if err != nil || n >= len(f.issued) {
		return nil
	}
	return f.issued[n]
}

func tokenWorld(t *testing.T) (*world, *fakeTokens) {
	t.Helper()
	f := &fakeTokens{}
	w := newWorldWith(t, func(c *pool.Config) { f.now, c.Tokens = c.Now, f })
	return w, f
}

func (w *world) developerToken(p *pool.Pool, lifetime time.Duration, logins map[string]string) *pool.Issued {
	w.t.Helper()
	got, err := w.GetDeveloperToken(w.t.Context(), pool.DeveloperTokenInput{PoolID: p.ID, Logins: logins, Lifetime: lifetime})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// classic lets clients of p choose their role at STS.
func (w *world) classic(p *pool.Pool, on bool) {
	w.t.Helper()
	_, err := w.UpdatePool(w.t.Context(), p.ID, pool.Settings{
		Name: p.Name, AllowUnauthenticated: p.AllowUnauthenticated, AllowClassicFlow: on,
		SupportedLoginProviders: p.SupportedLoginProviders, OIDCProviderARNs: p.OIDCProviderARNs,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestABackendsWordIsNotMadeToLastLonger: a token that is traded at GetOpenIdToken
// for another, which the pool takes too, must not outlive the first.
func TestABackendsWordIsNotMadeToLastLonger(t *testing.T) {
	w, f := tokenWorld(t)
	p := w.pool(true)
	w.classic(p, true)
	first := w.developerToken(p, time.Minute, map[string]string{developer: "anna"})
	second, err := w.GetToken(t.Context(), first.Identity.ID, map[string]string{pool.Cognito: first.Token})
	if err != nil {
		t.Fatal(err)
	}
	// The test's clock moves between two looks at it; a token knows seconds.
	if end, was := f.claims(second.Token).Expires, f.claims(first.Token).Expires; end.After(was.Add(10 * time.Second)) {
		t.Errorf("a token until %v was traded for one until %v", was, end)
	}
}

// TestATokenIsHeldAgainstWhatItsLoginsAreNow: what was unlinked since no longer
// counts, in the pool and at STS.
func TestATokenIsHeldAgainstWhatItsLoginsAreNow(t *testing.T) {
	w, f := tokenWorld(t)
	p := w.pool(true)
	w.classic(p, true)
	ctx := t.Context()
	stands := func(what, token string, want bool) {
		t.Helper()
		if why, err := w.TokenStands(ctx, f.claims(token)); err != nil || (why == "") != want {
			t.Errorf("%s: TokenStands = %q, %v", what, why, err)
		}
	}
	anna := w.developerToken(p, time.Hour, both(map[string]string{developer: "anna"}, google("anna")))
	own := map[string]string{pool.Cognito: anna.Token}
	classic, err := w.GetToken(ctx, anna.Identity.ID, google("anna"))
	if err != nil {
		t.Fatal(err)
	}
	guest, err := w.GetToken(ctx, w.id(p, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	stands("a backend's token", anna.Token, true)
	stands("a person's token", classic.Token, true)
	stands("a guest's token", guest.Token, true)

	if err := w.Unlink(ctx, anna.Identity.ID, google("anna"), []string{pool.Google}); err != nil {
		t.Fatal(err)
	}
	stands("a person's token after the login was unlinked", classic.Token, false)
	stands("a backend's token after a login of it was unlinked", anna.Token, false)
	_, err = w.GetCredentials(ctx, anna.Identity.ID, own, "", nil)
	refused(t, "credentials for a token that states a login which was unlinked", err, &pool.LoginsDontMatch{})

	bob := w.developerToken(p, time.Hour, map[string]string{developer: "bob"})
	if err := w.UnlinkDeveloper(ctx, p.ID, bob.Identity.ID, developer, "bob"); err != nil {
		t.Fatal(err)
	}
	stands("a token of a user who was unlinked", bob.Token, false)

	w.signIn(guest.Identity.ID, google("gus"))
	stands("a guest's token after the guest became somebody", guest.Token, false)
	other, err := w.GetToken(ctx, w.id(p, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	carl := w.developerToken(p, time.Hour, map[string]string{developer: "carl:x"})
	stands("a user with a colon", carl.Token, true)
	w.signIn(carl.Identity.ID, map[string]string{pool.Cognito: carl.Token})

	w.classic(p, false)
	stands("a token of a pool whose classic flow is closed", carl.Token, false)
	w.signIn(carl.Identity.ID, map[string]string{pool.Cognito: carl.Token})
	p.AllowUnauthenticated = false
	w.classic(p, true)
	stands("a person's token where guests are not allowed", carl.Token, true)
	stands("a guest's token where guests are not allowed any more", other.Token, false)
	mapping := map[string]pool.RoleMapping{pool.Google: {Type: pool.TokenMapping, Ambiguous: pool.DenyAmbiguous}}
	if err := w.SetRoles(ctx, p.ID, map[string]string{pool.Authenticated: authRole}, mapping); err != nil {
		t.Fatal(err)
	}
	stands("a token of a pool that chooses roles by mappings", carl.Token, false)
	if err := w.DeletePool(ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	stands("a token of a deleted pool", carl.Token, false)
}

// TestDeveloperUsers: what JSON cannot say exactly would make one person of several.
func TestDeveloperUsers(t *testing.T) {
	w, _ := tokenWorld(t)
	p := w.pool(true)
	for user, ok := range map[string]bool{
		"anna": true, "a:b,c;d": true, "Ünal 王": true, strings.Repeat("x", 1024): true,
		"": false, strings.Repeat("x", 1025): false, "a\ufffd": false, "a\xff": false, "a\nb": false, "a\x00": false,
	} {
		_, err := w.GetDeveloperToken(t.Context(), pool.DeveloperTokenInput{PoolID: p.ID, Logins: map[string]string{developer: user}})
		var invalid *pool.Invalid
		if ok != (err == nil) || err != nil && !errors.As(err, &invalid) {
			t.Errorf("%.20q: %v", user, err)
		}
	}
}

// TestWhatDoesNotFitASessionIsNoFault: what does not fit a session is
// not the server's fault.
func TestWhatDoesNotFitASessionIsNoFault(t *testing.T) {
	w := newWorld(t)
	p := w.pool(true)
	id := w.id(p, google("anna"))
	w.sts.err = &sts.TokenTooLarge{Size: 5000}
	_, err := w.GetCredentials(t.Context(), id, google("anna"), "", nil)
	refused(t, "a session that is too large", err, &pool.NoRole{})
}
