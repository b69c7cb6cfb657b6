package policy

import "strings"

// IsPublic reports whether a bucket policy is public in the sense of S3's
// Block Public Access: some Allow for everybody that no condition narrows to
// fixed values (spec/gateways.md 1.9). Values with variables or wildcards are
// not fixed. In doubt a policy is public, and so is one that is not there to
// be read.
func IsPublic(d *Document) bool {
	if d == nil {
		return true
	}
	for i := range d.statements {
		s := &d.statements[i]
		if s.Effect == Allow && forEverybody(s) && !narrowed(s.Conditions) {
			return true
		}
	}
	return false
}

func forEverybody(s *Statement) bool {
	if s.NotPrincipal {
		return true
	}
	for i := range s.Principals {
		if p, ok := classifyPrincipal(&s.Principals[i]); !ok || p.kind == anybody {
			return true
		}
	}
	return false
}

func narrowed(conditions []Condition) bool {
	for i := range conditions {
		if narrows(&conditions[i]) {
			return true
		}
	}
	return false
}

// narrows reports whether one condition limits callers to fixed values: a
// positive comparison that fails when the key is missing.
func narrows(c *Condition) bool {
	op, _ := parseOperator(c.Operator)
	if op.negated || op.ifExists || op.qualifier == forAllValues || len(c.Values) == 0 {
		return false
	}
	var fixed func(string) bool
	switch strings.ToLower(c.Key) {
	case "aws:sourceip":
		if op.family != ipAddress {
			return false
		}
		fixed = narrowNetwork
	case "aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn":
		if op.family != arnLike && !textual(op.family) {
			return false
		}
		fixed = fixedAccount
	case "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:principalaccount",
		"aws:principalorgid", "aws:userid", "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointaccount":
		if !textual(op.family) {
			return false
		}
		fixed = fixedText
	default:
		return false
	}
	for _, v := range c.Values {
		if !fixed(v) {
			return false
		}
	}
	return true
}

func textual(f family) bool {
	return f == stringEquals || f == stringEqualsIgnoreCase || f == stringLike
}

func fixedText(v string) bool {
	return v != "" && !strings.ContainsAny(v, "*?") && !strings.Contains(v, "${")
}

// fixedAccount accepts an ARN that is fixed up to its account, or for S3's
// global names up to its resource.
func fixedAccount(v string) bool {
	if strings.Contains(v, "${") {
		return false
	}
	f, ok := splitARN(v)
	if !ok {
		return false
	}
	if f[3] == "" {
		return fixedText(v)
	}
	return accountID(f[3]) && !strings.ContainsAny(f[0]+f[1]+f[2], "*?")
}

// narrowNetwork accepts ranges up to a /8 of IPv4 or a /32 of IPv6.
func narrowNetwork(v string) bool {
	p, ok := parsePrefix(v)
	if !ok {
		return false
	}
	if p.Addr().Is4() {
		return p.Bits() >= 8
	}
	return p.Bits() >= 32
}
