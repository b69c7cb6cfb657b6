package objecttest

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rockpool-id/rockpool/internal/object"
)

// digests are the checksums of "123456789", from outside this repository.
func digests() map[string]string {
	return map[string]string{
		"crc32":     "y/Q5Jg==",
		"crc32c":    "4waSgw==",
		"crc64nvme": "rosUhgp5mIg=",
		"sha1":      "98O8HYCOBHMq32eZZczDTKeuNEE=",
		"sha256":    "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
	}
}

func integrityCases() []testCase {
	body := "123456789"
	return []testCase{
		{"a checksum that was asked for is computed and stored", "GetObject returns it with checksum mode on", func(k *kit) {
			k.bucket()
			for algorithm, value := range digests() {
				o := whole(body)
				o.Checksum.Algorithm = algorithm
				info := k.putWith("k", body, o)
				want := object.Checksum{Algorithm: algorithm, Value: value, Type: "FULL_OBJECT"}
				if len(info.Checksums) != 1 || info.Checksums[0] != want {
					k.Errorf("got %v, want %v", info.Checksums, want)
				}
			}
		}},
		{"a checksum of a large body is that of the whole", "large bodies are hashed in pieces", func(k *kit) {
			k.bucket()
			big := bytesOf(1<<20+7, 3)
			for algorithm := range digests() {
				o := whole(big)
				o.Checksum.Algorithm = algorithm
				one := k.putWith("k", big, o).Checksums
				o.Size = -1
				two, err := k.s.Put(k.ctx, bucket, "k", &dribble{s: big, step: 777}, o)
				k.must(err)
				if len(one) != 1 || len(two.Checksums) != 1 || one[0] != two.Checksums[0] {
					k.Errorf("%s: %v and %v", algorithm, one, two.Checksums)
				}
				o.Checksum.Value = one[0].Value
				k.putWith("k", big, o)
			}
		}},
		{"right digests are accepted", "clients send them by default", func(k *kit) {
			k.bucket()
			for algorithm, value := range digests() {
				o := whole(body)
				o.ContentMD5 = etagOf(body)
				o.Checksum = object.Checksum{Algorithm: algorithm, Value: value}
				k.putWith("k", body, o)
				o.Checksum.Value = ""
				o.ChecksumTrailer = func() string { return value }
				k.putWith("k", body, o)
			}
		}},
		{"a body with a wrong digest leaves nothing", "nothing becomes visible before the last byte is verified", func(k *kit) {
			k.bucket()
			for _, body := range []string{body, bytesOf(20_000, 1), bytesOf(400_000, 1)} {
				wrong := map[string]func(o *object.PutOptions){
					"md5": func(o *object.PutOptions) { o.ContentMD5 = etagOf("other") },
				}
				for algorithm, value := range digests() {
					value = strings.ToLower(value[:4]) + value[4:]
					wrong[algorithm] = func(o *object.PutOptions) {
						o.Checksum = object.Checksum{Algorithm: algorithm, Value: value}
					}
					wrong[algorithm+" trailer"] = func(o *object.PutOptions) {
						o.Checksum.Algorithm = algorithm
						o.ChecksumTrailer = func() string { return value }
					}
				}
				for name, spoil := range wrong {
					o := whole(body)
					spoil(&o)
					_, err := k.s.Put(k.ctx, bucket, "k", strings.NewReader(body), o)
					e := wantError[*object.BadDigest](k, err)
					if e != nil && !strings.HasPrefix(name, e.Algorithm) {
						k.Errorf("%s: blamed %s", name, e.Algorithm)
					}
					k.absent("k")
				}
			}
			k.empty()
		}},
		{"a refused overwrite leaves the former object", "as if the request had not been made", func(k *kit) {
			k.bucket()
			k.putWith("k", body, rich(body))
			before := k.head("k")
			o := whole("other")
			o.ContentMD5 = etagOf("wrong")
			_, err := k.s.Put(k.ctx, bucket, "k", strings.NewReader("other"), o)
			wantError[*object.BadDigest](k, err)
			if after := k.head("k"); after.ETag != before.ETag || !after.Modified.Equal(before.Modified) || k.get("k") != body {
				k.Errorf("now %v", after)
			}
		}},
		{"the trailer is asked for after the body", "it is known only then", func(k *kit) {
			k.bucket()
			r := strings.NewReader(bytesOf(300_000, 1))
			o := object.PutOptions{Size: -1, Checksum: object.Checksum{Algorithm: "crc32"}}
			asked := false
			o.ChecksumTrailer = func() string {
				if asked = true; r.Len() > 0 {
					k.Errorf("%d bytes not read yet", r.Len())
				}
				return ""
			}
			_, err := k.s.Put(k.ctx, bucket, "k", r, o)
			k.must(err)
			if !asked {
				k.Error("never asked")
			}
		}},
		{"a body of another length leaves nothing", "IncompleteBody; also not stored cut to the declared length", func(k *kit) {
			k.bucket()
			for _, n := range []int{10, 20_000, 400_000} {
				for _, d := range []int64{-1, 1} {
					_, err := k.s.Put(k.ctx, bucket, "k", strings.NewReader(bytesOf(n, 1)), object.PutOptions{Size: int64(n) + d})
					if e := wantError[*object.Incomplete](k, err); e != nil && e.Want != int64(n)+d {
						k.Errorf("want %d, error says %d", int64(n)+d, e.Want)
					}
				}
			}
			k.empty()
		}},
		{"a body that ends in an error leaves nothing", "a bad chunk signature is found at the end; a cut connection says io.ErrUnexpectedEOF", func(k *kit) {
			k.bucket()
			up, err := k.s.CreateUpload(k.ctx, bucket, "mp", object.PutOptions{}, "")
			k.must(err)
			broken := errors.New("bad chunk signature")
			for _, end := range []error{broken, io.ErrUnexpectedEOF, fmt.Errorf("cut: %w", io.EOF)} {
				for _, n := range []int{0, 10, 20_000, 131_072, 400_000} {
					for _, size := range []int64{-1, int64(n)} {
						if size >= 0 {
							size++ // the error comes before the declared end
						}
						_, err := k.s.Put(k.ctx, bucket, "k", &dribble{s: bytesOf(n, 1), step: 5000, err: end}, object.PutOptions{Size: size})
						if !errors.Is(err, end) {
							k.Errorf("%d bytes: got %v, want the reader's %v", n, err, end)
						}
						_, err = k.s.PutPart(k.ctx, bucket, "mp", up.ID, 1, &dribble{s: bytesOf(n, 1), step: 5000, err: end}, object.PutOptions{Size: size})
						if !errors.Is(err, end) {
							k.Errorf("part of %d bytes: got %v, want the reader's %v", n, err, end)
						}
					}
				}
			}
			k.empty()
			parts, _, err := k.s.Parts(k.ctx, bucket, "mp", up.ID, 0, 10)
			k.must(err)
			if len(parts) > 0 {
				k.Errorf("left behind: %v", parts)
			}
		}},
		{"an error after the declared length still counts", "the signature of the last chunk comes after its bytes", func(k *kit) {
			k.bucket()
			broken := errors.New("bad chunk signature")
			for _, n := range []int{10, 20_000, 131_072, 400_000} {
				_, err := k.s.Put(k.ctx, bucket, "k", &dribble{s: bytesOf(n, 1), step: 5000, err: broken}, object.PutOptions{Size: int64(n)})
				if !errors.Is(err, broken) {
					k.Errorf("%d bytes: got %v, want the reader's error", n, err)
				}
			}
			k.empty()
		}},
		{"an unknown checksum is refused", "storing less than was asked for would be silent", func(k *kit) {
			k.bucket()
			o := whole(body)
			o.Checksum.Algorithm = "xyz"
			_, err := k.s.Put(k.ctx, bucket, "k", strings.NewReader(body), o)
			wantError[*object.UnknownChecksum](k, err)
			_, err = k.s.CreateUpload(k.ctx, bucket, "k", o, "")
			wantError[*object.UnknownChecksum](k, err)
			k.empty()
		}},
	}
}

