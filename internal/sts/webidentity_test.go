package sts_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

// fakeToken is a JSON Web Token of an issuer, whose signature nobody checks.
func fakeToken(iss string) keys.Secret {
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err) // a map of texts and numbers always encodes
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	now := ststest.NewClock().Now().Unix()
	return keys.NewSecret(part(map[string]any{"alg": "RS256", "kid": "k"}) + "." +
		part(map[string]any{"iss": iss, "sub": "person", "aud": "client", "iat": now, "exp": now + 600}) + "." +
		base64.RawURLEncoding.EncodeToString(make([]byte, 256)))
}

func TestTheTokenOfAWebIdentity(t *testing.T) {
	const poolIssuer = "https://id.example.test"
	refusal := &login.Refusal{Kind: login.BadSignature}
	tests := []struct {
		name    string
		iss     string
		verify  error
		raw     map[string]any
		wantErr any // a pointer to the type of error
	}{
		{"Google", "https://accounts.google.com", nil, nil, nil},
		{"Google without a scheme", "accounts.google.com", nil, nil, nil},
		{"Google with a slash is nobody", "https://accounts.google.com/", nil, nil, new(*sts.NoProvider)},
		{"our own pool", poolIssuer, nil, nil, nil},
		{"a registered provider", "https://idp.example/path", nil, nil, nil},
		{"a registered provider with another slash", "https://idp.example/path/", nil, nil, new(*sts.NoProvider)},
		{"a registered provider over plain http", "http://idp.example/path", nil, nil, new(*sts.NoProvider)},
		{"a provider of nobody", "https://evil.example", nil, nil, new(*sts.NoProvider)},
		{"a token that the verifier refuses", "https://idp.example/path", refusal, nil, new(*login.Refusal)},
		{"session tags", "https://idp.example/path", nil, map[string]any{
			"https://aws.amazon.com/tags": map[string]any{
				"principal_tags": map[string]any{"team": []any{"red"}}, "transitive_tag_keys": []any{"team"},
			},
		}, nil},
		{"flattened session tags", "https://idp.example/path", nil, map[string]any{
			"https://aws.amazon.com/tags/principal_tags/team": "red",
			"https://aws.amazon.com/tags/transitive_tag_keys": []any{"team"},
		}, nil},
		{"session tags of a wrong shape", "https://idp.example/path", nil, map[string]any{
			"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []any{"a", "b"}}},
		}, new(*sts.BadClaim)},
		{"a source identity that is no text", "https://idp.example/path", nil, map[string]any{
			"https://aws.amazon.com/source_identity": true,
		}, new(*sts.BadClaim)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeProvider{err: tt.verify, claims: login.Claims{
				Issuer: tt.iss, Subject: "person", Audience: []string{"client"}, AMR: []string{"authenticated"}, Raw: tt.raw,
			}}
			s := newScene(t, sts.Providers{Google: f, OIDC: f, Pool: f, PoolIssuers: []string{poolIssuer}})
			arn := s.iam.Provider(iam.OIDCProvider{URL: "idp.example/path", ClientIDs: []string{"client"}, Thumbprints: []string{"ab"}})
			s.iam.Role(iam.Role{Name: "R"}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
				"Principal":{"Federated":["accounts.google.com","cognito-identity.amazonaws.com","`+arn+`"]},
				"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"]}}`)
			r, err := s.sts.AssumeRoleWithWebIdentity(t.Context(), sts.WebIdentityInput{
				RoleARN: roleARN, SessionName: "web", Token: fakeToken(tt.iss),
			})
			if tt.wantErr != nil {
				if !errors.As(err, tt.wantErr) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			provider := tt.iss
			if f.want.Provider == sts.CognitoProvider {
				provider = sts.CognitoProvider // without the scheme
			}
			if r.Subject != "person" || r.Audience != "client" || r.Provider != provider {
				t.Errorf("subject %q, audience %q, provider %q", r.Subject, r.Audience, r.Provider)
			}
			if tt.raw != nil && (len(r.Session.Tags) != 1 || r.Session.Tags[0] != iam.Tag{Key: "team", Value: "red"} || len(r.Session.TransitiveKeys) != 1) {
				t.Errorf("tags %v, transitive %v", r.Session.Tags, r.Session.TransitiveKeys)
			}
			if f.want.MaxAge != 24*time.Hour {
				t.Errorf("tokens may be %v old", f.want.MaxAge)
			}
			registered := f.want.Provider == "idp.example/path"
			if registered && (!f.want.NeedAuthorizedParty || f.want.AnyAudience || len(f.want.ClientIDs) != 1 || len(f.want.Thumbprints) != 1) {
				t.Errorf("a registered provider's token is checked with %+v", *f.want)
			}
		})
	}
}

func TestWhatAnIdentityPoolSessionCarries(t *testing.T) {
	s := newScene(t, sts.Providers{})
	s.iam.Role(iam.Role{Name: "R"}, trust(federated(sts.CognitoProvider), `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, ""))
	r, err := s.sts.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{
		RoleARN: roleARN, PoolID: "us-east-1:pool", IdentityID: "us-east-1:id", AMR: []string{"authenticated", "accounts.google.com"},
		Tags: []iam.Tag{{Key: "username", Value: "person"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, secret, err := s.sts.Open(r.Credentials.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	now := s.clock.Now()
	want := &sts.Session{
		Type: sts.WebIdentitySession, AccessKeyID: r.Credentials.AccessKeyID, Account: account, RoleID: "AROAR",
		Name: "CognitoIdentityCredentials", Tags: []iam.Tag{{Key: "username", Value: "person"}}, Provider: sts.CognitoProvider,
		Context: []sts.ContextKey{
			{Name: "cognito-identity.amazonaws.com:aud", Values: []string{"us-east-1:pool"}},
			{Name: "cognito-identity.amazonaws.com:sub", Values: []string{"us-east-1:id"}},
			{Name: "cognito-identity.amazonaws.com:amr", Values: []string{"authenticated", "accounts.google.com"}, Multi: true},
		},
		IdentityID: "us-east-1:id", IdentityPoolID: "us-east-1:pool", AMR: "authenticated,accounts.google.com", Issued: now, Expires: now.Add(time.Hour),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !secret.Equal(r.Credentials.Secret) || len(secret.Reveal()) != 40 {
		t.Error("the secret does not travel in the token")
	}
	if n := len(r.Credentials.SessionToken); n > 800 {
		t.Errorf("a session token of %d bytes", n)
	}
	if r.AssumedRoleID() != "AROAR:CognitoIdentityCredentials" {
		t.Errorf("id %s", r.AssumedRoleID())
	}
	t.Logf("session token: %d bytes", len(r.Credentials.SessionToken))

	guest, err := s.sts.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{
		RoleARN: roleARN, PoolID: "us-east-1:pool", IdentityID: "us-east-1:id", AMR: []string{"unauthenticated"}, Guest: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{sts.GuestInlineARN, sts.GuestManagedARN}, guest.Session.PolicyARNs); d != "" {
		t.Errorf("a guest without a ceiling: %s", d)
	}
}

func TestProviderIDIsNotServed(t *testing.T) {
	s := newScene(t, sts.Providers{})
	_, err := s.sts.AssumeRoleWithWebIdentity(t.Context(), sts.WebIdentityInput{
		RoleARN: roleARN, SessionName: "web", Token: keys.NewSecret("opaque"), ProviderID: "graph.facebook.com",
	})
	if e, ok := errors.AsType[*sts.Invalid](err); !ok || e.Kind != sts.BadProviderID {
		t.Errorf("got %v", err)
	}
}

func TestAPoolAssumesNoRoleOfAnotherAccount(t *testing.T) {
	s := newScene(t, sts.Providers{})
	s.iam.Role(iam.Role{Name: "R", Account: "444455556666"}, trust(federated(sts.CognitoProvider), webIdentity, ""))
	_, err := s.sts.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{
		RoleARN: "arn:aws:iam::444455556666:role/R", PoolID: "p", IdentityID: "i", AMR: []string{"authenticated"},
	})
	if e, ok := errors.AsType[*sts.TrustDenied](err); !ok || e.Reason != sts.ForeignRole {
		t.Errorf("got %v", err)
	}
}
