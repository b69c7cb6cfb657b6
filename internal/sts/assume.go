package sts

import (
	"context"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// Caller is who asks for a session with a signed request.
type Caller struct {
	policy.Principal
	// Session is the caller's own session, nil for long-term keys.
	Session *Session
	// Trust decides for this caller; authz.Engine.Trust makes it.
	Trust TrustDecider
}

// AssumeRoleInput is a request for AssumeRole.
type AssumeRoleInput struct {
	RoleARN        string
	SessionName    string
	Duration       time.Duration // 0 means the default of an hour
	ExternalID     string
	Policy         string // inline session policy, "" for none
	PolicyARNs     []string
	Tags           []iam.Tag
	TransitiveKeys []string
	SourceIdentity string
	SerialNumber   string
	TokenCode      string
	// Request is the caller's, for records; it may be nil.
	Request *condkey.Network
}

// AssumeRole makes a session of a role for a signed caller. Refusals are
// *NotPermitted, *Invalid, *policy.Error, *PackedTooLarge, *TokenTooLarge and
// *TrustDenied.
func (s *Service) AssumeRole(_ context.Context, by Caller, in AssumeRoleInput) (*Result, error) {
	switch {
	case by.Type == policy.Root:
		return nil, &NotPermitted{Reason: RootMayNotAssume}
	case by.Type == policy.FederatedUser:
		return nil, &NotPermitted{Reason: FederatedMayNotAssume}
	}
	account, err := parseRoleARN(in.RoleARN)
	if err != nil {
		return nil, err
	}
	if err := checkSessionName(in.SessionName); err != nil {
		return nil, err
	}
	if err := checkSourceIdentity(in.SourceIdentity); err != nil {
		return nil, err
	}
	session := &Session{Type: RoleSession, Account: account, Name: in.SessionName, SourceIdentity: in.SourceIdentity, PolicyARNs: in.PolicyARNs}
	if in.Policy != "" {
		session.Policies = []string{in.Policy}
	}
	if session.Tags, session.TransitiveKeys, err = mergeTags(by.Session, in.Tags, in.TransitiveKeys); err != nil {
		return nil, err
	}
	snapshot := s.cfg.IAM()
	role, ok := snapshot.RoleByARN(in.RoleARN)
	if !ok {
		by.Trust.RefuseTrust(in.RoleARN, account, ActionAssumeRole, NoSuchRole)
		return nil, &TrustDenied{RoleARN: in.RoleARN, Action: ActionAssumeRole, Caller: by.ARN, Reason: NoSuchRole}
	}
	session.RoleID = role.ID
	session.descend(by.Session)
	if err := inheritSource(by, session, role); err != nil {
		return nil, err
	}
	if in.SerialNumber != "" || in.TokenCode != "" {
		return nil, &NotPermitted{Reason: NoMFADevice}
	}
	keys := requestKeys(session, session.TransitiveKeys)
	if in.ExternalID != "" {
		keys = append(keys, one(externalIDKey, in.ExternalID))
	}
	question := trustQuestion{
		role: role, action: ActionAssumeRole, keys: keys, caller: by.Principal,
		tags: len(session.Tags) > 0, source: session.SourceIdentity != "",
		decide: func(action string) policy.Decision { return by.Trust.DecideTrust(role, action, keys) },
		refuse: func(action string, reason TrustReason) {
			by.Trust.RefuseTrust(role.ARN(), role.Account, action, reason)
		},
	}
	facts, err := question.ask(s.cfg.Log)
	if err != nil {
		return nil, err
	}
	result, err := s.finish(snapshot, session, role, finishing{duration: in.Duration, chained: isRoleSession(by.Session), facts: facts})
	if err == nil && len(session.Origin) > 0 { // somebody's who proved who they are
		s.issued(result, "AssumeRole", in.Request)
	}
	return result, err
}

// issued reports a session to the list of sessions.
func (s *Service) issued(r *Result, operation string, n *condkey.Network) {
	if s.cfg.Recorder == nil {
		return
	}
	i := Issuance{Session: r.Session, Role: r.Role, Operation: operation}
	if n != nil {
		i.Source = n.SourceIP
	}
	s.cfg.Recorder.Issued(i)
}

// inheritSource hands the source identity of the calling session on. It stays
// for the whole chain and cannot be changed (iam-sts.md 3.6).
func inheritSource(by Caller, session *Session, role *iam.RoleEntry) error {
	if by.Session == nil || by.Session.SourceIdentity == "" {
		return nil
	}
	if session.SourceIdentity != "" && session.SourceIdentity != by.Session.SourceIdentity {
		by.Trust.RefuseTrust(role.ARN(), role.Account, ActionSetSourceIdentity, SourceIdentityFixed)
		return &TrustDenied{
			RoleARN: role.ARN(), Action: ActionSetSourceIdentity, Caller: by.ARN, Reason: SourceIdentityFixed,
			Decision: policy.Decision{Statement: -1},
		}
	}
	session.SourceIdentity = by.Session.SourceIdentity
	return nil
}

// isRoleSession reports whether assuming a role with this session is role
// chaining.
func isRoleSession(s *Session) bool {
	return s != nil && (s.Type == RoleSession || s.Type == WebIdentitySession || s.Type == SAMLSession)
}

// finishing is what finish needs beside the session and its role.
type finishing struct {
	duration time.Duration
	chained  bool
	atMost   time.Duration // how long the session may be at most, if set
	facts    TrustFacts
}

// finish does what all ways of assuming a role have in common once the trust
// policy has agreed: session policies, duration, credentials.
func (s *Service) finish(snapshot iam.Snapshot, session *Session, role *iam.RoleEntry, f finishing) (*Result, error) {
	if err := checkPolicies(snapshot, role.Account, session.Policies, session.PolicyARNs); err != nil {
		return nil, err
	}
	duration, err := checkDuration(f.duration, role, f.chained)
	if err != nil {
		return nil, err
	}
	if f.atMost > 0 {
		duration = min(duration, f.atMost)
	}
	packed, err := s.pack.pack(session)
	if err != nil {
		return nil, err
	}
	credentials, err := s.mint(session, duration, packed)
	if err != nil {
		return nil, err
	}
	return &Result{
		Credentials: credentials, Session: session, Role: role, Trust: f.facts,
		Packed: packed != nil, PackedPercent: packedPercent(packed),
	}, nil
}

// trimScheme takes the scheme off an issuer URL, as IAM stores it.
func trimScheme(issuer string) string {
	return strings.TrimPrefix(strings.TrimPrefix(issuer, "https://"), "http://")
}
