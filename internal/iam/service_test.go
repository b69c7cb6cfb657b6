package iam_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/policy"
)

func TestCreateRole(t *testing.T) {
	s := node(t, newMemory(), func(c *iam.Config) { c.Limits.Roles = 3 })
	in := role("App")
	in.Path, in.Description, in.MaxSession, in.Boundary = "/team/", "d", 2*time.Hour, admin
	in.Tags = []iam.Tag{{Key: "Team", Value: "x"}}
	got := must[*iam.RoleEntry](t)(s.CreateRole(t.Context(), in))
	if got.ARN() != "arn:aws:iam::000000000000:role/team/App" || !strings.HasPrefix(got.ID, "AROA") || len(got.ID) != 21 {
		t.Errorf("role is %s, %s", got.ARN(), got.ID)
	}
	if got.TrustPolicy == nil || got.BoundaryPolicy == nil || got.Broken != nil {
		t.Errorf("not compiled: %+v", got)
	}
	v := s.Snapshot()
	if r, ok := v.RoleByARN(got.ARN()); !ok || r != got {
		t.Error("not found by ARN")
	}
	if r, ok := v.RoleByName(account, "App"); !ok || r != got {
		t.Error("not found by name")
	}
	if _, ok := v.RoleByName(account, "APP"); ok {
		t.Error("found by a name in another case")
	}
	if _, ok := v.RoleByARN("arn:aws:iam::000000000000:role/App"); ok {
		t.Error("found by an ARN without its path")
	}

	cases := []struct {
		name   string
		change func(*iam.NewRole)
		want   error
	}{
		{"a name that is taken in another case is refused", func(r *iam.NewRole) { r.Name = "aPP" }, &iam.AlreadyExists{Kind: iam.KindRole, Name: "aPP"}},
		{"a name with a slash is refused", func(r *iam.NewRole) { r.Name = "a/b" }, &iam.Invalid{Field: iam.FieldName, Value: "a/b"}},
		{"a name of 65 characters is refused", func(r *iam.NewRole) { r.Name = strings.Repeat("a", 65) }, &iam.Invalid{Field: iam.FieldName, Value: strings.Repeat("a", 65)}},
		{"a path without its closing slash is refused", func(r *iam.NewRole) { r.Path = "/a" }, &iam.Invalid{Field: iam.FieldPath, Value: "/a"}},
		{"a path with a space is refused", func(r *iam.NewRole) { r.Path = "/a b/" }, &iam.Invalid{Field: iam.FieldPath, Value: "/a b/"}},
		{"a tag with a character AWS does not know is refused", func(r *iam.NewRole) { r.Tags = []iam.Tag{{Key: "a!"}} }, &iam.Invalid{Field: iam.FieldTagKey, Value: "a!"}},
		{"a session of more than twelve hours is refused", func(r *iam.NewRole) { r.MaxSession = 13 * time.Hour }, &iam.Invalid{Field: iam.FieldDuration, Value: "13h0m0s"}},
		{"a boundary that does not exist is refused", func(r *iam.NewRole) { r.Boundary = "arn:aws:iam::aws:policy/No" }, &iam.NotAttachable{ARN: "arn:aws:iam::aws:policy/No", Boundary: true}},
		{"a boundary that is no policy is refused", func(r *iam.NewRole) { r.Boundary = "arn:aws:iam::aws:role/No" }, &iam.Invalid{Field: iam.FieldBoundary, Value: "arn:aws:iam::aws:role/No"}},
		{"a tag given twice in different case is refused", func(r *iam.NewRole) { r.Tags = []iam.Tag{{Key: "a"}, {Key: "A"}} }, &iam.Invalid{Field: iam.FieldTagTwice, Value: "A"}},
		{"a reserved tag is refused", func(r *iam.NewRole) { r.Tags = []iam.Tag{{Key: "AWS:x"}} }, &iam.Invalid{Field: iam.FieldTagReserved, Value: "AWS:x"}},
		{"a trust policy that is too long is refused", func(r *iam.NewRole) {
			r.Trust = strings.Replace(cognito, `"p"`, `"`+strings.Repeat("p", 2048)+`"`, 1)
		}, &iam.LimitExceeded{Quota: iam.QuotaTrustSize, Limit: 2048, Kind: iam.KindRole, Name: "x"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := role("x")
			c.change(&in)
			_, err := s.CreateRole(t.Context(), in)
			wantError(t, "CreateRole", err, c.want)
		})
	}
	t.Run("a trust policy that does not parse is refused with AWS's sentence", func(t *testing.T) {
		in := role("x")
		in.Trust = "{"
		_, err := s.CreateRole(t.Context(), in)
		if e, is := errors.AsType[*iam.MalformedPolicy](err); !is || e.Cause.Message != "This policy contains invalid Json" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the quota of roles is kept", func(t *testing.T) {
		must[*iam.RoleEntry](t)(s.CreateRole(t.Context(), role("two")))
		must[*iam.RoleEntry](t)(s.CreateRole(t.Context(), role("three")))
		_, err := s.CreateRole(t.Context(), role("four"))
		wantError(t, "CreateRole", err, &iam.LimitExceeded{Quota: iam.QuotaRoles, Limit: 3, Kind: iam.KindRole, Name: "four"})
	})
}

