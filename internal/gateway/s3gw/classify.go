package s3gw

import (
	"net/http"
	"strings"

	"github.com/rockpool-id/rockpool/internal/gateway"
)

// level is what the target of a request is.
type level uint8

const (
	onService level = iota
	onBucket
	onObject
)

// operation is one row of the table: which request it is, what it needs and
// what runs it.
type operation struct {
	name   string // the API's name
	method string
	on     level
	sub    string // the query key that selects it, "" for the plain request
	copy   bool   // with x-amz-copy-source
	action string
	twin   string // the action when versionId is given; "" means versionId is not accepted
	params string // the further query keys it takes, separated by spaces
	traits trait
	run    func(*call, *gateway.Exchange) error // nil: known and not implemented

	// keys adds the operation's condition keys, also asks its further questions.
	keys func(*call)
	also func(*call, *gateway.Exchange) error
	// ask replaces the question made from action and target.
	ask func(*call, *gateway.Exchange) error
}

// trait is a set of marks on an operation.
type trait uint8

const (
	signed   trait = 1 << iota // never open to anonymous callers, whatever a policy says
	data                       // a data event although it is not on an object
	existing                   // conditions may look at the stored object's tags
	creates                    // the bucket need not exist
	open                       // neither authenticated nor authorized: a preflight
)

const (
	get, put, post, del, head = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodHead

	listParams     = "prefix delimiter max-keys encoding-type marker"
	listV2Params   = "prefix delimiter max-keys encoding-type start-after continuation-token fetch-owner"
	responseParams = "response-content-type response-content-language response-expires response-cache-control response-content-disposition response-content-encoding"
)

