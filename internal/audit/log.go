package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultQueue    = 4096
	defaultPatience = 50 * time.Millisecond
	chunkSize       = 64 << 10
	// linger is how long the writer rests after it has written. The records that
	// come meanwhile share a write and a wake-up, which would cost more than
	// making them; the first after a quiet time is written at once.
	linger = 5 * time.Millisecond
	// keepBuffer is the largest buffer worth keeping for the next lines, and
	// keepRecord that for the next record.
	keepBuffer = 256 << 10
	keepRecord = 16 << 10
)

// Config says where records go. Out or Path is required; Path "-" is Stdout.
type Config struct {
	// Path is a file that records are appended to. When it would grow beyond
	// MaxBytes it is renamed to Path.1 (Path.1 to Path.2, and so on), of which
	// Keep remain.
	Path     string
	MaxBytes int64 // 0 means 100 MiB
	Keep     int   // 0 means 10
	// Out takes the records instead of a file.
	Out    io.Writer
	Stdout io.Writer
	// Queue is how many records may wait for the writer; 0 means 4096. When it is
	// full a request waits for up to Patience (0 means 50 ms) before its record
	// is dropped, counted and logged.
	Queue    int
	Patience time.Duration
	Log      *slog.Logger // nil discards
}

// Log is a Sink that writes one JSON object per line. Record encodes in the
// caller's goroutine and adds the line to those that wait; one writer takes all
// of them at a time. Close writes what waits.
type Log struct {
	cfg     Config
	out     io.Writer
	file    *rotating // nil when out is not ours
	wake    chan struct{}
	closing chan struct{}
	done    chan struct{}
	records sync.Pool // of *record

	mu      sync.Mutex
	lines   []byte        // what waits, whole lines
	waiting int           // how many they are
	room    chan struct{} // closed when lines were taken; nil while nobody waits for that
	closed  bool

	written atomic.Int64
	dropped atomic.Int64
	failed  atomic.Int64
}

var _ Sink = (*Log)(nil)

// record is the memory that a record is encoded in.
type record struct{ line []byte }

// Open returns a Log that has been started.
func Open(cfg Config) (*Log, error) {
	if cfg.Queue == 0 {
		cfg.Queue = defaultQueue
	}
	if cfg.Patience == 0 {
		cfg.Patience = defaultPatience
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	l := &Log{cfg: cfg, out: cfg.Out, wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	switch {
	case cfg.Out != nil:
	case cfg.Path == "-":
		l.out = cfg.Stdout
	case cfg.Path != "":
		f, err := openRotating(cfg.Path, cfg.MaxBytes, cfg.Keep)
		if err != nil {
			return nil, err
		}
		l.file, l.out = f, f
	}
	if l.out == nil {
		return nil, errors.New("audit: a log needs a path or a writer")
	}
	go l.write()
	return l, nil
}

// Record takes e. It does not keep e. When the writer cannot keep up, Record
// waits a moment and then gives the record up: a full disk must not stop every
// request, and the number of records lost is never hidden.
func (l *Log) Record(e *Event) {
	r, ok := l.records.Get().(*record)
	if !ok {
		r = &record{make([]byte, 0, 2048)} // most fit
	}
	r.line = append(Append(r.line[:0], e), '\n')
	if !l.add(r.line, nil) && !l.addPatiently(r.line) {
		l.drop(e)
	}
	if cap(r.line) <= keepRecord {
		l.records.Put(r)
	}
}

// add puts a line among those that wait. When there is no room, it fails, and
// sets *full, if given, to what is closed when there is some again; after Close
// it fails and leaves *full nil.
func (l *Log) add(line []byte, full *<-chan struct{}) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	if l.waiting >= l.cfg.Queue {
		if full != nil {
			if l.room == nil {
				l.room = make(chan struct{})
			}
			*full = l.room
		}
		return false
	}
	l.lines = append(l.lines, line...)
	l.waiting++
	if l.waiting == 1 {
		select {
		case l.wake <- struct{}{}:
		default: // it has been woken and has not looked yet
		}
	}
	return true
}

// addPatiently is add with a wait for room of at most Patience.
func (l *Log) addPatiently(line []byte) bool {
	patience := time.NewTimer(l.cfg.Patience)
	defer patience.Stop()
	for {
		var full <-chan struct{}
		if l.add(line, &full) {
			return true
		}
		if full == nil {
			return false
		}
		select {
		case <-full:
		case <-patience.C:
			return false
		}
	}
}

// drop counts a lost record and says which request it was.
func (l *Log) drop(e *Event) {
	n := l.dropped.Add(1)
	l.cfg.Log.Error("audit record dropped", "requestID", e.RequestID, "event", e.EventName, "dropped", n)
}

// Stats are the counts of a Log since it was opened.
type Stats struct {
	Written int64 // records handed to the file
	Dropped int64 // records given up because the queue was full or closed
	Failed  int64 // records lost because writing failed
}

// Stats returns the counts, for metrics.
func (l *Log) Stats() Stats {
	return Stats{Written: l.written.Load(), Dropped: l.dropped.Load(), Failed: l.failed.Load()}
}

// Close writes everything recorded so far and closes the file. Records that come
// later are dropped and counted.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	close(l.closing)
	l.mu.Unlock()
	<-l.done
	if l.file != nil {
		if err := l.file.Close(); err != nil {
			return fmt.Errorf("audit: close: %w", err)
		}
	}
	return nil
}

// write is the writer. It takes whatever waits, writes it and rests, so that
// records are in the file as soon as the load allows.
func (l *Log) write() {
	defer close(l.done)
	pause := time.NewTimer(linger)
	defer pause.Stop()
	var spare []byte
	for {
		select {
		case <-l.wake:
		case <-l.closing:
		}
		lines, last := l.take(spare)
		l.writeLines(lines)
		if last {
			return
		}
		if spare = lines; cap(spare) > keepBuffer {
			spare = nil
		}
		l.rest(pause)
	}
}

// take returns the lines that wait and leaves empty for the next ones. last says
// that there will be none.
func (l *Log) take(empty []byte) (lines []byte, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines, l.lines, l.waiting = l.lines, empty[:0], 0
	if l.room != nil {
		close(l.room)
		l.room = nil
	}
	return lines, l.closed
}

// writeLines writes in pieces of whole lines, so that a rotation, which happens
// between writes, cuts none. What cannot be written is counted and logged, and
// the writing goes on.
func (l *Log) writeLines(lines []byte) {
	for len(lines) > 0 {
		piece := wholeLines(lines, l.chunk())
		lines = lines[len(piece):]
		records := int64(bytes.Count(piece, []byte{'\n'})) // a record has none within
		if _, err := l.out.Write(piece); err != nil {
			l.cfg.Log.Error("audit records lost: cannot write", "err", err, "records", records, "lost", l.failed.Add(records))
			continue
		}
		l.written.Add(records)
	}
}

// chunk is how much is written at a time: no more than a rotation makes room for.
func (l *Log) chunk() int {
	if l.file != nil {
		return int(min(chunkSize, l.file.max))
	}
	return chunkSize
}

// wholeLines is as many of the lines as fit into size bytes, but at least one.
func wholeLines(lines []byte, size int) []byte {
	if len(lines) <= size {
		return lines
	}
	if end := bytes.LastIndexByte(lines[:size], '\n'); end >= 0 {
		return lines[:end+1]
	}
	return lines[:bytes.IndexByte(lines, '\n')+1]
}

// rest waits for linger or until the log is closed.
func (l *Log) rest(pause *time.Timer) {
	pause.Reset(linger)
	select {
	case <-pause.C:
	case <-l.closing:
	}
}
