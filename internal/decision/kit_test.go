package decision_test

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/policy"
)

const account = "000000000000"

// memory is a decision.Store in memory.
type memory struct {
	mu     sync.Mutex
	rows   []decision.Row
	adds   int
	fail   error
	began  chan struct{}    // told of every AddDecisions, when not nil
	block  chan struct{}    // every AddDecisions waits for it, when not nil
	asked  []decision.Query // ListDecisions
	looked int              // DecisionsByAge
	sorted bool
}

func (m *memory) AddDecisions(_ context.Context, rows []decision.Row) error {
	if m.began != nil {
		m.began <- struct{}{}
	}
	if m.block != nil {
		<-m.block
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.adds++
	if m.fail != nil {
		return m.fail
	}
	m.rows, m.sorted = append(m.rows, rows...), false
	return nil
}

func (m *memory) Decisions(_ context.Context, account, requestID string) ([]decision.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []decision.Row
	for _, r := range m.rows {
		if r.Account == account && r.RequestID == requestID {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b decision.Row) int { return cmp.Compare(a.Seq, b.Seq) })
	return found, nil
}

func (m *memory) ListDecisions(_ context.Context, q decision.Query) ([]decision.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, q)
	list := slices.Clone(m.rows)
	slices.SortFunc(list, func(a, b decision.Row) int { return -comparePlaces(a.Place, b.Place) })
	return list[:min(len(list), q.Limit)], nil
}

func (m *memory) DecisionsByAge(_ context.Context, after decision.Place, limit int) ([]decision.Held, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looked++
	if !m.sorted {
		slices.SortFunc(m.rows, func(a, b decision.Row) int { return comparePlaces(a.Place, b.Place) })
		m.sorted = true
	}
	at, found := slices.BinarySearchFunc(m.rows, after, func(r decision.Row, p decision.Place) int { return comparePlaces(r.Place, p) })
	if found {
		at++
	}
	var page []decision.Held
	for _, r := range m.rows[at:min(at+limit, len(m.rows))] {
		page = append(page, decision.Held{Place: r.Place, Class: r.Class, Size: int64(len(r.Document))})
	}
	return page, nil
}

func (m *memory) DeleteDecisions(_ context.Context, list []decision.Place) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	gone := make(map[decision.Place]bool)
	for _, p := range list {
		gone[p] = true
	}
	was := len(m.rows)
	m.rows = slices.DeleteFunc(m.rows, func(r decision.Row) bool { return gone[r.Place] })
	return int64(was - len(m.rows)), nil
}

func comparePlaces(a, b decision.Place) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Account, b.Account), cmp.Compare(a.RequestID, b.RequestID), cmp.Compare(a.Seq, b.Seq))
}

// size is what the records take.
func (m *memory) size() (n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		n += int64(len(r.Document))
	}
	return n
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB, cfg decision.Config) *decision.Keeper {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = newClock().Now
	}
	k, err := decision.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// record is a denial as authz makes one.
func record(requestID string) *decision.Record {
	return &decision.Record{
		RequestID: requestID, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Account: account,
		Principal: audit.Principal{Type: "AssumedRole", ID: "AROAR:s", ARN: "arn:aws:sts::000000000000:assumed-role/R/s", Account: account, RoleARN: "arn:aws:iam::000000000000:role/R"},
		SourceIP:  "192.0.2.1", UserAgent: "aws-cli/2", Region: "us-east-1",
		Message: "User: … is not authorized to perform: s3:GetObject",
		Explanation: &policy.Explanation{
			Effect: policy.ExplicitDeny, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Principal: "arn:aws:sts::000000000000:assumed-role/R/s",
			DecidedBy: policy.ResourceLayer, Reason: "with an explicit deny in a resource-based policy",
			Statement: &policy.StatementRef{Policy: "bucket policy", Sid: "No", Index: 1, Line: 7, Column: 3, Effect: "Deny"},
			Layers: []policy.LayerExplanation{{
				Layer: policy.IdentityLayer, Effect: policy.ImplicitDeny, Policies: []string{"p"},
				NearMisses: []policy.NearMiss{{StatementRef: policy.StatementRef{Policy: "p", Effect: "Allow"}, Failed: []policy.FailedElement{
					{Element: "Condition", Operator: "StringLike", Key: "aws:Referer", Wanted: []string{"https://good.example/*"}, Seen: []string{"https://bad.example/x?token=hush"}},
				}}},
			}},
			Keys: []policy.KeyExplanation{{Key: "aws:referer", Values: []string{"https://bad.example/x?token=hush"}}},
		},
		Matched: &decision.Statement{Sid: "No", Effect: "Deny", Principals: []string{"*"}, Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::b/*"},
			Conditions: []decision.Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}}}},
	}
}

// keep asks and keeps, as a decider does, and reports whether it was wanted.
func keep(k *decision.Keeper, r *decision.Record) bool {
	if !k.Wants(decision.Question{Effect: r.Explanation.Effect, RequestID: r.RequestID, Anonymous: r.Principal.Type == "Anonymous"}) {
		return false
	}
	k.Keep(r)
	return true
}

func find(t testing.TB, k *decision.Keeper, requestID string) []*decision.Record {
	t.Helper()
	found, err := k.Find(t.Context(), account, requestID)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