func TestUpdateRole(t *testing.T) {
	s := node(t, newMemory())
	must[*iam.RoleEntry](t)(s.CreateRole(t.Context(), role("r")))
	text, long := "new", 3*time.Hour
	r := must[*iam.RoleEntry](t)(s.UpdateRole(t.Context(), account, "r", iam.RoleChange{MaxSession: &long}))
	if r.Description != "" || r.MaxSession != long {
		t.Errorf("omitted description changed: %+v", r.Role)
	}
	r = must[*iam.RoleEntry](t)(s.UpdateRole(t.Context(), account, "r", iam.RoleChange{Description: &text}))
	if r.Description != text || r.MaxSession != long {
		t.Errorf("omitted duration changed: %+v", r.Role)
	}
	_, err := s.UpdateRole(t.Context(), account, "gone", iam.RoleChange{})
	wantError(t, "UpdateRole", err, &iam.NotFound{Kind: iam.KindRole, Name: "gone"})
}

func TestPolicies(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	must[*iam.RoleEntry](t)(s.CreateRole(ctx, role("r")))
	o := iam.RoleOwner(account, "r")
	p := must[*iam.PolicyEntry](t)(s.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "P", Path: "/a/", Document: allowS3}))
	ok(t, s.PutInlinePolicy(ctx, o, "in", allowS3), s.AttachPolicy(ctx, o, p.ARN()), s.AttachPolicy(ctx, o, admin), s.AttachPolicy(ctx, o, admin))

	r, _ := s.Snapshot().RoleByName(account, "r")
	var names []string
	for _, c := range r.Policies {
		names = append(names, c.Name()+" "+c.ARN())
	}
	diff(t, "policies in force", []string{"in ", "P " + p.ARN(), "AdministratorAccess " + admin}, names)
	diff(t, "uses", map[string]iam.PolicyUse{p.ARN(): {Attached: 1}, admin: {Attached: 1}}, view(t, s).PolicyUses())

	gone := "arn:aws:iam::000000000000:policy/no"
	refusals := []struct {
		name string
		err  error
		want error
	}{
		{"attaching what does not exist", s.AttachPolicy(ctx, o, gone), &iam.NotAttachable{ARN: gone}},
		{"attaching what is no ARN", s.AttachPolicy(ctx, o, "x"), &iam.Invalid{Field: iam.FieldPolicyARN, Value: "x"}},
		{"attaching to a role that does not exist", s.AttachPolicy(ctx, iam.RoleOwner(account, "no"), admin), &iam.NotFound{Kind: iam.KindRole, Name: "no"}},
		{"detaching what is not attached", s.DetachPolicy(ctx, o, gone), &iam.NotFound{Kind: iam.KindPolicy, Name: gone}},
		{"deleting an inline policy that does not exist", s.DeleteInlinePolicy(ctx, o, "no"), &iam.NotFound{Kind: iam.KindInlinePolicy, Name: "no", Owner: iam.KindRole}},
		{"deleting a role with attached policies", s.DeleteRole(ctx, account, "r"), &iam.InUse{Kind: iam.KindRole, Name: "r", By: iam.UseAttached}},
		{"deleting a policy that is attached", s.DeletePolicy(ctx, p.ARN()), &iam.InUse{Kind: iam.KindPolicy, Name: p.ARN(), By: iam.UseEntities}},
		{"deleting an AWS-managed policy", s.DeletePolicy(ctx, admin), &iam.Immutable{Kind: iam.KindPolicy, Name: admin}},
		{"tagging an AWS-managed policy", s.TagPolicy(ctx, admin, nil), &iam.Immutable{Kind: iam.KindPolicy, Name: admin}},
		{"an inline policy that makes the total too long",
			s.PutInlinePolicy(ctx, o, "big", strings.Replace(allowS3, `"*"}`, `"arn:aws:s3:::`+strings.Repeat("b", 10240)+`"}`, 1)),
			&iam.LimitExceeded{Quota: iam.QuotaInlineSize, Limit: 10240, Kind: iam.KindRole, Name: "r"}},
	}
	for _, c := range refusals {
		t.Run(c.name+" is refused", func(t *testing.T) { wantError(t, "answer", c.err, c.want) })
	}
	t.Run("an eleventh attached policy is refused", func(t *testing.T) {
		for n := range 8 {
			q := must[*iam.PolicyEntry](t)(s.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: fmt.Sprint("q", n), Document: allowS3}))
			ok(t, s.AttachPolicy(ctx, o, q.ARN()))
		}
		q := must[*iam.PolicyEntry](t)(s.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "q8", Document: allowS3}))
		wantError(t, "attach", s.AttachPolicy(ctx, o, q.ARN()), &iam.LimitExceeded{Quota: iam.QuotaRolePolicies, Limit: 10, Kind: iam.KindRole, Name: "r"})
	})
	t.Run("a role is deleted once its policies are gone", func(t *testing.T) {
		r, _ := s.Snapshot().RoleByName(account, "r")
		for _, arn := range r.Attached {
			ok(t, s.DetachPolicy(ctx, o, arn))
		}
		wantError(t, "DeleteRole", s.DeleteRole(ctx, account, "r"), &iam.InUse{Kind: iam.KindRole, Name: "r", By: iam.UseInline})
		ok(t, s.DeleteInlinePolicy(ctx, o, "in"), s.DeleteRole(ctx, account, "r"))
		if _, found := s.Snapshot().RoleByID(r.ID); found {
			t.Error("still there")
		}
	})
}

