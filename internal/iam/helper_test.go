package iam_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/store/storetest"
)

const account = "000000000000"

// memory is a store in memory, so that the rules are tested without a database.
// It runs the kit that every engine runs.
type memory struct {
	mu      sync.Mutex
	version int64
	rows    map[iam.Ref]any
	deleted map[iam.Ref]int64
	// fail makes the next Commit fail, after it was applied if lost is set.
	fail error
	lost bool
}

func newMemory() *memory {
	return &memory{rows: map[iam.Ref]any{}, deleted: map[iam.Ref]int64{}}
}

func (m *memory) Version(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version, nil
}

func (m *memory) Since(_ context.Context, since int64) (*iam.Changes, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &iam.Changes{Version: m.version}
	for _, row := range m.rows {
		switch r := row.(type) {
		case iam.Role:
			c.Roles = add(c.Roles, r, r.Version > since)
		case iam.User:
			c.Users = add(c.Users, r, r.Version > since)
		case iam.Group:
			c.Groups = add(c.Groups, r, r.Version > since)
		case iam.ManagedPolicy:
			c.Policies = add(c.Policies, r, r.Version > since)
		case iam.InstanceProfile:
			c.InstanceProfiles = add(c.InstanceProfiles, r, r.Version > since)
		case iam.AccountAlias:
			c.Aliases = add(c.Aliases, r, r.Version > since)
		case iam.SealedKey:
			c.Keys = add(c.Keys, r, r.Version > since)
		case iam.OIDCProvider:
			c.Providers = add(c.Providers, r, r.Version > since)
		case iam.SAMLProvider:
			r.Metadata = ""
			c.SAMLProviders = add(c.SAMLProviders, r, r.Version > since)
		}
	}
	for ref, v := range m.deleted {
		if since > 0 && v > since {
			c.Deleted = append(c.Deleted, ref)
		}
	}
	return c, nil
}

func add[T any](list []*T, row T, keep bool) []*T {
	if keep {
		list = append(list, &row)
	}
	return list
}

func (m *memory) Commit(_ context.Context, w *iam.Write) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail; err != nil && !m.lost {
		m.fail = nil
		return err
	}
	if w.Base != m.version {
		return &iam.VersionConflict{Base: w.Base}
	}
	rows := map[iam.Ref]any{}
	for ref, row := range m.rows {
		rows[ref] = row
	}
	for _, ref := range w.Deleted {
		if ref.Kind == "planet" {
			return errors.New("not stored")
		}
		delete(rows, ref)
	}
	for _, r := range w.Roles {
		rows[iam.Ref{Kind: iam.KindRole, ID: r.ID}] = *r
	}
	for _, u := range w.Users {
		rows[iam.Ref{Kind: iam.KindUser, ID: u.ID}] = *u
	}
	for _, g := range w.Groups {
		rows[iam.Ref{Kind: iam.KindGroup, ID: g.ID}] = *g
	}
	for _, p := range w.Policies {
		rows[iam.Ref{Kind: iam.KindPolicy, ID: p.ID}] = *p
	}
	for _, p := range w.InstanceProfiles {
		rows[iam.Ref{Kind: iam.KindInstanceProfile, ID: p.ID}] = *p
	}
	for _, a := range w.Aliases {
		rows[iam.Ref{Kind: iam.KindAccountAlias, ID: a.Account}] = *a
	}
	for _, k := range w.Keys {
		rows[iam.Ref{Kind: iam.KindAccessKey, ID: k.ID}] = *k
	}
	for _, p := range w.Providers {
		rows[iam.Ref{Kind: iam.KindOIDCProvider, ID: p.ARN()}] = *p
	}
	for _, p := range w.SAMLProviders {
		ref, next := iam.Ref{Kind: iam.KindSAMLProvider, ID: p.ARN()}, *p
		if last, ok := rows[ref].(iam.SAMLProvider); ok && next.Metadata == "" {
			next.Metadata = last.Metadata
		}
		rows[ref] = next
	}
	if err := uniqueNames(rows); err != nil {
		return err
	}
	m.rows = rows
	m.version++
	for _, ref := range w.Deleted {
		m.deleted[ref] = m.version
	}
	for _, p := range w.Providers {
		delete(m.deleted, iam.Ref{Kind: iam.KindOIDCProvider, ID: p.ARN()})
	}
	for _, p := range w.SAMLProviders {
		delete(m.deleted, iam.Ref{Kind: iam.KindSAMLProvider, ID: p.ARN()})
	}
	for _, a := range w.Aliases {
		delete(m.deleted, iam.Ref{Kind: iam.KindAccountAlias, ID: a.Account})
	}
	err := m.fail
	m.fail = nil
	return err
}

