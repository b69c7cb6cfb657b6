package s3gw

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/gateway"
)

// publicAccessBlock is a bucket's Block Public Access (spec/gateways.md 1.9).
type publicAccessBlock struct {
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
}

// blockEverything is what a new bucket has.
func blockEverything() publicAccessBlock { return publicAccessBlock{true, true, true, true} }

func parseBlock(body []byte) (publicAccessBlock, error) {
	var b publicAccessBlock
	n, err := parseXML(body, "PublicAccessBlockConfiguration")
	if err != nil {
		return b, err
	}
	if err := n.only("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"); err != nil {
		return b, err
	}
	for name, to := range map[string]*bool{
		"BlockPublicAcls": &b.BlockPublicAcls, "IgnorePublicAcls": &b.IgnorePublicAcls,
		"BlockPublicPolicy": &b.BlockPublicPolicy, "RestrictPublicBuckets": &b.RestrictPublicBuckets,
	} {
		if *to, err = n.boolean(name); err != nil {
			return b, err
		}
	}
	return b, nil
}

func printBlock(b publicAccessBlock) string {
	d := newDoc("PublicAccessBlockConfiguration", namespace)
	d.bool("BlockPublicAcls", b.BlockPublicAcls)
	d.bool("IgnorePublicAcls", b.IgnorePublicAcls)
	d.bool("BlockPublicPolicy", b.BlockPublicPolicy)
	d.bool("RestrictPublicBuckets", b.RestrictPublicBuckets)
	return string(d.bytes())
}

func (c *call) getPublicAccessBlock(x *gateway.Exchange) error {
	if !c.bucket.hasBlock {
		return notConfigured("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", c.addr.bucket)
	}
	c.g.raw(x, printBlock(c.bucket.block))
	return nil
}

func (c *call) putPublicAccessBlock(x *gateway.Exchange) error {
	body, err := c.document(x, maxConfig, true)
	if err != nil {
		return err
	}
	b, err := parseBlock(body)
	if err != nil {
		return err
	}
	text := printBlock(b)
	if err := c.setConfig(x, subBlock, &text); err != nil {
		return err
	}
	c.g.empty(x, http.StatusOK)
	return nil
}

func (c *call) deletePublicAccessBlock(x *gateway.Exchange) error { return c.remove(x, subBlock) }

// remove deletes a setting; deleting an absent one succeeds.
func (c *call) remove(x *gateway.Exchange, sub string) error {
	if _, ok := c.bucket.Config[sub]; ok {
		if err := c.setConfig(x, sub, nil); err != nil {
			return err
		}
	}
	c.g.empty(x, http.StatusNoContent)
	return nil
}

// nothingToDelete answers the removal of a setting this gateway never keeps.
func (c *call) nothingToDelete(x *gateway.Exchange) error {
	c.g.empty(x, http.StatusNoContent)
	return nil
}

// enforcedOwnership is the only ownership rule served: ACLs are off.
const enforcedOwnership = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
	`<OwnershipControls xmlns="` + namespace + `"><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`

func (c *call) getOwnership(x *gateway.Exchange) error {
	if _, ok := c.bucket.Config[subOwnership]; !ok {
		return notConfigured("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", c.addr.bucket)
	}
	c.g.raw(x, enforcedOwnership)
	return nil
}

func (c *call) putOwnership(x *gateway.Exchange) error {
	n, err := c.xmlBody(x, "OwnershipControls", maxConfig)
	if err != nil {
		return err
	}
	if err := n.only("Rule"); err != nil {
		return err
	}
	rule, err := n.child("Rule")
	if err != nil {
		return err
	}
	if rule == nil {
		return malformedXML(errNoEntry)
	}
	if err := rule.only("ObjectOwnership"); err != nil {
		return err
	}
	v, _, err := rule.str("ObjectOwnership")
	if err != nil {
		return err
	}
	switch v = strings.TrimSpace(v); v {
	case "BucketOwnerEnforced":
	case "BucketOwnerPreferred", "ObjectWriter":
		return operationNotImplemented("object ownership " + v + " (buckets here have no ACLs)")
	default:
		return malformedXML(nil)
	}
	text := enforcedOwnership
	if err := c.setConfig(x, subOwnership, &text); err != nil {
		return err
	}
	c.g.empty(x, http.StatusOK)
	return nil
}

