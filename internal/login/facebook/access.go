package facebook

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

// verifyAccess checks an access token: by inspection for the expected apps
// whose secrets are known, and by asking with the token if there are others.
// An app's refusal may only mean that the token is another app's, so the next
// app is tried; anything else ends it. What is found by asking with the token counts
// for the other apps alone: inspection says more.
func (v *Verifier) verifyAccess(ctx context.Context, token string, want *login.Expect) (*login.Claims, error) {
	rest := *want
	rest.ClientIDs = nil
	var refused error
	for _, app := range want.ClientIDs {
		secret, known := v.secrets[app]
		if !known {
			rest.ClientIDs = append(rest.ClientIDs, app)
			continue
		}
		claims, err := v.graph.Verify(ctx, token, "app "+app, want, func(ctx context.Context) (*login.Claims, error) {
			return v.inspect(ctx, token, app, secret)
		})
		if err == nil {
			return claims, nil
		}
		if r, ok := login.AsRefusal(err); !ok || r.Kind != login.Rejected {
			return nil, err
		}
		refused = err
	}
	if !want.AnyAudience && len(rest.ClientIDs) == 0 && refused != nil {
		return nil, refused
	}
	return v.graph.Verify(ctx, token, "", &rest, func(ctx context.Context) (*login.Claims, error) {
		return v.ask(ctx, token)
	})
}

// ask asks with the token itself whose it is.
func (v *Verifier) ask(ctx context.Context, token string) (*login.Claims, error) {
	app, err := v.get(ctx, "/app", url.Values{"access_token": {token}, "fields": {"id"}})
	if err != nil {
		return nil, err
	}
	appID, err := app.Text("id")
	if err != nil {
		return nil, err
	}
	me, err := v.get(ctx, "/me", url.Values{"access_token": {token}, "fields": {"id,first_name"}})
	if err != nil {
		return nil, err
	}
	user, err := me.Text("id")
	if err != nil {
		return nil, err
	}
	return claims(appID, user), nil
}

// inspect asks with an app's secret what a token is.
func (v *Verifier) inspect(ctx context.Context, token, app string, secret login.Secret) (*login.Claims, error) {
	a, err := v.get(ctx, "/debug_token", url.Values{"input_token": {token}, "access_token": {app + "|" + secret.Reveal()}})
	if r, ok := login.AsRefusal(err); ok && r.Kind == login.Rejected {
		// The token is in data; an error of the call is about our own secret.
		return nil, login.Outage("the configured secret of app " + app + " is not accepted: " + r.Got)
	}
	if err != nil {
		return nil, err
	}
	data, err := a.Object("data")
	if err != nil {
		return nil, err
	}
	valid, ok := data.Members["is_valid"].(bool)
	if !ok {
		return nil, login.Outage("answer to debug_token lacks is_valid")
	}
	if !valid {
		return nil, login.Denied("not valid for app " + app)
	}
	appID, err := data.Text("app_id")
	if err != nil {
		return nil, err
	}
	user, err := data.Text("user_id")
	if err != nil {
		return nil, err
	}
	kind, err := data.Text("type")
	if err != nil {
		return nil, err
	}
	if appID != app || kind != "USER" {
		return nil, login.Denied("type " + kind + " of app " + appID)
	}
	// 0 is for tokens that do not expire.
	expires, err := data.Seconds("expires_at")
	if err != nil {
		return nil, err
	}
	c := claims(appID, user)
	if expires > 0 {
		c.Expires = time.Unix(expires, 0)
	}
	return c, nil
}

func claims(app, user string) *login.Claims {
	return &login.Claims{
		Issuer: Key, Subject: user, Audience: []string{app},
		Raw: map[string]any{"iss": Key, "aud": app, "sub": user},
	}
}

// get makes a Graph API call and tells refusals of the token from failures of
// Facebook.
func (v *Verifier) get(ctx context.Context, path string, query url.Values) (*login.Answer, error) {
	a, err := v.graph.Do(ctx, login.Call{Path: path, Query: query})
	if err != nil || a.OK() {
		return a, err
	}
	fault, err := a.Object("error")
	if err != nil {
		return nil, err
	}
	number, ok := fault.Members["code"].(json.Number)
	if !ok {
		return nil, login.Outage(http.StatusText(a.Status) + " without an error code")
	}
	code := "code " + string(number)
	if transient, _ := fault.Members["is_transient"].(bool); transient || busy(string(number)) {
		return nil, login.Outage(code)
	}
	return nil, login.Denied(code)
}

// busy reports the Graph API's codes for its own failures and for too many
// calls, which say nothing about the token.
func busy(code string) bool {
	switch code {
	case "1", "2", "4", "17", "32", "341", "613":
		return true
	}
	return false
}
