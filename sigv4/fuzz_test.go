package sigv4_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rockpool-id/rockpool/sigv4"
)

// FuzzParseHeader: an accepted Authorization header prints back to the same
// facts, and a refused one gives nothing.
func FuzzParseHeader(f *testing.F) {
	const good = "AWS4-HMAC-SHA256 Credential=AKID/20260304/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff"
	for _, s := range []string{good, strings.ReplaceAll(good, ", ", ","), "AWS a:b", "Bearer x", "", "AWS4-HMAC-SHA256", good + ",Signature=1",
		strings.Replace(good, "host;", "host;host;", 1), strings.Replace(good, "AKID/", "AKID//", 1)} {
		f.Add(s, "20260304T120000Z")
	}
	f.Fuzz(func(t *testing.T, header, date string) {
		parse := func(header string) (*sigv4.Authorization, error) {
			return sigv4.Parse(&http.Request{RequestURI: "/", Host: "h", Header: http.Header{"Authorization": {header}, "X-Amz-Date": {date}}})
		}
		a, err := parse(header)
		if err != nil {
			var e *sigv4.Error
			if !errors.As(err, &e) || a != nil && e.Code == 0 {
				t.Fatalf("got %v, %v", a, err)
			}
			for _, family := range []func() (string, string, int){e.S3, e.Query, e.JSON, e.ExecuteAPI} {
				if code, message, status := family(); code == "" || message == "" || status < 400 || status > 499 {
					t.Errorf("%v: answered %q %q %d", err, code, message, status)
				}
			}
			return
		}
		again, err := parse("AWS4-HMAC-SHA256 Credential=" + a.AccessKeyID + "/" + a.Scope.String() +
			", SignedHeaders=" + strings.Join(a.SignedHeaders, ";") + ", Signature=" + a.Signature)
		if err != nil {
			t.Fatalf("%q is accepted, but not when printed: %v", header, err)
		}
		if a.Scope != again.Scope || a.AccessKeyID != again.AccessKeyID || a.Signature != again.Signature ||
			strings.Join(a.SignedHeaders, ";") != strings.Join(again.SignedHeaders, ";") || !a.Time.Equal(again.Time) {
			t.Errorf("%q printed back as something else: %+v, %+v", header, a, again)
		}
	})
}

// FuzzParseQuery: whatever Parse accepts as presigned has every mandatory
// parameter once, agrees with the standard library on its value, and a query
// that holds any piece of a signature is never anonymous.
func FuzzParseQuery(f *testing.F) {
	u, err := signer.Presign(newRequest(f, "GET", "http://b.example.com/k?prefix=a%20b", nil), "", noon, 3600e9)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(u.RawQuery)
	f.Add(u.RawQuery + "&X-Amz-Date=1")
	f.Add("X%2DAmz-Signature=1")
	f.Add("a=%zz&b=+&&=;")
	f.Fuzz(func(t *testing.T, query string) {
		if strings.ContainsAny(query, " #\r\n") {
			t.Skip()
		}
		a, err := sigv4.Parse(&http.Request{RequestURI: "/?" + query, Host: "h", Header: http.Header{}})
		values, stdErr := url.ParseQuery(strings.ReplaceAll(strings.ReplaceAll(query, "+", "%2B"), ";", "%3B"))
		switch {
		case err != nil:
		case stdErr != nil && a == nil:
			// A broken escape in a parameter that is no part of a signature.
		case a == nil:
			for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"} {
				if values.Has(name) {
					t.Errorf("anonymous in spite of %s", name)
				}
			}
		default:
			for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"} {
				if len(values[name]) != 1 {
					t.Errorf("%s occurs %d times", name, len(values[name]))
				}
			}
			if a.AccessKeyID+"/"+a.Scope.String() != values.Get("X-Amz-Credential") || a.Signature != values.Get("X-Amz-Signature") {
				t.Errorf("got %+v from %q", a, query)
			}
		}
	})
}

// FuzzVerifyPath: a request signed for any path and query, by this package's
// client, verifies after its way over the wire; with one more parameter it does
// not.
func FuzzVerifyPath(f *testing.F) {
	f.Add("/a//b/../c d/%é+", "p", "a+b %", false)
	f.Add("/", "", "", true)
	f.Fuzz(func(t *testing.T, path, name, value string, s3 bool) {
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
			t.Skip() // a client would take it for a host
		}
		s := *signer
		if !s3 {
			s.Service = "execute-api"
		}
		r := newRequest(t, "GET", "http://b.example.com/", nil)
		r.URL.Path = path
		r.URL.RawQuery = url.Values{name: {value}}.Encode()
		if strings.HasPrefix(strings.ToLower(name), "x-amz-") || name == "AWSAccessKeyId" {
			t.Skip()
		}
		if err := s.Sign(r, "", noon); err != nil {
			t.Fatal(err)
		}
		in := received(t, r)
		a, err := sigv4.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(in, a, s.Key(noon)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(in.RequestURI, "?") {
			in.RequestURI += "&x=1"
		} else {
			in.RequestURI += "?x=1"
		}
		if a, err = sigv4.Parse(in); err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(in, a, s.Key(noon)); err == nil {
			t.Errorf("verified with another query: %s", in.RequestURI)
		}
	})
}

