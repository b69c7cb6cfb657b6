package s3gw

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
)

// copySource is what x-amz-copy-source names, with what is known about it.
type copySource struct {
	bucket, key string
	versioned   bool
	version     string
	settings    *settings
	info        *object.Info // nil when the key is missing
	keys        gateway.Keys
}

// parseCopySource reads "bucket/key", with or without a leading slash, percent-
// encoded, with an optional "?versionId=". The question mark is looked for
// before decoding: an encoded one belongs to the key.
func parseCopySource(header string) (*copySource, error) {
	wrong := func() error {
		return invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source", header)
	}
	path, query, versioned := strings.Cut(header, "?")
	path, ok := unescape(strings.TrimPrefix(path, "/"), false)
	if !ok || !utf8.ValidString(path) {
		return nil, wrong()
	}
	if strings.HasPrefix(path, "arn:") {
		return nil, operationNotImplemented("copying from an access point")
	}
	s := &copySource{}
	s.bucket, s.key, _ = strings.Cut(path, "/")
	if !validBucket(s.bucket) || s.key == "" {
		return nil, wrong()
	}
	if len(s.key) > maxKey {
		return nil, keyTooLong(len(s.key))
	}
	if versioned {
		raw, found := strings.CutPrefix(query, "versionId=")
		if !found || strings.Contains(raw, "&") {
			return nil, wrong()
		}
		if s.version, ok = unescape(raw, false); !ok || s.version == "" {
			return nil, wrong()
		}
		s.versioned = true
	}
	return s, nil
}

// askCopySource asks for reading the source, under the policy of its bucket.
func (c *call) askCopySource(x *gateway.Exchange) error {
	s, err := parseCopySource(c.amz("X-Amz-Copy-Source"))
	if err != nil {
		return err
	}
	c.source = s
	if s.settings, err = c.g.settings(x.R.Context(), s.bucket); err != nil {
		return err
	}
	if want := c.amz("X-Amz-Source-Expected-Bucket-Owner"); want != "" && want != s.settings.Account {
		return accessDenied("Access Denied")
	}
	s.info, err = c.g.store.Head(x.R.Context(), s.bucket, s.key)
	var missing *object.NoKey
	if err != nil && !errors.As(err, &missing) {
		return err
	}
	c.addCommon(&s.keys, x, s.settings)
	if s.versioned {
		s.keys.Add("s3:versionid", s.version)
	}
	if s.info != nil {
		addTags(&s.keys, existingTag, s.info.Tags)
	}
	s.require(x, "s3:GetObject", "s3:GetObjectVersion")
	return nil
}

// require asks for an action on the source, or its twin for a version.
func (s *copySource) require(x *gateway.Exchange, action, twin string) {
	if s.versioned {
		action = twin
	}
	q := s.settings.question(action, bucketARN+s.bucket+"/"+s.key)
	q.Keys = s.keys.List()
	x.Require(q)
}

// askCopy asks for everything a copy needs on both sides.
func (c *call) askCopy(x *gateway.Exchange) error {
	if err := c.askCopySource(x); err != nil {
		return err
	}
	switch {
	case strings.EqualFold(c.amz("X-Amz-Tagging-Directive"), "REPLACE"):
		if c.hasAmz("X-Amz-Tagging") {
			x.Require(c.question("s3:PutObjectTagging"))
		}
	case c.source.info != nil && len(c.source.info.Tags) > 0:
		c.source.require(x, "s3:GetObjectTagging", "s3:GetObjectVersionTagging")
		x.Require(c.question("s3:PutObjectTagging"))
	}
	c.askACLAndLock(x)
	return c.askIfMatch(x)
}

// openSource checks that the source exists and holds the conditions on it.
func (c *call) openSource(x *gateway.Exchange) (*object.Info, error) {
	s := c.source
	if s.versioned && s.version != "null" {
		return nil, c.missingIn(x, s.settings, noSuchVersion(s.key, s.version), "s3:ListBucketVersions")
	}
	if s.info == nil {
		return nil, c.missingIn(x, s.settings, &object.NoKey{Bucket: s.bucket, Key: s.key}, "s3:ListBucket")
	}
	if judge(s.info, c.amz("X-Amz-Copy-Source-If-Match"), c.amz("X-Amz-Copy-Source-If-None-Match"),
		c.amz("X-Amz-Copy-Source-If-Modified-Since"), c.amz("X-Amz-Copy-Source-If-Unmodified-Since")) != 0 {
		return nil, fail(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	return s.info, nil
}

func directive(v, name string) (replace bool, err error) {
	switch strings.ToUpper(v) {
	case "", "COPY":
		return false, nil
	case "REPLACE":
		return true, nil
	}
	return false, invalidArgument("Unknown "+name+".", "x-amz-"+name, v)
}

func (c *call) copyObject(x *gateway.Exchange) error {
	src, err := c.openSource(x)
	if err != nil {
		return err
	}
	if src.Size > maxPut {
		return invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
	}
	replace, tags, err := c.copyOptions(src)
	if err != nil {
		return err
	}
	p, err := c.precondition()
	if err != nil {
		return err
	}
	info, err := c.g.store.Copy(x.R.Context(), c.source.bucket, c.source.key, src.ETag, c.addr.bucket, c.addr.key, replace, tags, p)
	if err != nil {
		return err
	}
	c.echoEncryption(x)
	if c.source.versioned {
		x.W.Set("X-Amz-Copy-Source-Version-Id", c.source.version)
	}
	d := newDoc("CopyObjectResult", namespace)
	d.time("LastModified", info.Modified)
	d.etag("ETag", info.ETag)
	xmlChecksums(d, info.Checksums)
	c.g.send(x, http.StatusOK, d)
	return nil
}

// copyOptions reads what the copy gets instead of the source's own; nil keeps
// the source's. The tags are always those that the decision was about.
func (c *call) copyOptions(src *object.Info) (*object.PutOptions, *[]object.Tag, error) {
	meta, err := directive(c.amz("X-Amz-Metadata-Directive"), "metadata-directive")
	if err != nil {
		return nil, nil, err
	}
	newTags, err := directive(c.amz("X-Amz-Tagging-Directive"), "tagging-directive")
	if err != nil {
		return nil, nil, err
	}
	o, err := c.writeOptions()
	if err != nil {
		return nil, nil, err
	}
	algorithm, err := c.checksumAlgorithm()
	if err != nil {
		return nil, nil, err
	}
	redirect := o.Headers.WebsiteRedirect
	self := c.source.bucket == c.addr.bucket && c.source.key == c.addr.key
	if self && !meta && !newTags && redirect == "" && algorithm == "" && !c.hasAmz("X-Amz-Storage-Class") && !c.hasAmz("X-Amz-Server-Side-Encryption") {
		return nil, nil, invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing " +
			"the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	tags := src.Tags
	if newTags {
		tags = o.Tags
	}
	o.Tags = nil
	if !meta {
		o.Headers, o.Metadata = src.Headers, src.Metadata
		o.Headers.WebsiteRedirect = redirect // never copied
	}
	o.Checksum.Algorithm = algorithm
	if algorithm == "" && len(src.Checksums) > 0 {
		o.Checksum.Algorithm = src.Checksums[0].Algorithm
	}
	return &o, &tags, nil
}

// checksumAlgorithm reads x-amz-checksum-algorithm.
func (c *call) checksumAlgorithm() (string, error) {
	v := strings.ToLower(c.amz("X-Amz-Checksum-Algorithm"))
	if v != "" && checksumSize(v) == 0 {
		return "", invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	return v, nil
}
