package s3gw

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/policy"
)

// The names of a bucket's setting documents in object.Bucket.Config.
const (
	subPolicy    = "policy"
	subBindings  = "policy-bindings"
	subCORS      = "cors"
	subBlock     = "publicAccessBlock"
	subOwnership = "ownershipControls"
	subTagging   = "tagging"
)

// settings is a bucket with its settings compiled. It is immutable.
type settings struct {
	Name    string
	Account string
	Region  string
	Created time.Time
	Version int64
	Config  map[string]string // shared with the store: read only
	arn     string
	boxed   any // Name, for records

	policy   *policy.Policy // nil when there is none
	public   bool           // the policy grants to everybody
	block    publicAccessBlock
	hasBlock bool
	cors     []corsRule
}

// settings returns a bucket, compiled once per version of its settings.
func (g *Gateway) settings(ctx context.Context, name string) (*settings, error) {
	b, err := g.store.Bucket(ctx, name)
	if err != nil {
		return nil, err
	}
	g.mu.RLock()
	s := g.buckets[name]
	g.mu.RUnlock()
	// A bucket made anew under the same name starts its versions again.
	if s != nil && s.Version == b.Version && s.Created.Equal(b.Created) && s.Account == b.Account {
		return s, nil
	}
	s = compileSettings(b)
	g.mu.Lock()
	g.buckets[name] = s
	g.mu.Unlock()
	return s, nil
}

// compileSettings reads the documents. One that cannot be read counts as the
// most restrictive: a broken policy denies everybody, a broken block is on.
func compileSettings(b *object.Bucket) *settings {
	s := &settings{Name: b.Name, Account: b.Account, Region: b.Region, Created: b.Created, Version: b.Version, Config: b.Config, arn: bucketARN + b.Name, boxed: b.Name}
	if text, ok := b.Config[subPolicy]; ok {
		s.policy, s.public = compilePolicy(b.Name, text, b.Config[subBindings])
	}
	if text, ok := b.Config[subBlock]; ok {
		s.hasBlock = true
		block, err := parseBlock([]byte(text))
		if err != nil {
			block = blockEverything()
		}
		s.block = block
	}
	if text, ok := b.Config[subCORS]; ok {
		if rules, err := parseCORS([]byte(text)); err == nil {
			s.cors = rules
		}
	}
	return s
}

// compilePolicy compiles a stored bucket policy with the unique ids that its
// principals had when it was written.
func compilePolicy(bucket, text, bindings string) (p *policy.Policy, public bool) {
	meta := policy.Meta{Name: "bucket policy of " + bucket, ARN: bucketARN + bucket}
	doc, err := policy.Parse([]byte(text), policy.Resource)
	if err != nil {
		return policy.Broken(meta), true
	}
	meta.Bindings = bindingsOf(text, bindings)
	return policy.Compile(doc, meta), policy.IsPublic(doc)
}

// question makes a question about this bucket or an object in it.
func (s *settings) question(action, resource string) gateway.Question {
	return gateway.Question{Request: authz.Request{
		Action: action, Resource: resource, ResourceAccount: s.Account, ResourcePolicy: s.policy,
		OwnerOnly: s.block.RestrictPublicBuckets && s.public,
	}}
}

// The bindings document holds the bindings of the current policy and, while a
// new one is being written, of both: {"<sha256 of the policy>": {"arn": "id"}}.
// Policy and bindings are two documents of the store, and a crash between the
// two writes must not leave a policy with another one's bindings.
func bindingsOf(text, stored string) map[string]string {
	var all map[string]map[string]string
	if json.Unmarshal([]byte(stored), &all) != nil {
		return nil // no bindings: principals match by ARN
	}
	return all[digest(text)]
}

// withBindings returns the bindings document that fits the current policy as
// well as the new one.
func withBindings(current, stored, text string, bindings map[string]string) (string, error) {
	all := map[string]map[string]string{digest(text): bindings}
	if old := bindingsOf(current, stored); old != nil && current != text {
		all[digest(current)] = old
	}
	b, err := json.Marshal(all)
	return string(b), err
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
