package transfer_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/transfer"
)

// readAll reads a whole file.
func readAll(r io.Reader) (*transfer.Header, []transfer.Identity, error) {
	in, err := transfer.NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	var list []transfer.Identity
	for {
		i, err := in.Next()
		if errors.Is(err, io.EOF) {
			return in.Header(), list, nil
		}
		if err != nil {
			return nil, nil, err
		}
		list = append(list, *i)
	}
}

func TestFilesComeBackAsTheyWere(t *testing.T) {
	for _, name := range []string{"pool.jsonl", "pool.jsonl.gz"} {
		path := exported(t, 25, name)
		h, list, err := readAll(bytes.NewReader(read(t, path)))
		if err != nil {
			t.Fatal(err)
		}
		var want []transfer.Identity
		for n := range 25 {
			want = append(want, identity(n))
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
		if h.Pool.IdentityPoolName != "people" || !h.Written.Equal(epoch) {
			t.Errorf("%s: the header is %+v", name, h)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
}

// A file that misses its end, wherever it is cut, is noticed.
func TestCutFilesAreNoticed(t *testing.T) {
	for _, name := range []string{"pool.jsonl", "pool.jsonl.gz"} {
		whole := read(t, exported(t, 5, name))
		for n := range len(whole) {
			_, _, err := readAll(bytes.NewReader(whole[:n]))
			if err == nil {
				t.Fatalf("%s: cut after %d of %d bytes and read", name, n, len(whole))
			}
			if cut := (*transfer.Cut)(nil); name == "pool.jsonl" && !errors.As(err, &cut) {
				t.Fatalf("cut after %d bytes: %v", n, err)
			}
		}
	}
}

func TestDamagedFilesAreNoticed(t *testing.T) {
	whole := string(read(t, exported(t, 5, "pool.jsonl")))
	lines := strings.SplitAfter(whole, "\n")
	join := func(parts ...string) string { return strings.Join(parts, "") }
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	broken := bytes.Clone(zipped.Bytes())
	broken[len(broken)/2] ^= 0xff
	cases := []struct{ name, text, want string }{
		{"another subject", strings.Replace(whole, "é 2", "é 3", 1), "the lines before were changed"},
		{"a line that is missing", join(lines[0], lines[1], lines[3], lines[4], lines[5], lines[6]), "there are 4 identities with 2 logins"},
		{"lines in another order", join(lines[0], lines[2], lines[1], lines[3], lines[4], lines[5], lines[6]), "the lines before were changed"},
		{"something after the end", whole + "\n", "something after the end"},
		{"a second header", join(lines[0], whole), "a second header"},
		{"no header", join(lines[1:]...), "no export of an identity pool"},
		{"another version", strings.Replace(whole, `"Version":1`, `"Version":2`, 1), "version 2, and this program reads version 1"},
		{"a member nobody knows", strings.Replace(whole, `"Guest":true`, `"Ghost":true`, 1), `unknown field "Ghost"`},
		{"a line that is two", strings.Replace(whole, lines[1], strings.TrimSpace(lines[1])+"{}\n", 1), "more than one value"},
		{"a line that is nothing", join(lines[0], "{}\n"), "not one of Header, Identity and End"},
		{"a line that is null", join(lines[0], "null\n"), "not one of Header, Identity and End"},
		{"an identity without an id", join(lines[0], `{"Identity":{"Guest":true}}`+"\n"), "without an id"},
		{"a time that is none", strings.Replace(whole, `"CreationDate":1`, `"CreationDate":-1`, 1), "not a time"},
		{"text that is no JSON", "hello\n", "invalid character"},
		{"a compressed file that is damaged", string(broken), "line"},
		{"a line without end", strings.Repeat("x", 17<<20), "longer than"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := readAll(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, _, err := readAll(&zipped); err != nil {
		t.Errorf("the whole: %v", err)
	}
}

// FuzzReader: what can be read is written again as a file that reads the same.
func FuzzReader(f *testing.F) {
	whole := read(f, exported(f, 3, "pool.jsonl"))
	f.Add(whole)
	f.Add(read(f, exported(f, 1, "pool.jsonl.gz")))
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(`{"Header":{"Format":"rockpool identity pool","Version":1,"Written":0,"Pool":{"IdentityPoolId":"a"}}}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, list, err := readAll(bytes.NewReader(text))
		if err != nil {
			if h != nil || list != nil {
				t.Fatal("something half-read was given")
			}
			return
		}
		var out bytes.Buffer
		w, err := transfer.NewWriter(&out, h)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if err := w.Identity(&list[i]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.End(); err != nil {
			t.Fatal(err)
		}
		h2, list2, err := readAll(&out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(h, h2) + cmp.Diff(list, list2); diff != "" {
			t.Error(diff)
		}
	})
}
