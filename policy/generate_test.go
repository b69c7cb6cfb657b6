package policy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
)

// generator makes up policies and requests from a small vocabulary, so that
// they meet: all operators and qualifiers, wildcards, variables and escapes,
// missing and multi-valued keys, characters beyond ASCII, odd letter case,
// values of the wrong type.
type generator struct{ *rand.Rand }

func (g generator) pick(list []string) string { return list[g.IntN(len(list))] }

// one reports true once in n times.
func (g generator) one(n int) bool { return g.IntN(n) == 0 }

var (
	someKeys = []string{"aws:username", "aws:PrincipalTag/team", "aws:SourceIp", "aws:CurrentTime", "aws:EpochTime", "aws:SecureTransport", "aws:PrincipalArn", "s3:max-keys", "s3:prefix", "x:é", "x:k", "aws:TagKeys", "app:amr"}
	// someTexts are values of keys and words of resources.
	someTexts     = []string{"joe", "Joe", "a", "b", "home", "é", "É", "日本", "\u212A", "k", "ſ", "s", "ab", "*", "?", "${aws:username}", "$", "", "team-1", "team-2", "team-12"}
	somePatterns  = []string{"j*", "*", "?oe", "*o*", "J?E", "team-?", "te*m-1*", "**", "?", "*é", "a*b", "${aws:username}", "${AWS:UserName}x", "${aws:PrincipalTag/Team}", "${*}", "${?}", "${$}", "${no:key}", "${no:key, 'joe'}", "${aws:TagKeys, 'a'}", "${no:key, ''}", "${", "$", "joe}", "*${aws:username}*", "${}"}
	someNumbers   = []string{"0", "-0", "1", "1.0", "10", "9", "1e1", "100e-1", "-5", "-5.5", "0.5", "5e-1", "9007199254740992", "9007199254740993", "+1", "", "x", "1.", "0x1", "1000"}
	someDates     = []string{"2026", "2026-01", "2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2025-12-31T23:30:00.5-0030", "2026-06-01T10:00Z", "1767225600", "1767225601", "-1", "0", "2026-01-01T00:00:00.000000001Z", "2024-02-29"}
	someBadDates  = []string{"", "x", "2026-13", "2025-02-29", "2026-1-1", "2026-01-01T24:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z"}
	someBooleans  = []string{"true", "false", "True", "FALSE", "yes", "", "${aws:SecureTransport}", "1"}
	someBinaries  = []string{"am9l", "", "YQ==", "YQ", "!"}
	someNetworks  = []string{"10.0.0.0/8", "10.1.2.3", "10.1.2.3/32", "10.1.2.200/25", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1", "::/0", "::ffff:10.1.2.0/120", "::ffff:0:0/64", "10.0.0.0/33", "x", ""}
	someAddresses = []string{"10.1.2.3", "10.1.2.129", "192.0.2.1", "2001:db8::1", "2001:db9::1", "::ffff:10.1.2.3", "fe80::1%eth0", "10.1.2", ""}
	someARNs      = []string{"arn:aws:iam::111122223333:role/team/R", "arn:aws:iam::111122223333:user/U", "arn:aws:s3:::b", "arn:aws:s3:::a/b:c", "arn:aws:s3", "*", "", "arn:aws:iam::444455556666:user/joe", "arn:aws:s3::${aws:b}:c"}
	someARNTexts  = []string{"arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:user/${aws:username}", "arn:*:*:*:*:*", "arn:aws:*:team/R", "arn:aws:s3:::*:c", "arn:aws:s3:::?", "${aws:PrincipalArn}", "${aws:PrincipalArn}*", "*", "arn:aws:iam::${no:key, '111122223333'}:user/U", "x:aws:s3:::b", "arn:aws:s3::${aws:b}:c", "arn:aws:i?m::1111*:*/U"}

	someVendors = []string{"s3", "S3", "dynamodb", "sqs"}
	someNames   = []string{"GetObject", "GetObjectAcl", "PutObject", "getobject", "ListBucket", "PutBucketPolicy", "Get*", "*Object", "G?tObject", "*", "*t*b*", "Put*", "?*", "GetObject*"}
	trustNames  = []string{"AssumeRole", "assumerole", "AssumeRoleWithWebIdentity", "TagSession", "Assume*", "*", "As?umeRole", "*Role*"}
	bases       = []string{"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null"}

	someCallers    = []string{"user", "user-v", "role", "role other", "federated", "root", "root-b", "anonymous", "web accounts.google.com", "saml arn:aws:iam::111122223333:saml-provider/P", "service s3.amazonaws.com", "user-b", "role-b", "user id=AIDASTRANGERSTRANGER"}
	somePrincipals = []string{`"AWS":"*"`, `"AWS":"111122223333"`, `"AWS":"arn:aws:iam::111122223333:root"`, `"AWS":"444455556666"`, `"AWS":"arn:aws:iam::111122223333:user/U"`, `"AWS":"arn:aws:iam::111122223333:role/team/R"`, `"AWS":"arn:aws:iam::111122223333:role/team/r"`, `"AWS":"arn:aws:sts::111122223333:assumed-role/R/sess"`, `"AWS":"arn:aws:sts::111122223333:federated-user/F"`, `"AWS":"AIDAUUUUUUUUUUUUUUUU"`, `"AWS":"AROARRRRRRRRRRRRRRRR"`, `"AWS":["arn:aws:iam::444455556666:user/UB","AROABBBBBBBBBBBBBBBB"]`, `"Service":"s3.amazonaws.com"`, `"CanonicalUser":"` + strings.Repeat("c", 64) + `"`}
	trustOnly      = []string{`"Federated":"accounts.google.com"`, `"Federated":"arn:aws:iam::111122223333:saml-provider/P"`}
	someBindings   = []map[string]string{
		nil, {strings.Repeat("c", 64): accountA},
		{"arn:aws:iam::111122223333:user/U": "AIDAUUUUUUUUUUUUUUUU", "arn:aws:iam::111122223333:role/team/R": "AROARRRRRRRRRRRRRRRR"},
		{"arn:aws:iam::111122223333:user/U": "", "arn:aws:iam::111122223333:role/team/R": "AROAOTHEROTHEROTHERO", strings.Repeat("c", 64): "x"},
	}
)

// key returns a condition key in some letter case.
func (g generator) key() string { return g.recase(g.pick(someKeys)) }

// recase changes the case of letters now and then.
func (g generator) recase(s string) string {
	if !g.one(4) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x80 && unicode.ToUpper(r) < 0x80 || g.one(2):
			return r
		case unicode.IsUpper(r) && unicode.ToLower(r) >= 0x80 == (r >= 0x80):
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

func (g generator) action() string { return g.pick(someVendors) + ":" + g.pick(someNames) }

// last makes up the sixth field of a resource.
func (g generator) last() string {
	var b strings.Builder
	if g.one(2) {
		b.WriteString(g.pick([]string{"b", "home/", "*/", "b/${aws:username}/"}))
	}
	for range g.IntN(4) {
		switch g.IntN(6) {
		case 0:
			fmt.Fprintf(&b, "team-%d/", g.IntN(30))
		case 1:
			b.WriteString(g.pick(somePatterns))
		case 2:
			b.WriteString("*")
		default:
			b.WriteString(g.pick(someTexts) + g.pick([]string{"/", "", ":"}))
		}
	}
	return b.String()
}

func (g generator) resource(kind Kind) string {
	switch g.IntN(12) {
	case 0:
		return "*"
	case 1:
		return g.pick([]string{"arn:aws:s3:::*", "arn:aws:dynamodb:*:*:*", "arn:aws:s3:*:*:**", "arn:aws:s3", "arn:aws:dynamodb:us-east-1"})
	case 2:
		if kind == Resource {
			return g.pick([]string{"arn:*:*:*:*:*", "arn:aws:s*:::" + g.last(), "arn:", "arn:aws:?3:::b"})
		}
	case 3, 4, 5:
		return "arn:aws:dynamodb:" + g.pick([]string{"us-east-1", "us-*", "*", "eu-west-?"}) + ":" + g.pick([]string{"111122223333", "1111*", "*", ""}) + ":table/" + g.last()
	}
	return "arn:aws:s3:::" + g.last()
}

// operator makes up an operator and a policy's values for it.
func (g generator) operator() (name string, values []string) {
	base := g.pick(bases)
	pool := somePatterns
	switch {
	case strings.HasPrefix(base, "Numeric"):
		pool = someNumbers
	case strings.HasPrefix(base, "Date"):
		pool = someDates
	case base == "Bool" || base == "Null":
		pool = someBooleans
	case base == "BinaryEquals":
		pool = someBinaries
	case strings.HasSuffix(base, "IpAddress"):
		pool = someNetworks
	case strings.HasPrefix(base, "Arn"):
		pool = someARNTexts
		if g.one(4) {
			pool = someARNs
		}
	case g.one(2):
		pool = someTexts
	}
	for range g.IntN(4) + 1 - g.IntN(20)/19 {
		values = append(values, g.pick(pool))
	}
	name = g.pick([]string{"", "", "", "ForAllValues:", "ForAnyValue:"}) + base
	if base != "Null" && g.one(4) {
		name += "IfExists"
	}
	return g.recase(name), values
}

// keyFor chooses a key that often suits an operator.
func (g generator) keyFor(operator string) string {
	operator = strings.ToLower(operator)
	suits := ""
	switch {
	case g.one(4):
		return g.key()
	case strings.Contains(operator, "foranyvalue"), strings.Contains(operator, "forallvalues"):
		suits = g.pick([]string{"aws:TagKeys", "app:amr"})
	case strings.Contains(operator, "numeric"):
		suits = "s3:max-keys"
	case strings.Contains(operator, "date"):
		suits = g.pick([]string{"aws:CurrentTime", "aws:EpochTime"})
	case strings.Contains(operator, "bool"):
		suits = "aws:SecureTransport"
	case strings.Contains(operator, "ipaddress"):
		suits = "aws:SourceIp"
	case strings.Contains(operator, "arn"):
		suits = "aws:PrincipalArn"
	default:
		suits = g.pick([]string{"aws:username", "aws:PrincipalTag/team", "s3:prefix", "x:é", "x:k"})
	}
	return g.recase(suits)
}

func (g generator) list(n int, f func() string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quote(nil, f(), false))
	}
	return b.String() + "]"
}

