package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// doctorCmd groups the commands that find out why something does not work.
type doctorCmd struct {
	Token doctorTokenCmd `cmd:"" help:"Say what a login token is, and which pools accept it or why not."`
	Login doctorLoginCmd `cmd:"" help:"Rehearse a sign-in: identity, role, tags, and what the session may do."`
}

// doctorTokenCmd asks the server about a token. The token comes from a file or
// standard input: arguments stand in histories and process lists.
type doctorTokenCmd struct {
	ownCall
	File     string `arg:"" name:"file" default:"-" help:"File with the token; - is standard input."`
	Pool     string `name:"pool" placeholder:"ID" help:"Ask this identity pool only."`
	Provider string `name:"provider" placeholder:"KEY" help:"Ask this provider only, by its key in Logins. Needed for tokens that only their provider can read: those of Facebook, Amazon and X."`
}

// maxTokenFile is far above what any token may have.
const maxTokenFile = 100_000

// Run prints the diagnosis. It fails when no provider accepts the token.
func (c *doctorTokenCmd) Run(e *env) error {
	token, err := readToken(c.File)
	if err != nil {
		return err
	}
	var out rockpoolwire.DiagnoseTokenOutput
	in := &rockpoolwire.DiagnoseTokenInput{Token: &token, IdentityPoolId: maybe(c.Pool), Provider: maybe(c.Provider)}
	if printed, err := c.do(e, "DiagnoseToken", in, &out); printed || err != nil {
		return err
	}
	return writeDiagnosis(e.stdout, &out)
}

func readToken(file string) (string, error) {
	r := io.Reader(os.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			// The argument may be a token, by mistake: it is not repeated.
			return "", &usageError{errors.New("the file cannot be read; give the token in a file or on standard input, not as an argument")}
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxTokenFile+1))
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if token == "" || len(b) > maxTokenFile {
		return "", &usageError{fmt.Errorf("a token has 1 to %d characters", maxTokenFile)}
	}
	return token, nil
}

func writeDiagnosis(w io.Writer, d *rockpoolwire.DiagnoseTokenOutput) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, visible(text(d.Summary)))
	for _, p := range d.Problems {
		fmt.Fprintln(&b, "  ! "+visible(p))
	}
	stamp := func(name string, t *time.Time) {
		if t != nil {
			fmt.Fprintf(&b, "  %-10s%s UTC\n", name, t.UTC().Format(time.DateTime))
		}
	}
	if key := text(d.Algorithm); key != "" {
		fmt.Fprintf(&b, "  %-10s%s, key %s\n", "signed", visible(key), visible(text(d.KeyId)))
	}
	stamp("issued", d.IssuedAt)
	stamp("from", d.NotBefore)
	stamp("until", d.Expires)
	if claims := text(d.Claims); claims != "" {
		fmt.Fprintf(&b, "\nWhat it says, proven or not:\n%s\n", visibleLines(claims))
	}
	accepted := false
	for i := range d.Attempts {
		a := &d.Attempts[i]
		sign := "refused"
		if a.Accepted != nil && *a.Accepted {
			sign, accepted = "accepted", true
		}
		fmt.Fprintf(&b, "\n%s by %s of pool %s (%s)\n  %s\n", sign, visible(text(a.Provider)), visible(text(a.IdentityPoolName)), visible(text(a.IdentityPoolId)), visible(text(a.Words)))
		if r := text(a.Remedy); r != "" {
			fmt.Fprintln(&b, "  "+visible(r))
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	if !accepted {
		return errors.New("no provider accepts the token")
	}
	return nil
}
