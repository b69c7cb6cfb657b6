package s3gw

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
)

// maxPartNumber is the highest part number.
const maxPartNumber = 10000

func (c *call) createUpload(x *gateway.Exchange) error {
	o, err := c.writeOptions()
	if err != nil {
		return err
	}
	if o.Checksum.Algorithm, err = c.checksumAlgorithm(); err != nil {
		return err
	}
	kind := strings.ToUpper(c.amz("X-Amz-Checksum-Type"))
	switch {
	case kind != "" && kind != "COMPOSITE" && kind != "FULL_OBJECT":
		return invalidRequest("Value for x-amz-checksum-type header is invalid.")
	case kind != "" && o.Checksum.Algorithm == "":
		return invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	}
	o.Checksum.Type = kind
	u, err := c.g.store.CreateUpload(x.R.Context(), c.addr.bucket, c.addr.key, o, x.Caller.ARN)
	if err != nil {
		return err
	}
	if a := o.Checksum.Algorithm; a != "" {
		x.W.Set("X-Amz-Checksum-Algorithm", checksumLabel(a))
		setSome(x, "X-Amz-Checksum-Type", u.Options.Checksum.Type)
	}
	c.echoEncryption(x)
	d := newDoc("InitiateMultipartUploadResult", namespace)
	d.elem("Bucket", c.addr.bucket)
	d.elem("Key", c.addr.key)
	d.elem("UploadId", u.ID)
	c.g.send(x, http.StatusOK, d)
	return nil
}

// partNumber reads the number of the part being uploaded.
func (c *call) partNumber() (int, error) {
	v := c.query.value("partNumber")
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil || n < 1 || n > maxPartNumber {
		return 0, invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", v)
	}
	return int(n), nil
}

func (c *call) uploadID() string { return c.query.value("uploadId") }

func (c *call) uploadPart(x *gateway.Exchange) error {
	n, err := c.partNumber()
	if err != nil {
		return err
	}
	if c.hasAmz("X-Amz-Server-Side-Encryption-Customer-Algorithm") {
		return notImplemented("x-amz-server-side-encryption-customer-algorithm")
	}
	o := object.PutOptions{Size: -1}
	body, err := c.payload(x, &o)
	if err != nil {
		return err
	}
	p, err := c.g.store.PutPart(x.R.Context(), c.addr.bucket, c.addr.key, c.uploadID(), n, body, o)
	if err != nil {
		return err
	}
	x.W.Set("ETag", `"`+p.ETag+`"`)
	for _, s := range p.Checksums {
		x.W.Set(checksumHeader(s.Algorithm), s.Value)
	}
	c.g.empty(x, http.StatusOK)
	return nil
}

func (c *call) uploadPartCopy(x *gateway.Exchange) error {
	n, err := c.partNumber()
	if err != nil {
		return err
	}
	src, err := c.openSource(x)
	if err != nil {
		return err
	}
	offset, length := int64(0), int64(-1)
	if v := c.amz("X-Amz-Copy-Source-Range"); v != "" {
		from, to, ok := strings.Cut(strings.TrimPrefix(v, "bytes="), "-")
		a, err1 := strconv.ParseUint(from, 10, 62)
		b, err2 := strconv.ParseUint(to, 10, 62)
		if !ok || !strings.HasPrefix(v, "bytes=") || err1 != nil || err2 != nil || b < a {
			return invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
				"x-amz-copy-source-range", v)
		}
		if int64(b) >= src.Size {
			return invalidArgument("Range specified is not valid for source object of size: "+itoa(src.Size), "x-amz-copy-source-range", v)
		}
		offset, length = int64(a), int64(b-a)+1
	}
	if length > maxPut || length < 0 && src.Size > maxPut {
		return tooLarge(src.Size, maxPut)
	}
	p, err := c.g.store.CopyPart(x.R.Context(), c.source.bucket, c.source.key, src.ETag, offset, length, c.addr.bucket, c.addr.key, c.uploadID(), n)
	if err != nil {
		return err
	}
	if c.source.versioned {
		x.W.Set("X-Amz-Copy-Source-Version-Id", c.source.version)
	}
	d := newDoc("CopyPartResult", namespace)
	d.time("LastModified", p.Modified)
	d.etag("ETag", p.ETag)
	for _, s := range p.Checksums {
		d.elem("Checksum"+checksumLabel(s.Algorithm), s.Value)
	}
	c.g.send(x, http.StatusOK, d)
	return nil
}

