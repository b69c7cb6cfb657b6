package sts

import (
	"context"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// Limits of the sessions of users (iam-sts.md 3.3).
const (
	maxUserDuration     = 36 * time.Hour
	defaultUserDuration = 12 * time.Hour
	rootDuration        = time.Hour
	maxFederatedName    = 32
)

// SessionTokenInput is a request for GetSessionToken.
type SessionTokenInput struct {
	Duration     time.Duration // 0 means the default of 12 hours
	SerialNumber string
	TokenCode    string
}

// GetSessionToken makes a session of the calling user, or of root, with the
// user's own permissions. No policy is asked (iam-sts.md 3.6). Refusals are
// *NotPermitted and *Invalid.
func (s *Service) GetSessionToken(_ context.Context, by Caller, in SessionTokenInput) (*Result, error) {
	duration, err := userDuration(by, in.Duration)
	if err != nil {
		return nil, err
	}
	if in.SerialNumber != "" || in.TokenCode != "" {
		return nil, &NotPermitted{Reason: NoMFADevice}
	}
	return s.finishUser(by, &Session{Type: UserSession}, duration)
}

// FederationTokenInput is a request for GetFederationToken.
type FederationTokenInput struct {
	Name       string
	Duration   time.Duration // 0 means the default of 12 hours
	Policy     string
	PolicyARNs []string
	Tags       []iam.Tag
}

// GetFederationToken makes a session that a user hands to somebody else: the
// user's permissions as far as the session policies go along. The edge has
// decided sts:GetFederationToken (and sts:TagSession). Refusals are
// *NotPermitted, *Invalid, *policy.Error, *PackedTooLarge and *TokenTooLarge.
func (s *Service) GetFederationToken(_ context.Context, by Caller, in FederationTokenInput) (*Result, error) {
	duration, err := userDuration(by, in.Duration)
	if err != nil {
		return nil, err
	}
	if !validName(in.Name) || len(in.Name) > maxFederatedName {
		return nil, &Invalid{Kind: BadSessionName, Value: in.Name}
	}
	session := &Session{Type: FederationSession, Name: in.Name, PolicyARNs: in.PolicyARNs}
	if in.Policy != "" {
		session.Policies = []string{in.Policy}
	}
	if session.Tags, _, err = mergeTags(nil, in.Tags, nil); err != nil {
		return nil, err
	}
	if err := checkPolicies(s.cfg.IAM(), by.Account, session.Policies, session.PolicyARNs); err != nil {
		return nil, err
	}
	return s.finishUser(by, session, duration)
}

// userDuration checks who may ask for a user's session at all, and its length.
// Root gets an hour at most, whatever it asks for.
func userDuration(by Caller, d time.Duration) (time.Duration, error) {
	if by.Session != nil || by.Type != policy.User && by.Type != policy.Root {
		return 0, &NotPermitted{Reason: SessionMayNotIssue}
	}
	if d == 0 {
		d = defaultUserDuration
	}
	switch {
	case d < minDuration:
		return 0, &Invalid{Kind: DurationTooShort, Limit: minDuration}
	case d > maxUserDuration:
		return 0, &Invalid{Kind: DurationTooLong, Limit: maxUserDuration}
	case by.Type == policy.Root:
		return min(d, rootDuration), nil
	}
	return d, nil
}

func (s *Service) finishUser(by Caller, session *Session, duration time.Duration) (*Result, error) {
	session.Account = by.Account
	if by.Type == policy.User {
		session.UserID = by.EntityID
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
		Credentials: credentials, Session: session, Packed: packed != nil, PackedPercent: packedPercent(packed),
	}, nil
}
