package saml

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/beevik/etree"

	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	statusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success"
	bearerMethod  = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
	entityFormat  = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
)

// maxName bounds a NameID, like the subjects of other tokens.
const maxName = 1024

// judge reads a proven assertion and applies every condition. signed is the
// Response if it was proven too.
func (v *Verifier) judge(a, signed *etree.Element, want *login.Expect) (*login.Claims, error) {
	now := v.now()
	if !is(a, assertionNS, "Assertion") {
		return nil, notSAML("Assertion", a.FullTag(), "an Assertion of SAML 2.0")
	}
	// Again, now that it is proven what is read.
	if signed != nil {
		if err := judgeStatus(signed); err != nil {
			return nil, err
		}
		if err := judgeIssuer(signed, want.Issuer, false); err != nil {
			return nil, err
		}
	}
	if err := judgeIssuer(a, want.Issuer, true); err != nil {
		return nil, err
	}
	c := &login.Claims{Issuer: want.Issuer, SAML: &login.SAML{AssertionID: attribute(a, "ID")}}
	steps := []func(*etree.Element, *login.Claims, *login.Expect, time.Time) error{
		v.readIssued, v.readSubject, v.readConditions, readAuthn, readAttributes,
	}
	for _, step := range steps {
		if err := step(a, c, want, now); err != nil {
			return nil, err
		}
	}
	if signed != nil {
		if d := attribute(signed, "Destination"); d != "" && d != c.SAML.Recipient {
			return nil, &login.Refusal{Kind: login.WrongRecipient, Claim: "Destination", Got: login.Shown(d), Want: login.Shown(c.SAML.Recipient)}
		}
	}
	return c, nil
}

// judgeStatus refuses a response that says the sign-in failed.
func judgeStatus(response *etree.Element) error {
	status := child(response, protocolNS, "Status")
	if status == nil {
		return notSAML("Status", "missing", "exactly one")
	}
	code := child(status, protocolNS, "StatusCode")
	if code == nil {
		return notSAML("StatusCode", "missing", "exactly one")
	}
	if got := attribute(code, "Value"); got != statusSuccess {
		if inner := child(code, protocolNS, "StatusCode"); inner != nil {
			got += " " + attribute(inner, "Value") // it is the inner one that says why
		}
		return &login.Refusal{Kind: login.Rejected, Claim: "Status", Got: login.Shown(got), Want: statusSuccess}
	}
	return nil
}

// judgeIssuer compares the Issuer exactly with the entity id of the metadata.
func judgeIssuer(e *etree.Element, entityID string, required bool) error {
	all := children(e, assertionNS, "Issuer")
	switch {
	case len(all) == 0 && !required:
		return nil
	case len(all) == 0:
		return &login.Refusal{Kind: login.MissingClaim, Claim: "Issuer"}
	case len(all) > 1:
		return notSAML("Issuer", "several", "exactly one")
	}
	format := attribute(all[0], "Format")
	if got := text(all[0]); got != entityID || format != "" && format != entityFormat {
		return &login.Refusal{Kind: login.WrongIssuer, Claim: e.Tag, Got: login.Shown(got), Want: login.Shown(entityID)}
	}
	return nil
}

// readIssued reads when the assertion was made.
func (v *Verifier) readIssued(a *etree.Element, c *login.Claims, want *login.Expect, now time.Time) error {
	var err error
	if c.IssuedAt, err = parseTime("IssueInstant", attribute(a, "IssueInstant")); err != nil {
		return err
	}
	switch {
	case c.IssuedAt.After(now.Add(maxSkew)):
		return atTime(login.NotYetValid, "IssueInstant", now, c.IssuedAt)
	case want.MaxAge > 0 && now.Sub(c.IssuedAt) > want.MaxAge:
		return atTime(login.TooOld, "IssueInstant", now, c.IssuedAt)
	}
	return nil
}

// readSubject reads the NameID and the one bearer confirmation.
func (v *Verifier) readSubject(a *etree.Element, c *login.Claims, want *login.Expect, now time.Time) error {
	subject := child(a, assertionNS, "Subject")
	if subject == nil {
		return &login.Refusal{Kind: login.MissingClaim, Claim: "Subject"}
	}
	name := child(subject, assertionNS, "NameID")
	if name == nil {
		return &login.Refusal{Kind: login.MissingClaim, Claim: "NameID"}
	}
	c.Subject, c.SAML.NameFormat = text(name), attribute(name, "Format")
	if err := checkName(c.Subject, len(name.ChildElements())); err != nil {
		return err
	}
	confirmations := children(subject, assertionNS, "SubjectConfirmation")
	if len(confirmations) != 1 {
		return malformed("SubjectConfirmation", strconv.Itoa(len(confirmations)), "exactly one")
	}
	if got := attribute(confirmations[0], "Method"); got != bearerMethod {
		return malformed("SubjectConfirmation", got, bearerMethod)
	}
	data := child(confirmations[0], assertionNS, "SubjectConfirmationData")
	if data == nil {
		return &login.Refusal{Kind: login.MissingClaim, Claim: "SubjectConfirmationData"}
	}
	recipient := attribute(data, "Recipient")
	if recipient == "" {
		return &login.Refusal{Kind: login.MissingClaim, Claim: "Recipient"}
	}
	if !v.acceptsRecipient(recipient, want) {
		return &login.Refusal{Kind: login.WrongRecipient, Claim: "Recipient", Got: login.Shown(recipient), Want: login.Shown(v.wantRecipient(want))}
	}
	c.SAML.Recipient = recipient
	if attribute(data, "NotOnOrAfter") == "" {
		return &login.Refusal{Kind: login.MissingClaim, Claim: "NotOnOrAfter"}
	}
	_, after, err := window(data, now)
	c.Expires = after
	return err
}

