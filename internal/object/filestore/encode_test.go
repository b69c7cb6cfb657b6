package filestore

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"hash"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rockpool-id/rockpool/internal/object"
)

func anyText() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) })
}

func TestPackedColumnsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText()
		sum := rapid.Custom(func(t *rapid.T) object.Checksum {
			return object.Checksum{Algorithm: text.Draw(t, "a"), Type: text.Draw(t, "t"), Value: text.Draw(t, "v")}
		})
		info := object.Listed{
			Size: rapid.Int64Min(0).Draw(t, "size"), Modified: time.UnixMilli(rapid.Int64Range(0, 1<<45).Draw(t, "ms")).UTC(),
			Parts: rapid.SampledFrom([]int{0, 1, 10_000}).Draw(t, "parts"), StorageClass: text.Draw(t, "class"),
			Checksums: rapid.SliceOfN(sum, 0, 3).Draw(t, "sums"),
		}
		digest := md5.Sum([]byte(info.StorageClass))
		if info.ETag = hex.EncodeToString(digest[:]); info.Parts > 0 {
			info.ETag += fmt.Sprintf("-%d", info.Parts)
		}
		packed, err := packListed(&info)
		if err != nil {
			t.Fatal(err)
		}
		var again object.Listed
		if err := unpackListed(packed, &again, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(info, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}

		d := detail{
			metadata: rapid.MapOfN(text, text, 0, 5).Draw(t, "metadata"), upload: text.Draw(t, "upload"),
			tags: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) object.Tag {
				return object.Tag{Key: text.Draw(t, "key"), Value: text.Draw(t, "value")}
			}), 0, 5).Draw(t, "tags"),
			pieces: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) piece {
				return piece{
					blob: blobID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "blob")),
					size: rapid.Int64Min(0).Draw(t, "size"), number: rapid.IntRange(0, 10_000).Draw(t, "number"),
				}
			}), 0, 5).Draw(t, "pieces"),
		}
		for _, f := range headerFields(&d.headers) {
			*f.value = text.Draw(t, f.name)
		}
		var back detail
		if err := back.unpack(d.pack()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, back, cmp.AllowUnexported(detail{}, piece{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzUnpack checks that damaged columns are refused or mean one thing: what
// is accepted packs again to something that unpacks to the same.
func FuzzUnpack(f *testing.F) {
	d := detail{
		headers: object.Headers{ContentType: "image/png"}, metadata: map[string]string{"a": "b"}, tags: []object.Tag{{Key: "k", Value: "v"}},
		upload: "u", pieces: []piece{{blob: blobID{1, 2}, size: 3, number: 4}},
	}
	f.Add(d.pack())
	listed, err := packListed(&object.Listed{Size: 1, ETag: fmt.Sprintf("%x-3", md5.Sum(nil)), Parts: 3, Checksums: []object.Checksum{{Algorithm: "crc32", Type: "COMPOSITE", Value: "x"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(listed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d, again detail
		if d.unpack(b) == nil {
			if err := again.unpack(d.pack()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(d, again, cmp.AllowUnexported(detail{}, piece{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
		}
		var info, info2 object.Listed
		if unpackListed(b, &info, nil) == nil {
			packed, err := packListed(&info)
			if err != nil {
				t.Fatal(err)
			}
			if err := unpackListed(packed, &info2, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(info, info2); diff != "" {
				t.Fatal(diff)
			}
		}
		if sums, err := unpackSums(b); err == nil {
			if again, err := unpackSums(packSums(sums)); err != nil || !cmp.Equal(sums, again) {
				t.Fatal(sums, again, err)
			}
		}
	})
}

func TestJoinedCRCIsThatOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		algorithm := rapid.SampledFrom([]string{"crc32", "crc32c", "crc64nvme"}).Draw(t, "algorithm")
		bodies := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 1, 6).Draw(t, "bodies")
		sum := func(b []byte) []byte {
			var h hash.Hash = newHash(algorithm)
			h.Write(b)
			return h.Sum(nil)
		}
		var parts []partSum
		for _, b := range bodies {
			parts = append(parts, partSum{value: sum(b), size: int64(len(b))})
		}
		if got, want := joinCRC(algorithm, parts), sum(bytes.Join(bodies, nil)); !bytes.Equal(got, want) {
			t.Fatalf("%s: got %x, want %x", algorithm, got, want)
		}
	})
}

func TestBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.SampledFrom([]byte{0, 1, 'a', 0xFE, 0xFF})
		text := rapid.Map(rapid.SliceOfN(bytes, 0, 5), func(b []byte) string { return string(b) })
		prefix, key := text.Draw(t, "prefix"), text.Draw(t, "key")
		end, ok := behind([]byte(prefix))
		inside := len(key) >= len(prefix) && key[:len(prefix)] == prefix
		if want := key >= prefix && (!ok || key < string(end)); inside != want {
			t.Fatalf("prefix %q, end %q %v: %q is inside: %v", prefix, end, ok, key, inside)
		}
	})
}
