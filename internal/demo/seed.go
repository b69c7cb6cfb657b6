package demo

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/url"
	"path"
	"strings"

	"github.com/rockpool-id/rockpool/internal/client"
)

// The names of the story. Buckets are named for what they hold.
const (
	AppBucket     = "rockpool-demo-app"
	PrivateBucket = "rockpool-demo-pictures"
	// StaffBucket is outside the policy: what "try something forbidden" asks for.
	StaffBucket  = "rockpool-demo-staff"
	ForbiddenKey = "night-shift.jpg"
	PoolName     = "private-bucket-pool"
	RoleName     = "Cognito-IDPool-Role"
	PolicyName   = "ReadPrivateBucket"
	ClientID     = "rockpool-demo.apps.googleusercontent.com"
)

//go:embed pictures/*.jpg
var pictures embed.FS

//go:embed all:site
var site embed.FS

// story is what the website and the person at the terminal need to know.
type story struct {
	Endpoint  string `json:"endpoint"`
	Region    string `json:"region"`
	PoolID    string `json:"identityPoolId"`
	Bucket    string `json:"bucket"`
	Forbidden struct {
		Bucket string `json:"bucket"`
		Key    string `json:"key"`
	} `json:"forbidden"`
	ClientID string `json:"clientId"`
	Google   string `json:"google"`
	// Explain is the command that says why a request was denied, without its id.
	Explain string `json:"explain"`
}

// seed takes the steps of the workshop. It may run again on the same data
// folder: what exists is brought into the same state.
func seed(ctx context.Context, c *administrator, siteOrigins []string, google, explain string) (*story, error) {
	s := &story{Endpoint: c.Endpoint(), Region: c.Region(), Bucket: PrivateBucket, ClientID: ClientID, Google: google, Explain: explain}
	s.Forbidden.Bucket, s.Forbidden.Key = StaffBucket, ForbiddenKey
	if err := seedBuckets(ctx, c, siteOrigins); err != nil {
		return nil, err
	}
	var err error
	if s.PoolID, err = seedPool(ctx, c); err != nil {
		return nil, err
	}
	if err := seedRole(ctx, c, s.PoolID); err != nil {
		return nil, err
	}
	if err := seedSite(ctx, c, s); err != nil {
		return nil, err
	}
	return s, nil
}

// seedBuckets makes the private bucket, closed to the public and readable by
// the site's origin once signed in, the bucket outside the policy, and the app
// bucket that everybody may read.
func seedBuckets(ctx context.Context, c *administrator, siteOrigins []string) error {
	for _, b := range []string{PrivateBucket, StaffBucket, AppBucket} {
		if err := c.put(ctx, "/"+b, "", nil); err != nil && !client.HasCode(err, "BucketAlreadyOwnedByYou") {
			return err
		}
	}
	for _, b := range []string{PrivateBucket, StaffBucket} {
		if err := c.put(ctx, "/"+b+"?cors", "application/xml", corsDocument(siteOrigins)); err != nil {
			return err
		}
	}
	files, err := fs.ReadDir(pictures, "pictures")
	if err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	for _, f := range files {
		bucket := PrivateBucket
		if f.Name() == ForbiddenKey {
			bucket = StaffBucket
		}
		body, err := pictures.ReadFile("pictures/" + f.Name())
		if err != nil {
			return fmt.Errorf("pictures: %w", err)
		}
		if err := c.put(ctx, "/"+bucket+"/"+url.PathEscape(f.Name()), "image/jpeg", body); err != nil {
			return err
		}
	}
	open := `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>` +
		`<BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>`
	if err := c.put(ctx, "/"+AppBucket+"?publicAccessBlock", "application/xml", []byte(open)); err != nil {
		return err
	}
	public := `{
  "Version": "2012-10-17",
  "Statement": [{
    "Sid": "PublicRead",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::` + AppBucket + `/*"
  }]
}`
	return c.put(ctx, "/"+AppBucket+"?policy", "application/json", []byte(public))
}

