package rockpoolapi

import (
	"context"
	"errors"
	"time"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/pool"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// Finder finds what was recorded of requests; *decision.Keeper is one.
type Finder interface {
	// Find returns the records of a request that belong to the account, in order
	// of their Seq. None is no error.
	Find(ctx context.Context, account, requestID string) ([]*decision.Record, error)
	// List returns the records that a query asks for, the newest first.
	List(ctx context.Context, q decision.Query) ([]*decision.Record, error)
	// Stats says how many decisions have no record.
	Stats() decision.Stats
}

// Config is what the service is made from.
type Config struct {
	Decisions Finder
	// Keeps and MaxAge are the settings of the keeper, to say why there may be no
	// record of a request.
	Keeps  decision.What
	MaxAge time.Duration
	// Sealer seals authorization messages and places in lists.
	Sealer keys.Sealer
	Pools  *pool.Service
	// IAM gives the roles that sessions are revoked by.
	IAM     func() iam.Snapshot
	Revoked Revoker
	Ring    Ring
	Issued  SessionList
	// Sessions opens the sessions that are made up to simulate sign-ins.
	Sessions Opener
	// Resources knows what resources say by themselves.
	Resources Resources
	Region    string
}

// Service implements the wire API of Rockpool's own service.
type Service struct {
	cfg     Config
	catalog *catalog.Catalog
}

var _ api.Implementation[wire.API] = (*Service)(nil)

// New returns the implementation, to be joined with rockpoolwire.Model by api.New.
func New(cfg Config) (*Service, error) {
	if cfg.Decisions == nil || cfg.Sealer == nil || cfg.Pools == nil || cfg.IAM == nil || cfg.Revoked == nil || cfg.Ring == nil || cfg.Issued == nil || cfg.Sessions == nil || cfg.Resources == nil || cfg.Region == "" {
		return nil, errors.New("rockpoolapi: every field of Config but Keeps and MaxAge is needed")
	}
	return &Service{cfg: cfg, catalog: catalog.New()}, nil
}

// As gives the API bound to one call.
func (s *Service) As(c *api.Call) wire.API { return &bound{Service: s, call: c} }

// Rules says what the guard asks for each operation.
func (s *Service) Rules() api.Rules {
	return api.Rules{
		"ExplainDecision": api.On(func(c *api.Call, in *wire.ExplainDecisionInput) string {
			return "arn:aws:rockpool:" + s.cfg.Region + ":" + c.Caller.Account + ":decision/" + *in.RequestId
		}),
		"LintPolicy": api.OnAny[wire.LintPolicyInput](),
		"ExportIdentityPool": api.Needs(func(_ context.Context, c *api.Call, in *wire.ExportIdentityPoolInput) ([]api.Ask, error) {
			return []api.Ask{s.onPool(c, *in.IdentityPoolId)}, nil
		}),
		"ImportIdentityPool": api.Needs(s.importAsks),

		"ListDecisions": api.On(func(c *api.Call, _ *wire.ListDecisionsInput) string { return s.arn(c, "decision/*") }),
		"ListSessions":  api.Needs(s.sessionsAsks),

		"RevokeSessions":  api.Needs(s.revokeAsks),
		"ListRevocations": api.OnAny[wire.ListRevocationsInput](),
		"FindIdentities": api.Needs(func(_ context.Context, c *api.Call, in *wire.FindIdentitiesInput) ([]api.Ask, error) {
			return []api.Ask{s.onPool(c, *in.IdentityPoolId)}, nil
		}),
		"DescribeIdentityLogins": api.Needs(func(ctx context.Context, c *api.Call, in *wire.DescribeIdentityLoginsInput) ([]api.Ask, error) {
			return s.onIdentity(ctx, c, *in.IdentityId)
		}),
		"UndoIdentityMerge": api.Needs(func(ctx context.Context, c *api.Call, in *wire.UndoIdentityMergeInput) ([]api.Ask, error) {
			return s.onIdentity(ctx, c, *in.IdentityId)
		}),
		"SetIdentityEnabled": api.Needs(func(ctx context.Context, c *api.Call, in *wire.SetIdentityEnabledInput) ([]api.Ask, error) {
			return s.onIdentity(ctx, c, *in.IdentityId)
		}),
		"DescribePoolSettings": api.Needs(func(_ context.Context, c *api.Call, in *wire.DescribePoolSettingsInput) ([]api.Ask, error) {
			return []api.Ask{s.onPool(c, *in.IdentityPoolId)}, nil
		}),
		"UpdatePoolSettings": api.Needs(func(_ context.Context, c *api.Call, in *wire.UpdatePoolSettingsInput) ([]api.Ask, error) {
			return []api.Ask{s.onPool(c, *in.IdentityPoolId)}, nil
		}),
		"DiagnoseToken": api.Needs(s.diagnoseAsks),
		"SimulateLogin": api.Needs(func(_ context.Context, c *api.Call, in *wire.SimulateLoginInput) ([]api.Ask, error) {
			return []api.Ask{s.onPool(c, *in.IdentityPoolId)}, nil
		}),
		"RotateKeys": api.On(func(c *api.Call, in *wire.RotateKeysInput) string { return s.arn(c, "key/"+string(*in.Kind)) }),
	}
}

// bound is the API for one call.
type bound struct {
	wire.Unimplemented
	*Service
	call *api.Call
}

// ExplainDecision says how a request was decided and why.
func (b *bound) ExplainDecision(ctx context.Context, in *wire.ExplainDecisionInput) (*wire.ExplainDecisionOutput, error) {
	records, err := b.cfg.Decisions.Find(ctx, b.call.Caller.Account, *in.RequestId)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, &noRecord{requestID: *in.RequestId, keeps: b.cfg.Keeps, maxAge: b.cfg.MaxAge}
	}
	out := &wire.ExplainDecisionOutput{RequestId: in.RequestId, Decisions: make([]wire.Decision, 0, len(records))}
	for _, r := range records {
		d, err := b.decision(r)
		if err != nil {
			return nil, err
		}
		out.Decisions = append(out.Decisions, d)
		if r.More > 0 {
			out.NotKept = integer(r.More)
		}
	}
	return out, nil
}

func (b *bound) decision(r *decision.Record) (wire.Decision, error) {
	message, err := decision.Encode(b.cfg.Sealer, r)
	if err != nil {
		return wire.Decision{}, err
	}
	d := shape(r)
	d.EncodedAuthorizationMessage = &message
	return d, nil
}
