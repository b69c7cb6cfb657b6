package policy

import (
	"fmt"
	"strings"
)

// presence checks which elements stand together, per kind of policy
// (spec/iam-sts.md 1.2).
func (c *checker) presence(n *node, s *Statement) {
	pair := func(a, b, s3 string) (found *node) {
		first, ok1 := n.get(a)
		second, ok2 := n.get(b)
		if ok1 && ok2 {
			c.syntax(second.pos, a+" and "+b+" together", s3)
		}
		if ok1 {
			return first
		}
		return second
	}
	action := pair("Action", "NotAction", s3BadAction)
	res := pair("Resource", "NotResource", s3BadResource)
	principal := pair("Principal", "NotPrincipal", s3BadPrincipal)

	if _, ok := n.get("Effect"); !ok {
		c.syntax(n.pos, "no Effect", missingRequired+"Effect")
	}
	if action == nil || len(s.Actions) == 0 {
		c.report(rankNoActions, n.pos, c.pick("Policy statement must contain actions.", missingRequired+"Action"), "no actions")
	}
	switch {
	case c.kind == Trust && res != nil:
		c.report(rankElement, res.pos, "Has prohibited field "+not("Resource", s.NotResource), "a trust policy is about its own role")
	case c.kind != Trust && (res == nil || len(s.Resources) == 0):
		c.report(rankNoResources, n.pos, c.pick("Policy statement must contain resources.", missingRequired+"Resource"), "no resources")
	}
	c.principalPresence(n, s, principal)
}

func (c *checker) principalPresence(n *node, s *Statement, principal *node) {
	switch {
	case c.kind != Trust && c.kind != Resource:
		if principal != nil {
			c.report(rankElement, principal.pos, "Policy document should not specify a principal.", "only policies of resources and roles name principals")
		}
	case principal == nil:
		c.report(rankElement, n.pos, missingRequired+"Principal", "no principal")
	case s.NotPrincipal && s.Effect == Allow:
		c.report(rankElement, principal.pos, allowNotPrinc, "would allow everybody else")
	case s.NotPrincipal && c.kind == Trust:
		c.report(rankElement, principal.pos, "Has prohibited field NotPrincipal", "trust policies know Principal only")
	case len(s.Principals) == 0:
		c.report(rankPrincipal, principal.pos, s3BadPrincipal, "names nobody")
	}
}

// pick chooses between IAM's sentence and S3's.
func (c *checker) pick(iam, s3 string) string {
	if c.kind == Resource {
		return s3
	}
	return iam
}

// actions checks the form of actions. Whether an action exists is never
// checked; AWS does not.
func (c *checker) actions(s *Statement) {
	for _, a := range s.Actions {
		if a.Text == "*" && c.kind != Trust {
			continue
		}
		vendor, name, found := strings.Cut(a.Text, ":")
		switch {
		case c.kind == Trust && (a.Text == "*" || s.NotAction):
			c.report(rankTrustAction, a.Position, trustActions, "not limited to STS")
		case !found:
			c.report(rankActionVendor, a.Position, c.pick("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", s3BadAction), "action "+shorten(a.Text))
		case strings.Contains(name, ":"):
			c.report(rankActionColons, a.Position, c.pick("Actions/Condition can contain only one colon.", s3BadAction), "action "+shorten(a.Text))
		case !validVendor(vendor):
			c.report(rankVendorChars, a.Position, c.pick("Vendor "+vendor+" is not valid", s3BadAction), "action "+shorten(a.Text))
		case c.kind == Trust && !trustAction(vendor, name):
			c.report(rankTrustAction, a.Position, trustActions, "action "+shorten(a.Text))
		}
	}
}

const trustActions = "AssumeRole policy may only specify STS AssumeRole actions."

// trustAction reports whether a trust policy may name the action: what is
// asked of a trust policy, or a wildcard within sts.
func trustAction(vendor, name string) bool {
	if !strings.EqualFold(vendor, "sts") {
		return false
	}
	switch strings.ToLower(name) {
	case "assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity", "setcontext":
		return true
	}
	return strings.ContainsAny(name, "*?")
}

func validVendor(s string) bool {
	for i := range len(s) {
		if c := lowerByte(s[i]); !isDigit(c) && (c < 'a' || c > 'z') && c != '.' && c != '-' {
			return false
		}
	}
	return s != ""
}

// resources checks the form of resources.
func (c *checker) resources(s *Statement) {
	for _, r := range s.Resources {
		switch {
		case r.Text == "*" || c.kind == Trust:
		case c.kind == Resource:
			// A short ARN is legal here and matches nothing (spec 1.5).
			if !strings.HasPrefix(r.Text, "arn:") {
				c.report(rankResourceForm, r.Position, s3BadResource, "resource "+shorten(r.Text))
			}
		default:
			c.resource(r)
		}
	}
}