func preconditionCases() []testCase {
	const any = "*"
	cases := []struct {
		name   string
		exists bool
		p      func(etag string) object.Precondition
		fails  string // "", "NoKey" or the condition
	}{
		{"If-None-Match on a missing key", false, func(string) object.Precondition { return object.Precondition{IfNoneMatch: true} }, ""},
		{"If-None-Match on an existing key", true, func(string) object.Precondition { return object.Precondition{IfNoneMatch: true} }, "If-None-Match"},
		{"If-Match with the ETag", true, func(e string) object.Precondition { return object.Precondition{IfMatch: e} }, ""},
		{"If-Match with another ETag", true, func(string) object.Precondition { return object.Precondition{IfMatch: etagOf("zzz")} }, "If-Match"},
		{"If-Match with any on an existing key", true, func(string) object.Precondition { return object.Precondition{IfMatch: any} }, ""},
		{"If-Match on a missing key", false, func(string) object.Precondition { return object.Precondition{IfMatch: etagOf("x")} }, "NoKey"},
		{"If-Match with any on a missing key", false, func(string) object.Precondition { return object.Precondition{IfMatch: any} }, "NoKey"},
	}
	var out []testCase
	for _, c := range cases {
		why := "conditional writes are how clients build locks"
		prepare := func(k *kit) object.Precondition {
			k.bucket()
			etag := ""
			if c.exists {
				etag = k.put("k", "before").ETag
			}
			return c.p(etag)
		}
		verify := func(k *kit, err error, after string) {
			k.Helper()
			switch c.fails {
			case "":
				k.must(err)
				if got := k.get("k"); got != after {
					k.Errorf("object is %q", got)
				}
				return
			case "NoKey":
				wantError[*object.NoKey](k, err)
				k.absent("k")
			default:
				if e := wantError[*object.PreconditionFailed](k, err); e != nil && e.Condition != c.fails {
					k.Errorf("condition %q, want %q", e.Condition, c.fails)
				}
				if got := k.get("k"); got != "before" {
					k.Errorf("object is %q", got)
				}
			}
		}
		out = append(out,
			testCase{"put: " + c.name, why, func(k *kit) {
				o := whole("after")
				o.Precondition = prepare(k)
				_, err := k.s.Put(k.ctx, bucket, "k", strings.NewReader("after"), o)
				verify(k, err, "after")
			}},
			testCase{"copy: " + c.name, why, func(k *kit) {
				p := prepare(k)
				k.put("src", "after")
				_, err := k.s.Copy(k.ctx, bucket, "src", "", bucket, "k", nil, nil, p)
				verify(k, err, "after")
			}},
			testCase{"complete: " + c.name, why, func(k *kit) {
				p := prepare(k)
				up, parts := k.parts("k", []string{"after"}, object.PutOptions{})
				_, err := k.s.Complete(k.ctx, bucket, "k", up.ID, parts, p)
				verify(k, err, "after")
				if c.fails != "" {
					_, err := k.s.Upload(k.ctx, bucket, "k", up.ID) // to be tried again
					k.must(err)
				}
			}},
		)
		if strings.Contains(c.name, "None") {
			continue
		}
		out = append(out, testCase{"delete: " + c.name, why, func(k *kit) {
			p := prepare(k)
			err := k.s.Delete(k.ctx, bucket, "k", p)
			if c.fails == "" {
				k.must(err)
				k.absent("k")
				return
			}
			verify(k, err, "")
		}})
	}
	return append(out, testCase{"put: a precondition that fails at once leaves the body unread", "the client may not have sent it yet (Expect: 100-continue)", func(k *kit) {
		k.bucket()
		k.put("k", "x")
		body := strings.NewReader(bytesOf(1000, 1))
		_, err := k.s.Put(k.ctx, bucket, "k", body, object.PutOptions{Size: 1000, Precondition: object.Precondition{IfNoneMatch: true}})
		wantError[*object.PreconditionFailed](k, err)
		if body.Len() != 1000 {
			k.Error("the body was read")
		}
	}})
}
