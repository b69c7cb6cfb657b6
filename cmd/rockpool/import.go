package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/transfer"
)

// importCmd brings identity pools to a server.
type importCmd struct {
	File importFileCmd `cmd:"" default:"withargs" help:"Import a file that \"rockpool export\" or \"rockpool import aws\" has made."`
	AWS  importAWSCmd  `cmd:"" name:"aws" help:"Read an identity pool of Amazon Cognito into a file and import it."`
}

// importing is the flags that both commands have.
type importing struct {
	MapRole          []string `name:"map-role" placeholder:"ROLE=ROLE" sep:"none" help:"Role of the server to use in place of the pool's, each by ARN or name; repeat for more."`
	RewriteDocuments bool     `name:"rewrite-documents" help:"Write the server's account into policy documents in place of the one they name."`
	NoRoles          bool     `name:"no-roles" help:"Make no roles, policies or providers in IAM: they are there."`
	Logins           string   `placeholder:"FILE.csv" help:"Logins whose subject the file does not know: columns provider, subject, identity_id."`
	Restart          bool     `help:"Begin anew, and forget how far an interrupted run came."`
}

type importFileCmd struct {
	connection
	importing
	File  string `arg:"" help:"File to import."`
	Check bool   `help:"Only read the file to its end and say whether it is whole."`
}

// Help is the long help of the command.
func (*importFileCmd) Help() string {
	return `The pool, its roles and its identities keep their ids. What is there already and equal stays; what is
there and differs is reported, and never replaced. The file is read to its end before anything is sent.
An interrupted import goes on when the same command runs again.

The pool comes to the account of the credentials. Ids begin with a region, so the server must have the
same one.

Permissions: rockpool:ImportIdentityPool on the pool, iam:PassRole on its roles; unless --no-roles is
given, those to read and create what the file has of IAM.`
}

// Run imports the file.
func (c *importFileCmd) Run(e *env) error {
	if c.Check {
		h, end, err := transfer.Check(c.File)
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		_, err = fmt.Fprintf(e.stdout, "%s is whole: the pool %s with %s.\n", c.File, visible(h.Pool.IdentityPoolId), count(end.Identities, "identity", "identities"))
		return err
	}
	return c.importing.run(e, &c.connection, c.File)
}

// run brings a file to a server.
func (c *importing) run(e *env, to *connection, file string) error {
	cl, found, err := to.dial()
	if err != nil {
		return err
	}
	var who callerIdentity
	if err := cl.Query(e.ctx, "sts", "2011-06-15", "GetCallerIdentity", nil, &who); err != nil {
		return plainly(err, found)
	}
	mapping, err := c.mapping(who.Account)
	if err != nil {
		return err
	}
	target := &transfer.Rockpool{Client: cl, Pace: e.pace()}
	if !c.NoRoles {
		target.IAM = &transfer.IAM{Client: cl, Pace: target.Pace}
	}
	d := &transfer.Deliverer{
		Target: target, Path: file, StatePath: file + ".import", Where: cl.Endpoint() + " account " + who.Account,
		Restart: c.Restart, Now: time.Now, Report: e.progress("imported"),
	}
	d.Change = func(h *transfer.Header) error {
		naming, err := mapping.Apply(h)
		for _, what := range naming {
			fmt.Fprintf(e.stderr, "note: %s names the account it comes from, and stays so; --rewrite-documents writes %s in its place\n", visible(what), who.Account)
		}
		return err
	}
	if c.Logins != "" {
		if d.Logins, err = readLogins(c.Logins); err != nil {
			return err
		}
	}
	conflicts := &conflictFile{path: file + ".conflicts"}
	if err := conflicts.begin(d); err != nil {
		return err
	}
	d.Conflict = conflicts.add
	done, err := d.Deliver(e.ctx)
	if err = errors.Join(err, conflicts.close()); err != nil {
		return e.transferProblem(err, found)
	}
	return c.summary(e, done, conflicts.path)
}

func (c *importing) mapping(account string) (*transfer.Mapping, error) {
	m := &transfer.Mapping{Account: account, Roles: make(map[string]string), Documents: c.RewriteDocuments}
	for _, text := range c.MapRole {
		from, to, ok := strings.Cut(text, "=")
		if !ok || from == "" || to == "" {
			return nil, &usageError{fmt.Errorf("map-role: %q is not ROLE=ROLE", text)}
		}
		m.Roles[from] = to
	}
	return m, nil
}

func readLogins(path string) (*transfer.LoginTable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table, err := transfer.ReadLogins(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return table, nil
}

// summary says what was done. Conflicts make the command fail.
func (c *importing) summary(e *env, d transfer.Delivery, conflicts string) error {
	lines := []string{fmt.Sprintf("Imported %s; %d were there already.", count(d.Imported, "identity", "identities"), d.Unchanged)}
	if d.LeftOut > 0 {
		lines = append(lines,
			fmt.Sprintf("Left out %s: nobody has told the subjects of their logins, and without them nobody can prove to be", count(d.LeftOut, "identity", "identities")),
			"one of these people. They get new ids when they sign in. To keep the ids, import again with --logins.")
	}
	if d.Incomplete > 0 {
		lines = append(lines, fmt.Sprintf("Imported without some of their logins: %s.", count(d.Incomplete, "identity", "identities")))
	}
	if d.UnusedLogins > 0 {
		lines = append(lines, fmt.Sprintf("%s of %s fit no identity of the pool that lacks them.", count(d.UnusedLogins, "row", "rows"), c.Logins))
	}
	if _, err := fmt.Fprintln(e.stdout, strings.Join(lines, "\n")); err != nil {
		return err
	}
	if d.Conflicts > 0 {
		return fmt.Errorf("%s not imported, because something else is there; %s says what", count(d.Conflicts, "identity was", "identities were"), conflicts)
	}
	return nil
}

// conflictFile lists identities that were not imported, one JSON object a line. It
// is made when there is one.
type conflictFile struct {
	path string
	f    *os.File
}

// begin throws away the list of an earlier import, unless this one goes on with it.
func (c *conflictFile) begin(d *transfer.Deliverer) error {
	if _, err := os.Stat(d.StatePath); err == nil && !d.Restart {
		return nil
	}
	if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (c *conflictFile) add(conflict transfer.Conflict) error {
	if c.f == nil {
		var err error
		if c.f, err = os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
			return err
		}
	}
	return json.NewEncoder(c.f).Encode(conflict)
}

func (c *conflictFile) close() error {
	if c.f == nil {
		return nil
	}
	return c.f.Close()
}

// transferProblem says in plain words why a transfer stopped, and what to do.
func (e *env) transferProblem(err error, found client.Credentials) error {
	if e.ctx.Err() != nil {
		return errors.New("interrupted; the same command goes on from here")
	}
	if stale, ok := errors.AsType[*transfer.NotResumable](err); ok {
		return fmt.Errorf("%w\n  --restart begins anew", stale)
	}
	if there, ok := errors.AsType[*transfer.Differs](err); ok {
		return fmt.Errorf("%w\n  --map-role uses another role in place of one, --no-roles leaves IAM as it is", there)
	}
	if refused, ok := errors.AsType[*client.Error](err); ok {
		where := strings.TrimSuffix(err.Error(), refused.Error())
		text := where + plainly(refused, found).Error()
		if unread, ok := errors.AsType[*transfer.NotReadable](err); ok {
			text += fmt.Sprintf("\n  --no-roles leaves IAM out (%s)", visible(unread.What))
		}
		return errors.New(visibleLines(text))
	}
	if _, ok := errors.AsType[*client.Unreachable](err); ok {
		return plainly(err, found)
	}
	return err
}
