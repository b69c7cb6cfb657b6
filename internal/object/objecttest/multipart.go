package objecttest

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rockpool-id/rockpool/internal/object"
)

// parts begins an upload and puts the bodies as parts 1, 2 and so on.
func (k *kit) parts(key string, bodies []string, o object.PutOptions) (*object.Upload, []object.CompletePart) {
	k.Helper()
	up, err := k.s.CreateUpload(k.ctx, bucket, key, o, "arn:aws:iam::000000000000:user/u")
	k.must(err)
	var list []object.CompletePart
	for i, body := range bodies {
		list = append(list, k.part(up, i+1, body))
	}
	return up, list
}

func (k *kit) part(up *object.Upload, number int, body string) object.CompletePart {
	k.Helper()
	p, err := k.s.PutPart(k.ctx, bucket, up.Key, up.ID, number, strings.NewReader(body), whole(body))
	k.must(err)
	if p.Number != number || p.ETag != etagOf(body) || p.Size != int64(len(body)) {
		k.Errorf("part %d is %+v", number, p)
	}
	return object.CompletePart{Number: number, ETag: p.ETag}
}

// upload makes a multipart object.
func (k *kit) upload(key string, bodies []string, o object.PutOptions) *object.Info {
	k.Helper()
	up, list := k.parts(key, bodies, o)
	info, err := k.s.Complete(k.ctx, bucket, key, up.ID, list, object.Precondition{})
	k.must(err)
	return info
}

func multiETag(bodies ...string) string {
	h := md5.New()
	for _, b := range bodies {
		sum := md5.Sum([]byte(b))
		h.Write(sum[:])
	}
	return fmt.Sprintf("%x-%d", h.Sum(nil), len(bodies))
}

