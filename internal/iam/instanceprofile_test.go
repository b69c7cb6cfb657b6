package iam_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/rockpool-id/rockpool/internal/iam"
)

func TestInstanceProfiles(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	s := node(t, store, func(c *iam.Config) { c.Limits.InstanceProfiles = 2 })
	r := must[*iam.RoleEntry](t)(s.CreateRole(ctx, role("r")))
	must[*iam.RoleEntry](t)(s.CreateRole(ctx, role("other")))
	p := must[*iam.InstanceProfile](t)(s.CreateInstanceProfile(ctx, iam.NewInstanceProfile{Account: account, Name: "Web", Path: "/a/", Tags: []iam.Tag{{Key: "k", Value: "v"}}}))
	if p.ARN() != "arn:aws:iam::000000000000:instance-profile/a/Web" || !strings.HasPrefix(p.ID, "AIPA") || len(p.ID) != 21 || p.RoleID != "" {
		t.Errorf("profile %+v %s", p, p.ARN())
	}
	none := &iam.NotFound{Kind: iam.KindInstanceProfile, Name: "web"}
	_, lookup := view(t, s).InstanceProfile(account, "web")
	_, taken := s.CreateInstanceProfile(ctx, iam.NewInstanceProfile{Account: account, Name: "wEB"})
	_, badName := s.CreateInstanceProfile(ctx, iam.NewInstanceProfile{Account: account, Name: "a b"})
	must[*iam.InstanceProfile](t)(s.CreateInstanceProfile(ctx, iam.NewInstanceProfile{Account: account, Name: strings.Repeat("p", 128)}))
	_, full := s.CreateInstanceProfile(ctx, iam.NewInstanceProfile{Account: account, Name: "third"})
	ok(t, s.AddRoleToInstanceProfile(ctx, account, "Web", "r"))
	var many []iam.Tag
	for n := range 50 {
		many = append(many, iam.Tag{Key: fmt.Sprint("k", n)})
	}
	one := &iam.LimitExceeded{Quota: iam.QuotaProfileRoles, Limit: 1, Kind: iam.KindInstanceProfile, Name: "Web"}
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"a name in another case", lookup, none},
		{"a name that is taken in another case", taken, &iam.AlreadyExists{Kind: iam.KindInstanceProfile, Name: "wEB"}},
		{"a name with a space", badName, &iam.Invalid{Field: iam.FieldName, Value: "a b"}},
		{"one more than the quota", full, &iam.LimitExceeded{Quota: iam.QuotaInstanceProfiles, Limit: 2, Kind: iam.KindInstanceProfile, Name: "third"}},
		{"a second role", s.AddRoleToInstanceProfile(ctx, account, "Web", "other"), one},
		{"its role again", s.AddRoleToInstanceProfile(ctx, account, "Web", "r"), one},
		{"a role that does not exist", s.AddRoleToInstanceProfile(ctx, account, "Web", "none"), &iam.NotFound{Kind: iam.KindRole, Name: "none"}},
		{"removing a role that is not in it", s.RemoveRoleFromInstanceProfile(ctx, account, "Web", "other"), &iam.NotFound{Kind: iam.KindRole, Name: "other"}},
		{"deleting one with a role", s.DeleteInstanceProfile(ctx, account, "Web"), &iam.InUse{Kind: iam.KindInstanceProfile, Name: "Web", By: iam.UseInstanceProfile}},
		{"deleting its role", s.DeleteRole(ctx, account, "r"), &iam.InUse{Kind: iam.KindRole, Name: "r", By: iam.UseInstanceProfile}},
		{"51 tags", s.TagInstanceProfile(ctx, account, "Web", many), &iam.LimitExceeded{Quota: iam.QuotaTags, Limit: 50, Kind: iam.KindInstanceProfile, Name: "Web"}},
		{"tagging one that does not exist", s.TagInstanceProfile(ctx, account, "web", nil), none},
	} {
		t.Run(c.name+" is refused", func(t *testing.T) { wantError(t, "answer", c.err, c.want) })
	}
	ok(t, s.TagInstanceProfile(ctx, account, "Web", []iam.Tag{{Key: "K", Value: "w"}, {Key: "l"}}), s.UntagInstanceProfile(ctx, account, "Web", []string{"L", "m"}))
	for what, v := range map[string]*iam.View{"this node": view(t, s), "a node that starts": view(t, node(t, store))} {
		got := must[*iam.InstanceProfile](t)(v.InstanceProfile(account, "Web"))
		diff(t, what+": tags", []iam.Tag{{Key: "K", Value: "w"}}, got.Tags)
		if of := v.ProfilesOfRole(r.ID); len(of) != 1 || of[0].ID != p.ID || got.RoleID != r.ID {
			t.Errorf("%s: the role is in %v", what, of)
		}
		if under := v.InstanceProfiles(account, "/a/"); len(under) != 1 || under[0].ID != p.ID {
			t.Errorf("%s: under /a/ is %v", what, under)
		}
	}
	other := node(t, store)
	ok(t, s.RemoveRoleFromInstanceProfile(ctx, account, "Web", "r"), s.DeleteInstanceProfile(ctx, account, "Web"), s.DeleteRole(ctx, account, "r"))
	wantError(t, "delete again", s.DeleteInstanceProfile(ctx, account, "Web"), &iam.NotFound{Kind: iam.KindInstanceProfile, Name: "Web"})
	if n := len(view(t, other).InstanceProfiles(account, "/")); n != 1 {
		t.Errorf("a node that follows has %d profiles", n)
	}
	must[*iam.InstanceProfile](t)(s.CreateInstanceProfile(ctx, iam.NewInstanceProfile{Account: account, Name: "WEB"}))
}

