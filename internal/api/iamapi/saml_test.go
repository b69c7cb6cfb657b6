package iamapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

func samlMetadata(t *testing.T, until time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pretend.NewSAML(pretend.SAMLConfig{Key: key, ValidUntil: until})
	if err != nil {
		t.Fatal(err)
	}
	return p.Metadata()
}

// TestSAMLProvidersFromBirthToEnd is Terraform's aws_iam_saml_provider: what is
// read must be what was written, byte for byte.
func TestSAMLProvidersFromBirthToEnd(t *testing.T) {
	const arn = "arn:aws:iam::000000000000:saml-provider/Corp.x_1-y"
	f := newFixture(t)
	ctx, b := f.in()
	first := samlMetadata(t, time.Time{})
	created, err := b.CreateSAMLProvider(ctx, &iamwire.CreateSAMLProviderInput{
		Name: ptr("Corp.x_1-y"), SAMLMetadataDocument: &first, Tags: []iamwire.Tag{{Key: ptr("team"), Value: ptr("blue")}},
	})
	if err != nil || *created.SAMLProviderArn != arn || len(created.Tags) != 1 {
		t.Fatalf("created %+v, %v", created, err)
	}
	get := func() *iamwire.GetSAMLProviderOutput {
		t.Helper()
		got, err := b.GetSAMLProvider(ctx, &iamwire.GetSAMLProviderInput{SAMLProviderArn: ptr(arn)})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := get()
	if *got.SAMLMetadataDocument != first || len(*got.SAMLProviderUUID) != 22 || !got.ValidUntil.Equal(got.CreateDate.AddDate(100, 0, 0)) || len(got.PrivateKeyList) != 0 {
		t.Errorf("got %+v", got)
	}
	list, err := b.ListSAMLProviders(ctx, &iamwire.ListSAMLProvidersInput{})
	if err != nil || len(list.SAMLProviderList) != 1 || *list.SAMLProviderList[0].Arn != arn || !list.SAMLProviderList[0].ValidUntil.Equal(*got.ValidUntil) {
		t.Errorf("list %+v, %v", list, err)
	}
	if _, err := b.TagSAMLProvider(ctx, &iamwire.TagSAMLProviderInput{SAMLProviderArn: ptr(arn), Tags: []iamwire.Tag{{Key: ptr("TEAM"), Value: ptr("red")}, {Key: ptr("b"), Value: ptr("")}}}); err != nil {
		t.Error(err)
	}
	if _, err := b.UntagSAMLProvider(ctx, &iamwire.UntagSAMLProviderInput{SAMLProviderArn: ptr(arn), TagKeys: []string{"b"}}); err != nil {
		t.Error(err)
	}
	tags, err := b.ListSAMLProviderTags(ctx, &iamwire.ListSAMLProviderTagsInput{SAMLProviderArn: ptr(arn)})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Value != "red" || *tags.IsTruncated {
		t.Errorf("tags %+v, %v", tags, err)
	}
	until := time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
	second := samlMetadata(t, until)
	updated, err := b.UpdateSAMLProvider(ctx, &iamwire.UpdateSAMLProviderInput{SAMLProviderArn: ptr(arn), SAMLMetadataDocument: &second})
	if err != nil || *updated.SAMLProviderArn != arn {
		t.Errorf("updated %+v, %v", updated, err)
	}
	if now := get(); *now.SAMLMetadataDocument != second || !now.ValidUntil.Equal(until) || *now.SAMLProviderUUID != *got.SAMLProviderUUID {
		t.Errorf("after the update %+v", now)
	}
	summary, err := b.GetAccountSummary(ctx, &iamwire.GetAccountSummaryInput{})
	if err != nil || summary.SummaryMap["Providers"] != 1 {
		t.Errorf("summary %v, %v", summary, err)
	}
	if _, err := b.DeleteSAMLProvider(ctx, &iamwire.DeleteSAMLProviderInput{SAMLProviderArn: ptr(arn)}); err != nil {
		t.Error(err)
	}
}

func TestSAMLRefusalsAreAWSsOwn(t *testing.T) {
	const arn = "arn:aws:iam::000000000000:saml-provider/Corp"
	good := samlMetadata(t, time.Time{})
	line := strings.ReplaceAll(good, "\n", " ")
	bad := strings.Repeat("x", 1000)
	for _, c := range []struct {
		name, operation, parameters string
		status                      int
		want                        string // code and message
	}{
		{"a name in another case", "CreateSAMLProvider", "Name=cORP\nSAMLMetadataDocument=" + line, 409, "EntityAlreadyExists: Provider with name cORP already exists."},
		{"metadata that is none", "CreateSAMLProvider", "Name=x\nSAMLMetadataDocument=" + bad, 400, "InvalidInput: Could not parse metadata"},
		{"an update with metadata that is none", "UpdateSAMLProvider", "SAMLProviderArn=" + arn + "\nSAMLMetadataDocument=" + bad, 400, "InvalidInput: Could not parse metadata"},
		{"an update of nothing", "UpdateSAMLProvider", "SAMLProviderArn=" + arn, 400, "InvalidInput: Unable to update identity provider. No updates are defined for metadata or encryption assertion."},
		{"metadata that is too short", "CreateSAMLProvider", "Name=x\nSAMLMetadataDocument=x", 400, "ValidationError: "},
		{"a name with a space", "CreateSAMLProvider", "Name=a b\nSAMLMetadataDocument=" + line, 400, "ValidationError: "},
		{"encryption without a key", "CreateSAMLProvider", "Name=x\nAssertionEncryptionMode=Required\nSAMLMetadataDocument=" + line, 400, "InvalidInput: AssertionEncryptionMode Required needs a private key."},
		{"encryption that may be, without a key", "UpdateSAMLProvider", "SAMLProviderArn=" + arn + "\nAssertionEncryptionMode=Allowed", 400, "InvalidInput: AssertionEncryptionMode Allowed needs a private key."},
		{"encryption of no kind", "UpdateSAMLProvider", "SAMLProviderArn=" + arn + "\nAssertionEncryptionMode=Maybe", 400, "ValidationError: "},
		{"a private key that is none", "UpdateSAMLProvider", "SAMLProviderArn=" + arn + "\nAddPrivateKey=pem", 400, "InvalidInput: The private key must be one PEM block"},
		{"a private key that is not there", "UpdateSAMLProvider", "SAMLProviderArn=" + arn + "\nRemovePrivateKey=SAMLPKAAAAAAAAAAAAAAAA", 404, "NoSuchEntity: The private key with id SAMLPKAAAAAAAAAAAAAAAA cannot be found in " + arn},
		{"a provider that does not exist", "GetSAMLProvider", "SAMLProviderArn=" + arn + "2", 404, "NoSuchEntity: Manifest not found for arn " + arn + "2"},
		{"deleting one", "DeleteSAMLProvider", "SAMLProviderArn=" + arn + "2", 404, "NoSuchEntity: Manifest not found for arn " + arn + "2"},
		{"tagging one", "TagSAMLProvider", "SAMLProviderArn=" + arn + "2\nTags.member.1.Key=k\nTags.member.1.Value=v", 404, "NoSuchEntity: Manifest not found for arn " + arn + "2"},
		{"a reserved tag", "TagSAMLProvider", "SAMLProviderArn=" + arn + "\nTags.member.1.Key=aws:k\nTags.member.1.Value=v", 400, "InvalidInput: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			if w := f.post("CreateSAMLProvider", "Name=Corp\nSAMLMetadataDocument="+line); w.Code != http.StatusOK {
				t.Fatal(w.Body)
			}
			w := f.post(c.operation, c.parameters)
			code, message, _ := strings.Cut(c.want, ": ")
			body := w.Body.String()
			if w.Code != c.status || !strings.Contains(body, "<Code>"+code+"</Code>") || !strings.Contains(body, "<Message>"+message) {
				t.Errorf("answer %d %s", w.Code, body)
			}
		})
	}
}

