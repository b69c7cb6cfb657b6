package pool

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Compare orders the logins of an identity: by when they were linked, and those of
// one moment by name.
func (l Login) Compare(other Login) int {
	return cmp.Or(l.Linked.Compare(other.Linked), cmp.Compare(l.Provider, other.Provider), cmp.Compare(l.Subject, other.Subject))
}

// What is kept of a person, and how often it is kept again.
const (
	maxPersonText = 256 // bytes of a name
	maxAddress    = 254 // RFC 5321, 4.5.3.1.3
	refreshAfter  = 24 * time.Hour
)

// The claims that may be remembered.
const (
	emailClaim     = "email"
	verifiedClaim  = "email_verified"
	nameClaim      = "name"
	preferredClaim = "preferred_username"
)

// RememberableClaims are the claims that Config.RememberClaims may name: what tells
// people apart on a list, and no more. Whether an address is verified is kept with
// the address.
func RememberableClaims() []string { return []string{emailClaim, nameClaim, preferredClaim} }

// newLogin is a login that is linked at now.
func (s *Service) newLogin(v *verified, now time.Time) Login {
	l := Login{Provider: v.Provider, Subject: v.Subject, Linked: now}
	if l.Person = s.person(v); l.Person != nil {
		l.Remembered = now
	}
	return l
}

// person is what is remembered of a login, nil for nothing.
func (s *Service) person(v *verified) *Person {
	if v.Claims == nil {
		return nil
	}
	p := &Person{}
	for _, name := range s.RememberClaims {
		text, _ := v.Claims.Raw[name].(string)
		switch name {
		case emailClaim:
			// An address that was cut would be somebody else's.
			if text = plain(text); len(text) <= maxAddress {
				p.Email = text
				p.EmailVerified = text != "" && verifiedEmail(v) != ""
				p.Vouched = vouched(v)
			}
		case nameClaim:
			p.Name = cut(plain(text))
		case preferredClaim:
			p.PreferredUsername = cut(plain(text))
		}
	}
	if *p == (Person{}) {
		return nil
	}
	return p
}

// plain takes out of a text what only a terminal or a careless page would see.
func plain(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}

// cut keeps as many whole characters as there is room for.
func cut(text string) string {
	if len(text) <= maxPersonText {
		return text
	}
	return strings.ToValidUTF8(text[:maxPersonText], "")
}

// refresh keeps anew, once a day, what the logins of a sign-in say of the person.
// Where nothing is to be remembered, what was before is forgotten. A failure is
// not the person's: it is logged, and the sign-in goes on.
func (s *Service) refresh(ctx context.Context, p *Pool, by *caller) {
	for i := range by.logins {
		v := &by.logins[i]
		at := slices.IndexFunc(by.identity.Logins, func(l Login) bool { return l.Provider == v.Provider && l.Subject == v.Subject })
		if at < 0 {
			continue
		}
		l := by.identity.Logins[at]
		if len(s.RememberClaims) == 0 && l.Remembered.IsZero() {
			continue
		}
		now := s.now()
		if now.Sub(l.Remembered) < refreshAfter {
			continue
		}
		l.Remembered, l.Person = now, s.person(v)
		if err := s.Store.Remember(ctx, p.ID, l); err != nil {
			s.Log.Warn("claims of a login not remembered", "pool", p.ID, "identity", by.identity.ID, "provider", l.Provider, "error", err)
		}
	}
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
