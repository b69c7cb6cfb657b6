package gateway

import (
	"errors"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/policy"
)

// record makes the audit event of a request and hands it to the sink.
func (f *Front) record(x *Exchange, call Call, err error, code, message string) {
	e := &audit.Event{
		Time: x.Now, RequestID: x.ID, EventSource: f.Source, EventName: x.op.Name, Region: f.Region,
		Account: f.Account, SourceIP: x.Network.IPText(), UserAgent: x.Network.UserAgent,
		Principal: authz.Who(x.Caller),
		ReadOnly:  x.op.ReadOnly, Management: x.op.Management,
		ErrorCode: code, ErrorMessage: message,
	}
	if e.EventName == "" {
		e.EventName = "Unknown"
	}
	if call != nil {
		call.Record(x, e)
	}
	if q := x.deciding(err); q != nil {
		if e.Extra == nil {
			e.Extra = make(map[string]any, 5)
		}
		q.facts(e.Extra)
	}
	f.Audit.Record(e)
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
