package policy

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var updateGolden = flag.Bool("update", false, "write the texts of testdata/explain anew")

// TestExplainedCases holds the words of explanations: testdata/explain has
// policies, a request, and what a person is told. testdata/README.md says how the
// files are made up; -update writes the words anew, to be read in the diff.
func TestExplainedCases(t *testing.T) {
	files, err := filepath.Glob("testdata/explain/*.txtar")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, want at least 40: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			req, p := explainedCase(t, archive)
			d, e := Explain(req, p)
			checkExplanation(t, req, p, map[string]int{})
			effect, _, _ := strings.Cut(golden(archive, "text"), ":")
			if wanted := map[bool]string{true: "Allowed", false: "Denied"}[d.Allowed()]; effect != wanted && !*updateGolden {
				t.Errorf("the request is %s", wanted)
			}
			for _, line := range strings.Split(e.Text(), "\n") {
				if utf8.RuneCountInString(line) > textWidth && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "arn:") {
					t.Errorf("a line of %d columns: %s", utf8.RuneCountInString(line), line)
				}
			}
			if *updateGolden {
				setGolden(archive, "text", e.Text())
				setGolden(archive, "sentence", e.Sentence()+"\n")
				if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(golden(archive, "text"), e.Text()); diff != "" {
				t.Errorf("text:\n%s", diff)
			}
			if diff := cmp.Diff(golden(archive, "sentence"), e.Sentence()+"\n"); diff != "" {
				t.Errorf("sentence:\n%s", diff)
			}
		})
	}
}

// explainedCase reads the request and the policies of a file. A policy that does
// not parse is one that was stored and cannot be read any more.
func explainedCase(t *testing.T, archive *txtar.Archive) (*Request, *Policies) {
	t.Helper()
	input := &txtar.Archive{}
	for _, f := range archive.Files {
		if f.Name != "text" && f.Name != "sentence" && f.Name != "about" {
			input.Files = append(input.Files, f)
		}
	}
	about := map[string]Meta{}
	for line := range strings.Lines(golden(archive, "about")) {
		name, facts, _ := strings.Cut(strings.TrimSpace(line), ": ")
		var m Meta
		for fact := range strings.SplitSeq(facts, ", ") {
			if strings.HasPrefix(fact, "arn:") {
				m.ARN = fact
			} else {
				m.Source = fact
			}
		}
		about[name] = m
	}
	c := readCase(t, input)
	for arn := range c.bindings {
		if gone, ok := strings.CutSuffix(arn, " ="); ok {
			c.bindings[gone] = ""
		}
	}
	if len(c.requests) != 1 {
		t.Fatalf("%d requests, want one", len(c.requests))
	}
	p := &Policies{}
	for _, file := range c.names {
		layer, name, _ := strings.Cut(file, ".")
		meta := about[name]
		meta.Name, meta.Bindings = name, c.bindings
		compiled := Broken(meta)
		if doc, err := Parse(c.texts[file], kindOf(t, layer)); err == nil {
			compiled = Compile(doc, meta)
		}
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
	if c.requests[0].Action == "sts:AssumeRole" || strings.HasPrefix(c.requests[0].Action, "sts:AssumeRoleWith") {
		p.Trust = true
	}
	return &c.requests[0].Request, p
}

func golden(archive *txtar.Archive, name string) string {
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setGolden(archive *txtar.Archive, name, text string) {
	for i := range archive.Files {
		if archive.Files[i].Name == name {
			archive.Files[i].Data = []byte(text)
			return
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
}