// operations is the table of spec/gateways.md 1.3 to 1.5. A request that
// matches no row is refused.
func operations() []operation {
	return []operation{
		{name: "ListBuckets", method: get, on: onService, action: "s3:ListAllMyBuckets", params: "prefix bucket-region max-buckets continuation-token", traits: signed, run: (*call).listBuckets},

		// Buckets.
		{name: "CreateBucket", method: put, on: onBucket, action: "s3:CreateBucket", traits: signed | creates, ask: (*call).askCreateBucket, run: (*call).createBucket},
		{name: "HeadBucket", method: head, on: onBucket, action: "s3:ListBucket", traits: data, run: (*call).headBucket},
		{name: "DeleteBucket", method: del, on: onBucket, action: "s3:DeleteBucket", traits: signed, run: (*call).deleteBucket},
		{name: "ListObjects", method: get, on: onBucket, action: "s3:ListBucket", params: listParams, traits: data, keys: (*call).listKeys, run: (*call).listObjects},
		{name: "ListObjectsV2", method: get, on: onBucket, sub: "list-type", action: "s3:ListBucket", params: listV2Params, traits: data, keys: (*call).listKeys, run: (*call).listObjectsV2},
		{name: "ListObjectVersions", method: get, on: onBucket, sub: "versions", action: "s3:ListBucketVersions", params: "prefix delimiter max-keys encoding-type key-marker version-id-marker", traits: data, keys: (*call).listKeys, run: (*call).listVersions},
		{name: "ListMultipartUploads", method: get, on: onBucket, sub: "uploads", action: "s3:ListBucketMultipartUploads", params: "prefix delimiter max-uploads encoding-type key-marker upload-id-marker", traits: data, run: (*call).listUploads},
		{name: "DeleteObjects", method: post, on: onBucket, sub: "delete", action: "s3:DeleteObject", twin: "s3:DeleteObjectVersion", traits: data, ask: (*call).askDeleteObjects, run: (*call).deleteObjects},
		{name: "GetBucketLocation", method: get, on: onBucket, sub: "location", action: "s3:GetBucketLocation", run: (*call).getLocation},
		{name: "GetBucketVersioning", method: get, on: onBucket, sub: "versioning", action: "s3:GetBucketVersioning", run: (*call).getVersioning},
		{name: "PutBucketVersioning", method: put, on: onBucket, sub: "versioning", action: "s3:PutBucketVersioning", traits: signed},
		{name: "GetBucketAcl", method: get, on: onBucket, sub: "acl", action: "s3:GetBucketAcl", run: (*call).getACL},
		{name: "PutBucketAcl", method: put, on: onBucket, sub: "acl", action: "s3:PutBucketAcl", traits: signed, keys: (*call).aclKeys, run: (*call).putACL},
		{name: "GetBucketPolicy", method: get, on: onBucket, sub: "policy", action: "s3:GetBucketPolicy", run: (*call).getPolicy},
		{name: "PutBucketPolicy", method: put, on: onBucket, sub: "policy", action: "s3:PutBucketPolicy", traits: signed, run: (*call).putPolicy},
		{name: "DeleteBucketPolicy", method: del, on: onBucket, sub: "policy", action: "s3:DeleteBucketPolicy", traits: signed, run: (*call).deletePolicy},
		{name: "GetBucketPolicyStatus", method: get, on: onBucket, sub: "policyStatus", action: "s3:GetBucketPolicyStatus", run: (*call).getPolicyStatus},
		{name: "GetBucketTagging", method: get, on: onBucket, sub: "tagging", action: "s3:GetBucketTagging", run: (*call).getBucketTagging},
		{name: "PutBucketTagging", method: put, on: onBucket, sub: "tagging", action: "s3:PutBucketTagging", traits: signed, run: (*call).putBucketTagging},
		{name: "DeleteBucketTagging", method: del, on: onBucket, sub: "tagging", action: "s3:PutBucketTagging", traits: signed, run: (*call).deleteBucketTagging},
		{name: "GetBucketCors", method: get, on: onBucket, sub: "cors", action: "s3:GetBucketCORS", run: (*call).getCORS},
		{name: "PutBucketCors", method: put, on: onBucket, sub: "cors", action: "s3:PutBucketCORS", traits: signed, run: (*call).putCORS},
		{name: "DeleteBucketCors", method: del, on: onBucket, sub: "cors", action: "s3:PutBucketCORS", traits: signed, run: (*call).deleteCORS},
		{name: "GetBucketLifecycleConfiguration", method: get, on: onBucket, sub: "lifecycle", action: "s3:GetLifecycleConfiguration", run: (*call).getLifecycle},
		{name: "PutBucketLifecycleConfiguration", method: put, on: onBucket, sub: "lifecycle", action: "s3:PutLifecycleConfiguration", traits: signed},
		{name: "DeleteBucketLifecycle", method: del, on: onBucket, sub: "lifecycle", action: "s3:PutLifecycleConfiguration", traits: signed, run: (*call).nothingToDelete},
		{name: "GetBucketWebsite", method: get, on: onBucket, sub: "website", action: "s3:GetBucketWebsite", run: (*call).getWebsite},
		{name: "PutBucketWebsite", method: put, on: onBucket, sub: "website", action: "s3:PutBucketWebsite", traits: signed},
		{name: "DeleteBucketWebsite", method: del, on: onBucket, sub: "website", action: "s3:DeleteBucketWebsite", traits: signed, run: (*call).nothingToDelete},
		{name: "GetBucketNotificationConfiguration", method: get, on: onBucket, sub: "notification", action: "s3:GetBucketNotification", run: (*call).getNotification},
		{name: "PutBucketNotificationConfiguration", method: put, on: onBucket, sub: "notification", action: "s3:PutBucketNotification", traits: signed},
		{name: "GetBucketEncryption", method: get, on: onBucket, sub: "encryption", action: "s3:GetEncryptionConfiguration", run: (*call).getEncryption},
		{name: "PutBucketEncryption", method: put, on: onBucket, sub: "encryption", action: "s3:PutEncryptionConfiguration", traits: signed},
		{name: "DeleteBucketEncryption", method: del, on: onBucket, sub: "encryption", action: "s3:PutEncryptionConfiguration", traits: signed, run: (*call).nothingToDelete},
		{name: "GetPublicAccessBlock", method: get, on: onBucket, sub: "publicAccessBlock", action: "s3:GetBucketPublicAccessBlock", run: (*call).getPublicAccessBlock},
		{name: "PutPublicAccessBlock", method: put, on: onBucket, sub: "publicAccessBlock", action: "s3:PutBucketPublicAccessBlock", traits: signed, run: (*call).putPublicAccessBlock},
		{name: "DeletePublicAccessBlock", method: del, on: onBucket, sub: "publicAccessBlock", action: "s3:PutBucketPublicAccessBlock", traits: signed, run: (*call).deletePublicAccessBlock},
		{name: "GetBucketOwnershipControls", method: get, on: onBucket, sub: "ownershipControls", action: "s3:GetBucketOwnershipControls", run: (*call).getOwnership},
		{name: "PutBucketOwnershipControls", method: put, on: onBucket, sub: "ownershipControls", action: "s3:PutBucketOwnershipControls", traits: signed, run: (*call).putOwnership},
		{name: "DeleteBucketOwnershipControls", method: del, on: onBucket, sub: "ownershipControls", action: "s3:PutBucketOwnershipControls", traits: signed, run: (*call).deleteOwnership},
		{name: "GetBucketLogging", method: get, on: onBucket, sub: "logging", action: "s3:GetBucketLogging", run: (*call).getLogging},
		{name: "PutBucketLogging", method: put, on: onBucket, sub: "logging", action: "s3:PutBucketLogging", traits: signed},
		{name: "GetBucketReplication", method: get, on: onBucket, sub: "replication", action: "s3:GetReplicationConfiguration", run: (*call).getReplication},
		{name: "PutBucketReplication", method: put, on: onBucket, sub: "replication", action: "s3:PutReplicationConfiguration", traits: signed},
		{name: "DeleteBucketReplication", method: del, on: onBucket, sub: "replication", action: "s3:PutReplicationConfiguration", traits: signed, run: (*call).nothingToDelete},
		{name: "GetBucketIntelligentTieringConfiguration", method: get, on: onBucket, sub: "intelligent-tiering", action: "s3:GetIntelligentTieringConfiguration", params: "id continuation-token"},
		{name: "PutBucketIntelligentTieringConfiguration", method: put, on: onBucket, sub: "intelligent-tiering", action: "s3:PutIntelligentTieringConfiguration", params: "id", traits: signed},
		{name: "DeleteBucketIntelligentTieringConfiguration", method: del, on: onBucket, sub: "intelligent-tiering", action: "s3:PutIntelligentTieringConfiguration", params: "id", traits: signed},
		{name: "GetBucketAnalyticsConfiguration", method: get, on: onBucket, sub: "analytics", action: "s3:GetAnalyticsConfiguration", params: "id continuation-token"},
		{name: "PutBucketAnalyticsConfiguration", method: put, on: onBucket, sub: "analytics", action: "s3:PutAnalyticsConfiguration", params: "id", traits: signed},
		{name: "DeleteBucketAnalyticsConfiguration", method: del, on: onBucket, sub: "analytics", action: "s3:PutAnalyticsConfiguration", params: "id", traits: signed},
		{name: "GetBucketInventoryConfiguration", method: get, on: onBucket, sub: "inventory", action: "s3:GetInventoryConfiguration", params: "id continuation-token"},
		{name: "PutBucketInventoryConfiguration", method: put, on: onBucket, sub: "inventory", action: "s3:PutInventoryConfiguration", params: "id", traits: signed},
		{name: "DeleteBucketInventoryConfiguration", method: del, on: onBucket, sub: "inventory", action: "s3:PutInventoryConfiguration", params: "id", traits: signed},
		{name: "GetBucketMetricsConfiguration", method: get, on: onBucket, sub: "metrics", action: "s3:GetMetricsConfiguration", params: "id continuation-token"},
		{name: "PutBucketMetricsConfiguration", method: put, on: onBucket, sub: "metrics", action: "s3:PutMetricsConfiguration", params: "id", traits: signed},
		{name: "DeleteBucketMetricsConfiguration", method: del, on: onBucket, sub: "metrics", action: "s3:PutMetricsConfiguration", params: "id", traits: signed},
		{name: "GetBucketRequestPayment", method: get, on: onBucket, sub: "requestPayment", action: "s3:GetBucketRequestPayment", run: (*call).getRequestPayment},
		{name: "PutBucketRequestPayment", method: put, on: onBucket, sub: "requestPayment", action: "s3:PutBucketRequestPayment", traits: signed},
		{name: "GetBucketAccelerateConfiguration", method: get, on: onBucket, sub: "accelerate", action: "s3:GetAccelerateConfiguration", run: (*call).getAccelerate},
		{name: "PutBucketAccelerateConfiguration", method: put, on: onBucket, sub: "accelerate", action: "s3:PutAccelerateConfiguration", traits: signed},
		{name: "GetObjectLockConfiguration", method: get, on: onBucket, sub: "object-lock", action: "s3:GetBucketObjectLockConfiguration", run: (*call).getObjectLock},
		{name: "PutObjectLockConfiguration", method: put, on: onBucket, sub: "object-lock", action: "s3:PutBucketObjectLockConfiguration", traits: signed},
		{name: "GetBucketAbac", method: get, on: onBucket, sub: "abac", action: "s3:GetBucketAbac"},
		{name: "PutBucketAbac", method: put, on: onBucket, sub: "abac", action: "s3:PutBucketAbac", traits: signed},

		// Objects.
		{name: "GetObject", method: get, on: onObject, action: "s3:GetObject", twin: "s3:GetObjectVersion", params: "partNumber " + responseParams, traits: existing, run: (*call).getObject},
		{name: "HeadObject", method: head, on: onObject, action: "s3:GetObject", twin: "s3:GetObjectVersion", params: "partNumber " + responseParams, traits: existing, run: (*call).headObject},
		{name: "PutObject", method: put, on: onObject, action: "s3:PutObject", keys: (*call).putKeys, also: (*call).askWriteExtras, run: (*call).putObject},
		{name: "CopyObject", method: put, on: onObject, copy: true, action: "s3:PutObject", keys: (*call).putKeys, also: (*call).askCopy, run: (*call).copyObject},
		{name: "DeleteObject", method: del, on: onObject, action: "s3:DeleteObject", twin: "s3:DeleteObjectVersion", keys: (*call).deleteKeys, also: (*call).askBypass, run: (*call).deleteObject},
		{name: "GetObjectAttributes", method: get, on: onObject, sub: "attributes", action: "s3:GetObject", twin: "s3:GetObjectVersion", traits: existing, also: (*call).askAttributes, run: (*call).getAttributes},
		{name: "GetObjectTorrent", method: get, on: onObject, sub: "torrent", action: "s3:GetObjectTorrent"},
		{name: "SelectObjectContent", method: post, on: onObject, sub: "select", action: "s3:GetObject", params: "select-type", traits: existing},
		{name: "GetObjectAcl", method: get, on: onObject, sub: "acl", action: "s3:GetObjectAcl", twin: "s3:GetObjectVersionAcl", traits: existing, run: (*call).getACL},
		{name: "PutObjectAcl", method: put, on: onObject, sub: "acl", action: "s3:PutObjectAcl", twin: "s3:PutObjectVersionAcl", traits: existing | signed, keys: (*call).aclKeys, run: (*call).putACL},
		{name: "GetObjectTagging", method: get, on: onObject, sub: "tagging", action: "s3:GetObjectTagging", twin: "s3:GetObjectVersionTagging", traits: existing, run: (*call).getObjectTagging},
		{name: "PutObjectTagging", method: put, on: onObject, sub: "tagging", action: "s3:PutObjectTagging", twin: "s3:PutObjectVersionTagging", traits: existing, ask: (*call).askPutTagging, run: (*call).putObjectTagging},
		{name: "DeleteObjectTagging", method: del, on: onObject, sub: "tagging", action: "s3:DeleteObjectTagging", twin: "s3:DeleteObjectVersionTagging", traits: existing, run: (*call).deleteObjectTagging},
		{name: "GetObjectRetention", method: get, on: onObject, sub: "retention", action: "s3:GetObjectRetention", twin: "s3:GetObjectRetention", run: (*call).getObjectLockState},
		{name: "PutObjectRetention", method: put, on: onObject, sub: "retention", action: "s3:PutObjectRetention", twin: "s3:PutObjectRetention"},
		{name: "GetObjectLegalHold", method: get, on: onObject, sub: "legal-hold", action: "s3:GetObjectLegalHold", twin: "s3:GetObjectLegalHold", run: (*call).getObjectLockState},
		{name: "PutObjectLegalHold", method: put, on: onObject, sub: "legal-hold", action: "s3:PutObjectLegalHold", twin: "s3:PutObjectLegalHold"},
		{name: "RestoreObject", method: post, on: onObject, sub: "restore", action: "s3:RestoreObject", twin: "s3:RestoreObject"},
		{name: "UpdateObjectEncryption", method: put, on: onObject, sub: "encryption", action: "s3:UpdateObjectEncryption", twin: "s3:UpdateObjectEncryption"},

		// Multipart uploads.
		{name: "CreateMultipartUpload", method: post, on: onObject, sub: "uploads", action: "s3:PutObject", keys: (*call).putKeys, also: (*call).askWriteExtras, run: (*call).createUpload},
		{name: "UploadPart", method: put, on: onObject, sub: "uploadId", action: "s3:PutObject", params: "partNumber", keys: (*call).partKeys, run: (*call).uploadPart},
		{name: "UploadPartCopy", method: put, on: onObject, sub: "uploadId", copy: true, action: "s3:PutObject", params: "partNumber", keys: (*call).partKeys, also: (*call).askCopySource, run: (*call).uploadPartCopy},
		{name: "CompleteMultipartUpload", method: post, on: onObject, sub: "uploadId", action: "s3:PutObject", keys: (*call).completeKeys, also: (*call).askIfMatch, run: (*call).completeUpload},
		{name: "AbortMultipartUpload", method: del, on: onObject, sub: "uploadId", action: "s3:AbortMultipartUpload", run: (*call).abortUpload},
		{name: "ListParts", method: get, on: onObject, sub: "uploadId", action: "s3:ListMultipartUploadParts", params: "max-parts part-number-marker", run: (*call).listParts},
	}
}

