package simulate

import (
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// span is what an answer says of a statement.
type span struct {
	effect     policy.Effect
	start, end policy.Position
}

// spans returns where IAM says that the statements of a document stand. Its
// parser notes a place when it is about to read a statement, so a statement
// begins just behind whatever was read before it: the bracket of the list, the
// statement before, or its own brace when there is no list. Answers of IAM with
// documents of one, two and many lines agree.
func spans(d *policy.Document, text []byte) []span {
	list := make([]span, d.Len())
	for i := range list {
		s := d.Statement(i)
		list[i] = span{effect: s.Effect, end: d.StatementEnd(i)}
		if i > 0 {
			list[i].start = list[i-1].end
		} else {
			list[i].start = firstStart(text, s.Position)
		}
	}
	return list
}

// firstStart returns where the first statement begins, whose brace is known.
func firstStart(text []byte, brace policy.Position) policy.Position {
	bracket := brace.Offset - 1
	for bracket >= 0 && strings.IndexByte(" \t\r\n", text[bracket]) >= 0 {
		bracket--
	}
	if bracket < 0 || text[bracket] != '[' {
		return policy.Position{Offset: brace.Offset + 1, Line: brace.Line, Column: brace.Column + 1}
	}
	line, lineStart := 1, 0
	for i, c := range text[:bracket] {
		if c == '\n' {
			line, lineStart = line+1, i+1
		}
	}
	return policy.Position{Offset: bracket + 1, Line: line, Column: bracket - lineStart + 2}
}
