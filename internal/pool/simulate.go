package pool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	New bool
	// Made says that the identity is not there yet: its id is made up.
	Made     bool
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

// Rehearse does what GetCredentials does and changes nothing. The error says why
// the sign-in would be refused; what was found out before is in the answer then.
func (s *Service) Rehearse(ctx context.Context, in Rehearsal) (*Rehearsed, error) {
	out := &Rehearsed{Role: RoleChoice{RuleIndex: -1}}
	p, err := s.Pool(in.PoolID)
	if err != nil {
		return out, err
	}
	var named *Identity
	if in.IdentityID != "" {
		if named, err = s.load(ctx, p, in.IdentityID); err != nil {
			return out, err
		}
	}
	by, err := s.prove(ctx, p, named, in.Logins)
	if err != nil {
		return out, err
	}
	for _, l := range in.Pretended {
		v, err := s.pretend(p, l)
		if err != nil {
			return out, err
		}
		by.logins = append(by.logins, v)
	}
	by.identity, out.New, out.Made, err = s.settle(ctx, p, proof{named: named, logins: by.logins, owned: by.own != nil})
	switch {
	case err != nil:
		return out, err
	case by.identity.Blocked: // GetId names it, and no more
		return out, &Forbidden{ID: by.identity.ID, Blocked: true}
	}
	out.Identity, out.Guest, out.AMR = by.identity, by.guest(), by.amr()
	if out.Role, err = chooseRole(p, by.identity, by.guest(), by.logins, in.CustomRole); err != nil {
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

// settle finds the identity that a sign-in would settle on, by resolve itself on a
// store that forgets.
func (s *Service) settle(ctx context.Context, p *Pool, by proof) (id *Identity, fresh, made bool, err error) {
	forgets := &rehearsal{Store: s.Store, changed: make(map[string]*Identity)}
	c := s.Config
	c.Store, c.Rand, c.Log = forgets, zeros{}, slog.New(slog.DiscardHandler)
	rehearsing := &Service{Config: c, seed: s.seed}
	if id, err = rehearsing.resolve(ctx, p, by); err != nil {
		return nil, false, false, err
	}
	was, err := s.Store.Identity(ctx, id.ID)
	switch {
	case isGone(err):
		return id, true, true, nil
	case err != nil:
		return nil, false, false, fmt.Errorf("load identity: %w", err)
	}
	return id, was.Guest && !id.Guest, false, nil
}

// rehearsal is a Store whose changes only it sees, as far as resolve looks at them
// again: the identities, not who owns a login.
type rehearsal struct {
	Store
	changed map[string]*Identity
}

func (r *rehearsal) Identity(ctx context.Context, id string) (*Identity, error) {
	if i, ok := r.changed[id]; ok {
		return i, nil
	}
	return r.Store.Identity(ctx, id)
}

func (r *rehearsal) Apply(ctx context.Context, c *Change) error {
	if c.Create != nil {
		r.changed[c.Create.ID] = c.Create
		return nil
	}
	target, err := r.Identity(ctx, c.Target)
	if err != nil {
		return err
	}
	next := *target
	next.Logins = append(slices.Clone(target.Logins), c.Link...)
	for _, m := range c.Move {
		next.Logins = append(next.Logins, m.Login)
	}
	slices.SortFunc(next.Logins, Login.Compare)
	next.Guest, next.Modified = false, c.At
	next.Version++
	r.changed[next.ID] = &next
	return nil
}

// zeros is the randomness of a rehearsal: the id of an identity that would be made
// is 00000000-0000-4000-8000-000000000000.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
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
