package pool

import (
	"strings"
	"testing"
)

// FuzzAddress: what counts as an address that can be compared is printed back the
// same but for the case of its domain, is ASCII that shows, and means one thing.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"anna@example.com", "Anna.B+x@Sub.Example.COM", "a@b", "@example.com", "anna@", "a@b@c.d", `"a"@b.c`, "a(b)@c.d", "a@b.c.", "a@.b.c",
		"\u0430nna@example.com", "anna@ex\u0430mple.com", "anna\uff20example.com", "\u212aim@example.com", "a\x00@b.c", " a@b.c", "a@[1.2.3.4]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		local, domain, ok := address(text)
		if !ok {
			if local != "" || domain != "" {
				t.Errorf("%q is refused, and gives %q and %q", text, local, domain)
			}
			return
		}
		if rest, same := strings.CutPrefix(text, local+"@"); !same || strings.ToLower(rest) != domain || len(rest) != len(domain) {
			t.Errorf("%q became %q at %q", text, local, domain)
		}
		for _, c := range []byte(local + domain) {
			if c <= ' ' || c > '~' || c == '@' || c == '"' || c == '(' || c == '\\' || c == '<' || c == ',' {
				t.Errorf("%q has %q in it", text, c)
			}
		}
		if l, d, ok := address(local + "@" + domain); !ok || l != local || d != domain {
			t.Errorf("%q is not stable", text)
		}
		if emailKey(text) != emailKey(local+"@"+domain) {
			t.Errorf("%q cannot be found by its address", text)
		}
	})
}
