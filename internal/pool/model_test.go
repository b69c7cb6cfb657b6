package pool_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
)

// The plain model of cognito-identity.md 3 and of what administrators do: one map,
// no store, no races. TestIdentitiesFollowTheModel holds the service against it.

type modelIdentity struct {
	born           int
	guest, blocked bool
	parent         string         // of who lost a merge
	logins         map[string]int // by provider and subject, when it was linked
	merge          map[string]int // the logins that the merge took
	recorded       bool
}

type model struct {
	all   map[string]*modelIdentity
	clock int
}

func (m *model) owner(login string) string {
	for id, i := range m.all {
		if _, ok := i.logins[login]; ok {
			return id
		}
	}
	return ""
}

func providerOf(login string) string {
	provider, _, _ := strings.Cut(login, " ")
	return provider
}

// resolve is tables 3.2 and 3.3. created is the id that a new identity gets, which
// only the service knows.
func (m *model) resolve(named string, logins []string, created func() string) (string, error) {
	m.clock++
	id := m.all[named]
	if named != "" {
		switch {
		case id == nil:
			return "", &pool.NoIdentity{}
		case id.blocked:
			return "", &pool.Forbidden{}
		}
	}
	var owners, unknown []string
	for _, l := range logins {
		switch o := m.owner(l); {
		case o == "":
			unknown = append(unknown, l)
		case !slices.Contains(owners, o):
			owners = append(owners, o)
		}
	}
	if named == "" && len(logins) == 1 && len(owners) == 1 {
		return owners[0], nil // a name is no permission: GetId names blocked ones too
	}
	for _, o := range owners {
		if m.all[o].blocked {
			return "", &pool.Forbidden{}
		}
	}
	older := func(a, b string) int { return m.all[a].born - m.all[b].born }
	if named == "" {
		if len(owners) > 0 {
			return m.join(slices.MinFunc(owners, older), owners, unknown)
		}
		fresh := created()
		m.all[fresh] = &modelIdentity{born: m.clock, guest: len(logins) == 0, logins: map[string]int{}}
		for _, l := range logins {
			m.all[fresh].logins[l] = m.clock
		}
		return fresh, nil
	}
	if id.parent != "" {
		for id != nil && id.parent != "" {
			named = id.parent
			id = m.all[named]
		}
		if id == nil || id.blocked || !slices.Contains(owners, named) {
			return "", &pool.Forbidden{}
		}
	}
	switch {
	case len(logins) == 0 && id.guest:
		return named, nil
	case len(logins) == 0:
		return "", &pool.Forbidden{}
	case id.guest && len(owners) > 0:
		return m.join(slices.MinFunc(owners, older), append(owners, named), unknown)
	case !id.guest && !slices.Contains(owners, named):
		return "", &pool.LoginsDontMatch{}
	}
	return m.join(named, owners, unknown)
}

func (m *model) join(target string, owners, unknown []string) (string, error) {
	joined := maps.Clone(m.all[target].logins)
	for _, o := range owners {
		if o != target {
			maps.Copy(joined, m.all[o].logins)
		}
	}
	for _, l := range unknown {
		joined[l] = m.clock
	}
	seen := map[string]bool{}
	for l := range joined {
		if seen[providerOf(l)] {
			return "", &pool.LoginTaken{}
		}
		seen[providerOf(l)] = true
	}
	for _, o := range owners {
		if o != target {
			i := m.all[o]
			i.parent, i.merge, i.logins, i.recorded = target, i.logins, map[string]int{}, true
		}
	}
	m.all[target].logins = joined
	if len(joined) > 0 {
		m.all[target].guest = false
	}
	return target, nil
}

func (m *model) unlink(id string, proof []string, providers []string) error {
	i := m.all[id]
	switch {
	case i == nil:
		return &pool.NoIdentity{}
	case i.parent != "" || i.blocked:
		return &pool.Forbidden{}
	case !slices.ContainsFunc(proof, func(l string) bool { _, ok := i.logins[l]; return ok }):
		return &pool.LoginsDontMatch{}
	}
	maps.DeleteFunc(i.logins, func(l string, _ int) bool { return slices.Contains(providers, providerOf(l)) })
	return nil
}

func (m *model) undo(id string) error {
	i := m.all[id]
	switch {
	case i == nil:
		return &pool.NoIdentity{}
	case i.parent == "":
		return &pool.NotMerged{}
	case !i.recorded || m.all[i.parent] == nil || m.all[i.parent].parent != "":
		return &pool.UndoRefused{}
	}
	winner := m.all[i.parent]
	for l, at := range i.merge {
		if has, ok := winner.logins[l]; !ok || has != at {
			return &pool.UndoRefused{}
		}
	}
	for l, at := range i.merge {
		delete(winner.logins, l)
		i.logins[l] = at
	}
	i.parent, i.merge = "", nil
	return nil
}

