package s3gw

import (
	"fmt"
	"strings"
	"testing"
)

// TestExistenceIsToldToListersOnly is the matrix of spec/gateways.md 6.4.
func TestExistenceIsToldToListersOnly(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.put("/bkt/there", "x")
	const (
		list     = `{"Effect":"Allow","Action":["s3:ListBucket","s3:ListBucketVersions"],"Resource":"arn:aws:s3:::bkt"}`
		prefixed = `{"Effect":"Allow","Action":["s3:ListBucket","s3:ListBucketVersions"],"Resource":"arn:aws:s3:::bkt","Condition":{"StringLike":{"s3:prefix":"*"}}}`
		read     = `{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":"arn:aws:s3:::bkt/*"}`
	)
	lists := map[string]string{"may list": list, "may list with a prefix": prefixed, "may not list": ""}
	reads := map[string]string{"may read": read, "may not read": ""}
	n := 0
	for listName, l := range lists {
		for readName, r := range reads {
			n++
			var statements []string
			for _, s := range []string{l, r} {
				if s != "" {
					statements = append(statements, s)
				}
			}
			document := ""
			if len(statements) > 0 {
				document = `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
			}
			who := e.user(fmt.Sprintf("u%d", n), document)
			for _, c := range []struct{ target, code string }{
				{"/bkt/there", ""}, {"/bkt/missing", "NoSuchKey"}, {"/bkt/there?versionId=gone", "NoSuchVersion"}, {"/bkt/there?versionId=null", ""},
			} {
				want, code := 403, "AccessDenied"
				switch {
				case r != "" && c.code == "":
					want, code = 200, ""
				case r != "" && listName == "may list":
					want, code = 404, c.code
				}
				t.Run(listName+", "+readName+", "+c.target, func(t *testing.T) {
					g := e.do(who, request{method: get, target: c.target})
					if g.status != want || g.code() != code {
						t.Errorf("GET: got %d %s, want %d %s", g.status, g.code(), want, code)
					}
					h := e.do(who, request{method: head, target: c.target})
					if h.status != want || h.body != "" {
						t.Errorf("HEAD: got %d %q, want %d", h.status, h.body, want)
					}
				})
			}
		}
	}
}

func TestMissingBuckets(t *testing.T) {
	e := newEnv(t, nil)
	nobody := e.user("nobody", "")
	if a := e.do(nobody, request{method: get, target: "/nobucket/k"}); a.status != 404 || a.code() != "NoSuchBucket" {
		t.Errorf("got %d %s", a.status, a.code())
	}
	e.bucket("bkt")
	stranger := e.userOf("999988887777", "stranger", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
	if a := e.do(stranger, request{method: get, target: "/bkt?list-type=2"}); a.status != 403 || a.elem("Message") != "Access Denied" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if a := e.do(stranger, request{method: head, target: "/bkt"}); a.status != 403 || a.header.Get("X-Amz-Bucket-Region") != "us-east-1" {
		t.Errorf("got %d %v", a.status, a.header)
	}
	if a := e.do(stranger, request{method: put, target: "/bkt"}); a.status != 409 || a.code() != "BucketAlreadyExists" {
		t.Errorf("got %d %s", a.status, a.code())
	}
	if a := e.do(e.root, request{method: get, target: "/bkt", header: map[string]string{"X-Amz-Expected-Bucket-Owner": "999988887777"}}); a.status != 403 {
		t.Errorf("another expected owner: %d", a.status)
	}
	if a := e.do(nobody, request{method: get, target: "/bkt/k"}); a.status != 403 ||
		!strings.Contains(a.elem("Message"), `User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: s3:GetObject on resource: &quot;arn:aws:s3:::bkt/k&quot; because no identity-based policy allows the s3:GetObject action`) {
		t.Errorf("got %d %s", a.status, a.body)
	}
}