// plain makes up a condition on literal values, which an index can use.
func (g generator) plain() (operator, key string, values []string) {
	operator, pool := g.pick([]string{"StringEquals", "StringEquals", "StringLike", "StringEqualsIfExists", "StringNotEquals", "ForAnyValue:StringEquals", "ForAllValues:StringLike", "ArnEquals", "ArnLike"}), someTexts
	if strings.HasPrefix(operator, "Arn") {
		pool = someARNs
	}
	for range g.IntN(3) + 1 {
		values = append(values, g.pick(pool))
	}
	return g.recase(operator), g.keyFor(operator), values
}

// statement makes up a statement about what actions and resources say, or
// about anything when they say nothing.
func (g generator) statement(kind Kind, about string) string {
	effect := "Allow"
	if g.one(4) {
		effect = "Deny"
	}
	not := func(name string, n int) string {
		if g.one(n) {
			return "Not" + name
		}
		return name
	}
	parts := []string{fmt.Sprintf(`"Effect":%q`, effect)}
	if kind == Resource || kind == Trust {
		name, value := "Principal", ""
		if kind == Resource && effect == "Deny" {
			name = not(name, 2)
		}
		pool := somePrincipals
		if kind == Trust {
			pool = append(pool[:len(pool):len(pool)], trustOnly...)
		}
		if value = "{" + g.pick(pool) + "}"; g.one(6) && name == "Principal" {
			value = `"*"`
		}
		parts = append(parts, fmt.Sprintf(`%q:%s`, name, value))
	}
	switch {
	case about != "" && !g.one(10):
		parts = append(parts, about)
	case kind == Trust:
		parts = append(parts, `"Action":`+g.list(g.IntN(2)+1, func() string { return g.recase("sts") + ":" + g.recase(g.pick(trustNames)) }))
	default:
		name, n := not("Action", 10), g.IntN(3)+1
		if g.one(30) {
			n = 20
		}
		parts = append(parts, fmt.Sprintf(`%q:%s`, name, g.list(n, func() string {
			if g.one(15) {
				return "*"
			}
			return g.recase(g.action())
		})))
		parts = append(parts, fmt.Sprintf(`%q:%s`, not("Resource", 8), g.list(g.IntN(3)+1, func() string { return g.resource(kind) })))
	}
	if g.one(2) || about != "" {
		var conditions []string
		seen := map[string]bool{}
		for range g.IntN(2) + 1 {
			operator, values := g.operator()
			key := g.keyFor(operator)
			if about != "" && !g.one(4) {
				operator, key, values = g.plain()
			}
			if seen[operator] {
				continue
			}
			seen[operator] = true
			i := 0
			conditions = append(conditions, fmt.Sprintf(`%q:{%s:%s}`, operator, quote(nil, key, false), g.list(len(values), func() string { i++; return values[i-1] })))
		}
		parts = append(parts, `"Condition":{`+strings.Join(conditions, ",")+"}")
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// text makes up a policy of n statements. Often most of them are about the
// same actions and resources.
func (g generator) text(kind Kind, n int) string {
	version := `"Version":"2012-10-17",`
	if kind != Managed && g.one(8) {
		version = g.pick([]string{"", `"Version":"2008-10-17",`})
	}
	about := ""
	switch {
	case !g.one(3):
	case kind == Trust:
		about = `"Action":` + g.list(g.IntN(2)+1, func() string { return "sts:" + g.pick(trustNames) })
	default:
		about = fmt.Sprintf(`"Action":%s,"Resource":%s`, g.list(g.IntN(3)+1, g.action), g.list(g.IntN(2)+1, func() string { return g.resource(kind) }))
	}
	list := make([]string, n)
	for i := range list {
		list[i] = g.statement(kind, about)
	}
	return "{" + version + `"Statement":[` + strings.Join(list, ",") + "]}"
}

func (g generator) policy(t *testing.T, kind Kind, name string) *Policy {
	n := 1 + g.IntN(4)
	switch g.IntN(10) {
	case 0:
		n = 10 + g.IntN(40)
	case 1, 2:
		n = 5 + g.IntN(10)
	}
	if g.one(100) {
		return Broken(Meta{Name: name})
	}
	text := g.text(kind, n)
	d, err := Parse([]byte(text), kind)
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, err.(*Error).Detail, text)
	}
	return Compile(d, Meta{Name: name, Bindings: someBindings[g.IntN(len(someBindings))]})
}

