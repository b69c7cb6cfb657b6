package objecttest

import (
	"strings"

	"github.com/rockpool-id/rockpool/internal/object"
)

func rangeCases() []testCase {
	small := bytesOf(1000, 1)
	large := bytesOf(300_000, 2)
	parts := []string{bytesOf(5<<20, 3), bytesOf(5<<20+1, 4), bytesOf(11, 5)}
	check := func(k *kit, body string, at ...int64) {
		k.Helper()
		_, c, err := k.s.Open(k.ctx, bucket, "k")
		k.must(err)
		for _, from := range at {
			for _, to := range at {
				if to < from {
					continue
				}
				got, err := section(c, from, to-from)
				k.must(err)
				if got != body[from:to] {
					k.Errorf("bytes %d-%d are others", from, to)
				}
			}
		}
		size := int64(len(body))
		for _, r := range [][2]int64{{-1, 1}, {0, -1}, {0, size + 1}, {size, 1}, {size + 1, 0}, {1 << 62, 1 << 62}} {
			_, err := c.Section(r[0], r[1])
			wantError[*object.InvalidRange](k, err)
		}
		k.must(c.Close())
	}
	return []testCase{
		{"sections of a small object are its bytes", "a range request must not be off by one", func(k *kit) {
			k.bucket()
			k.put("k", small)
			check(k, small, 0, 1, 2, 499, 500, 998, 999, 1000)
		}},
		{"sections of a large object are its bytes", "a range request must not be off by one", func(k *kit) {
			k.bucket()
			k.put("k", large)
			check(k, large, 0, 1, 131_072, 262_144, 299_999, 300_000)
		}},
		{"sections of a multipart object are its bytes, also across parts", "parts are stitched when read", func(k *kit) {
			k.bucket()
			k.upload("k", parts, object.PutOptions{})
			const p1, p2 = 5 << 20, 10<<20 + 1
			check(k, strings.Join(parts, ""), 0, 1, p1-1, p1, p1+1, p2-1, p2, p2+1, p2+11)
		}},
		{"sections read side by side do not disturb each other", "they may share a file", func(k *kit) {
			k.bucket()
			for name, body := range map[string]string{"large": large, "multipart": strings.Join(parts, "")} {
				if name == "large" {
					k.put("k", body)
				} else {
					k.upload("k", parts, object.PutOptions{})
				}
				_, c, err := k.s.Open(k.ctx, bucket, "k")
				k.must(err)
				n := int64(len(body)) - 7
				one, err := c.Section(0, n)
				k.must(err)
				two, err := c.Section(7, n)
				k.must(err)
				buf := make([]byte, 70_001)
				var a, b strings.Builder
				for int64(a.Len()) < n || int64(b.Len()) < n {
					i, _ := one.Read(buf)
					a.Write(buf[:i])
					j, _ := two.Read(buf)
					b.Write(buf[:j])
					if i+j == 0 {
						break
					}
				}
				if a.String() != body[:n] || b.String() != body[7:] {
					k.Errorf("%s: other bytes came back", name)
				}
				k.must(c.Close())
			}
		}},
	}
}
