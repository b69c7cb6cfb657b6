package iam_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
)

func TestNodesShareAStore(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	a, b := node(t, store), node(t, store)
	must[*iam.RoleEntry](t)(a.CreateRole(ctx, role("r")))

	t.Run("the other node reads the write through Fresh at once", func(t *testing.T) {
		if _, found := b.Snapshot().RoleByName(account, "r"); found {
			t.Fatal("the snapshot of the other node did I/O")
		}
		must[*iam.RoleEntry](t)(view(t, b).Role(account, "r"))
	})
	t.Run("a node that has fallen behind decides its write on the newest state", func(t *testing.T) {
		p := must[*iam.PolicyEntry](t)(a.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "P", Document: allowS3}))
		ok(t, b.AttachPolicy(ctx, iam.RoleOwner(account, "r"), p.ARN()))
		wantError(t, "DeletePolicy on the other node", a.DeletePolicy(ctx, p.ARN()), &iam.InUse{Kind: iam.KindPolicy, Name: p.ARN(), By: iam.UseEntities})
	})
	t.Run("a refusal is not decided on an old state", func(t *testing.T) {
		ok(t, a.PutInlinePolicy(ctx, iam.RoleOwner(account, "r"), "in", allowS3))
		ok(t, b.DeleteInlinePolicy(ctx, iam.RoleOwner(account, "r"), "in"))
	})
	t.Run("a name is given once however many ask", func(t *testing.T) {
		var wg sync.WaitGroup
		made := make(chan bool, 16)
		for n := range cap(made) {
			wg.Go(func() {
				_, err := []*iam.Service{a, b}[n%2].CreateRole(ctx, role([]string{"Same", "same"}[n/2%2]))
				if err == nil {
					made <- true
				} else if _, taken := errors.AsType[*iam.AlreadyExists](err); !taken {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(made) != 1 {
			t.Errorf("created %d times", len(made))
		}
	})
	t.Run("a deletion reaches the other node", func(t *testing.T) {
		r := must[*iam.RoleEntry](t)(a.CreateRole(ctx, role("short")))
		view(t, b)
		ok(t, a.DeleteRole(ctx, account, "short"))
		if _, found := view(t, b).RoleByID(r.ID); found {
			t.Error("still there")
		}
		if _, found := view(t, b).EntityID(r.ARN()); found {
			t.Error("its ARN is still there")
		}
	})
	t.Run("a watching node follows by itself", func(t *testing.T) {
		watch, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); b.Watch(watch, time.Millisecond) }()
		must[*iam.RoleEntry](t)(a.CreateRole(ctx, role("watched")))
		for {
			if _, found := b.Snapshot().RoleByName(account, "watched"); found {
				break
			}
		}
		stop()
		<-done
	})
}

func TestAWriterSeesItsOwnWriteHoweverOthersWrite(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for range 50 {
				// All use one name: whoever makes it must get it, although the
				// others delete it at once.
				r, err := s.CreateRole(ctx, role("shared"))
				if _, taken := errors.AsType[*iam.AlreadyExists](err); err != nil && !taken {
					t.Error(n, err)
				}
				if err == nil && (r == nil || r.Name != "shared") {
					t.Error("created a role and got none")
				}
				err = s.DeleteRole(ctx, account, "shared")
				if _, gone := errors.AsType[*iam.NotFound](err); err != nil && !gone {
					t.Error(n, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestLostAnswers(t *testing.T) {
	ctx := t.Context()
	broken := errors.New("connection lost")
	t.Run("a write that failed leaves the view as it was", func(t *testing.T) {
		store := newMemory()
		s := node(t, store)
		store.fail = broken
		if _, err := s.CreateRole(ctx, role("r")); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if _, found := s.Snapshot().RoleByName(account, "r"); found {
			t.Error("the role is in the view")
		}
		must[*iam.RoleEntry](t)(s.CreateRole(ctx, role("r")))
	})
	t.Run("a write whose answer was lost is in the view all the same", func(t *testing.T) {
		store := newMemory()
		s := node(t, store)
		store.fail, store.lost = broken, true
		if _, err := s.CreateRole(ctx, role("r")); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if _, found := s.Snapshot().RoleByName(account, "r"); !found {
			t.Error("the role is not in the view")
		}
	})
}

func TestBrokenStoredPolicies(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	first := node(t, store)
	must[*iam.RoleEntry](t)(first.CreateRole(ctx, role("inline")))
	must[*iam.RoleEntry](t)(first.CreateRole(ctx, role("trust")))
	must[*iam.UserEntry](t)(first.CreateUser(ctx, iam.NewUser{Account: account, Name: "managed"}))
	p := must[*iam.PolicyEntry](t)(first.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "P", Document: allowS3}))
	ok(t, first.PutInlinePolicy(ctx, iam.RoleOwner(account, "inline"), "bad", denyS3),
		first.PutInlinePolicy(ctx, iam.RoleOwner(account, "inline"), "good", allowS3),
		first.PutBoundary(ctx, iam.UserOwner(account, "managed"), p.ARN()))
	for ref, row := range store.rows {
		switch r := row.(type) {
		case iam.Role:
			if r.Name == "inline" {
				r.Inline = []iam.InlinePolicy{{Name: "bad", Document: "{"}, r.Inline[1]}
			} else {
				r.Trust = "{"
			}
			store.rows[ref] = r
		case iam.ManagedPolicy:
			r.Versions = []iam.PolicyVersion{{Number: 1, Document: "{"}}
			store.rows[ref] = r
		}
	}
	var log bytes.Buffer
	s := node(t, store, func(c *iam.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	v := view(t, s)
	inline, trust, user := must[*iam.RoleEntry](t)(v.Role(account, "inline")), must[*iam.RoleEntry](t)(v.Role(account, "trust")), must[*iam.UserEntry](t)(v.User(account, "managed"))
	if inline.Broken == nil || len(inline.Policies) != 0 {
		t.Errorf("a role with an unusable inline policy: %+v", inline)
	}
	if trust.Broken == nil || trust.TrustPolicy != nil {
		t.Errorf("a role with an unusable trust policy: %+v", trust)
	}
	if user.Broken == nil || user.BoundaryPolicy != nil {
		t.Errorf("a user with an unusable boundary: %+v", user)
	}
	if _, found := v.ManagedPolicy(p.ARN()); found {
		t.Error("an unusable managed policy is handed out")
	}
	if n := strings.Count(log.String(), "stored policy is unusable"); n < 4 {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
	t.Run("writing the policy again mends its owner", func(t *testing.T) {
		ok(t, s.PutInlinePolicy(ctx, iam.RoleOwner(account, "inline"), "bad", denyS3), s.UpdateTrust(ctx, account, "trust", cognito))
		_, _, err := s.CreatePolicyVersion(ctx, p.ARN(), allowS3, true)
		ok(t, err)
		v := view(t, s)
		if r := must[*iam.RoleEntry](t)(v.Role(account, "inline")); r.Broken != nil || len(r.Policies) != 2 {
			t.Errorf("inline: %+v", r)
		}
		if r := must[*iam.RoleEntry](t)(v.Role(account, "trust")); r.Broken != nil || r.TrustPolicy == nil {
			t.Errorf("trust: %+v", r)
		}
		if u := must[*iam.UserEntry](t)(v.User(account, "managed")); u.Broken != nil || u.BoundaryPolicy == nil {
			t.Errorf("user: %+v", u)
		}
	})
}

func TestOnlyChangedDocumentsAreCompiled(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	s, other := node(t, store), node(t, store)
	for _, name := range []string{"a", "b"} {
		must[*iam.RoleEntry](t)(s.CreateRole(ctx, role(name)))
		ok(t, s.PutInlinePolicy(ctx, iam.RoleOwner(account, name), "one", allowS3))
	}
	before, otherBefore := view(t, s), view(t, other)
	ok(t, s.PutInlinePolicy(ctx, iam.RoleOwner(account, "a"), "two", denyS3))
	for what, views := range map[string][2]*iam.View{"the writing node": {before, view(t, s)}, "another node": {otherBefore, view(t, other)}} {
		a0, a1 := must[*iam.RoleEntry](t)(views[0].Role(account, "a")), must[*iam.RoleEntry](t)(views[1].Role(account, "a"))
		b0, b1 := must[*iam.RoleEntry](t)(views[0].Role(account, "b")), must[*iam.RoleEntry](t)(views[1].Role(account, "b"))
		if b0 != b1 {
			t.Error(what, "built an unchanged role again")
		}
		if a0.Policies[0] != a1.Policies[0] || a0.TrustPolicy != a1.TrustPolicy {
			t.Error(what, "compiled an unchanged document again")
		}
		if len(a0.Policies) != 1 || len(a1.Policies) != 2 {
			t.Error(what, "changed an old view, or not the new one")
		}
	}
}

// BenchmarkWrite is one write to a role among many: compiling nothing but what
// changed, it must not grow with the policies of others.
func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprint(n, " roles"), func(b *testing.B) {
			s := node(b, newMemory())
			for i := range n {
				name := fmt.Sprint("role-", i)
				must[*iam.RoleEntry](b)(s.CreateRole(b.Context(), role(name)))
				ok(b, s.PutInlinePolicy(b.Context(), iam.RoleOwner(account, name), "p", allowS3))
			}
			for b.Loop() {
				ok(b, s.PutInlinePolicy(b.Context(), iam.RoleOwner(account, "role-3"), "p", allowS3))
			}
		})
	}
}

// BenchmarkLookup is what a request costs IAM.
func BenchmarkLookup(b *testing.B) {
	s := node(b, newMemory())
	arn := must[*iam.RoleEntry](b)(s.CreateRole(b.Context(), role("r"))).ARN()
	b.ReportAllocs()
	for b.Loop() {
		if _, found := s.Snapshot().RoleByARN(arn); !found {
			b.Fatal("gone")
		}
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	s := node(t, newMemory())
	r := must[*iam.RoleEntry](t)(s.CreateRole(t.Context(), role("r")))
	arn := r.ARN()
	if n := testing.AllocsPerRun(100, func() {
		v := s.Snapshot()
		v.RoleByARN(arn)
		v.RoleByID(r.ID)
		v.RoleByName(account, "r")
		v.AccessKey("AKIA")
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