// privateKey is a private key of RSA in PEM.
func privateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestPrivateKeysOfSAMLProvidersComeAndGo(t *testing.T) {
	const arn = "arn:aws:iam::000000000000:saml-provider/Corp"
	f := newFixture(t)
	ctx, b := f.in()
	metadata := samlMetadata(t, time.Time{})
	if _, err := b.CreateSAMLProvider(ctx, &iamwire.CreateSAMLProviderInput{
		Name: ptr("Other"), SAMLMetadataDocument: &metadata, AddPrivateKey: ptr(privateKey(t)),
	}); err == nil || !strings.Contains(err.Error(), "A private key needs an AssertionEncryptionMode.") {
		t.Errorf("a key without what it is for: %v", err)
	}
	if _, err := b.CreateSAMLProvider(ctx, &iamwire.CreateSAMLProviderInput{
		Name: ptr("Corp"), SAMLMetadataDocument: &metadata, AddPrivateKey: ptr(privateKey(t)), AssertionEncryptionMode: ptr(iamwire.AssertionEncryptionModeTypeAllowed),
	}); err != nil {
		t.Fatal(err)
	}
	got := func() *iamwire.GetSAMLProviderOutput {
		t.Helper()
		got, err := b.GetSAMLProvider(ctx, &iamwire.GetSAMLProviderInput{SAMLProviderArn: ptr(arn)})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := got()
	if len(first.PrivateKeyList) != 1 || len(*first.PrivateKeyList[0].KeyId) != 22 || first.PrivateKeyList[0].Timestamp.IsZero() || *first.AssertionEncryptionMode != "Allowed" {
		t.Fatalf("got %+v", first)
	}
	update := func(in iamwire.UpdateSAMLProviderInput) error {
		in.SAMLProviderArn = ptr(arn)
		_, err := b.UpdateSAMLProvider(ctx, &in)
		return err
	}
	if err := update(iamwire.UpdateSAMLProviderInput{AddPrivateKey: ptr(privateKey(t)), AssertionEncryptionMode: ptr(iamwire.AssertionEncryptionModeTypeRequired)}); err != nil {
		t.Fatal(err)
	}
	if now := got(); len(now.PrivateKeyList) != 2 || *now.AssertionEncryptionMode != "Required" || *now.SAMLMetadataDocument != metadata {
		t.Errorf("got %+v", now)
	}
	if err := update(iamwire.UpdateSAMLProviderInput{AddPrivateKey: ptr(privateKey(t))}); err == nil || !strings.Contains(err.Error(), "PrivateKeysPerSAMLProvider: 2") {
		t.Errorf("a third key: %v", err)
	}
	if err := update(iamwire.UpdateSAMLProviderInput{RemovePrivateKey: first.PrivateKeyList[0].KeyId}); err != nil {
		t.Error(err)
	}
	last := got().PrivateKeyList
	if len(last) != 1 {
		t.Fatalf("after removing a key: %+v", last)
	}
	if err := update(iamwire.UpdateSAMLProviderInput{RemovePrivateKey: last[0].KeyId}); err == nil || !strings.Contains(err.Error(), "needs a private key") {
		t.Errorf("the last key of a provider that must encrypt: %v", err)
	}
}

func TestSAMLRulesAskForTheProvider(t *testing.T) {
	const arn = "arn:aws:iam::000000000000:saml-provider/Corp"
	f := newFixture(t)
	line := strings.ReplaceAll(samlMetadata(t, time.Time{}), "\n", " ")
	f.decide = func(*authz.Request) authz.Decision { return authz.Decision{Allowed: true} }
	for _, c := range []struct{ operation, parameters, resource string }{
		{"CreateSAMLProvider", "Name=Corp\nSAMLMetadataDocument=" + line + "\nTags.member.1.Key=team\nTags.member.1.Value=blue", arn},
		{"GetSAMLProvider", "SAMLProviderArn=" + arn, arn},
		{"TagSAMLProvider", "SAMLProviderArn=" + arn + "\nTags.member.1.Key=k\nTags.member.1.Value=v", arn},
		{"ListSAMLProviders", "", "*"},
		{"DeleteSAMLProvider", "SAMLProviderArn=" + arn, arn},
	} {
		f.asked = nil
		if w := f.post(c.operation, c.parameters); w.Code != http.StatusOK {
			t.Fatalf("%s: %s", c.operation, w.Body)
		}
		if len(f.asked) != 1 || f.asked[0].Action != "iam:"+c.operation || f.asked[0].Resource != c.resource {
			t.Errorf("%s asked for %+v", c.operation, f.asked)
		}
		tagged := false
		for _, k := range f.asked[0].Keys {
			tagged = tagged || k.Name == "aws:ResourceTag/team" && k.Values[0] == "blue" || k.Name == "aws:RequestTag/team"
		}
		if tagged == (c.resource == "*") {
			t.Errorf("%s: keys %+v", c.operation, f.asked[0].Keys)
		}
	}
}
