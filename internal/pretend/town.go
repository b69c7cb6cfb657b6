package pretend

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

// Apps are the names under which one application is known in a Town.
type Apps struct {
	Name    string   // shown on the pages
	Origins []string // of its website
	// Where providers answer, below each origin: Page takes what comes in an
	// address, the others take forms or, with X, the browser on its way back.
	Page, AppleForm, SAMLConsumer, XCallback string

	Google, Facebook, Amazon, Apple string // client ids
	XKey, XSecret                   string // consumer
	UserPool, UserPoolClient        string // provider name and app client
	Issuer, IssuerName, OIDCClient  string // the OpenID Connect provider
	EntityID, EntityName            string // the SAML provider
	StaffRole                       string // role of the user pool's group "staff"
}

// A Town is one of every provider, at one address: Google at its root, the others
// below a path each. It is an http.Handler.
type Town struct {
	*Google
	Facebook *Facebook
	Amazon   *Amazon
	Apple    *Apple
	X        *Twitter
	Users    *UserPool
	OIDC     *OIDC
	SAML     *SAML

	apps Apps
	mux  *http.ServeMux
}

// The paths of the providers.
const (
	facebookPath = "/facebook"
	amazonPath   = "/amazon"
	applePath    = "/apple"
	xPath        = "/x"
	usersPath    = "/users"
	oidcPath     = "/oidc"
	samlPath     = "/saml"
)

// NewTown makes a Town at baseURL, an origin.
func NewTown(baseURL string, apps Apps, log *slog.Logger) (*Town, error) {
	t := &Town{apps: apps, mux: http.NewServeMux()}
	pages := below(apps.Origins, apps.Page)
	one := func(id, secret string) ProviderConfig { return ProviderConfig{Apps: map[string]string{id: secret}} }
	// Keys take a moment to make, and none needs another's.
	errs := parallel(
		func() (err error) {
			t.Google, err = New(Config{BaseURL: baseURL, Logger: log, Clients: []Client{{ID: apps.Google, Name: apps.Name, RedirectURIs: pages, Origins: apps.Origins}}})
			return err
		},
		func() (err error) { t.Facebook, err = NewFacebook(one(apps.Facebook, "")); return err },
		func() (err error) { t.Amazon, err = NewAmazon(one(apps.Amazon, "")); return err },
		func() (err error) { t.Apple, err = NewApple(one(apps.Apple, "")); return err },
		func() (err error) { t.X, err = NewTwitter(one(apps.XKey, apps.XSecret)); return err },
		func() (err error) {
			t.Users, err = NewUserPool(apps.UserPool, one(apps.UserPoolClient, ""))
			return err
		},
		func() (err error) { t.OIDC, err = NewOIDC(apps.Issuer, one(apps.OIDCClient, "")); return err },
		func() (err error) { t.SAML, err = NewSAML(SAMLConfig{EntityID: apps.EntityID}); return err },
	)
	if errs != nil {
		return nil, errs
	}
	t.Users.StaffRole = apps.StaffRole
	desk := func(prefix, id string, answeredAt []string) Desk {
		return Desk{BaseURL: baseURL, Prefix: prefix, Logger: log, Clients: []Client{{ID: id, Name: apps.Name, RedirectURIs: answeredAt, Origins: apps.Origins}}}
	}
	sso, err := t.SAML.OpenDesk(desk(samlPath, SAMLAudience, below(apps.Origins, apps.SAMLConsumer)), apps.EntityName)
	if err := errors.Join(err,
		t.Facebook.OpenDesk(desk(facebookPath, apps.Facebook, pages)),
		t.Amazon.OpenDesk(desk(amazonPath, apps.Amazon, pages)),
		t.Apple.OpenDesk(desk(applePath, apps.Apple, below(apps.Origins, apps.AppleForm))),
		t.X.OpenDesk(desk(xPath, apps.XKey, below(apps.Origins, apps.XCallback))),
		t.Users.OpenDesk(desk(usersPath, apps.UserPoolClient, pages)),
		t.OIDC.OpenDesk(desk(oidcPath, apps.OIDCClient, pages), apps.IssuerName),
	); err != nil {
		return nil, err
	}
	for prefix, h := range map[string]http.Handler{
		facebookPath: t.Facebook, amazonPath: t.Amazon, applePath: t.Apple, xPath: t.X, usersPath: t.Users, oidcPath: t.OIDC, samlPath: sso,
	} {
		t.mux.Handle(prefix+"/", http.StripPrefix(prefix, h))
	}
	t.mux.Handle("/", t.Google)
	return t, nil
}

// SAMLAudience is the entity id under which AWS is known to SAML providers.
const SAMLAudience = "urn:amazon:webservices"

// ServeHTTP refuses requests under a foreign host name and finds the provider.
func (t *Town) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host != t.base.Host {
		http.Error(w, "these are the pretend providers at "+t.base.Host, http.StatusMisdirectedRequest)
		return
	}
	t.mux.ServeHTTP(w, r)
}

// Overrides is where a server fetches keys and asks about tokens, by the keys of
// Logins.
func (t *Town) Overrides() map[string]string {
	_, issuer, _ := strings.Cut(t.apps.Issuer, "://")
	return map[string]string{
		"accounts.google.com": t.url(""), "graph.facebook.com": t.url(facebookPath), "www.amazon.com": t.url(amazonPath),
		"appleid.apple.com": t.url(applePath), "api.twitter.com": t.url(xPath), t.apps.UserPool: t.url(usersPath), issuer: t.url(oidcPath),
	}
}

// At is the address of a path of the town.
func (t *Town) At(path string) string { return t.url(path) }

// below is a path at every origin.
func below(origins []string, path string) []string {
	list := make([]string, len(origins))
	for i, o := range origins {
		list[i] = o + path
	}
	return list
}

// parallel runs all of work and joins their errors.
func parallel(work ...func() error) error {
	errs := make(chan error, len(work))
	for _, f := range work {
		go func() { errs <- f() }()
	}
	var all []error
	for range work {
		if err := <-errs; err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}
