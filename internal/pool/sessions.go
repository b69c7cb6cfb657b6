package pool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rockpool-id/rockpool/internal/sts"
)

// SessionSettings are what a pool may say about the sessions of its enhanced flow
// where AWS has constants. The zero value is AWS's behaviour.
type SessionSettings struct {
	// Duration of a session; 0 means an hour. A role that allows less wins.
	Duration time.Duration `json:",omitempty"`
	// NameTemplate makes the role session name: text with the placeholders of
	// sessionNameParts. Empty means CognitoIdentityCredentials.
	NameTemplate string `json:",omitempty"`
	// GuestPolicyARNs are the managed policies that limit sessions of guests in
	// place of the built-in ceiling (cognito-identity.md 5.6). They are read when
	// a request is decided, so that a change of a policy counts at once, and a
	// policy that is gone denies.
	GuestPolicyARNs []string `json:",omitempty"`
	// TokenAlgorithm signs the pool's OpenID tokens: RS512, which "" means too, or
	// ES256, which costs a thirtieth to sign.
	TokenAlgorithm string `json:",omitempty"`
}

// The bounds of SessionSettings.Duration.
const (
	MinSessionDuration = 15 * time.Minute
	MaxSessionDuration = 12 * time.Hour

	defaultSessionDuration = time.Hour
	maxGuestPolicies       = 10 // as many session policies as STS takes by ARN
	maxSessionName         = 64
)

// SetSessions replaces the session settings of a pool.
func (s *Service) SetSessions(ctx context.Context, poolID string, in SessionSettings) error {
	_, err := s.change(ctx, poolID, func(p *Pool) error {
		if err := s.checkSessions(in); err != nil {
			return err
		}
		in.GuestPolicyARNs = slices.Clone(in.GuestPolicyARNs)
		p.Sessions = in
		return nil
	})
	return err
}

// checkSessions refuses session settings that could never work.
func (s *Service) checkSessions(in SessionSettings) error {
	if in.Duration != 0 && (in.Duration < MinSessionDuration || in.Duration > MaxSessionDuration) {
		return &Invalid{Message: fmt.Sprintf("A session lasts %d to %d seconds.", int(MinSessionDuration.Seconds()), int(MaxSessionDuration.Seconds()))}
	}
	if err := checkNameTemplate(in.NameTemplate); err != nil {
		return err
	}
	switch in.TokenAlgorithm {
	case "", RS512, ES256:
	default:
		return &Invalid{Message: "Tokens are signed with RS512 or ES256."}
	}
	if len(in.GuestPolicyARNs) > maxGuestPolicies {
		return &Invalid{Message: fmt.Sprintf("Guests can have at most %d session policies.", maxGuestPolicies)}
	}
	for _, a := range in.GuestPolicyARNs {
		if _, ok := s.IAM().ManagedPolicy(a); !ok && !builtin(a) {
			return &Invalid{Message: fmt.Sprintf("Policy %s does not exist.", a)}
		}
	}
	return nil
}

func builtin(arn string) bool {
	_, ok := sts.BuiltinPolicy(arn)
	return ok
}

// GuestPolicies are the ARNs of the policies that limit the pool's guests.
func (p *Pool) GuestPolicies() []string {
	if len(p.Sessions.GuestPolicyARNs) > 0 {
		return p.Sessions.GuestPolicyARNs
	}
	return []string{sts.GuestInlineARN, sts.GuestManagedARN}
}

// duration is how long a session of the role lasts.
func (s *Service) duration(p *Pool, roleARN string) time.Duration {
	d := p.Sessions.Duration
	if d == 0 {
		d = defaultSessionDuration
	}
	if role, ok := s.IAM().RoleByARN(roleARN); ok && role.MaxSession > 0 {
		d = min(d, role.MaxSession)
	}
	return d
}

// sessionNameParts are the placeholders of a session name. A name decides nothing
// by itself, but policies may look at it (aws:userid), so each stands only for
// what was proven, and no two people get one name by how it is written:
//
//   - an e-mail address counts when its provider has verified it; the identity's id
//     stands for one that is not, never a subject, which may look like an address;
//   - what cannot stand in a name is escaped, byte by byte, as =2F;
//   - a name that is too long is not cut: it becomes the identity's id.
//
// Where several providers may vouch for one subject or address, a template that
// policies rely on has {provider} too.
func sessionNameParts() []string {
	return []string{"{identity}", "{provider}", "{subject}", "{email}"}
}

func checkNameTemplate(t string) error {
	var nothing []string
	for _, part := range sessionNameParts() {
		nothing = append(nothing, part, "")
	}
	rest := strings.NewReplacer(nothing...).Replace(t)
	if strings.ContainsFunc(rest, func(r rune) bool { return r > unicode.MaxASCII || !inName(byte(r)) }) {
		return &Invalid{Message: "A session name has letters, digits and _+=,.@- around the placeholders " + strings.Join(sessionNameParts(), ", ") + "."}
	}
	if t != "" && len(t) < 2 || len(rest) > maxSessionName/2 {
		return &Invalid{Message: fmt.Sprintf("The fixed text of a session name has at most %d characters, and the whole at least 2.", maxSessionName/2)}
	}
	return nil
}

// inName reports whether c may stand in a session name.
func inName(c byte) bool {
	return letterOrDigit(c) || strings.IndexByte("_+=,.@-", c) >= 0
}

// nameText is text as it stands in a session name.
func nameText(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c == '=' || !inName(c) {
			fmt.Fprintf(&b, "=%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// sessionName is the name of a sign-in's session, "" for AWS's constant.
func (p *Pool) sessionName(by *caller) string {
	if p.Sessions.NameTemplate == "" {
		return ""
	}
	_, uuid, _ := strings.Cut(by.identity.ID, ":")
	provider, subject, email := Unauthenticated, uuid, ""
	if sorted := inLinkOrder(by.identity, by.logins); len(sorted) > 0 {
		provider, subject, email = sorted[0].Provider, sorted[0].Subject, verifiedEmail(&sorted[0])
	} else if by.own != nil {
		provider, subject = p.DeveloperProviderName, by.user
	}
	if email == "" {
		email = uuid
	}
	name := strings.NewReplacer(
		"{identity}", uuid, "{provider}", nameText(provider), "{subject}", nameText(subject), "{email}", nameText(email),
	).Replace(p.Sessions.NameTemplate)
	if len(name) < 2 || len(name) > maxSessionName {
		return uuid
	}
	return name
}

// verifiedEmail is the e-mail address that the login's provider says it has
// verified, "" if it does not say so.
func verifiedEmail(v *verified) string {
	claims := usableClaims(v)
	email, _ := claims["email"].(string)
	switch ok := claims["email_verified"].(type) {
	case bool:
		if ok {
			return email
		}
	case string: // Apple and user pools write it as a text
		if ok == "true" {
			return email
		}
	}
	return ""
}
