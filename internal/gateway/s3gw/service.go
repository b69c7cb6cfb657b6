package s3gw

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/gateway"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// listBuckets lists the buckets of the caller's account. Every one of them is
// named, whatever the caller may do with it, as on AWS.
func (c *call) listBuckets(x *gateway.Exchange) error {
	limit, err := c.limit("max-buckets", 10000, 10000)
	if err != nil {
		return err
	}
	prefix, region := c.query.value("prefix"), c.query.value("bucket-region")
	bound := "buckets\x00" + x.Caller.Account + "\x00" + prefix
	after := ""
	if t, ok := c.query.get("continuation-token"); ok {
		if after, err = c.g.openToken(t, bound); err != nil {
			return err
		}
	}
	buckets, err := c.g.store.Buckets(x.R.Context(), x.Caller.Account)
	if err != nil {
		return err
	}
	d := newDoc("ListAllMyBucketsResult", namespace)
	owner(d, "Owner", x.Caller.Account)
	d.open("Buckets")
	n, last, more := 0, "", false
	for _, b := range buckets {
		if b.Name <= after && after != "" || !strings.HasPrefix(b.Name, prefix) || region != "" && b.Region != region {
			continue
		}
		if n == limit {
			more = true
			break
		}
		n, last = n+1, b.Name
		d.open("Bucket")
		d.elem("Name", b.Name)
		d.time("CreationDate", b.Created)
		d.elem("BucketRegion", b.Region)
		d.elem("BucketArn", bucketARN+b.Name)
		d.close("Bucket")
	}
	d.close("Buckets")
	if more {
		token, err := c.g.sealToken(last, bound)
		if err != nil {
			return err
		}
		d.elem("ContinuationToken", token)
	}
	d.some("Prefix", prefix)
	c.g.send(x, http.StatusOK, d)
	return nil
}

// limit reads a page size: absent means usual, more than most means most.
func (c *call) limit(name string, usual, most int) (int, error) {
	v, ok := c.query.get(name)
	if !ok || v == "" {
		return usual, nil
	}
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return 0, invalidArgument("Argument "+name+" must be an integer between 0 and 2147483647", name, v)
	}
	return min(int(n), most), nil
}

// owner writes an owner. The canonical id stands for the account; it is made
// from it, as nothing else knows it.
func owner(d *doc, name, account string) {
	d.open(name)
	d.elem("ID", canonicalID(account))
	d.close(name)
}

func canonicalID(account string) string {
	sum := sha256.Sum256([]byte("rockpool canonical user " + account))
	return hex.EncodeToString(sum[:])
}

// sealToken makes a continuation token that opens only for the same listing:
// bound names the bucket and the prefix, so that a token can neither widen a
// grant limited to a prefix nor tell what it contains.
func (g *Gateway) sealToken(after, bound string) (string, error) {
	b, err := g.sealer.Seal("page", []byte(after), []byte(bound))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func (g *Gateway) openToken(token, bound string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		b, err = g.sealer.Open("page", b, []byte(bound))
	}
	if err != nil {
		e := invalidArgument("The continuation token provided is incorrect", "continuation-token", token)
		e.Cause = err
		return "", e
	}
	return string(b), nil
}
