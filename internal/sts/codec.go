package sts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// The content of a session token before sealing, version 1:
//
//	version, type, flags          one byte each
//	secret                        30 bytes
//	access key id … provider      strings: length (uvarint), bytes
//	issued, expires, MFA time     Unix seconds (varint)
//	condition keys                count, then name, flag, values
//	transitive keys               list of strings
//	parents, origin               with flag 1<<1: list of strings, condition keys
//	packed                        policies, policy ARNs and tags; see packed.go
//
// The record is authenticated as a whole, so the decoder need not defend against
// a clever author; it is strict all the same, because a version of ours with
// other ideas must fail here and not later.
const (
	codecVersion = 1
	secretSize   = 30 // 40 characters in base64
)

// Flags of a record.
const (
	flagMFA     = 1 << 0
	flagChained = 1 << 1
)

var errCodec = errors.New("not the content of a session token")

// appendSession encodes s, its secret and its packed part.
func appendSession(b []byte, s *Session, secret *[secretSize]byte, packed []byte) []byte {
	var flags byte
	if s.MFA {
		flags |= flagMFA
	}
	if len(s.Parents) > 0 {
		flags |= flagChained
	}
	b = append(b, codecVersion, byte(s.Type), flags)
	b = append(b, secret[:]...)
	for _, f := range s.texts() {
		b = appendText(b, *f)
	}
	b = appendTime(b, s.Issued)
	b = appendTime(b, s.Expires)
	b = appendTime(b, s.MFATime)
	b = appendKeys(b, s.Context)
	b = appendTexts(b, s.TransitiveKeys)
	if flags&flagChained != 0 {
		b = binary.AppendUvarint(b, uint64(len(s.Parents)))
		for _, p := range s.Parents {
			b = appendTime(appendText(appendText(b, p.AccessKeyID), p.RoleID), p.Issued)
		}
		b = appendKeys(b, s.Origin)
	}
	b = binary.AppendUvarint(b, uint64(len(packed)))
	return append(b, packed...)
}

func appendKeys(b []byte, keys []ContextKey) []byte {
	b = binary.AppendUvarint(b, uint64(len(keys)))
	for i := range keys {
		k := &keys[i]
		b = appendText(b, k.Name)
		multi := byte(0)
		if k.Multi {
			multi = 1
		}
		b = append(b, multi)
		b = appendTexts(b, k.Values)
	}
	return b
}

// texts lists the plain string fields in the order of the record.
func (s *Session) texts() [9]*string {
	return [...]*string{
		&s.AccessKeyID, &s.Account, &s.RoleID, &s.UserID, &s.Name,
		&s.SourceIdentity, &s.Provider, &s.IdentityID, &s.IdentityPoolID,
	}
}

// decodeSession reads what appendSession wrote.
func decodeSession(b []byte) (*Session, *[secretSize]byte, error) {
	if len(b) < 3+secretSize || b[0] != codecVersion {
		return nil, nil, errCodec
	}
	s := &Session{Type: SessionType(b[1]), MFA: b[2]&flagMFA != 0}
	if s.Type < RoleSession || s.Type > UserSession || b[2]&^(flagMFA|flagChained) != 0 {
		return nil, nil, fmt.Errorf("%w: type %d, flags %#x", errCodec, b[1], b[2])
	}
	secret := (*[secretSize]byte)(b[3 : 3+secretSize])
	d := decoder{text: string(b[3+secretSize:])}
	for _, f := range s.texts() {
		*f = d.str()
	}
	s.Issued, s.Expires, s.MFATime = d.time(), d.time(), d.time()
	s.Context = d.keys()
	s.TransitiveKeys = d.strs()
	if b[2]&flagChained != 0 {
		n := d.count(3)
		if n == 0 {
			d.fail()
		}
		for range n {
			s.Parents = append(s.Parents, Parent{AccessKeyID: d.str(), RoleID: d.str(), Issued: d.time()})
		}
		s.Origin = d.keys()
	}
	packed := d.str()
	if d.bad || d.text != "" {
		return nil, nil, errCodec
	}
	return s, secret, s.unpack(packed)
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

// appendTime encodes a time to the second. The zero time is zero, which no
// session knows as a moment.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(b, 0)
	}
	return binary.AppendVarint(b, t.Unix())
}

// decoder reads a record from a string, whose pieces become the fields without
// another copy. Once something did not fit, it yields zero values and bad stays
// set.
type decoder struct {
	text string
	bad  bool
}

func (d *decoder) fail() { d.bad, d.text = true, "" }

func (d *decoder) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(d.text) && i < binary.MaxVarintLen64; i++ {
		c := d.text[i]
		if c < 0x80 {
			d.text = d.text[i+1:]
			return v | uint64(c)<<(7*i)
		}
		v |= uint64(c&0x7f) << (7 * i)
	}
	d.fail()
	return 0
}

func (d *decoder) byte() byte {
	if d.text == "" {
		d.fail()
		return 0
	}
	c := d.text[0]
	d.text = d.text[1:]
	return c
}

func (d *decoder) str() string {
	n := d.uvarint()
	if n > uint64(len(d.text)) {
		d.fail()
		return ""
	}
	s := d.text[:n]
	d.text = d.text[n:]
	return s
}

// count reads the length of a list whose elements take at least size bytes, so
// that a wrong length never makes a large allocation.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.text)/size) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) strs() []string {
	n := d.count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.str()
	}
	return list
}

func (d *decoder) keys() []ContextKey {
	n := d.count(3)
	if n == 0 {
		return nil
	}
	list := make([]ContextKey, n)
	for i := range list {
		k := &list[i]
		k.Name = d.str()
		k.Multi = d.byte() == 1
		k.Values = d.strs()
	}
	return list
}

func (d *decoder) time() time.Time {
	u := d.uvarint()
	v := int64(u >> 1)
	if u&1 != 0 {
		v = ^v
	}
	if v == 0 {
		return time.Time{}
	}
	return time.Unix(v, 0).UTC()
}