// unserved are the query keys that name a feature without a row: they are
// refused wherever they occur, in any case, and never ignored.
const unserved = "annotation annotations metadataConfiguration metadataTable metadataInventoryTable metadataJournalTable session renameObject " +
	"append comp publicAccess resourcePolicy"

// table finds rows.
type table struct {
	rows  map[rowKey]*operation
	subs  map[string]bool // query keys that select an operation
	exact map[string]bool // every query key of the table
	lower map[string]bool // the same and the unserved ones, in lower case
}

type rowKey struct {
	method string
	on     level
	sub    string
	copy   bool
}

func newTable() table {
	t := table{rows: map[rowKey]*operation{}, subs: map[string]bool{}, exact: map[string]bool{"versionId": true}, lower: map[string]bool{}}
	list := operations()
	for i := range list {
		op := &list[i]
		t.rows[rowKey{op.method, op.on, op.sub, op.copy}] = op
		if op.sub != "" {
			t.subs[op.sub] = true
			t.exact[op.sub] = true
		}
		for p := range strings.FieldsSeq(op.params) {
			t.exact[p] = true
		}
	}
	for name := range t.exact {
		t.lower[strings.ToLower(name)] = true
	}
	for name := range strings.FieldsSeq(unserved) {
		t.lower[strings.ToLower(name)] = true
	}
	return t
}

