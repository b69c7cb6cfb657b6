package stsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
	"github.com/rockpool-id/rockpool/policy"
)

// DecodeAuthorizationMessage opens an encoded message about a decision of the
// caller's account. One of another account is treated like one that is damaged:
// nobody learns that it is genuine.
func (b *bound) DecodeAuthorizationMessage(_ context.Context, in *stswire.DecodeAuthorizationMessageInput) (*stswire.DecodeAuthorizationMessageOutput, error) {
	r, err := decision.Decode(b.s.sealer, *in.EncodedMessage)
	if err != nil {
		return nil, stswire.InvalidAuthorizationMessageException(notMessage).WithCause(err)
	}
	if r.Account != b.call.Caller.Account {
		return nil, stswire.InvalidAuthorizationMessageException(notMessage).WithCause(fmt.Errorf("it belongs to account %s", r.Account))
	}
	text, err := json.Marshal(decoded(r))
	if err != nil {
		return nil, fmt.Errorf("write decoded message: %w", err)
	}
	message := string(text)
	return &stswire.DecodeAuthorizationMessageOutput{DecodedMessage: &message}, nil
}

const notMessage = "Message is not valid"

// decodedMessage is what AWS writes as DecodedMessage. It has no published schema;
// the names are those of its examples and answers.
type decodedMessage struct {
	Allowed           bool             `json:"allowed"`
	ExplicitDeny      bool             `json:"explicitDeny"`
	MatchedStatements items[statement] `json:"matchedStatements"`
	Failures          items[struct{}]  `json:"failures"` // AWS leaves it empty
	Context           decodedContext   `json:"context"`
}

// items is how the message writes every list.
type items[T any] struct {
	Items []T `json:"items"`
}

type value struct {
	Value string `json:"value"`
}

type statement struct {
	ID              string           `json:"statementId"`
	Effect          string           `json:"effect"` // "ALLOW" or "DENY"
	Principals      items[value]     `json:"principals"`
	PrincipalGroups items[struct{}]  `json:"principalGroups"`
	Actions         items[value]     `json:"actions"`
	Resources       items[value]     `json:"resources"`
	Conditions      items[condition] `json:"conditions"`
}

type condition struct {
	Key    string       `json:"key"`
	Values items[value] `json:"values"`
}

type decodedContext struct {
	Principal struct {
		ID   string `json:"id"`
		Name string `json:"name,omitempty"`
		ARN  string `json:"arn"`
	} `json:"principal"`
	Action     string           `json:"action"`
	Resource   string           `json:"resource"`
	Conditions items[condition] `json:"conditions"`
}

func decoded(r *decision.Record) *decodedMessage {
	x := r.Explanation
	m := &decodedMessage{
		Allowed: x.Effect == policy.Allow, ExplicitDeny: x.Effect == policy.ExplicitDeny,
		MatchedStatements: items[statement]{Items: []statement{}}, Failures: items[struct{}]{Items: []struct{}{}},
	}
	if s := r.Matched; s != nil {
		of := statement{
			ID: s.Sid, Effect: strings.ToUpper(s.Effect), Principals: values(s.Principals), Actions: values(s.Actions), Resources: values(s.Resources),
			PrincipalGroups: items[struct{}]{Items: []struct{}{}}, Conditions: items[condition]{Items: []condition{}},
		}
		for _, c := range s.Conditions {
			of.Conditions.Items = append(of.Conditions.Items, condition{Key: c.Key, Values: values(c.Values)})
		}
		m.MatchedStatements.Items = append(m.MatchedStatements.Items, of)
	}
	c := &m.Context
	c.Principal.ID, c.Principal.ARN, c.Action, c.Resource = r.Principal.ID, r.Principal.ARN, x.Action, x.Resource
	c.Principal.Name = r.Principal.UserName
	c.Conditions.Items = []condition{}
	for _, k := range x.Keys {
		if !k.Missing {
			c.Conditions.Items = append(c.Conditions.Items, condition{Key: k.Key, Values: values(k.Values)})
		}
	}
	return m
}

func values(list []string) items[value] {
	out := items[value]{Items: make([]value, len(list))}
	for i, s := range list {
		out.Items[i].Value = s
	}
	return out
}
