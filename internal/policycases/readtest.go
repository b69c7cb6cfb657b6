package policycases

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/policy"
)

// maxChecks bounds what lists of actions times lists of resources become.
const maxChecks = 10_000

func (r *fileReader) tests(p pair) {
	n, ok := r.follow(p.value)
	if !ok {
		return
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.fail(n, "tests must be a list with at least one test")
		return
	}
	names, checks := map[string]int{}, 0
	for _, item := range n.Content {
		item, ok := r.follow(item)
		if !ok {
			return
		}
		t := r.test(item)
		if first, again := names[t.Name]; again && t.Name != "" {
			r.fail(item, "a test of this name stands in line %d already", first)
		}
		names[t.Name] = t.at.line
		if checks += len(t.Do) * max(len(t.On), 1); checks > maxChecks {
			r.fail(item, "the file has more than %d checks", maxChecks)
			return
		}
		r.f.Tests = append(r.f.Tests, t)
	}
}

func (r *fileReader) test(n *yaml.Node) *Test {
	t := r.defaults // a copy; what common changes it replaces
	t.at = placeOf(n)
	fields := r.fields(n, "a test", "name", "as", "assume", "do", "on", "resource_policy", "resource_account", "with", "at", "expect", "because")
	if len(fields) == 0 {
		return &t
	}
	if p, ok := fields["name"]; ok {
		t.Name = strings.Join(strings.Fields(r.text(p, "name")), " ")
	} else {
		r.fail(n, "the test has no name")
	}
	r.common(&t, fields)
	if t.As.Type == 0 && t.As.at == (place{}) {
		r.fail(n, "the test does not say who asks: it has no \"as\", and defaults have none")
	}
	if p, ok := fields["assume"]; ok {
		t.Assume = r.text(p, "assume")
		r.assume(&t, fields)
	}
	switch {
	case len(t.Do) == 0:
		r.fail(n, "the test does not say what is done: it has no \"do\"")
	case len(t.On) == 0 && t.Assume == "":
		r.fail(n, "the test does not say on what: it has no \"on\" (\"*\" is for actions that are about no resource)")
	}
	if p, ok := fields["expect"]; ok {
		t.Expect = r.expectation(p)
	} else {
		r.fail(n, "the test does not say what it expects: it has no \"expect\"")
	}
	if p, ok := fields["because"]; ok {
		t.Because = r.because(p)
	}
	return &t
}

// assume completes a test of a role's trust policy: the action follows from who
// asks, the resource is the role.
func (r *fileReader) assume(t *Test, fields map[string]pair) {
	for _, name := range []string{"on", "resource_policy", "resource_account"} {
		if p, ok := fields[name]; ok {
			r.fail(p.key, "a test with \"assume\" is about the role and its trust policy; it has no %q", name)
		}
	}
	t.On, t.ResourcePolicy, t.ResourceAccount = nil, nil, ""
	if _, given := fields["do"]; given {
		return
	}
	switch t.As.Type {
	case policy.WebIdentity:
		t.Do = []string{"sts:AssumeRoleWithWebIdentity"}
	case policy.SAML:
		t.Do = []string{"sts:AssumeRoleWithSAML"}
	case policy.Anonymous, policy.Root, policy.User, policy.AssumedRole, policy.FederatedUser, policy.Service:
		t.Do = []string{"sts:AssumeRole"}
	}
}

// common reads what tests and defaults have in common.
func (r *fileReader) common(t *Test, fields map[string]pair) {
	if p, ok := fields["as"]; ok {
		t.As = r.as(p)
	}
	if p, ok := fields["do"]; ok {
		t.Do = r.actions(p)
	}
	if p, ok := fields["on"]; ok {
		t.On = r.resources(p)
	}
	if p, ok := fields["resource_policy"]; ok {
		t.ResourcePolicy = r.resourcePolicy(p)
	}
	if p, ok := fields["resource_account"]; ok {
		t.ResourceAccount = r.account(p, "resource_account")
	}
	if p, ok := fields["with"]; ok {
		t.With = merge(t.With, r.with(p))
	}
	if p, ok := fields["at"]; ok {
		t.At = r.time(p)
	}
}

func (r *fileReader) actions(p pair) []string {
	var actions []string
	for _, i := range r.texts(p.value, "do") {
		if len(actions) == maxChecks {
			r.fail(p.key, "do has more than %d actions", maxChecks)
			break
		}
		service, name, found := strings.Cut(i.text, ":")
		switch {
		case !found || service == "" || name == "" || strings.ContainsAny(i.text, " \t\n"):
			r.fail(i.node, "do: %q is not an action like s3:GetObject", shorten(i.text))
		case strings.ContainsAny(i.text, "*?"):
			r.fail(i.node, "do: a test asks about one action, and %q is a pattern: name an action that it stands for", shorten(i.text))
		case r.catalog.Action(i.text) == nil:
			if meant := r.nearest(i.text, r.catalog.NearestAction); meant != "" {
				r.fail(i.node, "do: there is no action %q; did you mean %q?", shorten(i.text), meant)
			}
		}
		actions = append(actions, i.text)
	}
	return actions
}

