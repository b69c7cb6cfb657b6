package pool_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
)

const importedPoolID = "eu-west-1:aaaaaaaa-0000-4000-8000-00000000000a"

var longAgo = time.Date(2020, 1, 2, 3, 4, 5, 678e6, time.UTC)

// foreignPool is a pool as it comes from elsewhere.
func foreignPool() *pool.Pool {
	return &pool.Pool{
		ID: importedPoolID, Account: "999999999999", Name: "people", Created: longAgo, Version: 17,
		SupportedLoginProviders: map[string]string{pool.Google: "web"}, OIDCProviderARNs: []string{acmeARN},
		DeveloperProviderName: "login.dev.example", Tags: map[string]string{"team": "x"}, AllowUnauthenticated: true,
		Roles:        map[string]string{pool.Authenticated: authRole},
		RoleMappings: map[string]pool.RoleMapping{pool.Google: {Type: pool.RulesMapping, Ambiguous: pool.DenyAmbiguous, Rules: []pool.MappingRule{{Claim: "a", Match: pool.MatchEquals, Value: "b", RoleARN: gstRole}}}},
		TagMaps:      map[string]pool.TagMap{acmeARN: {UseDefaults: true}},
	}
}

func TestImportPool(t *testing.T) {
	w := newWorld(t)
	created, err := w.ImportPool(t.Context(), account, foreignPool())
	if err != nil || !created {
		t.Fatalf("got %v, %v", created, err)
	}
	got, err := w.Pool(importedPoolID)
	if err != nil {
		t.Fatal(err)
	}
	want := foreignPool()
	want.Account, want.Version = account, 1
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if created, err := w.ImportPool(t.Context(), account, foreignPool()); err != nil || created {
		t.Errorf("a second time: %v, %v", created, err)
	}
	other := foreignPool()
	other.AllowUnauthenticated, other.Tags, other.Created = false, nil, time.Time{}
	_, err = w.ImportPool(t.Context(), account, other)
	differs := (*pool.PoolDiffers)(nil)
	if !errors.As(err, &differs) || cmp.Diff([]string{"AllowUnauthenticated", "Tags"}, differs.Fields) != "" {
		t.Errorf("with other settings: %v", err)
	}
	if _, err := w.ImportPool(t.Context(), "111111111111", foreignPool()); err == nil {
		t.Error("another account takes the pool over")
	}
}

// An imported pool is held to the rules of one that is made here.
func TestImportedPoolsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		change func(*pool.Pool)
		want   string
	}{
		"another region":                 {func(p *pool.Pool) { p.ID = strings.Replace(p.ID, "eu-west-1", "us-east-1", 1) }, "server of that region"},
		"an id that is none":             {func(p *pool.Pool) { p.ID = "eu-west-1:x" }, "is not the id"},
		"an id in capitals":              {func(p *pool.Pool) { p.ID = strings.Replace(p.ID, "aaaaaaaa", "AAAAAAAA", 1) }, "is not the id"},
		"a role that is not there":       {func(p *pool.Pool) { p.Roles[pool.Authenticated] = authRole + "x" }, "no such role"},
		"a mapped role that is not":      {func(p *pool.Pool) { p.RoleMappings[pool.Google].Rules[0].RoleARN = authRole + "x" }, "no such role"},
		"another kind of role":           {func(p *pool.Pool) { p.Roles["admin"] = authRole }, "not a kind of role"},
		"a mapping of nobody":            {func(p *pool.Pool) { p.RoleMappings["x"] = p.RoleMappings[pool.Google] }, "not a valid RoleMapping"},
		"a provider that IAM lacks":      {func(p *pool.Pool) { p.OIDCProviderARNs = []string{oidcPrefix + "gone.example"} }, "not found"},
		"a tag map of nobody":            {func(p *pool.Pool) { p.TagMaps["x"] = pool.TagMap{} }, "not a valid IdentityProviderName"},
		"a reserved tag":                 {func(p *pool.Pool) { p.Tags["aws:x"] = "y" }, "reserved"},
		"a session that is too long":     {func(p *pool.Pool) { p.Sessions.Duration = 13 * time.Hour }, "A session lasts"},
		"merging where nobody remembers": {func(p *pool.Pool) { p.MergeVerifiedEmail.Authorities = make([]pool.EmailAuthority, 2) }, "remembered"},
	} {
		t.Run(name, func(t *testing.T) {
			p := foreignPool()
			tt.change(p)
			if _, err := w.ImportPool(t.Context(), account, p); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if _, err := w.Pool(importedPoolID); err == nil {
				t.Error("the pool is there")
			}
		})
	}
}

