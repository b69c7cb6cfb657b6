package testenv_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

const (
	samlCorp  = "arn:aws:iam::" + testenv.Account + ":saml-provider/Corp"
	samlStaff = "arn:aws:iam::" + testenv.Account + ":role/Staff"
	samlAdmin = "arn:aws:iam::" + testenv.Account + ":role/Admin"
	samlNames = "https://aws.amazon.com/SAML/Attributes/"
)

// office is a server with a SAML provider and two roles that trust it, directly
// and through an identity pool.
type office struct {
	*testenv.Env
	t    *testing.T
	idp  *pretend.SAML
	pool string
}

func newOffice(t *testing.T, change func(*config.Config)) *office {
	t.Helper()
	idp, err := pretend.NewSAML(pretend.SAMLConfig{})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{Env: testenv.Start(t, testenv.Options{Change: change}), t: t, idp: idp}
	root := o.Root()
	must(t, root.IAM(t, "CreateSAMLProvider", "Name", "Corp", "SAMLMetadataDocument", idp.Metadata()))
	var made struct{ IdentityPoolId string }
	root.Cognito(t, "CreateIdentityPool", map[string]any{
		"IdentityPoolName": "office", "AllowUnauthenticatedIdentities": false, "SamlProviderARNs": []string{samlCorp},
	}).JSON(t, &made)
	o.pool = made.IdentityPoolId
	statements := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],
		 "Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"%s"}}},
		{"Effect":"Allow","Principal":{"Federated":"%s"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],
		 "Condition":{"StringEquals":{"saml:aud":"https://signin.aws.amazon.com/saml"}}}]}`, o.pool, samlCorp)
	for _, name := range []string{"Staff", "Admin"} {
		must(t, root.IAM(t, "CreateRole", "RoleName", name, "AssumeRolePolicyDocument", statements))
	}
	must(t, root.S3(t, "PUT", "/files", ""))
	must(t, root.S3(t, "PUT", "/files/_ada/red", "hers"))
	must(t, root.S3(t, "PUT", "/files/_eve/red", "not hers"))
	must(t, root.IAM(t, "PutRolePolicy", "RoleName", "Staff", "PolicyName", "files", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::files/${saml:sub}/${aws:PrincipalTag/team}"}}`))
	return o
}

// response is a response about Ada with roles and further attributes.
func (o *office) response(roles []string, more ...pretend.SAMLAttribute) string {
	o.t.Helper()
	return o.say(pretend.SAMLAssertion{Subject: "_ada", Attributes: append([]pretend.SAMLAttribute{
		{Name: samlNames + "Role", Values: roles}, {Name: samlNames + "RoleSessionName", Values: []string{"ada@corp.example"}},
	}, more...)})
}

