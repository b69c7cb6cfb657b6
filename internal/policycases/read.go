package policycases

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// Home is the account and region of a file that names none. The zero Home is
// that of a new server.
type Home struct{ Account, Region string }

// Read reads a test file. The error is Problems.
func Read(path string, text []byte, home Home) (*File, error) {
	if home.Account == "" {
		home.Account = "000000000000"
	}
	if home.Region == "" {
		home.Region = "us-east-1"
	}
	r := &fileReader{
		reader:  reader{file: path},
		catalog: catalog.New(),
		looked:  map[string]string{},
		f:       &File{Path: path, Account: home.Account, Region: home.Region, Policies: map[string]*Source{}, Roles: map[string]*Entity{}, Users: map[string]*Entity{}, Groups: map[string]*Entity{}},
	}
	if root := r.root(text); root != nil {
		r.read(root)
	}
	if err := r.problems.sorted(); err != nil {
		return nil, err
	}
	return r.f, nil
}

// fileReader reads one file. The order matters: tests speak of what stands above
// them in the file's structure, wherever it stands in its text.
type fileReader struct {
	reader
	catalog  *catalog.Catalog
	looked   map[string]string // names that the catalog does not know: what they were meant to be
	f        *File
	defaults Test
}

func (r *fileReader) read(root *yaml.Node) {
	top := r.fields(root, "a test file", "account", "region", "policies", "roles", "users", "groups", "defaults", "tests")
	if p, ok := top["account"]; ok {
		r.f.Account = r.account(p, "account")
	}
	if p, ok := top["region"]; ok {
		r.f.Region = r.text(p, "region")
	}
	if p, ok := top["policies"]; ok {
		r.policies(p)
	}
	if p, ok := top["roles"]; ok {
		r.entities(p, "role", r.f.Roles)
	}
	if p, ok := top["users"]; ok {
		r.entities(p, "user", r.f.Users)
	}
	if p, ok := top["groups"]; ok {
		r.entities(p, "group", r.f.Groups)
	}
	if p, ok := top["defaults"]; ok {
		fields := r.fields(p.value, "defaults", "as", "do", "on", "resource_policy", "resource_account", "with", "at")
		r.common(&r.defaults, fields)
	}
	tests, ok := top["tests"]
	if !ok {
		r.fail(root, "the file has no tests")
		return
	}
	r.tests(tests)
}

func (r *fileReader) account(p pair, what string) string {
	text := r.text(p, what)
	if text != "" && !isAccount(text) {
		r.fail(p.value, "%s must be the 12 digits of an account, not %q", what, shorten(text))
	}
	return text
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

func (r *fileReader) policies(p pair) {
	for _, q := range r.pairs(p.value, "policies") {
		n, ok := r.follow(q.value)
		if !ok {
			return
		}
		source := &Source{at: placeOf(q.key)}
		switch {
		case strings.Contains(q.name, ":"):
			r.fail(q.key, "the name of a policy cannot have a colon: it would look like an ARN")
		case n.Kind == yaml.ScalarNode:
			source.Path = r.text(q, "policy "+q.name)
		default:
			fields := r.fields(n, "policy "+q.name, "file", "inline")
			file, hasFile := fields["file"]
			inline, hasInline := fields["inline"]
			switch {
			case hasFile == hasInline:
				r.fail(q.key, "policy %s must have one of: file (the path of a JSON file), inline (the policy itself)", q.name)
			case hasFile:
				source.Path = r.text(file, "file")
			default:
				source.Text = r.inline(inline)
			}
		}
		r.f.Policies[q.name] = source
		r.f.PolicyNames = append(r.f.PolicyNames, q.name)
	}
}

// inline reads a policy that stands in the test file: JSON in a text, or the same
// as YAML, which becomes JSON.
func (r *fileReader) inline(p pair) string {
	n, ok := r.follow(p.value)
	if !ok {
		return ""
	}
	if n.Kind == yaml.ScalarNode {
		return r.text(p, "inline")
	}
	var raw bytes.Buffer
	r.writeJSON(&raw, n, 0)
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw.Bytes(), "", "  "); err != nil {
		// What was read has been reported; anything else would be a mistake of
		// writeJSON, and a policy of no text does not parse.
		return ""
	}
	return pretty.String()
}

// writeJSON writes a YAML value as JSON. Texts stay texts even where YAML sees a
// date in them, as in Version.
func (r *fileReader) writeJSON(b *bytes.Buffer, n *yaml.Node, depth int) {
	n, ok := r.follow(n)
	if !ok {
		b.WriteString("null")
		return
	}
	if depth > maxDepth {
		r.fail(n, "the policy is nested too deeply")
		b.WriteString("null")
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i, p := range r.pairs(n, "a policy") {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quote(p.name))
			b.WriteByte(':')
			r.writeJSON(b, p.value, depth+1)
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			r.writeJSON(b, item, depth+1)
		}
		b.WriteByte(']')
	default:
		switch {
		case isNull(n):
			b.WriteString("null")
		case n.Tag == "!!bool" && (n.Value == "true" || n.Value == "false"),
			(n.Tag == "!!int" || n.Tag == "!!float") && json.Valid([]byte(n.Value)):
			b.WriteString(n.Value)
		default:
			b.Write(quote(n.Value))
		}
	}
}

