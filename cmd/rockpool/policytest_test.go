package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/demo"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/policycases"
)

const policyExamples = "../../examples/policy-tests"

// TestPolicyExamples keeps the example true: its tests pass, offline and against a
// running demo, and its policies are the demo's own.
func TestPolicyExamples(t *testing.T) {
	policyTest(t, filepath.Join(policyExamples, "demo.yaml"), "--min-coverage", "100")

	story, server := startDemo(t)
	t.Setenv("AWS_ACCESS_KEY_ID", story.RootKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", story.RootSecret)
	t.Setenv("AWS_SESSION_TOKEN", "")
	policyTest(t, filepath.Join(policyExamples, "running-demo.yaml"), "--endpoint", story.API)

	role, err := server.Role(t.Context(), demo.RoleName)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := server.BucketPolicy(t.Context(), demo.AppBucket)
	if err != nil {
		t.Fatal(err)
	}
	if len(role.Inline) != 1 {
		t.Fatalf("the role has the policies %v", role.Inline)
	}
	for file, want := range map[string]string{
		"read-private-bucket.json": role.Inline[0].Document,
		"public-app.json":          bucket,
		"trust.json":               strings.ReplaceAll(role.Trust, story.PoolID, "us-east-1:11111111-2222-4333-8444-555555555555"),
	} {
		got, err := os.ReadFile(filepath.Join(policyExamples, "policies", file))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(string(got))); d != "" {
			t.Errorf("%s is not what the demo has:\n%s", file, d)
		}
	}
}

// TestPolicyTestGuide runs the files that docs/policy-tests.md shows: blocks whose
// fence names a file.
func TestPolicyTestGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/policy-tests.md")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var tests []string
	for _, m := range regexp.MustCompile("(?ms)^```(yaml|json) (\\S+)\n(.*?)^```$").FindAllSubmatch(guide, -1) {
		path := filepath.Join(folder, string(m[2]))
		if err := os.WriteFile(path, m[3], 0o600); err != nil {
			t.Fatal(err)
		}
		if string(m[1]) == "yaml" {
			tests = append(tests, path)
		}
	}
	if len(tests) != 2 {
		t.Fatalf("the guide shows %q", tests)
	}
	policyTest(t, append(tests, "--min-coverage", "100")...)
}

func policyTest(t *testing.T, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(context.Background(), append([]string{"policy", "test"}, args...), &out, &errs); code != 0 {
		t.Errorf("policy test %q: exit code %d\n%s%s", args, code, out.String(), errs.String())
	}
}

// startDemo starts the demo on free ports.
func startDemo(t *testing.T) (demo.Story, *policycases.Server) {
	t.Helper()
	t.Setenv("ROCKPOOL_ROOT_ACCESS_KEY_ID", "")
	t.Setenv("ROCKPOOL_ROOT_SECRET_ACCESS_KEY", "")
	var c demoCmd
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--site-listen", "127.0.0.1:0", "--google-listen", "127.0.0.1:0"}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	d, err := demo.Start(t.Context(), demo.Config{Server: c.Config, SiteListen: c.SiteListen, GoogleListen: c.GoogleListen, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	story := d.Story
	cl, err := client.New(client.Config{Endpoint: story.API, Region: story.Region, Credentials: client.Credentials{
		AccessKeyID: story.RootKeyID, Secret: keys.NewSecret(story.RootSecret),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return story, &policycases.Server{Client: cl}
}
