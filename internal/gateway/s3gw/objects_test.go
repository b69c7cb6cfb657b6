package s3gw

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/sigv4"
)

func TestObjectHeaders(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	sent := map[string]string{
		"Content-Type": "text/plain", "Content-Encoding": "gzip", "Content-Disposition": "inline", "Content-Language": "id", "Cache-Control": "max-age=9",
		"Expires": "tomorrow", "X-Amz-Meta-Color": "blue", "X-Amz-Website-Redirect-Location": "/x", "X-Amz-Storage-Class": "STANDARD_IA",
		"X-Amz-Checksum-Crc32": crc32Of("data"), "Content-Md5": md5Of("data"), "X-Amz-Server-Side-Encryption": "AES256",
	}
	p := e.must(e.root, request{method: put, target: "/bkt/k", body: "data", header: sent})
	if p.header.Get("X-Amz-Checksum-Crc32") != crc32Of("data") || p.header.Get("X-Amz-Server-Side-Encryption") != "AES256" {
		t.Errorf("put answered %v", p.header)
	}
	for _, method := range []string{get, head} {
		a := e.must(e.root, request{method: method, target: "/bkt/k", header: map[string]string{"X-Amz-Checksum-Mode": "ENABLED"}})
		for name, want := range sent {
			if name == "Content-Md5" || name == "X-Amz-Server-Side-Encryption" {
				continue
			}
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", method, name, got, want)
			}
		}
		for name, want := range map[string]string{"Content-Length": "4", "Accept-Ranges": "bytes", "Last-Modified": "Wed, 04 Mar 2026 05:06:07 GMT", "Etag": `"8d777f385d3dfec8815d20f7496026dc"`} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", method, name, got, want)
			}
		}
	}
	a := e.must(e.root, request{method: get, target: "/bkt/k?response-content-type=a%2Fb&response-cache-control=none&response-expires=never"})
	if a.header.Get("Content-Type") != "a/b" || a.header.Get("Cache-Control") != "none" || a.header.Get("Expires") != "never" || a.header.Get("Content-Language") != "id" {
		t.Errorf("overrides: %v", a.header)
	}
	e.put("/bkt/bare", "x")
	if a := e.must(e.root, request{method: get, target: "/bkt/bare"}); a.header.Get("Content-Type") != "binary/octet-stream" {
		t.Errorf("content type %q", a.header.Get("Content-Type"))
	}
}

func TestConditionalReads(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.put("/bkt/k", "data")
	const etag, other = `"8d777f385d3dfec8815d20f7496026dc"`, `"x"`
	const before, same, after = "Wed, 04 Mar 2026 05:06:06 GMT", "Wed, 04 Mar 2026 05:06:07 GMT", "Wed, 04 Mar 2026 05:06:08 GMT"
	for name, tt := range map[string]struct {
		header map[string]string
		want   int
	}{
		"If-Match with the tag":                         {map[string]string{"If-Match": etag}, 200},
		"If-Match with a star":                          {map[string]string{"If-Match": "*"}, 200},
		"If-Match with another tag":                     {map[string]string{"If-Match": other}, 412},
		"If-Match with a list":                          {map[string]string{"If-Match": other + ", " + etag}, 200},
		"If-None-Match with the tag":                    {map[string]string{"If-None-Match": etag}, 304},
		"If-None-Match with another":                    {map[string]string{"If-None-Match": other}, 200},
		"If-Modified-Since earlier":                     {map[string]string{"If-Modified-Since": before}, 200},
		"If-Modified-Since then":                        {map[string]string{"If-Modified-Since": same}, 304},
		"If-Unmodified-Since earlier":                   {map[string]string{"If-Unmodified-Since": before}, 412},
		"If-Unmodified-Since then":                      {map[string]string{"If-Unmodified-Since": same}, 200},
		"If-Match beats If-Unmodified-Since":            {map[string]string{"If-Match": etag, "If-Unmodified-Since": before}, 200},
		"If-None-Match beats If-Modified-Since":         {map[string]string{"If-None-Match": other, "If-Modified-Since": after}, 200},
		"a nonsense date is ignored":                    {map[string]string{"If-Modified-Since": "yesterday"}, 200},
		"a range with If-Range that fits":               {map[string]string{"Range": "bytes=0-1", "If-Range": etag}, 206},
		"a range with If-Range of another object":       {map[string]string{"Range": "bytes=0-1", "If-Range": other}, 200},
		"a range with If-Range of another modification": {map[string]string{"Range": "bytes=0-1", "If-Range": before}, 200},
	} {
		for _, method := range []string{get, head} {
			if a := e.do(e.root, request{method: method, target: "/bkt/k", header: tt.header}); a.status != tt.want {
				t.Errorf("%s: %s answered %d, want %d", name, method, a.status, tt.want)
			}
		}
	}
}

