package s3gw

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
)

// createBucket is what CreateBucket asks for.
type createBucket struct {
	location  string
	tags      []object.Tag
	ownership string
}

// askCreateBucket reads the body first, because its location and tags are
// condition keys, and asks for everything the request sets.
func (c *call) askCreateBucket(x *gateway.Exchange) error {
	body, err := c.document(x, maxConfig, true)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := c.create.parse(body); err != nil {
			return err
		}
	}
	c.create.ownership = c.amz("X-Amz-Object-Ownership")
	if c.create.location != "" {
		c.keys.Add("s3:locationconstraint", c.create.location)
	}
	c.aclKeys()
	c.addHeader("s3:x-amz-object-ownership", "X-Amz-Object-Ownership")
	if len(c.create.tags) > 0 {
		addTags(&c.keys, "aws:RequestTag/", c.create.tags)
		names := make([]string, len(c.create.tags))
		for i, t := range c.create.tags {
			names[i] = t.Key
		}
		c.keys.AddMulti("aws:TagKeys", names)
	}
	// There is no bucket policy yet, and a policy of somebody else's bucket of
	// the same name has no say: the caller's own policies decide.
	ask := func(action string) {
		x.Require(gateway.Question{Request: authz.Request{
			Action: action, Resource: c.resource(), ResourceAccount: x.Caller.Account, Keys: c.keys.List(),
		}})
	}
	ask(c.op.action)
	if c.givesACL() {
		ask("s3:PutBucketAcl")
	}
	if strings.EqualFold(c.amz("X-Amz-Bucket-Object-Lock-Enabled"), "true") {
		ask("s3:PutBucketObjectLockConfiguration")
		ask("s3:PutBucketVersioning")
	}
	if c.create.ownership != "" {
		ask("s3:PutBucketOwnershipControls")
	}
	if len(c.create.tags) > 0 {
		ask("s3:TagResource")
	}
	return nil
}

func (b *createBucket) parse(body []byte) error {
	n, err := parseXML(body, "CreateBucketConfiguration")
	if err != nil {
		return err
	}
	if err := n.only("LocationConstraint", "Location", "Bucket", "Tags"); err != nil {
		return err
	}
	if b.location, _, err = n.str("LocationConstraint"); err != nil {
		return err
	}
	for _, directory := range []string{"Location", "Bucket"} {
		if k, err := n.child(directory); err != nil {
			return err
		} else if k != nil {
			return operationNotImplemented("directory buckets")
		}
	}
	tags, err := n.child("Tags")
	if err != nil || tags == nil {
		return err
	}
	b.tags, err = readTags(tags, maxBucketTags)
	return err
}

func (c *call) createBucket(x *gateway.Exchange) error {
	if !creatable(c.addr.bucket) {
		return invalidBucketName(c.addr.bucket)
	}
	if l := c.create.location; l != "" && l != c.g.region {
		return fail(http.StatusBadRequest, "InvalidLocationConstraint", "The specified location-constraint is not valid", Field{"LocationConstraint", l})
	}
	switch {
	case strings.EqualFold(c.amz("X-Amz-Bucket-Object-Lock-Enabled"), "true"):
		return notImplemented("x-amz-bucket-object-lock-enabled")
	case c.create.ownership != "" && c.create.ownership != "BucketOwnerEnforced":
		return notImplemented("x-amz-object-ownership")
	}
	if acl := c.amz("X-Amz-Acl"); acl != "" && acl != "private" || c.grants() {
		return fail(http.StatusBadRequest, "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	config := map[string]string{subBlock: printBlock(blockEverything()), subOwnership: enforcedOwnership}
	if len(c.create.tags) > 0 {
		config[subTagging] = printTags(c.create.tags)
	}
	err := c.g.store.CreateBucket(x.R.Context(), object.Bucket{
		Name: c.addr.bucket, Account: x.Caller.Account, Region: c.g.region, Created: x.Now, Config: config,
	})
	var exists *object.BucketExists
	switch {
	case errors.As(err, &exists) && exists.Account != x.Caller.Account:
		return fail(http.StatusConflict, "BucketAlreadyExists",
			"The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
			Field{"BucketName", c.addr.bucket})
	case errors.As(err, &exists) && c.g.region != "us-east-1":
		return fail(http.StatusConflict, "BucketAlreadyOwnedByYou",
			"Your previous request to create the named bucket succeeded and you already own it.", Field{"BucketName", c.addr.bucket})
	case errors.As(err, &exists):
		// us-east-1 answers a repeated creation by the owner with success.
	case err != nil:
		return err
	}
	x.W.Set("Location", "/"+c.addr.bucket)
	x.W.Set("X-Amz-Bucket-Arn", bucketARN+c.addr.bucket)
	c.g.empty(x, http.StatusOK)
	return nil
}

func (c *call) headBucket(x *gateway.Exchange) error {
	x.W.Set("X-Amz-Bucket-Arn", bucketARN+c.addr.bucket)
	x.W.Set("X-Amz-Access-Point-Alias", "false")
	x.W.Set("Content-Type", "application/xml")
	x.W.WriteHeader(http.StatusOK)
	return nil
}

func (c *call) deleteBucket(x *gateway.Exchange) error {
	if err := c.g.store.DeleteBucket(x.R.Context(), c.addr.bucket); err != nil {
		return err
	}
	c.g.mu.Lock()
	delete(c.g.buckets, c.addr.bucket)
	c.g.mu.Unlock()
	c.g.empty(x, http.StatusNoContent)
	return nil
}

// getLocation answers with the bucket's region; us-east-1 is the empty one.
func (c *call) getLocation(x *gateway.Exchange) error {
	d := newDoc("LocationConstraint", namespace)
	if c.bucket.Region != "us-east-1" {
		d.text(c.bucket.Region)
	}
	c.g.send(x, http.StatusOK, d)
	return nil
}

// setConfig stores or removes one setting of the bucket.
func (c *call) setConfig(x *gateway.Exchange, sub string, doc *string) error {
	if err := c.g.store.SetConfig(x.R.Context(), c.addr.bucket, sub, doc); err != nil {
		return fmt.Errorf("set %s of bucket %s: %w", sub, c.addr.bucket, err)
	}
	return nil
}
