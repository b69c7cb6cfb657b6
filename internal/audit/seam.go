package audit

import "time"

// Event is one audit record, shaped like a CloudTrail record. It never holds a
// token or a secret.
type Event struct {
	Time         time.Time
	RequestID    string
	EventSource  string // "s3.amazonaws.com"
	EventName    string // "GetObject"
	Region       string
	Account      string
	SourceIP     string
	UserAgent    string
	Principal    Principal
	Resources    []Resource
	ReadOnly     bool
	Management   bool   // management event; false for data events
	ErrorCode    string // "" on success
	ErrorMessage string
	Request      map[string]any
	Response     map[string]any
	Extra        map[string]any // additionalEventData: decision, layer, statement, role choice
}

// Principal names the caller in a record.
type Principal struct {
	Type        string // Root, IAMUser, AssumedRole, WebIdentityUser, Anonymous, Unknown …
	ID          string
	ARN         string
	Account     string
	AccessKeyID string
	UserName    string
	Provider    string // federated provider
	Identity    string // identity pool identity id
	Pool        string
	AMR         string // how the identity was proven, joined by commas
	SessionName string
	RoleARN     string
}

// Resource names what was acted on.
type Resource struct{ Type, ARN, Account string }

// Sink takes events. Record must not block the request for long and must not
// lose events silently.
type Sink interface {
	Record(e *Event)
}
