package policycases

import (
	"context"
	"errors"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// ErrNotFound is what Documents answer for something that is not there.
var ErrNotFound = errors.New("not found")

// Documents gives the policies of a server. Each method answers ErrNotFound for
// what the server does not have.
type Documents interface {
	Role(ctx context.Context, name string) (*Stored, error)
	User(ctx context.Context, name string) (*Stored, error)
	Group(ctx context.Context, name string) (*Stored, error)
	ManagedPolicy(ctx context.Context, arn string) (text string, err error)
	BucketPolicy(ctx context.Context, bucket string) (text string, err error)
}

// Stored is a role, user or group of a server.
type Stored struct {
	ARN, ID  string
	Trust    string             // roles
	Inline   []iam.InlinePolicy // in the order of their names
	Attached []string           // ARNs
	Groups   []string           // users: names of groups
	Boundary string             // ARN, "" for none
	Tags     []iam.Tag
}
