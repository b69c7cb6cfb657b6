package policycases

import (
	"context"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// question is what a test asks of every action and resource: who, under which
// policies, with which keys.
type question struct {
	test     *Test
	who      caller.Principal
	policies policy.Policies
	// layers are the policies that speak, for the coverage.
	layers []layered
	// role is whose trust policy is asked, nil for other tests.
	role *entity
	at   time.Time
}

type layered struct {
	layer policy.Layer
	used  used
}

// ask prepares the question of a test.
func (s *entities) ask(ctx context.Context, t *Test, now time.Time) (*question, error) {
	q := &question{test: t, at: now}
	if !t.At.IsZero() {
		q.at = t.At
	}
	if err := s.setCaller(ctx, q); err != nil {
		return nil, err
	}
	if t.Assume != "" {
		role, err := s.find(ctx, "role", t.Assume, false, t.at)
		if err != nil {
			return nil, err
		}
		if role.trust.policy == nil {
			return nil, problem(s.file, t.at, "the role %q has no trust policy to test: give it one with \"trust\" under roles", shorten(t.Assume))
		}
		q.role = role
		q.policies.Resource, q.policies.Trust = role.trust.policy, true
		q.layers = append(q.layers, layered{policy.TrustLayer, role.trust})
		return q, nil
	}
	if t.ResourcePolicy != nil {
		u, err := s.library.policy(ctx, s.file, *t.ResourcePolicy, policy.Resource)
		if err != nil {
			return nil, err
		}
		if u.policy != nil {
			q.policies.Resource = u.policy
			q.layers = append(q.layers, layered{policy.ResourceLayer, u})
		}
	}
	return q, nil
}

// setCaller fills who asks, as package caller would establish them.
func (s *entities) setCaller(ctx context.Context, q *question) error {
	as := &q.test.As
	switch as.Type {
	case policy.Anonymous:
		q.who = caller.Principal{Principal: policy.Principal{Type: policy.Anonymous}, UserID: "anonymous"}
	case policy.WebIdentity, policy.SAML:
		q.who.Principal = policy.Principal{Type: as.Type, Provider: as.Name}
	case policy.Service:
		q.who.Principal = policy.Principal{Type: as.Type, Service: as.Name}
	case policy.Root:
		q.who = caller.Principal{
			Principal: policy.Principal{Type: policy.Root, Account: s.file.Account, ARN: rootARN(s.file.Account)},
			UserID:    s.file.Account,
		}
	case policy.User:
		return s.setUser(ctx, q)
	case policy.AssumedRole:
		return s.setRole(ctx, q)
	case policy.FederatedUser:
		return s.setFederatedUser(ctx, q)
	}
	return nil
}

func rootARN(account string) string { return "arn:aws:iam::" + account + ":root" }

func (s *entities) setUser(ctx context.Context, q *question) error {
	as := &q.test.As
	e, err := s.find(ctx, "user", as.Name, as.HasPolicies, as.at)
	if err != nil {
		return err
	}
	q.who = caller.Principal{
		Principal: policy.Principal{Type: policy.User, Account: e.account, ARN: e.arn, EntityARN: e.arn, EntityID: e.id},
		UserID:    e.id, UserName: e.name, Tags: override(e.tags, as.Tags),
	}
	if as.MFA {
		q.who.Session = &sts.Session{Type: sts.UserSession, Account: e.account, UserID: e.id, Issued: q.at, MFA: true, MFATime: q.at}
	}
	return s.setPolicies(ctx, q, e)
}

func (s *entities) setRole(ctx context.Context, q *question) error {
	as := &q.test.As
	e, err := s.find(ctx, "role", as.Name, as.HasPolicies, as.at)
	if err != nil {
		return err
	}
	name := as.Session
	if name == "" {
		name = "test"
	}
	kind := sts.RoleSession
	if as.Provider != "" {
		kind = sts.WebIdentitySession
	}
	q.who = caller.Principal{
		Principal: policy.Principal{
			Type: policy.AssumedRole, Account: e.account, EntityARN: e.arn, EntityID: e.id,
			ARN: "arn:aws:sts::" + e.account + ":assumed-role/" + e.name + "/" + name,
		},
		UserID: e.id + ":" + name, Tags: override(e.tags, as.Tags),
		Session: &sts.Session{
			Type: kind, Account: e.account, RoleID: e.id, Name: name, Tags: as.Tags,
			SourceIdentity: as.Source, Provider: as.Provider, Issued: q.at, MFA: as.MFA, MFATime: q.at,
		},
	}
	return s.setPolicies(ctx, q, e)
}

// setFederatedUser fills a GetFederationToken session: the policies are the
// issuer's, the session policies limit them.
func (s *entities) setFederatedUser(ctx context.Context, q *question) error {
	as := &q.test.As
	e := &entity{arn: rootARN(s.file.Account), account: s.file.Account}
	if as.Issuer != "root" {
		var err error
		if e, err = s.find(ctx, "user", as.Issuer, as.HasPolicies, as.at); err != nil {
			return err
		}
	}
	q.who = caller.Principal{
		Principal: policy.Principal{
			Type: policy.FederatedUser, Account: e.account, EntityARN: e.arn, EntityID: e.id,
			ARN: "arn:aws:sts::" + e.account + ":federated-user/" + as.Name,
		},
		UserID: e.account + ":" + as.Name, Tags: as.Tags,
		Session: &sts.Session{Type: sts.FederationSession, Account: e.account, UserID: e.id, Name: as.Name, Tags: as.Tags, Issued: q.at},
	}
	return s.setPolicies(ctx, q, e)
}

// setPolicies gathers the layers of the caller's side: what the test says, else
// what the role or user has.
func (s *entities) setPolicies(ctx context.Context, q *question, e *entity) error {
	as := &q.test.As
	identity, boundary := e.policies, e.boundary
	var err error
	if as.HasPolicies {
		if identity, err = s.policies(ctx, as.Policies, policy.Identity); err != nil {
			return err
		}
	}
	if as.HasBoundary {
		boundary = used{}
		if as.Boundary != nil {
			if boundary, err = s.library.policy(ctx, s.file, *as.Boundary, policy.Managed); err != nil {
				return err
			}
		}
	}
	session, err := s.policies(ctx, as.SessionPolicy, policy.Session)
	if err != nil {
		return err
	}
	for _, u := range identity {
		q.policies.Identity = append(q.policies.Identity, u.policy)
		q.layers = append(q.layers, layered{policy.IdentityLayer, u})
	}
	if boundary.policy != nil {
		q.policies.Boundary = boundary.policy
		q.layers = append(q.layers, layered{policy.BoundaryLayer, boundary})
	}
	for _, u := range session {
		q.policies.Session = append(q.policies.Session, u.policy)
		q.layers = append(q.layers, layered{policy.SessionLayer, u})
	}
	q.policies.HasSession = len(session) > 0
	return nil
}

// override lays session tags over those of the entity; names ignore case.
func override(own, session []iam.Tag) []iam.Tag {
	var all []iam.Tag
	for _, t := range own {
		replaced := false
		for _, o := range session {
			replaced = replaced || strings.EqualFold(t.Key, o.Key)
		}
		if !replaced {
			all = append(all, t)
		}
	}
	return append(all, session...)
}