func (m *memory) SAMLMetadata(_ context.Context, account, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, _ := m.rows[iam.Ref{Kind: iam.KindSAMLProvider, ID: (&iam.SAMLProvider{Account: account, Name: name}).ARN()}].(iam.SAMLProvider)
	return p.Metadata, nil
}

func uniqueNames(rows map[iam.Ref]any) error {
	seen := map[string]bool{}
	for ref, row := range rows {
		name := ""
		switch r := row.(type) {
		case iam.Role:
			name = r.Account + r.Name
		case iam.User:
			name = r.Account + r.Name
		case iam.Group:
			name = r.Account + r.Name
		case iam.ManagedPolicy:
			name = r.Account + r.Name
		case iam.SAMLProvider:
			name = r.Account + r.Name
		case iam.InstanceProfile:
			name = r.Account + r.Name
		case iam.AccountAlias:
			name = r.Alias
		default:
			continue
		}
		key := string(ref.Kind) + strings.ToLower(name)
		if seen[key] {
			return fmt.Errorf("name %s is taken", key)
		}
		seen[key] = true
	}
	return nil
}

func TestMemoryStore(t *testing.T) {
	storetest.IAM(t, func(*testing.T) (iam.Store, func() iam.Store) {
		m := newMemory()
		return m, func() iam.Store { return m }
	})
}

// seal is a sealer whose records can be told apart by purpose and owner.
type seal struct{}

func (seal) Seal(purpose string, plain, aad []byte) ([]byte, error) {
	return fmt.Appendf(nil, "%s|%s|%s", purpose, aad, plain), nil
}

func (seal) Open(purpose string, sealed, aad []byte) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(sealed), purpose+"|"+string(aad)+"|")
	if !ok {
		return nil, errors.New("does not authenticate")
	}
	return []byte(plain), nil
}

// node is a service over a store, with a clock that the test moves.
func node(t testing.TB, s iam.Store, change ...func(*iam.Config)) *iam.Service {
	t.Helper()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var ticks atomic.Int64 // a second passes with every look at the clock
	c := iam.Config{Store: s, Sealer: seal{}, Account: account, Now: func() time.Time {
		return start.Add(time.Duration(ticks.Add(1)) * time.Second)
	}}
	for _, f := range change {
		f(&c)
	}
	svc, err := iam.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

func view(t testing.TB, s *iam.Service) *iam.View {
	t.Helper()
	v, err := s.Fresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantError compares an error with the typed one that is wanted, by value.
func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if want == nil {
		if got != nil {
			t.Errorf("%s: %v", what, got)
		}
		return
	}
	if got == nil || fmt.Sprintf("%T %+v", got, got) != fmt.Sprintf("%T %+v", want, want) {
		t.Errorf("%s: got %T %v, want %T %v", what, got, got, want, want)
	}
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, errs ...error) {
	t.Helper()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		t.Fatal(errs[i])
	}
}

const (
	allowS3 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	denyS3  = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`
	cognito = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},` +
		`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"p"}}}]}`
	admin = "arn:aws:iam::aws:policy/AdministratorAccess"
)

// trusting is a trust policy for AWS principals.
func trusting(arns ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["` + strings.Join(arns, `","`) +
		`"]},"Action":"sts:AssumeRole"}]}`
}

func role(name string) iam.NewRole {
	return iam.NewRole{Account: account, Name: name, Trust: cognito}
}
