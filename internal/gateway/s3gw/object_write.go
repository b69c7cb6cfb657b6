package s3gw

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/sigv4"
)

// maxMetadata is the most bytes of user metadata, names and values together.
const maxMetadata = 2048

// askWriteExtras asks for what a write needs beyond s3:PutObject
// (spec/gateways.md 1.6).
func (c *call) askWriteExtras(x *gateway.Exchange) error {
	if c.hasAmz("X-Amz-Tagging") {
		x.Require(c.question("s3:PutObjectTagging"))
	}
	c.askACLAndLock(x)
	return c.askIfMatch(x)
}

func (c *call) askACLAndLock(x *gateway.Exchange) {
	if c.givesACL() {
		x.Require(c.question("s3:PutObjectAcl"))
	}
	if c.hasAmz("X-Amz-Object-Lock-Mode") || c.hasAmz("X-Amz-Object-Lock-Retain-Until-Date") {
		x.Require(c.question("s3:PutObjectRetention"))
	}
	if c.hasAmz("X-Amz-Object-Lock-Legal-Hold") {
		x.Require(c.question("s3:PutObjectLegalHold"))
	}
}

// askIfMatch asks for s3:GetObject: a write that succeeds only on a certain
// ETag tells which ETag the object has.
func (c *call) askIfMatch(x *gateway.Exchange) error {
	if len(c.header["If-Match"]) > 0 {
		x.Require(c.question("s3:GetObject"))
	}
	return nil
}

// checkWrite refuses the features of a write that do not exist here, after the
// caller is known to be allowed.
func (c *call) checkWrite() error {
	if err := c.checkACL(); err != nil {
		return err
	}
	switch sse := c.amz("X-Amz-Server-Side-Encryption"); sse {
	case "", "AES256":
	case "aws:kms", "aws:kms:dsse":
		return notImplemented("x-amz-server-side-encryption")
	default:
		return invalidArgument("The encryption method specified is not supported", "x-amz-server-side-encryption", sse)
	}
	for _, h := range [...]string{"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "X-Amz-Server-Side-Encryption-Customer-Algorithm"} {
		if c.hasAmz(h) {
			return notImplemented(strings.ToLower(h))
		}
	}
	for _, h := range [...]string{"X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date", "X-Amz-Object-Lock-Legal-Hold"} {
		if c.hasAmz(h) {
			return invalidRequest("Bucket is missing Object Lock Configuration")
		}
	}
	return nil
}

// writeOptions reads what an object is created with from the headers.
func (c *call) writeOptions() (object.PutOptions, error) {
	var o object.PutOptions
	if err := c.checkWrite(); err != nil {
		return o, err
	}
	var err error
	if o.StorageClass, err = c.storageClass(); err != nil {
		return o, err
	}
	if o.Metadata, err = c.metadata(); err != nil {
		return o, err
	}
	if c.hasAmz("X-Amz-Tagging") {
		if o.Tags, err = parseTagHeader(c.amz("X-Amz-Tagging")); err != nil {
			return o, err
		}
	}
	if o.Headers, err = c.contentOf(); err != nil {
		return o, err
	}
	o.Size = -1
	return o, nil
}

func (c *call) contentOf() (object.Headers, error) {
	h := object.Headers{
		ContentType:        first(c.header["Content-Type"]),
		ContentEncoding:    sigv4.StoredEncoding(strings.Join(c.header["Content-Encoding"], ",")),
		ContentDisposition: strings.Join(c.header["Content-Disposition"], ","),
		ContentLanguage:    strings.Join(c.header["Content-Language"], ","),
		CacheControl:       strings.Join(c.header["Cache-Control"], ","),
		Expires:            first(c.header["Expires"]),
		WebsiteRedirect:    c.amz("X-Amz-Website-Redirect-Location"),
	}
	if r := h.WebsiteRedirect; r != "" && !strings.HasPrefix(r, "/") && !strings.HasPrefix(r, "http://") && !strings.HasPrefix(r, "https://") {
		return h, fail(http.StatusBadRequest, "InvalidRedirectLocation",
			"The website redirect location must have a prefix of 'http://' or 'https://' or '/'.", Field{"WebsiteRedirectLocation", r})
	}
	return h, nil
}

