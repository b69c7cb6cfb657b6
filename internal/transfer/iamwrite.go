package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/client"
)

// Differs says that something of IAM is there already and is not what the file has.
// It is left alone.
type Differs struct{ What, ARN string }

func (e *Differs) Error() string {
	return fmt.Sprintf("the %s %s is there already and differs from the file's", e.What, e.ARN)
}

// making marks in the list of parts what was begun and may be half done.
const making = "making "

// Write makes what of IAM a header has and is missing. What is there and is equal
// stays; what differs is an error. Of what an interrupted run has begun, as done
// says, the rest is made.
func (i *IAM) Write(ctx context.Context, h *Header, done []string, save func(part string) error) error {
	part := func(what, arn string, write func(begun bool) error) error {
		if slices.Contains(done, arn) {
			return nil
		}
		if err := write(slices.Contains(done, making+arn)); err != nil {
			return fmt.Errorf("%s %s: %w", what, arn, err)
		}
		return save(arn)
	}
	for n := range h.OpenIDConnectProviders {
		p := &h.OpenIDConnectProviders[n]
		if err := part("OpenID Connect provider", p.Arn, func(bool) error { return i.writeOIDC(ctx, p) }); err != nil {
			return err
		}
	}
	for n := range h.SAMLProviders {
		p := &h.SAMLProviders[n]
		if err := part("SAML provider", p.Arn, func(bool) error { return i.writeSAML(ctx, p) }); err != nil {
			return err
		}
	}
	for n := range h.Policies {
		p := &h.Policies[n]
		if err := part("policy", p.Arn, func(bool) error { return i.writePolicy(ctx, p) }); err != nil {
			return err
		}
	}
	for n := range h.Roles {
		r := &h.Roles[n]
		if err := part("role", r.Arn, func(begun bool) error { return i.writeRole(ctx, r, begun, save) }); err != nil {
			return err
		}
	}
	return nil
}

func missing(err error) bool {
	return client.HasCode(err, "NoSuchEntity")
}

func (i *IAM) writeOIDC(ctx context.Context, p *OIDCProvider) error {
	there, err := i.oidcProvider(ctx, p.Arn)
	if missing(err) {
		form := url.Values{"Url": {p.Url}}
		if !strings.Contains(p.Url, "://") { // IAM's answer leaves the scheme out
			form.Set("Url", "https://"+p.Url)
		}
		addList(form, "ClientIDList", p.ClientIDList)
		addList(form, "ThumbprintList", p.ThumbprintList)
		addTags(form, p.Tags)
		return i.call(ctx, "CreateOpenIDConnectProvider", form, nil)
	}
	if err == nil && !sameSet(there.ClientIDList, p.ClientIDList) {
		err = &Differs{"OpenID Connect provider", p.Arn}
	}
	return err
}

func (i *IAM) writeSAML(ctx context.Context, p *SAMLProvider) error {
	there, err := i.samlProvider(ctx, p.Arn)
	if missing(err) {
		form := url.Values{"Name": {p.Name}, "SAMLMetadataDocument": {p.SAMLMetadataDocument}}
		addTags(form, p.Tags)
		return i.call(ctx, "CreateSAMLProvider", form, nil)
	}
	if err == nil && there.SAMLMetadataDocument != p.SAMLMetadataDocument {
		err = &Differs{"SAML provider", p.Arn}
	}
	return err
}

func (i *IAM) writePolicy(ctx context.Context, p *Policy) error {
	there, err := i.policy(ctx, p.Arn)
	if missing(err) {
		form := url.Values{"PolicyName": {p.PolicyName}, "Path": {p.Path}, "PolicyDocument": {p.PolicyDocument}}
		if p.Description != "" {
			form.Set("Description", p.Description)
		}
		addTags(form, p.Tags)
		return i.call(ctx, "CreatePolicy", form, nil)
	}
	if err == nil && !sameDocument(there.PolicyDocument, p.PolicyDocument) {
		err = &Differs{"policy", p.Arn}
	}
	return err
}

func (i *IAM) writeRole(ctx context.Context, r *Role, begun bool, save func(part string) error) error {
	there, err := i.role(ctx, r.Arn)
	switch {
	case missing(err):
		if err := save(making + r.Arn); err != nil {
			return err
		}
		form := url.Values{"RoleName": {r.RoleName}, "Path": {r.Path}, "AssumeRolePolicyDocument": {r.AssumeRolePolicyDocument}}
		if r.Description != "" {
			form.Set("Description", r.Description)
		}
		if r.MaxSessionDuration > 0 {
			form.Set("MaxSessionDuration", strconv.Itoa(r.MaxSessionDuration))
		}
		if r.PermissionsBoundary != "" {
			form.Set("PermissionsBoundary", r.PermissionsBoundary)
		}
		addTags(form, r.Tags)
		if err := i.call(ctx, "CreateRole", form, nil); err != nil {
			return err
		}
	case err != nil:
		return err
	case sameRole(there, r):
		return nil
	case !begun || there.Arn != r.Arn:
		return &Differs{"role", r.Arn}
	}
	// Both operations may be repeated.
	name := url.Values{"RoleName": {r.RoleName}}
	for _, p := range r.Policies {
		form := maps.Clone(name)
		form.Set("PolicyName", p.PolicyName)
		form.Set("PolicyDocument", p.PolicyDocument)
		if err := i.call(ctx, "PutRolePolicy", form, nil); err != nil {
			return err
		}
	}
	for _, policy := range r.AttachedPolicies {
		form := maps.Clone(name)
		form.Set("PolicyArn", policy)
		if err := i.call(ctx, "AttachRolePolicy", form, nil); err != nil {
			return err
		}
	}
	return nil
}

// sameRole compares what decides: who may assume a role, and what it may do.
func sameRole(a, b *Role) bool {
	return a.Arn == b.Arn && a.PermissionsBoundary == b.PermissionsBoundary && sameSet(a.AttachedPolicies, b.AttachedPolicies) &&
		sameDocument(a.AssumeRolePolicyDocument, b.AssumeRolePolicyDocument) &&
		slices.EqualFunc(sortedPolicies(a.Policies), sortedPolicies(b.Policies), func(x, y InlinePolicy) bool {
			return x.PolicyName == y.PolicyName && sameDocument(x.PolicyDocument, y.PolicyDocument)
		})
}

func sortedPolicies(list []InlinePolicy) []InlinePolicy {
	return slices.SortedFunc(slices.Values(list), func(a, b InlinePolicy) int { return strings.Compare(a.PolicyName, b.PolicyName) })
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// sameDocument compares documents as JSON, since AWS's console lays them out anew.
func sameDocument(a, b string) bool {
	if a == b {
		return true
	}
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

func addList(form url.Values, name string, list []string) {
	for n, v := range list {
		form.Set(fmt.Sprintf("%s.member.%d", name, n+1), v)
	}
}

func addTags(form url.Values, tags map[string]string) {
	for n, key := range slices.Sorted(maps.Keys(tags)) {
		form.Set(fmt.Sprintf("Tags.member.%d.Key", n+1), key)
		form.Set(fmt.Sprintf("Tags.member.%d.Value", n+1), tags[key])
	}
}