func TestRanges(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.put("/bkt/k", "0123456789")
	e.put("/bkt/empty", "")
	for name, tt := range map[string]struct {
		target, header string
		status         int
		body, content  string
	}{
		"the beginning":                     {"/bkt/k", "bytes=0-3", 206, "0123", "bytes 0-3/10"},
		"the middle":                        {"/bkt/k", "bytes=4-4", 206, "4", "bytes 4-4/10"},
		"to the end":                        {"/bkt/k", "bytes=7-", 206, "789", "bytes 7-9/10"},
		"the last bytes":                    {"/bkt/k", "bytes=-2", 206, "89", "bytes 8-9/10"},
		"more last bytes than there are":    {"/bkt/k", "bytes=-99", 206, "0123456789", "bytes 0-9/10"},
		"an end beyond the object":          {"/bkt/k", "bytes=8-99", 206, "89", "bytes 8-9/10"},
		"a beginning beyond the object":     {"/bkt/k", "bytes=10-", 416, "", "bytes */10"},
		"no last bytes":                     {"/bkt/k", "bytes=-0", 416, "", "bytes */10"},
		"an empty object":                   {"/bkt/empty", "bytes=0-", 416, "", "bytes */0"},
		"two ranges are the whole":          {"/bkt/k", "bytes=0-1,3-4", 200, "0123456789", ""},
		"a backward range is the whole":     {"/bkt/k", "bytes=4-2", 200, "0123456789", ""},
		"another unit is the whole":         {"/bkt/k", "lines=1-2", 200, "0123456789", ""},
		"a huge number":                     {"/bkt/k", "bytes=99999999999999999999-", 200, "0123456789", ""},
		"the first part of a plain object":  {"/bkt/k?partNumber=1", "", 206, "0123456789", "bytes 0-9/10"},
		"the second part of a plain object": {"/bkt/k?partNumber=2", "", 416, "", ""},
		"a part and a range":                {"/bkt/k?partNumber=1", "bytes=0-1", 400, "", ""},
		"part zero":                         {"/bkt/k?partNumber=0", "", 400, "", ""},
	} {
		h := map[string]string{}
		if tt.header != "" {
			h["Range"] = tt.header
		}
		a := e.do(e.root, request{method: get, target: tt.target, header: h})
		if a.status != tt.status || a.header.Get("Content-Range") != tt.content || tt.status < 300 && a.body != tt.body {
			t.Errorf("%s: got %d %q %q", name, a.status, a.body, a.header.Get("Content-Range"))
		}
	}
}

func TestLargeObjects(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	data := strings.Repeat("0123456789abcdef", 20<<10) // 320 KiB, past the buffer
	e.put("/bkt/big", data)
	if a := e.must(e.root, request{method: get, target: "/bkt/big"}); a.body != data {
		t.Errorf("got %d bytes", len(a.body))
	}
	if a := e.must(e.root, request{method: get, target: "/bkt/big", header: map[string]string{"Range": "bytes=100000-299999"}}); a.body != data[100000:300000] {
		t.Errorf("got %d bytes", len(a.body))
	}
}

