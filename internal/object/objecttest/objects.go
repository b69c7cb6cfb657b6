package objecttest

import (
	"io"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/object"
)

// names are keys that engines built on paths or text get wrong
// (gateways.md 6.2).
func names() []string {
	return []string{
		"a", "a/", "a/b", "a/b/", "x//y", "x/y", "/x", "//", "/", "../x", "./x", "x/..", "x/.", ".", "..", "...",
		"a%2Fb", "a+b", "a b", " a", "a ", "A", "%", "%00", "\\", "a\\b", "*", "?", "a?b", "#", "C:\\x", "~", "-rf",
		"smile \U0001F600", "\uFFFE", "caf\u00e9", "cafe\u0301", "\u00df", "SS", "tab\tnew\nline\r", "nul\x00end", "\x01", "\x7f",
		"inval\xffid", "\xff", "\xff\xff", "a'b\"c", "'; DROP TABLE object_entry; --",
		strings.Repeat("k", 1024), strings.Repeat("k/", 512), strings.Repeat("\U0001F600", 256),
	}
}

func keyCases() []testCase {
	return []testCase{
		{"keys are bytes: each is its own object", "a key that is cleaned anywhere is a way around policy (gateways.md 2.2)", func(k *kit) {
			k.bucket()
			for _, key := range names() {
				k.put(key, "body of "+key)
			}
			for _, key := range names() {
				if got := k.get(key); got != "body of "+key {
					k.Errorf("%q holds %q", key, got)
				}
				if got := k.head(key).Key; got != key {
					k.Errorf("%q is called %q", key, got)
				}
			}
			want := append([]string(nil), names()...)
			if diff := cmp.Diff(want, k.keys(), cmpopts.SortSlices(func(a, b string) bool { return a < b })); diff != "" {
				k.Error(diff)
			}
			if keys := k.keys(); !sorted(keys) {
				k.Errorf("not in byte order: %q", keys)
			}
			for i, key := range names() {
				k.must(k.s.Delete(k.ctx, bucket, key, object.Precondition{}))
				if got := len(k.keys()); got != len(names())-i-1 {
					k.Fatalf("after deleting %q %d keys are left", key, got)
				}
			}
		}},
		{"keys like stored ones do not exist", "a near miss must not open another object", func(k *kit) {
			k.bucket()
			k.put("x/y", "secret")
			for _, key := range []string{"x//y", "/x/y", "x/y/", "./x/y", "x/./y", "x/z/../y", "X/Y", "x%2Fy", "x", "x/", "x/y\x00", "x/Y"} {
				k.absent(key)
			}
		}},
		{"copies and uploads keep keys too", "every way in must be faithful", func(k *kit) {
			k.bucket()
			k.put("src/../x//", "body")
			_, err := k.s.Copy(k.ctx, bucket, "src/../x//", "", bucket, "./dst//", nil, nil, object.Precondition{})
			k.must(err)
			k.upload("../mp//", []string{"part"}, object.PutOptions{})
			if diff := cmp.Diff([]string{"../mp//", "./dst//", "src/../x//"}, k.keys()); diff != "" {
				k.Error(diff)
			}
		}},
	}
}

func sorted(s []string) bool {
	for i := 1; i < len(s); i++ {
		if s[i-1] >= s[i] {
			return false
		}
	}
	return true
}

// rich are options with every field of the object filled.
func rich(body string) object.PutOptions {
	return object.PutOptions{
		Headers: object.Headers{
			ContentType: "text/plain; charset=\xe9", ContentEncoding: "gzip", ContentDisposition: `attachment; filename="a"`,
			ContentLanguage: "de", CacheControl: "no-store", Expires: "not a date", WebsiteRedirect: "/elsewhere",
		},
		Metadata:     map[string]string{"a": "1", "empty": "", "latin": "\xe9", "utf8": "\u00e9"},
		Tags:         []object.Tag{{Key: "z", Value: "1"}, {Key: "a", Value: ""}, {Key: "\u00e9", Value: "\u00fc"}},
		StorageClass: "GLACIER_IR",
		Checksum:     object.Checksum{Algorithm: "crc32"},
		Size:         int64(len(body)),
	}
}

// richInfo is what rich is stored as.
func richInfo(key, body string, o object.PutOptions, crc string) *object.Info {
	return &object.Info{
		Key: key, Size: int64(len(body)), ETag: etagOf(body), Headers: o.Headers, Metadata: o.Metadata, Tags: o.Tags,
		StorageClass: o.StorageClass, Checksums: []object.Checksum{{Algorithm: "crc32", Type: "FULL_OBJECT", Value: crc}},
	}
}

// anyTime compares everything but the time, which the store sets.
func anyTime() cmp.Option { return cmpopts.IgnoreFields(object.Info{}, "Modified") }

