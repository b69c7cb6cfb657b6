package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

// A backend is the little that a website cannot do by itself. Providers that
// answer with a form (Apple, SAML) or want a secret (X) need somebody to take the
// answer and hand it to the page, and an application with accounts of its own needs
// somebody whom the identity pool trusts: this backend signs with the key of an IAM
// user who may do that and nothing else.
//
// What it hands to the page goes into the fragment of the page's address, which
// browsers send to nobody. The page believes it when the state is its own.
type backend struct {
	origins []string
	town    *pretend.Town
	apps    pretend.Apps
	counter *pretend.Counter
	http    *http.Client
	log     *slog.Logger
	mux     *http.ServeMux

	mu     sync.Mutex
	aws    *client.Client    // as the backend's IAM user; nil until the pool is there
	poolID string            //
	wishes map[string]string // X: secrets of request tokens on their way
}

// maxWishes bounds the sign-ins with X that nobody came back from.
const maxWishes = 1000

// maxForm is enough for a SAML response.
const maxForm = 256 << 10

func newBackend(site string, origins []string, town *pretend.Town, apps pretend.Apps, log *slog.Logger) (*backend, error) {
	b := &backend{
		origins: origins, town: town, apps: apps, http: &http.Client{Timeout: 10 * time.Second}, log: log,
		mux: http.NewServeMux(), wishes: make(map[string]string),
	}
	// Nobody is staff here: identity pools have no role mappings for own backends.
	people := town.People()
	for i := range people {
		people[i].Staff = false
	}
	var err error
	b.counter, err = pretend.NewCounter(pretend.CounterConfig{
		ProviderConfig: pretend.ProviderConfig{People: people}, BaseURL: site, Prefix: ownPath, Brand: developerAccount, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	b.mux.HandleFunc("POST "+applePath, b.appleForm)
	b.mux.HandleFunc("GET "+samlPath, b.samlLogin)
	b.mux.HandleFunc("POST "+samlACSPath, b.samlResponse)
	b.mux.HandleFunc("GET "+xPath, b.xLogin)
	b.mux.HandleFunc("GET "+xReturnPath, b.xReturn)
	b.mux.HandleFunc("POST "+ownLoginPath, b.ownLogin)
	b.mux.HandleFunc("POST "+whyPath, b.why)
	b.mux.Handle(ownPath+"/pretend/", http.StripPrefix(ownPath, b.counter))
	return b, nil
}

// handles reports whether a request is for the backend rather than the bucket.
func (b *backend) handles(r *http.Request) bool {
	_, pattern := b.mux.Handler(r)
	return pattern != ""
}

// ServeHTTP answers under the website's own names only, so that no other name can
// be made to lead here (DNS rebinding).
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(b.origins, "http://"+r.Host) {
		http.Error(w, "this website has another name", http.StatusMisdirectedRequest)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	b.mux.ServeHTTP(w, r)
}

// open makes the backend's IAM user, with a new key and the least that it needs.
func (b *backend) open(ctx context.Context, c *administrator, root client.Config, poolID string) error {
	err := c.iam(ctx, "CreateUser", map[string]string{"UserName": BackendUser})
	if err != nil && !client.HasCode(err, "EntityAlreadyExists") {
		return err
	}
	pool := "arn:aws:cognito-identity:" + c.Region() + ":" + c.account + ":identitypool/" + poolID
	err = c.iam(ctx, "PutUserPolicy", map[string]string{"UserName": BackendUser, "PolicyName": "VouchForItsPeople", "PolicyDocument": `{
  "Version": "2012-10-17",
  "Statement": [{
    "Sid": "VouchForItsPeople",
    "Effect": "Allow",
    "Action": "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "Resource": "` + pool + `"
  }, {
    "Sid": "SayWhichRoleAndWhy",
    "Effect": "Allow",
    "Action": "rockpool:SimulateLogin",
    "Resource": "` + pool + `"
  }]
}`})
	if err != nil {
		return err
	}
	// Nobody has kept the secret of an earlier run's key.
	var list struct {
		IDs []string `xml:"AccessKeyMetadata>member>AccessKeyId"`
	}
	if err := c.Query(ctx, "iam", "2010-05-08", "ListAccessKeys", url.Values{"UserName": {BackendUser}}, &list); err != nil {
		return err
	}
	for _, id := range list.IDs {
		if err := c.iam(ctx, "DeleteAccessKey", map[string]string{"UserName": BackendUser, "AccessKeyId": id}); err != nil {
			return err
		}
	}
	var made struct {
		ID     string `xml:"AccessKey>AccessKeyId"`
		Secret string `xml:"AccessKey>SecretAccessKey"`
	}
	if err := c.Query(ctx, "iam", "2010-05-08", "CreateAccessKey", url.Values{"UserName": {BackendUser}}, &made); err != nil {
		return err
	}
	root.Credentials = client.Credentials{AccessKeyID: made.ID, Secret: keys.NewSecret(made.Secret)}
	root.UserAgent = "tide-pool-backend"
	own, err := client.New(root)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.aws, b.poolID = own, poolID
	return nil
}

// errNotReady is for requests before open.
var errNotReady = errors.New("the demo is not ready yet")

func (b *backend) pool() (aws *client.Client, poolID string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.aws == nil {
		return nil, "", errNotReady
	}
	return b.aws, b.poolID, nil
}

// toPage hands an answer to the page, in the fragment of its address.
func (b *backend) toPage(w http.ResponseWriter, r *http.Request, answer url.Values) {
	for name := range answer {
		if answer.Get(name) == "" {
			answer.Del(name)
		}
	}
	http.Redirect(w, r, pagePath+"#"+answer.Encode(), http.StatusSeeOther)
}

func (b *backend) failed(w http.ResponseWriter, r *http.Request, what, state string, err error) {
	b.log.Warn("sign-in through the backend", "what", what, "error", err)
	b.toPage(w, r, url.Values{"error": {"server_error"}, "error_description": {what + ": " + err.Error()}, "state": {state}})
}

// ownLogin signs somebody in with the website's own accounts. The form says for
// whom the page already has an identity, and with which logins, so that the account
// is linked to it.
func (b *backend) ownLogin(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		http.Error(w, "this form belongs to another page", http.StatusForbidden)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	state, identity := r.PostForm.Get("state"), r.PostForm.Get("identity")
	var logins map[string]string
	if text := r.PostForm.Get("logins"); text != "" {
		if err := json.Unmarshal([]byte(text), &logins); err != nil {
			http.Error(w, "logins are not a map", http.StatusBadRequest)
			return
		}
	}
	b.counter.Ask(w, r, siteName, "http://"+r.Host+pagePath, func(w http.ResponseWriter, r *http.Request, who pretend.Person, chosen bool) {
		if !chosen {
			b.toPage(w, r, url.Values{"error": {"access_denied"}, "state": {state}})
			return
		}
		vouched, err := b.vouch(r.Context(), who.Email, identity, logins)
		if err != nil {
			b.failed(w, r, "GetOpenIdTokenForDeveloperIdentity", state, err)
			return
		}
		b.toPage(w, r, url.Values{
			"state": {state}, "developer_token": {vouched.Token}, "identity_id": {vouched.IdentityId}, "request_id": {vouched.requestID},
			"developer_user": {who.Email}, "name": {who.Name}, "developer_provider": {DeveloperName}, "picture": {b.town.At("/pretend/avatar/" + who.Subject)},
		})
	})
}

type vouched struct{ IdentityId, Token, requestID string }

// vouch tells the identity pool who somebody is.
func (b *backend) vouch(ctx context.Context, user, identity string, logins map[string]string) (*vouched, error) {
	aws, poolID, err := b.pool()
	if err != nil {
		return nil, err
	}
	all := maps.Clone(logins)
	if all == nil {
		all = make(map[string]string)
	}
	all[DeveloperName] = user // whatever the page has sent under that name
	in := map[string]any{"IdentityPoolId": poolID, "Logins": all, "TokenDuration": 3600}
	if identity != "" {
		in["IdentityId"] = identity
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	a, err := aws.Do(ctx, client.Request{Service: "cognito-identity", Body: body, Header: http.Header{
		"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"AWSCognitoIdentityService.GetOpenIdTokenForDeveloperIdentity"},
	}})
	if err != nil {
		return nil, err
	}
	out := &vouched{requestID: a.RequestID}
	return out, json.Unmarshal(a.Body, out)
}

// why answers the page which role its logins lead to, and why. An identity pool
// tells its clients neither; Rockpool's own API tells those who may ask.
func (b *backend) why(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		http.Error(w, "this question is the page's own", http.StatusForbidden)
		return
	}
	var in struct {
		IdentityID string            `json:"identityId"`
		Logins     map[string]string `json:"logins"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, "not the JSON it should be", http.StatusBadRequest)
		return
	}
	var out struct {
		RoleArn, RoleRule, RoleMapping, Problem string
		Tags                                    map[string]string
	}
	aws, poolID, err := b.pool()
	if err == nil {
		ask := map[string]any{"IdentityPoolId": poolID, "IdentityId": in.IdentityID, "Actions": []string{}}
		if len(in.Logins) > 0 {
			ask["Logins"] = in.Logins
		}
		err = aws.JSON(r.Context(), "rockpool", "Rockpool.SimulateLogin", ask, &out)
	}
	if err != nil {
		b.log.Warn("why a role was chosen", "error", err)
		http.Error(w, "the server did not say", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	err = json.NewEncoder(w).Encode(map[string]any{
		"role": out.RoleArn, "rule": out.RoleRule, "mapping": out.RoleMapping, "problem": out.Problem, "tags": out.Tags,
	})
	if err != nil {
		b.log.Debug("why a role was chosen: visitor left", "error", fmt.Sprint(err))
	}
}
