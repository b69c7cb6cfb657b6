package sts

import (
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
)

// The claims by which a token speaks to STS.
const (
	tagsClaim          = "https://aws.amazon.com/tags"
	principalTagPrefix = tagsClaim + "/principal_tags/"
	transitiveClaim    = tagsClaim + "/transitive_tag_keys"
	sourceClaim        = "https://aws.amazon.com/source_identity"
)

// sessionClaims reads session tags, transitive keys and the source identity from
// a verified token: the nested form, and the flattened one that some providers
// can only make (iam-sts.md 3.4 step 10). A claim of another shape is refused
// rather than ignored, because a missing tag can widen access.
func sessionClaims(c *login.Claims) (tags []iam.Tag, transitive []string, source string, err error) {
	if v, ok := c.Raw[tagsClaim]; ok {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, nil, "", &BadClaim{Claim: tagsClaim, Why: "not an object"}
		}
		if tags, err = principalTags(m["principal_tags"]); err != nil {
			return nil, nil, "", err
		}
		if transitive, err = texts(tagsClaim, m["transitive_tag_keys"]); err != nil {
			return nil, nil, "", err
		}
	}
	for name, v := range c.Raw {
		key, ok := strings.CutPrefix(name, principalTagPrefix)
		if !ok {
			continue
		}
		value, err := tagValue(name, v)
		if err != nil {
			return nil, nil, "", err
		}
		tags = append(tags, iam.Tag{Key: key, Value: value})
	}
	if v, ok := c.Raw[transitiveClaim]; ok {
		more, err := texts(transitiveClaim, v)
		if err != nil {
			return nil, nil, "", err
		}
		transitive = append(transitive, more...)
	}
	// Maps have no order; a session token should not depend on chance.
	slices.SortFunc(tags, func(a, b iam.Tag) int { return strings.Compare(a.Key, b.Key) })
	if v, ok := c.Raw[sourceClaim]; ok {
		if source, ok = v.(string); !ok || source == "" {
			return nil, nil, "", &BadClaim{Claim: sourceClaim, Why: "not a text"}
		}
	}
	return tags, transitive, source, nil
}

func principalTags(v any) ([]iam.Tag, error) {
	if v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &BadClaim{Claim: tagsClaim, Why: "principal_tags is not an object"}
	}
	tags := make([]iam.Tag, 0, len(m))
	for key, v := range m {
		value, err := tagValue(tagsClaim, v)
		if err != nil {
			return nil, err
		}
		tags = append(tags, iam.Tag{Key: key, Value: value})
	}
	return tags, nil
}

// tagValue takes a text, or a list of one text as the claim is documented.
func tagValue(claim string, v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	list, err := texts(claim, v)
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", &BadClaim{Claim: claim, Why: "a tag has not exactly one value"}
	}
	return list[0], nil
}

func texts(claim string, v any) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, &BadClaim{Claim: claim, Why: "not a list of texts"}
	}
	out := make([]string, len(list))
	for i, e := range list {
		if out[i], ok = e.(string); !ok {
			return nil, &BadClaim{Claim: claim, Why: "not a list of texts"}
		}
	}
	return out, nil
}

// knownClaims lists the further claims of issuers whose claims AWS passes to
// trust policies. Claims of other issuers stay out, because a condition key that
// a token can fill at will changes what a negated condition means.
func knownClaims(url string) []string {
	host, _, _ := strings.Cut(url, "/")
	switch {
	case host == "token.actions.githubusercontent.com" || strings.HasSuffix(host, ".ghe.com"):
		return []string{
			"actor", "actor_id", "job_workflow_ref", "repository", "repository_id", "repository_owner_id",
			"workflow", "ref", "environment", "enterprise_id",
		}
	case host == "gitlab.com":
		return []string{
			"namespace_id", "pipeline_source", "project_id", "ref_protected", "runner_environment",
			"user_access_level", "user_email", "user_id", "user_login",
		}
	case host == "oidc.circleci.com":
		return []string{"oidc.circleci.com/project-id"}
	case host == "agent.buildkite.com":
		return []string{
			"build_branch", "cluster_id", "cluster_name", "organization_id", "organization_slug",
			"pipeline_id", "pipeline_slug",
		}
	case strings.HasPrefix(host, "idcs-") && strings.HasSuffix(host, ".identity.oraclecloud.com"):
		return []string{"rpst_id"}
	}
	return nil
}
