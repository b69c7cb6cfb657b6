package s3gw

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/gateway/gatewaytest"
)

// common are the keys every signed question carries; the table leaves them out.
var common = []string{"s3:authType", "s3:signatureversion", "s3:signatureAge", "s3:x-amz-content-sha256", "s3:ResourceAccount"}

// tuple prints a question: action, resource without its ARN prefix, own keys.
func tuple(q authz.Request) string {
	s := strings.TrimPrefix(q.Action, "s3:") + " " + strings.TrimPrefix(q.Resource, bucketARN)
	for _, k := range q.Keys {
		if !slices.Contains(common, k.Name) {
			s += " " + strings.TrimPrefix(k.Name, "s3:") + "=" + strings.Join(k.Values, ",")
		}
	}
	return s
}

// TestTuples is the table of spec/gateways.md 1.3 to 1.6: what each operation
// asks for. Every row of the operation table must occur.
func TestTuples(t *testing.T) {
	d := &gatewaytest.Decider{Allow: gatewaytest.Everything}
	e := newEnv(t, d)
	e.bucket("bbb")
	e.bucket("ccc")
	e.put("/bbb/k", "data")
	e.must(e.root, request{method: put, target: "/bbb/tagged", body: "x", header: map[string]string{"X-Amz-Tagging": "team=red&cost=1"}})
	upload := e.must(e.root, request{method: post, target: "/bbb/k?uploads"}).elem("UploadId")

	tagBody := "<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>"
	h := func(kv ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	const sum = "x-amz-checksum-crc32"
	tests := []struct {
		op     string
		method string
		target string
		header map[string]string
		body   string
		want   []string
	}{
		{"ListBuckets", get, "/?x-id=ListBuckets", nil, "", []string{"ListAllMyBuckets *"}},
		{"ListBuckets", get, "/?prefix=a&max-buckets=3", nil, "", []string{"ListAllMyBuckets *"}},
		{"CreateBucket", put, "/new", nil, "", []string{"CreateBucket new"}},
		{"CreateBucket", put, "/new", h("X-Amz-Acl", "public-read", "X-Amz-Object-Ownership", "ObjectWriter", "X-Amz-Bucket-Object-Lock-Enabled", "true"),
			"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint><Tags><Tag><Key>a</Key><Value>1</Value></Tag></Tags></CreateBucketConfiguration>",
			[]string{
				"CreateBucket new locationconstraint=eu-west-1 x-amz-acl=public-read x-amz-object-ownership=ObjectWriter aws:RequestTag/a=1 aws:TagKeys=a",
				"PutBucketAcl new locationconstraint=eu-west-1 x-amz-acl=public-read x-amz-object-ownership=ObjectWriter aws:RequestTag/a=1 aws:TagKeys=a",
				"PutBucketObjectLockConfiguration new locationconstraint=eu-west-1 x-amz-acl=public-read x-amz-object-ownership=ObjectWriter aws:RequestTag/a=1 aws:TagKeys=a",
				"PutBucketVersioning new locationconstraint=eu-west-1 x-amz-acl=public-read x-amz-object-ownership=ObjectWriter aws:RequestTag/a=1 aws:TagKeys=a",
				"PutBucketOwnershipControls new locationconstraint=eu-west-1 x-amz-acl=public-read x-amz-object-ownership=ObjectWriter aws:RequestTag/a=1 aws:TagKeys=a",
				"TagResource new locationconstraint=eu-west-1 x-amz-acl=public-read x-amz-object-ownership=ObjectWriter aws:RequestTag/a=1 aws:TagKeys=a",
			}},
		{"HeadBucket", head, "/bbb", nil, "", []string{"ListBucket bbb"}},
		{"DeleteBucket", del, "/ccc", nil, "", []string{"DeleteBucket ccc"}},
		{"ListObjects", get, "/bbb", nil, "", []string{"ListBucket bbb max-keys=1000"}},
		{"ListObjects", get, "/bbb?prefix=&delimiter=/&max-keys=7&marker=a", nil, "", []string{"ListBucket bbb prefix= delimiter=/ max-keys=7"}},
		{"ListObjectsV2", get, "/bbb?list-type=2&prefix=a%2Bb+c&start-after=q&fetch-owner=true&encoding-type=url", nil, "", []string{"ListBucket bbb prefix=a+b+c max-keys=1000"}},
		{"ListObjectVersions", get, "/bbb?versions&prefix=p", nil, "", []string{"ListBucketVersions bbb prefix=p max-keys=1000"}},
		{"ListMultipartUploads", get, "/bbb?uploads&prefix=p&delimiter=/", nil, "", []string{"ListBucketMultipartUploads bbb"}},
		{"DeleteObjects", post, "/bbb?delete", h(sum, crc32Of("<Delete><Object><Key>x</Key></Object><Object><Key>y</Key><VersionId>null</VersionId></Object></Delete>")),
			"<Delete><Object><Key>x</Key></Object><Object><Key>y</Key><VersionId>null</VersionId></Object></Delete>",
			[]string{"DeleteObject bbb/x", "DeleteObjectVersion bbb/y versionid=null"}},
		{"GetBucketLocation", get, "/bbb?location", nil, "", []string{"GetBucketLocation bbb"}},
		{"GetBucketVersioning", get, "/bbb?versioning", nil, "", []string{"GetBucketVersioning bbb"}},
		{"PutBucketVersioning", put, "/bbb?versioning", nil, "", []string{"PutBucketVersioning bbb"}},
		{"GetBucketAcl", get, "/bbb?acl", nil, "", []string{"GetBucketAcl bbb"}},
		{"PutBucketAcl", put, "/bbb?acl", h("X-Amz-Acl", "private", "X-Amz-Grant-Read", `id="x"`), "", []string{`PutBucketAcl bbb x-amz-acl=private x-amz-grant-read=id="x"`}},
		{"GetBucketPolicy", get, "/bbb?policy", nil, "", []string{"GetBucketPolicy bbb"}},
		{"PutBucketPolicy", put, "/bbb?policy", nil, "", []string{"PutBucketPolicy bbb"}},
		{"DeleteBucketPolicy", del, "/bbb?policy", nil, "", []string{"DeleteBucketPolicy bbb"}},
		{"GetBucketPolicyStatus", get, "/bbb?policyStatus", nil, "", []string{"GetBucketPolicyStatus bbb"}},
		{"GetBucketTagging", get, "/bbb?tagging", nil, "", []string{"GetBucketTagging bbb"}},
		{"PutBucketTagging", put, "/bbb?tagging", nil, tagBody, []string{"PutBucketTagging bbb"}},
		{"DeleteBucketTagging", del, "/bbb?tagging", nil, "", []string{"PutBucketTagging bbb"}},
		{"GetBucketCors", get, "/bbb?cors", nil, "", []string{"GetBucketCORS bbb"}},
		{"PutBucketCors", put, "/bbb?cors", nil, "", []string{"PutBucketCORS bbb"}},
		{"DeleteBucketCors", del, "/bbb?cors", nil, "", []string{"PutBucketCORS bbb"}},
		{"GetBucketLifecycleConfiguration", get, "/bbb?lifecycle", nil, "", []string{"GetLifecycleConfiguration bbb"}},
		{"PutBucketLifecycleConfiguration", put, "/bbb?lifecycle", nil, "", []string{"PutLifecycleConfiguration bbb"}},
		{"DeleteBucketLifecycle", del, "/bbb?lifecycle", nil, "", []string{"PutLifecycleConfiguration bbb"}},
		{"GetBucketWebsite", get, "/bbb?website", nil, "", []string{"GetBucketWebsite bbb"}},
		{"PutBucketWebsite", put, "/bbb?website", nil, "", []string{"PutBucketWebsite bbb"}},
		{"DeleteBucketWebsite", del, "/bbb?website", nil, "", []string{"DeleteBucketWebsite bbb"}},
		{"GetBucketNotificationConfiguration", get, "/bbb?notification", nil, "", []string{"GetBucketNotification bbb"}},
		{"PutBucketNotificationConfiguration", put, "/bbb?notification", nil, "", []string{"PutBucketNotification bbb"}},
		{"GetBucketEncryption", get, "/bbb?encryption", nil, "", []string{"GetEncryptionConfiguration bbb"}},
		{"PutBucketEncryption", put, "/bbb?encryption", nil, "", []string{"PutEncryptionConfiguration bbb"}},
		{"DeleteBucketEncryption", del, "/bbb?encryption", nil, "", []string{"PutEncryptionConfiguration bbb"}},
		{"GetPublicAccessBlock", get, "/bbb?publicAccessBlock", nil, "", []string{"GetBucketPublicAccessBlock bbb"}},
		{"PutPublicAccessBlock", put, "/bbb?publicAccessBlock", nil, "", []string{"PutBucketPublicAccessBlock bbb"}},
		{"DeletePublicAccessBlock", del, "/bbb?publicAccessBlock", nil, "", []string{"PutBucketPublicAccessBlock bbb"}},
		{"GetBucketOwnershipControls", get, "/bbb?ownershipControls", nil, "", []string{"GetBucketOwnershipControls bbb"}},
		{"PutBucketOwnershipControls", put, "/bbb?ownershipControls", nil, "", []string{"PutBucketOwnershipControls bbb"}},
		{"DeleteBucketOwnershipControls", del, "/bbb?ownershipControls", nil, "", []string{"PutBucketOwnershipControls bbb"}},
		{"GetBucketLogging", get, "/bbb?logging", nil, "", []string{"GetBucketLogging bbb"}},
		{"PutBucketLogging", put, "/bbb?logging", nil, "", []string{"PutBucketLogging bbb"}},
		{"GetBucketReplication", get, "/bbb?replication", nil, "", []string{"GetReplicationConfiguration bbb"}},
		{"PutBucketReplication", put, "/bbb?replication", nil, "", []string{"PutReplicationConfiguration bbb"}},
		{"DeleteBucketReplication", del, "/bbb?replication", nil, "", []string{"PutReplicationConfiguration bbb"}},
		{"GetBucketIntelligentTieringConfiguration", get, "/bbb?intelligent-tiering&id=1", nil, "", []string{"GetIntelligentTieringConfiguration bbb"}},
		{"PutBucketIntelligentTieringConfiguration", put, "/bbb?intelligent-tiering&id=1", nil, "", []string{"PutIntelligentTieringConfiguration bbb"}},
		{"DeleteBucketIntelligentTieringConfiguration", del, "/bbb?intelligent-tiering&id=1", nil, "", []string{"PutIntelligentTieringConfiguration bbb"}},
		{"GetBucketAnalyticsConfiguration", get, "/bbb?analytics", nil, "", []string{"GetAnalyticsConfiguration bbb"}},
		{"PutBucketAnalyticsConfiguration", put, "/bbb?analytics&id=1", nil, "", []string{"PutAnalyticsConfiguration bbb"}},
		{"DeleteBucketAnalyticsConfiguration", del, "/bbb?analytics&id=1", nil, "", []string{"PutAnalyticsConfiguration bbb"}},
		{"GetBucketInventoryConfiguration", get, "/bbb?inventory", nil, "", []string{"GetInventoryConfiguration bbb"}},
		{"PutBucketInventoryConfiguration", put, "/bbb?inventory&id=1", nil, "", []string{"PutInventoryConfiguration bbb"}},
		{"DeleteBucketInventoryConfiguration", del, "/bbb?inventory&id=1", nil, "", []string{"PutInventoryConfiguration bbb"}},
		{"GetBucketMetricsConfiguration", get, "/bbb?metrics", nil, "", []string{"GetMetricsConfiguration bbb"}},
		{"PutBucketMetricsConfiguration", put, "/bbb?metrics&id=1", nil, "", []string{"PutMetricsConfiguration bbb"}},
		{"DeleteBucketMetricsConfiguration", del, "/bbb?metrics&id=1", nil, "", []string{"PutMetricsConfiguration bbb"}},
		{"GetBucketRequestPayment", get, "/bbb?requestPayment", nil, "", []string{"GetBucketRequestPayment bbb"}},
		{"PutBucketRequestPayment", put, "/bbb?requestPayment", nil, "", []string{"PutBucketRequestPayment bbb"}},
		{"GetBucketAccelerateConfiguration", get, "/bbb?accelerate", nil, "", []string{"GetAccelerateConfiguration bbb"}},
		{"PutBucketAccelerateConfiguration", put, "/bbb?accelerate", nil, "", []string{"PutAccelerateConfiguration bbb"}},
		{"GetObjectLockConfiguration", get, "/bbb?object-lock", nil, "", []string{"GetBucketObjectLockConfiguration bbb"}},
		{"PutObjectLockConfiguration", put, "/bbb?object-lock", nil, "", []string{"PutBucketObjectLockConfiguration bbb"}},
		{"GetBucketAbac", get, "/bbb?abac", nil, "", []string{"GetBucketAbac bbb"}},
		{"PutBucketAbac", put, "/bbb?abac", nil, "", []string{"PutBucketAbac bbb"}},

		{"GetObject", get, "/bbb/k?response-content-type=a%2Fb&partNumber=1", nil, "", []string{"GetObject bbb/k"}},
		{"GetObject", get, "/bbb/k?versionId=null", nil, "", []string{"GetObjectVersion bbb/k versionid=null"}},
		{"GetObject", get, "/bbb/tagged", nil, "", []string{"GetObject bbb/tagged", "GetObjectTagging bbb/tagged ExistingObjectTag/team=red ExistingObjectTag/cost=1"}},
		{"HeadObject", head, "/bbb/k", nil, "", []string{"GetObject bbb/k"}},
		{"HeadObject", head, "/bbb/k?versionId=null", nil, "", []string{"GetObjectVersion bbb/k versionid=null"}},
		{"PutObject", put, "/bbb/n", nil, "data", []string{"PutObject bbb/n ObjectCreationOperation=true"}},
		{"PutObject", put, "/bbb/n", h("X-Amz-Tagging", "team=blue&x=1", "X-Amz-Acl", "private", "X-Amz-Storage-Class", "STANDARD_IA",
			"X-Amz-Server-Side-Encryption", "AES256", "X-Amz-Object-Lock-Mode", "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date", "2026-03-06T05:06:07Z",
			"X-Amz-Object-Lock-Legal-Hold", "ON", "If-None-Match", "*", "X-Amz-Website-Redirect-Location", "/x"), "data", multiply(
			" x-amz-acl=private x-amz-storage-class=STANDARD_IA x-amz-server-side-encryption=AES256 x-amz-website-redirect-location=/x object-lock-mode=GOVERNANCE"+
				" object-lock-retain-until-date=2026-03-06T05:06:07Z object-lock-remaining-retention-days=2 object-lock-legal-hold=ON"+
				" RequestObjectTag/team=blue RequestObjectTag/x=1 RequestObjectTagKeys=team,x if-none-match=* ObjectCreationOperation=true",
			"PutObject bbb/n", "PutObjectTagging bbb/n", "PutObjectAcl bbb/n", "PutObjectRetention bbb/n", "PutObjectLegalHold bbb/n")},
		{"PutObject", put, "/bbb/n", h("X-Amz-Acl", "bucket-owner-full-control", "If-Match", `"x"`), "data", multiply(
			` x-amz-acl=bucket-owner-full-control if-match="x" ObjectCreationOperation=true`, "PutObject bbb/n", "GetObject bbb/n")},
		{"CopyObject", put, "/bbb/n", h("X-Amz-Copy-Source", "/bbb/k"), "", []string{"PutObject bbb/n x-amz-copy-source=/bbb/k ObjectCreationOperation=true", "GetObject bbb/k"}},
		{"CopyObject", put, "/bbb/n", h("X-Amz-Copy-Source", "bbb/tagged?versionId=null", "X-Amz-Metadata-Directive", "REPLACE"), "", []string{
			"PutObject bbb/n x-amz-copy-source=bbb/tagged?versionId=null x-amz-metadata-directive=REPLACE ObjectCreationOperation=true",
			"GetObjectVersion bbb/tagged versionid=null ExistingObjectTag/team=red ExistingObjectTag/cost=1",
			"GetObjectVersionTagging bbb/tagged versionid=null ExistingObjectTag/team=red ExistingObjectTag/cost=1",
			"PutObjectTagging bbb/n x-amz-copy-source=bbb/tagged?versionId=null x-amz-metadata-directive=REPLACE ObjectCreationOperation=true"}},
		{"CopyObject", put, "/bbb/n", h("X-Amz-Copy-Source", "bbb/tagged", "X-Amz-Tagging-Directive", "REPLACE"), "", []string{
			"PutObject bbb/n x-amz-copy-source=bbb/tagged ObjectCreationOperation=true",
			"GetObject bbb/tagged ExistingObjectTag/team=red ExistingObjectTag/cost=1"}},
		{"DeleteObject", del, "/bbb/n", h("If-Match", "*"), "", []string{"DeleteObject bbb/n if-match=*"}},
		{"DeleteObject", del, "/bbb/n?versionId=null", h("X-Amz-Bypass-Governance-Retention", "true"), "", []string{"DeleteObjectVersion bbb/n versionid=null", "BypassGovernanceRetention bbb/n versionid=null"}},
		{"GetObjectAttributes", get, "/bbb/k?attributes", h("X-Amz-Object-Attributes", "ETag"), "", []string{"GetObject bbb/k", "GetObjectAttributes bbb/k"}},
		{"GetObjectAttributes", get, "/bbb/k?attributes&versionId=null", h("X-Amz-Object-Attributes", "ETag"), "", []string{"GetObjectVersion bbb/k versionid=null", "GetObjectVersionAttributes bbb/k versionid=null"}},
		{"GetObjectTorrent", get, "/bbb/k?torrent", nil, "", []string{"GetObjectTorrent bbb/k"}},
		{"SelectObjectContent", post, "/bbb/k?select&select-type=2", nil, "", []string{"GetObject bbb/k"}},
		{"GetObjectAcl", get, "/bbb/k?acl&versionId=null", nil, "", []string{"GetObjectVersionAcl bbb/k versionid=null"}},
		{"PutObjectAcl", put, "/bbb/k?acl", h("X-Amz-Acl", "bucket-owner-full-control"), "", []string{"PutObjectAcl bbb/k x-amz-acl=bucket-owner-full-control"}},
		{"GetObjectTagging", get, "/bbb/k?tagging", nil, "", []string{"GetObjectTagging bbb/k"}},
		{"PutObjectTagging", put, "/bbb/k?tagging", nil, tagBody, []string{"PutObjectTagging bbb/k RequestObjectTag/team=blue RequestObjectTagKeys=team"}},
		{"DeleteObjectTagging", del, "/bbb/k?tagging&versionId=null", nil, "", []string{"DeleteObjectVersionTagging bbb/k versionid=null"}},
		{"GetObjectRetention", get, "/bbb/k?retention", nil, "", []string{"GetObjectRetention bbb/k"}},
		{"PutObjectRetention", put, "/bbb/k?retention", nil, "", []string{"PutObjectRetention bbb/k"}},
		{"GetObjectLegalHold", get, "/bbb/k?legal-hold", nil, "", []string{"GetObjectLegalHold bbb/k"}},
		{"PutObjectLegalHold", put, "/bbb/k?legal-hold", nil, "", []string{"PutObjectLegalHold bbb/k"}},
		{"RestoreObject", post, "/bbb/k?restore", nil, "", []string{"RestoreObject bbb/k"}},
		{"UpdateObjectEncryption", put, "/bbb/k?encryption", nil, "", []string{"UpdateObjectEncryption bbb/k"}},

		{"CreateMultipartUpload", post, "/bbb/k?uploads", h("X-Amz-Tagging", "a=1"), "", multiply(
			" RequestObjectTag/a=1 RequestObjectTagKeys=a ObjectCreationOperation=false", "PutObject bbb/k", "PutObjectTagging bbb/k")},
		{"UploadPart", put, "/bbb/k?partNumber=1&uploadId=" + upload, nil, "part", []string{"PutObject bbb/k ObjectCreationOperation=false"}},
		{"UploadPartCopy", put, "/bbb/k?partNumber=2&uploadId=" + upload, h("X-Amz-Copy-Source", "bbb/k"), "", []string{
			"PutObject bbb/k x-amz-copy-source=bbb/k ObjectCreationOperation=false", "GetObject bbb/k"}},
		{"ListParts", get, "/bbb/k?uploadId=" + upload, nil, "", []string{"ListMultipartUploadParts bbb/k"}},
		{"CompleteMultipartUpload", post, "/bbb/k?uploadId=" + upload, h("If-None-Match", "*"), "<x/>", []string{"PutObject bbb/k if-none-match=* ObjectCreationOperation=true"}},
		{"AbortMultipartUpload", del, "/bbb/k?uploadId=" + upload, nil, "", []string{"AbortMultipartUpload bbb/k"}},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.op+" "+tt.method+" "+tt.target, func(t *testing.T) {
			d.Take()
			e.events.Take()
			a := e.do(e.root, request{method: tt.method, target: tt.target, header: tt.header, body: tt.body})
			var got []string
			for _, q := range d.Take() {
				got = append(got, tuple(q))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("status %d %s; tuples (-want +got):\n%s", a.status, a.code(), diff)
			}
			events := e.events.Take()
			if len(events) != 1 || events[0].EventName != tt.op {
				t.Fatalf("events %v, want one of %s", events, tt.op)
			}
			seen[tt.op] = true
			for _, op := range operations() {
				if op.name == tt.op && op.run == nil && a.status != 501 {
					t.Errorf("status %d of an operation that is not implemented", a.status)
				}
			}
		})
	}
	for _, op := range operations() {
		if !seen[op.name] {
			t.Errorf("no case for %s", op.name)
		}
	}
}

