package stsapi_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
	"github.com/rockpool-id/rockpool/policy"
)

const opsKey = "AKIAOPS0000000000000"

// denial is the record of a denied request of the account.
func denial() *decision.Record {
	return &decision.Record{
		RequestID: "r", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Account: account,
		Principal: audit.Principal{Type: "IAMUser", ID: "AIDAJOE", ARN: userARN, Account: account, UserName: "joe"},
		Message:   "User: …", Explanation: &policy.Explanation{
			Effect: policy.ExplicitDeny, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Principal: userARN, DecidedBy: policy.IdentityLayer,
			Keys: []policy.KeyExplanation{{Key: "aws:SecureTransport", Values: []string{"false"}}, {Key: "aws:referer", Missing: true}},
		},
		Matched: &decision.Statement{
			Sid: "No", Effect: "Deny", Actions: []string{"s3:Get*", "s3:List*"}, Resources: []string{"*"},
			Conditions: []decision.Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}}},
		},
	}
}

// TestDecodeAuthorizationMessage compares with the form of AWS's own answer.
func TestDecodeAuthorizationMessage(t *testing.T) {
	s := newScene(t)
	s.iam.User(iam.User{Name: "ops"}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:DecodeAuthorizationMessage","Resource":"*"}}`)
	s.iam.Key(opsKey, "AIDAOPS", true)
	implicit := denial()
	implicit.Explanation.Effect, implicit.Matched, implicit.Explanation.Keys = policy.ImplicitDeny, nil, nil
	for name, tt := range map[string]struct {
		record *decision.Record
		want   string
	}{
		"an explicit denial": {denial(), `{"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[
			{"statementId":"No","effect":"DENY","principals":{"items":[]},"principalGroups":{"items":[]},
			 "actions":{"items":[{"value":"s3:Get*"},{"value":"s3:List*"}]},"resources":{"items":[{"value":"*"}]},
			 "conditions":{"items":[{"key":"aws:SecureTransport","values":{"items":[{"value":"false"}]}}]}}]},
			"failures":{"items":[]},"context":{"principal":{"id":"AIDAJOE","name":"joe","arn":"` + userARN + `"},
			"action":"s3:GetObject","resource":"arn:aws:s3:::b/k",
			"conditions":{"items":[{"key":"aws:SecureTransport","values":{"items":[{"value":"false"}]}}]}}}`},
		"an implicit one": {implicit, `{"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]},"failures":{"items":[]},
			"context":{"principal":{"id":"AIDAJOE","name":"joe","arn":"` + userARN + `"},"action":"s3:GetObject","resource":"arn:aws:s3:::b/k","conditions":{"items":[]}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			message, err := decision.Encode(s.ring, tt.record)
			if err != nil {
				t.Fatal(err)
			}
			a := s.call(key(opsKey), "DecodeAuthorizationMessage", "EncodedMessage", message)
			var want bytes.Buffer
			if err := json.Compact(&want, []byte(tt.want)); err != nil {
				t.Fatal(err)
			}
			if a.status != 200 || a.Decoded != want.String() {
				t.Errorf("%d\ngot  %s\nwant %s", a.status, a.Decoded, want.String())
			}
		})
	}
}

func TestMessagesThatAreNotDecoded(t *testing.T) {
	s := newScene(t)
	s.iam.User(iam.User{Name: "ops"}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}`)
	s.iam.Key(opsKey, "AIDAOPS", true)
	encode := func(r *decision.Record) string {
		message, err := decision.Encode(s.ring, r)
		if err != nil {
			t.Fatal(err)
		}
		return message
	}
	good, foreign := encode(denial()), denial()
	foreign.Account = "444455556666"
	elsewhere, err := decision.Encode(ststest.Ring(t), denial())
	if err != nil {
		t.Fatal(err)
	}
	const invalid = "InvalidAuthorizationMessageException"
	for name, tt := range map[string]struct {
		key, message string
		status       int
		code         string
	}{
		"a text that is none":                  {opsKey, "x", 400, invalid},
		"a damaged one":                        {opsKey, good[:len(good)-2], 400, invalid},
		"one of another account":               {opsKey, encode(foreign), 400, invalid},
		"one of another installation":          {opsKey, elsewhere, 400, invalid},
		"a good one, by who may not":           {keyID, good, 403, "AccessDenied"},
		"one that is too long for any message": {opsKey, strings.Repeat("A", decision.MaxMessage+1), 400, "ValidationError"},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.call(key(tt.key), "DecodeAuthorizationMessage", "EncodedMessage", tt.message)
			if a.status != tt.status || a.Code != tt.code || tt.code == invalid && a.Message != "Message is not valid" {
				t.Errorf("%d %s: %s", a.status, a.Code, a.Message)
			}
		})
	}
}
