package testenv_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/heap"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/testenv"
)

// connections is how many clients call at the same time (design.md 8).
const connections = 16

// cpu is the processor time this process has used, client and server together:
// wall time says little on a shared machine.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// round is how many calls are measured together.
const round = 250

// calls makes count calls over the connections and returns the processor time
// of one. The heap is cleared first, so that nobody pays for another's garbage.
func calls(client *http.Client, first, count int, call func(client *http.Client, n int)) float64 {
	runtime.GC()
	var next atomic.Int64
	var wg sync.WaitGroup
	before := cpu()
	for range connections {
		wg.Go(func() {
			for n := int(next.Add(1) - 1); n < count; n = int(next.Add(1) - 1) {
				call(client, first+n)
			}
		})
	}
	wg.Wait()
	return float64(cpu()-before) / float64(count)
}

// measure benchmarks call against floors calls of the floor. Rounds of both
// alternate, because the speed of a shared machine changes from one minute to
// the next but little from one round to the next; the medians are reported.
func measure(b *testing.B, floors int, call func(client *http.Client, n int)) {
	b.Helper()
	b.StopTimer()
	against(b, newFloor(b), floors, call)
}

// against is measure with a floor of the caller's choice.
func against(b *testing.B, floor func(*http.Client, int), floors int, call func(client *http.Client, n int)) {
	b.Helper()
	b.StopTimer()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	calls(client, 0, min(connections, b.N), floor) // the connections are made
	calls(client, 0, min(connections, b.N), call)
	var used, bare, ratios []float64
	b.ReportAllocs()
	b.ResetTimer()
	for first := 0; first < b.N; first += round {
		count := min(round, b.N-first)
		f := calls(client, first, count, floor)
		b.StartTimer()
		u := calls(client, first, count, call)
		b.StopTimer()
		used, bare, ratios = append(used, u), append(bare, f), append(ratios, u/f)
	}
	b.ReportMetric(median(used), "cpu-ns/op")
	b.ReportMetric(median(bare)*float64(floors), "floor-ns/op")
	b.ReportMetric(median(ratios)/float64(floors), "x-floor")
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func post(b *testing.B, client *http.Client, r *http.Request) []byte {
	return answered(b, client, r, http.StatusOK)
}

// answered sends a request and takes the answer, which must have the status.
func answered(b *testing.B, client *http.Client, r *http.Request, status int) []byte {
	resp, err := client.Do(r)
	if err != nil {
		b.Error(err)
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		b.Errorf("%d %v %s", resp.StatusCode, err, body)
	}
	return body
}

// benchStory is a pool with one known person per token client.
type benchStory struct {
	b      testing.TB
	google *pretend.Google
	env    *testenv.Env
	pool   string
	id     string
}

func newBenchStory(b testing.TB) *benchStory {
	b.Helper()
	b.Cleanup(heap.Keep(heap.Size)) // as in the program; the floor has it too
	s := &benchStory{b: b}
	var handler http.Handler
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	b.Cleanup(front.Close)
	g, err := pretend.New(pretend.Config{BaseURL: front.URL, Clients: []pretend.Client{
		{ID: clientID, Name: "Bench", RedirectURIs: []string{"http://127.0.0.1:1/"}, Origins: []string{"http://127.0.0.1:1"}},
	}})
	if err != nil {
		b.Fatal(err)
	}
	handler, s.google = g, g
	facebook, err := pretend.NewFacebook(apps(facebookApp))
	if err != nil {
		b.Fatal(err)
	}
	opaque := httptest.NewServer(facebook)
	b.Cleanup(opaque.Close)
	s.env = testenv.Start(b, testenv.Options{Change: func(c *config.Config) {
		c.Providers = map[string]string{"accounts.google.com": front.URL, "graph.facebook.com": opaque.URL}
	}})
	root := s.env.Root()
	var made struct{ IdentityPoolId string }
	root.Cognito(b, "CreateIdentityPool", map[string]any{
		"IdentityPoolName": "bench", "AllowUnauthenticatedIdentities": false, "AllowClassicFlow": true,
		"SupportedLoginProviders": map[string]string{"accounts.google.com": clientID},
	}).JSON(b, &made)
	s.pool = made.IdentityPoolId
	check := func(a *testenv.Answer) {
		if a.Status != http.StatusOK {
			b.Fatal(a.Status, a.Body)
		}
	}
	check(root.IAM(b, "CreateRole", "RoleName", "People", "AssumeRolePolicyDocument", trust(s.pool, "authenticated")))
	check(root.IAM(b, "PutRolePolicy", "RoleName", "People", "PolicyName", "Read", "PolicyDocument", readBucket("private-pictures")))
	check(root.IAM(b, "CreateRole", "RoleName", "Direct", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity",`+
			`"Condition":{"StringEquals":{"accounts.google.com:aud":"`+clientID+`"}}}]}`))
	check(root.Cognito(b, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": s.pool, "Roles": map[string]string{
		"authenticated": "arn:aws:iam::" + testenv.Account + ":role/People",
	}}))
	var got struct{ IdentityId string }
	s.env.Anonymous().Cognito(b, "GetId", s.getID(s.token())).JSON(b, &got)
	s.id = got.IdentityId
	return s
}

