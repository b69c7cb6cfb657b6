package cognitoapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/testenv"
)

// denial is AWS's sentence for a user whom no policy allows. Actions without
// resources name none (iam-sts.md 5.7).
func denial(user, operation, resource string) string {
	action := "cognito-identity:" + operation
	on := " on resource: " + resource
	if resource == "*" {
		on = ""
	}
	return "User: arn:aws:iam::" + testenv.Account + ":user/" + user + " is not authorized to perform: " + action + on +
		" because no identity-based policy allows the " + action + " action"
}

// onPool is every signed operation on one pool, with input for the pool with
// this id that changes nothing.
func onPool(id string) map[string]object {
	arn := poolARN + id
	return map[string]object{
		"DescribeIdentityPool": {"IdentityPoolId": id},
		"UpdateIdentityPool":   {"IdentityPoolId": id, "IdentityPoolName": "p", "AllowUnauthenticatedIdentities": true},
		"GetIdentityPoolRoles": {"IdentityPoolId": id},
		"SetIdentityPoolRoles": {"IdentityPoolId": id, "Roles": object{}},
		"ListIdentities":       {"IdentityPoolId": id, "MaxResults": 1},
		"ListTagsForResource":  {"ResourceArn": arn},
		"TagResource":          {"ResourceArn": arn, "Tags": object{"team": "blue"}},
		"UntagResource":        {"ResourceArn": arn, "TagKeys": []string{"none"}},
		"DeleteIdentityPool":   {"IdentityPoolId": id},
	}
}

// TestPermissions is cognito-identity.md 8.1.
func TestPermissions(t *testing.T) {
	e := start(t)
	tags := object{"IdentityPoolTags": object{"team": "blue"}, "AllowUnauthenticatedIdentities": true}
	mine, other := e.create("mine", tags), e.create("other", object{"IdentityPoolTags": object{"team": "red"}, "AllowUnauthenticatedIdentities": true})
	nothing := e.user("nothing")
	byARN := e.user("arn", allow("cognito-identity:*", poolARN+mine))
	byTag := e.user("tag", allow("cognito-identity:*", "*", `{"StringEquals":{"aws:ResourceTag/team":"blue"}}`))
	for operation, in := range onPool(mine) {
		if operation == "DeleteIdentityPool" {
			continue // below, once everything else is done
		}
		t.Run(operation, func(t *testing.T) {
			refused(t, "nothing allowed", nothing.Cognito(t, operation, in), "AccessDeniedException", denial("nothing", operation, poolARN+mine))
			for name, c := range map[string]*testenv.Client{"arn": byARN, "tag": byTag} {
				if a := c.Cognito(t, operation, in); a.Status != http.StatusOK {
					t.Errorf("allowed by %s: %d %s", name, a.Status, a.Body)
				}
				refused(t, "another pool", c.Cognito(t, operation, onPool(other)[operation]), "AccessDeniedException", denial(name, operation, poolARN+other))
				// Who may not ask does not learn what exists.
				refused(t, "an unknown pool", c.Cognito(t, operation, onPool(nobody)[operation]), "AccessDeniedException", denial(name, operation, poolARN+nobody))
			}
		})
	}
	refused(t, "deletion of another pool", byARN.Cognito(t, "DeleteIdentityPool", object{"IdentityPoolId": other}), "AccessDeniedException", denial("arn", "DeleteIdentityPool", poolARN+other))
	refused(t, "a foreign ARN", byTag.Cognito(t, "ListTagsForResource", object{"ResourceArn": "arn:aws:cognito-identity:us-east-1:999999999999:identitypool/" + mine}),
		"AccessDeniedException", denial("tag", "ListTagsForResource", "arn:aws:cognito-identity:us-east-1:999999999999:identitypool/"+mine))

	denied := e.user("denied", allow("cognito-identity:*", "*"), `{"Sid":"No","Effect":"Deny","Action":"cognito-identity:Describe*","Resource":"*"}`)
	refused(t, "an explicit deny", denied.Cognito(t, "DescribeIdentityPool", object{"IdentityPoolId": mine}), "AccessDeniedException",
		"User: arn:aws:iam::"+testenv.Account+":user/denied is not authorized to perform: cognito-identity:DescribeIdentityPool on resource: "+poolARN+mine+
			" with an explicit deny in an identity-based policy")
	if a := byARN.Cognito(t, "DeleteIdentityPool", object{"IdentityPoolId": mine}); a.Status != http.StatusOK {
		t.Errorf("deletion: %d %s", a.Status, a.Body)
	}
}

