package filestore

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/object"
)

// measure runs fn b.N times by so many callers and reports the process's CPU
// time per operation, which is comparable where wall time is not.
func measure(b *testing.B, callers int, fn func(i int) error) {
	b.Helper()
	next := make(chan int, callers)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range next {
				if err := fn(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	for i := range b.N {
		next <- i
	}
	close(next)
	wg.Wait()
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// openBench opens a store with one bucket "b".
func openBench(b *testing.B) *Store {
	b.Helper()
	s := openTest(b, b.TempDir())
	if err := s.CreateBucket(context.Background(), object.Bucket{Name: "b"}); err != nil {
		b.Fatal(err)
	}
	return s
}

func sizes() map[string]int {
	return map[string]int{"4KiB": 4 << 10, "64KiB": 64 << 10, "16MiB": 16 << 20}
}

func BenchmarkPut(b *testing.B) {
	for name, size := range sizes() {
		body := bytes.Repeat([]byte("0123456789abcdef"), size/16)
		for _, callers := range []int{1, 8, 32} {
			if size > 1<<20 && callers > 1 {
				continue
			}
			b.Run(fmt.Sprintf("%s/callers=%d", name, callers), func(b *testing.B) {
				s := openBench(b)
				b.SetBytes(int64(size))
				measure(b, callers, func(i int) error {
					_, err := s.Put(context.Background(), "b", fmt.Sprint("key", i), bytes.NewReader(body), object.PutOptions{
						Size: int64(size), Headers: object.Headers{ContentType: "image/png"}, Checksum: object.Checksum{Algorithm: "crc32"},
					})
					return err
				})
			})
		}
	}
}

// BenchmarkPutFloor writes, syncs and hashes a file, which is the least a
// durable store can do without a database.
func BenchmarkPutFloor(b *testing.B) {
	for name, size := range sizes() {
		body := bytes.Repeat([]byte("0123456789abcdef"), size/16)
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			b.SetBytes(int64(size))
			measure(b, 1, func(i int) error {
				f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
				if err != nil {
					return err
				}
				md5.Sum(body)
				if _, err := f.Write(body); err != nil {
					return err
				}
				if err := f.Sync(); err != nil {
					return err
				}
				return f.Close()
			})
		})
	}
}

func BenchmarkGet(b *testing.B) {
	for name, size := range sizes() {
		b.Run(name, func(b *testing.B) {
			s := openBench(b)
			if _, err := s.Put(context.Background(), "b", "k", strings.NewReader(strings.Repeat("x", size)), object.PutOptions{Size: int64(size)}); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			measure(b, 1, func(int) error { return get(s, "k") })
		})
	}
}

// BenchmarkGetCold reads objects that are not in memory.
func BenchmarkGetCold(b *testing.B) {
	s := openBench(b)
	s.cache = newCache(0)
	body := strings.Repeat("x", 4<<10)
	const n = 1000
	for i := range n {
		if _, err := s.Put(context.Background(), "b", fmt.Sprint(i), strings.NewReader(body), object.PutOptions{Size: 4 << 10}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("4KiB", func(b *testing.B) {
		measure(b, 1, func(i int) error { return get(s, fmt.Sprint(i%n)) })
	})
}

func get(s *Store, key string) error {
	info, c, err := s.Open(context.Background(), "b", key)
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := c.Section(0, info.Size)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return err
}

// BenchmarkGetFloor opens and reads a file.
func BenchmarkGetFloor(b *testing.B) {
	for name, size := range sizes() {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "f")
			if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			measure(b, 1, func(int) error {
				f, err := os.Open(path)
				if err != nil {
					return err
				}
				defer f.Close()
				_, err = io.Copy(io.Discard, &io.LimitedReader{R: f, N: int64(size)})
				return err
			})
		})
	}
}

func BenchmarkHead(b *testing.B) {
	s := openBench(b)
	if _, err := s.Put(context.Background(), "b", "k", strings.NewReader("x"), object.PutOptions{Size: 1, Headers: object.Headers{ContentType: "image/png"}}); err != nil {
		b.Fatal(err)
	}
	measure(b, 1, func(int) error {
		_, err := s.Head(context.Background(), "b", "k")
		return err
	})
}

// fillBucket puts n small objects, many at a time.
func fillBucket(b testing.TB, s *Store, n int, body string, key func(i int) string) {
	b.Helper()
	next := make(chan int)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := range next {
				if _, err := s.Put(context.Background(), "b", key(i), strings.NewReader(body), object.PutOptions{Size: int64(len(body)), Headers: object.Headers{ContentType: "image/png"}}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func BenchmarkList(b *testing.B) {
	key := func(i int) string { return fmt.Sprintf("photos/%03d/%05d.jpg", i%1000, i) }
	s := openBench(b)
	fillBucket(b, s, 100_000, "0123456789", key)
	b.Run("1000_keys_of_4KiB", func(b *testing.B) {
		s := openBench(b)
		fillBucket(b, s, 20_000, strings.Repeat("x", 4<<10), key)
		b.ResetTimer()
		measure(b, 1, func(i int) error {
			l, err := s.List(context.Background(), "b", object.ListOptions{After: fmt.Sprintf("photos/%03d", i*37%900), Max: 1000})
			if err == nil && len(l.Objects) != 1000 {
				err = fmt.Errorf("%d results", len(l.Objects))
			}
			return err
		})
	})
	for _, c := range []struct {
		name string
		o    object.ListOptions
		want int
	}{
		{"1000_keys", object.ListOptions{Prefix: "photos/5", Max: 1000}, 1000},
		{"1000_prefixes_of_100", object.ListOptions{Prefix: "photos/", Delimiter: "/", Max: 1000}, 1000},
		{"1_prefix_of_100000", object.ListOptions{Delimiter: "/", Max: 1000}, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			measure(b, 1, func(int) error {
				l, err := s.List(context.Background(), "b", c.o)
				if err == nil && len(l.Objects)+len(l.Prefixes) != c.want {
					err = fmt.Errorf("%d results", len(l.Objects)+len(l.Prefixes))
				}
				return err
			})
		})
	}
}

// BenchmarkOpen opens and closes database and store, as a start does.
func BenchmarkOpen(b *testing.B) {
	open := func(folder string) error {
		_, closeAll, err := openStore(folder)
		if err != nil {
			return err
		}
		return closeAll()
	}
	b.Run("new", func(b *testing.B) {
		dir := b.TempDir()
		measure(b, 1, func(i int) error { return open(filepath.Join(dir, fmt.Sprint(i))) })
	})
	b.Run("again", func(b *testing.B) {
		dir := b.TempDir()
		if err := open(dir); err != nil {
			b.Fatal(err)
		}
		measure(b, 1, func(int) error { return open(dir) })
	})
}
