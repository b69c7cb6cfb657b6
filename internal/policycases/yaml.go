package policycases

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Limits of one test file. Aliases make a small text stand for a large one, so
// what counts is how much of it is read.
const (
	maxFileSize = 4 << 20
	maxNodes    = 200_000
	maxDepth    = 64
)

// reader reads the tree of one YAML text and collects what is wrong with it.
type reader struct {
	file     string
	problems Problems
	nodes    int
}

// root parses the text to the one value in it; nil when there is none to read.
func (r *reader) root(text []byte) *yaml.Node {
	if len(text) > maxFileSize {
		r.fail(nil, "the file has %d bytes, more than the %d that are read", len(text), maxFileSize)
		return nil
	}
	var doc, more yaml.Node
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err == nil {
		err = loader.Load(&doc)
	}
	switch {
	case errors.Is(err, io.EOF):
		r.fail(nil, "the file is empty")
		return nil
	case err != nil:
		r.badYAML(err)
		return nil
	case !errors.Is(loader.Load(&more), io.EOF):
		r.fail(&more, "the file has more than one YAML document")
		return nil
	}
	n := &doc
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if n.Kind == 0 || n.Tag == "!!null" {
		r.fail(nil, "the file is empty")
		return nil
	}
	return n
}

// badYAML reports what the parser says, at its place where it knows one.
func (r *reader) badYAML(err error) {
	p := Problem{File: r.file, Message: "not valid YAML: " + strings.ReplaceAll(err.Error(), "\n", "; ")}
	if load, ok := errors.AsType[*yaml.LoadError](err); ok && load.Mark.Line > 0 {
		p.Line, p.Column, p.Message = load.Mark.Line, max(load.Mark.Column, 1), "not valid YAML: "+load.Message
	}
	r.problems = append(r.problems, p)
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	p := Problem{File: r.file, Message: fmt.Sprintf(format, args...)}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	r.problems = append(r.problems, p)
}

// follow gives the value that an alias stands for. ok is false when too much has
// been read, which is said once.
func (r *reader) follow(n *yaml.Node) (*yaml.Node, bool) {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.fail(n, "the file is too large: with its aliases it has more than %d values", maxNodes)
		}
		return n, false
	}
	return n, true
}

// pair is one entry of a mapping.
type pair struct {
	key   *yaml.Node
	name  string
	value *yaml.Node
}

// pairs reads a mapping in its order, with merge keys (<<) resolved: what the
// mapping itself says wins.
func (r *reader) pairs(n *yaml.Node, what string) []pair { return r.mergedPairs(n, what, 0) }

func (r *reader) mergedPairs(n *yaml.Node, what string, depth int) []pair {
	n, ok := r.follow(n)
	if !ok {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s must be a mapping (name: value), not %s", what, kindOf(n))
		return nil
	}
	if depth > maxDepth {
		r.fail(n, "%s is nested too deeply", what)
		return nil
	}
	var own, merged []pair
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, _ := r.follow(n.Content[i])
		value := n.Content[i+1]
		switch {
		case key.Tag == "!!merge":
			merged = append(merged, r.merge(value, what, depth)...)
		case key.Kind != yaml.ScalarNode:
			r.fail(key, "a name in %s must be a plain word, not %s", what, kindOf(key))
		case seen[key.Value]:
			r.fail(key, "%s says %q twice", what, key.Value)
		default:
			seen[key.Value] = true
			own = append(own, pair{key: key, name: key.Value, value: value})
		}
	}
	for _, p := range merged {
		if !seen[p.name] {
			seen[p.name] = true
			own = append(own, p)
		}
	}
	return own
}

// merge reads what stands under <<: one mapping or a list of them.
func (r *reader) merge(n *yaml.Node, what string, depth int) []pair {
	target, ok := r.follow(n)
	if !ok {
		return nil
	}
	if target.Kind != yaml.SequenceNode {
		return r.mergedPairs(target, what, depth+1)
	}
	var all []pair
	for _, item := range target.Content {
		all = append(all, r.mergedPairs(item, what, depth+1)...)
	}
	return all
}

// fields reads a mapping whose names are known. Others are refused, with the one
// that was probably meant.
func (r *reader) fields(n *yaml.Node, what string, known ...string) map[string]pair {
	found := map[string]pair{}
	for _, p := range r.pairs(n, what) {
		if !slices.Contains(known, p.name) {
			r.fail(p.key, "%s has no field %q%s", what, p.name, suggest(p.name, known))
			continue
		}
		found[p.name] = p
	}
	return found
}

// text reads a scalar as it is written, without YAML's opinion about its type.
func (r *reader) text(p pair, what string) string {
	n, ok := r.follow(p.value)
	if !ok {
		return ""
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fail(n, "%s must be a text, not %s", what, kindOf(n))
		return ""
	}
	if strings.TrimSpace(n.Value) == "" {
		r.fail(n, "%s is empty", what)
	}
	return n.Value
}

// item is one text of a list.
type item struct {
	text string
	node *yaml.Node
}

// texts reads one text or a list of them. An empty list is empty.
func (r *reader) texts(n *yaml.Node, what string) []item {
	n, ok := r.follow(n)
	if !ok {
		return nil
	}
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	items := make([]item, 0, len(nodes))
	for _, v := range nodes {
		v, ok := r.follow(v)
		if !ok {
			return nil
		}
		if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
			r.fail(v, "%s must be a text or a list of texts, not %s", what, kindOf(v))
			continue
		}
		items = append(items, item{text: v.Value, node: v})
	}
	return items
}

// yes reads true or false.
func (r *reader) yes(p pair, what string) bool {
	n, _ := r.follow(p.value)
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		r.fail(n, "%s must be true or false", what)
	}
	return n.Value == "true"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	return fmt.Sprintf("%q", shorten(n.Value))
}

// shorten keeps messages readable whatever stands in a file.
func shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// suggest names the known word that a misspelt one is closest to, else all.
func suggest(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; it has " + strings.Join(known, ", ")
}

// distance is how many letters must be changed, added or removed (Levenshtein).
// Words far longer than any of ours are just far away.
func distance(a, b string) int {
	if len(a) > 40 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
