package policy

// actionPattern is one entry of Action or NotAction, folded to lower case.
// Actions know * and ? but no variables (spec/iam-sts.md 1.4).
type actionPattern struct {
	text  string // folded; without the final star for a prefix
	shape actionShape
}

type actionShape uint8

const (
	exactAction  actionShape = iota
	anyAction                // *
	prefixAction             // s3:Get*, with no other wildcard
	globAction
)

func compileAction(text string) actionPattern {
	p := actionPattern{text: lower(text), shape: exactAction}
	for i := 0; i < len(p.text); i++ {
		if c := p.text[i]; c != '*' && c != '?' {
			continue
		} else if c == '*' && i == len(p.text)-1 {
			p.text, p.shape = p.text[:i], prefixAction
			if i == 0 {
				p.shape = anyAction
			}
			return p
		}
		p.shape = globAction
		return p
	}
	return p
}

// match reports whether the pattern matches the folded action of a request.
func (p *actionPattern) match(action []byte) bool {
	switch p.shape {
	case anyAction:
		return true
	case exactAction:
		return string(action) == p.text
	case prefixAction:
		return len(action) >= len(p.text) && string(action[:len(p.text)]) == p.text
	}
	return globMatch(p.text, action)
}

// globMatch matches s against a pattern of * and ?. It keeps one place to come
// back to, the last star, and never an older one: whatever an older star could
// reach, the last one can reach too.
func globMatch(pattern string, s []byte) bool {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
