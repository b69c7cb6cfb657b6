package saml_test

import (
	"context"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/login/saml"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

func TestWhatAnAssertionSays(t *testing.T) {
	p := newProvider(t, key(t, 0))
	response, err := p.Response(pretend.SAMLAssertion{
		ID: "_1", Subject: "ada", NotBefore: start.Add(-time.Minute), SessionEnd: start.Add(8 * time.Hour),
		Attributes: []pretend.SAMLAttribute{
			{Name: "mail", Values: []string{"ada@example.com"}},
			{Name: "groups", Values: []string{"staff", "a & <b> \"c\"\rd"}},
			{Name: "groups", Values: []string{"late"}},
			{Name: "none"},
			{Name: "empty", Values: []string{""}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := newVerifier(t, saml.Config{}).Verify(t.Context(), response, expect(t, p))
	if err != nil {
		t.Fatal(err)
	}
	want := &login.Claims{
		Provider: provider, Issuer: entityID, Subject: "ada", Audience: []string{saml.Audience},
		IssuedAt: start, NotBefore: start.Add(-time.Minute), Expires: start.Add(5 * time.Minute),
		Raw: map[string]any{"mail": "ada@example.com", "groups": []any{"staff", "a & <b> \"c\"\rd", "late"}, "empty": ""},
		SAML: &login.SAML{
			NameFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", Recipient: saml.Recipient,
			AuthnInstant: start, SessionExpires: start.Add(8 * time.Hour), AssertionID: "_1",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSignaturesOfEveryAcceptedKind(t *testing.T) {
	p256, p384 := newProvider(t, ecKey(t, elliptic.P256())), newProvider(t, ecKey(t, elliptic.P384()))
	rs := newProvider(t, key(t, 0))
	for name, c := range map[string]struct {
		p         *pretend.SAML
		what      int
		algorithm string
	}{
		"RSA with SHA-256 over the assertion":       {rs, pretend.SignAssertion, pretend.XMLRSASHA256},
		"RSA with SHA-256 over the response":        {rs, pretend.SignResponse, pretend.XMLRSASHA256},
		"RSA with SHA-256 over both":                {rs, pretend.SignAssertion | pretend.SignResponse, pretend.XMLRSASHA256},
		"RSA with SHA-512":                          {rs, pretend.SignAssertion, pretend.XMLRSASHA512},
		"an elliptic curve of 256 bits":             {p256, pretend.SignAssertion, pretend.XMLECDSASHA256},
		"an elliptic curve of 384 bits":             {p384, pretend.SignAssertion | pretend.SignResponse, pretend.XMLECDSASHA384},
		"an elliptic curve with a hash of its half": {p384, pretend.SignResponse, pretend.XMLECDSASHA256},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := c.p.ResponseSigned(pretend.SAMLAssertion{}, c.what, c.algorithm)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := newVerifier(t, saml.Config{}).Verify(t.Context(), r, expect(t, c.p)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSHA1CountsOnlyWhereItIsAllowed(t *testing.T) {
	p := newProvider(t, key(t, 0))
	r, err := p.ResponseSigned(pretend.SAMLAssertion{}, pretend.SignAssertion, pretend.XMLRSASHA1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newVerifier(t, saml.Config{AllowSHA1: true}).Verify(t.Context(), r, expect(t, p)); err != nil {
		t.Errorf("allowed: %v", err)
	}
	_, err = newVerifier(t, saml.Config{}).Verify(t.Context(), r, expect(t, p))
	if refusal, ok := login.AsRefusal(err); !ok || refusal.Kind != login.BadAlgorithm {
		t.Errorf("not allowed: got %v, want BadAlgorithm", err)
	}
}

func TestKeysRollOver(t *testing.T) {
	p := newProvider(t, key(t, 0))
	old, err := p.Response(pretend.SAMLAssertion{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Rotate(key(t, 1)); err != nil {
		t.Fatal(err)
	}
	current, err := p.Response(pretend.SAMLAssertion{})
	if err != nil {
		t.Fatal(err)
	}
	v, want := newVerifier(t, saml.Config{}), expect(t, p)
	for name, r := range map[string]string{"the old key": old, "the new key": current} {
		if _, err := v.Verify(t.Context(), r, want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	want.Certificates = want.Certificates[:1]
	_, err = v.Verify(t.Context(), old, want)
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.BadSignature {
		t.Errorf("a key that is gone from the metadata: got %v, want BadSignature", err)
	}
}

func TestNoCertificateOfTheMessageIsNeeded(t *testing.T) {
	p := newProvider(t, key(t, 0))
	a := signed(t, p, p.AssertionXML(pretend.SAMLAssertion{}))
	a = replace(t, a, between(t, a, "<ds:KeyInfo>", "</ds:KeyInfo>"), "")
	want := expect(t, p)
	want.Certificates = append(expect(t, newProvider(t, key(t, 1))).Certificates, want.Certificates...)
	if _, err := newVerifier(t, saml.Config{}).Verify(t.Context(), encode(p.ResponseXML(pretend.SAMLAssertion{}, a)), want); err != nil {
		t.Error(err)
	}
}

func TestDatesOfCertificatesDoNotMatter(t *testing.T) {
	k, ok := key(t, 0).(*rsa.PrivateKey)
	if !ok {
		t.Fatal("not an RSA key")
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "old"},
		NotBefore: start.AddDate(-9, 0, 0), NotAfter: start.AddDate(-8, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	p := newProvider(t, k)
	r, err := p.Response(pretend.SAMLAssertion{})
	if err != nil {
		t.Fatal(err)
	}
	want := expect(t, p)
	want.Certificates = []*x509.Certificate{cert}
	if _, err := newVerifier(t, saml.Config{}).Verify(t.Context(), r, want); err != nil {
		t.Error(err)
	}
}

func TestTypedValuesAndInclusivePrefixes(t *testing.T) {
	// Okta and Shibboleth declare the type of values, whose prefix is part of
	// the canonical form only through a list of prefixes.
	p := newProvider(t, key(t, 0))
	a := p.AssertionXML(pretend.SAMLAssertion{ID: "_1", Attributes: []pretend.SAMLAttribute{{Name: "dep", Values: []string{"it"}}}})
	a = replace(t, a, `2.0:assertion" ID=`, `2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" ID=`)
	a = replace(t, a, `<saml:AttributeValue>`, `<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">`)
	const transform = `<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">`
	s := newSigner(t, p, a, transform+`</ds:Transform>`, transform+`<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs"></ec:InclusiveNamespaces></ds:Transform>`)
	c, err := newVerifier(t, saml.Config{}).Verify(t.Context(), encode(p.ResponseXML(pretend.SAMLAssertion{}, s)), expect(t, p))
	if err != nil || c.Raw["dep"] != "it" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestOrdinaryLayoutIsRead(t *testing.T) {
	// Prefixes of all kinds, a default namespace, indentation and an XML
	// declaration: what is signed is the canonical form.
	p := newProvider(t, key(t, 0))
	a := p.AssertionXML(pretend.SAMLAssertion{ID: "_1"})
	a = strings.NewReplacer("<saml:", "<", "</saml:", "</", "xmlns:saml=", "xmlns=").Replace(a)
	a = replace(t, a, "<Subject>", "\n  <Subject>\n    ")
	sig, err := p.SignatureXML(a, "_1", pretend.XMLRSASHA256)
	if err != nil {
		t.Fatal(err)
	}
	a = replace(t, a, "</Issuer>", "</Issuer>"+sig)
	// Not canonical, and the same when canonical.
	a = replace(t, a, "></SubjectConfirmationData>", " />")
	a = replace(t, a, `ID="_1" IssueInstant=`, `
		ID='_1'
		IssueInstant=`)
	response := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + replace(t, p.ResponseXML(pretend.SAMLAssertion{}, a), "<samlp:Status>", "\n\t<samlp:Status>") + "\n"
	c, err := newVerifier(t, saml.Config{}).Verify(t.Context(), encode(response), expect(t, p))
	if err != nil || c.Subject != "ada" {
		t.Errorf("got %+v, %v", c, err)
	}
}

// newSigner signs with a SignedInfo that was changed before it was signed.
func newSigner(t *testing.T, p *pretend.SAML, element, old, by string) string {
	t.Helper()
	sig, err := p.SignatureEdited(element, "_1", pretend.XMLRSASHA256, func(info string) string { return replace(t, info, old, by) })
	if err != nil {
		t.Fatal(err)
	}
	return replace(t, element, "</saml:Issuer>", "</saml:Issuer>"+sig)
}

func TestWhoAnAssertionMayBeMadeFor(t *testing.T) {
	p := newProvider(t, key(t, 0))
	const own = "https://rockpool.example.com/saml"
	for name, c := range map[string]struct {
		cfg                 saml.Config
		clients, recipients []string
		recipient, audience string
		ok                  bool
	}{
		"AWS":                                         {recipient: saml.Recipient, audience: saml.Audience, ok: true},
		"AWS's address as audience":                   {recipient: saml.Recipient, audience: saml.Recipient, ok: true},
		"a region of AWS":                             {recipient: "https://eu-central-1.signin.aws.amazon.com/saml", audience: saml.Audience, ok: true},
		"a region in capitals":                        {recipient: "https://EU-central-1.signin.aws.amazon.com/saml", audience: saml.Audience},
		"no region":                                   {recipient: "https://.signin.aws.amazon.com/saml", audience: saml.Audience},
		"an address of ours":                          {cfg: saml.Config{Recipients: []string{own}}, recipient: own, audience: own, ok: true},
		"an address that is not set":                  {recipient: own, audience: saml.Audience},
		"a name of ours":                              {cfg: saml.Config{Audiences: []string{"urn:us"}}, recipient: saml.Recipient, audience: "urn:us", ok: true},
		"a name that the caller knows":                {clients: []string{"urn:pool"}, recipient: saml.Recipient, audience: "urn:pool", ok: true},
		"AWS's name where the caller knows others":    {clients: []string{"urn:pool"}, recipient: saml.Recipient, audience: saml.Audience},
		"our name where the caller knows others":      {cfg: saml.Config{Audiences: []string{"urn:us"}}, clients: []string{"urn:pool"}, recipient: saml.Recipient, audience: "urn:us"},
		"an address that the caller knows":            {recipients: []string{own}, recipient: own, audience: saml.Audience, ok: true},
		"an address of the caller's as audience":      {recipients: []string{own}, clients: []string{"urn:pool"}, recipient: own, audience: own, ok: true},
		"AWS's address where the caller knows others": {recipients: []string{own}, recipient: saml.Recipient, audience: saml.Audience},
		"our address where the caller knows others":   {cfg: saml.Config{Recipients: []string{own + "/us"}}, recipients: []string{own}, recipient: own + "/us", audience: saml.Audience},
		"AWS's name where the caller knows both":      {recipients: []string{own}, clients: []string{"urn:pool"}, recipient: own, audience: saml.Audience},
		"AWS where only ours count":                   {cfg: saml.Config{Recipients: []string{own}, NotAWS: true}, recipient: saml.Recipient, audience: own},
		"AWS's name where only ours does":             {cfg: saml.Config{Recipients: []string{own}, NotAWS: true}, recipient: own, audience: saml.Audience},
		"ours where only ours count":                  {cfg: saml.Config{Recipients: []string{own}, NotAWS: true}, recipient: own, audience: own, ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := p.Response(pretend.SAMLAssertion{Recipient: c.recipient, Audience: c.audience})
			if err != nil {
				t.Fatal(err)
			}
			want := expect(t, p)
			want.ClientIDs, want.Recipients = c.clients, c.recipients
			if _, err = newVerifier(t, c.cfg).Verify(t.Context(), r, want); (err == nil) != c.ok {
				t.Errorf("got %v, want accepted: %v", err, c.ok)
			}
		})
	}
}

func TestTimesHaveTheirLimits(t *testing.T) {
	p := newProvider(t, key(t, 0))
	r, err := p.Response(pretend.SAMLAssertion{NotBefore: start, Issued: start, Expires: start.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]login.Kind{
		-5 * time.Minute: 0, -5*time.Minute - time.Second: login.NotYetValid,
		5 * time.Minute: 0, 5*time.Minute + time.Second: login.TooOld, time.Hour - time.Second: login.TooOld,
	} {
		v := newVerifier(t, saml.Config{Now: func() time.Time { return start.Add(at) }})
		e := expect(t, p)
		e.MaxAge = 5 * time.Minute
		_, err := v.Verify(t.Context(), r, e)
		got := login.Kind(0)
		if refusal, ok := login.AsRefusal(err); ok {
			got = refusal.Kind
		}
		if got != want {
			t.Errorf("at %v: got %v, want %v", at, err, want)
		}
	}
}

func TestProvidersWithoutUsableMetadataSignNobodyIn(t *testing.T) {
	p := newProvider(t, key(t, 0))
	r, err := p.Response(pretend.SAMLAssertion{})
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, saml.Config{})
	for name, change := range map[string]func(*login.Expect){
		"no certificate": func(e *login.Expect) { e.Certificates = nil },
		"no issuer":      func(e *login.Expect) { e.Issuer = "" },
		"old metadata":   func(e *login.Expect) { e.MetadataUntil = start },
	} {
		e := expect(t, p)
		change(&e)
		_, err := v.Verify(t.Context(), r, e)
		if refusal, ok := login.AsRefusal(err); !ok || refusal.Kind != login.WrongProvider {
			t.Errorf("%s: got %v, want WrongProvider", name, err)
		}
	}
	e := expect(t, p)
	e.MetadataUntil = start.Add(time.Second)
	if _, err := v.Verify(t.Context(), r, e); err != nil {
		t.Errorf("metadata that is about to end: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Verify(ctx, r, expect(t, p)); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that is over: got %v", err)
	}
}

func TestConfigurationThatCannotWorkIsRefused(t *testing.T) {
	for name, cfg := range map[string]saml.Config{
		"nothing counts":  {NotAWS: true},
		"empty audience":  {Audiences: []string{""}},
		"empty recipient": {Recipients: []string{""}},
	} {
		if _, err := saml.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestManyGroupsFit(t *testing.T) {
	p := newProvider(t, key(t, 0))
	var groups []string
	for i := range 700 {
		groups = append(groups, fmt.Sprintf("CN=g%d", i))
	}
	r, err := p.ResponseSigned(pretend.SAMLAssertion{Attributes: []pretend.SAMLAttribute{{Name: "groups", Values: groups}}},
		pretend.SignAssertion|pretend.SignResponse, pretend.XMLRSASHA256)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newVerifier(t, saml.Config{}).Verify(t.Context(), r, expect(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Strings("groups"); !slices.Equal(got, groups) {
		t.Errorf("got %d groups, want %d", len(got), len(groups))
	}
}

// FuzzVerify changes honest responses. Whatever comes out must be refused or say
// exactly what was signed.
func FuzzVerify(f *testing.F) {
	p := newProvider(f, fuzzSigner(f))
	a := pretend.SAMLAssertion{ID: "_1", Attributes: []pretend.SAMLAttribute{{Name: "role", Values: []string{"reader"}}}}
	inner := p.ResponseXML(a, signedAs(f, p, p.AssertionXML(a)))
	f.Add(inner)
	f.Add(signedAs(f, p, p.ResponseXML(a, p.AssertionXML(a))))
	f.Add(signedAs(f, p, inner))
	f.Add(strings.ReplaceAll(inner, "saml:", "x:"))
	f.Add("<?xml version='1.0'?>\n" + inner)
	v, want := newVerifier(f, saml.Config{}), expect(f, p)
	f.Fuzz(func(t *testing.T, xml string) {
		c, err := v.Verify(t.Context(), encode(xml), want)
		if err != nil {
			if _, ok := login.AsRefusal(err); !ok {
				t.Fatalf("an error that is no refusal: %v", err)
			}
			return
		}
		if c.Subject != "ada" || c.Raw["role"] != "reader" || len(c.Raw) != 1 || c.SAML.Recipient != saml.Recipient || !c.Expires.Equal(start.Add(5*time.Minute)) {
			t.Fatalf("accepted what was not signed: %+v", c)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	p := newProvider(b, key(b, 0))
	a := pretend.SAMLAssertion{ID: "_1", Attributes: []pretend.SAMLAttribute{{Name: "role", Values: []string{"reader", "writer"}}}}
	honest := p.ResponseXML(a, signed(b, p, p.AssertionXML(a)))
	for name, text := range map[string]string{
		"honest":       honest,
		"forged":       strings.Replace(honest, ">ada<", ">eve<", 1),
		"many/spaces":  strings.Replace(honest, "<samlp:Status>", strings.Repeat(" ", 60_000)+"<samlp:Status>", 1),
		"many/nesting": strings.Replace(honest, "<saml:Subject>", strings.Repeat(`<a xmlns:b="urn:b" xmlns:c="urn:c">`, 18)+strings.Repeat("</a>", 18)+strings.Repeat("<a></a>", 800)+"<saml:Subject>", 1),
	} {
		b.Run(name, func(b *testing.B) {
			v, want, r := newVerifier(b, saml.Config{}), expect(b, p), encode(text)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = v.Verify(b.Context(), r, want)
			}
		})
	}
}
