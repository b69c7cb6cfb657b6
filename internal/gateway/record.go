package gateway

import (
	"crypto/rand"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/policy"
)

// record makes the audit event of a request and hands it to the sink.
func (f *Front) record(x *Exchange, call Call, code, message string) {
	e := &audit.Event{
		Time: x.Now, RequestID: x.ID, EventSource: f.Source, EventName: x.op.Name, Region: f.Region,
		Account:   f.Account,
		Principal: principal(x.Caller),
		ReadOnly:  x.op.ReadOnly, Management: x.op.Management,
		ErrorCode: code, ErrorMessage: message,
	}
	if e.EventName == "" {
		e.EventName = "Unknown"
	}
	if x.Network != nil {
		e.SourceIP, e.UserAgent = x.Network.IPText(), x.Network.UserAgent
	}
	if call != nil {
		call.Record(x, e)
	}
	if q := x.deciding(); q != nil {
		if e.Extra == nil {
			e.Extra = make(map[string]any, 4)
		}
		e.Extra["decision"] = q.Decision.Effect.String()
		e.Extra["action"] = q.Action
		if q.Decision.Policy != nil {
			e.Extra["layer"] = q.Decision.Layer.String()
			e.Extra["policy"] = q.Decision.Policy.Name()
			e.Extra["statement"] = q.Decision.Statement
		}
	}
	f.Audit.Record(e)
}

// deciding returns the question that explains the outcome: the first one that
// refused the request, else the first.
func (x *Exchange) deciding() *Question {
	for i := range x.questions {
		if q := &x.questions[i]; !q.Decision.Allowed && q.OnDeny == FailRequest {
			return q
		}
	}
	if len(x.questions) > 0 {
		return &x.questions[0]
	}
	return nil
}

// principal names the caller of a record.
func principal(p *caller.Principal) audit.Principal {
	if p == nil {
		return audit.Principal{Type: "Unknown"}
	}
	a := audit.Principal{
		Type: principalType(p.Type), ID: p.UserID, ARN: p.ARN, Account: p.Account,
		AccessKeyID: p.AccessKeyID, UserName: p.UserName,
	}
	if p.Type == policy.AssumedRole {
		a.RoleARN = p.EntityARN
	}
	if s := p.Session; s != nil {
		a.Provider, a.Identity, a.Pool, a.SessionName = s.Provider, s.IdentityID, s.IdentityPoolID, s.Name
	}
	return a
}

// principalType is CloudTrail's word for a kind of caller.
func principalType(t policy.PrincipalType) string {
	switch t {
	case policy.Anonymous:
		return "Anonymous"
	case policy.Root:
		return "Root"
	case policy.User:
		return "IAMUser"
	case policy.AssumedRole:
		return "AssumedRole"
	case policy.FederatedUser:
		return "FederatedUser"
	case policy.WebIdentity:
		return "WebIdentityUser"
	case policy.SAML:
		return "SAMLUser"
	case policy.Service:
		return "AWSService"
	}
	return "Unknown"
}

// NewID returns a random request id: 16 characters of A to Z and 2 to 7.
func NewID() string { return rand.Text()[:16] }
