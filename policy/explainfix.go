package policy

import (
	"strings"
	"unicode/utf8"
)

// fixing works out the smallest change that would allow a request. It changes
// what the layers say, one change after another, and weighs again by the
// evaluator's own code until the request is allowed.
type fixing struct {
	x     *explainer
	said  [TrustLayer + 1]outcome
	fixes []Fix
	full  bool // more denies than MaxFixes
	added [TrustLayer + 1]bool
}

// fix returns nil if no change of policies helps.
func (x *explainer) fix() *Fix {
	f := &fixing{x: x}
	for l, o := range x.said {
		f.said[l] = silent
		if o != nil {
			f.said[l] = *o
		}
	}
	for l := IdentityLayer; l <= TrustLayer; l++ {
		if f.said[l].effect == ExplicitDeny {
			f.said[l] = f.withoutDenies(l)
		}
	}
	// Each round adds to one layer, and none is added to twice.
	for d := f.weigh(); !d.Allowed(); d = f.weigh() {
		if f.added[d.Layer] || !f.add(d.Layer) {
			return nil
		}
		f.added[d.Layer] = true
	}
	first := f.fixes[0]
	first.And, first.Incomplete = f.fixes[1:], f.full
	if len(first.And) == 0 {
		first.And = nil
	}
	return &first
}

// weigh decides by what the layers say now.
func (f *fixing) weigh() Decision {
	e := &f.x.e
	res := f.said[e.resourceLayer()]
	switch e.req.Principal.Type {
	case Root:
		return e.root(res)
	case User, AssumedRole, FederatedUser:
		return e.weigh(res, f.said[SessionLayer], f.said[BoundaryLayer], f.said[IdentityLayer],
			f.x.said[SessionLayer] != nil, f.x.said[BoundaryLayer] != nil)
	}
	return e.outsider(res)
}

// withoutDenies proposes to remove what denies in a layer, and returns what the
// layer would say then.
func (f *fixing) withoutDenies(l Layer) outcome {
	e, o := &f.x.e, silent
	if l == IdentityLayer {
		o.effect = e.rootSession()
	}
	for _, p := range f.x.policies(l) {
		if p.broken() {
			f.remove(l, p, -1)
			continue
		}
		for i := range p.statements {
			s := &p.statements[i]
			class := direct
			if l >= ResourceLayer {
				class = e.names(s)
			}
			switch {
			case class == notNamed, !s.deny && l < ResourceLayer && len(s.principals) > 0, !e.applies(s):
			case s.deny:
				f.remove(l, p, i)
			case o.effect != Allow || class > o.grant:
				o = outcome{effect: Allow, grant: class, policy: p, statement: i}
			}
		}
	}
	return o
}

func (f *fixing) remove(l Layer, p *Policy, i int) {
	if len(f.fixes) == MaxFixes {
		f.full = true
		return
	}
	ref := f.x.ref(p, i, ExplicitDeny)
	conditional := i >= 0 && len(p.statements[i].conditions) > 0
	f.fixes = append(f.fixes, Fix{Layer: l, Remove: ref, Words: f.x.text(visible(removeWords(*ref, conditional)))})
}

// add proposes a statement for a layer and notes what the layer would say then.
// It is tried before it is proposed.
func (f *fixing) add(l Layer) bool {
	x := f.x
	for _, s := range x.proposals(l) {
		d, err := Parse([]byte(`{`+s.version+`"Statement":[`+s.text+`]}`), s.kind)
		if err != nil {
			continue
		}
		p := Compile(d, Meta{})
		o := silent
		if l < ResourceLayer {
			o = x.e.ask(silent, p)
		} else if found := x.e.search(p, true, false); found.allows() {
			o = outcome{effect: Allow, grant: found.grant, policy: p}
		}
		if o.effect != Allow {
			continue
		}
		f.said[l] = o
		f.fixes = append(f.fixes, Fix{Layer: l, Statement: visible(s.text), Words: x.text(visible(x.addWords(l, s.everybody)))})
		x.spend(s.text)
		return true
	}
	return false
}

// proposal is a statement that may do.
type proposal struct {
	kind      Kind
	version   string // member of the document it would be added to
	text      string
	everybody bool // it names everybody
}

