package rockpoolapi

import (
	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/decision"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
	"github.com/rockpool-id/rockpool/policy"
)

// shape is a record on the wire. What is empty is left out.
func shape(r *decision.Record) wire.Decision {
	x, at := r.Explanation, r.Time.UTC()
	text := x.Text()
	return wire.Decision{
		RequestId: &r.RequestID, Seq: integer(r.Seq), Time: &at, Account: optional(r.Account), Region: optional(r.Region),
		Principal: principal(&r.Principal), SourceIp: optional(r.SourceIP), UserAgent: optional(r.UserAgent),
		Action: &x.Action, Resource: &x.Resource, PrincipalArn: optional(x.Principal), EntityArn: optional(x.Entity),
		PrincipalAccount: optional(x.PrincipalAccount), ResourceAccount: optional(x.ResourceAccount),
		Effect: effect(x.Effect), DecidedBy: layerName(x.DecidedBy), Reason: optional(x.Reason), Message: optional(r.Message),
		Rule: optional(r.Rule), Problem: optional(x.Problem),
		Statement: reference(x.Statement), Covers: x.Covers, Conditions: some(x.Conditions, held), MatchedStatement: matched(r.Matched),
		Layers: each(x.Layers, layer), Keys: each(x.Keys, key), KeysLeftOut: positive(x.KeysLeftOut), Fix: fix(x.Fix), Text: &text,
	}
}

func principal(p *audit.Principal) *wire.Principal {
	return &wire.Principal{
		Type: &p.Type, Id: optional(p.ID), Arn: optional(p.ARN), Account: optional(p.Account), AccessKeyId: optional(p.AccessKeyID),
		UserName: optional(p.UserName), Provider: optional(p.Provider), IdentityId: optional(p.Identity), IdentityPoolId: optional(p.Pool),
		Amr: optional(p.AMR), SessionName: optional(p.SessionName), RoleArn: optional(p.RoleARN),
	}
}

func reference(s *policy.StatementRef) *wire.StatementReference {
	if s == nil {
		return nil
	}
	return &wire.StatementReference{
		Policy: &s.Policy, PolicyArn: optional(s.PolicyARN), Source: optional(s.Source), Sid: optional(s.Sid), Index: integer(s.Index),
		Line: positive(s.Line), Column: positive(s.Column), Effect: optional(s.Effect),
	}
}

func matched(s *decision.Statement) *wire.MatchedStatement {
	if s == nil {
		return nil
	}
	return &wire.MatchedStatement{
		Sid: optional(s.Sid), Effect: &s.Effect,
		Principals: s.Principals, NotPrincipal: truth(s.NotPrincipal),
		Actions: s.Actions, NotAction: truth(s.NotAction),
		Resources: s.Resources, NotResource: truth(s.NotResource),
		Conditions: some(s.Conditions, func(c *decision.Condition) wire.Condition {
			return wire.Condition{Operator: &c.Operator, Key: &c.Key, Values: c.Values}
		}),
	}
}

func layer(l *policy.LayerExplanation) wire.Layer {
	policies := l.Policies
	if policies == nil {
		policies = []string{}
	}
	return wire.Layer{
		Layer: layerName(l.Layer), Effect: effect(l.Effect), Policies: policies, Statements: integer(l.Statements),
		Statement: reference(l.Statement), Grant: optional(l.Grant), Services: l.Services,
		NearMisses: some(l.NearMisses, func(n *policy.NearMiss) wire.NearMiss {
			return wire.NearMiss{Statement: reference(&n.StatementRef), Grant: optional(n.Grant), Failed: each(n.Failed, failed), More: positive(n.More)}
		}),
	}
}

func failed(f *policy.FailedElement) wire.FailedElement {
	return wire.FailedElement{
		Element: &f.Element, Operator: optional(f.Operator), Key: optional(f.Key), Wanted: f.Wanted, Meaning: f.Meaning,
		Unset: f.Unset, Seen: f.Seen, Missing: truth(f.Missing), Note: optional(f.Note),
		Remedy: optional(f.Remedy), Line: positive(f.Line), Column: positive(f.Column),
	}
}

func held(c *policy.MatchedCondition) wire.MatchedCondition {
	return wire.MatchedCondition{
		Operator: &c.Operator, Key: &c.Key, Wanted: c.Wanted, Meaning: c.Meaning, Seen: c.Seen, Missing: truth(c.Missing),
		Note: optional(c.Note), Line: positive(c.Line), Column: positive(c.Column),
	}
}

func key(k *policy.KeyExplanation) wire.Key {
	return wire.Key{Key: &k.Key, Values: k.Values, Multi: truth(k.Multi), Missing: truth(k.Missing)}
}

func fix(f *policy.Fix) *wire.Fix {
	if f == nil {
		return nil
	}
	return &wire.Fix{
		Layer: layerName(f.Layer), Words: &f.Words, Statement: optional(f.Statement), Remove: reference(f.Remove),
		And: some(f.And, func(more *policy.Fix) wire.Fix { return *fix(more) }), Incomplete: truth(f.Incomplete),
	}
}

func effect(e policy.Effect) *wire.Effect {
	w := wire.Effect(e.String())
	return &w
}

func layerName(l policy.Layer) *string {
	if l == policy.NoLayer {
		return nil
	}
	return optional(l.String())
}

// each turns a list into shapes. The answer is never nil, so that a member that
// must be there is there when it is empty.
func each[D, W any](list []D, shape func(*D) W) []W {
	out := make([]W, 0, len(list))
	for i := range list {
		out = append(out, shape(&list[i]))
	}
	return out
}

// some is each for a member that may be absent.
func some[D, W any](list []D, shape func(*D) W) []W {
	if len(list) == 0 {
		return nil
	}
	return each(list, shape)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func truth(b bool) *bool {
	if !b {
		return nil
	}
	return &b
}

func integer(n int) *int32 {
	i := int32(n)
	return &i
}

// positive leaves out places that are not known.
func positive(n int) *int32 {
	if n <= 0 {
		return nil
	}
	return integer(n)
}
