package sts

import (
	"cmp"
	"context"
	_ "embed"
	"sync"
	"time"

	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// CognitoProvider is the principal that trust policies name for identity pools,
// and the prefix of the pools' condition keys, whatever our own issuer is called.
const CognitoProvider = "cognito-identity.amazonaws.com"

// The condition keys of an identity pool session.
const (
	CognitoAudience = CognitoProvider + ":aud" // identity pool id
	CognitoSubject  = CognitoProvider + ":sub" // identity id
	CognitoAMR      = CognitoProvider + ":amr" // how the identity was proven
)

// CognitoSessionName is the session name of the enhanced flow.
const CognitoSessionName = "CognitoIdentityCredentials"

// The ceiling of guests in the enhanced flow: an inline policy and a managed one
// (cognito-identity.md 5.6). Sessions name them by ARN and every node knows the
// documents, so that a guest's token does not carry 2 KB of policy. The inline
// one has no ARN on AWS; ours names it in records and explanations.
const (
	GuestInlineARN  = "arn:aws:iam::aws:policy/rockpool/GuestSessionPolicy"
	GuestManagedARN = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"
)

//go:embed ceiling/guest-inline.json
var guestInline string

//go:embed ceiling/guest-managed.json
var guestManaged string

// BuiltinPolicy returns the document of a session policy that ships with the
// program.
func BuiltinPolicy(arn string) (document string, ok bool) {
	switch arn {
	case GuestInlineARN:
		return guestInline, true
	case GuestManagedARN:
		return guestManaged, true
	}
	return "", false
}

// IdentityGrant is a request of an identity pool for a session of the role it
// has chosen. The pool has verified the logins; the trust policy decides.
type IdentityGrant struct {
	RoleARN    string
	PoolID     string
	IdentityID string
	// AMR is how the identity was proven: "unauthenticated", or "authenticated"
	// and the providers (cognito-identity.md 4.3).
	AMR            []string
	Tags           []iam.Tag // attributes for access control
	TransitiveKeys []string
	SourceIdentity string
	// Guest puts the session under the ceiling of guests. SessionPolicies
	// replaces the built-in ceiling when the pool has its own.
	Guest           bool
	SessionPolicies []string
	PolicyARNs      []string
	Duration        time.Duration // 0 means an hour
	SessionName     string        // "" means CognitoSessionName
	// Network is nil in the enhanced flow: AWS's network keys describe the
	// service there, not the user (cognito-identity.md 4.1).
	Network *condkey.Network
	// Request is the user's request at the pool, which decision records are kept
	// under. No policy sees it; nil keeps nothing.
	Request *condkey.Network
}

// AssumeRoleForIdentity makes a session of a role for an identity of a pool. It
// is AssumeRoleWithWebIdentity without a token in between. Refusals are as there.
func (s *Service) AssumeRoleForIdentity(_ context.Context, g IdentityGrant) (*Result, error) {
	account, err := parseRoleARN(g.RoleARN)
	if err != nil {
		return nil, err
	}
	w := webIdentity{
		roleARN: g.RoleARN, provider: CognitoProvider, name: cmp.Or(g.SessionName, CognitoSessionName), duration: g.Duration,
		keys:     cognitoKeys(g.PoolID, g.IdentityID, g.AMR),
		carried:  []string{CognitoAudience, CognitoSubject, CognitoAMR},
		poolID:   g.PoolID,
		identity: g.IdentityID,
		tags:     g.Tags, transitive: g.TransitiveKeys, source: g.SourceIdentity,
		policies: g.SessionPolicies, policyARNs: g.PolicyARNs,
		network: g.Network, request: g.Request,
	}
	if s.cfg.Account != "" && account != s.cfg.Account {
		s.refuseWebIdentity(&w, ForeignRole)
		return nil, &TrustDenied{RoleARN: g.RoleARN, Action: ActionAssumeRoleWithWebIdentity, Provider: CognitoProvider, Reason: ForeignRole}
	}
	if g.Guest && len(w.policies) == 0 && len(w.policyARNs) == 0 {
		w.policyARNs = []string{GuestInlineARN, GuestManagedARN}
	}
	return s.assumeWebIdentity(&w)
}

func cognitoKeys(pool, identity string, amr []string) []ContextKey {
	return []ContextKey{one(CognitoAudience, pool), one(CognitoSubject, identity), many(CognitoAMR, amr)}
}

// webIdentity is one assumption of a role by somebody a provider vouches for: an
// OpenID Connect provider, an identity pool, or a SAML provider.
type webIdentity struct {
	saml                    bool
	roleARN, provider, name string
	duration                time.Duration
	keys                    []ContextKey // of the provider
	carried                 []string     // names of keys the session keeps
	poolID, identity        string
	tags                    []iam.Tag
	transitive              []string
	source                  string
	policies, policyARNs    []string
	atMost                  time.Duration    // how long the session may be at most, if set
	network                 *condkey.Network // what policies see
	request                 *condkey.Network // what records are kept under
}

// action is what the trust policy must allow.
func (w *webIdentity) action() string {
	if w.saml {
		return ActionAssumeRoleWithSAML
	}
	return ActionAssumeRoleWithWebIdentity
}

// principal is who asks, as the policy engine knows it.
func (w *webIdentity) principal() policy.Principal {
	if w.saml {
		return policy.Principal{Type: policy.SAML, Provider: w.provider}
	}
	return policy.Principal{Type: policy.WebIdentity, Provider: w.provider}
}

func (w *webIdentity) sessionType() SessionType {
	if w.saml {
		return SAMLSession
	}
	return WebIdentitySession
}

// assumeWebIdentity decides the trust policy for w and makes the session.
func (s *Service) assumeWebIdentity(w *webIdentity) (*Result, error) {
	if err := checkSessionName(w.name); err != nil {
		return nil, err
	}
	if err := checkSourceIdentity(w.source); err != nil {
		return nil, err
	}
	tags, transitive, err := mergeTags(nil, w.tags, w.transitive)
	if err != nil {
		return nil, err
	}
	snapshot := s.cfg.IAM()
	role, ok := snapshot.RoleByARN(w.roleARN)
	if !ok {
		s.refuseWebIdentity(w, NoSuchRole)
		return nil, w.denied(NoSuchRole)
	}
	session := &Session{
		Type: w.sessionType(), Account: role.Account, RoleID: role.ID, Name: w.name,
		Tags: tags, TransitiveKeys: transitive, SourceIdentity: w.source,
		Policies: w.policies, PolicyARNs: w.policyARNs,
		Provider: w.provider, Context: carried(w.keys, w.carried...),
		IdentityID: w.identity, IdentityPoolID: w.poolID,
	}
	keys := append(requestKeys(session, transitive), w.keys...)
	c := s.contexts.get()
	defer s.contexts.put(c)
	decider := s.webIdentityDecider(c, w, role, keys)
	question := trustQuestion{
		role: role, action: w.action(), keys: keys, caller: decider.request.Principal,
		tags: len(tags) > 0, source: w.source != "",
		decide: decider.decide, refuse: func(_ string, reason TrustReason) { s.refuseWebIdentity(w, reason) },
	}
	facts, err := question.ask(s.cfg.Log)
	if err != nil {
		return nil, err
	}
	return s.finish(snapshot, session, role, finishing{duration: w.duration, atMost: w.atMost, facts: facts})
}

// denied is the refusal that asks no policy.
func (w *webIdentity) denied(reason TrustReason) *TrustDenied {
	return &TrustDenied{RoleARN: w.roleARN, Action: w.action(), Provider: w.provider, SAML: w.saml, Reason: reason}
}

// contextPool keeps the memory of contexts between decisions.
type contextPool struct{ pool sync.Pool }

func (p *contextPool) get() *policy.Context {
	if c, ok := p.pool.Get().(*policy.Context); ok {
		return c
	}
	return &policy.Context{}
}

func (p *contextPool) put(c *policy.Context) {
	c.Reset()
	p.pool.Put(c)
}
