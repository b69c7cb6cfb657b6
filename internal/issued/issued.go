package issued

import (
	"context"
	"time"

	"github.com/rockpool-id/rockpool/internal/fair"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// Session is a session that was issued and has not expired.
type Session struct {
	AccessKeyID string
	Account     string
	// IdentityID and PoolID are "" for those whom STS knows by their provider only.
	IdentityID, PoolID string
	RoleID, RoleARN    string // the ARN as it was then
	Name               string
	// Operation gave it: GetCredentialsForIdentity, AssumeRoleWithWebIdentity,
	// AssumeRoleWithSAML, AssumeRole.
	Operation string
	Guest     bool
	Logins    []Login // what was proven, of a chain at its beginning
	SourceIP  string
	// Parent is the access key of the session that this one was assumed with.
	Parent          string
	Issued, Expires time.Time

	ends sts.Session // what revocations look at
}

// Login is somebody at a login provider.
type Login struct{ Provider, Subject string }

// Sealed gives as much of the session as revocations look at.
func (s *Session) Sealed() *sts.Session { return &s.ends }

// Place is where the session stands in lists.
func (s *Session) Place() Place { return Place{Issued: s.Issued, AccessKeyID: s.AccessKeyID} }

// Query asks for sessions of an account. Of the fields from IdentityID to Login one
// is set, or none for all.
type Query struct {
	Account    string
	IdentityID string
	PoolID     string
	RoleID     string
	Login      Login
	Before     Place // the last one of the page before; the zero Place is the start
	Limit      int
}

// Place is a session's place among all others.
type Place struct {
	Issued      time.Time
	AccessKeyID string
}

// Row is a session as a store sees it: what it is searched by, and its document.
type Row struct {
	Place
	Account, PoolID, IdentityID, RoleID string
	Expires                             time.Time
	Class                               fair.Class // whose room it takes
	// Logins are the marks of the logins that it can be found by.
	Logins   []string
	Document []byte // the Session as JSON
}

// Held is what a row takes of the room.
type Held struct {
	Place
	Class   fair.Class
	Expires time.Time
}

// Search is a Query as a store sees it. What is empty matches everything.
type Search struct {
	Account, PoolID, IdentityID, RoleID string
	Login                               string // one of a row's marks
	At                                  time.Time
	Before                              Place
	Limit                               int
}

// Store keeps rows; what is kept how long is the Keeper's business.
type Store interface {
	// AddSessions stores rows together. One that is there already stays as it is.
	AddSessions(ctx context.Context, rows []Row) error
	// ListSessions returns the rows of a search that have not expired, the newest
	// first.
	ListSessions(ctx context.Context, q Search) ([]Row, error)
	// SessionsByAge returns the rows that stand after a place, the oldest first.
	SessionsByAge(ctx context.Context, after Place, limit int) ([]Held, error)
	// DeleteSessions removes rows and returns how many were there.
	DeleteSessions(ctx context.Context, list []Place) (int64, error)
}
