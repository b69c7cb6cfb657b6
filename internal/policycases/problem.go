package policycases

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxProblems is how many problems one run reports: a file of another kind is
// wrong everywhere.
const maxProblems = 20

// Problem is a mistake in a test file or in a policy that it names.
type Problem struct {
	File         string
	Line, Column int // from 1; 0 when the place is not known
	Message      string
}

// String gives the problem as compilers do: file:line:column: message. It is safe
// for a terminal.
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", p.File, p.Line, max(p.Column, 1))
	}
	return printable(where + ": " + p.Message)
}

// Problems is the error of a file that cannot be run. It is never empty.
type Problems []Problem

// Error gives one line per problem.
func (p Problems) Error() string {
	lines := make([]string, 0, len(p))
	for i, q := range p {
		if i == maxProblems {
			lines = append(lines, fmt.Sprintf("and %d more problems", len(p)-i))
			break
		}
		lines = append(lines, q.String())
	}
	return strings.Join(lines, "\n")
}

// sorted gives the problems in the order of the text, nil when there are none.
func (p Problems) sorted() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(p)
}