func TestPermissionsWithoutAPool(t *testing.T) {
	e := start(t)
	pool := e.create("p", object{"AllowUnauthenticatedIdentities": true})
	other := e.create("other", object{"AllowUnauthenticatedIdentities": true})
	in := func(tags object) object {
		return object{"IdentityPoolName": "made", "AllowUnauthenticatedIdentities": false, "IdentityPoolTags": tags}
	}
	nothing := e.user("nothing")
	refused(t, "creating", nothing.Cognito(t, "CreateIdentityPool", in(nil)), "AccessDeniedException", denial("nothing", "CreateIdentityPool", "*"))
	refused(t, "listing", nothing.Cognito(t, "ListIdentityPools", object{"MaxResults": 1}), "AccessDeniedException", denial("nothing", "ListIdentityPools", poolARN))

	team := e.user("team", allow("cognito-identity:CreateIdentityPool", "*",
		`{"StringEquals":{"aws:RequestTag/team":"blue"},"ForAllValues:StringEquals":{"aws:TagKeys":["team","stage"]}}`))
	for name, c := range map[string]struct {
		tags    object
		allowed bool
	}{
		"the tag that is asked for": {object{"team": "blue"}, true},
		"a second tag that may be":  {object{"team": "blue", "stage": "test"}, true},
		"a tag that may not be":     {object{"team": "blue", "more": "x"}, false},
		"another value":             {object{"team": "red"}, false},
		"no tags":                   {nil, false},
	} {
		a := team.Cognito(t, "CreateIdentityPool", in(c.tags))
		if (a.Status == http.StatusOK) != c.allowed {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	tagger := e.user("tagger",
		allow("cognito-identity:TagResource", poolARN+"*", `{"StringEquals":{"aws:RequestTag/team":"blue"}}`),
		allow("cognito-identity:UntagResource", poolARN+"*", `{"ForAllValues:StringNotEquals":{"aws:TagKeys":"team"}}`))
	for _, c := range []struct {
		operation string
		member    string
		value     any
		allowed   bool
	}{
		{"TagResource", "Tags", object{"team": "red"}, false}, {"TagResource", "Tags", object{"team": "blue"}, true},
		{"UntagResource", "TagKeys", []string{"other", "team"}, false}, {"UntagResource", "TagKeys", []string{"other"}, true},
	} {
		a := tagger.Cognito(t, c.operation, object{"ResourceArn": poolARN + pool, c.member: c.value})
		if (a.Status == http.StatusOK) != c.allowed {
			t.Errorf("%s %v: %d %s", c.operation, c.value, a.Status, a.Body)
		}
	}

	guest := func(pool string) string {
		var out struct{ IdentityId string }
		e.public("GetId", object{"IdentityPoolId": pool}).JSON(t, &out)
		return out.IdentityId
	}
	reader := e.user("reader", allow("cognito-identity:DescribeIdentity", "*", `{"ArnEquals":{"cognito-identity:IdentityPoolArn":"`+poolARN+pool+`"}}`))
	describe := func(id string) *testenv.Answer {
		return reader.Cognito(t, "DescribeIdentity", object{"IdentityId": id})
	}
	if a := describe(guest(pool)); a.Status != http.StatusOK {
		t.Errorf("an identity of the pool: %d %s", a.Status, a.Body)
	}
	no := denial("reader", "DescribeIdentity", "*")
	refused(t, "an identity of another pool", describe(guest(other)), "AccessDeniedException", no)
	refused(t, "an unknown identity", describe(nobody), "AccessDeniedException", no)

	lister := e.user("lister", allow("cognito-identity:ListIdentityPools", poolARN+"*"))
	if a := lister.Cognito(t, "ListIdentityPools", object{"MaxResults": 1}); a.Status != http.StatusOK {
		t.Errorf("listing: %d %s", a.Status, a.Body)
	}
}

// TestPassRole holds that a pool gets only roles that its administrator may pass
// to identity pools (cognito-identity.md 5.1).
func TestPassRole(t *testing.T) {
	e := start(t)
	id := e.create("p", nil)
	e.roles(id)
	e.setRoles(id, object{})
	set := "cognito-identity:SetIdentityPoolRoles"
	pass := func(role string, condition ...string) string { return allow("iam:PassRole", role, condition...) }
	service := `{"StringEquals":{"iam:PassedToService":"%s.amazonaws.com"}}`
	both := object{"authenticated": authRole, "unauthenticated": guestRole}
	for n, c := range []struct {
		name       string
		statements []string
		roles      object
		refused    string // "" when it is allowed
	}{
		{"without PassRole", nil, object{"authenticated": authRole}, authRole},
		{"without PassRole there are still no roles to set", nil, object{}, ""},
		{"PassRole on one of two roles", []string{pass(authRole)}, both, guestRole},
		{"PassRole on both", []string{pass(authRole), pass(guestRole)}, both, ""},
		{"one role for both kinds", []string{pass(authRole)}, object{"authenticated": authRole, "unauthenticated": authRole}, ""},
		{"PassRole to identity pools", []string{pass("*", fmt.Sprintf(service, "cognito-identity"))}, both, ""},
		{"PassRole to another service", []string{pass("*", fmt.Sprintf(service, "ec2"))}, object{"authenticated": authRole}, authRole},
		{"PassRole on a role that is not there", []string{pass("*")}, object{"authenticated": authRole + "x"}, authRole + "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			user := e.in(t).user(fmt.Sprint("u", n), append(c.statements, allow(set, "*"))...)
			a := user.Cognito(t, "SetIdentityPoolRoles", object{"IdentityPoolId": id, "Roles": c.roles})
			if c.refused != "" {
				refused(t, "SetIdentityPoolRoles", a, notAuthorized, "Access to Role '"+c.refused+"' is forbidden.")
			} else if a.Status != http.StatusOK {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	passer := e.user("passer", pass("*"))
	refused(t, "PassRole alone", passer.Cognito(t, "SetIdentityPoolRoles", object{"IdentityPoolId": id, "Roles": both}),
		"AccessDeniedException", denial("passer", "SetIdentityPoolRoles", poolARN+id))
}

// pages walks a listing and returns the ids of each page.
func pages(t *testing.T, c *testenv.Client, operation, list, id string, in object) [][]string {
	t.Helper()
	var out [][]string
	for {
		var answer object
		c.Cognito(t, operation, in).JSON(t, &answer)
		page := []string{}
		for _, item := range answer[list].([]any) {
			page = append(page, item.(object)[id].(string))
		}
		out = append(out, page)
		token, more := answer["NextToken"]
		if !more {
			return out
		}
		if len(out) > 20 {
			t.Fatal("the listing does not end")
		}
		in["NextToken"] = token
	}
}

func TestPaging(t *testing.T) {
	e := start(t)
	var pools, guests []string
	for n := range 5 {
		pools = append(pools, e.create(fmt.Sprint("p", n), object{"AllowUnauthenticatedIdentities": true}))
	}
	slices.Sort(pools)
	for range 5 {
		var out struct{ IdentityId string }
		e.public("GetId", object{"IdentityPoolId": pools[0]}).JSON(t, &out)
		guests = append(guests, out.IdentityId)
	}
	for _, c := range []struct {
		size int32
		want []int
	}{{2, []int{2, 2, 1}}, {5, []int{5}}, {4, []int{4, 1}}, {60, []int{5}}} {
		got := pages(t, e.root, "ListIdentityPools", "IdentityPools", "IdentityPoolId", object{"MaxResults": c.size})
		var sizes []int
		for _, p := range got {
			sizes = append(sizes, len(p))
		}
		if !slices.Equal(sizes, c.want) || !slices.Equal(slices.Concat(got...), pools) {
			t.Errorf("pages of %d pools: %v, want %v of %v", c.size, got, c.want, pools)
		}
		got = pages(t, e.root, "ListIdentities", "Identities", "IdentityId", object{"IdentityPoolId": pools[0], "MaxResults": c.size})
		sizes = nil
		for _, p := range got {
			sizes = append(sizes, len(p))
		}
		all := slices.Concat(got...)
		slices.Sort(all)
		slices.Sort(guests)
		if !slices.Equal(sizes, c.want) || !slices.Equal(all, guests) {
			t.Errorf("pages of %d identities: %v, want %v of %v", c.size, got, c.want, guests)
		}
	}
	empty := e.call("ListIdentities", object{"IdentityPoolId": pools[1], "MaxResults": 1})
	same(t, "an empty listing", empty, object{"IdentityPoolId": pools[1], "Identities": []object{}})

	identities := e.call("ListIdentities", object{"IdentityPoolId": pools[0], "MaxResults": 1})["NextToken"].(string)
	listing := e.call("ListIdentityPools", object{"MaxResults": 1})["NextToken"].(string)
	last := len(identities) / 2
	for name, token := range map[string]string{
		"garbage": "garbage", "not base64": "%%%", "a token of ListIdentityPools": listing, "a changed token": identities[:last] + "_" + identities[last+1:],
		"a cut token": identities[:len(identities)-4], "a very long one": strings.Repeat("A", 65535),
	} {
		refused(t, name, e.root.Cognito(t, "ListIdentities", object{"IdentityPoolId": pools[0], "MaxResults": 1, "NextToken": token}), badParameter, "Invalid NextToken.")
	}
	refused(t, "a token of another pool", e.root.Cognito(t, "ListIdentities", object{"IdentityPoolId": pools[1], "MaxResults": 1, "NextToken": identities}), badParameter, "Invalid NextToken.")
	refused(t, "a token of ListIdentities", e.root.Cognito(t, "ListIdentityPools", object{"MaxResults": 1, "NextToken": identities}), badParameter, "Invalid NextToken.")
}
