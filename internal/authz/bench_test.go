package authz_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

// allowedRequest is a GetObject of a guest in its own folder.
func allowedRequest(tb testing.TB) *authz.Request {
	i := ststest.NewIAM(tb)
	p := roleSession(tb, i, &sts.Session{
		Type: sts.WebIdentitySession, PolicyARNs: []string{sts.GuestInlineARN, sts.GuestManagedARN},
		Context: []sts.ContextKey{{Name: sts.CognitoSubject, Values: []string{"us-east-1:id"}}},
	}, allow("s3:*", "arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*"))
	p.Tags = []iam.Tag{{Key: "team", Value: "red"}}
	return &authz.Request{
		Caller: p, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/us-east-1:id/x", ResourceAccount: account,
		Network: &caller.Network{
			Time: time.Now(), SourceIP: netip.MustParseAddr("192.0.2.1"), SourceIPText: "192.0.2.1",
			RequestID: "8ad5a0fe-0000-4000-8000-000000000000",
		},
	}
}

// BenchmarkDecide compares what is allowed with and without records: the same
// figures, or recording costs what it must not.
func BenchmarkDecide(b *testing.B) {
	for _, c := range []struct {
		name string
		sink decision.Sink
	}{{"allowed/no-records", nil}, {"allowed/records", keeper(b)}} {
		b.Run(c.name, func(b *testing.B) {
			r, e := allowedRequest(b), authz.New(authz.Config{Decisions: c.sink})
			b.ReportAllocs()
			for b.Loop() {
				if !e.Decide(r).Allowed {
					b.Fatal("denied")
				}
			}
		})
	}
	for _, c := range []struct {
		name string
		sink decision.Sink
	}{{"denied/no-records", nil}, {"denied/over-the-rate", unwilling{}}, {"denied/explained", willing{}}, {"denied/encoded", willing{keeper(b)}}} {
		b.Run(c.name, func(b *testing.B) {
			r, e := allowedRequest(b), authz.New(authz.Config{Decisions: c.sink})
			r.Resource = "arn:aws:s3:::b/us-east-1:other/x"
			b.ReportAllocs()
			for b.Loop() {
				if e.Decide(r).Allowed {
					b.Fatal("allowed")
				}
			}
		})
	}
}

// BenchmarkRecordingAllowed measures what an engine that keeps records takes for a
// request that is allowed, and how many times what one without takes: nobody asks
// why something was allowed, so it must cost no more than a look.
func BenchmarkRecordingAllowed(b *testing.B) {
	const round = 500
	engines := [...]*authz.Engine{authz.New(authz.Config{}), authz.New(authz.Config{Decisions: keeper(b)})}
	r := allowedRequest(b)
	decide := func(e *authz.Engine, count int) float64 {
		before := processorTime(b)
		for range count {
			if !e.Decide(r).Allowed {
				b.Fatal("denied")
			}
		}
		return float64(processorTime(b)-before) / float64(count)
	}
	var without, with, ratios []float64
	b.ReportAllocs()
	for first := 0; first < b.N; first += round {
		// Each goes first as often as the other, in rounds that a slow moment of
		// the machine hits both of.
		var took [2]float64
		count, turn := min(round, b.N-first), first/round%2
		for i := range took {
			took[i^turn] = decide(engines[i^turn], count)
		}
		without, with, ratios = append(without, took[0]), append(with, took[1]), append(ratios, took[1]/took[0])
	}
	for _, list := range [][]float64{without, with, ratios} {
		slices.Sort(list)
	}
	b.ReportMetric(with[len(with)/2], "cpu-ns/op")
	b.ReportMetric(without[len(without)/2], "floor-ns/op")
	b.ReportMetric(ratios[len(ratios)/2], "x-floor")
}

// unwilling is a sink whose rate is used up.
type unwilling struct{ decision.Sink }

func (unwilling) Wants(decision.Question) bool { return false }

// willing is a sink without a rate.
type willing struct{ keeper *decision.Keeper }

func (willing) KeepsAllowed() bool { return true }

func (willing) Wants(decision.Question) bool { return true }

func (w willing) Keep(r *decision.Record) {
	if w.keeper != nil {
		w.keeper.Keep(r)
	}
}
