package rockpoolapi

import (
	"context"
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/decision"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// noRecords reports a server that keeps no records of decisions.
type noRecords struct{}

func (*noRecords) Error() string { return "rockpoolapi: no decisions are kept" }

// ListDecisions lists what was denied, the newest first.
func (b *bound) ListDecisions(ctx context.Context, in *wire.ListDecisionsInput) (*wire.ListDecisionsOutput, error) {
	if b.cfg.Keeps == decision.Off {
		return nil, &noRecords{}
	}
	q := decision.Query{
		Account: b.call.Caller.Account, Principal: given(in.Principal), Action: given(in.Action), Resource: given(in.Resource),
		Allowed: in.IncludeAllowed != nil && *in.IncludeAllowed, Limit: pageSize(in.MaxResults) + 1,
	}
	if in.Since != nil {
		q.Since = *in.Since
	}
	if in.Until != nil {
		q.Before.Time = *in.Until
	}
	of := fmt.Sprintf("decisions %q %q %q %v %v %v", q.Principal, q.Action, q.Resource, q.Allowed, unixMilli(in.Since), unixMilli(in.Until))
	at, err := b.openPlace(of, in.NextToken)
	if err != nil {
		return nil, err
	}
	if in.NextToken != nil {
		q.Before = decision.Place{Time: at.time, RequestID: at.name, Seq: at.seq}
	}
	list, err := b.cfg.Decisions.List(ctx, q)
	if err != nil {
		return nil, err
	}
	stats := b.cfg.Decisions.Stats()
	out := &wire.ListDecisionsOutput{NotKept: long(stats.Lost()), NotKeptSince: &stats.Since}
	if len(list) == q.Limit {
		list = list[:q.Limit-1]
		last := list[len(list)-1].Place()
		if out.NextToken, err = b.sealPlace(of, place{time: last.Time, name: last.RequestID, seq: last.Seq}); err != nil {
			return nil, err
		}
	}
	out.Decisions = each(list, func(r **decision.Record) wire.DecisionSummary { return summary(*r) })
	return out, nil
}

func summary(r *decision.Record) wire.DecisionSummary {
	x, at := r.Explanation, r.Time.UTC()
	return wire.DecisionSummary{
		RequestId: &r.RequestID, Seq: integer(r.Seq), Time: &at, Principal: principal(&r.Principal), SourceIp: optional(r.SourceIP),
		Action: &x.Action, Resource: &x.Resource, Effect: effect(x.Effect), DecidedBy: layerName(x.DecidedBy),
		Reason: optional(x.Reason), Rule: optional(r.Rule),
	}
}

// unixMilli is a time that may be absent, for the name of a list.
func unixMilli(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
}
