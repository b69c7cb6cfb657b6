package conformance

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	pooltypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

// story is the workshop done: a private bucket, a pool, a role that reads it.
type story struct {
	server
	private, other, pool, role string
}

func newStory(t *testing.T) story {
	t.Helper()
	s := story{server: theServer(t)}
	ctx, root := t.Context(), fixed(s.root)
	s.private, s.other, s.role = s.bucket(t, "private"), s.bucket(t, "other"), unique("Cognito-IDPool-Role")
	s.put(t, s.private, "sea/urchin.jpg", "a picture")
	s.put(t, s.other, "secret", "not for you")
	pool, err := s.pools(root).CreateIdentityPool(ctx, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("go story"), SupportedLoginProviders: map[string]string{googleName: s.clientID},
	})
	must(t, err)
	s.pool = *pool.IdentityPoolId
	role, err := s.iam(root).CreateRole(ctx, &iam.CreateRoleInput{RoleName: &s.role, AssumeRolePolicyDocument: policy(map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
		"Condition": map[string]any{
			"StringEquals":           map[string]string{"cognito-identity.amazonaws.com:aud": s.pool},
			"ForAnyValue:StringLike": map[string]string{"cognito-identity.amazonaws.com:amr": "authenticated"},
		},
	})})
	must(t, err)
	_, err = s.iam(root).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &s.role, PolicyName: aws.String("ReadPrivateBucket"), PolicyDocument: policy(map[string]any{
		"Sid": "ReadPrivateBucket", "Effect": "Allow", "Action": []string{"s3:ListBucket", "s3:GetObject"},
		"Resource": []string{"arn:aws:s3:::" + s.private, "arn:aws:s3:::" + s.private + "/*"},
	})})
	must(t, err)
	_, err = s.pools(root).SetIdentityPoolRoles(ctx, &cognitoidentity.SetIdentityPoolRolesInput{IdentityPoolId: &s.pool, Roles: map[string]string{"authenticated": *role.Role.Arn}})
	must(t, err)
	return s
}

// signIn takes credentials for the person, as a program's provider does.
func (s story) signIn(ctx context.Context, token string) (aws.Credentials, error) {
	pools, logins := s.pools(aws.AnonymousCredentials{}), map[string]string{googleName: token}
	id, err := pools.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: &s.pool, Logins: logins})
	if err != nil {
		return aws.Credentials{}, err
	}
	got, err := pools.GetCredentialsForIdentity(ctx, &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id.IdentityId, Logins: logins})
	if err != nil {
		return aws.Credentials{}, err
	}
	c := got.Credentials
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: *c.SessionToken, CanExpire: true, Expires: *c.Expiration}, nil
}

func TestStory(t *testing.T) {
	s := newStory(t)
	ctx := t.Context()
	credentials, err := s.signIn(ctx, s.token(t))
	must(t, err)
	if left := time.Until(credentials.Expires); left < 58*time.Minute || left > time.Hour {
		t.Errorf("credentials end in %v", left)
	}
	mira := s.s3(fixed(credentials))
	list, err := mira.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.private})
	must(t, err)
	if len(list.Contents) != 1 || *list.Contents[0].Key != "sea/urchin.jpg" {
		t.Errorf("listing: %+v", list.Contents)
	}
	object, err := mira.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.private, Key: aws.String("sea/urchin.jpg")})
	must(t, err)
	if body := read(t, object.Body); body != "a picture" {
		t.Errorf("picture is %q", body)
	}
	who, err := s.sts(fixed(credentials)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	must(t, err)
	session := "arn:aws:sts::" + s.account + ":assumed-role/" + s.role + "/CognitoIdentityCredentials"
	if *who.Arn != session {
		t.Errorf("caller is %s", *who.Arn)
	}

	_, err = mira.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.other, Key: aws.String("secret")})
	var refusal smithy.APIError
	want := "User: " + session + " is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::" + s.other +
		"/secret\" because no identity-based policy allows the s3:GetObject action"
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "AccessDenied" || refusal.ErrorMessage() != want {
		t.Errorf("another bucket: %v", err)
	}

	presigned, err := s3.NewPresignClient(mira).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &s.private, Key: aws.String("sea/urchin.jpg")})
	must(t, err)
	for address, status := range map[string]int{presigned.URL: 200, strings.Replace(presigned.URL, "urchin", "urchim", 1): 403} {
		resp, err := http.Get(address)
		must(t, err)
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%s: %d, want %d", address, resp.StatusCode, status)
		}
	}
}

