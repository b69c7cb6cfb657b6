package s3gw

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
)

// call is one S3 request on its way.
type call struct {
	g      *Gateway
	op     *operation
	addr   address
	query  query
	header http.Header
	now    time.Time

	refusal   error  // why the request matches no operation
	versioned bool   // versionId was given
	version   string // and its value
	// unsupported is a header that asks for something not implemented; it is
	// refused once the caller is known to be allowed.
	unsupported string

	bucket *settings // nil on the service and for a bucket to be created
	arn    string    // of the target
	keys   gateway.Keys
	// tags are the stored object's, when a condition looked at them.
	tags     []object.Tag
	tagsRead bool
	source   *copySource
	batch    []deleteEntry
	quiet    bool
	body     []byte // read before the decision, when the decision needed it
	newTags  []object.Tag
	create   createBucket

	resources [2]audit.Resource // of the audit record
}

// Operation names the call.
func (c *call) Operation() gateway.Operation {
	return gateway.Operation{
		Name:       c.op.name,
		ReadOnly:   c.op.method == get || c.op.method == head || c.op.traits&open != 0,
		Management: c.op.on != onObject && c.op.traits&data == 0,
		Open:       c.op.traits&open != 0,
	}
}

// Locate loads the bucket and sets the headers every answer carries.
func (c *call) Locate(x *gateway.Exchange) error {
	c.g.stamp(x)
	origin := x.R.Header.Get("Origin")
	if c.op.on == onService {
		if origin != "" {
			c.actualCORS(x, origin)
		}
		return c.refusal
	}
	s, err := c.g.settings(x.R.Context(), c.addr.bucket)
	if err == nil {
		c.bucket = s
	} else if _, missing := errors.AsType[*object.NoBucket](err); !missing {
		return err
	}
	if origin != "" && c.op.traits&open == 0 {
		c.actualCORS(x, origin)
	} else if c.bucket != nil && len(c.bucket.cors) > 0 {
		// With an Origin the answer would have other headers: a cache that kept
		// this one for a page's fetch would hide it from the page.
		x.W.Set("Vary", varyCORS)
	}
	if c.refusal != nil {
		return c.refusal
	}
	c.query.settle(x.Auth)
	if c.versioned {
		c.version = c.query.value("versionId")
	}
	if c.bucket == nil {
		if c.op.traits&(creates|open) != 0 {
			return nil
		}
		return noSuchBucket(c.addr.bucket)
	}
	if c.op.name == "HeadBucket" {
		x.W.Set("X-Amz-Bucket-Region", s.Region)
	}
	if want := c.amz("X-Amz-Expected-Bucket-Owner"); want != "" && want != s.Account {
		return accessDenied("Access Denied")
	}
	return nil
}

// Questions asks for the operation's action on its target, and for what else
// the operation needs.
func (c *call) Questions(x *gateway.Exchange) error {
	if c.op.traits&signed != 0 && x.Caller.Anonymous() {
		return accessDenied("Access Denied")
	}
	c.commonKeys(x)
	if c.op.ask != nil {
		return c.op.ask(c, x)
	}
	if err := c.askTarget(x); err != nil {
		return err
	}
	if c.op.also != nil {
		return c.op.also(c, x)
	}
	return nil
}

// askTarget asks for the operation's action on its target.
func (c *call) askTarget(x *gateway.Exchange) error {
	if c.versioned {
		c.keys.Add("s3:versionid", c.version)
	}
	if c.op.keys != nil {
		c.op.keys(c)
	}
	q := c.question(c.action())
	if c.op.traits&existing != 0 && x.Mentions(&q.Request, existingTagFolded) {
		tags, err := c.storedTags(x, c.addr.bucket, c.addr.key)
		if err != nil {
			return err
		}
		c.tags, c.tagsRead = tags, true
		addTags(&c.keys, existingTag, tags)
		q.Keys = c.keys.List()
	}
	x.Require(q)
	return nil
}

// action is the operation's action, or its twin for a version.
func (c *call) action() string {
	if c.versioned {
		return c.op.twin
	}
	return c.op.action
}

// question makes the question for an action on the target, with the keys
// collected so far.
func (c *call) question(action string) gateway.Question {
	if c.bucket == nil {
		return gateway.Question{Request: authz.Request{Action: action, Resource: c.resource(), Keys: c.keys.List()}}
	}
	q := c.bucket.question(action, c.resource())
	q.Keys = c.keys.List()
	return q
}

// resource is the ARN of the target, "*" for the service.
func (c *call) resource() string {
	if c.arn == "" {
		switch c.op.on {
		case onService:
			c.arn = "*"
		case onBucket:
			if c.bucket != nil {
				c.arn = c.bucket.arn
			} else {
				c.arn = bucketARN + c.addr.bucket
			}
		case onObject:
			c.arn = bucketARN + c.addr.bucket + "/" + c.addr.key
		}
	}
	return c.arn
}

const bucketARN = "arn:aws:s3:::"

// Forward runs the operation.
func (c *call) Forward(x *gateway.Exchange) error {
	switch {
	case c.op.run == nil:
		return operationNotImplemented(c.op.name)
	case c.unsupported != "":
		return notImplemented(c.unsupported)
	}
	return c.op.run(c, x)
}

