package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestPercentage(t *testing.T) {
	for _, c := range []struct {
		name       string
		size, live uint64
		want       int
	}{
		{"nothing collected yet", 32 << 20, 0, 3100},
		{"an eighth alive", 32 << 20, 4 << 20, 700},
		{"half alive is Go's own rule", 32 << 20, 16 << 20, 100},
		{"more alive than the size", 32 << 20, 500 << 20, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := percentage(c.size, c.live); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// collections is how often the collector runs while 256 MiB are made and dropped.
func collections() uint32 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 4096 {
		sink = make([]byte, 64<<10)
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

var sink []byte

func TestKeepCollectsLessOften(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	before := collections()
	stop := Keep(Size)
	during := collections()
	stop()
	after := collections()
	if during*3 > before || after < during*2 {
		t.Errorf("%d collections before, %d with a heap of %d MiB, %d after", before, during, Size>>20, after)
	}
}

func TestWhoSetsTheCollectorHasDecided(t *testing.T) {
	t.Setenv("GOGC", "50")
	before := collections()
	defer Keep(Size)()
	if during := collections(); during*2 < before {
		t.Errorf("%d collections, %d before: GOGC was overruled", during, before)
	}
}

// TestABurstDoesNotGrowTheHeapManyTimes holds that a percentage made for a small
// heap has a limit beside it, and that a large heap has none.
func TestABurstDoesNotGrowTheHeapManyTimes(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	limit := func() int64 { return debug.SetMemoryLimit(-1) }
	runtime.GC()
	stop := Keep(Size)
	if got := limit(); got != ceiling*Size {
		t.Errorf("with little alive the limit is %d, want %d", got, ceiling*Size)
	}
	stop()
	if got := limit(); got != math.MaxInt64 {
		t.Errorf("afterwards the limit is %d", got)
	}
	burst := make([]byte, Size)
	runtime.GC()
	stop = Keep(Size)
	defer stop()
	if got := limit(); got != math.MaxInt64 {
		t.Errorf("with %d MiB alive the limit is %d, and there must be none", Size>>20, got)
	}
	runtime.KeepAlive(burst)
}