func objectCases() []testCase {
	return []testCase{
		{"bodies of every size come back", "small and large bodies take different ways in an engine", func(k *kit) {
			k.bucket()
			for _, n := range []int{0, 1, 4095, 4096, 4097, 8191, 8192, 8193, 65536, 131071, 131072, 131073, 262144, 524288, 1<<20 + 1} {
				for _, declared := range []bool{true, false} {
					body := bytesOf(n, byte(n))
					o := object.PutOptions{Size: -1}
					if declared {
						o.Size = int64(n)
					}
					info, err := k.s.Put(k.ctx, bucket, "k", &dribble{s: body, step: 100_001}, o)
					k.must(err)
					if info.Size != int64(n) || info.ETag != etagOf(body) {
						k.Errorf("%d bytes: stored as %d bytes, ETag %s", n, info.Size, info.ETag)
					}
					if k.get("k") != body {
						k.Errorf("%d bytes: other bytes came back", n)
					}
				}
			}
		}},
		{"everything given with an object is returned with it", "headers, metadata and tags are part of the object", func(k *kit) {
			k.bucket()
			body := "123456789"
			o := rich(body)
			put := k.putWith("k", body, o)
			want := richInfo("k", body, o, "y/Q5Jg==")
			opened, _, err := read(k.ctx, k.s, "k")
			k.must(err)
			for how, got := range map[string]*object.Info{"Put": put, "Head": k.head("k"), "Open": opened} {
				if diff := cmp.Diff(want, got, anyTime(), cmpopts.EquateEmpty()); diff != "" {
					k.Errorf("%s: %s", how, diff)
				}
				if !got.Modified.Equal(put.Modified) || got.Modified.IsZero() {
					k.Errorf("%s: modified %v, Put said %v", how, got.Modified, put.Modified)
				}
			}
		}},
		{"an overwrite replaces everything", "nothing of the former object may shine through", func(k *kit) {
			k.bucket()
			k.putWith("k", "123456789", rich("123456789"))
			big := bytesOf(100_000, 1)
			for _, body := range []string{big, "small", bytesOf(50_000, 2), ""} {
				k.put("k", body)
				want := &object.Info{Key: "k", Size: int64(len(body)), ETag: etagOf(body)}
				if diff := cmp.Diff(want, k.head("k"), anyTime(), cmpopts.EquateEmpty()); diff != "" {
					k.Error(diff)
				}
				if k.get("k") != body {
					k.Error("other bytes came back")
				}
			}
		}},
		{"deleting is idempotent", "DELETE of a missing key answers 204", func(k *kit) {
			k.bucket()
			for _, body := range []string{"small", bytesOf(50_000, 1)} {
				k.put("k", body)
				for range 3 {
					k.must(k.s.Delete(k.ctx, bucket, "k", object.Precondition{}))
					k.absent("k")
				}
			}
			k.empty()
		}},
		{"tags change alone", "ExistingObjectTag decides reads; the object stays what it is", func(k *kit) {
			k.bucket()
			body := "123456789"
			o := rich(body)
			k.putWith("k", body, o)
			for _, tags := range [][]object.Tag{{{Key: "new", Value: "1"}}, nil, {{Key: "b"}, {Key: "a"}}} {
				k.must(k.s.SetTags(k.ctx, bucket, "k", tags))
				o.Tags = tags
				if diff := cmp.Diff(richInfo("k", body, o, "y/Q5Jg=="), k.head("k"), anyTime(), cmpopts.EquateEmpty()); diff != "" {
					k.Error(diff)
				}
			}
			wantError[*object.NoKey](k, k.s.SetTags(k.ctx, bucket, "missing", nil))
		}},
		{"an open object stays readable when it is overwritten or deleted", "a download in progress must not break or mix", func(k *kit) {
			k.bucket()
			for i, body := range []string{"small", bytesOf(300_000, 1)} {
				k.put("k", body)
				_, c, err := k.s.Open(k.ctx, bucket, "k")
				k.must(err)
				if i == 0 {
					k.must(k.s.Delete(k.ctx, bucket, "k", object.Precondition{}))
				} else {
					k.put("k", "other")
				}
				got, err := section(c, 0, int64(len(body)))
				k.must(err)
				if got != body {
					k.Error("other bytes came back")
				}
				k.must(c.Close())
			}
		}},
	}
}

// dribble reads in uneven steps, so that a store cannot rely on full reads.
type dribble struct {
	s    string
	step int
	err  error // instead of io.EOF
}

func (d *dribble) Read(b []byte) (int, error) {
	if d.s == "" {
		if d.err != nil {
			return 0, d.err
		}
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), d.step)], d.s)
	d.s = d.s[n:]
	return n, nil
}
