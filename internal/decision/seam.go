package decision

import (
	"context"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/policy"
)

// Record is one decision as it is kept: who asked for what in which request, and
// the engine's explanation. A request that asks several questions has several
// records under one request id.
type Record struct {
	RequestID string
	Seq       int // within the request, from 0
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
	// Explanation is the engine's, never nil.
	Explanation *policy.Explanation
}

// Sink takes decisions. Keep must not block a request and does not keep r's
// memory; what it cannot take it drops and counts.
type Sink interface {
	// Wants reports whether a decision with this effect is to be kept, so that an
	// explanation is only made when somebody will read it.
	Wants(e policy.Effect) bool
	Keep(r *Record)
}

// Store keeps records for a bounded time and size.
type Store interface {
	// AddDecisions stores records together.
	AddDecisions(ctx context.Context, rows []Row) error
	// Decisions returns the records of a request in order of Seq; none is no error.
	Decisions(ctx context.Context, account, requestID string) ([]Row, error)
	// SweepDecisions removes records older than before, then the oldest until no
	// more than maxBytes of documents are left, and returns how many went.
	SweepDecisions(ctx context.Context, before time.Time, maxBytes int64) (int64, error)
}

// Row is a record as a store sees it.
type Row struct {
	RequestID string
	Seq       int
	Account   string
	Time      time.Time
	Document  []byte // the Record as JSON
}
