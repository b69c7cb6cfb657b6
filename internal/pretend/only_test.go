package pretend_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPretendsAreForTheDemoAndTests reads the imports of the whole program: pretend
// logins are in the demo, in tests and in the conformance suites, and in nothing that
// serves (design.md 9).
func TestPretendsAreForTheDemoAndTests(t *testing.T) {
	const module = "github.com/rockpool-id/rockpool/"
	may := map[string][]string{
		module + "internal/pretend": {"internal/demo/", "internal/testenv/", "conformance/providers/"},
		module + "internal/demo":    {"cmd/rockpool/demo.go"},
	}
	seen := make(map[string]int)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".." && d.Name() != ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name, err := filepath.Rel("../..", path)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			places, guarded := may[imported]
			if !guarded {
				continue
			}
			seen[imported]++
			if !slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix(filepath.ToSlash(name), p) }) {
				t.Errorf("%s imports %s: pretend logins are for the demo and for tests", name, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for imported := range may {
		if seen[imported] == 0 {
			t.Errorf("nothing imports %s: this test looks in the wrong place", imported)
		}
	}
}
