package issued

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/sts"
)

const (
	// DefaultMax is how many sessions are kept when nothing is said: some 110 MB (1,070 bytes each).
	DefaultMax = 100_000
	// MaxPage is how many sessions a list has at most.
	MaxPage = 1000

	defaultQueue = 2048
	// batch is how many sessions share a transaction, and rest how long the writer
	// waits after one: at most 1,280 a second, for a burst as long as the queue.
	batch = 256
	rest  = 200 * time.Millisecond
	// listPatience is how long List waits for what is on its way to the store.
	listPatience = 2 * time.Second
	// sweepInterval is how often expired sessions are removed; sooner when a part of
	// Max has been written since.
	sweepInterval = 10 * time.Minute
	sweepPart     = 8
)

// Config is what a Keeper needs. Store is required.
type Config struct {
	Store Store
	// Off keeps nothing and lists nothing. What was kept before is removed.
	Off   bool
	Max   int              // sessions that are kept; 0 means DefaultMax
	Queue int              // sessions that may wait for the writer; 0 means 2,048
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil discards
}

// Keeper keeps issued sessions in a Store. Open starts its writer, Close ends it. It
// is safe for concurrent use.
type Keeper struct {
	cfg     Config
	since   time.Time
	queue   chan item
	stop    context.CancelFunc // ends a sweep under way and the rest of the writer
	done    chan struct{}
	wake    chan struct{} // ends the writer's rest
	waiting atomic.Int64  // lists that wait for the writer
	unswept int           // rows written since the last sweep; the writer's own

	mu     sync.RWMutex // held for reading while sending, for writing by Close
	closed bool

	kept, dropped, failed, evicted, expired atomic.Int64
	complained                              atomic.Int64 // when a loss was logged last
}

// item is a session on its way to the writer, or with flushed set a question
// whether the writer has come so far.
type item struct {
	sts.Issuance
	flushed chan<- struct{}
}

// Open returns a Keeper that has been started.
func Open(cfg Config) (*Keeper, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Max, cfg.Queue = cmp.Or(cfg.Max, DefaultMax), cmp.Or(cfg.Queue, defaultQueue)
	if cfg.Store == nil {
		return nil, errors.New("issued: a keeper needs a store")
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &Keeper{
		cfg: cfg, since: cfg.Now().UTC().Truncate(time.Second), queue: make(chan item, cfg.Queue), stop: stop,
		done: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	go k.run(ctx)
	return k, nil
}

// Issued takes note of a session. What the writer cannot take is given up and
// counted. The session is read later and must not be changed.
func (k *Keeper) Issued(i sts.Issuance) {
	if k.cfg.Off {
		return
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if !k.closed {
		select {
		case k.queue <- item{Issuance: i}:
			return
		default:
		}
	}
	k.complain(k.dropped.Add(1), "issued sessions are not listed: the store cannot keep up", nil)
}

// Disabled reports that a server keeps no list.
type Disabled struct{}

func (*Disabled) Error() string { return "issued: no list of sessions is kept" }

// List returns the sessions that a query asks for and that have not expired, the
// newest first: Limit or fewer, MaxPage when it is 0 or more.
func (k *Keeper) List(ctx context.Context, q Query) ([]*Session, error) {
	if k.cfg.Off {
		return nil, &Disabled{}
	}
	k.flush(ctx)
	if q.Limit <= 0 || q.Limit > MaxPage {
		q.Limit = MaxPage
	}
	search := Search{
		Account: q.Account, PoolID: q.PoolID, IdentityID: q.IdentityID, RoleID: q.RoleID,
		At: k.cfg.Now(), Before: q.Before, Limit: q.Limit,
	}
	if q.Login != (Login{}) {
		search.Login = mark(q.Login.Provider, q.Login.Subject)
	}
	rows, err := k.cfg.Store.ListSessions(ctx, search)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	list := make([]*Session, 0, len(rows))
	for i := range rows {
		s, err := rows[i].session()
		if err != nil {
			return nil, fmt.Errorf("list sessions: %s: %w", rows[i].AccessKeyID, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// flush waits until the writer has written what is in the queue now. When that
// takes too long it gives up: the rest is listed later.
func (k *Keeper) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	k.waiting.Add(1)
	defer k.waiting.Add(-1)
	select {
	case k.wake <- struct{}{}:
	default:
	}
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
	Kept    int64 // sessions written
	Dropped int64 // given up because the queue was full or closed
	Failed  int64 // lost because writing failed
	Evicted int64 // removed before they expired, because there were too many
	Expired int64 // removed after
}

// Lost is how many sessions are in no list although they may not have expired.
func (s Stats) Lost() int64 { return s.Dropped + s.Failed + s.Evicted }

// Stats returns the counts.
func (k *Keeper) Stats() Stats {
	return Stats{
		Since: k.since, Kept: k.kept.Load(), Dropped: k.dropped.Load(), Failed: k.failed.Load(),
		Evicted: k.evicted.Load(), Expired: k.expired.Load(),
	}
}

// Close writes what was issued so far. Sessions that come later are given up and
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

// complaintInterval is how often losses are logged; their number never goes
// missing, because each line has the sum.
const complaintInterval = time.Minute

// complain logs a loss, unless it did so a moment ago.
func (k *Keeper) complain(lost int64, message string, err error) {
	now, last := k.cfg.Now(), k.complained.Load()
	if last != 0 && now.Sub(time.Unix(0, last)) < complaintInterval || !k.complained.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	if err != nil {
		k.cfg.Log.Error(message, "lost", lost, "error", err)
		return
	}
	k.cfg.Log.Warn(message, "lost", lost)
}
