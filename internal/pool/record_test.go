package pool_test

import (
	"testing"

	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// decisions collects records.
type decisions struct{ kept []*decision.Record }

func (d *decisions) KeepsAllowed() bool { return false }

func (d *decisions) Wants(q decision.Question) bool {
	return q.Effect != policy.Allow && q.RequestID == "req-1" && q.Anonymous
}

func (d *decisions) Keep(r *decision.Record) { d.kept = append(d.kept, r) }

func TestARefusedRoleIsKept(t *testing.T) {
	tests := []struct {
		name, custom string
		prepare      func(w *world, poolID string)
		rule, role   string // "" when nothing is kept
	}{
		{"no role is configured", "", func(w *world, poolID string) {
			if err := w.SetRoles(t.Context(), poolID, nil, nil); err != nil {
				t.Fatal(err)
			}
		}, "no authenticated role is configured", "*"},
		{"a custom role that the logins do not permit", gstRole, func(*world, string) {}, "role " + gstRole + " is not allowed by the logins of this request", gstRole},
		{"a session that cannot be made", "", func(w *world, _ string) { w.sts.err = &sts.Invalid{Kind: sts.DurationOverRole} },
			"authenticated role " + authRole + " cannot be assumed: sts: duration above the role's maximum", authRole},
		{"what the trust policy refused is kept by sts", "", func(w *world, _ string) { w.sts.err = &sts.TrustDenied{} }, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, d := newWorld(t), &decisions{}
			w.Decisions = d
			p := w.pool(false)
			id := w.id(p, google("anna"))
			tt.prepare(w, p.ID)
			for _, n := range []*condkey.Network{{RequestID: "req-1", UserAgent: "browser"}, nil} {
				if _, err := w.GetCredentials(t.Context(), id, google("anna"), tt.custom, n); err == nil {
					t.Fatal("credentials were made")
				}
			}
			if tt.rule == "" {
				if len(d.kept) != 0 {
					t.Errorf("%+v", d.kept[0])
				}
				return
			}
			if len(d.kept) != 1 {
				t.Fatalf("%d records", len(d.kept))
			}
			r := d.kept[0]
			if r.Rule != tt.rule || r.Explanation.Resource != tt.role || r.Explanation.Effect != policy.ImplicitDeny ||
				r.Account != account || r.Principal.Identity != id || r.Principal.Pool != p.ID || r.UserAgent != "browser" {
				t.Errorf("%+v\n%+v", r, r.Explanation)
			}
		})
	}
}
