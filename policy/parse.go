package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// Parse reads a policy document strictly: every element must be known, of its
// type, and present once. The error is an *Error with AWS's sentence for the
// first mistake in AWS's order of checks (spec/iam-sts.md 1.9), wherever in
// the text the mistakes stand.
//
// A document that parses always compiles. Whether the principals it names
// exist, whether it fits its quota (Size), and for a bucket policy whether it
// speaks of its bucket (CheckBucket) is asked by the writer.
func Parse(text []byte, kind Kind) (*Document, error) {
	raw := string(text)
	c := checker{kind: kind, doc: &Document{kind: kind, raw: raw}, sids: map[string]bool{}}
	if pos, ok := c.badCharacter(raw); ok {
		detail := "character outside of U+0009, U+000A, U+000D, U+0020 to U+00FF"
		if pos.Offset == 0 {
			detail += "; save the file as UTF-8 without a byte order mark" // most often that of an editor
		}
		c.invalid(pos, detail)
		return nil, c.found
	}
	root, err := readJSON(raw)
	switch {
	case err != nil && err.duplicate && kind != Resource:
		c.syntax(err.pos, err.detail, "")
	case err != nil:
		c.invalid(err.pos, err.detail)
	case root.kind != objectNode:
		c.syntax(root.pos, "a policy is an object", s3NotJSON)
	default:
		c.document(&root)
	}
	if c.found != nil {
		return nil, c.found
	}
	return c.doc, nil
}

// rank is the place of a check in AWS's order; the lowest rank with a
// mistake is the one reported.
type rank int

const (
	rankSyntax rank = iota + 1
	rankVersion
	rankLegacy
	rankSid
	rankNoActions
	rankResourceForm
	rankPartition
	rankResourceVendor
	rankRegion
	rankIAMPath
	rankActionVendor
	rankActionColons
	rankVendorChars
	rankNoResources
	rankElement   // an element this kind forbids or lacks
	rankPrincipal // a principal that means nothing
	rankTrustAction
)

// AWS's sentences that are used in more than one place.
const (
	syntaxErrors    = "Syntax errors in policy."
	legacyParsing   = "The policy failed legacy parsing"
	trustNotJSON    = "This policy contains invalid Json"
	s3NotJSON       = "Policies must be valid JSON and the first byte must be '{'"
	s3BadPrincipal  = "Invalid principal in policy"
	s3BadAction     = "Policy has invalid action"
	s3BadResource   = "Policy has invalid resource"
	s3BadCondition  = "Policy has an invalid condition key"
	allowNotPrinc   = "Allow with NotPrincipal is not allowed."
	missingRequired = "Missing required field "
)

// checker turns a JSON tree into a Document and remembers the mistake that
// AWS would report. It goes on after a mistake, because a later one may come
// first in AWS's order.
type checker struct {
	kind  Kind
	doc   *Document
	sids  map[string]bool
	found *Error
	rank  rank
}

func (c *checker) report(r rank, pos Position, message, detail string) {
	if c.found != nil && r >= c.rank {
		return
	}
	c.rank = r
	c.found = &Error{Kind: c.kind, Message: message, Line: pos.Line, Column: pos.Column, Detail: detail}
}

// syntax reports a mistake in the document's shape. S3 has a sentence for
// each; IAM and STS have one for all.
func (c *checker) syntax(pos Position, detail, s3 string) {
	message := syntaxErrors
	if c.kind == Resource && s3 != "" {
		message = s3
	}
	c.report(rankSyntax, pos, message, detail)
}

// invalid reports a text that is not JSON.
func (c *checker) invalid(pos Position, detail string) {
	message := syntaxErrors
	switch c.kind {
	case Trust:
		message = trustNotJSON
	case Resource:
		message = s3NotJSON
	}
	c.report(rankSyntax, pos, message, detail)
}

// badCharacter finds a character that IAM's pattern for policy documents
// does not accept. S3's keys may be in any script, so bucket policies may be.
func (c *checker) badCharacter(raw string) (Position, bool) {
	if c.kind == Resource {
		return Position{}, false // control characters and broken text fail as JSON
	}
	line, lineStart := 1, 0
	for i, r := range raw {
		switch {
		case r == '\n':
			line, lineStart = line+1, i+1
		case r == '\t' || r == '\r' || ' ' <= r && r <= 0xFF:
		default:
			return Position{Offset: i, Line: line, Column: i - lineStart + 1}, true
		}
	}
	return Position{}, false
}

