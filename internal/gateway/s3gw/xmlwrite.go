package s3gw

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// namespace is S3's. Error documents carry none.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// doc is an XML document being written. Writing by hand keeps a listing of a
// thousand keys cheap and lets control characters through as references, as S3
// does, where encoding/xml would replace them.
type doc struct {
	b    []byte
	root string

	// The date of the last time written: the objects of a listing share few.
	dated bool
	day   int64 // since 1970
	date  [len("2006-01-02T")]byte
}

// newDoc begins a document; ns "" leaves the root without a namespace.
func newDoc(root, ns string) *doc {
	d := &doc{b: make([]byte, 0, 512)}
	d.begin(root, ns)
	return d
}

// begin makes d another document, in the memory of the last one.
func (d *doc) begin(root, ns string) {
	d.root = root
	d.b = append(d.b[:0], `<?xml version="1.0" encoding="UTF-8"?>`+"\n<"...)
	d.b = append(d.b, root...)
	if ns != "" {
		d.b = append(d.b, ` xmlns="`...)
		d.b = append(d.b, ns...)
		d.b = append(d.b, '"')
	}
	d.b = append(d.b, '>')
}

// bytes ends the document.
func (d *doc) bytes() []byte {
	if d.root != "" {
		d.close(d.root)
		d.root = ""
	}
	return d.b
}

// grow makes room for n more bytes.
func (d *doc) grow(n int) { d.b = slices.Grow(d.b, n) }

// raw writes markup.
func (d *doc) raw(s string) { d.b = append(d.b, s...) }

func (d *doc) open(name string) {
	d.b = append(d.b, '<')
	d.b = append(d.b, name...)
	d.b = append(d.b, '>')
}

func (d *doc) close(name string) {
	d.b = append(d.b, '<', '/')
	d.b = append(d.b, name...)
	d.b = append(d.b, '>')
}

// elem writes an element with text.
func (d *doc) elem(name, text string) {
	d.open(name)
	d.text(text)
	d.close(name)
}

// some writes an element unless its text is empty.
func (d *doc) some(name, text string) {
	if text != "" {
		d.elem(name, text)
	}
}

func (d *doc) int(name string, n int64) {
	d.open(name)
	d.b = strconv.AppendInt(d.b, n, 10)
	d.close(name)
}

func (d *doc) bool(name string, v bool) {
	d.open(name)
	d.b = strconv.AppendBool(d.b, v)
	d.close(name)
}

// time writes a time as S3 does, with milliseconds.
func (d *doc) time(name string, t time.Time) {
	d.open(name)
	d.moment(t)
	d.close(name)
}

// moment writes a time without an element.
func (d *doc) moment(t time.Time) {
	const dayLength = 24 * 60 * 60 * 1000
	ms := t.UnixMilli()
	day := ms / dayLength
	if ms < day*dayLength {
		day-- // before 1970
	}
	if !d.dated || d.day != day {
		d.dated, d.day = true, day
		year, month, date := t.UTC().Date()
		end := len(d.b)
		d.digits(year, 4)
		d.b = append(d.b, '-')
		d.digits(int(month), 2)
		d.b = append(d.b, '-')
		d.digits(date, 2)
		d.b = append(d.b, 'T')
		copy(d.date[:], d.b[end:])
		d.b = d.b[:end]
	}
	d.b = append(d.b, d.date[:]...)
	rest := int(ms - day*dayLength)
	d.digits(rest/(60*60*1000), 2)
	d.b = append(d.b, ':')
	d.digits(rest/(60*1000)%60, 2)
	d.b = append(d.b, ':')
	d.digits(rest/1000%60, 2)
	d.b = append(d.b, '.')
	d.digits(rest%1000, 3)
	d.b = append(d.b, 'Z')
}

// digits writes n with leading zeros; it cannot be longer than width here.
func (d *doc) digits(n, width int) {
	var b [8]byte
	for i := width - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	d.b = append(d.b, b[:width]...)
}

// etag writes an ETag in its quotes.
func (d *doc) etag(name, tag string) {
	d.open(name)
	d.b = append(d.b, "&quot;"...)
	d.text(tag)
	d.b = append(d.b, "&quot;"...)
	d.close(name)
}

// plain reports whether a byte stands for itself in text and begins no rune that
// might not.
func plain(c byte) bool {
	return ' ' <= c && c < 0x7f && c != '"' && c != '&' && c != '<' && c != '>'
}

// text writes character data. What XML 1.0 cannot hold is written as a
// character reference: keys may have it and S3 does the same. A byte that is no
// UTF-8 (a prefix in a query may have one, a key never) becomes U+FFFD, for it
// would make the whole document unreadable.
func (d *doc) text(s string) {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain(c) {
			i++
			continue
		}
		size := 1
		var esc string
		switch {
		case c == '&':
			esc = "&amp;"
		case c == '<':
			esc = "&lt;"
		case c == '>':
			esc = "&gt;"
		case c == '"':
			esc = "&quot;"
		case c < 0x20 && c != '\n' && c != '\t' || c == 0x7f:
			esc = "&#x" + strconv.FormatUint(uint64(c), 16) + ";"
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				esc = string(utf8.RuneError)
			case r == 0xFFFE || r == 0xFFFF:
				esc = "&#x" + strconv.FormatUint(uint64(r), 16) + ";"
			}
		}
		if esc != "" {
			d.b = append(d.b, s[start:i]...)
			d.b = append(d.b, esc...)
			start = i + size
		}
		i += size
	}
	d.b = append(d.b, s[start:]...)
}
