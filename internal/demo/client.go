package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/sigv4"
)

// client makes signed requests to the server, as any AWS client would.
type client struct {
	endpoint string
	region   string
	account  string
	keyID    string
	secret   keys.Secret
	http     *http.Client
	now      func() time.Time
}

// failure is an error answer of the server.
type failure struct {
	Status        int
	Code, Message string
}

func (e *failure) Error() string {
	return fmt.Sprintf("%s (HTTP %d): %s", e.Code, e.Status, e.Message)
}

// json calls an operation of the identity pool service.
func (c *client) json(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	header := http.Header{
		"Content-Type": {"application/x-amz-json-1.1"},
		"X-Amz-Target": {"AWSCognitoIdentityService." + operation},
	}
	answer, err := c.do(ctx, "cognito-identity", http.MethodPost, "/", header, body)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: answer: %w", operation, err)
	}
	return nil
}

// iam calls an operation of IAM.
func (c *client) iam(ctx context.Context, operation string, parameters map[string]string) error {
	form := url.Values{"Action": {operation}, "Version": {"2010-05-08"}}
	for k, v := range parameters {
		form.Set(k, v)
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if _, err := c.do(ctx, "iam", http.MethodPost, "/", header, []byte(form.Encode())); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// put puts an object or a bucket's sub-resource; path is escaped.
func (c *client) put(ctx context.Context, path, contentType string, body []byte) error {
	header := http.Header{"X-Amz-Checksum-Sha256": {checksum(body)}}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	if _, err := c.do(ctx, "s3", http.MethodPut, path, header, body); err != nil {
		return fmt.Errorf("put %s: %w", path, err)
	}
	return nil
}

func (c *client) do(ctx context.Context, service, method, path string, header http.Header, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = header
	signer := sigv4.Signer{AccessKeyID: c.keyID, Secret: sigv4.NewSecret(c.secret.Reveal()), Region: c.region, Service: service}
	if err := signer.Sign(r, sigv4.HashBody(body), c.now()); err != nil {
		return nil, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, readFailure(resp, answer)
	}
	return answer, nil
}

// readFailure reads the error form of whichever protocol answered.
func readFailure(resp *http.Response, body []byte) error {
	f := &failure{Status: resp.StatusCode, Code: resp.Status}
	var asJSON struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	var asXML struct {
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
		Error   struct {
			Code    string `xml:"Code"`
			Message string `xml:"Message"`
		} `xml:"Error"`
	}
	switch {
	case json.Unmarshal(body, &asJSON) == nil && asJSON.Type != "":
		f.Code, f.Message = asJSON.Type, asJSON.Message
	case xml.Unmarshal(body, &asXML) == nil && asXML.Code != "":
		f.Code, f.Message = asXML.Code, asXML.Message
	case asXML.Error.Code != "":
		f.Code, f.Message = asXML.Error.Code, asXML.Error.Message
	}
	return f
}
