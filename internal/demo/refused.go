package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/keys"
)

// askForbidden signs a person in, as the website would, and asks for the picture
// that the policy does not allow. It returns the id of the refused request, so that
// the person at the terminal has something to explain before the first click.
func askForbidden(ctx context.Context, cfg client.Config, google, person, poolID string) (requestID string, err error) {
	cfg.Credentials = client.Credentials{}
	stranger, err := client.New(cfg)
	if err != nil {
		return "", err
	}
	token, err := pretendToken(ctx, google, person)
	if err != nil {
		return "", err
	}
	logins := map[string]string{"accounts.google.com": token}
	var who struct{ IdentityId string }
	if err := cognito(ctx, stranger, "GetId", map[string]any{"IdentityPoolId": poolID, "Logins": logins}, &who); err != nil {
		return "", err
	}
	var lent struct {
		Credentials struct{ AccessKeyId, SecretKey, SessionToken string }
	}
	if err := cognito(ctx, stranger, "GetCredentialsForIdentity", map[string]any{"IdentityId": who.IdentityId, "Logins": logins}, &lent); err != nil {
		return "", err
	}
	cfg.Credentials = client.Credentials{
		AccessKeyID: lent.Credentials.AccessKeyId, Secret: keys.NewSecret(lent.Credentials.SecretKey), SessionToken: keys.NewSecret(lent.Credentials.SessionToken),
	}
	visitor, err := client.New(cfg)
	if err != nil {
		return "", err
	}
	_, err = visitor.Do(ctx, client.Request{Service: "s3", Method: http.MethodGet, Path: "/" + StaffBucket + "/" + ForbiddenKey})
	var refusal *client.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == "AccessDenied":
		return refusal.RequestID, nil
	case err != nil:
		return "", err
	}
	// In a data folder of one's own the policy may have been changed.
	return "", nil
}

// pretendToken asks the pretend Google for a person's ID token.
func pretendToken(ctx context.Context, google, person string) (string, error) {
	form := url.Values{"client_id": {ClientID}, "person": {person}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, google+"/pretend/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var out struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("token of the pretend Google: %s, %w", resp.Status, err)
	}
	return out.IDToken, nil
}
