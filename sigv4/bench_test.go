package sigv4_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/sigv4"
)

var (
	noon     = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	verifier = &sigv4.Verifier{Now: func() time.Time { return noon }, Regions: []string{"us-east-1"}, Services: []string{"s3", "sts", "execute-api"}}
	signer   = &sigv4.Signer{AccessKeyID: exampleKey, Secret: sigv4.NewSecret(exampleSecret), Region: "us-east-1", Service: "s3"}
)

// received turns a client's request into what a server reads off the wire.
func received(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	in, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func newRequest(t testing.TB, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signedGet is a GET of an object as an SDK with temporary credentials sends it.
func signedGet(t testing.TB) *http.Request {
	t.Helper()
	r := newRequest(t, "GET", "http://photos.s3.us-east-1.example.com:8460/us-east-1:0f6a/pictures/summer%20day.jpg?x-id=GetObject", nil)
	r.Header.Set("User-Agent", "aws-sdk-go-v2/1.30 os/linux lang/go")
	r.Header.Set("Amz-Sdk-Invocation-Id", "0d2a4f31-5f2c-4b1c-9a75-0f3b35f0a9a7")
	r.Header.Set("Amz-Sdk-Request", "attempt=1; max=3")
	s := *signer
	s.SessionToken = strings.Repeat("IQoJb3JpZ2luX2VjE", 24)
	if err := s.Sign(r, sigv4.EmptySHA256, noon); err != nil {
		t.Fatal(err)
	}
	return received(t, r)
}

func TestVerifyOfAHeaderSignedGetWithACachedKeyAllocatesLittle(t *testing.T) {
	r := signedGet(t)
	keys := sigv4.NewKeyCache(100)
	secret := sigv4.NewSecret(exampleSecret)
	parse := testing.AllocsPerRun(100, func() {
		if _, err := sigv4.Parse(r); err != nil {
			t.Fatal(err)
		}
	})
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	verify := testing.AllocsPerRun(100, func() {
		if err := verifier.Verify(r, a, keys.Key(a.AccessKeyID, secret, a.Scope)); err != nil {
			t.Fatal(err)
		}
	})
	const wantParse, wantVerify = 1, 1
	if parse > wantParse {
		t.Errorf("Parse allocates %v times, want at most %d", parse, wantParse)
	}
	if verify > wantVerify {
		t.Errorf("Verify allocates %v times, want at most %d", verify, wantVerify)
	}
}

// BenchmarkVerifyHeader is the whole cost of a signature on a gateway request:
// parse, key cache, verify. Compare with BenchmarkFloor of the same run.
func BenchmarkVerifyHeader(b *testing.B) {
	r := signedGet(b)
	keys := sigv4.NewKeyCache(100)
	secret := sigv4.NewSecret(exampleSecret)
	b.ReportAllocs()
	for b.Loop() {
		a, err := sigv4.Parse(r)
		if err != nil {
			b.Fatal(err)
		}
		if err := verifier.Verify(r, a, keys.Key(a.AccessKeyID, secret, a.Scope)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyOnly leaves out Parse and the key cache.
func BenchmarkVerifyOnly(b *testing.B) {
	r := signedGet(b)
	key := signer.Key(noon)
	a, err := sigv4.Parse(r)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := verifier.Verify(r, a, key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyPresigned(b *testing.B) {
	u, err := signer.Presign(newRequest(b, "GET", "http://photos.s3.example.com/summer.jpg", nil), "", noon, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	r := received(b, newRequest(b, "GET", u.String(), nil))
	key := signer.Key(noon)
	b.ReportAllocs()
	for b.Loop() {
		a, err := sigv4.Parse(r)
		if err != nil {
			b.Fatal(err)
		}
		if err := verifier.Verify(r, a, key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFloor is the arithmetic that no verifier can leave out with a cached
// key: SHA-256 of the canonical request and HMAC (two more SHA-256, each over a
// padded key) of the string to sign, on texts of the size of signedGet's.
func BenchmarkFloor(b *testing.B) {
	canonical, stringToSign, key := make([]byte, 900), make([]byte, 135), make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		sum := sha256.Sum256(canonical)
		copy(stringToSign, sum[:])
		h := hmac.New(sha256.New, key)
		h.Write(stringToSign)
		h.Sum(sum[:0])
	}
}

// BenchmarkDeriveKey is what the cache saves.
func BenchmarkDeriveKey(b *testing.B) {
	secret := sigv4.NewSecret(exampleSecret)
	b.ReportAllocs()
	for b.Loop() {
		sigv4.DeriveKey(secret, "20260304", "us-east-1", "s3")
	}
}

func BenchmarkKeyCache(b *testing.B) {
	keys := sigv4.NewKeyCache(100)
	secret := sigv4.NewSecret(exampleSecret)
	scope := sigv4.Scope{Date: "20260304", Region: "us-east-1", Service: "s3", Terminator: sigv4.Terminator}
	b.ReportAllocs()
	for b.Loop() {
		keys.Key(exampleKey, secret, scope)
	}
}

// BenchmarkBody reads 4 MiB in each form.
func BenchmarkBody(b *testing.B) {
	payload := bytes.Repeat([]byte("rockpool"), 4<<20/8)
	for _, form := range []string{sigv4.HashBody(payload), sigv4.UnsignedPayload, sigv4.StreamingSigned, sigv4.StreamingSignedTrailer, sigv4.StreamingUnsignedTrailer} {
		name, checksum := form, ""
		if strings.HasSuffix(form, "TRAILER") {
			checksum = "x-amz-checksum-crc32"
		}
		if !strings.Contains(form, "PAYLOAD") {
			name = "hashed"
		}
		b.Run(name, func(b *testing.B) {
			r, encoded := upload(b, payload, form, checksum, 0)
			a, err := sigv4.Parse(r)
			if err != nil {
				b.Fatal(err)
			}
			key := signer.Key(noon)
			buf := make([]byte, 64<<10)
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				r.Body = io.NopCloser(bytes.NewReader(encoded))
				body, err := sigv4.NewBody(r, a, key)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, body, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
