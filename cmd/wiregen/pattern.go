package main

import (
	"fmt"
	"regexp"
	"strings"
)

// goPattern translates a pattern of the model, a Java regular expression, into
// one for package regexp. What it does not know how to translate must be given
// in the overlay; the result always compiles, or goPattern fails.
//
// The differences that matter in our models: \uXXXX becomes \x{XXXX}; \s does not
// match a vertical tab in Go; and Go has no lookahead.
func goPattern(java string, given map[string]string) (string, error) {
	out, ok := given[java]
	if !ok {
		var b strings.Builder
		for i := 0; i < len(java); i++ {
			if java[i] != '\\' || i+1 == len(java) {
				b.WriteByte(java[i])
				continue
			}
			i++
			switch {
			case java[i] == 'u' && i+5 <= len(java) && isHex(java[i+1:i+5]):
				if i+5 < len(java) && isHex(java[i+5:i+6]) {
					return "", fmt.Errorf("pattern %q has an ambiguous code point; give it in the overlay", java)
				}
				b.WriteString(`\x{` + java[i+1:i+5] + `}`)
				i += 4
			case java[i] == 's':
				b.WriteString(`\s\x0B`)
			default:
				b.WriteByte('\\')
				b.WriteByte(java[i])
			}
		}
		out = b.String()
	}
	if strings.Contains(java, `\s`) && !strings.Contains(java, "[") {
		return "", fmt.Errorf("pattern %q has \\s outside a class; give it in the overlay", java)
	}
	if _, err := regexp.Compile(`\A(?:` + out + `)\z`); err != nil {
		return "", fmt.Errorf("pattern %q: %w", java, err)
	}
	return out, nil
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
