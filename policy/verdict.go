package policy

// verdict is the outcome of one comparison. Unknown means that the question
// has no answer: a variable without a value, a text that is not a number.
// Whoever asked turns unknown into the safer side.
type verdict uint8

const (
	no verdict = iota
	yes
	unknown
)

func verdictOf(b bool) verdict {
	if b {
		return yes
	}
	return no
}
