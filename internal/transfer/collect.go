package transfer

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Source is where a pool comes from.
type Source interface {
	// Header gives everything but the identities.
	Header(ctx context.Context) (*Header, error)
	// Page gives identities from a place, "" for the first, and the place of the
	// next page, "" after the last.
	Page(ctx context.Context, from string) (list []Identity, next string, err error)
}

// Resumer is a Source that wants to know the header which it gave to an earlier run,
// when it is asked for pages only.
type Resumer interface{ Resume(h *Header) }

// Progress is how far a transfer is.
type Progress struct {
	Identities int // done
	Resumed    int // of these, by an earlier run
	Conflicts  int
	LeftOut    int
	Total      int // 0 when nobody knows
	Elapsed    time.Duration
}

// Collector writes a pool into a file.
type Collector struct {
	Source Source
	// Path is the file to make. One whose name ends in .gz is compressed. Until
	// it is whole it has the name Path.partial, with a Path.partial.state beside
	// it that says where to go on.
	Path string
	// PoolID is the pool that the source has, to notice the partial file of
	// another one.
	PoolID string
	// Restart throws a partial file away.
	Restart bool
	// Report is told of progress, every five seconds and at the end.
	Report func(Progress)
	Now    func() time.Time
}

// Exists says that the file to be made is there already.
type Exists struct{ Path string }

func (e *Exists) Error() string { return e.Path + " exists already; it is not overwritten" }

// NotResumable says that a partial file cannot be gone on with.
type NotResumable struct {
	Path string
	Err  error
}

func (e *NotResumable) Error() string {
	return fmt.Sprintf("%s was left by an interrupted run and cannot be gone on with: %v", e.Path, e.Err)
}

// Unwrap gives the reason.
func (e *NotResumable) Unwrap() error { return e.Err }

// checkpoint is what is known to be in a partial file.
type checkpoint struct {
	IdentityPoolId string
	Next           string // the place of the next page
	Bytes          int64  // of the file
	Identities     int
}

// How often a partial file is made resumable.
const (
	checkpointTime       = 2 * time.Second
	checkpointIdentities = 20000
	reportTime           = 5 * time.Second
)

// The modes and suffixes of files: they hold whom people are, and may hold secrets
// of a pool's providers.
const (
	fileMode      = 0o600
	partialSuffix = ".partial"
	stateSuffix   = ".state"
)

// Collect makes the file. An error, an end of ctx included, leaves the partial file
// for the next run to go on with.
func (c *Collector) Collect(ctx context.Context) (end End, err error) {
	if _, err := os.Lstat(c.Path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = &Exists{Path: c.Path}
		}
		return End{}, err
	}
	out, err := c.open(ctx)
	if err != nil {
		return End{}, err
	}
	defer func() { err = errors.Join(err, out.file.Close()) }()
	p := Progress{Identities: out.w.end.Identities, Resumed: out.w.end.Identities}
	start := c.Now()
	reported := start
	for done := out.done; !done; {
		list, next, err := c.Source.Page(ctx, out.at.Next)
		if err == nil && next != "" && next == out.at.Next {
			err = errors.New("the source gave the same page twice")
		}
		for i := range list {
			if err == nil {
				err = out.w.Identity(&list[i])
			}
		}
		if err != nil {
			// What this page has written is cut off again when the file is gone on with.
			return End{}, errors.Join(err, out.save(c.Now()))
		}
		out.page(next)
		done = next == ""
		now := c.Now()
		if done || now.Sub(out.saved) >= checkpointTime || out.at.Identities-out.savedIdentities >= checkpointIdentities {
			if err := out.save(now); err != nil {
				return End{}, err
			}
		}
		p.Identities, p.Elapsed = out.at.Identities, now.Sub(start)
		if c.Report != nil && (done || now.Sub(reported) >= reportTime) {
			reported = now
			c.Report(p)
		}
	}
	return c.finish(out)
}

// finish writes the end line and gives the file its name.
func (c *Collector) finish(out *output) (End, error) {
	end, err := out.w.End()
	if err == nil {
		_, err = out.flush()
	}
	if err == nil {
		err = out.file.Sync()
	}
	if err != nil {
		return End{}, err
	}
	// Linking fails where renaming would overwrite what was made meanwhile.
	if err := os.Link(out.path, c.Path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return End{}, &Exists{Path: c.Path}
		}
		if err := os.Rename(out.path, c.Path); err != nil { // no links on this file system
			return End{}, err
		}
	}
	for _, leftover := range []string{out.path, out.path + stateSuffix} {
		if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return End{}, err
		}
	}
	return end, nil
}

