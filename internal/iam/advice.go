package iam

import (
	"context"
	"log/slog"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/lint"
)

// maxAdvice bounds the findings of one written policy that are logged.
const maxAdvice = 20

// findings asks the linter about a document that is to be written.
func (s *Service) findings(d *policy.Document, owner lint.Owner) []lint.Finding {
	return lint.Lint(d, lint.Options{Catalog: s.catalog, Now: s.now(), Owner: owner})
}

// advise logs what the linter said about a policy that was written. Nobody but the
// operator sees it here: AWS answers such a write without a word, and so do we.
// The API's lint operation and "rockpool policy lint" show the same findings.
func (s *Service) advise(ctx context.Context, found []lint.Finding, of Kind, name, policyName string) {
	for i, f := range found {
		if i == maxAdvice {
			s.log.WarnContext(ctx, "more findings in the written policy", "kind", string(of), "name", name, "policy", policyName, "left_out", len(found)-i)
			return
		}
		level := slog.LevelInfo
		if f.Severity > lint.Info {
			level = slog.LevelWarn
		}
		s.log.LogAttrs(ctx, level, "finding in a written policy",
			slog.String("kind", string(of)), slog.String("name", name), slog.String("policy", policyName),
			slog.String("code", f.Code), slog.String("severity", f.Severity.String()),
			slog.Int("line", f.Position.Line), slog.Int("column", f.Position.Column),
			slog.String("text", f.Text), slog.String("fix", f.Fix))
	}
}

// refused answers the error for a trust policy that parses and that AWS still
// refuses, nil for every other.
func refused(found []lint.Finding) error {
	for _, f := range found {
		if f.Refused {
			return &MalformedPolicy{Cause: &policy.Error{
				Kind: policy.Trust, Line: f.Position.Line, Column: f.Position.Column,
				Message: "Trust policies for a shared identity provider must say whom they trust with a condition such as token.actions.githubusercontent.com:sub.",
				Detail:  f.Text,
			}}
		}
	}
	return nil
}

// ownerOf says in the linter's words what an inline policy belongs to.
func ownerOf(o Owner) lint.Owner {
	if o.Kind == KindUser {
		return lint.UserOwner
	}
	return lint.RoleOwner
}
