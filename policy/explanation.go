package policy

// Explanation says how a request was decided and why. It is plain data: it keeps
// nothing of the request, the context or the policies, so it may be stored,
// printed ([Explanation.Text], [Explanation.Sentence]) and encoded as JSON, from
// which it can be read back.
//
// Whoever is denied can cause one, so its size is bounded whatever the request
// and the policies hold: lists by MaxNearMisses, MaxFailed, MaxKeys and
// MaxValues, each text by MaxValueLength, and all of them together by
// MaxExplanation. A text that was cut ends in "…"; a list that was cut ends with
// an element like "… and 12 more".
type Explanation struct {
	Effect   Effect `json:"effect"` // "allowed", "explicitDeny", "implicitDeny"
	Action   string `json:"action"`
	Resource string `json:"resource"`
	// Principal is the calling ARN, "anonymous" without one.
	Principal string `json:"principal"`
	// Entity is the ARN of the user or role behind a session, "" when it is
	// Principal or there is none.
	Entity string `json:"entity,omitempty"`
	// PrincipalAccount and ResourceAccount are set when they differ: a request
	// across accounts needs both sides.
	PrincipalAccount string `json:"principalAccount,omitempty"`
	ResourceAccount  string `json:"resourceAccount,omitempty"`
	// DecidedBy is the layer that AWS names in its sentence, in AWS's words; ""
	// when the account root was allowed without asking a policy, and when the
	// request could not be judged.
	DecidedBy Layer `json:"decidedBy"`
	// Reason is AWS's clause (Decision.Reason), "" when allowed.
	Reason string `json:"reason,omitempty"`
	// Problem says in plain words why the request could not be judged, which
	// denies it; "" for a sound request.
	Problem string `json:"problem,omitempty"`
	// Statement is what decided; nil for an implicit denial.
	Statement *StatementRef `json:"statement,omitempty"`
	// Covers says, part by part, why a Deny in Statement is about the request: "its
	// action s3:Delete* covers s3:DeleteObject".
	Covers []string `json:"covers,omitempty"`
	// Conditions are those of Statement. All of them hold.
	Conditions []MatchedCondition `json:"conditions,omitempty"`
	// Layers are the layers that were asked, in the order identity, boundary,
	// session, resource or trust. A layer that neither limits the caller nor could
	// have granted the request is not listed.
	Layers []LayerExplanation `json:"layers"`
	// Keys are the condition keys that any condition or variable of the policies
	// asked for, and the value the request had. There are at most MaxKeys, those
	// of the deciding statement and of the near misses first; KeysLeftOut counts
	// the others.
	Keys        []KeyExplanation `json:"keys"`
	KeysLeftOut int              `json:"keysLeftOut,omitempty"`
	// Fix is the smallest addition that would allow the request; nil when it is
	// allowed, or when no addition helps.
	Fix *Fix `json:"fix,omitempty"`
}

// The bounds of an Explanation.
const (
	MaxNearMisses  = 5    // of a layer
	MaxFailed      = 16   // elements of a near miss, and conditions of the deciding statement
	MaxKeys        = 64   // condition keys
	MaxValues      = 64   // in any list of names or values
	MaxFixes       = 16   // parts of a fix
	MaxValueLength = 1280 // bytes of any text: more than the longest ARN of an S3 object
	// MaxExplanation is about how many bytes all texts take together as JSON.
	MaxExplanation = decisionShare + 4*layerShare + fixShare + keysShare
)

// StatementRef names one statement of one policy.
type StatementRef struct {
	Policy    string `json:"policy"`           // name
	PolicyARN string `json:"arn,omitempty"`    // managed policies
	Source    string `json:"source,omitempty"` // what it comes through, Meta.Source: "group Developers"
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
	// Statements is how many statements they have.
	Statements int `json:"statements"`
	// Statement is what decided the layer; nil when none matched.
	Statement *StatementRef `json:"statement,omitempty"`
	// Grant says how an allowing resource or trust policy names the caller, which
	// decides what the grant is worth inside one account: GrantCaller,
	// GrantEntity or GrantAccount.
	Grant string `json:"grant,omitempty"`
	// NearMisses are the statements that came closest, the closest first. There
	// are at most MaxNearMisses, fewer if they are very long, and none for a layer that allows or denies. A
	// statement about another service is not near.
	NearMisses []NearMiss `json:"nearMisses,omitempty"`
	// Services are those whose actions the statements allow, set when nothing came
	// close: "dynamodb", "s3", and "*" for all.
	Services []string `json:"services,omitempty"`
}

