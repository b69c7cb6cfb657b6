package main

import (
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/transfer"
)

// exportCmd writes an identity pool into a file.
type exportCmd struct {
	connection
	Pool    string   `required:"" placeholder:"ID" help:"Identity pool to export."`
	File    string   `arg:"" help:"File to make; compressed when its name ends in .gz."`
	Role    []string `placeholder:"ARN" sep:"none" help:"Role to export beside those that the pool names; repeat for more."`
	NoRoles bool     `name:"no-roles" help:"Leave out roles, policies and providers of IAM."`
	Restart bool     `help:"Begin anew, and forget what an interrupted run has written."`
}

// Help is the long help of the command.
func (*exportCmd) Help() string {
	return `The file has the pool with its roles, mappings, tags, and every identity with its logins, ids kept:
"rockpool import" makes the pool of it on another server. It says who people are, and holds the secrets
of providers that have one in the pool's settings: keep it as you keep the database.

What changes while the export runs may be missing. An interrupted export goes on when the same command
runs again.

Permissions: rockpool:ExportIdentityPool on the pool; iam:GetRole, iam:ListRolePolicies,
iam:GetRolePolicy, iam:ListAttachedRolePolicies, iam:GetPolicy, iam:GetPolicyVersion,
iam:GetOpenIDConnectProvider and iam:GetSAMLProvider on what it names, unless --no-roles is given.`
}

// Run exports the pool.
func (c *exportCmd) Run(e *env) error {
	cl, found, err := c.dial()
	if err != nil {
		return err
	}
	source := &transfer.Rockpool{Client: cl, Pace: e.pace(), PoolID: c.Pool, Further: c.Role}
	if !c.NoRoles {
		source.IAM = &transfer.IAM{Client: cl, Pace: source.Pace}
	}
	end, err := e.collect(&transfer.Collector{Source: source, Path: c.File, PoolID: c.Pool, Restart: c.Restart})
	if err != nil {
		return e.transferProblem(err, found)
	}
	_, err = fmt.Fprintf(e.stdout, "Exported %s: %s with %s.\n", visible(c.Pool), count(end.Identities, "identity", "identities"), count(end.Logins, "login", "logins"))
	return err
}

// pace waits for servers that are busy, and says so when it takes long.
func (e *env) pace() *transfer.Pace {
	return &transfer.Pace{Busy: func(err error, wait time.Duration) {
		if wait >= 5*time.Second {
			fmt.Fprintf(e.stderr, "waiting %v: %s\n", wait.Round(time.Second), visible(err.Error()))
		}
	}}
}

// collect reads a pool into a file and shows how far it is.
func (e *env) collect(c *transfer.Collector) (transfer.End, error) {
	c.Now, c.Report = time.Now, e.progress("read")
	return c.Collect(e.ctx)
}

// progress shows how far a transfer is, a line at a time.
func (e *env) progress(done string) func(transfer.Progress) {
	return func(p transfer.Progress) {
		line := fmt.Sprintf("%s %d", done, p.Identities)
		if p.Total > 0 {
			line += fmt.Sprintf(" of %d", p.Total)
		}
		line += " identities"
		if s := p.Elapsed.Seconds(); s > 0 {
			line += fmt.Sprintf(", %.0f/s", float64(p.Identities-p.Resumed)/s)
		}
		if p.Resumed > 0 {
			line += fmt.Sprintf(", %d of them by an earlier run", p.Resumed)
		}
		if p.Conflicts > 0 {
			line += ", " + count(p.Conflicts, "conflict", "conflicts")
		}
		fmt.Fprintln(e.stderr, line)
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
