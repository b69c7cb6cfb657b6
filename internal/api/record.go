package api

import (
	"cmp"
	"maps"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/policy"
)

// hidden is what CloudTrail shows in place of a secret in a request.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// A Redactor is an Implementation that hides from records what is a secret by its
// meaning and not by its member's type. described is what a record says about a
// request or a response, by member, and may be changed.
type Redactor interface {
	Redact(described map[string]any, hidden string)
}

// describe says what a request or a response holds, without its secrets.
func (k *call[A]) describe(v, secret any) map[string]any {
	m := k.s.Shapes.Describe(v, secret)
	if r, ok := any(k.s.impl).(Redactor); ok && m != nil {
		r.Redact(m, hidden)
	}
	return m
}

// record completes the call's audit event and hands it over. What the
// implementation has set stays.
func (k *call[A]) record(e *awserr.Error) {
	ev, n := k.Event, k.Network
	ev.EventSource = k.s.model.Name + ".amazonaws.com"
	ev.EventName = k.op.Name
	ev.Region = n.Region
	ev.UserAgent = n.UserAgent
	if n.SourceIP.IsValid() {
		ev.SourceIP = n.IPText()
	}
	if ev.Principal == (audit.Principal{}) {
		ev.Principal = authz.Who(k.Caller)
		if k.Caller.Anonymous() {
			// CloudTrail's word for the callers of public operations.
			ev.Principal = audit.Principal{Type: "Unknown"}
		}
	}
	if ev.Account == "" {
		ev.Account = cmp.Or(k.Caller.Account, k.s.Account)
	}
	ev.ReadOnly = k.op.ReadOnly
	ev.Management = !k.op.DataEvent
	if ev.Resources == nil {
		for _, a := range k.asked {
			if a.Resource != "*" {
				ev.Resources = append(ev.Resources, audit.Resource{Type: a.Type, ARN: a.Resource, Account: a.ResourceAccount})
			}
		}
	}
	if ev.Request == nil && k.in != nil {
		ev.Request = k.describe(k.in, hidden)
	}
	if e != nil {
		ev.ErrorCode, ev.ErrorMessage = e.Code, e.Message
	} else if ev.Response == nil && k.op.Output && !k.op.ReadOnly {
		ev.Response = k.describe(k.out, nil)
	}
	k.s.Audit.Record(ev)
}

// noteDecision puts the guard's last answer, which is the one that decided, where
// an administrator finds it. The words are those of the gateways' records.
func (k *call[A]) noteDecision(a Ask, d authz.Decision) {
	facts := map[string]any{"decision": d.Effect.String(), "action": a.Action, "resource": a.Resource}
	if d.Effect != policy.Allow {
		facts["layer"] = d.Layer.String()
	}
	if d.Policy != nil {
		facts["layer"] = d.Layer.String()
		facts["policy"] = d.Policy.Name()
		facts["statement"] = d.Statement
	}
	if k.Event.Extra == nil {
		k.Event.Extra = facts
		return
	}
	maps.Copy(k.Event.Extra, facts)
}