func corsDocument(origins []string) []byte {
	var b strings.Builder
	b.WriteString("<CORSConfiguration><CORSRule>")
	for _, o := range origins {
		b.WriteString("<AllowedOrigin>" + o + "</AllowedOrigin>")
	}
	// DELETE is for the page's "delete a picture", which the policy must refuse:
	// without it the browser would not even ask.
	b.WriteString("<AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod><AllowedMethod>DELETE</AllowedMethod>" +
		"<AllowedHeader>*</AllowedHeader>" +
		"<ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-amz-request-id</ExposeHeader><MaxAgeSeconds>300</MaxAgeSeconds>" +
		"</CORSRule></CORSConfiguration>")
	return []byte(b.String())
}

// seedPool makes the identity pool with authenticated access through Google, or
// finds the one of an earlier run.
func seedPool(ctx context.Context, c *administrator) (string, error) {
	var list struct {
		IdentityPools []struct{ IdentityPoolId, IdentityPoolName string }
	}
	if err := c.json(ctx, "ListIdentityPools", map[string]any{"MaxResults": 60}, &list); err != nil {
		return "", err
	}
	for _, p := range list.IdentityPools {
		if p.IdentityPoolName == PoolName {
			return p.IdentityPoolId, nil
		}
	}
	var made struct{ IdentityPoolId string }
	err := c.json(ctx, "CreateIdentityPool", map[string]any{
		"IdentityPoolName":               PoolName,
		"AllowUnauthenticatedIdentities": false,
		"SupportedLoginProviders":        map[string]string{"accounts.google.com": ClientID},
	}, &made)
	return made.IdentityPoolId, err
}

// seedRole makes the role that people of the pool get, lets it read the private
// bucket, and gives it to the pool.
func seedRole(ctx context.Context, c *administrator, poolID string) error {
	trust := `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {"cognito-identity.amazonaws.com:aud": "` + poolID + `"},
      "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}
    }
  }]
}`
	err := c.iam(ctx, "CreateRole", map[string]string{
		"RoleName": RoleName, "Path": "/service-role/", "AssumeRolePolicyDocument": trust,
		"Description": "People who signed in to the demo's identity pool",
	})
	if client.HasCode(err, "EntityAlreadyExists") {
		err = c.iam(ctx, "UpdateAssumeRolePolicy", map[string]string{"RoleName": RoleName, "PolicyDocument": trust})
	}
	if err != nil {
		return err
	}
	allow := `{
  "Version": "2012-10-17",
  "Statement": [{
    "Sid": "ReadPrivateBucket",
    "Effect": "Allow",
    "Action": ["s3:ListBucket", "s3:GetObject"],
    "Resource": [
      "arn:aws:s3:::` + PrivateBucket + `",
      "arn:aws:s3:::` + PrivateBucket + `/*"
    ]
  }]
}`
	err = c.iam(ctx, "PutRolePolicy", map[string]string{"RoleName": RoleName, "PolicyName": PolicyName, "PolicyDocument": allow})
	if err != nil {
		return err
	}
	return c.json(ctx, "SetIdentityPoolRoles", map[string]any{
		"IdentityPoolId": poolID,
		"Roles":          map[string]string{"authenticated": "arn:aws:iam::" + c.account + ":role/service-role/" + RoleName},
	}, nil)
}

// seedSite puts the website's files into the app bucket, with the pool id,
// bucket name and client id in config.json.
func seedSite(ctx context.Context, c *administrator, s *story) error {
	config, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("site configuration: %w", err)
	}
	if err := c.put(ctx, "/"+AppBucket+"/config.json", "application/json", config); err != nil {
		return err
	}
	return fs.WalkDir(site, "site", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := site.ReadFile(name)
		if err != nil {
			return err
		}
		key := strings.TrimPrefix(name, "site/")
		kind := mime.TypeByExtension(path.Ext(key))
		if kind == "" {
			kind = "application/octet-stream"
		}
		return c.put(ctx, "/"+AppBucket+"/"+escapeKey(key), kind, body)
	})
}

// escapeKey escapes an object key for a URL path, keeping its slashes.
func escapeKey(key string) string {
	parts := strings.Split(key, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
