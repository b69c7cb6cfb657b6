package pool

// RoleChoice is the role for a sign-in with the reason for it, so that the
// audit record and the simulator can show both.
type RoleChoice struct {
	Kind string // Authenticated or Unauthenticated
	ARN  string
	Rule string // which rule chose it: "default role"
}

// chooseRole picks the role (cognito-identity.md 5.3, without role mappings).
// customRole is accepted only when it is the default role: without a mapping
// nothing else permits it.
func chooseRole(p *Pool, authenticated bool, customRole string) (RoleChoice, error) {
	c := RoleChoice{Kind: Unauthenticated, Rule: "default role"}
	if authenticated {
		c.Kind = Authenticated
	}
	c.ARN = p.Roles[c.Kind]
	if c.ARN == "" {
		return c, &NoRole{Kind: c.Kind}
	}
	if customRole != "" && customRole != c.ARN {
		return c, &RoleNotAllowed{ARN: customRole}
	}
	return c, nil
}
