package demo

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/rockpool-id/rockpool/internal/pretend"
)

// The names under which the website is known to the providers. None is anybody's.
const (
	FacebookApp      = "7346241598935552"
	AmazonClient     = "amzn1.application-oa2-client.tidepoolalbum"
	AppleService     = "com.example.tidepool"
	XKey             = "tidePoolAlbumConsumer"
	UserPoolClient   = "tidepoolweb"
	Issuer           = "https://id.lighthouse.example"
	OIDCClient       = "tide-pool-album"
	EntityID         = "https://sso.harbour.example/saml"
	SAMLProvider     = "HarbourWorks"
	DeveloperName    = "login.tidepool.example"
	BackendUser      = "tide-pool-backend"
	siteName         = "The Tide Pool Album"
	issuerName       = "Lighthouse ID"
	entityName       = "Harbour Works"
	developerAccount = "Tide Pool account"
)

// The paths of the website that its backend answers.
const (
	pagePath     = "/"
	applePath    = "/signin/apple"
	xPath        = "/signin/x"
	xReturnPath  = "/signin/x/return"
	samlPath     = "/saml/login"
	samlACSPath  = "/saml/acs"
	ownPath      = "/backend"
	ownLoginPath = "/backend/signin"
	whyPath      = "/backend/why"
)

// names is the website as the providers know it; the consumer's secret is of this
// run only.
func names(origins []string, region, account string) (pretend.Apps, error) {
	var secret [20]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return pretend.Apps{}, fmt.Errorf("consumer secret: %w", err)
	}
	return pretend.Apps{
		Name: siteName, Origins: origins, Page: pagePath, AppleForm: applePath, SAMLConsumer: samlACSPath, XCallback: xReturnPath,
		Google: ClientID, Facebook: FacebookApp, Amazon: AmazonClient, Apple: AppleService, XKey: XKey, XSecret: hex.EncodeToString(secret[:]),
		UserPool: "cognito-idp." + region + ".amazonaws.com/" + region + "_TidePool1", UserPoolClient: UserPoolClient,
		Issuer: Issuer, IssuerName: issuerName, OIDCClient: OIDCClient, EntityID: EntityID, EntityName: entityName,
		StaffRole: roleARN(account, StaffRoleName),
	}, nil
}

// A provider is one way to sign in, as the website's config.json has it: what kind
// it is, what people call it, the key of Logins, and where to go.
type provider struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// About says what kind of provider that is, where the name does not.
	About string `json:"about,omitempty"`
	// Key is the member of Logins; "" for guests and for the own backend, which
	// answers with the key to use.
	Key      string `json:"key,omitempty"`
	ClientID string `json:"clientId,omitempty"`
	// SignIn is where the browser goes. Token is the token endpoint, and Profile
	// tells the page whom an opaque token stands for.
	SignIn  string `json:"signIn,omitempty"`
	Token   string `json:"token,omitempty"`
	Profile string `json:"profile,omitempty"`
	// Redirect is where the provider answers when that is not the page itself.
	Redirect string `json:"redirect,omitempty"`
}

// providers is what the website's chooser offers.
func providers(t *pretend.Town, apps *pretend.Apps, account string) []provider {
	_, issuer, _ := strings.Cut(Issuer, "://")
	return []provider{
		{Kind: "google", Name: "Google", Key: "accounts.google.com", ClientID: ClientID, SignIn: t.At("/o/oauth2/v2/auth")},
		{Kind: "facebook", Name: "Facebook", Key: "graph.facebook.com", ClientID: FacebookApp, SignIn: t.At("/facebook/v23.0/dialog/oauth"), Profile: t.At("/facebook/me")},
		{Kind: "amazon", Name: "Amazon", Key: "www.amazon.com", ClientID: AmazonClient, SignIn: t.At("/amazon/ap/oa"), Profile: t.At("/amazon/user/profile")},
		{Kind: "apple", Name: "Apple", Key: "appleid.apple.com", ClientID: AppleService, SignIn: t.At("/apple/auth/authorize"), Redirect: "." + applePath},
		{Kind: "x", Name: "X", Key: "api.twitter.com", SignIn: "." + xPath},
		{Kind: "userpool", Name: "User pool", About: "Cognito", Key: apps.UserPool, ClientID: UserPoolClient, SignIn: t.At("/users/oauth2/authorize"), Token: t.At("/users/oauth2/token")},
		{Kind: "oidc", Name: issuerName, About: "OpenID Connect", Key: issuer, ClientID: OIDCClient, SignIn: t.At("/oidc/oauth2/authorize"), Token: t.At("/oidc/oauth2/token")},
		{Kind: "saml", Name: entityName, About: "SAML", Key: samlARN(account), SignIn: "." + samlPath},
		{Kind: "developer", Name: developerAccount, About: "own backend", SignIn: "." + ownLoginPath},
		{Kind: "guest", Name: "Guest"},
	}
}

func roleARN(account, name string) string {
	return "arn:aws:iam::" + account + ":role/service-role/" + name
}
func samlARN(account string) string {
	return "arn:aws:iam::" + account + ":saml-provider/" + SAMLProvider
}
func oidcARN(account string) string {
	_, issuer, _ := strings.Cut(Issuer, "://")
	return "arn:aws:iam::" + account + ":oidc-provider/" + issuer
}
