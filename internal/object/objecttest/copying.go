package objecttest

import (
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/object"
)

func copyCases() []testCase {
	body := "123456789"
	none := object.Precondition{}
	return []testCase{
		{"a copy has the bytes and everything else of its source", "metadata and tagging directive COPY are the default", func(k *kit) {
			k.bucket()
			for _, body := range []string{body, bytesOf(100_000, 1)} {
				o := rich(body)
				src := k.putWith("src", body, o)
				got, err := k.s.Copy(k.ctx, bucket, "src", src.ETag, bucket, "dst", nil, nil, none)
				k.must(err)
				want := richInfo("dst", body, o, src.Checksums[0].Value)
				for _, got := range []*object.Info{got, k.head("dst")} {
					if diff := cmp.Diff(want, got, anyTime(), cmpopts.EquateEmpty()); diff != "" {
						k.Error(diff)
					}
				}
				if k.get("dst") != body || k.get("src") != body {
					k.Error("other bytes came back")
				}
			}
		}},
		{"source and copies are independent", "they may share bytes, not fates", func(k *kit) {
			k.bucket()
			big := bytesOf(100_000, 1)
			k.put("a", big)
			for _, pair := range [][2]string{{"a", "b"}, {"b", "c"}, {"a", "c"}, {"c", "d"}} {
				_, err := k.s.Copy(k.ctx, bucket, pair[0], "", bucket, pair[1], nil, nil, none)
				k.must(err)
			}
			k.must(k.s.Delete(k.ctx, bucket, "a", none))
			k.put("b", "other")
			if k.get("c") != big || k.get("d") != big || k.get("b") != "other" {
				k.Error("other bytes came back")
			}
			k.must(k.s.Delete(k.ctx, bucket, "c", none))
			if k.get("d") != big {
				k.Error("other bytes came back")
			}
		}},
		{"headers and tags are replaced independently", "x-amz-metadata-directive and x-amz-tagging-directive", func(k *kit) {
			k.bucket()
			o := rich(body)
			k.putWith("src", body, o)
			replace := &object.PutOptions{Headers: object.Headers{ContentType: "new"}, Metadata: map[string]string{"n": "1"}, StorageClass: "STANDARD_IA"}
			tags := []object.Tag{{Key: "n", Value: "2"}}
			for _, c := range []struct {
				replace *object.PutOptions
				tags    *[]object.Tag
			}{{replace, nil}, {nil, &tags}, {replace, &tags}, {nil, new([]object.Tag)}} {
				want := o
				if c.replace != nil {
					want.Headers, want.Metadata, want.StorageClass = replace.Headers, replace.Metadata, replace.StorageClass
				}
				if c.tags != nil {
					want.Tags = *c.tags
				}
				_, err := k.s.Copy(k.ctx, bucket, "src", "", bucket, "dst", c.replace, c.tags, none)
				k.must(err)
				if diff := cmp.Diff(richInfo("dst", body, want, "y/Q5Jg=="), k.head("dst"), anyTime(), cmpopts.EquateEmpty()); diff != "" {
					k.Error(diff)
				}
			}
		}},
		{"an object copied to itself keeps its bytes", "this is how clients change metadata", func(k *kit) {
			k.bucket()
			for _, body := range []string{body, bytesOf(100_000, 1)} {
				k.put("k", body)
				for range 3 {
					_, err := k.s.Copy(k.ctx, bucket, "k", "", bucket, "k", &object.PutOptions{Headers: object.Headers{ContentType: "new"}}, nil, none)
					k.must(err)
				}
				if k.get("k") != body || k.head("k").Headers.ContentType != "new" {
					k.Errorf("now %v", k.head("k"))
				}
			}
		}},
		{"a copy may get another checksum", "x-amz-checksum-algorithm on CopyObject", func(k *kit) {
			k.bucket()
			for _, b := range []string{body, bytesOf(300_000, 1)} {
				k.putWith("src", b, rich(b))
				for algorithm := range digests() {
					o := whole(b)
					o.Checksum.Algorithm = algorithm
					want := k.putWith("direct", b, o).Checksums
					got, err := k.s.Copy(k.ctx, bucket, "src", "", bucket, "dst", &o, nil, none)
					k.must(err)
					if diff := cmp.Diff(want, got.Checksums); diff != "" {
						k.Error(diff)
					}
				}
			}
		}},
		{"a pinned source that changed is refused", "x-amz-copy-source-if-match", func(k *kit) {
			k.bucket()
			k.put("src", "x")
			_, err := k.s.Copy(k.ctx, bucket, "src", etagOf("y"), bucket, "dst", nil, nil, none)
			wantError[*object.PreconditionFailed](k, err)
			_, err = k.s.Copy(k.ctx, bucket, "missing", "", bucket, "dst", nil, nil, none)
			wantError[*object.NoKey](k, err)
			k.absent("dst")
		}},
		{"a copy crosses buckets and outlives its source's", "files belong to the store", func(k *kit) {
			k.bucket()
			k.makeBucket("other")
			big := bytesOf(100_000, 1)
			o := object.PutOptions{Size: -1}
			_, err := k.s.Put(k.ctx, "other", "src", strings.NewReader(big), o)
			k.must(err)
			_, err = k.s.Copy(k.ctx, "other", "src", "", bucket, "dst", nil, nil, none)
			k.must(err)
			k.must(k.s.Delete(k.ctx, "other", "src", none))
			k.must(k.s.DeleteBucket(k.ctx, "other"))
			if k.get("dst") != big {
				k.Error("other bytes came back")
			}
		}},
		{"a multipart object is copied whole", "its parts are shared", func(k *kit) {
			k.bucket()
			parts := []string{bytesOf(5<<20, 1), "tail"}
			src := k.upload("src", parts, object.PutOptions{})
			_, err := k.s.Copy(k.ctx, bucket, "src", src.ETag, bucket, "dst", nil, nil, none)
			k.must(err)
			k.must(k.s.Delete(k.ctx, bucket, "src", none))
			if k.get("dst") != strings.Join(parts, "") {
				k.Error("other bytes came back")
			}
		}},
	}
}
