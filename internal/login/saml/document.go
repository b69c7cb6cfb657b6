package saml

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"

	"github.com/rockpool-id/rockpool/internal/login"
)

// The namespaces of a response.
const (
	protocolNS  = "urn:oasis:names:tc:SAML:2.0:protocol"
	assertionNS = "urn:oasis:names:tc:SAML:2.0:assertion"
	signatureNS = "http://www.w3.org/2000/09/xmldsig#"
)

// Bounds of what is read at all. AWS takes 100,000 characters of base64
// (iam-sts.md 3.3); the others are far above what providers write.
const (
	maxResponse   = 100_000
	maxDepth      = 24
	maxElements   = 900 // the canonicaliser gives up at 1,000
	maxAttributes = 16  // of one element
	maxPrefixes   = 64  // namespace declarations of the whole document
)

// A document is a response whose shape is one of those we read. Nothing in it
// is proven.
type document struct {
	response, assertion                   *etree.Element
	responseSignature, assertionSignature *etree.Element
	sealed                                *etree.Element // the EncryptedAssertion in the assertion's place
	encrypted                             string         // what else is encrypted, "" if nothing
	ids                                   map[string]bool
}

// read decodes a response and checks its shape.
func read(response string) (*document, error) {
	if len(response) > maxResponse {
		return nil, &login.Refusal{Kind: login.TooLarge, Want: fmt.Sprintf("at most %d bytes", maxResponse)}
	}
	// Line breaks in the base64 are ignored: files made by tools have them.
	text, err := base64.StdEncoding.DecodeString(response)
	if err != nil || len(text) == 0 {
		return nil, notSAML("response", "not base64", "base64 of an XML document")
	}
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	return shape(root)
}

// readInner reads a decrypted assertion. It is a document of its own: it declares
// its prefixes itself, and what stood around it means nothing in it.
func readInner(text []byte, outer *document) (*document, error) {
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	if !is(root, assertionNS, "Assertion") {
		return nil, notSAML("Assertion", root.FullTag(), "an Assertion of SAML 2.0")
	}
	doc := &document{assertion: root, ids: outer.ids}
	if err := doc.complete(root); err != nil {
		return nil, err
	}
	if doc.encrypted != "" {
		return nil, &login.Refusal{Kind: login.Encrypted, Claim: doc.encrypted}
	}
	return doc, nil
}

// parse makes a tree of a text that could be scanned.
func parse(text []byte) (*etree.Element, error) {
	if err := scan(text); err != nil {
		return nil, err
	}
	tree := etree.NewDocument()
	if err := tree.ReadFromBytes(text); err != nil || tree.Root() == nil {
		return nil, notSAML("response", "not XML", "an XML document")
	}
	return tree.Root(), nil
}

// scan reads the tokens of the XML once, before a tree is built, and refuses
// all that a response has no use for and that readers of XML disagree about:
// DTDs, entities, comments, processing instructions, odd names, attributes that
// stand twice; and what is too large or too deep.
func scan(text []byte) error {
	if !utf8.Valid(text) {
		return notSAML("response", "not UTF-8", "an XML document in UTF-8")
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	var open []xml.Name
	elements, prefixes, roots := 0, 0, 0
	for first := true; ; first = false {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return notSAML("response", "not XML", "an XML document without entities")
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == 0 {
				roots++
			}
			elements++
			open = append(open, t.Name)
			declared, err := scanElement(t)
			if err != nil {
				return err
			}
			if prefixes += declared; len(open) > maxDepth || elements > maxElements || prefixes > maxPrefixes {
				return &login.Refusal{Kind: login.TooLarge, Claim: "response", Want: fmt.Sprintf(
					"at most %d elements, %d deep, %d namespace declarations", maxElements, maxDepth, maxPrefixes)}
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != t.Name {
				return notSAML("response", "not XML", "elements that end in order")
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 && len(bytes.TrimSpace(t)) > 0 {
				return notSAML("response", "text outside the element", "one XML element")
			}
		case xml.ProcInst:
			if !first || t.Target != "xml" {
				return notSAML("response", "a processing instruction", "none")
			}
		case xml.Comment:
			return notSAML("response", "a comment", "none")
		case xml.Directive:
			return notSAML("response", "a document type", "none")
		}
	}
	if len(open) > 0 || roots != 1 {
		return notSAML("response", strconv.Itoa(roots)+" elements", "one XML element")
	}
	return nil
}

// scanElement checks names and attributes and counts namespace declarations.
func scanElement(e xml.StartElement) (prefixes int, err error) {
	if !plainName(e.Name) {
		return 0, notSAML("response", "an element's name", "names without surprises")
	}
	if len(e.Attr) > maxAttributes {
		return 0, &login.Refusal{Kind: login.TooLarge, Claim: "response", Want: fmt.Sprintf("at most %d attributes", maxAttributes)}
	}
	for i, a := range e.Attr {
		if !plainName(a.Name) {
			return 0, notSAML("response", "an attribute's name", "names without surprises")
		}
		for _, b := range e.Attr[:i] {
			if a.Name == b.Name {
				return 0, notSAML("response", "an attribute twice", "every attribute once")
			}
		}
		if a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"}) {
			prefixes++
		}
	}
	return prefixes, nil
}

// plainName accepts names that every reader of XML takes apart in the same way.
func plainName(n xml.Name) bool { return ncName(n.Local) && (n.Space == "" || ncName(n.Space)) }

// ncName reports whether s is an XML name of ASCII letters without a colon.
func ncName(s string) bool {
	for i, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_':
		case i > 0 && ('0' <= r && r <= '9' || r == '-' || r == '.'):
		default:
			return false
		}
	}
	return s != ""
}

