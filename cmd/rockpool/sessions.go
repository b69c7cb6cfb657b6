package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// sessionsCmd groups the commands for the sessions that people have now.
type sessionsCmd struct {
	List sessionsListCmd `cmd:"" help:"List the sessions of people and guests that have not expired, the newest first."`
}

type sessionsListCmd struct {
	ownCall
	Identity string `name:"identity" placeholder:"ID" xor:"what" help:"Those of an identity."`
	Login    string `name:"login" placeholder:"PROVIDER,SUBJECT" xor:"what" help:"Those that a login was shown for: its key in Logins, a comma, and the provider's subject."`
	Pool     string `name:"pool" placeholder:"ID" xor:"what" help:"Those of an identity pool."`
	Role     string `name:"role" placeholder:"ARN" xor:"what" help:"Those of a role."`
	pages
}

// pages is the flags of commands that list page by page.
type pages struct {
	Limit int    `name:"limit" default:"50" placeholder:"COUNT" help:"How many at most; 0 is all."`
	After string `name:"after" placeholder:"TOKEN" help:"Go on where a list in JSON form ended: its NextToken."`
}

// most is how many entries the next call may give. In JSON form there is one call:
// the answer of the API is a page.
func (p *pages) most(listed int) *int32 {
	n := int32(maxPage)
	if left := p.Limit - listed; p.Limit > 0 && left < maxPage {
		n = int32(left)
	}
	return &n
}

const maxPage = 100

// check refuses what is no count.
func (p *pages) check() error {
	if p.Limit < 0 {
		return &usageError{errors.New("--limit is a count, or 0 for all")}
	}
	return nil
}

// Run lists sessions.
func (c *sessionsListCmd) Run(e *env) error {
	if err := c.check(); err != nil {
		return err
	}
	in := &rockpoolwire.ListSessionsInput{
		IdentityId: maybe(c.Identity), IdentityPoolId: maybe(c.Pool), RoleArn: maybe(c.Role), NextToken: maybe(c.After),
	}
	if err := readLogin(c.Login, &in.Provider, &in.Subject); err != nil {
		return err
	}
	for listed := 0; ; {
		in.MaxResults = c.most(listed)
		var out rockpoolwire.ListSessionsOutput
		if printed, err := c.do(e, "ListSessions", in, &out); printed || err != nil {
			return err
		}
		var b bytes.Buffer
		for i := range out.Sessions {
			writeSession(&b, &out.Sessions[i])
		}
		if _, err := e.stdout.Write(b.Bytes()); err != nil {
			return err
		}
		listed += len(out.Sessions)
		in.NextToken = out.NextToken
		more := out.NextToken != nil
		if more && (c.Limit == 0 || listed < c.Limit) {
			continue
		}
		if listed == 0 {
			fmt.Fprintln(e.stderr, "no session was found")
		}
		if more {
			fmt.Fprintf(e.stderr, "there are more: --limit shows more than %d\n", c.Limit)
		}
		if n := out.NotListed; n != nil && *n > 0 {
			fmt.Fprintf(e.stderr, "%d sessions since %s are not listed: there were too many\n", *n, when(out.NotListedSince))
		}
		return nil
	}
}

// writeSession prints a session: whose it is, how it came about, what became of it.
func writeSession(b *bytes.Buffer, s *rockpoolwire.IssuedSession) {
	whose := text(s.IdentityId)
	if whose == "" {
		whose = "nobody's identity"
	}
	if s.Guest != nil && *s.Guest {
		whose += ", a guest"
	}
	role := text(s.RoleArn)
	if role == "" {
		role = text(s.RoleId)
	}
	fmt.Fprintf(b, "%s  %s\n", visible(text(s.AccessKeyId)), visible(whose))
	if p := text(s.IdentityPoolId); p != "" {
		fmt.Fprintf(b, "  pool     %s\n", visible(p))
	}
	fmt.Fprintf(b, "  role     %s, as %s\n", visible(role), visible(text(s.SessionName)))
	how := text(s.SignedInBy)
	var logins []string
	for _, l := range s.Logins {
		logins = append(logins, text(l.Provider)+" as "+text(l.Subject))
	}
	if len(logins) > 0 {
		how += " with " + strings.Join(logins, " and with ")
	}
	if p := text(s.ParentAccessKeyId); p != "" {
		how += ", assumed with " + p
	}
	if ip := text(s.SourceIp); ip != "" {
		how += ", from " + ip
	}
	fmt.Fprintf(b, "  signed in by %s\n", visible(how))
	fmt.Fprintf(b, "  issued   %s, expires %s\n", when(s.Issued), when(s.Expires))
	if r := s.EndedBy; r != nil {
		b.WriteString("  ended by revoking: ")
		if err := writeRevocation(b, r); err != nil { // a buffer takes everything
			panic(err)
		}
		return
	}
	fmt.Fprintf(b, "  %s\n", visible(text(s.RevokeCommand)))
}

// when is a time as people read it.
func when(t *time.Time) string {
	if t == nil {
		return "?"
	}
	return t.UTC().Format(time.DateTime) + " UTC"
}
