package s3gw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// node is an element of a request body. Bodies are read into nodes first, so
// that every type checks duplicates and unknown elements in the same way.
type node struct {
	name string
	text string
	kids []*node
	// read collects the text until the element ends. Comments cut it into as
	// many pieces as a sender likes, so it must not be copied for each.
	read []byte
}

// Limits of a request document.
const (
	maxDepth = 12
	maxNodes = 20000
)

// parseXML reads a document with the given root. It refuses a document type
// (and so every entity but XML's own five), processing instructions other than
// the declaration, text beside elements, and anything after the root.
func parseXML(body []byte, root string) (*node, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	var stack []*node
	var top *node
	count := 0
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, malformedXML(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if count++; count > maxNodes || len(stack) >= maxDepth {
				return nil, malformedXML(errors.New("too many elements"))
			}
			if top != nil && len(stack) == 0 {
				return nil, malformedXML(errors.New("two root elements"))
			}
			n := &node{name: t.Name.Local}
			if len(stack) == 0 {
				top = n
			} else {
				parent := stack[len(stack)-1]
				parent.kids = append(parent.kids, n)
			}
			for _, a := range t.Attr {
				// xsi:type names a grantee's kind; namespaces are no content.
				if a.Name.Local == "type" {
					n.kids = append(n.kids, &node{name: "@type", text: a.Value})
				}
			}
			stack = append(stack, n)
		case xml.EndElement:
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			n.text, n.read = string(n.read), nil
			if len(n.kids) > 0 && strings.TrimSpace(n.text) != "" && n.kids[0].name != "@type" {
				return nil, malformedXML(fmt.Errorf("text beside elements in %s", n.name))
			}
		case xml.CharData:
			if len(stack) > 0 {
				n := stack[len(stack)-1]
				n.read = append(n.read, t...)
			} else if len(bytes.TrimSpace(bytes.TrimPrefix(t, []byte("\ufeff")))) > 0 {
				return nil, malformedXML(errors.New("text outside the root"))
			}
		case xml.Directive:
			return nil, malformedXML(errors.New("a document type is not allowed"))
		case xml.ProcInst:
			if t.Target != "xml" || top != nil {
				return nil, malformedXML(errors.New("a processing instruction is not allowed"))
			}
		}
	}
	if top == nil || top.name != root {
		return nil, malformedXML(fmt.Errorf("the root is not %s", root))
	}
	return top, nil
}

// only fails when n has an element other than those named.
func (n *node) only(names ...string) error {
	for _, k := range n.kids {
		if !slices.Contains(names, k.name) {
			return malformedXML(fmt.Errorf("unexpected %s in %s", k.name, n.name))
		}
	}
	return nil
}

// child returns the single element of a name, nil when absent; two are an error.
func (n *node) child(name string) (*node, error) {
	var found *node
	for _, k := range n.kids {
		if k.name != name {
			continue
		}
		if found != nil {
			return nil, malformedXML(fmt.Errorf("two %s in %s", name, n.name))
		}
		found = k
	}
	return found, nil
}

// str returns the text of a single element, "" when absent.
func (n *node) str(name string) (text string, present bool, err error) {
	k, err := n.child(name)
	if err != nil || k == nil {
		return "", false, err
	}
	if len(k.kids) > 0 {
		return "", false, malformedXML(fmt.Errorf("elements in %s", name))
	}
	return k.text, true, nil
}

// boolean returns a true/false element; absent is false.
func (n *node) boolean(name string) (bool, error) {
	s, ok, err := n.str(name)
	if err != nil || !ok {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, malformedXML(fmt.Errorf("%s is not a boolean", name))
}

// all returns the elements of a name.
func (n *node) all(name string) []*node {
	var list []*node
	for _, k := range n.kids {
		if k.name == name {
			list = append(list, k)
		}
	}
	return list
}
