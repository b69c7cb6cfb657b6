package pool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// EmailMerge says when a login that was never seen belongs to a person who is known
// because both their providers vouch for one e-mail address. It is off without
// authorities, as on AWS.
//
// It is a decision about identity made by what others claim, so everything about it
// is narrow. Both providers must be authorities for the address's domain, must be
// two, and must say that it is verified; Google must be the address's host besides
// (see vouched). The address must be the same to the letter, in plain ASCII, but for
// the case of its domain. The known login must have shown the address within
// maxAddressAge, since addresses get new owners. Exactly one identity may fit. And
// only the first sign-in of a login is looked at: what an administrator took apart
// with UndoMerge stays apart, and what somebody took off with UnlinkIdentity stays
// off.
//
// The identity that was there wins. The new login gets an identity of its own first
// and loses that to the merge, so that the merge is on record and UndoMerge gives
// the login an identity back. When the known identity is blocked, the new login is
// refused: who is locked out does not come in by another door.
type EmailMerge struct {
	Authorities []EmailAuthority `json:",omitempty"`
}

// EmailAuthority is a provider that may vouch for addresses. Name only those that
// verify an address before they call it verified, and that take it away from who
// loses it: an app whose users type in what they like is none.
type EmailAuthority struct {
	Provider string   // the Logins key
	Domains  []string // lower case; AnyDomain for all
}

// AnyDomain stands in EmailAuthority.Domains for every domain.
const AnyDomain = "*"

// Bounds of EmailMerge.
const (
	maxAuthorities = 10
	maxDomains     = 100
	maxAddressAge  = 90 * 24 * time.Hour
	// maxSameAddress is how many logins with an address are looked at. Where there
	// are more, no one person is meant.
	maxSameAddress = 50
)

func (m EmailMerge) clone() EmailMerge {
	m.Authorities = slices.Clone(m.Authorities)
	for i := range m.Authorities {
		m.Authorities[i].Domains = slices.Clone(m.Authorities[i].Domains)
	}
	return m
}

// SetEmailMerge replaces the pool's rule for merging by verified e-mail address; no
// authorities turn it off.
func (s *Service) SetEmailMerge(ctx context.Context, poolID string, in EmailMerge) error {
	_, err := s.change(ctx, poolID, func(p *Pool) error {
		if err := s.checkEmailMerge(p, in); err != nil {
			return err
		}
		p.MergeVerifiedEmail = in.clone()
		return nil
	})
	return err
}

func (s *Service) checkEmailMerge(p *Pool, in EmailMerge) error {
	if len(in.Authorities) == 0 {
		return nil
	}
	if !slices.Contains(s.RememberClaims, emailClaim) {
		return &Invalid{Message: "Identities can be merged by e-mail address only where addresses are remembered."}
	}
	if len(in.Authorities) < 2 || len(in.Authorities) > maxAuthorities {
		return &Invalid{Message: fmt.Sprintf("Merging by e-mail address takes 2 to %d providers.", maxAuthorities)}
	}
	seen := make(map[string]bool)
	for _, a := range in.Authorities {
		switch {
		case seen[a.Provider]:
			return &Invalid{Message: fmt.Sprintf("Provider %s is named twice.", a.Provider)}
		case !s.configured(p, a.Provider):
			return &Invalid{Message: fmt.Sprintf("%s is not a provider of the pool that can vouch for e-mail addresses.", a.Provider)}
		case len(a.Domains) == 0 || len(a.Domains) > maxDomains:
			return &Invalid{Message: fmt.Sprintf("A provider vouches for 1 to %d domains, or for %q.", maxDomains, AnyDomain)}
		}
		seen[a.Provider] = true
		for _, d := range a.Domains {
			if local, domain, ok := address("x@" + d); d != AnyDomain && (!ok || local != "x" || domain != d) {
				return &Invalid{Message: fmt.Sprintf("%q is not a domain in lower case.", d)}
			}
		}
	}
	return nil
}

// configured reports whether logins under key can come with an address that their
// provider has verified.
func (s *Service) configured(p *Pool, key string) bool {
	switch key {
	case Facebook, Amazon, Twitter, Digits:
		return false
	}
	_, social := p.SupportedLoginProviders[key]
	_, oidc := s.oidcProvider(p, key)
	return social || oidc || slices.ContainsFunc(p.UserPools, func(u UserPool) bool { return u.ProviderName == key })
}

func (p *Pool) mergesByEmail() bool { return len(p.MergeVerifiedEmail.Authorities) > 0 }

// believes reports whether the provider is an authority for the domain.
func (m *EmailMerge) believes(provider, domain string) bool {
	return slices.ContainsFunc(m.Authorities, func(a EmailAuthority) bool {
		return a.Provider == provider && (slices.Contains(a.Domains, domain) || slices.Contains(a.Domains, AnyDomain))
	})
}

// checkAddress refuses new logins of somebody who is blocked.
func (s *Service) checkAddress(ctx context.Context, p *Pool, logins []verified) error {
	known, err := s.sameAddress(ctx, p, logins, "")
	if err == nil && known != nil && known.Blocked {
		return &Forbidden{ID: known.ID, Blocked: true}
	}
	return err
}

