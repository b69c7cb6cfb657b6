package testenv_test

import (
	"testing"

	"github.com/rockpool-id/rockpool/internal/pretend"
)

// TestAMergeAndItsWayBack: two people's identities become one by a sign-in with
// both logins, and an administrator takes them apart.
func TestAMergeAndItsWayBack(t *testing.T) {
	v := newVillage(t, nil)
	token := made(t)
	person := pretend.MadeUp()[0].Email
	apple := token(v.apple.MintIDToken(person, appleBundle, pretend.TokenOptions{}))
	user := token(v.users.MintIDToken(person, "webclient", pretend.TokenOptions{}))
	first := v.signIn("appleid.apple.com", apple)
	second := v.signIn(userPoolName, user)
	if first == second {
		t.Fatal("two logins are one identity before anybody said so")
	}
	both := map[string]string{"appleid.apple.com": apple, userPoolName: user}

	// What would happen is foreseen, and nothing happens by looking.
	var foreseen struct {
		SignsIn    bool
		IdentityId string
	}
	own(t, v.Root(), "SimulateLogin", map[string]any{"IdentityPoolId": v.pool, "Logins": both}).JSON(t, &foreseen)
	if !foreseen.SignsIn || foreseen.IdentityId != first {
		t.Errorf("rehearsed: %+v, want the older identity %s", foreseen, first)
	}
	if again := v.signIn(userPoolName, user); again != second {
		t.Error("a rehearsal merged identities")
	}

	var id struct{ IdentityId string }
	v.Anonymous().Cognito(t, "GetId", map[string]any{"IdentityPoolId": v.pool, "Logins": both}).JSON(t, &id)
	if id.IdentityId != first {
		t.Errorf("merged into %s, want the older %s", id.IdentityId, first)
	}
	if again := v.signIn(userPoolName, user); again != first {
		t.Error("the login did not move")
	}
	var described struct {
		Identity struct{ Logins []struct{ Provider string } }
	}
	own(t, v.Root(), "DescribeIdentityLogins", map[string]any{"IdentityId": first}).JSON(t, &described)
	if len(described.Identity.Logins) != 2 {
		t.Errorf("after the merge: %+v", described)
	}

	var undone struct {
		Identity struct{ IdentityId, State string }
	}
	own(t, v.Root(), "UndoIdentityMerge", map[string]any{"IdentityId": second}).JSON(t, &undone)
	if undone.Identity.IdentityId != second || undone.Identity.State != "authenticated" {
		t.Errorf("undone: %+v", undone)
	}
	if a, b := v.signIn("appleid.apple.com", apple), v.signIn(userPoolName, user); a != first || b != second {
		t.Errorf("apart again: %s and %s, want %s and %s", a, b, first, second)
	}
	refused(t, "twice", own(t, v.Root(), "UndoIdentityMerge", map[string]any{"IdentityId": second}), 400, "ResourceConflictException", "was not merged")
}
