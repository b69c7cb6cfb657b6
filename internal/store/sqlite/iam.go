package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/iamsql"
)

//go:embed migrations/iam/*.sql
var iamMigrations embed.FS

// IAM keeps roles, users, groups, policies, access keys and identity providers;
// it implements iam.Store.
type IAM struct{ db *sqldb.DB }

var _ iam.Store = (*IAM)(nil)

// OpenIAM brings the tables of IAM up to date.
func OpenIAM(ctx context.Context, db *sqldb.DB) (*IAM, error) {
	if err := migrate(ctx, db, "iam", iamMigrations); err != nil {
		return nil, err
	}
	return &IAM{db: db}, nil
}

// migrate applies the migrations of one engine from its embedded folder.
func migrate(ctx context.Context, db *sqldb.DB, name string, files embed.FS) error {
	sub, err := fs.Sub(files, "migrations/"+name)
	if err != nil {
		return fmt.Errorf("%s migrations: %w", name, err)
	}
	return sqldb.Migrate(ctx, db, name, sub)
}

// Version implements iam.Store.
func (s *IAM) Version(ctx context.Context) (int64, error) {
	return version(ctx, iamsql.New(s.db.Reader()))
}

func version(ctx context.Context, q *iamsql.Queries) (int64, error) {
	v, err := q.Version(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read iam version: %w", err)
	}
	return v, nil
}

// Since implements iam.Store. The reads share a transaction, so that they see
// one state.
func (s *IAM) Since(ctx context.Context, since int64) (*iam.Changes, error) {
	tx, err := s.db.Reader().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("read iam: %w", err)
	}
	c, err := readSince(ctx, iamsql.New(tx), since)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read iam: %w", err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("read iam: %w", err)
	}
	return c, nil
}

func readSince(ctx context.Context, q *iamsql.Queries, since int64) (*iam.Changes, error) {
	c := new(iam.Changes)
	var err error
	if c.Version, err = version(ctx, q); err != nil {
		return nil, err
	}
	if c.Roles, err = rows(q.RolesSince, fromRole)(ctx, since); err != nil {
		return nil, fmt.Errorf("roles: %w", err)
	}
	if c.Users, err = rows(q.UsersSince, fromUser)(ctx, since); err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	if c.Groups, err = rows(q.GroupsSince, fromGroup)(ctx, since); err != nil {
		return nil, fmt.Errorf("groups: %w", err)
	}
	if c.Policies, err = rows(q.PoliciesSince, fromPolicy)(ctx, since); err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	if c.Keys, err = rows(q.AccessKeysSince, fromAccessKey)(ctx, since); err != nil {
		return nil, fmt.Errorf("access keys: %w", err)
	}
	if c.Providers, err = rows(q.ProvidersSince, fromProvider)(ctx, since); err != nil {
		return nil, fmt.Errorf("providers: %w", err)
	}
	if c.SAMLProviders, err = rows(q.SAMLProvidersSince, fromSAMLProvider)(ctx, since); err != nil {
		return nil, fmt.Errorf("saml providers: %w", err)
	}
	if c.InstanceProfiles, err = rows(q.InstanceProfilesSince, fromInstanceProfile)(ctx, since); err != nil {
		return nil, fmt.Errorf("instance profiles: %w", err)
	}
	if c.Aliases, err = rows(q.AccountAliasesSince, fromAlias)(ctx, since); err != nil {
		return nil, fmt.Errorf("account aliases: %w", err)
	}
	if since == 0 {
		return c, nil // a reader that starts has nothing to forget
	}
	deleted, err := q.DeletedSince(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("deleted: %w", err)
	}
	for _, d := range deleted {
		c.Deleted = append(c.Deleted, iam.Ref{Kind: iam.Kind(d.Kind), ID: d.ID})
	}
	return c, nil
}