// quote gives a JSON string that keeps < > & as they are, because people read it.
func quote(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always has a JSON form
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// entities reads the roles, users or groups of a file.
func (r *fileReader) entities(p pair, kind string, into map[string]*Entity) {
	known := []string{"arn", "policies"}
	switch kind {
	case "role":
		known = append(known, "id", "boundary", "tags", "trust")
	case "user":
		known = append(known, "id", "boundary", "tags", "groups")
	}
	arns := map[string]string{}
	for _, q := range r.pairs(p.value, kind+"s") {
		e := &Entity{Name: q.name, at: placeOf(q.key)}
		into[q.name] = e
		fields := r.fields(q.value, kind+" "+q.name, known...)
		e.ARN = "arn:aws:iam::" + r.f.Account + ":" + kind + "/" + q.name
		if a, ok := fields["arn"]; ok {
			e.ARN = r.text(a, "arn")
		}
		if _, ok := entityName(e.ARN, kind); !ok {
			r.fail(q.key, "%q is not the ARN of a %s", shorten(e.ARN), kind)
		}
		if other, again := arns[e.ARN]; again {
			r.fail(q.key, "%ss %s and %s have the same ARN", kind, other, q.name)
		}
		arns[e.ARN] = q.name
		if id, ok := fields["id"]; ok {
			e.ID = r.text(id, "id")
		}
		if t, ok := fields["trust"]; ok {
			e.Trust = r.ref(t.value, "trust")
		}
		if l, ok := fields["policies"]; ok {
			e.Policies = r.refs(l, "policies")
		}
		if g, ok := fields["groups"]; ok {
			for _, i := range r.texts(g.value, "groups") {
				e.Groups = append(e.Groups, Ref{Name: i.text, at: placeOf(i.node)})
			}
		}
		if b, ok := fields["boundary"]; ok {
			e.Boundary = r.ref(b.value, "boundary")
		}
		if t, ok := fields["tags"]; ok {
			e.Tags = r.tags(t)
		}
	}
}

// entityName takes the name from the ARN of a role, user or group.
func entityName(s, kind string) (name string, ok bool) {
	a, err := arn.Parse(s)
	if err != nil || a.Service != "iam" || a.Region != "" || !isAccount(a.Account) || strings.ContainsAny(s, "*? ") {
		return "", false
	}
	rest, ok := strings.CutPrefix(a.Resource, kind+"/")
	name = rest[strings.LastIndexByte(rest, '/')+1:]
	return name, ok && name != ""
}

// ref reads the name of a policy; nil for null.
func (r *fileReader) ref(n *yaml.Node, what string) *Ref {
	if n, ok := r.follow(n); !ok || isNull(n) {
		return nil
	}
	items := r.texts(n, what)
	if len(items) != 1 {
		if len(items) > 1 {
			r.fail(n, "%s is one policy, not a list", what)
		}
		return nil
	}
	ref := &Ref{Name: items[0].text, at: placeOf(items[0].node)}
	r.checkRef(ref, what)
	return ref
}

func (r *fileReader) refs(p pair, what string) []Ref {
	var refs []Ref
	for _, i := range r.texts(p.value, what) {
		ref := Ref{Name: i.text, at: placeOf(i.node)}
		r.checkRef(&ref, what)
		refs = append(refs, ref)
	}
	return refs
}

// checkRef finds misspelt names while their place is known. ARNs are looked up
// when the tests run.
func (r *fileReader) checkRef(ref *Ref, what string) {
	if _, ok := r.f.Policies[ref.Name]; ok || strings.HasPrefix(ref.Name, "arn:") {
		return
	}
	hint := "; the file has no policies"
	if len(r.f.PolicyNames) > 0 {
		hint = suggest(ref.Name, r.f.PolicyNames)
	}
	r.problems = append(r.problems, Problem{File: r.file, Line: ref.at.line, Column: ref.at.column,
		Message: what + ": no policy " + string(quote(shorten(ref.Name))) + strings.Replace(hint, "it has", "the file has", 1)})
}

func (r *fileReader) tags(p pair) []iam.Tag {
	var tags []iam.Tag
	for _, q := range r.pairs(p.value, "tags") {
		tags = append(tags, iam.Tag{Key: q.name, Value: r.value(q)})
	}
	return tags
}

// value reads a text that may be empty, as the values of tags and keys may.
func (r *fileReader) value(p pair) string {
	items := r.texts(p.value, p.name)
	if len(items) != 1 {
		if len(items) > 1 {
			r.fail(p.key, "%s has one value, not a list", p.name)
		}
		return ""
	}
	return items[0].text
}

func (r *fileReader) time(p pair) time.Time {
	text := r.text(p, "at")
	t, err := time.Parse(time.RFC3339, text)
	if text != "" && err != nil {
		r.fail(p.value, "at must be a time like 2026-01-02T03:04:05Z, not %q", shorten(text))
	}
	return t
}
