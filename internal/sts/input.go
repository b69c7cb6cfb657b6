package sts

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// Limits of iam-sts.md 3.3.
const (
	minDuration        = 15 * time.Minute
	maxDuration        = 12 * time.Hour
	defaultDuration    = time.Hour
	chainedDuration    = time.Hour
	maxSessionTags     = 50
	maxTagKey          = 128
	maxTagValue        = 256
	maxSessionPolicies = 10
	maxDocument        = 131072 // the hard cap of any parameter
	minName, maxName   = 2, 64
	reservedPrefix     = "aws:"
)

// parseRoleARN checks what AWS checks before looking for the role: six fields and
// a resource. Any other ARN than a role's is that of a role which does not exist.
func parseRoleARN(s string) (account string, err error) {
	a, err := arn.Parse(s)
	if err != nil || a.Resource == "" {
		return "", &Invalid{Kind: BadRoleARN, Value: s}
	}
	return a.Account, nil
}

// checkSessionName checks a role session name.
func checkSessionName(s string) error {
	if !validName(s) {
		return &Invalid{Kind: BadSessionName, Value: s}
	}
	return nil
}

// checkSourceIdentity checks a source identity; none is fine.
func checkSourceIdentity(s string) error {
	if s != "" && (!validName(s) || hasReservedPrefix(s)) {
		return &Invalid{Kind: BadSourceIdentity, Value: s}
	}
	return nil
}

// validName applies [\w+=,.@-]{2,64}.
func validName(s string) bool {
	if len(s) < minName || len(s) > maxName {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		word := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
		if !word && strings.IndexByte("+=,.@-", c) < 0 {
			return false
		}
	}
	return true
}

func hasReservedPrefix(s string) bool {
	return len(s) >= len(reservedPrefix) && strings.EqualFold(s[:len(reservedPrefix)], reservedPrefix)
}

// mergeTags checks the tags of a request and joins the transitive tags of the
// calling session to them. It returns the session's tags and the keys among them
// that are handed on (iam-sts.md 3.6: tags are checked before authorization).
func mergeTags(caller *Session, tags []iam.Tag, transitive []string) ([]iam.Tag, []string, error) {
	if len(tags) > maxSessionTags {
		return nil, nil, &Invalid{Kind: TooManyTags}
	}
	for i, t := range tags {
		if err := checkTag(t); err != nil {
			return nil, nil, err
		}
		if hasKey(tags[:i], t.Key) {
			return nil, nil, &Invalid{Kind: DuplicateTagKeys, Value: t.Key}
		}
	}
	for _, k := range transitive {
		if !hasKey(tags, k) {
			return nil, nil, &Invalid{Kind: TransitiveKeyNotTag, Value: k}
		}
	}
	if caller == nil || len(caller.TransitiveKeys) == 0 {
		return tags, transitive, nil
	}
	merged := make([]iam.Tag, 0, len(caller.TransitiveKeys)+len(tags))
	for _, t := range caller.Tags {
		if !slices.ContainsFunc(caller.TransitiveKeys, func(k string) bool { return strings.EqualFold(k, t.Key) }) {
			continue
		}
		// A tag handed down by the calling session cannot be replaced.
		if hasKey(tags, t.Key) {
			return nil, nil, &Invalid{Kind: TransitiveKeyInherited, Value: t.Key}
		}
		merged = append(merged, t)
	}
	merged = append(merged, tags...)
	if len(merged) > maxSessionTags {
		return nil, nil, &Invalid{Kind: TooManyTags}
	}
	return merged, slices.Concat(caller.TransitiveKeys, transitive), nil
}

func hasKey(tags []iam.Tag, key string) bool {
	return slices.ContainsFunc(tags, func(t iam.Tag) bool { return strings.EqualFold(t.Key, key) })
}

// checkTag applies the limits of a session tag.
func checkTag(t iam.Tag) error {
	switch {
	case t.Key == "" || utf8.RuneCountInString(t.Key) > maxTagKey || !tagText(t.Key) || hasReservedPrefix(t.Key):
		return &Invalid{Kind: BadTag, Value: t.Key}
	case utf8.RuneCountInString(t.Value) > maxTagValue || !tagText(t.Value):
		return &Invalid{Kind: BadTag, Value: t.Value}
	}
	return nil
}

// tagText applies [\p{L}\p{Z}\p{N}_.:/=+\-@]*.
func tagText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r) {
			return false
		}
	}
	return true
}

// checkDuration returns the length of a role session. It comes after the trust
// decision, so that nobody learns a role's maximum who may not assume it.
func checkDuration(d time.Duration, role *iam.RoleEntry, chained bool) (time.Duration, error) {
	if d == 0 {
		d = defaultDuration
	}
	limit := role.MaxSession
	if limit == 0 {
		limit = defaultDuration
	}
	switch {
	case d < minDuration:
		return 0, &Invalid{Kind: DurationTooShort, Limit: minDuration}
	case d > maxDuration:
		return 0, &Invalid{Kind: DurationTooLong, Limit: maxDuration}
	case chained && d > chainedDuration:
		return 0, &Invalid{Kind: DurationOverChain, Limit: chainedDuration}
	case d > limit:
		return 0, &Invalid{Kind: DurationOverRole, Limit: limit}
	}
	return d, nil
}

// checkPolicies checks the session policies of a request: documents as policies,
// ARNs as managed policies that the role's account may use.
func checkPolicies(snapshot iam.Snapshot, account string, documents, arns []string) error {
	for _, doc := range documents {
		if len(doc) > maxDocument {
			return &PackedTooLarge{Percent: (len(doc)*100 + packedLimit - 1) / packedLimit}
		}
		if _, err := policy.Parse([]byte(doc), policy.Session); err != nil {
			return err
		}
	}
	if len(arns) > maxSessionPolicies {
		return &Invalid{Kind: TooManyPolicyARNs}
	}
	for _, s := range arns {
		if _, ok := BuiltinPolicy(s); ok {
			continue
		}
		a, err := arn.Parse(s)
		if err != nil || a.Service != "iam" || a.Account != account && a.Account != "aws" {
			return &Invalid{Kind: BadPolicyARN, Value: s}
		}
		if _, ok := snapshot.ManagedPolicy(s); !ok {
			return &Invalid{Kind: BadPolicyARN, Value: s}
		}
	}
	return nil
}
