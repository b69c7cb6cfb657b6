package policycases

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// maxPolicySize is more than any policy may have (iam-sts.md 1.9).
const maxPolicySize = 1 << 20

// library holds the policies of one run, each text once, however many files and
// tests use it.
type library struct {
	runner    *Runner
	documents []*document // in the order of first use
	known     map[documentKey]*document
	fetched   map[string]fetched // from the server, by ARN or bucket
}

// fetched is an answer of the server, kept for the run: all tests see one state.
type fetched struct {
	text string
	err  error
}

type documentKey struct{ source, text string }

// document is one text of a policy. The same text may serve as policies of
// several kinds; what tests tried of it is counted together.
type document struct {
	name, source, text string
	compiled           map[policy.Kind]*policy.Policy
	tried              tried
}

func newLibrary(r *Runner) *library {
	return &library{runner: r, known: map[documentKey]*document{}, fetched: map[string]fetched{}}
}

// used is a policy in use, with the document it was compiled from.
type used struct {
	policy *policy.Policy
	from   *document
}

// compile makes a policy of a text. The problem is where the text stands: in its
// own file, or else in the test file.
func (l *library) compile(name, source, text string, kind policy.Kind, m policy.Meta, f *File, at place) (used, error) {
	key := documentKey{source, text}
	d := l.known[key]
	if d == nil {
		d = &document{name: name, source: source, text: text, compiled: map[policy.Kind]*policy.Policy{}}
	}
	if p := d.compiled[kind]; p != nil && p.Name() == m.Name && p.ARN() == m.ARN {
		return used{p, d}, nil
	}
	parsed, err := policy.Parse([]byte(text), kind)
	if err != nil {
		return used{}, Problems{broken(err, name, source, kind, f, at)}
	}
	p := policy.Compile(parsed, m)
	d.compiled[kind] = p
	if l.known[key] == nil {
		l.known[key] = d
		l.documents = append(l.documents, d)
		d.tried.prepare(parsed)
	}
	return used{p, d}, nil
}

// broken says what is wrong with a policy, in AWS's words and in plain ones.
func broken(err error, name, source string, kind policy.Kind, f *File, at place) Problem {
	p := Problem{File: f.Path, Line: at.line, Column: at.column}
	message := fmt.Sprintf("%q is not a valid %s: %v", name, kind, err)
	var e *policy.Error
	if !errors.As(err, &e) {
		p.Message = message
		return p
	}
	if e.Detail != "" {
		message += " (" + e.Detail + ")"
	}
	switch {
	case source != "" && source != inlineSource(f.Path, name) && !strings.HasPrefix(source, onServer):
		p.File, p.Line, p.Column = source, e.Line, e.Column
	case e.Line > 0:
		message += fmt.Sprintf(" at line %d, column %d of the policy", e.Line, e.Column)
	}
	p.Message = message
	return p
}

// onServer begins the sources of policies that are in no file.
const onServer = "server: "

// inlineSource names a policy that stands in a test file.
func inlineSource(file, name string) string { return file + "#" + name }

// policy finds the policy that a reference of a file names and compiles it as a
// policy of the given kind.
func (l *library) policy(ctx context.Context, f *File, ref Ref, kind policy.Kind) (used, error) {
	if ref.Bucket != "" {
		return l.bucketPolicy(ctx, f, ref)
	}
	source, ok := f.Policies[ref.Name]
	if !ok {
		return l.managed(ctx, f, ref, kind)
	}
	meta := policy.Meta{Name: ref.Name}
	if source.Path == "" {
		return l.compile(ref.Name, inlineSource(f.Path, ref.Name), source.Text, kind, meta, f, source.at)
	}
	path := source.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(f.Path), path)
	}
	text, err := l.runner.readFile(path)
	if err != nil {
		return used{}, Problems{{File: f.Path, Line: source.at.line, Column: source.at.column, Message: fmt.Sprintf("policy %q: %v", ref.Name, err)}}
	}
	if len(text) > maxPolicySize {
		return used{}, Problems{{File: path, Message: fmt.Sprintf("a policy of %d bytes is longer than any policy may be", len(text))}}
	}
	return l.compile(ref.Name, path, string(text), kind, meta, f, source.at)
}

// managed finds a managed policy by its ARN: one that ships with the program, or
// one of the server.
func (l *library) managed(ctx context.Context, f *File, ref Ref, kind policy.Kind) (used, error) {
	arn := ref.Name
	meta := policy.Meta{Name: arn[strings.LastIndexByte(arn, '/')+1:], ARN: arn}
	if kind == policy.Identity {
		kind = policy.Managed
	}
	if text, ok := sts.BuiltinPolicy(arn); ok {
		return l.compile(meta.Name, arn, text, kind, meta, f, ref.at)
	}
	if text, ok := iam.AWSManaged(arn); ok {
		return l.compile(meta.Name, arn, text, kind, meta, f, ref.at)
	}
	if l.runner.Documents == nil {
		return used{}, problem(f, ref.at, "%s is not a policy that ships with the program, and without a server (--endpoint) there are no others", arn)
	}
	text, err := l.fetch(ctx, arn, arn, l.runner.Documents.ManagedPolicy)
	if errors.Is(err, ErrNotFound) {
		return used{}, problem(f, ref.at, "the server has no policy %s", arn)
	}
	if err != nil {
		return used{}, err
	}
	return l.compile(meta.Name, onServer+arn, text, kind, meta, f, ref.at)
}

func (l *library) bucketPolicy(ctx context.Context, f *File, ref Ref) (used, error) {
	if l.runner.Documents == nil {
		return used{}, problem(f, ref.at, "the policy of bucket %q is on a server: name one with --endpoint, or name a policy of this file", ref.Bucket)
	}
	text, err := l.fetch(ctx, "bucket "+ref.Bucket, ref.Bucket, l.runner.Documents.BucketPolicy)
	if errors.Is(err, ErrNotFound) {
		return used{}, nil // a bucket may have no policy, which says nothing
	}
	if err != nil {
		return used{}, err
	}
	name := "policy of bucket " + ref.Bucket
	return l.compile(name, onServer+"bucket "+ref.Bucket, text, policy.Resource, policy.Meta{Name: name}, f, ref.at)
}

// fetch asks the server once.
func (l *library) fetch(ctx context.Context, key, name string, get func(context.Context, string) (string, error)) (string, error) {
	f, ok := l.fetched[key]
	if !ok {
		f.text, f.err = get(ctx, name)
		l.fetched[key] = f
	}
	return f.text, f.err
}

// loadUnused compiles the policies of a file that no test used, so that the
// coverage names them. As what they are meant is not known: the first kind that
// fits.
func (l *library) loadUnused(ctx context.Context, f *File) error {
	var problems Problems
	for _, name := range f.PolicyNames {
		ref := Ref{Name: name, at: f.Policies[name].at}
		var first error
		found := false
		for _, kind := range []policy.Kind{policy.Identity, policy.Resource, policy.Trust} {
			_, err := l.policy(ctx, f, ref, kind)
			if found = err == nil; found {
				break
			}
			if first == nil {
				first = err
			}
		}
		if found {
			continue
		}
		var more Problems
		if !errors.As(first, &more) {
			return first
		}
		problems = append(problems, more...)
	}
	return problems.sorted()
}

func problem(f *File, at place, format string, args ...any) Problems {
	return Problems{{File: f.Path, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)}}
}