func (c *call) deleteOwnership(x *gateway.Exchange) error { return c.remove(x, subOwnership) }

func (c *call) getCORS(x *gateway.Exchange) error {
	if len(c.bucket.cors) == 0 {
		return notConfigured("NoSuchCORSConfiguration", "The CORS configuration does not exist", c.addr.bucket)
	}
	c.g.raw(x, printCORS(c.bucket.cors))
	return nil
}

func (c *call) putCORS(x *gateway.Exchange) error {
	body, err := c.document(x, maxCORSBytes, true)
	if err != nil {
		return err
	}
	rules, err := parseCORS(body)
	if err != nil {
		return err
	}
	text := printCORS(rules)
	if err := c.setConfig(x, subCORS, &text); err != nil {
		return err
	}
	c.g.empty(x, http.StatusOK)
	return nil
}

func (c *call) deleteCORS(x *gateway.Exchange) error { return c.remove(x, subCORS) }

func (c *call) getBucketTagging(x *gateway.Exchange) error {
	text, ok := c.bucket.Config[subTagging]
	if !ok {
		return notConfigured("NoSuchTagSet", "The TagSet does not exist", c.addr.bucket)
	}
	c.g.raw(x, text)
	return nil
}

func (c *call) putBucketTagging(x *gateway.Exchange) error {
	body, err := c.document(x, maxConfig, true)
	if err != nil {
		return err
	}
	tags, err := parseTagging(body, maxBucketTags)
	if err != nil {
		return err
	}
	text := printTags(tags)
	if err := c.setConfig(x, subTagging, &text); err != nil {
		return err
	}
	c.g.empty(x, http.StatusNoContent)
	return nil
}

func (c *call) deleteBucketTagging(x *gateway.Exchange) error { return c.remove(x, subTagging) }

// The reads below answer for settings that cannot be made here, with what AWS
// answers for a bucket that never had them. Terraform reads all of them.

func (c *call) getVersioning(x *gateway.Exchange) error {
	c.g.send(x, http.StatusOK, newDoc("VersioningConfiguration", namespace))
	return nil
}

func (c *call) getAccelerate(x *gateway.Exchange) error {
	c.g.send(x, http.StatusOK, newDoc("AccelerateConfiguration", namespace))
	return nil
}

func (c *call) getLogging(x *gateway.Exchange) error {
	c.g.send(x, http.StatusOK, newDoc("BucketLoggingStatus", namespace))
	return nil
}

func (c *call) getNotification(x *gateway.Exchange) error {
	c.g.send(x, http.StatusOK, newDoc("NotificationConfiguration", namespace))
	return nil
}

func (c *call) getRequestPayment(x *gateway.Exchange) error {
	d := newDoc("RequestPaymentConfiguration", namespace)
	d.elem("Payer", "BucketOwner")
	c.g.send(x, http.StatusOK, d)
	return nil
}

func (c *call) getEncryption(x *gateway.Exchange) error {
	d := newDoc("ServerSideEncryptionConfiguration", namespace)
	d.open("Rule")
	d.open("ApplyServerSideEncryptionByDefault")
	d.elem("SSEAlgorithm", "AES256")
	d.close("ApplyServerSideEncryptionByDefault")
	d.bool("BucketKeyEnabled", false)
	d.close("Rule")
	c.g.send(x, http.StatusOK, d)
	return nil
}

func (c *call) getLifecycle(*gateway.Exchange) error {
	return notConfigured("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", c.addr.bucket)
}

func (c *call) getReplication(*gateway.Exchange) error {
	return notConfigured("ReplicationConfigurationNotFoundError", "The replication configuration was not found", c.addr.bucket)
}

