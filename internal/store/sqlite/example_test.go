package sqlite_test

import (
	"context"
	"fmt"
	"os"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
)

// A write is decided on a version and refused when another one came first.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	db, err := sqldb.Open(folder)
	if err != nil {
		panic(err)
	}
	defer db.Close()
	store, err := sqlite.OpenIAM(ctx, db)
	if err != nil {
		panic(err)
	}

	alice := &iam.User{Account: "000000000000", ID: "AIDA1", Name: "alice", Path: "/", Version: 1}
	bob := &iam.User{Account: "000000000000", ID: "AIDA2", Name: "bob", Path: "/", Version: 1}
	fmt.Println(store.Commit(ctx, &iam.Write{Base: 0, Entities: iam.Entities{Users: []*iam.User{alice}}}))
	fmt.Println(store.Commit(ctx, &iam.Write{Base: 0, Entities: iam.Entities{Users: []*iam.User{bob}}}))

	changes, err := store.Since(ctx, 0)
	fmt.Println(changes.Version, changes.Users[0].ARN(), err)
	// Output:
	// <nil>
	// IAM has moved on from version 0
	// 1 arn:aws:iam::000000000000:user/alice <nil>
}
