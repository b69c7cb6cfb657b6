package pool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// Pretended is a login that nobody proved: what the claims of a token would be.
type Pretended struct {
	Provider string // the Logins key
	Claims   string // a JSON object
}

// Rehearsal is the question of SimulateLogin.
type Rehearsal struct {
	PoolID string
	// IdentityID is the identity that the sign-in would name; empty finds it by the
	// logins, as GetId does.
	IdentityID string
	// Logins are real tokens, Pretended made-up claims.
	Logins     map[string]string
	Pretended  []Pretended
	CustomRole string
}

// Rehearsed is what a sign-in would have come to, as far as it got.
type Rehearsed struct {
	Identity *Identity
	// New says that the identity would be made, or that the guest would get its
	// first login.
	New      bool
	Guest    bool
	AMR      []string
	Role     RoleChoice
	Tags     map[string]string
	Name     string // of the session
	Duration time.Duration
	Policies []string // that limit the session
	// Credentials are those of a session as it would be. They are for deciding
	// made-up requests and must go nowhere.
	Credentials sts.Credentials
}

// newIdentityUUID stands for the id of an identity that is not there yet.
const newIdentityUUID = "00000000-0000-4000-8000-000000000000"

// Rehearse does what GetCredentials does and changes nothing. The error says why
// the sign-in would be refused; what was found out before is in the answer then.
func (s *Service) Rehearse(ctx context.Context, in Rehearsal) (*Rehearsed, error) {
	out := &Rehearsed{Role: RoleChoice{RuleIndex: -1}}
	p, err := s.Pool(in.PoolID)
	if err != nil {
		return out, err
	}
	proven, err := s.verify(ctx, p, in.Logins)
	if err != nil {
		return out, err
	}
	for _, l := range in.Pretended {
		v, err := s.pretend(p, l)
		if err != nil {
			return out, err
		}
		proven = append(proven, v)
	}
	by := &caller{logins: proven}
	if by.identity, out.New, err = s.foresee(ctx, p, in.IdentityID, proven); err != nil {
		return out, err
	}
	out.Identity, out.Guest, out.AMR = by.identity, by.guest(), by.amr()
	if out.Role, err = chooseRole(p, by.identity, by.guest(), proven, in.CustomRole); err != nil {
		return out, err
	}
	tags, err := s.principalTags(p, by, out.Role.Mapping)
	if err != nil {
		return out, &NoRole{Kind: out.Role.Kind, RoleARN: out.Role.ARN, Err: err}
	}
	out.Tags = make(map[string]string, len(tags))
	for _, t := range tags {
		out.Tags[t.Key] = t.Value
	}
	out.Duration = s.duration(p, out.Role.ARN)
	if out.Name = p.sessionName(by); out.Name == "" {
		out.Name = sts.CognitoSessionName
	}
	grant := sts.IdentityGrant{
		RoleARN: out.Role.ARN, PoolID: p.ID, IdentityID: by.identity.ID, AMR: out.AMR, Tags: tags, SessionName: out.Name, Duration: out.Duration,
	}
	if by.guest() {
		out.Policies = p.GuestPolicies()
		grant.Guest, grant.PolicyARNs = true, out.Policies
	}
	result, err := s.STS.AssumeRoleForIdentity(ctx, grant)
	if err != nil {
		return out, &NoRole{Kind: out.Role.Kind, RoleARN: out.Role.ARN, Err: err}
	}
	out.Credentials = result.Credentials
	return out, nil
}

// pretend makes a login of made-up claims. The pool must have the provider, and an
// audience that is given must be one that it accepts.
func (s *Service) pretend(p *Pool, l Pretended) (verified, error) {
	c, err := s.checkFor(p, l.Provider, []string{l.Provider})
	if err != nil {
		return verified{}, err
	}
	claims := &login.Claims{Provider: l.Provider}
	decoder := json.NewDecoder(strings.NewReader(l.Claims))
	decoder.UseNumber() // as tokens are read
	if err := decoder.Decode(&claims.Raw); err != nil || claims.Raw == nil || decoder.More() {
		return verified{}, &Invalid{Message: fmt.Sprintf("The claims of %s are not a JSON object.", l.Provider)}
	}
	if claims.Subject, _ = claims.Raw["sub"].(string); claims.Subject == "" {
		return verified{}, &Invalid{Message: fmt.Sprintf("The claims of %s have no sub.", l.Provider)}
	}
	claims.AuthorizedParty, _ = claims.Raw["azp"].(string)
	claims.Audience = claims.Strings("aud")
	if len(claims.EffectiveAudience()) == 0 && len(c.expect.ClientIDs) > 0 {
		claims.Audience = c.expect.ClientIDs[:1]
	}
	ways := []check{c}
	if c.also != nil {
		ways = append(ways, *c.also)
	}
	for _, way := range ways {
		if len(way.expect.ClientIDs) == 0 || audience(claims, way.expect.ClientIDs) != "" {
			return verified{Provider: l.Provider, Subject: claims.Subject, Claims: claims, naming: way.name(claims)}, nil
		}
	}
	return verified{}, &LoginRefused{Provider: l.Provider, Refusal: &login.Refusal{
		Kind: login.WrongAudience, Provider: l.Provider, Claim: "aud",
		Got: login.Shown(strings.Join(claims.EffectiveAudience(), " ")), Want: login.Shown(strings.Join(c.expect.ClientIDs, " ")),
	}}
}

