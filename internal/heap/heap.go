// Package heap owns one setting of the process: how small the heap may be before
// the garbage collector looks at it.
//
// A server of this kind keeps little and makes much: with 8 MB alive, Go collects
// whenever another 8 MB were made, which is every few hundred requests, and most of
// a collection costs the same however little there is to find. Keep lets the heap
// grow to a size that a process has anyway, and changes nothing once as much is
// alive: from there on Go's own rule counts, twice what is alive.
//
// The percentage that lets a small heap grow would let one that has just become
// large grow to many times what is alive, until the cleanup that corrects it has run:
// a burst of requests could take all of a small machine's memory. So as long as more
// than Go's own rule is set, a memory limit stands beside it, some times the size.
//
// It is called by programs, not by packages, because there is one heap. Who sets
// GOGC or GOMEMLIMIT has decided, and is not overruled.
package heap

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// Size is how far the heap of a server may grow before it is collected, in bytes:
// with what a process has beside its heap, it stays well under the 80 MiB of
// design.md 8.
const Size = 32 << 20

// usual is Go's own percentage (GOGC), and ceiling the memory limit in sizes while
// another is set: far above a heap of that size with all that a process has beside
// it, so that it counts only when the percentage is out of date.
const (
	usual   = 100
	ceiling = 4
)

// Keep lets the heap grow to size bytes, unless the environment says something else
// about the collector. stop sets back what was.
func Keep(size uint64) (stop func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	k := &keeper{size: size, sample: []metrics.Sample{{Name: "/gc/heap/live:bytes"}}}
	k.adjust()
	return k.stop
}

type keeper struct {
	size   uint64
	sample []metrics.Sample

	mu      sync.Mutex // cleanups run when they like
	percent int
	limited bool
	stopped bool
}

func (k *keeper) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	debug.SetGCPercent(usual)
	k.limit(false)
}

// limit sets the memory limit, or lifts it.
func (k *keeper) limit(on bool) {
	if on == k.limited {
		return
	}
	k.limited = on
	if on {
		debug.SetMemoryLimit(int64(ceiling * k.size))
		return
	}
	debug.SetMemoryLimit(math.MaxInt64) // as without GOMEMLIMIT
}

// adjust sets the percentage for what is alive now, and again after the next
// collection: that is when the runtime runs the cleanup of a value nobody holds.
func (k *keeper) adjust() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return
	}
	metrics.Read(k.sample)
	next := percentage(k.size, k.sample[0].Value.Uint64())
	k.limit(next > usual)
	if diff := next - k.percent; diff < -k.percent/8 || diff > k.percent/8 {
		debug.SetGCPercent(next) // stops the world for a moment, so not for little
		k.percent = next
	}
	type sentinel struct{ _ *int } // with a pointer, so that it is an allocation of its own
	runtime.AddCleanup(&sentinel{}, func(k *keeper) { k.adjust() }, k)
}

// percentage is how much may be made, in percent of what is alive, for a heap of
// size: at least Go's own.
func percentage(size, live uint64) int {
	const smallest = 1 << 20 // nothing has been collected yet
	live = max(live, smallest)
	if live >= size/2 {
		return usual
	}
	return int((size - live) * 100 / live)
}