func (r *fileReader) resources(p pair) []string {
	var resources []string
	for _, i := range r.texts(p.value, "on") {
		_, err := arn.Parse(i.text)
		switch {
		case i.text == "*":
		case err != nil:
			r.fail(i.node, "on: %q is not an ARN like arn:aws:s3:::bucket/key (nor \"*\")", shorten(i.text))
		case strings.ContainsAny(i.text, "*?"):
			r.fail(i.node, "on: a test asks about one resource, and %q is a pattern: name something that it stands for", shorten(i.text))
		}
		resources = append(resources, i.text)
	}
	return resources
}

func (r *fileReader) resourcePolicy(p pair) *Ref {
	n, ok := r.follow(p.value)
	if !ok || n.Kind != yaml.MappingNode {
		return r.ref(p.value, "resource_policy")
	}
	fields := r.fields(n, "resource_policy", "bucket")
	b, ok := fields["bucket"]
	if !ok {
		r.fail(n, "resource_policy must be the name of a policy, or {bucket: NAME} for that of a server's bucket")
		return nil
	}
	return &Ref{Bucket: r.text(b, "bucket"), at: placeOf(n)}
}

// with reads condition keys: a text is a key with one value, a list a key with
// many, null says that the request does not have the key.
func (r *fileReader) with(p pair) []Key {
	var keys []Key
	for _, q := range r.pairs(p.value, "with") {
		n, ok := r.follow(q.value)
		if !ok {
			return nil
		}
		k := Key{Name: q.name, Multi: n.Kind == yaml.SequenceNode, Absent: isNull(n)}
		if !strings.Contains(q.name, ":") {
			r.fail(q.key, "with: %q is not a condition key like aws:SourceIp", shorten(q.name))
		}
		if !k.Absent {
			for _, i := range r.texts(n, q.name) {
				k.Values = append(k.Values, i.text)
			}
		}
		r.checkKey(&k, q.key, n)
		keys = append(keys, k)
	}
	return keys
}

// checkKey finds what would make a test pass for the wrong reason: a misspelt key,
// and one value for a key that always has many, which would meet conditions that
// it never meets on a server (iam-sts.md 1.8, 2.7). Keys that the catalog does not
// know are taken as they are.
func (r *fileReader) checkKey(k *Key, name, value *yaml.Node) {
	known := r.catalog.Key(k.Name)
	if known == nil {
		if meant := r.nearest(k.Name, r.catalog.NearestKey); meant != "" {
			r.fail(name, "with: there is no condition key %q; did you mean %q?", shorten(k.Name), meant)
		}
		return
	}
	switch {
	case k.Absent:
	case known.Multi && !k.Multi:
		r.fail(value, "with: %s is a key with many values: write a list, [%s]", k.Name, shorten(value.Value))
	case !known.Multi && k.Multi:
		r.fail(value, "with: %s is a key with one value, not a list", k.Name)
	}
}

// maxLooks bounds how many unknown names are compared with all that are known,
// which takes half a millisecond each.
const maxLooks = 1000

// nearest finds what a name that the catalog does not know was meant to be.
func (r *fileReader) nearest(name string, look func(string) string) string {
	meant, known := r.looked[name]
	if !known && len(r.looked) < maxLooks {
		meant = look(name)
		r.looked[name] = meant
	}
	return meant
}

// merge lays the keys of a test over those of the defaults. Names ignore case.
func merge(under, over []Key) []Key {
	all := make([]Key, 0, len(under)+len(over))
	for _, k := range under {
		replaced := false
		for _, o := range over {
			replaced = replaced || strings.EqualFold(k.Name, o.Name)
		}
		if !replaced {
			all = append(all, k)
		}
	}
	return append(all, over...)
}

func (r *fileReader) expectation(p pair) Expectation {
	text := r.text(p, "expect")
	switch strings.Join(strings.Fields(strings.ToLower(text)), " ") {
	case "":
		return 0
	case "allow", "allowed":
		return Allow
	case "deny", "denied":
		return Deny
	case "explicit deny", "explicitdeny":
		return ExplicitDeny
	case "implicit deny", "implicitdeny":
		return ImplicitDeny
	}
	r.fail(p.value, "expect must be allow, deny, explicit deny or implicit deny, not %q", shorten(text))
	return 0
}

func (r *fileReader) because(p pair) *Because {
	n, ok := r.follow(p.value)
	if !ok || n.Kind != yaml.MappingNode {
		return &Because{Says: r.text(p, "because")}
	}
	b := &Because{}
	fields := r.fields(n, "because", "says", "layer", "policy", "statement")
	if q, ok := fields["says"]; ok {
		b.Says = r.text(q, "says")
	}
	if q, ok := fields["layer"]; ok {
		b.Layer = r.layer(q)
	}
	if q, ok := fields["policy"]; ok {
		b.Policy = r.text(q, "policy")
	}
	if q, ok := fields["statement"]; ok {
		b.Statement = r.text(q, "statement")
		if number, err := strconv.Atoi(b.Statement); err == nil && number > 0 {
			b.Statement, b.Number = "", number
		}
	}
	return b
}

func (r *fileReader) layer(p pair) policy.Layer {
	text := r.text(p, "layer")
	short := map[policy.Layer]string{
		policy.IdentityLayer: "identity", policy.BoundaryLayer: "boundary", policy.SessionLayer: "session",
		policy.ResourceLayer: "resource", policy.TrustLayer: "trust",
	}
	for l, name := range short {
		if strings.EqualFold(text, name) || strings.EqualFold(text, l.String()) {
			return l
		}
	}
	r.fail(p.value, "layer must be identity, boundary, session, resource or trust, not %q", shorten(text))
	return policy.NoLayer
}
