package policy

import "unicode/utf8"

// Size counts the characters of a policy text as IAM's quotas do: white space
// outside of strings is free (spec/iam-sts.md 1.9). Any text has a size.
func Size(text []byte) int {
	n, inString := 0, false
	for i := 0; i < len(text); {
		_, size := utf8.DecodeRune(text[i:])
		switch c := text[i]; {
		case inString && c == '\\' && i+1 < len(text):
			// An escaped quote does not end the string; both characters count.
			n++
			i++
			_, size = utf8.DecodeRune(text[i:])
		case c == '"':
			inString = !inString
		case !inString && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			n--
		}
		n++
		i += size
	}
	return n
}

// RewritePrincipals returns text with every value under AWS in a Principal or
// NotPrincipal replaced by f of it; every other byte stays. IAM stores unique
// ids where the author wrote ARNs and gives ARNs back (spec/iam-sts.md 1.6).
// A text that is not a policy comes back as it is.
func RewritePrincipals(text []byte, f func(value string) string) []byte {
	raw := string(text)
	root, err := readJSON(raw)
	if err != nil || root.kind != objectNode {
		return []byte(raw)
	}
	w := rewriter{raw: raw, f: f}
	if list, ok := root.get("Statement"); ok {
		w.statements(list)
	}
	return append(w.out, raw[w.done:]...)
}

// rewriter copies raw, replacing strings on the way; done is how far it came.
type rewriter struct {
	raw  string
	f    func(string) string
	out  []byte
	done int
}

func (w *rewriter) statements(n *node) {
	if n.kind == objectNode {
		w.statement(n)
	}
	for i := range n.items {
		if n.items[i].kind == objectNode {
			w.statement(&n.items[i])
		}
	}
}

// statement visits members in the order of the text, which keeps the copying
// a single pass.
func (w *rewriter) statement(n *node) {
	for i := range n.members {
		m := &n.members[i]
		if m.name != "Principal" && m.name != "NotPrincipal" {
			continue
		}
		for k := range m.value.members {
			if typ := &m.value.members[k]; typ.name == "AWS" {
				w.value(&typ.value)
				for j := range typ.value.items {
					w.value(&typ.value.items[j])
				}
			}
		}
	}
}

func (w *rewriter) value(n *node) {
	if n.kind != stringNode {
		return
	}
	if v := w.f(n.text); v != n.text {
		w.out = append(w.out, w.raw[w.done:n.pos.Offset]...)
		w.out = quote(w.out, v, false)
		w.done = n.end
	}
}
