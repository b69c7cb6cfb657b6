package objecttest

import (
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/object"
)

func uploadCases() []testCase {
	return []testCase{
		{"an upload is returned as it was begun", "the gateway answers ListParts and checks the initiator with it", func(k *kit) {
			k.bucket()
			o := rich("")
			o.Checksum = object.Checksum{Algorithm: "sha256"}
			made, err := k.s.CreateUpload(k.ctx, bucket, "k", o, "arn:aws:iam::000000000000:user/u")
			k.must(err)
			got, err := k.s.Upload(k.ctx, bucket, "k", made.ID)
			k.must(err)
			o.Checksum.Type = "COMPOSITE"
			want := &object.Upload{ID: made.ID, Bucket: bucket, Key: "k", Initiated: made.Initiated, Initiator: "arn:aws:iam::000000000000:user/u", Options: o}
			for _, u := range []*object.Upload{made, got} {
				if diff := cmp.Diff(want, u, cmpopts.IgnoreFields(object.PutOptions{}, "Size", "ChecksumTrailer")); diff != "" {
					k.Error(diff)
				}
			}
			if made.Initiated.IsZero() || made.ID == "" {
				k.Errorf("%+v", made)
			}
		}},
		{"parts are listed in pages by number", "part-number-marker and max-parts", func(k *kit) {
			k.bucket()
			up, _ := k.parts("k", nil, object.PutOptions{})
			for _, n := range []int{3, 1, 10_000, 2, 500} {
				k.part(up, n, strings.Repeat("x", n%7))
			}
			for _, c := range []struct {
				after, max int
				want       []int
				truncated  bool
			}{
				{0, 10, []int{1, 2, 3, 500, 10_000}, false}, {0, 5, []int{1, 2, 3, 500, 10_000}, false}, {0, 2, []int{1, 2}, true},
				{2, 2, []int{3, 500}, true}, {4, 2, []int{500, 10_000}, false}, {10_000, 2, nil, false}, {0, 0, nil, false},
			} {
				parts, truncated, err := k.s.Parts(k.ctx, bucket, "k", up.ID, c.after, c.max)
				k.must(err)
				var got []int
				for _, p := range parts {
					got = append(got, p.Number)
					if p.Size != int64(p.Number%7) || p.ETag != etagOf(strings.Repeat("x", p.Number%7)) || p.Modified.IsZero() {
						k.Errorf("%+v", p)
					}
				}
				if diff := cmp.Diff(c.want, got); diff != "" || truncated != c.truncated {
					k.Errorf("after %d max %d: truncated %v, %s", c.after, c.max, truncated, diff)
				}
			}
		}},
		{"uploads are listed by key and initiation, in pages that neither lose nor repeat", "key-marker and upload-id-marker", func(k *kit) {
			k.bucket()
			var ids []string
			for _, key := range []string{"b", "a", "b", "b/1", "b/2", "c/1", "b", "a/\xff"} {
				up, err := k.s.CreateUpload(k.ctx, bucket, key, object.PutOptions{}, "")
				k.must(err)
				ids = append(ids, up.ID)
			}
			all, _, truncated, err := k.s.Uploads(k.ctx, bucket, object.ListOptions{Max: 100}, "")
			k.must(err)
			var keys []string
			seen := map[string]bool{}
			for i, u := range all {
				keys = append(keys, u.Key)
				seen[u.ID] = true
				if i > 0 && u.Key == all[i-1].Key && u.Initiated.Before(all[i-1].Initiated) {
					k.Errorf("%v is listed after %v", u, all[i-1])
				}
			}
			if diff := cmp.Diff([]string{"a", "a/\xff", "b", "b", "b", "b/1", "b/2", "c/1"}, keys); diff != "" || truncated || len(seen) != len(ids) {
				k.Errorf("truncated %v, %d ids: %s", truncated, len(seen), diff)
			}
			for max := 1; max < 9; max++ {
				o, afterID := object.ListOptions{Max: max}, ""
				var got []object.Upload
				for range 20 {
					page, _, more, err := k.s.Uploads(k.ctx, bucket, o, afterID)
					k.must(err)
					got = append(got, page...)
					if !more {
						break
					}
					o.After, afterID = page[len(page)-1].Key, page[len(page)-1].ID
				}
				if diff := cmp.Diff(all, got, cmpopts.IgnoreFields(object.PutOptions{}, "ChecksumTrailer")); diff != "" {
					k.Errorf("pages of %d: %s", max, diff)
				}
			}
		}},
		{"uploads have prefixes and delimiters as keys have", "ListMultipartUploads groups too", func(k *kit) {
			k.bucket()
			for _, key := range []string{"a", "b/1", "b/1", "b/2", "c", "d/1"} {
				k.parts(key, nil, object.PutOptions{})
			}
			for _, c := range []struct {
				o              object.ListOptions
				keys, prefixes []string
				truncated      bool
			}{
				{object.ListOptions{Delimiter: "/", Max: 10}, []string{"a", "c"}, []string{"b/", "d/"}, false},
				{object.ListOptions{Delimiter: "/", Max: 2}, []string{"a"}, []string{"b/"}, true},
				{object.ListOptions{Delimiter: "/", Max: 2, After: "b/"}, []string{"c"}, []string{"d/"}, false},
				{object.ListOptions{Prefix: "b/", Delimiter: "/", Max: 10}, []string{"b/1", "b/1", "b/2"}, nil, false},
				{object.ListOptions{After: "b/1", Max: 10}, []string{"b/2", "c", "d/1"}, nil, false},
				{object.ListOptions{Prefix: "x", Max: 10}, nil, nil, false},
				{object.ListOptions{}, nil, nil, false},
			} {
				uploads, prefixes, truncated, err := k.s.Uploads(k.ctx, bucket, c.o, "")
				k.must(err)
				var keys []string
				for _, u := range uploads {
					keys = append(keys, u.Key)
				}
				if diff := cmp.Diff([2][]string{c.keys, c.prefixes}, [2][]string{keys, prefixes}, cmpopts.EquateEmpty()); diff != "" || truncated != c.truncated {
					k.Errorf("%+v: truncated %v, %s", c.o, truncated, diff)
				}
			}
		}},
	}
}
