package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// IAM runs the kit for stores of IAM. open returns an empty store; reopen
// closes it and opens it again on the same data.
func IAM(t *testing.T, open func(t *testing.T) (s iam.Store, reopen func() iam.Store)) {
	cases := []struct {
		name string
		rule string
		run  func(t *testing.T, s iam.Store, reopen func() iam.Store)
	}{
		{"empty", "an empty store has version 0 and holds nothing", iamEmpty},
		{"round trip", "everything comes back as it was written, byte for byte, also after a restart", iamRoundTrip},
		{"replacing", "writing an entity again replaces it and moves it to the new version", iamReplace},
		{"since", "a reader hears of exactly what was written or deleted after its version", iamSince},
		{"deleting", "deleting removes the entity, and deleting what is absent is fine", iamDelete},
		{"coming back", "a provider that was deleted and made again is present, not deleted", iamComeBack},
		{"an account alias", "an account has one alias, which is its own, and may get one again after it was deleted", iamAlias},
		{"metadata", "a metadata document comes back byte for byte when it is asked for, and a write without one keeps it", iamMetadata},
		{"a SAML provider coming back", "one that was deleted and made again is present, and its name is its own without case", iamSAMLComesBack},
		{"conflict", "a write decided on another version is refused and changes nothing", iamConflict},
		{"first write", "of two first writes one is refused", iamFirst},
		{"whole or nothing", "a write of which one part fails leaves no other part behind", iamAtomic},
		{"names without case", "a name that differs from another only in case is refused in its account and free in others", iamNames},
		{"a freed name", "a name freed by a deletion can be taken by the same write", iamFreedName},
		{"racing writers", "of writers racing on one version exactly one wins each step", iamRace},
		{"large documents", "policy documents of the largest size come back whole", iamLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log("rule:", c.rule)
			s, reopen := open(t)
			c.run(t, s, reopen)
		})
	}
}

const account = "000000000000"

func aRole(n int, version int64) *iam.Role {
	return &iam.Role{
		Account: account, ID: fmt.Sprintf("AROA%017d", n), Name: fmt.Sprintf("Role-%d", n), Path: "/team/",
		Description: "dé \"scription\" %20 \n", Created: epoch, MaxSession: time.Hour,
		Trust:         "{ \"Version\" : \"2012-10-17\"\t, \"Statement\":[] } <&>",
		TrustBindings: map[string]string{"arn:aws:iam::000000000000:user/bob": "AIDA00000000000000001"},
		Boundary:      "arn:aws:iam::aws:policy/AdministratorAccess",
		Inline:        []iam.InlinePolicy{{Name: "b", Document: "{}\n"}, {Name: "a", Document: "[ ]"}},
		Attached:      []string{"arn:aws:iam::aws:policy/Z", "arn:aws:iam::aws:policy/A"},
		Tags:          []iam.Tag{{Key: "Team", Value: ""}, {Key: "a", Value: "ü"}}, Version: version,
	}
}

func aUser(n int, version int64) *iam.User {
	return &iam.User{Account: account, ID: fmt.Sprintf("AIDA%017d", n), Name: fmt.Sprintf("User-%d", n), Path: "/",
		Created: epoch, Inline: []iam.InlinePolicy{{Name: "p", Document: "{}"}}, Groups: []string{"AGPAZ", "AGPAA"}, Version: version}
}

func aGroup(n int, version int64) *iam.Group {
	return &iam.Group{Account: account, ID: fmt.Sprintf("AGPA%017d", n), Name: fmt.Sprintf("Group-%d", n), Path: "/staff/",
		Created: epoch, Inline: []iam.InlinePolicy{{Name: "b", Document: "{}\n"}, {Name: "a", Document: "[ ]"}},
		Attached: []string{"arn:aws:iam::aws:policy/Z", "arn:aws:iam::aws:policy/A"}, Version: version}
}

func aPolicy(n int, version int64) *iam.ManagedPolicy {
	return &iam.ManagedPolicy{Account: account, ID: fmt.Sprintf("ANPA%017d", n), Name: fmt.Sprintf("Policy-%d", n), Path: "/",
		Description: "d", Created: epoch, Updated: epoch.Add(time.Second), Default: 3, Next: 5,
		Versions: []iam.PolicyVersion{{Number: 3, Document: "{\"a\": 1}", Created: epoch}, {Number: 4, Document: "{}", Created: epoch}},
		Tags:     []iam.Tag{{Key: "k", Value: "v"}}, Version: version}
}

func aKey(n int, version int64) *iam.SealedKey {
	return &iam.SealedKey{ID: fmt.Sprintf("AKIA%016d", n), Account: account, UserID: "AIDA", Active: n%2 == 0,
		Created: epoch, Sealed: []byte{0, 1, 255, '\'', byte(n)}, Version: version}
}