// Classify says which operation a request is, from method, target and headers.
func (g *Gateway) Classify(x *gateway.Exchange) (gateway.Call, error) {
	r := x.R
	path, rawQuery := target(r)
	c := &call{g: g, now: x.Now}
	if err := c.query.parse(rawQuery); err != nil {
		return nil, err
	}
	var err error
	if c.addr, err = g.hosts.locate(r, path); err != nil {
		return nil, err
	}
	switch {
	case c.addr.other != "":
		return nil, operationNotImplemented("requests to a " + c.addr.other)
	case c.addr.website:
		return nil, operationNotImplemented("website endpoints")
	case c.addr.bucket == "" && c.addr.key != "":
		return nil, invalidBucketName("")
	case c.addr.bucket != "" && !validBucket(c.addr.bucket):
		return nil, invalidBucketName(c.addr.bucket)
	}
	if r.Method == http.MethodOptions {
		c.op = &operation{name: "PreflightRequest", method: r.Method, on: onBucket, traits: open | data, run: (*call).preflight}
		return c, nil
	}
	if c.refusal = c.readHeaders(r); c.refusal == nil {
		c.refusal = c.classify(r)
	}
	if c.refusal != nil {
		// A refusal carries the bucket's CORS headers too, so it waits for Locate.
		c.op = &operation{name: "Unknown", method: r.Method, on: c.level()}
	}
	return c, nil
}