func (s *benchStory) allowGuests() {
	s.b.Helper()
	if a := s.env.Root().Cognito(s.b, "UpdateIdentityPool", map[string]any{
		"IdentityPoolId": s.pool, "IdentityPoolName": "bench", "AllowUnauthenticatedIdentities": true,
	}); a.Status != http.StatusOK {
		s.b.Fatal(a.Body)
	}
}

// supportFacebook lets people in with Facebook's tokens, which say nothing by
// themselves.
func (s *benchStory) supportFacebook() {
	s.b.Helper()
	if a := s.env.Root().Cognito(s.b, "UpdateIdentityPool", map[string]any{
		"IdentityPoolId": s.pool, "IdentityPoolName": "bench", "AllowUnauthenticatedIdentities": false,
		"SupportedLoginProviders": map[string]string{"accounts.google.com": clientID, "graph.facebook.com": facebookApp},
	}); a.Status != http.StatusOK {
		s.b.Fatal(a.Body)
	}
}

// guest lets guests in with a role of their own and returns one.
func (s *benchStory) guest() string {
	s.b.Helper()
	s.allowGuests()
	root, role := s.env.Root(), "arn:aws:iam::"+testenv.Account+":role/"
	for _, a := range []*testenv.Answer{
		root.IAM(s.b, "CreateRole", "RoleName", "Guests", "AssumeRolePolicyDocument", trust(s.pool, "unauthenticated")),
		root.Cognito(s.b, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": s.pool, "Roles": map[string]string{
			"authenticated": role + "People", "unauthenticated": role + "Guests",
		}}),
	} {
		if a.Status != http.StatusOK {
			s.b.Fatal(a.Body)
		}
	}
	var got struct{ IdentityId string }
	s.env.Anonymous().Cognito(s.b, "GetId", map[string]any{"IdentityPoolId": s.pool}).JSON(s.b, &got)
	return got.IdentityId
}

func (s *benchStory) token() string {
	token, err := s.google.MintIDToken(s.google.People()[0].Email, clientID, pretend.TokenOptions{})
	if err != nil {
		s.b.Fatal(err)
	}
	return token
}

// tokens makes n different tokens of one person, before the clock runs.
func (s *benchStory) tokens(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s.token()
	}
	return list
}

func (s *benchStory) getID(token string) map[string]any {
	return map[string]any{"IdentityPoolId": s.pool, "Logins": map[string]string{"accounts.google.com": token}}
}

func (s *benchStory) getCredentials(token string) map[string]any {
	return map[string]any{"IdentityId": s.id, "Logins": map[string]string{"accounts.google.com": token}}
}

func (s *benchStory) request(operation string, in map[string]any) *http.Request {
	return request(s.b, s.env.URL, operation, in)
}