func multipartCases() []testCase {
	five := bytesOf(5<<20, 1)
	none := object.Precondition{}
	return []testCase{
		{"parts become one object with what the upload was begun with", "options are given once, at the beginning", func(k *kit) {
			k.bucket()
			bodies := []string{five, five[:5<<20-1] + "xy", "tail"}
			o := rich("")
			o.Checksum = object.Checksum{}
			o.Size = 0
			up, list := k.parts("k", bodies, o)
			k.absent("k")
			done, err := k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
			k.must(err)
			want := &object.Info{
				Key: "k", Size: 10<<20 + 5, ETag: multiETag(bodies...), Headers: o.Headers, Metadata: o.Metadata, Tags: o.Tags,
				StorageClass: o.StorageClass, Parts: 3, PartSizes: []int64{5 << 20, 5<<20 + 1, 4},
			}
			for _, got := range []*object.Info{done, k.head("k")} {
				if diff := cmp.Diff(want, got, anyTime(), cmpopts.EquateEmpty()); diff != "" {
					k.Error(diff)
				}
			}
			if k.get("k") != strings.Join(bodies, "") {
				k.Error("other bytes came back")
			}
			l, err := k.s.List(k.ctx, bucket, object.ListOptions{Max: 1})
			k.must(err)
			if len(l.Objects) != 1 || l.Objects[0].Parts != 3 || l.Objects[0].Size != want.Size {
				k.Errorf("listed as %+v", l.Objects)
			}
			_, err = k.s.Upload(k.ctx, bucket, "k", up.ID)
			wantError[*object.NoUpload](k, err)
		}},
		{"completing again answers the same", "the answer may have been lost; clients retry", func(k *kit) {
			k.bucket()
			up, list := k.parts("k", []string{"x"}, object.PutOptions{})
			one, err := k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
			k.must(err)
			two, err := k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
			k.must(err)
			if diff := cmp.Diff(one, two); diff != "" {
				k.Error(diff)
			}
			k.put("k", "other")
			_, err = k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
			wantError[*object.NoUpload](k, err)
			if got := k.get("k"); got != "other" {
				k.Errorf("object is %q", got)
			}
		}},
		{"parts may come in any order and with gaps, and be left out", "only the list says what the object is", func(k *kit) {
			k.bucket()
			up, err := k.s.CreateUpload(k.ctx, bucket, "k", object.PutOptions{}, "")
			k.must(err)
			last := k.part(up, 10_000, "tail")
			k.part(up, 7, "left out")
			first := k.part(up, 2, five)
			_, err = k.s.Complete(k.ctx, bucket, "k", up.ID, []object.CompletePart{first, last}, none)
			k.must(err)
			if k.get("k") != five+"tail" {
				k.Error("other bytes came back")
			}
		}},
		{"a part put again replaces the earlier one", "clients retry parts", func(k *kit) {
			k.bucket()
			up, list := k.parts("k", []string{"one"}, object.PutOptions{})
			again := k.part(up, 1, "two")
			_, err := k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
			if e := wantError[*object.InvalidPart](k, err); e != nil && e.Number != 1 {
				k.Errorf("part %d", e.Number)
			}
			_, err = k.s.Complete(k.ctx, bucket, "k", up.ID, []object.CompletePart{again}, none)
			k.must(err)
			if got := k.get("k"); got != "two" {
				k.Errorf("object is %q", got)
			}
		}},
		{"a list that is not what was uploaded is refused and may be corrected", "InvalidPart, InvalidPartOrder, EntityTooSmall", func(k *kit) {
			k.bucket()
			up, p := k.parts("k", []string{five, "short", "tail"}, object.PutOptions{})
			try := func(list ...object.CompletePart) error {
				_, err := k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
				return err
			}
			wantError[*object.InvalidPart](k, try())
			wantError[*object.InvalidPart](k, try(p[0], object.CompletePart{Number: 9, ETag: p[2].ETag}))
			wantError[*object.InvalidPart](k, try(object.CompletePart{Number: 1, ETag: p[1].ETag}))
			wantError[*object.InvalidPart](k, try(object.CompletePart{Number: 1}))
			wantError[*object.InvalidPartOrder](k, try(p[1], p[0]))
			wantError[*object.InvalidPartOrder](k, try(p[0], p[0]))
			if e := wantError[*object.PartTooSmall](k, try(p...)); e != nil && (e.Number != 2 || e.Size != 5 || e.Min != 5<<20 || e.ETag != p[1].ETag) {
				k.Errorf("%+v", e)
			}
			k.absent("k")
			k.must(try(p[0], p[2]))
			if k.get("k") != five+"tail" {
				k.Error("other bytes came back")
			}
		}},
		{"part numbers are 1 to 10,000", "S3's limits", func(k *kit) {
			k.bucket()
			up, _ := k.parts("k", nil, object.PutOptions{})
			for _, n := range []int{-1, 0, 10_001} {
				_, err := k.s.PutPart(k.ctx, bucket, "k", up.ID, n, strings.NewReader("x"), whole("x"))
				wantError[*object.InvalidPart](k, err)
			}
		}},
		{"digests of parts are verified, and a bad part leaves the earlier one", "nothing becomes visible before the last byte is verified", func(k *kit) {
			k.bucket()
			up, list := k.parts("k", []string{"good"}, object.PutOptions{})
			for _, o := range []object.PutOptions{
				{Size: 3, ContentMD5: etagOf("other")},
				{Size: 3, Checksum: object.Checksum{Algorithm: "crc32", Value: "AAAAAA=="}},
			} {
				_, err := k.s.PutPart(k.ctx, bucket, "k", up.ID, 1, strings.NewReader("bad"), o)
				wantError[*object.BadDigest](k, err)
			}
			_, err := k.s.PutPart(k.ctx, bucket, "k", up.ID, 1, strings.NewReader("bad"), object.PutOptions{Size: 4})
			wantError[*object.Incomplete](k, err)
			_, err = k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
			k.must(err)
			if got := k.get("k"); got != "good" {
				k.Errorf("object is %q", got)
			}
		}},
		{"checksums of parts make the object's", "COMPOSITE is the checksum of checksums, FULL_OBJECT that of the bytes", func(k *kit) {
			k.bucket()
			bodies := []string{five, five + "odd", "123456789"}
			full := strings.Join(bodies, "")
			for algorithm := range digests() {
				for _, kind := range []string{"COMPOSITE", "FULL_OBJECT"} {
					o := object.PutOptions{Checksum: object.Checksum{Algorithm: algorithm, Type: kind}}
					if strings.HasPrefix(algorithm, "sha") && kind == "FULL_OBJECT" || algorithm == "crc64nvme" && kind == "COMPOSITE" {
						_, err := k.s.CreateUpload(k.ctx, bucket, "k", o, "")
						wantError[*object.UnknownChecksum](k, err)
						continue
					}
					up, list := k.parts("k", bodies, o)
					shown, _, err := k.s.Parts(k.ctx, bucket, "k", up.ID, 0, 10)
					k.must(err)
					for i, p := range shown {
						if len(p.Checksums) != 1 || p.Checksums[0].Algorithm != algorithm {
							k.Fatalf("%s: part has %v", algorithm, p.Checksums)
						}
						list[i].Checksum = p.Checksums[0]
					}
					wrong := append([]object.CompletePart(nil), list...)
					wrong[0].Checksum.Value = wrong[1].Checksum.Value
					_, err = k.s.Complete(k.ctx, bucket, "k", up.ID, wrong, none)
					wantError[*object.InvalidPart](k, err)
					_, err = k.s.Complete(k.ctx, bucket, "k", up.ID, list, object.Precondition{Checksum: object.Checksum{Algorithm: algorithm, Value: "AAAA"}})
					wantError[*object.BadDigest](k, err)
					info, err := k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
					k.must(err)
					got := info.Checksums[0]
					want := object.Checksum{Algorithm: algorithm, Type: kind}
					switch {
					case kind == "FULL_OBJECT":
						one := whole(full)
						one.Checksum.Algorithm = algorithm
						want.Value = k.putWith("one", full, one).Checksums[0].Value
					case algorithm == "crc32":
						var raw []byte
						for _, b := range bodies {
							c := crc32.ChecksumIEEE([]byte(b))
							raw = append(raw, byte(c>>24), byte(c>>16), byte(c>>8), byte(c))
						}
						c := crc32.ChecksumIEEE(raw)
						want.Value = base64.StdEncoding.EncodeToString([]byte{byte(c >> 24), byte(c >> 16), byte(c >> 8), byte(c)}) + "-3"
					default:
						if want.Value = got.Value; !strings.HasSuffix(got.Value, "-3") {
							k.Errorf("%s: %v has no part count", algorithm, got)
						}
					}
					if got != want {
						k.Errorf("got %v, want %v", got, want)
					}
				}
			}
		}},
		{"a range of an object becomes a part", "UploadPartCopy", func(k *kit) {
			k.bucket()
			small, large, multi := "0123456789", bytesOf(6<<20, 4), []string{five, "tail"}
			k.put("small", small)
			k.put("large", large)
			k.upload("multi", multi, object.PutOptions{})
			up, err := k.s.CreateUpload(k.ctx, bucket, "k", object.PutOptions{}, "")
			k.must(err)
			var want string
			var list []object.CompletePart
			for i, c := range []struct {
				src            string
				offset, length int64
				body           string
			}{
				{"large", 0, -1, large}, {"large", 7, 5 << 20, large[7 : 7+5<<20]},
				{"multi", 0, -1, multi[0] + multi[1]}, {"multi", 3, 5 << 20, (multi[0] + multi[1])[3 : 3+5<<20]}, {"small", 2, 3, "234"},
			} {
				p, err := k.s.CopyPart(k.ctx, bucket, c.src, k.head(c.src).ETag, c.offset, c.length, bucket, "k", up.ID, i+1)
				k.must(err)
				if p.ETag != etagOf(c.body) || p.Size != int64(len(c.body)) {
					k.Errorf("part %d is %+v", i+1, p)
				}
				list = append(list, object.CompletePart{Number: p.Number, ETag: p.ETag})
				want += c.body
			}
			_, err = k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
			k.must(err)
			if k.get("k") != want {
				k.Error("other bytes came back")
			}
		}},
		{"a range outside the source is refused", "InvalidRange", func(k *kit) {
			k.bucket()
			k.put("src", "0123456789")
			up, _ := k.parts("k", nil, object.PutOptions{})
			for _, r := range [][2]int64{{0, 11}, {10, 1}, {11, -1}, {-1, 2}} {
				_, err := k.s.CopyPart(k.ctx, bucket, "src", "", r[0], r[1], bucket, "k", up.ID, 1)
				wantError[*object.InvalidRange](k, err)
			}
			_, err := k.s.CopyPart(k.ctx, bucket, "src", etagOf("x"), 0, 1, bucket, "k", up.ID, 1)
			wantError[*object.PreconditionFailed](k, err)
			_, err = k.s.CopyPart(k.ctx, bucket, "missing", "", 0, 1, bucket, "k", up.ID, 1)
			wantError[*object.NoKey](k, err)
		}},
		{"an aborted upload is gone", "and so are its parts", func(k *kit) {
			k.bucket()
			up, list := k.parts("k", []string{"x"}, object.PutOptions{})
			k.must(k.s.Abort(k.ctx, bucket, "k", up.ID))
			wantError[*object.NoUpload](k, k.s.Abort(k.ctx, bucket, "k", up.ID))
			_, err := k.s.Complete(k.ctx, bucket, "k", up.ID, list, none)
			wantError[*object.NoUpload](k, err)
			_, err = k.s.PutPart(k.ctx, bucket, "k", up.ID, 1, strings.NewReader("x"), whole("x"))
			wantError[*object.NoUpload](k, err)
			_, _, err = k.s.Parts(k.ctx, bucket, "k", up.ID, 0, 10)
			wantError[*object.NoUpload](k, err)
			k.empty()
		}},
		{"an upload belongs to its bucket and key", "its id alone must not open another key", func(k *kit) {
			k.bucket()
			k.makeBucket("other")
			up, list := k.parts("k", []string{"x"}, object.PutOptions{})
			for _, at := range [][2]string{{bucket, "K"}, {"other", "k"}} {
				_, err := k.s.Upload(k.ctx, at[0], at[1], up.ID)
				wantError[*object.NoUpload](k, err)
				_, err = k.s.PutPart(k.ctx, at[0], at[1], up.ID, 1, strings.NewReader("y"), whole("y"))
				wantError[*object.NoUpload](k, err)
				_, err = k.s.Complete(k.ctx, at[0], at[1], up.ID, list, none)
				wantError[*object.NoUpload](k, err)
				_, _, err = k.s.Parts(k.ctx, at[0], at[1], up.ID, 0, 10)
				wantError[*object.NoUpload](k, err)
				wantError[*object.NoUpload](k, k.s.Abort(k.ctx, at[0], at[1], up.ID))
			}
		}},
	}
}
