package pool

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
)

// Quotas of cognito-identity.md 8.4.
const (
	defaultMaxPools = 1000
	maxTags         = 50
)

// Pool returns the pool with this id, or *NoPool.
func (s *Service) Pool(id string) (*Pool, error) {
	if p, ok := (*s.pools.Load())[id]; ok {
		return p, nil
	}
	return nil, &NoPool{ID: id}
}

// Pools returns the account's pools ordered by id, after the given id.
func (s *Service) Pools(account, after string, limit int) []*Pool {
	var list []*Pool
	for _, p := range *s.pools.Load() {
		if p.Account == account && p.ID > after {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *Pool) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(limit, len(list))]
}

// Settings are what a client says about a pool in CreateIdentityPool and
// UpdateIdentityPool. Tags nil means that tags were not given.
type Settings struct {
	Name                    string
	AllowUnauthenticated    bool
	AllowClassicFlow        bool
	SupportedLoginProviders map[string]string
	DeveloperProviderName   string
	OIDCProviderARNs        []string
	UserPools               []UserPool
	SAMLProviderARNs        []string
	Tags                    map[string]string
}

// CreatePool makes a pool in account.
func (s *Service) CreatePool(ctx context.Context, account string, in Settings) (*Pool, error) {
	s.write.Lock()
	defer s.write.Unlock()
	count := 0
	for _, p := range *s.pools.Load() {
		if p.Account == account {
			count++
		}
	}
	if count >= s.MaxPools {
		return nil, &LimitExceeded{Message: fmt.Sprintf("Cannot exceed quota for IdentityPoolsPerAccount: %d", s.MaxPools)}
	}
	id, err := s.newID()
	if err != nil {
		return nil, err
	}
	p := &Pool{ID: id, Account: account, Created: s.now(), Version: 1, DeveloperProviderName: in.DeveloperProviderName, Tags: map[string]string{}}
	p.apply(in)
	if err := mergeTags(p, in.Tags); err != nil {
		return nil, err
	}
	if err := s.check(p); err != nil {
		return nil, err
	}
	if err := s.Store.InsertPool(ctx, p); err != nil {
		return nil, fmt.Errorf("insert pool: %w", err)
	}
	s.swap(func(m map[string]*Pool) { m[p.ID] = p })
	return p, nil
}

// UpdatePool replaces the settings of a pool. The developer provider name can
// be set once and never changed; its absence, and the absence of tags, keeps
// what is there, because Terraform sends neither (cognito-identity.md 2.2).
func (s *Service) UpdatePool(ctx context.Context, id string, in Settings) (*Pool, error) {
	return s.change(ctx, id, func(p *Pool) error {
		if in.DeveloperProviderName != "" {
			if p.DeveloperProviderName != "" && p.DeveloperProviderName != in.DeveloperProviderName {
				return &Invalid{Message: "The developer provider name of an identity pool cannot be changed once it is set."}
			}
			p.DeveloperProviderName = in.DeveloperProviderName
		}
		p.apply(in)
		if in.Tags != nil {
			p.Tags = map[string]string{}
			if err := mergeTags(p, in.Tags); err != nil {
				return err
			}
		}
		return s.check(p)
	})
}

// apply takes over everything that UpdateIdentityPool replaces.
func (p *Pool) apply(in Settings) {
	p.Name = in.Name
	p.AllowUnauthenticated = in.AllowUnauthenticated
	p.AllowClassicFlow = in.AllowClassicFlow
	p.SupportedLoginProviders = maps.Clone(in.SupportedLoginProviders)
	p.OIDCProviderARNs = slices.Clone(in.OIDCProviderARNs)
	p.UserPools = slices.Clone(in.UserPools)
	p.SAMLProviderARNs = slices.Clone(in.SAMLProviderARNs)
}

// check refuses providers that can never work, so that a typing error shows
// when the pool is written and not when somebody signs in.
func (s *Service) check(p *Pool) error {
	for name, field := range p.SupportedLoginProviders {
		if !knownProvider(name) {
			return &Invalid{Message: fmt.Sprintf("Invalid SupportedLoginProviders: %s is not a supported provider.", name)}
		}
		if (name == Twitter || name == Digits) && !consumerPairs(field) {
			return &Invalid{Message: fmt.Sprintf("Invalid SupportedLoginProviders: %s needs a consumer key and its secret, separated by a semicolon.", name)}
		}
	}
	// What a backend says about its users is not verified, so its provider must
	// not have the name of one whose logins are.
	switch name := p.DeveloperProviderName; {
	case name == Cognito || knownProvider(name) || userPoolKey(name):
		return &Invalid{Message: fmt.Sprintf("Invalid DeveloperProviderName: %s is the name of a public provider.", name)}
	case name == Authenticated || name == Unauthenticated:
		// Trust policies look for these words in the amr, where the name stands too.
		return &Invalid{Message: fmt.Sprintf("Invalid DeveloperProviderName: %s is no provider.", name)}
	}
	for _, a := range p.OIDCProviderARNs {
		parsed, err := arn.Parse(a)
		if err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "oidc-provider/") {
			return &Invalid{Message: fmt.Sprintf("Invalid OpenIDConnectProvider ARN: %s", a)}
		}
		if _, ok := s.IAM().OIDCProviderByARN(a); !ok || parsed.Account != p.Account {
			return &Invalid{Message: fmt.Sprintf("OpenIDConnect Provider not found for arn %s", a)}
		}
		if p.DeveloperProviderName != "" && parsed.Resource == "oidc-provider/"+p.DeveloperProviderName {
			return &Invalid{Message: fmt.Sprintf("Invalid DeveloperProviderName: %s is the name of a public provider.", p.DeveloperProviderName)}
		}
	}
	for _, a := range p.SAMLProviderARNs {
		parsed, err := arn.Parse(a)
		if err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "saml-provider/") {
			return &Invalid{Message: fmt.Sprintf("Invalid SAMLProvider ARN: %s", a)}
		}
	}
	for _, u := range p.UserPools {
		if u.ProviderName == "" || u.ClientID == "" {
			return &Invalid{Message: "Invalid CognitoIdentityProviders: ProviderName and ClientId are required."}
		}
		if !userPoolName(u.ProviderName) {
			return &Invalid{Message: fmt.Sprintf("Invalid CognitoIdentityProviders: %s is not a user pool.", u.ProviderName)}
		}
	}
	return nil
}

