package s3gw

import (
	"net/http"

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
	if l.url {
		d.b = appendURL(d.b, s)
	} else {
		d.text(s)
	}
	d.close(name)
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

// contents writes the keys and common prefixes of a page.
func (c *call) contents(d *doc, l listing, page *object.Listing, withOwner bool) {
	d.grow(320 * (len(page.Objects) + len(page.Prefixes)))
	for i := range page.Objects {
		o := &page.Objects[i]
		d.open("Contents")
		l.text(d, "Key", o.Key)
		d.time("LastModified", o.Modified)
		d.etag("ETag", o.ETag)
		for _, s := range o.Checksums {
			d.elem("ChecksumAlgorithm", checksumLabel(s.Algorithm))
			d.some("ChecksumType", s.Type)
		}
		d.int("Size", o.Size)
		if withOwner {
			owner(d, "Owner", c.bucket.Account)
		}
		d.elem("StorageClass", storageClass(o.StorageClass))
		d.close("Contents")
	}
	for _, p := range page.Prefixes {
		d.open("CommonPrefixes")
		l.text(d, "Prefix", p)
		d.close("CommonPrefixes")
	}
}

func storageClass(s string) string {
	if s == "" {
		return "STANDARD"
	}
	return s
}

// begin starts a listing document with room for its page.
func (c *call) begin(root string, l listing) *doc {
	d := newDoc(root, namespace)
	d.elem("Name", c.addr.bucket)
	l.text(d, "Prefix", l.prefix)
	return d
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
	c.contents(d, l, page, true)
	c.g.send(x, http.StatusOK, d)
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
	c.contents(d, l, page, c.query.value("fetch-owner") == "true")
	c.g.send(x, http.StatusOK, d)
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
	for i := range page.Objects {
		o := &page.Objects[i]
		d.open("Version")
		l.text(d, "Key", o.Key)
		d.elem("VersionId", "null")
		d.bool("IsLatest", true)
		d.time("LastModified", o.Modified)
		d.etag("ETag", o.ETag)
		d.int("Size", o.Size)
		owner(d, "Owner", c.bucket.Account)
		d.elem("StorageClass", storageClass(o.StorageClass))
		d.close("Version")
	}
	for _, p := range page.Prefixes {
		d.open("CommonPrefixes")
		l.text(d, "Prefix", p)
		d.close("CommonPrefixes")
	}
	c.g.send(x, http.StatusOK, d)
	return nil
}
