package twitter

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // OAuth 1.0a signs with HMAC-SHA1 (RFC 5849 section 3.4.2)
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

// A signer signs requests in the name of a consumer and a user (RFC 5849).
type signer struct {
	consumer           login.Consumer
	token, tokenSecret string
	now                func() time.Time
	rand               io.Reader
}

// sign sets the Authorization header. Every call uses a fresh nonce.
func (s *signer) sign(r *http.Request) error {
	var nonce [16]byte
	if _, err := io.ReadFull(s.rand, nonce[:]); err != nil {
		return fmt.Errorf("nonce: %w", err)
	}
	params := url.Values{
		"oauth_consumer_key":     {s.consumer.Key},
		"oauth_nonce":            {hex.EncodeToString(nonce[:])},
		"oauth_signature_method": {"HMAC-SHA1"},
		"oauth_timestamp":        {strconv.FormatInt(s.now().Unix(), 10)},
		"oauth_token":            {s.token},
		"oauth_version":          {"1.0"},
	}
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	fields := make([]string, len(names))
	for i, name := range names {
		fields[i] = name + `="` + percent(params.Get(name)) + `"`
	}
	signature := s.signature(r.Method, r.URL, params)
	r.Header.Set("Authorization", "OAuth "+strings.Join(fields, ", ")+`, oauth_signature="`+percent(signature)+`"`)
	return nil
}

// signature signs the base string of sections 3.4.1 and 3.4.2. The requests
// made here have no body.
func (s *signer) signature(method string, u *url.URL, params url.Values) string {
	var pairs []string
	for _, values := range []url.Values{params, u.Query()} {
		for name, list := range values {
			for _, value := range list {
				pairs = append(pairs, percent(name)+"="+percent(value))
			}
		}
	}
	slices.Sort(pairs)
	base := *u
	base.RawQuery, base.Fragment = "", ""
	base.Scheme, base.Host = strings.ToLower(base.Scheme), strings.ToLower(base.Host)
	text := method + "&" + percent(base.String()) + "&" + percent(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte(percent(s.consumer.Secret.Reveal())+"&"+percent(s.tokenSecret)))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// percent encodes everything but the unreserved characters (section 3.6).
func percent(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