// proposals makes up statements for a layer, the smallest first: the exact action
// on the exact resource, and what can be written down when that cannot.
func (x *explainer) proposals(l Layer) []proposal {
	kind, variables := Identity, true
	switch l {
	case BoundaryLayer:
		kind = Managed
	case SessionLayer:
		kind = Session
	case ResourceLayer, TrustLayer:
		if kind = Resource; l == TrustLayer {
			kind = Trust
		}
		if d := x.e.policies.Resource.Document(); d != nil {
			variables = d.variables()
		}
	}
	version := ""
	if variables {
		version = `"Version":"` + version2012 + `",`
	}
	resources := []string{""}
	if kind != Trust {
		resources = []string{resourceText(x.e.req.Resource, variables), "*"}
	}
	principals := []string{""}
	if l >= ResourceLayer {
		principals = x.principals()
	}
	conditions := ""
	if l == TrustLayer {
		conditions = x.tokenConditions(variables)
	}
	var list []proposal
	for _, resource := range resources {
		for _, principal := range principals {
			b := []byte(`{"Effect":"Allow"`)
			if principal != "" {
				b = append(append(b, `,"Principal":`...), principal...)
			}
			b = quote(append(b, `,"Action":`...), x.e.req.Action, false)
			if resource != "" {
				b = quote(append(b, `,"Resource":`...), resource, false)
			}
			b = append(append(b, conditions...), '}')
			list = append(list, proposal{kind: kind, version: version, text: string(b), everybody: principal == `"*"`})
		}
	}
	return list
}

// principals returns how a resource's policy may name the caller, as JSON: the
// user or role rather than the session, and everybody for whom nothing else fits.
func (x *explainer) principals() []string {
	caller := &x.e.req.Principal
	var list []string
	name := func(typ, value string) {
		if value != "" && len(value) <= MaxValueLength {
			list = append(list, `{"`+typ+`":`+string(quote(nil, value, false))+`}`)
		}
	}
	name("AWS", caller.EntityARN)
	name("AWS", caller.ARN)
	name("Service", caller.Service)
	name("Federated", caller.Provider)
	return append(list, `"*"`)
}

// audience returns the condition keys that tell for whom a web identity's token
// was made and how its owner signed in, as far as the request has them. A trust
// policy without them would trust every application of the provider.
func (x *explainer) audience() []contextKey {
	caller := &x.e.req.Principal
	if caller.Type != WebIdentity {
		return nil
	}
	_, prefix, oidc := strings.Cut(caller.Provider, ":oidc-provider/")
	if !oidc {
		prefix = caller.Provider
	}
	var keys []contextKey
	for _, claim := range [...]string{":aud", ":app_id", ":amr"} {
		k := newContextKey(prefix + claim)
		if e := x.e.req.Context.lookup(&k); e != nil && len(e.values) > 0 && len(e.values[0]) <= MaxValueLength {
			keys = append(keys, k)
		}
	}
	return keys
}

// tokenConditions writes a condition with the first value of each audience key.
func (x *explainer) tokenConditions(variables bool) string {
	var one, many []string
	for _, k := range x.audience() {
		e := x.e.req.Context.lookup(&k)
		member := string(quote(nil, k.spelled, false)) + ":" + string(quote(nil, plainValue(e.values[0], variables), false))
		if e.multi {
			many = append(many, member)
		} else {
			one = append(one, member)
		}
	}
	var blocks []string
	if one != nil {
		blocks = append(blocks, `"StringEquals":{`+strings.Join(one, ",")+`}`)
	}
	if many != nil {
		blocks = append(blocks, `"ForAnyValue:StringEquals":{`+strings.Join(many, ",")+`}`)
	}
	if blocks == nil {
		return ""
	}
	return `,"Condition":{` + strings.Join(blocks, ",") + `}`
}

// plainValue writes a value so that no variable is read into it.
func plainValue(value string, variables bool) string {
	if variables {
		return strings.ReplaceAll(value, "${", "${$}{")
	}
	return value
}

// resourceText writes a request's resource as an element of a policy. Wildcards
// in it are escaped, if the policy knows escapes; bytes that no text can hold
// become ?; and of an overlong resource the beginning is kept.
func resourceText(resource string, variables bool) string {
	if resource == "*" {
		return resource
	}
	var b strings.Builder
	fields := strings.SplitN(resource, ":", 6)
	path := fields[len(fields)-1]
	b.WriteString(strings.TrimSuffix(resource, path))
	if b.Len() > MaxValueLength {
		return "*"
	}
	for i := 0; i < len(path); {
		if b.Len() >= MaxValueLength {
			return b.String() + "*"
		}
		r, size := utf8.DecodeRuneInString(path[i:])
		part := path[i : i+size]
		switch {
		case r == utf8.RuneError && size == 1:
			part = "?"
		case !variables:
		case part == "*", part == "?", part == "$" && strings.HasPrefix(path[i:], "${"):
			part = "${" + part + "}"
		}
		b.WriteString(part)
		i += size
	}
	return b.String()
}
