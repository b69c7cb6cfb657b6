package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/pressly/goose/v3"
)

// Migrate brings the tables of one engine up to date with the *.sql files in
// fsys (goose's format). name is a short lower-case word; the versions applied
// are kept in the table goose_<name>, so that several engines share a database
// without sharing a numbering. Call it before the database is used; it is safe
// to call at every start. A database from a later program is refused with
// *Newer.
func Migrate(ctx context.Context, db *DB, name string, fsys fs.FS) error {
	if !regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`).MatchString(name) {
		return fmt.Errorf("sqldb: %q cannot name a version table", name)
	}
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	// The global registry is goose's package state; ours stays in the files.
	p, err := goose.NewProvider(goose.DialectSQLite3, db.write, fsys,
		goose.WithTableName("goose_"+name), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", name, err)
	}
	have, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", name, err)
	}
	if have > known {
		return &Newer{Engine: name, Have: have, Known: known}
	}
	if have == known {
		return nil
	}
	db.lookups.pause()
	defer db.lookups.resume()
	if _, err := p.Up(ctx); err != nil {
		var partial *goose.PartialError
		if errors.As(err, &partial) && partial.Failed != nil && partial.Failed.Source != nil {
			return fmt.Errorf("migration %s of %s: %w", partial.Failed.Source.Path, name, partial.Err)
		}
		return fmt.Errorf("migrations of %s: %w", name, err)
	}
	return nil
}
