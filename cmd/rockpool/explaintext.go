package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// writeExplanation prints what an administrator wants to read of a request: who
// asked for what, from where, and the server's words for the decision.
func writeExplanation(w io.Writer, out *rockpoolwire.ExplainDecisionOutput) error {
	var b bytes.Buffer
	for i := range out.Decisions {
		d := &out.Decisions[i]
		if i == 0 {
			writeRequest(&b, d)
		}
		b.WriteByte('\n')
		if len(out.Decisions) > 1 {
			fmt.Fprintf(&b, "Question %d of %d\n\n", i+1, len(out.Decisions))
		}
		writeQuestion(&b, d)
	}
	if n := number(out.NotKept); n > 0 {
		fmt.Fprintf(&b, "\nThe request asked %d more questions that are not recorded.\n", n)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeRequest prints what all decisions of a request have in common.
func writeRequest(b *bytes.Buffer, d *rockpoolwire.Decision) {
	line := func(name string, parts ...string) {
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
		for i, p := range parts {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(b, "%-9s%s\n", name, visible(p))
		}
	}
	line("Request", text(d.RequestId)+", "+d.Time.UTC().Format(time.DateTime)+" UTC")
	line("Who", who(d.Principal), identity(d.Principal))
	from := text(d.SourceIp)
	if agent := text(d.UserAgent); agent != "" {
		from = strings.TrimPrefix(from+", "+agent, ", ")
	}
	line("From", from)
}

// writeQuestion prints one decision.
func writeQuestion(b *bytes.Buffer, d *rockpoolwire.Decision) {
	if rule := text(d.Rule); rule != "" {
		fmt.Fprintf(b, "A rule that no policy changes decided: %s.\nWhat policies say:\n\n", visible(rule))
	}
	b.WriteString(strings.TrimRight(visibleLines(text(d.Text)), "\n") + "\n")
}

// who names the person behind a request as far as the server knows: the words of
// the explanation name the session and its role.
func who(p *rockpoolwire.Principal) string {
	switch {
	case text(p.Type) == "Anonymous":
		return "nobody: the request was not signed"
	case text(p.IdentityId) != "":
		return login(p)
	case text(p.Arn) != "":
		return text(p.Arn)
	}
	return strings.TrimSpace(text(p.Type) + " " + text(p.Id))
}

// login says how a person came to an identity, by the amr of the session:
// "unauthenticated", or "authenticated" and for each login two elements, the
// provider and one that ends in a colon and the subject (cognito-identity.md 4.3).
func login(p *rockpoolwire.Principal) string {
	amr := strings.Split(text(p.Amr), ",")
	switch amr[0] {
	case "unauthenticated":
		return "a guest, who has not signed in"
	case "authenticated":
	default:
		return "somebody with an identity"
	}
	var logins []string
	for pair := range slices.Chunk(amr[1:], 2) {
		one := pair[0]
		if len(pair) == 2 {
			one += " as " + pair[1][strings.LastIndex(pair[1], ":")+1:]
		}
		logins = append(logins, one)
	}
	return "somebody signed in with " + strings.Join(logins, " and with ")
}

func identity(p *rockpoolwire.Principal) string {
	if text(p.IdentityId) == "" {
		return ""
	}
	return "identity " + text(p.IdentityId) + " of pool " + text(p.IdentityPoolId)
}

// text gives a string that may be absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func number(n *int32) int {
	if n == nil {
		return 0
	}
	return int(*n)
}
