package s3gw

import (
	"context"
	"errors"
	"strings"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/object"
)

// About completes a made-up question about a bucket or an object, by its ARN, with
// what the bucket says by itself: its account, its policy, and whether only its
// account counts. Questions about anything else stay as they are, as do those about
// a bucket that is not there.
func (g *Gateway) About(ctx context.Context, q *authz.Request) error {
	name, ok := strings.CutPrefix(q.Resource, bucketARN)
	if !ok {
		return nil
	}
	name, _, _ = strings.Cut(name, "/")
	s, err := g.settings(ctx, name)
	if errors.As(err, new(*object.NoBucket)) {
		return nil
	}
	if err != nil {
		return err
	}
	about := s.question(q.Action, q.Resource)
	q.ResourceAccount, q.ResourcePolicy, q.OwnerOnly = about.ResourceAccount, about.ResourcePolicy, about.OwnerOnly
	return nil
}
