package policy

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const (
	accountA = "111122223333"
	accountB = "444455556666"
)

// TestCases runs the tricky cases of spec/iam-sts.md section 6.
func TestCases(t *testing.T) {
	covered := runCases(t, "testdata/cases")
	for n := 1; n <= 120; n++ {
		if !covered[n] {
			t.Errorf("case %d has no file", n)
		}
	}
}

// TestInterplay runs the table of spec/iam-sts.md section 2.3.
func TestInterplay(t *testing.T) {
	if covered := runCases(t, "testdata/interplay"); len(covered) < 25 {
		t.Errorf("%d rows, want at least 25", len(covered))
	}
}

func runCases(t *testing.T, dir string) map[int]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	covered := map[int]bool{}
	for _, file := range files {
		var n int
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if _, err := fmt.Sscanf(name, "%03d-", &n); err != nil {
			t.Errorf("%s: the name does not start with a case number", file)
		}
		covered[n] = true
		t.Run(name, func(t *testing.T) { runCase(t, file) })
	}
	return covered
}

func runCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := readCase(t, archive)
	if len(c.requests)+len(c.rejections) == 0 {
		t.Fatal("nothing is asked")
	}
	for name, want := range c.rejections {
		_, err := Parse(c.texts[name], kindOf(t, strings.TrimPrefix(name, "bad.")))
		if err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	for i, r := range c.requests {
		policies := c.choose(t, r.use)
		var rec recording
		d := Decide(&r.Request, policies)
		if got := effectName(d.Effect); got != r.want {
			t.Errorf("request %d: got %s by %v, want %s", i+1, got, d.Layer, r.want)
			continue
		}
		if r.via != "" && d.Layer != layerOf(t, r.via) {
			t.Errorf("request %d: decided by %v, want %s", i+1, d.Layer, r.via)
		}
		if got := d.Reason(r.Action); r.because != "" && got != r.because {
			t.Errorf("request %d: reason %q, want %q", i+1, got, r.because)
		}
		if again := DecideRecorded(&r.Request, policies, &rec); again != d {
			t.Errorf("request %d: recorded decision %+v differs from %+v", i+1, again, d)
		}
		if d.Effect == ExplicitDeny && (d.Policy == nil || d.Statement < 0 || d.Policy.Document().Statement(d.Statement).Effect != ExplicitDeny) {
			t.Errorf("request %d: explicit deny without its statement: %+v", i+1, d)
		}
	}
}

type testCase struct {
	texts      map[string][]byte
	names      []string // of the policies, in order
	bindings   map[string]string
	rejections map[string]string
	requests   []testRequest
}

type testRequest struct {
	Request
	use                []string
	want, via, because string
}

func readCase(t *testing.T, archive *txtar.Archive) *testCase {
	t.Helper()
	c := &testCase{texts: map[string][]byte{}, bindings: map[string]string{}, rejections: map[string]string{}}
	for _, f := range archive.Files {
		switch f.Name {
		case "bindings":
			for line := range strings.Lines(string(f.Data)) {
				arn, id, ok := strings.Cut(strings.TrimSpace(line), " =")
				if !ok {
					t.Fatalf("bad binding %q", line)
				}
				c.bindings[arn] = strings.TrimSpace(id)
			}
		case "rejections":
			for line := range strings.Lines(string(f.Data)) {
				name, message, _ := strings.Cut(strings.TrimSpace(line), ": ")
				c.rejections[name] = message
			}
		case "requests":
			c.requests = readRequests(t, string(f.Data))
		default:
			c.texts[f.Name] = f.Data
			if !strings.HasPrefix(f.Name, "bad.") {
				c.names = append(c.names, f.Name)
			}
		}
	}
	return c
}

func readRequests(t *testing.T, text string) []testRequest {
	t.Helper()
	var list []testRequest
	sticky := Request{ResourceAccount: accountA}
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		r := testRequest{}
		ctx := &Context{}
		for line := range strings.Lines(block) {
			line = strings.TrimRight(line, "\n")
			if strings.HasPrefix(line, "#") {
				continue
			}
			name, value, ok := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			key, list, _ := strings.Cut(value, " = ")
			switch name {
			case "caller":
				sticky.Principal = callerOf(t, value)
			case "action":
				sticky.Action = value
			case "resource":
				sticky.Resource = value
			case "owner":
				sticky.ResourceAccount = value
			case "key":
				ctx.Set(key, list)
			case "keys":
				if list == "" && !strings.HasSuffix(value, "= ") {
					t.Fatalf("bad line %q", line)
				}
				ctx.SetMulti(key, splitList(value, list))
			case "use":
				r.use = strings.Fields(value)
			case "want":
				r.want = value
			case "via":
				r.via = value
			case "because":
				r.because = value
			default:
				t.Fatalf("unknown line %q (%v)", line, ok)
			}
		}
		r.Request = sticky
		r.Context = ctx
		list = append(list, r)
	}
	return list
}

