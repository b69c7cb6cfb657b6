package sts_test

import (
	"context"
	"testing"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

const account = ststest.Account

// scene is an installation in memory.
type scene struct {
	*testing.T
	iam      *ststest.IAM
	clock    *ststest.Clock
	sts      *sts.Service
	resolver *caller.Resolver
	engine   *authz.Engine
}

func newScene(t *testing.T, providers sts.Providers) *scene {
	t.Helper()
	s := &scene{T: t, iam: ststest.NewIAM(t), clock: ststest.NewClock(), engine: authz.New(authz.Config{})}
	var err error
	s.sts, err = sts.New(sts.Config{
		IAM: s.iam.Snapshot, Sealer: ststest.Ring(t), Account: account, Now: s.clock.Now, Providers: providers,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.resolver, err = caller.New(caller.Config{
		IAM: s.iam.Snapshot, Sessions: s.sts, Regions: []string{ststest.Region}, Now: s.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// key makes the caller that a long-term key belongs to.
func (s *scene) key(id string) sts.Caller {
	s.Helper()
	p, _, err := s.resolver.Lookup(id, "")
	if err != nil {
		s.Fatal(err)
	}
	return s.caller(p)
}

// session makes the caller that has the credentials of a result.
func (s *scene) session(r *sts.Result) sts.Caller {
	s.Helper()
	p, _, err := s.resolver.Lookup(r.Credentials.AccessKeyID, r.Credentials.SessionToken)
	if err != nil {
		s.Fatal(err)
	}
	return s.caller(p)
}

func (s *scene) caller(p *caller.Principal) sts.Caller {
	n := &condkey.Network{Time: s.clock.Now(), Region: ststest.Region}
	return sts.Caller{Principal: p.Principal, Session: p.Session, Trust: s.engine.Trust(p, n)}
}

// mustAssume assumes a role or fails the test.
func (s *scene) mustAssume(by sts.Caller, in sts.AssumeRoleInput) *sts.Result {
	s.Helper()
	if in.SessionName == "" {
		in.SessionName = "sess"
	}
	r, err := s.sts.AssumeRole(context.Background(), by, in)
	if err != nil {
		s.Fatalf("AssumeRole: %v", err)
	}
	return r
}

// fakeProvider vouches for whatever claims it was made with.
type fakeProvider struct {
	claims login.Claims
	want   *login.Expect // records what was expected
	err    error
}

func (f *fakeProvider) Verify(_ context.Context, _ string, want login.Expect) (*login.Claims, error) {
	f.want = &want
	if f.err != nil {
		return nil, f.err
	}
	c := f.claims
	return &c, nil
}