// foresee finds the identity that a sign-in would settle on: the rules of resolve
// (cognito-identity.md 3.2 to 3.4) without their changes.
func (s *Service) foresee(ctx context.Context, p *Pool, named string, proven []verified) (id *Identity, fresh bool, err error) {
	owners, unknown, err := s.owners(ctx, p, proven)
	if err != nil {
		return nil, false, err
	}
	if named != "" {
		if id, err = s.load(ctx, p, named); err != nil {
			return nil, false, err
		}
		if id.Disabled {
			if id, err = s.winner(ctx, id); err != nil {
				return nil, false, err
			}
		}
	}
	switch {
	case id != nil && id.Blocked:
		return nil, false, &Forbidden{ID: id.ID, Blocked: true}
	case len(proven) == 0 && !p.AllowUnauthenticated:
		return nil, false, &GuestsNotAllowed{PoolID: p.ID}
	case id != nil && len(proven) == 0 && !id.Guest:
		return nil, false, &Forbidden{ID: id.ID}
	case id != nil && !id.Guest && !contains(owners, id.ID):
		return nil, false, &LoginsDontMatch{IdentityID: id.ID, Providers: providers(proven)}
	case id == nil && len(owners) > 0, id != nil && id.Guest && len(owners) > 0:
		id = oldest(owners)
	case id == nil:
		now := s.now()
		id = &Identity{ID: s.Region + ":" + newIdentityUUID, PoolID: p.ID, Created: now, Modified: now, Guest: len(proven) == 0}
		fresh = true
	case id.Guest && len(proven) > 0:
		fresh = true
	}
	return s.withLogins(p, id, owners, unknown, fresh)
}

// withLogins adds the logins that the identity would get, and refuses those it
// would be refused.
func (s *Service) withLogins(p *Pool, id *Identity, owners []*Identity, unknown []verified, fresh bool) (*Identity, bool, error) {
	now := s.now()
	joined := *id
	joined.Logins = nil
	joined.Logins = append(joined.Logins, id.Logins...)
	var more []Login
	for _, o := range owners {
		if o.ID != id.ID {
			more = append(more, o.Logins...)
		}
	}
	for i := range unknown {
		more = append(more, Login{Provider: unknown[i].Provider, Subject: unknown[i].Subject, Linked: now})
	}
	for _, l := range more {
		if l.Provider != p.DeveloperProviderName && joined.has(l.Provider) {
			return nil, false, &LoginTaken{Provider: l.Provider, Reason: "the identity has another login of this provider"}
		}
		joined.Logins = append(joined.Logins, l)
	}
	if len(joined.Logins) > maxLogins {
		return nil, false, &LoginTaken{Provider: more[len(more)-1].Provider, Reason: fmt.Sprintf("an identity has at most %d logins", maxLogins)}
	}
	return &joined, fresh, nil
}

// Refused reports whether an error of Rehearse is the answer to the question: a
// sign-in that would be refused, and not a fault or a question that makes no sense.
func Refused(err error) bool {
	for _, kind := range []func(error) bool{
		is[*LoginRefused], is[*NoRole], is[*Forbidden], is[*GuestsNotAllowed], is[*LoginsDontMatch], is[*UnsupportedProvider], is[*NotPublicProvider], is[*CognitoToken],
		is[*LoginTaken], is[*RoleNotAllowed], is[*AmbiguousRole], is[*TagsTooLarge], is[*NotBuilt],
	} {
		if kind(err) {
			return true
		}
	}
	return false
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
