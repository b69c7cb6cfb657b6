package policycases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/policy"
)

// Runner runs test files. The zero Runner runs them offline.
type Runner struct {
	// Documents gives the policies of a server; nil runs offline.
	Documents Documents
	// ReadFile reads the policies that files name; nil means os.ReadFile.
	ReadFile func(path string) ([]byte, error)
	// Now is the time of requests whose test names none; nil means time.Now.
	Now func() time.Time
}

func (r *Runner) readFile(path string) ([]byte, error) {
	if r.ReadFile == nil {
		return os.ReadFile(path)
	}
	return r.ReadFile(path)
}

// Run runs the files in order. The error is Problems for what is wrong in a file
// or a policy, anything else when a server does not answer.
func (r *Runner) Run(ctx context.Context, files ...*File) (*Report, error) {
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	run := &run{library: newLibrary(r), engine: authz.New(authz.Config{}), now: now().UTC().Truncate(time.Second)}
	report := &Report{}
	var problems Problems
	for _, f := range files {
		tests, err := run.file(ctx, f)
		var more Problems
		switch {
		case errors.As(err, &more):
			problems = append(problems, more...)
		case err != nil:
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		report.Files = append(report.Files, FileReport{Path: f.Path, Tests: tests})
	}
	if err := problems.sorted(); err != nil {
		return nil, err
	}
	report.count()
	report.Coverage = run.library.coverage()
	return report, nil
}

type run struct {
	library *library
	engine  *authz.Engine
	now     time.Time
}

// file runs the tests of one file. All problems of its tests are found before it
// fails.
func (r *run) file(ctx context.Context, f *File) ([]TestReport, error) {
	scene := &entities{library: r.library, file: f, found: map[string]*entity{}}
	var reports []TestReport
	var problems Problems
	for _, t := range f.Tests {
		q, err := scene.ask(ctx, t, r.now)
		var more Problems
		switch {
		case errors.As(err, &more):
			problems = append(problems, more...)
		case err != nil:
			return nil, err
		case len(problems) == 0:
			reports = append(reports, r.test(f, q))
		}
	}
	var more Problems
	if err := r.library.loadUnused(ctx, f); errors.As(err, &more) {
		problems = append(problems, more...)
	} else if err != nil {
		return nil, err
	}
	return reports, problems.sorted()
}

// test makes every check of a test.
func (r *run) test(f *File, q *question) TestReport {
	report := TestReport{Name: q.test.Name, Line: q.test.at.line}
	resources := q.test.On
	if q.role != nil {
		resources = []string{q.role.arn}
	}
	for _, action := range q.test.Do {
		for _, resource := range resources {
			report.Checks = append(report.Checks, r.check(f, q, action, resource))
		}
	}
	return report
}

// check decides one action on one resource and compares.
func (r *run) check(f *File, q *question, action, resource string) Check {
	c := Check{Action: action, Resource: resource, Principal: q.who.ARN, Expected: q.test.Expect.String()}
	if c.Principal == "" {
		c.Principal = strings.TrimSpace(strings.Join([]string{outsiderName(q.who.Type), q.who.Provider, q.who.Service}, " "))
	}
	req, settled := q.request(r.engine, f, action, resource)
	var d policy.Decision
	if settled != nil {
		d = *settled
		c.Reason = "no policy is asked: the server always allows this"
		if d.Effect != policy.Allow {
			c.Reason = "no policy is asked: the server never allows this to such a caller"
		}
	} else {
		d, c.Explanation = policy.Explain(req, &q.policies)
		c.Reason = reason(d, action)
		r.cover(req, q)
	}
	c.Got = effectWords(d.Effect)
	c.Wrong = wrong(q.test, d, c.Reason)
	c.Passed = c.Wrong == ""
	return c
}

// cover notes what a request tried of the policies that speak about it.
func (r *run) cover(req *policy.Request, q *question) {
	for _, l := range q.layers {
		inside := l.layer == policy.ResourceLayer || l.layer == policy.TrustLayer
		if !inside && req.Principal.Type == policy.Root {
			continue // identity policies do not apply to root
		}
		l.used.from.tried.add(policy.Examine(req, &q.policies, l.used.policy, l.layer))
	}
}

func outsiderName(t policy.PrincipalType) string {
	switch t {
	case policy.WebIdentity:
		return "web identity of"
	case policy.SAML:
		return "SAML assertion of"
	case policy.Service:
		return "service"
	case policy.Anonymous, policy.Root, policy.User, policy.AssumedRole, policy.FederatedUser:
	}
	return "anonymous"
}

// reason says in a sentence why a decision is what it is: AWS's clause for a
// denial, and the statement that decided.
func reason(d policy.Decision, action string) string {
	switch {
	case d.Effect == policy.Allow && d.Layer == policy.NoLayer:
		return "allowed because the caller is the account root"
	case d.Effect == policy.Allow && d.Statement < 0:
		return "allowed because the account root is behind the session"
	}
	text := d.Reason(action)
	if d.Effect == policy.Allow {
		text = "allowed by the " + d.Layer.String()
	}
	if d.Statement >= 0 {
		name := d.Policy.Name()
		if through := d.Policy.Source(); through != "" {
			name += " (" + through + ")"
		}
		text += ": " + statementName(name, d.Policy.Sid(d.Statement), d.Statement)
	}
	return text
}

func statementName(policyName, sid string, index int) string {
	text := fmt.Sprintf("%s, statement %d", policyName, index+1)
	if sid != "" {
		text += " (" + sid + ")"
	}
	return text
}

// wrong says what is not as the test expects, "" when all is.
func wrong(t *Test, d policy.Decision, reason string) string {
	if !t.Expect.meets(d.Effect) {
		return "expected " + t.Expect.String() + ", got " + effectWords(d.Effect)
	}
	b := t.Because
	if b == nil {
		return ""
	}
	got := effectWords(d.Effect) + " as expected, but "
	switch {
	case b.Says != "" && !strings.Contains(strings.ToLower(reason), strings.ToLower(b.Says)):
		return got + fmt.Sprintf("the reason does not say %q: %s", b.Says, reason)
	case b.Layer != policy.NoLayer && b.Layer != d.Layer:
		return got + fmt.Sprintf("not because of the %s: %s", b.Layer, reason)
	case b.Policy != "" && b.Policy != d.Policy.Name() && b.Policy != d.Policy.ARN():
		return got + fmt.Sprintf("not because of the policy %q: %s", b.Policy, reason)
	case b.Statement != "" && b.Statement != d.Policy.Sid(d.Statement):
		return got + fmt.Sprintf("not because of the statement %q: %s", b.Statement, reason)
	case b.Number > 0 && b.Number != d.Statement+1:
		return got + fmt.Sprintf("not because of statement %d: %s", b.Number, reason)
	}
	return ""
}

// effectWords gives an effect in the words of test files.
func effectWords(e policy.Effect) string {
	switch e {
	case policy.Allow:
		return Allow.String()
	case policy.ExplicitDeny:
		return ExplicitDeny.String()
	case policy.ImplicitDeny:
	}
	return ImplicitDeny.String()
}
