package testenv_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

type attempt struct {
	IdentityPoolId, Provider, Words, Remedy, Kind, Got, IdentityId string
	Accepted                                                       bool
}

type diagnosis struct {
	Form, Summary, Issuer, Subject, Claims string
	Problems                               []string
	Attempts                               []attempt
}

// of is what one provider said.
func (d *diagnosis) of(t *testing.T, provider string) attempt {
	t.Helper()
	for _, a := range d.Attempts {
		if a.Provider == provider {
			return a
		}
	}
	t.Fatalf("%s was not asked: %+v", provider, d)
	return attempt{}
}

// resigned is a token with another signature.
func resigned(token string) string {
	at := len(token) - 20
	return token[:at] + flip(token[at:])
}

func TestDiagnoseToken(t *testing.T) {
	s := newStory(t, false)
	subject := s.google.People()[0].Subject
	diagnose := func(token string, more map[string]any) *diagnosis {
		t.Helper()
		in := map[string]any{"Token": token}
		for k, v := range more {
			in[k] = v
		}
		a := own(t, s.Root(), "DiagnoseToken", in)
		d := &diagnosis{}
		a.JSON(t, d)
		if i := strings.LastIndexByte(token, '.'); i > 0 && strings.Contains(a.Body, token[i+1:]) {
			t.Error("the signature is in the answer")
		}
		return d
	}
	token := s.token(0, pretend.TokenOptions{})
	d := diagnose(token, nil)
	if a := d.of(t, "accounts.google.com"); !a.Accepted || a.IdentityId != "" || !strings.Contains(a.Words, "belongs to nobody yet") {
		t.Errorf("a stranger's token: %+v", a)
	}
	id := s.id(token)
	d = diagnose(token+"\n", map[string]any{"IdentityPoolId": s.pool})
	if a := d.of(t, "accounts.google.com"); !a.Accepted || a.IdentityId != id || d.Form != "jwt" || d.Subject != subject || !strings.Contains(d.Claims, subject) {
		t.Errorf("somebody's token: %+v", d)
	}
	if a := d.of(t, "cognito-identity.amazonaws.com"); a.Accepted || a.Kind != "WrongIssuer" {
		t.Errorf("as the pool's own: %+v", a)
	}
	other, err := s.google.MintIDToken(s.google.People()[0].Email, "other.apps.googleusercontent.com", pretend.TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ token, kind, words string }{
		"a token of another app":    {other, "WrongAudience", `made for the app "other.apps.googleusercontent.com"`},
		"an expired token":          {s.token(0, pretend.TokenOptions{Claims: map[string]any{"iat": time.Now().Add(-3 * time.Hour).Unix(), "exp": time.Now().Add(-2 * time.Hour).Unix()}}), "Expired", "It expired at"},
		"a token with another text": {resigned(token), "BadSignature", "does not verify"},
	} {
		if a := diagnose(tt.token, nil).of(t, "accounts.google.com"); a.Accepted || a.Kind != tt.kind || !strings.Contains(a.Words, tt.words) || a.Remedy == "" {
			t.Errorf("%s: %+v", name, a)
		}
	}
	// A token that only its provider can read is sent to nobody unasked.
	if d := diagnose("Atza|something-opaque", nil); d.Form != "opaque" || len(d.Attempts) != 0 {
		t.Errorf("an opaque token: %+v", d)
	}
	if a := diagnose("Atza|something-opaque", map[string]any{"Provider": "www.amazon.com"}).of(t, "www.amazon.com"); a.Accepted || !strings.Contains(a.Words, "not configured") {
		t.Errorf("a provider that the pool does not have: %+v", a)
	}
	assertion := base64.StdEncoding.EncodeToString([]byte(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>`))
	if d := diagnose(assertion, nil); d.Form != "saml" || len(d.Attempts) != 0 {
		t.Errorf("a SAML response: %+v", d)
	}
	mine := "arn:aws:cognito-identity:us-east-1:" + testenv.Account + ":identitypool/"
	one := user(t, s.Env, "one", `{"Effect":"Allow","Action":"rockpool:DiagnoseToken","Resource":"`+mine+s.pool+`"}`)
	must(t, own(t, one, "DiagnoseToken", map[string]any{"Token": token, "IdentityPoolId": s.pool}))
	refused(t, "all pools", own(t, one, "DiagnoseToken", map[string]any{"Token": token}), 400, "AccessDeniedException", "rockpool:DiagnoseToken on resource: "+mine+"*")
	refused(t, "no pool", own(t, s.Root(), "DiagnoseToken", map[string]any{"Token": token, "IdentityPoolId": "us-east-1:0"}), 400, "ResourceNotFoundException", "not found")
}

func TestSimulateLogin(t *testing.T) {
	s := newStory(t, true)
	subject := s.google.People()[0].Subject
	pretended := func(claims map[string]any) []any {
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		return []any{map[string]any{"Provider": "accounts.google.com", "Claims": string(text)}}
	}
	type outcome struct {
		SignsIn, NewIdentity, Guest                      bool
		Problem, IdentityId, RoleArn, RoleKind, RoleRule string
		RoleRuleNumber, SessionDurationSeconds           int
		SessionName                                      string
		Amr                                              []string
		Evaluations                                      []struct{ Action, Resource, Effect, DecidedBy, Text string }
	}
	simulate := func(in map[string]any) outcome {
		t.Helper()
		in["IdentityPoolId"] = s.pool
		var out outcome
		own(t, s.Root(), "SimulateLogin", in).JSON(t, &out)
		return out
	}
	file := "arn:aws:s3:::private-pictures/sea/urchin.jpg"
	out := simulate(map[string]any{
		"PretendedLogins": pretended(map[string]any{"sub": subject}), "Actions": []string{"s3:GetObject", "s3:PutObject"}, "Resources": []string{file},
	})
	if !out.SignsIn || !out.NewIdentity || out.IdentityId != "" || out.RoleRule != "default role" || out.SessionDurationSeconds != 3600 ||
		len(out.Evaluations) != 2 || out.Evaluations[0].Effect != "allowed" || out.Evaluations[1].Effect != "implicitDeny" ||
		!strings.Contains(out.Evaluations[1].Text, "s3:PutObject") {
		t.Errorf("a stranger: %+v", out)
	}
	// What the bucket says counts too, and so does a bucket that is not there.
	must(t, s.Root().S3(t, "PUT", "/private-pictures?policy", `{"Version":"2012-10-17","Statement":{"Sid":"NoSea","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::private-pictures/sea/*"}}`))
	out = simulate(map[string]any{
		"PretendedLogins": pretended(map[string]any{"sub": subject}), "Actions": []string{"s3:GetObject"},
		"Resources": []string{file, "arn:aws:s3:::private-pictures/x", "arn:aws:s3:::nowhere/x"},
	})
	if len(out.Evaluations) != 3 || out.Evaluations[0].Effect != "explicitDeny" || !strings.Contains(out.Evaluations[0].Text, "NoSea") ||
		out.Evaluations[1].Effect != "allowed" || out.Evaluations[2].Effect != "implicitDeny" {
		t.Errorf("with a bucket policy: %+v", out.Evaluations)
	}
	must(t, s.Root().S3(t, "DELETE", "/private-pictures?policy", ""))
	// Nothing has happened.
	var found struct{ Identities []any }
	own(t, s.Root(), "FindIdentities", map[string]any{"IdentityPoolId": s.pool, "Subject": subject}).JSON(t, &found)
	if len(found.Identities) != 0 {
		t.Error("a simulation made an identity")
	}
	token := s.token(0, pretend.TokenOptions{})
	id := s.id(token)
	if out := simulate(map[string]any{"Logins": map[string]string{"accounts.google.com": token}}); !out.SignsIn || out.NewIdentity || out.IdentityId != id ||
		len(out.Amr) != 3 || out.Amr[2] != "accounts.google.com:"+clientID+":"+subject {
		t.Errorf("somebody with a token: %+v", out)
	}
	guest := simulate(map[string]any{"Actions": []string{"ssm:GetParameter"}})
	if !guest.SignsIn || !guest.Guest || guest.RoleKind != "unauthenticated" || guest.Evaluations[0].Effect != "implicitDeny" ||
		!strings.Contains(guest.Evaluations[0].DecidedBy, "session") {
		t.Errorf("a guest: %+v", guest)
	}
	// A rule, and the number by which people know it.
	must(t, s.Root().Cognito(t, "SetIdentityPoolRoles", map[string]any{
		"IdentityPoolId": s.pool, "Roles": map[string]string{"authenticated": "arn:aws:iam::" + testenv.Account + ":role/Cognito-IDPool-Role"},
		"RoleMappings": map[string]any{"accounts.google.com": map[string]any{
			"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": map[string]any{"Rules": []any{
				map[string]any{"Claim": "hd", "MatchType": "Equals", "Value": "no.example", "RoleARN": "arn:aws:iam::" + testenv.Account + ":role/Guest"},
				map[string]any{"Claim": "hd", "MatchType": "Equals", "Value": "acme.example", "RoleARN": "arn:aws:iam::" + testenv.Account + ":role/Cognito-IDPool-Role"},
			}},
		}},
	}))
	if out := simulate(map[string]any{"PretendedLogins": pretended(map[string]any{"sub": subject, "hd": "acme.example"})}); !out.SignsIn || out.RoleRuleNumber != 2 ||
		out.RoleRule != "rule 2: hd Equals acme.example" || out.IdentityId != id {
		t.Errorf("by a rule: %+v", out)
	}
	for name, tt := range map[string]struct {
		in      map[string]any
		problem string
	}{
		"no rule matches":            {map[string]any{"PretendedLogins": pretended(map[string]any{"sub": subject})}, "no rule matches"},
		"a role without its trust":   {map[string]any{"PretendedLogins": pretended(map[string]any{"sub": subject, "hd": "no.example"})}, "role/Guest cannot be assumed"},
		"another app":                {map[string]any{"PretendedLogins": pretended(map[string]any{"sub": subject, "aud": "other"})}, `made for the app "other"`},
		"a broken token":             {map[string]any{"Logins": map[string]string{"accounts.google.com": resigned(token)}}, "does not verify"},
		"somebody else's identity":   {map[string]any{"IdentityId": id, "PretendedLogins": pretended(map[string]any{"sub": "somebody else"})}, "no login of"},
		"an identity without logins": {map[string]any{"IdentityId": id}, "has logins and none was given"},
	} {
		if out := simulate(tt.in); out.SignsIn || !strings.Contains(out.Problem, tt.problem) {
			t.Errorf("%s: %+v", name, out)
		}
	}
	must(t, own(t, s.Root(), "SetIdentityEnabled", map[string]any{"IdentityId": id, "Enabled": false}))
	if out := simulate(map[string]any{"PretendedLogins": pretended(map[string]any{"sub": subject, "hd": "acme.example"})}); out.SignsIn || !strings.Contains(out.Problem, "disabled") {
		t.Errorf("a disabled identity: %+v", out)
	}
	simulate(map[string]any{"PretendedLogins": pretended(map[string]any{"sub": subject, "diary": "not-for-the-record"})})
	written, err := os.ReadFile(filepath.Join(s.Data, "audit.jsonl"))
	if err != nil || !strings.Contains(string(written), "SimulateLogin") || strings.Contains(string(written), "not-for-the-record") || strings.Contains(string(written), token) {
		t.Errorf("claims or tokens are in the audit record, or it is not there: %v", err)
	}
	bad := func(in map[string]any) *testenv.Answer {
		in["IdentityPoolId"] = s.pool
		return own(t, s.Root(), "SimulateLogin", in)
	}
	refused(t, "claims that are no object", bad(map[string]any{"PretendedLogins": []any{map[string]any{"Provider": "accounts.google.com", "Claims": "[]"}}}), 400, "ValidationException", "not a JSON object")
	refused(t, "an action that is none", bad(map[string]any{"Actions": []string{"GetObject"}}), 400, "ValidationException", "GetObject")
	nobody := user(t, s.Env, "nobody", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)
	refused(t, "without permission", own(t, nobody, "SimulateLogin", map[string]any{"IdentityPoolId": s.pool}), 400, "AccessDeniedException", "rockpool:SimulateLogin")
}
