package awsquery

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rockpool-id/rockpool/internal/wire/awserr"
)

// Limits of a form that no honest client comes near.
const (
	maxParameters = 10000
	maxSegments   = 16
)

// Form is a parsed form: parameter names split at their dots into a tree.
type Form struct {
	root  node
	count int
}

// node is a point in the tree. It may hold a value and have children.
type node struct {
	value    string
	present  bool
	children map[string]*node
}

// Add parses one URL-encoded form, a body or a query string, into f. A request
// may have both; a parameter must still occur only once.
func (f *Form) Add(encoded string) *awserr.Error {
	for pair := range strings.SplitSeq(encoded, "&") {
		if pair == "" {
			continue
		}
		if f.count++; f.count > maxParameters {
			return awserr.Sender("MalformedQueryString", "The request has too many parameters.")
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return awserr.Sender("MalformedQueryString", "The request has a parameter name that is not URL-encoded.")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return awserr.Sender("MalformedQueryString", "The parameter "+clip(name)+" is not URL-encoded.")
		}
		if strings.Count(name, ".") >= maxSegments {
			return awserr.Sender("MalformedQueryString", "The parameter "+clip(name)+" has too many parts.")
		}
		n := &f.root
		for part := range strings.SplitSeq(name, ".") {
			n = n.child(part)
		}
		if n.present {
			return awserr.Sender("MalformedQueryString", "The parameter "+clip(name)+" occurs more than once.")
		}
		n.value, n.present = value, true
	}
	return nil
}

// Get gives a top-level parameter, such as Action.
func (f *Form) Get(name string) string {
	if n := f.root.children[name]; n != nil {
		return n.value
	}
	return ""
}

func (n *node) child(name string) *node {
	if n.children == nil {
		n.children = make(map[string]*node)
	}
	c := n.children[name]
	if c == nil {
		c = new(node)
		n.children[name] = c
	}
	return c
}

// numbered gives the children of n by their numbers. A name that is not a number
// makes it fail.
func (n *node) numbered() ([]*node, bool) {
	type item struct {
		number int
		name   string
	}
	items := make([]item, 0, len(n.children))
	for name := range n.children {
		number, err := strconv.Atoi(name)
		if err != nil || number < 0 || len(name) > 9 || name[0] == '+' {
			return nil, false
		}
		items = append(items, item{number, name})
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.name, b.name))
	})
	nodes := make([]*node, len(items))
	for i, it := range items {
		nodes[i] = n.children[it.name]
	}
	return nodes, true
}

func clip(s string) string {
	if len(s) > 128 {
		return s[:128] + "..."
	}
	return s
}
