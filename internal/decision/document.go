package decision

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/policy"
)

// document is a Record as JSON. Readers of later versions must read it, so names
// are only ever added.
type document struct {
	RequestID   string              `json:"requestId"`
	Seq         int                 `json:"seq"`
	Time        time.Time           `json:"time"`
	Account     string              `json:"account"`
	Principal   principal           `json:"principal"`
	SourceIP    string              `json:"sourceIp,omitempty"`
	UserAgent   string              `json:"userAgent,omitempty"`
	Region      string              `json:"region,omitempty"`
	Message     string              `json:"message,omitempty"`
	Rule        string              `json:"rule,omitempty"`
	Explanation *policy.Explanation `json:"explanation"`
	Matched     *statement          `json:"matched,omitempty"`
}

// principal is an audit.Principal with names for JSON.
type principal struct {
	Type        string `json:"type,omitempty"`
	ID          string `json:"id,omitempty"`
	ARN         string `json:"arn,omitempty"`
	Account     string `json:"account,omitempty"`
	AccessKeyID string `json:"accessKeyId,omitempty"`
	UserName    string `json:"userName,omitempty"`
	Provider    string `json:"provider,omitempty"`
	Identity    string `json:"identity,omitempty"`
	Pool        string `json:"pool,omitempty"`
	AMR         string `json:"amr,omitempty"`
	SessionName string `json:"sessionName,omitempty"`
	RoleARN     string `json:"roleArn,omitempty"`
}

// statement is a Statement with names for JSON.
type statement struct {
	Sid          string      `json:"sid,omitempty"`
	Effect       string      `json:"effect"`
	Principals   []string    `json:"principals,omitempty"`
	NotPrincipal bool        `json:"notPrincipal,omitempty"`
	Actions      []string    `json:"actions,omitempty"`
	NotAction    bool        `json:"notAction,omitempty"`
	Resources    []string    `json:"resources,omitempty"`
	NotResource  bool        `json:"notResource,omitempty"`
	Conditions   []Condition `json:"conditions,omitempty"`
}

// encode gives the stored form of r.
func encode(r *Record) ([]byte, error) {
	d := document{
		RequestID: r.RequestID, Seq: r.Seq, Time: r.Time.UTC(), Account: r.Account, Principal: principal(r.Principal),
		SourceIP: r.SourceIP, UserAgent: r.UserAgent, Region: r.Region, Message: r.Message, Rule: r.Rule,
		Explanation: r.Explanation, Matched: (*statement)(r.Matched),
	}
	b, err := json.Marshal(&d)
	if err != nil {
		return nil, fmt.Errorf("encode decision record: %w", err)
	}
	return b, nil
}

// decode reads what encode wrote.
func decode(b []byte) (*Record, error) {
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("decode decision record: %w", err)
	}
	if d.Explanation == nil {
		d.Explanation = &policy.Explanation{}
	}
	return &Record{
		RequestID: d.RequestID, Seq: d.Seq, Time: d.Time, Account: d.Account, Principal: audit.Principal(d.Principal),
		SourceIP: d.SourceIP, UserAgent: d.UserAgent, Region: d.Region, Message: d.Message, Rule: d.Rule,
		Explanation: d.Explanation, Matched: (*Statement)(d.Matched),
	}, nil
}
