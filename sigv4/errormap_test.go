package sigv4_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/sigv4"
)

// The failures that testdata cannot show, because the caller finds them.
func TestCallerFailuresAreAnsweredLikeAWS(t *testing.T) {
	type answer struct {
		Code, Message string
		Status        int
	}
	const invalid = "The security token included in the request is invalid."
	const expired = "The security token included in the request is expired"
	for _, c := range []struct {
		name                 string
		err                  sigv4.Error
		s3, query, json, api answer
		field                string
	}{
		{
			"no credentials where required", sigv4.Error{Code: sigv4.MissingAuth},
			answer{"AccessDenied", "Access Denied", 403},
			answer{"MissingAuthenticationToken", "Request is missing Authentication Token", 403},
			answer{"MissingAuthenticationTokenException", "Request is missing Authentication Token", 400},
			answer{"MissingAuthenticationTokenException", "Missing Authentication Token", 403}, "",
		},
		{
			"unknown key", sigv4.Error{Code: sigv4.UnknownKey, AccessKeyID: "AKID"},
			answer{"InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403},
			answer{"InvalidClientTokenId", invalid, 403}, answer{"UnrecognizedClientException", invalid, 400},
			answer{"UnrecognizedClientException", invalid, 403}, "AWSAccessKeyId: AKID",
		},
		{
			"temporary key without its token", sigv4.Error{Code: sigv4.MissingToken, AccessKeyID: "ASIA"},
			answer{"InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403},
			answer{"InvalidClientTokenId", invalid, 403}, answer{"UnrecognizedClientException", invalid, 400},
			answer{"UnrecognizedClientException", invalid, 403}, "AWSAccessKeyId: ASIA",
		},
		{
			"wrong token", sigv4.Error{Code: sigv4.InvalidToken, Token: sigv4.NewSecret("T")},
			answer{"InvalidToken", "The provided token is malformed or otherwise invalid.", 400},
			answer{"InvalidClientTokenId", invalid, 403}, answer{"UnrecognizedClientException", invalid, 400},
			answer{"UnrecognizedClientException", invalid, 403}, "Token-0: T",
		},
		{
			"expired session", sigv4.Error{Code: sigv4.ExpiredToken},
			answer{"ExpiredToken", "The provided token has expired.", 400},
			answer{"ExpiredToken", expired, 403}, answer{"ExpiredTokenException", expired, 400}, answer{"ExpiredTokenException", expired, 403}, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			of := func(code, message string, status int) answer { return answer{code, message, status} }
			got := []answer{of(c.err.S3()), of(c.err.Query()), of(c.err.JSON()), of(c.err.ExecuteAPI())}
			if diff := cmp.Diff([]answer{c.s3, c.query, c.json, c.api}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			field := ""
			for _, f := range c.err.S3Fields() {
				field += f.Name + ": " + f.Value
			}
			if field != c.field {
				t.Errorf("fields %q, want %q", field, c.field)
			}
			if c.field != "" && strings.Contains(c.err.Error(), "Token-0: T") {
				t.Errorf("the log shows the token: %s", c.err.Error())
			}
		})
	}
}

func TestAListOfSignedHeadersIsBounded(t *testing.T) {
	for _, c := range []struct {
		n  int
		ok bool
	}{{200, true}, {300, false}} {
		r := signedGet(t)
		var names []string
		for i := range c.n {
			names = append(names, fmt.Sprintf("a%03d", i))
		}
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "SignedHeaders=", "SignedHeaders="+strings.Join(names, ";")+";", 1))
		if _, err := sigv4.Parse(r); (err == nil) != c.ok {
			t.Errorf("%d signed headers: %v", c.n, err)
		}
	}
}
