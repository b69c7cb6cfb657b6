package sigv4_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/sigv4"
)

// A server verifies a request: parse the claim, find the secret, check.
func Example() {
	secrets := map[string]sigv4.Secret{"AKIDEXAMPLE": sigv4.NewSecret("correct horse")}
	keys := sigv4.NewKeyCache(1000)
	verifier := &sigv4.Verifier{Regions: []string{"us-east-1"}, Services: []string{"execute-api"}}

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := func() error {
			a, err := sigv4.Parse(r)
			if err != nil {
				return err
			}
			if a == nil {
				return &sigv4.Error{Code: sigv4.MissingAuth}
			}
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
			if err != nil {
				return err
			}
			a.BodySHA256 = sigv4.HashBody(body)
			if err := verifier.Precheck(a); err != nil {
				return err
			}
			var key sigv4.Key // an unknown key is verified too, so that both take the same time
			secret, known := secrets[a.AccessKeyID]
			if known {
				key = keys.Key(a.AccessKeyID, secret, a.Scope)
			}
			err = verifier.Verify(r, a, key)
			if !known {
				return &sigv4.Error{Code: sigv4.UnknownKey, AccessKeyID: a.AccessKeyID}
			}
			return err
		}()
		var refusal *sigv4.Error
		switch {
		case errors.As(err, &refusal):
			name, message, status := refusal.ExecuteAPI()
			w.Header().Set("X-Amzn-ErrorType", name)
			http.Error(w, message, status)
		case err != nil:
			http.Error(w, "cannot read the body", http.StatusBadRequest)
		default:
			fmt.Fprintln(w, "welcome")
		}
	}))
	defer server.Close()

	r, _ := http.NewRequest("POST", server.URL+"/orders", strings.NewReader("one coffee"))
	client := &sigv4.Signer{AccessKeyID: "AKIDEXAMPLE", Secret: sigv4.NewSecret("correct horse"), Region: "us-east-1", Service: "execute-api"}
	if err := client.Sign(r, sigv4.HashBody([]byte("one coffee")), time.Now()); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		fmt.Print(answer.StatusCode, " ", string(text))
		r.Header.Del("Authorization") // the second time without a signature
		r.Body, _ = r.GetBody()
	}
	// Output:
	// 200 welcome
	// 403 Missing Authentication Token
}

// A presigned URL carries its signature in the query.
func ExampleSigner_Presign() {
	s := &sigv4.Signer{
		AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Secret: sigv4.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		Region: "us-east-1", Service: "s3",
	}
	r, _ := http.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	u, err := s.Presign(r, "", time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC), 24*time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Query().Get("X-Amz-Signature"))
	// Output: aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404
}

// An upload in chunks with a checksum after the data, the form in which the
// SDKs send objects today: written by a client, read by a server.
func ExampleNewBody() {
	payload := "a picture, say"
	var encoded bytes.Buffer
	w, err := sigv4.NewChunkWriter(&encoded, nil, sigv4.Key{}, sigv4.StreamingUnsignedTrailer, "x-amz-checksum-crc32", 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = io.WriteString(w, payload)
	_ = w.Close()

	r := httptest.NewRequest("PUT", "/pictures/1.jpg", &encoded)
	r.Header.Set("X-Amz-Content-Sha256", sigv4.StreamingUnsignedTrailer)
	r.Header.Set("X-Amz-Decoded-Content-Length", strconv.Itoa(len(payload)))
	r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")

	body, err := sigv4.NewBody(r, nil, sigv4.Key{}) // nil: an anonymous upload
	if err != nil {
		fmt.Println(err)
		return
	}
	stage := crc32.NewIEEE() // stands for a temporary file
	n, err := io.Copy(stage, body)
	if err != nil {
		fmt.Println("drop it:", err)
		return
	}
	sum, _ := body.Checksum("x-amz-checksum-crc32")
	fmt.Println("commit", n, "bytes with checksum", sum)
	// Output: commit 14 bytes with checksum i66w3Q==
}

// The same refusal in the words of three families of services.
func ExampleError_S3() {
	err := &sigv4.Error{Code: sigv4.WrongRegion, Form: sigv4.Header, Got: "eu-west-1", Want: "us-east-1"}
	for _, answer := range []func() (string, string, int){err.S3, err.Query, err.JSON} {
		code, message, status := answer()
		fmt.Println(status, code, strings.TrimSpace(message))
	}
	// Output:
	// 400 AuthorizationHeaderMalformed The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'
	// 403 SignatureDoesNotMatch Credential should be scoped to a valid region, not 'eu-west-1'.
	// 400 InvalidSignatureException Credential should be scoped to a valid region, not 'eu-west-1'.
}
