package sts

import (
	"net/netip"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
)

// SessionType says how a session came to be.
type SessionType int

// The session types.
const (
	RoleSession        SessionType = iota + 1 // AssumeRole
	WebIdentitySession                        // AssumeRoleWithWebIdentity, identity pool
	SAMLSession                               // AssumeRoleWithSAML
	FederationSession                         // GetFederationToken
	UserSession                               // GetSessionToken
)

// ContextKey is a condition key carried by a session, such as
// cognito-identity.amazonaws.com:sub.
type ContextKey struct {
	Name   string
	Values []string
	Multi  bool
}

// Session is what a session token seals: everything about temporary
// credentials that is not looked up live. Policies of the role or user are
// never in it; they are read from the IAM snapshot at each request.
type Session struct {
	Type           SessionType
	AccessKeyID    string
	Account        string
	RoleID         string // RoleSession, WebIdentitySession, SAMLSession
	UserID         string // UserSession, FederationSession: the issuer (AIDA…, or "" for root)
	Name           string // role session name or federated user name
	Tags           []iam.Tag
	TransitiveKeys []string
	SourceIdentity string
	Policies       []string // inline session policy documents
	PolicyARNs     []string
	Provider       string // aws:FederatedProvider
	Context        []ContextKey
	IdentityID     string // identity pool identity, when the session came from one
	IdentityPoolID string
	// Parents are the sessions that led to this one by role chaining, the first
	// one first, and Origin the keys of the provider that the first one had.
	// Revocation looks at them; no policy does.
	Parents []Parent
	Origin  []ContextKey
	// AMR is the amr key of an identity pool session joined by commas, for
	// records. It is not sealed: Open makes it, once per token.
	AMR             string
	Issued, Expires time.Time
	MFA             bool
	MFATime         time.Time
}

// Credentials are temporary credentials as handed to a client.
type Credentials struct {
	AccessKeyID  string
	Secret       keys.Secret
	SessionToken string
	Expiration   time.Time
}

// Issuance is a session that was just issued to somebody who proved who they are, or
// with such a session, as lists of sessions want to know it.
type Issuance struct {
	Session *Session
	Role    *iam.RoleEntry
	// Operation is what issued it, by AWS's name.
	Operation string
	// Logins were proven in the call; nil when only the session's keys tell.
	Logins []ProvenLogin
	// Source is where the request came from; it may be invalid.
	Source netip.Addr
}

// ProvenLogin is somebody at a login provider: its key in Logins, and its name for
// the person.
type ProvenLogin struct{ Provider, Subject string }

// Recorder takes note of issued sessions; *issued.Keeper is one. Issued must neither
// block nor change what it is given.
type Recorder interface {
	Issued(i Issuance)
}
