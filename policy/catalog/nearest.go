package catalog

import "strings"

// NearestAction returns the action whose name is closest to a misspelt one, ""
// when none is close. Name is a full name; its service must be known.
func (c *Catalog) NearestAction(name string) string {
	prefix, action, ok := strings.Cut(name, ":")
	s := c.Service(prefix)
	if !ok || s == nil {
		return ""
	}
	best := newNearest(action)
	for _, a := range s.Actions {
		best.offer(a.Name)
	}
	if best.found == "" {
		return ""
	}
	return s.Prefix + ":" + best.found
}

// NearestService returns the prefix of the service closest to a misspelt one,
// "" when none is close.
func (c *Catalog) NearestService(prefix string) string {
	best := newNearest(prefix)
	for _, s := range c.load().services {
		best.offer(s.Prefix)
	}
	return best.found
}

// NearestKey returns the condition key closest to a misspelt one, "" when none
// is close. A member of a family keeps what follows the slash.
func (c *Catalog) NearestKey(name string) string {
	t := c.load()
	family, member, isMember := strings.Cut(name, "/")
	if isMember {
		best := newNearest(family)
		for k := range t.allKeys {
			if base, ok := strings.CutSuffix(k.Name, "/*"); ok {
				best.offer(base)
			}
		}
		if best.found != "" {
			return best.found + "/" + member
		}
	}
	best := newNearest(name)
	for k := range t.allKeys {
		if !k.Family {
			best.offer(k.Name)
		}
	}
	return best.found
}

// allKeys lists every key by a stable order, so that of two equally close ones
// the same is found every time.
func (t *tables) allKeys(yield func(*Key) bool) {
	for _, list := range [][]*Key{t.global, t.providers} {
		for _, k := range list {
			if !yield(k) {
				return
			}
		}
	}
	for _, s := range t.services {
		for _, k := range s.Keys {
			if !yield(k) {
				return
			}
		}
	}
}

// nearest looks for the name with the smallest edit distance.
type nearest struct {
	want, found string
	distance    int // of found; candidates must be closer
	row         []int
}

// longestName is the longest text that is compared; no name is longer.
const longestName = 64

func newNearest(want string) *nearest {
	n := &nearest{want: strings.ToLower(want)}
	if len(want) <= longestName {
		// One slip in three letters, three at most: further away is another word.
		n.distance = min(len(want)/3, 3) + 1
	}
	return n
}

func (n *nearest) offer(name string) {
	if n.distance == 0 || abs(len(name)-len(n.want)) >= n.distance {
		return
	}
	if d := n.edit(strings.ToLower(name)); d < n.distance {
		n.found, n.distance = name, d
	}
}

// edit is the Levenshtein distance, a swap of neighbours counting as two.
func (n *nearest) edit(name string) int {
	n.row = n.row[:0]
	for j := range len(name) + 1 {
		n.row = append(n.row, j)
	}
	for i := range len(n.want) {
		diagonal := n.row[0]
		n.row[0] = i + 1
		for j := range len(name) {
			d := diagonal
			if n.want[i] != name[j] {
				d++
			}
			diagonal = n.row[j+1]
			n.row[j+1] = min(d, n.row[j]+1, diagonal+1)
		}
	}
	return n.row[len(name)]
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
