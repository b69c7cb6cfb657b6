package s3gw

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/rockpool-id/rockpool/internal/gateway"
	"github.com/rockpool-id/rockpool/internal/object"
)

// Limits of tag sets.
const (
	maxObjectTags = 10
	maxBucketTags = 50
)

// parseTagging reads a Tagging document.
func parseTagging(body []byte, limit int) ([]object.Tag, error) {
	n, err := parseXML(body, "Tagging")
	if err != nil {
		return nil, err
	}
	if err := n.only("TagSet"); err != nil {
		return nil, err
	}
	set, err := n.child("TagSet")
	if err != nil {
		return nil, err
	}
	if set == nil {
		return nil, malformedXML(errNoEntry)
	}
	return readTags(set, limit)
}

// readTags reads the Tag elements of a set.
func readTags(set *node, limit int) ([]object.Tag, error) {
	if err := set.only("Tag"); err != nil {
		return nil, err
	}
	tags := make([]object.Tag, 0, len(set.kids))
	for _, k := range set.kids {
		if err := k.only("Key", "Value"); err != nil {
			return nil, err
		}
		key, ok, err := k.str("Key")
		if err != nil {
			return nil, err
		}
		value, okValue, err := k.str("Value")
		if err != nil {
			return nil, err
		}
		if !ok || !okValue {
			return nil, malformedXML(fmt.Errorf("a tag needs Key and Value"))
		}
		tags = append(tags, object.Tag{Key: key, Value: value})
	}
	return tags, checkTags(tags, limit)
}

// parseTagHeader reads x-amz-tagging, a form-encoded list.
func parseTagHeader(s string) ([]object.Tag, error) {
	var tags []object.Tag
	for pair := range strings.SplitSeq(s, "&") {
		if pair == "" {
			continue
		}
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		key, ok1 := unescape(rawKey, true)
		value, ok2 := unescape(rawValue, true)
		if !ok1 || !ok2 {
			return nil, invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-amz-tagging", s)
		}
		tags = append(tags, object.Tag{Key: key, Value: value})
	}
	return tags, checkTags(tags, maxObjectTags)
}

func checkTags(tags []object.Tag, limit int) error {
	if len(tags) > limit {
		what := "Object"
		if limit == maxBucketTags {
			what = "Bucket"
		}
		return fail(http.StatusBadRequest, "BadRequest", fmt.Sprintf("%s tags cannot be greater than %d", what, limit))
	}
	for i, t := range tags {
		switch {
		case t.Key == "" || utf8.RuneCountInString(t.Key) > 128 || !utf8.ValidString(t.Key) || strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return fail(http.StatusBadRequest, "InvalidTag", "The TagKey you have provided is invalid", Field{"TagKey", t.Key})
		case utf8.RuneCountInString(t.Value) > 256 || !utf8.ValidString(t.Value):
			return fail(http.StatusBadRequest, "InvalidTag", "The TagValue you have provided is invalid", Field{"TagKey", t.Key}, Field{"TagValue", t.Value})
		}
		for _, u := range tags[:i] {
			if u.Key == t.Key {
				return fail(http.StatusBadRequest, "InvalidTag", "Cannot provide multiple Tags with the same key", Field{"TagKey", t.Key})
			}
		}
	}
	return nil
}

// printTags writes a Tagging document.
func printTags(tags []object.Tag) string {
	d := newDoc("Tagging", namespace)
	d.open("TagSet")
	for _, t := range tags {
		d.open("Tag")
		d.elem("Key", t.Key)
		d.elem("Value", t.Value)
		d.close("Tag")
	}
	d.close("TagSet")
	return string(d.bytes())
}

func (c *call) getObjectTagging(x *gateway.Exchange) error {
	info, err := c.head(x)
	if err != nil {
		return err
	}
	if err := c.sameTags(x, info); err != nil {
		return err
	}
	c.g.raw(x, printTags(info.Tags))
	return nil
}

// askPutTagging reads the body first, because the tags in it are condition keys.
func (c *call) askPutTagging(x *gateway.Exchange) error {
	body, err := c.document(x, maxConfig, true)
	if err != nil {
		return err
	}
	if c.newTags, err = parseTagging(body, maxObjectTags); err != nil {
		return err
	}
	c.addRequestTags(c.newTags)
	return c.askTarget(x)
}

func (c *call) putObjectTagging(x *gateway.Exchange) error {
	return c.setTags(x, c.newTags, http.StatusOK)
}

func (c *call) deleteObjectTagging(x *gateway.Exchange) error {
	return c.setTags(x, nil, http.StatusNoContent)
}

func (c *call) setTags(x *gateway.Exchange, tags []object.Tag, status int) error {
	if _, err := c.head(x); err != nil {
		return err
	}
	if err := c.g.store.SetTags(x.R.Context(), c.addr.bucket, c.addr.key, tags); err != nil {
		return c.missing(x, err)
	}
	c.g.empty(x, status)
	return nil
}
