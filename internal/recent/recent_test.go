package recent_test

import (
	"sync"
	"testing"

	"github.com/rockpool-id/rockpool/internal/recent"
)

func TestWhatIsUsedStays(t *testing.T) {
	c := recent.New[int, string](10)
	c.Put(0, "kept")
	for i := 1; i < 1000; i++ {
		c.Put(i, "passing")
		if v, ok := c.Get(0); !ok || v != "kept" {
			t.Fatalf("an entry in use was forgotten after %d others", i)
		}
		if n := c.Len(); n > 10 {
			t.Fatalf("%d entries in a cache of 10", n)
		}
	}
	if _, ok := c.Get(1); ok {
		t.Error("an entry that nobody used is still there")
	}
}

func TestTheLastValueCounts(t *testing.T) {
	c := recent.New[string, int](2)
	c.Put("a", 1)
	c.Put("b", 1) // moves a to the old half
	c.Put("a", 2)
	if v, _ := c.Get("a"); v != 2 {
		t.Errorf("got %d", v)
	}
}

func TestWeightBoundsTheCache(t *testing.T) {
	weigh := func(v int) int { return v }
	c := recent.NewWeighted[int, int](100, weigh)
	for i := range 1000 {
		c.Put(i, 10)
		c.Put(i, 9) // the later weight counts
		if n := c.Len(); n > 11 {
			t.Fatalf("%d entries of weight 9 in a cache of 100", n)
		}
		if _, ok := c.Get(i); !ok {
			t.Fatal("what was just put is gone")
		}
	}
	c.Put(-1, 5000)
	if v, ok := c.Get(-1); !ok || v != 5000 {
		t.Error("an entry heavier than the cache is not held")
	}
}

func TestWhatIsRemovedIsGone(t *testing.T) {
	c := recent.New[string, int](4)
	for _, k := range []string{"a", "b", "c"} { // a and b are in the old half
		c.Put(k, 1)
	}
	for _, k := range []string{"a", "b", "c", "never"} {
		c.Remove(k)
		if _, ok := c.Get(k); ok {
			t.Errorf("%s is still there", k)
		}
	}
	if n := c.Len(); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

func TestManyAtOnce(t *testing.T) {
	c := recent.New[int, int](64)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				k := (i * (g + 1)) % 200
				if v, ok := c.Get(k); ok && v != k {
					t.Errorf("key %d holds %d", k, v)
				}
				c.Put(k, k)
			}
		})
	}
	wg.Wait()
}

func TestGetDoesNotAllocate(t *testing.T) {
	c := recent.New[string, int](8)
	c.Put("a", 1)
	if n := testing.AllocsPerRun(100, func() { c.Get("a") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
