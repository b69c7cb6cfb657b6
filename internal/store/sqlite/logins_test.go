package sqlite

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestLogins holds that whatever is written as logins is read back.
func TestLogins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		created := rapid.Int64Range(0, 1<<50).Draw(t, "created")
		want := rapid.SliceOf(rapid.Custom(func(t *rapid.T) rowLogin {
			return rowLogin{
				provider:   rapid.Int64Range(1, 1<<40).Draw(t, "provider"),
				subject:    string(rapid.SliceOf(rapid.Byte()).Draw(t, "subject")),
				linked:     rapid.Int64Range(0, 1<<50).Draw(t, "linked"),
				remembered: rapid.Int64Range(0, 1<<50).Draw(t, "remembered"),
			}
		})).Draw(t, "logins")
		got := []rowLogin{}
		if err := readLogins(loginsText(want, created), created, func(l rowLogin) { got = append(got, l) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(rowLogin{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzReadLogins(f *testing.F) {
	for _, seed := range []string{"", "1 0 0 3 abc", "1 -5 1700000000000 0 2 0 0 1 x", "1 0 0 4 abc", "1 0 0 -1 ", "1 0 0", "x 0 0 0 ", "1 0 0 9999999999999999999 "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var list []rowLogin
		if err := readLogins(text, 0, func(l rowLogin) { list = append(list, l) }); err != nil {
			if !errors.Is(err, errLogins) {
				t.Errorf("got %v", err)
			}
			return
		}
		var again []rowLogin
		if err := readLogins(loginsText(list, 0), 0, func(l rowLogin) { again = append(again, l) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, again, cmp.AllowUnexported(rowLogin{})); diff != "" {
			t.Error(diff)
		}
	})
}
