package decision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/policy"
)

// What says which decisions are kept.
type What string

// The settings of a Keeper.
const (
	Off     What = "off"
	Denials What = "denials"
	All     What = "all"
)

// The defaults of a Config, and the bounds that have no setting.
const (
	DefaultMaxAge   = 7 * 24 * time.Hour
	DefaultMaxBytes = 64 << 20

	defaultQueue = 1024
	// MaxPerRequest is how many decisions of one request are kept: a DeleteObjects
	// may ask a thousand questions, and their answers are much alike.
	MaxPerRequest = 16
	// batch is how many records share a transaction.
	batch = 64
	// findPatience is how long Find waits for what is on its way to the store.
	findPatience = 2 * time.Second
	// sweepInterval is how often old records are removed; sooner when a part of
	// MaxBytes has been written since.
	sweepInterval = time.Hour
	sweepPart     = 8
)

// Config is what a Keeper needs. Store is required.
type Config struct {
	Store Store
	// Account is under which records without an account are kept: questions of
	// strangers about nobody's resource.
	Account string
	// What is kept; "" means Denials.
	What     What
	MaxAge   time.Duration    // 0 means DefaultMaxAge
	MaxBytes int64            // 0 means DefaultMaxBytes
	Queue    int              // records that may wait for the writer; 0 means 1024
	Now      func() time.Time // nil means time.Now
	Log      *slog.Logger     // nil discards
}

// Keeper keeps decisions in a Store; it is a Sink. Open starts its writer, Close
// ends it. It is safe for concurrent use.
type Keeper struct {
	cfg     Config
	since   time.Time
	gate    *gate
	queue   chan item
	stop    context.CancelFunc // ends a sweep under way
	done    chan struct{}
	unswept int64 // bytes written since the last sweep; the writer's own

	mu     sync.RWMutex // held for reading while sending, for writing by Close
	closed bool

	kept, dropped, failed, swept, evicted atomic.Int64
	complaint                             complaint
}

var _ Sink = (*Keeper)(nil)

// item is a record on its way to the writer, or with flushed set a question
// whether the writer has come so far.
type item struct {
	row     Row
	flushed chan<- struct{}
}

// Open returns a Keeper that has been started.
func Open(cfg Config) (*Keeper, error) {
	cfg.What = cmp.Or(cfg.What, Denials)
	cfg.MaxAge = cmp.Or(cfg.MaxAge, DefaultMaxAge)
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, DefaultMaxBytes)
	cfg.Queue = cmp.Or(cfg.Queue, defaultQueue)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Store == nil {
		return nil, errors.New("decision: a keeper needs a store")
	}
	if cfg.What != Off && cfg.What != Denials && cfg.What != All {
		return nil, fmt.Errorf("decision: %q is not what can be kept", cfg.What)
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &Keeper{cfg: cfg, since: cfg.Now().UTC().Truncate(time.Second), gate: newGate(cfg.Now), queue: make(chan item, cfg.Queue), stop: stop, done: make(chan struct{})}
	go k.run(ctx)
	return k, nil
}

// KeepsAllowed implements Sink.
func (k *Keeper) KeepsAllowed() bool { return k.cfg.What == All }

// Wants implements Sink.
func (k *Keeper) Wants(q Question) bool {
	if q.Effect == policy.Allow && k.cfg.What != All || k.cfg.What == Off || q.RequestID == "" {
		return false
	}
	return k.gate.admit(q)
}

// Keep implements Sink. It encodes in the caller's goroutine and hands the bytes
// to the writer; when that cannot keep up the record is given up.
func (k *Keeper) Keep(r *Record) {
	tidy(r)
	r.Seq = k.gate.next(r.RequestID)
	r.Account = cmp.Or(r.Account, k.cfg.Account)
	var doc []byte
	err := shorten(r, func(short *Record) (bool, error) {
		var err error
		doc, err = encode(short)
		return len(doc) <= maxDocument, err
	})
	if err != nil {
		k.failed.Add(1)
		k.cfg.Log.Error("decision record not kept", "requestID", r.RequestID, "error", err)
		return
	}
	it := item{row: newRow(r, doc)}
	k.mu.RLock()
	defer k.mu.RUnlock()
	// Denials go first: what was allowed may take half of the queue.
	if k.closed || r.Explanation.Effect == policy.Allow && len(k.queue) > cap(k.queue)/2 {
		k.drop()
		return
	}
	select {
	case k.queue <- it:
	default:
		k.drop()
	}
}

func (k *Keeper) drop() {
	n := k.dropped.Add(1)
	if k.complaint.due(k.cfg.Now()) {
		k.cfg.Log.Warn("decision records dropped: the store cannot keep up", "dropped", n)
	}
}

// Find returns the records of a request in order of Seq, with everything that was
// kept before the call. None is no error: the request was allowed, is not known,
// or too long ago.
func (k *Keeper) Find(ctx context.Context, account, requestID string) ([]*Record, error) {
	k.flush(ctx)
	rows, err := k.cfg.Store.Decisions(ctx, account, requestID)
	if err != nil {
		return nil, fmt.Errorf("find decisions: %w", err)
	}
	records := make([]*Record, 0, len(rows))
	for _, row := range rows {
		r, err := decode(row.Document)
		if err != nil {
			return nil, fmt.Errorf("find decisions of %s: %w", requestID, err)
		}
		records = append(records, r)
	}
	if n := len(records); n > 0 {
		records[n-1].More = k.gate.more(requestID)
	}
	return records, nil
}

// flush waits until the writer has written what is in the queue now. When that
// takes too long it gives up: the rest is found later.
func (k *Keeper) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, findPatience)
	defer cancel()
	flushed := make(chan struct{})
	if !k.send(ctx, item{flushed: flushed}) {
		return
	}
	select {
	case <-flushed:
	case <-ctx.Done():
	}
}

func (k *Keeper) send(ctx context.Context, it item) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.closed {
		return false
	}
	select {
	case k.queue <- it:
		return true
	case <-ctx.Done():
		return false
	}
}

// Stats are the counts of a Keeper since it was opened.
type Stats struct {
	Since   time.Time
	Kept    int64 // records written
	Dropped int64 // given up because the queue was full or closed
	Failed  int64 // lost because writing failed
	Limited int64 // decisions not explained: too many a second, or of one request
	Swept   int64 // records removed
	Evicted int64 // of these, because there was too much
}

// Lost is how many decisions that were to be kept are in no list, although they may
// not be too old.
func (s Stats) Lost() int64 { return s.Dropped + s.Failed + s.Limited + s.Evicted }

// Stats returns the counts, for metrics.
func (k *Keeper) Stats() Stats {
	return Stats{
		Since: k.since, Evicted: k.evicted.Load(), Kept: k.kept.Load(), Dropped: k.dropped.Load(), Failed: k.failed.Load(),
		Limited: k.gate.limited.Load(), Swept: k.swept.Load(),
	}
}

// Close writes what has been kept so far. Records that come later are dropped and
// counted.
func (k *Keeper) Close() error {
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		return nil
	}
	k.closed = true
	close(k.queue)
	k.mu.Unlock()
	k.stop()
	<-k.done
	return nil
}
