package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/policy"
)

// Rules about permissions that amount to all permissions. They speak of Allow
// statements without conditions; a condition may be what holds them in check.
func escalationFamily() family {
	return family{check: checkEscalation, rules: []Rule{
		{"admin-access", Info, "everything on everything"},
		{"rockpool-admin", Info, "every action of Rockpool's own service"},
		{"escalation-through-iam", Warning, "a change of IAM that gives its author any permission"},
		{"pass-any-role", Warning, "iam:PassRole on every role"},
		{"assume-any-role", Warning, "sts:AssumeRole on every role"},
		{"pool-roles-with-pass-role", Warning, "any role for the users and guests of an identity pool"},
	}}
}

func checkEscalation(r *run) {
	if r.kind != policy.Identity && r.kind != policy.Managed {
		return // a session policy grants nothing, and others speak of their own resource
	}
	var passes, pools *statement
	for _, s := range r.statements {
		if !s.allow || s.NotAction || s.NotResource || len(s.conditions) > 0 {
			continue
		}
		if s.anyAction && s.anywhere {
			r.say(s, "admin-access", s.Position, "Statement", "This allows every action on every resource: its holder is an administrator.", "List what is needed.")
			return
		}
		if r.escalates(s) {
			passes = s
		}
		if s.includes("cognito-identity:SetIdentityPoolRoles") {
			pools = s
		}
	}
	if passes != nil && pools != nil {
		r.say(pools, "pool-roles-with-pass-role", pools.Position, "Statement",
			"Together with iam:PassRole on every role, cognito-identity:SetIdentityPoolRoles can give any role, an administrator's too, to the users and guests of a pool.",
			"Allow iam:PassRole for the pools' own roles only.")
	}
}

// grant is an action that changes who may do what, and the kind of resource it
// must be held to.
type grant struct{ action, kind, how string }

func grants() []grant {
	return []grant{
		{"iam:CreatePolicyVersion", "policy", "write a new version of a policy it has"},
		{"iam:SetDefaultPolicyVersion", "policy", "bring back a wider version of a policy it has"},
		{"iam:AttachRolePolicy", "role", "attach any policy to its own role"},
		{"iam:AttachUserPolicy", "user", "attach any policy to itself"},
		{"iam:AttachGroupPolicy", "group", "attach any policy to a group it is in"},
		{"iam:PutRolePolicy", "role", "write any policy into its own role"},
		{"iam:PutUserPolicy", "user", "write any policy for itself"},
		{"iam:PutGroupPolicy", "group", "write any policy for a group it is in"},
		{"iam:UpdateAssumeRolePolicy", "role", "let itself into any role"},
		{"iam:CreateAccessKey", "user", "make an access key of any user"},
		{"iam:CreateLoginProfile", "user", "set a password for any user"},
		{"iam:UpdateLoginProfile", "user", "change the password of any user"},
		{"iam:AddUserToGroup", "group", "join any group"},
		{"iam:DeleteRolePermissionsBoundary", "role", "remove the boundary of its own role"},
		{"iam:DeleteUserPermissionsBoundary", "user", "remove its own boundary"},
	}
}

// escalates looks at one statement and reports whether it passes any role.
func (r *run) escalates(s *statement) (passes bool) {
	for _, a := range s.actions {
		switch {
		case a.service == nil || !r.spend(len(grants())*len(a.matched)):
			continue
		case a.prefix == "rockpool" && a.whole():
			r.say(s, "rockpool-admin", a.Position, "Action", "This allows every operation of Rockpool's own service, also those that come later.", "List what is needed.")
		case a.prefix == "iam" && a.whole() && r.onEvery(s, "role"):
			r.say(s, "escalation-through-iam", a.Position, "Action", "Whoever may do everything in IAM can give itself every permission.", "List what is needed, on the resources that are meant.")
			passes = true
			continue
		}
		if a.includes("iam:PassRole") && r.onEvery(s, "role") {
			passes = true
			r.say(s, "pass-any-role", a.Position, "Action",
				"iam:PassRole on every role lets its holder give any role, an administrator's too, to a service that acts for it.",
				`Name the roles, or add "StringEquals": {"iam:PassedToService": …}.`)
		}
		if a.includes(assumeRole) && r.onEvery(s, "role") {
			r.say(s, "assume-any-role", a.Position, "Action",
				"sts:AssumeRole on every role: its holder has every role that trusts the account.", "Name the roles.")
		}
		r.grants(s, a)
	}
	return passes
}

// grants tells of all such actions of one entry in one finding.
func (r *run) grants(s *statement, a *action) {
	if a.prefix != "iam" {
		return
	}
	var first *grant
	var more []string
	for _, g := range grants() {
		if !a.includes(g.action) || !r.onEvery(s, g.kind) {
			continue
		}
		if first == nil {
			first = &g
		} else {
			more = append(more, strings.TrimPrefix(g.action, "iam:"))
		}
	}
	if first == nil {
		return
	}
	text := fmt.Sprintf("%s on every %s lets its holder %s.", first.action, first.kind, first.how)
	if len(more) > 0 {
		text += fmt.Sprintf(" The entry also includes %s.", strings.Join(more, ", "))
	}
	r.say(s, "escalation-through-iam", a.Position, "Action", text,
		fmt.Sprintf("Name the %s, or demand a permissions boundary by a condition.", plural(first.kind)))
}

func plural(kind string) string {
	if kind == "policy" {
		return "policies"
	}
	return kind + "s"
}

// onEvery reports whether the statement is about every resource of a kind in IAM.
func (r *run) onEvery(s *statement, kind string) bool {
	every, known := s.onEvery[kind]
	if known {
		return every
	}
	if s.onEvery == nil {
		s.onEvery = map[string]bool{}
	}
	iam, all := plainGlob("iam"), newGlob(kind+"/?*", nil)
	every = slices.ContainsFunc(s.resources, func(p *resource) bool {
		return p.all || !p.never && r.covers(p.fields[2], iam) && r.covers(p.fields[5], all)
	})
	s.onEvery[kind] = every
	return every
}
