package login

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestEveryKindHasItsOwnName(t *testing.T) {
	seen := map[string]bool{}
	for k := TooLarge; k <= WrongRecipient; k++ {
		if name := k.String(); name == "" || strings.HasPrefix(name, "Kind(") || seen[name] {
			t.Errorf("kind %d is called %q", int(k), name)
		}
		seen[k.String()] = true
	}
	for _, k := range []Kind{0, -1, WrongRecipient + 1} {
		if k.String() != fmt.Sprintf("Kind(%d)", int(k)) {
			t.Errorf("an unknown kind is called %q", k)
		}
	}
}

func TestRefusalsSayWhatTheyKnow(t *testing.T) {
	r := &Refusal{
		Kind: Expired, Provider: "accounts.google.com", Claim: "exp",
		Now: time.Unix(1589092400, 0), Exp: time.Unix(1589092129, 0), Err: errors.New("cause"),
	}
	want := "login: Expired from accounts.google.com: exp: now 1589092400, stated time 1589092129: cause"
	if got := r.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, ok := AsRefusal(fmt.Errorf("pool: %w", r)); !ok || got != r {
		t.Error("not found in a chain")
	}
}

func TestTextOfCallersIsMadeHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                   "plain",
		"two\nlines\x1b[31m":      "two?lines?[31m",
		"bad\xffutf8\u202e":       "bad?utf8?",
		strings.Repeat("a", 1000): strings.Repeat("a", 128) + "…",
	} {
		if got := shown(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
