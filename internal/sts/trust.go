package sts

import (
	"log/slog"
	"slices"

	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// TrustDecider decides whether an established caller may do something to a role
// under the role's trust policy and the caller's own policies. Package authz has
// it, because gathering a caller's policies is its work.
type TrustDecider interface {
	DecideTrust(role *iam.RoleEntry, action string, keys []ContextKey) policy.Decision
	// RefuseTrust is told of a refusal that asked no policy, so that it can be
	// explained too.
	RefuseTrust(roleARN, account, action string, reason TrustReason)
}

// TrustFacts is how a role was assumed, for the audit record.
type TrustFacts struct {
	RoleARN   string
	Principal policy.Principal
	Decision  policy.Decision // of the assuming action itself
	Keys      []ContextKey    // what the trust policy could look at
	Tags      bool            // sts:TagSession was needed and allowed
	Source    bool            // sts:SetSourceIdentity was needed and allowed
}

// trustQuestion is one assumption of a role, decided action by action.
type trustQuestion struct {
	role   *iam.RoleEntry
	action string // sts:AssumeRole, sts:AssumeRoleWithWebIdentity or sts:AssumeRoleWithSAML
	keys   []ContextKey
	tags   bool
	source bool
	caller policy.Principal
	decide func(action string) policy.Decision
	refuse func(action string, reason TrustReason) // keeps a refusal that asks no policy
}

// ask decides the question: the assuming action, then what comes with it.
func (q *trustQuestion) ask(log *slog.Logger) (TrustFacts, error) {
	facts := TrustFacts{RoleARN: q.role.ARN(), Principal: q.caller, Keys: q.keys, Tags: q.tags, Source: q.source}
	if q.role.TrustPolicy == nil {
		log.Error("role has no usable trust policy", "role", facts.RoleARN)
		q.refuse(q.action, TrustBroken)
		return facts, q.denied(q.action, TrustBroken, policy.Decision{Statement: -1})
	}
	facts.Decision = q.decide(q.action)
	if facts.Decision.Effect != policy.Allow {
		return facts, q.denied(q.action, TrustPolicyDenies, facts.Decision)
	}
	for _, extra := range [...]struct {
		needed bool
		action string
	}{{q.tags, ActionTagSession}, {q.source, ActionSetSourceIdentity}} {
		if !extra.needed {
			continue
		}
		if d := q.decide(extra.action); d.Effect != policy.Allow {
			return facts, q.denied(extra.action, TrustPolicyDenies, d)
		}
	}
	return facts, nil
}

func (q *trustQuestion) denied(action string, reason TrustReason, d policy.Decision) *TrustDenied {
	return &TrustDenied{
		RoleARN: q.role.ARN(), Action: action, Caller: q.caller.ARN, Provider: q.caller.Provider,
		SAML: q.caller.Type == policy.SAML, Reason: reason, Decision: d, Keys: q.keys,
	}
}

// requestKeys are the condition keys of every assumption of a role.
func requestKeys(session *Session, transitive []string) []ContextKey {
	keys := append(make([]ContextKey, 0, 8), one("sts:RoleSessionName", session.Name))
	if session.SourceIdentity != "" {
		keys = append(keys, one("sts:SourceIdentity", session.SourceIdentity))
	}
	keys = append(keys, TagKeys(session.Tags)...)
	if len(transitive) > 0 {
		keys = append(keys, many("sts:TransitiveTagKeys", transitive))
	}
	return keys
}

// TagKeys are the condition keys that tell a policy about tags passed in a
// request: aws:RequestTag and aws:TagKeys.
func TagKeys(tags []iam.Tag) []ContextKey {
	if len(tags) == 0 {
		return nil
	}
	keys := make([]ContextKey, 0, len(tags)+1)
	names := make([]string, len(tags))
	for i, t := range tags {
		names[i] = t.Key
		keys = append(keys, one(condkey.RequestTagPrefix+t.Key, t.Value))
	}
	return append(keys, many(condkey.TagKeys, names))
}

// RoleTagKeys are the condition keys that tell a policy about the tags of a role
// that is the resource of a request.
func RoleTagKeys(role *iam.RoleEntry) []ContextKey {
	if len(role.Tags) == 0 {
		return nil
	}
	keys := make([]ContextKey, 0, 2*len(role.Tags))
	for _, t := range role.Tags {
		keys = append(keys, one("aws:ResourceTag/"+t.Key, t.Value), one("iam:ResourceTag/"+t.Key, t.Value))
	}
	return keys
}

func one(name, value string) ContextKey { return ContextKey{Name: name, Values: []string{value}} }

func many(name string, values []string) ContextKey {
	return ContextKey{Name: name, Values: values, Multi: true}
}

// Fill sets the key in a context of the policy engine.
func (k *ContextKey) Fill(c *policy.Context) {
	switch {
	case k.Multi:
		c.SetMulti(k.Name, k.Values)
	case len(k.Values) > 0:
		c.Set(k.Name, k.Values[0])
	}
}

// carried picks the keys that later requests of the session still have
// (iam-sts.md 2.7 "Later requests").
func carried(keys []ContextKey, names ...string) []ContextKey {
	out := make([]ContextKey, 0, len(names))
	for _, k := range keys {
		if slices.Contains(names, k.Name) {
			out = append(out, k)
		}
	}
	return out
}
