package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// revokeCmd ends sessions before their time.
type revokeCmd struct {
	ownCall
	Session  string `name:"session" placeholder:"KEY-ID" xor:"what" help:"The one session with this access key id (ASIA…)."`
	Identity string `name:"identity" placeholder:"ID" xor:"what" help:"The sessions of an identity."`
	Login    string `name:"login" placeholder:"PROVIDER,SUBJECT" xor:"what" help:"The sessions that a login was shown for: its key in Logins, a comma, and the provider's subject."`
	Pool     string `name:"pool" placeholder:"ID" xor:"what" help:"The sessions of an identity pool."`
	Role     string `name:"role" placeholder:"ARN" xor:"what" help:"The sessions of a role."`
	List     bool   `name:"list" xor:"what" help:"List the revocations that count now."`
	Reason   string `name:"reason" placeholder:"TEXT" help:"Why, for the list and the audit record."`
}

// Run revokes, or lists what was revoked.
func (c *revokeCmd) Run(e *env) error {
	if c.List {
		var out rockpoolwire.ListRevocationsOutput
		if printed, err := c.do(e, "ListRevocations", &rockpoolwire.ListRevocationsInput{}, &out); printed || err != nil {
			return err
		}
		for i := range out.Revocations {
			if err := writeRevocation(e.stdout, &out.Revocations[i]); err != nil {
				return err
			}
		}
		return nil
	}
	in := &rockpoolwire.RevokeSessionsInput{
		AccessKeyId: maybe(c.Session), IdentityId: maybe(c.Identity), IdentityPoolId: maybe(c.Pool), RoleArn: maybe(c.Role), Reason: maybe(c.Reason),
	}
	if err := readLogin(c.Login, &in.Provider, &in.Subject); err != nil {
		return err
	}
	if in.AccessKeyId == nil && in.IdentityId == nil && in.IdentityPoolId == nil && in.RoleArn == nil && in.Subject == nil {
		return &usageError{errors.New("say what to revoke: --session, --identity, --login, --pool or --role")}
	}
	var out rockpoolwire.RevokeSessionsOutput
	if printed, err := c.do(e, "RevokeSessions", in, &out); printed || err != nil {
		return err
	}
	return writeRevocation(e.stdout, out.Revocation)
}

// readLogin reads PROVIDER,SUBJECT: providers have no comma in their names, and
// subjects may.
func readLogin(flag string, provider, subject **string) error {
	if flag == "" {
		return nil
	}
	name, id, ok := strings.Cut(flag, ",")
	if !ok {
		return &usageError{errors.New("a login is PROVIDER,SUBJECT, such as accounts.google.com,1234567890")}
	}
	*provider, *subject = &name, &id
	return nil
}

func writeRevocation(w io.Writer, r *rockpoolwire.Revocation) error {
	what := ""
	for _, s := range []*string{r.AccessKeyId, r.IdentityId, r.Provider, r.Subject, r.IdentityPoolId, r.RoleId} {
		if s == nil {
			continue
		}
		if what != "" {
			what += " "
		}
		what += visible(*s)
	}
	kind := ""
	if r.Kind != nil {
		kind = string(*r.Kind)
	}
	line := fmt.Sprintf("%-9s%s: sessions issued up to %s UTC", kind, what, r.NotBefore.UTC().Format(time.DateTime))
	if by := text(r.RevokedBy); by != "" {
		line += ", by " + visible(by)
	}
	if why := text(r.Reason); why != "" {
		line += " (" + visible(why) + ")"
	}
	_, err := fmt.Fprintln(w, line)
	return err
}
