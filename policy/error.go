package policy

// Kind says where a document is attached, which decides what it may contain
// and which of AWS's messages a mistake earns (spec/iam-sts.md 1.2, 1.9).
type Kind int

// The kinds of policy document.
const (
	Identity Kind = iota + 1 // inline policy of a user, group or role
	Managed                  // managed policy version (must be 2012-10-17)
	Session                  // session policy passed to STS
	Trust                    // a role's trust policy
	Resource                 // resource-based policy (a bucket policy)
)

// String names the kind in plain words, for logs and lint output.
func (k Kind) String() string {
	switch k {
	case Identity:
		return "identity policy"
	case Managed:
		return "managed policy"
	case Session:
		return "session policy"
	case Trust:
		return "role trust policy"
	case Resource:
		return "resource policy"
	}
	return "unknown kind of policy"
}

// Error is a document that AWS would refuse. Message is AWS's sentence; the
// wire code (MalformedPolicyDocument, MalformedPolicy) is chosen by the edge.
type Error struct {
	Kind    Kind
	Message string
	Line    int // 1-based position of the offending element, 0 if unknown
	Column  int
	Detail  string // for logs: what was wrong in plain words
}

// Error returns AWS's sentence, so that an edge may print the error as it is.
func (e *Error) Error() string { return e.Message }
