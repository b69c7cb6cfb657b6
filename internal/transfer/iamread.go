package transfer

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/client"
)

// IAM reads and writes what a pool needs of IAM, with the permissions of whoever
// the client signs for.
type IAM struct {
	Client *client.Client
	Pace   *Pace
}

// NotReadable says that a part of IAM which a pool names could not be read.
type NotReadable struct {
	What string
	Err  error
}

func (e *NotReadable) Error() string { return fmt.Sprintf("read %s: %v", e.What, e.Err) }

// Unwrap gives the server's answer.
func (e *NotReadable) Unwrap() error { return e.Err }

func (i *IAM) call(ctx context.Context, action string, parameters url.Values, out any) error {
	return i.Pace.Do(ctx, func(ctx context.Context) error {
		return i.Client.Query(ctx, "iam", "2010-05-08", action, parameters, out)
	})
}

// Collect adds to a header what its pool names, and the further roles.
func (i *IAM) Collect(ctx context.Context, h *Header, further []string) error {
	for _, role := range poolRoles(&h.Pool, further) {
		r, err := i.role(ctx, role)
		if err != nil {
			return &NotReadable{"role " + role, err}
		}
		h.Roles = append(h.Roles, *r)
	}
	for _, policy := range customerPolicies(h) {
		p, err := i.policy(ctx, policy)
		if err != nil {
			return &NotReadable{"policy " + policy, err}
		}
		h.Policies = append(h.Policies, *p)
	}
	for _, provider := range h.Pool.OpenIdConnectProviderARNs {
		p, err := i.oidcProvider(ctx, provider)
		if err != nil {
			return &NotReadable{"OpenID Connect provider " + provider, err}
		}
		h.OpenIDConnectProviders = append(h.OpenIDConnectProviders, *p)
	}
	for _, provider := range h.Pool.SamlProviderARNs {
		p, err := i.samlProvider(ctx, provider)
		if err != nil {
			return &NotReadable{"SAML provider " + provider, err}
		}
		h.SAMLProviders = append(h.SAMLProviders, *p)
	}
	return nil
}

