package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

// A visitor is a browser without scripts: it follows redirects within a sign-in and
// submits forms, and keeps what the page would get.
type visitor struct {
	t    *testing.T
	d    *Demo
	page story
	http *http.Client
}

func startDemo(t *testing.T) *visitor {
	t.Helper()
	d, err := Start(t.Context(), Config{
		Server: config.Config{
			Data: t.TempDir(), Listen: "127.0.0.1:0", Account: "123456789012", Region: "us-east-1", TokenIssuer: "https://cognito-identity.amazonaws.com",
			Audit: "file", Decisions: "denials", DecisionsKeep: time.Hour, DecisionsSize: 16 << 20,
		},
		SiteListen: "127.0.0.1:0", GoogleListen: "127.0.0.1:0", Program: "rockpool", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	v := &visitor{t: t, d: d, http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	body, _ := v.get(d.Story.Site + "/config.json")
	if err := json.Unmarshal([]byte(body), &v.page); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *visitor) get(address string) (body, location string) {
	v.t.Helper()
	return v.do(http.MethodGet, address, nil)
}

func (v *visitor) do(method, address string, form url.Values) (body, location string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if resp.StatusCode >= 400 {
		v.t.Fatalf("%s %s: %s\n%s", method, address, resp.Status, text)
	}
	if location = resp.Header.Get("Location"); location != "" {
		to, err := r.URL.Parse(location)
		if err != nil {
			v.t.Fatal(err)
		}
		location = to.String()
	}
	return string(text), location
}

var (
	actionForm = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	inputForm  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// choose chooses a person on a sign-in page, "" to cancel, and follows the answer
// until it is back at the page: what its address says.
func (v *visitor) choose(at, body, person string) url.Values {
	v.t.Helper()
	for hops := 0; ; hops++ {
		action := actionForm.FindStringSubmatch(body)
		if action == nil || hops > 3 {
			v.t.Fatalf("no form at %s: %s", at, body)
		}
		base, err := url.Parse(at)
		if err != nil {
			v.t.Fatal(err)
		}
		to, err := base.Parse(html.UnescapeString(action[1]))
		if err != nil {
			v.t.Fatal(err)
		}
		form := url.Values{}
		for _, m := range inputForm.FindAllStringSubmatch(body, -1) {
			form.Set(m[1], html.UnescapeString(m[2]))
		}
		if form.Has("ticket") {
			form.Set("person", person)
		}
		var location string
		at = to.String()
		body, location = v.do(http.MethodPost, at, form)
		for location != "" {
			back, err := url.Parse(location)
			if err != nil {
				v.t.Fatal(err)
			}
			if strings.HasPrefix(location, v.d.Story.Site+"/") && back.Path == "/" {
				answer := back.Query()
				fragment, err := url.ParseQuery(back.EscapedFragment())
				if err != nil {
					v.t.Fatal(err)
				}
				maps.Copy(answer, fragment)
				return answer
			}
			at = location
			body, location = v.get(at)
		}
	}
}

const pkce = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B

// ask goes to a provider's sign-in page as the page would.
func (v *visitor) ask(p provider) (at, body string) {
	v.t.Helper()
	site := v.d.Story.Site
	q := url.Values{"client_id": {p.ClientID}, "redirect_uri": {site + "/"}, "state": {"s-1"}, "nonce": {"n-1"}, "scope": {"openid email profile"}}
	sum := sha256.Sum256([]byte(pkce))
	switch p.Kind {
	case "google":
		q.Set("response_type", "id_token")
	case "facebook", "amazon":
		q.Set("response_type", "token")
	case "apple":
		q.Set("response_type", "code id_token")
		q.Set("response_mode", "form_post")
		q.Set("redirect_uri", site+strings.TrimPrefix(p.Redirect, "."))
	case "userpool", "oidc":
		q.Set("response_type", "code")
		q.Set("code_challenge_method", "S256")
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
	}
	at = p.SignIn
	if strings.HasPrefix(at, ".") {
		at = site + at[1:]
	}
	at += "?" + q.Encode()
	body, location := v.get(at)
	for location != "" {
		at = location
		body, location = v.get(at)
	}
	return at, body
}

// login signs somebody in: the member of Logins.
func (v *visitor) login(p provider, person string) (key, token string) {
	v.t.Helper()
	at, body := v.ask(p)
	answer := v.choose(at, body, person)
	if got := answer.Get("state"); got != "s-1" {
		v.t.Fatalf("%s: state %q in %v", p.Kind, got, answer)
	}
	switch p.Kind {
	case "google", "apple":
		token = answer.Get("id_token")
	case "facebook", "amazon":
		token = answer.Get("access_token")
	case "x":
		token = answer.Get("x_token")
	case "saml":
		token = answer.Get("SAMLResponse")
	case "userpool", "oidc":
		text, _ := v.do(http.MethodPost, p.Token, url.Values{
			"grant_type": {"authorization_code"}, "client_id": {p.ClientID}, "code": {answer.Get("code")}, "redirect_uri": {v.d.Story.Site + "/"}, "code_verifier": {pkce},
		})
		var tokens struct {
			IDToken string `json:"id_token"`
		}
		if err := json.Unmarshal([]byte(text), &tokens); err != nil {
			v.t.Fatal(err)
		}
		token = tokens.IDToken
	}
	if token == "" {
		v.t.Fatalf("%s: no token in %v", p.Kind, answer)
	}
	return p.Key, token
}

// cognito calls an operation unsigned.
func (v *visitor) cognito(operation string, in, out any) {
	v.t.Helper()
	c, err := client.New(client.Config{Endpoint: v.page.Endpoint, Region: v.page.Region})
	if err != nil {
		v.t.Fatal(err)
	}
	if err := cognito(v.t.Context(), c, operation, in, out); err != nil {
		v.t.Fatalf("%s: %v", operation, err)
	}
}

func (v *visitor) identity(logins map[string]string) string {
	v.t.Helper()
	var who struct{ IdentityId string }
	v.cognito("GetId", map[string]any{"IdentityPoolId": v.page.PoolID, "Logins": logins}, &who)
	return who.IdentityId
}

// keys are the temporary credentials of an identity, and the role behind them.
func (v *visitor) keys(identity string, logins map[string]string) (s3 *client.Client, role, id string) {
	v.t.Helper()
	var lent struct {
		IdentityId  string
		Credentials struct{ AccessKeyId, SecretKey, SessionToken string }
	}
	v.cognito("GetCredentialsForIdentity", map[string]any{"IdentityId": identity, "Logins": logins}, &lent)
	c, err := client.New(client.Config{Endpoint: v.page.Endpoint, Region: v.page.Region, Credentials: client.Credentials{
		AccessKeyID: lent.Credentials.AccessKeyId, Secret: keys.NewSecret(lent.Credentials.SecretKey), SessionToken: keys.NewSecret(lent.Credentials.SessionToken),
	}})
	if err != nil {
		v.t.Fatal(err)
	}
	var me struct{ Arn string }
	if err := c.Query(v.t.Context(), "sts", "2011-06-15", "GetCallerIdentity", nil, &me); err != nil {
		v.t.Fatal(err)
	}
	return c, strings.Split(me.Arn, "/")[1], lent.IdentityId
}

// why is what the backend says about a role.
func (v *visitor) why(identity string, logins map[string]string) (role, rule string) {
	v.t.Helper()
	body, err := json.Marshal(map[string]any{"identityId": identity, "logins": logins})
	if err != nil {
		v.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.d.Story.Site+whyPath, bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	resp, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct{ Role, Rule string }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		v.t.Fatalf("%s: %v", resp.Status, err)
	}
	return out.Role[strings.LastIndex(out.Role, "/")+1:], out.Rule
}

func (v *visitor) reads(s3 *client.Client, bucket, key string) bool {
	v.t.Helper()
	_, err := s3.Do(context.Background(), client.Request{Service: "s3", Method: http.MethodGet, Path: "/" + bucket + "/" + key})
	if err != nil && !client.HasCode(err, "AccessDenied") {
		v.t.Fatal(err)
	}
	return err == nil
}

func (v *visitor) provider(kind string) provider {
	v.t.Helper()
	for _, p := range v.page.Providers {
		if p.Kind == kind {
			return p
		}
	}
	v.t.Fatalf("the page offers no %s", kind)
	return provider{}
}

// TestEveryProvider signs a visitor and somebody of the staff in with each provider,
// through its pages: the role is what the mapping says, and opens what its policy
// says.
func TestEveryProvider(t *testing.T) {
	v := startDemo(t)
	for kind, rule := range map[string]string{
		"google": "rule 1: email Equals aiko@example.org", "apple": "rule 1: email Equals aiko@example.org",
		"facebook": "rule 1: sub Equals ", "amazon": "rule 1: sub Equals amzn1.account.", "x": "rule 1: sub Equals ",
		"userpool": "cognito:preferred_role", "oidc": "rule 1: groups Contains staff", "saml": "rule 1: " + pretend.SAMLGroup + " Contains staff",
	} {
		t.Run(kind, func(t *testing.T) {
			v := &visitor{t: t, d: v.d, page: v.page, http: v.http}
			for _, c := range []struct {
				person, role, rule string
				staff              bool
			}{
				{"mira@example.com", RoleName, "default role", false},
				{"aiko@example.org", StaffRoleName, rule, true},
			} {
				key, token := v.login(v.provider(kind), c.person)
				logins := map[string]string{key: token}
				id := v.identity(logins)
				s3, role, _ := v.keys(id, logins)
				if role != c.role {
					t.Errorf("%s has the role %s, want %s", c.person, role, c.role)
				}
				if role, said := v.why(id, logins); role != c.role || !strings.HasPrefix(said, c.rule) {
					t.Errorf("%s: the backend says %s because of %q, want %s because of %q", c.person, role, said, c.role, c.rule)
				}
				if !v.reads(s3, PrivateBucket, GuestKey) || v.reads(s3, StaffBucket, ForbiddenKey) != c.staff {
					t.Errorf("%s reads what the role does not say", c.person)
				}
				if again := v.identity(map[string]string{key: token}); again != id {
					t.Errorf("%s is %s and %s", c.person, id, again)
				}
			}
			at, body := v.ask(v.provider(kind))
			if answer := v.choose(at, body, ""); answer.Get("error") != "access_denied" || answer.Get("state") != "s-1" {
				t.Errorf("cancelled: %v", answer)
			}
		})
	}
}

// TestOwnBackend signs in with the website's own accounts, alone and beside a login
// of Google, and the other way round.
func TestOwnBackend(t *testing.T) {
	v := startDemo(t)
	own := func(identity string, logins map[string]string) (id string, all map[string]string) {
		t.Helper()
		text, err := json.Marshal(logins)
		if err != nil {
			t.Fatal(err)
		}
		at := v.d.Story.Site + ownLoginPath
		body, _ := v.do(http.MethodPost, at, url.Values{"state": {"s-1"}, "identity": {identity}, "logins": {string(text)}})
		answer := v.choose(at, body, "tomas@example.com")
		if answer.Get("developer_token") == "" || answer.Get("request_id") == "" {
			t.Fatalf("answer %v", answer)
		}
		all = map[string]string{"cognito-identity.amazonaws.com": answer.Get("developer_token")}
		maps.Copy(all, logins)
		return answer.Get("identity_id"), all
	}
	key, token := v.login(v.provider("google"), "tomas@example.com")
	google := map[string]string{key: token}
	first := v.identity(google)

	id, both := own(first, google)
	if id != first {
		t.Errorf("the account belongs to %s, not to %s", id, first)
	}
	s3, role, got := v.keys(id, both)
	if got != first || role != RoleName || !v.reads(s3, PrivateBucket, GuestKey) {
		t.Errorf("%s with the role %s", got, role)
	}
	if role, rule := v.why(id, both); role != RoleName || !strings.HasPrefix(rule, "default role") {
		t.Errorf("the backend says %s because of %q", role, rule)
	}
	alone, logins := own("", nil)
	if _, _, got := v.keys(alone, logins); alone != first || got != first {
		t.Errorf("the account alone is %s, then %s, want %s", alone, got, first)
	}

	// A login of another provider is linked to it.
	key, token = v.login(v.provider("facebook"), "tomas@example.com")
	logins[key] = token
	if _, _, got := v.keys(alone, logins); got != first {
		t.Errorf("with Facebook it is %s, want %s", got, first)
	}
	if got := v.identity(map[string]string{key: token}); got != first {
		t.Errorf("Facebook alone is %s, want %s", got, first)
	}
}

// TestGuest is let in to see one picture, and keeps the identity when signing in.
func TestGuest(t *testing.T) {
	v := startDemo(t)
	id := v.identity(nil)
	s3, role, _ := v.keys(id, nil)
	if role != GuestRoleName || !v.reads(s3, PrivateBucket, GuestKey) || v.reads(s3, PrivateBucket, "starfish.jpg") {
		t.Errorf("a guest with the role %s", role)
	}
	if role, rule := v.why(id, nil); role != GuestRoleName || !strings.HasPrefix(rule, "default role") {
		t.Errorf("the backend says %s because of %q", role, rule)
	}
	key, token := v.login(v.provider("amazon"), "mira@example.com")
	s3, role, same := v.keys(id, map[string]string{key: token})
	if same != id || role != RoleName || !v.reads(s3, PrivateBucket, "starfish.jpg") {
		t.Errorf("the guest %s became %s with the role %s", id, same, role)
	}
}