// Record names the bucket and the object in the audit event.
func (c *call) Record(_ *gateway.Exchange, e *audit.Event) {
	if c.addr.bucket == "" {
		return
	}
	r := audit.Resource{Type: "AWS::S3::Bucket"}
	var name any
	if c.bucket != nil {
		r.ARN, r.Account, name = c.bucket.arn, c.bucket.Account, c.bucket.boxed
	} else {
		r.ARN, name = bucketARN+c.addr.bucket, c.addr.bucket
	}
	e.Request["bucketName"] = name
	if c.op.on == onObject {
		c.resources[0] = audit.Resource{Type: "AWS::S3::Object", ARN: c.resource()}
		c.resources[1] = r
		e.Resources = c.resources[:]
		e.Request["key"] = c.addr.key
	} else {
		c.resources[0] = r
		e.Resources = c.resources[:1]
	}
	if c.versioned {
		e.Request["versionId"] = c.version
	}
	if len(c.batch) > 0 {
		e.Request["keys"] = len(c.batch)
	}
}

// amz returns an x-amz-* header, trimmed. A presigned URL may carry it in its
// query instead, where presigners of the SDKs put it; both at once were refused
// when the headers were read.
func (c *call) amz(canonical string) string {
	if vs := c.header[canonical]; len(vs) > 0 {
		return strings.TrimSpace(vs[0])
	}
	if len(c.query.list) > 0 && c.presigned() {
		v, _ := c.query.getFold(canonical)
		return strings.TrimSpace(v)
	}
	return ""
}

// hasAmz reports whether an x-amz-* header was given at all.
func (c *call) hasAmz(canonical string) bool {
	if len(c.header[canonical]) > 0 {
		return true
	}
	if len(c.query.list) == 0 || !c.presigned() {
		return false
	}
	_, ok := c.query.getFold(canonical)
	return ok
}

// presigned reports whether the query claims to be a presigned URL.
func (c *call) presigned() bool { return c.query.has("X-Amz-Signature") }

// readHeaders refuses repeated headers that decide something, and notes the
// x-amz-* headers of a writing request that this gateway does not know: they
// may be conditions or features, and ignoring one would do something else than
// was asked.
func (c *call) readHeaders(r *http.Request) error {
	c.header = r.Header
	writes := r.Method != get && r.Method != head
	for name, values := range r.Header {
		amz := strings.HasPrefix(name, "X-Amz-")
		if len(values) > 1 && (amz && !strings.HasPrefix(name, metaPrefix) || decisive(name)) {
			return invalidArgument("The header "+strings.ToLower(name)+" must be given only once.", strings.ToLower(name), values[1])
		}
		if amz && writes && c.unsupported == "" && !knownHeader(name[len("X-Amz-"):]) {
			c.unsupported = strings.ToLower(name)
		}
	}
	if !c.presigned() {
		return nil
	}
	for _, p := range c.query.list {
		if len(p.name) < 6 || !strings.EqualFold(p.name[:6], "x-amz-") {
			continue
		}
		name := http.CanonicalHeaderKey(p.name)
		if r.Header[name] != nil && name != "X-Amz-Content-Sha256" && name != "X-Amz-Date" && name != "X-Amz-Security-Token" &&
			!strings.HasPrefix(name, "X-Amz-Checksum-") {
			return invalidArgument("The parameter "+p.name+" was given in the query and as a header.", p.name, p.value)
		}
		if writes && c.unsupported == "" && !knownHeader(name[len("X-Amz-"):]) {
			c.unsupported = strings.ToLower(name)
		}
	}
	return nil
}

const metaPrefix = "X-Amz-Meta-"

// decisive reports whether a standard header may occur only once.
func decisive(name string) bool {
	switch name {
	case "Content-Md5", "Content-Type", "Content-Length", "Range", "If-Match", "If-None-Match",
		"If-Modified-Since", "If-Unmodified-Since", "If-Range", "Origin", "Expires":
		return true
	}
	return false
}

// knownHeader reports whether the gateway knows an x-amz-* header by the rest
// of its name: it obeys it, refuses it elsewhere, or may ignore it.
func knownHeader(rest string) bool {
	switch rest {
	case "Acl", "Grant-Read", "Grant-Write", "Grant-Read-Acp", "Grant-Write-Acp", "Grant-Full-Control",
		"Content-Sha256", "Date", "Security-Token", "Decoded-Content-Length", "Trailer", "Sdk-Checksum-Algorithm",
		"Algorithm", "Credential", "Signature", "Signedheaders", "Expires",
		"Expected-Bucket-Owner", "Source-Expected-Bucket-Owner", "Request-Payer", "Mfa", "User-Agent", "Cf-Id", "Te",
		"Storage-Class", "Tagging", "Tagging-Directive", "Metadata-Directive", "Website-Redirect-Location",
		"Copy-Source", "Copy-Source-Range", "Copy-Source-If-Match", "Copy-Source-If-None-Match",
		"Copy-Source-If-Modified-Since", "Copy-Source-If-Unmodified-Since",
		"Server-Side-Encryption", "Server-Side-Encryption-Aws-Kms-Key-Id", "Server-Side-Encryption-Customer-Algorithm",
		"Object-Lock-Mode", "Object-Lock-Retain-Until-Date", "Object-Lock-Legal-Hold", "Bypass-Governance-Retention",
		"Object-Ownership", "Bucket-Object-Lock-Enabled", "Confirm-Remove-Self-Bucket-Access",
		"Checksum-Algorithm", "Checksum-Type", "Checksum-Mode", "Mp-Object-Size", "Object-Attributes", "Max-Parts", "Part-Number-Marker",
		"Optional-Object-Attributes", "Transition-Default-Minimum-Object-Size":
		return true
	}
	return strings.HasPrefix(rest, "Meta-") || strings.HasPrefix(rest, "Checksum-")
}
