package iam

import (
	"context"
	"strings"
)

// AccountAlias is the other name of an account. An account has one at most, and
// no two accounts have the same.
type AccountAlias struct {
	Account, Alias string
	Version        int64
}

// CreateAccountAlias gives an account an alias. It takes the place of the one
// that the account had.
func (s *Service) CreateAccountAlias(ctx context.Context, account, alias string) error {
	if !isAlias(alias) {
		return &Invalid{Field: FieldAlias, Value: alias}
	}
	_, err := s.update(ctx, func(v *View, w *Write) error {
		for _, taken := range v.aliases {
			if taken == alias {
				return &AlreadyExists{Kind: KindAccountAlias, Name: alias}
			}
		}
		w.Aliases = append(w.Aliases, &AccountAlias{Account: account, Alias: alias})
		return nil
	})
	return err
}

// DeleteAccountAlias takes the alias from an account, which must have just that
// one.
func (s *Service) DeleteAccountAlias(ctx context.Context, account, alias string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		if has, ok := v.aliases[account]; !ok || has != alias {
			return &NotFound{Kind: KindAccountAlias, Name: alias}
		}
		w.Deleted = append(w.Deleted, Ref{KindAccountAlias, account})
		return nil
	})
	return err
}

// AccountAlias returns the alias of an account, "" for none.
func (v *View) AccountAlias(account string) string { return v.aliases[account] }

// Lengths of an alias (spec/iam-sts.md 4.3).
const minAlias, maxAlias = 3, 63

// isAlias accepts small letters, digits and single hyphens inside.
func isAlias(s string) bool {
	if len(s) < minAlias || len(s) > maxAlias || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
}