func (c *call) level() level {
	switch {
	case c.addr.bucket == "":
		return onService
	case c.addr.key != "":
		return onObject
	}
	return onBucket
}

// classify finds the row of the table.
func (c *call) classify(r *http.Request) error {
	on := c.level()
	sub, err := c.subresource()
	if err != nil {
		return err
	}
	if strings.HasPrefix(r.URL.Path, "/v20180820/") && r.Header["X-Amz-Account-Id"] != nil {
		return operationNotImplemented("S3 Control")
	}
	if on == onBucket && r.Method == post && sub == "" {
		return operationNotImplemented("POST uploads from HTML forms")
	}
	if on == onObject && r.Method == post && c.addr.bucket == "WriteGetObjectResponse" {
		return operationNotImplemented("WriteGetObjectResponse")
	}
	copying := on == onObject && r.Method == put && c.amz("X-Amz-Copy-Source") != "" && (sub == "" || sub == "uploadId")
	op, ok := c.g.table.rows[rowKey{r.Method, on, sub, copying}]
	if !ok {
		if sub != "" {
			return methodNotAllowed(r.Method, strings.ToUpper(sub))
		}
		return methodNotAllowed(r.Method, [...]string{onService: "SERVICE", onBucket: "BUCKET", onObject: "OBJECT"}[on])
	}
	c.op = op
	return c.checkParams(r)
}

