package filestore

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rockpool-id/rockpool/internal/object"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if folder := os.Getenv("FILESTORE_TEST_FOLDER"); folder != "" {
		fmt.Fprintln(os.Stderr, childStores(folder))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// bodyOf is the body that belongs to a seed: inline, in a file, or of several
// chunks.
func bodyOf(seed int) []byte {
	size := []int{100, 8192, 30_000, 300_000}[seed%4]
	return bytes.Repeat([]byte(fmt.Sprintf("%08d", seed)), size/8)
}

// childStores writes until it is killed. Before an operation it prints what it
// is about to do, and afterwards that it was acknowledged.
func childStores(folder string) error {
	s, _, err := openStore(folder)
	if err != nil {
		return err
	}
	ctx := context.Background()
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	failed := make(chan error)
	for w := range 6 {
		go func() {
			for i := 0; ; i++ {
				// Few keys, so that most writes replace something.
				key, seed := fmt.Sprintf("w%d-%d", w, i%5), i*6+w
				var err error
				switch {
				case i%7 == 6:
					say("begin %s -1", key)
					err = s.Delete(ctx, "b", key, object.Precondition{})
					seed = -1
				case i%7 == 5:
					say("begin %s %d", key, seed)
					err = storeParts(ctx, s, key, bodyOf(seed))
				case i%7 == 4:
					say("begin %s %d", key, seed)
					from := fmt.Sprintf("source-%d", w)
					if _, err = s.Put(ctx, "b", from, bytes.NewReader(bodyOf(seed)), object.PutOptions{Size: -1}); err == nil {
						_, err = s.Copy(ctx, "b", from, "", "b", key, nil, nil, object.Precondition{})
					}
				default:
					say("begin %s %d", key, seed)
					_, err = s.Put(ctx, "b", key, bytes.NewReader(bodyOf(seed)), object.PutOptions{Size: -1})
				}
				if err != nil {
					failed <- err
					return
				}
				say("done %s %d", key, seed)
			}
		}()
	}
	return <-failed
}

func storeParts(ctx context.Context, s *Store, key string, body []byte) error {
	up, err := s.CreateUpload(ctx, "b", key, object.PutOptions{}, "")
	if err != nil {
		return err
	}
	p, err := s.PutPart(ctx, "b", key, up.ID, 1, bytes.NewReader(body), object.PutOptions{Size: -1})
	if err != nil {
		return err
	}
	_, err = s.Complete(ctx, "b", key, up.ID, []object.CompletePart{{Number: 1, ETag: p.ETag}}, object.Precondition{})
	return err
}

// history is what a key may hold: the last acknowledged state and, when the
// process died in the middle of an operation, what that would have made of it.
type history struct {
	acked, begun int // seeds; -1 is deleted
	open         bool
}

func TestKilledProcessKeepsEveryAcknowledgedObjectWhole(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	folder := t.TempDir()
	s, closeAll, err := openStore(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.CreateBucket(context.Background(), object.Bucket{Name: "b"}), closeAll()); err != nil {
		t.Fatal(err)
	}
	keys := map[string]*history{}
	operations := 0
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "FILESTORE_TEST_FOLDER="+folder)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 1; lines.Scan(); n++ {
			f := strings.Fields(lines.Text())
			seed, err := strconv.Atoi(f[2])
			if err != nil {
				t.Fatal(err)
			}
			h := keys[f[1]]
			if h == nil {
				h = &history{acked: -1}
				keys[f[1]] = h
			}
			if f[0] == "begin" {
				h.begun, h.open = seed, true
			} else {
				h.acked, h.open = seed, false
				operations++
			}
			if n == 40+83*round {
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("child ended by itself: %v", err)
		}
		verify(t, folder, keys)
	}
	t.Logf("%d operations acknowledged in %d rounds", operations, rounds)
}

// verify reopens the store and compares every key with its history, then
// sweeps and compares the files with the rows.
func verify(t *testing.T, folder string, keys map[string]*history) {
	t.Helper()
	ctx := context.Background()
	s, closeAll, err := openStore(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	}()
	for key, h := range keys {
		held := -1
		info, c, err := s.Open(ctx, "b", key)
		if err == nil {
			held = heldSeed(t, key, info, c)
		} else if !errors.As(err, new(*object.NoKey)) {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if held != h.acked && (!h.open || held != h.begun) {
			t.Errorf("%s holds %d, acknowledged was %d (begun %d, %v)", key, held, h.acked, h.begun, h.open)
		}
		h.acked, h.open = held, false // now it is certain
	}
	// Uploads cut off by the kill are still open, as they should be; drop them
	// so that their parts do not pile up from round to round.
	uploads, _, _, err := s.Uploads(ctx, "b", object.ListOptions{Max: 1000}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range uploads {
		if err := s.Abort(ctx, "b", u.Key, u.ID); err != nil {
			t.Error(err)
		}
	}
	s.sweepAge = 0
	if _, err := s.sweep(ctx); err != nil {
		t.Error(err)
	}
	checkFiles(t, s)
}

// heldSeed reads an object and tells whose body it is.
func heldSeed(t *testing.T, key string, info *object.Info, c object.Content) int {
	t.Helper()
	defer c.Close()
	r, err := c.Section(0, info.Size)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil || len(body) < 8 {
		t.Fatalf("%s: %d bytes, %v", key, len(body), err)
	}
	seed, err := strconv.Atoi(string(body[:8]))
	if err != nil || !bytes.Equal(body, bodyOf(seed)) {
		t.Errorf("%s is not whole: %d bytes beginning %q", key, len(body), body[:8])
	}
	sum := md5.Sum(body)
	want := fmt.Sprintf("%x", sum)
	if info.Parts == 1 {
		want = fmt.Sprintf("%x-1", md5.Sum(sum[:]))
	}
	if info.ETag != want {
		t.Errorf("%s has ETag %s, want %s", key, info.ETag, want)
	}
	return seed
}