func (c *call) completeUpload(x *gateway.Exchange) error {
	p, err := c.precondition()
	if err != nil {
		return err
	}
	// The checksum headers speak of the finished object, not of this body.
	if p.Checksum, _, err = c.declaredChecksum(); err != nil {
		return err
	}
	p.Checksum.Type = strings.ToUpper(c.amz("X-Amz-Checksum-Type"))
	text, err := c.document(x, maxParts, false)
	if err != nil {
		return err
	}
	parts, total, err := c.readParts(text)
	if err != nil {
		return err
	}
	if err := c.checkUploadSize(x, total); err != nil {
		return err
	}
	info, err := c.g.store.Complete(x.R.Context(), c.addr.bucket, c.addr.key, c.uploadID(), parts, p)
	if err != nil {
		return err
	}
	c.echoEncryption(x)
	d := newDoc("CompleteMultipartUploadResult", namespace)
	d.elem("Location", c.location(x))
	d.elem("Bucket", c.addr.bucket)
	d.elem("Key", c.addr.key)
	d.etag("ETag", info.ETag)
	xmlChecksums(d, info.Checksums)
	c.g.send(x, http.StatusOK, d)
	return nil
}

// checkUploadSize compares x-amz-mp-object-size with the parts that were
// uploaded.
func (c *call) checkUploadSize(x *gateway.Exchange, numbers map[int]bool) error {
	v := c.amz("X-Amz-Mp-Object-Size")
	if v == "" {
		return nil
	}
	want, err := strconv.ParseUint(v, 10, 63)
	if err != nil {
		return invalidRequest("Value for x-amz-mp-object-size header is invalid.")
	}
	var got int64
	for after, more := 0, true; more; {
		parts, truncated, err := c.g.store.Parts(x.R.Context(), c.addr.bucket, c.addr.key, c.uploadID(), after, maxList)
		if err != nil {
			return err
		}
		for _, p := range parts {
			if numbers[p.Number] {
				got += p.Size
			}
			after = p.Number
		}
		more = truncated && len(parts) > 0
	}
	if int64(want) != got {
		return invalidRequest("The provided 'x-amz-mp-object-size' header does not match what was computed.")
	}
	return nil
}

// location is the object's address as the client may use it.
func (c *call) location(x *gateway.Exchange) string {
	scheme := "http://"
	if x.Network.TLS {
		scheme = "https://"
	}
	path, _ := target(x.R)
	return scheme + x.R.Host + path
}

// readParts reads a CompleteMultipartUpload document.
func (c *call) readParts(text []byte) ([]object.CompletePart, map[int]bool, error) {
	n, err := parseXML(text, "CompleteMultipartUpload")
	if err != nil {
		return nil, nil, err
	}
	if err := n.only("Part"); err != nil {
		return nil, nil, err
	}
	if len(n.kids) == 0 || len(n.kids) > maxPartNumber {
		return nil, nil, malformedXML(errNoEntry)
	}
	numbers := make(map[int]bool, len(n.kids))
	parts := make([]object.CompletePart, 0, len(n.kids))
	for _, k := range n.kids {
		p, err := readPart(k)
		if err != nil {
			return nil, nil, err
		}
		if len(parts) > 0 && parts[len(parts)-1].Number >= p.Number {
			return nil, nil, &object.InvalidPartOrder{}
		}
		numbers[p.Number] = true
		parts = append(parts, p)
	}
	return parts, numbers, nil
}

func readPart(k *node) (object.CompletePart, error) {
	var p object.CompletePart
	names := []string{"PartNumber", "ETag"}
	for _, a := range checksumAlgorithms() {
		names = append(names, "Checksum"+checksumLabel(a))
	}
	if err := k.only(names...); err != nil {
		return p, err
	}
	number, _, err := k.str("PartNumber")
	if err != nil {
		return p, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 31)
	if err != nil || n < 1 || n > maxPartNumber {
		return p, malformedXML(err)
	}
	p.Number = int(n)
	etag, ok, err := k.str("ETag")
	if err != nil {
		return p, err
	}
	if !ok {
		return p, malformedXML(errNoEntry)
	}
	p.ETag = unquote(etag)
	for _, a := range checksumAlgorithms() {
		v, ok, err := k.str("Checksum" + checksumLabel(a))
		switch {
		case err != nil:
			return p, err
		case ok && p.Checksum.Algorithm != "":
			return p, malformedXML(errNoEntry)
		case ok:
			p.Checksum = object.Checksum{Algorithm: a, Value: strings.TrimSpace(v)}
		}
	}
	return p, nil
}

func (c *call) abortUpload(x *gateway.Exchange) error {
	if err := c.g.store.Abort(x.R.Context(), c.addr.bucket, c.addr.key, c.uploadID()); err != nil {
		return err
	}
	c.g.empty(x, http.StatusNoContent)
	return nil
}

