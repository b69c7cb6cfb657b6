package revoke

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/sts"
)

// Kind is what sessions are revoked by.
type Kind string

// The kinds of revocation, with the form of their Subject.
const (
	Session  Kind = "session"  // access key id, ASIA…
	Identity Kind = "identity" // identity id, region:uuid
	Login    Kind = "login"    // the provider's subject; Provider is the Logins key
	Pool     Kind = "pool"     // identity pool id, region:uuid
	Role     Kind = "role"     // unique id, AROA…
)

// Revocation ends the sessions of its subject that were issued up to NotBefore.
type Revocation struct {
	Kind     Kind
	Provider string // Login only
	Subject  string
	// NotBefore is when it was made; Expires is when nothing is left to revoke.
	NotBefore, Expires time.Time
	// By and Reason are for the list: who revoked, and the words given.
	By, Reason string
}

// MaxSession is how long any session may last: those of users, by GetSessionToken.
const MaxSession = 36 * time.Hour

// Store keeps revocations; all methods are safe for concurrent use.
type Store interface {
	// SaveRevocation stores a revocation, replacing one of the same kind,
	// provider and subject.
	SaveRevocation(ctx context.Context, r Revocation) error
	// Revocations returns all that have not expired at a moment.
	Revocations(ctx context.Context, at time.Time) ([]Revocation, error)
	// SweepRevocations removes those that have expired before a moment.
	SweepRevocations(ctx context.Context, before time.Time) error
}

// Config is what a Set needs; Store is required.
type Config struct {
	Store Store
	Now   func() time.Time
	Log   *slog.Logger
}

// Set answers which sessions are revoked.
type Set struct {
	cfg   Config
	write sync.Mutex
	state atomic.Pointer[state]
}

// state is one immutable version of the set; nil maps when nothing is revoked.
type state struct {
	list       []Revocation
	sessions   rules
	identities rules
	pools      rules
	roles      rules
	logins     map[login]*Revocation
}

// rules are the revocations of one kind by their subject.
type rules map[string]*Revocation

type login struct{ provider, subject string }

// Open loads the revocations.
func Open(ctx context.Context, cfg Config) (*Set, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Set{cfg: cfg}
	return s, s.Refresh(ctx)
}

// Refresh takes over what other nodes have revoked, and drops what has expired.
func (s *Set) Refresh(ctx context.Context) error {
	s.write.Lock()
	defer s.write.Unlock()
	list, err := s.cfg.Store.Revocations(ctx, s.cfg.Now())
	if err != nil {
		return fmt.Errorf("revoke: load: %w", err)
	}
	s.state.Store(build(list))
	return nil
}

// Sweep removes expired revocations from the store.
func (s *Set) Sweep(ctx context.Context) error {
	if err := s.cfg.Store.SweepRevocations(ctx, s.cfg.Now()); err != nil {
		return fmt.Errorf("revoke: sweep: %w", err)
	}
	return s.Refresh(ctx)
}

// Revoke stores r with its times and makes it count. It returns what was stored.
func (s *Set) Revoke(ctx context.Context, r Revocation) (Revocation, error) {
	r.NotBefore = s.cfg.Now().UTC().Truncate(time.Millisecond)
	r.Expires = r.NotBefore.Add(MaxSession)
	if err := s.cfg.Store.SaveRevocation(ctx, r); err != nil {
		return r, fmt.Errorf("revoke: store: %w", err)
	}
	s.cfg.Log.InfoContext(ctx, "sessions revoked", "kind", string(r.Kind), "provider", r.Provider, "subject", r.Subject, "by", r.By)
	return r, s.Refresh(ctx)
}

// List returns the revocations that count now, the newest first.
func (s *Set) List() []Revocation { return s.state.Load().list }

