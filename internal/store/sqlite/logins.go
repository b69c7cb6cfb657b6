package sqlite

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/store/sqlite/poolsql"
)

// rowLogin is a login as the row of its identity has it.
type rowLogin struct {
	provider   int64
	subject    string
	linked     int64
	remembered int64 // 0 for never
}

func (l rowLogin) is(provider int64, subject string) bool {
	return l.provider == provider && l.subject == subject
}

// errLogins says that the column logins is not what loginsText writes.
var errLogins = errors.New("the logins of an identity cannot be read")

// loginsText is the column logins: for each login its provider, when it was linked
// (after the identity was created, for that is mostly 0), when it was remembered,
// the bytes of its subject, each with a space behind it, and the subject.
func loginsText(list []rowLogin, created int64) string {
	var b []byte
	for _, l := range list {
		for _, n := range [...]int64{l.provider, l.linked - created, l.remembered, int64(len(l.subject))} {
			b = append(strconv.AppendInt(b, n, 10), ' ')
		}
		b = append(b, l.subject...)
	}
	return string(b)
}

// readLogins calls each for every login of a text that loginsText wrote. The
// subjects are parts of the text.
func readLogins(text string, created int64, each func(l rowLogin)) error {
	for text != "" {
		var n [4]int64
		for i := range n {
			digits, rest, ok := strings.Cut(text, " ")
			v, err := strconv.ParseInt(digits, 10, 64)
			if !ok || err != nil {
				return errLogins
			}
			n[i], text = v, rest
		}
		if n[3] < 0 || n[3] > int64(len(text)) {
			return errLogins
		}
		each(rowLogin{provider: n[0], linked: created + n[1], remembered: n[2], subject: text[:n[3]]})
		text = text[n[3]:]
	}
	return nil
}

// row is an identity that a change works on, in the form of its row.
type row struct {
	poolsql.Identity
	logins []rowLogin
}

func newRow(r poolsql.Identity) (*row, error) {
	out := &row{Identity: r}
	err := readLogins(r.Logins, r.Created, func(l rowLogin) { out.logins = append(out.logins, l) })
	return out, err
}

// take removes a login and returns it.
func (r *row) take(provider int64, subject string) (rowLogin, bool) {
	at := slices.IndexFunc(r.logins, func(l rowLogin) bool { return l.is(provider, subject) })
	if at < 0 {
		return rowLogin{}, false
	}
	l := r.logins[at]
	r.logins = slices.Delete(r.logins, at, at+1)
	return l, true
}

// identity is the identity of a row. The region of an identity is that of its pool.
func (n *names) identity(region string, r *poolsql.Identity) (*pool.Identity, error) {
	i := &pool.Identity{
		ID: idText(region, r.ID), PoolID: n.name(r.Pool), Created: fromMillis(r.Created), Modified: fromMillis(r.Modified),
		Guest: r.State&stateGuest != 0, Disabled: r.State&stateMerged != 0, Blocked: r.State&stateBlocked != 0,
		Version: r.Version,
	}
	if r.Parent != nil {
		i.Parent = idText(region, r.Parent)
	}
	err := readLogins(r.Logins, r.Created, func(l rowLogin) { i.Logins = append(i.Logins, n.login(l)) })
	slices.SortFunc(i.Logins, pool.Login.Compare)
	return i, err
}

func (n *names) login(l rowLogin) pool.Login {
	return pool.Login{Provider: n.name(l.provider), Subject: l.subject, Linked: fromMillis(l.linked), Remembered: sometime(l.remembered)}
}
