package s3gw

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/lint"
)

// maxPolicy is the longest bucket policy in bytes.
const maxPolicy = 20480

// getPolicy answers with the document as it was put, except that a principal
// deleted since is shown by its unique id: whoever has the name now is somebody
// else (spec/gateways.md 1.9).
func (c *call) getPolicy(x *gateway.Exchange) error {
	text, ok := c.bucket.Config[subPolicy]
	if !ok {
		return notConfigured("NoSuchBucketPolicy", "The bucket policy does not exist", c.addr.bucket)
	}
	bindings := bindingsOf(text, c.bucket.Config[subBindings])
	snapshot := c.g.iam()
	body := policy.RewritePrincipals([]byte(text), func(value string) string {
		id, bound := bindings[value]
		if !bound || !strings.HasPrefix(value, "arn:") {
			return value
		}
		if current, alive := snapshot.CurrentARN(id); alive {
			return current
		}
		return id
	})
	x.W.Set("Content-Type", "application/json")
	x.W.Set("Content-Length", itoa(int64(len(body))))
	x.W.WriteHeader(http.StatusOK)
	_, _ = x.W.Write(body)
	return nil
}

// putPolicy checks a policy, binds its principals to the users and roles that
// have those names now, and stores both.
func (c *call) putPolicy(x *gateway.Exchange) error {
	text, err := c.document(x, maxPolicy, true)
	if err != nil {
		return err
	}
	text = bytes.TrimSpace(text)
	doc, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return err
	}
	if err := doc.CheckBucket(c.addr.bucket); err != nil {
		return err
	}
	bindings, err := c.bind(doc)
	if err != nil {
		return err
	}
	if c.bucket.block.BlockPublicPolicy && policy.IsPublic(doc) {
		return accessDenied("User: " + x.Caller.ARN + " is not authorized to perform: s3:PutBucketPolicy on resource: \"" + c.resource() +
			"\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.")
	}
	if err := c.keepsAccess(x, doc, bindings); err != nil {
		return err
	}
	if err := c.storePolicy(x, string(text), bindings); err != nil {
		return err
	}
	// S3 answers without a word about what the policy says; the operator hears it.
	lint.Log(x.R.Context(), c.g.front.Log, lint.Lint(doc, lint.Options{Catalog: c.g.catalog, Now: x.Now}), slog.String("bucket_policy_of", c.addr.bucket))
	c.g.empty(x, http.StatusNoContent)
	return nil
}

// storePolicy stores a policy after its bindings. Those hold the old policy's as
// well, so that neither is ever without its own; the lock and the second look
// keep two writers from dropping each other's.
func (c *call) storePolicy(x *gateway.Exchange, document string, bindings map[string]string) error {
	c.g.policies.Lock()
	defer c.g.policies.Unlock()
	current, err := c.g.settings(x.R.Context(), c.addr.bucket)
	if err != nil {
		return err
	}
	bound, err := withBindings(current.Config[subPolicy], current.Config[subBindings], document, bindings)
	if err != nil {
		return err
	}
	if err := c.setConfig(x, subBindings, &bound); err != nil {
		return err
	}
	return c.setConfig(x, subPolicy, &document)
}

// bind finds the unique id of every user and role a policy names. A principal
// that does not exist is refused: whoever were to take the name later would
// inherit the grant.
func (c *call) bind(doc *policy.Document) (map[string]string, error) {
	bindings, err := iam.BindPrincipals(c.g.iam(), doc)
	if unknown, ok := errors.AsType[*iam.InvalidPrincipal](err); ok {
		return nil, fail(http.StatusBadRequest, "MalformedPolicy", "Invalid principal in policy", Field{"Detail", `"AWS" : "` + unknown.ARN + `"`})
	}
	if err != nil {
		return nil, err
	}
	var unknown string
	policy.RewritePrincipals(doc.Text(), func(value string) string {
		switch {
		case value == canonicalID(c.bucket.Account):
			bindings[value] = c.bucket.Account
		case len(value) == len(canonicalID("")) && !strings.Contains(value, ":"):
			unknown = value
		}
		return value
	})
	if unknown != "" {
		return nil, fail(http.StatusBadRequest, "MalformedPolicy", "Invalid principal in policy", Field{"Detail", `"CanonicalUser" : "` + unknown + `"`})
	}
	return bindings, nil
}

// keepsAccess refuses a policy that would forbid the caller to change it again,
// unless the caller confirms that.
func (c *call) keepsAccess(x *gateway.Exchange, doc *policy.Document, bindings map[string]string) error {
	if strings.EqualFold(c.amz("X-Amz-Confirm-Remove-Self-Bucket-Access"), "true") {
		return nil
	}
	next := policy.Compile(doc, policy.Meta{Name: "bucket policy of " + c.addr.bucket, ARN: bucketARN + c.addr.bucket, Bindings: bindings})
	d := x.Ask(&authz.Request{
		Action: "s3:PutBucketPolicy", Resource: c.resource(), ResourceAccount: c.bucket.Account,
		Keys: c.keys.List(), ResourcePolicy: next, OwnerOnly: c.bucket.block.RestrictPublicBuckets && policy.IsPublic(doc),
	})
	if !d.Allowed {
		return accessDenied("The policy would remove your own permission to change it. Send x-amz-confirm-remove-self-bucket-access: true to confirm.")
	}
	return nil
}

func (c *call) deletePolicy(x *gateway.Exchange) error {
	c.g.policies.Lock()
	defer c.g.policies.Unlock()
	if _, ok := c.bucket.Config[subPolicy]; ok {
		if err := c.setConfig(x, subPolicy, nil); err != nil {
			return err
		}
		if err := c.setConfig(x, subBindings, nil); err != nil {
			return err
		}
	}
	c.g.empty(x, http.StatusNoContent)
	return nil
}

func (c *call) getPolicyStatus(x *gateway.Exchange) error {
	if c.bucket.policy == nil {
		return notConfigured("NoSuchBucketPolicy", "The bucket policy does not exist", c.addr.bucket)
	}
	d := newDoc("PolicyStatus", namespace)
	d.bool("IsPublic", c.bucket.public)
	c.g.send(x, http.StatusOK, d)
	return nil
}
