package caller

import (
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
)

// Principal is an established caller. The embedded policy.Principal is what the
// engine matches; the rest fills condition keys, records and answers.
type Principal struct {
	policy.Principal
	UserID      string // aws:userid
	UserName    string // aws:username, IAM users only
	AccessKeyID string
	Session     *sts.Session // nil for long-term keys and anonymous
	Tags        []iam.Tag    // role or user tags overridden by session tags
	// Snapshot is the IAM state the caller was established on and the request
	// is decided on. Role or User is set for callers that have one.
	Snapshot iam.Snapshot
	Role     *iam.RoleEntry
	User     *iam.UserEntry
}

// Anonymous reports whether the request carried no credentials.
func (p *Principal) Anonymous() bool { return p.Type == policy.Anonymous }

// Network is what the edge observed about a request; it fills the global
// condition keys. It is defined below sts, which needs it for trust decisions.
type Network = condkey.Network