func (c *call) listParts(x *gateway.Exchange) error {
	limit, err := c.limit("max-parts", maxList, maxList)
	if err != nil {
		return err
	}
	after, err := c.limit("part-number-marker", 0, maxPartNumber)
	if err != nil {
		return err
	}
	u, err := c.g.store.Upload(x.R.Context(), c.addr.bucket, c.addr.key, c.uploadID())
	if err != nil {
		return err
	}
	var parts []object.Part
	truncated := false
	if limit > 0 {
		if parts, truncated, err = c.g.store.Parts(x.R.Context(), c.addr.bucket, c.addr.key, u.ID, after, limit); err != nil {
			return err
		}
	}
	d := newDoc("ListPartsResult", namespace)
	d.elem("Bucket", c.addr.bucket)
	d.elem("Key", c.addr.key)
	d.elem("UploadId", u.ID)
	c.initiator(d, u)
	owner(d, "Owner", c.bucket.Account)
	d.elem("StorageClass", storageClass(u.Options.StorageClass))
	if a := u.Options.Checksum.Algorithm; a != "" {
		d.elem("ChecksumAlgorithm", checksumLabel(a))
		d.some("ChecksumType", u.Options.Checksum.Type)
	}
	d.int("PartNumberMarker", int64(after))
	if truncated && len(parts) > 0 {
		d.int("NextPartNumberMarker", int64(parts[len(parts)-1].Number))
	}
	d.int("MaxParts", int64(limit))
	d.bool("IsTruncated", truncated)
	for _, p := range parts {
		d.open("Part")
		d.int("PartNumber", int64(p.Number))
		d.time("LastModified", p.Modified)
		d.etag("ETag", p.ETag)
		d.int("Size", p.Size)
		for _, s := range p.Checksums {
			d.elem("Checksum"+checksumLabel(s.Algorithm), s.Value)
		}
		d.close("Part")
	}
	c.g.send(x, http.StatusOK, d)
	return nil
}

func (c *call) initiator(d *doc, u *object.Upload) {
	d.open("Initiator")
	d.elem("ID", u.Initiator)
	d.close("Initiator")
}

func (c *call) listUploads(x *gateway.Exchange) error {
	l, err := c.listing("max-uploads")
	if err != nil {
		return err
	}
	keyMarker, idMarker := c.query.value("key-marker"), c.query.value("upload-id-marker")
	if keyMarker == "" {
		idMarker = "" // ignored without a key marker
	}
	var uploads []object.Upload
	var prefixes []string
	truncated := false
	if l.max > 0 {
		o := object.ListOptions{Prefix: l.prefix, Delimiter: l.delimiter, After: keyMarker, Max: l.max}
		if uploads, prefixes, truncated, err = c.g.store.Uploads(x.R.Context(), c.addr.bucket, o, idMarker); err != nil {
			return err
		}
	}
	d := newDoc("ListMultipartUploadsResult", namespace)
	d.elem("Bucket", c.addr.bucket)
	l.text(d, "KeyMarker", keyMarker)
	d.elem("UploadIdMarker", idMarker)
	if truncated {
		nextKey, nextID := "", ""
		if n := len(uploads); n > 0 {
			nextKey, nextID = uploads[n-1].Key, uploads[n-1].ID
		}
		if n := len(prefixes); n > 0 && prefixes[n-1] > nextKey {
			nextKey, nextID = prefixes[n-1], ""
		}
		l.text(d, "NextKeyMarker", nextKey)
		d.elem("NextUploadIdMarker", nextID)
	}
	l.text(d, "Prefix", l.prefix)
	d.int("MaxUploads", int64(l.max))
	l.tail(d, truncated)
	for i := range uploads {
		u := &uploads[i]
		d.open("Upload")
		l.text(d, "Key", u.Key)
		d.elem("UploadId", u.ID)
		c.initiator(d, u)
		owner(d, "Owner", c.bucket.Account)
		d.elem("StorageClass", storageClass(u.Options.StorageClass))
		d.time("Initiated", u.Initiated)
		if a := u.Options.Checksum.Algorithm; a != "" {
			d.elem("ChecksumAlgorithm", checksumLabel(a))
			d.some("ChecksumType", u.Options.Checksum.Type)
		}
		d.close("Upload")
	}
	for _, p := range prefixes {
		d.open("CommonPrefixes")
		l.text(d, "Prefix", p)
		d.close("CommonPrefixes")
	}
	c.g.send(x, http.StatusOK, d)
	return nil
}
