// Package s3gw is the S3 gateway: it speaks Amazon S3's REST API over an
// object.Store and lets nothing through that policy does not allow.
//
// How to read it: classify.go holds the table of operations, one row each with
// its IAM action, its query keys and the method that runs it. address.go and
// query.go turn Host, path and query into bucket, key and parameters; call.go
// walks a request through the steps of package gateway; keys.go makes condition
// keys. After that there is one file per group of operations, errors.go for
// everything that goes wrong and xmlread.go and xmlwrite.go for documents.
//
// Invariants:
//
//   - Keys are opaque byte strings, decoded once from the raw path and never
//     cleaned. "a//b", "../x" and "./x" are what they are, from the signature
//     check to the store.
//   - A request matches exactly one row of the table or is refused. An unknown
//     sub-resource, a second one, a repeated query key and an unknown x-amz-*
//     header of a write never fall through to the plain operation. Only a read
//     of an object may carry a foreign query key with a value, which web pages
//     use to defeat caches, and keys that begin with x- are noise by S3's rule.
//   - What is authorized is what runs: sources, batches and tags are parsed once
//     and the same values are decided on and executed.
//   - Documents are read whole, verified and parsed strictly (no entities, no
//     document type, no duplicate or unknown elements).
//   - Whether a key exists is told only to callers who may list the bucket.
//   - ACLs are off (BucketOwnerEnforced); new buckets block public access.
//   - Headers that an SDK's presigner moved into the query count like headers,
//     except x-amz-checksum-*: S3 ignores those there, and the JavaScript SDK
//     signs the checksum of an empty body into every upload URL.
//   - Not served and answered with 501: versioning, object lock, lifecycle,
//     replication, KMS and customer keys, websites, browser form uploads, S3
//     Control. Reading such a setting answers what AWS says of a bucket that
//     never had it.
//
// What lives elsewhere: the bytes in package object and its engines, signatures
// and chunked bodies in sigv4, decisions in authz, the policy language in policy.
package s3gw