// rows turns a query of rows into one of values.
func rows[R, V any](query func(context.Context, int64) ([]R, error), from func(*R) (V, error)) func(context.Context, int64) ([]V, error) {
	return func(ctx context.Context, since int64) ([]V, error) {
		rs, err := query(ctx, since)
		if err != nil {
			return nil, err
		}
		out := make([]V, 0, len(rs))
		for i := range rs {
			v, err := from(&rs[i])
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
}

// Commit implements iam.Store.
func (s *IAM) Commit(ctx context.Context, w *iam.Write) error {
	return s.db.Group(ctx, func(tx *sql.Tx) error {
		q := iamsql.New(tx)
		if err := bump(ctx, q, w.Base); err != nil {
			return err
		}
		if err := write(ctx, q, w); err != nil {
			return fmt.Errorf("write iam: %w", err)
		}
		return nil
	})
}

// bump takes the step from base to base+1, or reports that another write did.
func bump(ctx context.Context, q *iamsql.Queries, base int64) error {
	step := func(ctx context.Context) (int64, error) { return q.BumpVersion(ctx, base) }
	if base == 0 {
		step = q.FirstVersion
	}
	n, err := step(ctx)
	if err != nil {
		return fmt.Errorf("count up iam version: %w", err)
	}
	if n == 0 {
		return &iam.VersionConflict{Base: base}
	}
	return nil
}

func write(ctx context.Context, q *iamsql.Queries, w *iam.Write) error {
	// Deletions come first: they may free a name that the write gives away.
	for _, ref := range w.Deleted {
		if err := remove(ctx, q, ref, w.Base+1); err != nil {
			return fmt.Errorf("delete %s %s: %w", ref.Kind, ref.ID, err)
		}
	}
	for _, r := range w.Roles {
		if err := put(ctx, q.PutRole, toRole, r); err != nil {
			return fmt.Errorf("role %s: %w", r.ID, err)
		}
	}
	for _, u := range w.Users {
		if err := put(ctx, q.PutUser, toUser, u); err != nil {
			return fmt.Errorf("user %s: %w", u.ID, err)
		}
	}
	for _, g := range w.Groups {
		if err := put(ctx, q.PutGroup, toGroup, g); err != nil {
			return fmt.Errorf("group %s: %w", g.ID, err)
		}
	}
	for _, p := range w.Policies {
		if err := put(ctx, q.PutPolicy, toPolicy, p); err != nil {
			return fmt.Errorf("policy %s: %w", p.ID, err)
		}
	}
	for _, k := range w.Keys {
		if err := put(ctx, q.PutAccessKey, toAccessKey, k); err != nil {
			return fmt.Errorf("access key %s: %w", k.ID, err)
		}
	}
	for _, p := range w.Providers {
		if err := put(ctx, q.PutProvider, toProvider, p); err != nil {
			return fmt.Errorf("provider %s: %w", p.URL, err)
		}
		// Providers and aliases can come back under the same key.
		if err := q.ForgetDeleted(ctx, iamsql.ForgetDeletedParams{Kind: string(iam.KindOIDCProvider), ID: p.ARN()}); err != nil {
			return fmt.Errorf("provider %s: %w", p.URL, err)
		}
	}
	for _, p := range w.SAMLProviders {
		if err := put(ctx, q.PutSAMLProvider, toSAMLProvider, p); err != nil {
			return fmt.Errorf("saml provider %s: %w", p.Name, err)
		}
		if err := q.ForgetDeleted(ctx, iamsql.ForgetDeletedParams{Kind: string(iam.KindSAMLProvider), ID: p.ARN()}); err != nil {
			return fmt.Errorf("saml provider %s: %w", p.Name, err)
		}
	}
	for _, p := range w.InstanceProfiles {
		if err := put(ctx, q.PutInstanceProfile, toInstanceProfile, p); err != nil {
			return fmt.Errorf("instance profile %s: %w", p.ID, err)
		}
	}
	for _, a := range w.Aliases {
		if err := q.PutAccountAlias(ctx, iamsql.PutAccountAliasParams{Account: a.Account, Alias: a.Alias, Version: a.Version}); err != nil {
			return fmt.Errorf("alias of account %s: %w", a.Account, err)
		}
		if err := q.ForgetDeleted(ctx, iamsql.ForgetDeletedParams{Kind: string(iam.KindAccountAlias), ID: a.Account}); err != nil {
			return fmt.Errorf("alias of account %s: %w", a.Account, err)
		}
	}
	return nil
}

// SAMLMetadata implements iam.Store.
func (s *IAM) SAMLMetadata(ctx context.Context, account, name string) (string, error) {
	text, err := iamsql.New(s.db.Reader()).SAMLMetadata(ctx, iamsql.SAMLMetadataParams{Account: account, Name: name})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read saml metadata: %w", err)
	}
	return text, nil
}

func put[V, P any](ctx context.Context, exec func(context.Context, P) error, to func(V) (P, error), v V) error {
	p, err := to(v)
	if err != nil {
		return err
	}
	return exec(ctx, p)
}

func remove(ctx context.Context, q *iamsql.Queries, ref iam.Ref, version int64) error {
	var err error
	switch ref.Kind {
	case iam.KindRole:
		err = q.DeleteRole(ctx, ref.ID)
	case iam.KindUser:
		err = q.DeleteUser(ctx, ref.ID)
	case iam.KindGroup:
		err = q.DeleteGroup(ctx, ref.ID)
	case iam.KindPolicy:
		err = q.DeletePolicy(ctx, ref.ID)
	case iam.KindAccessKey:
		err = q.DeleteAccessKey(ctx, ref.ID)
	case iam.KindOIDCProvider:
		var p iamsql.DeleteProviderParams
		if p, err = providerKey(ref.ID); err == nil {
			err = q.DeleteProvider(ctx, p)
		}
	case iam.KindSAMLProvider:
		var account, name string
		if account, name, err = samlKey(ref.ID); err == nil {
			err = q.DeleteSAMLProvider(ctx, iamsql.DeleteSAMLProviderParams{Account: account, Name: name})
		}
	case iam.KindInstanceProfile:
		err = q.DeleteInstanceProfile(ctx, ref.ID)
	case iam.KindAccountAlias:
		err = q.DeleteAccountAlias(ctx, ref.ID)
	default:
		err = errors.New("this kind is not stored")
	}
	if err != nil {
		return err
	}
	return q.PutDeleted(ctx, iamsql.PutDeletedParams{Kind: string(ref.Kind), ID: ref.ID, Version: version})
}
