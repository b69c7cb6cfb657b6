package s3gw

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/object"
)

// judge decides the conditions of a read in the order of RFC 9110, 13.2.2: 0 to
// go on, 304 or 412.
func (c *call) judge(info *object.Info) int {
	return judge(info, first(c.header["If-Match"]), first(c.header["If-None-Match"]),
		first(c.header["If-Modified-Since"]), first(c.header["If-Unmodified-Since"]))
}

func judge(info *object.Info, match, noneMatch, modifiedSince, unmodifiedSince string) int {
	switch {
	case match != "":
		if !matches(match, info.ETag) {
			return http.StatusPreconditionFailed
		}
	case unmodifiedSince != "":
		if t, err := http.ParseTime(unmodifiedSince); err == nil && seconds(info.Modified).After(t) {
			return http.StatusPreconditionFailed
		}
	}
	switch {
	case noneMatch != "":
		if matches(noneMatch, info.ETag) {
			return http.StatusNotModified
		}
	case modifiedSince != "":
		if t, err := http.ParseTime(modifiedSince); err == nil && !seconds(info.Modified).After(t) {
			return http.StatusNotModified
		}
	}
	return 0
}

// matches reports whether a list of entity tags contains etag. S3 takes tags
// without quotes too.
func matches(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		if tag = unquote(tag); tag == "*" || tag == etag {
			return true
		}
	}
	return false
}

// unquote takes spaces, a weakness mark and quotes off an entity tag.
func unquote(tag string) string {
	tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
	return strings.Trim(tag, `"`)
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return strings.TrimSpace(values[0])
}

// seconds cuts a time to what an HTTP date can say.
func seconds(t time.Time) time.Time { return t.Truncate(time.Second) }

// span is the part of an object that is answered.
type span struct {
	offset, length int64
	partial        bool
	parts          int // of a multipart object, when a part was asked for
}

// span reads Range and partNumber. Only one range is honoured; anything that is
// not one byte range is ignored, as RFC 9110 wants and S3 does.
func (c *call) span(info *object.Info) (span, error) {
	whole := span{length: info.Size}
	header := first(c.header["Range"])
	if v, ok := c.query.get("partNumber"); ok {
		if header != "" {
			return whole, invalidRequest("Cannot specify both Range header and partNumber query parameter")
		}
		return part(info, v)
	}
	if header == "" {
		return whole, nil
	}
	if v := first(c.header["If-Range"]); v != "" {
		if t, err := http.ParseTime(v); err == nil {
			if !seconds(info.Modified).Equal(t) {
				return whole, nil
			}
		} else if unquote(v) != info.ETag {
			return whole, nil
		}
	}
	start, end, ok := parseRange(header, info.Size)
	switch {
	case !ok:
		return whole, nil
	case start < 0:
		e := fail(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable",
			Field{"RangeRequested", header}, Field{"ActualObjectSize", itoa(info.Size)})
		e.Headers = []Field{{"Content-Range", "bytes */" + itoa(info.Size)}}
		return whole, e
	}
	return span{offset: start, length: end - start + 1, partial: true}, nil
}

// parseRange reads "bytes=a-b", "bytes=a-" or "bytes=-n". ok is false for
// anything else; start is -1 when the range lies outside the object.
func parseRange(header string, size int64) (start, end int64, ok bool) {
	spec, isBytes := strings.CutPrefix(header, "bytes=")
	from, to, dash := strings.Cut(spec, "-")
	if !isBytes || !dash || strings.Contains(spec, ",") {
		return 0, 0, false
	}
	if from == "" {
		n, err := strconv.ParseUint(to, 10, 63)
		if err != nil {
			return 0, 0, false
		}
		if n == 0 || size == 0 {
			return -1, 0, true
		}
		return max(0, size-int64(n)), size - 1, true
	}
	a, err := strconv.ParseUint(from, 10, 63)
	if err != nil {
		return 0, 0, false
	}
	b := uint64(size) - 1
	if to != "" {
		if b, err = strconv.ParseUint(to, 10, 63); err != nil || b < a {
			return 0, 0, false
		}
	}
	if int64(a) >= size {
		return -1, 0, true
	}
	return int64(a), min(int64(b), size-1), true
}

// part is the span of a part. An object that was not uploaded in parts is its
// own first part.
func part(info *object.Info, v string) (span, error) {
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil || n < 1 || n > maxPartNumber {
		return span{}, invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", v)
	}
	sizes := info.PartSizes
	if len(sizes) == 0 {
		sizes = []int64{info.Size}
	}
	if int(n) > len(sizes) {
		return span{}, fail(http.StatusRequestedRangeNotSatisfiable, "InvalidPartNumber", "The requested partnumber is not satisfiable",
			Field{"ActualPartCount", strconv.Itoa(len(sizes))}, Field{"PartNumberRequested", v})
	}
	s := span{length: sizes[n-1], partial: true, parts: info.Parts}
	for _, size := range sizes[:n-1] {
		s.offset += size
	}
	if s.length == 0 {
		s.partial = false
	}
	return s, nil
}
