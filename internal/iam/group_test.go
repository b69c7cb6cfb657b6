package iam_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// withGroup makes a group and users that are in it.
func withGroup(t testing.TB, s *iam.Service, name string, users ...string) *iam.GroupEntry {
	t.Helper()
	g := must[*iam.GroupEntry](t)(s.CreateGroup(t.Context(), iam.NewGroup{Account: account, Name: name}))
	for _, u := range users {
		if _, known := view(t, s).UserByName(account, u); !known {
			must[*iam.UserEntry](t)(s.CreateUser(t.Context(), iam.NewUser{Account: account, Name: u}))
		}
		ok(t, s.AddUserToGroup(t.Context(), account, name, u))
	}
	return g
}

// inForce lists the policies of a user as "name (source)".
func inForce(t testing.TB, s *iam.Service, user string) []string {
	t.Helper()
	u, known := s.Snapshot().UserByName(account, user)
	if !known {
		t.Fatalf("no user %s", user)
	}
	return named(u.Policies)
}

func named(list []*policy.Policy) []string {
	names := []string{}
	for _, p := range list {
		names = append(names, strings.TrimSpace(p.Name()+" "+p.Source()))
	}
	return names
}

func TestCreateGroup(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory(), func(c *iam.Config) { c.Limits.Groups = 2 })
	g := must[*iam.GroupEntry](t)(s.CreateGroup(ctx, iam.NewGroup{Account: account, Name: "Staff", Path: "/a/"}))
	if g.ARN() != "arn:aws:iam::000000000000:group/a/Staff" || !strings.HasPrefix(g.ID, "AGPA") || len(g.ID) != 21 || g.Created.IsZero() {
		t.Errorf("group %+v %s", g.Group, g.ARN())
	}
	for _, c := range []struct {
		name string
		in   iam.NewGroup
		want error
	}{
		{"a name taken in another case is refused", iam.NewGroup{Account: account, Name: "sTAFF"}, &iam.AlreadyExists{Kind: iam.KindGroup, Name: "sTAFF"}},
		{"a name with a slash is refused", iam.NewGroup{Account: account, Name: "a/b"}, &iam.Invalid{Field: iam.FieldName, Value: "a/b"}},
		{"a name of 129 characters is refused", iam.NewGroup{Account: account, Name: strings.Repeat("g", 129)}, &iam.Invalid{Field: iam.FieldName, Value: strings.Repeat("g", 129)}},
		{"a path without its last slash is refused", iam.NewGroup{Account: account, Name: "x", Path: "/a"}, &iam.Invalid{Field: iam.FieldPath, Value: "/a"}},
		{"a name of 128 characters is accepted", iam.NewGroup{Account: account, Name: strings.Repeat("g", 128)}, nil},
		{"one more than the quota is refused", iam.NewGroup{Account: account, Name: "more"}, &iam.LimitExceeded{Quota: iam.QuotaGroups, Limit: 2, Kind: iam.KindGroup, Name: "more"}},
		{"the quota is the account's", iam.NewGroup{Account: "111111111111", Name: "Staff"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.CreateGroup(ctx, c.in)
			wantError(t, "CreateGroup", err, c.want)
		})
	}
	t.Run("a group and a user may bear the same name", func(t *testing.T) {
		must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "Staff"}))
	})
	if n := node(t, newMemory()).Limits().Groups; n != 300 {
		t.Errorf("the quota is %d", n)
	}
}

