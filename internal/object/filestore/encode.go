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

func (u *unpacker) text() string {
	size, n := binary.Uvarint(u.b)
	if u.bad = u.bad || n <= 0; u.bad {
		return ""
	}
	u.b = u.b[n:]
	return string(u.take(size))
}

func (u *unpacker) sums() []object.Checksum {
	var sums []object.Checksum
	for u.more() {
		sums = append(sums, object.Checksum{Algorithm: u.text(), Type: u.text(), Value: u.text()})
	}
	return sums
}

// packListed packs what a listing shows.
func packListed(i *object.Info) ([]byte, error) {
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

func unpackListed(b []byte, i *object.Info) error {
	u := unpack(b)
	i.Size = u.number()
	i.Modified = moment(u.number())
	var etag [48]byte
	out := hex.AppendEncode(etag[:0], u.take(16))
	if i.Parts = int(u.number()); i.Parts > 0 {
		out = strconv.AppendInt(append(out, '-'), int64(i.Parts), 10)
	}
	i.ETag = string(out)
	i.StorageClass = u.text()
	i.Checksums = u.sums()
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
	sums := u.sums()
	if u.bad {
		return nil, errDamaged
	}
	return sums, nil
}
