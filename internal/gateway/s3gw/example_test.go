package s3gw_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/gateway/gatewaytest"
	"github.com/rockpool-id/rockpool/internal/gateway/s3gw"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/object/filestore"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// A guest may read what a bucket policy gives to everybody, and learns nothing
// about the rest.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "s3gw")
	check(err)
	defer os.RemoveAll(folder)
	db, err := sqldb.Open(folder)
	check(err)
	defer db.Close()
	store, err := filestore.Open(ctx, filestore.Config{
		DB: db, Folder: filepath.Join(folder, "objects"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Rand: rand.Reader, SweepEvery: -1,
	})
	check(err)
	defer store.Close()
	check(store.CreateBucket(ctx, object.Bucket{Name: "site", Account: "111122223333", Region: "us-east-1", Created: time.Now(), Config: map[string]string{
		"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/public/*"}]}`,
	}}))

	gateway, err := s3gw.New(s3gw.Config{
		Store:    store,
		Identify: gatewaytest.NewCallers(time.Now), // a *caller.Resolver in production
		Decide:   authz.New(authz.Config{}),
		Audit:    &gatewaytest.Events{},              // an *audit.Log in production
		Sealer:   gatewaytest.Sealer{},               // the key ring in production
		IAM:      func() iam.Snapshot { return nil }, // the IAM service's in production
		Region:   "us-east-1",
		Account:  "111122223333",
	})
	check(err)
	server := httptest.NewServer(gateway)
	defer server.Close()

	put(ctx, store, "public/index.html")
	put(ctx, store, "secret.txt")
	for _, key := range []string{"public/index.html", "secret.txt", "no-such-key"} {
		resp, err := http.Get(server.URL + "/site/" + key)
		check(err)
		_ = resp.Body.Close()
		fmt.Println(key, resp.StatusCode)
	}
	// Output:
	// public/index.html 200
	// secret.txt 403
	// no-such-key 403
}

func put(ctx context.Context, store object.Store, key string) {
	_, err := store.Put(ctx, "site", key, http.NoBody, object.PutOptions{Size: 0})
	check(err)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
