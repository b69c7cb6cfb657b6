package pool

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
)

func TestWhatALoginProvidersFieldSays(t *testing.T) {
	for _, c := range []struct {
		name, key, field string
		ids              []string
		secrets          []string
	}{
		{"one client id", Google, "a.example", []string{"a.example"}, nil},
		{"several client ids", Apple, "com.example.app;com.example.web", []string{"com.example.app", "com.example.web"}, nil},
		{"a stray semicolon adds no empty id", Facebook, "1;;2;", []string{"1", "2"}, nil},
		{"a consumer and its secret, which is no client id", Twitter, "key;secret", []string{"key"}, []string{"secret"}},
		{"two consumers", Twitter, "k1;s1;k2;s2", []string{"k1", "k2"}, []string{"s1", "s2"}},
		{"a consumer without a secret is none", Twitter, "key", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := expectOf(c.key, c.field)
			var secrets []string
			for i, consumer := range got.Consumers {
				if consumer.Key != got.ClientIDs[i] {
					t.Errorf("consumer %d is %q, client id %q", i, consumer.Key, got.ClientIDs[i])
				}
				secrets = append(secrets, consumer.Secret.Reveal())
			}
			if d := cmp.Diff(c.ids, got.ClientIDs) + cmp.Diff(c.secrets, secrets); d != "" || got.Provider != c.key {
				t.Errorf("provider %q: %s", got.Provider, d)
			}
		})
	}
}

func TestConsumerPairs(t *testing.T) {
	for field, want := range map[string]bool{"k;s": true, "k;s;k2;s2": true, "": false, "k": false, "k;": false, ";s": false, "k;s;k2": false, ";": false} {
		if got := consumerPairs(field); got != want {
			t.Errorf("%q: %v, want %v", field, got, want)
		}
	}
}

func TestUserPoolNames(t *testing.T) {
	const host = "cognito-idp.us-east-1.amazonaws.com"
	for name, want := range map[string]bool{
		host + "/us-east-1_Abc": true, "cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a": true, host + "/local_1": true,
		host: false, host + "/": false, host + "/pool": false, host + "/a_b/c": false, host + ":443/a_b": false,
		"cognito-idp.evil.example/us-east-1_a": false, host + ".evil.example/us-east-1_a": false, "cognito-idp.amazonaws.com/a_b": false,
		"x.us-east-1.amazonaws.com/a_b": false, "cognito-idp.a.b.amazonaws.com/a_b": false,
	} {
		if got := userPoolName(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// liveUserPools vouches for one client's token and records who was asked about.
type liveUserPools struct {
	client string
	asked  int
	err    error
}

func (l *liveUserPools) Verify(_ context.Context, _ string, want login.Expect) (*login.Claims, error) {
	return &login.Claims{Provider: want.Provider, Subject: "u-1", Audience: []string{l.client}}, nil
}

func (l *liveUserPools) CheckLive(context.Context, string, *login.Claims) error {
	l.asked++
	return l.err
}

// TestServerSideTokenCheckIsPerClient: the client that a token is for decides.
func TestServerSideTokenCheckIsPerClient(t *testing.T) {
	const name = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Abc"
	p := &Pool{UserPools: []UserPool{
		{ProviderName: name, ClientID: "plain"}, {ProviderName: name, ClientID: "checked", ServerSideTokenCheck: true},
		{ProviderName: "cognito-idp.us-east-1.amazonaws.com/us-east-1_Other", ClientID: "other", ServerSideTokenCheck: true},
	}}
	refusal := &login.Refusal{Kind: login.Rejected}
	for client, asked := range map[string]int{"plain": 0, "checked": 1} {
		users := &liveUserPools{client: client, err: refusal}
		s := &Service{Config: Config{UserPools: users}}
		c, err := s.userPoolCheck(p, name)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"plain", "checked"}, c.expect.ClientIDs); d != "" {
			t.Error(d)
		}
		_, _, err = c.verify(t.Context(), "token")
		if users.asked != asked || (err != nil) != (asked > 0) {
			t.Errorf("%s: asked %d times, error %v", client, users.asked, err)
		}
	}
	var none Service
	if _, err := none.userPoolCheck(p, name); err == nil {
		t.Error("user pools without a verifier are accepted")
	}
}

// iamWithUserPool has every user pool registered as an OIDC provider.
type iamWithUserPool struct{ iam.Snapshot }

func (iamWithUserPool) OIDCProviderByARN(arn string) (*iam.OIDCProvider, bool) {
	_, url, ok := strings.Cut(arn, ":oidc-provider/")
	return &iam.OIDCProvider{Account: "012345678901", URL: url, ClientIDs: []string{"checked"}}, ok
}

// TestAUserPoolThatIsRegisteredInIAMTooIsCheckedStill: the second way in is not the
// easier one.
func TestAUserPoolThatIsRegisteredInIAMTooIsCheckedStill(t *testing.T) {
	const name = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Abc"
	p := &Pool{
		UserPools:        []UserPool{{ProviderName: name, ClientID: "checked", ServerSideTokenCheck: true}},
		OIDCProviderARNs: []string{"arn:aws:iam::012345678901:oidc-provider/" + name},
	}
	users := &liveUserPools{client: "checked", err: &login.Refusal{Kind: login.Rejected}}
	s := &Service{Config: Config{UserPools: users, OIDC: &liveUserPools{client: "checked"}, IAM: func() iam.Snapshot { return iamWithUserPool{} }}}
	var refused *LoginRefused
	if got, err := s.verify(t.Context(), p, map[string]string{name: "token"}); !errors.As(err, &refused) || users.asked != 1 {
		t.Errorf("a user who was signed out everywhere: %+v, %v, asked %d times", got, err, users.asked)
	}
}
