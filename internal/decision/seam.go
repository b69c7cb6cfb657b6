package decision

import (
	"context"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/fair"
	"github.com/rockpool-id/rockpool/policy"
)

// Record is one decision as it is kept: who asked for what in which request, and
// the engine's explanation. A request that asks several questions has several
// records under one request id.
type Record struct {
	RequestID string
	Seq       int // within the request, from 0
	// More is how many further decisions of the request were not kept, as far as
	// the node that took them remembers. Only the last record has it.
	More      int
	Time      time.Time
	Account   string // of the caller; the resource's for anonymous callers
	Principal audit.Principal
	SourceIP  string
	UserAgent string
	Region    string
	// Message is the sentence the caller may have been told, "" when allowed.
	Message string
	// Rule names a rule that no policy changes and that decided alone (the public
	// access block, sessions closed to IAM); "" when policies decided.
	Rule string
	// Explanation is the engine's, never nil. When a Rule decided, it says what
	// policies said, under the effect that the rule made of it.
	Explanation *policy.Explanation
	// Matched is the statement that decided, as it was written at that time; nil
	// when none did.
	Matched *Statement
}

// Statement is a statement of a policy as it was written.
type Statement struct {
	Sid, Effect  string // "Allow" or "Deny"
	Principals   []string
	NotPrincipal bool
	Actions      []string
	NotAction    bool
	Resources    []string
	NotResource  bool
	Conditions   []Condition
}

// Condition is one key under one operator of a Statement.
type Condition struct {
	Operator, Key string
	Values        []string
}

// Question is what a Sink needs to know to say whether it wants a decision.
type Question struct {
	Effect    policy.Effect
	RequestID string
	// Anonymous is set when nobody had to sign the request.
	Anonymous bool
	// Caller tells callers apart: the identity behind a session of an identity
	// pool, or the pool for all of its guests, otherwise the calling ARN.
	Caller string
}

// Sink takes decisions. Keep must not block a request and does not keep r's
// memory; what it cannot take it drops and counts.
type Sink interface {
	// KeepsAllowed reports whether it may want allowed requests; the answer never
	// changes. What is allowed is nearly everything, and must not cost a question each.
	KeepsAllowed() bool
	// Wants reports whether a decision is to be kept, so that an explanation is
	// only made when somebody will read it. A yes must be followed by Keep.
	Wants(q Question) bool
	// Keep takes a decision that was wanted and gives it its Seq.
	Keep(r *Record)
}

// Store keeps records; what is kept how long is the Keeper's business.
type Store interface {
	// AddDecisions stores records together. One that is there already stays as it is.
	AddDecisions(ctx context.Context, rows []Row) error
	// Decisions returns the records of a request in order of Seq; none is no error.
	Decisions(ctx context.Context, account, requestID string) ([]Row, error)
	// ListDecisions returns what a query asks for, the newest first.
	ListDecisions(ctx context.Context, q Query) ([]Row, error)
	// DecisionsByAge returns the records that stand after a place, the oldest first,
	// without their documents.
	DecisionsByAge(ctx context.Context, after Place, limit int) ([]Held, error)
	// DeleteDecisions removes records and returns how many were there.
	DeleteDecisions(ctx context.Context, list []Place) (int64, error)
}

// Row is a record as a store sees it: where it stands, what it is searched by, and
// its document.
type Row struct {
	Place
	Class fair.Class // whose room it takes
	// Caller is who asked: an ARN, or what stands for one. Person is the identity
	// behind it, "" for others. Action is in lower case. Texts may be cut.
	Caller, Person, Action, Resource string
	Allowed                          bool
	Document                         []byte // the Record as JSON
}

// Place is a record's place among all others: by Time, then by its names.
type Place struct {
	Time      time.Time
	Account   string
	RequestID string
	Seq       int
}

// Held is what a record takes of the room.
type Held struct {
	Place
	Class fair.Class
	Size  int64 // of the document
}

// Query asks for a list of records of an account.
type Query struct {
	Account string
	// Principal begins the Caller, or is the whole Person. Action, in lower case, and
	// Resource begin the record's. What is empty matches everything.
	Principal, Action, Resource string
	// Allowed asks for what was allowed too, as far as it was kept.
	Allowed bool
	// Since is the earliest time, and Before the place that the list ends before: a
	// time alone, or the last record of the page before. Zero values are no bounds.
	Since  time.Time
	Before Place
	Limit  int
}
