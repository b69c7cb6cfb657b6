package stsapi_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/api/stsapi"
	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
	"github.com/rockpool-id/rockpool/sigv4"
)

const (
	account = ststest.Account
	keyID   = "AKIAJOE0000000000000"
	rootKey = "AKIAROOT000000000000"
	roleARN = "arn:aws:iam::" + account + ":role/R"
	userARN = "arn:aws:iam::" + account + ":user/joe"
)

// sink keeps records in the form they are written in.
type sink struct{ lines []string }

func (s *sink) Record(e *audit.Event) { s.lines = append(s.lines, string(audit.Append(nil, e))) }

// google vouches for one person, or refuses.
type google struct{ refuse error }

func (g *google) Verify(context.Context, string, login.Expect) (*login.Claims, error) {
	if g.refuse != nil {
		return nil, g.refuse
	}
	return &login.Claims{Issuer: "https://accounts.google.com", Subject: "person-1", Audience: []string{"client"}}, nil
}

type scene struct {
	*testing.T
	iam    *ststest.IAM
	clock  *ststest.Clock
	google *google
	corp   *corp
	audit  *sink
	ring   *keys.Ring
	http   http.Handler
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{T: t, iam: ststest.NewIAM(t), clock: ststest.NewClock(), google: &google{}, corp: newCorp(), audit: &sink{}, ring: ststest.Ring(t)}
	s.iam.User(iam.User{Name: "joe"})
	s.iam.Key(keyID, "AIDAJOE", true)
	s.iam.Key(rootKey, "", true)
	s.iam.Role(iam.Role{Name: "R", MaxSession: 2 * time.Hour}, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"`+userARN+`"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]},
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+account+`:root"},"Action":"sts:AssumeRole"},
		{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity",
		 "Condition":{"StringEquals":{"accounts.google.com:aud":"client"}}},
		{"Effect":"Allow","Principal":{"Federated":"`+corpARN+`"},"Action":["sts:AssumeRoleWithSAML","sts:SetSourceIdentity"]}]}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+roleARN+`"}}`)
	s.iam.SAML(iam.SAMLEntry{SAMLProvider: iam.SAMLProvider{Name: "Corp", EntityID: "https://idp.example.com"}})
	domain, err := sts.New(sts.Config{
		IAM: s.iam.Snapshot, Sealer: s.ring, Now: s.clock.Now, Providers: sts.Providers{Google: s.google, SAML: s.corp},
	})
	if err != nil {
		t.Fatal(err)
	}
	resolver, err := caller.New(caller.Config{IAM: s.iam.Snapshot, Sessions: domain, Regions: []string{ststest.Region}, Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	engine := authz.New(authz.Config{})
	implementation, err := stsapi.New(domain, engine, s.ring)
	if err != nil {
		t.Fatal(err)
	}
	s.http, err = api.New(stswire.Model(), implementation, api.Config{
		Identify: caller.WithBody{Resolver: resolver}, Decide: engine, Observe: resolver.Observe, Audit: s.audit,
		Log: slog.New(slog.DiscardHandler), Shapes: &wire.Shapes{}, Now: s.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answer is what a client reads of any answer of STS.
type answer struct {
	status     int
	Code       string `xml:"Error>Code"`
	Message    string `xml:"Error>Message"`
	AssumeRole struct {
		result
	} `xml:"AssumeRoleResult"`
	WebIdentity struct {
		result
	} `xml:"AssumeRoleWithWebIdentityResult"`
	SAML struct {
		result
		NameID        string `xml:"Subject"`
		SubjectType   string
		Issuer        string
		NameQualifier string
	} `xml:"AssumeRoleWithSAMLResult"`
	SessionToken struct {
		result
	} `xml:"GetSessionTokenResult"`
	Federation struct {
		result
	} `xml:"GetFederationTokenResult"`
	Identity struct {
		UserID  string `xml:"UserId"`
		Account string
		ARN     string `xml:"Arn"`
	} `xml:"GetCallerIdentityResult"`
	KeyInfo struct{ Account string } `xml:"GetAccessKeyInfoResult"`
	Decoded string                   `xml:"DecodeAuthorizationMessageResult>DecodedMessage"`
	body    string
}

type result struct {
	AccessKeyID  string `xml:"Credentials>AccessKeyId"`
	Secret       string `xml:"Credentials>SecretAccessKey"`
	SessionToken string `xml:"Credentials>SessionToken"`
	Expiration   string `xml:"Credentials>Expiration"`
	ARN          string `xml:"AssumedRoleUser>Arn"`
	ID           string `xml:"AssumedRoleUser>AssumedRoleId"`
	Federated    string `xml:"FederatedUser>Arn"`
	Packed       *int   `xml:"PackedPolicySize"`
	Source       string `xml:"SourceIdentity"`
	Subject      string `xml:"SubjectFromWebIdentityToken"`
	Audience     string
	Provider     string
}

func (s *scene) call(by *sigv4.Signer, action string, params ...string) answer {
	s.Helper()
	form := url.Values{"Action": {action}, "Version": {"2011-06-15"}}
	for i := 0; i < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	body := form.Encode()
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8460/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if by != nil {
		by.Region, by.Service = ststest.Region, "sts"
		if err := by.Sign(r, sigv4.HashBody([]byte(body)), s.clock.Now()); err != nil {
			s.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, r)
	a := answer{status: w.Code}
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		s.Fatal(err)
	}
	a.body = string(raw)
	if err := xml.Unmarshal(raw, &a); err != nil {
		s.Fatalf("%v: %s", err, raw)
	}
	return a
}

func key(id string) *sigv4.Signer {
	return &sigv4.Signer{AccessKeyID: id, Secret: sigv4.NewSecret(strings.ToLower(id))}
}

func (r result) signer() *sigv4.Signer {
	return &sigv4.Signer{AccessKeyID: r.AccessKeyID, Secret: sigv4.NewSecret(r.Secret), SessionToken: r.SessionToken}
}

func TestARoleIsAssumedAndItsCredentialsWork(t *testing.T) {
	s := newScene(t)
	plain := s.call(key(keyID), "AssumeRole", "RoleArn", roleARN, "RoleSessionName", "sess")
	if plain.status != 200 || plain.AssumeRole.Packed != nil || strings.Contains(plain.body, "PackedPolicySize") {
		t.Fatalf("%d %s", plain.status, plain.body)
	}
	if plain.AssumeRole.Expiration != "2026-11-22T13:00:00Z" || plain.AssumeRole.ID != "AROAR:sess" {
		t.Errorf("%+v", plain.AssumeRole)
	}
	full := s.call(key(keyID), "AssumeRole", "RoleArn", roleARN, "RoleSessionName", "sess", "DurationSeconds", "7200",
		"Tags.member.1.Key", "team", "Tags.member.1.Value", "red", "TransitiveTagKeys.member.1", "team", "SourceIdentity", "joe",
		"Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
	if full.status != 200 || full.AssumeRole.Packed == nil || *full.AssumeRole.Packed < 1 || full.AssumeRole.Source != "joe" {
		t.Fatalf("%d %s", full.status, full.body)
	}
	who := s.call(plain.AssumeRole.signer(), "GetCallerIdentity")
	if who.Identity.ARN != "arn:aws:sts::"+account+":assumed-role/R/sess" || who.Identity.UserID != "AROAR:sess" || who.Identity.Account != account {
		t.Errorf("%+v", who.Identity)
	}
	if who.Identity.ARN != plain.AssumeRole.ARN {
		t.Errorf("AssumeRole said %s", plain.AssumeRole.ARN)
	}
	chained := s.call(plain.AssumeRole.signer(), "AssumeRole", "RoleArn", roleARN, "RoleSessionName", "again")
	if chained.status != 200 {
		t.Errorf("%d %s", chained.status, chained.body)
	}
	for _, a := range []answer{plain, full} {
		for _, line := range s.audit.lines {
			if strings.Contains(line, a.AssumeRole.Secret) || strings.Contains(line, a.AssumeRole.SessionToken) {
				t.Errorf("a record shows a secret: %s", line)
			}
		}
	}
	if !strings.Contains(s.audit.lines[0], `"assumedRoleId":"AROAR:sess"`) || !strings.Contains(s.audit.lines[0], plain.AssumeRole.AccessKeyID) {
		t.Errorf("the record does not say whom it made: %s", s.audit.lines[0])
	}
}

func TestAWebIdentityNeedsNoSignature(t *testing.T) {
	s := newScene(t)
	for _, by := range []*sigv4.Signer{nil, key("AKIANOBODY0000000000")} { // a signature is ignored
		a := s.call(by, "AssumeRoleWithWebIdentity", "RoleArn", roleARN, "RoleSessionName", "web", "WebIdentityToken", googleToken)
		got := a.WebIdentity
		if a.status != 200 || got.Subject != "person-1" || got.Audience != "client" || got.Provider != "https://accounts.google.com" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if who := s.call(got.signer(), "GetCallerIdentity"); who.Identity.ARN != got.ARN {
			t.Errorf("%+v", who.Identity)
		}
	}
	var record struct {
		UserIdentity struct{ Type, UserName, PrincipalID, IdentityProvider string }
	}
	if err := json.Unmarshal([]byte(s.audit.lines[0]), &record); err != nil {
		t.Fatal(err)
	}
	if u := record.UserIdentity; u.Type != "WebIdentityUser" || u.UserName != "person-1" || u.PrincipalID != "accounts.google.com:client:person-1" {
		t.Errorf("the record names %+v", u)
	}
	if strings.Contains(s.audit.lines[0], googleToken) {
		t.Error("the record shows the token")
	}
}

// googleToken is a token of Google as far as its claims go.
const googleToken = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ." +
	"eyJpc3MiOiJodHRwczovL2FjY291bnRzLmdvb2dsZS5jb20iLCJzdWIiOiJwZXJzb24tMSIsImF1ZCI6ImNsaWVudCIsImlhdCI6MTc5NTM0ODgwMCwiZXhwIjoxNzk1MzUyNDAwfQ." +
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestRefusalsInTheWordsOfAWS(t *testing.T) {
	other := "arn:aws:iam::" + account + ":role/none"
	now := ststest.NewClock().Now()
	refuse := func(k login.Kind, f func(*login.Refusal)) error {
		r := &login.Refusal{Kind: k, Now: now, Exp: now.Add(-time.Minute)}
		if f != nil {
			f(r)
		}
		return r
	}
	web := []string{"RoleArn", roleARN, "RoleSessionName", "web", "WebIdentityToken", googleToken}
	role := func(more ...string) []string {
		return append([]string{"RoleArn", roleARN, "RoleSessionName", "sess"}, more...)
	}
	tests := []struct {
		name    string
		by      *sigv4.Signer
		action  string
		params  []string
		refuse  error
		status  int
		code    string
		message string
	}{
		{"nobody signs", nil, "AssumeRole", role(), nil, 403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
		{"root", key(rootKey), "AssumeRole", role(), nil, 403, "AccessDenied", "Roles may not be assumed by root accounts."},
		{"a role that does not exist", key(keyID), "AssumeRole", []string{"RoleArn", other, "RoleSessionName", "sess"}, nil, 403, "AccessDenied",
			"User: " + userARN + " is not authorized to perform: sts:AssumeRole on resource: " + other},
		{"a malformed ARN", key(keyID), "AssumeRole", []string{"RoleArn", "arn:aws:iam::1234567890", "RoleSessionName", "sess"}, nil, 400, "ValidationError",
			"arn:aws:iam::1234567890 is invalid"},
		{"a session name with a colon", key(keyID), "AssumeRole", []string{"RoleArn", roleARN, "RoleSessionName", "Session1:2"}, nil, 400, "ValidationError",
			`1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		{"too long a session", key(keyID), "AssumeRole", role("DurationSeconds", "10800"), nil, 400, "ValidationError",
			"The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		{"a policy that is none", key(keyID), "AssumeRole", role("Policy", "{}"), nil, 400, "MalformedPolicyDocument", "Syntax errors in policy."},
		{"a transitive key without a tag", key(keyID), "AssumeRole", role("TransitiveTagKeys.member.1", "x"), nil, 400, "InvalidParameterValue",
			"The specified transitive tag key must be included in the requested tags."},
		{"a tag twice", key(keyID), "AssumeRole", role("Tags.member.1.Key", "a", "Tags.member.1.Value", "1", "Tags.member.2.Key", "A", "Tags.member.2.Value", "2"), nil,
			400, "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{"a token of an unknown provider", nil, "AssumeRoleWithWebIdentity", []string{"RoleArn", roleARN, "RoleSessionName", "web", "WebIdentityToken", unknownToken}, nil,
			400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://x.example"},
		{"an access token", nil, "AssumeRoleWithWebIdentity", []string{"RoleArn", roleARN, "RoleSessionName", "web", "WebIdentityToken", "ya29.opaque"}, nil,
			400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"},
		{"a bad signature", nil, "AssumeRoleWithWebIdentity", web, refuse(login.BadSignature, nil), 400, "InvalidIdentityToken", "Token signature invalid"},
		{"an expired token", nil, "AssumeRoleWithWebIdentity", web, refuse(login.Expired, nil), 400, "ExpiredTokenException",
			"Token expired: current date/time 1795348800 must be before the expiration date/time 1795348740"},
		{"a provider that does not answer", nil, "AssumeRoleWithWebIdentity", web, refuse(login.ProviderUnreachable, nil), 400, "IDPCommunicationError",
			"Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"},
		{"a revoked token", nil, "AssumeRoleWithWebIdentity", web, refuse(login.Rejected, nil), 403, "IDPRejectedClaim", "The identity provider rejected the token"},
		{"a missing claim", nil, "AssumeRoleWithWebIdentity", web, refuse(login.MissingClaim, func(r *login.Refusal) { r.Claim = "aud" }), 400,
			"InvalidIdentityToken", "Missing a required claim: aud"},
		{"the wrong audience", nil, "AssumeRoleWithWebIdentity", web, refuse(login.WrongAudience, nil), 400, "InvalidIdentityToken", "Incorrect token audience"},
		{"a fault of ours", nil, "AssumeRoleWithWebIdentity", web, errors.New("disk on fire"), 500, "InternalFailure",
			"The request processing has failed because of an unknown error, exception or failure."},
		{"a web identity that is not trusted", nil, "AssumeRoleWithWebIdentity", []string{"RoleArn", other, "RoleSessionName", "web", "WebIdentityToken", googleToken}, nil,
			403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{"an unknown operation", key(keyID), "AssumeRoot", nil, nil, 400, "InvalidAction", "Could not find operation AssumeRoot for version 2011-06-15"},
		{"the federation of a user without permission", key(keyID), "GetFederationToken", []string{"Name", "ann"}, nil, 403, "AccessDenied",
			"User: " + userARN + " is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::" + account +
				":federated-user/ann because no identity-based policy allows the sts:GetFederationToken action"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.google.refuse = tt.refuse
			a := s.call(tt.by, tt.action, tt.params...)
			if a.status != tt.status || a.Code != tt.code || a.Message != tt.message {
				t.Errorf("got  %d %s %q\nwant %d %s %q", a.status, a.Code, a.Message, tt.status, tt.code, tt.message)
			}
		})
	}
}

// unknownToken is a token of https://x.example.
const unknownToken = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ." +
	"eyJpc3MiOiJodHRwczovL3guZXhhbXBsZSIsInN1YiI6InAiLCJhdWQiOiJjIiwiaWF0IjoxNzk1MzQ4ODAwLCJleHAiOjE3OTUzNTI0MDB9." +
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestSessionsOfUsers(t *testing.T) {
	s := newScene(t)
	s.iam.User(iam.User{Name: "ops"}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	s.iam.Key("AKIAOPS0000000000000", "AIDAOPS", true)
	token := s.call(key(keyID), "GetSessionToken")
	if token.status != 200 || token.SessionToken.Expiration != "2026-11-23T00:00:00Z" {
		t.Fatalf("%d %s", token.status, token.body)
	}
	if who := s.call(token.SessionToken.signer(), "GetCallerIdentity"); who.Identity.ARN != userARN {
		t.Errorf("%+v", who.Identity)
	}
	again := s.call(token.SessionToken.signer(), "GetSessionToken")
	if again.status != 403 || again.Message != "Cannot call GetSessionToken with session credentials" {
		t.Errorf("%d %s", again.status, again.Message)
	}
	if a := s.call(token.SessionToken.signer(), "AssumeRole", "RoleArn", roleARN, "RoleSessionName", "sess"); a.status != 200 {
		t.Errorf("a user's session assumes a role: %s", a.body)
	}
	fed := s.call(key("AKIAOPS0000000000000"), "GetFederationToken", "Name", "ann")
	if fed.status != 200 || fed.Federation.Federated != "arn:aws:sts::"+account+":federated-user/ann" || fed.Federation.Packed == nil || *fed.Federation.Packed != 0 {
		t.Fatalf("%d %s", fed.status, fed.body)
	}
	if who := s.call(fed.Federation.signer(), "GetCallerIdentity"); who.Identity.UserID != account+":ann" {
		t.Errorf("%+v", who.Identity)
	}
	if a := s.call(fed.Federation.signer(), "AssumeRole", "RoleArn", roleARN, "RoleSessionName", "sess"); a.status != 403 {
		t.Errorf("a federated user assumed a role: %s", a.body)
	}
	if a := s.call(fed.Federation.signer(), "GetFederationToken", "Name", "bob"); a.status != 403 || a.Message != "Cannot call GetFederationToken with session credentials" {
		t.Errorf("%d %s", a.status, a.Message)
	}
	info := s.call(key("AKIAOPS0000000000000"), "GetAccessKeyInfo", "AccessKeyId", keyID)
	if info.KeyInfo.Account != account {
		t.Errorf("%d %s", info.status, info.body)
	}
	if who := s.call(key(rootKey), "GetCallerIdentity"); who.Identity.ARN != "arn:aws:iam::"+account+":root" || who.Identity.UserID != account {
		t.Errorf("%+v", who.Identity)
	}
}

func TestUnservedOperationsSaySo(t *testing.T) {
	s := newScene(t)
	for _, op := range []string{"GetWebIdentityToken"} {
		a := s.call(key(keyID), op, "Audience.member.1", "a", "SigningAlgorithm", "RS256")
		if a.status < 400 || a.status >= 500 || !slices.Contains([]string{"InvalidAction", "NotImplemented"}, a.Code) {
			t.Errorf("%s: %d %s", op, a.status, a.body)
		}
	}
}