func (v *Verifier) wantRecipient(want *login.Expect) string {
	if len(want.Recipients) > 0 {
		return strings.Join(want.Recipients, " ")
	}
	all := slices.Clone(v.recipients)
	if v.aws {
		all = append(all, Recipient)
	}
	return strings.Join(all, " ")
}

// checkName refuses names that could pass for another: empty ones, those with
// space around them or control characters, and those that are not only text.
func checkName(name string, elements int) error {
	switch {
	case elements > 0:
		return malformed("NameID", "more than text", "text")
	case name == "":
		return &login.Refusal{Kind: login.MissingClaim, Claim: "NameID"}
	case len(name) > maxName:
		return malformed("NameID", "too long", "at most 1024 bytes")
	case name != strings.TrimSpace(name), strings.ContainsFunc(name, unicode.IsControl):
		return malformed("NameID", name, "text without control characters or space around it")
	}
	return nil
}

// window reads the times of Conditions or SubjectConfirmationData and refuses
// what is not valid now.
func window(e *etree.Element, now time.Time) (before, after time.Time, err error) {
	if s := attribute(e, "NotBefore"); s != "" {
		if before, err = parseTime("NotBefore", s); err != nil {
			return before, after, err
		}
		if before.After(now.Add(maxSkew)) {
			return before, after, atTime(login.NotYetValid, "NotBefore", now, before)
		}
	}
	if s := attribute(e, "NotOnOrAfter"); s != "" {
		if after, err = parseTime("NotOnOrAfter", s); err != nil {
			return before, after, err
		}
		if !now.Before(after) {
			return before, after, atTime(login.Expired, "NotOnOrAfter", now, after)
		}
	}
	return before, after, nil
}

// readConditions applies the conditions. One that is not understood makes an
// assertion invalid (saml-core 2.5.1.1).
func (v *Verifier) readConditions(a *etree.Element, c *login.Claims, want *login.Expect, now time.Time) error {
	all := children(a, assertionNS, "Conditions")
	if len(all) > 1 {
		return notSAML("Conditions", "several", "at most one")
	}
	for _, conditions := range all {
		before, after, err := window(conditions, now)
		if err != nil {
			return err
		}
		c.NotBefore, c.Expires = before, earlier(c.Expires, after)
		for _, e := range conditions.ChildElements() {
			switch {
			case is(e, assertionNS, "AudienceRestriction"):
				if err := v.readAudience(e, c, want); err != nil {
					return err
				}
			case is(e, assertionNS, "OneTimeUse"), is(e, assertionNS, "ProxyRestriction"):
				// See doc.go; we are no proxy.
			default:
				return malformed("Conditions", e.FullTag(), "conditions that we understand")
			}
		}
	}
	return nil
}

// readAudience wants one of our names in every restriction.
func (v *Verifier) readAudience(e *etree.Element, c *login.Claims, want *login.Expect) error {
	var names []string
	for _, a := range children(e, assertionNS, "Audience") {
		names = append(names, text(a))
	}
	if !slices.ContainsFunc(names, func(n string) bool { return v.acceptsAudience(n, want) }) {
		return &login.Refusal{Kind: login.WrongAudience, Claim: "Audience", Got: login.Shown(strings.Join(names, " ")), Want: login.Shown(v.wantAudience(want))}
	}
	c.Audience = append(c.Audience, names...)
	return nil
}

func (v *Verifier) wantAudience(want *login.Expect) string {
	all := slices.Concat(want.ClientIDs, want.Recipients)
	if len(want.ClientIDs) == 0 {
		if all = append(all, v.audiences...); v.aws {
			all = append(all, Audience)
		}
	}
	return strings.Join(all, " ")
}

// readAuthn reads when the person signed in and until when that counts.
func readAuthn(a *etree.Element, c *login.Claims, _ *login.Expect, now time.Time) error {
	for _, e := range children(a, assertionNS, "AuthnStatement") {
		if s := attribute(e, "AuthnInstant"); s != "" {
			t, err := parseTime("AuthnInstant", s)
			if err != nil {
				return err
			}
			if t.After(now.Add(maxSkew)) {
				return atTime(login.NotYetValid, "AuthnInstant", now, t)
			}
			c.SAML.AuthnInstant = t
		}
		if s := attribute(e, "SessionNotOnOrAfter"); s != "" {
			t, err := parseTime("SessionNotOnOrAfter", s)
			if err != nil {
				return err
			}
			if !now.Before(t) {
				return atTime(login.Expired, "SessionNotOnOrAfter", now, t)
			}
			c.SAML.SessionExpires = earlier(c.SAML.SessionExpires, t)
		}
	}
	return nil
}

// readAttributes collects the attributes. One that stands several times has the
// values of all, because providers write groups in this way.
func readAttributes(a *etree.Element, c *login.Claims, _ *login.Expect, _ time.Time) error {
	values := make(map[string][]any)
	for _, statement := range children(a, assertionNS, "AttributeStatement") {
		for _, e := range children(statement, assertionNS, "Attribute") {
			name := attribute(e, "Name")
			if name == "" {
				return &login.Refusal{Kind: login.MissingClaim, Claim: "Attribute Name"}
			}
			for _, value := range children(e, assertionNS, "AttributeValue") {
				s := text(value)
				if len(value.ChildElements()) > 0 {
					s = strings.TrimSpace(allText(value)) // such as the NameID of eduPersonTargetedID
				}
				values[name] = append(values[name], s)
			}
		}
	}
	c.Raw = make(map[string]any, len(values))
	for name, list := range values {
		if len(list) == 1 {
			c.Raw[name] = list[0]
		} else {
			c.Raw[name] = list
		}
	}
	return nil
}