func aProvider(n int, version int64) *iam.OIDCProvider {
	return &iam.OIDCProvider{Account: account, URL: fmt.Sprintf("login%d.example.com/Path/", n), ClientIDs: []string{"b", "a"},
		Thumbprints: []string{strings.Repeat("ab", 20)}, Created: epoch, Tags: []iam.Tag{{Key: "k"}}, Insecure: true, Version: version}
}

func aProfile(n int, version int64) *iam.InstanceProfile {
	return &iam.InstanceProfile{Account: account, ID: fmt.Sprintf("AIPA%017d", n), Name: fmt.Sprintf("Profile-%d", n), Path: "/web/",
		Created: epoch, RoleID: "AROAX", Tags: []iam.Tag{{Key: "k", Value: "v"}}, Version: version}
}

// everything is one of each kind.
func everything(version int64) iam.Entities {
	return iam.Entities{Roles: []*iam.Role{aRole(1, version)}, Users: []*iam.User{aUser(1, version)}, Groups: []*iam.Group{aGroup(1, version)},
		Policies: []*iam.ManagedPolicy{aPolicy(1, version)}, Keys: []*iam.SealedKey{aKey(1, version)},
		Providers: []*iam.OIDCProvider{aProvider(1, version)}, SAMLProviders: []*iam.SAMLProvider{aSAMLProvider(1, version)},
		InstanceProfiles: []*iam.InstanceProfile{aProfile(1, version)}, Aliases: []*iam.AccountAlias{{Account: account, Alias: "an-alias", Version: version}}}
}

func commit(t *testing.T, s iam.Store, w *iam.Write) {
	t.Helper()
	if err := s.Commit(t.Context(), w); err != nil {
		t.Fatalf("Commit on %d: %v", w.Base, err)
	}
}

func roles(base int64, list ...*iam.Role) *iam.Write {
	for _, r := range list {
		r.Version = base + 1
	}
	return &iam.Write{Base: base, Entities: iam.Entities{Roles: list}}
}

