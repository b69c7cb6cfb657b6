package issued

import (
	"slices"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/sts"
)

// unauthenticated is the amr of guests (cognito-identity.md 4.3).
const unauthenticated = "unauthenticated"

// maxMarks bounds by how many logins a session is found.
const maxMarks = 32

// keysOf gives the keys of a session for its document.
func keysOf(list []sts.ContextKey) []key {
	var keys []key
	for _, k := range list {
		keys = append(keys, key{k.Name, k.Values})
	}
	return keys
}

func contextOf(list []key) []sts.ContextKey {
	var keys []sts.ContextKey
	for _, k := range list {
		keys = append(keys, sts.ContextKey{Name: k.Name, Values: k.Values, Multi: k.Name == sts.CognitoAMR})
	}
	return keys
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// amrOf is how the identity behind a session was proven, also that at the beginning
// of a chain; nil when no pool gave it.
func amrOf(x *sts.Session) []string {
	for _, list := range [...][]sts.ContextKey{x.Context, x.Origin} {
		for i := range list {
			if list[i].Name == sts.CognitoAMR {
				return list[i].Values
			}
		}
	}
	return nil
}

// loginsOf reads the logins of a session off its keys, for those that say no more:
// the classic flow, and chains. An amr has pairs of a provider and a text of the
// form provider:client:subject, or provider:pool:user for developers
// (cognito-identity.md 4.3).
func loginsOf(x *sts.Session, amr []string) []login {
	var list []login
	for i := 1; i+1 < len(amr); i += 2 {
		text := strings.TrimPrefix(amr[i+1], amr[i]+":")
		if user, ok := strings.CutPrefix(text, x.IdentityPoolID+":"); ok && x.IdentityPoolID != "" {
			text = user
		} else if _, subject, ok := strings.Cut(text, ":OIDC:"); ok { // before it stands an ARN
			text = subject
		} else if _, subject, ok := strings.Cut(text, ":"); ok {
			text = subject
		}
		list = append(list, login{amr[i], text})
	}
	if amr != nil {
		return list
	}
	for _, keys := range [...][]sts.ContextKey{x.Context, x.Origin} {
		for i := range keys {
			if l, ok := federatedLogin(&keys[i], x.Provider); ok {
				list = append(list, l)
			}
		}
	}
	return list
}

// federatedLogin is the login that a key of a provider tells, as package revoke
// reads them.
func federatedLogin(k *sts.ContextKey, federated string) (l login, ok bool) {
	colon := strings.LastIndexByte(k.Name, ':')
	if colon < 0 || len(k.Values) != 1 {
		return login{}, false
	}
	l = login{k.Name[:colon], k.Values[0]}
	if l.Provider == "saml" {
		l.Provider = federated
	}
	switch k.Name[colon:] {
	case ":sub", ":id", ":user_id":
		return l, true
	}
	return login{}, false
}

// marks are by which logins a session is found: the known ones, and each that a
// revocation would find it by. Where a subject begins in the text of an amr the
// text does not say, so every ending counts, the longest first.
func marks(x *sts.Session, known []login) []string {
	var list []string
	add := func(provider, subject string) {
		if m := mark(provider, subject); len(list) < maxMarks && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	for _, l := range known {
		add(l.Provider, l.Subject)
	}
	for _, keys := range [...][]sts.ContextKey{x.Context, x.Origin} {
		for i := range keys {
			k := &keys[i]
			if k.Name != sts.CognitoAMR {
				if l, ok := federatedLogin(k, x.Provider); ok {
					add(l.Provider, l.Subject)
				}
				continue
			}
			for j := 1; j+1 < len(k.Values); j += 2 {
				_, text, ok := strings.Cut(k.Values[j+1], ":")
				for ok {
					add(k.Values[j], text)
					_, text, ok = strings.Cut(text, ":")
				}
			}
		}
	}
	return list
}
