package object

import (
	"context"
	"io"
	"time"
)

// Bucket is one bucket and its settings.
type Bucket struct {
	Name    string
	Account string // owner, 12 digits
	Region  string
	Created time.Time
	// Config holds the bucket's sub-resource documents exactly as they were
	// put ("policy", "cors", "publicAccessBlock", "ownershipControls",
	// "tagging", "website", "policy-bindings" …); absent means not configured.
	Config map[string]string
	// Version increases with every change of the bucket's settings.
	Version int64
}

// Info describes a stored object without its bytes. Its maps and slices may be
// shared between callers: read them, never change them.
type Info struct {
	Key          string // opaque bytes; never cleaned or normalised
	Size         int64
	ETag         string // without quotes: hex MD5, or hex-N for multipart
	Modified     time.Time
	Headers      Headers
	Metadata     map[string]string // x-amz-meta-*, names lower-cased without the prefix
	Tags         []Tag
	Checksums    []Checksum
	StorageClass string  // "" means STANDARD
	Parts        int     // >0 for a multipart object
	PartSizes    []int64 // of a multipart object, in order, for GET and HEAD with partNumber; filled by Head and Open
}

// Listed is what a listing shows of an object. It is kept small, because a page
// has a thousand of them.
type Listed struct {
	Key          string
	Size         int64
	ETag         string
	Modified     time.Time
	Checksums    []Checksum
	StorageClass string
	Parts        int
}

// Listed returns what a listing shows of the object.
func (i *Info) Listed() Listed {
	return Listed{
		Key: i.Key, Size: i.Size, ETag: i.ETag, Modified: i.Modified,
		Checksums: i.Checksums, StorageClass: i.StorageClass, Parts: i.Parts,
	}
}

// Headers are the standard headers stored with an object and returned with it.
type Headers struct {
	ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, Expires, WebsiteRedirect string
}

// Tag is one object tag.
type Tag struct{ Key, Value string }

// Checksum is one stored additional checksum: Algorithm is the lower-case
// header suffix ("crc32", "sha256" …), Value its base64 form; Type is
// "FULL_OBJECT" or "COMPOSITE".
type Checksum struct{ Algorithm, Value, Type string }

// PutOptions is what a new object is created with.
type PutOptions struct {
	Headers      Headers
	Metadata     map[string]string
	Tags         []Tag
	StorageClass string
	Checksum     Checksum // Algorithm set: compute it; Value set too: it must match
	// ChecksumTrailer, when set, is asked after the body's EOF for the value
	// that must match (aws-chunked trailers).
	ChecksumTrailer func() string
	ContentMD5      string // hex; "" when not given
	Size            int64  // exact length, or -1 when unknown; a mismatch is *Incomplete
	Precondition    Precondition
}

// Precondition makes a write or delete conditional, judged in the same
// transaction as the write. The zero value is unconditional. IfMatch on a
// missing key is *NoKey, as AWS answers 404 there.
type Precondition struct {
	IfMatch     string // ETag without quotes, "*" for any
	IfNoneMatch bool   // If-None-Match: *
	// Checksum, when its Value is set, must be the finished object's
	// (CompleteMultipartUpload only); otherwise *BadDigest.
	Checksum Checksum
}

// ListOptions selects a page of keys in byte order.
type ListOptions struct {
	Prefix, Delimiter string
	After             string // keys strictly greater; a common prefix equal to After is skipped whole
	Max               int
}

// Listing is one page.
type Listing struct {
	Objects   []Listed
	Prefixes  []string
	Truncated bool
	Next      string // last key or common prefix returned, to be passed as After
}

// Upload is a multipart upload in progress.
type Upload struct {
	ID, Bucket, Key string
	Initiated       time.Time
	Options         PutOptions // as given at creation
	Initiator       string     // caller ARN
}

// Part is one uploaded part.
type Part struct {
	Number    int
	ETag      string
	Size      int64
	Modified  time.Time
	Checksums []Checksum
}

// CompletePart names a part in CompleteMultipartUpload.
type CompletePart struct {
	Number   int
	ETag     string
	Checksum Checksum
}

// Store keeps buckets and objects. Everything acknowledged is durable; a
// half-written object is never visible. Errors are the typed errors of this
// package, wrapped or not. All methods are safe for concurrent use.
type Store interface {
	BucketStore
	ObjectStore
	MultipartStore
}

// BucketStore keeps buckets.
type BucketStore interface {
	CreateBucket(ctx context.Context, b Bucket) error // *BucketExists
	// Bucket's answer may be shared between callers: read it, never change it.
	Bucket(ctx context.Context, name string) (*Bucket, error)
	Buckets(ctx context.Context, account string) ([]Bucket, error) // sorted by name
	DeleteBucket(ctx context.Context, name string) error           // *NotEmpty; open uploads do not count and are dropped
	// SetConfig stores (or, with nil, removes) one sub-resource document.
	SetConfig(ctx context.Context, name, sub string, doc *string) error
}

// ObjectStore keeps objects.
type ObjectStore interface {
	Head(ctx context.Context, bucket, key string) (*Info, error)
	// Open returns the object and a reader over its bytes. The reader also
	// offers io.ReaderAt-style ranges through Content.
	Open(ctx context.Context, bucket, key string) (*Info, Content, error)
	Put(ctx context.Context, bucket, key string, body io.Reader, o PutOptions) (*Info, error)
	Delete(ctx context.Context, bucket, key string, p Precondition) error // deleting a missing key succeeds
	// Copy copies within the store without reading the bytes through the
	// caller. srcETag pins the source ("" for none). replace nil keeps the
	// source's headers, metadata and storage class; tags nil keeps the source's
	// tags. A Checksum.Algorithm in replace is computed for the copy.
	Copy(ctx context.Context, srcBucket, srcKey, srcETag, dstBucket, dstKey string, replace *PutOptions, tags *[]Tag, p Precondition) (*Info, error)
	// List returns one page of a bucket's objects and common prefixes.
	List(ctx context.Context, bucket string, o ListOptions) (*Listing, error)
	// SetTags replaces an object's tags.
	SetTags(ctx context.Context, bucket, key string, tags []Tag) error
}

// Content is an open object's bytes. Section returns a reader of length bytes
// from offset; when the bytes lie in one file the reader is an
// *io.LimitedReader over an *os.File, so that net/http can use sendfile.
type Content interface {
	Section(offset, length int64) (io.Reader, error)
	io.Closer
}

// MultipartStore keeps multipart uploads.
type MultipartStore interface {
	CreateUpload(ctx context.Context, bucket, key string, o PutOptions, initiator string) (*Upload, error)
	Upload(ctx context.Context, bucket, key, id string) (*Upload, error)
	PutPart(ctx context.Context, bucket, key, id string, number int, body io.Reader, o PutOptions) (*Part, error)
	// CopyPart copies bytes [offset, offset+length) of an object into a part; length -1 means to the end.
	CopyPart(ctx context.Context, srcBucket, srcKey, srcETag string, offset, length int64, bucket, key, id string, number int) (*Part, error)
	Parts(ctx context.Context, bucket, key, id string, after, max int) (parts []Part, truncated bool, err error)
	Complete(ctx context.Context, bucket, key, id string, parts []CompletePart, p Precondition) (*Info, error)
	Abort(ctx context.Context, bucket, key, id string) error
	// Uploads lists open uploads in (key, initiation) order after the given markers.
	Uploads(ctx context.Context, bucket string, o ListOptions, afterID string) (uploads []Upload, prefixes []string, truncated bool, err error)
}
