package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
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

// gogc is the percentage that counts now.
func gogc(t *testing.T) uint64 {
	t.Helper()
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func TestKeepLetsASmallHeapGrow(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	runtime.GC()
	stop := Keep(Size)
	if got := gogc(t); got < 2*usual {
		t.Errorf("with little alive the percentage is %d", got)
	}
	stop()
	if got := gogc(t); got != usual {
		t.Errorf("afterwards the percentage is %d", got)
	}
	runtime.GC() // what was to run after a collection changes nothing any more
	if got := gogc(t); got != usual {
		t.Errorf("after the next collection the percentage is %d", got)
	}
}

func TestWhoSetsTheCollectorHasDecided(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOGC", "")
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv(name, "50")
			before := gogc(t)
			defer Keep(Size)()
			if got := gogc(t); got != before {
				t.Errorf("the percentage went from %d to %d", before, got)
			}
		})
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
