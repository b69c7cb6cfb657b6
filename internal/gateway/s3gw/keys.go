package s3gw

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/sigv4"
)

// existingTag begins the keys of the stored object's tags; the folded form is
// what policies are asked for, because lower case needs no folding.
const (
	existingTag       = "s3:ExistingObjectTag/"
	existingTagFolded = "s3:existingobjecttag/"
)

// commonKeys adds the keys of every S3 action (spec/gateways.md 1.2).
func (c *call) commonKeys(x *gateway.Exchange) { c.addCommon(&c.keys, x, c.bucket) }

// addCommon adds them to k for a question about bucket s, from the signature as
// it was verified and from the connection.
func (c *call) addCommon(k *gateway.Keys, x *gateway.Exchange, s *settings) {
	if a := x.Auth; a != nil {
		if a.Form == sigv4.Query {
			k.Add("s3:authType", "REST-QUERY-STRING")
		} else {
			k.Add("s3:authType", "REST-HEADER")
		}
		k.Add("s3:signatureversion", sigv4.Algorithm)
		k.Add("s3:signatureAge", strconv.FormatInt(x.Now.Sub(a.Time).Milliseconds(), 10))
	}
	// AWS defines the key for every action but those on the object lock of a bucket.
	if h := c.header["X-Amz-Content-Sha256"]; len(h) == 1 && c.op.sub != "object-lock" {
		k.Add("s3:x-amz-content-sha256", strings.TrimSpace(h[0]))
	}
	if s != nil {
		k.Add("s3:ResourceAccount", s.Account)
	}
	if x.Network.TLS && x.Network.TLSVersion != "" {
		k.Add("s3:TlsVersion", x.Network.TLSVersion)
	}
}

// addHeader adds a key whose value is a header's, when it was given.
func (c *call) addHeader(key, header string) {
	if c.hasAmz(header) {
		c.keys.Add(key, c.amz(header))
	}
}

// listKeys adds what a listing is limited to. s3:prefix exists only when the
// parameter does; s3:max-keys always.
func (c *call) listKeys() {
	if v, ok := c.query.get("prefix"); ok {
		c.keys.Add("s3:prefix", v)
	}
	if v, ok := c.query.get("delimiter"); ok {
		c.keys.Add("s3:delimiter", v)
	}
	v, ok := c.query.get("max-keys")
	if !ok || v == "" {
		v = "1000"
	}
	c.keys.Add("s3:max-keys", v)
}

// aclKeys adds the canned ACL and the grants of the headers.
func (c *call) aclKeys() {
	c.addHeader("s3:x-amz-acl", "X-Amz-Acl")
	c.addHeader("s3:x-amz-grant-read", "X-Amz-Grant-Read")
	c.addHeader("s3:x-amz-grant-write", "X-Amz-Grant-Write")
	c.addHeader("s3:x-amz-grant-read-acp", "X-Amz-Grant-Read-Acp")
	c.addHeader("s3:x-amz-grant-write-acp", "X-Amz-Grant-Write-Acp")
	c.addHeader("s3:x-amz-grant-full-control", "X-Amz-Grant-Full-Control")
	if c.op.on == onObject {
		c.addHeader("s3:x-amz-storage-class", "X-Amz-Storage-Class")
	}
}

// putKeys adds the keys of a write that makes an object (spec/gateways.md 1.6).
func (c *call) putKeys() {
	c.aclKeys()
	if c.source != nil || c.op.copy {
		if s, ok := unescape(c.amz("X-Amz-Copy-Source"), false); ok {
			c.keys.Add("s3:x-amz-copy-source", s)
		}
		c.addHeader("s3:x-amz-metadata-directive", "X-Amz-Metadata-Directive")
	}
	c.encryptionKeys()
	c.addHeader("s3:x-amz-website-redirect-location", "X-Amz-Website-Redirect-Location")
	c.addHeader("s3:object-lock-mode", "X-Amz-Object-Lock-Mode")
	c.addHeader("s3:object-lock-retain-until-date", "X-Amz-Object-Lock-Retain-Until-Date")
	if until, err := time.Parse(time.RFC3339, c.amz("X-Amz-Object-Lock-Retain-Until-Date")); err == nil {
		c.keys.Add("s3:object-lock-remaining-retention-days", remainingDays(until, c.now))
	}
	c.addHeader("s3:object-lock-legal-hold", "X-Amz-Object-Lock-Legal-Hold")
	c.requestTags()
	c.conditionKeys()
	creation := "true"
	if c.op.sub == "uploads" {
		creation = "false" // the object appears with CompleteMultipartUpload
	}
	c.keys.Add("s3:ObjectCreationOperation", creation)
}

func (c *call) encryptionKeys() {
	c.addHeader("s3:x-amz-server-side-encryption", "X-Amz-Server-Side-Encryption")
	c.addHeader("s3:x-amz-server-side-encryption-aws-kms-key-id", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	c.addHeader("s3:x-amz-server-side-encryption-customer-algorithm", "X-Amz-Server-Side-Encryption-Customer-Algorithm")
}

// requestTags adds the tags of the x-amz-tagging header. Tags that cannot be
// read add nothing; the operation then refuses the header.
func (c *call) requestTags() {
	if !c.hasAmz("X-Amz-Tagging") {
		return
	}
	tags, err := parseTagHeader(c.amz("X-Amz-Tagging"))
	if err == nil {
		c.addRequestTags(tags)
	}
}

func (c *call) addRequestTags(tags []object.Tag) {
	addTags(&c.keys, "s3:RequestObjectTag/", tags)
	if len(tags) == 0 {
		return
	}
	names := make([]string, len(tags))
	for i, t := range tags {
		names[i] = t.Key
	}
	c.keys.AddMulti("s3:RequestObjectTagKeys", names)
}

func (c *call) conditionKeys() {
	if v := c.header["If-Match"]; len(v) == 1 {
		c.keys.Add("s3:if-match", strings.TrimSpace(v[0]))
	}
	if v := c.header["If-None-Match"]; len(v) == 1 {
		c.keys.Add("s3:if-none-match", strings.TrimSpace(v[0]))
	}
}

// partKeys adds the keys of a part.
func (c *call) partKeys() {
	c.addHeader("s3:x-amz-server-side-encryption-customer-algorithm", "X-Amz-Server-Side-Encryption-Customer-Algorithm")
	if c.op.copy {
		if s, ok := unescape(c.amz("X-Amz-Copy-Source"), false); ok {
			c.keys.Add("s3:x-amz-copy-source", s)
		}
	}
	c.keys.Add("s3:ObjectCreationOperation", "false")
}

// completeKeys adds the keys of the request that makes the object appear.
func (c *call) completeKeys() {
	c.conditionKeys()
	c.keys.Add("s3:ObjectCreationOperation", "true")
}

func (c *call) deleteKeys() {
	if v := c.header["If-Match"]; len(v) == 1 && !c.versioned {
		c.keys.Add("s3:if-match", strings.TrimSpace(v[0]))
	}
}

// addTags adds one key per tag.
func addTags(k *gateway.Keys, prefix string, tags []object.Tag) {
	for _, t := range tags {
		k.Add(prefix+t.Key, t.Value)
	}
}

// remainingDays is s3:object-lock-remaining-retention-days.
func remainingDays(until, now time.Time) string {
	return strconv.Itoa(int(math.Ceil(until.Sub(now).Hours() / 24)))
}
