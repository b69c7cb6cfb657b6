package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/transfer"
)

// An export that is interrupted at any page gives, in the end, the file that it
// would have given, and asks for no page twice but the one that failed.
func TestInterruptedExportsGoOn(t *testing.T) {
	for _, name := range []string{"pool.jsonl", "pool.jsonl.gz"} {
		for failAt := 10; failAt < 40; failAt += 10 {
			t.Run(fmt.Sprint(name, " at ", failAt), func(t *testing.T) {
				s := &source{size: 35, failAt: failAt}
				c := &transfer.Collector{Source: s, Path: filepath.Join(t.TempDir(), name), PoolID: poolID, Now: clock}
				if _, err := c.Collect(t.Context()); !errors.Is(err, errFails) {
					t.Fatalf("got %v", err)
				}
				if _, err := os.Stat(c.Path); err == nil {
					t.Fatal("there is a file already")
				}
				end, err := c.Collect(t.Context())
				if err != nil || end.Identities != 35 {
					t.Fatalf("got %+v, %v", end, err)
				}
				if s.headers != 1 || s.resumed == nil || len(s.pages) != 5 {
					t.Errorf("headers %d, pages %q", s.headers, s.pages)
				}
				_, got, err := readAll(bytes.NewReader(read(t, c.Path)))
				if err != nil || len(got) != 35 {
					t.Errorf("the file has %d identities: %v", len(got), err)
				}
				if name == "pool.jsonl" && !bytes.Equal(read(t, c.Path), read(t, exported(t, 35, name))) {
					t.Error("the file is not the one of a run that was not interrupted")
				}
				if left, err := filepath.Glob(c.Path + ".*"); err != nil || len(left) > 0 {
					t.Errorf("left behind: %q, %v", left, err)
				}
			})
		}
	}
}

// What a crash has written after the last checkpoint is cut off.
func TestCrashedExportsGoOn(t *testing.T) {
	s := &source{size: 35, failAt: 20}
	c := &transfer.Collector{Source: s, Path: filepath.Join(t.TempDir(), "pool.jsonl"), PoolID: poolID, Now: ticking()}
	if _, err := c.Collect(t.Context()); !errors.Is(err, errFails) {
		t.Fatalf("got %v", err)
	}
	f, err := os.OpenFile(c.Path+".partial", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"Identity":{"Ident`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if end, err := c.Collect(t.Context()); err != nil || end.Identities != 35 {
		t.Fatalf("got %+v, %v", end, err)
	}
}

func TestPartialFilesThatDoNotFit(t *testing.T) {
	begin := func(t *testing.T) *transfer.Collector {
		c := &transfer.Collector{Source: &source{size: 35, failAt: 20}, Path: filepath.Join(t.TempDir(), "pool.jsonl"), PoolID: poolID, Now: clock}
		if _, err := c.Collect(t.Context()); !errors.Is(err, errFails) {
			t.Fatal(err)
		}
		return c
	}
	change := func(suffix, old, new string) func(*testing.T, *transfer.Collector) {
		return func(t *testing.T, c *transfer.Collector) {
			text := strings.Replace(string(read(t, c.Path+suffix)), old, new, 1)
			if err := os.WriteFile(c.Path+suffix, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	cases := []struct {
		name, want string
		do         func(*testing.T, *transfer.Collector)
	}{
		{"of another pool", "it is of the pool " + poolID, func(_ *testing.T, c *transfer.Collector) { c.PoolID = "eu-west-1:other" }},
		{"shortened", "bytes and had", func(t *testing.T, c *transfer.Collector) {
			if err := os.Truncate(c.Path+".partial", 100); err != nil {
				t.Fatal(err)
			}
		}},
		{"with a damaged line", "line 3", change(".partial", `"Disabled"`, `"Xisabled"`)},
		{"with a damaged state", "its state", change(".partial.state", "{", "")},
		{"with another state", "do not belong together", change(".partial.state", `"Identities":20`, `"Identities":30`)},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			c := begin(t)
			tt.do(t, c)
			_, err := c.Collect(t.Context())
			if stale := (*transfer.NotResumable)(nil); !errors.As(err, &stale) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v", err)
			}
			c.Restart = true
			if end, err := c.Collect(t.Context()); err != nil || end.Identities != 35 {
				t.Errorf("begun anew: %+v, %v", end, err)
			}
		})
	}
}

func TestFilesAreNotOverwritten(t *testing.T) {
	path := exported(t, 3, "pool.jsonl")
	before := read(t, path)
	c := &transfer.Collector{Source: &source{size: 5}, Path: path, PoolID: poolID, Now: clock, Restart: true}
	_, err := c.Collect(t.Context())
	if there := (*transfer.Exists)(nil); !errors.As(err, &there) {
		t.Errorf("got %v", err)
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Error("it was overwritten")
	}
}

// Ctrl-C ends a run after the page it is at, and nothing of it is lost.
func TestCanceledExportsGoOn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &source{size: 100}
	c := &transfer.Collector{Source: s, Path: filepath.Join(t.TempDir(), "pool.jsonl"), PoolID: poolID, Now: ticking()}
	c.Report = func(p transfer.Progress) {
		if p.Identities == 50 {
			cancel()
		}
	}
	if _, err := c.Collect(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if end, err := c.Collect(t.Context()); err != nil || end.Identities != 100 {
		t.Fatalf("got %+v, %v", end, err)
	}
	if twice := len(s.pages) - len(slices.Compact(slices.Sorted(slices.Values(s.pages)))); twice != 0 {
		t.Errorf("%d pages were read twice: %q", twice, s.pages)
	}
}

func TestEmptyPools(t *testing.T) {
	path := exported(t, 0, "pool.jsonl")
	if h, end, err := transfer.Check(path); err != nil || end.Identities != 0 || h.Pool.IdentityPoolId != poolID {
		t.Errorf("got %+v, %+v, %v", h, end, err)
	}
}
