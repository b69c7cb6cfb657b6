package transfer

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Format and Version name the form of a file. A reader refuses other versions, and
// members that it does not know, because each may say something that matters.
const (
	Format  = "rockpool identity pool"
	Version = 1
)

// line is one line of a file: exactly one member is there.
type line struct {
	Header   *Header   `json:",omitempty"`
	Identity *Identity `json:",omitempty"`
	End      *End      `json:",omitempty"`
}

// Header is the first line: the pool, and what of IAM it needs.
type Header struct {
	Format  string
	Version int
	// Written is when the export began. What changed later may be missing.
	Written Time
	Pool    Pool
	// Roles are those that the pool names, and Policies the customer managed
	// policies that these have or that limit the pool's guests.
	Roles                  []Role         `json:",omitempty"`
	Policies               []Policy       `json:",omitempty"`
	OpenIDConnectProviders []OIDCProvider `json:",omitempty"`
	SAMLProviders          []SAMLProvider `json:",omitempty"`
}

// Pool is the configuration of an identity pool, in the words of AWS's operations.
type Pool struct {
	IdentityPoolId                 string
	IdentityPoolName               string
	AllowUnauthenticatedIdentities bool
	AllowClassicFlow               bool                   `json:",omitempty"`
	SupportedLoginProviders        map[string]string      `json:",omitempty"`
	DeveloperProviderName          string                 `json:",omitempty"`
	OpenIdConnectProviderARNs      []string               `json:",omitempty"`
	CognitoIdentityProviders       []UserPool             `json:",omitempty"`
	SamlProviderARNs               []string               `json:",omitempty"`
	IdentityPoolTags               map[string]string      `json:",omitempty"`
	Roles                          map[string]string      `json:",omitempty"`
	RoleMappings                   map[string]RoleMapping `json:",omitempty"`
	// PrincipalTags are the attributes for access control, by provider.
	PrincipalTags map[string]TagMap `json:",omitempty"`
	// Sessions is what AWS does not let one set.
	Sessions *Sessions `json:",omitempty"`
	// MergeVerifiedEmail says which providers vouch for addresses.
	MergeVerifiedEmail *EmailMerge `json:",omitempty"`
	// Saml is whom SAML assertions are for, and whose people they are about.
	Saml *Saml `json:",omitempty"`
	// CreationDate is absent when the source does not tell it.
	CreationDate Time `json:",omitzero"`
}

// UserPool is one user pool client of a pool.
type UserPool struct {
	ProviderName, ClientId string
	ServerSideTokenCheck   bool `json:",omitempty"`
}

// RoleMapping chooses roles of one provider's logins.
type RoleMapping struct {
	Type                    string
	AmbiguousRoleResolution string `json:",omitempty"`
	RulesConfiguration      *Rules `json:",omitempty"`
}

// Rules are the rules of a RoleMapping.
type Rules struct{ Rules []Rule }

// Rule is one rule of a RoleMapping.
type Rule struct{ Claim, MatchType, Value, RoleARN string }

// TagMap says which claims become session tags.
type TagMap struct {
	UseDefaults   bool              `json:",omitempty"`
	PrincipalTags map[string]string `json:",omitempty"`
}

// Sessions are the session settings of a pool.
type Sessions struct {
	DurationSeconds int      `json:",omitempty"`
	NameTemplate    string   `json:",omitempty"`
	GuestPolicyArns []string `json:",omitempty"`
	TokenAlgorithm  string   `json:",omitempty"`
}

// EmailMerge is a pool's rule for merging by verified e-mail address.
type EmailMerge struct{ Authorities []EmailAuthority }

// Saml is what a pool says of its SAML providers. Entities are the entity ids whose
// people a provider's logins are, by its ARN.
type Saml struct {
	Recipients []string          `json:",omitempty"`
	Audiences  []string          `json:",omitempty"`
	Entities   map[string]string `json:",omitempty"`
}

// EmailAuthority is a provider that vouches for addresses of domains.
type EmailAuthority struct {
	Provider string
	Domains  []string
}

// Role is an IAM role. Documents are texts, byte for byte.
type Role struct {
	Arn, RoleName, Path      string
	Description              string `json:",omitempty"`
	MaxSessionDuration       int    `json:",omitempty"`
	AssumeRolePolicyDocument string
	PermissionsBoundary      string            `json:",omitempty"`
	Policies                 []InlinePolicy    `json:",omitempty"`
	AttachedPolicies         []string          `json:",omitempty"` // ARNs
	Tags                     map[string]string `json:",omitempty"`
}

// InlinePolicy is a policy in a role.
type InlinePolicy struct{ PolicyName, PolicyDocument string }

// Policy is a customer managed policy with its default version.
type Policy struct {
	Arn, PolicyName, Path string
	Description           string `json:",omitempty"`
	PolicyDocument        string
	Tags                  map[string]string `json:",omitempty"`
}

// OIDCProvider is an OpenID Connect provider of IAM.
type OIDCProvider struct {
	Arn, Url       string
	ClientIDList   []string          `json:",omitempty"`
	ThumbprintList []string          `json:",omitempty"`
	Tags           map[string]string `json:",omitempty"`
}

// SAMLProvider is a SAML provider of IAM.
type SAMLProvider struct {
	Arn, Name, SAMLMetadataDocument string
	Tags                            map[string]string `json:",omitempty"`
}

// Identity is one identity of the pool.
type Identity struct {
	IdentityId       string
	CreationDate     Time
	LastModifiedDate Time
	// Guest says that the identity never had a login.
	Guest bool `json:",omitempty"`
	// Disabled identities were merged into Parent.
	Disabled bool   `json:",omitempty"`
	Parent   string `json:",omitempty"`
	// Blocked identities were disabled by an administrator.
	Blocked bool    `json:",omitempty"`
	Logins  []Login `json:",omitempty"`
	// UnknownLogins are providers whose subject the source does not tell.
	UnknownLogins []string `json:",omitempty"`
}

// Login is a login of an identity. A developer's user is one too, of the pool's
// developer provider.
type Login struct {
	Provider, Subject string
	Linked            Time
}

// End is the last line. Without it a file is cut.
type End struct {
	Identities, Logins int
	// SHA256 is the sum of every line before, line ends included, in hex.
	SHA256 string
}

// Time is a time as AWS's JSON protocol spells it: seconds since 1970, with
// milliseconds after the point.
type Time struct{ time.Time }

// At gives a time in the precision that is kept.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// MarshalJSON spells the time.
func (t Time) MarshalJSON() ([]byte, error) {
	ms := t.UnixMilli()
	if ms < 0 || t.Year() > 9999 {
		return nil, fmt.Errorf("transfer: the time %v is out of range", t.Time)
	}
	b := strconv.AppendInt(nil, ms/1000, 10)
	if rest := ms % 1000; rest != 0 {
		b = fmt.Appendf(b, ".%03d", rest)
	}
	return b, nil
}

// maxSeconds is the end of the year 9999.
const maxSeconds = 253402300799

// UnmarshalJSON reads what MarshalJSON and AWS's services write.
func (t *Time) UnmarshalJSON(b []byte) error {
	var seconds json.Number
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	f, err := seconds.Float64()
	if err != nil || f < 0 || f > maxSeconds {
		return fmt.Errorf("%q is not a time in seconds since 1970", seconds)
	}
	*t = Time{time.UnixMilli(int64(math.Round(f * 1000))).UTC()}
	return nil
}