// holds checks what a reader at version since gets.
func holds(t *testing.T, s iam.Store, since int64, want iam.Changes) {
	t.Helper()
	got, err := s.Since(t.Context(), since)
	if err != nil {
		t.Fatal(err)
	}
	byID := func(a, b iam.Ref) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(got.Roles, func(a, b *iam.Role) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(got.Deleted, byID)
	slices.SortFunc(want.Deleted, byID)
	if d := gocmp.Diff(want, *got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("since %d (-want +got):\n%s", since, d)
	}
	if v, err := s.Version(t.Context()); err != nil || v != want.Version {
		t.Errorf("Version = %d, %v; want %d", v, err, want.Version)
	}
}

func iamEmpty(t *testing.T, s iam.Store, reopen func() iam.Store) {
	holds(t, s, 0, iam.Changes{})
	holds(t, reopen(), 0, iam.Changes{})
}

func iamRoundTrip(t *testing.T, s iam.Store, reopen func() iam.Store) {
	commit(t, s, &iam.Write{Entities: everything(1)})
	holds(t, s, 0, iam.Changes{Version: 1, Entities: everything(1)})
	holds(t, reopen(), 0, iam.Changes{Version: 1, Entities: everything(1)})
}

func iamReplace(t *testing.T, s iam.Store, reopen func() iam.Store) {
	commit(t, s, &iam.Write{Entities: everything(1)})
	next := everything(2)
	next.Roles[0].Description, next.Roles[0].Inline, next.Roles[0].MaxSession = "", nil, 12*time.Hour
	next.Users[0].Name, next.Users[0].Path, next.Users[0].Groups = "renamed", "/p/", nil
	next.Groups[0].Name, next.Groups[0].Path, next.Groups[0].Inline, next.Groups[0].Attached = "renamed", "/p/", nil, next.Groups[0].Attached[:1]
	next.Policies[0].Default, next.Policies[0].Versions = 4, next.Policies[0].Versions[1:]
	next.Keys[0].Active, next.Keys[0].Sealed = true, []byte("again")
	next.Providers[0].ClientIDs, next.Providers[0].Insecure = nil, false
	next.SAMLProviders[0].EntityID, next.SAMLProviders[0].MetadataUntil = "urn:other", time.Time{}
	next.InstanceProfiles[0].RoleID, next.InstanceProfiles[0].Tags, next.Aliases[0].Alias = "", nil, "another"
	commit(t, s, &iam.Write{Base: 1, Entities: next})
	holds(t, s, 0, iam.Changes{Version: 2, Entities: next})
	holds(t, reopen(), 1, iam.Changes{Version: 2, Entities: next})
}

func iamSince(t *testing.T, s iam.Store, _ func() iam.Store) {
	a, b, c := aRole(1, 0), aRole(2, 0), aRole(3, 0)
	commit(t, s, roles(0, a))
	commit(t, s, roles(1, b, c))
	commit(t, s, &iam.Write{Base: 2, Deleted: []iam.Ref{{Kind: iam.KindRole, ID: c.ID}}})
	gone := []iam.Ref{{Kind: iam.KindRole, ID: c.ID}}
	holds(t, s, 0, iam.Changes{Version: 3, Entities: iam.Entities{Roles: []*iam.Role{a, b}}})
	holds(t, s, 1, iam.Changes{Version: 3, Entities: iam.Entities{Roles: []*iam.Role{b}}, Deleted: gone})
	holds(t, s, 2, iam.Changes{Version: 3, Deleted: gone})
	holds(t, s, 3, iam.Changes{Version: 3})
}

func iamDelete(t *testing.T, s iam.Store, reopen func() iam.Store) {
	commit(t, s, &iam.Write{Entities: everything(1)})
	e := everything(1)
	all := []iam.Ref{
		{Kind: iam.KindRole, ID: e.Roles[0].ID}, {Kind: iam.KindUser, ID: e.Users[0].ID}, {Kind: iam.KindGroup, ID: e.Groups[0].ID},
		{Kind: iam.KindPolicy, ID: e.Policies[0].ID},
		{Kind: iam.KindAccessKey, ID: e.Keys[0].ID}, {Kind: iam.KindOIDCProvider, ID: e.Providers[0].ARN()},
		{Kind: iam.KindSAMLProvider, ID: e.SAMLProviders[0].ARN()},
		{Kind: iam.KindInstanceProfile, ID: e.InstanceProfiles[0].ID}, {Kind: iam.KindAccountAlias, ID: account},
	}
	commit(t, s, &iam.Write{Base: 1, Deleted: all})
	commit(t, s, &iam.Write{Base: 2, Deleted: all})
	holds(t, s, 1, iam.Changes{Version: 3, Deleted: all})
	holds(t, reopen(), 0, iam.Changes{Version: 3})
	if err := reopen().Commit(t.Context(), &iam.Write{Base: 3, Deleted: []iam.Ref{{Kind: "planet", ID: "x"}}}); err == nil {
		t.Error("a kind that is not stored was deleted")
	}
}

func iamComeBack(t *testing.T, s iam.Store, _ func() iam.Store) {
	p := aProvider(1, 1)
	commit(t, s, &iam.Write{Entities: iam.Entities{Providers: []*iam.OIDCProvider{p}}})
	commit(t, s, &iam.Write{Base: 1, Deleted: []iam.Ref{{Kind: iam.KindOIDCProvider, ID: p.ARN()}}})
	again := aProvider(1, 3)
	again.Created = epoch.Add(time.Hour)
	commit(t, s, &iam.Write{Base: 2, Entities: iam.Entities{Providers: []*iam.OIDCProvider{again}}})
	holds(t, s, 1, iam.Changes{Version: 3, Entities: iam.Entities{Providers: []*iam.OIDCProvider{again}}})
}

func iamAlias(t *testing.T, s iam.Store, _ func() iam.Store) {
	alias := func(base int64, account, name string) iam.Write {
		return iam.Write{Base: base, Entities: iam.Entities{Aliases: []*iam.AccountAlias{{Account: account, Alias: name, Version: base + 1}}}}
	}
	first, second, again := alias(0, account, "one"), alias(1, account, "two"), alias(3, account, "two")
	commit(t, s, &first)
	commit(t, s, &second)
	holds(t, s, 0, iam.Changes{Version: 2, Entities: second.Entities})
	taken := alias(2, "111111111111", "two")
	var conflict *iam.VersionConflict
	if err := s.Commit(t.Context(), &taken); err == nil || errors.As(err, &conflict) {
		t.Errorf("a taken alias: %v, want a plain error", err)
	}
	commit(t, s, &iam.Write{Base: 2, Deleted: []iam.Ref{{Kind: iam.KindAccountAlias, ID: account}}})
	commit(t, s, &again)
	holds(t, s, 2, iam.Changes{Version: 4, Entities: again.Entities})
}

func iamConflict(t *testing.T, s iam.Store, _ func() iam.Store) {
	commit(t, s, roles(0, aRole(1, 0)))
	for _, base := range []int64{0, 2, 7} {
		var conflict *iam.VersionConflict
		err := s.Commit(t.Context(), roles(base, aRole(2, 0)))
		if !errors.As(err, &conflict) || conflict.Base != base {
			t.Errorf("Commit on %d: %v, want a conflict", base, err)
		}
	}
	holds(t, s, 0, iam.Changes{Version: 1, Entities: iam.Entities{Roles: []*iam.Role{aRole(1, 1)}}})
}

func iamFirst(t *testing.T, s iam.Store, _ func() iam.Store) {
	commit(t, s, roles(0, aRole(1, 0)))
	var conflict *iam.VersionConflict
	if err := s.Commit(t.Context(), roles(0, aRole(2, 0))); !errors.As(err, &conflict) {
		t.Errorf("second first write: %v, want a conflict", err)
	}
}

func iamAtomic(t *testing.T, s iam.Store, _ func() iam.Store) {
	commit(t, s, roles(0, aRole(1, 0)))
	taken := aRole(3, 0)
	taken.Name = "ROLE-1"
	w := roles(1, aRole(2, 0), taken)
	w.Deleted = []iam.Ref{{Kind: iam.KindUser, ID: "AIDA"}}
	if err := s.Commit(t.Context(), w); err == nil {
		t.Fatal("a taken name was accepted")
	}
	holds(t, s, 0, iam.Changes{Version: 1, Entities: iam.Entities{Roles: []*iam.Role{aRole(1, 1)}}})
}

func iamNames(t *testing.T, s iam.Store, _ func() iam.Store) {
	commit(t, s, &iam.Write{Entities: everything(1)})
	other := everything(2)
	for _, p := range []*string{&other.Roles[0].Account, &other.Users[0].Account, &other.Groups[0].Account, &other.InstanceProfiles[0].Account, &other.Policies[0].Account} {
		*p = "111111111111"
	}
	other.Roles[0].ID, other.Users[0].ID, other.Groups[0].ID, other.Policies[0].ID = "AROAX", "AIDAX", "AGPAX", "ANPAX"
	other.InstanceProfiles[0].ID, other.Aliases = "AIPAX", nil
	other.Keys, other.Providers, other.SAMLProviders = nil, nil, nil
	commit(t, s, &iam.Write{Base: 1, Entities: other})

	r, u, g, p, i := aRole(9, 3), aUser(9, 3), aGroup(9, 3), aPolicy(9, 3), aProfile(9, 3)
	r.Name, u.Name, g.Name, p.Name, i.Name = "rOLE-1", "uSER-1", "gROUP-1", "pOLICY-1", "pROFILE-1"
	for _, e := range []iam.Entities{{Roles: []*iam.Role{r}}, {Users: []*iam.User{u}}, {Groups: []*iam.Group{g}}, {InstanceProfiles: []*iam.InstanceProfile{i}}, {Policies: []*iam.ManagedPolicy{p}}} {
		err := s.Commit(t.Context(), &iam.Write{Base: 2, Entities: e})
		var conflict *iam.VersionConflict
		if err == nil || errors.As(err, &conflict) {
			t.Errorf("a taken name: %v, want a plain error", err)
		}
	}
}

func iamFreedName(t *testing.T, s iam.Store, _ func() iam.Store) {
	commit(t, s, roles(0, aRole(1, 0)))
	heir := aRole(2, 0)
	heir.Name = "Role-1"
	w := roles(1, heir)
	w.Deleted = []iam.Ref{{Kind: iam.KindRole, ID: aRole(1, 0).ID}}
	commit(t, s, w)
	holds(t, s, 0, iam.Changes{Version: 2, Entities: iam.Entities{Roles: []*iam.Role{heir}}})
}

func iamRace(t *testing.T, s iam.Store, reopen func() iam.Store) {
	const writers, steps = 8, 5
	for base := range int64(steps) {
		var wg sync.WaitGroup
		won := make(chan int, writers)
		for n := range writers {
			wg.Go(func() {
				err := s.Commit(t.Context(), roles(base, aRole(int(base)*writers+n, 0)))
				var conflict *iam.VersionConflict
				switch {
				case err == nil:
					won <- n
				case !errors.As(err, &conflict):
					t.Errorf("loser: %v, want a conflict", err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%d writers won on version %d", len(won), base)
		}
	}
	c, err := reopen().Since(t.Context(), 0)
	if err != nil || c.Version != steps || len(c.Roles) != steps {
		t.Errorf("after the race: %+v, %v", c, err)
	}
}

func iamLarge(t *testing.T, s iam.Store, reopen func() iam.Store) {
	p := aPolicy(1, 1)
	p.Versions = nil
	for n := range 5 {
		p.Versions = append(p.Versions, iam.PolicyVersion{Number: n + 1, Document: strings.Repeat("\u00e9 ", 65536), Created: epoch})
	}
	commit(t, s, &iam.Write{Entities: iam.Entities{Policies: []*iam.ManagedPolicy{p}}})
	holds(t, reopen(), 0, iam.Changes{Version: 1, Entities: iam.Entities{Policies: []*iam.ManagedPolicy{p}}})
}
