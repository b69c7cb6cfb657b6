package objecttest

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/object"
)

// testCase is one rule of the seam.
type testCase struct {
	name string // the rule
	why  string // printed when it is broken
	run  func(k *kit)
}

// Run checks the store that open returns. open is called for each case with an
// empty store expected; it registers its own cleanup.
func Run(t *testing.T, open func(t *testing.T) object.Store) {
	groups := []struct {
		name  string
		cases []testCase
	}{
		{"buckets", bucketCases()},
		{"keys", keyCases()},
		{"objects", objectCases()},
		{"integrity", integrityCases()},
		{"preconditions", preconditionCases()},
		{"ranges", rangeCases()},
		{"listing", listCases()},
		{"copy", copyCases()},
		{"multipart", multipartCases()},
		{"uploads", uploadCases()},
		{"races", raceCases()},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					k := &kit{T: t, ctx: t.Context(), s: open(t)}
					defer func() {
						if t.Failed() {
							t.Logf("why: %s", c.why)
						}
					}()
					c.run(k)
				})
			}
		})
	}
}

// The bucket every case may use after k.bucket().
const (
	bucket  = "bucket"
	account = "000000000000"
)

// kit is one case's store and its helpers, which end the case on an error.
type kit struct {
	*testing.T
	ctx context.Context
	s   object.Store
}

// bucket makes the bucket.
func (k *kit) bucket() {
	k.Helper()
	k.makeBucket(bucket)
}

func (k *kit) makeBucket(name string) {
	k.Helper()
	k.must(k.s.CreateBucket(k.ctx, object.Bucket{Name: name, Account: account, Region: "us-east-1"}))
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// whole is PutOptions for a body of known length.
func whole(body string) object.PutOptions { return object.PutOptions{Size: int64(len(body))} }

func (k *kit) put(key, body string) *object.Info {
	k.Helper()
	return k.putWith(key, body, whole(body))
}

func (k *kit) putWith(key, body string, o object.PutOptions) *object.Info {
	k.Helper()
	info, err := k.s.Put(k.ctx, bucket, key, strings.NewReader(body), o)
	if err != nil {
		k.Fatalf("put %q: %v", key, err)
	}
	return info
}

func (k *kit) head(key string) *object.Info {
	k.Helper()
	info, err := k.s.Head(k.ctx, bucket, key)
	if err != nil {
		k.Fatalf("head %q: %v", key, err)
	}
	return info
}

// get reads an object whole.
func (k *kit) get(key string) string {
	k.Helper()
	_, body, err := read(k.ctx, k.s, key)
	if err != nil {
		k.Fatalf("get %q: %v", key, err)
	}
	return body
}

func read(ctx context.Context, s object.Store, key string) (*object.Info, string, error) {
	info, c, err := s.Open(ctx, bucket, key)
	if err != nil {
		return nil, "", err
	}
	body, err := section(c, 0, info.Size)
	return info, body, errors.Join(err, c.Close())
}

func section(c object.Content, offset, length int64) (string, error) {
	r, err := c.Section(offset, length)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, r)
	if err == nil && n != length {
		err = fmt.Errorf("section %d+%d has %d bytes", offset, length, n)
	}
	return b.String(), err
}

// absent checks that a key does not exist.
func (k *kit) absent(key string) {
	k.Helper()
	_, err := k.s.Head(k.ctx, bucket, key)
	wantError[*object.NoKey](k, err)
	_, c, err := k.s.Open(k.ctx, bucket, key)
	if err == nil {
		k.must(c.Close())
	}
	wantError[*object.NoKey](k, err)
}

// empty checks that nothing is in the bucket.
func (k *kit) empty() {
	k.Helper()
	if keys := k.keys(); len(keys) > 0 {
		k.Errorf("left behind: %q", keys)
	}
}

// keys are all keys of the bucket.
func (k *kit) keys() []string {
	k.Helper()
	l, err := k.s.List(k.ctx, bucket, object.ListOptions{Max: 10_000})
	k.must(err)
	var keys []string
	for _, o := range l.Objects {
		keys = append(keys, o.Key)
	}
	return keys
}

// wantError checks the type of an error and returns it.
func wantError[E error](k *kit, err error) E {
	k.Helper()
	var e E
	if !errors.As(err, &e) {
		k.Errorf("got error %v (%T), want %T", err, err, e)
	}
	return e
}

func etagOf(body string) string { return fmt.Sprintf("%x", md5.Sum([]byte(body))) }

// bytesOf is a body of n bytes that differ along the way.
func bytesOf(n int, seed byte) string {
	b := make([]byte, n)
	x := uint32(seed) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}
