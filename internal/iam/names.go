package iam

import (
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits are the quotas of an account (spec/iam-sts.md 4.1). Zero fields get
// AWS's defaults.
type Limits struct {
	Roles, Users, Groups, Policies, OIDCProviders, SAMLProviders, InstanceProfiles int
	Attached                                                                       int // managed policies per role, user or group
	TrustSize                                                                      int // characters of a trust policy
}

func (l Limits) withDefaults() Limits {
	set := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	set(&l.Roles, 1000)
	set(&l.Users, 5000)
	set(&l.Groups, 300)
	set(&l.Policies, 1500)
	set(&l.OIDCProviders, 100)
	set(&l.SAMLProviders, 100)
	set(&l.InstanceProfiles, 1000)
	set(&l.Attached, 10)
	set(&l.TrustSize, 2048)
	return l
}

// Fixed limits that the API states (spec/iam-sts.md 1.9, 4.1). Sizes are in
// characters without white space.
const (
	MaxKeysPerUser    = 2
	MaxPolicyVersions = 5
	MaxManagedSize    = 6144
	MaxRoleInline     = 10240 // all inline policies of a role together
	MaxUserInline     = 2048
	MaxGroupInline    = 5120
	MaxGroupsPerUser  = 10
)

const (
	maxEntityName  = 64
	maxPolicyName  = 128
	maxGroupName   = 128
	maxProfileName = 128
	maxPath        = 512
	maxDescription = 1000
	maxTags        = 50
	maxTagKey      = 128
	maxTagValue    = 256
	maxClientIDs   = 100
	maxClientID    = 255
	maxThumbprints = 5
	maxProviderURL = 255
)

// Prefixes of unique ids (spec/iam-sts.md 4.1).
const (
	prefixRole      = "AROA"
	prefixUser      = "AIDA"
	prefixGroup     = "AGPA"
	prefixProfile   = "AIPA"
	prefixPolicy    = "ANPA"
	prefixAccessKey = "AKIA"
)

// newID makes a unique id: the prefix and 17 characters, 85 random bits, so
// that an id is never met twice.
func (s *Service) newID(prefix string) string { return prefix + s.base32(17) }

func (s *Service) base32(n int) string {
	b := make([]byte, n)
	s.read(b)
	return base32.StdEncoding.EncodeToString(b)[:n]
}

// read fills b with random bytes. A random source that fails leaves nothing
// sensible to do.
func (s *Service) read(b []byte) {
	if _, err := io.ReadFull(s.rand, b); err != nil {
		panic(fmt.Sprintf("iam: random source: %v", err))
	}
}

// scopedName is a name inside an account, folded: names are unique ignoring
// case.
type scopedName struct{ account, name string }

func scoped(account, name string) scopedName { return scopedName{account, FoldName(name)} }

// FoldName gives the form in which names are compared for uniqueness. Names are
// ASCII.
func FoldName(name string) string { return strings.ToLower(name) }

// checkName applies the rule of role, user, group and policy names: [\w+=,.@-]+.
func checkName(name string, limit int) error {
	ok := name != "" && len(name) <= limit
	for i := 0; ok && i < len(name); i++ {
		c := name[i]
		ok = isAlnum(c) || strings.IndexByte("_+=,.@-", c) >= 0
	}
	if !ok {
		return &Invalid{Field: FieldName, Value: name}
	}
	return nil
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// pathRule judges the inside of a path, between its first and last slash.
type pathRule func(inside string) bool

// entityPath is the rule of roles, users and groups: anything printable.
func entityPath(inside string) bool {
	return !strings.ContainsFunc(inside, func(r rune) bool { return r < 0x21 || r > 0x7e })
}

// policyPath is the rule of managed policies: no empty parts, fewer characters.
func policyPath(inside string) bool {
	for part := range strings.SplitSeq(inside, "/") {
		if part == "" {
			return false
		}
		for i := range len(part) {
			if !isAlnum(part[i]) && strings.IndexByte(".,+@=_-", part[i]) < 0 {
				return false
			}
		}
	}
	return true
}

// checkPath returns the path, "/" when none is given.
func checkPath(path string, rule pathRule) (string, error) {
	if path == "" || path == "/" {
		return "/", nil
	}
	if len(path) < 3 || len(path) > maxPath || path[0] != '/' || path[len(path)-1] != '/' || !rule(path[1:len(path)-1]) {
		return "", &Invalid{Field: FieldPath, Value: path}
	}
	return path, nil
}

func checkNewEntity(name string, limit int, path string, rule pathRule) (string, error) {
	if err := checkName(name, limit); err != nil {
		return "", err
	}
	return checkPath(path, rule)
}

func checkDescription(text string) error {
	if utf8.RuneCountInString(text) > maxDescription {
		return &Invalid{Field: FieldDescription, Value: text}
	}
	return nil
}
