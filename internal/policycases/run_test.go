package policycases_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/policycases"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func read(t *testing.T, path string) *policycases.File {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := policycases.Read(path, text, policycases.Home{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFilesThatPass runs test files that say for themselves what is right.
func TestFilesThatPass(t *testing.T) {
	paths, err := filepath.Glob("testdata/pass/*.yaml")
	if err != nil || len(paths) < 2 {
		t.Fatalf("%d files found (%v)", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			r := &policycases.Runner{Now: noon}
			report, err := r.Run(t.Context(), read(t, path))
			if err != nil {
				t.Fatal(err)
			}
			if !report.Passed() {
				var b bytes.Buffer
				if err := report.WriteText(&b); err != nil {
					t.Fatal(err)
				}
				t.Errorf("%s", b.String())
			}
		})
	}
}

// TestOutput holds what is printed of a run with failures and gaps, in every
// form. Names in it try to break out of each form. How the engine explains itself
// is its own matter and left out.
func TestOutput(t *testing.T) {
	report := golden(t)
	for i := range report.Files {
		for k := range report.Files[i].Tests {
			for n := range report.Files[i].Tests[k].Checks {
				report.Files[i].Tests[k].Checks[n].Explanation = nil
			}
		}
	}
	for name, write := range map[string]func() ([]byte, error){
		"report.txt":  func() ([]byte, error) { var b bytes.Buffer; err := report.WriteText(&b); return b.Bytes(), err },
		"report.json": func() ([]byte, error) { var b bytes.Buffer; err := report.WriteJSON(&b); return b.Bytes(), err },
		"report.xml":  func() ([]byte, error) { var b bytes.Buffer; err := report.WriteJUnit(&b); return b.Bytes(), err },
		"report.html": func() ([]byte, error) { var b bytes.Buffer; err := report.WriteHTML(&b); return b.Bytes(), err },
		"coverage.txt": func() ([]byte, error) {
			var b bytes.Buffer
			err := report.Coverage.WriteText(&b)
			return b.Bytes(), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := write()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "golden", name)
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("%s differs (-update rewrites it):\n%s", path, d)
			}
			if strings.Contains(string(got), "<script>") && name != "report.txt" && name != "coverage.txt" {
				t.Error("a name broke out of the form")
			}
			if bytes.ContainsRune(got, 0x1b) {
				t.Error("an escape sequence was printed as it is")
			}
		})
	}
}

