package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// acknowledged collects what the server said is done, by writers at once.
type acknowledged struct {
	sync.Mutex
	keys, roles, identities []string
	enough                  chan struct{}
}

func (a *acknowledged) add(list *[]string, name string) {
	a.Lock()
	defer a.Unlock()
	*list = append(*list, name)
	if len(a.keys) >= 60 && len(a.roles) >= 10 && len(a.identities) >= 20 {
		select {
		case <-a.enough:
		default:
			close(a.enough)
		}
	}
}

// bodyOf is what a key holds: small for most, some hundred kilobytes for every
// fifth.
func bodyOf(key string) []byte {
	n := 1 + len(key)*int(key[len(key)-1])
	if last := key[len(key)-1]; last == '0' || last == '5' {
		n *= 400
	}
	return bytes.Repeat([]byte(key), n)
}

// Whatever was answered with success is there after the process was killed in
// the middle of writing, and nothing half written is.
func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	s := theServer(t)
	data := t.TempDir()
	p := launch(t, s, data)
	s.endpoint = p.url
	root := fixed(s.root)
	bucket := s.bucket(t, "kill")
	pool, err := s.pools(root).CreateIdentityPool(t.Context(), &cognitoidentity.CreateIdentityPoolInput{IdentityPoolName: aws.String("kill"), AllowUnauthenticatedIdentities: true})
	must(t, err)

	done := &acknowledged{enough: make(chan struct{})}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			client := s.s3(root)
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d/%d", w, i)
				if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(bodyOf(key))}); err != nil {
					return // killed
				}
				done.add(&done.keys, key)
			}
		})
	}
	writers.Go(func() {
		for {
			name := unique("role")
			_, err := s.iam(root).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: policy(map[string]any{
				"Effect": "Allow", "Principal": map[string]string{"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})})
			if err != nil {
				return
			}
			done.add(&done.roles, name)
		}
	})
	writers.Go(func() {
		for {
			got, err := s.pools(aws.AnonymousCredentials{}).GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: pool.IdentityPoolId})
			if err != nil {
				return
			}
			done.add(&done.identities, *got.IdentityId)
		}
	})
	select {
	case <-done.enough:
	case <-time.After(60 * time.Second):
		t.Error("too little was written in a minute")
	}
	p.kill(t)
	writers.Wait()

	s.endpoint = launch(t, s, data).url
	t.Logf("%d objects, %d roles, %d identities were acknowledged", len(done.keys), len(done.roles), len(done.identities))
	client := s.s3(root)
	for _, key := range done.keys {
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
		if err != nil {
			t.Errorf("object %s: %v", key, err)
			continue
		}
		if read(t, got.Body) != string(bodyOf(key)) {
			t.Errorf("object %s changed", key)
		}
	}
	// What was under way may have arrived, and then it is whole.
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket})
	listed := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, o := range page.Contents {
			listed++
			if *o.Size != int64(len(bodyOf(*o.Key))) {
				t.Errorf("object %s has %d bytes, want %d", *o.Key, *o.Size, len(bodyOf(*o.Key)))
			}
		}
	}
	if extra := listed - len(done.keys); extra < 0 || extra > 4 {
		t.Errorf("%d objects are listed, %d were acknowledged", listed, len(done.keys))
	}
	for _, name := range done.roles {
		if _, err := s.iam(root).GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name}); err != nil {
			t.Errorf("role %s: %v", name, err)
		}
	}
	for _, id := range done.identities {
		if _, err := s.pools(root).DescribeIdentity(t.Context(), &cognitoidentity.DescribeIdentityInput{IdentityId: &id}); err != nil {
			t.Errorf("identity %s: %v", id, err)
		}
	}
	var missing *types.NoSuchKey
	if _, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("never")}); !errors.As(err, &missing) {
		t.Errorf("a key never written: %v", err)
	}
}
