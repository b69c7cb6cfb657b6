package iamapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/simulate"
	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/policy"
)

// Policies in text are nobody's, so their simulation has no resource; that of a
// principal's policies needs permission for the principal.
func (i *Implementation) simulateRules(rules api.Rules) {
	rules["SimulateCustomPolicy"] = api.OnAny[wire.SimulateCustomPolicyInput]()
	rules["GetContextKeysForCustomPolicy"] = api.OnAny[wire.GetContextKeysForCustomPolicyInput]()
	rules["SimulatePrincipalPolicy"] = onSource(i, func(in *wire.SimulatePrincipalPolicyInput) string { return *in.PolicySourceArn })
	rules["GetContextKeysForPrincipalPolicy"] = onSource(i, func(in *wire.GetContextKeysForPrincipalPolicyInput) string { return *in.PolicySourceArn })
}

// onSource asks about a role, user or group exactly as its ARN was given. What
// is no ARN, or one of another account, is refused by the operation, in AWS's
// words, for those who may call it at all.
func onSource[I any](i *Implementation, source func(*I) string) api.Rule {
	return api.Needs(func(ctx context.Context, _ *api.Call, in *I) ([]api.Ask, error) {
		if _, err := arn.Parse(source(in)); err != nil {
			return asks(api.Ask{Resource: "*"})
		}
		v, err := i.IAM.Fresh(ctx)
		if err != nil {
			return nil, err
		}
		ask := api.Ask{Resource: source(in)}
		if r, ok := v.RoleByARN(source(in)); ok {
			ask.Type, ask.Keys = roleType, resourceTags(r.Tags, keyGlobalResourceTag, keyIAMResourceTag)
		} else if id, ok := v.EntityID(source(in)); ok {
			if u, ok := v.UserByID(id); ok {
				ask.Type, ask.Keys = userType, resourceTags(u.Tags, keyGlobalResourceTag, keyIAMResourceTag)
			}
		} else if _, ok := v.GroupByARN(source(in)); ok {
			ask.Type = groupType
		}
		return asks(ask)
	})
}

// SimulateCustomPolicy decides what policies in text would decide.
func (b *bound) SimulateCustomPolicy(ctx context.Context, in *wire.SimulateCustomPolicyInput) (*wire.SimulateCustomPolicyOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	setup, err := b.setup(v, in)
	if err != nil {
		return nil, err
	}
	s, err := simulate.New(setup)
	if err != nil {
		return nil, err
	}
	return b.simulation(ctx, s, "simulation", in)
}

// SimulatePrincipalPolicy decides what the policies of a role, a user with its
// groups, or a group, and more in text, would decide.
func (b *bound) SimulatePrincipalPolicy(ctx context.Context, in *wire.SimulatePrincipalPolicyInput) (*wire.SimulatePrincipalPolicyOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	custom := &wire.SimulateCustomPolicyInput{
		PolicyInputList: in.PolicyInputList, PermissionsBoundaryPolicyInputList: in.PermissionsBoundaryPolicyInputList,
		ActionNames: in.ActionNames, ResourceArns: in.ResourceArns, ResourcePolicy: in.ResourcePolicy, ResourceOwner: in.ResourceOwner,
		CallerArn: in.CallerArn, ContextEntries: in.ContextEntries, ResourceHandlingOption: in.ResourceHandlingOption,
		MaxItems: in.MaxItems, Marker: in.Marker,
	}
	setup, err := b.setup(v, custom)
	if err != nil {
		return nil, err
	}
	s, err := simulate.ForPrincipal(v, *in.PolicySourceArn, setup)
	if err != nil {
		return nil, err
	}
	return b.simulation(ctx, s, "simulation of "+*in.PolicySourceArn, custom)
}

// GetContextKeysForCustomPolicy lists the condition keys that policies in text
// read.
func (b *bound) GetContextKeysForCustomPolicy(_ context.Context, in *wire.GetContextKeysForCustomPolicyInput) (*wire.GetContextKeysForCustomPolicyOutput, error) {
	keys, err := simulate.InputKeys(simulate.Inputs(simulate.PolicyInputs, in.PolicyInputList))
	if err != nil {
		return nil, err
	}
	return &wire.GetContextKeysForCustomPolicyOutput{ContextKeyNames: listed(keys)}, nil
}

