package iamapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/api/iamapi"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
)

func TestPaging(t *testing.T) {
	f := newFixture(t)
	for n := range 7 {
		must[*iam.RoleEntry](t)(f.iam.CreateRole(t.Context(), iam.NewRole{Account: account, Name: fmt.Sprint("r", n), Path: "/p/", Trust: trust}))
	}
	ctx, bound := f.in()
	list := func(t *testing.T, in iamwire.ListRolesInput) ([]string, *string) {
		t.Helper()
		out := must[*iamwire.ListRolesOutput](t)(bound.ListRoles(ctx, &in))
		var names []string
		for _, r := range out.Roles {
			names = append(names, *r.RoleName)
		}
		if *out.IsTruncated != (out.Marker != nil) {
			t.Errorf("truncated %v with marker %v", *out.IsTruncated, out.Marker)
		}
		return names, out.Marker
	}
	t.Run("pages follow each other without gap or repeat, whatever comes and goes between", func(t *testing.T) {
		first, marker := list(t, iamwire.ListRolesInput{MaxItems: ptr(int32(3))})
		if err := f.iam.DeleteRole(t.Context(), account, "r2"); err != nil { // the one the marker names
			t.Fatal(err)
		}
		must[*iam.RoleEntry](t)(f.iam.CreateRole(t.Context(), iam.NewRole{Account: account, Name: "r0a", Trust: trust}))
		second, marker := list(t, iamwire.ListRolesInput{MaxItems: ptr(int32(3)), Marker: marker})
		third, marker := list(t, iamwire.ListRolesInput{MaxItems: ptr(int32(3)), Marker: marker})
		want := [][]string{{"r0", "r1", "r2"}, {"r3", "r4", "r5"}, {"r6"}}
		if d := cmp.Diff(want, [][]string{first, second, third}); d != "" || marker != nil {
			t.Errorf("(-want +got):\n%s, marker %v", d, marker)
		}
	})
	t.Run("a page that ends with the list is not truncated", func(t *testing.T) {
		if names, marker := list(t, iamwire.ListRolesInput{MaxItems: ptr(int32(7))}); len(names) != 7 || marker != nil {
			t.Errorf("got %v %v", names, marker)
		}
	})
	t.Run("a marker of another listing is refused", func(t *testing.T) {
		_, marker := list(t, iamwire.ListRolesInput{MaxItems: ptr(int32(1))})
		for name, in := range map[string]iamwire.ListRolesInput{
			"another prefix": {PathPrefix: ptr("/p/"), Marker: marker},
			"made up":        {Marker: ptr("cGFnZQ")},
			"no base64":      {Marker: ptr("!!")},
		} {
			if _, err := bound.ListRoles(ctx, &in); err == nil || err.Error() != "ValidationError: Invalid Marker." {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := bound.ListUsers(ctx, &iamwire.ListUsersInput{Marker: marker}); err == nil {
			t.Error("a marker of roles lists users")
		}
	})
	t.Run("markers of the longest names fit into a request", func(t *testing.T) {
		for _, c := range "ab" {
			must[*iam.PolicyEntry](t)(f.iam.CreatePolicy(t.Context(), iam.NewPolicy{Account: account, Name: strings.Repeat(string(c), 128), Document: allowS3}))
		}
		out := must[*iamwire.ListPoliciesOutput](t)(bound.ListPolicies(ctx, &iamwire.ListPoliciesInput{Scope: ptr(iamwire.PolicyScopeTypeLocal), MaxItems: ptr(int32(1))}))
		// The fixture's sealer carries the listing in clear; a real one does not,
		// and adds 33 bytes.
		if n := len("page|") + 128 + len(" "+account) + 33; n*4/3 > 320 || out.Marker == nil {
			t.Errorf("a marker may have %d characters", n*4/3)
		}
	})
}

func FuzzDocumentsDecodeToWhatTheyWere(f *testing.F) {
	for _, seed := range []string{`{"a":"b+c %20 é"}`, "", "%", "\x00\xff", "~._-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, document string) {
		sent := iamapi.Encoded(document)
		for _, decode := range []func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
			if got, err := decode(sent); err != nil || got != document {
				t.Errorf("%q is sent as %q and read as %q, %v", document, sent, got, err)
			}
		}
		if strings.ContainsAny(sent, " +\"<>&{}/") {
			t.Errorf("%q holds a reserved character", sent)
		}
	})
}