func TestGroupsAreFound(t *testing.T) {
	s := node(t, newMemory())
	deep := must[*iam.GroupEntry](t)(s.CreateGroup(t.Context(), iam.NewGroup{Account: account, Name: "deep", Path: "/a/b/"}))
	withGroup(t, s, "flat")
	v := view(t, s)
	for arn, want := range map[string]bool{
		deep.ARN(): true, "arn:aws:iam::000000000000:group/flat": true, "arn:aws:iam::000000000000:group/deep": false,
		"arn:aws:iam::000000000000:group/a/b/Deep": false, "arn:aws:iam::111111111111:group/flat": false,
		"arn:aws:iam::000000000000:user/flat": false, "flat": false, "": false,
	} {
		if _, found := v.GroupByARN(arn); found != want {
			t.Errorf("%q: found is %v", arn, found)
		}
	}
	if _, found := v.GroupByName(account, "FLAT"); found {
		t.Error("a group was found by its name in another case")
	}
	if got := v.Groups(account, "/a/"); len(got) != 1 || got[0].ID != deep.ID {
		t.Errorf("under /a/: %v", got)
	}
	t.Run("a group is no principal", func(t *testing.T) {
		if _, found := v.EntityID(deep.ARN()); found {
			t.Error("its ARN is that of a principal")
		}
		if _, found := v.CurrentARN(deep.ID); found {
			t.Error("its id is that of a principal")
		}
		in := role("r")
		in.Trust = trusting(deep.ID)
		if _, err := s.CreateRole(t.Context(), in); err == nil {
			t.Error("a role trusts a group")
		}
	})
}

func TestMembersHaveThePoliciesOfTheirGroups(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	s := node(t, store)
	withGroup(t, s, "staff", "bob")
	withGroup(t, s, "audit", "bob", "eve")
	p := must[*iam.PolicyEntry](t)(s.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "P", Document: allowS3})).ARN()
	bob, staff, audit := iam.UserOwner(account, "bob"), iam.GroupOwner(account, "staff"), iam.GroupOwner(account, "audit")
	ok(t, s.PutInlinePolicy(ctx, staff, "in", allowS3), s.AttachPolicy(ctx, staff, p), s.AttachPolicy(ctx, staff, p),
		s.PutInlinePolicy(ctx, audit, "in", denyS3), s.PutInlinePolicy(ctx, bob, "own", allowS3), s.AttachPolicy(ctx, bob, p))
	want := []string{"own", "P", "in group staff", "P group staff", "in group audit"}
	diff(t, "bob: its own, then by group", want, inForce(t, s, "bob"))
	diff(t, "eve", []string{"in group audit"}, inForce(t, s, "eve"))
	u, _ := s.Snapshot().UserByName(account, "bob")
	diff(t, "P by a group is the managed policy still", p, u.Policies[3].ARN())
	if len(u.MemberOf) != 2 || u.MemberOf[0].Name != "staff" {
		t.Errorf("bob is in %v", u.MemberOf)
	}
	t.Run("so does a node that starts", func(t *testing.T) { diff(t, "bob", want, inForce(t, node(t, store), "bob")) })
	t.Run("and one that follows", func(t *testing.T) {
		other := node(t, store)
		ok(t, s.DeleteInlinePolicy(ctx, staff, "in"))
		view(t, other)
		diff(t, "bob", []string{"own", "P", "P group staff", "in group audit"}, inForce(t, other, "bob"))
	})
	t.Run("a new default version counts at once", func(t *testing.T) {
		before, _ := s.Snapshot().UserByName(account, "bob")
		_, _, err := s.CreatePolicyVersion(ctx, p, denyS3, true)
		ok(t, err)
		after, _ := s.Snapshot().UserByName(account, "bob")
		for i := 1; i <= 2; i++ {
			if before.Policies[i] == after.Policies[i] || after.Policies[i].Document().Statement(0).Effect != policy.ExplicitDeny {
				t.Errorf("policy %d is the old one", i)
			}
		}
		if eve0, eve1 := before.MemberOf[1], after.MemberOf[1]; eve0 != eve1 {
			t.Error("a group without the policy was built again")
		}
	})
	t.Run("a rename of the group is in the source, and the members stay", func(t *testing.T) {
		ok(t, s.UpdateGroup(ctx, account, "audit", "watch", "/w/"))
		diff(t, "eve", []string{"in group watch"}, inForce(t, s, "eve"))
		if _, found := view(t, s).GroupByARN("arn:aws:iam::000000000000:group/w/watch"); !found {
			t.Error("not found by its new ARN")
		}
		must[*iam.GroupEntry](t)(s.CreateGroup(ctx, iam.NewGroup{Account: account, Name: "audit"}))
		diff(t, "a new group under the old name is empty", 0, len(view(t, s).Members(must[*iam.GroupEntry](t)(view(t, s).Group(account, "audit")).ID)))
	})
	t.Run("a rename of the user keeps its groups", func(t *testing.T) {
		ok(t, s.UpdateUser(ctx, account, "bob", "rob", ""))
		diff(t, "rob", []string{"own", "P", "P group staff", "in group watch"}, inForce(t, s, "rob"))
	})
	t.Run("who leaves loses them", func(t *testing.T) {
		ok(t, s.RemoveUserFromGroup(ctx, account, "staff", "rob"))
		diff(t, "rob", []string{"own", "P", "in group watch"}, inForce(t, s, "rob"))
	})
	t.Run("the use of a policy counts groups", func(t *testing.T) {
		diff(t, "uses", iam.PolicyUse{Attached: 2}, view(t, s).PolicyUses()[p])
		ok(t, s.DetachPolicy(ctx, iam.UserOwner(account, "rob"), p))
		wantError(t, "DeletePolicy", s.DeletePolicy(ctx, p), &iam.InUse{Kind: iam.KindPolicy, Name: p, By: iam.UseEntities})
	})
}