func request(b testing.TB, url, operation string, in map[string]any) *http.Request {
	body, err := json.Marshal(in)
	if err != nil {
		b.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, url+"/", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	return r
}

// BenchmarkTokenExchange holds the paths of design.md 8 against the floor: a
// bare server that decodes the JSON, verifies one RS256 signature, computes one
// HMAC and seals one 600-byte token.
func BenchmarkTokenExchange(b *testing.B) {
	b.Run("GetId", func(b *testing.B) {
		s := newBenchStory(b)
		tokens := s.tokens(b.N)
		measure(b, 1, func(c *http.Client, n int) { post(b, c, s.request("GetId", s.getID(tokens[n]))) })
	})
	b.Run("GetCredentialsForIdentity", func(b *testing.B) {
		s := newBenchStory(b)
		tokens := s.tokens(b.N)
		measure(b, 1, func(c *http.Client, n int) {
			post(b, c, s.request("GetCredentialsForIdentity", s.getCredentials(tokens[n])))
		})
	})
	b.Run("AssumeRoleWithWebIdentity", func(b *testing.B) {
		s := newBenchStory(b)
		tokens := s.tokens(b.N)
		measure(b, 1, func(c *http.Client, n int) {
			form := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleSessionName": {"bench"},
				"RoleArn": {"arn:aws:iam::" + testenv.Account + ":role/Direct"}, "WebIdentityToken": {tokens[n]}}
			r, err := http.NewRequest(http.MethodPost, s.env.URL+"/", strings.NewReader(form.Encode()))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			post(b, c, r)
		})
	})
	b.Run("SignIn", func(b *testing.B) { // both calls with one token, one signature check
		s := newBenchStory(b)
		tokens := s.tokens(b.N)
		measure(b, 2, func(c *http.Client, n int) {
			post(b, c, s.request("GetId", s.getID(tokens[n])))
			post(b, c, s.request("GetCredentialsForIdentity", s.getCredentials(tokens[n])))
		})
	})
	b.Run("KnownToken", func(b *testing.B) { // GetCredentialsForIdentity without a signature check
		s := newBenchStory(b)
		token := s.token()
		measure(b, 1, func(c *http.Client, _ int) {
			post(b, c, s.request("GetCredentialsForIdentity", s.getCredentials(token)))
		})
	})
	b.Run("Guest", func(b *testing.B) { // GetCredentialsForIdentity without a token
		s := newBenchStory(b)
		in := map[string]any{"IdentityId": s.guest()}
		measure(b, 1, func(c *http.Client, _ int) { post(b, c, s.request("GetCredentialsForIdentity", in)) })
	})
	b.Run("NewIdentity", func(b *testing.B) { // durable: one group commit
		s := newBenchStory(b)
		s.allowGuests()
		measure(b, 1, func(c *http.Client, _ int) { post(b, c, s.request("GetId", map[string]any{"IdentityPoolId": s.pool})) })
	})
}

// newFloor starts the floor's server and returns a call to it. The request is
// that of GetCredentialsForIdentity and the answer has its size.
func newFloor(b *testing.B) func(*http.Client, int) { return newFloorWith(b, func([]byte) {}) }

// newFloorWith is newFloor with further work on each request.
func newFloorWith(b *testing.B, also func(digest []byte)) func(*http.Client, int) {
	b.Helper()
	handler, in := newFloorHandler(b, also)
	server := httptest.NewServer(handler)
	b.Cleanup(server.Close)
	return func(c *http.Client, _ int) { post(b, c, request(b, server.URL, "GetCredentialsForIdentity", in)) }
}

// newFloorHandler is the floor's server without its network, and a request to it.
func newFloorHandler(b *testing.B, also func(digest []byte)) (http.Handler, map[string]any) {
	b.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			IdentityId string
			Logins     map[string]string
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &in) != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		token := in.Logins["accounts.google.com"]
		dot := strings.LastIndexByte(token, '.')
		sum := sha256.Sum256([]byte(token[:dot]))
		signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
		if err != nil || rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) != nil {
			http.Error(w, "bad token", http.StatusForbidden)
			return
		}
		also(sum[:])
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write(sum[:])
		nonce := make([]byte, aead.NonceSize())
		if _, err := rand.Read(nonce); err != nil {
			http.Error(w, "random", http.StatusInternalServerError)
			return
		}
		sealed := aead.Seal(nonce, nonce, make([]byte, 600), nil)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprintf(w, `{"IdentityId":%q,"Credentials":{"AccessKeyId":"ASIAXXXXXXXXXXXXXXXX","SecretKey":"%x","SessionToken":"%s","Expiration":1790000000}}`,
			in.IdentityId, mac.Sum(nil), base64.StdEncoding.EncodeToString(sealed))
	})
	// A token of the size that Google's have.
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"0123456789abcdef","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte("x"), 430))
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	token := signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	return handler, map[string]any{"IdentityId": "us-east-1:00000000-0000-4000-8000-000000000000", "Logins": map[string]string{"accounts.google.com": token}}
}
