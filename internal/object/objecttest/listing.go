package objecttest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rockpool-id/rockpool/internal/object"
)

// page is a listing reduced to names.
type page struct {
	Keys, Prefixes []string
	Truncated      bool
	Next           string
}

// slowList is the rule of listing, in the plainest way: all keys in order,
// one by one.
func slowList(keys []string, o object.ListOptions) page {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	var p page
	seen := map[string]bool{}
	for _, key := range keys {
		if !strings.HasPrefix(key, o.Prefix) || key <= o.After {
			continue
		}
		name, isPrefix := key, false
		if o.Delimiter != "" {
			if i := strings.Index(key[len(o.Prefix):], o.Delimiter); i >= 0 {
				name, isPrefix = key[:len(o.Prefix)+i+len(o.Delimiter)], true
			}
		}
		if isPrefix && (seen[name] || name == o.After) {
			continue
		}
		if len(p.Keys)+len(p.Prefixes) >= o.Max {
			p.Truncated = o.Max > 0
			break
		}
		p.Next = name
		if isPrefix {
			seen[name] = true
			p.Prefixes = append(p.Prefixes, name)
		} else {
			p.Keys = append(p.Keys, name)
		}
	}
	if !p.Truncated {
		p.Next = ""
	}
	return p
}

func (k *kit) page(o object.ListOptions) page {
	k.Helper()
	l, err := k.s.List(k.ctx, bucket, o)
	k.must(err)
	p := page{Prefixes: l.Prefixes, Truncated: l.Truncated, Next: l.Next}
	for _, info := range l.Objects {
		p.Keys = append(p.Keys, info.Key)
	}
	return p
}

