package conformance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	region     = "us-east-1"
	googleName = "accounts.google.com"
)

// server is the running server, as conformance/run tells it.
type server struct {
	endpoint, google, clientID, person, account string
	root                                        aws.Credentials
}

func theServer(t testing.TB) server {
	t.Helper()
	get := func(name string) string {
		v := os.Getenv(name)
		if v == "" {
			t.Skipf("%s is not set: run conformance/run", name)
		}
		return v
	}
	return server{
		endpoint: get("ROCKPOOL_ENDPOINT"), google: get("ROCKPOOL_GOOGLE"), clientID: get("ROCKPOOL_CLIENT_ID"), person: get("ROCKPOOL_PERSON"),
		account: get("ROCKPOOL_ACCOUNT"), root: aws.Credentials{AccessKeyID: get("ROCKPOOL_ROOT_KEY"), SecretAccessKey: get("ROCKPOOL_ROOT_SECRET")},
	}
}

// config is what a program has: a region, an endpoint, credentials.
func (s server) config(p aws.CredentialsProvider) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(s.endpoint), Credentials: p, RetryMaxAttempts: 1,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		HTTPClient: &http.Client{Timeout: 30 * time.Second},
	}
}

func fixed(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

func (s server) s3(p aws.CredentialsProvider) *s3.Client {
	return s3.NewFromConfig(s.config(p), func(o *s3.Options) { o.UsePathStyle = true })
}

func (s server) pools(p aws.CredentialsProvider) *cognitoidentity.Client {
	return cognitoidentity.NewFromConfig(s.config(p))
}
func (s server) iam(p aws.CredentialsProvider) *iam.Client { return iam.NewFromConfig(s.config(p)) }
func (s server) sts(p aws.CredentialsProvider) *sts.Client { return sts.NewFromConfig(s.config(p)) }

// token is a login token of the pretend Google.
func (s server) token(t testing.TB) string {
	t.Helper()
	resp, err := http.PostForm(s.google+"/pretend/token", url.Values{"client_id": {s.clientID}, "person": {s.person}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"id_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("token: %v, status %d", err, resp.StatusCode)
	}
	return answer.Token
}

// unique is a name that no other test has.
func unique(prefix string) string {
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	return prefix + "-" + hex.EncodeToString(b)
}

func (s server) bucket(t testing.TB, prefix string) string {
	t.Helper()
	name := unique(prefix)
	_, err := s.s3(fixed(s.root)).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	must(t, err)
	return name
}

func (s server) put(t testing.TB, bucket, key, body string) {
	t.Helper()
	_, err := s.s3(fixed(s.root)).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// policy is a document of one statement.
func policy(statement map[string]any) *string {
	b, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}})
	if err != nil {
		panic(err) // maps of strings
	}
	return aws.String(string(b))
}
