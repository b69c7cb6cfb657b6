package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/rockpool-id/rockpool/internal/policycases"
)

// policyTestCmd runs tests of policies.
type policyTestCmd struct {
	Files        []string `arg:"" name:"file" help:"Test files (YAML); docs/policy-tests.md says how to write them."`
	Format       string   `enum:"text,json" default:"text" help:"text or json."`
	JUnit        string   `name:"junit" placeholder:"FILE" help:"Also write the results as JUnit XML, for build servers."`
	Coverage     bool     `help:"Say which statements and conditions no test tried."`
	CoverageHTML string   `name:"coverage-html" placeholder:"FILE" help:"Write a page that shows the policies with what was tried."`
	MinCoverage  float64  `name:"min-coverage" placeholder:"PERCENT" help:"Fail when less than this share of statements and conditions was tried."`
	Endpoint     string   `placeholder:"URL" help:"Take roles, users and policies that the files do not define from this server; otherwise the tests run offline."`
	Profile      string   `placeholder:"NAME" help:"With --endpoint: profile of the AWS credentials file to sign with."`
	Data         string   `env:"ROCKPOOL_DATA" placeholder:"DIR" help:"With --endpoint: data folder whose root key to sign with."`
	Region       string   `env:"ROCKPOOL_REGION" placeholder:"NAME" help:"Region of requests whose file names none, and of the server."`
}

// Run runs the files. Exit codes: 0 all as expected, 1 not, 2 the tests could not
// be run.
func (c *policyTestCmd) Run(e *env) error {
	if !(c.MinCoverage >= 0 && c.MinCoverage <= 100) { // NaN is neither
		return &usageError{fmt.Errorf("min-coverage: %v is not a percentage", c.MinCoverage)}
	}
	runner, home := &policycases.Runner{}, policycases.Home{Region: c.Region}
	if c.Endpoint != "" {
		if err := c.connect(e, runner, &home); err != nil {
			return &usageError{err}
		}
	}
	files, err := c.read(home)
	if err != nil {
		return &usageError{err}
	}
	report, err := runner.Run(e.ctx, files...)
	if err != nil {
		return &usageError{err}
	}
	if err := c.write(e, report); err != nil {
		return &usageError{err}
	}
	return c.verdict(report)
}

// connect makes the tests see a server's policies.
func (c *policyTestCmd) connect(e *env, runner *policycases.Runner, home *policycases.Home) error {
	to := connection{Endpoint: c.Endpoint, Profile: c.Profile, Data: c.Data, Region: c.Region}
	cl, found, err := to.dial()
	if err != nil {
		return err
	}
	server := &policycases.Server{Client: cl}
	runner.Documents = server
	home.Region = cl.Region()
	if home.Account, err = server.Account(e.ctx); err != nil {
		return plainly(err, found)
	}
	return nil
}

// read reads all files, so that every problem is said at once.
func (c *policyTestCmd) read(home policycases.Home) ([]*policycases.File, error) {
	var files []*policycases.File
	var problems []error
	for _, path := range c.Files {
		text, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		f, err := policycases.Read(path, text, home)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		files = append(files, f)
	}
	return files, errors.Join(problems...)
}

func (c *policyTestCmd) write(e *env, r *policycases.Report) error {
	results := r.WriteText
	if c.Format == "json" {
		results = r.WriteJSON
	}
	if err := results(e.stdout); err != nil {
		return fmt.Errorf("print results: %w", err)
	}
	if c.Coverage && c.Format == "text" {
		if err := r.Coverage.WriteText(e.stdout); err != nil {
			return fmt.Errorf("print coverage: %w", err)
		}
	}
	if err := writeFile(c.JUnit, r.WriteJUnit); err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	if err := writeFile(c.CoverageHTML, r.WriteHTML); err != nil {
		return fmt.Errorf("coverage-html: %w", err)
	}
	return nil
}

// writeFile writes a report; no path, no file.
func writeFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(filepath.Clean(path))
	if err != nil {
		return err
	}
	b := bufio.NewWriter(f)
	return errors.Join(write(b), b.Flush(), f.Close())
}

// verdict is the error of tests that did not come out as they should.
func (c *policyTestCmd) verdict(r *policycases.Report) error {
	var wrong []string
	if !r.Passed() {
		wrong = append(wrong, fmt.Sprintf("%d of %d checks failed", r.Failed, r.Checks))
	}
	if r.Coverage.Percent < c.MinCoverage {
		wrong = append(wrong, fmt.Sprintf("coverage is %.1f%%, less than %v%%", r.Coverage.Percent, c.MinCoverage))
	}
	if len(wrong) == 0 {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}