// The values of LayerExplanation.Grant.
const (
	GrantCaller  = "caller"  // the very caller: needs nobody's agreement
	GrantEntity  = "entity"  // the user or role behind the session: boundary and session policies limit it
	GrantAccount = "account" // the caller's account: identity policies must allow as well
)

// NearMiss is a statement that did not match, and every element of it that
// failed.
type NearMiss struct {
	StatementRef
	// Grant is what the statement would be worth, as in LayerExplanation, if a
	// resource's policy names the caller in it.
	Grant  string          `json:"grant,omitempty"`
	Failed []FailedElement `json:"failed"` // never empty
	// More counts failed conditions beyond MaxFailed.
	More int `json:"more,omitempty"`
}

// FailedElement is one element of a statement that did not match the request.
type FailedElement struct {
	// Element is "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
	// "NotResource" or "Condition".
	Element string `json:"element"`
	// Operator and Key are set for a Condition.
	Operator string `json:"operator,omitempty"`
	Key      string `json:"key,omitempty"`
	// Wanted is what the statement says, Seen what the request had. Of a Not…
	// element Wanted has only the value that excluded the request. Missing is
	// true when the request does not have the key at all.
	Wanted  []string `json:"wanted,omitempty"`
	Seen    []string `json:"seen,omitempty"`
	Missing bool     `json:"missing,omitempty"`
	// Meaning is Wanted with the values of its variables; empty without variables.
	Meaning []string `json:"meaning,omitempty"`
	// Unset names the variables that have no value in this request, with which a
	// value matches nothing.
	Unset []string `json:"unset,omitempty"`
	// Note is what a person should know about this mismatch: "names the bucket,
	// not its objects", "differs only in letter case".
	Note string `json:"note,omitempty"`
	// Remedy says what would make this element match, to be followed by the
	// statement's name: "add s3:PutObject to the actions of". It is "" when the
	// element most likely means what it says.
	Remedy string `json:"remedy,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// MatchedCondition is a condition of the deciding statement, which held.
type MatchedCondition struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Wanted   []string `json:"wanted,omitempty"`
	Meaning  []string `json:"meaning,omitempty"`
	Seen     []string `json:"seen,omitempty"`
	Missing  bool     `json:"missing,omitempty"`
	Note     string   `json:"note,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
}

// KeyExplanation is one condition key that a policy asked for.
type KeyExplanation struct {
	Key     string   `json:"key"` // as the policy spells it
	Values  []string `json:"values,omitempty"`
	Multi   bool     `json:"multi,omitempty"`
	Missing bool     `json:"missing,omitempty"`
}

// Fix is the smallest change of policies that would allow a denied request: the
// exact action on the exact resource for the calling user or role, in each layer
// that must speak and does not, and nothing that would let the request pass by a
// boundary or session policy. It was tried by the evaluator.
type Fix struct {
	// Layer is where it belongs.
	Layer Layer `json:"layer"`
	// Words say it in one or two sentences.
	Words string `json:"words"`
	// Statement is a policy statement as JSON that would have to be added, or ""
	// when something must be removed or changed instead.
	Statement string `json:"statement,omitempty"`
	// Remove is the statement that stands in the way.
	Remove *StatementRef `json:"remove,omitempty"`
	// And are the other changes that are needed together with this one.
	And []Fix `json:"and,omitempty"`
	// Incomplete is true when more statements than MaxFixes deny the request. And
	// has the first ones.
	Incomplete bool `json:"incomplete,omitempty"`
}
