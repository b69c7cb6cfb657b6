package sts_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

// grant makes a session of a pool identity.
func (s *scene) grant() *sts.Result {
	s.Helper()
	s.iam.Role(iam.Role{Name: "R"}, trust(federated(sts.CognitoProvider), webIdentity, ""))
	r, err := s.sts.AssumeRoleForIdentity(s.Context(), sts.IdentityGrant{
		RoleARN: roleARN, PoolID: "us-east-1:pool", IdentityID: "us-east-1:id", AMR: []string{"authenticated"},
	})
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func TestAttacksOnASessionToken(t *testing.T) {
	ring := ststest.Ring(t)
	clock, snapshot := ststest.NewClock(), ststest.NewIAM(t)
	snapshot.Role(iam.Role{Name: "R"}, trust(federated(sts.CognitoProvider), webIdentity, ""))
	service := func(sealer keys.Sealer) *sts.Service {
		s, err := sts.New(sts.Config{IAM: snapshot.Snapshot, Sealer: sealer, Now: clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	own := service(ring)
	r, err := own.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{RoleARN: roleARN, PoolID: "p", IdentityID: "i", AMR: []string{"authenticated"}})
	if err != nil {
		t.Fatal(err)
	}
	token := r.Credentials.SessionToken
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	flip := func(i int) string {
		b := slices.Clone(raw)
		b[i] ^= 0x10
		return base64.RawURLEncoding.EncodeToString(b)
	}
	seal := func(purpose string, plain []byte) string {
		b, err := ring.Seal(purpose, plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	content, err := ring.Open("session", raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		by    *sts.Service
		token string
		want  sts.TokenReason // 0: accepted
	}{
		{"the token itself", own, token, 0},
		{"on another node", service(ring), token, 0},
		{"by another installation", service(ststest.Ring(t)), token, sts.TokenUnknownKey},
		{"empty", own, "", sts.TokenMalformed},
		{"not base64", own, "%%%", sts.TokenMalformed},
		{"in the other alphabet of base64", own, base64.StdEncoding.EncodeToString(raw), sts.TokenMalformed},
		{"with spaces around it", own, " " + token, sts.TokenMalformed},
		{"cut short", own, token[:len(token)-4], sts.TokenMalformed},
		{"with something behind it", own, token + "AAAA", sts.TokenMalformed},
		{"as long as a megabyte", own, strings.Repeat("A", 1<<20), sts.TokenMalformed},
		{"with a changed version", own, flip(0), sts.TokenMalformed},
		{"with a changed key id", own, flip(2), sts.TokenUnknownKey},
		{"with a changed nonce", own, flip(8), sts.TokenMalformed},
		{"with a changed content", own, flip(40), sts.TokenMalformed},
		{"with a changed tag", own, flip(len(raw) - 1), sts.TokenMalformed},
		{"the same content sealed for another purpose", own, seal("access-key", content), sts.TokenMalformed},
		{"sealed for sessions but no session", own, seal("session", []byte("hello")), sts.TokenMalformed},
		{"a session of another version", own, seal("session", append([]byte{2}, content[1:]...)), sts.TokenMalformed},
		{"a session of no type", own, seal("session", append([]byte{1, 0}, content[2:]...)), sts.TokenMalformed},
		{"a session with something behind it", own, seal("session", append(slices.Clone(content), 0)), sts.TokenMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			session, secret, err := tt.by.Open(tt.token)
			bad, _ := errors.AsType[*sts.TokenError](err)
			switch {
			case tt.want == 0 && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != 0 && (bad == nil || bad.Reason != tt.want):
				t.Errorf("got %v", err)
			case tt.want != 0 && (session != nil || !secret.Empty()):
				t.Error("a refused token gave a session")
			case err != nil && len(tt.token) > 8 && strings.Contains(err.Error(), tt.token):
				t.Error("the error shows the token")
			}
		})
	}
}

func TestATokenEndsToTheSecond(t *testing.T) {
	s := newScene(t, sts.Providers{})
	r := s.grant()
	token := r.Credentials.SessionToken
	for _, step := range []struct {
		add  time.Duration
		open bool
	}{{0, true}, {time.Hour - time.Second, true}, {time.Second - 1, true}, {1, false}, {time.Hour, false}} {
		s.clock.Add(step.add)
		_, _, err := s.sts.Open(token)
		bad, _ := errors.AsType[*sts.TokenError](err)
		if step.open != (err == nil) || err != nil && (bad.Reason != sts.TokenExpired || !bad.Expired.Equal(r.Credentials.Expiration)) {
			t.Errorf("at %v before its end: %v", r.Credentials.Expiration.Sub(s.clock.Now()), err)
		}
	}
}

func TestRemovingAKeyEndsRememberedTokens(t *testing.T) {
	ring, snapshot := ststest.Ring(t), ststest.NewIAM(t)
	snapshot.Role(iam.Role{Name: "R"}, trust(federated(sts.CognitoProvider), webIdentity, ""))
	s, err := sts.New(sts.Config{IAM: snapshot.Snapshot, Sealer: ring})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{RoleARN: roleARN, PoolID: "p", IdentityID: "i", AMR: []string{"authenticated"}})
	if err != nil {
		t.Fatal(err)
	}
	token, id := r.Credentials.SessionToken, ring.CurrentID()
	if _, _, err := s.Open(token); err != nil {
		t.Fatal(err)
	}
	if err := ring.Rotate(t.Context(), keys.Sealing); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(token); err != nil {
		t.Fatalf("a rotation ended sessions: %v", err)
	}
	if err := ring.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Open(token)
	if bad, _ := errors.AsType[*sts.TokenError](err); bad == nil || bad.Reason != sts.TokenUnknownKey || bad.KeyID != id {
		t.Errorf("got %v", err)
	}
}

func TestEverySessionSurvivesItsToken(t *testing.T) {
	s := newScene(t, sts.Providers{})
	s.iam.User(iam.User{Name: "joe"})
	s.iam.Key(keyID, "AIDAJOE", true)
	s.iam.Key("AKIAROOT000000000000", "", true)
	policy := `{"Version":"2012-10-17","Statement":[` +
		strings.Repeat(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/prefix/*"},`, 10) +
		`{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bucket"}]}`
	s.iam.Role(iam.Role{Name: "R"}, trust(aws(userARN), `"sts:*"`, ""))
	made := map[string]func() (*sts.Result, error){
		"AssumeRole": func() (*sts.Result, error) {
			return s.sts.AssumeRole(t.Context(), s.key(keyID), sts.AssumeRoleInput{
				RoleARN: roleARN, SessionName: "sess", Policy: policy, SourceIdentity: "joe",
				Tags: []iam.Tag{{Key: "größe", Value: ""}, {Key: "b", Value: "2"}}, TransitiveKeys: []string{"b"},
			})
		},
		"GetSessionToken": func() (*sts.Result, error) {
			return s.sts.GetSessionToken(t.Context(), s.key(keyID), sts.SessionTokenInput{})
		},
		"GetFederationToken": func() (*sts.Result, error) {
			return s.sts.GetFederationToken(t.Context(), s.key(keyID), sts.FederationTokenInput{Name: "ann", Policy: policy})
		},
		"GetSessionToken of root": func() (*sts.Result, error) {
			return s.sts.GetSessionToken(t.Context(), s.key("AKIAROOT000000000000"), sts.SessionTokenInput{})
		},
	}
	for name, make := range made {
		t.Run(name, func(t *testing.T) {
			r, err := make()
			if err != nil {
				t.Fatal(err)
			}
			got, secret, err := s.sts.Open(r.Credentials.SessionToken)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(r.Session, got); d != "" {
				t.Error(d)
			}
			if !secret.Equal(r.Credentials.Secret) {
				t.Error("another secret")
			}
			if !strings.HasPrefix(got.AccessKeyID, "ASIA") || len(got.AccessKeyID) != 20 {
				t.Errorf("access key id %q", got.AccessKeyID)
			}
			t.Logf("%d bytes, packed %d%%", len(r.Credentials.SessionToken), r.PackedPercent)
		})
	}
	root, _ := made["GetSessionToken of root"]()
	if got := root.Credentials.Expiration.Sub(s.clock.Now()); got != time.Hour {
		t.Errorf("root's session lasts %v", got)
	}
}

func BenchmarkOpenRemembered(b *testing.B) {
	ring, snapshot := ststest.Ring(b), ststest.NewIAM(b)
	snapshot.Role(iam.Role{Name: "R"}, trust(federated(sts.CognitoProvider), webIdentity, ""))
	s, err := sts.New(sts.Config{IAM: snapshot.Snapshot, Sealer: ring})
	if err != nil {
		b.Fatal(err)
	}
	grant := sts.IdentityGrant{RoleARN: roleARN, PoolID: "us-east-1:pool", IdentityID: "us-east-1:id", AMR: []string{"authenticated"}}
	r, err := s.AssumeRoleForIdentity(b.Context(), grant)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Open(r.Credentials.SessionToken); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAssumeRoleForIdentity(b *testing.B) {
	ring, snapshot := ststest.Ring(b), ststest.NewIAM(b)
	snapshot.Role(iam.Role{Name: "R"}, trust(federated(sts.CognitoProvider), webIdentity, `{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}}`))
	s, err := sts.New(sts.Config{IAM: snapshot.Snapshot, Sealer: ring})
	if err != nil {
		b.Fatal(err)
	}
	grant := sts.IdentityGrant{RoleARN: roleARN, PoolID: "us-east-1:pool", IdentityID: "us-east-1:id", AMR: []string{"authenticated"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.AssumeRoleForIdentity(b.Context(), grant); err != nil {
			b.Fatal(err)
		}
	}
}
