package authz

import (
	"strings"
	"testing"
)

// Long session policies are decided on like any other, and not kept: those who
// may assume a role could otherwise fill the memory with them.
func TestLongSessionPoliciesAreNotKept(t *testing.T) {
	e := New(Config{})
	const document = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	long := document + strings.Repeat(" ", maxRemembered)
	for _, d := range []string{document, long, long + " "} {
		if p := e.compile(d, "session policy", ""); p.Document() == nil {
			t.Errorf("a policy of %d bytes does not compile", len(d))
		}
	}
	if n := e.compiled.Len(); n != 1 {
		t.Errorf("%d policies are kept, want the short one", n)
	}
}
