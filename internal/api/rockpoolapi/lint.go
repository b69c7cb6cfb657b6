package rockpoolapi

import (
	"context"
	"errors"

	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/lint"
)

// malformed is the code of the one finding in a document that AWS would refuse to
// parse.
const malformed = "malformed"

// LintPolicy says what is wrong with a policy that nobody has stored yet.
func (b *bound) LintPolicy(_ context.Context, in *wire.LintPolicyInput) (*wire.LintPolicyOutput, error) {
	kind := kindOf(in)
	name := kindName(kind)
	out := &wire.LintPolicyOutput{Kind: &name, Findings: []wire.Finding{}}
	document, err := policy.Parse([]byte(*in.PolicyDocument), kind)
	if refusal, ok := errors.AsType[*policy.Error](err); ok {
		code, severity, where := malformed, wire.SeverityError, "Policy"
		out.Findings = append(out.Findings, wire.Finding{
			Code: &code, Severity: &severity, Where: &where, Text: &refusal.Message, Fix: optional(refusal.Detail), Refused: truth(true),
			Line: positive(refusal.Line), Column: positive(refusal.Column),
		})
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	found := lint.Lint(document, lint.Options{Catalog: b.catalog, Now: b.call.Network.Time})
	out.Findings = each(found, finding)
	return out, nil
}

// kindOf is the kind that the caller names, else the one the text looks like.
func kindOf(in *wire.LintPolicyInput) policy.Kind {
	if in.Kind == nil {
		return lint.GuessKind([]byte(*in.PolicyDocument))
	}
	switch *in.Kind {
	case wire.PolicyKindManaged:
		return policy.Managed
	case wire.PolicyKindResource:
		return policy.Resource
	case wire.PolicyKindTrust:
		return policy.Trust
	case wire.PolicyKindSession:
		return policy.Session
	}
	return policy.Identity
}

func kindName(k policy.Kind) wire.PolicyKind {
	switch k {
	case policy.Managed:
		return wire.PolicyKindManaged
	case policy.Resource:
		return wire.PolicyKindResource
	case policy.Trust:
		return wire.PolicyKindTrust
	case policy.Session:
		return wire.PolicyKindSession
	}
	return wire.PolicyKindIdentity
}

func finding(f *lint.Finding) wire.Finding {
	severity := wire.Severity(f.Severity.String())
	w := wire.Finding{
		Code: &f.Code, Severity: &severity, Sid: optional(f.Sid), Where: optional(f.Where), Text: &f.Text, Fix: optional(f.Fix),
		Refused: truth(f.Refused), Line: positive(f.Position.Line), Column: positive(f.Position.Column),
	}
	if f.Statement >= 0 {
		w.Statement = integer(f.Statement)
	}
	return w
}
