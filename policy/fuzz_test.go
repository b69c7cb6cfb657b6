package policy

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// seedTexts calls add with every policy of the decision cases.
func seedTexts(t testing.TB, add func(text []byte, layer string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) < 120 {
		t.Fatalf("%d seed files, %v", len(files), err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if f.Name != "requests" && f.Name != "bindings" && f.Name != "rejections" {
				add(f.Data, f.Name)
			}
		}
	}
}

var allKinds = []Kind{Identity, Managed, Session, Trust, Resource}

// FuzzParse: whatever parses keeps its text, prints, and parses back equal;
// an error is an *Error and comes with no document. Rewriting principals with
// the identity function changes no byte of any text.
func FuzzParse(f *testing.F) {
	seedTexts(f, func(text []byte, _ string) { f.Add(text) })
	f.Add([]byte(`{"Statement":{"Sid":"","Effect":"Deny","Action":[],"Resource":"*","Condition":{"Bool":{"a:b":[]},"x":{}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got := RewritePrincipals(text, func(s string) string { return s }); string(got) != string(text) {
			t.Errorf("rewriting nothing changed\n%s\nto\n%s", text, got)
		}
		if n := Size(text); n < 0 || n > len(text) {
			t.Errorf("size %d of %d bytes", n, len(text))
		}
		for _, kind := range allKinds {
			d, err := Parse(text, kind)
			var e *Error
			if err != nil {
				if d != nil || !errors.As(err, &e) || e.Message == "" {
					t.Errorf("document %v, error %#v", d, err)
				}
				continue
			}
			if string(d.Text()) != string(text) {
				t.Errorf("text changed")
			}
			printed := d.Print()
			again, err := Parse(printed, kind)
			if err != nil {
				t.Fatalf("%s printed as\n%s\nwhich fails: %v", text, printed, err)
			}
			if !again.Equal(d) {
				t.Fatalf("%s printed as\n%s\nwhich differs", text, printed)
			}
			Compile(d, Meta{})
			IsPublic(d)
		}
	})
}

// FuzzDecide: deciding never panics, the recorded decision is the decision,
// an Allow names its statement, and adding a policy that denies everything
// always denies.
func FuzzDecide(f *testing.F) {
	seedTexts(f, func(text []byte, _ string) {
		f.Add(text, text, "s3:GetObject", "arn:aws:s3:::b/k", "aws:username", "joe", uint8(2))
		f.Add(text, text, "sts:AssumeRole", "*", "aws:PrincipalTag/x", "*", uint8(3))
	})
	deny := mustCompile(f, Identity, nothing, Meta{})
	denyResource := mustCompile(f, Resource, stmt(`"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"`), Meta{})
	callers := []string{"user", "role", "federated", "root", "anonymous", "web accounts.google.com", "service s3.amazonaws.com", "user-b", "root-b", "role-b"}
	f.Fuzz(func(t *testing.T, identity, resource []byte, action, on, key, value string, who uint8) {
		p := &Policies{HasSession: who&64 != 0, Trust: who&128 != 0}
		if d, err := Parse(identity, Identity); err == nil {
			p.Identity = []*Policy{Compile(d, Meta{})}
			if who&32 != 0 {
				p.Boundary = p.Identity[0]
			}
		}
		kind := Resource
		if p.Trust {
			kind = Trust
		}
		if d, err := Parse(resource, kind); err == nil {
			p.Resource = Compile(d, Meta{})
		}
		ctx := &Context{}
		ctx.Set(key, value)
		ctx.SetMulti("aws:TagKeys", []string{value, key})
		req := &Request{Principal: callerOf(t, callers[int(who&31)%len(callers)]), Action: action, Resource: on, ResourceAccount: accountA, Context: ctx}
		d := Decide(req, p)
		if again := DecideRecorded(req, p, &recording{}); again != d {
			t.Errorf("recorded %+v, decided %+v", again, d)
		}
		if d.Allowed() && d.Policy == nil && req.Principal.Type != Root {
			t.Errorf("allowed by nothing: %+v", d)
		}
		if d.Reason(action) == "" != d.Allowed() {
			t.Errorf("reason %q for %+v", d.Reason(action), d)
		}
		switch req.Principal.Type {
		case User, AssumedRole, FederatedUser:
			q := *p
			q.Identity = append([]*Policy{}, p.Identity...)
			q.Identity = append(q.Identity, deny)
			if d := Decide(req, &q); d.Allowed() {
				t.Errorf("allowed in spite of an identity deny: %+v", d)
			}
			q = *p
			q.Boundary = deny
			if d := Decide(req, &q); d.Allowed() {
				t.Errorf("allowed in spite of a boundary deny: %+v", d)
			}
		}
		q := *p
		q.Resource, q.Trust = denyResource, false
		if d := Decide(req, &q); d.Allowed() && req.Principal.Type != Root {
			t.Errorf("allowed in spite of a resource deny: %+v", d)
		}
	})
}