func TestAccountAliases(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	s, other := node(t, store), node(t, store)
	const stranger = "111111111111"
	ok(t, s.CreateAccountAlias(ctx, account, "my-company"), s.CreateAccountAlias(ctx, account, "my-company-2"), s.CreateAccountAlias(ctx, stranger, "my-company"))
	diff(t, "the newest counts", "my-company-2", view(t, s).AccountAlias(account))
	diff(t, "on other nodes too", "my-company-2", view(t, other).AccountAlias(account))
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"an alias of another account", s.CreateAccountAlias(ctx, account, "my-company"), &iam.AlreadyExists{Kind: iam.KindAccountAlias, Name: "my-company"}},
		{"its own alias again", other.CreateAccountAlias(ctx, account, "my-company-2"), &iam.AlreadyExists{Kind: iam.KindAccountAlias, Name: "my-company-2"}},
		{"deleting one that it does not have", s.DeleteAccountAlias(ctx, account, "my-company"), &iam.NotFound{Kind: iam.KindAccountAlias, Name: "my-company"}},
		{"deleting the empty one", s.DeleteAccountAlias(ctx, "222222222222", ""), &iam.NotFound{Kind: iam.KindAccountAlias}},
		{"deleting nothing", s.DeleteAccountAlias(ctx, "222222222222", "x"), &iam.NotFound{Kind: iam.KindAccountAlias, Name: "x"}},
	} {
		t.Run(c.name+" is refused", func(t *testing.T) { wantError(t, "answer", c.err, c.want) })
	}
	ok(t, other.DeleteAccountAlias(ctx, account, "my-company-2"))
	diff(t, "it is gone", "", view(t, s).AccountAlias(account))
	ok(t, s.CreateAccountAlias(ctx, account, "my-company-2"))
	diff(t, "and comes back", "my-company-2", view(t, other).AccountAlias(account))
	for alias, want := range map[string]bool{"abc": true, "a-c": true, "123": true, strings.Repeat("a", 63): true,
		"": false, "ab": false, "-bc": false, "ab-": false, "a--c": false, "Abc": false, "a_c": false, "a.c": false, "äbc": false, strings.Repeat("a", 64): false} {
		if err := s.CreateAccountAlias(ctx, account, alias); (err == nil) != want {
			t.Errorf("alias %q: %v", alias, err)
		}
	}
	t.Run("an alias is given once however many accounts ask", func(t *testing.T) {
		var wg sync.WaitGroup
		won := make(chan bool, 8)
		for n := range cap(won) {
			wg.Go(func() {
				if err := []*iam.Service{s, other}[n%2].CreateAccountAlias(ctx, fmt.Sprintf("%012d", n+1), "raced"); err == nil {
					won <- true
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Errorf("given %d times", len(won))
		}
	})
}