func (c *call) getWebsite(*gateway.Exchange) error {
	return notConfigured("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", c.addr.bucket)
}

func (c *call) getObjectLock(*gateway.Exchange) error {
	return notConfigured("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket", c.addr.bucket)
}

// getObjectLockState answers for an object's retention or legal hold: the
// bucket has no object lock.
func (c *call) getObjectLockState(*gateway.Exchange) error {
	return invalidRequest("Bucket is missing Object Lock Configuration")
}

// givesACL reports whether the headers set an ACL that needs a permission.
func (c *call) givesACL() bool {
	acl := c.amz("X-Amz-Acl")
	return acl != "" && acl != "bucket-owner-full-control" || c.grants()
}

// grants reports whether any x-amz-grant-* header was given.
func (c *call) grants() bool {
	return slices.ContainsFunc([]string{"X-Amz-Grant-Read", "X-Amz-Grant-Write", "X-Amz-Grant-Read-Acp", "X-Amz-Grant-Write-Acp", "X-Amz-Grant-Full-Control"}, c.hasAmz)
}

// checkACL refuses what BucketOwnerEnforced does not accept.
func (c *call) checkACL() error {
	switch acl := c.amz("X-Amz-Acl"); {
	case c.grants(), acl != "" && acl != "bucket-owner-full-control" && acl != "private":
		return aclNotSupported()
	}
	return nil
}

func aclNotSupported() *Error {
	return fail(http.StatusBadRequest, "AccessControlListNotSupported", "The bucket does not allow ACLs")
}

// getACL answers for a bucket or an object: with BucketOwnerEnforced the owner
// has everything and nobody else anything.
func (c *call) getACL(x *gateway.Exchange) error {
	if c.op.on == onObject {
		if _, err := c.head(x); err != nil {
			return err
		}
	}
	d := newDoc("AccessControlPolicy", namespace)
	owner(d, "Owner", c.bucket.Account)
	d.open("AccessControlList")
	d.open("Grant")
	d.b = append(d.b, `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">`...)
	d.elem("ID", canonicalID(c.bucket.Account))
	d.close("Grantee")
	d.elem("Permission", "FULL_CONTROL")
	d.close("Grant")
	d.close("AccessControlList")
	c.g.send(x, http.StatusOK, d)
	return nil
}

// putACL accepts what changes nothing: the owner keeps full control.
func (c *call) putACL(x *gateway.Exchange) error {
	if c.op.on == onObject {
		if _, err := c.head(x); err != nil {
			return err
		}
	}
	if err := c.checkACL(); err != nil {
		return err
	}
	body, err := c.document(x, maxConfig, true)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := c.checkACLBody(body); err != nil {
			return err
		}
	} else if c.amz("X-Amz-Acl") == "" {
		return fail(http.StatusBadRequest, "MissingSecurityHeader", "Your request was missing a required header", Field{"MissingHeaderName", "x-amz-acl"})
	}
	c.g.empty(x, http.StatusOK)
	return nil
}

func (c *call) checkACLBody(body []byte) error {
	n, err := parseXML(body, "AccessControlPolicy")
	if err != nil {
		return err
	}
	if err := n.only("Owner", "AccessControlList"); err != nil {
		return err
	}
	list, err := n.child("AccessControlList")
	if err != nil {
		return err
	}
	if list == nil {
		return malformedXML(errNoEntry)
	}
	for _, g := range list.kids {
		grantee, err := g.child("Grantee")
		if err != nil {
			return err
		}
		permission, _, err := g.str("Permission")
		if err != nil {
			return err
		}
		if g.name != "Grant" || grantee == nil {
			return malformedXML(nil)
		}
		id, _, err := grantee.str("ID")
		if err != nil {
			return err
		}
		if id != canonicalID(c.bucket.Account) || permission != "FULL_CONTROL" {
			return aclNotSupported()
		}
	}
	return nil
}
