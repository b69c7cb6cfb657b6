package filestore

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/object"
)

// errDamaged reports a row that this program cannot have written.
var errDamaged = errors.New("filestore: damaged row")

// format is the first byte of every packed column.
const format = 1

// packer appends numbers and strings to a packed column. Header values and
// keys are bytes, not necessarily UTF-8, so the form is ours and not JSON.
type packer []byte

func (p *packer) number(n int64) { *p = binary.AppendVarint(*p, n) }

func (p *packer) text(s string) {
	*p = append(binary.AppendUvarint(*p, uint64(len(s))), s...)
}

// sums come last in a column: they have no count.
func (p *packer) sums(sums []object.Checksum) {
	for _, c := range sums {
		p.text(c.Algorithm)
		p.text(c.Type)
		p.text(c.Value)
	}
}

// unpacker reads them back; after an error everything is zero and bad is set.
type unpacker struct {
	b   []byte
	bad bool
}

func unpack(b []byte) *unpacker {
	u := &unpacker{b: b}
	u.bad = u.byte() != format
	return u
}

func (u *unpacker) more() bool { return !u.bad && len(u.b) > 0 }

func (u *unpacker) byte() byte {
	b := u.take(1)
	if u.bad {
		return 0
	}
	return b[0]
}

func (u *unpacker) take(n uint64) []byte {
	if u.bad || n > uint64(len(u.b)) {
		u.bad = true
		return nil
	}
	b := u.b[:n]
	u.b = u.b[n:]
	return b
}

func (u *unpacker) number() int64 {
	v, n := binary.Varint(u.b)
	u.bad = u.bad || n <= 0
	if u.bad {
		return 0
	}
	u.b = u.b[n:]
	return v
}

func (u *unpacker) bytes() []byte {
	size, n := binary.Uvarint(u.b)
	if u.bad = u.bad || n <= 0; u.bad {
		return nil
	}
	u.b = u.b[n:]
	return u.take(size)
}

func (u *unpacker) text() string { return string(u.bytes()) }

// word is text for what is one of a few words nearly always: those are not made
// anew for each of the thousand objects of a page.
func (u *unpacker) word() string {
	switch b := u.bytes(); string(b) {
	case "crc32":
		return "crc32"
	case "crc32c":
		return "crc32c"
	case "crc64nvme":
		return "crc64nvme"
	case "sha1":
		return "sha1"
	case "sha256":
		return "sha256"
	case "FULL_OBJECT":
		return "FULL_OBJECT"
	case "COMPOSITE":
		return "COMPOSITE"
	case "STANDARD":
		return "STANDARD"
	default:
		return string(b)
	}
}

// sums reads the checksums at the end of a column.
func (u *unpacker) sums(a *arena) []object.Checksum {
	if !u.more() {
		return nil
	}
	sums := a.room()
	for u.more() {
		sums = append(sums, object.Checksum{Algorithm: u.word(), Type: u.word(), Value: a.text(u.bytes())})
	}
	return a.keep(sums)
}

// arena holds the strings and checksums of a page, so that what lives and dies
// together lies together. A nil *arena makes each by itself.
type arena struct {
	texts strings.Builder
	sums  []object.Checksum // the last ones, with the room behind them
	made  int               // how much room was made at a time
}

// arenaRoom is how many bytes of text an arena makes room for at a time.
const arenaRoom = 8 << 10

// room returns an empty list to append checksums to and to hand to keep.
func (a *arena) room() []object.Checksum {
	if a == nil {
		return nil
	}
	if len(a.sums) == cap(a.sums) {
		a.made = min(max(2*a.made, 4), 256)
		a.sums = make([]object.Checksum, 0, a.made)
	}
	return a.sums[len(a.sums):]
}

// keep returns the list as one that nothing is appended to any more.
func (a *arena) keep(sums []object.Checksum) []object.Checksum {
	if a != nil {
		a.sums = sums
	}
	return sums[:len(sums):len(sums)]
}

func (a *arena) text(b []byte) string {
	if a == nil {
		return string(b)
	}
	if a.texts.Cap()-a.texts.Len() < len(b) {
		a.texts.Reset() // the strings made so far keep what they lie in
		a.texts.Grow(max(arenaRoom, len(b)))
	}
	start := a.texts.Len()
	a.texts.Write(b)
	return a.texts.String()[start:]
}

