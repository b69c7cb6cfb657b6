package simulate

import (
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// ForPrincipal prepares a simulation of the policies of a stored role, user or
// group of the account in.Account, with its boundary and tags, and of those of
// the input. A user has the policies of its groups too. A group has only its
// own, and is nobody who could make a request.
func ForPrincipal(v iam.Snapshot, source string, in Setup) (*Simulation, error) {
	o, err := findSource(v, in.Account, source)
	if err != nil {
		return nil, err
	}
	s := &Simulation{ids: o.ids}
	s.policies.Identity, s.policies.Boundary = o.policies, o.boundary
	caller := &o.principal
	if in.Caller != nil {
		caller = in.Caller
	}
	for _, t := range tags(v, caller.EntityARN) {
		s.known.Set(condkey.PrincipalTagPrefix+t.Key, t.Value)
	}
	if err := s.setUp(in, o.principal); err != nil {
		return nil, err
	}
	return s, nil
}

// PrincipalKeys lists the condition keys that the policies of a stored role,
// user (with its groups) or group and those of the input read.
func PrincipalKeys(v iam.Snapshot, account, source string, identity []Document) ([]string, error) {
	o, err := findSource(v, account, source)
	if err != nil {
		return nil, err
	}
	var list []*policy.Document
	for _, p := range o.policies {
		list = append(list, p.Document())
	}
	more, err := parse(identity)
	if err != nil {
		return nil, err
	}
	return Keys(append(list, more...)), nil
}

// InputKeys lists the condition keys that the policies of the input read.
func InputKeys(identity []Document) ([]string, error) {
	list, err := parse(identity)
	if err != nil {
		return nil, err
	}
	return Keys(list), nil
}

func parse(list []Document) ([]*policy.Document, error) {
	out := make([]*policy.Document, len(list))
	for i, d := range list {
		doc, err := parseDocument(d, policy.Identity)
		if err != nil {
			return nil, err
		}
		out[i] = doc
	}
	return out, nil
}

// origin is a stored role, user or group whose policies are simulated.
type origin struct {
	principal policy.Principal
	policies  []*policy.Policy
	boundary  *policy.Policy
	ids       map[*policy.Policy]string
}

// findSource finds the role, user or group with an ARN in an account. The
// account root has no policies.
func findSource(v iam.Snapshot, account, text string) (*origin, error) {
	a, err := arn.Parse(text)
	if err != nil || a.Service != "iam" || !accountID(a.Account) {
		return nil, &Invalid{Field: FieldSource, Value: text}
	}
	kind, path, _ := strings.Cut(a.Resource, "/")
	name := lastPart(path)
	if name == "" || kind != "user" && kind != "role" && kind != "group" {
		return nil, &Invalid{Field: FieldSource, Value: text}
	}
	if a.Account != account {
		return nil, &ForeignSource{Account: account, Source: a.Account}
	}
	switch kind {
	case "role":
		if r, ok := v.RoleByARN(text); ok {
			return ofRole(r)
		}
		return nil, &iam.NotFound{Kind: iam.KindRole, Name: name}
	case "user":
		if id, ok := v.EntityID(text); ok {
			if u, ok := v.UserByID(id); ok {
				return ofUser(u)
			}
		}
		return nil, &iam.NotFound{Kind: iam.KindUser, Name: name}
	}
	if g, ok := v.GroupByARN(text); ok {
		return ofGroup(g)
	}
	return nil, &iam.NotFound{Kind: iam.KindGroup, Name: name}
}

func ofRole(r *iam.RoleEntry) (*origin, error) {
	if r.Broken != nil {
		return nil, &Unreadable{ARN: r.ARN(), Cause: r.Broken}
	}
	o := newOrigin("role_"+r.Name+"_", r.Policies, r.BoundaryPolicy)
	// Which session it is, is not known until a caller is named.
	o.principal = policy.Principal{Type: policy.AssumedRole, Account: r.Account, EntityARN: r.ARN(), EntityID: r.ID}
	return o, nil
}

func ofUser(u *iam.UserEntry) (*origin, error) {
	if u.Broken != nil {
		return nil, &Unreadable{ARN: u.ARN(), Cause: u.Broken}
	}
	o := newOrigin("user_"+u.Name+"_", u.Policies, u.BoundaryPolicy)
	for _, g := range u.MemberOf {
		o.name("group_"+g.Name+"_", g.Policies)
	}
	o.principal = policy.Principal{Type: policy.User, Account: u.Account, ARN: u.ARN(), EntityARN: u.ARN(), EntityID: u.ID}
	return o, nil
}

func ofGroup(g *iam.GroupEntry) (*origin, error) {
	if g.Broken != nil {
		return nil, &Unreadable{ARN: g.ARN(), Cause: g.Broken}
	}
	o := newOrigin("group_"+g.Name+"_", g.Policies, nil)
	// Some member of it, nobody knows which until a caller is named.
	o.principal = policy.Principal{Type: policy.User, Account: g.Account}
	return o, nil
}

// newOrigin names policies as IAM does in results: a managed policy by its
// name, an inline one by its owner and its name ("user_anna_read").
func newOrigin(owner string, policies []*policy.Policy, boundary *policy.Policy) *origin {
	o := &origin{policies: policies[:len(policies):len(policies)], boundary: boundary, ids: map[*policy.Policy]string{}}
	o.name(owner, policies)
	if boundary != nil {
		o.ids[boundary] = boundary.Name()
	}
	return o
}

func (o *origin) name(owner string, policies []*policy.Policy) {
	for _, p := range policies {
		o.ids[p] = p.Name()
		if p.ARN() == "" {
			o.ids[p] = owner + p.Name()
		}
	}
}

// tags returns the tags of a stored role or user.
func tags(v iam.Snapshot, entity string) []iam.Tag {
	id, ok := v.EntityID(entity)
	if !ok {
		return nil
	}
	if r, ok := v.RoleByID(id); ok {
		return r.Tags
	}
	if u, ok := v.UserByID(id); ok {
		return u.Tags
	}
	return nil
}
