package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/testenv"
	"github.com/rockpool-id/rockpool/internal/transfer"
)

func dial(t testing.TB, address string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{Endpoint: address, Region: testenv.Region, Credentials: client.Credentials{
		AccessKeyID: testenv.RootKeyID, Secret: keys.NewSecret(testenv.RootSecret),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// patient repeats without waiting.
func patient() *transfer.Pace {
	return &transfer.Pace{Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

func server(t testing.TB, address string) *transfer.Rockpool {
	c := dial(t, address)
	return &transfer.Rockpool{Client: c, Pace: patient(), IAM: &transfer.IAM{Client: c, Pace: patient()}}
}

func must(t testing.TB, a *testenv.Answer) *testenv.Answer {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	return a
}

type object = map[string]any

// people makes a pool with everything that a pool can have, and some identities of
// every kind.
func people(t testing.TB, e *testenv.Env) (id string) {
	t.Helper()
	root := e.Root()
	provider := must(t, root.IAM(t, "CreateOpenIDConnectProvider", "Url", "https://login.example.com/x", "ClientIDList.member.1", "app",
		"ThumbprintList.member.1", strings.Repeat("ab", 20), "Tags.member.1.Key", "a", "Tags.member.1.Value", "b")).Element("OpenIDConnectProviderArn")
	var made struct{ IdentityPoolId string }
	must(t, root.Cognito(t, "CreateIdentityPool", object{
		"IdentityPoolName": "people, and more", "AllowUnauthenticatedIdentities": true, "AllowClassicFlow": true, "DeveloperProviderName": "login.example",
		"SupportedLoginProviders":   object{"accounts.google.com": "client", "api.twitter.com": "key;secret"},
		"OpenIdConnectProviderARNs": []string{provider}, "IdentityPoolTags": object{"team": "é"},
		"CognitoIdentityProviders": []object{{"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_abc", "ClientId": "c", "ServerSideTokenCheck": false}},
	})).JSON(t, &made)
	id = made.IdentityPoolId
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}`
	shared := must(t, root.IAM(t, "CreatePolicy", "PolicyName", "Shared", "Path", "/app/", "PolicyDocument", document)).Element("Arn")
	arns := make(map[string]string)
	for name, amr := range map[string]string{"Member": "authenticated", "Guest": "unauthenticated"} {
		trust := `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
		  "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "` + id + `"},
		  "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "` + amr + `"}}}}`
		arns[name] = must(t, root.IAM(t, "CreateRole", "RoleName", name, "Path", "/app/", "AssumeRolePolicyDocument", trust,
			"MaxSessionDuration", "7200", "Tags.member.1.Key", "k", "Tags.member.1.Value", "v")).Element("Arn")
		must(t, root.IAM(t, "PutRolePolicy", "RoleName", name, "PolicyName", "Read", "PolicyDocument", strings.Replace(document, "ListBucket", "Get*", 1)))
		must(t, root.IAM(t, "AttachRolePolicy", "RoleName", name, "PolicyArn", shared))
		must(t, root.IAM(t, "AttachRolePolicy", "RoleName", name, "PolicyArn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"))
	}
	must(t, root.Cognito(t, "SetIdentityPoolRoles", object{
		"IdentityPoolId": id, "Roles": object{"authenticated": arns["Member"], "unauthenticated": arns["Guest"]},
		"RoleMappings": object{provider: object{"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": object{
			"Rules": []object{{"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": arns["Member"]}},
		}}},
	}))
	must(t, root.Cognito(t, "SetPrincipalTagAttributeMap", object{
		"IdentityPoolId": id, "IdentityProviderName": provider, "UseDefaults": false, "PrincipalTags": object{"who": "sub"},
	}))
	for n := range 7 {
		must(t, root.Cognito(t, "GetId", object{"IdentityPoolId": id}))
		must(t, root.Cognito(t, "GetOpenIdTokenForDeveloperIdentity", object{"IdentityPoolId": id, "Logins": object{"login.example": fmt.Sprint("<user> ", n)}}))
	}
	// One that was merged.
	must(t, root.Cognito(t, "MergeDeveloperIdentities", object{
		"IdentityPoolId": id, "DeveloperProviderName": "login.example", "SourceUserIdentifier": "<user> 1", "DestinationUserIdentifier": "<user> 2",
	}))
	return id
}

func export(t testing.TB, source transfer.Source, poolID, name string) string {
	t.Helper()
	c := &transfer.Collector{Source: source, Path: filepath.Join(t.TempDir(), name), PoolID: poolID, Now: clock}
	if _, err := c.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.Path
}

// deliver imports a file and tells what became of it.
func deliver(t testing.TB, to transfer.Target, path string, change func(*transfer.Header) error) transfer.Delivery {
	t.Helper()
	d := &transfer.Deliverer{Target: to, Path: path, StatePath: path + ".import", Where: "there", Change: change, Now: clock}
	d.Conflict = func(c transfer.Conflict) error { return fmt.Errorf("a conflict: %+v", c) }
	done, err := d.Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// A pool that goes to a second server and is exported there gives the same file.
func TestRoundTrip(t *testing.T) {
	first, second := testenv.Start(t, testenv.Options{}), testenv.Start(t, testenv.Options{})
	id := people(t, first)
	from, to := server(t, first.URL), server(t, second.URL)
	from.PoolID, to.PoolID = id, id
	path := export(t, from, id, "pool.jsonl")
	if done := deliver(t, to, path, nil); done.Imported != 14 || done.Unchanged != 0 {
		t.Errorf("got %+v", done)
	}
	if done := deliver(t, to, path, nil); done.Imported != 0 || done.Unchanged != 14 {
		t.Errorf("a second time: %+v", done)
	}
	again := export(t, to, id, "pool.jsonl")
	if diff := cmp.Diff(string(read(t, path)), string(read(t, again))); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
	for _, part := range []string{`"Disabled":true,"Parent":"us-east-1:`, `"Guest":true`, "key;secret", "login.example.com/x", `\u003cuser\u003e 2`, `"PrincipalTags":{"who":"sub"}`} {
		if !bytes.Contains(read(t, path), []byte(part)) {
			t.Errorf("the file does not have %s", part)
		}
	}
	// Whoever signed in there is the same identity here.
	user := object{"IdentityPoolId": id, "DeveloperUserIdentifier": "<user> 1"}
	var here, there struct{ IdentityId string }
	must(t, first.Root().Cognito(t, "LookupDeveloperIdentity", user)).JSON(t, &there)
	must(t, second.Root().Cognito(t, "LookupDeveloperIdentity", user)).JSON(t, &here)
	if here != there || here.IdentityId == "" {
		t.Errorf("%+v is %+v", there, here)
	}
}

// Another account gets the pool with ARNs of its own, and may use other roles.
func TestImportIntoAnotherAccount(t *testing.T) {
	const account = "222222222222"
	first := testenv.Start(t, testenv.Options{})
	second := testenv.Start(t, testenv.Options{Change: func(c *config.Config) { c.Account = account }})
	id := people(t, first)
	from, to := server(t, first.URL), server(t, second.URL)
	from.PoolID = id
	path := export(t, from, id, "pool.jsonl.gz")
	own := must(t, second.Root().IAM(t, "CreateRole", "RoleName", "Own", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":"sts:AssumeRole"}]}`)).Element("Arn")
	m := &transfer.Mapping{Account: account, Roles: map[string]string{"Guest": "Own"}}
	deliver(t, to, path, func(h *transfer.Header) error { _, err := m.Apply(h); return err })
	var got struct {
		Roles        map[string]string
		RoleMappings map[string]any
	}
	must(t, second.Root().Cognito(t, "GetIdentityPoolRoles", object{"IdentityPoolId": id})).JSON(t, &got)
	want := map[string]string{"authenticated": "arn:aws:iam::" + account + ":role/app/Member", "unauthenticated": own}
	if diff := cmp.Diff(want, got.Roles); diff != "" {
		t.Error(diff)
	}
	if got.RoleMappings["arn:aws:iam::"+account+":oidc-provider/login.example.com/x"] == nil {
		t.Errorf("the mappings are %v", got.RoleMappings)
	}
	if a := second.Root().IAM(t, "GetRole", "RoleName", "Guest"); a.Code() != "NoSuchEntity" {
		t.Errorf("a role that is not needed was made: %s", a.Body)
	}
}

// What is there and differs stays, and stops the import before the pool is made.
func TestRolesThatDiffer(t *testing.T) {
	first, second := testenv.Start(t, testenv.Options{}), testenv.Start(t, testenv.Options{})
	id := people(t, first)
	from := server(t, first.URL)
	from.PoolID = id
	path := export(t, from, id, "pool.jsonl")
	must(t, second.Root().IAM(t, "CreateRole", "RoleName", "Member", "Path", "/app/", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+testenv.Account+`"},"Action":"sts:AssumeRole"}]}`))
	d := &transfer.Deliverer{Target: server(t, second.URL), Path: path, StatePath: path + ".import", Now: clock}
	_, err := d.Deliver(t.Context())
	if differs := (*transfer.Differs)(nil); !errors.As(err, &differs) || !strings.HasSuffix(differs.ARN, "role/app/Member") {
		t.Fatalf("got %v", err)
	}
	if a := second.Root().Cognito(t, "DescribeIdentityPool", object{"IdentityPoolId": id}); a.Code() != "ResourceNotFoundException" {
		t.Errorf("the pool is there: %s", a.Body)
	}
}

// flaky refuses every nth request, as AWS does when there are too many, and cuts
// the connection of the one after cut.
func flaky(t *testing.T, to string, every, cut int64) string {
	t.Helper()
	address, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(address)
		r.Out.Host = r.In.Host // it is signed
	}}
	var requests atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := requests.Add(1); {
		case cut > 0 && n == cut:
			panic(http.ErrAbortHandler)
		case n%every == 0:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// What Cognito's operations tell of a pool makes the same pool elsewhere, but for
// logins whose subjects they do not tell.
func TestImportFromCognito(t *testing.T) {
	first, second := testenv.Start(t, testenv.Options{}), testenv.Start(t, testenv.Options{})
	id := people(t, first)
	// Somebody with a login of a public provider, whom only Rockpool's export tells.
	google := transfer.Identity{
		IdentityId: "us-east-1:99999999-0000-4000-8000-000000000000", CreationDate: transfer.At(epoch), LastModifiedDate: transfer.At(epoch),
		Logins: []transfer.Login{{Provider: "accounts.google.com", Subject: "me", Linked: transfer.At(epoch)}},
	}
	if r, err := server(t, first.URL).Import(t.Context(), id, []transfer.Identity{google}); err != nil || r.Imported != 1 {
		t.Fatalf("got %+v, %v", r, err)
	}
	c := dial(t, flaky(t, first.URL, 4, 9))
	source := &transfer.AWS{Client: c, Pace: patient(), PoolID: id, IAM: &transfer.IAM{Client: c, Pace: patient()}}
	path := export(t, source, id, "pool.jsonl.gz")

	to := server(t, second.URL)
	to.PoolID = id
	// 14, and one less that is disabled, which Cognito does not list when asked so.
	if done := deliver(t, to, path, nil); done.Imported != 13 || done.LeftOut != 1 {
		t.Errorf("got %+v", done)
	}
	// The person has no identity here until somebody says whose the login is.
	table, err := transfer.ReadLogins(strings.NewReader("provider,subject,identity_id\naccounts.google.com,me," + google.IdentityId + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	d := &transfer.Deliverer{Target: to, Path: path, StatePath: path + ".import", Logins: table, Now: clock}
	if done, err := d.Deliver(t.Context()); err != nil || done.Imported != 1 || done.Unchanged != 13 || done.UnusedLogins != 0 {
		t.Errorf("with the table: %+v, %v", done, err)
	}

	from := server(t, first.URL)
	from.PoolID = id
	_, want, err := readAll(bytes.NewReader(read(t, export(t, from, id, "pool.jsonl"))))
	if err != nil {
		t.Fatal(err)
	}
	whole, got, err := readAll(bytes.NewReader(read(t, export(t, to, id, "pool.jsonl"))))
	if err != nil {
		t.Fatal(err)
	}
	var wanted []transfer.Identity
	for _, i := range want {
		if i.Disabled {
			continue
		}
		for n := range i.Logins { // Cognito does not tell since when
			i.Logins[n].Linked = i.CreationDate
		}
		wanted = append(wanted, i)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("(-there +here):\n%s", diff)
	}
	if whole.Pool.PrincipalTags == nil || whole.Pool.RoleMappings == nil || len(whole.Roles) != 2 || len(whole.Policies) != 1 {
		t.Errorf("the pool is %+v", whole)
	}
}

var large = flag.Int("identities", 20000, "identities of TestLargePools")

// A pool of any size goes through in the memory of a few pages. The target is not a
// server, whose memory would count too.
func TestLargePools(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	var peak uint64
	var stats runtime.MemStats
	look := func() {
		runtime.GC()
		runtime.ReadMemStats(&stats)
		peak = max(peak, stats.HeapAlloc)
	}
	look()
	base := stats.HeapAlloc
	path := filepath.Join(t.TempDir(), "pool.jsonl.gz")
	calls := 0
	every := max(1, *large/10/10)
	c := &transfer.Collector{Source: &counting{source: source{size: *large}, each: func() {
		if calls++; calls%every == 0 {
			look()
		}
	}}, Path: path, PoolID: poolID, Now: clock}
	start := time.Now()
	if _, err := c.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	written := time.Since(start)
	to := &sink{each: func() {
		if calls++; calls%40 == 0 {
			look()
		}
	}}
	start = time.Now()
	done, err := (&transfer.Deliverer{Target: to, Path: path, StatePath: path + ".import", Now: clock}).Deliver(t.Context())
	if err != nil || done.Imported != *large {
		t.Fatalf("got %+v, %v", done, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d identities, %d KiB: written in %v, read twice in %v, %d KiB more memory at most", *large, info.Size()>>10, written, time.Since(start), (peak-base)>>10)
	if grown := peak - base; grown > 4<<20 {
		t.Errorf("the memory grew by %d KiB", grown>>10)
	}
}

// counting forgets which pages it was asked for.
type counting struct {
	source
	each func()
}

func (c *counting) Page(ctx context.Context, from string) ([]transfer.Identity, string, error) {
	c.each()
	c.pages = c.pages[:0]
	return c.source.Page(ctx, from)
}

// sink takes identities and forgets them.
type sink struct{ each func() }

func (*sink) Prepare(context.Context, *transfer.Header, []string, func(string) error) error {
	return nil
}

func (s *sink) Import(_ context.Context, _ string, list []transfer.Identity) (transfer.Result, error) {
	s.each()
	return transfer.Result{Imported: len(list)}, nil
}
