package policy

// Effect is the outcome of a decision.
type Effect int

// The three outcomes; the zero value denies.
const (
	ImplicitDeny Effect = iota
	ExplicitDeny
	Allow
)

// String returns AWS's word, as SimulatePrincipalPolicy spells it.
func (e Effect) String() string {
	switch e {
	case Allow:
		return "allowed"
	case ExplicitDeny:
		return "explicitDeny"
	}
	return "implicitDeny"
}

// Layer names the kind of policy that decided.
type Layer int

// The layers, in AWS's words when printed.
const (
	NoLayer Layer = iota
	IdentityLayer
	BoundaryLayer
	SessionLayer
	ResourceLayer
	TrustLayer
)

// String returns AWS's words for the layer, as its denials use them.
func (l Layer) String() string {
	switch l {
	case IdentityLayer:
		return "identity-based policy"
	case BoundaryLayer:
		return "permissions boundary"
	case SessionLayer:
		return "session policy"
	case ResourceLayer:
		return "resource-based policy"
	case TrustLayer:
		return "role trust policy"
	}
	return "policy"
}

// Decision is the answer. For a denial Layer is the one AWS names in its
// sentence; Policy and Statement identify the deciding statement when one
// matched (always for ExplicitDeny and Allow except for the account root).
type Decision struct {
	Effect    Effect
	Layer     Layer
	Policy    *Policy
	Statement int // index into Policy's statements; -1 when none
}

// Allowed reports whether the request may proceed.
func (d Decision) Allowed() bool { return d.Effect == Allow }

// Reason returns AWS's clause for a denial of action, which follows "is not
// authorized to perform: ACTION on resource: RESOURCE" in its sentence
// (spec/iam-sts.md 5.7). It is empty for an Allow. Edges leave it out where
// AWS does: anonymous callers and callers from another account.
func (d Decision) Reason(action string) string {
	layer := d.Layer
	if layer == NoLayer {
		layer = IdentityLayer
	}
	switch d.Effect {
	case Allow:
		return ""
	case ExplicitDeny:
		article := "a "
		switch layer {
		case IdentityLayer:
			article = "an "
		case TrustLayer:
			article = "the "
		}
		return "with an explicit deny in " + article + layer.String()
	}
	return "because no " + layer.String() + " allows the " + action + " action"
}

// Recorder hears what the evaluator finds. [Decide] has none and pays nothing
// for it, [DecideRecorded] takes one, and [Explain] is one.
type Recorder interface {
	// Layer is told the outcome of one whole layer: its effect, and the statement
	// of p that made it so. Without such a statement the index is -1; p is then
	// nil, or a policy that could not be read and therefore denies. A layer that
	// neither limits the caller nor grants anything is not told.
	Layer(l Layer, e Effect, p *Policy, statement int)
}
