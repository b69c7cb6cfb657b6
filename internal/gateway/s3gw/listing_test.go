package s3gw

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/sigv4"
)

// plainly writes a page as the listings were written first: element by element,
// texts rune by rune and times by their layout.
type plainly struct {
	b   strings.Builder
	url bool
}

func (p *plainly) elem(name, text string) { fmt.Fprintf(&p.b, "<%s>%s</%s>", name, text, name) }

func (p *plainly) key(s string) string {
	if p.url {
		return strings.NewReplacer("%2F", "/", "%2A", "*", "~", "%7E").Replace(url.QueryEscape(s))
	}
	return escaped(s)
}

func escaped(s string) string {
	var b strings.Builder
	for _, r := range s { // a byte that is no UTF-8 is U+FFFD here
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r < 0x20 && r != '\n' && r != '\t', r == 0x7f, r == 0xFFFE, r == 0xFFFF:
			fmt.Fprintf(&b, "&#x%x;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (p *plainly) page(page *object.Listing, row, id string) {
	for _, o := range page.Objects {
		p.b.WriteString("<" + row + ">")
		p.elem("Key", p.key(o.Key))
		if row == "Version" {
			p.elem("VersionId", "null")
			p.elem("IsLatest", "true")
		}
		p.elem("LastModified", o.Modified.UTC().Format("2006-01-02T15:04:05.000Z"))
		p.elem("ETag", escaped(`"`+o.ETag+`"`))
		for _, s := range o.Checksums {
			p.elem("ChecksumAlgorithm", escaped(strings.ToUpper(s.Algorithm)))
			if s.Type != "" {
				p.elem("ChecksumType", escaped(s.Type))
			}
		}
		p.elem("Size", fmt.Sprint(o.Size))
		if id != "" {
			p.elem("Owner", "<ID>"+id+"</ID>")
		}
		if o.StorageClass == "" {
			o.StorageClass = "STANDARD"
		}
		p.elem("StorageClass", escaped(o.StorageClass))
		p.b.WriteString("</" + row + ">")
	}
	for _, prefix := range page.Prefixes {
		p.elem("CommonPrefixes", "<Prefix>"+p.key(prefix)+"</Prefix>")
	}
}

// sameAsPlainly compares both listings of a page with the plain way, and what an
// XML reader makes of it with the page.
func sameAsPlainly(t *testing.T, page *object.Listing, url bool) {
	t.Helper()
	l := listing{url: url}
	for _, id := range []string{"", canonicalID("123456789012")} {
		d, want := newDoc("R", ""), plainly{url: url}
		start := len(d.b)
		l.contents(d, page, id)
		want.page(page, "Contents", id)
		if diff := cmp.Diff(want.b.String(), string(d.b[start:])); diff != "" {
			t.Fatalf("contents of %+v: %s", page, diff)
		}
		var read struct {
			Contents       []struct{ Key, StorageClass string }
			CommonPrefixes []struct{ Prefix string }
		}
		if err := xml.Unmarshal(d.bytes(), &read); err != nil {
			continue // a reference to a control character is for readers of XML 1.1
		}
		if len(read.Contents) != len(page.Objects) || len(read.CommonPrefixes) != len(page.Prefixes) {
			t.Fatalf("%+v is read as %+v", page, read)
		}
		for i, o := range page.Objects {
			if got := read.Contents[i].Key; !url && utf8.ValidString(o.Key) && got != o.Key {
				t.Fatalf("key %q is read as %q", o.Key, got)
			}
		}
	}
	d, want := newDoc("R", ""), plainly{url: url}
	start := len(d.b)
	l.versions(d, page, "id")
	want.page(page, "Version", "id")
	if diff := cmp.Diff(want.b.String(), string(d.b[start:])); diff != "" {
		t.Fatalf("versions of %+v: %s", page, diff)
	}
}

func hostileKeys() []string {
	return []string{
		"plain/key.jpg", "", " ", "a&b<c>\"d'", "]]>", "\x00\x01\x1f\x7f", "tab\tline\nreturn\r", "\u0085\u2028\uFFFD\uFFFE\uFFFF",
		"\U0001F600~*+%/..//./", "\xff\xfe", "half \xe2\x82", strings.Repeat("ä", 512),
	}
}

func TestListingsAreWrittenAsByElements(t *testing.T) {
	page := &object.Listing{Prefixes: hostileKeys()}
	for i, key := range hostileKeys() {
		page.Objects = append(page.Objects, object.Listed{
			Key: key, Size: int64(i) << (5 * i), ETag: fmt.Sprintf("%032x-%d", i, i), StorageClass: []string{"", "STANDARD", "GLACIER<"}[i%3],
			Modified:  time.Date(2026, 3, 4, 5, 6, 7, i*87_654_321, time.UTC).Add(time.Duration(i) * 7 * time.Hour),
			Checksums: []object.Checksum{{Algorithm: "crc64nvme", Type: "FULL_OBJECT"}, {Algorithm: "crc32"}, {Algorithm: "sha256", Type: "COMPOSITE"}}[:i%4],
		})
	}
	sameAsPlainly(t, page, false)
	sameAsPlainly(t, page, true)
	sameAsPlainly(t, &object.Listing{}, false)
}

func FuzzListing(f *testing.F) {
	for i, key := range hostileKeys() {
		f.Add(key, key, "d41d8cd98f00b204e9800998ecf8427e", int64(i)<<40, int64(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, key, prefix, etag string, ms, size int64, url bool) {
		const most = 253402300799999 // the year 9999
		ms = (ms%most + most) % most
		sameAsPlainly(t, &object.Listing{
			Objects: []object.Listed{
				{Key: key, ETag: etag, Modified: time.UnixMilli(ms), Size: size, StorageClass: prefix},
				{Key: prefix, ETag: etag, Modified: time.UnixMilli((ms + size%most + most) % most), Checksums: []object.Checksum{{Algorithm: key, Type: prefix}}},
			},
			Prefixes: []string{prefix, key},
		}, url)
	})
}

// fill puts n small objects, many at a time.
func fill(tb testing.TB, store object.Store, n int, key func(i int) string) {
	tb.Helper()
	next := make(chan int)
	var putting sync.WaitGroup
	for range 64 {
		putting.Go(func() {
			for i := range next {
				o := object.PutOptions{Size: 1, Checksum: object.Checksum{Algorithm: "crc32"}} // as the SDKs do
				if _, err := store.Put(context.Background(), "pictures", key(i), strings.NewReader("x"), o); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	putting.Wait()
}

// receivedList makes a signed listing as a server sees it.
func (s *spine) receivedList(tb testing.TB, query string) *http.Request {
	tb.Helper()
	r, err := http.NewRequest(get, "http://127.0.0.1:8460/pictures?"+query, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.signer.Sign(r, sigv4.UnsignedPayload, s.clock.Now()); err != nil {
		tb.Fatal(err)
	}
	r.RequestURI, r.RemoteAddr = "/pictures?"+query, "127.0.0.1:50000"
	return r
}

// TestListingsAllocateLittlePerKey holds what a key of a listing may cost: the two
// columns that the database's driver makes, twice each.
func TestListingsAllocateLittlePerKey(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	store := newStore(t)
	seed(t, store.Store, 1)
	const n = 500
	fill(t, store.Store, n, func(i int) string { return fmt.Sprintf("dir/%06d.jpg", i) })
	s := newSpine(t, store.Store, &encoder{})
	r, w := s.receivedList(t, "list-type=2&prefix=dir/"), &sink{header: http.Header{}}
	got := testing.AllocsPerRun(50, func() {
		clear(w.header)
		s.gateway.ServeHTTP(w, r)
	})
	if w.status != http.StatusOK {
		t.Fatalf("status %d", w.status)
	}
	t.Logf("%.2f allocations per key", got/n)
	if got > 4*n+100 {
		t.Errorf("a listing of %d keys allocates %.0f times", n, got)
	}
}

// closedStream is a writer whose client has gone. As HTTP/2's, it may look at what
// it was given after Write has returned.
type closedStream struct {
	sink
	given []byte
}

func (w *closedStream) Write(p []byte) (int, error) {
	w.given = p
	return 0, io.ErrClosedPipe
}

func TestAListingThatCouldNotBeWrittenIsNotOverwrittenByTheNext(t *testing.T) {
	store := newStore(t)
	seed(t, store.Store, 1)
	s := newSpine(t, store.Store, &encoder{})
	gone := &closedStream{sink: sink{header: http.Header{}}}
	s.gateway.ServeHTTP(gone, s.receivedList(t, "list-type=2"))
	if len(gone.given) == 0 {
		t.Fatal("nothing was written")
	}
	clear(gone.given)
	for range 10 {
		s.gateway.ServeHTTP(&sink{header: http.Header{}}, s.receivedList(t, "list-type=2"))
	}
	if seen := strings.Trim(string(gone.given), "\x00"); seen != "" {
		t.Errorf("who has gone may get of another's listing: %q", seen)
	}
}
