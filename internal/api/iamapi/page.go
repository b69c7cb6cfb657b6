package iamapi

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	wire "github.com/rockpool-id/rockpool/internal/wire/iamwire"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// badMarker reports a Marker that was not made for this listing.
type badMarker struct{ cause error }

func (e *badMarker) Error() string { return fmt.Sprintf("marker of another listing: %v", e.cause) }
func (e *badMarker) Unwrap() error { return e.cause }

// defaultPage is how many items a page has when the caller does not say
// (spec/iam-sts.md 4.1).
const defaultPage = 100

// paging is the request for one page, and then what goes with the page.
type paging struct {
	truncated *bool
	marker    *string
}

// page cuts out one page. items are in the order of their keys, and keys are
// unique; the page starts behind the item that the marker names, so that
// entries that come and go between two calls neither repeat nor hide others.
// listing names the list and its filter.
func page[T any](b *bound, listing string, items []T, key func(T) string, marker *string, limit *int32) ([]T, paging, error) {
	// A marker belongs to one account's listing.
	bind := []byte(listing + " of " + b.account())
	after, err := b.openMarker(marker, bind)
	if err != nil {
		return nil, paging{}, err
	}
	start := 0
	if marker != nil {
		var exact bool
		start, exact = slices.BinarySearchFunc(items, after, func(item T, after string) int { return strings.Compare(key(item), after) })
		if exact {
			start++
		}
	}
	size := defaultPage
	if limit != nil {
		size = int(*limit)
	}
	items = items[start:]
	if len(items) <= size {
		return items, paging{truncated: pointer(false)}, nil
	}
	items = items[:size]
	sealed, err := b.Sealer.Seal("page", []byte(key(items[size-1])), bind)
	if err != nil {
		return nil, paging{}, fmt.Errorf("seal marker: %w", err)
	}
	return items, paging{truncated: pointer(true), marker: pointer(base64.RawURLEncoding.EncodeToString(sealed))}, nil
}

func (b *bound) openMarker(marker *string, bind []byte) (string, error) {
	if marker == nil {
		return "", nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(*marker)
	if err != nil {
		return "", &badMarker{err}
	}
	after, err := b.Sealer.Open("page", sealed, bind)
	if err != nil {
		return "", &badMarker{err}
	}
	return string(after), nil
}

// same is the key of a list of names.
func same(s string) string { return s }

// tagPage is one page of an entity's tags, in the order of their keys.
func tagPage(b *bound, listing string, tags []iam.Tag, marker *string, limit *int32) ([]wire.Tag, paging, error) {
	key := func(t iam.Tag) string { return t.Key }
	sorted := slices.SortedFunc(slices.Values(tags), func(a, b iam.Tag) int { return strings.Compare(a.Key, b.Key) })
	list, p, err := page(b, listing, sorted, key, marker, limit)
	if err != nil {
		return nil, p, err
	}
	out := tagsOut(list)
	if out == nil {
		out = []wire.Tag{}
	}
	return out, p, nil
}

// each turns every item of a page into its wire shape; the list is never nil,
// so that an empty one is on the wire.
func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}
