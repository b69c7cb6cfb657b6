package gateway

import (
	"errors"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/policy"
)

// record makes the audit event of a request and hands it to the sink. After a
// panic its memory is left to the collector.
func (f *Front) record(x *Exchange, call Call, err error, code, message string) {
	m, ok := f.records.Get().(*recordMemory)
	if !ok {
		m = &recordMemory{request: map[string]any{}, extra: make(map[string]any, 5)}
	}
	e := &m.event
	*e = audit.Event{
		Time: x.Now, RequestID: x.ID, EventSource: f.Source, EventName: x.op.Name, Region: f.Region,
		Account: f.Account, SourceIP: x.Network.IPText(), UserAgent: x.Network.UserAgent,
		Principal: authz.Who(x.Caller),
		ReadOnly:  x.op.ReadOnly, Management: x.op.Management,
		ErrorCode: code, ErrorMessage: message,
		Request: m.request, Extra: m.extra,
	}
	if e.EventName == "" {
		e.EventName = "Unknown"
	}
	if call != nil {
		call.Record(x, e)
	}
	if q := x.deciding(err); q != nil {
		q.facts(e.Extra)
	}
	if len(e.Request) == 0 {
		e.Request = nil // absent, not empty
	}
	f.Audit.Record(e)
	clear(m.request)
	clear(m.extra)
	*e = audit.Event{}
	f.records.Put(m)
}

// recordMemory is what a record is made of, used again for the next: a sink does
// not keep an event.
type recordMemory struct {
	event          audit.Event
	request, extra map[string]any
}

// facts adds the decision of a question to a record. The words are constants,
// which a map takes without an allocation.
func (q *Question) facts(m map[string]any) {
	switch q.Decision.Effect {
	case policy.Allow:
		m["decision"] = "allowed"
	case policy.ExplicitDeny:
		m["decision"] = "explicitDeny"
	case policy.ImplicitDeny:
		m["decision"] = "implicitDeny"
	}
	if !q.Decision.Allowed {
		m["action"], m["resource"] = q.Action, q.Resource
	}
	if q.Decision.Policy == nil {
		return
	}
	switch q.Decision.Layer {
	case policy.IdentityLayer:
		m["layer"] = "identity-based policy"
	case policy.BoundaryLayer:
		m["layer"] = "permissions boundary"
	case policy.SessionLayer:
		m["layer"] = "session policy"
	case policy.ResourceLayer:
		m["layer"] = "resource-based policy"
	case policy.NoLayer, policy.TrustLayer:
	}
	m["policy"] = q.Decision.Policy.Name()
	m["statement"] = q.Decision.Statement
}

// deciding returns the question that explains the outcome: the one that was
// denied, else the first.
func (x *Exchange) deciding(err error) *Question {
	if err != nil {
		if d, ok := errors.AsType[*Denied](err); ok {
			return &Question{Request: authz.Request{Action: d.Action, Resource: d.Resource}, Decision: d.Decision}
		}
	}
	if len(x.questions) > 0 {
		return &x.questions[0]
	}
	return nil
}
