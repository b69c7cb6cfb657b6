package lint

import (
	"strings"
	"unicode/utf8"
)

// glob is a pattern of the policy language as a row of symbols: a character, or
// one of the negative numbers below. Runs of wildcards are kept in one form, the
// single characters before the star ("*?*" is "?*"), so that equal patterns look
// equal.
type glob []rune

const (
	oneSymbol  rune = -1 // ?: any one character
	starSymbol rune = -2 // *: any characters, also none
	// Only in forms of resources (catalog.ResourceType):
	partSymbol  rune = -3 // one character other than a slash
	partsSymbol rune = -4 // any characters other than a slash, also none
	// firstVariable and below: variables, numbered as they are met. The value is
	// the same wherever a variable stands in a document.
	firstVariable rune = -16
)

func isVariable(r rune) bool { return r <= firstVariable }

// interner numbers variables.
type interner map[string]rune

func (in interner) symbol(body string) rune {
	body = strings.ToLower(body)
	if s, ok := in[body]; ok {
		return s
	}
	s := firstVariable - rune(len(in))
	in[body] = s
	return s
}

// newGlob reads a pattern with wildcards. Variables are read when vars is not
// nil; otherwise ${ is text. Text that is not UTF-8 has no place in a policy.
func newGlob(text string, vars interner) glob {
	g := make(glob, 0, len(text))
	star := false // a star is due after the ones
	flush := func() {
		if star {
			g = append(g, starSymbol)
			star = false
		}
	}
	lastBrace := -1
	if vars != nil {
		lastBrace = strings.LastIndexByte(text, '}')
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '*':
			star = true
			i++
		case c == '?':
			g = append(g, oneSymbol)
			i++
		case c == '$' && i+1 < lastBrace && text[i+1] == '{':
			flush()
			end := i + 2 + strings.IndexByte(text[i+2:], '}')
			if body := text[i+2 : end]; body == "*" || body == "?" || body == "$" {
				g = append(g, rune(body[0]))
			} else {
				g = append(g, vars.symbol(body))
			}
			i = end + 1
		default:
			flush()
			r, size := utf8.DecodeRuneInString(text[i:])
			g = append(g, r)
			i += size
		}
	}
	flush()
	return g
}

// plainGlob is a text without wildcards.
func plainGlob(text string) glob { return glob([]rune(text)) }

// formGlob reads the form of a resource: {name} and {name...}.
func formGlob(text string) glob {
	var g glob
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		g = append(g, []rune(before)...)
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		if strings.HasSuffix(name, "...") {
			g = append(g, oneSymbol, starSymbol)
		} else {
			g = append(g, partSymbol, partsSymbol)
		}
		text = after
	}
	return g
}

// everything reports whether the pattern is * alone.
func (g glob) everything() bool { return len(g) == 1 && g[0] == starSymbol }

// covers reports whether every text that b matches is matched by a: it matches a
// against b's symbols, where b's star can only be taken by a star of a, b's
// question mark by a star or a question mark, and a variable by a star or by the
// same variable. A yes is always right; a no may be wrong when a's wildcards
// would have to be shared between b's.
//
// It keeps one place to return to, so it takes at most len(a) × len(b) steps,
// which the budget pays.
func (r *run) covers(a, b glob) bool {
	if !r.spend(1) {
		return false
	}
	if len(a) > 0 && a[len(a)-1] != starSymbol && len(b) > 0 && b[len(b)-1] == starSymbol {
		return false // the common case: a ends and b goes on
	}
	i, j := 0, 0         // in b, in a
	backB, backA := 0, 0 // where the last star of a may take one symbol more
	starred, steps := false, 0
	for i < len(b) {
		steps++
		switch {
		case j < len(a) && a[j] == starSymbol:
			starred, backB, backA = true, i, j
			j++
		case j < len(a) && (a[j] == b[i] && b[i] != starSymbol || a[j] == oneSymbol && b[i] >= 0):
			i, j = i+1, j+1
		case starred:
			backB++
			i, j = backB, backA+1
		default:
			return r.spend(steps) && false
		}
	}
	for j < len(a) && a[j] == starSymbol {
		j++
	}
	return r.spend(steps+1) && j == len(a)
}

// meets reports whether some text matches both a pattern and the form of a
// resource. A variable of the pattern may have any value. Both answers are right;
// it takes len(a) × len(form) steps.
func (r *run) meets(a, form glob) bool {
	if !r.spend((len(a) + 1) * (len(form) + 1)) {
		return true // rules speak of what does not meet
	}
	// reach[j]: the part of a that has been read can stand for form[:j].
	reach := make([]bool, len(form)+1)
	reach[0] = true
	skipStars(reach, form)
	for _, s := range a {
		if s == starSymbol || isVariable(s) {
			for j := range form {
				reach[j+1] = reach[j+1] || reach[j]
			}
			continue
		}
		next := make([]bool, len(form)+1)
		for j := range form {
			if !reach[j] || !accepts(form[j], s) {
				continue
			}
			if form[j] == starSymbol || form[j] == partsSymbol {
				next[j] = true
			} else {
				next[j+1] = true
			}
		}
		skipStars(next, form)
		reach = next
	}
	return reach[len(form)]
}

// skipStars lets every star of the form be empty.
func skipStars(reach []bool, form glob) {
	for j := range form {
		if reach[j] && (form[j] == starSymbol || form[j] == partsSymbol) {
			reach[j+1] = true
		}
	}
}

// accepts reports whether one character of a pattern (a literal or ?) can stand
// where the form has f.
func accepts(f, s rune) bool {
	switch f {
	case oneSymbol, starSymbol:
		return true
	case partSymbol, partsSymbol:
		return s != '/'
	}
	return s == oneSymbol || s == f
}