func TestWritesThatFailLeaveNothing(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	long := strings.Repeat("x", 2049)
	for name, tt := range map[string]struct {
		q      request
		status int
		code   string
	}{
		"a wrong Content-MD5":        {request{body: "x", header: map[string]string{"Content-Md5": md5Of("y")}}, 400, "BadDigest"},
		"a malformed Content-MD5":    {request{body: "x", header: map[string]string{"Content-Md5": "zz"}}, 400, "InvalidDigest"},
		"a wrong checksum":           {request{body: "x", header: map[string]string{"X-Amz-Checksum-Crc32": crc32Of("y")}}, 400, "BadDigest"},
		"a malformed checksum":       {request{body: "x", header: map[string]string{"X-Amz-Checksum-Sha256": "AAAA"}}, 400, "InvalidRequest"},
		"two checksums":              {request{body: "x", header: map[string]string{"X-Amz-Checksum-Crc32": crc32Of("x"), "X-Amz-Checksum-Crc32c": crc32Of("x")}}, 400, "InvalidRequest"},
		"an unknown checksum":        {request{body: "x", header: map[string]string{"X-Amz-Checksum-Xxhash": "AA=="}}, 501, "NotImplemented"},
		"an algorithm without value": {request{body: "x", header: map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "CRC32"}}, 400, "InvalidRequest"},
		"another body than signed":   {request{body: "x", payload: sigv4.HashBody([]byte("y"))}, 400, "XAmzContentSHA256Mismatch"},
		"a public ACL":               {request{body: "x", header: map[string]string{"X-Amz-Acl": "public-read"}}, 400, "AccessControlListNotSupported"},
		"a grant":                    {request{body: "x", header: map[string]string{"X-Amz-Grant-Read": `uri="all"`}}, 400, "AccessControlListNotSupported"},
		"KMS":                        {request{body: "x", header: map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms"}}, 501, "NotImplemented"},
		"a customer's key":           {request{body: "x", header: map[string]string{"X-Amz-Server-Side-Encryption-Customer-Algorithm": "AES256"}}, 501, "NotImplemented"},
		"a customer's key alone":     {request{body: "x", header: map[string]string{"X-Amz-Server-Side-Encryption-Customer-Key": "x"}}, 501, "NotImplemented"},
		"an object lock":             {request{body: "x", header: map[string]string{"X-Amz-Object-Lock-Mode": "GOVERNANCE"}}, 400, "InvalidRequest"},
		"a cold storage class":       {request{body: "x", header: map[string]string{"X-Amz-Storage-Class": "GLACIER"}}, 400, "InvalidStorageClass"},
		"too much metadata":          {request{body: "x", header: map[string]string{"X-Amz-Meta-A": long}}, 400, "MetadataTooLarge"},
		"too many tags":              {request{body: "x", header: map[string]string{"X-Amz-Tagging": "a&b&c&d&e&f&g&h&i&j&k"}}, 400, "BadRequest"},
		"a tag twice":                {request{body: "x", header: map[string]string{"X-Amz-Tagging": "a=1&a=2"}}, 400, "InvalidTag"},
		"a reserved tag":             {request{body: "x", header: map[string]string{"X-Amz-Tagging": "AWS:x=1"}}, 400, "InvalidTag"},
		"If-Match on nothing":        {request{body: "x", header: map[string]string{"If-Match": `"a"`}}, 404, "NoSuchKey"},
		"If-None-Match with a tag":   {request{body: "x", header: map[string]string{"If-None-Match": `"a"`}}, 501, "NotImplemented"},
		"a relative redirect":        {request{body: "x", header: map[string]string{"X-Amz-Website-Redirect-Location": "x"}}, 400, "InvalidRedirectLocation"},
	} {
		tt.q.method, tt.q.target = put, "/bkt/k"
		if a := e.do(e.root, tt.q); a.status != tt.status || a.code() != tt.code {
			t.Errorf("%s: got %d %s, want %d %s (%s)", name, a.status, a.code(), tt.status, tt.code, a.elem("Message"))
		}
		if a := e.do(e.root, request{method: head, target: "/bkt/k"}); a.status != 404 {
			t.Fatalf("%s: an object is there (%d)", name, a.status)
		}
	}
	e.must(e.root, request{method: put, target: "/bkt/k", body: "1", header: map[string]string{"If-None-Match": "*"}})
	if a := e.do(e.root, request{method: put, target: "/bkt/k", body: "2", header: map[string]string{"If-None-Match": "*"}}); a.status != 412 || a.code() != "PreconditionFailed" {
		t.Errorf("got %d %s", a.status, a.code())
	}
	e.must(e.root, request{method: put, target: "/bkt/k", body: "3", header: map[string]string{"If-Match": `"` + "c4ca4238a0b923820dcc509a6f75849b" + `"`}})
	if a := e.do(e.root, request{method: del, target: "/bkt/k", header: map[string]string{"If-Match": `"x"`}}); a.status != 412 {
		t.Errorf("delete: %d %s", a.status, a.code())
	}
	if a := e.must(e.root, request{method: get, target: "/bkt/k"}); a.body != "3" {
		t.Errorf("got %q", a.body)
	}
}

func TestChunkedUploads(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	data := strings.Repeat("chunked data ", 10000)
	for _, form := range []string{sigv4.StreamingSigned, sigv4.StreamingSignedTrailer, sigv4.StreamingUnsignedTrailer} {
		for name, bad := range map[string]bool{"good": false, "bad": true} {
			t.Run(name+" "+form, func(t *testing.T) {
				target := "/bkt/" + name + form
				r := e.build(nil, request{method: put, target: target})
				r.Header.Set("Content-Encoding", "gzip,aws-chunked")
				r.Header.Set("X-Amz-Decoded-Content-Length", strconv.Itoa(len(data)))
				checksum := ""
				if form != sigv4.StreamingSigned {
					r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
					checksum = "x-amz-checksum-crc32"
				}
				if err := e.root.Sign(r, form, now()); err != nil {
					t.Fatal(err)
				}
				a, err := sigv4.Parse(r)
				if err != nil {
					t.Fatal(err)
				}
				var framed bytes.Buffer
				chunks, err := sigv4.NewChunkWriter(&framed, a, e.root.Key(now()), form, checksum, 0)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(chunks, data); err != nil {
					t.Fatal(err)
				}
				if err := chunks.Close(); err != nil {
					t.Fatal(err)
				}
				wire := framed.Bytes()
				if bad {
					i := bytes.Index(wire, []byte("chunked data"))
					wire[i] ^= 1
				}
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(wire)), int64(len(wire))
				resp, err := transport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				got := e.do(e.root, request{method: get, target: target})
				switch {
				case bad && (resp.StatusCode < 400 || got.status != 404):
					t.Errorf("a changed body: put %d, get %d", resp.StatusCode, got.status)
				case !bad && (resp.StatusCode != 200 || got.body != data || got.header.Get("Content-Encoding") != "gzip"):
					t.Errorf("put %d %s, got %d bytes with encoding %q", resp.StatusCode, text, len(got.body), got.header.Get("Content-Encoding"))
				}
				if !bad && form != sigv4.StreamingSigned && resp.Header.Get("X-Amz-Checksum-Crc32") != crc32Of(data) {
					t.Errorf("checksum %q", resp.Header.Get("X-Amz-Checksum-Crc32"))
				}
			})
		}
	}
}

