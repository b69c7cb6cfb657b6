package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/catalog"
	"github.com/rockpool-id/rockpool/policy/lint"
)

// policyLintCmd looks for mistakes in policy files. It asks no server.
type policyLintCmd struct {
	Files  []string `arg:"" name:"file" help:"Policy documents; - reads one from standard input."`
	Kind   string   `name:"kind" enum:"auto,identity,managed,trust,resource,session" default:"auto" help:"auto (by the document), identity, managed, trust, resource or session."`
	Owner  string   `name:"owner" enum:"any,user,group,role" default:"any" help:"What the policy is attached to: any, user, group or role."`
	Format string   `name:"format" enum:"text,json" default:"text" help:"text or json."`
	FailOn string   `name:"fail-on" enum:"error,warning" default:"error" help:"Exit with 1 for findings of this severity or worse: error or warning."`
}

// maxPolicyFile is far above what any kind of policy may have.
const maxPolicyFile = 1 << 20

// lintedFile is what was found in one file.
type lintedFile struct {
	File     string         `json:"file"`
	Kind     string         `json:"kind"`
	Findings []lint.Finding `json:"findings"`
	Refused  *refusal       `json:"refused,omitempty"`
}

// refusal is a document that does not parse: AWS's sentence, and what it means.
type refusal struct {
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Detail  string `json:"detail"`
}

// Run lints every file.
func (c *policyLintCmd) Run(e *env) error {
	known := catalog.New()
	failed := 0
	files := make([]lintedFile, 0, len(c.Files))
	var unread []error // the others are looked at all the same
	for _, name := range c.Files {
		text, err := readPolicyFile(name)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		f := c.lint(name, text, known)
		if f.Refused != nil || lint.Worst(f.Findings) >= c.level() {
			failed++
		}
		files = append(files, f)
	}
	if err := c.print(e.stdout, files); err != nil {
		return err
	}
	if len(unread) > 0 {
		return &usageError{errors.Join(unread...)}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d policies have an %s", failed, len(files), map[string]string{"error": "error", "warning": "error or a warning"}[c.FailOn])
	}
	return nil
}

func (c *policyLintCmd) level() lint.Severity {
	if c.FailOn == "warning" {
		return lint.Warning
	}
	return lint.Error
}

func readPolicyFile(name string) ([]byte, error) {
	var in io.Reader = os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPolicyFile+1))
	if err != nil {
		return nil, err // it names the file
	}
	if len(text) > maxPolicyFile {
		return nil, fmt.Errorf("%s is larger than any policy", name)
	}
	return text, nil
}

// lint looks at one document.
func (c *policyLintCmd) lint(name string, text []byte, known *catalog.Catalog) lintedFile {
	kind := policyKind(c.Kind)
	if kind == 0 {
		kind = lint.GuessKind(text)
	}
	f := lintedFile{File: name, Kind: kind.String(), Findings: []lint.Finding{}}
	d, err := policy.Parse(text, kind)
	var bad *policy.Error
	switch {
	case errors.As(err, &bad):
		f.Refused = &refusal{bad.Message, bad.Line, bad.Column, bad.Detail}
	case err != nil:
		f.Refused = &refusal{Message: err.Error()}
	default:
		owners := map[string]lint.Owner{"user": lint.UserOwner, "group": lint.GroupOwner, "role": lint.RoleOwner}
		f.Findings = append(f.Findings, lint.Lint(d, lint.Options{Catalog: known, Now: time.Now(), Owner: owners[c.Owner]})...)
	}
	return f
}

// policyKind returns the kind of that name, 0 for auto.
func policyKind(name string) policy.Kind {
	return map[string]policy.Kind{
		"identity": policy.Identity, "managed": policy.Managed, "trust": policy.Trust,
		"resource": policy.Resource, "session": policy.Session,
	}[name]
}

func (c *policyLintCmd) print(w io.Writer, files []lintedFile) error {
	if c.Format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(files)
	}
	for _, f := range files {
		if r := f.Refused; r != nil {
			if _, err := fmt.Fprintf(w, "%s:%d:%d: error refused: %s (%s: %s)\n",
				visible(f.File), r.Line, r.Column, visible(r.Message), f.Kind, visible(r.Detail)); err != nil {
				return err
			}
		}
		for _, x := range f.Findings {
			if _, err := fmt.Fprintf(w, "%s:%s\n", visible(f.File), visible(x.String())); err != nil {
				return err
			}
		}
	}
	return nil
}