func TestMembership(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	g := withGroup(t, s, "staff", "bob", "ann")
	var members []string
	for _, u := range view(t, s).Members(g.ID) {
		members = append(members, u.Name)
	}
	diff(t, "members by name", []string{"ann", "bob"}, members)

	before := view(t, s).Version()
	ok(t, s.AddUserToGroup(ctx, account, "staff", "bob"))
	ok(t, s.RemoveUserFromGroup(ctx, account, "staff", "ann"), s.RemoveUserFromGroup(ctx, account, "staff", "ann"))
	diff(t, "what changes nothing writes nothing", before+1, view(t, s).Version())

	for name, err := range map[string]error{
		"AddUserToGroup":      s.AddUserToGroup(ctx, account, "none", "bob"),
		"RemoveUserFromGroup": s.RemoveUserFromGroup(ctx, account, "none", "bob"),
		"UpdateGroup":         s.UpdateGroup(ctx, account, "none", "x", ""),
		"DeleteGroup":         s.DeleteGroup(ctx, account, "none"),
		"PutInlinePolicy":     s.PutInlinePolicy(ctx, iam.GroupOwner(account, "none"), "p", allowS3),
	} {
		wantError(t, name, err, &iam.NotFound{Kind: iam.KindGroup, Name: "none"})
	}
	wantError(t, "add nobody", s.AddUserToGroup(ctx, account, "staff", "none"), &iam.NotFound{Kind: iam.KindUser, Name: "none"})
	wantError(t, "remove nobody", s.RemoveUserFromGroup(ctx, account, "staff", "none"), &iam.NotFound{Kind: iam.KindUser, Name: "none"})
	wantError(t, "of another account", s.AddUserToGroup(ctx, "111111111111", "staff", "bob"), &iam.NotFound{Kind: iam.KindGroup, Name: "staff"})

	t.Run("an eleventh group is refused", func(t *testing.T) {
		for n := range 9 {
			withGroup(t, s, fmt.Sprint("g", n), "bob")
		}
		withGroup(t, s, "g9")
		wantError(t, "add", s.AddUserToGroup(ctx, account, "g9", "bob"), &iam.LimitExceeded{Quota: iam.QuotaGroupsPerUser, Limit: 10, Kind: iam.KindUser, Name: "bob"})
		ok(t, s.AddUserToGroup(ctx, account, "g8", "bob")) // it is in it
		ok(t, s.RemoveUserFromGroup(ctx, account, "g0", "bob"), s.AddUserToGroup(ctx, account, "g9", "bob"))
	})
}

