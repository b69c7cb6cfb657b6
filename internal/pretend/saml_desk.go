package pretend

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
)

// Names of the attributes that the page's assertions carry.
const (
	SAMLEmail = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
	SAMLName  = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
	SAMLGroup = "http://schemas.xmlsoap.org/claims/Group"
)

// maxAuthnRequest is far above what an AuthnRequest needs.
const maxAuthnRequest = 16 << 10

// OpenDesk makes the single sign-on page of the identity provider (SAML 2.0
// Bindings 3.4 and 3.5): the question comes in the address, the answer leaves as a
// form that the browser posts to the application. Clients are known by their entity
// ids, and answered at their assertion consumer services (RedirectURIs).
func (p *SAML) OpenDesk(d Desk, brand string) (http.Handler, error) {
	apps := make(map[string]string, len(d.Clients))
	for _, c := range d.Clients {
		apps[c.ID] = ""
	}
	base, err := newProvider(ProviderConfig{Apps: apps, Now: p.cfg.Now, Rand: p.cfg.Rand})
	if err != nil {
		return nil, err
	}
	k, err := base.open(d, look{Brand: brand, Slug: "saml", Receives: "the name, e-mail address and groups of the person you choose"})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	k.routes(mux, map[string]http.HandlerFunc{"GET /sso": func(w http.ResponseWriter, r *http.Request) { p.sso(k, w, r) }})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { base.serve(mux, w, r) }), nil
}

// UserID is the NameID that the provider has for a person.
func (p *SAML) UserID(who Person) string { return "p-" + hexOf(p.EntityID, who, 20) }

func (p *SAML) sso(k *desk, w http.ResponseWriter, r *http.Request) {
	q, ok := k.query(w, r)
	if !ok {
		return
	}
	asked, err := readAuthnRequest(q.Get("SAMLRequest"))
	if err != nil {
		k.refuse(w, http.StatusBadRequest, "invalid_request", "The application's question (SAMLRequest) cannot be read.")
		return
	}
	app, ok := k.client(w, asked.Issuer, asked.ACS)
	if !ok {
		return
	}
	relay := q.Get("RelayState")
	k.ask(w, errand{app, func(w http.ResponseWriter, _ *http.Request, who Person, chosen bool) {
		if !chosen {
			k.post(w, asked.ACS, field{"SAMLResponse", p.cancelled(asked.ACS)}, field{"RelayState", relay})
			return
		}
		groups := []string{"everybody"}
		if who.Staff {
			groups = append(groups, "staff")
		}
		response, err := p.Response(SAMLAssertion{
			Subject: p.UserID(who), Recipient: asked.ACS, Audience: app.ID,
			Attributes: []SAMLAttribute{{SAMLName, []string{who.Name}}, {SAMLEmail, []string{who.Email}}, {SAMLGroup, groups}},
		})
		if err != nil {
			k.broken(w, err)
			return
		}
		k.post(w, asked.ACS, field{"SAMLResponse", response}, field{"RelayState", relay})
	}}, asked.ACS, "")
}

// cancelled is the response of somebody who did not sign in.
func (p *SAML) cancelled(to string) string {
	a := p.defaults(SAMLAssertion{Recipient: to})
	return base64.StdEncoding.EncodeToString([]byte(
		`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="` + attrXML(to) + `" ID="` + a.ID + `" IssueInstant="` + samlTime(a.Issued) +
			`" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` + textXML(p.EntityID) +
			`</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed">` +
			`</samlp:StatusCode></samlp:StatusCode></samlp:Status></samlp:Response>`))
}

// authnRequest is what an application asks.
type authnRequest struct {
	XMLName xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:protocol AuthnRequest"`
	ACS     string   `xml:"AssertionConsumerServiceURL,attr"`
	Issuer  string   `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
}

// readAuthnRequest reads the DEFLATE encoding of the redirect binding.
func readAuthnRequest(text string) (*authnRequest, error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxAuthnRequest+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > maxAuthnRequest {
		return nil, errors.New("too long")
	}
	var a authnRequest
	if err := xml.Unmarshal(plain, &a); err != nil {
		return nil, err
	}
	return &a, nil
}
