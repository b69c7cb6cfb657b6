package rockpoolapi

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/simulate"
	"github.com/rockpool-id/rockpool/internal/sts"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// An Opener opens session tokens; *sts.Service is one.
type Opener interface {
	Open(token string) (*sts.Session, keys.Secret, error)
}

// Resources completes a question with what its resource says by itself, such as a
// bucket's policy; *s3gw.Gateway is one.
type Resources interface {
	About(ctx context.Context, q *authz.Request) error
}

// SimulateLogin goes through a sign-in without signing anybody in: whose identity
// it is, which role is chosen and why, and what the session may do.
//
// The session is made as a real one would be, with the role's trust policy and all,
// used to decide the actions, and forgotten: its key never leaves this function.
func (b *bound) SimulateLogin(ctx context.Context, in *wire.SimulateLoginInput) (*wire.SimulateLoginOutput, error) {
	if _, err := b.ownPool(*in.IdentityPoolId); err != nil {
		return nil, err
	}
	actions, resources := in.Actions, in.Resources
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	if err := simulate.CheckActions(actions); err != nil {
		return nil, err
	}
	if err := simulate.CheckResources(resources); err != nil {
		return nil, err
	}
	question := pool.Rehearsal{PoolID: *in.IdentityPoolId, IdentityID: given(in.IdentityId), Logins: in.Logins, CustomRole: given(in.CustomRoleArn)}
	for _, l := range in.PretendedLogins {
		question.Pretended = append(question.Pretended, pool.Pretended{Provider: *l.Provider, Claims: *l.Claims})
	}
	r, err := b.cfg.Pools.Rehearse(ctx, question)
	if err != nil && !pool.Refused(err) {
		return nil, err
	}
	out := rehearsed(r)
	signsIn := err == nil
	out.SignsIn = &signsIn
	if err != nil {
		words := problem(err)
		out.Problem = &words
		return out, nil
	}
	out.Evaluations, err = b.evaluate(ctx, r, actions, resources)
	return out, err
}

// rehearsed says how far a sign-in came.
func rehearsed(r *pool.Rehearsed) *wire.SimulateLoginOutput {
	out := &wire.SimulateLoginOutput{
		NewIdentity: truth(r.New), Guest: truth(r.Guest), Amr: r.AMR,
		RoleArn: optional(r.Role.ARN), RoleKind: optional(r.Role.Kind), RoleRule: optional(r.Role.Rule), RoleMapping: optional(r.Role.Mapping),
		RoleRuleNumber: positive(r.Role.RuleIndex + 1), Tags: filled(r.Tags),
		SessionName: optional(r.Name), SessionDurationSeconds: positive(int(r.Duration.Seconds())), SessionPolicyArns: r.Policies,
	}
	// An identity that is not there yet has no id.
	if r.Identity != nil && !r.Made {
		out.IdentityId = &r.Identity.ID
	}
	return out
}

// evaluate decides what the session may do, each action on each resource, as its
// request from where the caller is would be decided.
func (b *bound) evaluate(ctx context.Context, r *pool.Rehearsed, actions, resources []string) ([]wire.LoginEvaluation, error) {
	session, _, err := b.cfg.Sessions.Open(r.Credentials.SessionToken)
	if err != nil {
		return nil, err
	}
	who, ok := caller.ForSession(b.cfg.IAM(), session)
	if !ok {
		return nil, &noRole{arn: r.Role.ARN} // deleted meanwhile
	}
	why := &capture{}
	engine := authz.New(authz.Config{Compiled: 64, Decisions: why})
	list := make([]wire.LoginEvaluation, 0, len(actions)*len(resources))
	for _, action := range actions {
		for _, resource := range resources {
			why.last = nil
			q := &authz.Request{Caller: who, Network: b.call.Network, Action: action, Resource: resource}
			if err := b.cfg.Resources.About(ctx, q); err != nil {
				return nil, err
			}
			d := engine.Decide(q)
			e := wire.LoginEvaluation{Action: &action, Resource: &resource, Effect: effect(d.Effect)}
			text := d.Message
			if why.last != nil {
				e.DecidedBy, text = layerName(why.last.Explanation.DecidedBy), why.last.Explanation.Text()
			}
			e.Text = &text
			list = append(list, e)
		}
	}
	return list, nil
}

// capture takes the explanation of one decision at a time; nothing is stored.
type capture struct{ last *decision.Record }

// KeepsAllowed implements decision.Sink.
func (*capture) KeepsAllowed() bool { return true }

// Wants implements decision.Sink.
func (*capture) Wants(decision.Question) bool { return true }

// Keep implements decision.Sink.
func (c *capture) Keep(r *decision.Record) { c.last = r }
