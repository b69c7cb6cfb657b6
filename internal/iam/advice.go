package iam

import (
	"context"
	"log/slog"

	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/lint"
)

// findings asks the linter about a document that is to be written.
func (s *Service) findings(d *policy.Document, owner lint.Owner) []lint.Finding {
	return lint.Lint(d, lint.Options{Catalog: s.catalog, Now: s.now(), Owner: owner})
}

// advise logs what the linter said about a policy that was written. Nobody but the
// operator sees it here: AWS answers such a write without a word, and so do we.
// The API's lint operation and "rockpool policy lint" show the same findings.
func (s *Service) advise(ctx context.Context, found []lint.Finding, of Kind, name, policyName string) {
	lint.Log(ctx, s.log, found, slog.String("kind", string(of)), slog.String("name", name), slog.String("policy", policyName))
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
	switch o.Kind {
	case KindUser:
		return lint.UserOwner
	case KindGroup:
		return lint.GroupOwner
	}
	return lint.RoleOwner
}