func foreignIdentity(n int, logins ...pool.Login) *pool.Identity {
	for i := range logins {
		logins[i].Linked = longAgo
	}
	return &pool.Identity{
		ID: fmt.Sprintf("eu-west-1:%08x-0000-4000-8000-000000000000", n), Created: longAgo, Modified: longAgo,
		Guest: len(logins) == 0, Logins: logins,
	}
}

func importWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	if _, err := w.ImportPool(t.Context(), account, foreignPool()); err != nil {
		t.Fatal(err)
	}
	return w
}

func reasons(r *pool.Imported) string {
	var list []string
	for _, c := range r.Conflicts {
		list = append(list, c.ID[len("eu-west-1:"):len("eu-west-1:")+8]+" "+string(c.Reason))
	}
	return strings.Join(list, ", ")
}

func TestImportIdentities(t *testing.T) {
	w := importWorld(t)
	ann := foreignIdentity(1, pool.Login{Provider: pool.Google, Subject: "ann"})
	list := []*pool.Identity{ann, foreignIdentity(2), foreignIdentity(3, pool.Login{Provider: "login.dev.example", Subject: "bob"})}
	for run, want := range []pool.Imported{{Added: 3}, {Unchanged: 3}} {
		got, err := w.ImportIdentities(t.Context(), importedPoolID, list)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("run %d: %s", run, diff)
		}
	}
	// Ann signs in and is who she was.
	if id, err := w.GetID(t.Context(), importedPoolID, "", google("ann")); err != nil || id != ann.ID {
		t.Errorf("got %s, %v", id, err)
	}
	// A guest goes on as one, and a blocked identity stays blocked.
	if guest, _, err := w.Identity(t.Context(), list[1].ID); err != nil || !guest.Guest || !guest.Created.Equal(longAgo) {
		t.Errorf("got %+v, %v", guest, err)
	}
	blocked := foreignIdentity(4, pool.Login{Provider: pool.Google, Subject: "eve"})
	blocked.Blocked = true
	if _, err := w.ImportIdentities(t.Context(), importedPoolID, []*pool.Identity{blocked}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.GetCredentials(t.Context(), blocked.ID, google("eve"), "", nil); !errors.As(err, new(*pool.Forbidden)) {
		t.Errorf("somebody blocked is let in: %v", err)
	}
}

