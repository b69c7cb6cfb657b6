package policy

import "math/bits"

// index finds the statements of one policy that could be about a request, so
// that a decision does not look at the others. It is a multimap from 64-bit
// keys to statements. A key stands for what a pattern of Resource demands:
//
//   - nothing (* and NotResource),
//   - the whole text of the sixth ARN field,
//   - a literal beginning of it, the longest the pattern has,
//   - or, when too many patterns share one beginning, four bytes that must
//     stand somewhere in it: the ones fewest of those patterns have.
//
// The second and third also demand the earlier ARN fields that are literal. A
// key that too many statements share is split by what they demand of the
// action: its whole name, a beginning, nothing; and one that is still shared by
// too many, by the values they demand of a condition key or of the caller
// (indexvalue.go).
//
// A request can only match statements under the keys it produces itself, and
// there are few: one for its whole resource, one for each length of a
// beginning in use, one for each of its four-byte windows that any pattern
// asked for. The statements found are then judged in full like all others, so
// a collision of keys costs time and never changes an answer.
//
// The keys are sorted, and a directory over their first bits leads to the
// place in a step or two. Keys made to collide there cost a binary search:
// nothing needs a secret seed.
type index struct {
	slots     []slot
	list      []uint32 // statements, slot after slot, each in order
	directory []uint32 // where the slots begin whose keys begin with these bits
	shift     uint8
	shapes    []arnDemand
	actions   uint64   // lengths of action beginnings in split slots
	windows   *filter  // nil when no pattern is kept by four bytes
	asks      []keyAsk // the condition keys that slots are split by
	callers   bool     // some slot is split by principals
}

// slot is one key with its statements: list[first:allows] deny,
// list[allows:end] allow.
type slot struct {
	key                uint64
	first, allows, end uint32
	split              bool   // more statements stand under the key and an action
	asks               uint16 // … and under the key and a value of one of these
}

// arnDemand is one combination of literal fields among the first four of an
// ARN pattern (partition, service, region, account), with the lengths of the
// beginnings that patterns of this combination ask of the sixth.
type arnDemand struct {
	literal uint8 // bit i: field i
	exact   bool  // some ask for the whole field
	lengths uint64
}

const (
	longestStart  = 63 // of a resource's beginning; a longer one is cut
	longestAction = 31 // of an action's beginning
	windowSize    = 4
)

// The kinds of key, mixed into it.
const (
	everyKey uint64 = iota + 1
	exactKey
	startKey
	windowKey
	actionKey
	actionStartKey
	valueKey
	principalSeed
	conditionSeed
)

// mixKey makes a key of two numbers.
func mixKey(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9E3779B97F4A7C15, b^0xD6E8FEB86659FD93)
	return hi ^ lo
}

// hashStart is where the hash of a text begins.
const hashStart uint64 = 14695981039346656037

// hashText is the hash of a text, eight bytes at a time: a request's resource
// is hashed once for each length of a beginning that an index asks for.
func hashText[T string | []byte](s T) uint64 {
	h := hashStart + uint64(len(s))
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := s[i : i+8]
		h = mixKey(h, uint64(w[0])|uint64(w[1])<<8|uint64(w[2])<<16|uint64(w[3])<<24|
			uint64(w[4])<<32|uint64(w[5])<<40|uint64(w[6])<<48|uint64(w[7])<<56)
	}
	rest := uint64(0)
	for ; i < len(s); i++ {
		rest = rest<<8 | uint64(s[i])
	}
	return mixKey(h, rest)
}

// keyOf makes the key of a kind for a text with hash h, below seed.
func keyOf(kind, seed, h uint64) uint64 { return mixKey(seed+kind, h) }

// requestKeys holds the hashes of a request's resource that serve every policy.
type requestKeys struct {
	ready bool
	early [4]uint64 // the fields before the last
	whole uint64    // the last
}

// requestKeys computes the hashes at the first policy that has an index.
func (e *evaluation) requestKeys() *requestKeys {
	k := &e.keys
	if !k.ready {
		k.ready = true
		for i := range k.early {
			k.early[i] = hashText(e.resource.fields[i])
		}
		k.whole = hashText(e.resource.fields[4])
	}
	return k
}

// upTo keeps the lengths that a text of n bytes has.
func upTo(lengths uint64, n int) uint64 {
	if n >= 63 {
		return lengths
	}
	return lengths & (1<<(n+1) - 1)
}

