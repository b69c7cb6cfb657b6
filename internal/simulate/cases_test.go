package simulate_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rockpool-id/rockpool/internal/simulate"
	"github.com/rockpool-id/rockpool/policy"
)

const (
	accountA = "111122223333"
	accountB = "444455556666"
)

// TestTrickyCases asks a simulation every question of the policy engine's cases
// (spec/iam-sts.md 6 and 2.3; policy/testdata/README.md has the format). What a
// simulation adds by itself, the keys of its caller and resource, must not change
// one decision, and what it says matched must explain every one of them.
func TestTrickyCases(t *testing.T) {
	files, err := filepath.Glob("../../policy/testdata/*/*.txtar")
	if err != nil || len(files) < 140 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	asked := 0
	for _, file := range files {
		if strings.Contains(file, "/index/") {
			continue // they leave out keys of the caller, which a simulation fills
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			asked += runCase(t, archive)
		})
	}
	if asked < 200 {
		t.Errorf("%d questions were asked", asked)
	}
}

func runCase(t *testing.T, archive *txtar.Archive) (asked int) {
	var requests string
	texts := map[string]string{}
	var names []string
	for _, f := range archive.Files {
		switch {
		case f.Name == "bindings":
			t.Skip("a simulation knows no unique ids of principals in resource policies")
		case f.Name == "requests":
			requests = string(f.Data)
		case f.Name != "rejections" && !strings.HasPrefix(f.Name, "bad."):
			texts[f.Name] = string(f.Data)
			names = append(names, f.Name)
		}
	}
	caller, action, resource, owner := policy.Principal{}, "", "", accountA
	for block := range strings.SplitSeq(strings.TrimSpace(requests), "\n\n") {
		var in simulate.Setup
		var want string
		use := names
		for line := range strings.Lines(block) {
			name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), ":")
			value = strings.TrimPrefix(value, " ")
			key, list, _ := strings.Cut(value, " = ")
			switch name {
			case "caller":
				caller = callerOf(t, value)
			case "action":
				action = value
			case "resource":
				resource = value
			case "owner":
				owner = value
			case "key":
				in.Context = append(in.Context, simulate.Entry{Name: key, Type: "string", Values: []string{list}})
			case "keys":
				in.Context = append(in.Context, simulate.Entry{Name: key, Type: "stringList", Values: splitList(list)})
			case "use":
				use = strings.Fields(value)
			case "want":
				want = value
			}
		}
		if want == "" {
			continue
		}
		in.Caller, in.ResourceOwner = &caller, owner
		for _, name := range use {
			d := simulate.Document{ID: name, Text: texts[name]}
			switch layer, _, _ := strings.Cut(name, "."); layer {
			case "identity":
				in.Identity = append(in.Identity, d)
			case "boundary":
				in.Boundary = append(in.Boundary, d)
			case "session":
				in.Session = append(in.Session, d)
			case "resource", "trust":
				in.Resource = &d
			}
		}
		s, err := simulate.New(in)
		if twice, ok := errors.AsType[*simulate.Invalid](err); ok && twice.Field == simulate.FieldContext {
			continue // case 119 gives a key twice, which a simulation refuses
		}
		if err != nil {
			t.Errorf("%s: %v", block, err)
			continue
		}
		r := s.Ask(action, resource)
		asked++
		if got := [...]string{policy.ImplicitDeny: "ImplicitDeny", policy.ExplicitDeny: "ExplicitDeny", policy.Allow: "Allow"}[r.Decision.Effect]; got != want {
			t.Errorf("%s\ngot %s", block, got)
		}
		checkMatches(t, block, &r, caller.Type == policy.Root)
	}
	return asked
}

// checkMatches holds a decision against the statements that are said to apply.
// The account root keeps the policy of its own bucket whatever denies it.
func checkMatches(t *testing.T, what string, r *simulate.Result, root bool) {
	t.Helper()
	denied := slices.ContainsFunc(r.Matched, func(m simulate.Match) bool { return m.Effect == policy.ExplicitDeny })
	byStatement := func(m simulate.Match) bool {
		return m.Policy == r.Decision.Policy && m.Statement == r.Decision.Statement
	}
	if r.Decision.Policy != nil && !slices.ContainsFunc(r.Matched, byStatement) {
		t.Errorf("%s\nthe statement that decided is not among those that matched", what)
	}
	if !root && denied != (r.Decision.Effect == policy.ExplicitDeny) {
		t.Errorf("%s\n%v, but a matching Deny: %v", what, r.Decision.Effect, denied)
	}
	for i, m := range r.Matched {
		if denied && i == 0 && m.Effect != policy.ExplicitDeny {
			t.Errorf("%s\nthe statement that denies is not the first", what)
		}
		text := m.Policy.Document().Text()
		if text[m.End.Offset-1] != '}' || m.Start.Offset >= m.End.Offset {
			t.Errorf("%s\nstatement from %+v to %+v", what, m.Start, m.End)
		}
	}
}

func splitList(list string) []string {
	switch list {
	case "":
		return nil
	case "''":
		return []string{""}
	}
	return strings.Split(list, " | ")
}

func callerOf(t *testing.T, text string) policy.Principal {
	t.Helper()
	kind, arg, _ := strings.Cut(text, " ")
	caller := func(arn string) policy.Principal {
		p, err := simulate.Caller(arn, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	switch kind {
	case "user":
		return caller("arn:aws:iam::" + accountA + ":user/U")
	case "user-v":
		return caller("arn:aws:iam::" + accountA + ":user/V")
	case "user-b":
		return caller("arn:aws:iam::" + accountB + ":user/UB")
	case "role", "role-b":
		if kind == "role-b" {
			return caller("arn:aws:sts::" + accountB + ":assumed-role/RB/sess")
		}
		if arg == "" || strings.Contains(arg, "=") {
			arg = "sess"
		}
		p := caller("arn:aws:sts::" + accountA + ":assumed-role/R/" + arg)
		p.EntityARN = "arn:aws:iam::" + accountA + ":role/team/R"
		return p
	case "federated":
		p := caller("arn:aws:sts::" + accountA + ":federated-user/F")
		p.EntityARN = "arn:aws:iam::" + accountA + ":user/U"
		return p
	case "root", "root-b":
		account := accountA
		if kind == "root-b" {
			account = accountB
		}
		return policy.Principal{Type: policy.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root"}
	case "anonymous":
		return policy.Principal{}
	case "web":
		return policy.Principal{Type: policy.WebIdentity, Provider: arg}
	case "saml":
		return policy.Principal{Type: policy.SAML, Provider: arg}
	case "service":
		return policy.Principal{Type: policy.Service, Service: arg}
	}
	t.Fatalf("unknown caller %q", text)
	return policy.Principal{}
}