// open begins a file, or goes on with a partial one.
func (c *Collector) open(ctx context.Context) (*output, error) {
	path := c.Path + partialSuffix
	state, err := os.ReadFile(path + stateSuffix)
	if errors.Is(err, fs.ErrNotExist) || c.Restart {
		h, err := c.Source.Header(ctx)
		if err != nil {
			return nil, err
		}
		h.Format, h.Version, h.Written = Format, Version, At(c.Now())
		return create(path, h, c.Now())
	}
	if err != nil {
		return nil, err
	}
	var at checkpoint
	if err := json.Unmarshal(state, &at); err != nil {
		return nil, &NotResumable{path, fmt.Errorf("its state: %w", err)}
	}
	if at.IdentityPoolId != c.PoolID {
		return nil, &NotResumable{path, fmt.Errorf("it is of the pool %s", at.IdentityPoolId)}
	}
	out, h, err := goOn(path, at, c.Now())
	if err != nil {
		return nil, &NotResumable{path, err}
	}
	if r, ok := c.Source.(Resumer); ok {
		r.Resume(h)
	}
	return out, nil
}

// output is a partial file that is being written.
type output struct {
	path  string
	file  *os.File
	count *counter
	buf   *bufio.Writer
	zip   *gzip.Writer // nil without compression
	w     *Writer
	at    checkpoint // after the last whole page
	done  bool       // every page is there
	// whole says that nothing was written after the last whole page, so that a
	// checkpoint may be made.
	whole           bool
	saved           time.Time
	savedIdentities int
}

// counter counts the bytes that reached the file.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func newOutput(path string, file *os.File, at checkpoint, now time.Time) *output {
	o := &output{path: path, file: file, count: &counter{w: file, n: at.Bytes}, at: at, saved: now, savedIdentities: at.Identities}
	o.buf = bufio.NewWriterSize(o.count, 64<<10)
	if strings.HasSuffix(strings.TrimSuffix(path, partialSuffix), ".gz") {
		o.zip = gzip.NewWriter(o.buf)
	}
	return o
}

// lines is where the writer's lines go.
func (o *output) lines() io.Writer {
	if o.zip != nil {
		return o.zip
	}
	return o.buf
}

func create(path string, h *Header, now time.Time) (*output, error) {
	if err := os.Remove(path + stateSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err // it is of the file that goes now
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return nil, err
	}
	o := newOutput(path, file, checkpoint{IdentityPoolId: h.Pool.IdentityPoolId}, now)
	if o.w, err = NewWriter(o.lines(), h); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return o, nil
}

// goOn opens a partial file at its checkpoint. Reading it gives the sum so far, and
// proves that it is there.
func goOn(path string, at checkpoint, now time.Time) (_ *output, _ *Header, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() < at.Bytes {
		return nil, nil, fmt.Errorf("it has %d bytes and had %d", info.Size(), at.Bytes)
	}
	if err := file.Truncate(at.Bytes); err != nil {
		return nil, nil, err
	}
	r, err := NewReader(file)
	if err != nil {
		return nil, nil, err
	}
	for err == nil {
		_, err = r.Next()
	}
	if cut := (*Cut)(nil); !errors.As(err, &cut) {
		return nil, nil, err
	}
	if r.end.Identities != at.Identities || r.header.Pool.IdentityPoolId != at.IdentityPoolId {
		return nil, nil, errors.New("it and its state do not belong together")
	}
	if _, err := file.Seek(at.Bytes, io.SeekStart); err != nil {
		return nil, nil, err
	}
	o := newOutput(path, file, at, now)
	o.w = r.resume(o.lines())
	o.done = at.Next == "" && at.Identities > 0
	return o, r.Header(), nil
}

// page notes that a page was written whole.
func (o *output) page(next string) {
	o.at.Next, o.at.Identities, o.whole = next, o.w.end.Identities, true
}

// flush sends everything that was written to the file, and gives its length.
func (o *output) flush() (int64, error) {
	if o.zip != nil {
		if err := o.zip.Close(); err != nil {
			return 0, err
		}
		o.zip.Reset(o.buf) // what follows is another gzip member
	}
	err := o.buf.Flush()
	return o.count.n, err
}

// save makes the file resumable after its last whole page. After a page that broke
// off the last checkpoint stays.
func (o *output) save(now time.Time) error {
	if !o.whole || o.w.end.Identities != o.at.Identities {
		return nil
	}
	var err error
	if o.at.Bytes, err = o.flush(); err != nil {
		return err
	}
	o.saved, o.savedIdentities = now, o.at.Identities
	return writeState(o.path+stateSuffix, o.at)
}

// writeState replaces a file of state whole.
func writeState(path string, state any) error {
	text, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, fileMode); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
