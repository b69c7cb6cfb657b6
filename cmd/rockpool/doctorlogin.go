package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// doctorLoginCmd rehearses a sign-in.
type doctorLoginCmd struct {
	ownCall
	Pool      string   `arg:"" name:"pool" help:"The identity pool's id."`
	Claims    []string `name:"claims" placeholder:"PROVIDER=FILE" sep:"none" help:"A login with made-up claims: the provider's key in Logins, and a file with a JSON object that has a sub. Repeatable; without logins a guest signs in."`
	Tokens    []string `name:"token" placeholder:"PROVIDER=FILE" sep:"none" help:"A login with a real token in a file. Repeatable."`
	Identity  string   `name:"identity" placeholder:"ID" help:"The identity that the sign-in names; otherwise the one of the logins."`
	Role      string   `name:"custom-role" placeholder:"ARN" help:"The CustomRoleArn of the sign-in."`
	Actions   []string `name:"action" placeholder:"SERVICE:NAME" help:"What to try with the session. Repeatable."`
	Resources []string `name:"resource" placeholder:"ARN" sep:"none" help:"What to try it on; * by default. Repeatable."`
}

// Run prints how far the sign-in came. It fails when it would be refused.
func (c *doctorLoginCmd) Run(e *env) error {
	in := &rockpoolwire.SimulateLoginInput{
		IdentityPoolId: &c.Pool, IdentityId: maybe(c.Identity), CustomRoleArn: maybe(c.Role), Actions: c.Actions, Resources: c.Resources,
	}
	for _, flag := range c.Claims {
		provider, claims, err := readFlagFile(flag)
		if err != nil {
			return err
		}
		in.PretendedLogins = append(in.PretendedLogins, rockpoolwire.PretendedLogin{Provider: &provider, Claims: &claims})
	}
	for _, flag := range c.Tokens {
		provider, token, err := readFlagFile(flag)
		if err != nil {
			return err
		}
		if in.Logins == nil {
			in.Logins = make(map[string]string)
		}
		in.Logins[provider] = token
	}
	var out rockpoolwire.SimulateLoginOutput
	if printed, err := c.do(e, "SimulateLogin", in, &out); printed || err != nil {
		return err
	}
	return writeRehearsal(e.stdout, &out)
}

// readFlagFile reads PROVIDER=FILE. The name of a provider may have no "=".
func readFlagFile(flag string) (provider, content string, err error) {
	provider, file, ok := strings.Cut(flag, "=")
	if !ok || file == "" {
		return "", "", &usageError{errors.New("a login is PROVIDER=FILE")}
	}
	f, err := os.Open(file)
	if err != nil {
		return "", "", &usageError{fmt.Errorf("the file of the login of %s cannot be read", provider)}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxTokenFile))
	if err != nil {
		return "", "", fmt.Errorf("read the login of %s: %w", provider, err)
	}
	return provider, strings.TrimSpace(string(b)), nil
}

func writeRehearsal(w io.Writer, r *rockpoolwire.SimulateLoginOutput) error {
	var b bytes.Buffer
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-10s%s\n", name, visible(value))
		}
	}
	yes := func(p *bool) bool { return p != nil && *p }
	switch id := text(r.IdentityId); {
	case id != "" && yes(r.NewIdentity):
		line("Identity", id+", a guest until now")
	case id != "":
		line("Identity", id)
	case yes(r.NewIdentity):
		line("Identity", "a new one")
	}
	line("Proven by", strings.Join(r.Amr, ", "))
	role := text(r.RoleArn)
	if rule := text(r.RoleRule); rule != "" {
		role += ", by the " + rule
		if m := text(r.RoleMapping); m != "" {
			role += " of the mapping of " + m
		}
	}
	line("Role", role)
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		line("Tag", key+" = "+r.Tags[key])
	}
	if name := text(r.SessionName); name != "" {
		line("Session", fmt.Sprintf("%s, for %v", name, time.Duration(number(r.SessionDurationSeconds))*time.Second))
	}
	line("Limited by", strings.Join(r.SessionPolicyArns, ", "))
	for i := range r.Evaluations {
		b.WriteString("\n" + strings.TrimRight(visibleLines(text(r.Evaluations[i].Text)), "\n") + "\n")
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	if !yes(r.SignsIn) {
		return errors.New("the sign-in would be refused: " + visible(text(r.Problem)))
	}
	return nil
}
