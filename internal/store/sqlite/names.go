package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/poolsql"
)

// names are the numbers that stand in rows for ids of pools and names of
// providers. There are few names, and a number keeps its name for ever, so all of
// them are in memory, and a name that is not has no rows.
type names struct {
	db    *sqldb.DB
	write *poolsql.Queries

	adding sync.Mutex
	known  atomic.Pointer[nameTable]
}

// nameTable is immutable.
type nameTable struct {
	numbers map[string]int64
	names   map[int64]string
}

func loadNames(ctx context.Context, db *sqldb.DB, read, write *poolsql.Queries) (*names, error) {
	t, err := readNames(ctx, read)
	if err != nil {
		return nil, fmt.Errorf("load names: %w", err)
	}
	n := &names{db: db, write: write}
	n.known.Store(t)
	return n, nil
}

func readNames(ctx context.Context, q *poolsql.Queries) (*nameTable, error) {
	rows, err := q.LoadNames(ctx)
	if err != nil {
		return nil, err
	}
	t := &nameTable{numbers: make(map[string]int64, len(rows)), names: make(map[int64]string, len(rows))}
	for _, r := range rows {
		t.numbers[r.Name], t.names[r.Number] = r.Number, r.Name
	}
	return t, nil
}

// number is that of a name, or 0, which no row has.
func (n *names) number(name string) int64 { return n.known.Load().numbers[name] }

// name is the name of a number that was read from a row.
func (n *names) name(number int64) string { return n.known.Load().names[number] }

// add gives numbers to those of the names that have none, durably: before the
// write that needs them, because that one may be undone.
func (n *names) add(ctx context.Context, wanted ...string) error {
	if !slices.ContainsFunc(wanted, func(name string) bool { return n.number(name) == 0 }) {
		return nil
	}
	n.adding.Lock()
	defer n.adding.Unlock()
	var next *nameTable
	err := n.db.Update(ctx, func(tx *sql.Tx) error {
		q := n.write.WithTx(tx)
		// As they are stored: a commit that was reported as failed may have been made.
		var err error
		if next, err = readNames(ctx, q); err != nil {
			return err
		}
		last := int64(0)
		for number := range next.names {
			last = max(last, number)
		}
		for _, name := range wanted {
			if next.numbers[name] != 0 {
				continue
			}
			last++
			if err := q.InsertName(ctx, poolsql.InsertNameParams{Number: last, Name: name}); err != nil {
				return err
			}
			next.numbers[name], next.names[last] = last, name
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("number names: %w", err)
	}
	n.known.Store(next)
	return nil
}
