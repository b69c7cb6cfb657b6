package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A Lookup is a query that reads a handful of rows by a key, on the paths where
// the way through database/sql and a read transaction of its own cost several
// times as much as the search. It runs on connections of its own that keep their
// snapshot of the database between lookups, as long as nobody writes. Lookups
// are safe for concurrent use.
type Lookup struct {
	from  *lookups
	query string
	index int // into the statements of a connection
}

// Lookup returns a Lookup of query, whose parameters are $1, $2 and so on. It
// fails when the query cannot be prepared.
func (db *DB) Lookup(query string) (*Lookup, error) {
	l := &Lookup{from: db.lookups, query: query}
	l.index = l.from.nextIndex()
	c, err := l.from.take()
	if err != nil {
		return nil, err
	}
	_, err = c.statement(l)
	l.from.put(c, err != nil)
	return l, err
}

// Each calls row with the values of every row: int64, float64, string, []byte or
// nil. It may keep them but not the slice, and must be quick, for it holds a
// connection.
// Each sees every write that was acknowledged before it was called.
func (l *Lookup) Each(row func(values []driver.Value) error, args ...driver.Value) error {
	c, err := l.from.take()
	if err != nil {
		return err
	}
	broken := true // a panic of row, too, leaves a connection that nobody wants
	defer func() { l.from.put(c, broken) }()
	var stopped error
	err = c.each(l, args, func(values []driver.Value) error {
		stopped = row(values)
		return stopped
	})
	broken = err != nil && stopped == nil
	return err
}

// lookups are the connections of the Lookups of a database.
//
// A connection that is not in use may hold a read transaction open, so that the
// next lookup need not begin one. A write ends those of all idle connections
// before it begins, and a connection given back meanwhile ends its own: a
// snapshot is therefore never older than the last acknowledged write, and the
// log can always be checkpointed and begun anew, as it could be without us.
type lookups struct {
	open func() (driver.Conn, error)
	most int

	mu      sync.Mutex
	changed *sync.Cond    // a connection became idle, or closed did
	idle    []*lookupConn // the last one used is used next
	made    int           // connections that exist
	queries int           // Lookups that exist
	writing int           // writes under way
	writes  uint64        // writes begun
	closed  bool
}

func newLookups(most int, open func() (driver.Conn, error)) *lookups {
	l := &lookups{open: open, most: most}
	l.changed = sync.NewCond(&l.mu)
	return l
}

func (l *lookups) nextIndex() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queries++
	return l.queries - 1
}

// take gives a connection, in a transaction if it may keep one.
func (l *lookups) take() (*lookupConn, error) {
	l.mu.Lock()
	for len(l.idle) == 0 && l.made >= l.most && !l.closed {
		l.changed.Wait()
	}
	if l.closed {
		l.mu.Unlock()
		return nil, ErrClosed
	}
	mayHold, writes := l.writing == 0, l.writes
	var c *lookupConn
	if n := len(l.idle); n > 0 {
		c, l.idle = l.idle[n-1], l.idle[:n-1]
		l.mu.Unlock()
	} else {
		l.made++
		l.mu.Unlock()
		conn, err := l.open()
		if err != nil {
			l.put(nil, true)
			return nil, fmt.Errorf("open a connection: %w", err)
		}
		c = &lookupConn{conn: conn}
	}
	if mayHold && !c.holds {
		if err := c.begin(); err != nil {
			l.put(c, true)
			return nil, err
		}
		c.writes = writes
	}
	return c, nil
}

// put takes a connection back; a broken one, or nil for one that could not be
// made, makes room for another.
func (l *lookups) put(c *lookupConn, broken bool) {
	l.mu.Lock()
	// A write may have begun since: what it could not end is ended here.
	if !broken && c.holds && (l.writing > 0 || c.writes != l.writes) {
		broken = c.end() != nil
	}
	broken = broken || l.closed
	if broken {
		l.made--
	} else {
		l.idle = append(l.idle, c)
	}
	l.changed.Signal()
	l.mu.Unlock()
	if broken && c != nil {
		c.close()
	}
}

// pause ends the transactions of idle connections and lets nobody keep one until
// resume.
func (l *lookups) pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing++
	l.writes++
	kept := l.idle[:0]
	for _, c := range l.idle {
		if c.holds && c.end() != nil {
			l.made--
			c.close()
			continue
		}
		kept = append(kept, c)
	}
	l.idle = kept
}

func (l *lookups) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing--
}

// close closes the idle connections; the others are closed when they are given
// back.
func (l *lookups) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.changed.Broadcast()
	var errs []error
	for _, c := range l.idle {
		errs = append(errs, c.close())
	}
	l.made -= len(l.idle)
	l.idle = nil
	return errors.Join(errs...)
}

// lookupConn is one connection, used by one goroutine at a time.
type lookupConn struct {
	conn               driver.Conn
	statements         []driver.Stmt // by the index of their Lookup
	beginning, endings driver.Stmt
	holds              bool   // a read transaction is open
	writes             uint64 // how many writes had begun when it was opened
}

func (c *lookupConn) prepare(query string) (driver.Stmt, error) {
	s, err := c.conn.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	return s, nil
}

func (c *lookupConn) statement(l *Lookup) (driver.Stmt, error) {
	for len(c.statements) <= l.index {
		c.statements = append(c.statements, nil)
	}
	if c.statements[l.index] == nil {
		s, err := c.prepare(l.query)
		if err != nil {
			return nil, err
		}
		c.statements[l.index] = s
	}
	return c.statements[l.index], nil
}

func (c *lookupConn) begin() error {
	err := c.run(&c.beginning, "BEGIN")
	c.holds = err == nil
	return err
}

func (c *lookupConn) end() error {
	err := c.run(&c.endings, "ROLLBACK")
	c.holds = err != nil
	return err
}

// run executes a statement that is prepared when it is first needed.
func (c *lookupConn) run(s *driver.Stmt, text string) (err error) {
	if *s == nil {
		if *s, err = c.prepare(text); err != nil {
			return err
		}
	}
	if _, err := (*s).(driver.StmtExecContext).ExecContext(context.Background(), nil); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

func (c *lookupConn) each(l *Lookup, args []driver.Value, row func([]driver.Value) error) (err error) {
	s, err := c.statement(l)
	if err != nil {
		return err
	}
	var room [4]driver.NamedValue
	named := room[:0]
	for i, a := range args {
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), named)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := row(values); err != nil {
			return err
		}
	}
}

func (c *lookupConn) close() error {
	errs := make([]error, 0, len(c.statements)+3)
	for _, s := range append(c.statements, c.beginning, c.endings) {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(append(errs, c.conn.Close())...)
}
