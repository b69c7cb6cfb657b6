package filestore

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/object"
)

// errDamaged reports a row that this program cannot have written.
var errDamaged = errors.New("filestore: damaged row")

// piece is a run of an object's bytes that lies in one file.
type piece struct {
	blob   blobID
	size   int64
	number int // the part's number in the upload
}

// encodePieces writes a part list: a format byte, then id, size and number of
// each part. 10,000 parts are 200 KB, read in one go when the object is opened.
func encodePieces(pieces []piece) []byte {
	out := make([]byte, 1, 1+len(pieces)*24)
	out[0] = 1
	for _, p := range pieces {
		out = append(out, p.blob[:]...)
		out = binary.AppendUvarint(out, uint64(p.size))
		out = binary.AppendUvarint(out, uint64(p.number))
	}
	return out
}

func decodePieces(b []byte) ([]piece, error) {
	if len(b) == 0 || b[0] != 1 {
		return nil, errDamaged
	}
	pieces := make([]piece, 0, len(b)/20)
	for b = b[1:]; len(b) > 0; {
		var p piece
		if len(b) < len(p.blob) {
			return nil, errDamaged
		}
		b = b[copy(p.blob[:], b):]
		size, n := binary.Uvarint(b)
		if n <= 0 || size > 1<<62 {
			return nil, errDamaged
		}
		b = b[n:]
		number, n := binary.Uvarint(b)
		if n <= 0 || number > 1<<31 {
			return nil, errDamaged
		}
		b = b[n:]
		p.size, p.number = int64(size), int(number)
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// meta is what is stored of an object beside its columns. Header values are
// bytes, not necessarily UTF-8, so the format is ours and not JSON: records of
// a kind byte and two strings with their lengths.
type meta struct {
	headers  object.Headers // ContentType has a column of its own
	metadata map[string]string
	tags     []object.Tag
	upload   string // the multipart upload that made the object
}

const (
	kindHeader   = 'h'
	kindMetadata = 'm'
	kindTag      = 't'
	kindUpload   = 'u'
)

// headerFields pairs a name in the row with its place, so that encoding and
// decoding cannot disagree.
func headerFields(h *object.Headers) [6]struct {
	name  string
	value *string
} {
	return [6]struct {
		name  string
		value *string
	}{
		{"ce", &h.ContentEncoding}, {"cd", &h.ContentDisposition}, {"cl", &h.ContentLanguage},
		{"cc", &h.CacheControl}, {"ex", &h.Expires}, {"wr", &h.WebsiteRedirect},
	}
}

// encode returns nil when there is nothing to store.
func (m *meta) encode() []byte {
	var out []byte
	record := func(kind byte, a, b string) {
		out = append(out, kind)
		out = append(binary.AppendUvarint(out, uint64(len(a))), a...)
		out = append(binary.AppendUvarint(out, uint64(len(b))), b...)
	}
	for _, f := range headerFields(&m.headers) {
		if *f.value != "" {
			record(kindHeader, f.name, *f.value)
		}
	}
	names := make([]string, 0, len(m.metadata))
	for name := range m.metadata {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		record(kindMetadata, name, m.metadata[name])
	}
	for _, t := range m.tags {
		record(kindTag, t.Key, t.Value)
	}
	if m.upload != "" {
		record(kindUpload, m.upload, "")
	}
	return out
}

func decodeMeta(b []byte) (m meta, err error) {
	text := func() (string, bool) {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return "", false
		}
		t := string(b[n : n+int(size)])
		b = b[n+int(size):]
		return t, true
	}
	for len(b) > 0 {
		kind := b[0]
		b = b[1:]
		name, ok := text()
		value, ok2 := text()
		if !ok || !ok2 {
			return meta{}, errDamaged
		}
		switch kind {
		case kindHeader:
			known := false
			for _, f := range headerFields(&m.headers) {
				if f.name == name {
					*f.value, known = value, true
				}
			}
			if !known {
				return meta{}, errDamaged
			}
		case kindMetadata:
			if m.metadata == nil {
				m.metadata = map[string]string{}
			}
			m.metadata[name] = value
		case kindTag:
			m.tags = append(m.tags, object.Tag{Key: name, Value: value})
		case kindUpload:
			m.upload = name
		default:
			return meta{}, errDamaged
		}
	}
	return m, nil
}

// encodeChecksums writes "algorithm:type:value", joined by commas.
func encodeChecksums(sums []object.Checksum) string {
	if len(sums) == 0 {
		return ""
	}
	var b strings.Builder
	for i, c := range sums {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.Algorithm + ":" + c.Type + ":" + c.Value)
	}
	return b.String()
}

func decodeChecksums(text string) ([]object.Checksum, error) {
	if text == "" {
		return nil, nil
	}
	var sums []object.Checksum
	for one := range strings.SplitSeq(text, ",") {
		algorithm, rest, ok := strings.Cut(one, ":")
		kind, value, ok2 := strings.Cut(rest, ":")
		if !ok || !ok2 {
			return nil, errDamaged
		}
		sums = append(sums, object.Checksum{Algorithm: algorithm, Type: kind, Value: value})
	}
	return sums, nil
}