// DeletePool removes a pool with all its identities. IAM roles stay, and
// credentials already handed out work until they expire.
func (s *Service) DeletePool(ctx context.Context, id string) error {
	s.write.Lock()
	defer s.write.Unlock()
	if _, err := s.Pool(id); err != nil {
		return err
	}
	// A client that goes away meanwhile must not leave a pool that is gone from the
	// database and still served from memory.
	ctx = context.WithoutCancel(ctx)
	if err := s.Store.DeletePool(ctx, id); err != nil {
		return fmt.Errorf("delete pool: %w", err)
	}
	s.swap(func(m map[string]*Pool) { delete(m, id) })
	if err := s.Sweep(ctx); err != nil {
		// The pool is gone, which is what was asked. Its identities cannot be
		// reached, and go with the next sweep.
		s.Log.Error("identities of a deleted pool are left", "pool", id, "error", err)
	}
	return nil
}

// Sweep removes what deleted pools left behind when their deletion was cut short.
// Call it after a start.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.Store.SweepPools(ctx); err != nil {
		return fmt.Errorf("sweep deleted pools: %w", err)
	}
	return nil
}

// SetRoles replaces the pool's default roles and role mappings; what is empty is
// cleared. Each role must exist in the pool's account.
func (s *Service) SetRoles(ctx context.Context, id string, roles map[string]string, mappings map[string]RoleMapping) error {
	_, err := s.change(ctx, id, func(p *Pool) error {
		if err := p.checkMappings(mappings); err != nil {
			return err
		}
		for _, role := range slices.Concat(slices.Sorted(maps.Values(roles)), mappedRoles(mappings)) {
			if err := s.checkRole(p, role); err != nil {
				return err
			}
		}
		p.Roles = maps.Clone(roles)
		p.RoleMappings = cloneMappings(mappings)
		return nil
	})
	return err
}

// checkRole refuses what is not a role of the pool's account.
func (s *Service) checkRole(p *Pool, role string) error {
	parsed, err := arn.Parse(role)
	if err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "role/") {
		return &RoleForbidden{ARN: role, Reason: "not the ARN of a role"}
	}
	if parsed.Account != p.Account {
		return &RoleForbidden{ARN: role, Reason: "not in the account of the pool"}
	}
	if _, ok := s.IAM().RoleByARN(role); !ok {
		return &RoleForbidden{ARN: role, Reason: "no such role"}
	}
	return nil
}

// Tag adds or replaces tags of a pool.
func (s *Service) Tag(ctx context.Context, id string, tags map[string]string) error {
	_, err := s.change(ctx, id, func(p *Pool) error { return mergeTags(p, tags) })
	return err
}

// Untag removes tags of a pool; absent keys are ignored.
func (s *Service) Untag(ctx context.Context, id string, keys []string) error {
	_, err := s.change(ctx, id, func(p *Pool) error {
		for _, k := range keys {
			delete(p.Tags, k)
		}
		return nil
	})
	return err
}

func mergeTags(p *Pool, tags map[string]string) error {
	if p.Tags == nil {
		p.Tags = map[string]string{}
	}
	for k, v := range tags {
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			return &Invalid{Message: "Tag keys that start with aws: are reserved for system use."}
		}
		if strings.ContainsFunc(k, notInTag) || strings.ContainsFunc(v, notInTag) {
			return &Invalid{Message: fmt.Sprintf("Tag %q has characters that are not allowed.", k)}
		}
		p.Tags[k] = v
	}
	if len(p.Tags) > maxTags {
		return &LimitExceeded{Message: fmt.Sprintf("Cannot exceed quota for TagsPerIdentityPool: %d", maxTags)}
	}
	return nil
}

// change applies f to a copy of the pool, stores it and swaps it in before it
// returns, so that the caller's next request sees it.
func (s *Service) change(ctx context.Context, id string, f func(p *Pool) error) (*Pool, error) {
	s.write.Lock()
	defer s.write.Unlock()
	old, err := s.Pool(id)
	if err != nil {
		return nil, err
	}
	p := old.clone()
	if err := f(p); err != nil {
		return nil, err
	}
	p.Version = old.Version + 1
	if err := s.Store.UpdatePool(ctx, p, old.Version); err != nil {
		return nil, fmt.Errorf("update pool: %w", err)
	}
	s.swap(func(m map[string]*Pool) { m[id] = p })
	return p, nil
}

// swap replaces the set of pools by a changed copy. Callers hold s.write.
func (s *Service) swap(f func(map[string]*Pool)) {
	next := maps.Clone(*s.pools.Load())
	f(next)
	s.pools.Store(&next)
}
