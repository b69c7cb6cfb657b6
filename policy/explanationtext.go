package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Sentence says in one line what decided: "no statement of the identity policies
// allows s3:PutObject on arn:aws:s3:::pictures/cat.jpg; closest is
// ReadPrivateBucket (policy Pictures, line 4), which allows s3:GetObject only".
func (e *Explanation) Sentence() string {
	what := plainText(e.Action) + " on " + plainText(e.Resource)
	switch {
	case e.Problem != "":
		return "the request is denied because " + visible(e.Problem)
	case e.Effect == Allow:
		return what + " is allowed" + e.grantWords()
	case e.Statement != nil && e.Statement.Index < 0:
		return what + " is denied because " + e.Statement.String() + " cannot be read any more, so what it denies is unknown"
	case e.Statement != nil:
		text := what + " is denied by " + e.Statement.String()
		if because := e.because(); len(because) > 0 {
			text += ", because " + strings.Join(because, ", and because ")
		}
		return text
	}
	text := e.silence(e.DecidedBy, what)
	if near := e.closest(e.DecidedBy); len(near) > 0 {
		text += "; closest is " + near[0].String() + ", which " + near[0].clauses()
	}
	return text
}

// grantWords says what allowed.
func (e *Explanation) grantWords() string {
	switch {
	case e.Statement != nil:
		return " by " + e.Statement.String()
	case e.DecidedBy == NoLayer:
		return ": the account root may do everything in its own account"
	}
	return ": the account root is behind the session, and the session policies allow it"
}

func (e *Explanation) because() []string {
	var list []string
	for i := range e.Conditions {
		list = append(list, e.Conditions[i].clause())
	}
	return list
}

// layer returns what a layer said, nil if it was not asked.
func (e *Explanation) layer(l Layer) *LayerExplanation {
	for i := range e.Layers {
		if e.Layers[i].Layer == l {
			return &e.Layers[i]
		}
	}
	return nil
}

// entityTitle names the user or role of an ARN with its path: "role team/R".
func entityTitle(arn string) string {
	f, _ := splitARN(arn)
	if kind, name, ok := strings.Cut(f[4], "/"); ok {
		return kind + " " + name
	}
	return arn
}

// silence says that a layer allows nothing.
func (e *Explanation) silence(of Layer, what string) string {
	l := e.layer(of)
	none := l == nil || len(l.Policies) == 0
	switch {
	case of == IdentityLayer && e.granted() != nil:
		return e.granted().String() + " lets in the account, but no identity policy of the caller allows " + what
	case of == IdentityLayer && none:
		return "the caller has no policies, so nothing allows " + what
	case of == SessionLayer && none:
		return "the session was made without a session policy, so it may not do " + what
	case of == TrustLayer && none:
		return "the role has no trust policy, so nobody may assume it"
	case none:
		return "the resource has no policy, so nothing allows " + what + " to " + e.stranger()
	case of == ResourceLayer:
		return "no statement of " + layerName(l) + " allows " + what + " to " + e.stranger()
	}
	return "no statement of " + layerName(l) + " allows " + what
}

// alsoMissing lists the other layers that a fix adds to.
func (e *Explanation) alsoMissing() []Layer {
	var list []Layer
	if e.Fix != nil {
		for _, f := range append([]Fix{*e.Fix}, e.Fix.And...) {
			if f.Statement != "" && (f.Layer != e.DecidedBy || e.Effect == ExplicitDeny) {
				list = append(list, f.Layer)
			}
		}
	}
	return list
}

// granted returns the statement of the resource's policy that allows the caller's
// account, which is not enough by itself.
func (e *Explanation) granted() *StatementRef {
	for _, l := range [...]Layer{ResourceLayer, TrustLayer} {
		if g := e.layer(l); g != nil && g.Grant == GrantAccount && e.ResourceAccount == "" {
			return g.Statement
		}
	}
	return nil
}

// stranger describes a caller whom only the resource can let in.
func (e *Explanation) stranger() string {
	switch {
	case e.Principal == "anonymous":
		return "anonymous callers"
	case e.PrincipalAccount != "":
		return "callers from account " + plainText(e.PrincipalAccount)
	}
	return plainText(e.Principal)
}

// layerName names a layer for people, with its policy if there is one only.
func layerName(l *LayerExplanation) string {
	name := ""
	if len(l.Policies) == 1 {
		name = " " + plainText(l.Policies[0])
	}
	switch l.Layer {
	case IdentityLayer:
		return "the identity policies"
	case BoundaryLayer:
		return "the permissions boundary" + name
	case SessionLayer:
		return "the session policies"
	case TrustLayer:
		return "the role's trust policy"
	}
	return strings.TrimPrefix(policyOf(name), " ")
}