func listCases() []testCase {
	same := func(k *kit, keys []string, o object.ListOptions) page {
		k.Helper()
		want, got := slowList(keys, o), k.page(o)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			k.Errorf("%#v: %s", o, diff)
		}
		return got
	}
	return []testCase{
		{"a listing shows size, ETag, time, class and checksums", "clients decide by them what to fetch", func(k *kit) {
			k.bucket()
			body := "123456789"
			o := rich(body)
			put := k.putWith("k", body, o)
			l, err := k.s.List(k.ctx, bucket, object.ListOptions{Max: 10})
			k.must(err)
			want := richInfo("k", body, o, "y/Q5Jg==")
			want.Modified = put.Modified
			if diff := cmp.Diff([]object.Listed{want.Listed()}, l.Objects); diff != "" {
				k.Error(diff)
			}
		}},
		{"keys come in byte order", "S3 lists in UTF-8 binary order", func(k *kit) {
			k.bucket()
			keys := []string{"b", "a", "B", "\u00e4", "z", "\xff", "a\x00", "a!", "a/", "aa", "\U0001F600", "\uFFFE"}
			for _, key := range keys {
				k.put(key, "x")
			}
			same(k, keys, object.ListOptions{Max: 100})
		}},
		{"a page of nothing is not truncated", "max-keys=0 is a question S3 answers", func(k *kit) {
			k.bucket()
			k.put("a", "x")
			same(k, []string{"a"}, object.ListOptions{})
		}},
		{"a page that just fits is not truncated", "clients would ask for an empty page", func(k *kit) {
			k.bucket()
			keys := []string{"a", "b/1", "b/2", "c"}
			for _, key := range keys {
				k.put(key, "x")
			}
			for n := range 6 {
				same(k, keys, object.ListOptions{Max: n})
				same(k, keys, object.ListOptions{Max: n, Delimiter: "/"})
			}
		}},
		{"a common prefix given as After is skipped whole, a key inside it is not", "continuation after a common prefix, start-after inside one", func(k *kit) {
			k.bucket()
			keys := []string{"a/1", "a/2", "a0", "b"}
			for _, key := range keys {
				k.put(key, "x")
			}
			for _, after := range []string{"a", "a/", "a/1", "a/2", "a/3", "a0", "b", "c"} {
				same(k, keys, object.ListOptions{Max: 10, Delimiter: "/", After: after})
				same(k, keys, object.ListOptions{Max: 10, After: after})
				same(k, keys, object.ListOptions{Max: 10, Delimiter: "/", Prefix: "a/", After: after})
			}
		}},
		{"every page of folders of all sizes is right from every start", "an engine may step over a folder's keys or seek behind them, and must not be seen to", func(k *kit) {
			k.bucket()
			var keys []string
			for i, n := range []int{1, 2, 40, 30, 1, 5, 17, 18, 19, 3, 1, 1, 25, 2} {
				for j := range n {
					keys = append(keys, fmt.Sprintf("d/%02d/%02d", i, j))
				}
				keys = append(keys, fmt.Sprintf("d/%02d", i), fmt.Sprintf("d/%02d.txt", i))
			}
			k.putAll(keys)
			for n := 1; n < 6; n++ {
				k.pages(keys, object.ListOptions{Prefix: "d/", Delimiter: "/", Max: n})
			}
			for _, n := range []int{len(keys) - 1, len(keys), len(keys) + 1, 1000, 1001, 1 << 30} {
				same(k, keys, object.ListOptions{Max: n})
				same(k, keys, object.ListOptions{Prefix: "d/", Delimiter: "/", Max: n})
			}
			for i := 0; i < len(keys); i += 3 {
				same(k, keys, object.ListOptions{Prefix: "d/", Delimiter: "/", After: keys[i], Max: 7})
				same(k, keys, object.ListOptions{Prefix: "d", Delimiter: "/0", After: keys[i] + "/", Max: 7})
				same(k, keys, object.ListOptions{Delimiter: "/", After: keys[i], Max: 7})
			}
		}},
		{"a start that is no key and no folder is a place in the order", "clients make up start-after and key-marker", func(k *kit) {
			k.bucket()
			keys := []string{"a/b/1", "a/b/2", "a/c", "a\xff/1", "a\xff\xff/1", "ab", "b"}
			k.putAll(keys)
			for _, after := range []string{"\x00", "a", "a/", "a/a", "a/b", "a/b/", "a/b/1\x00", "a/b0", "a/b\xff", "a0", "a\xff", "a\xff/", "a\xff\xff", "a\xff\xff\xff", "\xff"} {
				for _, prefix := range []string{"", "a", "a/", "a/b/", "a\xff"} {
					for _, delimiter := range []string{"", "/", "b/", "\xff", "\xff/"} {
						for n := 1; n < 4; n++ {
							same(k, keys, object.ListOptions{Prefix: prefix, Delimiter: delimiter, After: after, Max: n})
						}
					}
				}
			}
		}},
		{"prefixes that end in the highest byte have an end too", "the upper bound of 0xFF is found by carrying, or there is none", func(k *kit) {
			k.bucket()
			keys := []string{"a", "a\xff", "a\xff\xff", "a\xff\xff/x", "b", "\xff", "\xff\xff", "\xff\xff\xff/1", "\xff\xff\xff/2", "\xff/"}
			for _, key := range keys {
				k.put(key, "x")
			}
			for _, prefix := range []string{"", "a", "a\xff", "a\xff\xff", "\xff", "\xff\xff", "\xff\xff\xff", "\xff\xff\xff\xff"} {
				for _, delimiter := range []string{"", "/", "\xff", "\xff\xff"} {
					for n := 1; n < 5; n++ {
						k.pages(keys, object.ListOptions{Prefix: prefix, Delimiter: delimiter, Max: n})
					}
				}
			}
		}},
		{"any listing equals the slow one, page by page", "paging must neither lose nor repeat", func(k *kit) {
			k.bucket()
			letters := []rune{'a', 'b', '/', '-', '\u00ff'}
			key := rapid.StringOfN(rapid.RuneFrom(letters), 1, 6, -1)
			var keys []string
			rapid.Check(k.T, func(t *rapid.T) {
				// The bucket is kept from run to run, so each changes it a bit.
				for _, key := range rapid.SliceOfN(key, 1, 10).Draw(t, "keys") {
					if i := slices.Index(keys, key); i >= 0 {
						k.must(k.s.Delete(k.ctx, bucket, key, object.Precondition{}))
						keys = slices.Delete(keys, i, i+1)
					} else {
						k.put(key, "")
						keys = append(keys, key)
					}
				}
				text := rapid.StringOfN(rapid.RuneFrom(letters), 0, 3, -1)
				o := object.ListOptions{
					Prefix: text.Draw(t, "prefix"), Delimiter: rapid.SampledFrom([]string{"", "/", "/-", "a", "ab"}).Draw(t, "delimiter"),
					After: text.Draw(t, "after"), Max: rapid.IntRange(1, 12).Draw(t, "max"),
				}
				want, got := slowList(keys, o), k.page(o)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("%#v: %s", o, diff)
				}
				k.pages(keys, o)
			})
		}},
		{"thousands of keys under one common prefix are one result", "and stay so on every page", func(k *kit) {
			k.bucket()
			var keys []string
			for i := range 300 {
				keys = append(keys, fmt.Sprintf("big/%03d", i), fmt.Sprintf("small%03d/x", i))
			}
			for _, key := range keys {
				k.put(key, "")
			}
			k.pages(keys, object.ListOptions{Delimiter: "/", Max: 7})
			k.pages(keys, object.ListOptions{Max: 100})
			k.pages(keys, object.ListOptions{Prefix: "big/", Delimiter: "/", Max: 100})
		}},
	}
}

// putAll puts empty objects, several at a time.
func (k *kit) putAll(keys []string) {
	k.Helper()
	next := make(chan string)
	var putting sync.WaitGroup
	for range 16 {
		putting.Go(func() {
			for key := range next {
				if _, err := k.s.Put(k.ctx, bucket, key, strings.NewReader(""), whole("")); err != nil {
					k.Errorf("put %q: %v", key, err)
				}
			}
		})
	}
	for _, key := range keys {
		next <- key
	}
	close(next)
	putting.Wait()
}

// pages follows a listing to its end and compares each page.
func (k *kit) pages(keys []string, o object.ListOptions) {
	k.Helper()
	for range len(keys) + 2 {
		want, got := slowList(keys, o), k.page(o)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			k.Fatalf("%#v: %s", o, diff)
		}
		if !got.Truncated {
			return
		}
		o.After = got.Next
	}
	k.Fatalf("the listing %#v does not end", o)
}