// splitList splits "a | b". Nothing at all is no value; the single value ""
// is written as "”".
func splitList(value, list string) []string {
	switch list {
	case "":
		return nil
	case "''":
		return []string{""}
	}
	return strings.Split(list, " | ")
}

func callerOf(t testing.TB, s string) Principal {
	t.Helper()
	words := strings.Fields(s)
	arg := ""
	if len(words) > 1 {
		arg = words[1]
	}
	user := func(account, name, id string) Principal {
		arn := "arn:aws:iam::" + account + ":user/" + name
		return Principal{Type: User, Account: account, ARN: arn, EntityARN: arn, EntityID: id}
	}
	role := func(account, path, name, session, id string) Principal {
		return Principal{Type: AssumedRole, Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session, EntityARN: "arn:aws:iam::" + account + ":role/" + path + name, EntityID: id}
	}
	root := func(account string) Principal {
		arn := "arn:aws:iam::" + account + ":root"
		return Principal{Type: Root, Account: account, ARN: arn, EntityARN: arn, EntityID: account}
	}
	var p Principal
	switch words[0] {
	case "user":
		p = user(accountA, "U", "AIDAUUUUUUUUUUUUUUUU")
	case "user-v":
		p = user(accountA, "V", "AIDAVVVVVVVVVVVVVVVV")
	case "user-b":
		p = user(accountB, "UB", "AIDABBBBBBBBBBBBBBBB")
	case "role":
		session := "sess"
		if arg != "" && !strings.Contains(arg, "=") {
			session = arg
		}
		p = role(accountA, "team/", "R", session, "AROARRRRRRRRRRRRRRRR")
	case "role-b":
		p = role(accountB, "", "RB", "sess", "AROABBBBBBBBBBBBBBBB")
	case "federated":
		p = user(accountA, "U", "AIDAUUUUUUUUUUUUUUUU")
		p.Type, p.ARN = FederatedUser, "arn:aws:sts::"+accountA+":federated-user/F"
	case "root":
		p = root(accountA)
	case "root-b":
		p = root(accountB)
	case "anonymous":
	case "web":
		p = Principal{Type: WebIdentity, Provider: arg}
	case "saml":
		p = Principal{Type: SAML, Provider: arg}
	case "service":
		p = Principal{Type: Service, Service: arg}
	default:
		t.Fatalf("unknown caller %q", s)
	}
	if id, ok := strings.CutPrefix(arg, "id="); ok {
		p.EntityID = id
	}
	return p
}

// choose compiles the policies a request uses.
func (c *testCase) choose(t *testing.T, use []string) *Policies {
	t.Helper()
	p := &Policies{}
	for _, name := range use {
		if !slices.Contains(c.names, name) {
			t.Fatalf("no policy %q", name)
		}
	}
	for _, name := range c.names {
		if use != nil && !slices.Contains(use, name) {
			continue
		}
		layer, _, _ := strings.Cut(name, ".")
		doc, err := Parse(c.texts[name], kindOf(t, layer))
		if err != nil {
			t.Fatalf("%s: %v (%s)", name, err, err.(*Error).Detail)
		}
		compiled := Compile(doc, Meta{Name: name, Bindings: c.bindings})
		switch layer {
		case "identity":
			p.Identity = append(p.Identity, compiled)
		case "boundary":
			p.Boundary = compiled
		case "session":
			p.Session, p.HasSession = append(p.Session, compiled), true
		case "resource":
			p.Resource = compiled
		case "trust":
			p.Resource, p.Trust = compiled, true
		}
	}
	return p
}

func kindOf(t *testing.T, layer string) Kind {
	t.Helper()
	switch layer {
	case "identity":
		return Identity
	case "boundary", "managed":
		return Managed
	case "session":
		return Session
	case "resource":
		return Resource
	case "trust":
		return Trust
	}
	t.Fatalf("unknown kind of policy %q", layer)
	return 0
}

func layerOf(t *testing.T, s string) Layer {
	t.Helper()
	i := slices.Index([]string{"identity", "boundary", "session", "resource", "trust"}, s)
	if i < 0 {
		t.Fatalf("unknown layer %q", s)
	}
	return IdentityLayer + Layer(i)
}

func effectName(e Effect) string {
	return [...]string{ImplicitDeny: "ImplicitDeny", ExplicitDeny: "ExplicitDeny", Allow: "Allow"}[e]
}

// recording is a Recorder that keeps what it hears.
type recording []string

func (r *recording) Layer(l Layer, e Effect, _ *Policy, statement int) {
	*r = append(*r, fmt.Sprintf("%v: %v by %d", l, e, statement))
}

func mustCompile(t testing.TB, kind Kind, text string, m Meta) *Policy {
	t.Helper()
	d, err := Parse([]byte(text), kind)
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*Error).Detail)
	}
	return Compile(d, m)
}
