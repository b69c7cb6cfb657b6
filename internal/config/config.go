package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
)

// Config is the configuration of one process. The zero value is not valid;
// the command line fills the defaults named in the tags.
type Config struct {
	Data   string `name:"data" env:"ROCKPOOL_DATA" placeholder:"DIR" help:"Data folder: database, object bytes, root credentials. Default rockpool-data; demo uses a temporary folder."`
	Listen string `name:"listen" env:"ROCKPOOL_LISTEN" default:"127.0.0.1:8460" placeholder:"ADDR" help:"Address of the API: every AWS service on one endpoint."`

	Account string `name:"account-id" env:"ROCKPOOL_ACCOUNT_ID" default:"000000000000" help:"Account id, 12 digits."`
	Region  string `name:"region" env:"ROCKPOOL_REGION" default:"us-east-1" help:"Region the endpoint answers for."`

	TokenIssuer string `name:"token-issuer" env:"ROCKPOOL_TOKEN_ISSUER" default:"https://cognito-identity.amazonaws.com" placeholder:"URL" help:"Issuer of the OpenID tokens of identity pools. Set it to the address under which others reach this server if they verify such tokens by discovery."`

	RootAccessKeyID     string      `name:"root-access-key-id" env:"ROCKPOOL_ROOT_ACCESS_KEY_ID" help:"Access key id of the account root. Generated on first start when empty."`
	RootSecretAccessKey SecretValue `name:"root-secret-access-key" env:"ROCKPOOL_ROOT_SECRET_ACCESS_KEY" help:"Secret of the account root's key. Prefer the environment variable: flags show in process lists."`
	MasterKey           SecretValue `name:"master-key" env:"ROCKPOOL_MASTER_KEY" help:"Base64 of the 32-byte key that seals the key ring. Read from DATA/master-key when empty."`

	Providers map[string]string `name:"provider" env:"ROCKPOOL_PROVIDER" mapsep:"," placeholder:"NAME=URL" help:"Fetch a login provider's discovery, keys and token checks from URL instead of its own address. The issuer and audience rules stay the provider's. Repeatable."`
	// FacebookSecrets are the secrets of Facebook apps, by app id. None is
	// needed; with one, tokens of the app are inspected with it.
	FacebookSecrets map[string]SecretValue `name:"facebook-app-secret" env:"ROCKPOOL_FACEBOOK_APP_SECRETS" mapsep:"," placeholder:"APP=SECRET" help:"Secret of a Facebook app, to inspect its access tokens with: needed by apps that demand proof of it. Prefer the environment variable: flags show in process lists. Repeatable."`
	// UserPoolChecks are asked about logins of user pools whose identity pools
	// have ServerSideTokenCheck on.
	UserPoolChecks map[string]string `name:"user-pool-check" env:"ROCKPOOL_USER_POOL_CHECK" mapsep:"," placeholder:"NAME=URL" help:"Where to ask whether an ID token of a user pool still stands (RFC 7662), for ServerSideTokenCheck. NAME is a provider name or its host. Repeatable."`
	// SAMLRecipients and SAMLAudiences are ours beside those of AWS.
	SAMLRecipients []string `name:"saml-recipient" env:"ROCKPOOL_SAML_RECIPIENT" placeholder:"URL" help:"A further address that SAML assertions may be made for (Recipient), beside AWS's sign-in addresses. It counts as an audience too. Repeatable."`
	SAMLAudiences  []string `name:"saml-audience" env:"ROCKPOOL_SAML_AUDIENCE" placeholder:"NAME" help:"A further audience of SAML assertions, beside urn:amazon:webservices. Repeatable."`
	// SAMLAllowSHA1 is for providers that can sign with nothing else.
	SAMLAllowSHA1 bool `name:"saml-allow-sha1" env:"ROCKPOOL_SAML_ALLOW_SHA1" help:"Accept SAML signatures with SHA-1, which can be forged with effort."`
	// RememberClaims are kept of whoever signs in; the zero value keeps nothing.
	RememberClaims []string `name:"remember-claims" env:"ROCKPOOL_REMEMBER_CLAIMS" default:"email,name" placeholder:"CLAIM" help:"What is remembered of people who sign in, so that identities can be searched and named: email, name, preferred_username, or 'none'. Repeatable."`
	// AllowPrivateProviders lets registered OIDC issuers resolve to private
	// addresses (an identity provider inside the company network).
	AllowPrivateProviders bool `name:"allow-private-providers" env:"ROCKPOOL_ALLOW_PRIVATE_PROVIDERS" help:"Let registered OIDC issuers live on private (not loopback) addresses."`
	// DevelopmentMode lets OIDC providers be registered with http:// or a port.
	DevelopmentMode bool `name:"development" env:"ROCKPOOL_DEVELOPMENT" help:"Allow http://, ports and loopback addresses in OIDC provider URLs. Never on a reachable server."`

	TLSCertificate string   `name:"tls-cert" env:"ROCKPOOL_TLS_CERT" placeholder:"FILE" help:"TLS certificate chain (PEM)."`
	TLSKey         string   `name:"tls-key" env:"ROCKPOOL_TLS_KEY" placeholder:"FILE" help:"TLS private key (PEM)."`
	TrustedProxies []string `name:"trusted-proxy" env:"ROCKPOOL_TRUSTED_PROXIES" placeholder:"CIDR" help:"Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Repeatable."`
	S3Domains      []string `name:"s3-domain" env:"ROCKPOOL_S3_DOMAINS" placeholder:"DOMAIN" help:"Base domains for bucket.DOMAIN addressing, besides s3.* and *.localhost. Repeatable."`

	// The zero value has no limits; the command line has these defaults.
	AddressRate float64 `name:"address-rate" env:"ROCKPOOL_ADDRESS_RATE" default:"10" placeholder:"FACTOR" help:"How often one address may call the unsigned operations, as a multiple of AWS's quotas per account. 0 is no limit."`
	PoolRate    float64 `name:"pool-rate" env:"ROCKPOOL_POOL_RATE" default:"1000" placeholder:"FACTOR" help:"How often they may be called for one identity pool, from all addresses. 0 is no limit."`

	Audit string `name:"audit" env:"ROCKPOOL_AUDIT" default:"file" help:"Audit records as JSON lines: 'file' (DATA/audit.jsonl), '-' (standard output) or a path."`
	// The zero values are those of package decision.
	Decisions     string        `name:"decisions" env:"ROCKPOOL_DECISIONS" default:"denials" enum:"denials,all,off" help:"Which decisions are kept with their explanation, for rockpool explain: 'denials', 'all' or 'off'."`
	DecisionsKeep time.Duration `name:"decisions-keep" env:"ROCKPOOL_DECISIONS_KEEP" default:"168h" placeholder:"TIME" help:"How long they are kept."`
	DecisionsSize ByteSize      `name:"decisions-size" env:"ROCKPOOL_DECISIONS_SIZE" default:"64MiB" placeholder:"SIZE" help:"How much of them is kept; the oldest go first."`

	// The zero values keep a list, as long as package issued says.
	Sessions    string `name:"sessions" env:"ROCKPOOL_SESSIONS" default:"on" enum:"on,off" help:"Whether the sessions of people and guests are listed until they expire, for rockpool sessions: 'on' or 'off'."`
	SessionsMax int    `name:"sessions-max" env:"ROCKPOOL_SESSIONS_MAX" default:"100000" placeholder:"COUNT" help:"How many of them at most."`

	LogFormat string `name:"log-format" env:"ROCKPOOL_LOG_FORMAT" default:"auto" enum:"auto,json,text" help:"Log form: auto is text on a terminal and JSON elsewhere."`
	LogLevel  string `name:"log-level" env:"ROCKPOOL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged."`
}

