package caller_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

const (
	account  = ststest.Account
	keyID    = "AKIAJOE0000000000000"
	rootKey  = "AKIAROOT000000000000"
	inactive = "AKIAOFF0000000000000"
	roleARN  = "arn:aws:iam::" + account + ":role/team/R"
)

type scene struct {
	*testing.T
	iam     *ststest.IAM
	clock   *ststest.Clock
	sts     *sts.Service
	callers *caller.Resolver
	revoked map[string]bool // by access key id
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{T: t, iam: ststest.NewIAM(t), clock: ststest.NewClock(), revoked: map[string]bool{}}
	s.iam.User(iam.User{Name: "joe", Path: "/dev/", Tags: []iam.Tag{{Key: "team", Value: "blue"}}})
	s.iam.Key(keyID, "AIDAJOE", true)
	s.iam.Key(inactive, "AIDAJOE", false)
	s.iam.Key(rootKey, "", true)
	s.iam.Role(iam.Role{Name: "R", Path: "/team/", Tags: []iam.Tag{{Key: "team", Value: "blue"}, {Key: "floor", Value: "3"}}},
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
		  "Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"]}}`)
	var err error
	s.sts, err = sts.New(sts.Config{IAM: s.iam.Snapshot, Sealer: ststest.Ring(t), Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.callers, err = caller.New(caller.Config{
		IAM: s.iam.Snapshot, Sessions: s.sts, Regions: []string{"eu-central-1", "eu-west-1"}, Now: s.clock.Now,
		Revoked:        func(x *sts.Session) bool { return s.revoked[x.AccessKeyID] },
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) grant() sts.Credentials {
	s.Helper()
	r, err := s.sts.AssumeRoleForIdentity(s.Context(), sts.IdentityGrant{
		RoleARN: roleARN, PoolID: "pool", IdentityID: "identity", AMR: []string{"authenticated"},
		Tags: []iam.Tag{{Key: "Team", Value: "red"}},
	})
	if err != nil {
		s.Fatal(err)
	}
	return r.Credentials
}

// signer signs with a long-term key of the scene.
func signer(id string) sigv4.Signer {
	return sigv4.Signer{AccessKeyID: id, Secret: sigv4.NewSecret(strings.ToLower(id)), Region: "eu-central-1", Service: "s3"}
}

func temporary(c sts.Credentials) sigv4.Signer {
	return sigv4.Signer{
		AccessKeyID: c.AccessKeyID, Secret: sigv4.NewSecret(c.Secret.Reveal()), SessionToken: c.SessionToken,
		Region: "eu-central-1", Service: "s3",
	}
}

// request makes a request as a server receives it.
func (s *scene) request(by sigv4.Signer, at time.Time) *http.Request {
	s.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost:8460/bucket/key", nil)
	if err := by.Sign(r, "", at); err != nil {
		s.Fatal(err)
	}
	return r
}

func TestWhoSignsARequest(t *testing.T) {
	s := newScene(t)
	session := s.grant()
	federation, err := s.sts.GetFederationToken(t.Context(), sts.Caller{Principal: policy.Principal{
		Type: policy.User, Account: account, EntityID: "AIDAJOE",
	}}, sts.FederationTokenInput{Name: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	userARN := "arn:aws:iam::" + account + ":user/dev/joe"
	tests := []struct {
		name   string
		by     sigv4.Signer
		want   policy.Principal
		userID string
		user   string
		tags   []iam.Tag
	}{
		{"a user's key", signer(keyID), policy.Principal{
			Type: policy.User, Account: account, ARN: userARN, EntityARN: userARN, EntityID: "AIDAJOE",
		}, "AIDAJOE", "joe", []iam.Tag{{Key: "team", Value: "blue"}}},
		{"the root's key", signer(rootKey), policy.Principal{
			Type: policy.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root",
			EntityARN: "arn:aws:iam::" + account + ":root", EntityID: account,
		}, account, "", nil},
		{"a session, whose tags win over the role's whatever their case", temporary(session), policy.Principal{
			Type: policy.AssumedRole, Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/R/CognitoIdentityCredentials",
			EntityARN: roleARN, EntityID: "AROAR",
		}, "AROAR:CognitoIdentityCredentials", "", []iam.Tag{{Key: "Team", Value: "red"}, {Key: "floor", Value: "3"}}},
		{"a federated user", temporary(federation.Credentials), policy.Principal{
			Type: policy.FederatedUser, Account: account, ARN: "arn:aws:sts::" + account + ":federated-user/ann",
			EntityARN: userARN, EntityID: "AIDAJOE",
		}, account + ":ann", "", []iam.Tag{{Key: "team", Value: "blue"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, a, key, err := s.callers.Identify(s.request(tt.by, s.clock.Now()), "s3", "")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, p.Principal); d != "" {
				t.Error(d)
			}
			if p.UserID != tt.userID || p.UserName != tt.user || p.AccessKeyID != tt.by.AccessKeyID || a == nil || key.IsZero() {
				t.Errorf("got %q, %q, %q", p.UserID, p.UserName, p.AccessKeyID)
			}
			if d := cmp.Diff(tt.tags, p.Tags); d != "" {
				t.Error(d)
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		p, a, key, err := s.callers.Identify(httptest.NewRequest(http.MethodGet, "/bucket/key", nil), "s3", "")
		if err != nil || !p.Anonymous() || a != nil || !key.IsZero() || p.UserID != "anonymous" || p.Snapshot == nil {
			t.Errorf("got %+v, %v", p, err)
		}
	})
}

func TestWhoIsNotBelieved(t *testing.T) {
	s := newScene(t)
	session, other := s.grant(), s.grant()
	now := s.clock.Now()
	swap := func(f func(*sigv4.Signer)) sigv4.Signer {
		by := temporary(session)
		f(&by)
		return by
	}
	foreign := newScene(t).grant()
	tests := []struct {
		name string
		by   sigv4.Signer
		at   time.Time
		want sigv4.Code
		s3   string // the code of S3
		api  string // the code of the query services
	}{
		{"an unknown key", signer("AKIANOBODY0000000000"), now, sigv4.UnknownKey, "InvalidAccessKeyId", "InvalidClientTokenId"},
		{"an inactive key", signer(inactive), now, sigv4.UnknownKey, "InvalidAccessKeyId", "InvalidClientTokenId"},
		{"the wrong secret", sigv4.Signer{AccessKeyID: keyID, Secret: sigv4.NewSecret("x"), Region: "eu-central-1", Service: "s3"},
			now, sigv4.SignatureMismatch, "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		{"a temporary key without its token", swap(func(b *sigv4.Signer) { b.SessionToken = "" }), now,
			sigv4.MissingToken, "InvalidAccessKeyId", "InvalidClientTokenId"},
		{"a temporary key with the token of another", swap(func(b *sigv4.Signer) { b.SessionToken = other.SessionToken }), now,
			sigv4.InvalidToken, "InvalidToken", "InvalidClientTokenId"},
		{"another temporary key with a token", swap(func(b *sigv4.Signer) { b.AccessKeyID = other.AccessKeyID }), now,
			sigv4.InvalidToken, "InvalidToken", "InvalidClientTokenId"},
		{"a token of another installation", temporary(foreign), now, sigv4.InvalidToken, "InvalidToken", "InvalidClientTokenId"},
		{"a token that is none", swap(func(b *sigv4.Signer) { b.SessionToken = "hello" }), now, sigv4.InvalidToken, "InvalidToken", "InvalidClientTokenId"},
		{"a long-term key with a token", func() sigv4.Signer {
			b := signer(keyID)
			b.SessionToken = session.SessionToken
			return b
		}(), now, sigv4.InvalidToken, "InvalidToken", "InvalidClientTokenId"},
		{"the secret of another session", swap(func(b *sigv4.Signer) { b.Secret = sigv4.NewSecret(other.Secret.Reveal()) }), now,
			sigv4.SignatureMismatch, "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		{"a clock too far behind", signer(keyID), now.Add(-16 * time.Minute), sigv4.SkewTooLarge, "RequestTimeTooSkewed", "SignatureDoesNotMatch"},
		{"a clock too far ahead", signer(keyID), now.Add(16 * time.Minute), sigv4.SkewTooLarge, "RequestTimeTooSkewed", "SignatureDoesNotMatch"},
		{"an unknown key with a bad clock", signer("AKIANOBODY0000000000"), now.Add(-time.Hour), sigv4.SkewTooLarge, "RequestTimeTooSkewed", "SignatureDoesNotMatch"},
		{"another region", swap(func(b *sigv4.Signer) { b.Region = "us-east-1" }), now, sigv4.WrongRegion, "AuthorizationHeaderMalformed", "SignatureDoesNotMatch"},
		{"another service", swap(func(b *sigv4.Signer) { b.Service = "sqs" }), now, sigv4.WrongService, "AuthorizationHeaderMalformed", "SignatureDoesNotMatch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _, key, err := s.callers.Identify(s.request(tt.by, tt.at), "s3", "")
			refused, ok := errors.AsType[*sigv4.Error](err)
			if !ok || refused.Code != tt.want || p != nil || !key.IsZero() {
				t.Fatalf("got %v, %v", p, err)
			}
			if code, _, _ := refused.S3(); code != tt.s3 {
				t.Errorf("S3 says %s", code)
			}
			if code, _, _ := refused.Query(); code != tt.api {
				t.Errorf("the query services say %s", code)
			}
			for _, secret := range []string{session.SessionToken, tt.by.Secret.Reveal()} {
				if len(secret) > 8 && strings.Contains(err.Error(), secret) {
					t.Error("the error shows a secret")
				}
			}
		})
	}
}

func TestTheEndOfASession(t *testing.T) {
	tests := []struct {
		name string
		end  func(s *scene, c sts.Credentials)
		want sigv4.Code
	}{
		{"it expires", func(s *scene, _ sts.Credentials) { s.clock.Add(time.Hour) }, sigv4.ExpiredToken},
		{"its role is deleted", func(s *scene, _ sts.Credentials) { s.iam.Delete("AROAR") }, sigv4.InvalidToken},
		{"its role is deleted and made again", func(s *scene, _ sts.Credentials) {
			s.iam.Delete("AROAR")
			s.iam.Role(iam.Role{Name: "R", Path: "/team/", ID: "AROASECOND"}, "")
		}, sigv4.InvalidToken},
		{"it is revoked", func(s *scene, c sts.Credentials) { s.revoked[c.AccessKeyID] = true }, sigv4.ExpiredToken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			c := s.grant()
			if _, _, _, err := s.callers.Identify(s.request(temporary(c), s.clock.Now()), "s3", ""); err != nil {
				t.Fatal(err)
			}
			tt.end(s, c)
			_, _, _, err := s.callers.Identify(s.request(temporary(c), s.clock.Now()), "s3", "")
			if !errors.Is(err, &sigv4.Error{Code: tt.want}) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheRegionsOfServices(t *testing.T) {
	s := newScene(t)
	for _, tt := range []struct {
		service, region string
		ok              bool
	}{
		{"s3", "eu-central-1", true}, {"s3", "eu-west-1", true}, {"s3", "us-east-1", false},
		{"sts", "us-east-1", true}, {"sts", "aws-global", true}, {"sts", "eu-west-1", true}, {"sts", "sa-east-1", false},
		{"iam", "us-east-1", true}, {"iam", "sa-east-1", true}, {"dynamodb", "us-east-1", false},
	} {
		by := signer(keyID)
		by.Service, by.Region = tt.service, tt.region
		_, a, _, err := s.callers.Identify(s.request(by, s.clock.Now()), tt.service, "")
		if tt.ok != (err == nil) {
			t.Errorf("%s in %s: %v", tt.service, tt.region, err)
		}
		if err == nil && a.Scope.Region != tt.region {
			t.Errorf("region %s", a.Scope.Region)
		}
	}
}

func TestABodyIsSignedByTheAPIs(t *testing.T) {
	s := newScene(t)
	by := signer(keyID)
	by.Service, by.Region = "sts", "us-east-1"
	body := "Action=GetCallerIdentity&Version=2011-06-15"
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8460/", strings.NewReader(body))
	if err := by.Sign(r, sigv4.HashBody([]byte(body)), s.clock.Now()); err != nil {
		t.Fatal(err)
	}
	n := s.callers.Observe(r)
	with := caller.WithBody{Resolver: s.callers}
	p, err := with.Identify(r, []byte(body), "sts", n)
	if err != nil || p.UserName != "joe" || n.Region != "us-east-1" {
		t.Errorf("got %v, %v, region %s", p, err, n.Region)
	}
	if _, err := with.Identify(r, []byte(body+"&x=y"), "sts", n); !errors.Is(err, &sigv4.Error{Code: sigv4.SignatureMismatch}) {
		t.Errorf("another body: %v", err)
	}
}

func TestObserve(t *testing.T) {
	s := newScene(t)
	tests := []struct {
		name    string
		remote  string
		headers map[string]string
		ip      string
		tls     bool
		host    string
	}{
		{"a client", "192.0.2.1:1234", nil, "192.0.2.1", false, "api.test"},
		{"a client that claims to be another", "192.0.2.1:1234", map[string]string{
			"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test",
		}, "192.0.2.1", false, "api.test"},
		{"a client behind a proxy", "10.0.0.1:1", map[string]string{
			"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "public.test",
		}, "198.51.100.7", true, "public.test"},
		{"a client behind a proxy that claims to be another", "10.0.0.1:1", map[string]string{"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}, "198.51.100.7", false, "api.test"},
		{"two proxies", "10.0.0.1:1", map[string]string{"X-Forwarded-For": "203.0.113.9, 198.51.100.7, 10.9.9.9"}, "198.51.100.7", false, "api.test"},
		{"only proxies", "10.0.0.1:1", map[string]string{"X-Forwarded-For": "10.9.9.9"}, "10.9.9.9", false, "api.test"},
		{"a hop that is no address", "10.0.0.1:1", map[string]string{"X-Forwarded-For": "203.0.113.9, unknown"}, "10.0.0.1", false, "api.test"},
		{"a hop with a port", "[fd00::1]:1", map[string]string{"X-Forwarded-For": "[2001:db8::7]:99"}, "2001:db8::7", false, "api.test"},
		{"IPv4 in IPv6 clothes", "[::ffff:192.0.2.1]:1", nil, "192.0.2.1", false, "api.test"},
		{"an address that is none", "pipe", nil, "invalid IP", false, "api.test"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://api.test/", nil)
			r.RemoteAddr = tt.remote
			for k, v := range tt.headers {
				r.Header.Set(k, v)
			}
			n := s.callers.Observe(r)
			if n.SourceIP.String() != tt.ip || n.TLS != tt.tls || n.Region != "eu-central-1" || !n.Time.Equal(s.clock.Now()) {
				t.Errorf("got %+v", n)
			}
			if len(n.RequestID) != 36 || n.RequestID[14] != '4' {
				t.Errorf("request id %q", n.RequestID)
			}
			if got := s.callers.Host(r); got != tt.host {
				t.Errorf("host %q", got)
			}
		})
	}
}

func TestIdentifyAllocates(t *testing.T) {
	s := newScene(t)
	r := s.request(temporary(s.grant()), s.clock.Now())
	identify := func() {
		if _, _, _, err := s.callers.Identify(r, "s3", ""); err != nil {
			t.Fatal(err)
		}
	}
	identify()
	if n := testing.AllocsPerRun(100, identify); n > 12 {
		t.Errorf("%v allocations, want 12 at most", n)
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	s := newScene(t)
	good := caller.Config{IAM: s.iam.Snapshot, Sessions: s.sts, Regions: []string{"eu-west-1"}}
	for i, broken := range []func(*caller.Config){
		func(c *caller.Config) { c.IAM = nil },
		func(c *caller.Config) { c.Sessions = nil },
		func(c *caller.Config) { c.Regions = nil },
	} {
		c := good
		c.Regions = slices.Clone(good.Regions)
		broken(&c)
		if _, err := caller.New(c); err == nil {
			t.Errorf("case %d was accepted", i)
		}
	}
}