func (m *model) remove(id string) {
	delete(m.all, id)
	for _, i := range m.all {
		if i.parent == id {
			i.recorded = false
		}
	}
}

// TestIdentitiesFollowTheModel does the same random things, from fixed seeds, to a
// pool and to the model.
func TestIdentitiesFollowTheModel(t *testing.T) {
	w := newWorld(t)
	outcomes := map[string]int{}
	for seed := range uint64(40) {
		r := &modelRun{world: w, t: t, rand: rand.New(rand.NewPCG(seed, 1)), model: &model{all: map[string]*modelIdentity{}}, outcomes: outcomes}
		if !r.run(150) {
			t.Fatalf("seed %d:\n%s", seed, strings.Join(r.done, "\n"))
		}
	}
	for _, want := range []string{
		"GetId ok", "GetId *pool.LoginTaken", "GetId *pool.Forbidden",
		"GetCredentials ok", "GetCredentials *pool.Forbidden", "GetCredentials *pool.LoginTaken", "GetCredentials *pool.LoginsDontMatch", "GetCredentials *pool.NoIdentity",
		"Unlink ok", "Unlink *pool.Forbidden", "Unlink *pool.LoginsDontMatch",
		"rehearsed as new", "UndoMerge ok", "UndoMerge *pool.NotMerged", "UndoMerge *pool.UndoRefused",
	} {
		if outcomes[want] < 10 {
			t.Errorf("%q came up %d times: the test has become blind", want, outcomes[want])
		}
	}
}

// modelRun is one sequence of operations.
type modelRun struct {
	*world
	*model
	t        *testing.T
	rand     *rand.Rand
	pool     *pool.Pool
	ids      []string
	done     []string
	outcomes map[string]int
}

func modelProviders() []string { return []string{"a.example", "b.example", "c.example"} }

func (r *modelRun) run(steps int) bool {
	set := pool.Settings{Name: "p", AllowUnauthenticated: true}
	for _, host := range modelProviders() {
		set.OIDCProviderARNs = append(set.OIDCProviderARNs, oidcPrefix+host)
	}
	var err error
	if r.pool, err = r.CreatePool(r.t.Context(), account, set); err != nil {
		r.t.Fatal(err)
	}
	if err := r.SetRoles(r.t.Context(), r.pool.ID, map[string]string{pool.Authenticated: authRole, pool.Unauthenticated: gstRole}, nil); err != nil {
		r.t.Fatal(err)
	}
	r.ids = []string{"eu-west-1:00000000-0000-4000-8000-000000000000"} // nobody's
	for range steps {
		if !r.step() || !r.agree() {
			return false
		}
	}
	return true
}

// logins draws logins of one of four users at some of the providers.
func (r *modelRun) logins() []string {
	var list []string
	for _, provider := range modelProviders() {
		if r.rand.IntN(2) == 0 {
			list = append(list, fmt.Sprint(provider, " ", r.rand.IntN(4)))
		}
	}
	return list
}

func tokens(logins []string) map[string]string {
	m := map[string]string{}
	for _, l := range logins {
		provider, user, _ := strings.Cut(l, " ")
		m[provider] = "acme-app/" + user
	}
	return m
}

