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
	"github.com/rockpool-id/rockpool/internal/pretend"
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
	// StaffRoleName is the role that rules give to staff, GuestRoleName that of
	// guests, who may see one picture.
	StaffRoleName = "Cognito-IDPool-Staff"
	GuestRoleName = "Cognito-IDPool-Guest"
	GuestKey      = "low-tide.jpg"
	ClientID      = "rockpool-demo.apps.googleusercontent.com"
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
	// Providers are the ways to sign in.
	Providers []provider `json:"providers"`
	// Why is where the backend says which role a login leads to, and why.
	Why string `json:"why"`
	// Explain is the command that says why a request was denied, without its id.
	Explain string `json:"explain"`
}

// scene is what the story is made of.
type scene struct {
	origins []string // of the website
	town    *pretend.Town
	apps    pretend.Apps
	explain string
}

// seed takes the steps of the workshop. It may run again on the same data
// folder: what exists is brought into the same state.
func seed(ctx context.Context, c *administrator, in *scene) (*story, error) {
	s := &story{
		Endpoint: c.Endpoint(), Region: c.Region(), Bucket: PrivateBucket, Explain: in.explain,
		Providers: providers(in.town, &in.apps, c.account), Why: "." + whyPath,
	}
	s.Forbidden.Bucket, s.Forbidden.Key = StaffBucket, ForbiddenKey
	if err := seedBuckets(ctx, c, in.origins); err != nil {
		return nil, err
	}
	if err := seedProviders(ctx, c, in.town); err != nil {
		return nil, err
	}
	var err error
	if s.PoolID, err = seedPool(ctx, c, &in.apps); err != nil {
		return nil, err
	}
	if err := seedRoles(ctx, c, in.town, &in.apps, s.PoolID); err != nil {
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