func TestIdentitiesThatConflict(t *testing.T) {
	w := importWorld(t)
	login := func(provider, subject string) pool.Login { return pool.Login{Provider: provider, Subject: subject} }
	first := foreignIdentity(1, login("p", "x"))
	if r, err := w.ImportIdentities(t.Context(), importedPoolID, []*pool.Identity{first}); err != nil || r.Added != 1 {
		t.Fatalf("got %+v, %v", r, err)
	}
	change := func(n int, f func(*pool.Identity), logins ...pool.Login) *pool.Identity {
		i := foreignIdentity(n, logins...)
		f(i)
		return i
	}
	many := make([]pool.Login, 21)
	for n := range many {
		many[n] = login(fmt.Sprint(n), "x")
	}
	cases := []struct {
		name string
		list []*pool.Identity
		want string
	}{
		{"one that differs", []*pool.Identity{change(1, func(i *pool.Identity) { i.Modified = i.Modified.Add(time.Hour) }, login("p", "x"))}, "00000001 IdentityExists"},
		{"one with other logins", []*pool.Identity{foreignIdentity(1, login("p", "y"))}, "00000001 IdentityExists"},
		{"one that is not blocked there", []*pool.Identity{change(1, func(i *pool.Identity) { i.Blocked = true }, login("p", "x"))}, "00000001 IdentityExists"},
		{"a login that is taken", []*pool.Identity{foreignIdentity(2, login("q", "y"), login("p", "x"))}, "00000002 LoginTaken"},
		{"a login twice in the batch", []*pool.Identity{foreignIdentity(2, login("q", "y")), foreignIdentity(3, login("q", "y"))}, "00000003 LoginTaken"},
		{"an id twice in the batch", []*pool.Identity{foreignIdentity(4), foreignIdentity(4, login("r", "z"))}, "00000004 IdentityExists"},
		{"a guest with logins", []*pool.Identity{change(9, func(i *pool.Identity) { i.Guest = true }, login("s", "x"))}, "00000009 InvalidIdentity"},
		{"a merged one without a parent", []*pool.Identity{change(9, func(i *pool.Identity) { i.Disabled = true })}, "00000009 InvalidIdentity"},
		{"a parent of one in use", []*pool.Identity{change(9, func(i *pool.Identity) { i.Parent = first.ID })}, "00000009 InvalidIdentity"},
		{"a merged one with logins", []*pool.Identity{change(9, func(i *pool.Identity) { i.Disabled, i.Parent = true, first.ID }, login("s", "x"))}, "00000009 InvalidIdentity"},
		{"its own parent", []*pool.Identity{change(9, func(i *pool.Identity) { i.Disabled, i.Parent = true, i.ID })}, "00000009 InvalidIdentity"},
		{"changed before it was made", []*pool.Identity{change(9, func(i *pool.Identity) { i.Modified = longAgo.Add(-1e9) })}, "00000009 InvalidIdentity"},
		{"made before 1970", []*pool.Identity{change(9, func(i *pool.Identity) { i.Created = time.Unix(-1, 0) })}, "00000009 InvalidIdentity"},
		{"a login without subject", []*pool.Identity{foreignIdentity(9, login("s", ""))}, "00000009 InvalidIdentity"},
		{"a login twice", []*pool.Identity{foreignIdentity(9, login("s", "x"), login("s", "x"))}, "00000009 InvalidIdentity"},
		{"too many logins", []*pool.Identity{foreignIdentity(9, many...)}, "00000009 InvalidIdentity"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			r, err := w.ImportIdentities(t.Context(), importedPoolID, tt.list)
			if err != nil {
				t.Fatal(err)
			}
			if got := reasons(r); got != tt.want || r.Conflicts[0].Message == "" {
				t.Errorf("got %s", got)
			}
		})
	}
	// An id of another pool is not taken over.
	second := foreignPool()
	second.ID = "eu-west-1:bbbbbbbb-0000-4000-8000-00000000000b"
	if _, err := w.ImportPool(t.Context(), account, second); err != nil {
		t.Fatal(err)
	}
	if r, err := w.ImportIdentities(t.Context(), second.ID, []*pool.Identity{first}); err != nil || reasons(r) != "00000001 IdentityExists" {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := w.ImportIdentities(t.Context(), "eu-west-1:none", nil); !errors.As(err, new(*pool.NoPool)) {
		t.Errorf("into no pool: %v", err)
	}
}

// A person who signs in while the import runs is one identity: the imported one, or
// the new one, and then the import says so.
func TestImportsRaceWithSignIns(t *testing.T) {
	w := importWorld(t)
	var list []*pool.Identity
	for n := range 50 {
		list = append(list, foreignIdentity(n+1, pool.Login{Provider: pool.Google, Subject: fmt.Sprint(n)}))
	}
	ids := make([]string, len(list))
	var wait sync.WaitGroup
	for n := range list {
		wait.Go(func() {
			var err error
			if ids[n], err = w.GetID(t.Context(), importedPoolID, "", google(fmt.Sprint(n))); err != nil {
				t.Error(err)
			}
		})
	}
	var result *pool.Imported
	wait.Go(func() {
		var err error
		for range 10 { // losing many races is an answer too: ask again
			if result, err = w.ImportIdentities(t.Context(), importedPoolID, list); !errors.As(err, new(*pool.Conflict)) {
				break
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
	wait.Wait()
	if t.Failed() {
		return
	}
	own := 0
	for n, id := range ids {
		if id == list[n].ID {
			own++
		}
		if now, err := w.GetID(t.Context(), importedPoolID, "", google(fmt.Sprint(n))); err != nil || now != id {
			t.Errorf("%s is now %s, %v", id, now, err)
		}
	}
	if own+len(result.Conflicts) != len(list) {
		t.Errorf("%d signed in as themselves and %d conflicts, of %d", own, len(result.Conflicts), len(list))
	}
}