// SecretValue is a secret read from a flag, a variable or a file. It prints as
// a placeholder.
type SecretValue struct{ keys.Secret }

// UnmarshalText takes the secret's text.
func (s *SecretValue) UnmarshalText(b []byte) error {
	s.Secret = keys.NewSecret(string(b))
	return nil
}

// MarshalText returns a placeholder, or nothing for an empty secret.
func (s SecretValue) MarshalText() ([]byte, error) {
	if s.Empty() {
		return nil, nil
	}
	return []byte("[secret]"), nil
}

var (
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	keyIDForm   = regexp.MustCompile(`^[A-Za-z0-9_]{3,128}$`)
)

// Check reports everything that is wrong with c, one line each. (The name is not
// Validate because the command line parser calls methods of that name before
// defaults are known.)
func (c *Config) Check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if c.Data == "" {
		bad("data: a data folder is needed")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		bad("listen: %q is not HOST:PORT", c.Listen)
	}
	if !accountForm.MatchString(c.Account) {
		bad("account-id: %q is not 12 digits", c.Account)
	}
	if !regionForm.MatchString(c.Region) {
		bad("region: %q is not a region name", c.Region)
	}
	if u, err := url.Parse(c.TokenIssuer); c.TokenIssuer != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.HasSuffix(c.TokenIssuer, "/")) {
		bad("token-issuer: %q is not a URL without query and trailing slash", c.TokenIssuer)
	}
	if (c.RootAccessKeyID == "") != c.RootSecretAccessKey.Empty() {
		bad("root-access-key-id and root-secret-access-key: set both or neither")
	}
	if c.RootAccessKeyID != "" && !keyIDForm.MatchString(c.RootAccessKeyID) {
		bad("root-access-key-id: 3 to 128 letters, digits and underscores")
	}
	if strings.HasPrefix(c.RootAccessKeyID, "ASIA") {
		bad("root-access-key-id: ids that start with ASIA are reserved for temporary credentials")
	}
	if n := len(c.RootSecretAccessKey.Reveal()); n > 0 && n < 8 {
		bad("root-secret-access-key: at least 8 characters")
	}
	if (c.TLSCertificate == "") != (c.TLSKey == "") {
		bad("tls-cert and tls-key: set both or neither")
	}
	for _, name := range sortedKeys(c.Providers) {
		if err := CheckOverride(c.Providers[name]); err != nil {
			bad("provider %s: %w", name, err)
		}
	}
	for _, name := range sortedKeys(c.UserPoolChecks) {
		if err := CheckOverride(c.UserPoolChecks[name]); err != nil {
			bad("user-pool-check %s: %w", name, err)
		}
	}
	for _, app := range sortedKeys(c.FacebookSecrets) {
		if app == "" || c.FacebookSecrets[app].Empty() {
			bad("facebook-app-secret: APP=SECRET, neither empty")
		}
	}
	for _, name := range c.RememberClaims {
		switch name {
		case "email", "name", "preferred_username":
		case nothing:
			if len(c.RememberClaims) > 1 {
				bad("remember-claims: %s or claims", nothing)
			}
		default:
			bad("remember-claims: %q is not email, name, preferred_username or %s", name, nothing)
		}
	}
	for _, p := range c.TrustedProxies {
		if _, err := ParsePrefix(p); err != nil {
			bad("trusted-proxy: %q is not an address or CIDR", p)
		}
	}
	for _, d := range c.S3Domains {
		if d == "" || strings.ContainsAny(d, "/:* ") {
			bad("s3-domain: %q is not a plain domain name", d)
		}
	}
	for _, r := range []struct {
		name   string
		factor float64
	}{{"address-rate", c.AddressRate}, {"pool-rate", c.PoolRate}} {
		if !(r.factor >= 0 && r.factor <= maxRate) { // nor is NaN
			bad("%s: %v is not a number from 0 to %d", r.name, r.factor, int(maxRate))
		}
	}
	if c.DecisionsKeep < 0 || c.DecisionsKeep > 0 && c.DecisionsKeep < minDecisionsKeep {
		bad("decisions-keep: %v is less than a minute; to keep none, turn decisions off", c.DecisionsKeep)
	}
	if c.DecisionsSize > 0 && c.DecisionsSize < minDecisionsSize {
		bad("decisions-size: %v is less than 1MiB; to keep none, turn decisions off", c.DecisionsSize)
	}
	if c.SessionsMax < 0 || c.SessionsMax > 0 && c.SessionsMax < minSessions {
		bad("sessions-max: %d is less than %d; to list none, turn sessions off", c.SessionsMax, minSessions)
	}
	return errors.Join(errs...)
}

// minSessions is the least that can be shared among pools.
const minSessions = 1000

// nothing is the value of RememberClaims that keeps nothing.
const nothing = "none"

// Remembered are the claims that are kept of whoever signs in.
func (c *Config) Remembered() []string {
	if slices.Contains(c.RememberClaims, nothing) {
		return nil
	}
	return c.RememberClaims
}

// The least that is of use to somebody who looks for a denial of a moment ago.
const (
	minDecisionsKeep = time.Minute
	minDecisionsSize = 1 << 20
)

// maxRate is far above what one process can serve.
const maxRate = 1e6

// CheckOverride reports whether a provider override may be used: https
// anywhere, plain http on loopback only (design.md 3).
func CheckOverride(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not a URL of the form https://host[:port][/path]", raw)
	}
	switch u.Scheme {
	case "https":
		return nil
	case "http":
		host := u.Hostname()
		if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
			return nil
		}
		return fmt.Errorf("plain http is allowed for loopback addresses only, not %q", host)
	}
	return fmt.Errorf("%q is neither https nor http", u.Scheme)
}

// ParsePrefix reads a CIDR or a single address.
func ParsePrefix(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("parse prefix: %w", err)
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
