package audit

import (
	"bufio"
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
	bufferSize      = 64 << 10
	// linger is how long the writer rests after it has written. The records that
	// come meanwhile share a write and a wake-up, which would cost more than
	// making them; the first after a quiet time is written at once.
	linger = 2 * time.Millisecond
	// keepBuffer is the largest record buffer worth keeping for the next record.
	keepBuffer = 16 << 10
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
// caller's goroutine and hands the bytes to one writer. Close writes what waits.
type Log struct {
	cfg     Config
	out     io.Writer
	file    *rotating // nil when out is not ours
	queue   chan *record
	closing chan struct{}
	done    chan struct{}
	buffers sync.Pool

	mu      sync.RWMutex // held for reading while sending, for writing by Close
	closed  bool
	written atomic.Int64
	dropped atomic.Int64
	failed  atomic.Int64
}

var _ Sink = (*Log)(nil)

// record is an encoded event on its way to the writer.
type record struct{ b []byte }

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
	l := &Log{cfg: cfg, out: cfg.Out, queue: make(chan *record, cfg.Queue), closing: make(chan struct{}), done: make(chan struct{})}
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
	r, ok := l.buffers.Get().(*record)
	if !ok {
		r = &record{}
	}
	r.b = append(Append(r.b[:0], e), '\n')
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		l.drop(e)
		return
	}
	select {
	case l.queue <- r:
		return
	default:
	}
	patience := time.NewTimer(l.cfg.Patience)
	defer patience.Stop()
	select {
	case l.queue <- r:
	case <-patience.C:
		l.drop(e)
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
	close(l.queue)
	l.mu.Unlock()
	<-l.done
	if l.file != nil {
		if err := l.file.Close(); err != nil {
			return fmt.Errorf("audit: close: %w", err)
		}
	}
	return nil
}

// rest waits for linger or until the log is closed.
func (l *Log) rest(pause *time.Timer) {
	pause.Reset(linger)
	select {
	case <-pause.C:
	case <-l.closing:
	}
}

// write is the writer. It flushes whenever it has caught up, so that records are
// in the file as soon as the load allows.
func (l *Log) write() {
	defer close(l.done)
	size := bufferSize
	if l.file != nil {
		size = int(min(bufferSize, l.file.max)) // a flush is what a rotation makes room for
	}
	buffered := bufio.NewWriterSize(l.out, size)
	pause := time.NewTimer(linger)
	defer pause.Stop()
	var pending int64
	settle := func(err error) {
		if err == nil {
			l.written.Add(pending)
		} else {
			// A bufio.Writer stays broken after an error; the next records get a
			// fresh one.
			buffered.Reset(l.out)
			l.cfg.Log.Error("audit records lost: cannot write", "err", err, "records", pending, "lost", l.failed.Add(pending))
		}
		pending = 0
	}
	for r := range l.queue {
		// Flushing between records keeps lines whole across a rotation.
		if buffered.Available() < len(r.b) && buffered.Buffered() > 0 {
			settle(buffered.Flush())
		}
		pending++
		_, err := buffered.Write(r.b)
		if cap(r.b) <= keepBuffer {
			l.buffers.Put(r)
		}
		if err != nil {
			settle(err)
			continue
		}
		if len(l.queue) == 0 {
			settle(buffered.Flush())
			l.rest(pause)
		}
	}
	if pending > 0 {
		settle(buffered.Flush())
	}
}
