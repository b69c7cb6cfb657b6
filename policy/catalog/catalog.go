package catalog

import (
	"iter"
	"strings"
	"sync"
)

// Catalog answers questions about services, actions and condition keys. The zero
// value is ready to use; it reads its tables (about a thousand lines) when the
// first question is asked, so making one costs nothing.
type Catalog struct {
	once sync.Once
	tables
}

// tables are the tables as read, indexed by folded name.
type tables struct {
	services  []*Service
	global    []*Key
	providers []*Key
	claims    []issuerClaims

	byPrefix  map[string]*Service
	actions   map[string]*Action
	keys      map[string]*Key // families without their star: "aws:principaltag/"
	aliases   map[string]string
	issuerKey map[string]*Key // claims that every issuer may have: "aud"
}

// New returns a Catalog.
func New() *Catalog { return new(Catalog) }

func (c *Catalog) load() *tables {
	c.once.Do(func() { c.tables = readTables() })
	return &c.tables
}

// Services lists the services, in alphabetical order of their prefixes.
func (c *Catalog) Services() iter.Seq[*Service] {
	return func(yield func(*Service) bool) {
		for _, s := range c.load().services {
			if !yield(s) {
				return
			}
		}
	}
}

// Service returns the service whose actions begin with prefix ("s3"), nil for
// one the catalog does not know.
func (c *Catalog) Service(prefix string) *Service {
	return c.load().byPrefix[strings.ToLower(prefix)]
}

// Action returns the action of that full name ("s3:GetObject"), nil for one the
// catalog does not know.
func (c *Catalog) Action(name string) *Action {
	return c.load().actions[strings.ToLower(name)]
}

// Operation returns the action that decides an operation which people take for
// an action: "s3:HeadObject" is decided as "s3:GetObject". It is "" for every
// other name.
func (c *Catalog) Operation(name string) string {
	return c.load().aliases[strings.ToLower(name)]
}

// Key returns the condition key of that name, nil for one the catalog does not
// know. A member of a family is described by the family ("aws:PrincipalTag/team"
// by "aws:PrincipalTag/*"), and a claim of any token issuer by its kind
// ("login.example.com/path:sub"; the description's Name is then the name asked
// for).
func (c *Catalog) Key(name string) *Key {
	t := c.load()
	folded := strings.ToLower(name)
	if k := t.keys[folded]; k != nil && !k.Family {
		return k
	}
	if slash := strings.IndexByte(folded, '/'); slash >= 0 && slash < len(folded)-1 {
		if k := t.keys[folded[:slash+1]]; k != nil && k.Family {
			return k
		}
	}
	return t.issuer(name)
}

// GlobalKeys lists the condition keys that requests to every service carry.
func (c *Catalog) GlobalKeys() iter.Seq[*Key] {
	return values(c, func(t *tables) []*Key { return t.global })
}

// ProviderKeys lists the condition keys of the built-in identity providers, of
// identity pools and of SAML assertions. The keys of registered OpenID Connect
// providers begin with the issuer and are not listed; Key knows them.
func (c *Catalog) ProviderKeys() iter.Seq[*Key] {
	return values(c, func(t *tables) []*Key { return t.providers })
}

func values(c *Catalog, list func(*tables) []*Key) iter.Seq[*Key] {
	return func(yield func(*Key) bool) {
		for _, k := range list(c.load()) {
			if !yield(k) {
				return
			}
		}
	}
}

// Carries reports whether requests for the action may carry the condition key.
// Global keys and keys of providers are never in doubt; a key of another service
// is carried by no action.
func (c *Catalog) Carries(a *Action, k *Key) bool {
	if k.Service == "" {
		return true
	}
	if k.Service != a.Service {
		return false
	}
	for _, carried := range a.Keys {
		if carried == k {
			return true
		}
	}
	return false
}

// issuer describes a claim of a token issuer as a condition key: the issuer's
// URL without its scheme, a colon and the claim.
func (t *tables) issuer(name string) *Key {
	host, claim, ok := IssuerClaim(name)
	if !ok {
		return nil
	}
	if k := t.issuerKey[strings.ToLower(claim)]; k != nil {
		return &Key{Name: name, Type: k.Type, Multi: k.Multi}
	}
	for _, known := range t.claims {
		if !known.matches(host) {
			continue
		}
		for _, c := range known.claims {
			if strings.EqualFold(c, claim) {
				return &Key{Name: name, Type: String}
			}
		}
	}
	return nil
}

// IssuerClaim splits the name of a condition key that stands for a claim of a
// token issuer, "login.example.com/path:sub", into issuer and claim. ok is false
// for the keys of services and built-in providers and for what is no key at all.
func IssuerClaim(name string) (issuer, claim string, ok bool) {
	host, _, _ := strings.Cut(name, "/")
	host, _, _ = strings.Cut(host, ":")
	if !strings.Contains(host, ".") && host != "localhost" {
		return "", "", false
	}
	switch strings.ToLower(host) {
	case "cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com":
		return "", "", false
	}
	// CircleCI's claims have a slash and no colon of their own.
	colon := strings.LastIndexByte(name, ':')
	if colon < 0 || colon == len(name)-1 {
		return "", "", false
	}
	return name[:colon], name[colon+1:], true
}
