package stsapi_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	corpARN   = "arn:aws:iam::" + account + ":saml-provider/Corp"
	attribute = "https://aws.amazon.com/SAML/Attributes/"
)

// corp vouches for one person with attributes, or refuses.
type corp struct {
	refuse error
	raw    map[string]any
}

func newCorp() *corp {
	return &corp{raw: map[string]any{
		attribute + "Role": roleARN + "," + corpARN, attribute + "RoleSessionName": "ada", attribute + "SourceIdentity": "ada@corp",
	}}
}

func (c *corp) Verify(_ context.Context, _ string, want login.Expect) (*login.Claims, error) {
	if r, ok := login.AsRefusal(c.refuse); ok {
		r.Provider = want.Provider
		return nil, r
	}
	return &login.Claims{
		Issuer: want.Issuer, Subject: "_ada", Raw: c.raw,
		SAML: &login.SAML{NameFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient", Recipient: "https://signin.aws.amazon.com/saml"},
	}, nil
}

func TestAssumeRoleWithSAML(t *testing.T) {
	s := newScene(t)
	a := s.call(nil, "AssumeRoleWithSAML", "RoleArn", roleARN, "PrincipalArn", corpARN, "SAMLAssertion", "PHg+")
	got := a.SAML
	if a.status != 200 || got.NameID != "_ada" || got.SubjectType != "transient" || got.Issuer != "https://idp.example.com" ||
		got.Audience != "https://signin.aws.amazon.com/saml" || got.Source != "ada@corp" || len(got.NameQualifier) != 28 || got.Packed != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if who := s.call(got.signer(), "GetCallerIdentity"); who.Identity.ARN != "arn:aws:sts::"+account+":assumed-role/R/ada" {
		t.Errorf("%d %s", who.status, who.body)
	}
	var record struct {
		UserIdentity      struct{ Type, UserName, PrincipalID, IdentityProvider string }
		RequestParameters map[string]any
	}
	if err := json.Unmarshal([]byte(s.audit.lines[0]), &record); err != nil {
		t.Fatal(err)
	}
	if u := record.UserIdentity; u.Type != "SAMLUser" || u.UserName != "_ada" || u.PrincipalID != got.NameQualifier+":_ada" {
		t.Errorf("the record names %+v", u)
	}
	if strings.Contains(s.audit.lines[0], "PHg+") {
		t.Error("the record shows the assertion")
	}
}

func TestRefusedAssertionsInTheWordsOfAWS(t *testing.T) {
	const invalid, expired = "InvalidIdentityToken", "ExpiredTokenException"
	refuse := func(k login.Kind, claim string) func(*corp) {
		return func(c *corp) { c.refuse = &login.Refusal{Kind: k, Claim: claim} }
	}
	set := func(name string, v any) func(*corp) {
		return func(c *corp) { c.raw[attribute+name] = v }
	}
	redeem := "Token must be redeemed within 5 minutes of issuance"
	required := "Response does not contain the required audience."
	denied := "Not authorized to perform sts:AssumeRoleWithSAML"
	for _, c := range []struct {
		name          string
		corp          func(*corp)
		role, idp     string
		status        int
		code, message string
	}{
		{"no session name", func(c *corp) { delete(c.raw, attribute+"RoleSessionName") }, roleARN, corpARN, 400, invalid, "RoleSessionName is required in AuthnResponse"},
		{"a session name with a space", set("RoleSessionName", "a b"), roleARN, corpARN, 400, invalid, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
		{"a reserved source identity", set("SourceIdentity", "aws:x"), roleARN, corpARN, 400, invalid, `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`},
		{"a duration that is none", set("SessionDuration", "x"), roleARN, corpARN, 400, invalid, "SessionDuration in AuthnResponse is not a number of seconds from 900 to 43200"},
		{"a bad signature", refuse(login.BadSignature, ""), roleARN, corpARN, 400, invalid, "Response signature invalid"},
		{"a weak signature", refuse(login.BadAlgorithm, ""), roleARN, corpARN, 400, invalid, "Response signature invalid"},
		{"another issuer", refuse(login.WrongIssuer, ""), roleARN, corpARN, 400, invalid, "Issuer not present in specified provider"},
		{"another audience", refuse(login.WrongAudience, ""), roleARN, corpARN, 400, invalid, required},
		{"another recipient", refuse(login.WrongRecipient, ""), roleARN, corpARN, 400, invalid, required},
		{"an expired response", refuse(login.Expired, ""), roleARN, corpARN, 400, expired, redeem},
		{"a response of six minutes ago", refuse(login.TooOld, ""), roleARN, corpARN, 400, expired, redeem},
		{"a response from the future", refuse(login.NotYetValid, ""), roleARN, corpARN, 400, invalid, "Token is not yet valid"},
		{"a sign-in that failed", refuse(login.Rejected, ""), roleARN, corpARN, 403, "IDPRejectedClaim", "The identity provider reported that authentication failed"},
		{"an encrypted assertion", refuse(login.Encrypted, ""), roleARN, corpARN, 400, invalid, "SAML assertion could not be decrypted"},
		{"an assertion that should be encrypted", refuse(login.Encrypted, "Assertion"), roleARN, corpARN, 400, invalid, "SAML assertion must be encrypted"},
		{"no name", refuse(login.MissingClaim, "NameID"), roleARN, corpARN, 403, "AccessDenied", denied},
		{"no recipient", refuse(login.MissingClaim, "Recipient"), roleARN, corpARN, 400, invalid, "Invalid SAML response"},
		{"no SAML at all", refuse(login.NotSAML, ""), roleARN, corpARN, 400, invalid, "Invalid SAML response"},
		{"a role that is not in the response", set("Role", "x,y"), roleARN, corpARN, 403, "AccessDenied", denied},
		{"a role that does not exist", set("Role", roleARN+"2,"+corpARN), roleARN + "2", corpARN, 403, "AccessDenied", denied},
		{"a tag that the trust policy does not allow", set("PrincipalTag:team", "red"), roleARN, corpARN, 403, "AccessDenied", denied},
		{"a provider that does not exist", nil, roleARN, corpARN + "2", 400, "ValidationError", "Specified provider doesn't exist"},
		{"a provider that is a role", nil, roleARN, roleARN, 400, "ValidationError", roleARN + " is invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			if c.corp != nil {
				c.corp(s.corp)
			}
			a := s.call(nil, "AssumeRoleWithSAML", "RoleArn", c.role, "PrincipalArn", c.idp, "SAMLAssertion", "PHg+")
			if a.status != c.status || a.Code != c.code || a.Message != c.message {
				t.Errorf("got  %d %s %q\nwant %d %s %q", a.status, a.Code, a.Message, c.status, c.code, c.message)
			}
		})
	}
	s := newScene(t)
	a := s.call(nil, "AssumeRoleWithSAML", "RoleArn", roleARN, "PrincipalArn", corpARN, "SAMLAssertion", "PHg+", "DurationSeconds", "10800")
	if a.status != 400 || a.Message != "The requested DurationSeconds exceeds the MaxSessionDuration set for this role." {
		t.Errorf("too long: %d %s", a.status, a.body)
	}
}