// FuzzChunks: the decoder agrees with a slow reference that has the whole body
// at hand, however the bytes arrive, and hands out nothing of a withheld chunk
// that the reference does not vouch for.
func FuzzChunks(f *testing.F) {
	for i, form := range chunkForms {
		checksum := ""
		if form != sigv4.StreamingSigned {
			checksum = "x-amz-checksum-crc32"
		}
		_, encoded := upload(f, []byte("hello, rockpool"), form, checksum, 6)
		f.Add(encoded, 15, uint8(i))
		f.Add(encoded[:len(encoded)-2], 15, uint8(i))
		f.Add(append(bytes.Clone(encoded), "x"...), 15, uint8(i))
		f.Add(encoded, 14, uint8(i))
	}
	f.Fuzz(func(t *testing.T, encoded []byte, length int, which uint8) {
		if length < 0 {
			t.Skip()
		}
		form := chunkForms[int(which)%len(chunkForms)]
		// The seeds were signed for this request; sign it the same way.
		r := newRequest(t, "PUT", "http://photos.s3.example.com/k", nil)
		r.Header.Set("Content-Encoding", "aws-chunked")
		r.Header.Set("X-Amz-Decoded-Content-Length", "15")
		if form != sigv4.StreamingSigned {
			r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
		}
		if err := signer.Sign(r, form, noon); err != nil {
			t.Fatal(err)
		}
		a, err := sigv4.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Decoded-Content-Length", strconv.Itoa(length))
		want, vouched, ok := referenceDecode(encoded, a, form, length)
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			r.Body = io.NopCloser(wrap(bytes.NewReader(encoded)))
			b, err := sigv4.NewBody(r, a, signer.Key(noon))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(b)
			if (err == nil) != ok {
				t.Fatalf("%s: got %v, the reference says %v", form, err, ok)
			}
			if ok && !bytes.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", form, got, want)
			}
			if form != sigv4.StreamingUnsignedTrailer && !bytes.HasPrefix(vouched, got) {
				t.Errorf("%s: handed out %q, verified is %q", form, got, vouched)
			}
		}
	})
}

var chunkForms = []string{sigv4.StreamingSigned, sigv4.StreamingSignedTrailer, sigv4.StreamingUnsignedTrailer}

// referenceDecode is aws-chunked written for the reader: it returns the
// payload, the part of it whose chunk signatures were right, and whether all
// was well. It knows one trailer, x-amz-checksum-crc32.
func referenceDecode(body []byte, a *sigv4.Authorization, form string, length int) (payload, vouched []byte, ok bool) {
	rest, previous := string(body), a.Signature
	sign := func(lines ...string) string {
		k := "AWS4" + exampleSecret
		for _, part := range []string{a.Scope.Date, a.Scope.Region, a.Scope.Service, "aws4_request", strings.Join(lines, "\n")} {
			h := hmac.New(sha256.New, []byte(k))
			h.Write([]byte(part))
			k = string(h.Sum(nil))
		}
		previous = hex.EncodeToString([]byte(k))
		return previous
	}
	stamp := a.Time.Format("20060102T150405Z")
	for {
		line, after, found := strings.Cut(rest, "\r\n")
		if !found || len(line) > 126 || strings.Contains(line, "\n") {
			return nil, vouched, false
		}
		digits, claimed, _ := strings.Cut(line, ";chunk-signature=")
		if form == sigv4.StreamingUnsignedTrailer {
			digits = line
		}
		size, err := strconv.ParseUint(digits, 16, 60)
		if err != nil || len(digits) > 15 || size > uint64(len(after)) || len(payload)+int(size) > length {
			return nil, vouched, false
		}
		data := after[:size]
		if form != sigv4.StreamingUnsignedTrailer &&
			sign("AWS4-HMAC-SHA256-PAYLOAD", stamp, a.Scope.String(), previous, sigv4.EmptySHA256, sigv4.HashBody([]byte(data))) != claimed {
			return nil, vouched, false
		}
		rest = after[size:]
		payload = append(payload, data...)
		vouched = payload
		if size == 0 {
			break
		}
		if !strings.HasPrefix(rest, "\r\n") {
			return nil, vouched, false
		}
		rest = rest[2:]
	}
	if len(payload) != length {
		return nil, vouched, false
	}
	if form == sigv4.StreamingSigned {
		return payload, vouched, rest == "\r\n"
	}
	line, rest, _ := strings.Cut(rest, "\r\n")
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !strings.EqualFold(name, "x-amz-checksum-crc32") || strings.Contains(line, "\n") || value != crc32Base64(payload) {
		return nil, vouched, false
	}
	if form == sigv4.StreamingSignedTrailer {
		line, after, _ := strings.Cut(rest, "\r\n")
		name, claimed, _ := strings.Cut(line, ":")
		right := sign("AWS4-HMAC-SHA256-TRAILER", stamp, a.Scope.String(), previous, sigv4.HashBody([]byte("x-amz-checksum-crc32:"+value+"\n")))
		if !strings.EqualFold(name, "x-amz-trailer-signature") || strings.TrimSpace(claimed) != right {
			return nil, vouched, false
		}
		rest = after
	}
	return payload, vouched, rest == "\r\n"
}
