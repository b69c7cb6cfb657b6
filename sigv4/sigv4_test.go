package sigv4_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/sigv4"
)

func crc32Base64(b []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)))
}

func TestSecretsAndKeysCannotBePrinted(t *testing.T) {
	secret := sigv4.NewSecret("hunter2")
	key := sigv4.DeriveKey(secret, "20260304", "us-east-1", "s3")
	type outer struct {
		hidden sigv4.Secret
		Key    sigv4.Key
	}
	values := []any{secret, &secret, key, outer{secret, key}, &outer{secret, key}, []sigv4.Secret{secret}, map[string]any{"k": secret}}
	for _, v := range values {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, v)
		}
		_ = json.NewEncoder(&out).Encode(v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		for _, leak := range []string{"hunter2", "68756e74657232", "104 117 110"} {
			if strings.Contains(out.String(), leak) {
				t.Errorf("%T leaks: %s", v, out.String())
			}
		}
	}
	if secret.Reveal() != "hunter2" || (sigv4.Secret{}).Reveal() != "" || !(sigv4.Secret{}).IsZero() {
		t.Error("Reveal does not return the text")
	}
}

func TestErrorsDoNotRepeatSecretsOfTheRequest(t *testing.T) {
	r := &http.Request{RequestURI: "/", Host: "h", Header: http.Header{"Authorization": {"Bearer eyJhbGciOi"}}}
	_, err := sigv4.Parse(r)
	if err == nil || strings.Contains(err.Error(), "eyJ") {
		t.Errorf("got %v", err)
	}
}

func TestKeyCache(t *testing.T) {
	scope := sigv4.Scope{Date: "20260304", Region: "us-east-1", Service: "s3", Terminator: sigv4.Terminator}
	one, two := sigv4.NewSecret("one"), sigv4.NewSecret("two")
	r := signedGet(t)
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a key of another secret is never returned", func(t *testing.T) {
		c := sigv4.NewKeyCache(10)
		c.Key("AKID", one, scope)
		right := sigv4.NewSecret(exampleSecret)
		if err := verifier.Verify(r, a, c.Key("AKID", right, scope)); err != nil {
			t.Error(err)
		}
		if err := verifier.Verify(r, a, c.Key("AKID", two, scope)); !errors.Is(err, &sigv4.Error{Code: sigv4.SignatureMismatch}) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("it stays within its size under concurrent use", func(t *testing.T) {
		c := sigv4.NewKeyCache(50)
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for i := range 500 {
					c.Key(fmt.Sprint("AKID", g, i), one, scope)
					c.Key("hot", one, scope)
				}
			})
		}
		wg.Wait()
		if c.Len() > 50 {
			t.Errorf("holds %d keys, want at most 50", c.Len())
		}
	})
	t.Run("a remembered key costs no allocation", func(t *testing.T) {
		c := sigv4.NewKeyCache(10)
		if n := testing.AllocsPerRun(100, func() { c.Key("AKID", one, scope) }); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestTheZeroKeyVerifiesNothing(t *testing.T) {
	r := signedGet(t)
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(r, a, sigv4.Key{}); !errors.Is(err, &sigv4.Error{Code: sigv4.SignatureMismatch}) {
		t.Errorf("got %v", err)
	}
}

func TestTheZeroVerifierRefusesEverything(t *testing.T) {
	r := signedGet(t)
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := new(sigv4.Verifier).Verify(r, a, signer.Key(noon)); !errors.Is(err, &sigv4.Error{Code: sigv4.WrongService}) {
		t.Errorf("got %v", err)
	}
}

func TestABodyThatNobodyHashedIsRefusedOutsideS3(t *testing.T) {
	s := *signer
	s.Service = "sts"
	r := newRequest(t, "POST", "http://sts.example.com/", strings.NewReader("Action=X"))
	if err := s.Sign(r, sigv4.HashBody([]byte("Action=X")), noon); err != nil {
		t.Fatal(err)
	}
	in := received(t, r)
	a, err := sigv4.Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(in, a, s.Key(noon)); !errors.Is(err, &sigv4.Error{Code: sigv4.MissingBodyHash}) {
		t.Errorf("got %v", err)
	}
	a.BodySHA256 = sigv4.HashBody([]byte("Action=X"))
	if err := verifier.Verify(in, a, s.Key(noon)); err != nil {
		t.Error(err)
	}
}

func TestPresignedURLsWork(t *testing.T) {
	for _, service := range []string{"s3", "sts", "execute-api"} {
		for _, token := range []string{"", "a+b/c=="} {
			s := *signer
			s.Service, s.SessionToken = service, token
			u, err := s.Presign(newRequest(t, "GET", "http://h.example.com/a%20b/c?list&x=%2F", nil), "", noon, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			r := received(t, newRequest(t, "GET", u.String(), nil))
			a, err := sigv4.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := verifier.Verify(r, a, s.Key(noon)); err != nil {
				t.Errorf("%s: %v", service, err)
			}
			if a.SessionToken != token || a.Expires != time.Minute || a.Form != sigv4.Query {
				t.Errorf("%s: got %+v", service, a)
			}
		}
	}
	if _, err := signer.Presign(newRequest(t, "GET", "http://h/", nil), "", noon, 8*24*time.Hour); err == nil {
		t.Error("presigned for more than a week")
	}
}

// The router in front may clean r.URL; the signature is over what was sent.
func TestVerifyIgnoresARewrittenURL(t *testing.T) {
	r := signedGet(t)
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = "/elsewhere", "", ""
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(r, a, signer.Key(noon)); err != nil {
		t.Error(err)
	}
}

func TestValuesAreTheSignedOnes(t *testing.T) {
	u, err := signer.Presign(newRequest(t, "GET", "http://h.example.com/?prefix=a%2Bb", nil), "", noon, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	// The holder of the URL writes a literal plus, which form parsing takes for a space.
	r := received(t, newRequest(t, "GET", strings.Replace(u.String(), "a%2Bb", "a+b", 1), nil))
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(r, a, signer.Key(noon)); err != nil {
		t.Fatal(err)
	}
	if got := a.Values().Get("prefix"); got != "a+b" {
		t.Errorf("prefix is %q, signed was %q", got, "a+b")
	}
}
