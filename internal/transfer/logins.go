package transfer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
)

// LoginTable says which login belongs to which identity, from the database of the
// application that used the pool. Cognito never tells the subject of a login, and
// without it nobody can know whose an identity is: neither the first who asks for
// it nor who sends its id, which is no secret, has proven anything.
//
// The table is held in memory, about 200 bytes a row.
type LoginTable struct {
	rows map[string][]tableRow // by identity id
	left int
}

type tableRow struct{ provider, subject string }

// BadTable says what is wrong with a table of logins.
type BadTable struct {
	Line   int
	Reason string
}

func (e *BadTable) Error() string { return fmt.Sprintf("line %d of the logins: %s", e.Line, e.Reason) }

// The columns of a table, in its first line.
var tableColumns = [3]string{"provider", "subject", "identity_id"}

// ReadLogins reads a table in CSV with the columns provider, subject, identity_id.
func ReadLogins(r io.Reader) (*LoginTable, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = len(tableColumns)
	in.ReuseRecord = true
	t := &LoginTable{rows: make(map[string][]tableRow)}
	owners := make(map[tableRow]struct{})
	for first := true; ; first = false {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			if first {
				return nil, &BadTable{1, "it is empty"}
			}
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the logins: %w", err)
		}
		number, _ := in.FieldPos(0)
		if first {
			if !slices.Equal(record, tableColumns[:]) {
				return nil, &BadTable{number, fmt.Sprintf("the columns are %q and must be %q", record, tableColumns)}
			}
			continue
		}
		row, id := tableRow{record[0], record[1]}, record[2]
		if row.provider == "" || row.subject == "" || id == "" {
			return nil, &BadTable{number, "a column is empty"}
		}
		if _, twice := owners[row]; twice {
			return nil, &BadTable{number, fmt.Sprintf("the subject %q of %s is there twice", row.subject, row.provider)}
		}
		owners[row] = struct{}{}
		t.rows[id] = append(t.rows[id], row)
		t.left++
	}
}

// Unused is how many rows fitted no identity so far.
func (t *LoginTable) Unused() int { return t.left }

// complete adds the logins of the table to an identity, and tells how many of its
// providers remain without a subject. A row counts only for a provider of which the
// identity is known to have a login.
func (t *LoginTable) complete(i *Identity) (missing int, err error) {
	rows := t.rows[i.IdentityId]
	for _, provider := range i.UnknownLogins {
		at := slices.IndexFunc(rows, func(r tableRow) bool { return r.provider == provider })
		if at < 0 {
			missing++
			continue
		}
		i.Logins = append(i.Logins, Login{Provider: provider, Subject: rows[at].subject, Linked: i.CreationDate})
		t.left--
	}
	return missing, nil
}