// policies makes up what applies to a request.
func (g generator) policies(t *testing.T) *Policies {
	p := &Policies{Trust: g.one(5)}
	for i := range g.IntN(3) {
		p.Identity = append(p.Identity, g.policy(t, Identity, fmt.Sprintf("identity %d", i)))
	}
	if g.one(4) {
		p.Boundary = g.policy(t, Managed, "boundary")
	}
	if g.one(4) {
		p.HasSession = true
		for i := range g.IntN(3) {
			p.Session = append(p.Session, g.policy(t, Session, fmt.Sprintf("session %d", i)))
		}
	}
	switch {
	case p.Trust:
		p.Resource = g.policy(t, Trust, "trust")
	case g.one(2):
		p.Resource = g.policy(t, Resource, "resource")
	}
	if g.one(200) {
		p.Identity = append(p.Identity, nil)
	}
	return p
}

// sample returns some statement of the policies, nil when there is none.
func (g generator) sample(p *Policies) *Statement {
	list := append(append([]*Policy{}, p.Identity...), p.Session...)
	list = append(list, p.Boundary, p.Resource)
	for range 4 {
		if q := list[g.IntN(len(list))]; q.Len() > 0 {
			return &q.doc.statements[g.IntN(q.Len())]
		}
	}
	return nil
}

