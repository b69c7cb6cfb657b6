package limit

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

// allowed counts how many of n calls go on.
func allowed(n int, call func() bool) int {
	got := 0
	for range n {
		if call() {
			got++
		}
	}
	return got
}

func TestLimits(t *testing.T) {
	c := newClock()
	l := New(Config{PerAddress: Rates{"GetId": 2}, PerPool: Rates{"GetId": 5}, Now: c.now})
	from := func(operation, addr string) func() bool {
		var a netip.Addr
		if addr != "" {
			a = netip.MustParseAddr(addr)
		}
		return func() bool { return l.AllowAddress(operation, a) }
	}
	in := func(operation, id string) func() bool {
		return func() bool { return l.AllowPool(operation, id) }
	}
	steps := []struct {
		name string
		wait time.Duration
		call func() bool
		want int // of 20 calls
	}{
		{"a new address has two seconds' worth", 0, from("GetId", "192.0.2.1"), 4},
		{"and no more", 0, from("GetId", "192.0.2.1"), 0},
		{"its neighbour has its own", 0, from("GetId", "192.0.2.2"), 4},
		{"IPv4 in IPv6 clothes is the same address", 0, from("GetId", "::ffff:192.0.2.1"), 0},
		{"after a second a second's worth is back", time.Second, from("GetId", "192.0.2.1"), 2},
		{"after an hour no more than the bucket holds", time.Hour, from("GetId", "192.0.2.1"), 4},
		{"an IPv6 address", 0, from("GetId", "2001:db8::1"), 4},
		{"its whole /64 is one client", 0, from("GetId", "2001:db8::ffff:1"), 0},
		{"so is one with a zone", 0, from("GetId", "2001:db8::1%eth0"), 0},
		{"the next /64 is another", 0, from("GetId", "2001:db8:0:1::1"), 4},
		{"loopback has no limit", 0, from("GetId", "127.0.0.1"), 20},
		{"nor has loopback in IPv6", 0, from("GetId", "::1"), 20},
		{"nor loopback in both", 0, from("GetId", "::ffff:127.0.0.1"), 20},
		{"an unknown address is one address", 0, from("GetId", ""), 4},
		{"an operation without a number has no limit", 0, from("Other", "192.0.2.1"), 20},
		{"a pool has two seconds' worth", 0, in("GetId", "us-east-1:a"), 10},
		{"another pool has its own", 0, in("GetId", "us-east-1:b"), 10},
		{"and they recover", 500 * time.Millisecond, in("GetId", "us-east-1:a"), 2},
		{"an operation without a number has no limit in pools", 0, in("Other", "us-east-1:a"), 20},
	}
	for _, s := range steps { // in order: each goes on where the last one stopped
		c.t = c.t.Add(s.wait)
		if got := allowed(20, s.call); got != s.want {
			t.Errorf("%s: %d of 20 calls went on, want %d", s.name, got, s.want)
		}
	}
}

func TestAClockThatGoesBackGivesNothing(t *testing.T) {
	c := newClock()
	l := New(Config{PerPool: Rates{"GetId": 1}, Now: c.now})
	call := func() bool { return l.AllowPool("GetId", "a") }
	allowed(5, call)
	c.t = c.t.Add(-time.Hour)
	if got := allowed(5, call); got != 0 {
		t.Errorf("%d calls went on", got)
	}
}

func TestASlowRateAllowsACall(t *testing.T) {
	l := New(Config{PerPool: AWS(0.001), Now: newClock().now})
	if got := allowed(5, func() bool { return l.AllowPool("GetId", "a") }); got != 1 {
		t.Errorf("%d of 5 calls went on, want 1", got)
	}
}

func TestNoLimits(t *testing.T) {
	l := New(Config{PerAddress: AWS(0), PerPool: AWS(0)})
	addr := netip.MustParseAddr("192.0.2.1")
	if got := allowed(1e5, func() bool { return l.AllowAddress("GetId", addr) && l.AllowPool("GetId", "a") }); got != 1e5 {
		t.Errorf("%d of 100000 calls went on", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	c := newClock()
	l := New(Config{PerAddress: AWS(10), PerPool: AWS(100), Entries: 1000, Now: c.now})
	busy, addr := netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("10.0.0.0")
	allowed(1000, func() bool { return l.AllowAddress("GetId", busy) })
	for i := range 100_000 {
		addr = addr.Next()
		if !l.AllowAddress("GetId", addr) {
			t.Fatalf("the first call from %s is refused", addr)
		}
		if i%100 == 0 && l.AllowAddress("GetId", busy) {
			t.Fatalf("after %d others an address over its limit was forgotten while it called", i)
		}
		l.AllowPool("GetId", fmt.Sprint("us-east-1:", i))
	}
	if a, p := l.addresses.Len(), l.pools.Len(); a > 1000 || p > 1000 {
		t.Errorf("%d addresses and %d pools are remembered, want at most 1000", a, p)
	}
}

func TestAKnownClientCostsNoMemory(t *testing.T) {
	l := New(Config{PerAddress: AWS(10), PerPool: AWS(100)})
	for _, text := range []string{"192.0.2.1", "2001:db8::1", "127.0.0.1"} {
		addr := netip.MustParseAddr(text)
		if n := testing.AllocsPerRun(1000, func() {
			l.AllowAddress("GetId", addr)
			l.AllowPool("GetId", "us-east-1:a")
		}); n != 0 {
			t.Errorf("%v allocations for %s", n, text)
		}
	}
}

func BenchmarkAllowAddress(b *testing.B) {
	b.Run("known", func(b *testing.B) {
		l := New(Config{PerAddress: AWS(10)})
		addr := netip.MustParseAddr("2001:db8::1")
		b.ReportAllocs()
		for b.Loop() {
			l.AllowAddress("GetId", addr)
		}
	})
	b.Run("flood", func(b *testing.B) { // each from an address of its own
		l := New(Config{PerAddress: AWS(10)})
		addr := netip.MustParseAddr("10.0.0.0")
		b.ReportAllocs()
		for b.Loop() {
			addr = addr.Next()
			l.AllowAddress("GetId", addr)
		}
	})
}