func read(t *testing.T, r io.ReadCloser) string {
	t.Helper()
	defer r.Close()
	b, err := io.ReadAll(r)
	must(t, err)
	return string(b)
}

// A provider that the SDK caches is asked again when its credentials end, and
// the requests after that are signed with the new session.
func TestSessionsAreRenewed(t *testing.T) {
	s := newStory(t)
	var signIns atomic.Int32
	cache := aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := s.signIn(ctx, s.token(t))
		if signIns.Add(1) == 1 {
			c.Expires = time.Now().Add(time.Second) // the SDK renews what ends
		}
		return c, err
	}))
	client := s.s3(cache)
	keys := map[string]bool{}
	deadline := time.Now().Add(20 * time.Second)
	for len(keys) < 2 && time.Now().Before(deadline) {
		_, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &s.private})
		must(t, err)
		c, err := cache.Retrieve(t.Context())
		must(t, err)
		keys[c.AccessKeyID] = true
	}
	if len(keys) != 2 || signIns.Load() != 2 {
		t.Errorf("%d sessions in %d sign-ins", len(keys), signIns.Load())
	}
}

func TestTypedErrors(t *testing.T) {
	s := newStory(t)
	ctx, root, nobody := t.Context(), fixed(s.root), aws.AnonymousCredentials{}
	credentials, err := s.signIn(ctx, s.token(t))
	must(t, err)
	nowhere := aws.String(region + ":00000000-0000-4000-8000-000000000000")

	var (
		notAuthorized *pooltypes.NotAuthorizedException
		noPool        *pooltypes.ResourceNotFoundException
		noKey         *s3types.NoSuchKey
		noBucket      *s3types.NoSuchBucket
		notFound      *s3types.NotFound
		noUpload      *s3types.NoSuchUpload
		noEntity      *iamtypes.NoSuchEntityException
		exists        *iamtypes.EntityAlreadyExistsException
		malformed     *iamtypes.MalformedPolicyDocumentException
		badToken      *ststypes.InvalidIdentityTokenException
	)
	cases := []struct {
		name   string
		call   func() error
		target any
	}{
		{"a guest of a pool without guests", func() error {
			_, err := s.pools(nobody).GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: &s.pool})
			return err
		}, &notAuthorized},
		{"a token that is none", func() error {
			_, err := s.pools(nobody).GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: &s.pool, Logins: map[string]string{googleName: "none"}})
			return err
		}, &notAuthorized},
		{"a pool that is none", func() error {
			_, err := s.pools(root).DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: nowhere})
			return err
		}, &noPool},
		{"a missing key", func() error {
			_, err := s.s3(fixed(credentials)).GetObject(ctx, &s3.GetObjectInput{Bucket: &s.private, Key: aws.String("none")})
			return err
		}, &noKey},
		{"a missing key, asked by HEAD", func() error {
			_, err := s.s3(fixed(credentials)).HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.private, Key: aws.String("none")})
			return err
		}, &notFound},
		{"a missing bucket", func() error {
			_, err := s.s3(root).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(unique("none"))})
			return err
		}, &noBucket},
		{"a missing bucket, asked by HEAD", func() error {
			_, err := s.s3(root).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(unique("none"))})
			return err
		}, &notFound},
		{"a missing upload", func() error {
			_, err := s.s3(root).AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.private, Key: aws.String("k"), UploadId: aws.String("none")})
			return err
		}, &noUpload},
		{"a missing role", func() error {
			_, err := s.iam(root).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("none")})
			return err
		}, &noEntity},
		{"a role made twice", func() error {
			_, err := s.iam(root).CreateRole(ctx, &iam.CreateRoleInput{RoleName: &s.role, AssumeRolePolicyDocument: policy(map[string]any{
				"Effect": "Allow", "Principal": map[string]string{"AWS": s.account}, "Action": "sts:AssumeRole"})})
			return err
		}, &exists},
		{"a malformed policy", func() error {
			_, err := s.iam(root).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &s.role, PolicyName: aws.String("p"), PolicyDocument: aws.String("{")})
			return err
		}, &malformed},
		{"a web identity that is none", func() error {
			_, err := s.sts(nobody).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
				RoleArn: aws.String("arn:aws:iam::" + s.account + ":role/none"), RoleSessionName: aws.String("me"), WebIdentityToken: aws.String("none"),
			})
			return err
		}, &badToken},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := c.call(); !errors.As(err, c.target) {
				t.Errorf("%T: %v", c.target, err)
			}
		})
	}
}

