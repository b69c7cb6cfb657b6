package iam_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// TestWrittenPoliciesAreLinted writes every kind of policy and reads the log.
func TestWrittenPoliciesAreLinted(t *testing.T) {
	ctx := t.Context()
	const (
		misspelt   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObjet","Resource":"arn:aws:s3:::b/*"}]}`
		byName     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/*"}]}`
		byIdentity = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*"}]}`
		good       = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`
	)
	var log bytes.Buffer
	s := node(t, newMemory(), func(c *iam.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	must[*iam.RoleEntry](t)(s.CreateRole(ctx, role("r")))
	must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "u"}))
	withGroup(t, s, "g")
	must[*iam.PolicyEntry](t)(s.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "good", Document: good}))
	tests := []struct {
		name  string
		write func() error
		want  []string // of one line of the log; none: nothing is logged
	}{
		{"a trust policy that lets everybody in", func() error { return s.UpdateTrust(ctx, account, "r", trusting("*")) },
			[]string{"level=WARN", "kind=role", "name=r", `policy="trust policy"`, "code=trust-everyone", "severity=error", "line=1"}},
		{"a new role", func() error {
			_, err := s.CreateRole(ctx, role("r2"))
			return err
		}, []string{"name=r2", "code=identity-pool-without-amr"}},
		{"an inline policy", func() error { return s.PutInlinePolicy(ctx, iam.RoleOwner(account, "r"), "p", misspelt) },
			[]string{"name=r", "policy=p", "code=unknown-action", "s3:GetObject?"}},
		{"a variable that roles have no value for", func() error { return s.PutInlinePolicy(ctx, iam.RoleOwner(account, "r"), "p", byName) },
			[]string{"code=variable-without-value"}},
		{"users have one", func() error { return s.PutInlinePolicy(ctx, iam.UserOwner(account, "u"), "p", byName) }, nil},
		{"and so have the members of a group", func() error { return s.PutInlinePolicy(ctx, iam.GroupOwner(account, "g"), "p", byName) }, nil},
		{"who do not sign in", func() error { return s.PutInlinePolicy(ctx, iam.GroupOwner(account, "g"), "p", byIdentity) },
			[]string{"kind=group", "name=g", "code=variable-without-value"}},
		{"a managed policy", func() error {
			_, err := s.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "m", Document: misspelt})
			return err
		}, []string{"policy/m", "policy=v1", "code=unknown-action"}},
		{"its next version", func() error {
			_, _, err := s.CreatePolicyVersion(ctx, "arn:aws:iam::"+account+":policy/m", misspelt, false)
			return err
		}, []string{"policy=v2", "code=unknown-action"}},
		{"nothing to say", func() error { return s.PutInlinePolicy(ctx, iam.RoleOwner(account, "r"), "p", good) }, nil},
		{"a write that is refused for another reason", func() error { return s.PutInlinePolicy(ctx, iam.RoleOwner(account, "nobody"), "p", misspelt) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log.Reset()
			if err := tt.write(); (err != nil) != strings.Contains(tt.name, "refused") {
				t.Fatal(err)
			}
			if tt.want == nil && log.Len() > 0 {
				t.Errorf("logged %s", log.String())
			}
			line, _, _ := strings.Cut(log.String(), "\n")
			for _, part := range tt.want {
				if !strings.Contains(line, part) {
					t.Errorf("no %q in %s", part, line)
				}
			}
		})
	}
	t.Run("a policy with very many findings does not flood the log", func(t *testing.T) {
		log.Reset()
		document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:A` + strings.Join(strings.Split(strings.Repeat("x", 60), ""), `","s3:B`) + `"],"Resource":"*"}]}`
		ok(t, s.PutInlinePolicy(ctx, iam.RoleOwner(account, "r"), "many", document))
		if n := strings.Count(log.String(), "\n"); n > 21 {
			t.Errorf("%d lines", n)
		}
	})
}

// TestSharedProvidersNeedASubject refuses what AWS refuses although it parses.
func TestSharedProvidersNeedASubject(t *testing.T) {
	s := node(t, newMemory())
	trust := func(provider, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::000000000000:oidc-provider/` + provider +
			`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + condition + `}}]}`
	}
	const github = "token.actions.githubusercontent.com"
	tests := []struct {
		name, document string
		refused        bool
	}{
		{"only the audience", trust(github, `"StringEquals":{"`+github+`:aud":"sts.amazonaws.com"}`), true},
		{"no condition", trust(github, ""), true},
		{"the subject", trust(github, `"StringLike":{"`+github+`:sub":"repo:acme/site:*"}`), false},
		{"the workflow", trust(github, `"StringLike":{"`+github+`:job_workflow_ref":"acme/site/*"}`), false},
		{"a subject that says nothing is only logged", trust(github, `"StringLike":{"`+github+`:sub":"repo:*"}`), false},
		{"another provider is not shared", trust("login.example.com", ""), false},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.CreateRole(t.Context(), iam.NewRole{Account: account, Name: string(rune('a' + i)), Trust: tt.document})
			malformed, is := errors.AsType[*iam.MalformedPolicy](err)
			if is != tt.refused || !is && err != nil {
				t.Fatalf("got %v", err)
			}
			if is && (malformed.Cause.Line != 1 || malformed.Cause.Detail == "" || !strings.Contains(malformed.Cause.Message, ":sub")) {
				t.Errorf("error lacks facts: %#v", malformed.Cause)
			}
		})
	}
}
