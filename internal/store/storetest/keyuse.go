package storetest

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// KeyUses runs the kit for stores that remember the use of access keys.
func KeyUses(t *testing.T, open func(t *testing.T) (s iam.UseStore, reopen func() iam.UseStore)) {
	use := func(after time.Duration, service string) map[string]iam.KeyUse {
		return map[string]iam.KeyUse{"AKIA1": {At: epoch.Add(after), Service: service, Region: "eu-west-1"}}
	}
	cases := []struct {
		name, rule string
		saves      []map[string]iam.KeyUse
		want       map[string]iam.KeyUse
	}{
		{"unknown", "a key that was never used has no use", nil, nil},
		{"later", "a later use replaces an earlier one", []map[string]iam.KeyUse{use(0, "s3"), use(time.Hour, "sts")}, use(time.Hour, "sts")},
		{"earlier", "an earlier use that arrives late changes nothing", []map[string]iam.KeyUse{use(time.Hour, "sts"), use(0, "s3")}, use(time.Hour, "sts")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log("rule:", c.rule)
			s, reopen := open(t)
			for _, uses := range c.saves {
				if err := s.SaveKeyUses(t.Context(), uses); err != nil {
					t.Fatal(err)
				}
			}
			for _, state := range []func() iam.UseStore{func() iam.UseStore { return s }, reopen} {
				got, found, err := state().KeyUse(t.Context(), "AKIA1")
				want, wanted := c.want["AKIA1"]
				if err != nil || found != wanted {
					t.Fatalf("found %v, %v", found, err)
				}
				if d := gocmp.Diff(want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			}
		})
	}
}
