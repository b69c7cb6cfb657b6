package policy

import "strings"

// grantClass says how a policy's Principal names the caller, which decides
// what an Allow is worth inside the caller's own account
// (spec/iam-sts.md 1.6, 2.3).
type grantClass uint8

const (
	notNamed grantClass = iota
	account             // the caller's account: its identity policies must agree
	limited             // the role or user behind a session: boundary and session policy must agree
	direct              // the very principal that calls: enough by itself
)

type principalKind uint8

const (
	nobody principalKind = iota
	anybody
	wholeAccount
	userOrRole // by ARN
	entityID   // by unique id
	oneSession // assumed-role or federated-user ARN
	oneService
	oneProvider
)

// principalPattern is one value of Principal or NotPrincipal, compiled.
type principalPattern struct {
	kind principalKind
	text string // account id, ARN, unique id, service or provider
}

// classifyPrincipal reads one value of a principal map. ok is false when the
// value has no meaning: there are no partial wildcards in principals.
func classifyPrincipal(v *PrincipalValue) (p principalPattern, ok bool) {
	switch v.Type {
	case "", "AWS":
		return classifyAWS(v.Text)
	case "Service":
		return principalPattern{oneService, v.Text}, domainName(v.Text)
	case "Federated":
		return principalPattern{oneProvider, v.Text}, builtInProvider(v.Text) || providerARN(v.Text)
	case "CanonicalUser":
		// Names the account only through Meta.Bindings.
		return principalPattern{kind: nobody}, len(v.Text) == 64 && alphanumeric(v.Text)
	}
	return principalPattern{}, false
}

func classifyAWS(s string) (p principalPattern, ok bool) {
	switch {
	case s == "*":
		return principalPattern{kind: anybody}, true
	case accountID(s):
		return principalPattern{wholeAccount, s}, true
	case uniqueID(s):
		return principalPattern{entityID, s}, true
	}
	f, ok := splitARN(s)
	if !ok || f[0] == "" || f[2] != "" || !accountID(f[3]) || strings.ContainsAny(s, "*?$ ") {
		return p, false
	}
	kind, name, _ := strings.Cut(f[4], "/")
	switch {
	case f[1] == "iam" && f[4] == "root":
		return principalPattern{wholeAccount, f[3]}, true
	case f[1] == "iam" && (kind == "user" || kind == "role") && name != "" && !strings.HasSuffix(name, "/"):
		return principalPattern{userOrRole, s}, true
	case f[1] == "sts" && kind == "assumed-role":
		role, session, found := strings.Cut(name, "/")
		return principalPattern{oneSession, s}, found && role != "" && session != "" && !strings.Contains(session, "/")
	case f[1] == "sts" && kind == "federated-user":
		return principalPattern{oneSession, s}, name != "" && !strings.Contains(name, "/")
	}
	return p, false
}

// accountID reports whether s is a 12-digit account id.
func accountID(s string) bool { return len(s) == 12 && allDigits(s) }

// uniqueID reports whether s has the form of an entity's id, AIDA… or AROA….
func uniqueID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && (strings.HasPrefix(s, "AIDA") || strings.HasPrefix(s, "AROA")) && alphanumeric(s)
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		if c := lowerByte(s[i]); !isDigit(c) && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func domainName(s string) bool {
	dot := false
	for i := range len(s) {
		switch c := lowerByte(s[i]); {
		case c == '.':
			dot = true
		case c == '-' || isDigit(c) || 'a' <= c && c <= 'z':
		default:
			return false
		}
	}
	return dot
}

// builtInProvider reports whether s is a web identity provider that needs no
// registration.
func builtInProvider(s string) bool {
	switch s {
	case "cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com":
		return true
	}
	return false
}

func providerARN(s string) bool {
	f, ok := splitARN(s)
	if !ok || f[1] != "iam" || f[2] != "" || !accountID(f[3]) || strings.ContainsAny(s, "*?") {
		return false
	}
	kind, name, _ := strings.Cut(f[4], "/")
	return (kind == "oidc-provider" || kind == "saml-provider") && name != ""
}

// compilePrincipal prepares a value for matching. A user or role that was
// bound to its unique id at write time matches by that id alone, so a new
// entity of the same name is a stranger; bound to no id, it is gone and
// matches nothing.
func compilePrincipal(v *PrincipalValue, bindings map[string]string) principalPattern {
	p, ok := classifyPrincipal(v)
	if !ok {
		return principalPattern{}
	}
	id, bound := bindings[v.Text]
	switch {
	case !bound:
		return p
	case p.kind == userOrRole && id != "":
		return principalPattern{entityID, id}
	case v.Type == "CanonicalUser" && accountID(id):
		return principalPattern{wholeAccount, id}
	case p.kind == userOrRole:
		return principalPattern{}
	}
	return p
}

// class says how the pattern names the caller.
func (p *principalPattern) class(caller *Principal, trust bool) grantClass {
	named := false
	switch p.kind {
	case anybody:
		// Nobody without credentials reaches AssumeRole; web identities do.
		named = !trust || caller.Type != Anonymous
	case wholeAccount:
		switch {
		case caller.Account != p.text:
		case caller.Type == Root:
			return direct
		case caller.Type == User, caller.Type == AssumedRole, caller.Type == FederatedUser:
			return account
		}
	case userOrRole, entityID:
		if p.entity(caller) {
			if caller.Type == User {
				return direct
			}
			return limited
		}
	case oneSession:
		named = (caller.Type == AssumedRole || caller.Type == FederatedUser) && caller.ARN == p.text
	case oneService:
		named = caller.Type == Service && caller.Service == p.text
	case oneProvider:
		named = trust && (caller.Type == WebIdentity || caller.Type == SAML) && caller.Provider == p.text
	}
	if named {
		return direct
	}
	return notNamed
}

// entity reports whether the pattern names the user or role behind the
// caller.
func (p *principalPattern) entity(caller *Principal) bool {
	switch caller.Type {
	case User, AssumedRole, FederatedUser:
	default:
		return false
	}
	if p.kind == entityID {
		return caller.EntityID != "" && caller.EntityID == p.text
	}
	if caller.EntityARN == "" {
		return caller.Type == User && caller.ARN == p.text
	}
	return sameEntity(p.text, caller.EntityARN)
}

// sameEntity compares entity ARNs. Names of roles ignore case, since an
// account has no two that differ only by it; all else is exact.
func sameEntity(a, b string) bool {
	if a == b {
		return true
	}
	i, j := strings.LastIndexByte(a, '/')+1, strings.LastIndexByte(b, '/')+1
	return a[:i] == b[:j] && strings.Contains(a[:i], ":role/") && strings.EqualFold(a[i:], b[j:])
}

// exempts reports whether a value of NotPrincipal is exactly the caller. The
// role behind a session or the account is not enough (spec 1.6).
func (p *principalPattern) exempts(caller *Principal) bool {
	switch p.kind {
	case wholeAccount:
		return caller.Type == Root && caller.Account == p.text
	case userOrRole, entityID:
		return caller.Type == User && p.entity(caller)
	case oneSession, oneService:
		return p.class(caller, false) == direct
	}
	return false
}
