package pool

import (
	"cmp"
	"strings"
	"time"
)

// Compare orders the logins of an identity: by when they were linked, and those of
// one moment by name.
func (l Login) Compare(other Login) int {
	return cmp.Or(l.Linked.Compare(other.Linked), cmp.Compare(l.Provider, other.Provider), cmp.Compare(l.Subject, other.Subject))
}

// EmailKey is the form of the address under which the login is found, "" without
// one. Addresses that differ have the same key when they differ in case alone; it
// is for searching, and never says that two people are one.
func (p *Person) EmailKey() string {
	if p == nil {
		return ""
	}
	return emailKey(p.Email)
}

func emailKey(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// newLogin is a login that is linked at now.
func (s *Service) newLogin(v *verified, now time.Time) Login {
	return Login{Provider: v.Provider, Subject: v.Subject, Linked: now}
}