func TestGroupsAreKeptTogether(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	withGroup(t, s, "staff", "bob")
	staff := iam.GroupOwner(account, "staff")
	ok(t, s.PutInlinePolicy(ctx, staff, "in", allowS3), s.AttachPolicy(ctx, staff, admin))
	long := func(n int) string {
		return strings.Replace(allowS3, `"*"}`, `"arn:aws:s3:::`+strings.Repeat("b", n)+`"}`, 1)
	}
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"a user in a group", s.DeleteUser(ctx, account, "bob"), &iam.InUse{Kind: iam.KindUser, Name: "bob", By: iam.UseGroups}},
		{"a group with members", s.DeleteGroup(ctx, account, "staff"), &iam.InUse{Kind: iam.KindGroup, Name: "staff", By: iam.UseMembers}},
		{"a second name that is taken", func() error { withGroup(t, s, "Other"); return s.UpdateGroup(ctx, account, "staff", "OTHER", "") }(), &iam.AlreadyExists{Kind: iam.KindGroup, Name: "OTHER"}},
		{"a bad name", s.UpdateGroup(ctx, account, "staff", "a b", ""), &iam.Invalid{Field: iam.FieldName, Value: "a b"}},
		{"a bad path", s.UpdateGroup(ctx, account, "staff", "", "x"), &iam.Invalid{Field: iam.FieldPath, Value: "x"}},
		{"more inline policies than fit", s.PutInlinePolicy(ctx, staff, "long", long(5000)), &iam.LimitExceeded{Quota: iam.QuotaInlineSize, Limit: 5120, Kind: iam.KindGroup, Name: "staff"}},
		{"an inline policy that is not there", s.DeleteInlinePolicy(ctx, staff, "no"), &iam.NotFound{Kind: iam.KindInlinePolicy, Name: "no", Owner: iam.KindGroup}},
		{"a boundary of a group", s.PutBoundary(ctx, staff, admin), errors.New("iam: a group has neither boundary nor tags")},
		{"tags of a group", s.Tag(ctx, staff, []iam.Tag{{Key: "k"}}), errors.New("iam: a group has neither boundary nor tags")},
	} {
		t.Run(c.name+" is refused", func(t *testing.T) { wantError(t, "answer", c.err, c.want) })
	}
	ok(t, s.PutInlinePolicy(ctx, staff, "long", long(4800)))
	t.Run("its own name in another case is a rename", func(t *testing.T) {
		ok(t, s.UpdateGroup(ctx, account, "staff", "STAFF", ""), s.UpdateGroup(ctx, account, "STAFF", "staff", ""))
	})
	t.Run("an eleventh attached policy is refused", func(t *testing.T) {
		var arns []string
		for n := range 10 {
			q := must[*iam.PolicyEntry](t)(s.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: fmt.Sprint("q", n), Document: allowS3})).ARN()
			arns = append(arns, q)
			if n < 9 {
				ok(t, s.AttachPolicy(ctx, staff, q))
			}
		}
		wantError(t, "attach", s.AttachPolicy(ctx, staff, arns[9]), &iam.LimitExceeded{Quota: iam.QuotaGroupPolicies, Limit: 10, Kind: iam.KindGroup, Name: "staff"})
		ok(t, s.DetachPolicy(ctx, staff, admin))
		for _, arn := range arns[:9] {
			ok(t, s.DetachPolicy(ctx, staff, arn))
		}
		ok(t, s.AttachPolicy(ctx, staff, admin))
	})
	t.Run("a group is deleted once all is gone", func(t *testing.T) {
		ok(t, s.RemoveUserFromGroup(ctx, account, "staff", "bob"))
		wantError(t, "attached", s.DeleteGroup(ctx, account, "staff"), &iam.InUse{Kind: iam.KindGroup, Name: "staff", By: iam.UseAttached})
		ok(t, s.DetachPolicy(ctx, staff, admin))
		wantError(t, "inline", s.DeleteGroup(ctx, account, "staff"), &iam.InUse{Kind: iam.KindGroup, Name: "staff", By: iam.UseInline})
		ok(t, s.DeleteInlinePolicy(ctx, staff, "in"), s.DeleteInlinePolicy(ctx, staff, "long"), s.DeleteGroup(ctx, account, "staff"))
		if _, err := view(t, s).Group(account, "staff"); err == nil {
			t.Error("still there")
		}
		ok(t, s.DeleteUser(ctx, account, "bob"))
	})
}

