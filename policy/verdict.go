package policy

// verdict is the outcome of one comparison. Unknown means that there is no
// answer, because a text is not the number, date, range or ARN it should be.
// The condition turns unknown into the safer side.
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
