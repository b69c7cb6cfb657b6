package pool

import (
	"context"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/login"
)

// expectOf reads the value of a provider in SupportedLoginProviders: one client
// id or several, or for X a consumer key and its secret, which is no client id
// and goes nowhere but to the verifier.
func expectOf(key, field string) login.Expect {
	want := login.Expect{Provider: key}
	if key != Twitter && key != Digits {
		want.ClientIDs = clientIDs(field)
		return want
	}
	parts := strings.Split(field, ";")
	for i := 0; i+1 < len(parts); i += 2 {
		want.ClientIDs = append(want.ClientIDs, parts[i])
		want.Consumers = append(want.Consumers, login.Consumer{Key: parts[i], Secret: login.NewSecret(parts[i+1])})
	}
	return want
}

// consumerPairs reports whether field is a list of consumer keys, each followed
// by its secret.
func consumerPairs(field string) bool {
	parts := strings.Split(field, ";")
	return len(parts)%2 == 0 && !slices.Contains(parts, "")
}

// userPoolCheck is how the pool verifies logins of a user pool. Each client may
// have its own ServerSideTokenCheck; the one that the token is for decides.
func (s *Service) userPoolCheck(p *Pool, key string) (check, error) {
	if s.UserPools == nil {
		return check{}, &NotBuilt{Feature: "logins of user pools"}
	}
	want := login.Expect{Provider: key}
	var checked []string
	for _, u := range p.UserPools {
		if u.ProviderName != key {
			continue
		}
		want.ClientIDs = append(want.ClientIDs, u.ClientID)
		if u.ServerSideTokenCheck {
			checked = append(checked, u.ClientID)
		}
	}
	c := check{
		verifier: s.UserPools, expect: want,
		name: func(c *login.Claims) naming {
			client := audience(c, want.ClientIDs)
			return naming{AMR: [2]string{key, key + ":CognitoSignIn:" + c.Subject}, Client: client, Mapping: key + ":" + client, TagMap: key}
		},
	}
	if len(checked) == 0 {
		return c, nil
	}
	live, ok := s.UserPools.(login.LivenessChecker)
	if !ok {
		return check{}, &NotBuilt{Feature: "ServerSideTokenCheck"}
	}
	c.live = func(ctx context.Context, token string, claims *login.Claims) error {
		if !slices.Contains(checked, audience(claims, want.ClientIDs)) {
			return nil
		}
		return live.CheckLive(ctx, token, claims)
	}
	return c, nil
}

// userPoolName reports whether name can be the provider name of a user pool:
// cognito-idp, a region, AWS's domain, and a pool id.
func userPoolName(name string) bool {
	host, id, ok := strings.Cut(name, "/")
	region, isPool := strings.CutPrefix(host, "cognito-idp.")
	region, global := strings.CutSuffix(region, ".amazonaws.com")
	region, china := strings.CutSuffix(region, ".amazonaws.com.cn")
	return ok && isPool && global != china && region != "" && !strings.ContainsAny(region, "._:") &&
		strings.Contains(id, "_") && !strings.ContainsAny(id, "/:.")
}
