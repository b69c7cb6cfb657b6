package sts_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

const (
	corpARN    = "arn:aws:iam::" + account + ":saml-provider/Corp"
	attributes = "https://aws.amazon.com/SAML/Attributes/"
	samlIssuer = "https://idp.example.com/saml"
	samlAction = "sts:AssumeRoleWithSAML"
)

// samlScene is a role that trusts a provider, and what the provider vouches for.
type samlScene struct {
	*scene
	idp  *fakeProvider
	kept *sink
}

func newSAMLScene(t *testing.T, condition string, raw map[string]any) *samlScene {
	t.Helper()
	clock := ststest.NewClock()
	all := map[string]any{attributes + "Role": roleARN + "," + corpARN, attributes + "RoleSessionName": "ada@example.com"}
	for name, v := range raw {
		if all[name] = v; v == nil {
			delete(all, name)
		}
	}
	f := &fakeProvider{claims: login.Claims{
		Issuer: samlIssuer, Subject: "_ada", Raw: all,
		SAML: &login.SAML{NameFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", Recipient: "https://signin.aws.amazon.com/saml"},
	}}
	s := &samlScene{scene: newScene(t, sts.Providers{SAML: f}), idp: f, kept: &sink{}}
	var err error
	s.sts, err = sts.New(sts.Config{
		IAM: s.iam.Snapshot, Sealer: ststest.Ring(t), Account: account, Now: clock.Now, Providers: sts.Providers{SAML: f}, Decisions: s.kept,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.clock = clock
	s.iam.SAML(iam.SAMLEntry{SAMLProvider: iam.SAMLProvider{Name: "Corp", EntityID: samlIssuer, MetadataUntil: clock.Now().Add(time.Hour)}})
	if condition == "" {
		condition = "{}"
	}
	s.iam.Role(iam.Role{Name: "R", MaxSession: 2 * time.Hour}, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"`+corpARN+`"},
		"Action":["`+samlAction+`","sts:TagSession","sts:SetSourceIdentity"],"Condition":`+condition+`}]}`)
	return s
}

func (s *samlScene) assume(change ...func(*sts.SAMLInput)) (*sts.Result, error) {
	in := sts.SAMLInput{
		RoleARN: roleARN, ProviderARN: corpARN, Assertion: keys.NewSecret("response"),
		Network: &condkey.Network{RequestID: "req-1", Time: s.clock.Now(), Region: ststest.Region},
	}
	for _, f := range change {
		f(&in)
	}
	return s.sts.AssumeRoleWithSAML(s.Context(), in)
}

func TestTheSessionOfAnAssertion(t *testing.T) {
	s := newSAMLScene(t, `{"StringEquals":{"saml:aud":"https://signin.aws.amazon.com/saml","saml:iss":"`+samlIssuer+`","saml:sub":"_ada",
		"saml:sub_type":"persistent","saml:doc":"`+account+`/Corp","saml:mail":"ada@example.com","aws:FederatedProvider":"`+corpARN+`",
		"sts:RoleSessionName":"ada@example.com","sts:SourceIdentity":"ada","aws:RequestTag/team":"red"},
		"ForAllValues:StringEquals":{"saml:edupersonaffiliation":["staff","member"],"sts:TransitiveTagKeys":["team"]},
		"ForAnyValue:StringEquals":{"saml:cn":"Ada"}}`, map[string]any{
		attributes + "SourceIdentity":                                        "ada",
		attributes + "PrincipalTag:team":                                     "red",
		attributes + "PrincipalTag:cost":                                     "12",
		attributes + "TransitiveTagKeys":                                     "team",
		"urn:oid:1.3.6.1.4.1.5923.1.1.1.1":                                   []any{"staff", "member"},
		"urn:oid:2.5.4.3":                                                    "Ada",
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "ada@example.com",
	})
	r, err := s.assume()
	if err != nil {
		t.Fatal(err)
	}
	qualifier := r.NameQualifier
	if len(qualifier) != 28 {
		t.Errorf("name qualifier %q", qualifier)
	}
	if r.Subject != "_ada" || r.SubjectType != "persistent" || r.Provider != samlIssuer || r.Audience != "https://signin.aws.amazon.com/saml" {
		t.Errorf("result %+v", r)
	}
	want := []sts.ContextKey{
		{Name: "saml:sub", Values: []string{"_ada"}},
		{Name: "saml:namequalifier", Values: []string{qualifier}},
		{Name: "saml:sub_type", Values: []string{"persistent"}},
	}
	opened, _, err := s.sts.Open(r.Credentials.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, opened.Context); d != "" || opened.Type != sts.SAMLSession || opened.RoleID != r.Session.RoleID {
		t.Errorf("opened %+v, %s", opened, d)
	}
	if d := cmp.Diff(want, r.Session.Context); d != "" {
		t.Errorf("later requests see (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]iam.Tag{{Key: "cost", Value: "12"}, {Key: "team", Value: "red"}}, r.Session.Tags); d != "" {
		t.Error(d)
	}
	if r.Session.Type != sts.SAMLSession || r.Session.Name != "ada@example.com" || r.Session.SourceIdentity != "ada" ||
		r.Session.Provider != corpARN || len(r.Session.TransitiveKeys) != 1 {
		t.Errorf("session %+v", r.Session)
	}
	if e := s.idp.want; e.Issuer != samlIssuer || e.MaxAge != 5*time.Minute || e.Provider != corpARN || e.MetadataUntil.IsZero() {
		t.Errorf("expected of the assertion: %+v", e)
	}
	if got := r.Session.Expires.Sub(r.Session.Issued); got != time.Hour {
		t.Errorf("the session lives %v", got)
	}
}

func TestHowLongSAMLSessionsLive(t *testing.T) {
	for name, c := range map[string]struct {
		ask      time.Duration
		duration any           // the SessionDuration attribute
		ends     time.Duration // SessionNotOnOrAfter
		want     time.Duration
	}{
		"an hour if nothing is said":                   {want: time.Hour},
		"as long as was asked for":                     {ask: 2 * time.Hour, want: 2 * time.Hour},
		"the attribute shortens":                       {ask: 2 * time.Hour, duration: "1800", want: 30 * time.Minute},
		"the attribute does not lengthen":              {duration: "7200", want: time.Hour},
		"the provider's session shortens":              {ends: 10 * time.Minute, want: 10 * time.Minute},
		"the shorter of both counts":                   {ends: 50 * time.Minute, duration: "1200", want: 20 * time.Minute},
		"the provider's session may be shorter":        {ends: 20 * time.Minute, duration: "3600", want: 20 * time.Minute},
		"the provider's session does not lengthen":     {ends: 8 * time.Hour, want: time.Hour},
		"a provider's session that is all but over":    {ends: 100 * time.Millisecond, want: time.Second},
		"an attribute at its bound":                    {duration: "900", want: 15 * time.Minute},
		"an attribute that is longer than was allowed": {ask: 15 * time.Minute, duration: "43200", want: 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSAMLScene(t, "", map[string]any{attributes + "SessionDuration": c.duration})
			if c.ends > 0 {
				s.idp.claims.SAML.SessionExpires = s.clock.Now().Add(c.ends)
			}
			r, err := s.assume(func(in *sts.SAMLInput) { in.Duration = c.ask })
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Session.Expires.Sub(r.Session.Issued); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAssertionsThatMakeNoSession(t *testing.T) {
	set := func(name string, v any) map[string]any { return map[string]any{attributes + name: v} }
	for _, c := range []struct {
		name      string
		condition string
		raw       map[string]any
		change    func(*sts.SAMLInput)
		refusal   error
		want      error // type and, for fields that are set, values
	}{
		{name: "a role's ARN that is none", change: func(in *sts.SAMLInput) { in.RoleARN = "role" }, want: &sts.Invalid{Kind: sts.BadRoleARN, Value: "role"}},
		{name: "a provider's ARN that is none", change: func(in *sts.SAMLInput) { in.ProviderARN = roleARN }, want: &sts.Invalid{Kind: sts.BadProviderARN, Value: roleARN}},
		{name: "a provider that does not exist", change: func(in *sts.SAMLInput) { in.ProviderARN = corpARN + "2" }, want: &sts.NoSAMLProvider{ARN: corpARN + "2"}},
		{name: "a response that is refused", refusal: &login.Refusal{Kind: login.BadSignature}, want: &login.Refusal{Kind: login.BadSignature}},
		{name: "no session name", raw: set("RoleSessionName", nil), want: &sts.BadAttribute{Attribute: "RoleSessionName", Why: "missing"}},
		{name: "a session name with a space", raw: set("RoleSessionName", "Ada L"), want: &sts.BadAttribute{Attribute: "RoleSessionName", Why: "not one name"}},
		{name: "two session names", raw: set("RoleSessionName", []any{"ada", "eve"}), want: &sts.BadAttribute{Attribute: "RoleSessionName", Why: "not one name"}},
		{name: "a session name under another case", raw: map[string]any{attributes + "RoleSessionName": nil, attributes + "rolesessionname": "ada"}, want: &sts.BadAttribute{Attribute: "RoleSessionName", Why: "missing"}},
		{name: "a source identity with AWS's prefix", raw: set("SourceIdentity", "aws:ada"), want: &sts.BadAttribute{Attribute: "SourceIdentity", Why: "not one name"}},
		{name: "a duration of a minute", raw: set("SessionDuration", "60"), want: &sts.BadAttribute{Attribute: "SessionDuration", Why: "not a number of seconds from 900 to 43200"}},
		{name: "a duration that is no number", raw: set("SessionDuration", "1h"), want: &sts.BadAttribute{Attribute: "SessionDuration", Why: "not a number of seconds from 900 to 43200"}},
		{name: "a duration that overflows", raw: set("SessionDuration", "18446744073709552516"), want: &sts.BadAttribute{Attribute: "SessionDuration", Why: "not a number of seconds from 900 to 43200"}},
		{name: "a tag of two values", raw: set("PrincipalTag:team", []any{"a", "b"}), want: &sts.BadAttribute{Attribute: "PrincipalTag:team", Why: "not one value"}},
		{name: "a tag with AWS's prefix", raw: set("PrincipalTag:aws:team", "a"), want: &sts.Invalid{Kind: sts.BadTag, Value: "aws:team"}},
		{name: "a transitive key that is no tag", raw: set("TransitiveTagKeys", "team"), want: &sts.Invalid{Kind: sts.TransitiveKeyNotTag, Value: "team"}},
		{name: "longer than the role allows", change: func(in *sts.SAMLInput) { in.Duration = 3 * time.Hour }, want: &sts.Invalid{Kind: sts.DurationOverRole}},
		{name: "no role", raw: set("Role", nil), want: &sts.TrustDenied{Reason: sts.RoleNotAsserted}},
		{name: "another role", raw: set("Role", roleARN+"2,"+corpARN), want: &sts.TrustDenied{Reason: sts.RoleNotAsserted}},
		{name: "the role with another provider", raw: set("Role", roleARN+","+corpARN+"2"), want: &sts.TrustDenied{Reason: sts.RoleNotAsserted}},
		{name: "role and provider in two values", raw: set("Role", []any{roleARN, corpARN}), want: &sts.TrustDenied{Reason: sts.RoleNotAsserted}},
		{name: "a role that does not exist", change: func(in *sts.SAMLInput) { in.RoleARN += "none" }, raw: set("Role", roleARN+"none,"+corpARN), want: &sts.TrustDenied{Reason: sts.NoSuchRole}},
		{name: "a role of another account", change: func(in *sts.SAMLInput) { in.RoleARN = "arn:aws:iam::444455556666:role/R" }, want: &sts.TrustDenied{Reason: sts.ForeignRole}},
		{name: "a trust policy that refuses", condition: `{"StringEquals":{"saml:sub":"_eve"}}`, want: &sts.TrustDenied{Reason: sts.TrustPolicyDenies}},
		{name: "an attribute that the policy wants", condition: `{"StringEquals":{"saml:mail":"ada@example.com"}}`, want: &sts.TrustDenied{Reason: sts.TrustPolicyDenies}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSAMLScene(t, c.condition, c.raw)
			s.idp.err = c.refusal
			change := c.change
			if change == nil {
				change = func(*sts.SAMLInput) {}
			}
			r, err := s.assume(change)
			if err == nil {
				t.Fatalf("got %+v", r.Session)
			}
			if denied, ok := c.want.(*sts.TrustDenied); ok {
				var got *sts.TrustDenied
				if !errors.As(err, &got) || got.Reason != denied.Reason || !got.SAML || got.Action != samlAction || got.Caller != "" {
					t.Fatalf("got %v, want %v", err, denied.Reason)
				}
				return
			}
			if d, ok := c.want.(*sts.Invalid); ok && d.Kind == sts.DurationOverRole {
				var got *sts.Invalid
				if !errors.As(err, &got) || got.Kind != d.Kind {
					t.Fatalf("got %v", err)
				}
				return
			}
			if !reflect.DeepEqual(err, c.want) {
				t.Errorf("got %#v, want %#v", err, c.want)
			}
		})
	}
}

func TestPairsMayStandInEitherOrderAndAmongOthers(t *testing.T) {
	for _, role := range []any{
		corpARN + "," + roleARN, " " + roleARN + " , " + corpARN + "\n",
		[]any{"x,y", roleARN + "2," + corpARN, roleARN + "," + corpARN},
	} {
		if _, err := newSAMLScene(t, "", map[string]any{attributes + "Role": role}).assume(); err != nil {
			t.Errorf("%q: %v", role, err)
		}
	}
}

// TestRefusedAssertionsAreKept holds that an administrator finds why.
func TestRefusedAssertionsAreKept(t *testing.T) {
	s := newSAMLScene(t, `{"StringEquals":{"saml:sub":"_eve"}}`, nil)
	if _, err := s.assume(); err == nil {
		t.Fatal("assumed")
	}
	if _, err := s.assume(func(in *sts.SAMLInput) { in.RoleARN += "2" }); err == nil {
		t.Fatal("assumed")
	}
	if len(s.kept.kept) != 2 {
		t.Fatalf("%d records", len(s.kept.kept))
	}
	r := s.kept.kept[0]
	if r.Explanation.Action != samlAction || r.Principal.Type != "SAMLUser" || r.Principal.UserName != "_ada" ||
		!strings.HasSuffix(r.Principal.ID, "=:_ada") || r.Principal.Provider != corpARN || r.Message != "Not authorized to perform "+samlAction {
		t.Errorf("record %+v of %+v", r, r.Principal)
	}
	if s.kept.kept[1].Rule != "role is not in the assertion" {
		t.Errorf("rule %q", s.kept.kept[1].Rule)
	}
}

func TestTheNameQualifierIsAWSs(t *testing.T) {
	// BASE64 ( SHA1 ( "https://example.com/saml" + "123456789012" + "/MySAMLIdP" ) )
	s := newSAMLScene(t, "", map[string]any{attributes + "Role": "arn:aws:iam::123456789012:role/R,arn:aws:iam::123456789012:saml-provider/MySAMLIdP"})
	s.idp.claims.Issuer = "https://example.com/saml"
	s.iam.SAML(iam.SAMLEntry{SAMLProvider: iam.SAMLProvider{Account: "123456789012", Name: "MySAMLIdP", EntityID: "https://example.com/saml"}})
	s.iam.Role(iam.Role{Account: "123456789012", Name: "R", ID: "AROAOTHER"}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/MySAMLIdP"},"Action":"sts:AssumeRoleWithSAML"}}`)
	r, err := s.assume(func(in *sts.SAMLInput) {
		in.RoleARN, in.ProviderARN = "arn:aws:iam::123456789012:role/R", "arn:aws:iam::123456789012:saml-provider/MySAMLIdP"
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "1uAJanUnBc2XeUkHURMht+xam2c="; r.NameQualifier != want {
		t.Errorf("got %q, want %q", r.NameQualifier, want)
	}
}