// GetContextKeysForPrincipalPolicy lists the condition keys that the policies of
// a role, a user with its groups, or a group, and more in text, read.
func (b *bound) GetContextKeysForPrincipalPolicy(ctx context.Context, in *wire.GetContextKeysForPrincipalPolicyInput) (*wire.GetContextKeysForPrincipalPolicyOutput, error) {
	v, err := b.IAM.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := simulate.PrincipalKeys(v, b.account(), *in.PolicySourceArn, simulate.Inputs(simulate.PolicyInputs, in.PolicyInputList))
	if err != nil {
		return nil, err
	}
	return &wire.GetContextKeysForPrincipalPolicyOutput{ContextKeyNames: listed(keys)}, nil
}

// setup translates what both simulations take and checks it.
func (b *bound) setup(v *iam.View, in *wire.SimulateCustomPolicyInput) (simulate.Setup, error) {
	out := simulate.Setup{
		Account:  b.account(),
		Identity: simulate.Inputs(simulate.PolicyInputs, in.PolicyInputList),
		Boundary: simulate.Inputs(simulate.BoundaryInputs, in.PermissionsBoundaryPolicyInputList),
	}
	if err := simulate.CheckActions(in.ActionNames); err != nil {
		return out, err
	}
	if err := simulate.CheckResources(in.ResourceArns); err != nil {
		return out, err
	}
	switch {
	case len(in.ActionNames) == 0:
		return out, &badSimulation{"ActionNames must not be empty."}
	case len(in.ResourceArns) > maxSimulatedResources:
		return out, &badSimulation{fmt.Sprintf("ResourceArns must have at most %d entries.", maxSimulatedResources)}
	case in.ResourceHandlingOption != nil && !slices.Contains(handlingOptions(), *in.ResourceHandlingOption):
		return out, &badSimulation{fmt.Sprintf("Invalid Resource Handling Option: %s.", *in.ResourceHandlingOption)}
	}
	if in.CallerArn != nil {
		p, err := simulate.Caller(*in.CallerArn, v)
		if err != nil {
			return out, err
		}
		out.Caller = &p
	}
	if in.ResourcePolicy != nil {
		out.Resource = &simulate.Document{ID: simulate.ResourceInput, Text: *in.ResourcePolicy}
	}
	if in.ResourceOwner != nil {
		out.ResourceOwner = ownerAccount(*in.ResourceOwner)
	}
	for _, e := range in.ContextEntries {
		entry := simulate.Entry{Name: text(e.ContextKeyName), Values: e.ContextKeyValues}
		if e.ContextKeyType != nil {
			entry.Type = string(*e.ContextKeyType)
		}
		out.Context = append(out.Context, entry)
	}
	return out, nil
}

// ownerAccount reads the ARN of an account (AWS's form), and the bare account
// id that AWS's own documentation promised for years. Anything else is given
// back and refused as it is.
func ownerAccount(owner string) string {
	if a, err := arn.Parse(owner); err == nil && a.Service == "iam" && a.Resource == "root" {
		return a.Account
	}
	return owner
}

// handlingOptions are the ways of AWS to add resources that an EC2 action needs.
// They change what is asked of EC2 alone, of which nothing is known here, and are
// accepted without effect.
func handlingOptions() []string {
	return []string{
		"EC2-Classic-InstanceStore", "EC2-Classic-EBS", "EC2-VPC-InstanceStore", "EC2-VPC-InstanceStore-Subnet",
		"EC2-VPC-EBS", "EC2-VPC-EBS-Subnet",
	}
}

const (
	// maxSimulatedResources bounds one action's results, which are never paged.
	maxSimulatedResources = 1000
	// maxSimulatedText bounds the policy text that one page reads, over all of its
	// actions and resources; a page may have fewer results than were asked for, as
	// IAM's pages may.
	maxSimulatedText = 64 << 20
)