// mergeByEmail merges an identity, which its logins have just made, into that of the
// person whom they belong to, if there is one.
func (s *Service) mergeByEmail(ctx context.Context, p *Pool, id *Identity, logins []verified) (*Identity, error) {
	fresh, err := s.neverUnlinked(ctx, p, logins)
	if err != nil || len(fresh) == 0 {
		return id, err
	}
	result := id
	err = s.race(p, id.ID, func(bool) error {
		now, err := s.load(ctx, p, id.ID)
		switch {
		case err != nil:
			return err
		case now.Disabled: // by the sign-in of the other login, at the same moment
			result, err = s.winner(ctx, now)
			return err
		case now.Blocked: // since
			return &Forbidden{ID: now.ID, Blocked: true}
		}
		result = now
		known, err := s.sameAddress(ctx, p, fresh, id.ID)
		if err != nil || known == nil || known.Blocked {
			return err
		}
		joined, err := s.join(ctx, p, known, []*Identity{known, now}, nil, ByEmail)
		if err == nil {
			result = joined
		}
		return s.confirm(ctx, err, known, now)
	})
	var taken *LoginTaken
	var lost *Conflict
	if errors.As(err, &taken) || errors.As(err, &lost) {
		s.Log.Info("identities with one verified address not merged", "pool", p.ID, "identity", id.ID, "reason", err)
		return result, nil
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// neverUnlinked leaves out the logins that were taken off an identity before.
func (s *Service) neverUnlinked(ctx context.Context, p *Pool, logins []verified) (list []verified, err error) {
	for i := range logins {
		v := &logins[i]
		was, err := s.Store.WasUnlinked(ctx, p.ID, v.Provider, v.Subject)
		if err != nil {
			return nil, fmt.Errorf("find unlinked login: %w", err)
		}
		if !was {
			list = append(list, *v)
		}
	}
	return list, nil
}

// sameAddress finds the identity, other than but, of the person whom the logins
// belong to by their address; nil when there is not exactly one.
func (s *Service) sameAddress(ctx context.Context, p *Pool, logins []verified, but string) (*Identity, error) {
	rule := &p.MergeVerifiedEmail
	fresh := s.now().Add(-maxAddressAge)
	found := make(map[string]bool)
	for i := range logins {
		v := &logins[i]
		local, domain, ok := address(verifiedEmail(v))
		if !ok || !vouched(v) || !rule.believes(v.Provider, domain) {
			continue
		}
		known, err := s.Store.LoginsByEmail(ctx, p.ID, emailKey(local+"@"+domain), maxSameAddress+1)
		if err != nil {
			return nil, fmt.Errorf("find logins by address: %w", err)
		}
		if len(known) > maxSameAddress {
			return nil, nil
		}
		for _, k := range known {
			l := k.Login
			theirs, host, ok := address(l.Person.Email)
			switch {
			case k.Identity == but, !ok, theirs != local, host != domain:
			case !l.Person.Vouched, l.Remembered.Before(fresh), l.Provider == v.Provider, !rule.believes(l.Provider, domain):
			default:
				found[k.Identity] = true
			}
		}
	}
	if len(found) != 1 {
		if len(found) > 1 {
			s.Log.Info("a verified address fits several identities", "pool", p.ID, "identities", slices.Sorted(maps.Keys(found)))
		}
		return nil, nil
	}
	for id := range found {
		known, err := s.load(ctx, p, id)
		if err != nil {
			return nil, err
		}
		if known.Disabled { // between the two reads
			return nil, &Conflict{What: "the identity of an address"}
		}
		return known, nil
	}
	return nil, nil
}

// vouched reports whether the provider of a login says that it has verified the
// address, and can know. Google says so of any address that was once verified, and
// is the host only of its own domain and of the organisation's that the token names
// (hd): others it calls verified may have another owner by now.
func vouched(v *verified) bool {
	_, domain, ok := address(verifiedEmail(v))
	if !ok || v.Provider != Google {
		return ok
	}
	organisation, _ := v.Claims.Raw["hd"].(string)
	return domain == "gmail.com" || strings.EqualFold(organisation, domain)
}

// address takes an e-mail address apart, if it is one that can be compared: plain
// ASCII without quotes or comments, so that nothing looks like it and is another.
// The domain comes in lower case; the local part stays as it is, because only its
// host knows whether case matters there.
func address(text string) (local, domain string, ok bool) {
	local, domain, ok = strings.Cut(text, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") || len(text) > maxAddress {
		return "", "", false
	}
	for _, c := range []byte(local) {
		if !letterOrDigit(c) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", rune(c)) {
			return "", "", false
		}
	}
	for _, label := range strings.Split(domain, ".") {
		if label == "" {
			return "", "", false
		}
		for _, c := range []byte(label) {
			if !letterOrDigit(c) && c != '-' {
				return "", "", false
			}
		}
	}
	return local, strings.ToLower(domain), true
}

func letterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