func TestPolicyPaths(t *testing.T) {
	s := node(t, newMemory())
	for path, want := range map[string]bool{"": true, "/": true, "/a/": true, "/a/b.,+@=_-/": true, "//": false, "/a//b/": false, "/a!/": false, "a/": false, "/a": false,
		"/" + strings.Repeat("a", 510) + "/": true, "/" + strings.Repeat("a", 511) + "/": false} {
		_, err := s.CreatePolicy(t.Context(), iam.NewPolicy{Account: account, Name: fmt.Sprintf("p%d%t", len(path), want), Path: path, Document: allowS3})
		if (err == nil) != want {
			t.Errorf("path %q: %v", path, err)
		}
	}
}

func TestPolicyVersions(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	must[*iam.RoleEntry](t)(s.CreateRole(ctx, role("r")))
	arn := must[*iam.PolicyEntry](t)(s.CreatePolicy(ctx, iam.NewPolicy{Account: account, Name: "P", Document: allowS3})).ARN()
	ok(t, s.AttachPolicy(ctx, iam.RoleOwner(account, "r"), arn))
	before, _ := s.Snapshot().RoleByName(account, "r")

	_, v2, err := s.CreatePolicyVersion(ctx, arn, denyS3, false)
	ok(t, err)
	if unchanged, _ := s.Snapshot().RoleByName(account, "r"); unchanged != before || v2.ID() != "v2" {
		t.Error("a version that is not the default changed the role, or its id is", v2.ID())
	}
	ok(t, s.SetDefaultPolicyVersion(ctx, arn, "v2"))
	after, _ := s.Snapshot().RoleByName(account, "r")
	if after.Policies[0] == before.Policies[0] {
		t.Error("the role still runs the old version")
	}
	wantError(t, "delete default", s.DeletePolicyVersion(ctx, arn, "v2"), &iam.InUse{Kind: iam.KindPolicyVersion, Name: "v2", By: iam.UseDefaultVersion})
	wantError(t, "delete unknown", s.DeletePolicyVersion(ctx, arn, "v9"), &iam.NotFound{Kind: iam.KindPolicyVersion, Name: "v9", Of: arn})
	ok(t, s.DeletePolicyVersion(ctx, arn, "v1"))
	for n := 3; n <= 6; n++ {
		_, v, err := s.CreatePolicyVersion(ctx, arn, allowS3, n == 6)
		ok(t, err)
		if v.ID() != fmt.Sprint("v", n) {
			t.Errorf("version id %s, want v%d: ids are never reused", v.ID(), n)
		}
	}
	_, _, err = s.CreatePolicyVersion(ctx, arn, allowS3, false)
	wantError(t, "sixth", err, &iam.LimitExceeded{Quota: iam.QuotaPolicyVersions, Limit: 5, Kind: iam.KindPolicy, Name: arn})
	ok(t, s.DetachPolicy(ctx, iam.RoleOwner(account, "r"), arn))
	wantError(t, "delete", s.DeletePolicy(ctx, arn), &iam.InUse{Kind: iam.KindPolicy, Name: arn, By: iam.UseVersions})
	_, _, err = s.CreatePolicyVersion(ctx, arn, strings.Replace(allowS3, `"*"}`, `"arn:aws:s3:::`+strings.Repeat("b", 6144)+`"}`, 1), false)
	wantError(t, "size", err, &iam.LimitExceeded{Quota: iam.QuotaPolicySize, Limit: 6144, Kind: iam.KindPolicy, Name: arn})
}

