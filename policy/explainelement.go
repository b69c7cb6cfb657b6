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
		list = append(list, x.failedCondition(p.doc, c, &src.Conditions[k]))
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
		f.Note = "the policy of a resource grants only to whom it names"
	default:
		f.Note, f.Remedy = x.principalNote(p, src)
	}
	return f
}

// principalNote finds why a statement that seems to name the caller does not.
func (x *explainer) principalNote(p *Policy, src *Statement) (note, remedy string) {
	caller := &x.e.req.Principal
	for i := range src.Principals {
		v := &src.Principals[i]
		id, bound := p.meta.Bindings[v.Text]
		class, ok := classifyPrincipal(v)
		switch {
		case !ok:
		case class.kind == userOrRole && bound && class.entity(caller):
			note = "that was deleted and created again after the policy was written, and the policy still means the old one"
			if id == "" {
				note = "whoever had this name when the policy was written has been deleted"
			}
			return note, "save anew the policy of"
		case class.kind == oneService && caller.Type == Service, !serviceOrProvider(class.kind) && !serviceOrProvider(callerKind(caller)):
			remedy = "add the caller to the principals of"
		}
		switch {
		case !ok:
		case class.kind == userOrRole && caller.Type == AssumedRole && strings.HasSuffix(v.Text, afterSlash(caller.EntityARN)) && strings.HasPrefix(v.Text, roleWithoutPath(caller.EntityARN)):
			return "the role's ARN has a path: " + shorten(caller.EntityARN), "correct the ARN in"
		case class.kind == entityID && len(src.Principals) == 1:
			note = "that is the unique id of a user or role, which nobody has once it is deleted"
		case class.kind == anybody && caller.Type == Anonymous:
			return "only signed requests can assume a role", ""
		}
	}
	return note, remedy
}

// serviceOrProvider reports whether a principal stands for no account: nobody
// adds a person to such a statement.
func serviceOrProvider(k principalKind) bool { return k == oneService || k == oneProvider }

func callerKind(caller *Principal) principalKind {
	switch caller.Type {
	case Service:
		return oneService
	case WebIdentity, SAML:
		return oneProvider
	}
	return userOrRole
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
	if !s.notAction {
		f.Remedy = "add " + shorten(x.out.Action) + " to the actions of"
	}
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
	f.Line, f.Column = listed[0].Position.Line, listed[0].Position.Column
	return f
}

// failedResource describes Resource or NotResource. Neither list is empty: an
// empty Resource is near to nothing, and an empty NotResource excludes nothing.
func (x *explainer) failedResource(doc *Document, s *statement, src *Statement) FailedElement {
	f := FailedElement{Element: not("Resource", s.notResource), Seen: []string{x.out.Resource}}
	listed := src.Resources
	if s.notResource {
		for i := range s.resources {
			r := &s.resources[i]
			if r.matchResource(&x.e.resource, x.e.req.Context) || !r.resolves(x.e.req.Context) {
				listed = listed[i : i+1]
				break
			}
		}
	}
	f.Wanted = x.list(len(listed), func(i int) string { return listed[i].Text })
	f.Line, f.Column = listed[0].Position.Line, listed[0].Position.Column
	m := meanings{x: x, variables: doc.variables()}
	f.Meaning, f.Unset = m.of(len(listed), func(i int) string { return m.resource(listed[i].Text) })
	if s.notResource {
		if f.Unset != nil {
			f.Note = "an Allow with such a NotResource grants nothing"
		}
		return f
	}
	for i := range listed {
		if f.Note, f.Remedy = x.resourceNote(doc, &s.resources[i], listed[i].Text); f.Note != "" {
			return f
		}
	}
	// With variables it is for those who have their values, most likely on purpose.
	if f.Meaning == nil {
		f.Remedy = "add this resource to those of"
	}
	return f
}

// resourceNote finds a mistake that is made often: all of an ARN matches but one
// field, or the bucket stands for its objects.
func (x *explainer) resourceNote(doc *Document, p *arnPattern, text string) (note, remedy string) {
	e := &x.e
	switch {
	case e.resource.star:
		return `the request is about no single resource, so only "*" matches`, "add \"*\" to the resources of"
	case p.shape != fieldsARN:
		return fmt.Sprintf("%q is not a whole ARN and matches nothing", shorten(text)), "complete the ARN in"
	}
	differs, n := 0, 0
	for i := range p.fields {
		if p.fields[i].match(e.resource.fields[i], e.req.Context) {
			continue
		}
		differs = i
		n++
	}
	if n != 1 {
		return "", ""
	}
	seen := e.resource.fields[differs]
	if differs < 4 {
		name := [...]string{"partition", "service", "region", "account"}[differs]
		return fmt.Sprintf("only the %s differs, which is %q in the request", name, shorten(seen)), "correct the " + name + " in"
	}
	wanted := strings.SplitN(text, ":", 6)[5]
	bucket, isObject := "", false
	if e.resource.fields[1] == "s3" {
		bucket, _, isObject = strings.Cut(seen, "/")
	}
	switch {
	case !doc.variables() && strings.Contains(wanted, "${"):
		return `variables are plain text here, because the policy lacks "Version": "2012-10-17"`, `give "Version": "2012-10-17" to the policy of`
	case isObject && wanted == bucket:
		objects := "arn:aws:s3:::" + shorten(bucket) + "/*"
		return "that is the bucket, and its objects are " + objects, "add " + objects + " to the resources of"
	case bucket != "" && !isObject && strings.HasPrefix(wanted, bucket+"/"):
		return "those are objects, and the bucket itself is " + shorten(x.out.Resource), "add " + shorten(x.out.Resource) + " to the resources of"
	case strings.EqualFold(wanted, seen):
		return "only letter case differs", "correct the letter case in"
	}
	return "", ""
}

// covers says how a Deny comes to be about the request, element by element.
func (x *explainer) covers(p *Policy, i int) []string {
	s, src := &p.statements[i], &p.doc.statements[i]
	var list []string
	add := func(format string, of ...any) { list = append(list, x.text(fmt.Sprintf(format, of...))) }
	all := func(values []Value) string {
		return series(x.list(len(values), func(i int) string { return shorten(values[i].Text) }), "and", plainText)
	}
	if s.notAction {
		add("its NotAction lists only %s", all(src.Actions))
	} else {
		for k := range s.actions {
			if !s.actions[k].match(x.e.foldedAction()) {
				continue
			}
			if text := src.Actions[k].Text; !strings.EqualFold(text, x.e.req.Action) {
				add("its Action %s covers %s", plainText(shorten(text)), plainText(shorten(x.out.Action)))
			}
			break
		}
	}
	if s.notResource {
		add("its NotResource lists only %s", all(src.Resources))
	} else {
		for k := range s.resources {
			if !s.resources[k].matchResource(&x.e.resource, x.e.req.Context) {
				continue
			}
			if text := src.Resources[k].Text; text != x.e.req.Resource {
				add("its Resource %s covers %s", plainText(shorten(text)), plainText(shorten(x.out.Resource)))
			}
			break
		}
	}
	if s.notPrincipal {
		names := make([]Value, len(src.Principals))
		for k := range names {
			names[k].Text = src.Principals[k].Text
		}
		text := "its NotPrincipal spares only " + all(names)
		if x.e.policies.Boundary != nil {
			text += ", and nobody who has a permissions boundary"
		}
		add("%s", text)
	}
	return list
}