// resource checks a resource of an identity or session policy (spec 1.9,
// checks 3 and 6 to 10).
func (c *checker) resource(r Value) {
	fields := strings.SplitN(r.Text, ":", 6)
	if len(fields) == 1 {
		c.notARN(r)
		return
	}
	var f [6]string // what is missing is shown as *
	for i := range f {
		f[i] = "*"
	}
	copy(f[:], fields)
	partition, service, region, account, path := f[1], f[2], f[3], f[4], f[5]
	switch {
	case !validPartition(partition):
		c.report(rankPartition, r.Position, `Partition "`+partition+`" is not valid for resource "arn:`+strings.Join(f[1:], ":")+`".`, "resource "+shorten(r.Text))
	case f[0] != "arn":
		c.notARN(r)
	case service == "", len(fields) == 5 && !accountPattern(account):
		c.report(rankLegacy, r.Position, legacyParsing, "resource "+shorten(r.Text))
	case strings.ContainsAny(service, "*?"):
		c.report(rankResourceVendor, r.Position, "Resource vendor must be fully qualified and cannot contain regexes.", "resource "+shorten(r.Text))
	case service == "iam" && region != "" && region != "*":
		c.report(rankRegion, r.Position, "IAM resource "+r.Text+" cannot contain region information.", "resource "+shorten(r.Text))
	case service == "s3" && region != "" && region != "*" && !regionalS3(path):
		c.report(rankRegion, r.Position, "Resource "+r.Text+" can not contain region information.", "resource "+shorten(r.Text))
	case service == "iam" && !iamPath(path):
		c.report(rankIAMPath, r.Position, `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`, "resource "+shorten(r.Text))
	}
}

func (c *checker) notARN(r Value) {
	c.report(rankResourceForm, r.Position, "Resource "+r.Text+` must be in ARN format or "*".`, "resource "+shorten(r.Text))
}

func validPartition(s string) bool {
	switch s {
	case "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b":
		return true
	}
	return false
}

// accountPattern reports whether s can stand for an account at the end of a
// short ARN.
func accountPattern(s string) bool {
	return s == "" || accountID(s) || strings.ContainsAny(s, "*?")
}

// regionalS3 reports whether an S3 resource lives in a region.
func regionalS3(path string) bool {
	kind, _, _ := strings.Cut(path, "/")
	switch kind {
	case "accesspoint", "job", "storage-lens", "storage-lens-group", "async-request", "access-grants":
		return true
	}
	return false
}

func iamPath(path string) bool {
	kind, _, slash := strings.Cut(path, "/")
	if !slash {
		return path == "*"
	}
	switch kind {
	case "user", "federated-user", "role", "group", "instance-profile", "mfa", "server-certificate", "policy",
		"sms-mfa", "saml-provider", "oidc-provider", "report", "access-report":
		return true
	}
	return false
}

// principals reads Principal or NotPrincipal: "*", or a map of lists. In an
// identity policy its presence is the mistake, so its form is not judged.
func (c *checker) principals(n *node) []PrincipalValue {
	if c.kind != Trust && c.kind != Resource {
		return nil
	}
	var list []PrincipalValue
	switch {
	case n.kind == stringNode && n.text == "*":
		return []PrincipalValue{{Text: n.text, Position: n.pos}}
	case n.kind != objectNode:
		c.syntax(n.pos, `a principal is "*" or an object`, s3BadPrincipal)
		return nil
	}
	for i := range n.members {
		m := &n.members[i]
		switch m.name {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			c.syntax(m.pos, fmt.Sprintf("unknown type of principal %q", m.name), s3BadPrincipal)
			continue
		}
		for _, v := range c.values(&m.value, m.name, s3BadPrincipal) {
			p := PrincipalValue{Type: m.name, Text: v.Text, Position: v.Position}
			c.principal(&p)
			list = append(list, p)
		}
	}
	return list
}

func (c *checker) principal(p *PrincipalValue) {
	_, ok := classifyPrincipal(p)
	switch {
	case c.kind == Trust && p.Type == "Federated" && !ok:
		c.report(rankPrincipal, p.Position, "Federated principals must be valid domain names or SAML metadata ARNs", "provider "+shorten(p.Text))
	case c.kind == Trust && !ok:
		c.report(rankPrincipal, p.Position, `Invalid principal in policy: "`+strings.ToUpper(p.Type)+`":"`+p.Text+`"`, "principal "+shorten(p.Text))
	case c.kind == Resource && (!ok || p.Type == "Federated"):
		c.report(rankPrincipal, p.Position, s3BadPrincipal, p.Type+" principal "+shorten(p.Text))
	}
}
