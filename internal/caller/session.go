package caller

import (
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// ForSession is who a session makes of its holder, for questions about requests
// that nobody has signed. ok is false when the session's role or user is gone.
func ForSession(snapshot iam.Snapshot, session *sts.Session) (p *Principal, ok bool) {
	p = &Principal{AccessKeyID: session.AccessKeyID, Snapshot: snapshot, Session: session}
	return p, p.setSession(session)
}
