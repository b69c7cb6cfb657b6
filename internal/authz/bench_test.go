package authz_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/authz"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

func BenchmarkDecide(b *testing.B) {
	i := ststest.NewIAM(b)
	p := roleSession(b, i, &sts.Session{
		Type: sts.WebIdentitySession, PolicyARNs: []string{sts.GuestInlineARN, sts.GuestManagedARN},
		Context: []sts.ContextKey{{Name: sts.CognitoSubject, Values: []string{"us-east-1:id"}}},
	}, allow("s3:*", "arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*"))
	p.Tags = []iam.Tag{{Key: "team", Value: "red"}}
	r := authz.Request{
		Caller: p, Network: &caller.Network{Time: time.Now(), SourceIP: netip.MustParseAddr("192.0.2.1"), SourceIPText: "192.0.2.1"},
		Action: "s3:GetObject", Resource: "arn:aws:s3:::b/us-east-1:id/x", ResourceAccount: account,
	}
	e := authz.New(authz.Config{})
	b.ReportAllocs()
	for b.Loop() {
		if !e.Decide(&r).Allowed {
			b.Fatal("denied")
		}
	}
}