func (c *checker) document(root *node) {
	if c.kind < Identity || c.kind > Resource {
		c.syntax(root.pos, "unknown kind of policy", "")
	}
	for i := range root.members {
		m := &root.members[i]
		switch m.name {
		case "Version":
			c.version(&m.value)
		case "Id":
			c.doc.id, _ = c.str(&m.value, "Id")
		case "Statement":
			c.statements(&m.value)
		default:
			c.unknown(m)
		}
	}
	if _, ok := root.get("Statement"); !ok {
		c.syntax(root.pos, "no Statement", missingRequired+"Statement")
	}
	if c.kind == Managed && c.doc.version != version2012 {
		c.report(rankVersion, root.pos, "Policy document must be version 2012-10-17 or greater.", "managed policies need the current Version")
	}
}

func (c *checker) unknown(m *member) {
	c.syntax(m.pos, fmt.Sprintf("unknown element %q", m.name), "Unknown field "+m.name)
}

func (c *checker) str(n *node, element string) (string, bool) {
	if n.kind != stringNode {
		c.syntax(n.pos, element+" is not a string", "Could not parse the policy: "+element+" is not a string")
	}
	return n.text, n.kind == stringNode
}

func (c *checker) version(n *node) {
	if n.kind != stringNode || n.text != version2008 && n.text != version2012 {
		c.syntax(n.pos, "Version is neither 2008-10-17 nor 2012-10-17", "The policy must contain a valid version string")
		return
	}
	c.doc.version = n.text
}

func (c *checker) statements(n *node) {
	list := n.items
	switch n.kind {
	case objectNode:
		list = []node{*n}
	case arrayNode:
	default:
		c.syntax(n.pos, "Statement is neither an object nor a list", "Could not parse the policy: Statement is not a list")
		return
	}
	if len(list) == 0 {
		c.syntax(n.pos, "no statements", "Could not parse the policy: Statement is empty!")
	}
	c.doc.statements = make([]Statement, 0, len(list))
	for i := range list {
		if list[i].kind != objectNode {
			c.syntax(list[i].pos, "a statement is not an object", "Could not parse the policy: Statement is not an object")
			continue
		}
		c.doc.statements = append(c.doc.statements, c.statement(&list[i]))
	}
}

// statement reads one statement.
func (c *checker) statement(n *node) Statement {
	s := Statement{Position: n.pos}
	for i := range n.members {
		m := &n.members[i]
		switch m.name {
		case "Sid":
			c.sid(&s, &m.value)
		case "Effect":
			c.effect(&s, &m.value)
		case "Principal", "NotPrincipal":
			s.NotPrincipal = m.name == "NotPrincipal"
			s.Principals = c.principals(&m.value)
		case "Action", "NotAction":
			s.NotAction = m.name == "NotAction"
			s.Actions = c.values(&m.value, m.name, s3BadAction)
			c.actions(&s)
		case "Resource", "NotResource":
			s.NotResource = m.name == "NotResource"
			s.Resources = c.values(&m.value, m.name, s3BadResource)
			c.resources(&s)
		case "Condition":
			s.Conditions = c.conditions(&m.value)
		default:
			c.unknown(m)
		}
	}
	c.presence(n, &s)
	return s
}

func (c *checker) sid(s *Statement, n *node) {
	sid, ok := c.str(n, "Sid")
	if !ok || sid == "" {
		return
	}
	s.Sid = sid
	if c.kind != Resource && !alphanumeric(sid) {
		c.report(rankSid, n.pos, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*", "Sid "+sid)
	}
	if c.sids[sid] {
		c.report(rankSid, n.pos, "Statement IDs (SID) in a single policy must be unique.", "Sid "+sid+" appears twice")
	}
	c.sids[sid] = true
}

func (c *checker) effect(s *Statement, n *node) {
	switch {
	case n.kind == stringNode && n.text == "Allow":
		s.Effect = Allow
	case n.kind == stringNode && n.text == "Deny":
		s.Effect = ExplicitDeny
	case n.kind == stringNode && (strings.EqualFold(n.text, "allow") || strings.EqualFold(n.text, "deny")) && c.kind != Resource:
		c.report(rankLegacy, n.pos, legacyParsing, "Effect "+n.text+" has the wrong case")
	default:
		c.syntax(n.pos, "Effect is neither Allow nor Deny", "Invalid effect: "+n.text)
	}
}

// values reads a string or a list of strings.
func (c *checker) values(n *node, element, s3 string) []Value {
	list := n.items
	switch n.kind {
	case stringNode:
		list = []node{*n}
	case arrayNode:
	default:
		c.syntax(n.pos, element+" is neither a string nor a list", s3)
		return nil
	}
	values := make([]Value, 0, len(list))
	for i := range list {
		if list[i].kind != stringNode {
			c.syntax(list[i].pos, element+" holds something that is not a string", s3)
			continue
		}
		values = append(values, Value{Text: list[i].text, Position: list[i].pos})
	}
	return values
}

// shorten keeps details for logs short, whatever the document holds.
func shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
