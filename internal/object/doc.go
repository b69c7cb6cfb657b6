// Package object is the seam between the S3 gateway and whatever keeps the
// bytes: the types of buckets and objects and the Store interface. It knows no
// HTTP, no XML and no policy; those belong to gateway/s3gw. Engines live in
// object/filestore (embedded) and later object/s3store (an S3 upstream); every
// engine passes the kit in object/objecttest.
//
// Keys are opaque byte strings: "a" and "a/b", "x//y" and "../x" are four
// different objects, listed in byte order.
package object
