package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/rockpool-id/rockpool"

// file is one Go file of the tree that is not a test.
type file struct {
	path      string // from the root, with slashes
	pkg       string // folder from the root
	generated bool
	imports   []string
	syntax    *ast.File
	fset      *token.FileSet
}

// temporary packages hold the tree together while it is being built and are
// exempt from its rules.
var temporary = []string{"internal/zz"}

// tree parses every Go file below the root, the nested modules' too, except
// tests, testdata and temporary packages.
func tree(t *testing.T) []file {
	t.Helper()
	root := moduleRoot(t)
	var files []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			name := d.Name()
			if rel != "." && (name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || slices.Contains(temporary, rel)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		f := file{path: rel, pkg: path.Dir(rel), fset: token.NewFileSet()}
		f.syntax, err = parser.ParseFile(f.fset, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		f.generated = ast.IsGenerated(f.syntax)
		for _, spec := range f.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imported)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files were found below %s", len(files), root)
	}
	return files
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+modulePath+"\n") {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("the root of the module was not found")
		}
		dir = filepath.Dir(dir)
	}
}

// TestEveryPackageHasAComment leaves out packages that are generated whole by a
// tool that writes no comment.
func TestEveryPackageHasAComment(t *testing.T) {
	documented := make(map[string]bool)
	byHand := make(map[string]bool)
	for _, f := range tree(t) {
		byHand[f.pkg] = byHand[f.pkg] || !f.generated
		documented[f.pkg] = documented[f.pkg] || (f.syntax.Doc != nil && strings.TrimSpace(f.syntax.Doc.Text()) != "")
	}
	for pkg, ok := range documented {
		if !ok && byHand[pkg] {
			t.Errorf("%s has no package comment: write a doc.go that says what it owns and what lives elsewhere", pkg)
		}
	}
}

// allowance lets one file use something the house does not, for a reason.
type allowance struct{ file, what, reason string }

var allowances = []allowance{
	{"internal/sqldb/sqldb.go", "math/rand/v2", "the pause before a retry only has to differ between callers; nobody gains by guessing it"},
	{"internal/transfer/pace.go", "math/rand/v2", "the pause before a repeated call only has to differ between callers"},
}

func TestHabits(t *testing.T) {
	used := make(map[allowance]bool)
	for _, f := range tree(t) {
		if f.generated {
			continue
		}
		complain := func(pos token.Pos, what, why string) {
			for _, a := range allowances {
				if a.file == f.path && a.what == what {
					used[a] = true
					return
				}
			}
			t.Errorf("%s:%d: %s: %s", f.path, f.fset.Position(pos).Line, what, why)
		}
		for i, imported := range f.imports {
			if imported == "math/rand" || imported == "math/rand/v2" {
				complain(f.syntax.Imports[i].Pos(), imported, "randomness that can be guessed has no place in a credential service; use crypto/rand, or an injected source in tests")
			}
		}
		for _, decl := range f.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				complain(fn.Pos(), "func init", "composition is explicit calls a reader can search for")
			}
		}
		timeName := importName(f.syntax, "time")
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Sleep" {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == timeName {
				complain(sel.Pos(), "time.Sleep", "wait on a timer and the context, so that a shutdown or a test does not have to")
			}
			return true
		})
	}
	for _, a := range allowances {
		if !used[a] {
			t.Errorf("%s no longer uses %s: remove the allowance", a.file, a.what)
		}
	}
}

// importName is the name under which a file imports path, or "".
func importName(f *ast.File, imported string) string {
	for _, spec := range f.Imports {
		if spec.Path.Value == strconv.Quote(imported) {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path.Base(imported)
		}
	}
	return ""
}
