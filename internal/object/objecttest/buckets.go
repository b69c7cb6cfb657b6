package objecttest

import (
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/object"
)

func bucketCases() []testCase {
	return []testCase{
		{"a bucket is returned as it was made", "owner, region and settings decide requests", func(k *kit) {
			made := object.Bucket{
				Name: bucket, Account: account, Region: "eu-central-1",
				Created: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Config: map[string]string{"ownershipControls": "<x/>"},
			}
			k.must(k.s.CreateBucket(k.ctx, made))
			got, err := k.s.Bucket(k.ctx, bucket)
			k.must(err)
			if got.Version < 1 {
				k.Errorf("version %d, want at least 1", got.Version)
			}
			made.Version = got.Version
			if diff := cmp.Diff(&made, got); diff != "" {
				k.Error(diff)
			}
		}},
		{"a bucket without a creation time gets one", "clients show it", func(k *kit) {
			k.bucket()
			got, err := k.s.Bucket(k.ctx, bucket)
			k.must(err)
			if got.Created.IsZero() {
				k.Error("no creation time")
			}
		}},
		{"a name is taken once", "BucketAlreadyExists and BucketAlreadyOwnedByYou differ by the owner", func(k *kit) {
			k.bucket()
			err := k.s.CreateBucket(k.ctx, object.Bucket{Name: bucket, Account: "111111111111"})
			if e := wantError[*object.BucketExists](k, err); e != nil && e.Account != account {
				k.Errorf("owner %q, want %q", e.Account, account)
			}
		}},
		{"an account lists its own buckets by name", "ListBuckets shows what the caller's account owns", func(k *kit) {
			for _, name := range []string{"zeta", "alpha", "mid.dle", "mid-dle"} {
				k.makeBucket(name)
			}
			k.must(k.s.CreateBucket(k.ctx, object.Bucket{Name: "theirs", Account: "111111111111"}))
			list, err := k.s.Buckets(k.ctx, account)
			k.must(err)
			var names []string
			for _, b := range list {
				names = append(names, b.Name)
			}
			if diff := cmp.Diff([]string{"alpha", "mid-dle", "mid.dle", "zeta"}, names); diff != "" {
				k.Error(diff)
			}
		}},
		{"a missing bucket is NoBucket everywhere", "404 NoSuchBucket must not depend on the operation", func(k *kit) {
			_, err := k.s.Bucket(k.ctx, bucket)
			wantError[*object.NoBucket](k, err)
			wantError[*object.NoBucket](k, k.s.DeleteBucket(k.ctx, bucket))
			wantError[*object.NoBucket](k, k.s.SetConfig(k.ctx, bucket, "policy", nil))
			_, err = k.s.Head(k.ctx, bucket, "k")
			wantError[*object.NoBucket](k, err)
			_, _, err = k.s.Open(k.ctx, bucket, "k")
			wantError[*object.NoBucket](k, err)
			_, err = k.s.Put(k.ctx, bucket, "k", strings.NewReader("x"), whole("x"))
			wantError[*object.NoBucket](k, err)
			wantError[*object.NoBucket](k, k.s.Delete(k.ctx, bucket, "k", object.Precondition{}))
			wantError[*object.NoBucket](k, k.s.SetTags(k.ctx, bucket, "k", nil))
			_, err = k.s.List(k.ctx, bucket, object.ListOptions{Max: 1})
			wantError[*object.NoBucket](k, err)
			_, err = k.s.CreateUpload(k.ctx, bucket, "k", object.PutOptions{}, "")
			wantError[*object.NoBucket](k, err)
			_, _, _, err = k.s.Uploads(k.ctx, bucket, object.ListOptions{Max: 1}, "")
			wantError[*object.NoBucket](k, err)
			k.makeBucket("other")
			_, err = k.s.Copy(k.ctx, bucket, "k", "", "other", "k", nil, nil, object.Precondition{})
			wantError[*object.NoBucket](k, err)
			_, err = k.s.Copy(k.ctx, "other", "k", "", bucket, "k", nil, nil, object.Precondition{})
			wantError[*object.NoBucket](k, err)
		}},
		{"a settings document comes back byte for byte and counts the version up", "policies are compiled once per version", func(k *kit) {
			k.bucket()
			doc := " {\"Version\":\r\n\"2012-10-17\"}\t\u2028\xff"
			before, err := k.s.Bucket(k.ctx, bucket)
			k.must(err)
			version := before.Version
			for _, d := range []*string{&doc, new(string), nil} {
				k.must(k.s.SetConfig(k.ctx, bucket, "policy", d))
				got, err := k.s.Bucket(k.ctx, bucket)
				k.must(err)
				text, ok := got.Config["policy"]
				if ok != (d != nil) || ok && text != *d {
					k.Errorf("got %q, %v", text, ok)
				}
				if got.Version <= version {
					k.Errorf("version %d after %d", got.Version, version)
				}
				version = got.Version
			}
			if _, ok := before.Config["policy"]; ok {
				k.Error("a bucket already handed out was changed")
			}
		}},
		{"a bucket with objects is not deleted", "409 BucketNotEmpty", func(k *kit) {
			k.bucket()
			k.put("a", "x")
			wantError[*object.NotEmpty](k, k.s.DeleteBucket(k.ctx, bucket))
			if got := k.get("a"); got != "x" {
				k.Errorf("object is %q", got)
			}
			k.must(k.s.Delete(k.ctx, bucket, "a", object.Precondition{}))
			k.must(k.s.DeleteBucket(k.ctx, bucket))
			_, err := k.s.Bucket(k.ctx, bucket)
			wantError[*object.NoBucket](k, err)
		}},
		{"a bucket made again has nothing of its predecessor", "settings are access rules, and uploads belong to the old owner", func(k *kit) {
			k.bucket()
			doc := "doc"
			k.must(k.s.SetConfig(k.ctx, bucket, "policy", &doc))
			up, err := k.s.CreateUpload(k.ctx, bucket, "k", object.PutOptions{}, "")
			k.must(err)
			_, err = k.s.PutPart(k.ctx, bucket, "k", up.ID, 1, strings.NewReader("x"), whole("x"))
			k.must(err)
			k.must(k.s.DeleteBucket(k.ctx, bucket))
			k.bucket()
			got, err := k.s.Bucket(k.ctx, bucket)
			k.must(err)
			if len(got.Config) != 0 {
				k.Errorf("settings %v", got.Config)
			}
			_, err = k.s.Upload(k.ctx, bucket, "k", up.ID)
			wantError[*object.NoUpload](k, err)
		}},
	}
}
