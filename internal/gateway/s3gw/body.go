package s3gw

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
	"github.com/rockpool-id/rockpool/sigv4"
)

// Sizes of request documents and objects.
const (
	maxConfig = 64 << 10
	maxDelete = 2 << 20
	maxParts  = 8 << 20 // CompleteMultipartUpload with 10,000 parts and checksums
	maxPut    = 5 << 30
)

// document reads a request document whole: signed hash, chunk signatures and
// checksums are proven before a byte of it is believed.
func (c *call) document(x *gateway.Exchange, limit int64, checkHeaders bool) ([]byte, error) {
	if c.body != nil {
		return c.body, nil
	}
	b, err := sigv4.NewBody(x.R, x.Auth, x.Key)
	if err != nil {
		return nil, err
	}
	if checkHeaders {
		if err := b.CheckHeaders(x.R.Header); err != nil {
			return nil, err
		}
	}
	if b.DecodedLength() > limit {
		return nil, tooLarge(b.DecodedLength(), limit)
	}
	text, err := io.ReadAll(io.LimitReader(b, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, tooLarge(int64(len(text)), limit)
	}
	if text == nil {
		text = []byte{}
	}
	c.body = text
	return text, nil
}

func tooLarge(size, limit int64) *Error {
	return fail(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
		Field{"ProposedSize", itoa(size)}, Field{"MaxSizeAllowed", itoa(limit)})
}

// payload opens the verified stream of an object's bytes and the options that
// describe its integrity.
func (c *call) payload(x *gateway.Exchange, o *object.PutOptions) (*sigv4.Body, error) {
	if x.R.ContentLength < 0 && c.amz("X-Amz-Decoded-Content-Length") == "" {
		return nil, fail(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	b, err := sigv4.NewBody(x.R, x.Auth, x.Key)
	if err != nil {
		return nil, err
	}
	if o.Size = b.DecodedLength(); o.Size > maxPut {
		return nil, tooLarge(o.Size, maxPut)
	}
	if o.ContentMD5, err = contentMD5(x.R.Header); err != nil {
		return nil, err
	}
	trailer := ""
	if o.Checksum, trailer, err = c.declaredChecksum(); err != nil {
		return nil, err
	}
	if trailer != "" {
		o.ChecksumTrailer = func() string { return b.Trailer().Get(trailer) }
	}
	return b, nil
}

// contentMD5 reads Content-MD5 as hex.
func contentMD5(h http.Header) (string, error) {
	vs, ok := h["Content-Md5"]
	if !ok {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(vs[0]))
	if err != nil || len(raw) != 16 {
		return "", fail(http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified was invalid.", Field{"Content-MD5", vs[0]})
	}
	return hex.EncodeToString(raw), nil
}

// checksumAlgorithms are those an object can be stored with.
func checksumAlgorithms() [5]string {
	return [...]string{"crc32", "crc32c", "crc64nvme", "sha1", "sha256"}
}

// checksumSize is the length of an algorithm's value in bytes, 0 for an unknown
// algorithm.
func checksumSize(algorithm string) int {
	switch algorithm {
	case "crc32", "crc32c":
		return 4
	case "crc64nvme":
		return 8
	case "sha1":
		return 20
	case "sha256":
		return 32
	}
	return 0
}

// checksumHeader is the canonical response header of an algorithm.
func checksumHeader(algorithm string) string {
	switch algorithm {
	case "crc32":
		return "X-Amz-Checksum-Crc32"
	case "crc32c":
		return "X-Amz-Checksum-Crc32c"
	case "crc64nvme":
		return "X-Amz-Checksum-Crc64nvme"
	case "sha1":
		return "X-Amz-Checksum-Sha1"
	case "sha256":
		return "X-Amz-Checksum-Sha256"
	}
	return http.CanonicalHeaderKey("x-amz-checksum-" + algorithm)
}

// checksumLabel is the algorithm as XML and sentences spell it.
func checksumLabel(algorithm string) string {
	switch algorithm { // what uploads of the SDKs have is not made anew for each line of a listing
	case "crc32":
		return "CRC32"
	case "crc64nvme":
		return "CRC64NVME"
	}
	return strings.ToUpper(algorithm)
}

// declaredChecksum reads the one checksum of a request: its value in a header,
// or its name in x-amz-trailer. A value in the query of a presigned URL is
// ignored, as S3 does: the JavaScript SDK puts that of an empty body there.
func (c *call) declaredChecksum() (sum object.Checksum, trailer string, err error) {
	for name := range c.header {
		algorithm, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-checksum-")
		if !ok || algorithm == "algorithm" || algorithm == "type" || algorithm == "mode" {
			continue
		}
		size := checksumSize(algorithm)
		switch {
		case size == 0:
			return sum, "", notImplemented(strings.ToLower(name))
		case sum.Algorithm != "":
			return sum, "", invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		value := c.amz(name)
		raw, err := base64.StdEncoding.Strict().DecodeString(value)
		if err != nil || len(raw) != size {
			return sum, "", invalidRequest("Value for " + strings.ToLower(name) + " header is invalid.")
		}
		sum = object.Checksum{Algorithm: algorithm, Value: value}
	}
	if t := strings.ToLower(c.amz("X-Amz-Trailer")); t != "" {
		algorithm, _ := strings.CutPrefix(t, "x-amz-checksum-")
		if checksumSize(algorithm) == 0 {
			return sum, "", notImplemented("x-amz-trailer")
		}
		if sum.Algorithm != "" {
			return sum, "", invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		sum.Algorithm, trailer = algorithm, http.CanonicalHeaderKey(t)
	}
	if a := strings.ToLower(c.amz("X-Amz-Sdk-Checksum-Algorithm")); a != "" {
		switch {
		case sum.Algorithm == "" && c.presigned():
			// A presigned URL names the algorithm before there is a body.
		case sum.Algorithm == "":
			return sum, "", invalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
		case sum.Algorithm != a:
			return sum, "", invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
		}
	}
	return sum, trailer, nil
}

// amzNames lists the canonical names of the x-amz-* headers given, wherever.
func (c *call) amzNames() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range c.header {
			if strings.HasPrefix(name, "X-Amz-") && !yield(name) {
				return
			}
		}
		if !c.presigned() {
			return
		}
		for _, p := range c.query.list {
			if name := http.CanonicalHeaderKey(p.name); strings.HasPrefix(name, "X-Amz-") && !yield(name) {
				return
			}
		}
	}
}

// xmlBody reads and parses a request document.
func (c *call) xmlBody(x *gateway.Exchange, root string, limit int64) (*node, error) {
	text, err := c.document(x, limit, true)
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return nil, fail(http.StatusBadRequest, "MissingRequestBodyError", "Request Body is empty")
	}
	return parseXML(text, root)
}

// declaresDigest reports whether a request vouches for its body.
func (c *call) declaresDigest() bool {
	if _, ok := c.header["Content-Md5"]; ok {
		return true
	}
	return slices.ContainsFunc(slices.Collect(c.amzNames()), func(name string) bool {
		a, ok := strings.CutPrefix(name, "X-Amz-Checksum-")
		return ok && checksumSize(strings.ToLower(a)) != 0 || name == "X-Amz-Trailer"
	})
}

// errNoEntry is what a list of tags or keys without entries fails with.
var errNoEntry = errors.New("no entries")