// closest returns the near misses that are worth reading: of the layer that was
// missing, and if that is the caller's identity policies of the resource's own policy when that could have granted instead
// and names the caller; of all these, the ones that fail by as little as the best.
func (e *Explanation) closest(of Layer) []NearMiss {
	var list []NearMiss
	if l := e.layer(of); l != nil {
		list = append(list, l.NearMisses...)
	}
	if l := e.layer(ResourceLayer); l != nil && of == IdentityLayer && e.ResourceAccount == "" {
		for _, m := range l.NearMisses {
			if m.Grant == GrantCaller || m.Grant == GrantEntity {
				list = append(list, m)
			}
		}
	}
	best := 0
	for i := range list {
		if i == 0 || list[i].distance() < best {
			best = list[i].distance()
		}
	}
	var near []NearMiss
	for i := range list {
		if list[i].distance() == best && len(near) < 3 {
			near = append(near, list[i])
		}
	}
	return near
}

// distance is how many elements failed, conditions counting least.
func (m *NearMiss) distance() int {
	n := m.More
	for i := range m.Failed {
		if m.Failed[i].Element == "Condition" {
			n++
		} else {
			n += 1 << 20
		}
	}
	return n
}

// clauses joins what is wrong.
func (m *NearMiss) clauses() string {
	var list []string
	for i := range m.Failed {
		list = append(list, m.Failed[i].clause())
	}
	return strings.Join(list, ", and it ")
}

// Text explains in plain words, in lines of at most 96 columns where names allow
// it. What came with the request is escaped where a terminal would obey it.
func (e *Explanation) Text() string {
	t := &textWriter{}
	word := "Denied"
	if e.Effect == Allow {
		word = "Allowed"
	}
	t.line("", word+": "+plainText(e.Action)+" on "+plainText(e.Resource))
	caller := "Caller: " + plainText(e.Principal)
	switch {
	case strings.HasPrefix(e.Action, "sts:AssumeRoleWith") && e.Principal != "anonymous":
		caller = "Caller: a login through " + plainText(e.Principal)
	case !strings.HasPrefix(e.Principal, "arn:") && e.Principal != "anonymous":
		caller = "Caller: the service " + plainText(e.Principal)
	}
	if e.Entity != "" {
		caller += " (session of " + plainText(entityTitle(e.Entity)) + ")"
	}
	t.line("", caller)
	if e.ResourceAccount != "" {
		t.line("", "Account: the caller belongs to "+plainText(e.PrincipalAccount)+" and the resource to "+plainText(e.ResourceAccount)+", so both sides must allow")
	}
	t.line("", "")
	e.why(t)
	e.layerLines(t)
	e.fixLines(t)
	e.keyLines(t)
	if e.Reason != "" {
		t.line("", "")
		t.line("", "In AWS's words: "+visible(e.Reason)+".")
	}
	return t.b.String()
}

// why writes the sentence and what stands behind it.
func (e *Explanation) why(t *textWriter) {
	switch {
	case e.Problem != "":
		t.sentence("The request could not be judged: " + visible(e.Problem))
	case e.Effect == Allow && e.Statement == nil:
		t.sentence(strings.TrimPrefix(e.grantWords(), ": "))
	case e.Effect == Allow:
		t.sentence("allowed by " + e.Statement.String())
		t.list("", e.because())
	case e.Statement != nil && e.Statement.Index < 0:
		t.sentence(e.Statement.String() + " cannot be read any more, so what it denies is unknown and it denies everything")
	case e.Statement != nil:
		t.sentence("denied by " + e.Statement.String() + ", and a Deny always wins")
		var because []string
		for _, c := range e.Covers {
			because = append(because, visible(c))
		}
		t.list("It applies because", append(because, e.because()...))
	default:
		e.missing(t, e.DecidedBy, "")
	}
	for _, l := range e.alsoMissing() {
		e.missing(t, l, "besides, ")
	}
}

// missing writes what a layer lacks, and its closest statements.
func (e *Explanation) missing(t *textWriter, of Layer, besides string) {
	near, text := e.closest(of), besides+e.silence(of, "this")
	if l := e.layer(of); len(near) == 0 && l != nil && l.Effect == ImplicitDeny && l.Statements > 0 && e.granted() == nil {
		text += ", and none comes close"
		service, _, _ := strings.Cut(strings.ToLower(e.Action), ":")
		if len(l.Services) > 0 && !slices.Contains(l.Services, "*") && !slices.Contains(l.Services, service) {
			text += ": all are about " + series(l.Services, "or", plainText)
		}
	}
	t.sentence(text)
	for i := range near {
		is := "Closest is "
		if i > 0 {
			is = "As close is "
		}
		var clauses []string
		for k := range near[i].Failed {
			clauses = append(clauses, near[i].Failed[k].clause())
		}
		if near[i].More > 0 {
			clauses = append(clauses, fmt.Sprintf("has %d more conditions that do not hold", near[i].More))
		}
		if len(clauses) == 1 {
			t.sentence(is + near[i].String() + ", which " + clauses[0])
		} else {
			t.list(is+near[i].String()+", which", clauses)
		}
	}
}