// simulation answers a page of a simulation. A marker belongs to one listing
// with one input.
func (b *bound) simulation(ctx context.Context, s *simulate.Simulation, listing string, in *wire.SimulateCustomPolicyInput) (*wire.SimulatePolicyResponse, error) {
	whole := *in
	whole.Marker, whole.MaxItems = nil, nil
	input, err := json.Marshal(&whole)
	if err != nil {
		return nil, fmt.Errorf("digest of the simulation: %w", err)
	}
	digest := sha256.Sum256(input)

	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	size := defaultPage
	if in.MaxItems != nil {
		size = int(*in.MaxItems)
	}
	cost := max(1, s.Size()) * len(resources) // of one result
	if cost > maxSimulatedText {
		return nil, &badSimulation{fmt.Sprintf("The policies are too long to be simulated on %d resources at once.", len(resources))}
	}
	limit := int32(min(size, maxSimulatedText/cost))

	places := make([]int, len(in.ActionNames))
	for i := range places {
		places[i] = i
	}
	key := func(i int) string { return fmt.Sprintf("%08d", i) }
	places, pg, err := page(b, listing+" "+hex.EncodeToString(digest[:]), places, key, in.Marker, &limit)
	if err != nil {
		return nil, err
	}
	out := &wire.SimulatePolicyResponse{EvaluationResults: []wire.EvaluationResult{}, IsTruncated: pg.truncated, Marker: pg.marker}
	for _, i := range places {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		results := make([]simulate.Result, len(resources))
		for k, r := range resources {
			results[k] = s.Ask(in.ActionNames[i], r)
		}
		out.EvaluationResults = append(out.EvaluationResults, evaluation(results))
	}
	return out, nil
}

// evaluation is the result of one action: the sum over all resources, and one
// specific result for each of them unless all resources were meant.
func evaluation(results []simulate.Result) wire.EvaluationResult {
	sum := simulate.Together(results)
	out := wire.EvaluationResult{
		EvalActionName: &sum.Action, EvalResourceName: &sum.Resource, EvalDecision: decisionOut(sum.Decision.Effect),
		MatchedStatements: each(sum.Matched, statementOut), MissingContextValues: listed(sum.Missing),
		PermissionsBoundaryDecisionDetail: boundaryDetail(&sum), EvalDecisionDetails: details(&sum),
	}
	if len(results) == 1 && sum.Resource == "*" {
		return out
	}
	if out.EvalDecisionDetails == nil {
		out.EvalDecisionDetails = map[string]wire.PolicyEvaluationDecisionType{} // as AWS answers when a resource was named
	}
	out.ResourceSpecificResults = each(results, func(r simulate.Result) wire.ResourceSpecificResult {
		return wire.ResourceSpecificResult{
			EvalResourceName: &r.Resource, EvalResourceDecision: decisionOut(r.Decision.Effect),
			MatchedStatements: each(r.Matched, statementOut), MissingContextValues: listed(r.Missing),
			EvalDecisionDetails: details(&r), PermissionsBoundaryDecisionDetail: boundaryDetail(&r),
		}
	})
	return out
}

func decisionOut(e policy.Effect) *wire.PolicyEvaluationDecisionType {
	return pointer(wire.PolicyEvaluationDecisionType(e.String()))
}

// details is what each kind of policy says to a request from another account;
// inside one account AWS leaves it out.
func details(r *simulate.Result) map[string]wire.PolicyEvaluationDecisionType {
	if !r.CrossAccount {
		return nil
	}
	// A side that has no policy at all says nothing, which denies.
	out := map[string]wire.PolicyEvaluationDecisionType{
		sourceType(policy.IdentityLayer): wire.PolicyEvaluationDecisionTypeImplicitDeny,
		sourceType(policy.ResourceLayer): wire.PolicyEvaluationDecisionTypeImplicitDeny,
	}
	for _, l := range r.Layers {
		out[sourceType(l.Layer)] = *decisionOut(l.Effect)
	}
	return out
}

func boundaryDetail(r *simulate.Result) *wire.PermissionsBoundaryDecisionDetail {
	said, ok := r.Said(policy.BoundaryLayer)
	if !ok {
		return nil
	}
	return &wire.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: pointer(said == policy.Allow)}
}

func statementOut(m simulate.Match) wire.Statement {
	return wire.Statement{
		SourcePolicyId: &m.Source, SourcePolicyType: pointer(wire.PolicySourceType(sourceType(m.Layer))),
		StartPosition: positionOut(m.Start), EndPosition: positionOut(m.End),
	}
}

// sourceType is the word for a kind of policy that IAM answers with. The words
// of its model (user, role, aws-managed …) have never been on the wire.
func sourceType(l policy.Layer) string {
	switch l {
	case policy.BoundaryLayer:
		return "Permissions Boundary Policy"
	case policy.SessionLayer:
		return "Session Policy"
	case policy.ResourceLayer, policy.TrustLayer:
		return "Resource Policy"
	case policy.IdentityLayer, policy.NoLayer:
	}
	return "IAM Policy"
}

func positionOut(p policy.Position) *wire.Position {
	return &wire.Position{Line: pointer(int32(p.Line)), Column: pointer(int32(p.Column))}
}

// listed is never nil, so that an empty list is on the wire.
func listed(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
