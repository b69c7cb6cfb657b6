package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/iamsql"
)

var _ iam.UseStore = (*IAM)(nil)

// KeyUse implements iam.UseStore.
func (s *IAM) KeyUse(ctx context.Context, id string) (iam.KeyUse, bool, error) {
	row, err := iamsql.New(s.db.Reader()).KeyUse(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return iam.KeyUse{}, false, nil
	}
	if err != nil {
		return iam.KeyUse{}, false, fmt.Errorf("read use of access key: %w", err)
	}
	return iam.KeyUse{At: fromMilli(row.Used), Service: row.Service, Region: row.Region}, true, nil
}

// useBatch bounds the rows of one transaction.
const useBatch = 500

// SaveKeyUses implements iam.UseStore.
func (s *IAM) SaveKeyUses(ctx context.Context, uses map[string]iam.KeyUse) error {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(uses)), useBatch) {
		err := s.db.Group(ctx, func(tx *sql.Tx) error {
			q := iamsql.New(tx)
			for _, id := range ids {
				u := uses[id]
				p := iamsql.SaveKeyUseParams{ID: id, Used: milli(u.At), Service: u.Service, Region: u.Region}
				if err := q.SaveKeyUse(ctx, p); err != nil {
					return fmt.Errorf("save use of access key %s: %w", id, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