func TestCopies(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	e.bucket("dst")
	e.must(e.root, request{method: put, target: "/bkt/a%20b%2Bc", body: "data", header: map[string]string{"Content-Type": "text/x", "X-Amz-Meta-A": "1", "X-Amz-Tagging": "t=1"}})
	copyOf := func(h ...string) answer {
		header := map[string]string{"X-Amz-Copy-Source": "/bkt/a%20b%2Bc"}
		for i := 0; i < len(h); i += 2 {
			header[h[i]] = h[i+1]
		}
		return e.do(e.root, request{method: put, target: "/dst/copy", header: header})
	}
	show := func() string {
		a := e.must(e.root, request{method: get, target: "/dst/copy"})
		return strings.Join([]string{a.body, a.header.Get("Content-Type"), a.header.Get("X-Amz-Meta-A"), a.header.Get("X-Amz-Tagging-Count")}, "|")
	}
	for _, tt := range []struct {
		name   string
		header []string
		want   string
	}{
		{"everything is copied", nil, "data|text/x|1|1"},
		{"metadata is replaced", []string{"X-Amz-Metadata-Directive", "REPLACE", "X-Amz-Meta-A", "2"}, "data|binary/octet-stream|2|1"},
		{"tags are replaced", []string{"X-Amz-Tagging-Directive", "REPLACE", "X-Amz-Tagging", "x=1&y=2"}, "data|text/x|1|2"},
		{"tags are dropped", []string{"X-Amz-Tagging-Directive", "REPLACE"}, "data|text/x|1|"},
		{"the source's tag must fit", []string{"X-Amz-Copy-Source-If-Match", `"8d777f385d3dfec8815d20f7496026dc"`}, "data|text/x|1|1"},
	} {
		if a := copyOf(tt.header...); a.status != 200 || a.elem("ETag") != "&quot;8d777f385d3dfec8815d20f7496026dc&quot;" {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
		if got := show(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	for name, a := range map[string]answer{
		"another source ETag":  copyOf("X-Amz-Copy-Source-If-Match", `"x"`),
		"an unmodified source": copyOf("X-Amz-Copy-Source-If-None-Match", `"8d777f385d3dfec8815d20f7496026dc"`),
		"an existing target":   copyOf("If-None-Match", "*"),
	} {
		if a.status != 412 {
			t.Errorf("%s: %d %s", name, a.status, a.code())
		}
	}
	if a := copyOf("X-Amz-Copy-Source", "/nobucket/k"); a.status != 404 || a.code() != "NoSuchBucket" {
		t.Errorf("got %d %s", a.status, a.code())
	}
	if a := copyOf("X-Amz-Metadata-Directive", "MIX"); a.status != 400 {
		t.Errorf("got %d", a.status)
	}
}

func TestMultipartUploads(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	five := strings.Repeat("5", 5<<20)
	e.put("/bkt/src", "0123456789")
	id := e.must(e.root, request{method: post, target: "/bkt/m?uploads", header: map[string]string{"Content-Type": "a/b", "X-Amz-Meta-A": "1"}}).elem("UploadId")
	e1 := e.must(e.root, request{method: put, target: "/bkt/m?partNumber=1&uploadId=" + id, body: five}).header.Get("Etag")
	c2 := e.must(e.root, request{method: put, target: "/bkt/m?partNumber=3&uploadId=" + id, header: map[string]string{"X-Amz-Copy-Source": "bkt/src", "X-Amz-Copy-Source-Range": "bytes=2-4"}})
	e2 := c2.elem("ETag")
	if a := e.do(e.root, request{method: put, target: "/bkt/m?partNumber=4&uploadId=" + id, header: map[string]string{"X-Amz-Copy-Source": "bkt/src", "X-Amz-Copy-Source-Range": "bytes=2-10"}}); a.status != 400 {
		t.Errorf("a range beyond the source: %d", a.status)
	}
	if a := e.do(e.root, request{method: put, target: "/bkt/m?partNumber=10001&uploadId=" + id, body: "x"}); a.status != 400 || a.code() != "InvalidArgument" {
		t.Errorf("part 10001: %d", a.status)
	}
	list := e.must(e.root, request{method: get, target: "/bkt/m?uploadId=" + id + "&max-parts=1"})
	if list.elem("PartNumber") != "1" || list.elem("NextPartNumberMarker") != "1" || list.elem("IsTruncated") != "true" {
		t.Errorf("parts: %s", list.body)
	}
	if a := e.must(e.root, request{method: get, target: "/bkt?uploads"}); a.elem("UploadId") != id || a.elem("Key") != "m" {
		t.Errorf("uploads: %s", a.body)
	}
	complete := func(parts string, header map[string]string) answer {
		return e.do(e.root, request{method: post, target: "/bkt/m?uploadId=" + id, body: "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>", header: header})
	}
	one, three := "<Part><PartNumber>1</PartNumber><ETag>"+e1+"</ETag></Part>", "<Part><PartNumber>3</PartNumber><ETag>"+e2+"</ETag></Part>"
	for name, tt := range map[string]struct {
		parts, code string
	}{
		"in the wrong order": {three + one, "InvalidPartOrder"},
		"with a wrong tag":   {strings.Replace(one, e1, `"x"`, 1), "InvalidPart"},
		"without parts":      {"", "MalformedXML"},
		"with a small part":  {three + "<Part><PartNumber>5</PartNumber><ETag>x</ETag></Part>", "InvalidPart"},
	} {
		if a := complete(tt.parts, nil); a.status != 400 || a.code() != tt.code {
			t.Errorf("%s: %d %s", name, a.status, a.code())
		}
	}
	if a := complete(one+three, map[string]string{"X-Amz-Mp-Object-Size": "7"}); a.status != 400 {
		t.Errorf("a wrong size: %d", a.status)
	}
	done := complete(one+three, map[string]string{"X-Amz-Mp-Object-Size": strconv.Itoa(5<<20 + 3), "If-None-Match": "*"})
	if done.status != 200 || done.elem("Location") != e.url+"/bkt/m" && !strings.HasPrefix(done.elem("Location"), e.url+"/bkt/m") {
		t.Fatalf("complete: %d %s", done.status, done.body)
	}
	a := e.must(e.root, request{method: get, target: "/bkt/m"})
	if a.body != five+"234" || a.header.Get("Content-Type") != "a/b" || a.header.Get("X-Amz-Meta-A") != "1" {
		t.Errorf("got %d bytes, %v", len(a.body), a.header)
	}
	p := e.must(e.root, request{method: get, target: "/bkt/m?partNumber=2"})
	if p.status != 206 || p.body != "234" || p.header.Get("X-Amz-Mp-Parts-Count") != "2" {
		t.Errorf("part 2: %d %q %v", p.status, p.body, p.header)
	}
	if a := e.must(e.root, request{method: get, target: "/bkt/m", header: map[string]string{"Range": "bytes=5242878-5242881"}}); a.body != "5523" {
		t.Errorf("a range over two parts: %q", a.body)
	}
	if a := e.do(e.root, request{method: get, target: "/bkt/m?uploadId=" + id}); a.status != 404 || a.code() != "NoSuchUpload" {
		t.Errorf("the upload afterwards: %d %s", a.status, a.code())
	}
}

func TestTerraformReads(t *testing.T) {
	e := newEnv(t, nil)
	e.bucket("bkt")
	got := map[string]string{}
	for _, sub := range []string{
		"policy", "acl", "cors", "website", "versioning", "accelerate", "requestPayment", "logging", "lifecycle", "replication", "encryption",
		"object-lock", "location", "tagging", "publicAccessBlock", "ownershipControls", "notification",
	} {
		a := e.do(e.root, request{method: get, target: "/bkt?" + sub})
		got[sub] = strconv.Itoa(a.status) + " " + a.code()
	}
	want := map[string]string{
		"policy": "404 NoSuchBucketPolicy", "acl": "200 ", "cors": "404 NoSuchCORSConfiguration", "website": "404 NoSuchWebsiteConfiguration",
		"versioning": "200 ", "accelerate": "200 ", "requestPayment": "200 ", "logging": "200 ", "lifecycle": "404 NoSuchLifecycleConfiguration",
		"replication": "404 ReplicationConfigurationNotFoundError", "encryption": "200 ", "object-lock": "404 ObjectLockConfigurationNotFoundError",
		"location": "200 ", "tagging": "404 NoSuchTagSet", "publicAccessBlock": "200 ", "ownershipControls": "200 ", "notification": "200 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	e.must(e.root, request{method: del, target: "/bkt?ownershipControls"})
	if a := e.do(e.root, request{method: get, target: "/bkt?ownershipControls"}); a.status != 404 || a.code() != "OwnershipControlsNotFoundError" {
		t.Errorf("got %d %s", a.status, a.code())
	}
	e.must(e.root, request{method: put, target: "/bkt?tagging", body: "<Tagging><TagSet><Tag><Key>a</Key><Value>&lt;b&gt;</Value></Tag></TagSet></Tagging>"})
	if a := e.must(e.root, request{method: get, target: "/bkt?tagging"}); a.elem("Value") != "&lt;b&gt;" {
		t.Errorf("got %s", a.body)
	}
	e.must(e.root, request{method: del, target: "/bkt?tagging"})
}
