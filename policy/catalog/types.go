package catalog

// Service is a service whose requests Rockpool decides.
type Service struct {
	Prefix    string // of its actions: "s3"
	Title     string // "Amazon S3"
	Resources []*ResourceType
	Keys      []*Key    // condition keys of its own
	Actions   []*Action // in alphabetical order
}

// ResourceType is a kind of resource.
type ResourceType struct {
	Name string // "object"
	// ARN is its form: arn:*:s3:::{bucket}/{key...}. A {name} stands for one or
	// more characters other than a slash, {name...} for one or more of any; in
	// the fields before the resource both stand for anything.
	ARN string
}

// Level says what an action does, in AWS's words (String).
type Level uint8

// The access levels of AWS.
const (
	Read Level = iota + 1
	List
	Write
	Permissions // permissions management
	Tagging
)

// String returns AWS's name of the level.
func (l Level) String() string {
	switch l {
	case Read:
		return "Read"
	case List:
		return "List"
	case Write:
		return "Write"
	case Permissions:
		return "Permissions management"
	case Tagging:
		return "Tagging"
	}
	return "Unknown"
}

// Action is something a policy can allow.
type Action struct {
	Service string // prefix: "s3"
	Name    string // "GetObject"
	Level   Level
	// Resources are the kinds of resource it is about, any of them. Without one,
	// a policy must name the resource *, unless AnyResource is set: then the
	// table does not judge its resources.
	Resources   []*ResourceType
	AnyResource bool
	Keys        []*Key // condition keys of its service that its requests may carry
}

// String returns the full name: "s3:GetObject".
func (a *Action) String() string { return a.Service + ":" + a.Name }

// Type says what the values of a condition key are.
type Type uint8

// The types of condition keys.
const (
	String Type = iota + 1
	Numeric
	Bool
	Date
	ARN
	IP
)

// String returns the type in AWS's words.
func (t Type) String() string {
	switch t {
	case String:
		return "String"
	case Numeric:
		return "Numeric"
	case Bool:
		return "Bool"
	case Date:
		return "Date"
	case ARN:
		return "ARN"
	case IP:
		return "IP address"
	}
	return "Unknown"
}

// Key is a condition key.
type Key struct {
	Name    string // "s3:prefix", "aws:PrincipalTag/*"
	Service string // prefix of the service it belongs to, "" for global and provider keys
	Type    Type
	Multi   bool // has a set of values, so conditions need ForAnyValue or ForAllValues
	Family  bool // Name ends in /*; a policy names a member
	// Number is true for a Date that may also be compared as a number, which is
	// aws:EpochTime.
	Number bool
}
