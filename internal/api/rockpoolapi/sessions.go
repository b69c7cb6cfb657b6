package rockpoolapi

import (
	"context"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/issued"
	"github.com/rockpool-id/rockpool/internal/revoke"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// A SessionList has the sessions that were issued and have not expired;
// *issued.Keeper is one.
type SessionList interface {
	// List returns what a query asks for, the newest first. A server that keeps no
	// list gives *issued.Disabled.
	List(ctx context.Context, q issued.Query) ([]*issued.Session, error)
	// Stats says how many are not in it.
	Stats() issued.Stats
}

// sessionsAsks asks about what sessions are listed by: as for revoking by it, or
// about all sessions.
func (s *Service) sessionsAsks(ctx context.Context, c *api.Call, in *wire.ListSessionsInput) ([]api.Ask, error) {
	by, err := listedBy(in)
	if err != nil {
		return nil, err
	}
	if by == nil {
		return []api.Ask{{Resource: s.arn(c, "session/*")}}, nil
	}
	return s.asksAbout(ctx, c, *by)
}

// listedBy says what a request lists by, nil for everything.
func listedBy(in *wire.ListSessionsInput) (*revoke.Revocation, error) {
	found, err := named{identity: in.IdentityId, provider: in.Provider, subject: in.Subject, pool: in.IdentityPoolId, role: in.RoleArn}.subjects()
	switch {
	case err != nil:
		return nil, err
	case len(found) > 1:
		return nil, &oneSubject{}
	case len(found) == 1:
		return &found[0], nil
	}
	return nil, nil
}

// ListSessions lists the sessions that were issued to people and guests and have not
// expired.
func (b *bound) ListSessions(ctx context.Context, in *wire.ListSessionsInput) (*wire.ListSessionsOutput, error) {
	by, err := listedBy(in)
	if err != nil {
		return nil, err
	}
	q := issued.Query{Account: b.call.Caller.Account, Limit: pageSize(in.MaxResults) + 1}
	of := "sessions"
	if by != nil {
		of = fmt.Sprintf("sessions by %s %q %q", by.Kind, by.Provider, by.Subject)
		if err := b.narrow(&q, by); err != nil {
			return nil, err
		}
	}
	at, err := b.openPlace(of, in.NextToken)
	if err != nil {
		return nil, err
	}
	q.Before = issued.Place{Issued: at.time, AccessKeyID: at.name}
	list, err := b.cfg.Issued.List(ctx, q)
	if err != nil {
		return nil, err
	}
	stats := b.cfg.Issued.Stats()
	out := &wire.ListSessionsOutput{NotListed: long(stats.Lost()), NotListedSince: &stats.Since}
	if len(list) == q.Limit {
		list = list[:q.Limit-1]
		last := list[len(list)-1].Place()
		if out.NextToken, err = b.sealPlace(of, place{time: last.Issued, name: last.AccessKeyID}); err != nil {
			return nil, err
		}
	}
	out.Sessions = each(list, func(s **issued.Session) wire.IssuedSession { return b.session(*s) })
	return out, nil
}

// narrow makes a query one for the sessions of one thing.
func (b *bound) narrow(q *issued.Query, by *revoke.Revocation) error {
	switch by.Kind {
	case revoke.Identity:
		q.IdentityID = by.Subject
	case revoke.Pool:
		q.PoolID = by.Subject
	case revoke.Login:
		q.Login = issued.Login{Provider: by.Provider, Subject: by.Subject}
	case revoke.Role:
		role, err := b.ownRole(by.Subject)
		if err != nil {
			return err
		}
		q.RoleID = role.ID
	case revoke.Session: // not asked for
	}
	return nil
}

// session is a listed session on the wire, with what became of it.
func (b *bound) session(s *issued.Session) wire.IssuedSession {
	by, ended := b.cfg.Revoked.By(s.Sealed())
	w := wire.IssuedSession{
		AccessKeyId: &s.AccessKeyID, IdentityId: optional(s.IdentityID), IdentityPoolId: optional(s.PoolID),
		RoleId: &s.RoleID, RoleArn: optional(s.RoleARN), SessionName: &s.Name, SignedInBy: &s.Operation, Guest: &s.Guest,
		Logins: each(s.Logins, func(l *issued.Login) wire.SessionLogin {
			return wire.SessionLogin{Provider: &l.Provider, Subject: &l.Subject}
		}),
		ParentAccessKeyId: optional(s.Parent), SourceIp: optional(s.SourceIP), Issued: &s.Issued, Expires: &s.Expires, Ended: &ended,
	}
	if ended {
		r := revocation(&by)
		w.EndedBy = &r
		return w
	}
	command := "rockpool revoke --session " + s.AccessKeyID
	w.RevokeCommand = &command
	return w
}
