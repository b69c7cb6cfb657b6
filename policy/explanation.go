package policy

// Explanation says how a request was decided and why. It is plain data: it keeps
// nothing of the request, the context or the policies, so it may be stored,
// printed (Text) and encoded as JSON.
type Explanation struct {
	Effect   Effect `json:"effect"` // "allowed", "explicitDeny", "implicitDeny"
	Action   string `json:"action"`
	Resource string `json:"resource"`
	// Principal is the calling ARN, "anonymous" without one.
	Principal string `json:"principal"`
	// DecidedBy is the layer that AWS names in its sentence, in AWS's words; ""
	// when the account root was allowed without asking a policy.
	DecidedBy Layer `json:"decidedBy"`
	// Reason is AWS's clause (Decision.Reason), "" when allowed.
	Reason string `json:"reason,omitempty"`
	// Statement is what decided; nil for an implicit denial.
	Statement *StatementRef `json:"statement,omitempty"`
	// Layers are all layers that were looked at, in the order of the table in
	// spec/iam-sts.md 2.2; one that does not limit the caller is not listed.
	Layers []LayerExplanation `json:"layers"`
	// Keys are the condition keys that any condition or variable of the policies
	// asked for, and the value the request had.
	Keys []KeyExplanation `json:"keys"`
	// Fix is the smallest addition that would allow the request; nil when it is
	// allowed, or when no addition helps.
	Fix *Fix `json:"fix,omitempty"`
}

// StatementRef names one statement of one policy.
type StatementRef struct {
	Policy    string `json:"policy"`        // name
	PolicyARN string `json:"arn,omitempty"` // managed policies
	Sid       string `json:"sid,omitempty"`
	Index     int    `json:"index"` // from 0; -1 when the whole policy is meant
	Line      int    `json:"line"`  // in the document as stored, from 1
	Column    int    `json:"column"`
	Effect    string `json:"effect"` // "Allow" or "Deny"
}

// LayerExplanation is what one layer said.
type LayerExplanation struct {
	Layer    Layer    `json:"layer"`
	Effect   Effect   `json:"effect"`
	Policies []string `json:"policies"` // names of what was asked
	// Statement is what decided the layer; nil when none matched.
	Statement *StatementRef `json:"statement,omitempty"`
	// NearMisses are the statements that came closest, the closest first. There
	// are at most MaxNearMisses.
	NearMisses []NearMiss `json:"nearMisses,omitempty"`
}

// MaxNearMisses bounds the near misses of a layer.
const MaxNearMisses = 5

// NearMiss is a statement that did not match, and every element of it that
// failed.
type NearMiss struct {
	StatementRef
	Failed []FailedElement `json:"failed"`
}

// FailedElement is one element of a statement that did not match the request.
type FailedElement struct {
	// Element is "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
	// "NotResource" or "Condition".
	Element string `json:"element"`
	// Operator and Key are set for a Condition.
	Operator string `json:"operator,omitempty"`
	Key      string `json:"key,omitempty"`
	// Wanted is what the statement says, Seen what the request had. Missing is
	// true when the request does not have the key at all.
	Wanted  []string `json:"wanted,omitempty"`
	Seen    []string `json:"seen,omitempty"`
	Missing bool     `json:"missing,omitempty"`
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
}

// KeyExplanation is one condition key that a policy asked for.
type KeyExplanation struct {
	Key     string   `json:"key"`
	Values  []string `json:"values,omitempty"`
	Multi   bool     `json:"multi,omitempty"`
	Missing bool     `json:"missing,omitempty"`
}

// Fix is the smallest change that would allow a denied request.
type Fix struct {
	// Layer is where it belongs.
	Layer Layer `json:"layer"`
	// Words say it in one sentence.
	Words string `json:"words"`
	// Statement is a policy statement as JSON that would have to be added, or ""
	// when something must be removed or changed instead.
	Statement string `json:"statement,omitempty"`
	// Remove is the statement that stands in the way.
	Remove *StatementRef `json:"remove,omitempty"`
}
