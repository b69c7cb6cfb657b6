package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// identitiesCmd groups the commands for people's identities.
type identitiesCmd struct {
	Find      identitiesFindCmd     `cmd:"" help:"Find identities by the people they belong to."`
	Describe  identitiesDescribeCmd `cmd:"" help:"Say who an identity is: its logins and merges."`
	Disable   identitiesDisableCmd  `cmd:"" help:"End an identity's sessions and sign nobody in to it any more."`
	Enable    identitiesEnableCmd   `cmd:"" help:"Let a disabled identity sign in again."`
	UndoMerge identitiesUndoCmd     `cmd:"" help:"Give an identity that was merged into another its logins back."`
}

type identitiesFindCmd struct {
	ownCall
	Pool     string `name:"pool" required:"" placeholder:"ID" help:"The identity pool."`
	Provider string `name:"provider" placeholder:"KEY" help:"The provider's key in Logins; any by default."`
	Subject  string `name:"subject" placeholder:"TEXT" help:"The provider's name for the person: the claim sub."`
	Email    string `name:"email" placeholder:"ADDRESS" help:"An e-mail address, where addresses are remembered (--remember-claims)."`
}

// Run lists what was found.
func (c *identitiesFindCmd) Run(e *env) error {
	var out rockpoolwire.FindIdentitiesOutput
	in := &rockpoolwire.FindIdentitiesInput{IdentityPoolId: &c.Pool, Provider: maybe(c.Provider), Subject: maybe(c.Subject), Email: maybe(c.Email)}
	if printed, err := c.do(e, "FindIdentities", in, &out); printed || err != nil {
		return err
	}
	var b bytes.Buffer
	for i := range out.Identities {
		writeIdentity(&b, &out.Identities[i])
	}
	if len(out.Identities) == 0 {
		b.WriteString("nobody was found\n")
	}
	_, err := e.stdout.Write(b.Bytes())
	return err
}

type identitiesDescribeCmd struct {
	ownCall
	Identity string `arg:"" name:"identity" help:"The identity's id."`
}

// Run prints the identity.
func (c *identitiesDescribeCmd) Run(e *env) error {
	var out rockpoolwire.DescribeIdentityLoginsOutput
	if printed, err := c.do(e, "DescribeIdentityLogins", &rockpoolwire.DescribeIdentityLoginsInput{IdentityId: &c.Identity}, &out); printed || err != nil {
		return err
	}
	var b bytes.Buffer
	writeIdentity(&b, out.Identity)
	for i := range out.Merges {
		m := &out.Merges[i]
		fmt.Fprintf(&b, "  merge   %s into %s, %s UTC, with %s", visible(text(m.Child)), visible(text(m.Parent)), m.Time.UTC().Format(time.DateTime), visible(strings.Join(m.Providers, ", ")))
		if m.Undone != nil {
			fmt.Fprintf(&b, "; undone %s UTC", m.Undone.UTC().Format(time.DateTime))
		}
		b.WriteByte('\n')
	}
	_, err := e.stdout.Write(b.Bytes())
	return err
}

type identitiesDisableCmd struct {
	ownCall
	Identity     string `arg:"" name:"identity" help:"The identity's id."`
	KeepSessions bool   `name:"keep-sessions" help:"Let the sessions that run go on to their end."`
	Reason       string `name:"reason" placeholder:"TEXT" help:"Why, for the list of revocations."`
}

// Run disables the identity.
func (c *identitiesDisableCmd) Run(e *env) error {
	off := false
	in := &rockpoolwire.SetIdentityEnabledInput{IdentityId: &c.Identity, Enabled: &off, Reason: maybe(c.Reason)}
	if c.KeepSessions {
		in.KeepSessions = &c.KeepSessions
	}
	return c.set(e, in)
}

type identitiesEnableCmd struct {
	ownCall
	Identity string `arg:"" name:"identity" help:"The identity's id."`
}

// Run enables the identity.
func (c *identitiesEnableCmd) Run(e *env) error {
	on := true
	return c.set(e, &rockpoolwire.SetIdentityEnabledInput{IdentityId: &c.Identity, Enabled: &on})
}

func (c *ownCall) set(e *env, in *rockpoolwire.SetIdentityEnabledInput) error {
	var out rockpoolwire.SetIdentityEnabledOutput
	if printed, err := c.do(e, "SetIdentityEnabled", in, &out); printed || err != nil {
		return err
	}
	var b bytes.Buffer
	writeIdentity(&b, out.Identity)
	if out.Revocation != nil {
		if err := writeRevocation(&b, out.Revocation); err != nil {
			return err
		}
	}
	_, err := e.stdout.Write(b.Bytes())
	return err
}

type identitiesUndoCmd struct {
	ownCall
	Identity string `arg:"" name:"identity" help:"The id of the identity that lost the merge."`
}

// Run undoes the merge.
func (c *identitiesUndoCmd) Run(e *env) error {
	var out rockpoolwire.UndoIdentityMergeOutput
	if printed, err := c.do(e, "UndoIdentityMerge", &rockpoolwire.UndoIdentityMergeInput{IdentityId: &c.Identity}, &out); printed || err != nil {
		return err
	}
	var b bytes.Buffer
	writeIdentity(&b, out.Identity)
	_, err := e.stdout.Write(b.Bytes())
	return err
}

func writeIdentity(b *bytes.Buffer, i *rockpoolwire.DirectoryIdentity) {
	state := ""
	if i.State != nil {
		state = string(*i.State)
	}
	if into := text(i.MergedInto); into != "" {
		state += " into " + visible(into)
	}
	if i.Enabled != nil && !*i.Enabled {
		state += ", disabled"
	}
	fmt.Fprintf(b, "%s  %s, made %s UTC\n", visible(text(i.IdentityId)), state, i.CreationDate.UTC().Format(time.DateTime))
	for k := range i.Logins {
		l := &i.Logins[k]
		fmt.Fprintf(b, "  login   %s as %s", visible(text(l.Provider)), visible(text(l.Subject)))
		for _, known := range []*string{l.Name, l.PreferredUsername, l.Email} {
			if known != nil {
				fmt.Fprintf(b, ", %s", visible(*known))
			}
		}
		b.WriteByte('\n')
	}
}
