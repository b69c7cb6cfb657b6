package objecttest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rockpool-id/rockpool/internal/object"
)

// together runs fn n times at the same time.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

func raceCases() []testCase {
	const writers = 8
	// One body is small and one is not: they take different ways in.
	body := func(i int) string { return strings.Repeat(fmt.Sprintf("writer %d ", i), 1+i%2*5000) }
	none := object.Precondition{}
	return []testCase{
		{"of several If-None-Match puts one wins", "it is used as a lock", func(k *kit) {
			k.bucket()
			for round := range 10 {
				key := fmt.Sprint("k", round)
				var winner atomic.Int64
				winner.Store(-1)
				together(writers, func(i int) {
					o := whole(body(i))
					o.Precondition.IfNoneMatch = true
					_, err := k.s.Put(k.ctx, bucket, key, strings.NewReader(body(i)), o)
					if err == nil {
						if !winner.CompareAndSwap(-1, int64(i)) {
							k.Error("two writers won")
						}
						return
					}
					wantError[*object.PreconditionFailed](k, err)
				})
				if w := winner.Load(); w < 0 || k.get(key) != body(int(w)) {
					k.Errorf("winner %d does not own the object", w)
				}
			}
		}},
		{"of several If-Match puts on one ETag one wins", "no update is lost", func(k *kit) {
			k.bucket()
			info := k.put("counter", "0")
			var done atomic.Int64
			together(writers, func(i int) {
				for {
					now, text, err := read(k.ctx, k.s, "counter")
					if err != nil {
						k.Error(err)
						return
					}
					var n int
					fmt.Sscan(text, &n)
					next := fmt.Sprint(n + 1)
					o := whole(next)
					o.Precondition.IfMatch = now.ETag
					_, err = k.s.Put(k.ctx, bucket, "counter", strings.NewReader(next), o)
					if errors.As(err, new(*object.PreconditionFailed)) {
						continue
					}
					if err != nil {
						k.Error(err)
						return
					}
					if done.Add(1) >= 5*writers-int64(writers) {
						return
					}
				}
			})
			if got := k.get("counter"); got != fmt.Sprint(done.Load()) {
				k.Errorf("counter %s after %d increments (began as %s)", got, done.Load(), info.ETag)
			}
		}},
		{"readers see one whole object or another while writers overwrite, copy and delete", "never a mixture, never half", func(k *kit) {
			k.bucket()
			bodies := map[string]bool{}
			for i := range writers {
				bodies[body(i)] = true
			}
			multi := []string{bytesOf(5<<20, 1), "tail"}
			bodies[strings.Join(multi, "")] = true
			k.put("k", body(0))
			k.upload("other", multi, object.PutOptions{})
			together(writers, func(i int) {
				for round := range 12 {
					var err error
					switch {
					case i == 0 && round%3 == 0:
						err = k.s.Delete(k.ctx, bucket, "k", none)
					case i == 1:
						_, err = k.s.Copy(k.ctx, bucket, "other", "", bucket, "k", nil, nil, none)
					case i < 4:
						_, err = k.s.Put(k.ctx, bucket, "k", strings.NewReader(body(i)), whole(body(i)))
					default:
						info, got, readErr := read(k.ctx, k.s, "k")
						switch {
						case errors.As(readErr, new(*object.NoKey)):
						case readErr != nil:
							err = readErr
						case !bodies[got] || int64(len(got)) != info.Size:
							err = fmt.Errorf("read %d bytes that nobody wrote, ETag %s", len(got), info.ETag)
						case info.Parts == 0 && info.ETag != etagOf(got):
							err = fmt.Errorf("ETag %s of another body", info.ETag)
						}
					}
					if err != nil {
						k.Errorf("writer %d: %v", i, err)
					}
				}
			})
		}},
		{"a bucket is deleted or written to, not both", "an acknowledged object must exist, and no object without a bucket", func(k *kit) {
			for round := range 10 {
				k.bucket()
				var stored atomic.Int64
				var deleted atomic.Bool
				together(4, func(i int) {
					if i == 0 {
						err := k.s.DeleteBucket(k.ctx, bucket)
						if err == nil {
							deleted.Store(true)
						} else {
							wantError[*object.NotEmpty](k, err)
						}
						return
					}
					_, err := k.s.Put(k.ctx, bucket, fmt.Sprint("k", i), strings.NewReader(body(i)), whole(body(i)))
					if err == nil {
						stored.Add(1)
					} else {
						wantError[*object.NoBucket](k, err)
					}
				})
				if deleted.Load() {
					if stored.Load() > 0 {
						k.Fatalf("round %d: %d objects acknowledged in a deleted bucket", round, stored.Load())
					}
					continue
				}
				keys := k.keys()
				if int64(len(keys)) != stored.Load() {
					k.Errorf("round %d: %d acknowledged, %q present", round, stored.Load(), keys)
				}
				for _, key := range keys {
					k.must(k.s.Delete(k.ctx, bucket, key, none))
				}
				k.must(k.s.DeleteBucket(k.ctx, bucket))
			}
		}},
		{"a name is given to one of several who ask", "bucket names are claims", func(k *kit) {
			var made atomic.Int64
			together(writers, func(i int) {
				err := k.s.CreateBucket(k.ctx, object.Bucket{Name: bucket, Account: fmt.Sprintf("%012d", i)})
				if err == nil {
					made.Add(1)
				} else {
					wantError[*object.BucketExists](k, err)
				}
			})
			if made.Load() != 1 {
				k.Errorf("%d buckets", made.Load())
			}
		}},
		{"settings changed at the same time are all kept", "each sub-resource is its own document", func(k *kit) {
			k.bucket()
			together(writers, func(i int) {
				doc := fmt.Sprint("doc", i)
				if err := k.s.SetConfig(k.ctx, bucket, fmt.Sprint("sub", i), &doc); err != nil {
					k.Error(err)
				}
			})
			b, err := k.s.Bucket(k.ctx, bucket)
			k.must(err)
			if len(b.Config) != writers || b.Version < writers {
				k.Errorf("version %d, %v", b.Version, b.Config)
			}
		}},
		{"an upload is completed or aborted, not both", "and a part put meanwhile is in neither", func(k *kit) {
			k.bucket()
			for round := range 8 {
				key := fmt.Sprint("k", round)
				up, list := k.parts(key, []string{"one"}, object.PutOptions{})
				var completed, aborted atomic.Bool
				together(3, func(i int) {
					switch i {
					case 0:
						_, err := k.s.Complete(k.ctx, bucket, key, up.ID, list, none)
						if completed.Store(err == nil); err != nil {
							wantError[*object.NoUpload](k, err)
						}
					case 1:
						err := k.s.Abort(k.ctx, bucket, key, up.ID)
						if aborted.Store(err == nil); err != nil {
							wantError[*object.NoUpload](k, err)
						}
					case 2:
						_, err := k.s.PutPart(k.ctx, bucket, key, up.ID, 2, strings.NewReader("two"), whole("two"))
						if err != nil {
							wantError[*object.NoUpload](k, err)
						}
					}
				})
				if completed.Load() == aborted.Load() {
					k.Errorf("completed %v, aborted %v", completed.Load(), aborted.Load())
				}
				if completed.Load() && k.get(key) != "one" {
					k.Errorf("object is %q", k.get(key))
				}
			}
		}},
	}
}
