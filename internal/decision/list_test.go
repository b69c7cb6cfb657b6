package decision_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/decision"
)

func TestAList(t *testing.T) {
	c, m := newClock(), &memory{}
	k := open(t, decision.Config{Store: m, Now: c.Now})
	for i := range 120 {
		r := record(fmt.Sprint(1000 + i))
		r.Time = r.Time.Add(time.Duration(i)*time.Second + 999*time.Microsecond)
		keep(k, r)
	}
	got, err := k.List(t.Context(), decision.Query{Account: account})
	if err != nil || len(got) != 120 || got[0].RequestID != "1119" {
		t.Fatalf("%d records, %v", len(got), err)
	}
	if got, err := k.List(t.Context(), decision.Query{Account: account, Limit: 3}); err != nil || len(got) != 3 {
		t.Errorf("%d records of 3, %v", len(got), err)
	}
	if at, want := got[0].Place(), (decision.Place{Time: time.Date(2026, 1, 2, 3, 6, 4, 0, time.UTC), Account: account, RequestID: "1119"}); at != want {
		t.Errorf("its place is %v, which no store keeps", at)
	}
}

func TestWhatAListAsksTheStoreFor(t *testing.T) {
	for _, tt := range []struct {
		name     string
		in, want decision.Query
	}{
		{"everything", decision.Query{}, decision.Query{}},
		{"an action has no case, and a star at the end is no part of it", decision.Query{Action: "S3:Get*"}, decision.Query{Action: "s3:get"}},
		{"a resource has", decision.Query{Resource: "arn:aws:s3:::B/*"}, decision.Query{Resource: "arn:aws:s3:::B/"}},
		{"a role stands for its sessions", decision.Query{Principal: "arn:aws:iam::000000000000:role/path/R"}, decision.Query{Principal: "arn:aws:sts::000000000000:assumed-role/R/"}},
		{"a session's own ARN", decision.Query{Principal: "arn:aws:sts::000000000000:assumed-role/R/s"}, decision.Query{Principal: "arn:aws:sts::000000000000:assumed-role/R/s"}},
		{"a user", decision.Query{Principal: "arn:aws:iam::000000000000:user/role/x"}, decision.Query{Principal: "arn:aws:iam::000000000000:user/role/x"}},
		{"an identity", decision.Query{Principal: "us-east-1:x"}, decision.Query{Principal: "us-east-1:x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &memory{}
			k := open(t, decision.Config{Store: m})
			if _, err := k.List(t.Context(), tt.in); err != nil {
				t.Fatal(err)
			}
			tt.want.Limit = decision.MaxPage
			if d := cmp.Diff([]decision.Query{tt.want}, m.asked); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestWhatARecordIsSearchedBy(t *testing.T) {
	m := &memory{}
	k := open(t, decision.Config{Store: m})
	r := record("r")
	r.Principal.Identity = "us-east-1:x"
	r.Explanation.Resource = "arn:aws:s3:::b/\xff\x00"
	keep(k, r)
	nobody := record("nobody")
	nobody.Principal.ARN, nobody.Principal.ID = "", "accounts.google.com:app:1"
	keep(k, nobody)
	find(t, k, "r")
	got := m.rows[0]
	if got.Caller != "arn:aws:sts::000000000000:assumed-role/R/s" || got.Person != "us-east-1:x" || got.Action != "s3:getobject" || got.Resource != "arn:aws:s3:::b/\uFFFD\uFFFD" || got.Allowed {
		t.Errorf("%+v", got)
	}
	if got := m.rows[1]; got.Caller != "accounts.google.com:app:1" {
		t.Errorf("%+v", got)
	}
}