// meet turns a pattern into a text that it often matches.
func (g generator) meet(pattern string, ctx *Context) string {
	tokens, ok := refTokens(pattern, true, true, ctx)
	if !ok {
		return strings.ReplaceAll(pattern, "*", "x")
	}
	var b strings.Builder
	for _, token := range tokens {
		switch {
		case token.star:
			b.WriteString(g.pick([]string{"", "x", "a/b", "team-3/", "é"}))
		case token.one:
			b.WriteString(g.pick([]string{"a", "é", "G", "e"}))
		default:
			b.WriteString(token.text)
		}
	}
	return b.String()
}

func (g generator) request(t *testing.T, p *Policies) *Request {
	ctx := g.context()
	req := &Request{Principal: callerOf(t, g.pick(someCallers)), ResourceAccount: g.pick([]string{accountA, accountA, accountA, accountB, ""}), Context: ctx}
	req.Action = strings.NewReplacer("*", "", "?", "e").Replace(g.action())
	req.Resource = "arn:aws:s3:::" + g.meet(g.last(), ctx)
	if s := g.sample(p); s != nil && !g.one(4) {
		if text := g.recase(g.meet(s.Actions[g.IntN(len(s.Actions))].Text, ctx)); strings.Contains(text, ":") {
			if req.Action = text; !g.one(50) {
				req.Action = strings.ReplaceAll(text, "é", "e")
			}
		}
		if len(s.Resources) > 0 {
			req.Resource = g.meet(s.Resources[g.IntN(len(s.Resources))].Text, ctx)
		}
	}
	switch g.IntN(40) {
	case 0:
		req.Resource = "*"
	case 1:
		req.Resource = g.recase(req.Resource)
	case 2:
		req.Action = strings.Replace(req.Action, ":", "", 1)
	case 3:
		req.Principal.Type = PrincipalType(g.IntN(10))
		if g.one(2) {
			req.Principal.EntityARN = ""
		}
	case 4:
		req.Principal.EntityARN = g.pick([]string{"", "arn:aws:iam::111122223333:root"})
	case 5:
		req.Principal.EntityID, req.Principal.Account = "", g.pick([]string{"", accountA})
	}
	return req
}

// context makes up condition keys. Each is missing half of the time.
func (g generator) context() *Context {
	ctx := &Context{}
	pools := map[string][]string{
		"aws:SourceIp": someAddresses, "aws:CurrentTime": someDates, "aws:EpochTime": someDates, "aws:SecureTransport": someBooleans,
		"aws:PrincipalArn": someARNs, "s3:max-keys": someNumbers,
	}
	for _, key := range someKeys {
		pool := pools[key]
		switch {
		case g.one(3):
			continue
		case pool == nil:
			pool = someTexts
		case g.one(10):
			pool = someBadDates
		}
		if key == "aws:TagKeys" || key == "app:amr" || g.one(30) {
			var values []string
			for range g.IntN(4) {
				values = append(values, g.pick(pool))
			}
			ctx.SetMulti(g.recase(key), values)
			continue
		}
		ctx.Set(g.recase(key), g.pick(pool))
	}
	return ctx
}