// shape finds the parts of a response where they must be, and makes sure that
// there are no others.
func shape(root *etree.Element) (*document, error) {
	doc := &document{response: root, ids: make(map[string]bool)}
	if !is(root, protocolNS, "Response") {
		return nil, notSAML("Response", root.FullTag(), "a Response of SAML 2.0")
	}
	return doc, doc.complete(root)
}

// complete fills in the parts that are in root.
func (d *document) complete(root *etree.Element) error {
	if err := d.walk(root); err != nil {
		return err
	}
	for _, e := range []*etree.Element{d.response, d.assertion} {
		if e == nil {
			continue // an error response, an encrypted one, or what was in it
		}
		if got := attribute(e, "Version"); got != "2.0" {
			return notSAML("Version", got, "2.0")
		}
		if id := attribute(e, "ID"); !ncName(id) {
			return notSAML("ID", id, "an XML name")
		}
	}
	return nil
}

// identify takes note of the IDs of e, each of which there may be once.
func (d *document) identify(e *etree.Element) error {
	for _, a := range e.Attr {
		if strings.EqualFold(a.Key, "ID") && a.Space != "xmlns" {
			if d.ids[a.Value] {
				return notSAML("ID", "used twice", "every ID once")
			}
			d.ids[a.Value] = true
		}
	}
	return nil
}

// walk visits every element. Names are compared whatever their namespace: an
// element that some reader might take for an assertion has no place here.
func (d *document) walk(e *etree.Element) error {
	if err := d.identify(e); err != nil {
		return err
	}
	for _, c := range e.ChildElements() {
		var place **etree.Element
		switch c.Tag {
		case "Response":
			return notSAML("Response", "one inside another", "exactly one")
		case "EncryptedID", "EncryptedAttribute", "EncryptedData", "EncryptedKey", "NewEncryptedID":
			if d.encrypted == "" {
				d.encrypted = c.Tag
			}
		case "Assertion", "EncryptedAssertion":
			if e != d.response || !is(c, assertionNS, c.Tag) {
				return notSAML(c.Tag, "in the wrong place", "a child of Response")
			}
			if d.assertion != nil || d.sealed != nil {
				return notSAML(c.Tag, "several", "exactly one")
			}
			if c.Tag == "EncryptedAssertion" {
				d.sealed = c
				if err := d.walkSealed(c); err != nil {
					return err
				}
				continue
			}
			place = &d.assertion
		case "Signature":
			switch {
			case !is(c, signatureNS, "Signature"):
				return notSAML("Signature", "of another namespace", "an XML signature")
			case e == d.response && d.assertion == nil && d.sealed == nil:
				place = &d.responseSignature
			case e == d.assertion:
				place = &d.assertionSignature
			default:
				return notSAML("Signature", "in the wrong place", "in the Response before its Assertion, or in the Assertion")
			}
		}
		if place != nil {
			if *place != nil {
				return notSAML(c.Tag, "several", "exactly one")
			}
			*place = c
		}
		if err := d.walk(c); err != nil {
			return err
		}
	}
	return nil
}

// walkSealed visits what is in an EncryptedAssertion in the clear, where nothing
// may be that has a place elsewhere.
func (d *document) walkSealed(e *etree.Element) error {
	if err := d.identify(e); err != nil {
		return err
	}
	for _, c := range e.ChildElements() {
		switch c.Tag {
		case "Response", "Assertion", "Signature", "EncryptedAssertion", "EncryptedID", "EncryptedAttribute", "NewEncryptedID":
			return notSAML(c.Tag, "in an EncryptedAssertion", "encrypted with it, or outside")
		}
		if err := d.walkSealed(c); err != nil {
			return err
		}
	}
	return nil
}

// is reports whether e is the element named so.
func is(e *etree.Element, namespace, name string) bool {
	return e.Tag == name && e.NamespaceURI() == namespace
}

// children returns the child elements named so.
func children(e *etree.Element, namespace, name string) []*etree.Element {
	var out []*etree.Element
	for _, c := range e.ChildElements() {
		if is(c, namespace, name) {
			out = append(out, c)
		}
	}
	return out
}

// child returns the only child element named so, nil if there is none or more
// than one.
func child(e *etree.Element, namespace, name string) *etree.Element {
	if all := children(e, namespace, name); len(all) == 1 {
		return all[0]
	}
	return nil
}

// attribute returns the value of an attribute without namespace.
func attribute(e *etree.Element, name string) string {
	for _, a := range e.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value
		}
	}
	return ""
}

// text returns all character data of e itself, in order: a reader that stopped
// at the first piece could be given another name.
func text(e *etree.Element) string {
	var b strings.Builder
	for _, c := range e.Child {
		if t, ok := c.(*etree.CharData); ok {
			b.WriteString(t.Data)
		}
	}
	return b.String()
}

// allText returns the character data of e and of all that is in it.
func allText(e *etree.Element) string {
	var b strings.Builder
	for _, c := range e.Child {
		switch c := c.(type) {
		case *etree.CharData:
			b.WriteString(c.Data)
		case *etree.Element:
			b.WriteString(allText(c))
		}
	}
	return b.String()
}