func golden(t *testing.T) *policycases.Report {
	t.Helper()
	r := &policycases.Runner{Now: noon}
	report, err := r.Run(t.Context(), read(t, "testdata/golden/report.yaml"), read(t, "testdata/golden/second.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestFailuresAreExplained: a failed check shows the engine's whole explanation.
func TestFailuresAreExplained(t *testing.T) {
	report := golden(t)
	check := report.Files[0].Tests[2].Checks[1]
	if check.Passed || check.Explanation == nil || !strings.Contains(check.Details(), strings.TrimSpace(check.Explanation.Text())) {
		t.Errorf("the details are %q", check.Details())
	}
}

// TestPoliciesOfTwoFilesAreCountedOnce: what one file tries of a policy counts for
// the other, and the same policy is one line of the coverage.
func TestPoliciesOfTwoFilesAreCountedOnce(t *testing.T) {
	report := golden(t)
	seen := map[string]int{}
	for _, p := range report.Coverage.Policies {
		seen[p.Source]++
	}
	if n := seen[filepath.Join("testdata", "golden", "team.json")]; n != 1 {
		t.Errorf("team.json is there %d times: %v", n, seen)
	}
}

func TestBrokenPolicies(t *testing.T) {
	const tests = "\ntests:\n  - {name: n, as: {role: r, policies: [p]}, do: s3:GetObject, on: \"*\", expect: deny}\n"
	for _, tt := range []struct{ name, file, text, want string }{
		{
			"a file that is not there", "policies: {p: p.json}" + tests, "",
			`x/tests.yaml:1:12: policy "p": no file`,
		},
		{
			"a policy that AWS would refuse is named with its own line", "policies: {p: p.json}" + tests,
			"{\"Version\": \"2012-10-17\",\n \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"GetObject\", \"Resource\": \"*\"}}",
			`x/p.json:2:45: "p" is not a valid identity policy: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. (action GetObject)`,
		},
		{
			"so is one in the test file, with the line in the policy", "policies: {p: {inline: '{\"Version\": 1}'}}" + tests, "",
			`x/tests.yaml:1:12: "p" is not a valid identity policy: Syntax errors in policy. (Version is neither 2008-10-17 nor 2012-10-17) at line 1, column 13 of the policy`,
		},
		{
			"a policy that no test uses is checked too", "policies: {p: {inline: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}, q: p.json}" + tests, "[]",
			`x/p.json:1:1: "q" is not a valid identity policy: Syntax errors in policy. (a policy is an object)`,
		},
		{
			"a managed policy that is on no server", "roles: {r: {policies: \"arn:aws:iam::123456789012:policy/p\"}}\ntests: [{name: n, as: r, do: s3:GetObject, on: \"*\", expect: deny}]", "",
			`x/tests.yaml:1:23: arn:aws:iam::123456789012:policy/p is not a policy that ships with the program, and without a server (--endpoint) there are no others`,
		},
		{
			"a bucket that is on no server", "tests: [{name: n, as: anonymous, do: s3:GetObject, on: \"*\", resource_policy: {bucket: b}, expect: deny}]", "",
			`x/tests.yaml:1:78: the policy of bucket "b" is on a server: name one with --endpoint, or name a policy of this file`,
		},
		{
			"a role that is nowhere", "tests: [{name: n, as: {role: r}, do: s3:GetObject, on: \"*\", expect: deny}]", "",
			`x/tests.yaml:1:23: the file has no role "r": define it under roles, give its policies here, or name a server with --endpoint`,
		},
		{
			"a misspelt ARN does not pass for a stranger", "tests: [{name: n, as: \"arn:aws:iam::000000000000:role/raeder\", do: s3:GetObject, on: \"*\", expect: deny}]", "",
			`x/tests.yaml:1:23: the file has no role "arn:aws:iam::000000000000:role/raeder": define it under roles, give its policies here, or name a server with --endpoint`,
		},
		{
			"a role without a trust policy", "roles: {r: {}}\ntests: [{name: n, as: anonymous, assume: r, expect: deny}]", "",
			`x/tests.yaml:2:9: the role "r" has no trust policy to test: give it one with "trust" under roles`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := policycases.Read("x/tests.yaml", []byte(tt.file), policycases.Home{})
			if err != nil {
				t.Fatal(err)
			}
			r := &policycases.Runner{Now: noon, ReadFile: func(path string) ([]byte, error) {
				if tt.text == "" {
					return nil, errors.New("no file")
				}
				return []byte(tt.text), nil
			}}
			_, err = r.Run(context.Background(), f)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestReasons holds what a test says of the reason against the decision.
func TestReasons(t *testing.T) {
	const head = `
policies: {p: {inline: {Version: 2012-10-17, Statement: [{Sid: Read, Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}}
roles: {r: {policies: p}}
tests: [{name: n, as: r, on: "*", `
	for _, tt := range []struct{ name, test, want string }{
		{"part of the sentence, in any case", `do: s3:GetObject, expect: allow, because: BY THE IDENTITY}]`, ""},
		{"everything at once", `do: s3:GetObject, expect: allow, because: {says: allowed, layer: identity, policy: p, statement: Read}}]`, ""},
		{"another sentence", `do: s3:GetObject, expect: allow, because: root}]`,
			`allow as expected, but the reason does not say "root": allowed by the identity-based policy: p, statement 1 (Read)`},
		{"another layer", `do: s3:PutObject, expect: deny, because: {layer: session}}]`,
			"implicit deny as expected, but not because of the session policy: because no identity-based policy allows the s3:PutObject action"},
		{"another policy", `do: s3:GetObject, expect: allow, because: {policy: q}}]`,
			`allow as expected, but not because of the policy "q": allowed by the identity-based policy: p, statement 1 (Read)`},
		{"another statement", `do: s3:GetObject, expect: allow, because: {statement: Write}}]`,
			`allow as expected, but not because of the statement "Write": allowed by the identity-based policy: p, statement 1 (Read)`},
		{"another number", `do: s3:GetObject, expect: allow, because: {statement: 2}}]`,
			`allow as expected, but not because of statement 2: allowed by the identity-based policy: p, statement 1 (Read)`},
		{"another decision comes first", `do: s3:GetObject, expect: explicit deny, because: root}]`, "expected explicit deny, got allow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := policycases.Read("tests.yaml", []byte(head+tt.test), policycases.Home{})
			if err != nil {
				t.Fatal(err)
			}
			report, err := (&policycases.Runner{Now: noon}).Run(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			if got := report.Files[0].Tests[0].Checks[0].Wrong; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
