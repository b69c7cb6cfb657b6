package filestore

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rockpool-id/rockpool/internal/object"
)

// state is what a key was last acknowledged to hold.
type state struct{ acked atomic.Int64 }

func TestReadsAreNeverOlderThanWhatWasAcknowledged(t *testing.T) {
	ctx := context.Background()
	s := openSwept(t)
	const keys, writes = 3, 40
	var states [keys]state
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for k := range keys {
		key := fmt.Sprint("k", k)
		if _, err := s.Put(ctx, "b", key, strings.NewReader("0"), object.PutOptions{Size: 1}); err != nil {
			t.Fatal(err)
		}
		writing.Go(func() {
			for i := 1; i <= writes; i++ {
				body := strconv.Itoa(i)
				if i%3 == 0 {
					body = strings.Repeat(" ", 10_000) + body // in a file
				}
				if _, err := s.Put(ctx, "b", key, strings.NewReader(body), object.PutOptions{Size: int64(len(body)), Metadata: map[string]string{"n": strconv.Itoa(i)}}); err != nil {
					t.Error(err)
				}
				states[k].acked.Store(int64(i))
			}
		})
		for range 2 {
			reading.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						runtime.Gosched() // readers must not keep the writers waiting
					}
					least := states[k].acked.Load()
					info, c, err := s.Open(ctx, "b", key)
					if err != nil {
						t.Error(err)
						return
					}
					n, err := number(c, info.Size)
					if err != nil || n < least {
						t.Errorf("read %d (%v) after %d was acknowledged", n, err, least)
					}
					if tag := info.Metadata["n"]; n > 0 && tag != strconv.FormatInt(n, 10) {
						t.Errorf("bytes of %d with metadata of %s", n, tag)
					}
				}
			})
		}
	}
	writing.Wait()
	close(done)
	reading.Wait()
	for i := range s.cache.shards {
		if n := len(s.cache.shards[i].writing); n > 0 {
			t.Errorf("%d writes still marked as going on", n)
		}
	}
}

func number(c object.Content, size int64) (int64, error) {
	defer c.Close()
	r, err := c.Section(0, size)
	if err != nil {
		return 0, err
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
}

func TestCacheKeepsWithinItsBytes(t *testing.T) {
	const room = 1 << 20
	c := newCache(room)
	for i := range 5000 {
		k := cacheKey{1, fmt.Sprint(i)}
		e, ticket := c.get(k)
		if e != nil {
			t.Fatalf("%v was there", k)
		}
		e = newEntry(object.Info{Key: k.key}, detail{}, make([]byte, i%2000))
		c.put(k, e, ticket)
		if got, _ := c.get(k); got != e {
			t.Fatalf("%v was not kept", k)
		}
	}
	weight, rows := 0, 0
	for i := range c.shards {
		s := &c.shards[i]
		if s.room < 0 || len(s.rows) != s.order.Len() {
			t.Errorf("shard %d: room %d, %d rows, %d in order", i, s.room, len(s.rows), s.order.Len())
		}
		for at := s.order.Front(); at != nil; at = at.Next() {
			weight += at.Value.(*cachedRow).weight
			rows++
		}
	}
	if weight > room || weight < room/2 {
		t.Errorf("%d rows weigh %d of %d", rows, weight, room)
	}
	k := cacheKey{1, "large"}
	_, ticket := c.get(k)
	c.put(k, newEntry(object.Info{}, detail{}, make([]byte, room)), ticket)
	if e, _ := c.get(k); e != nil {
		t.Error("a row larger than the cache was kept")
	}
}

func TestCacheRefusesRowsReadAroundAWrite(t *testing.T) {
	c := newCache(1 << 20)
	k := cacheKey{1, "k"}
	e := newEntry(object.Info{}, detail{}, nil)
	for _, step := range []struct {
		name      string // follows from the steps before
		meanwhile func()
	}{
		{"a write began and ended", func() { c.begin(k); c.end(k) }},
		{"a write began", func() { c.begin(k) }},
		{"a write goes on", func() {}},
		{"another began and ended beside it", func() { c.begin(k); c.end(k) }},
		{"the write ended", func() { c.end(k) }},
	} {
		_, ticket := c.get(k)
		step.meanwhile()
		c.put(k, e, ticket)
		if got, _ := c.get(k); got != nil {
			t.Errorf("%s: an old row was kept", step.name)
		}
	}
	_, ticket := c.get(k)
	c.put(k, e, ticket)
	if got, _ := c.get(k); got != e {
		t.Error("with no write in between the row was not kept")
	}
}

func TestReadsOfSmallObjectsHardlyAllocate(t *testing.T) {
	ctx := context.Background()
	s := openSwept(t)
	if _, err := s.Put(ctx, "b", "k", strings.NewReader(strings.Repeat("x", 4096)), object.PutOptions{Size: 4096, Headers: object.Headers{ContentType: "image/png"}}); err != nil {
		t.Fatal(err)
	}
	check := func(name string, most float64, fn func()) {
		t.Helper()
		if got := testing.AllocsPerRun(200, fn); got > most {
			t.Errorf("%s: %v allocations, at most %v", name, got, most)
		}
	}
	check("Bucket", 0, func() { _, _ = s.Bucket(ctx, "b") })
	check("Head", 1, func() { _, _ = s.Head(ctx, "b", "k") })                      // the Info
	check("Open and read", 3, func() { _ = get(s, "k") })                          // Info, Content, reader
	check("Head of a missing key", 20, func() { _, _ = s.Head(ctx, "b", "none") }) // a point read
}

// TestListingsAllocateLittle holds what a page costs: two columns for each key,
// which the driver makes in two pieces each, and little for the page itself.
func TestListingsAllocateLittle(t *testing.T) {
	ctx := context.Background()
	s := openSwept(t)
	const n = 300
	for i := range n {
		if _, err := s.Put(ctx, "b", fmt.Sprintf("dir%d/%06d.jpg", i/100, i), strings.NewReader("x"), object.PutOptions{Size: 1, Checksum: object.Checksum{Algorithm: "crc32"}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		o    object.ListOptions
		most float64
	}{
		{"keys", object.ListOptions{Max: n}, 4*n + 60},
		{"common prefixes", object.ListOptions{Delimiter: "/", Max: n}, 4*30 + 150},
	} {
		if got := testing.AllocsPerRun(50, func() {
			if _, err := s.List(ctx, "b", c.o); err != nil {
				t.Fatal(err)
			}
		}); got > c.most {
			t.Errorf("a page of %s: %v allocations, at most %v", c.name, got, c.most)
		}
	}
}