// storageClass accepts the classes whose objects can be read at once; the others
// promise a cold tier that does not exist here.
func (c *call) storageClass() (string, error) {
	switch v := c.amz("X-Amz-Storage-Class"); v {
	case "", "STANDARD":
		return "", nil
	case "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR":
		return v, nil
	default:
		return "", fail(http.StatusBadRequest, "InvalidStorageClass", "The storage class you specified is not valid", Field{"StorageClassRequested", v})
	}
}

// metadata reads x-amz-meta-*.
func (c *call) metadata() (map[string]string, error) {
	var m map[string]string
	size := 0
	for name := range c.amzNames() {
		rest, ok := strings.CutPrefix(name, metaPrefix)
		if !ok {
			continue
		}
		value := c.amz(name)
		if vs := c.header[name]; len(vs) > 1 {
			value = strings.Join(vs, ",")
		}
		rest = strings.ToLower(rest)
		if size += len(rest) + len(value); size > maxMetadata {
			return nil, fail(http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
				Field{"Size", itoa(int64(size))}, Field{"MaxSizeAllowed", itoa(maxMetadata)})
		}
		if m == nil {
			m = map[string]string{}
		}
		m[rest] = value
	}
	return m, nil
}

// precondition reads If-Match and If-None-Match of a write.
func (c *call) precondition() (object.Precondition, error) {
	var p object.Precondition
	if v := first(c.header["If-Match"]); v != "" {
		p.IfMatch = unquote(v)
	}
	if v := first(c.header["If-None-Match"]); v != "" {
		// S3 knows only the star here.
		if v != "*" || p.IfMatch != "" {
			return p, notImplemented("If-None-Match")
		}
		p.IfNoneMatch = true
	}
	return p, nil
}

func (c *call) putObject(x *gateway.Exchange) error {
	o, err := c.writeOptions()
	if err != nil {
		return err
	}
	if o.Precondition, err = c.precondition(); err != nil {
		return err
	}
	body, err := c.payload(x, &o)
	if err != nil {
		return err
	}
	info, err := c.g.store.Put(x.R.Context(), c.addr.bucket, c.addr.key, body, o)
	if err != nil {
		return err
	}
	x.W.Set("ETag", `"`+info.ETag+`"`)
	setChecksums(x, info.Checksums)
	c.echoEncryption(x)
	c.g.empty(x, http.StatusOK)
	return nil
}

// echoEncryption repeats the encryption that a write asked for.
func (c *call) echoEncryption(x *gateway.Exchange) {
	setSome(x, "X-Amz-Server-Side-Encryption", c.amz("X-Amz-Server-Side-Encryption"))
}

// askBypass asks for the right to bypass governance mode when the request
// claims it.
func (c *call) askBypass(x *gateway.Exchange) error {
	if strings.EqualFold(c.amz("X-Amz-Bypass-Governance-Retention"), "true") {
		x.Require(c.question("s3:BypassGovernanceRetention"))
	}
	return nil
}

func (c *call) deleteObject(x *gateway.Exchange) error {
	if err := c.checkVersion(x); err != nil {
		return err
	}
	var p object.Precondition
	if v := first(c.header["If-Match"]); v != "" {
		p.IfMatch = unquote(v)
	}
	if slices.ContainsFunc([]string{"If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}, func(h string) bool { return len(c.header[h]) > 0 }) {
		// Ignoring a condition would delete what the client wanted kept.
		return notImplemented("conditions other than If-Match on DELETE")
	}
	if err := c.g.store.Delete(x.R.Context(), c.addr.bucket, c.addr.key, p); err != nil {
		return c.missing(x, err)
	}
	if c.versioned {
		x.W.Set("X-Amz-Version-Id", c.version)
	}
	c.g.empty(x, http.StatusNoContent)
	return nil
}