func TestAWSManagedPolicies(t *testing.T) {
	v := view(t, node(t, newMemory()))
	list := v.Policies(iam.AWSAccount, "/")
	if len(list) != 9 {
		t.Errorf("%d AWS-managed policies", len(list))
	}
	for _, p := range list {
		if p.Compiled == nil || policy.Size([]byte(p.DefaultVersion().Document)) > 6144 {
			t.Errorf("%s is broken or too long: %v", p.Name, p.Broken)
		}
	}
}

func TestTags(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "u", Tags: []iam.Tag{{Key: "Team", Value: "a"}}}))
	o := iam.UserOwner(account, "u")
	ok(t, s.Tag(ctx, o, []iam.Tag{{Key: "team", Value: "b"}, {Key: "x", Value: ""}}))
	diff(t, "a tag replaces one that differs in case", []iam.Tag{{Key: "team", Value: "b"}, {Key: "x"}}, must[*iam.Owned](t)(view(t, s).Owned(o)).Tags)
	ok(t, s.Untag(ctx, o, []string{"TEAM", "absent"}))
	diff(t, "untagging ignores case and absent keys", []iam.Tag{{Key: "x"}}, must[*iam.Owned](t)(view(t, s).Owned(o)).Tags)
	var many []iam.Tag
	for n := range 50 {
		many = append(many, iam.Tag{Key: fmt.Sprint("k", n)})
	}
	wantError(t, "51 tags", s.Tag(ctx, o, many), &iam.LimitExceeded{Quota: iam.QuotaTags, Limit: 50, Kind: iam.KindUser, Name: "u"})
}

func TestAccessKeys(t *testing.T) {
	ctx := t.Context()
	store := newMemory()
	root := iam.AccessKey{ID: "AKIAROOT", Secret: keys.NewSecret("root-secret")}
	withRoot := func(c *iam.Config) { c.Root = root }
	s := node(t, store, withRoot)
	u := must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "u"}))
	k := must[*iam.AccessKey](t)(s.CreateAccessKey(ctx, account, "u"))
	if !strings.HasPrefix(k.ID, "AKIA") || len(k.ID) != 20 || len(k.Secret.Reveal()) != 40 || k.UserID != u.ID || !k.Active {
		t.Errorf("key %+v", k)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", k, *k, k), k.Secret.Reveal()) {
		t.Error("a key prints its secret")
	}
	t.Run("the secret survives a restart, sealed for this key", func(t *testing.T) {
		again, found := node(t, store, withRoot).Snapshot().AccessKey(k.ID)
		if !found || again.Secret.Reveal() != k.Secret.Reveal() {
			t.Errorf("got %v %v", again, found)
		}
	})
	t.Run("the operator's root key belongs to the account and cannot be changed", func(t *testing.T) {
		r, found := s.Snapshot().AccessKey("AKIAROOT")
		if !found || r.UserID != "" || r.Account != account || !r.Active || r.Secret.Reveal() != "root-secret" {
			t.Errorf("root key %+v", r)
		}
		wantError(t, "delete", s.DeleteAccessKey(ctx, account, "", "AKIAROOT"), &iam.Immutable{Kind: iam.KindAccessKey, Name: "AKIAROOT"})
		wantError(t, "switch off", s.UpdateAccessKey(ctx, account, "", "AKIAROOT", false), &iam.Immutable{Kind: iam.KindAccessKey, Name: "AKIAROOT"})
	})
	t.Run("a key is switched off and on and keeps its secret", func(t *testing.T) {
		ok(t, s.UpdateAccessKey(ctx, account, "u", k.ID, false))
		if off, _ := s.Snapshot().AccessKey(k.ID); off.Active {
			t.Error("still active")
		}
		ok(t, s.UpdateAccessKey(ctx, account, "u", k.ID, true))
		if on, _ := node(t, store).Snapshot().AccessKey(k.ID); !on.Active || on.Secret.Reveal() != k.Secret.Reveal() {
			t.Errorf("got %+v", on)
		}
	})
	t.Run("a user has at most two keys, and no other user's", func(t *testing.T) {
		must[*iam.AccessKey](t)(s.CreateAccessKey(ctx, account, "u"))
		_, err := s.CreateAccessKey(ctx, account, "u")
		wantError(t, "third", err, &iam.LimitExceeded{Quota: iam.QuotaAccessKeys, Limit: 2, Kind: iam.KindUser, Name: "u"})
		must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "other"}))
		wantError(t, "foreign", s.DeleteAccessKey(ctx, account, "other", k.ID), &iam.NotFound{Kind: iam.KindAccessKey, Name: k.ID})
	})
	t.Run("a user with keys is not deleted", func(t *testing.T) {
		wantError(t, "delete", s.DeleteUser(ctx, account, "u"), &iam.InUse{Kind: iam.KindUser, Name: "u", By: iam.UseAccessKeys})
		for _, k := range view(t, s).AccessKeys(account, u.ID) {
			ok(t, s.DeleteAccessKey(ctx, account, "u", k.ID))
		}
		ok(t, s.DeleteUser(ctx, account, "u"))
		if _, found := s.Snapshot().AccessKey(k.ID); found {
			t.Error("a deleted key is still there")
		}
	})
	t.Run("a key whose record does not open is shown and unusable", func(t *testing.T) {
		store := newMemory()
		ok(t, store.Commit(ctx, &iam.Write{Entities: iam.Entities{Keys: []*iam.SealedKey{
			{ID: "AKIAX", Account: account, Active: true, Sealed: []byte("access-key|AKIAOTHER|s"), Version: 1}}}}))
		if k, found := node(t, store).Snapshot().AccessKey("AKIAX"); !found || k.Active || !k.Secret.Empty() {
			t.Errorf("got %+v", k)
		}
	})
	t.Run("resealing keeps every secret and leaves the root's key alone", func(t *testing.T) {
		store := newMemory()
		s := node(t, store, withRoot)
		must[*iam.UserEntry](t)(s.CreateUser(ctx, iam.NewUser{Account: account, Name: "u"}))
		k := must[*iam.AccessKey](t)(s.CreateAccessKey(ctx, account, "u"))
		if n := must[int](t)(s.ResealAccessKeys(ctx)); n != 1 {
			t.Errorf("resealed %d", n)
		}
		if got, _ := node(t, store).Snapshot().AccessKey(k.ID); got.Secret.Reveal() != k.Secret.Reveal() || !got.Active {
			t.Errorf("got %+v", got)
		}
	})
}

