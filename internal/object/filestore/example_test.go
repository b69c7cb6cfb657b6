package filestore_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/internal/object/filestore"
	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// A store is a database and a folder. Keys are bytes: the object under
// "cats/../dogs" is not the one under "dogs".
func Example() {
	ctx := context.Background()
	data, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(data)
	db, err := sqldb.Open(data)
	if err != nil {
		panic(err)
	}
	defer db.Close()
	store, err := filestore.Open(ctx, filestore.Config{
		DB: db, Folder: filepath.Join(data, "objects"), Now: time.Now, Log: slog.Default(), Rand: rand.Reader,
	})
	if err != nil {
		panic(err)
	}
	defer store.Close()

	if err := store.CreateBucket(ctx, object.Bucket{Name: "pictures", Account: "000000000000", Region: "us-east-1"}); err != nil {
		panic(err)
	}
	for _, key := range []string{"cats/1", "cats/2", "cats/../dogs", "dogs"} {
		if _, err := store.Put(ctx, "pictures", key, strings.NewReader("picture of "+key), object.PutOptions{Size: -1}); err != nil {
			panic(err)
		}
	}
	page, err := store.List(ctx, "pictures", object.ListOptions{Delimiter: "/", Max: 10})
	if err != nil {
		panic(err)
	}
	fmt.Println("prefixes", page.Prefixes)
	for _, o := range page.Objects {
		_, content, err := store.Open(ctx, "pictures", o.Key)
		if err != nil {
			panic(err)
		}
		r, err := content.Section(0, o.Size)
		if err != nil {
			panic(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s: %s\n", o.Key, body)
		content.Close()
	}
	// Output:
	// prefixes [cats/]
	// dogs: picture of dogs
}