func (o *office) say(a pretend.SAMLAssertion) string {
	o.t.Helper()
	r, err := o.idp.Response(a)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func TestAssumeRoleWithSAML(t *testing.T) {
	o := newOffice(t, nil)
	assume := func(response string, more ...string) *testenv.Answer {
		t.Helper()
		return o.Anonymous().STS(t, "AssumeRoleWithSAML", append([]string{"RoleArn", samlStaff, "PrincipalArn", samlCorp, "SAMLAssertion", response}, more...)...)
	}
	good := o.response([]string{samlAdmin + "," + samlCorp, samlCorp + "," + samlStaff}, pretend.SAMLAttribute{Name: samlNames + "PrincipalTag:team", Values: []string{"red"}})
	a := must(t, assume(good, "DurationSeconds", "900"))
	if a.Element("Subject") != "_ada" || a.Element("SubjectType") != "persistent" || a.Element("Issuer") != o.idp.EntityID || len(a.Element("NameQualifier")) != 28 {
		t.Errorf("answer %s", a.Body)
	}
	ada := &testenv.Client{
		URL: o.URL, Region: testenv.Region, KeyID: a.Element("AccessKeyId"), Secret: a.Element("SecretAccessKey"), SessionToken: a.Element("SessionToken"), Now: time.Now,
	}
	if who := must(t, ada.STS(t, "GetCallerIdentity")); who.Element("Arn") != "arn:aws:sts::"+testenv.Account+":assumed-role/Staff/ada@corp.example" {
		t.Errorf("caller %s", who.Body)
	}
	// The subject of the assertion is a policy variable, as is the tag.
	if got := must(t, ada.S3(t, "GET", "/files/_ada/red", "")); string(got.Body) != "hers" {
		t.Errorf("got %s", got.Body)
	}
	if got := ada.S3(t, "GET", "/files/_eve/red", ""); got.Status != 403 {
		t.Errorf("another's file: %d %s", got.Status, got.Body)
	}
	// AWS takes a response again as long as it is valid.
	must(t, assume(good))
	xml, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(xml), "_ada<", "_eve<", 1)))
	for name, c := range map[string]struct{ response, code, message string }{
		"a forged name":                 {forged, "InvalidIdentityToken", "Response signature invalid"},
		"a role that is not in it":      {o.response([]string{samlAdmin + "," + samlCorp}), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"},
		"an address that is not in use": {o.say(pretend.SAMLAssertion{Recipient: "https://rockpool.example.com/saml"}), "InvalidIdentityToken", "Response does not contain the required audience."},
		"six minutes ago":               {o.say(pretend.SAMLAssertion{Issued: time.Now().Add(-6 * time.Minute), Expires: time.Now().Add(time.Hour)}), "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"},
	} {
		if a := assume(c.response); a.Code() != c.code || a.Message() != c.message {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	must(t, o.Root().IAM(t, "DeleteSAMLProvider", "SAMLProviderArn", samlCorp))
	if a := assume(good); a.Message() != "Specified provider doesn't exist" {
		t.Errorf("a deleted provider: %d %s", a.Status, a.Body)
	}
}

// TestEncryptedAssertions goes through IAM, STS and a pool with assertions that are
// encrypted, from the day they may be to the day they must.
func TestEncryptedAssertions(t *testing.T) {
	o := newOffice(t, nil)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	say := func(encrypt bool) string {
		t.Helper()
		a := pretend.SAMLAssertion{ID: fmt.Sprintf("_%d", time.Now().UnixNano()), Subject: "_ada", Attributes: []pretend.SAMLAttribute{
			{Name: samlNames + "Role", Values: []string{samlStaff + "," + samlCorp}}, {Name: samlNames + "RoleSessionName", Values: []string{"ada@corp.example"}},
		}}
		assertion, err := o.idp.SignXML(o.idp.AssertionXML(a), pretend.XMLRSASHA256)
		if err == nil && encrypt {
			assertion, err = o.idp.EncryptXML(assertion, pretend.SAMLEncryption{Key: &key.PublicKey})
		}
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString([]byte(o.idp.ResponseXML(a, assertion)))
	}
	assume := func(response string) *testenv.Answer {
		t.Helper()
		return o.Anonymous().STS(t, "AssumeRoleWithSAML", "RoleArn", samlStaff, "PrincipalArn", samlCorp, "SAMLAssertion", response)
	}
	getID := func(response string) *testenv.Answer {
		t.Helper()
		return o.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": o.pool, "Logins": map[string]string{samlCorp: response}})
	}
	if a := assume(say(true)); a.Message() != "SAML assertion could not be decrypted" {
		t.Errorf("without a key: %s", a.Body)
	}
	root := o.Root()
	must(t, root.IAM(t, "UpdateSAMLProvider", "SAMLProviderArn", samlCorp, "AssertionEncryptionMode", "Allowed",
		"AddPrivateKey", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))))
	if got := must(t, root.IAM(t, "GetSAMLProvider", "SAMLProviderArn", samlCorp)); got.Element("AssertionEncryptionMode") != "Allowed" || len(got.Element("KeyId")) != 22 || strings.Contains(string(got.Body), "PRIVATE") {
		t.Errorf("got %s", got.Body)
	}
	var first, second struct{ IdentityId string }
	for _, encrypt := range []bool{true, false} {
		if a := must(t, assume(say(encrypt))); a.Element("Subject") != "_ada" {
			t.Errorf("allowed, encrypted %v: %s", encrypt, a.Body)
		}
	}
	getID(say(false)).JSON(t, &first)
	getID(say(true)).JSON(t, &second)
	if first.IdentityId == "" || first != second {
		t.Errorf("one person is %s and %s", first.IdentityId, second.IdentityId)
	}
	must(t, root.IAM(t, "UpdateSAMLProvider", "SAMLProviderArn", samlCorp, "AssertionEncryptionMode", "Required"))
	must(t, assume(say(true)))
	if a := assume(say(false)); a.Message() != "SAML assertion must be encrypted" {
		t.Errorf("required: %s", a.Body)
	}
	if a := getID(say(false)); a.Code() != "NotAuthorizedException" {
		t.Errorf("required, at the pool: %s", a.Body)
	}
	o.Stop() // flushes the records
	record, err := os.ReadFile(filepath.Join(o.Data, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(record), "addPrivateKey") || strings.Contains(string(record), base64.StdEncoding.EncodeToString(der)[100:140]) {
		t.Error("the audit record lacks that a private key was added, or holds it")
	}
}

// TestAProviderMadeAgainIsNotWhoItWas deletes a provider and makes another under its
// name, whose people must not become those of the first.
func TestAProviderMadeAgainIsNotWhoItWas(t *testing.T) {
	o := newOffice(t, nil)
	getID := func() *testenv.Answer {
		t.Helper()
		return o.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": o.pool, "Logins": map[string]string{samlCorp: o.response(nil)}})
	}
	var before, after struct{ IdentityId string }
	getID().JSON(t, &before)
	root := o.Root()
	again := func(entity string) {
		t.Helper()
		var err error
		if o.idp, err = pretend.NewSAML(pretend.SAMLConfig{EntityID: entity}); err != nil {
			t.Fatal(err)
		}
		must(t, root.IAM(t, "DeleteSAMLProvider", "SAMLProviderArn", samlCorp))
		must(t, root.IAM(t, "CreateSAMLProvider", "Name", "Corp", "SAMLMetadataDocument", o.idp.Metadata()))
	}
	again("https://other.example.com/saml")
	if a := getID(); a.Code() != "NotAuthorizedException" {
		t.Errorf("another entity: %d %s", a.Status, a.Body)
	}
	var settings struct {
		Settings struct{ SamlEntities map[string]string }
		Warnings []string
	}
	own(t, root, "DescribePoolSettings", map[string]any{"IdentityPoolId": o.pool}).JSON(t, &settings)
	if settings.Settings.SamlEntities[samlCorp] != "https://idp.example.com/saml" || len(settings.Warnings) != 1 || !strings.Contains(settings.Warnings[0], "https://other.example.com/saml") {
		t.Errorf("settings %+v", settings)
	}
	again("https://idp.example.com/saml") // with another key
	getID().JSON(t, &after)
	if after != before {
		t.Errorf("the entity as it was: %s, before %s", after.IdentityId, before.IdentityId)
	}
	again("https://new.example.com/saml")
	settings.Warnings = nil
	own(t, root, "UpdatePoolSettings", map[string]any{"IdentityPoolId": o.pool, "SamlEntities": map[string]string{samlCorp: "https://new.example.com/saml"}}).JSON(t, &settings)
	if len(settings.Warnings) != 0 {
		t.Errorf("settings %+v", settings)
	}
	if getID().JSON(t, &after); after != before {
		t.Errorf("the same people under a new entity id: %s, before %s", after.IdentityId, before.IdentityId)
	}
}

// TestAPoolSaysWhomAssertionsMustBeFor has recipients and audiences of one pool, in
// place of those that the server accepts.
func TestAPoolSaysWhomAssertionsMustBeFor(t *testing.T) {
	o := newOffice(t, nil)
	const address = "https://app.example.com/saml"
	getID := func(a pretend.SAMLAssertion) *testenv.Answer {
		t.Helper()
		return o.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": o.pool, "Logins": map[string]string{samlCorp: o.say(a)}})
	}
	must(t, own(t, o.Root(), "UpdatePoolSettings", map[string]any{"IdentityPoolId": o.pool, "SamlRecipients": []string{address}, "SamlAudiences": []string{"urn:app"}}))
	for name, c := range map[string]struct {
		recipient, audience string
		ok                  bool
	}{
		"ours": {address, "urn:app", true}, "our address twice": {address, address, true},
		"AWS's address": {"", "urn:app", false}, "AWS's name": {address, "", false},
	} {
		if a := getID(pretend.SAMLAssertion{Recipient: c.recipient, Audience: c.audience}); (a.Status == 200) != c.ok {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	must(t, own(t, o.Root(), "UpdatePoolSettings", map[string]any{"IdentityPoolId": o.pool, "SamlRecipients": []string{}, "SamlAudiences": []string{}}))
	must(t, getID(pretend.SAMLAssertion{}))
}

// TestMetadataHasItsBounds writes metadata of the largest size that a request has
// room for, and refuses a larger one for its size.
func TestMetadataHasItsBounds(t *testing.T) {
	o := newOffice(t, nil)
	large := o.idp.Metadata() + strings.Repeat(" ", 900_000)
	must(t, o.Root().IAM(t, "UpdateSAMLProvider", "SAMLProviderArn", samlCorp, "SAMLMetadataDocument", large))
	if got := must(t, o.Root().IAM(t, "GetSAMLProvider", "SAMLProviderArn", samlCorp)).Element("SAMLMetadataDocument"); len(got) < len(large) {
		t.Errorf("%d bytes came back of %d", len(got), len(large))
	}
	a := o.Root().IAM(t, "UpdateSAMLProvider", "SAMLProviderArn", samlCorp, "SAMLMetadataDocument", large+large)
	if a.Code() != "RequestEntityTooLargeException" {
		t.Errorf("too large: %d %s", a.Status, a.Body)
	}
}

func TestOwnAddressesForAssertions(t *testing.T) {
	o := newOffice(t, func(c *config.Config) { c.SAMLRecipients = []string{"https://rockpool.example.com/saml"} })
	r := o.say(pretend.SAMLAssertion{
		Recipient: "https://rockpool.example.com/saml", Audience: "https://rockpool.example.com/saml",
		Attributes: []pretend.SAMLAttribute{{Name: samlNames + "Role", Values: []string{samlStaff + "," + samlCorp}}, {Name: samlNames + "RoleSessionName", Values: []string{"ada"}}},
	})
	a := o.Anonymous().STS(t, "AssumeRoleWithSAML", "RoleArn", samlStaff, "PrincipalArn", samlCorp, "SAMLAssertion", r)
	if a.Code() != "AccessDenied" { // the trust policy wants AWS's address
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestPoolsSignInWithSAML(t *testing.T) {
	o := newOffice(t, nil)
	getID := func(response string) *testenv.Answer {
		t.Helper()
		return o.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": o.pool, "Logins": map[string]string{samlCorp: response}})
	}
	identity := func(response string) string {
		t.Helper()
		var id struct{ IdentityId string }
		getID(response).JSON(t, &id)
		return id.IdentityId
	}
	role := func(response, custom string) string {
		t.Helper()
		in := map[string]any{"IdentityId": identity(response), "Logins": map[string]string{samlCorp: response}}
		if custom != "" {
			in["CustomRoleArn"] = custom
		}
		a := o.Anonymous().Cognito(t, "GetCredentialsForIdentity", in)
		if a.Status != 200 {
			return a.Code()
		}
		var got credentials
		a.JSON(t, &got)
		who := &testenv.Client{URL: o.URL, Region: testenv.Region, KeyID: got.Credentials.AccessKeyId, Secret: got.Credentials.SecretKey, SessionToken: got.Credentials.SessionToken, Now: time.Now}
		_, name, _ := strings.Cut(must(t, who.STS(t, "GetCallerIdentity")).Element("Arn"), "assumed-role/")
		return name
	}
	one := o.response([]string{samlStaff + "," + samlCorp})
	two := o.response([]string{samlStaff + "," + samlCorp, samlAdmin + "," + samlCorp})
	if a, b := identity(one), identity(two); a != b {
		t.Errorf("the same person is %s and %s", a, b)
	}
	if a, b := identity(one), identity(o.say(pretend.SAMLAssertion{Subject: "_eve"})); a == b {
		t.Error("two people are one")
	}
	if got := role(one, ""); got != "Staff/CognitoIdentityCredentials" {
		t.Errorf("the only role: %s", got)
	}
	if got := role(two, samlAdmin); got != "Admin/CognitoIdentityCredentials" {
		t.Errorf("a role by choice: %s", got)
	}
	if got := role(two, ""); got != "NotAuthorizedException" {
		t.Errorf("several roles without a choice: %s", got)
	}
	if got := role(one, samlAdmin); got != "NotAuthorizedException" {
		t.Errorf("a role that the assertion does not give: %s", got)
	}
	root := o.Root()
	must(t, root.Cognito(t, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": o.pool, "Roles": map[string]string{"authenticated": samlStaff},
		"RoleMappings": map[string]any{samlCorp: map[string]any{"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole", "RulesConfiguration": map[string]any{
			"Rules": []map[string]any{{"Claim": "groups", "MatchType": "Contains", "Value": "admins", "RoleARN": samlAdmin}},
		}}}}))
	if got := role(o.response(nil, pretend.SAMLAttribute{Name: "groups", Values: []string{"staff", "admins"}}), ""); got != "Admin/CognitoIdentityCredentials" {
		t.Errorf("a rule about an attribute: %s", got)
	}
	if got := role(o.response(nil, pretend.SAMLAttribute{Name: "groups", Values: []string{"staff"}}), ""); got != "Staff/CognitoIdentityCredentials" {
		t.Errorf("no rule: %s", got)
	}

	// What the login is called in trust policies, and the default tags.
	tagged := "arn:aws:iam::" + testenv.Account + ":role/Tagged"
	must(t, root.IAM(t, "CreateRole", "RoleName", "Tagged", "AssumeRolePolicyDocument", fmt.Sprintf(`{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],
		"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"%s","aws:RequestTag/username":"_ada","aws:RequestTag/client":"Ada"},
		"ForAnyValue:StringEquals":{"cognito-identity.amazonaws.com:amr":"%s:SAML:_ada"},
		"ForAllValues:StringLike":{"cognito-identity.amazonaws.com:amr":["authenticated","%s","%s:SAML:*"]}}}}`, o.pool, samlCorp, samlCorp, samlCorp)))
	must(t, root.Cognito(t, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": o.pool, "Roles": map[string]string{"authenticated": tagged}}))
	must(t, root.Cognito(t, "SetPrincipalTagAttributeMap", map[string]any{"IdentityPoolId": o.pool, "IdentityProviderName": samlCorp, "UseDefaults": true}))
	ada := pretend.SAMLAttribute{Name: "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", Values: []string{"Ada"}}
	if got := role(o.response([]string{tagged + "," + samlCorp}, ada), ""); got != "Tagged/CognitoIdentityCredentials" {
		t.Errorf("amr and tags: %s", got)
	}

	old := o.say(pretend.SAMLAssertion{Issued: time.Now().Add(-time.Hour)})
	if a := getID(old); a.Code() != "NotAuthorizedException" || !regexp.MustCompile(`^Invalid login token\. Token expired: \d{13} >= \d{13}$`).MatchString(a.Message()) {
		t.Errorf("an expired response: %d %s", a.Status, a.Body)
	}
	other, err := pretend.NewSAML(pretend.SAMLConfig{})
	if err != nil {
		t.Fatal(err)
	}
	strange, err := other.Response(pretend.SAMLAssertion{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ response, message string }{
		"another provider's key": {strange, "Invalid login token. Couldn't verify signed token."},
		"no SAML":                {"eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "Invalid login token. Not a valid SAML response."},
		"another address":        {o.say(pretend.SAMLAssertion{Recipient: "https://wiki.example.com"}), "Invalid login token. Incorrect token audience."},
	} {
		if a := getID(c.response); a.Code() != "NotAuthorizedException" || a.Message() != c.message {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	must(t, root.IAM(t, "DeleteSAMLProvider", "SAMLProviderArn", samlCorp))
	if a := getID(one); a.Code() != "NotAuthorizedException" {
		t.Errorf("a deleted provider: %d %s", a.Status, a.Body)
	}
}
