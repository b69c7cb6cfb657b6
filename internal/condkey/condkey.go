// Package condkey owns the names and the textual forms of the condition keys
// that are the same for every service: those of the request itself
// (aws:SourceIp, aws:CurrentTime …), of the caller (aws:PrincipalArn …) and of
// tags. Packages sts and authz fill the same keys from the same facts, so that a
// trust policy and a bucket policy see one request alike (iam-sts.md 2.7).
//
// What lives elsewhere: which policies apply (authz), what a session carries
// (sts), the keys of one service, such as s3:prefix (its gateway).
//
// Invariants: a fact that is not known leaves its key out, because an absent key
// and an empty one are different things to a policy. Nothing here reads a
// request; what may be believed of a header was decided when Network was built.
package condkey

import (
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/recent"
	"github.com/rockpool-id/rockpool/policy"
)

// The global condition keys, spelled as AWS documents them.
const (
	CurrentTime           = "aws:CurrentTime"
	EpochTime             = "aws:EpochTime"
	FederatedProvider     = "aws:FederatedProvider"
	MultiFactorAuthAge    = "aws:MultiFactorAuthAge"
	MultiFactorAuthActive = "aws:MultiFactorAuthPresent"
	PrincipalAccount      = "aws:PrincipalAccount"
	PrincipalARN          = "aws:PrincipalArn"
	PrincipalIsAWSService = "aws:PrincipalIsAWSService"
	PrincipalTagPrefix    = "aws:PrincipalTag/"
	PrincipalType         = "aws:PrincipalType"
	Referer               = "aws:referer"
	RequestTagPrefix      = "aws:RequestTag/"
	RequestedRegion       = "aws:RequestedRegion"
	ResourceAccount       = "aws:ResourceAccount"
	SecureTransport       = "aws:SecureTransport"
	SourceIdentity        = "aws:SourceIdentity"
	SourceIP              = "aws:SourceIp"
	TagKeys               = "aws:TagKeys"
	TokenIssueTime        = "aws:TokenIssueTime"
	UserAgent             = "aws:UserAgent"
	UserID                = "aws:userid"
	UserName              = "aws:username"
	ViaAWSService         = "aws:ViaAWSService"
)

// Network is what the edge observed about a request; it fills the global
// condition keys. Nothing in it comes from a header AWS does not define so,
// except behind a configured trusted proxy.
type Network struct {
	SourceIP   netip.Addr
	TLS        bool
	TLSVersion string // "1.2", "1.3" or ""
	UserAgent  string
	Referer    string
	Region     string // the region of the endpoint called
	Time       time.Time
	RequestID  string
	// SourceIPText is SourceIP in text, when it has been made already: records
	// need it for every request.
	SourceIPText string
}

// IPText returns the source address in text, "" when it is not known.
func (n *Network) IPText() string {
	if n.SourceIPText != "" || !n.SourceIP.IsValid() {
		return n.SourceIPText
	}
	return n.SourceIP.String()
}

// Fill sets the keys of the request itself. Keys that every caller can spoof
// (aws:UserAgent, aws:referer) are filled because AWS fills them.
func (n *Network) Fill(c *policy.Context, times *Times) {
	times.Fill(c, n.Time)
	if n.SourceIP.IsValid() {
		c.Set(SourceIP, n.IPText())
	}
	c.Set(SecureTransport, strconv.FormatBool(n.TLS))
	setNonEmpty(c, UserAgent, n.UserAgent)
	setNonEmpty(c, Referer, n.Referer)
	setNonEmpty(c, RequestedRegion, n.Region)
	c.Set(ViaAWSService, "false") // we never call on behalf of a caller
}

func setNonEmpty(c *policy.Context, key, value string) {
	if value != "" {
		c.Set(key, value)
	}
}

// Times gives times as condition keys spell them. It remembers what it wrote,
// because every request of one second has the same aws:CurrentTime and every
// request of a session the same aws:TokenIssueTime. Make one with NewTimes; it is
// safe for concurrent use.
type Times struct {
	now    atomic.Pointer[second]
	issued *recent.Cache[int64, string]
}

// second is one second of the clock in both spellings.
type second struct {
	unix       int64
	iso, epoch string
}

// NewTimes returns a Times that remembers as many issue times as a busy node has
// sessions with different ones.
func NewTimes() *Times { return &Times{issued: recent.New[int64, string](4096)} }

// Fill sets aws:CurrentTime and aws:EpochTime.
func (t *Times) Fill(c *policy.Context, now time.Time) {
	s := t.now.Load()
	if unix := now.Unix(); s == nil || s.unix != unix {
		s = &second{unix: unix, iso: iso(now), epoch: strconv.FormatInt(unix, 10)}
		t.now.Store(s)
	}
	c.Set(CurrentTime, s.iso)
	c.Set(EpochTime, s.epoch)
}

// FillIssued sets aws:TokenIssueTime.
func (t *Times) FillIssued(c *policy.Context, issued time.Time) {
	text, ok := t.issued.Get(issued.Unix())
	if !ok {
		text = iso(issued)
		t.issued.Put(issued.Unix(), text)
	}
	c.Set(TokenIssueTime, text)
}

// iso gives a time as condition keys spell it: 2026-01-02T03:04:05Z.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
