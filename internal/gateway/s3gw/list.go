package s3gw

import (
	"net/http"
	"strconv"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
)

// maxList is the most keys one page holds.
const maxList = 1000

// listing is what all three listings of objects share.
type listing struct {
	prefix, delimiter string
	max               int
	url               bool // encoding-type=url
}

func (c *call) listing(maxName string) (l listing, err error) {
	l.prefix, l.delimiter = c.query.value("prefix"), c.query.value("delimiter")
	if l.max, err = c.limit(maxName, maxList, maxList); err != nil {
		return l, err
	}
	switch e := c.query.value("encoding-type"); e {
	case "":
	case "url":
		l.url = true
	default:
		return l, invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", e)
	}
	return l, nil
}

// text writes a key or what is made of keys, encoded as the client asked.
func (l *listing) text(d *doc, name, s string) {
	d.open(name)
	l.value(d, s)
	d.close(name)
}

func (l *listing) value(d *doc, s string) {
	if l.url {
		d.b = appendURL(d.b, s)
	} else {
		d.text(s)
	}
}

// appendURL encodes as listings do: "/" stays and a space is a plus.
func appendURL(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '*', c == '/':
			b = append(b, c)
		case c == ' ':
			b = append(b, '+')
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

// page asks the store for one page. A page of none is not truncated.
func (c *call) page(x *gateway.Exchange, l listing, after string) (*object.Listing, error) {
	if l.max == 0 {
		return &object.Listing{}, nil
	}
	return c.g.store.List(x.R.Context(), c.addr.bucket, object.ListOptions{Prefix: l.prefix, Delimiter: l.delimiter, After: after, Max: l.max})
}

// listedRoom is about what one object takes in a listing.
const listedRoom = 320

// contents writes the keys and common prefixes of a page; id is the owner's, ""
// for a listing without owners. There may be a thousand keys, so their markup is
// written in as few pieces as it has; TestListingsAreWrittenAsByElements holds it
// against the plain way.
func (l *listing) contents(d *doc, page *object.Listing, id string) {
	d.grow(listedRoom * (len(page.Objects) + len(page.Prefixes)))
	for i := range page.Objects {
		o := &page.Objects[i]
		d.raw("<Contents><Key>")
		l.value(d, o.Key)
		d.raw("</Key>")
		d.listed(o)
		if id != "" {
			d.raw("<Owner><ID>")
			d.raw(id)
			d.raw("</ID></Owner>")
		}
		d.raw("<StorageClass>")
		d.text(storageClass(o.StorageClass))
		d.raw("</StorageClass></Contents>")
	}
	l.commonPrefixes(d, page)
}

// listed writes what the listings of keys have in common.
func (d *doc) listed(o *object.Listed) {
	d.raw("<LastModified>")
	d.moment(o.Modified)
	d.raw("</LastModified><ETag>&quot;")
	d.text(o.ETag)
	d.raw("&quot;</ETag>")
	for _, s := range o.Checksums {
		d.raw("<ChecksumAlgorithm>")
		d.text(checksumLabel(s.Algorithm))
		d.raw("</ChecksumAlgorithm>")
		d.some("ChecksumType", s.Type)
	}
	d.raw("<Size>")
	d.b = strconv.AppendInt(d.b, o.Size, 10)
	d.raw("</Size>")
}

func (l *listing) commonPrefixes(d *doc, page *object.Listing) {
	for _, p := range page.Prefixes {
		d.raw("<CommonPrefixes><Prefix>")
		l.value(d, p)
		d.raw("</Prefix></CommonPrefixes>")
	}
}

func storageClass(s string) string {
	if s == "" {
		return "STANDARD"
	}
	return s
}

// begin starts a listing document, in the memory of an earlier one if it can.
func (c *call) begin(root string, l listing) *doc {
	d, ok := c.g.docs.Get().(*doc)
	if ok {
		d.begin(root, namespace)
	} else {
		d = newDoc(root, namespace)
	}
	d.elem("Name", c.addr.bucket)
	l.text(d, "Prefix", l.prefix)
	return d
}

// maxKeptDoc is the largest document whose memory is used again; that of a full
// page of long keys is given back.
const maxKeptDoc = 1 << 20

// answer sends a listing and keeps its memory for the next, unless it may still be
// on its way.
func (c *call) answer(x *gateway.Exchange, d *doc) {
	c.g.send(x, http.StatusOK, d)
	if !x.W.Failed() && cap(d.b) <= maxKeptDoc {
		c.g.docs.Put(d)
	}
}

func (l *listing) tail(d *doc, truncated bool) {
	if l.delimiter != "" {
		l.text(d, "Delimiter", l.delimiter)
	}
	if l.url {
		d.elem("EncodingType", "url")
	}
	d.bool("IsTruncated", truncated)
}

func (c *call) listObjects(x *gateway.Exchange) error {
	l, err := c.listing("max-keys")
	if err != nil {
		return err
	}
	marker := c.query.value("marker")
	page, err := c.page(x, l, marker)
	if err != nil {
		return err
	}
	d := c.begin("ListBucketResult", l)
	l.text(d, "Marker", marker)
	if page.Truncated && l.delimiter != "" {
		l.text(d, "NextMarker", page.Next)
	}
	d.int("MaxKeys", int64(l.max))
	l.tail(d, page.Truncated)
	l.contents(d, page, canonicalID(c.bucket.Account))
	c.answer(x, d)
	return nil
}

func (c *call) listObjectsV2(x *gateway.Exchange) error {
	l, err := c.listing("max-keys")
	if err != nil {
		return err
	}
	start := c.query.value("start-after")
	after := start
	bound := "objects\x00" + c.addr.bucket + "\x00" + l.prefix + "\x00" + l.delimiter
	token, continued := c.query.get("continuation-token")
	if continued {
		if after, err = c.g.openToken(token, bound); err != nil {
			return err
		}
	}
	page, err := c.page(x, l, after)
	if err != nil {
		return err
	}
	d := c.begin("ListBucketResult", l)
	if continued {
		d.elem("ContinuationToken", token)
	}
	if page.Truncated {
		next, err := c.g.sealToken(page.Next, bound)
		if err != nil {
			return err
		}
		d.elem("NextContinuationToken", next)
	}
	if start != "" {
		l.text(d, "StartAfter", start)
	}
	d.int("KeyCount", int64(len(page.Objects)+len(page.Prefixes)))
	d.int("MaxKeys", int64(l.max))
	l.tail(d, page.Truncated)
	id := ""
	if c.query.value("fetch-owner") == "true" {
		id = canonicalID(c.bucket.Account)
	}
	l.contents(d, page, id)
	c.answer(x, d)
	return nil
}

// listVersions lists the objects of a bucket without versioning: each has the
// one version "null". Terraform empties buckets with it.
func (c *call) listVersions(x *gateway.Exchange) error {
	l, err := c.listing("max-keys")
	if err != nil {
		return err
	}
	marker := c.query.value("key-marker")
	page, err := c.page(x, l, marker)
	if err != nil {
		return err
	}
	d := c.begin("ListVersionsResult", l)
	l.text(d, "KeyMarker", marker)
	d.elem("VersionIdMarker", c.query.value("version-id-marker"))
	if page.Truncated {
		l.text(d, "NextKeyMarker", page.Next)
		d.elem("NextVersionIdMarker", "null")
	}
	d.int("MaxKeys", int64(l.max))
	l.tail(d, page.Truncated)
	l.versions(d, page, canonicalID(c.bucket.Account))
	c.answer(x, d)
	return nil
}

// versions writes the keys of a page as versions, and its common prefixes.
func (l *listing) versions(d *doc, page *object.Listing, id string) {
	d.grow((listedRoom + 128) * (len(page.Objects) + len(page.Prefixes)))
	for i := range page.Objects {
		o := &page.Objects[i]
		d.raw("<Version><Key>")
		l.value(d, o.Key)
		d.raw("</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>")
		d.listed(o)
		d.raw("<Owner><ID>")
		d.raw(id)
		d.raw("</ID></Owner><StorageClass>")
		d.text(storageClass(o.StorageClass))
		d.raw("</StorageClass></Version>")
	}
	l.commonPrefixes(d, page)
}
