package filestore

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/rockpool-id/rockpool/internal/object"
)

// verdict says what a key means for the page being listed.
type verdict int

const (
	item    verdict = iota // belongs to the page
	rolled                 // the first key of a new common prefix on the page
	inside                 // a further key of the last common prefix
	outside                // behind the listed prefix: the listing ends
	beyond                 // belongs to the next page: the page is full
)

// pager forms one page of a listing from keys in byte order. The keys that it
// is shown stay as they are: it keeps pieces of them.
type pager struct {
	o                 object.ListOptions
	prefix, delimiter []byte // of o
	n                 int
	last              []byte // last key or common prefix on the page
	group             []byte // last common prefix seen or skipped
	grouped           bool
	prefixes          []string
}

// newPager returns the pager and the first key to look at; ok is false when
// no key can qualify.
func newPager(o object.ListOptions) (p *pager, from []byte, ok bool) {
	p = &pager{o: o, prefix: []byte(o.Prefix), delimiter: []byte(o.Delimiter)}
	if o.After == "" || o.After < o.Prefix {
		return p, p.prefix, true
	}
	after := []byte(o.After)
	if group, ok := p.groupOf(after); ok && len(group) == len(after) {
		p.group, p.grouped = group, true
		from, ok = behind(group)
		return p, from, ok
	}
	return p, append(after, 0), true // the next possible key
}

// groupOf is the common prefix that key belongs to, if any.
func (p *pager) groupOf(key []byte) ([]byte, bool) {
	if len(p.delimiter) == 0 || !bytes.HasPrefix(key, p.prefix) {
		return nil, false
	}
	i := bytes.Index(key[len(p.prefix):], p.delimiter)
	if i < 0 {
		return nil, false
	}
	return key[:len(p.prefix)+i+len(p.delimiter)], true
}

func (p *pager) take(key []byte) verdict {
	if !bytes.HasPrefix(key, p.prefix) {
		return outside
	}
	group, ok := p.groupOf(key)
	if ok && p.grouped && bytes.Equal(group, p.group) {
		return inside
	}
	if p.n >= p.o.Max {
		return beyond
	}
	p.n++
	if ok {
		p.group, p.grouped, p.last = group, true, group
		p.prefixes = append(p.prefixes, string(group))
		return rolled
	}
	p.last = key
	return item
}

// behind is the first string after all that start with prefix. There is none
// when prefix consists of 0xFF bytes only.
func behind(prefix []byte) ([]byte, bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			end := bytes.Clone(prefix[:i+1])
			end[i]++
			return end, true
		}
	}
	return nil, false
}

// patience decides how a scan gets past the keys of a common prefix: by stepping
// over them, or by a seek behind the prefix, which costs as much as several
// steps. It learns from the prefixes seen so far. Among large prefixes it seeks as
// soon as there is a second key, and tries the length of one again now and then,
// for a seek does not tell whether it was worth it.
type patience struct {
	steps int // keys to step over before a seek
	until int // prefixes until one is measured again
	pause int // between two measurements; it doubles while they find large ones
}

const (
	patienceFirst    = 4  // for the first prefix
	patienceMax      = 16 // steps that cost more than a seek
	patienceMinPause = 8
	patienceMaxPause = 64
)

// seek notes that a prefix was longer than the patience for it.
func (p *patience) seek() {
	if p.steps > 0 {
		p.pause = min(max(2*p.pause, patienceMinPause), patienceMaxPause)
		p.steps, p.until = 0, p.pause
	}
}

// begin notes that another prefix begins and how many keys of the last one were
// stepped over.
func (p *patience) begin(stepped int) {
	if stepped > 0 { // there was no seek
		p.steps, p.pause = patienceMax, 0
	}
	if p.steps > 0 {
		return
	}
	if p.until--; p.until <= 0 {
		p.steps = patienceMax
	}
}

// walk forms the page. scan reads keys from a place on and shows each to visit
// until that returns false; it is called again for each seek behind a common
// prefix. add takes the key just shown into the page.
func (p *pager) walk(ctx context.Context, from []byte, scan func(from []byte, visit func(key []byte) (more bool, err error)) error, add func() error) (truncated bool, err error) {
	patience := patience{steps: patienceFirst}
	seek, stepped := false, 0
	visit := func(key []byte) (bool, error) {
		switch p.take(key) {
		case item:
			return true, add()
		case inside:
			seek = stepped >= patience.steps
			stepped++
			return !seek, nil
		case beyond:
			truncated = true
			return false, nil
		case outside:
			return false, nil
		case rolled:
			patience.begin(stepped)
			stepped = 0
		}
		return true, nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		seek, stepped = false, 0
		if err := scan(from, visit); err != nil || !seek {
			return truncated, err
		}
		patience.seek()
		var ok bool
		if from, ok = behind(p.group); !ok {
			return false, nil
		}
	}
}

// List returns one page of keys. The cost is that of the page: common prefixes
// are skipped by seeking, and bytes and metadata of objects are not read.
func (s *Store) List(ctx context.Context, bucket string, o object.ListOptions) (*object.Listing, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	out := &object.Listing{}
	p, from, ok := newPager(o)
	if !ok || o.Max <= 0 {
		return out, nil
	}
	var listed []byte
	var page arena
	out.Truncated, err = p.walk(ctx, from, func(from []byte, visit func([]byte) (bool, error)) error {
		// No cancellation: the walk looks at ctx between the seeks and a page is
		// short.
		err := s.q.list.Each(func(v []driver.Value) error {
			key, ok1 := v[0].([]byte)
			var ok2 bool
			if listed, ok2 = v[1].([]byte); !ok1 || !ok2 {
				return errDamaged
			}
			more, err := visit(key)
			if err == nil && !more {
				err = errEnough
			}
			return err
		}, b.id, from)
		if err != nil && !errors.Is(err, errEnough) {
			return fmt.Errorf("list objects: %w", err)
		}
		return nil
	}, func() error {
		if n := len(out.Objects); n == cap(out.Objects) && n >= 32 {
			out.Objects = slices.Grow(out.Objects, min(o.Max, 1000)-n) // the whole page, rather than doubling
		}
		out.Objects = append(out.Objects, object.Listed{Key: page.text(p.last)})
		return unpackListed(listed, &out.Objects[len(out.Objects)-1], &page)
	})
	if err != nil {
		return nil, err
	}
	out.Prefixes = p.prefixes
	if out.Truncated {
		out.Next = string(p.last)
	}
	return out, nil
}

// errEnough ends the reading of rows.
var errEnough = errors.New("filestore: enough")
