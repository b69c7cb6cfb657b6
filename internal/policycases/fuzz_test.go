package policycases_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rockpool-id/rockpool/internal/policycases"
)

// FuzzRead: whatever a file says, reading and running it gives the same answer
// twice, in every form, and a report that counts what it lists.
func FuzzRead(f *testing.F) {
	seeds := 0
	for _, pattern := range []string{"testdata/pass/yaml.yaml", "testdata/golden/*.yaml"} { // small ones: the fuzzer shortens what it finds
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
			seeds++
		}
	}
	if seeds < 3 {
		f.Fatalf("%d seeds found", seeds)
	}
	f.Add([]byte("tests: [{name: n, as: {web_identity: x}, assume: r, with: {a:b: [1], c:d: ~}, expect: deny}]\nroles: {r: {trust: t}}\npolicies: {t: {inline: {}}}"))
	team, err := os.ReadFile("testdata/golden/team.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<14 {
			return
		}
		first, second := outcome(t, text, team), outcome(t, text, team)
		if first != second {
			t.Errorf("two runs differ:\n%s\n%s", first, second)
		}
	})
}

// outcome runs a file and gives all that is printed of it.
func outcome(t *testing.T, text, policyText []byte) string {
	file, err := policycases.Read("dir/tests.yaml", text, policycases.Home{})
	if err != nil {
		mustBeProblems(t, err)
		return err.Error()
	}
	r := &policycases.Runner{Now: noon, ReadFile: func(path string) ([]byte, error) {
		if filepath.Base(path) != "team.json" {
			return nil, errors.New("no file")
		}
		return policyText, nil
	}}
	report, err := r.Run(t.Context(), file)
	if err != nil {
		mustBeProblems(t, err)
		return err.Error()
	}
	checks := 0
	for _, test := range report.Files[0].Tests {
		checks += len(test.Checks)
	}
	if checks != report.Checks || report.Failed > checks || len(report.Files[0].Tests) != report.Tests {
		t.Errorf("%d tests, %d checks, %d failed do not add up", report.Tests, report.Checks, report.Failed)
	}
	if p := report.Coverage.Percent; p < 0 || p > 100 {
		t.Errorf("coverage of %v percent", p)
	}
	var b bytes.Buffer
	for _, err := range []error{report.WriteText(&b), report.WriteJSON(&b), report.WriteJUnit(&b), report.WriteHTML(&b), report.Coverage.WriteText(&b)} {
		if err != nil {
			t.Errorf("print: %v", err)
		}
	}
	return b.String()
}

func mustBeProblems(t *testing.T, err error) {
	var p policycases.Problems
	if !errors.As(err, &p) || len(p) == 0 {
		t.Errorf("%v (%T) is not a list of problems", err, err)
	}
}
