package lint

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const docs = "../../docs/lint.md"

// TestDocumentation holds docs/lint.md against the rules: the table lists them in
// order with their severities and titles, and each has a section whose bad example
// is found and whose good example is not.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| \\[`([a-z-]+)`\\]\\(#([a-z-]+)\\) \\| (\\w+) \\| (.*) \\|$")
	rows, rules := row.FindAllStringSubmatch(string(text), -1), Rules()
	if len(rows) != len(rules) {
		t.Fatalf("the table has %d rules, the linter %d", len(rows), len(rules))
	}
	for i, rule := range rules {
		if r := rows[i]; r[1] != rule.Code || r[2] != rule.Code || r[3] != rule.Severity.String() || r[4] != rule.Title {
			t.Errorf("row %d says %q, the rule is %+v", i, r[0], rule)
		}
	}
	sections := map[string]string{}
	for _, part := range strings.Split(string(text), "\n### ")[1:] {
		code, rest, _ := strings.Cut(part, "\n")
		sections[code], _, _ = strings.Cut(rest, "\n## ")
	}
	for _, rule := range rules {
		t.Run(rule.Code, func(t *testing.T) { checkSection(t, rule.Code, sections[rule.Code]) })
	}
	if len(sections) != len(rules) {
		t.Errorf("%d sections for %d rules", len(sections), len(rules))
	}
}

func checkSection(t *testing.T, code, section string) {
	if section == "" {
		t.Fatal("no section")
	}
	if code == "too-large-to-compare" {
		return // no example would fit
	}
	archive, err := txtar.ParseFile("testdata/" + code + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	s := readSettings(t, archive.Comment)
	example := func(after string) []Finding {
		_, rest, _ := strings.Cut(section, "\n"+after+"\n```json\n")
		body, _, ok := strings.Cut(rest, "```\n")
		if !ok {
			t.Fatalf("no example after %q", after)
		}
		if !strings.Contains(body, `"Statement"`) {
			body = `{"Version": "2012-10-17", "Statement": ` + body + `}`
		}
		return lintText(t, []byte(body), s)
	}
	if found := example("Bad:"); !has(found, code) {
		t.Errorf("the bad example has %v", found)
	}
	if found := example("Good:"); len(found) > 0 {
		t.Errorf("the good example has %v", found)
	}
}
