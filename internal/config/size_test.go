package config

import (
	"strings"
	"testing"
)

func TestByteSize(t *testing.T) {
	for _, c := range []struct {
		text string
		want ByteSize // -1 is a mistake
		back string
	}{
		{"64MiB", 64 << 20, "64MiB"}, {"64 mib", 64 << 20, "64MiB"}, {"1024KiB", 1 << 20, "1MiB"}, {"1TiB", 1 << 40, "1TiB"},
		{"1MB", 1e6, "1000000"}, {"4096", 4096, "4KiB"}, {"0", 0, "0"}, {"7B", 7, "7"},
		{"", -1, ""}, {"MiB", -1, ""}, {"-1MiB", -1, ""}, {"1.5GiB", -1, ""}, {"64M", -1, ""}, {"9999999TiB", -1, ""}, {"9999999999999999999", -1, ""},
	} {
		var s ByteSize
		err := s.UnmarshalText([]byte(c.text))
		if (err != nil) != (c.want < 0) || err == nil && s != c.want {
			t.Errorf("%q is %d, %v; want %d", c.text, s, err, c.want)
		}
		if err == nil && s.String() != c.back {
			t.Errorf("%q prints as %q", c.text, s)
		}
	}
}

func FuzzByteSize(f *testing.F) {
	for _, s := range []string{"64MiB", "1KB", "0", "9223372036854775807", "-1B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s, again ByteSize
		if s.UnmarshalText([]byte(text)) != nil {
			return
		}
		if s < 0 || strings.Contains(s.String(), "-") {
			t.Fatalf("%q is %d", text, s)
		}
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Fatalf("%q prints as %q, which is %d, %v", text, s, again, err)
		}
	})
}