// poolRoles lists the roles that a pool names, and further ones, each once.
func poolRoles(p *Pool, further []string) []string {
	roles := slices.Concat(slices.Collect(maps.Values(p.Roles)), further)
	for _, m := range p.RoleMappings {
		if m.RulesConfiguration != nil {
			for _, r := range m.RulesConfiguration.Rules {
				roles = append(roles, r.RoleARN)
			}
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// customerPolicies lists the managed policies, other than AWS's own, that roles
// have or that limit guests, each once.
func customerPolicies(h *Header) []string {
	var list []string
	for _, r := range h.Roles {
		list = append(list, r.AttachedPolicies...)
		if r.PermissionsBoundary != "" {
			list = append(list, r.PermissionsBoundary)
		}
	}
	if h.Pool.Sessions != nil {
		list = append(list, h.Pool.Sessions.GuestPolicyArns...)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(text string) bool {
		a, err := arn.Parse(text)
		return err != nil || a.Account == "aws"
	})
}

// lastName is the name at the end of an ARN with a path.
func lastName(text string) string { return text[strings.LastIndexByte(text, '/')+1:] }

type xmlTags []struct{ Key, Value string }

func (t xmlTags) tags() map[string]string {
	if len(t) == 0 {
		return nil
	}
	m := make(map[string]string, len(t))
	for _, tag := range t {
		m[tag.Key] = tag.Value
	}
	return m
}

func (i *IAM) role(ctx context.Context, roleARN string) (*Role, error) {
	name := url.Values{"RoleName": {lastName(roleARN)}}
	var got struct {
		Role struct {
			Path, RoleName, Arn, Description, AssumeRolePolicyDocument string
			MaxSessionDuration                                         int
			PermissionsBoundary                                        struct{ PermissionsBoundaryArn string }
			Tags                                                       xmlTags `xml:"Tags>member"`
		}
	}
	if err := i.call(ctx, "GetRole", name, &got); err != nil {
		return nil, err
	}
	trust, err := url.QueryUnescape(got.Role.AssumeRolePolicyDocument)
	if err != nil {
		return nil, fmt.Errorf("its trust policy: %w", err)
	}
	r := &Role{
		Arn: got.Role.Arn, RoleName: got.Role.RoleName, Path: got.Role.Path, Description: got.Role.Description,
		MaxSessionDuration: got.Role.MaxSessionDuration, AssumeRolePolicyDocument: trust,
		PermissionsBoundary: got.Role.PermissionsBoundary.PermissionsBoundaryArn, Tags: got.Role.Tags.tags(),
	}
	var inline []string
	err = i.pages(ctx, "ListRolePolicies", name, func() page { return &inlinePage{} }, func(p page) {
		inline = append(inline, p.(*inlinePage).Names...)
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(inline)
	for _, policyName := range inline {
		var p struct{ PolicyDocument string }
		if err := i.call(ctx, "GetRolePolicy", url.Values{"RoleName": name["RoleName"], "PolicyName": {policyName}}, &p); err != nil {
			return nil, err
		}
		document, err := url.QueryUnescape(p.PolicyDocument)
		if err != nil {
			return nil, fmt.Errorf("its policy %s: %w", policyName, err)
		}
		r.Policies = append(r.Policies, InlinePolicy{PolicyName: policyName, PolicyDocument: document})
	}
	err = i.pages(ctx, "ListAttachedRolePolicies", name, func() page { return &attachedPage{} }, func(p page) {
		for _, a := range p.(*attachedPage).Policies {
			r.AttachedPolicies = append(r.AttachedPolicies, a.PolicyArn)
		}
	})
	slices.Sort(r.AttachedPolicies)
	return r, err
}

func (i *IAM) policy(ctx context.Context, policyARN string) (*Policy, error) {
	var got struct {
		Policy struct {
			Arn, PolicyName, Path, Description, DefaultVersionId string
			Tags                                                 xmlTags `xml:"Tags>member"`
		}
	}
	if err := i.call(ctx, "GetPolicy", url.Values{"PolicyArn": {policyARN}}, &got); err != nil {
		return nil, err
	}
	var version struct{ PolicyVersion struct{ Document string } }
	err := i.call(ctx, "GetPolicyVersion", url.Values{"PolicyArn": {policyARN}, "VersionId": {got.Policy.DefaultVersionId}}, &version)
	if err != nil {
		return nil, err
	}
	document, err := url.QueryUnescape(version.PolicyVersion.Document)
	if err != nil {
		return nil, fmt.Errorf("its document: %w", err)
	}
	return &Policy{
		Arn: got.Policy.Arn, PolicyName: got.Policy.PolicyName, Path: got.Policy.Path, Description: got.Policy.Description,
		PolicyDocument: document, Tags: got.Policy.Tags.tags(),
	}, nil
}

func (i *IAM) oidcProvider(ctx context.Context, providerARN string) (*OIDCProvider, error) {
	var got struct {
		Url         string
		ClientIDs   []string `xml:"ClientIDList>member"`
		Thumbprints []string `xml:"ThumbprintList>member"`
		Tags        xmlTags  `xml:"Tags>member"`
	}
	if err := i.call(ctx, "GetOpenIDConnectProvider", url.Values{"OpenIDConnectProviderArn": {providerARN}}, &got); err != nil {
		return nil, err
	}
	return &OIDCProvider{
		Arn: providerARN, Url: got.Url, ClientIDList: got.ClientIDs, ThumbprintList: got.Thumbprints, Tags: got.Tags.tags(),
	}, nil
}

func (i *IAM) samlProvider(ctx context.Context, providerARN string) (*SAMLProvider, error) {
	var got struct {
		SAMLMetadataDocument string
		Tags                 xmlTags `xml:"Tags>member"`
	}
	if err := i.call(ctx, "GetSAMLProvider", url.Values{"SAMLProviderArn": {providerARN}}, &got); err != nil {
		return nil, err
	}
	return &SAMLProvider{
		Arn: providerARN, Name: lastName(providerARN), SAMLMetadataDocument: got.SAMLMetadataDocument, Tags: got.Tags.tags(),
	}, nil
}

// page is one page of a list of IAM's.
type page interface{ next() (string, bool) }

// marker is how IAM's lists go on.
type marker struct {
	IsTruncated bool
	Marker      string
}

func (m *marker) next() (string, bool) { return m.Marker, m.IsTruncated }

type inlinePage struct {
	marker
	Names []string `xml:"PolicyNames>member"`
}

type attachedPage struct {
	marker
	Policies []struct{ PolicyArn string } `xml:"AttachedPolicies>member"`
}

// pages reads a list to its end.
func (i *IAM) pages(ctx context.Context, action string, parameters url.Values, empty func() page, take func(page)) error {
	parameters = maps.Clone(parameters)
	for {
		p := empty()
		if err := i.call(ctx, action, parameters, p); err != nil {
			return err
		}
		take(p)
		from, more := p.next()
		if !more {
			return nil
		}
		parameters.Set("Marker", from)
	}
}