func build(list []Revocation) *state {
	st := &state{list: list}
	for i := range list {
		r := &list[i]
		switch r.Kind {
		case Session:
			st.sessions.put(r)
		case Identity:
			st.identities.put(r)
		case Pool:
			st.pools.put(r)
		case Role:
			st.roles.put(r)
		case Login:
			if st.logins == nil {
				st.logins = make(map[login]*Revocation)
			}
			st.logins[login{r.Provider, r.Subject}] = r
		}
	}
	return st
}

func (m *rules) put(r *Revocation) {
	if *m == nil {
		*m = make(rules)
	}
	(*m)[r.Subject] = r
}

// Revoked reports whether a session was revoked.
func (s *Set) Revoked(x *sts.Session) bool { return s.state.Load().find(x) != nil }

// By returns the revocation that ended a session, the first that is found when there
// are several.
func (s *Set) By(x *sts.Session) (r Revocation, ended bool) {
	if found := s.state.Load().find(x); found != nil {
		return *found, true
	}
	return Revocation{}, false
}

// find looks for a revocation of a session.
func (st *state) find(x *sts.Session) *Revocation {
	if len(st.list) == 0 {
		return nil
	}
	if r := st.own(x.AccessKeyID, x.RoleID, x.Issued); r != nil {
		return r
	}
	// In a chain the person is who began it, at that time: a session that was being
	// made while its parent was revoked may be younger than the revocation.
	since := x.Issued
	if len(x.Parents) > 0 {
		since = x.Parents[0].Issued
	}
	for i := range x.Parents {
		p := &x.Parents[i]
		if r := st.own(p.AccessKeyID, p.RoleID, p.Issued); r != nil {
			return r
		}
	}
	if x.IdentityID != "" {
		if r := st.identities.ended(x.IdentityID, since); r != nil {
			return r
		}
		if r := st.pools.ended(x.IdentityPoolID, since); r != nil {
			return r
		}
	}
	if len(st.logins) == 0 {
		return nil
	}
	if r := st.loginEnded(x.Context, x.Provider, since); r != nil {
		return r
	}
	return st.loginEnded(x.Origin, x.Provider, since)
}

// own looks for a revocation of one session or of its role.
func (st *state) own(accessKeyID, roleID string, issued time.Time) *Revocation {
	if r, ok := st.sessions[accessKeyID]; ok {
		return r
	}
	if roleID == "" {
		return nil
	}
	return st.roles.ended(roleID, issued)
}

func (m rules) ended(subject string, issued time.Time) *Revocation { return before(m[subject], issued) }

// before is r if it ends what was issued at a moment.
func before(r *Revocation, issued time.Time) *Revocation {
	if r == nil || issued.After(r.NotBefore) {
		return nil
	}
	return r
}

// loginEnded looks for the logins that a session was given for. A pool's session
// tells them in its amr, as the provider followed by a text that ends in the
// subject (cognito-identity.md 4.3); a session that STS gave for a token tells it
// in the keys of the provider, where SAML's have one name for all providers.
func (st *state) loginEnded(keys []sts.ContextKey, federated string, issued time.Time) *Revocation {
	for i := range keys {
		k := &keys[i]
		if k.Name == sts.CognitoAMR {
			for j := 1; j+1 < len(k.Values); j += 2 {
				if r := st.named(k.Values[j], k.Values[j+1], issued); r != nil {
					return r
				}
			}
			continue
		}
		colon := strings.LastIndexByte(k.Name, ':')
		if colon < 0 || len(k.Values) != 1 {
			continue
		}
		provider := k.Name[:colon]
		if provider == "saml" {
			provider = federated
		}
		switch k.Name[colon:] {
		case ":sub", ":id", ":user_id":
			if r := before(st.logins[login{provider, k.Values[0]}], issued); r != nil {
				return r
			}
		}
	}
	return nil
}

// named tries every ending of text that follows a colon as the subject.
func (st *state) named(provider, text string, issued time.Time) *Revocation {
	for {
		colon := strings.IndexByte(text, ':')
		if colon < 0 {
			return nil
		}
		text = text[colon+1:]
		if r := before(st.logins[login{provider, text}], issued); r != nil {
			return r
		}
	}
}
