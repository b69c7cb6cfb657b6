package policy

import "strings"

// arnFields holds what follows "arn:": partition, service, region, account
// and resource. The resource keeps further colons and slashes.
type arnFields [5]string

// splitARN splits s without allocating (arn.Parse is for edges, where an
// error matters more than a nanosecond).
func splitARN(s string) (f arnFields, ok bool) {
	if !strings.HasPrefix(s, "arn:") {
		return f, false
	}
	field, start := 0, len("arn:")
	for i := start; i < len(s); i++ {
		if s[i] != ':' {
			continue
		}
		f[field] = s[start:i]
		field, start = field+1, i+1
		if field == 4 {
			f[4] = s[start:]
			return f, true
		}
	}
	return f, false
}

// arnPattern matches ARNs field by field, so that a star in an early field
// never crosses a colon (spec/iam-sts.md 1.5, 1.8).
type arnPattern struct {
	shape  arnShape
	fields [5]arnField
	whole  *pattern
}

type arnShape uint8

const (
	neverARN  arnShape = iota // cannot match anything
	anyARN                    // the element * alone
	fieldsARN                 // six fields
	wholeARN                  // a variable that holds a whole ARN
)

// arnField is one field's pattern. Most are literal or *, which need no
// pattern.
type arnField struct {
	any  bool
	text string
	glob *pattern
}

func (f *arnField) match(s string, ctx *Context) bool {
	if f.glob != nil {
		return f.glob.match(s, ctx)
	}
	return f.any || s == f.text
}

func compileField(text string, d dialect) arnField {
	switch {
	case !strings.ContainsAny(text, "*?$"):
		return arnField{text: text}
	case text == "*" && d.wildcards:
		return arnField{any: true}
	}
	p := compilePattern(text, d)
	switch {
	case p.any():
		return arnField{any: true}
	case p.exact:
		return arnField{text: p.lit}
	}
	return arnField{glob: &p}
}

// compileResource compiles an entry of Resource or NotResource. Variables
// have a meaning only after the fifth colon. An ARN with fewer fields is
// completed with stars when complete is set, and otherwise matches nothing.
func compileResource(text string, variables, complete bool) arnPattern {
	if text == "*" {
		return arnPattern{shape: anyARN}
	}
	fields := strings.SplitN(text, ":", 6)
	if fields[0] != "arn" || len(fields) < 6 && !complete {
		return arnPattern{}
	}
	for len(fields) < 6 {
		fields = append(fields, "*")
	}
	p := arnPattern{shape: fieldsARN}
	for i, field := range fields[1:] {
		p.fields[i] = compileField(field, dialect{wildcards: true, variables: variables && i == 4})
	}
	return p
}

// compileARN compiles a value of an Arn operator, where a variable may stand
// anywhere.
func compileARN(text string, variables bool) arnPattern {
	d := dialect{wildcards: true, variables: variables}
	fields := splitTemplate(text, variables)
	if len(fields) == 6 {
		if fields[0] != "arn" {
			return arnPattern{}
		}
		p := arnPattern{shape: fieldsARN}
		for i, field := range fields[1:] {
			p.fields[i] = compileField(field, d)
		}
		return p
	}
	// "${aws:PrincipalTag/source}": the tag holds the whole ARN, as literal text.
	if p := compilePattern(text, d); len(p.vars) > 0 && !p.wild() {
		return arnPattern{shape: wholeARN, whole: &p}
	}
	return arnPattern{}
}

// splitTemplate splits text at its first five colons outside of variables.
func splitTemplate(text string, variables bool) []string {
	var fields []string
	start := 0
	lastBrace := strings.LastIndexByte(text, '}')
	for i := 0; i < len(text) && len(fields) < 5; i++ {
		switch {
		case variables && text[i] == '$' && i+1 < lastBrace && text[i+1] == '{':
			i += strings.IndexByte(text[i:], '}')
		case text[i] == ':':
			fields = append(fields, text[start:i])
			start = i + 1
		}
	}
	return append(fields, text[start:])
}

// matchFields matches a split ARN, from the field that differs most often.
func (p *arnPattern) matchFields(f *arnFields, ctx *Context) bool {
	for i := len(p.fields) - 1; i >= 0; i-- {
		if !p.fields[i].match(f[i], ctx) {
			return false
		}
	}
	return true
}

// resource is a request's resource: an ARN, or * for an action that knows no
// resources.
type resource struct {
	star   bool
	fields arnFields
}

func parseResource(s string) (r resource, ok bool) {
	if s == "*" {
		return resource{star: true}, true
	}
	r.fields, ok = splitARN(s)
	return r, ok
}

// matchResource matches a request's resource. The resource * is matched by
// the element * and by an ARN of nothing but stars (spec 1.5).
func (p *arnPattern) matchResource(r *resource, ctx *Context) bool {
	switch {
	case p.shape != fieldsARN:
		return p.shape == anyARN
	case !r.star:
		return p.matchFields(&r.fields, ctx)
	}
	for i := range p.fields {
		if !p.fields[i].any {
			return false
		}
	}
	return true
}

// start returns the text with which the last field begins in whatever the
// pattern matches.
func (p *arnPattern) start() string {
	last := &p.fields[4]
	if last.glob != nil {
		return last.glob.lit
	}
	return last.text
}

// resolves reports whether a resource element means something for this
// request: it is a whole ARN and its variables have values.
func (p *arnPattern) resolves(ctx *Context) bool {
	glob := p.fields[4].glob
	return p.shape != neverARN && (glob == nil || glob.resolves(ctx))
}