func (e *Explanation) layerLines(t *textWriter) {
	if len(e.Layers) == 0 {
		return
	}
	t.line("", "")
	t.line("", "What each layer says:")
	for i := range e.Layers {
		l := &e.Layers[i]
		title := [...]string{IdentityLayer: "identity policies", BoundaryLayer: "permissions boundary", SessionLayer: "session policies", ResourceLayer: "resource policy", TrustLayer: "trust policy"}[l.Layer]
		said := fmt.Sprintf("silent: none of the %d statements of %s matches", l.Statements, series(l.Policies, "and", plainText))
		if l.Statements == 1 {
			said = "silent: the one statement of " + series(l.Policies, "and", plainText) + " does not match"
		}
		switch {
		case len(l.Policies) == 0:
			said = "none"
		case l.Statement != nil && l.Statement.Index < 0:
			said = "denies: " + l.Statement.String() + " cannot be read"
		case l.Statement != nil && l.Effect == Allow:
			said = "allows: " + l.Statement.String()
		case l.Statement != nil:
			said = "denies: " + l.Statement.String()
		}
		if l.Grant == GrantAccount && e.ResourceAccount == "" {
			said += ", but only to the account, so its identity policies must allow as well"
		}
		t.hanging("  ", fmt.Sprintf("%-22s", title), said)
	}
}

func (e *Explanation) fixLines(t *textWriter) {
	if e.Fix == nil {
		if e.Effect != Allow && e.Problem == "" {
			t.line("", "")
			t.line("", "No addition to a policy would allow it.")
		}
		return
	}
	t.line("", "")
	all := append([]Fix{*e.Fix}, e.Fix.And...)
	switch len(all) {
	case 1:
		t.line("", "To allow it:")
	case 2:
		t.line("", "To allow it, both of these are needed:")
	default:
		t.line("", fmt.Sprintf("To allow it, all %d of these are needed:", len(all)))
	}
	for i := range all {
		t.hanging("  ", "- ", visible(all[i].Words))
		if all[i].Statement != "" {
			t.b.WriteString("      " + visible(all[i].Statement) + "\n")
		}
	}
	if e.Fix.Incomplete {
		t.line("  ", "More statements than these deny it.")
	}
}

func (e *Explanation) keyLines(t *textWriter) {
	if len(e.Keys) == 0 {
		return
	}
	t.line("", "")
	t.line("", "Condition keys the policies asked for:")
	for i := range e.Keys {
		k := &e.Keys[i]
		text := plainText(k.Key)
		switch {
		case k.Missing:
			text += " is not in the request"
		default:
			text += " = " + joinAll(k.Values)
		}
		t.hanging("  ", "", text)
	}
	if e.KeysLeftOut > 0 {
		t.line("  ", fmt.Sprintf("… and %d more", e.KeysLeftOut))
	}
}

func joinAll(values []string) string {
	var list []string
	for i, v := range values {
		if i == len(values)-1 && strings.HasPrefix(v, cutMark+" and ") {
			list = append(list, v)
			break
		}
		list = append(list, quoted(v))
	}
	return strings.Join(list, ", ")
}

// textWriter writes lines of at most textWidth columns. A word is never broken,
// so a long ARN can be copied.
type textWriter struct{ b strings.Builder }

const textWidth = 96

// line writes text, wrapped, every line after the first indented by two more.
func (t *textWriter) line(indent, text string) { t.hanging(indent, "", text) }

// sentence writes text with a capital letter and a full stop.
func (t *textWriter) sentence(text string) {
	t.line("", strings.ToUpper(text[:1])+text[1:]+".")
}

// list writes a heading with its items.
func (t *textWriter) list(heading string, items []string) {
	if len(items) == 0 {
		return
	}
	if heading != "" {
		t.line("", heading)
	}
	for _, item := range items {
		t.hanging("  ", "- ", item)
	}
}

// hanging writes a label and text, and indents further lines to the text.
func (t *textWriter) hanging(indent, label, text string) {
	hang := strings.Repeat(" ", utf8.RuneCountInString(label))
	if label == "" {
		hang = "  "
	}
	column, fresh := 0, true
	write := func(s string) {
		t.b.WriteString(s)
		column += utf8.RuneCountInString(s)
	}
	if label != "" || text != "" {
		write(indent + label)
	}
	for _, word := range strings.Split(text, " ") {
		switch n := utf8.RuneCountInString(word); {
		case fresh:
		case column+1+n > textWidth:
			t.b.WriteString("\n")
			column = 0
			write(indent + hang)
		default:
			write(" ")
		}
		fresh = false
		write(word)
	}
	t.b.WriteString("\n")
}