// multiply makes one tuple per head, all with the same keys.
func multiply(keys string, heads ...string) []string {
	list := make([]string, len(heads))
	for i, h := range heads {
		list[i] = h + keys
	}
	return list
}

func TestCommonKeys(t *testing.T) {
	d := &gatewaytest.Decider{Allow: gatewaytest.Everything}
	e := newEnv(t, d)
	e.bucket("bbb")
	e.put("/bbb/k", "data")
	d.Take()
	keys := func() map[string]string {
		m := map[string]string{}
		for _, q := range d.Take() {
			for _, k := range q.Keys {
				m[k.Name] = fmt.Sprint(k.Values)
			}
		}
		return m
	}
	e.must(e.root, request{method: get, target: "/bbb/k", payload: "UNSIGNED-PAYLOAD"})
	if diff := cmp.Diff(map[string]string{
		"s3:authType": "[REST-HEADER]", "s3:signatureversion": "[AWS4-HMAC-SHA256]", "s3:signatureAge": "[0]",
		"s3:x-amz-content-sha256": "[UNSIGNED-PAYLOAD]", "s3:ResourceAccount": "[111122223333]",
	}, keys()); diff != "" {
		t.Errorf("signed in the header:\n%s", diff)
	}
	e.must(nil, request{method: get, target: "/bbb/k"})
	if diff := cmp.Diff(map[string]string{"s3:ResourceAccount": "[111122223333]"}, keys()); diff != "" {
		t.Errorf("anonymous:\n%s", diff)
	}
	r := e.build(nil, request{method: get, target: "/bbb/k"})
	u, err := e.root.Presign(r, "", now().Add(-90_000_000_000), 600_000_000_000)
	if err != nil {
		t.Fatal(err)
	}
	e.must(nil, request{method: get, target: u.RequestURI()})
	if diff := cmp.Diff(map[string]string{
		"s3:authType": "[REST-QUERY-STRING]", "s3:signatureversion": "[AWS4-HMAC-SHA256]", "s3:signatureAge": "[90000]", "s3:ResourceAccount": "[111122223333]",
	}, keys()); diff != "" {
		t.Errorf("presigned:\n%s", diff)
	}
}
