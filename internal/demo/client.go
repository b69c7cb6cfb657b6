package demo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"

	"github.com/rockpool-id/rockpool/internal/client"
)

// administrator calls the server with the account root's key.
type administrator struct {
	*client.Client
	account string
}

// json calls an operation of the identity pool service.
func (a *administrator) json(ctx context.Context, operation string, in, out any) error {
	return cognito(ctx, a.Client, operation, in, out)
}

// cognito calls an operation of the identity pool service as whoever c is.
func cognito(ctx context.Context, c *client.Client, operation string, in, out any) error {
	return c.JSON(ctx, "cognito-identity", "AWSCognitoIdentityService."+operation, in, out)
}

// iam calls an operation of IAM.
func (a *administrator) iam(ctx context.Context, operation string, parameters map[string]string) error {
	form := url.Values{}
	for k, v := range parameters {
		form.Set(k, v)
	}
	return a.Query(ctx, "iam", "2010-05-08", operation, form, nil)
}

// put puts an object or a bucket's sub-resource; path is escaped.
func (a *administrator) put(ctx context.Context, path, contentType string, body []byte) error {
	header := http.Header{"X-Amz-Checksum-Sha256": {checksum(body)}}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	_, err := a.Do(ctx, client.Request{Service: "s3", Method: http.MethodPut, Path: path, Header: header, Body: body})
	if err != nil {
		return fmt.Errorf("put %s: %w", path, err)
	}
	return nil
}

func checksum(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}
