package s3gw

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// storedTags reads the tags that conditions on the stored object look at. A
// missing object has none.
func (c *call) storedTags(x *gateway.Exchange, bucket, key string) ([]object.Tag, error) {
	info, err := c.g.store.Head(x.R.Context(), bucket, key)
	if err == nil {
		return info.Tags, nil
	}
	if _, missing := errors.AsType[*object.NoKey](err); missing {
		return nil, nil
	}
	return nil, err
}

// sameTags makes sure that the object about to be answered with is the one the
// decision was about: when its tags changed in between, the question is asked
// again with those it has.
func (c *call) sameTags(x *gateway.Exchange, info *object.Info) error {
	if !c.tagsRead || slices.Equal(c.tags, info.Tags) {
		return nil
	}
	var keys []sts.ContextKey
	for _, k := range c.keys.List() {
		if !strings.HasPrefix(k.Name, existingTag) {
			keys = append(keys, k)
		}
	}
	for _, t := range info.Tags {
		keys = append(keys, sts.ContextKey{Name: existingTag + t.Key, Values: []string{t.Value}})
	}
	q := c.question(c.action())
	q.Keys = keys
	if d := x.Ask(&q.Request); !d.Allowed {
		return &gateway.Denied{Action: q.Action, Resource: q.Resource, Decision: d}
	}
	return nil
}

// missing turns a missing key into 404 for a caller who may list the bucket and
// into 403 for anybody else: only the first may learn which keys exist. The
// right to list is asked without s3:prefix, so a grant limited to a prefix does
// not count (spec/gateways.md 1.10).
func (c *call) missing(x *gateway.Exchange, err error) error {
	if _, gone := errors.AsType[*object.NoKey](err); !gone {
		return err
	}
	return c.missingIn(x, c.bucket, err, "s3:ListBucket")
}

func (c *call) missingIn(x *gateway.Exchange, s *settings, err error, action string) error {
	var k gateway.Keys
	c.addCommon(&k, x, s)
	q := s.question(action, bucketARN+s.Name)
	q.Keys = k.List()
	d := x.Ask(&q.Request)
	if d.Allowed {
		return err
	}
	return &gateway.Denied{Action: action, Resource: q.Resource, Decision: d}
}

// checkVersion accepts the one version of an object in a bucket without
// versioning.
func (c *call) checkVersion(x *gateway.Exchange) error {
	if !c.versioned || c.version == "null" {
		return nil
	}
	return c.missingIn(x, c.bucket, noSuchVersion(c.addr.key, c.version), "s3:ListBucketVersions")
}

// head reads the object's description.
func (c *call) head(x *gateway.Exchange) (*object.Info, error) {
	if err := c.checkVersion(x); err != nil {
		return nil, err
	}
	info, err := c.g.store.Head(x.R.Context(), c.addr.bucket, c.addr.key)
	if err != nil {
		return nil, c.missing(x, err)
	}
	return info, nil
}

func (c *call) headObject(x *gateway.Exchange) error {
	if err := c.checkOverrides(x); err != nil {
		return err
	}
	info, err := c.head(x)
	if err != nil {
		return err
	}
	_, _, err = c.answerHead(x, info)
	return err
}

func (c *call) getObject(x *gateway.Exchange) error {
	if err := c.checkOverrides(x); err != nil {
		return err
	}
	if err := c.checkVersion(x); err != nil {
		return err
	}
	info, content, err := c.g.store.Open(x.R.Context(), c.addr.bucket, c.addr.key)
	if err != nil {
		return c.missing(x, err)
	}
	defer func() { _ = content.Close() }() // opened for reading
	offset, length, err := c.answerHead(x, info)
	if err != nil || length <= 0 {
		return err
	}
	section, err := content.Section(offset, length)
	if err != nil {
		return err
	}
	n, err := x.W.ReadFrom(section)
	switch {
	case err != nil:
		return fmt.Errorf("send object: %w", err)
	case n != length:
		return fmt.Errorf("send object: %d of %d bytes: %w", n, length, io.ErrUnexpectedEOF)
	}
	return nil
}

// answerHead judges tags, conditions and range, and sends status and headers.
// length is what remains to be sent, -1 for none.
func (c *call) answerHead(x *gateway.Exchange, info *object.Info) (offset, length int64, err error) {
	if err := c.sameTags(x, info); err != nil {
		return 0, -1, err
	}
	switch c.judge(info) {
	case http.StatusPreconditionFailed:
		return 0, -1, fail(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	case http.StatusNotModified:
		etag, modified, _ := describe(info, 0)
		x.W.Set("ETag", etag)
		x.W.Set("Last-Modified", modified)
		setSome(x, "Cache-Control", info.Headers.CacheControl)
		setSome(x, "Expires", info.Headers.Expires)
		c.g.empty(x, http.StatusNotModified)
		return 0, -1, nil
	}
	r, err := c.span(info)
	if err != nil {
		return 0, -1, err
	}
	w := &x.W
	etag, modified, size := describe(info, r.length)
	w.Set("ETag", etag)
	w.Set("Last-Modified", modified)
	w.Set("Accept-Ranges", "bytes")
	w.Set("Content-Length", size)
	c.contentHeaders(x, &info.Headers)
	for name, value := range info.Metadata {
		w.Set("x-amz-meta-"+name, value)
	}
	setSome(x, "X-Amz-Website-Redirect-Location", info.Headers.WebsiteRedirect)
	if info.StorageClass != "" && info.StorageClass != "STANDARD" {
		w.Set("X-Amz-Storage-Class", info.StorageClass)
	}
	if r.parts > 0 {
		w.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(r.parts))
	}
	if len(info.Tags) > 0 && c.mayReadTags(x, info) {
		w.Set("X-Amz-Tagging-Count", strconv.Itoa(len(info.Tags)))
	}
	if !r.partial && strings.EqualFold(c.amz("X-Amz-Checksum-Mode"), "ENABLED") {
		setChecksums(x, info.Checksums)
	}
	if r.partial {
		w.Set("Content-Range", "bytes "+itoa(r.offset)+"-"+itoa(r.offset+r.length-1)+"/"+itoa(info.Size))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		w.WriteHeader(http.StatusOK)
	}
	return r.offset, r.length, nil
}

