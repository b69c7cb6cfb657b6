package policy

import (
	"fmt"
	"strings"
)

// failed lists the elements of statement i that do not match the request.
func (x *explainer) failed(p *Policy, i int, named bool) (list []FailedElement, more int) {
	s, src := &p.statements[i], &p.doc.statements[i]
	if !x.names(s, named) {
		list = append(list, x.failedPrincipal(p, src, named))
	}
	if x.e.actionListed(s) == s.notAction {
		list = append(list, x.failedAction(s, src))
	}
	if !x.e.aboutResource(s) {
		list = append(list, x.failedResource(p.doc, s, src))
	}
	for k := range s.conditions {
		c := &s.conditions[k]
		if c.holds(x.e.req.Context, s.deny) {
			continue
		}
		if len(list) >= MaxFailed {
			more++
			continue
		}
		m := x.condition(p.doc, c, &src.Conditions[k])
		list = append(list, FailedElement{
			Element: "Condition", Operator: m.Operator, Key: m.Key, Wanted: m.Wanted, Meaning: m.Meaning,
			Seen: m.Seen, Missing: m.Missing, Unset: x.unset(p.doc, c, &src.Conditions[k]), Note: m.Note, Line: m.Line, Column: m.Column,
		})
	}
	return list, more
}

func (x *explainer) failedPrincipal(p *Policy, src *Statement, named bool) FailedElement {
	f := FailedElement{Element: not("Principal", src.NotPrincipal), Seen: []string{x.out.Principal}}
	if x.out.Entity != "" {
		f.Seen = append(f.Seen, x.out.Entity)
	}
	f.Wanted = x.list(len(src.Principals), func(i int) string { return src.Principals[i].Text })
	if len(src.Principals) > 0 {
		f.Line, f.Column = src.Principals[0].Position.Line, src.Principals[0].Position.Column
	}
	switch {
	case !named:
		f.Note = "a policy that names principals grants nothing here"
	case src.NotPrincipal:
		f.Note = "an Allow with NotPrincipal grants nothing"
	case len(src.Principals) == 0:
		f.Note = "it names nobody, and the policy of a resource grants only to whom it names"
	default:
		f.Note = x.principalNote(p, src)
	}
	return f
}

// principalNote finds why a statement that seems to name the caller does not.
func (x *explainer) principalNote(p *Policy, src *Statement) string {
	caller := &x.e.req.Principal
	for i := range src.Principals {
		v := &src.Principals[i]
		id, bound := p.meta.Bindings[v.Text]
		class, ok := classifyPrincipal(v)
		switch {
		case !ok:
		case class.kind == userOrRole && bound && class.entity(caller):
			if id == "" {
				return "the user or role it names was deleted after the policy was written"
			}
			return "it names an older user or role of the same name, which was deleted and created again: write the policy anew"
		case class.kind == userOrRole && caller.Type == AssumedRole && strings.HasSuffix(v.Text, afterSlash(caller.EntityARN)) && strings.HasPrefix(v.Text, roleWithoutPath(caller.EntityARN)):
			return "it names the role without its path"
		case class.kind == entityID && !bound:
			return "it names a user or role by unique id; if that was deleted, nobody has this id any more"
		case class.kind == anybody && caller.Type == Anonymous:
			return "nobody can assume a role without signing the request"
		}
	}
	return ""
}

// afterSlash returns what follows the last slash of an ARN, slash included.
func afterSlash(arn string) string { return arn[max(strings.LastIndexByte(arn, '/'), 0):] }

// roleWithoutPath returns a role's ARN up to "role", without path and name.
func roleWithoutPath(arn string) string {
	before, _, _ := strings.Cut(arn, "/")
	return before + "/"
}

func (x *explainer) failedAction(s *statement, src *Statement) FailedElement {
	f := FailedElement{Element: not("Action", s.notAction), Seen: []string{x.out.Action}}
	listed := src.Actions
	if s.notAction {
		for i := range s.actions {
			if s.actions[i].match(x.e.foldedAction()) {
				listed = listed[i : i+1]
				break
			}
		}
	}
	f.Wanted = x.list(len(listed), func(i int) string { return listed[i].Text })
	if len(listed) > 0 {
		f.Line, f.Column = listed[0].Position.Line, listed[0].Position.Column
	}
	return f
}

func (x *explainer) failedResource(doc *Document, s *statement, src *Statement) FailedElement {
	f := FailedElement{Element: not("Resource", s.notResource), Seen: []string{x.out.Resource}}
	listed, from := src.Resources, 0
	if s.notResource {
		for i := range s.resources {
			r := &s.resources[i]
			if r.matchResource(&x.e.resource, x.e.req.Context) || !r.resolves(x.e.req.Context) {
				listed, from = listed[i:i+1], i
				break
			}
		}
	}
	f.Wanted = x.list(len(listed), func(i int) string { return listed[i].Text })
	if len(listed) == 0 {
		return f
	}
	f.Line, f.Column = listed[0].Position.Line, listed[0].Position.Column
	m := meanings{x: x, variables: doc.variables()}
	f.Meaning, f.Unset = m.of(len(listed), func(i int) string { return m.resource(listed[i].Text) })
	for i := range listed {
		if f.Note = x.resourceNote(doc, &s.resources[from+i], listed[i].Text); f.Note != "" {
			break
		}
	}
	return f
}

// resourceNote finds a mistake that is made often: all of an ARN matches but one
// field, or the bucket stands for its objects.
func (x *explainer) resourceNote(doc *Document, p *arnPattern, text string) string {
	e := &x.e
	switch {
	case e.resource.star:
		return `the action is not about single resources, so only "*" matches`
	case p.shape == neverARN:
		return fmt.Sprintf("%q is not a whole ARN and matches nothing", shorten(text))
	case p.shape != fieldsARN:
		return ""
	}
	differs := -1
	for i := range p.fields {
		if p.fields[i].match(e.resource.fields[i], e.req.Context) {
			continue
		}
		if differs >= 0 {
			return ""
		}
		differs = i
	}
	if differs < 0 {
		return ""
	}
	wanted, seen := strings.SplitN(text+":::::", ":", 7)[differs+1], e.resource.fields[differs]
	if differs < 4 {
		name := [...]string{"partition", "service", "region", "account"}[differs]
		return fmt.Sprintf("differs only in the %s: %q is wanted, the request has %q", name, shorten(wanted), shorten(seen))
	}
	wanted = strings.SplitN(text, ":", 6)[5]
	bucket, isObject := "", false
	if e.resource.fields[1] == "s3" {
		bucket, _, isObject = strings.Cut(seen, "/")
	}
	switch {
	case !doc.variables() && strings.Contains(wanted, "${"):
		return "variables are plain text here, because the policy has no \"Version\": \"2012-10-17\""
	case isObject && wanted == bucket:
		return fmt.Sprintf("names the bucket; its objects are arn:aws:s3:::%s/*", shorten(bucket))
	case bucket != "" && !isObject && strings.HasPrefix(wanted, bucket+"/"):
		return fmt.Sprintf("names objects; the bucket itself is arn:aws:s3:::%s", shorten(bucket))
	case strings.EqualFold(wanted, seen):
		return "differs only in letter case"
	}
	return ""
}