func TestPaginatorsAndWaiters(t *testing.T) {
	s := theServer(t)
	ctx, root := t.Context(), fixed(s.root)
	bucket := s.bucket(t, "pages")
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		s.put(t, bucket, key, key)
	}
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s.s3(root), &s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(t, err)
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	if got := strings.Join(keys, ""); got != "abcde" {
		t.Errorf("pages give %q", got)
	}
	must(t, s3.NewBucketExistsWaiter(s.s3(root)).Wait(ctx, &s3.HeadBucketInput{Bucket: &bucket}, 10*time.Second))
	must(t, s3.NewObjectNotExistsWaiter(s.s3(root)).Wait(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("none")}, 10*time.Second))
}

// A session token that AWS's signer leaves out of the signature, or that
// belongs to another session, is refused.
func TestTheTokenBelongsToTheKey(t *testing.T) {
	s := newStory(t)
	first, err := s.signIn(t.Context(), s.token(t))
	must(t, err)
	second, err := s.signIn(t.Context(), s.token(t))
	must(t, err)
	first.SessionToken = second.SessionToken
	_, err = s.s3(fixed(first)).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &s.private})
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "InvalidToken" {
		t.Errorf("the token of another session: %v", err)
	}

	// Added after signing, as a proxy might.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.endpoint+"/"+s.private+"?list-type=2", nil)
	must(t, err)
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	must(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: second.AccessKeyID, SecretAccessKey: second.SecretAccessKey}, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now()))
	r.Header.Set("X-Amz-Security-Token", second.SessionToken)
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	if body := read(t, resp.Body); resp.StatusCode != 403 || !strings.Contains(body, "<Code>AccessDenied</Code>") {
		t.Errorf("an unsigned token: %d %s", resp.StatusCode, body)
	}
}

// A signed address ends when it says, and begins no earlier than it says.
func TestSignedAddressesHaveTheirTime(t *testing.T) {
	s := newStory(t)
	for name, c := range map[string]struct {
		signed time.Duration
		status int
		part   string
	}{
		"now":                 {0, 200, "a picture"},
		"an hour ago":         {-time.Hour, 403, "<Message>Request has expired</Message>"},
		"in an hour":          {time.Hour, 403, "<Code>AccessDenied</Code>"},
		"just before it ends": {-50 * time.Second, 200, "a picture"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.endpoint+"/"+s.private+"/sea/urchin.jpg?X-Amz-Expires=60", nil)
			must(t, err)
			signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
			address, _, err := signer.PresignHTTP(t.Context(), s.root, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now().Add(c.signed))
			must(t, err)
			resp, err := http.Get(address)
			must(t, err)
			if body := read(t, resp.Body); resp.StatusCode != c.status || !strings.Contains(body, c.part) {
				t.Errorf("%d %s, want %d with %s", resp.StatusCode, body, c.status, c.part)
			}
		})
	}
}