// packListed packs what a listing shows beside the key.
func packListed(i *object.Listed) ([]byte, error) {
	p := packer{format}
	p.number(i.Size)
	p.number(i.Modified.UnixMilli())
	md5, parts, _ := strings.Cut(i.ETag, "-")
	raw, err := hex.DecodeString(md5)
	if err != nil || len(raw) != 16 || parts != "" && parts != strconv.Itoa(i.Parts) || parts == "" && i.Parts != 0 {
		return nil, errDamaged
	}
	p = append(p, raw...)
	p.number(int64(i.Parts))
	p.text(i.StorageClass)
	p.sums(i.Checksums)
	return p, nil
}

// unpackListed reads it back.
func unpackListed(b []byte, i *object.Listed, a *arena) error {
	u := unpack(b)
	i.Size = u.number()
	i.Modified = moment(u.number())
	var etag [48]byte
	out := hex.AppendEncode(etag[:0], u.take(16))
	if i.Parts = int(u.number()); i.Parts > 0 {
		out = strconv.AppendInt(append(out, '-'), int64(i.Parts), 10)
	}
	i.ETag = a.text(out)
	i.StorageClass = u.word()
	i.Checksums = u.sums(a)
	if u.bad || i.Size < 0 || i.Parts < 0 {
		return errDamaged
	}
	return nil
}

// piece is a run of an object's bytes that lies in one file.
type piece struct {
	blob   blobID
	size   int64
	number int // of the part in its upload; 0 when the object is one file
}

// detail is what is stored of an object or upload beyond what a listing shows.
type detail struct {
	headers  object.Headers
	metadata map[string]string
	tags     []object.Tag
	upload   string  // the multipart upload that made the object
	pieces   []piece // the files with the bytes; none when they are in the database
}

// The records of a packed detail.
const (
	recordHeader   = 'h'
	recordMetadata = 'm'
	recordTag      = 't'
	recordUpload   = 'u'
	recordPiece    = 'p'
)

type headerField struct {
	name  string
	value *string
}

// headerFields pairs a header's name in the row with its place, so that
// packing and unpacking cannot disagree.
func headerFields(h *object.Headers) [7]headerField {
	return [...]headerField{
		{"t", &h.ContentType}, {"e", &h.ContentEncoding}, {"d", &h.ContentDisposition}, {"l", &h.ContentLanguage},
		{"c", &h.CacheControl}, {"x", &h.Expires}, {"w", &h.WebsiteRedirect},
	}
}

func (d *detail) pack() []byte {
	p := packer{format}
	pair := func(kind byte, a, b string) {
		p = append(p, kind)
		p.text(a)
		p.text(b)
	}
	for _, f := range headerFields(&d.headers) {
		if *f.value != "" {
			pair(recordHeader, f.name, *f.value)
		}
	}
	names := make([]string, 0, len(d.metadata))
	for name := range d.metadata {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		pair(recordMetadata, name, d.metadata[name])
	}
	for _, t := range d.tags {
		pair(recordTag, t.Key, t.Value)
	}
	if d.upload != "" {
		p = append(p, recordUpload)
		p.text(d.upload)
	}
	// 10,000 parts are 200 KB, read in one go when the object is opened.
	for _, one := range d.pieces {
		p = append(append(p, recordPiece), one.blob[:]...)
		p.number(one.size)
		p.number(int64(one.number))
	}
	return p
}

func (d *detail) unpack(b []byte) error {
	u := unpack(b)
	for u.more() {
		switch u.byte() {
		case recordHeader:
			name, value := u.text(), u.text()
			known := false
			for _, f := range headerFields(&d.headers) {
				if f.name == name {
					*f.value, known = value, true
				}
			}
			if !known {
				return errDamaged
			}
		case recordMetadata:
			if d.metadata == nil {
				d.metadata = map[string]string{}
			}
			name := u.text()
			d.metadata[name] = u.text()
		case recordTag:
			d.tags = append(d.tags, object.Tag{Key: u.text(), Value: u.text()})
		case recordUpload:
			d.upload = u.text()
		case recordPiece:
			var one piece
			copy(one.blob[:], u.take(uint64(len(one.blob))))
			one.size, one.number = u.number(), int(u.number())
			if one.size < 0 {
				return errDamaged
			}
			d.pieces = append(d.pieces, one)
		default:
			return errDamaged
		}
	}
	if u.bad {
		return errDamaged
	}
	return nil
}

// packSums packs the checksums of a part.
func packSums(sums []object.Checksum) []byte {
	p := packer{format}
	p.sums(sums)
	return p
}

func unpackSums(b []byte) ([]object.Checksum, error) {
	u := unpack(b)
	sums := u.sums(nil)
	if u.bad {
		return nil, errDamaged
	}
	return sums, nil
}
