package lint

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

var update = flag.Bool("update", false, "rewrite the wanted findings in testdata")

// testTime is now for all cases.
var testTime = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// settings are the lines before the first file of a case: "kind: trust",
// "owner: role".
type settings struct {
	kind  policy.Kind
	owner Owner
}

func readSettings(t *testing.T, comment []byte) settings {
	t.Helper()
	s := settings{kind: policy.Identity}
	for line := range strings.Lines(string(comment)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case !ok:
		case name == "kind":
			kinds := map[string]policy.Kind{"identity": policy.Identity, "managed": policy.Managed, "session": policy.Session, "trust": policy.Trust, "resource": policy.Resource}
			if s.kind = kinds[value]; s.kind == 0 {
				t.Fatalf("unknown kind %q", value)
			}
		case name == "owner":
			owners := map[string]Owner{"user": UserOwner, "group": GroupOwner, "role": RoleOwner}
			if s.owner = owners[value]; s.owner == 0 {
				t.Fatalf("unknown owner %q", value)
			}
		}
	}
	return s
}

func lintText(t *testing.T, text []byte, s settings) []Finding {
	t.Helper()
	d, err := policy.Parse(text, s.kind)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return Lint(d, Options{Owner: s.owner, Now: testTime, Catalog: testCatalog})
}

var testCatalog = catalog.New()

// TestCases runs testdata: one archive for each rule. bad.json has the findings
// in bad.want, good*.json has none at all, and near*.json none of the rule.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < len(Rules())-1 {
		t.Fatalf("%d cases for %d rules: %v", len(files), len(Rules()), err)
	}
	for _, file := range files {
		code := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(code, func(t *testing.T) { testCase(t, file, code) })
	}
}

func testCase(t *testing.T, file, code string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := readSettings(t, archive.Comment)
	seen := map[string]bool{}
	var got bytes.Buffer
	for i := range archive.Files {
		f := &archive.Files[i]
		what, _, _ := strings.Cut(f.Name, ".")
		what, _, _ = strings.Cut(what, "-")
		seen[what] = true
		switch {
		case what == "bad" && strings.HasSuffix(f.Name, ".json"):
			got.Reset()
			found := lintText(t, f.Data, s)
			for _, x := range found {
				fmt.Fprintln(&got, x)
			}
			if !has(found, code) {
				t.Errorf("%s: no %s in:\n%s", f.Name, code, got.String())
			}
		case what == "bad" && *update:
			f.Data = bytes.Clone(got.Bytes())
		case what == "bad":
			if diff := cmp.Diff(string(f.Data), got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", f.Name, diff)
			}
		case what == "good":
			if found := lintText(t, f.Data, s); len(found) > 0 {
				t.Errorf("%s: %v", f.Name, found)
			}
		case what == "near":
			if found := lintText(t, f.Data, s); has(found, code) {
				t.Errorf("%s: %v", f.Name, found)
			}
		default:
			t.Errorf("unknown file %s", f.Name)
		}
	}
	if !seen["bad"] || !seen["good"] || !seen["near"] {
		t.Errorf("a case needs bad, good and near: has %v", seen)
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func has(found []Finding, code string) bool {
	for _, f := range found {
		if f.Code == code {
			return true
		}
	}
	return false
}

func TestEveryRuleHasACase(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range Rules() {
		if seen[rule.Code] || rule.Title == "" || rule.Severity == 0 {
			t.Errorf("rule %q is there twice or says nothing", rule.Code)
		}
		seen[rule.Code] = true
		if rule.Code == "too-large-to-compare" {
			continue // TestHostileDocuments
		}
		if _, err := os.Stat("testdata/" + rule.Code + ".txtar"); err != nil {
			t.Errorf("rule %s has no case: %v", rule.Code, err)
		}
	}
}

// TestKnownPatternsAreSilent lints the patterns that documentation teaches and
// everybody uses. They are fine, so anything said about them is a false alarm.
func TestKnownPatternsAreSilent(t *testing.T) {
	files, err := filepath.Glob("testdata/known/*.json")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := lintText(t, text, settings{kind: GuessKind(text)}); len(found) > 0 {
			t.Errorf("%s: %v", file, found)
		}
	}
}