// describe makes the headers that tell an object and its length: three pieces of
// one string, which takes one piece of memory.
func describe(info *object.Info, n int64) (etag, modified, length string) {
	var room [128]byte
	b := append(room[:0], '"')
	b = append(append(b, info.ETag...), '"')
	tag := len(b)
	b = info.Modified.UTC().AppendFormat(b, http.TimeFormat)
	date := len(b)
	text := string(strconv.AppendInt(b, n, 10))
	return text[:tag], text[tag:date], text[date:]
}

func setSome(x *gateway.Exchange, name, value string) {
	if value != "" {
		x.W.Set(name, value)
	}
}

func setChecksums(x *gateway.Exchange, sums []object.Checksum) {
	for _, s := range sums {
		x.W.Set(checksumHeader(s.Algorithm), s.Value)
		setSome(x, "X-Amz-Checksum-Type", s.Type)
	}
}

// contentHeaders sets the stored headers, or what the signer of the request
// wants to see instead.
func (c *call) contentHeaders(x *gateway.Exchange, h *object.Headers) {
	kind := h.ContentType
	if kind == "" {
		kind = "binary/octet-stream"
	}
	if len(c.query.list) == 0 {
		x.W.Set("Content-Type", kind)
		setSome(x, "Content-Encoding", h.ContentEncoding)
		setSome(x, "Content-Disposition", h.ContentDisposition)
		setSome(x, "Content-Language", h.ContentLanguage)
		setSome(x, "Cache-Control", h.CacheControl)
		setSome(x, "Expires", h.Expires)
		return
	}
	for _, o := range [...]struct{ name, param, stored string }{
		{"Content-Type", "response-content-type", kind},
		{"Content-Encoding", "response-content-encoding", h.ContentEncoding},
		{"Content-Disposition", "response-content-disposition", h.ContentDisposition},
		{"Content-Language", "response-content-language", h.ContentLanguage},
		{"Cache-Control", "response-cache-control", h.CacheControl},
		{"Expires", "response-expires", h.Expires},
	} {
		if v, ok := c.query.get(o.param); ok {
			setSome(x, o.name, v)
		} else {
			setSome(x, o.name, o.stored)
		}
	}
}

// checkOverrides refuses response-* of callers who did not sign them.
func (c *call) checkOverrides(x *gateway.Exchange) error {
	if !x.Caller.Anonymous() {
		return nil
	}
	for _, p := range c.query.list {
		if takes(responseParams, p.name) {
			return invalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
		}
	}
	return nil
}

// mayReadTags reports whether the number of tags may be shown.
func (c *call) mayReadTags(x *gateway.Exchange, info *object.Info) bool {
	action := "s3:GetObjectTagging"
	if c.versioned {
		action = "s3:GetObjectVersionTagging"
	}
	var k gateway.Keys
	c.addCommon(&k, x, c.bucket)
	addTags(&k, existingTag, info.Tags)
	q := c.question(action)
	q.Keys = k.List()
	return x.Ask(&q.Request).Allowed
}

// askAttributes asks for the second action of GetObjectAttributes.
func (c *call) askAttributes(x *gateway.Exchange) error {
	action := "s3:GetObjectAttributes"
	if c.versioned {
		action = "s3:GetObjectVersionAttributes"
	}
	x.Require(c.question(action))
	return nil
}

func (c *call) getAttributes(x *gateway.Exchange) error {
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(c.amz("X-Amz-Object-Attributes"), ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains([]string{"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}, name) {
			return invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", name)
		}
		wanted[name] = true
	}
	info, err := c.head(x)
	if err != nil {
		return err
	}
	if err := c.sameTags(x, info); err != nil {
		return err
	}
	if c.judge(info) == http.StatusPreconditionFailed {
		return fail(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	d := newDoc("GetObjectAttributesResponse", namespace)
	if wanted["ETag"] {
		d.elem("ETag", info.ETag)
	}
	if wanted["Checksum"] && len(info.Checksums) > 0 {
		d.open("Checksum")
		xmlChecksums(d, info.Checksums)
		d.close("Checksum")
	}
	if wanted["ObjectParts"] && info.Parts > 0 {
		d.open("ObjectParts")
		d.int("PartsCount", int64(info.Parts))
		d.close("ObjectParts")
	}
	if wanted["StorageClass"] {
		d.elem("StorageClass", storageClass(info.StorageClass))
	}
	if wanted["ObjectSize"] {
		d.int("ObjectSize", info.Size)
	}
	x.W.Set("Last-Modified", info.Modified.UTC().Format(http.TimeFormat))
	c.g.send(x, http.StatusOK, d)
	return nil
}

// xmlChecksums writes checksums as elements.
func xmlChecksums(d *doc, sums []object.Checksum) {
	for _, s := range sums {
		d.elem("Checksum"+checksumLabel(s.Algorithm), s.Value)
		d.some("ChecksumType", s.Type)
	}
}
