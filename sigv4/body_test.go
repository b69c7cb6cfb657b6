package sigv4_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rockpool-id/rockpool/sigv4"
)

// upload returns a signed PUT as a server receives it, and its body.
func upload(t testing.TB, payload []byte, form, checksum string, chunkSize int) (*http.Request, []byte) {
	t.Helper()
	chunked := strings.HasPrefix(form, "STREAMING-")
	r := newRequest(t, "PUT", "http://photos.s3.example.com/k", nil)
	if chunked {
		r.Header.Set("Content-Encoding", "aws-chunked")
		r.Header.Set("X-Amz-Decoded-Content-Length", strconv.Itoa(len(payload)))
		if checksum != "" {
			r.Header.Set("X-Amz-Trailer", checksum)
		}
	}
	if err := signer.Sign(r, form, noon); err != nil {
		t.Fatal(err)
	}
	encoded := payload
	if chunked {
		a, err := sigv4.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w, err := sigv4.NewChunkWriter(&b, a, signer.Key(noon), form, checksum, chunkSize)
		if err != nil {
			t.Fatal(err)
		}
		// Odd pieces, so that chunks do not coincide with writes.
		if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{bytes.NewReader(payload)}, make([]byte, 777)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		encoded = b.Bytes()
		if got, want := int64(len(encoded)), sigv4.EncodedLength(form, checksum, chunkSize, int64(len(payload))); got != want {
			t.Fatalf("%s of %d: encoded to %d bytes, EncodedLength says %d", form, len(payload), got, want)
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(encoded)), int64(len(encoded))
	if len(encoded) == 0 {
		r.Body = http.NoBody // as a client must say it, or the body is sent in HTTP chunks
	}
	return received(t, r), encoded
}

func verified(t testing.TB, r *http.Request) *sigv4.Authorization {
	t.Helper()
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(r, a, signer.Key(noon)); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestBodyReadsWhatChunkWriterWrites(t *testing.T) {
	payload := bytes.Repeat([]byte("0123456789abcdef"), (1<<20+4096)/16) // beyond the largest withheld chunk
	for _, form := range []string{sigv4.StreamingSigned, sigv4.StreamingSignedTrailer, sigv4.StreamingUnsignedTrailer, sigv4.UnsignedPayload, "hash"} {
		for _, size := range []int{0, 1, 5, 1000, 70000, len(payload)} {
			for _, chunk := range []int{0, 1 << 10, 2 << 20} {
				checksum := ""
				if strings.HasSuffix(form, "TRAILER") {
					checksum = "x-amz-checksum-crc64nvme"
				}
				hash := form
				if form == "hash" {
					hash = sigv4.HashBody(payload[:size])
				}
				r, _ := upload(t, payload[:size], hash, checksum, chunk)
				b, err := sigv4.NewBody(r, verified(t, r), signer.Key(noon))
				if err != nil {
					t.Fatal(err)
				}
				if b.DecodedLength() != int64(size) {
					t.Errorf("%s: DecodedLength is %d, want %d", form, b.DecodedLength(), size)
				}
				if err := iotest.TestReader(io.LimitReader(b, int64(size)+1), payload[:size]); err != nil {
					t.Errorf("%s of %d in %d: %v", form, size, chunk, err)
				}
				if got, ok := b.Checksum(checksum); checksum != "" && (!ok || got != b.Trailer().Get(checksum)) {
					t.Errorf("%s: checksum %q, %v; trailer %q", form, got, ok, b.Trailer().Get(checksum))
				}
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// Every single-byte change of a signed body must surface before EOF, and no
// byte of a withheld chunk may appear before its signature was verified.
func TestNoChangedByteOfASignedBodyIsAccepted(t *testing.T) {
	payload := bytes.Repeat([]byte("abcdefgh"), 40)
	for _, form := range []string{sigv4.StreamingSigned, sigv4.StreamingSignedTrailer, "hash"} {
		hash, checksum := form, ""
		if form == sigv4.StreamingSignedTrailer {
			checksum = "x-amz-checksum-sha256"
		}
		if form == "hash" {
			hash = sigv4.HashBody(payload)
		}
		r, encoded := upload(t, payload, hash, checksum, 128)
		a := verified(t, r)
		for i := range encoded {
			changed := bytes.Clone(encoded)
			changed[i] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(changed))
			b, err := sigv4.NewBody(r, a, signer.Key(noon))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(b)
			if err == nil && !sameButForCase(encoded, changed) {
				t.Errorf("%s: byte %d changed and nobody noticed", form, i)
			}
			if form != "hash" && !bytes.HasPrefix(payload, got) {
				t.Errorf("%s: byte %d changed: unverified bytes were handed out", form, i)
			}
			if _, again := b.Read(make([]byte, 1)); err != nil && !errors.Is(again, err) {
				t.Errorf("%s: the error does not stay: %v, then %v", form, err, again)
			}
		}
		for i := range encoded {
			r.Body = io.NopCloser(bytes.NewReader(encoded[:i]))
			b, err := sigv4.NewBody(r, a, signer.Key(noon))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(b); err == nil {
				t.Errorf("%s: cut at byte %d and nobody noticed", form, i)
			}
		}
	}
}

// sameButForCase excuses the case of a trailer's name, which has no meaning.
func sameButForCase(a, b []byte) bool { return bytes.EqualFold(a, b) }

func TestHeaderChecksumsAreVerifiedOnRequest(t *testing.T) {
	for _, c := range []struct {
		name, header, value string
		code                sigv4.Code // 0 when accepted
		early               bool       // refused by CheckHeaders, before reading
	}{
		{"the right Content-MD5 is accepted", "Content-Md5", "XUFAKrxLKna5cZ2REBfFkg==", 0, false},
		{"a Content-MD5 with stray bits is refused", "Content-Md5", "XUFAKrxLKna5cZ2REBfFkh==", sigv4.BadChecksum, true},
		{"another Content-MD5 is refused", "Content-Md5", "XUFAKrxLKna5cZ2REBfFkw==", sigv4.ChecksumMismatch, false},
		{"a Content-MD5 of other bytes is refused", "Content-Md5", "AUFAKrxLKna5cZ2REBfFkg==", sigv4.ChecksumMismatch, false},
		{"the right CRC32 is accepted", "X-Amz-Checksum-Crc32", "NhCmhg==", 0, false},
		{"the right CRC32C is accepted", "X-Amz-Checksum-Crc32c", "mnG7TA==", 0, false},
		{"the right SHA-1 is accepted", "X-Amz-Checksum-Sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00=", 0, false},
		{"the right SHA-256 is accepted", "X-Amz-Checksum-Sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", 0, false},
		{"another CRC32 is refused", "X-Amz-Checksum-Crc32", "NhCmhQ==", sigv4.ChecksumMismatch, false},
		{"a checksum of the wrong length is refused", "X-Amz-Checksum-Crc32", "NhCm", sigv4.BadChecksum, true},
		{"an unknown checksum is refused", "X-Amz-Checksum-Xxhash64", "AAAAAAAAAAA=", sigv4.NotImplemented, true},
		{"the name of an algorithm is no checksum", "X-Amz-Checksum-Algorithm", "CRC32", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := upload(t, []byte("hello"), sigv4.UnsignedPayload, "", 0)
			b, err := sigv4.NewBody(r, verified(t, r), signer.Key(noon))
			if err != nil {
				t.Fatal(err)
			}
			err = b.CheckHeaders(http.Header{c.header: {c.value}})
			if early := err != nil; early != c.early {
				t.Fatalf("CheckHeaders: %v", err)
			}
			if err == nil {
				_, err = io.ReadAll(b)
			}
			if c.code == 0 && err != nil || c.code != 0 && !errors.Is(err, &sigv4.Error{Code: c.code}) {
				t.Errorf("got %v, want %v", err, c.code)
			}
		})
	}
}

func TestErrorsOfTheConnectionAreNotHidden(t *testing.T) {
	r, encoded := upload(t, []byte("hello"), sigv4.StreamingSigned, "", 0)
	broken := errors.New("connection reset")
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(encoded[:20]), iotest.ErrReader(broken)))
	b, err := sigv4.NewBody(r, verified(t, r), signer.Key(noon))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(b); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestStoredEncodingLeavesOutTheFraming(t *testing.T) {
	for in, want := range map[string]string{"aws-chunked": "", "aws-chunked,gzip": "gzip", "gzip, AWS-Chunked": "gzip", "br, gzip": "br,gzip", "": ""} {
		if got := sigv4.StoredEncoding(in); got != want {
			t.Errorf("StoredEncoding(%q) = %q, want %q", in, got, want)
		}
	}
}
