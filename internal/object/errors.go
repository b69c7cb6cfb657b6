package object

import "fmt"

// NoBucket reports a bucket that does not exist.
type NoBucket struct{ Bucket string }

// NoKey reports an object that does not exist.
type NoKey struct{ Bucket, Key string }

// NoUpload reports a multipart upload that does not exist.
type NoUpload struct{ ID string }

// BucketExists reports a name already taken; Account is the owner's.
type BucketExists struct{ Bucket, Account string }

// NotEmpty reports a bucket that still holds objects.
type NotEmpty struct{ Bucket string }

// PreconditionFailed reports a failed If-Match or If-None-Match.
type PreconditionFailed struct{ Condition string }

// BadDigest reports content that does not have the declared digest;
// Algorithm is "md5" or a checksum name.
type BadDigest struct{ Algorithm, Want, Got string }

// Incomplete reports a body of another length than declared.
type Incomplete struct{ Want, Got int64 }

// InvalidPart reports a part that is missing or whose ETag differs.
type InvalidPart struct{ Number int }

// InvalidPartOrder reports a part list that is not ascending.
type InvalidPartOrder struct{}

// PartTooSmall reports a non-last part under 5 MiB.
type PartTooSmall struct {
	Number    int
	Size, Min int64
	ETag      string
}

// InvalidRange reports a copy range outside the source.
type InvalidRange struct{ Offset, Length, Size int64 }

// Full reports that the disk or a quota is full; nothing was stored.
type Full struct{ Err error }

// UnknownChecksum reports a checksum algorithm the store cannot compute.
type UnknownChecksum struct{ Algorithm string }

func (e *Full) Error() string { return fmt.Sprintf("object: storage is full: %v", e.Err) }

// Unwrap returns the cause.
func (e *Full) Unwrap() error { return e.Err }

func (e *UnknownChecksum) Error() string {
	return fmt.Sprintf("object: unknown checksum algorithm %q", e.Algorithm)
}
func (e *NoBucket) Error() string { return fmt.Sprintf("object: no bucket %q", e.Bucket) }
func (e *NoKey) Error() string    { return fmt.Sprintf("object: no key %q in bucket %q", e.Key, e.Bucket) }
func (e *NoUpload) Error() string { return fmt.Sprintf("object: no upload %q", e.ID) }
func (e *BucketExists) Error() string {
	return fmt.Sprintf("object: bucket %q already exists", e.Bucket)
}
func (e *NotEmpty) Error() string           { return fmt.Sprintf("object: bucket %q is not empty", e.Bucket) }
func (e *PreconditionFailed) Error() string { return "object: precondition failed: " + e.Condition }
func (e *BadDigest) Error() string {
	return fmt.Sprintf("object: %s is %s, declared %s", e.Algorithm, e.Got, e.Want)
}
func (e *Incomplete) Error() string {
	return fmt.Sprintf("object: body has %d bytes, declared %d", e.Got, e.Want)
}
func (e *InvalidPart) Error() string      { return fmt.Sprintf("object: part %d is not valid", e.Number) }
func (e *InvalidPartOrder) Error() string { return "object: parts are not in ascending order" }
func (e *PartTooSmall) Error() string {
	return fmt.Sprintf("object: part %d has %d bytes, at least %d needed", e.Number, e.Size, e.Min)
}
func (e *InvalidRange) Error() string {
	return fmt.Sprintf("object: range %d+%d is outside %d bytes", e.Offset, e.Length, e.Size)
}
