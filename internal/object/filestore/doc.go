// Package filestore is the embedded engine of object.Store: rows in the
// embedded database, bytes in files with random names.
//
//	Folder/tmp/<id>         a body that is still being received
//	Folder/blobs/ab/<id>    one received body; ab are the id's first two digits
//
// A body is hashed while it is written to tmp, renamed into blobs, synced with
// its folder, and only then does one transaction make the object visible. A
// body of at most 8 KiB lies in the database, so that storing it costs one group
// commit and no file. A multipart object is the list of its parts' files;
// nothing is concatenated. A copy shares files by count.
//
// Invariants:
//   - A row never refers to a file that is not complete and on the disk.
//   - object_blob has a row for a file exactly as long as an entry or a part
//     uses it; row and count change in the transaction of their user.
//   - A file is unlinked after the commit that dropped its last use, and not
//     while an open Content still needs it. What a crash leaves behind is
//     removed by the sweeper, which spares files being written now.
//   - A key is a BLOB compared by bytes, and is never part of a path.
//   - A write made for a bucket is refused when that bucket (not its name) is
//     gone at commit.
//
// Buckets are few and asked for by every request: they live in memory in an
// immutable map that is swapped after each commit. Rows of objects read
// recently are kept in memory too (cache.go), never longer than they are true.
// The rest is read by point reads and ranges of the primary key only.
//
// Checking who may do what, and the limits on names and sizes that S3 puts on
// requests, belong to gateway/s3gw.
package filestore
