package iam_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/iam"
)

func TestTrustPrincipalsMustExist(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	bob := must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "bob", Path: "/p/"}))
	must[*iam.RoleEntry](t)(s.CreateRole(ctx, role("app")))
	cases := []struct {
		name      string
		principal string
		exists    bool
	}{
		{"the account root exists", "arn:aws:iam::000000000000:root", true},
		{"an account id exists", "111122223333", true},
		{"everyone exists", "*", true},
		{"a user under its path exists", "arn:aws:iam::000000000000:user/p/bob", true},
		{"a user without its path does not", "arn:aws:iam::000000000000:user/bob", false},
		{"a user in another case does not", "arn:aws:iam::000000000000:user/p/BOB", false},
		{"a user of another account does not", "arn:aws:iam::111122223333:user/p/bob", false},
		{"a role exists", "arn:aws:iam::000000000000:role/app", true},
		{"a role wildcard does not", "arn:aws:iam::000000000000:role/*", false},
		{"a session of a role exists", "arn:aws:sts::000000000000:assumed-role/app/s", true},
		{"a session wildcard does not", "arn:aws:sts::000000000000:assumed-role/app/*", false},
		{"a session of no role does not", "arn:aws:sts::000000000000:assumed-role/no/s", false},
		{"a federated user exists", "arn:aws:sts::000000000000:federated-user/f", true},
		{"a unique id of a user exists", bob.ID, true},
		{"a unique id of nobody does not", "AIDAAAAAAAAAAAAAAAAAA", false},
		{"another service's ARN does not", "arn:aws:s3:::bucket", false},
		{"a root with a path does not", "arn:aws:iam::000000000000:root/x", false},
		{"a word does not", "bob", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := s.UpdateTrust(ctx, account, "app", trusting(c.principal))
			if c.exists {
				ok(t, err)
				return
			}
			// Form is the engine's business, existence is ours; the caller
			// reads the same sentence.
			missing, isMissing := errors.AsType[*iam.InvalidPrincipal](err)
			malformed, isMalformed := errors.AsType[*iam.MalformedPolicy](err)
			switch {
			case isMissing && missing.ARN == c.principal:
			case isMalformed && malformed.Cause.Message == `Invalid principal in policy: "AWS":"`+c.principal+`"`:
			default:
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTrustIsBoundToUniqueIDs(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	s := node(t, store)
	bob := must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "bob"}))
	text := "  " + trusting(bob.ARN(), "000000000000")
	in := role("r")
	in.Trust = text
	must[*iam.RoleEntry](t)(s.CreateRole(ctx, in))
	shown := func(s *iam.Service) string {
		v := view(t, s)
		return v.TrustDocument(&must[*iam.RoleEntry](t)(v.Role(account, "r")).Role)
	}
	if got := shown(s); got != text {
		t.Errorf("shown as %s, want it byte for byte", got)
	}
	r, _ := s.Snapshot().RoleByName(account, "r")
	diff(t, "bindings", map[string]string{bob.ARN(): bob.ID}, r.TrustBindings)

	t.Run("a renamed user is shown under its new name", func(t *testing.T) {
		ok(t, s.UpdateUser(ctx, account, "bob", "rob", "/new/"))
		want := strings.Replace(text, bob.ARN(), "arn:aws:iam::000000000000:user/new/rob", 1)
		if got := shown(s); got != want {
			t.Errorf("shown as %s", got)
		}
		if got := shown(node(t, store)); got != want {
			t.Errorf("after a restart shown as %s", got)
		}
	})
	t.Run("a user made under the old name does not match", func(t *testing.T) {
		heir := must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "bob"}))
		if heir.ID == bob.ID {
			t.Error("a unique id was used twice")
		}
		if strings.Contains(shown(s), heir.ARN()) {
			t.Errorf("the heir is trusted: %s", shown(s))
		}
	})
	t.Run("a deleted user shows as its raw id, and writing that back is refused", func(t *testing.T) {
		ok(t, s.DeleteUser(ctx, account, "rob"))
		if got := shown(s); got != strings.Replace(text, bob.ARN(), bob.ID, 1) {
			t.Errorf("shown as %s", got)
		}
		wantError(t, "UpdateTrust", s.UpdateTrust(ctx, account, "r", shown(s)), &iam.InvalidPrincipal{ARN: bob.ID})
	})
}

func FuzzTrustPrincipal(f *testing.F) {
	s := node(f, newMemory())
	if _, err := s.CreateUser(f.Context(), iam.NewUser{Account: account, Name: "bob"}); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"*", "arn:aws:iam::000000000000:user/bob", "arn:aws:sts::000000000000:federated-user/f", "arn:aws:iam::1:root", "AIDA", "arn:aws:sts::000000000000:assumed-role/r/*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, p string) {
		in := role("fuzzed")
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p)
		in.Trust = trusting(quoted)
		r, err := s.CreateRole(t.Context(), in)
		if err != nil {
			return
		}
		defer func() { ok(t, s.DeleteRole(t.Context(), account, "fuzzed")) }()
		// What is accepted has no partial wildcard, and what is bound is bound to
		// something that exists.
		if p != "*" && strings.ContainsAny(p, "*?") {
			t.Errorf("accepted principal %q with a wildcard", p)
		}
		for arn, id := range r.TrustBindings {
			if now, exists := s.Snapshot().CurrentARN(id); !exists || now != arn && id != arn {
				t.Errorf("%q is bound to %q, which is %q", arn, id, now)
			}
		}
		if got := view(t, s).TrustDocument(&r.Role); got != in.Trust && len(r.TrustBindings) == 0 {
			t.Errorf("shown as %q, written as %q", got, in.Trust)
		}
	})
}
