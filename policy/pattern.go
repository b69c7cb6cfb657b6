package policy

import "strings"

// pattern is a compiled text of the policy language: literal text, the
// wildcards * and ?, and variables whose values arrive with the request.
//
// It is cut at its stars into chunks. The first chunk is anchored at the
// start of the text, the last at its end, and each chunk between is taken at
// its leftmost place; since a chunk always matches the same number of
// characters, leftmost is never wrong and no star is tried twice. There is no
// regular expression and no recursion, and a chunk that would be tried again
// and again is searched for in one pass (chunk.go).
//
// The value of a variable is spliced in as text when a chunk is compared. It
// is never parsed again, so a star inside a value is only a star
// (spec/iam-sts.md 1.7).
type pattern struct {
	chunks []chunk
	vars   []variable
	min    int    // no shorter text can match (bytes, variables counted as empty)
	exact  bool   // no wildcard and no variable: literal holds everything
	lit    string // the literal when exact, else the literal prefix
}

// chunk is what stands between two stars.
type chunk []atom

type atomKind uint8

const (
	literalAtom  atomKind = iota // this text
	oneAtom                      // ?: any one character
	variableAtom                 // the value of vars[index]
)

type atom struct {
	kind  atomKind
	index int32
	text  string
}

// variable is ${key} or ${key, 'default'}.
type variable struct {
	key        contextKey
	fallback   string
	hasDefault bool
}

// dialect says which parts of the language a pattern may use.
type dialect struct {
	wildcards bool // * and ? are wildcards
	variables bool // ${…} is a variable or an escape (Version 2012-10-17)
}

// compilePattern compiles text. Every text is a legal pattern.
func compilePattern(text string, d dialect) pattern {
	return assemble(scanAtoms(text, d))
}

// star is how scanAtoms marks a *, which never reaches a chunk.
const starAtom atomKind = 0xFF

// scanAtoms cuts text into atoms, with starAtom for each star.
func scanAtoms(text string, d dialect) ([]atom, []variable) {
	n, gap := 1, 0 // about how many atoms there will be
	for i := range len(text) {
		if c := text[i]; c == '*' || c == '?' || c == '$' {
			if i > gap {
				n++
			}
			n, gap = n+1, i+1
		}
	}
	if gap == len(text) {
		n--
	}
	atoms := make([]atom, 0, n)
	var vars []variable
	start := 0
	flush := func(end int) {
		if end > start {
			atoms = append(atoms, atom{kind: literalAtom, text: text[start:end]})
		}
	}
	// Without a closing brace further on, ${ is literal; knowing where the last
	// one stands keeps "${${${…" linear.
	lastBrace := strings.LastIndexByte(text, '}')
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case d.variables && c == '$' && i+1 < lastBrace && text[i+1] == '{':
			flush(i)
			end := i + 2 + strings.IndexByte(text[i+2:], '}')
			body := text[i+2 : end]
			if body == "*" || body == "?" || body == "$" {
				atoms = append(atoms, atom{kind: literalAtom, text: body})
			} else {
				atoms = append(atoms, atom{kind: variableAtom, index: int32(len(vars))})
				vars = append(vars, parseVariable(body))
			}
			i = end + 1
			start = i
		case d.wildcards && (c == '*' || c == '?'):
			flush(i)
			kind := oneAtom
			if c == '*' {
				kind = starAtom
			}
			atoms = append(atoms, atom{kind: kind})
			i++
			start = i
		default:
			i++
		}
	}
	flush(len(text))
	return atoms, vars
}

// parseVariable reads the inside of ${…}. Anything but "key, 'default'" is
// taken as a key; a malformed one names no key, has no value and grants
// nothing.
func parseVariable(body string) variable {
	if key, rest, ok := strings.Cut(body, ", '"); ok && strings.HasSuffix(rest, "'") {
		return variable{key: newContextKey(key), fallback: rest[:len(rest)-1], hasDefault: true}
	}
	return variable{key: newContextKey(body)}
}

// assemble joins neighbouring literals and cuts at the stars. The chunks stay
// in the memory of atoms, which they only shorten.
func assemble(atoms []atom, vars []variable) pattern {
	stars := 0
	for i := range atoms {
		if atoms[i].kind == starAtom {
			stars++
		}
	}
	endsInStar := stars > 0 && atoms[len(atoms)-1].kind == starAtom
	p := pattern{vars: vars, chunks: make([]chunk, 0, stars+1)}
	kept := atoms[:0]
	begin := 0 // of the chunk in kept
	for i := 0; i < len(atoms); {
		a := atoms[i]
		i++
		switch a.kind {
		case starAtom:
			// "**" is "*".
			if len(kept) > begin || len(p.chunks) == 0 {
				p.chunks = append(p.chunks, chunk(kept[begin:len(kept):len(kept)]))
				begin = len(kept)
			}
			continue
		case literalAtom:
			end := i
			for end < len(atoms) && atoms[end].kind == literalAtom {
				end++
			}
			a.text = joined(atoms[i-1 : end])
			i = end
			p.min += len(a.text)
		case oneAtom:
			p.min++
		}
		kept = append(kept, a)
	}
	if len(kept) > begin || len(p.chunks) == 0 || endsInStar {
		p.chunks = append(p.chunks, chunk(kept[begin:len(kept):len(kept)]))
	}
	if first := p.chunks[0]; len(first) > 0 && first[0].kind == literalAtom {
		p.lit = first[0].text
	}
	p.exact = len(p.chunks) == 1 && (len(p.chunks[0]) == 0 || len(p.chunks[0]) == 1 && p.chunks[0][0].kind == literalAtom)
	return p
}

// joined returns the text of literals that follow each other.
func joined(atoms []atom) string {
	if len(atoms) == 1 {
		return atoms[0].text
	}
	var b strings.Builder
	for i := range atoms {
		b.WriteString(atoms[i].text)
	}
	return b.String()
}

// any reports whether the pattern is * alone.
func (p *pattern) any() bool {
	return len(p.chunks) == 2 && len(p.chunks[0]) == 0 && len(p.chunks[1]) == 0
}

// wild reports whether the pattern has a wildcard.
func (p *pattern) wild() bool {
	if len(p.chunks) > 1 {
		return true
	}
	for _, a := range p.chunks[0] {
		if a.kind == oneAtom {
			return true
		}
	}
	return false
}

// fewVars is how many variables a pattern resolves without allocating.
const fewVars = 4

// match reports whether the pattern matches the whole of s. With a variable
// that has no value it matches nothing.
func (p *pattern) match(s string, ctx *Context) bool {
	if p.exact {
		return s == p.lit
	}
	if len(s) < p.min || !strings.HasPrefix(s, p.lit) {
		return false
	}
	var few [fewVars]string
	values := few[:0]
	for i := range p.vars {
		v, ok := p.vars[i].resolve(ctx)
		if !ok {
			return false
		}
		values = append(values, v)
	}
	ok, _ := p.glob(s, values)
	return ok
}

// resolves reports whether every variable has a value.
func (p *pattern) resolves(ctx *Context) bool {
	for i := range p.vars {
		if _, ok := p.vars[i].resolve(ctx); !ok {
			return false
		}
	}
	return true
}

// resolve returns a variable's value: that of a single-valued key, else the
// default.
func (v *variable) resolve(ctx *Context) (string, bool) {
	if e := ctx.lookup(&v.key); e != nil && !e.multi && len(e.values) == 1 {
		return e.values[0], true
	}
	return v.fallback, v.hasDefault
}