// visit shows s the statements that could be about its request. It reports
// false when the budget ran out first.
func (ix *index) visit(s *search) bool {
	if ix.callers && !s.named {
		return false // principals mean nothing here
	}
	if !ix.open(s, everyKey) {
		return false
	}
	if s.e.resource.star {
		return true
	}
	resource, k := s.e.resource.fields[4], s.e.requestKeys()
	for i := range ix.shapes {
		d := &ix.shapes[i]
		seed := d.seed(&k.early)
		if d.exact && !ix.open(s, keyOf(exactKey, seed, k.whole)) {
			return false
		}
		for rest := upTo(d.lengths, len(resource)); rest != 0; rest &= rest - 1 {
			n := bits.TrailingZeros64(rest)
			if !ix.open(s, keyOf(startKey, seed, hashText(resource[:n]))) {
				return false
			}
		}
	}
	if ix.windows == nil {
		return true
	}
	for i := 0; i+windowSize <= len(resource); i++ {
		w := window(resource, i)
		if ix.windows.has(w) && !ix.open(s, keyOf(windowKey, 0, uint64(w))) {
			return false
		}
	}
	return true
}

// seed mixes the literal early fields of a demand.
func (d *arnDemand) seed(early *[4]uint64) uint64 {
	seed := uint64(d.literal)
	for rest := d.literal; rest != 0; rest &= rest - 1 {
		seed = mixKey(seed, early[bits.TrailingZeros8(rest)&3])
	}
	return seed
}

// window reads four bytes of s at i.
func window(s string, i int) uint32 {
	s = s[i : i+windowSize]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// open shows s the statements of one key, and those of the key with the
// request's action.
func (ix *index) open(s *search, key uint64) bool {
	found := ix.find(key)
	if found == nil {
		return s.spend(1)
	}
	if !ix.reveal(s, key, found) || !found.split {
		return s.budget >= 0
	}
	action := s.e.foldedAction()
	whole := keyOf(actionKey, key, hashText(action))
	if sub := ix.find(whole); sub != nil && !ix.reveal(s, whole, sub) {
		return false
	}
	for rest := upTo(ix.actions, len(action)); rest != 0; rest &= rest - 1 {
		start := keyOf(actionStartKey, key, hashText(action[:bits.TrailingZeros64(rest)]))
		sub := ix.find(start)
		if !s.spend(1) || sub != nil && !ix.reveal(s, start, sub) {
			return false
		}
	}
	return true
}

// reveal shows s the statements of one slot, and those of its key with a value
// of the request.
func (ix *index) reveal(s *search, key uint64, found *slot) bool {
	return ix.show(s, found) && (found.asks == 0 || ix.openValues(s, key, found.asks))
}

// show shows s the statements of one slot, as far as they can matter.
func (ix *index) show(s *search, found *slot) bool {
	for _, i := range ix.list[found.first:found.allows] {
		if int(i) >= s.deny {
			break
		}
		if !s.spend(int(s.p.statements[i].weight)) {
			return false
		}
		s.show(int(i))
	}
	if s.granted || s.denies() {
		return true
	}
	for _, i := range ix.list[found.allows:found.end] {
		if int(i) >= s.allow && !s.named {
			break
		}
		if !s.spend(int(s.p.statements[i].weight)) {
			return false
		}
		s.show(int(i))
	}
	return true
}

// find returns the slot of a key, nil when there is none.
func (ix *index) find(key uint64) *slot {
	at := key >> ix.shift
	slots := ix.slots[ix.directory[at]:ix.directory[at+1]]
	for len(slots) > 4 {
		half := len(slots) / 2
		if slots[half].key > key {
			slots = slots[:half]
		} else {
			slots = slots[half:]
		}
	}
	for i := range slots {
		if slots[i].key == key {
			return &slots[i]
		}
	}
	return nil
}

// filter says quickly that no pattern asked for a window.
type filter struct {
	bits  []uint64
	shift uint8
}

// newFilter makes a filter for n windows, with sixteen bits for each.
func newFilter(n int) *filter {
	log := max(6, bits.Len(uint(n-1))+4)
	return &filter{bits: make([]uint64, 1<<(log-6)), shift: uint8(64 - log)}
}

func (f *filter) place(w uint32) (word int, bit uint64) {
	h := uint64(w) * 0x9E3779B97F4A7C15 >> f.shift
	return int(h >> 6), 1 << (h & 63)
}

func (f *filter) add(w uint32) {
	word, bit := f.place(w)
	f.bits[word] |= bit
}

func (f *filter) has(w uint32) bool {
	word, bit := f.place(w)
	return f.bits[word]&bit != 0
}
