package policycases

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/iam"
)

// Server reads the policies of a server with the operations that any IAM client
// uses. The caller needs iam:Get* and iam:List* on the roles, users, their groups
// and the policies of the tests, and s3:GetBucketPolicy on their buckets.
type Server struct{ Client *client.Client }

var _ Documents = (*Server)(nil)

// pages bounds the lists that are read: a role has at most a few dozen policies.
const pages = 100

const (
	iamVersion = "2010-05-08"
	stsVersion = "2011-06-15"
)

// storedForm is a role, user or group in IAM's answers.
type storedForm struct {
	Arn                      string
	RoleId, UserId           string
	AssumeRolePolicyDocument string
	PermissionsBoundary      struct{ PermissionsBoundaryArn string }
	Tags                     []iam.Tag `xml:"Tags>member"`
}

// Account asks whose account the credentials are of.
func (s *Server) Account(ctx context.Context) (string, error) {
	var out struct{ Account string }
	err := s.Client.Query(ctx, "sts", stsVersion, "GetCallerIdentity", nil, &out)
	return out.Account, err
}

// Role reads a role with its policies.
func (s *Server) Role(ctx context.Context, name string) (*Stored, error) {
	var out struct{ Role storedForm }
	if err := s.iam(ctx, "GetRole", url.Values{"RoleName": {name}}, &out); err != nil {
		return nil, err
	}
	return s.stored(ctx, "Role", name, &out.Role)
}

// User reads a user with its policies.
func (s *Server) User(ctx context.Context, name string) (*Stored, error) {
	var out struct{ User storedForm }
	if err := s.iam(ctx, "GetUser", url.Values{"UserName": {name}}, &out); err != nil {
		return nil, err
	}
	e, err := s.stored(ctx, "User", name, &out.User)
	if err != nil {
		return nil, err
	}
	e.Groups, err = s.list(ctx, "ListGroupsForUser", url.Values{"UserName": {name}}, func(p *listForm) []string { return p.Groups })
	return e, err
}

// Group reads a group with its policies; who is in it is not asked for.
func (s *Server) Group(ctx context.Context, name string) (*Stored, error) {
	var out struct{ Group storedForm }
	if err := s.iam(ctx, "GetGroup", url.Values{"GroupName": {name}, "MaxItems": {"1"}}, &out); err != nil {
		return nil, err
	}
	return s.stored(ctx, "Group", name, &out.Group)
}

func (s *Server) stored(ctx context.Context, kind, name string, form *storedForm) (*Stored, error) {
	e := &Stored{ARN: form.Arn, ID: form.RoleId + form.UserId, Boundary: form.PermissionsBoundary.PermissionsBoundaryArn, Tags: form.Tags}
	var err error
	if e.Trust, err = unescape(form.AssumeRolePolicyDocument); err != nil {
		return nil, fmt.Errorf("trust policy of %s: %w", name, err)
	}
	who := url.Values{kind + "Name": {name}}
	names, err := s.list(ctx, "List"+kind+"Policies", who, func(p *listForm) []string { return p.PolicyNames })
	if err != nil {
		return nil, err
	}
	for _, policyName := range names {
		var out struct{ PolicyDocument string }
		if err := s.iam(ctx, "Get"+kind+"Policy", url.Values{kind + "Name": {name}, "PolicyName": {policyName}}, &out); err != nil {
			return nil, err
		}
		text, err := unescape(out.PolicyDocument)
		if err != nil {
			return nil, fmt.Errorf("policy %s of %s: %w", policyName, name, err)
		}
		e.Inline = append(e.Inline, iam.InlinePolicy{Name: policyName, Document: text})
	}
	e.Attached, err = s.list(ctx, "ListAttached"+kind+"Policies", who, func(p *listForm) []string { return p.Attached })
	return e, err
}

// listForm is a page of a list of policies or groups.
type listForm struct {
	PolicyNames []string `xml:"PolicyNames>member"`
	Attached    []string `xml:"AttachedPolicies>member>PolicyArn"`
	Groups      []string `xml:"Groups>member>GroupName"`
	IsTruncated bool
	Marker      string
}

func (s *Server) list(ctx context.Context, operation string, who url.Values, take func(*listForm) []string) ([]string, error) {
	var all []string
	marker := ""
	for range pages {
		form := url.Values{}
		for k, v := range who {
			form[k] = v
		}
		if marker != "" {
			form.Set("Marker", marker)
		}
		var page listForm
		if err := s.iam(ctx, operation, form, &page); err != nil {
			return nil, err
		}
		all = append(all, take(&page)...)
		if !page.IsTruncated || page.Marker == "" {
			return all, nil
		}
		marker = page.Marker
	}
	return nil, fmt.Errorf("%s: the list does not end", operation)
}

// ManagedPolicy reads the version of a managed policy that is in force.
func (s *Server) ManagedPolicy(ctx context.Context, arn string) (string, error) {
	var found struct {
		Policy struct{ DefaultVersionId string }
	}
	if err := s.iam(ctx, "GetPolicy", url.Values{"PolicyArn": {arn}}, &found); err != nil {
		return "", err
	}
	var out struct{ PolicyVersion struct{ Document string } }
	form := url.Values{"PolicyArn": {arn}, "VersionId": {found.Policy.DefaultVersionId}}
	if err := s.iam(ctx, "GetPolicyVersion", form, &out); err != nil {
		return "", err
	}
	return unescape(out.PolicyVersion.Document)
}

// BucketPolicy reads the policy of a bucket.
func (s *Server) BucketPolicy(ctx context.Context, bucket string) (string, error) {
	a, err := s.Client.Do(ctx, client.Request{Service: "s3", Method: http.MethodGet, Path: "/" + url.PathEscape(bucket) + "?policy"})
	switch {
	case client.HasCode(err, "NoSuchBucketPolicy"):
		return "", ErrNotFound
	case err != nil:
		return "", fmt.Errorf("policy of bucket %s: %w", bucket, err)
	}
	return string(a.Body), nil
}

func (s *Server) iam(ctx context.Context, operation string, form url.Values, out any) error {
	err := s.Client.Query(ctx, "iam", iamVersion, operation, form, out)
	if client.HasCode(err, "NoSuchEntity") {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// unescape decodes a policy as IAM answers it: escaped as in a URL (RFC 3986).
func unescape(escaped string) (string, error) {
	text, err := url.PathUnescape(escaped)
	if err != nil {
		return "", fmt.Errorf("the answer is not escaped as IAM escapes policies: %w", err)
	}
	return text, nil
}