// subresource returns the one query key that selects an operation. Two are
// ambiguous and refused.
func (c *call) subresource() (string, error) {
	sub := ""
	for _, p := range c.query.list {
		if !c.g.table.subs[p.name] {
			continue
		}
		if sub != "" {
			return "", invalidArgument("Conflicting query string parameters: "+sub+", "+p.name, "ResourceType", p.name)
		}
		sub = p.name
	}
	return sub, nil
}

// checkParams refuses every query key the operation does not take. An unknown
// key never falls through to the plain operation, because it may be a
// sub-resource younger than this table; only a reading request for an object
// may carry a foreign key with a value, which web pages use to defeat caches.
func (c *call) checkParams(r *http.Request) error {
	for _, p := range c.query.list {
		switch {
		case p.name != "" && p.name == c.op.sub, takes(c.op.params, p.name):
		case p.name == "versionId" && c.op.twin != "" && c.op.on == onObject:
			c.versioned, c.version = true, p.value
			if p.value == "" {
				return invalidArgument("Version id cannot be the empty string", "versionId", "")
			}
		case len(p.name) >= 6 && strings.EqualFold(p.name[:6], "x-amz-"):
			if !c.presigned() {
				return operationNotImplemented("the query parameter " + p.name)
			}
		case len(p.name) >= 2 && strings.EqualFold(p.name[:2], "x-"):
			// S3 ignores keys that begin with x- and only logs them; SDKs add x-id.
		case c.g.table.exact[p.name]:
			return invalidArgument("The query parameter "+p.name+" does not go with "+c.op.name, p.name, p.value)
		case c.g.table.lower[strings.ToLower(p.name)]:
			return operationNotImplemented("the query parameter " + p.name)
		case c.op.on == onObject && c.op.sub == "" && (r.Method == get || r.Method == head) && p.value != "":
		default:
			return operationNotImplemented("the query parameter " + p.name)
		}
	}
	if c.op.sub == "list-type" && c.query.value("list-type") != "2" {
		return invalidArgument("Invalid List Type specified in Request", "list-type", c.query.value("list-type"))
	}
	return nil
}

// takes reports whether name is one of the words of list.
func takes(list, name string) bool {
	for list != "" {
		var word string
		word, list, _ = strings.Cut(list, " ")
		if word == name {
			return true
		}
	}
	return false
}