// TestGroupsHoldBetweenNodes races what must not both happen on two nodes.
func TestGroupsHoldBetweenNodes(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	a, b := node(t, store), node(t, store)
	for n := range 20 {
		group, user := fmt.Sprint("g", n), fmt.Sprint("u", n)
		withGroup(t, a, group)
		must[*iam.UserEntry](t)(a.CreateUser(ctx, iam.NewUser{Account: account, Name: user}))
		var wg sync.WaitGroup
		var joined, deleted error
		wg.Go(func() { joined = a.AddUserToGroup(ctx, account, group, user) })
		wg.Go(func() { deleted = b.DeleteGroup(ctx, account, group) })
		wg.Wait()
		if (joined == nil) == (deleted == nil) {
			t.Fatalf("joined: %v, deleted: %v", joined, deleted)
		}
		for _, s := range []*iam.Service{a, b, node(t, store)} {
			u := must[*iam.UserEntry](t)(view(t, s).User(account, user))
			if u.Broken != nil || (joined == nil) != (len(u.MemberOf) == 1) {
				t.Errorf("joined: %v, user %+v", joined, u)
			}
		}
	}
	t.Run("names swapped between two looks are each their group's", func(t *testing.T) {
		x, y := withGroup(t, a, "x"), withGroup(t, a, "y")
		view(t, b)
		ok(t, a.UpdateGroup(ctx, account, "x", "z", ""), a.UpdateGroup(ctx, account, "y", "x", ""), a.UpdateGroup(ctx, account, "z", "y", ""))
		v := view(t, b)
		gotX, gotY := must[*iam.GroupEntry](t)(v.Group(account, "x")), must[*iam.GroupEntry](t)(v.Group(account, "y"))
		if gotX.ID != y.ID || gotY.ID != x.ID {
			t.Errorf("x is %s, y is %s", gotX.ID, gotY.ID)
		}
		if _, err := v.Group(account, "z"); err == nil {
			t.Error("z is still there")
		}
	})
}

func TestABrokenGroupDeniesItsMembersEverything(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	first := node(t, store)
	g := withGroup(t, first, "staff", "bob")
	withGroup(t, first, "fine", "ann")
	ok(t, first.PutInlinePolicy(ctx, iam.GroupOwner(account, "staff"), "bad", denyS3), first.PutInlinePolicy(ctx, iam.UserOwner(account, "bob"), "own", allowS3))
	ref := iam.Ref{Kind: iam.KindGroup, ID: g.ID}
	stored := store.rows[ref].(iam.Group)
	stored.Inline = []iam.InlinePolicy{{Name: "bad", Document: "{"}}
	store.rows[ref] = stored

	s := node(t, store)
	bob, ann := must[*iam.UserEntry](t)(view(t, s).User(account, "bob")), must[*iam.UserEntry](t)(view(t, s).User(account, "ann"))
	if bob.Broken == nil || bob.Policies != nil || ann.Broken != nil {
		t.Errorf("bob %+v, ann %+v", bob, ann)
	}
	t.Run("writing the policy again mends them", func(t *testing.T) {
		ok(t, s.PutInlinePolicy(ctx, iam.GroupOwner(account, "staff"), "bad", denyS3))
		diff(t, "bob", []string{"own", "bad group staff"}, inForce(t, s, "bob"))
	})
	t.Run("a group that is gone cannot be trusted not to deny", func(t *testing.T) {
		delete(store.rows, ref)
		if bob := must[*iam.UserEntry](t)(view(t, node(t, store)).User(account, "bob")); bob.Broken == nil || bob.Policies != nil {
			t.Errorf("bob %+v", bob)
		}
	})
}

func TestMembersShareWhatTheirGroupCompiled(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	withGroup(t, s, "staff", "bob", "ann")
	staff := iam.GroupOwner(account, "staff")
	ok(t, s.PutInlinePolicy(ctx, staff, "one", allowS3), s.PutInlinePolicy(ctx, iam.UserOwner(account, "bob"), "own", allowS3))
	before := view(t, s)
	ok(t, s.PutInlinePolicy(ctx, staff, "two", denyS3))
	after := view(t, s)
	user := func(v *iam.View, name string) *iam.UserEntry { return must[*iam.UserEntry](t)(v.User(account, name)) }
	if user(after, "bob").Policies[1] != user(after, "ann").Policies[0] {
		t.Error("two members have two copies")
	}
	if user(before, "bob").Policies[0] != user(after, "bob").Policies[0] || user(before, "ann").Policies[0] != user(after, "ann").Policies[0] {
		t.Error("a document that did not change was compiled again")
	}
	diff(t, "the old view", []string{"one group staff"}, named(user(before, "ann").Policies))
}