// remembering is the store in memory with the power to remember uses.
type remembering struct {
	*memory
	uses map[string]iam.KeyUse
	fail error
}

func (r *remembering) KeyUse(_ context.Context, id string) (iam.KeyUse, bool, error) {
	u, found := r.uses[id]
	return u, found, nil
}

func (r *remembering) SaveKeyUses(_ context.Context, uses map[string]iam.KeyUse) error {
	err := r.fail
	if r.fail = nil; err != nil {
		return err
	}
	maps.Copy(r.uses, uses)
	return nil
}

func TestKeyUse(t *testing.T) {
	ctx := t.Context()
	for name, store := range map[string]iam.Store{"a store that forgets": newMemory(), "a store that remembers": &remembering{memory: newMemory(), uses: map[string]iam.KeyUse{}}} {
		t.Run(name, func(t *testing.T) {
			s := node(t, store)
			if _, used, err := s.KeyUse(ctx, "k"); used || err != nil {
				t.Error("used before its use", err)
			}
			s.RecordKeyUse("k", "s3", "eu-west-1")
			if u, used, err := s.KeyUse(ctx, "k"); !used || err != nil || u.Service != "s3" || u.Region != "eu-west-1" {
				t.Errorf("got %+v %v", u, err)
			}
			if n := testing.AllocsPerRun(20, func() { s.RecordKeyUse("k", "s3", "eu-west-1") }); n > 0 {
				t.Errorf("%v allocations for a repeated use", n)
			}
			ok(t, s.SaveKeyUses(ctx), s.SaveKeyUses(ctx))
		})
	}
	t.Run("a use is known after a restart and on other nodes, and survives a failing save", func(t *testing.T) {
		store := &remembering{memory: newMemory(), uses: map[string]iam.KeyUse{}, fail: errors.New("disk full")}
		s := node(t, store)
		s.RecordKeyUse("k", "sts", "us-east-1")
		if err := s.SaveKeyUses(ctx); err == nil {
			t.Error("a failed save was not reported")
		}
		ok(t, s.SaveKeyUses(ctx))
		if u, used, err := node(t, store).KeyUse(ctx, "k"); !used || err != nil || u.Service != "sts" {
			t.Errorf("got %+v %v", u, err)
		}
	})
}
