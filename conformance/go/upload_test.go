package conformance

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// unseekable hides what a reader can do, as a pipe does.
type unseekable struct{ io.Reader }

// watched is a transport that remembers how the last upload was framed, and
// spoils bodies on request.
type watched struct {
	next  http.RoundTripper
	form  string
	proto string
	spoil bool
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut {
		w.form = r.Header.Get("X-Amz-Content-Sha256")
		if w.spoil {
			// After signing, as a faulty or hostile proxy would.
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			body[len(body)/2] ^= 1
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	resp, err := w.next.RoundTrip(r)
	if err == nil {
		w.proto = resp.Proto
	}
	return resp, err
}

// eachTransport runs a test over plain HTTP, where the SDK hashes bodies before
// it sends them, and over TLS, where it sends a checksum after them.
func eachTransport(t *testing.T, test func(t *testing.T, s server, client *s3.Client, w *watched)) {
	t.Helper()
	run := func(s server, w *watched) func(t *testing.T) {
		return func(t *testing.T) {
			c := s.config(fixed(s.root))
			c.HTTPClient = &http.Client{Transport: w}
			test(t, s, s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }), w)
		}
	}
	t.Run("http", run(theServer(t), &watched{next: http.DefaultTransport}))
	s, client := overTLS(t)
	t.Run("https", run(s, &watched{next: client.Transport}))
}

func makeBucket(t *testing.T, client *s3.Client, prefix string) string {
	t.Helper()
	name := unique(prefix)
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	must(t, err)
	return name
}

// Every checksum for bodies of many sizes: what was put comes back, and the
// server says the same checksum.
func TestUploads(t *testing.T) {
	eachTransport(t, func(t *testing.T, s server, client *s3.Client, w *watched) {
		bucket := makeBucket(t, client, "uploads")
		algorithms := []types.ChecksumAlgorithm{"", types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc32c, types.ChecksumAlgorithmCrc64nvme,
			types.ChecksumAlgorithmSha1, types.ChecksumAlgorithmSha256}
		for _, algorithm := range algorithms {
			for _, size := range []int{0, 1, 65536, 65537, 200_000, 3 << 20} {
				t.Run(fmt.Sprintf("%s %d bytes", algorithm, size), func(t *testing.T) {
					body, key := noise(size), fmt.Sprintf("%s/%d", algorithm, size)
					put, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), ChecksumAlgorithm: algorithm})
					must(t, err)
					if trailer := w.form == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"; trailer != strings.HasPrefix(s.endpoint, "https") && size > 0 {
						t.Errorf("the SDK framed the body as %s", w.form)
					}
					if (algorithm == "" || algorithm == types.ChecksumAlgorithmCrc32) && aws.ToString(put.ChecksumCRC32) != crc(body) {
						t.Errorf("the server says %v, want %s", put.ChecksumCRC32, crc(body))
					}
					// The SDK checks the checksum of what it reads.
					got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
					must(t, err)
					if back := read(t, got.Body); back != string(body) {
						t.Errorf("%d bytes came back changed", len(back))
					}
					if aws.ToString(got.ContentEncoding) != "" {
						t.Errorf("Content-Encoding is %q", *got.ContentEncoding)
					}
				})
			}
		}
		if https := strings.HasPrefix(s.endpoint, "https"); https != (w.proto == "HTTP/2.0") {
			t.Errorf("%s was spoken", w.proto)
		}
	})
}

func crc(b []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)))
}

// A pipe cannot be read twice, so it is not hashed before it is sent.
func TestAPipeIsUploaded(t *testing.T) {
	eachTransport(t, func(t *testing.T, s server, client *s3.Client, _ *watched) {
		bucket, body := makeBucket(t, client, "pipe"), noise(1<<20)
		in := &s3.PutObjectInput{
			Bucket: &bucket, Key: aws.String("piped"), Body: unseekable{bytes.NewReader(body)}, ContentLength: aws.Int64(int64(len(body))),
			ContentEncoding: aws.String("gzip"),
		}
		var options []func(*s3.Options)
		if strings.HasPrefix(s.endpoint, "http:") {
			options = append(options, s3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware), func(o *s3.Options) {
				o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			})
		}
		_, err := client.PutObject(t.Context(), in, options...)
		must(t, err)
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("piped")})
		must(t, err)
		if aws.ToString(got.ContentEncoding) != "gzip" {
			t.Errorf("Content-Encoding is %q, want the framing gone and gzip kept", aws.ToString(got.ContentEncoding))
		}
		if back := read(t, got.Body); back != string(body) {
			t.Errorf("%d bytes came back changed", len(back))
		}
	})
}

// A body that is not what was signed must not become an object.
func TestAChangedBodyIsRefused(t *testing.T) {
	eachTransport(t, func(t *testing.T, _ server, client *s3.Client, w *watched) {
		bucket := makeBucket(t, client, "changed")
		w.spoil = true
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"), Body: bytes.NewReader(noise(100_000))})
		w.spoil = false
		var refusal smithy.APIError
		if !errors.As(err, &refusal) || refusal.ErrorCode() != "BadDigest" && refusal.ErrorCode() != "XAmzContentSHA256Mismatch" {
			t.Errorf("the changed body was answered with %v", err)
		}
		var missing *types.NotFound
		if _, err := client.HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k")}); !errors.As(err, &missing) {
			t.Errorf("the changed body became an object: %v", err)
		}
	})
}

func TestMultipart(t *testing.T) {
	eachTransport(t, func(t *testing.T, _ server, client *s3.Client, _ *watched) {
		bucket, key := makeBucket(t, client, "parts"), aws.String("big")
		made, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
		must(t, err)
		body := noise(11 << 20)
		var parts []types.CompletedPart
		for number, at := int32(1), 0; at < len(body); number++ {
			end := min(at+5<<20, len(body))
			part, err := client.UploadPart(t.Context(), &s3.UploadPartInput{
				Bucket: &bucket, Key: key, UploadId: made.UploadId, PartNumber: aws.Int32(number), Body: bytes.NewReader(body[at:end]), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
			})
			must(t, err)
			if aws.ToString(part.ChecksumCRC32) != crc(body[at:end]) {
				t.Errorf("part %d has checksum %v", number, part.ChecksumCRC32)
			}
			parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(number), ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32})
			at = end
		}
		_, err = client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
			Bucket: &bucket, Key: key, UploadId: made.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
		must(t, err)
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: key})
		must(t, err)
		if back := read(t, got.Body); back != string(body) {
			t.Errorf("%d bytes came back changed", len(back))
		}
	})
}
