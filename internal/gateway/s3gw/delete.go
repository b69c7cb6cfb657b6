package s3gw

import (
	"fmt"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
)

// maxBatch is the most keys one DeleteObjects names.
const maxBatch = 1000

// deleteEntry is one object of a batch.
type deleteEntry struct {
	key, version, etag string
	versioned          bool
}

// askDeleteObjects reads the body, because it names what is to be deleted, and
// asks about every entry by itself. A denied one fails alone.
func (c *call) askDeleteObjects(x *gateway.Exchange) error {
	if !c.declaresDigest() {
		return invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	n, err := c.xmlBody(x, "Delete", maxDelete)
	if err != nil {
		return err
	}
	if err := c.readBatch(n); err != nil {
		return err
	}
	common := c.keys.List()
	for i := range c.batch {
		e := &c.batch[i]
		action, keys := c.op.action, common
		if e.versioned {
			// The version is a key of this entry only.
			var k gateway.Keys
			c.addCommon(&k, x, c.bucket)
			k.Add("s3:versionid", e.version)
			action, keys = c.op.twin, k.List()
		}
		q := c.bucket.question(action, bucketARN+c.addr.bucket+"/"+e.key)
		q.Keys, q.OnDeny = keys, gateway.FailItem
		x.Require(q)
	}
	return nil
}

func (c *call) readBatch(n *node) error {
	if err := n.only("Object", "Quiet"); err != nil {
		return err
	}
	var err error
	if c.quiet, err = n.boolean("Quiet"); err != nil {
		return err
	}
	entries := n.all("Object")
	if len(entries) == 0 || len(entries) > maxBatch {
		return malformedXML(fmt.Errorf("%d keys", len(entries)))
	}
	c.batch = make([]deleteEntry, 0, len(entries))
	for _, k := range entries {
		if err := k.only("Key", "VersionId", "ETag", "LastModifiedTime", "Size"); err != nil {
			return err
		}
		var e deleteEntry
		if e.key, _, err = k.str("Key"); err != nil {
			return err
		}
		if e.version, e.versioned, err = k.str("VersionId"); err != nil {
			return err
		}
		if e.etag, _, err = k.str("ETag"); err != nil {
			return err
		}
		e.etag = unquote(e.etag)
		switch {
		case e.key == "" || e.versioned && e.version == "":
			return malformedXML(errNoEntry)
		case len(e.key) > maxKey:
			return keyTooLong(len(e.key))
		case len(k.all("LastModifiedTime"))+len(k.all("Size")) > 0:
			return operationNotImplemented("deleting on LastModifiedTime or Size")
		}
		c.batch = append(c.batch, e)
	}
	return nil
}

// deleteWorkers is how many entries of a batch are deleted at the same time, so
// that a store can commit them in groups.
const deleteWorkers = 16

func (c *call) deleteObjects(x *gateway.Exchange) error {
	results := c.deleteBatch(x)
	if err := x.R.Context().Err(); err != nil {
		return err
	}
	d := newDoc("DeleteResult", namespace)
	for i, err := range results {
		e := &c.batch[i]
		if err == nil {
			if !c.quiet {
				d.open("Deleted")
				d.elem("Key", e.key)
				d.some("VersionId", e.version)
				d.close("Deleted")
			}
			continue
		}
		f := toError(c.missing(x, err))
		d.open("Error")
		d.elem("Key", e.key)
		d.some("VersionId", e.version)
		d.elem("Code", f.Code)
		d.elem("Message", f.Message)
		d.close("Error")
	}
	c.g.send(x, http.StatusOK, d)
	return nil
}

// deleteBatch deletes the entries that were allowed and returns what became of
// each. An entry named twice is deleted twice, which changes nothing.
func (c *call) deleteBatch(x *gateway.Exchange) []error {
	results := make([]error, len(c.batch))
	var todo errgroup.Group
	todo.SetLimit(deleteWorkers)
	ctx := x.R.Context()
	for i, q := range x.Questions() {
		e := &c.batch[i]
		switch {
		case !q.Decision.Allowed:
			results[i] = accessDenied("Access Denied")
		case e.versioned && e.version != "null":
			results[i] = c.missingIn(x, c.bucket, noSuchVersion(e.key, e.version), "s3:ListBucketVersions")
		default:
			todo.Go(func() error {
				results[i] = c.g.store.Delete(ctx, c.addr.bucket, e.key, object.Precondition{IfMatch: e.etag})
				return nil
			})
		}
	}
	_ = todo.Wait() // the errors are in results
	return results
}
