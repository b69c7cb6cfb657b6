package sts_test

import (
	"sync"
	"testing"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

// TestManySessionsAtOnceWhileKeysRotate runs the path of a credential from many
// goroutines, for the race detector, and holds that a rotation never ends a
// session and no decision takes another's facts.
func TestManySessionsAtOnceWhileKeysRotate(t *testing.T) {
	ring, snapshot := ststest.Ring(t), ststest.NewIAM(t)
	snapshot.Role(iam.Role{Name: "R"}, trust(federated(sts.CognitoProvider), webIdentity, ""),
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*"}}`)
	s, err := sts.New(sts.Config{IAM: snapshot.Snapshot, Sealer: ring, Opened: 64})
	if err != nil {
		t.Fatal(err)
	}
	callers, err := caller.New(caller.Config{IAM: snapshot.Snapshot, Sessions: s, Regions: []string{ststest.Region}})
	if err != nil {
		t.Fatal(err)
	}
	engine := authz.New(authz.Config{})
	var wg sync.WaitGroup
	for _, id := range []string{"ann", "bob", "cid", "dot"} {
		wg.Go(func() {
			for range 50 {
				r, err := s.AssumeRoleForIdentity(t.Context(), sts.IdentityGrant{RoleARN: roleARN, PoolID: "p", IdentityID: id, AMR: []string{"authenticated"}})
				if err != nil {
					t.Error(err)
					return
				}
				p, _, err := callers.Lookup(r.Credentials.AccessKeyID, r.Credentials.SessionToken)
				if err != nil {
					t.Error(err)
					return
				}
				for _, owner := range []string{"ann", "bob", "cid", "dot"} {
					d := engine.Decide(&authz.Request{Caller: p, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/" + owner + "/x", ResourceAccount: account})
					if d.Allowed != (owner == id) {
						t.Errorf("%s reads the folder of %s: %v", id, owner, d.Allowed)
						return
					}
				}
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			if err := ring.Rotate(t.Context(), keys.Sealing); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}