// step does one thing to both and compares the outcomes.
func (r *modelRun) step() (ok bool) {
	ctx, id, list := r.t.Context(), r.ids[r.rand.IntN(len(r.ids))], r.logins()
	var got, want string
	var err, refusal error
	what := ""
	switch n := r.rand.IntN(20); {
	case n < 5:
		what = "GetId"
		foreseen := r.rehearse("", list)
		defer func() { ok = ok && r.foresaw(foreseen, got, err) }()
		got, err = r.GetID(ctx, r.pool.ID, "", tokens(list))
		want, refusal = r.resolve("", list, func() string {
			r.ids = append(r.ids, got)
			return got
		})
	case n < 12:
		what = "GetCredentials"
		foreseen := r.rehearse(id, list)
		defer func() { ok = ok && r.foresaw(foreseen, got, err) }()
		var in *pool.SignIn
		if in, err = r.GetCredentials(ctx, id, tokens(list), "", nil); err == nil {
			got = in.Identity.ID
		}
		want, refusal = r.resolve(id, list, nil)
	case n < 14:
		what = "Unlink"
		off := modelProviders()[r.rand.IntN(3):]
		if i := r.all[id]; i != nil && len(i.logins) > 0 && r.rand.IntN(4) > 0 {
			list = slices.Sorted(maps.Keys(i.logins))
		}
		if len(list) == 0 {
			return true
		}
		err, refusal = r.Unlink(ctx, id, tokens(list), off), r.unlink(id, list, off)
	case n < 17:
		what = "UndoMerge"
		_, err = r.UndoMerge(ctx, id)
		refusal = r.undo(id)
	case n < 19:
		what = "SetIdentityEnabled"
		enabled := r.rand.IntN(4) > 0 // else soon nothing moves
		_, err = r.SetIdentityEnabled(ctx, id, enabled)
		if i := r.all[id]; i != nil {
			i.blocked = !enabled
		} else {
			refusal = &pool.NoIdentity{}
		}
	case r.rand.IntN(3) == 0:
		what = "Delete"
		err = r.DeleteIdentity(ctx, id)
		r.remove(id)
	default:
		return true
	}
	outcome := "ok"
	if err != nil {
		outcome = fmt.Sprintf("%T", inner(err))
	}
	r.outcomes[what+" "+outcome]++
	r.done = append(r.done, fmt.Sprintf("%s %s %v: %s %v", what, id, list, got, err))
	if reflect.TypeOf(inner(err)) != reflect.TypeOf(refusal) || got != want {
		r.t.Errorf("the service says %q, %v; the model %q, %v", got, err, want, refusal)
		return false
	}
	return true
}

// rehearsed is what a sign-in was said to come to.
type rehearsed struct {
	*pool.Rehearsed
	err error
}

func (r *modelRun) rehearse(id string, logins []string) rehearsed {
	out, err := r.Rehearse(r.t.Context(), pool.Rehearsal{PoolID: r.pool.ID, IdentityID: id, Logins: tokens(logins)})
	return rehearsed{out, err}
}

// foresaw compares a rehearsal with what came of it. GetId names blocked identities
// too; of those a rehearsal says what GetCredentials will.
func (r *modelRun) foresaw(was rehearsed, got string, err error) bool {
	if i := r.all[got]; err == nil && i != nil && i.blocked {
		err = &pool.Forbidden{}
	}
	if reflect.TypeOf(inner(was.err)) != reflect.TypeOf(inner(err)) {
		r.t.Errorf("rehearsed as %v, came to %v", was.err, err)
		return false
	}
	if err != nil {
		return true
	}
	i, _, err := r.Identity(r.t.Context(), got)
	if err != nil {
		r.t.Fatal(err)
	}
	want := *was.Identity
	if was.Made {
		want.ID = i.ID
	}
	if was.New {
		r.outcomes["rehearsed as new"]++
	}
	// Of what the sign-in makes, the times are later.
	times := cmp.Comparer(func(a, b time.Time) bool { return a.IsZero() == b.IsZero() })
	if diff := cmp.Diff(&want, i, times); diff != "" {
		r.t.Errorf("the identity differs from the rehearsed one (-rehearsed +came):\n%s", diff)
		return false
	}
	return true
}

// inner is the domain's error in err.
func inner(err error) error {
	for err != nil {
		switch err.(type) { //nolint:errorlint // the types themselves are compared
		case *pool.NoIdentity, *pool.Forbidden, *pool.LoginsDontMatch, *pool.LoginTaken, *pool.NotMerged, *pool.UndoRefused:
			return err
		}
		next, ok := err.(interface{ Unwrap() error }) //nolint:errorlint // as above
		if !ok {
			return err
		}
		err = next.Unwrap()
	}
	return nil
}

// agree compares everything that is stored with the model.
func (r *modelRun) agree() bool {
	list, err := r.ListIdentities(r.t.Context(), r.pool.ID, pool.Position{}, 1000, false)
	if err != nil {
		r.t.Fatal(err)
	}
	type state struct {
		Guest, Blocked, Disabled bool
		Parent                   string
		Logins                   []string
	}
	got, want := map[string]state{}, map[string]state{}
	for _, i := range list {
		s := state{Guest: i.Guest, Blocked: i.Blocked, Disabled: i.Disabled, Parent: i.Parent}
		for _, l := range i.Logins {
			s.Logins = append(s.Logins, l.Provider+" "+l.Subject)
		}
		slices.Sort(s.Logins)
		got[i.ID] = s
	}
	for id, i := range r.all {
		want[id] = state{Guest: i.guest, Blocked: i.blocked, Disabled: i.parent != "", Parent: i.parent, Logins: slices.Sorted(maps.Keys(i.logins))}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("stored differs from the model (-model +stored):\n%s", diff)
		return false
	}
	return true
}
