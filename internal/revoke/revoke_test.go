package revoke_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/revoke"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// memory is a Store in memory.
type memory struct {
	mu   sync.Mutex
	list []revoke.Revocation
	err  error
}

func (m *memory) SaveRevocation(_ context.Context, r revoke.Revocation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.list = slices.DeleteFunc(m.list, func(o revoke.Revocation) bool {
		return o.Kind == r.Kind && o.Provider == r.Provider && o.Subject == r.Subject
	})
	m.list = append(m.list, r)
	return nil
}

func (m *memory) Revocations(_ context.Context, at time.Time) ([]revoke.Revocation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.list), func(r revoke.Revocation) bool { return r.Expires.Before(at) }), nil
}

func (m *memory) SweepRevocations(_ context.Context, before time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = slices.DeleteFunc(m.list, func(r revoke.Revocation) bool { return r.Expires.Before(before) })
	return nil
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 500e6, time.UTC)

func open(t testing.TB, store revoke.Store, now *time.Time) *revoke.Set {
	t.Helper()
	s, err := revoke.Open(context.Background(), revoke.Config{Store: store, Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// poolSession is a session of an identity that proved a Google login.
func poolSession(issued time.Time) *sts.Session {
	return &sts.Session{
		Type: sts.WebIdentitySession, AccessKeyID: "ASIA1", RoleID: "AROA1", IdentityID: "r:1", IdentityPoolID: "r:p", Issued: issued,
		Context: []sts.ContextKey{{Name: sts.CognitoAMR, Values: []string{
			"authenticated", "accounts.google.com", "accounts.google.com:web:anna", "id.acme.example", "arn:aws:iam::123456789012:oidc-provider/id.acme.example:OIDC:a:1",
		}, Multi: true}},
	}
}

func TestRevoked(t *testing.T) {
	before, after := noon.Add(-time.Minute).Truncate(time.Second), noon.Add(time.Second).Truncate(time.Second)
	direct := &sts.Session{
		Type: sts.WebIdentitySession, AccessKeyID: "ASIA2", RoleID: "AROA1", Issued: before,
		Context: []sts.ContextKey{{Name: "graph.facebook.com:id", Values: []string{"f1"}}, {Name: "graph.facebook.com:app_id", Values: []string{"app"}}},
	}
	// Two roles on from a session of a person, by a request that took its time.
	chained := &sts.Session{
		Type: sts.RoleSession, AccessKeyID: "ASIA6", RoleID: "AROA6", IdentityID: "r:1", IdentityPoolID: "r:p", Issued: after,
		Parents: []sts.Parent{{AccessKeyID: "ASIA4", RoleID: "AROA4", Issued: before}, {AccessKeyID: "ASIA5", Issued: before}},
		Origin:  poolSession(before).Context,
	}
	saml := &sts.Session{
		Type: sts.SAMLSession, AccessKeyID: "ASIA7", RoleID: "AROA7", Issued: before, Provider: "arn:aws:iam::123456789012:saml-provider/Acme",
		Context: []sts.ContextKey{{Name: "saml:namequalifier", Values: []string{"q"}}, {Name: "saml:sub", Values: []string{"anna"}}},
	}
	plain := &sts.Session{Type: sts.UserSession, AccessKeyID: "ASIA3", UserID: "AIDA1", Issued: before}
	for name, c := range map[string]struct {
		r       revoke.Revocation
		session *sts.Session
		want    bool
	}{
		"the session itself":                          {revoke.Revocation{Kind: revoke.Session, Subject: "ASIA1"}, poolSession(before), true},
		"another session":                             {revoke.Revocation{Kind: revoke.Session, Subject: "ASIA9"}, poolSession(before), false},
		"its identity":                                {revoke.Revocation{Kind: revoke.Identity, Subject: "r:1"}, poolSession(before), true},
		"its identity, issued in the same second":     {revoke.Revocation{Kind: revoke.Identity, Subject: "r:1"}, poolSession(noon.Truncate(time.Second)), true},
		"its identity, issued later":                  {revoke.Revocation{Kind: revoke.Identity, Subject: "r:1"}, poolSession(after), false},
		"another identity":                            {revoke.Revocation{Kind: revoke.Identity, Subject: "r:2"}, poolSession(before), false},
		"its pool":                                    {revoke.Revocation{Kind: revoke.Pool, Subject: "r:p"}, poolSession(before), true},
		"its role":                                    {revoke.Revocation{Kind: revoke.Role, Subject: "AROA1"}, poolSession(before), true},
		"a role, and a session of a user":             {revoke.Revocation{Kind: revoke.Role, Subject: ""}, plain, false},
		"an identity, and a session without one":      {revoke.Revocation{Kind: revoke.Identity, Subject: ""}, plain, false},
		"its login":                                   {revoke.Revocation{Kind: revoke.Login, Provider: "accounts.google.com", Subject: "anna"}, poolSession(before), true},
		"its login, issued later":                     {revoke.Revocation{Kind: revoke.Login, Provider: "accounts.google.com", Subject: "anna"}, poolSession(after), false},
		"its second login, whose subject has a colon": {revoke.Revocation{Kind: revoke.Login, Provider: "id.acme.example", Subject: "a:1"}, poolSession(before), true},
		"part of its subject":                         {revoke.Revocation{Kind: revoke.Login, Provider: "accounts.google.com", Subject: "nna"}, poolSession(before), false},
		"the same subject elsewhere":                  {revoke.Revocation{Kind: revoke.Login, Provider: "id.acme.example", Subject: "anna"}, poolSession(before), false},
		"the login of a token given to STS":           {revoke.Revocation{Kind: revoke.Login, Provider: "graph.facebook.com", Subject: "f1"}, direct, true},
		"the session that it was made with":           {revoke.Revocation{Kind: revoke.Session, Subject: "ASIA5"}, chained, true},
		"the role of the session before that":         {revoke.Revocation{Kind: revoke.Role, Subject: "AROA4"}, chained, true},
		"its own role, issued later":                  {revoke.Revocation{Kind: revoke.Role, Subject: "AROA6"}, chained, false},
		"no role":                                     {revoke.Revocation{Kind: revoke.Role, Subject: ""}, chained, false},
		"the person who began the chain":              {revoke.Revocation{Kind: revoke.Identity, Subject: "r:1"}, chained, true},
		"the pool of who began the chain":             {revoke.Revocation{Kind: revoke.Pool, Subject: "r:p"}, chained, true},
		"the login of who began the chain":            {revoke.Revocation{Kind: revoke.Login, Provider: "accounts.google.com", Subject: "anna"}, chained, true},
		"the login of an assertion given to STS":      {revoke.Revocation{Kind: revoke.Login, Provider: "arn:aws:iam::123456789012:saml-provider/Acme", Subject: "anna"}, saml, true},
		"another SAML provider's":                     {revoke.Revocation{Kind: revoke.Login, Provider: "arn:aws:iam::123456789012:saml-provider/B", Subject: "anna"}, saml, false},
		"its app is no person":                        {revoke.Revocation{Kind: revoke.Login, Provider: "graph.facebook.com", Subject: "app"}, direct, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := noon
			s := open(t, &memory{}, &now)
			if s.Revoked(c.session) {
				t.Fatal("revoked before anybody said so")
			}
			if _, err := s.Revoke(t.Context(), c.r); err != nil {
				t.Fatal(err)
			}
			if got := s.Revoked(c.session); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestOtherNodesAndExpiry(t *testing.T) {
	store, now := &memory{}, noon
	here, there := open(t, store, &now), open(t, store, &now)
	if _, err := here.Revoke(t.Context(), revoke.Revocation{Kind: revoke.Identity, Subject: "r:1", By: "root", Reason: "lost laptop"}); err != nil {
		t.Fatal(err)
	}
	old := poolSession(noon.Add(-time.Hour))
	if there.Revoked(old) {
		t.Error("another node knows before it has looked")
	}
	if err := there.Refresh(t.Context()); err != nil || !there.Revoked(old) {
		t.Errorf("another node does not take it over: %v", err)
	}
	if l := there.List(); len(l) != 1 || l[0].Reason != "lost laptop" || !l[0].Expires.Equal(noon.Add(revoke.MaxSession)) {
		t.Errorf("the list is %+v", l)
	}
	now = noon.Add(revoke.MaxSession + time.Second)
	if err := here.Sweep(t.Context()); err != nil || len(here.List()) != 0 || len(store.list) != 0 {
		t.Errorf("after its time: %v, %v", here.List(), err)
	}
	store.err = errors.New("disk full")
	if _, err := here.Revoke(t.Context(), revoke.Revocation{Kind: revoke.Identity, Subject: "r:1"}); err == nil || here.Revoked(old) {
		t.Errorf("what could not be stored was acknowledged: %v", err)
	}
}

func TestAskingAllocatesNothing(t *testing.T) {
	now := noon
	s := open(t, &memory{}, &now)
	for _, r := range []revoke.Revocation{{Kind: revoke.Identity, Subject: "r:9"}, {Kind: revoke.Login, Provider: "accounts.google.com", Subject: "bert"}} {
		if _, err := s.Revoke(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	x := poolSession(noon.Add(-time.Hour))
	if n := testing.AllocsPerRun(100, func() { s.Revoked(x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRevoked(b *testing.B) {
	now := noon
	s := open(b, &memory{}, &now)
	x := poolSession(noon.Add(-time.Hour))
	b.Run("nothing revoked", func(b *testing.B) {
		for b.Loop() {
			s.Revoked(x)
		}
	})
	for _, r := range []revoke.Revocation{{Kind: revoke.Identity, Subject: "r:9"}, {Kind: revoke.Pool, Subject: "r:q"}, {Kind: revoke.Login, Provider: "accounts.google.com", Subject: "bert"}} {
		if _, err := s.Revoke(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("others revoked", func(b *testing.B) {
		for b.Loop() {
			s.Revoked(x)
		}
	})
}
