package pool

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// TagMap says which claims of a provider's logins become tags of the session
// (attributes for access control, cognito-identity.md 6).
type TagMap struct {
	// UseDefaults maps tag "username" to the user's id and "client" to the
	// client's, whatever Tags says.
	UseDefaults bool
	// Tags maps a tag's key to the name of a claim.
	Tags map[string]string `json:",omitempty"`
}

// maxTagsText is how many bytes the values of all tags may have together
// (cognito-identity.md 6).
const maxTagsText = 460

// The keys of the default tag map.
const (
	defaultUserTag   = "username"
	defaultClientTag = "client"
)

// TagMap returns the tag map of a provider of the pool; one that was never set
// maps nothing.
func (s *Service) TagMap(poolID, provider string) (TagMap, error) {
	p, err := s.Pool(poolID)
	if err != nil {
		return TagMap{}, err
	}
	if !p.taggable(provider) {
		return TagMap{}, notTaggable(provider)
	}
	return p.TagMaps[provider], nil
}

// SetTagMap replaces the tag map of a provider of the pool. Without defaults and
// tags it maps nothing.
func (s *Service) SetTagMap(ctx context.Context, poolID, provider string, m TagMap) error {
	_, err := s.change(ctx, poolID, func(p *Pool) error {
		if !p.taggable(provider) {
			return notTaggable(provider)
		}
		m.Tags = maps.Clone(m.Tags)
		if p.TagMaps == nil {
			p.TagMaps = make(map[string]TagMap)
		}
		p.TagMaps[provider] = m
		return nil
	})
	return err
}

func notTaggable(provider string) error {
	return &Invalid{Message: fmt.Sprintf("(%s) is not a valid IdentityProviderName or is not a configured provider.", provider)}
}

// taggable reports whether name is a provider of the pool in the form of
// cognito-identity.md 6: user pools stand there without their clients.
func (p *Pool) taggable(name string) bool {
	if _, social := p.SupportedLoginProviders[name]; social {
		return true
	}
	return slices.Contains(p.OIDCProviderARNs, name) || slices.Contains(p.SAMLProviderARNs, name) ||
		slices.ContainsFunc(p.UserPools, func(u UserPool) bool { return u.ProviderName == name })
}

// principalTags are the session tags that a token of the pool's own brought, and
// those that the pool's maps make of the logins, in the order of their keys. A claim
// that is missing, empty, or not one text, number or boolean leaves its tag out.
//
// When the maps of two logins name the same tag, one login decides it, even by having
// no such claim: the one that chose the role by the role mapping called mapping, or
// else the one which the identity had first. Otherwise somebody with the role that a
// strict provider gives could bring a tag that a lax one lets them write themselves.
func (s *Service) principalTags(p *Pool, by *caller, mapping string) ([]iam.Tag, error) {
	if len(by.tags) == 0 && (len(p.TagMaps) == 0 || len(by.logins) == 0) {
		return nil, nil
	}
	values := make(map[string]string) // "" is of a tag that is decided and left out
	maps.Copy(values, by.tags)
	give := func(key, value string) {
		if _, taken := values[key]; !taken {
			values[key] = value
		}
	}
	sorted := slices.Clone(inLinkOrder(by.identity, by.logins))
	slices.SortStableFunc(sorted, func(a, b verified) int {
		switch {
		case mapping == "" || (a.Mapping == mapping) == (b.Mapping == mapping):
			return 0
		case a.Mapping == mapping:
			return -1
		}
		return 1
	})
	for _, v := range sorted {
		m, ok := p.TagMaps[v.TagMap]
		if !ok {
			continue
		}
		if m.UseDefaults {
			give(defaultUserTag, v.Subject)
			give(defaultClientTag, v.Client)
			continue
		}
		claims := usableClaims(&v)
		for _, key := range slices.Sorted(maps.Keys(m.Tags)) {
			value := ""
			switch texts, plain := claimTexts(claims[m.Tags[key]]); {
			case !plain || len(texts) > 1:
				if claims[m.Tags[key]] != nil {
					s.Log.Info("claim is not one value and makes no tag", "pool", p.ID, "provider", v.TagMap, "claim", m.Tags[key], "tag", key)
				}
			case len(texts) == 1:
				value = texts[0]
			}
			give(key, value)
		}
	}
	tags := make([]iam.Tag, 0, len(values))
	size := 0
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, own := by.tags[key]; values[key] == "" && !own {
			continue
		}
		tags = append(tags, iam.Tag{Key: key, Value: values[key]})
		size += len(values[key])
	}
	if size > maxTagsText {
		return nil, &TagsTooLarge{Size: size}
	}
	return tags, nil
}
