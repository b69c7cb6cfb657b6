package iam

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// NewOIDCProvider is the input of CreateOIDCProvider. URL has its scheme.
type NewOIDCProvider struct {
	Account, URL           string
	ClientIDs, Thumbprints []string
	Tags                   []Tag
}

// CreateOIDCProvider registers an OpenID Connect provider.
func (s *Service) CreateOIDCProvider(ctx context.Context, in NewOIDCProvider) (*OIDCProvider, error) {
	host, insecure, err := s.checkProviderURL(in.URL)
	if err != nil {
		return nil, err
	}
	p := &OIDCProvider{Account: in.Account, URL: host, Insecure: insecure}
	if p.Tags, err = mergeTags(KindOIDCProvider, in.URL, nil, in.Tags); err != nil {
		return nil, err
	}
	for _, id := range in.ClientIDs {
		if err := p.addClientID(id); err != nil {
			return nil, err
		}
	}
	if err := checkThumbprints(p.ARN(), in.Thumbprints); err != nil {
		return nil, err
	}
	p.Thumbprints = slices.Clone(in.Thumbprints)
	arn := p.ARN()
	// A name that is taken must not cost a request to somebody's host.
	if _, exists := s.view.Load().providers[arn]; !exists && len(p.Thumbprints) == 0 && s.thumbprint != nil && !insecure {
		print, err := s.thumbprint(ctx, in.URL)
		if err != nil {
			return nil, &Unreachable{URL: in.URL, Cause: err}
		}
		p.Thumbprints = []string{print}
	}
	after, err := s.update(ctx, func(v *View, w *Write) error {
		if _, exists := v.providers[arn]; exists {
			return &AlreadyExists{Kind: KindOIDCProvider, Name: in.URL}
		}
		if v.countProviders(in.Account) >= s.limits.OIDCProviders {
			return &LimitExceeded{Quota: QuotaOIDCProviders, Limit: s.limits.OIDCProviders, Kind: KindOIDCProvider, Name: in.URL}
		}
		next := *p
		next.Created = s.now()
		w.Providers = append(w.Providers, &next)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return after.providers[arn], nil
}

// DeleteOIDCProvider removes a provider. Roles that trust it stay and match
// nobody.
func (s *Service) DeleteOIDCProvider(ctx context.Context, arn string) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		if _, err := v.Provider(arn); err != nil {
			return err
		}
		w.Deleted = append(w.Deleted, Ref{KindOIDCProvider, arn})
		return nil
	})
	return err
}

// AddClientID registers a client id; one that is there already is fine.
func (s *Service) AddClientID(ctx context.Context, arn, id string) error {
	return s.updateProvider(ctx, arn, func(p *OIDCProvider) error {
		p.ClientIDs = slices.Clone(p.ClientIDs)
		return p.addClientID(id)
	})
}

// RemoveClientID removes a client id; one that is absent is fine.
func (s *Service) RemoveClientID(ctx context.Context, arn, id string) error {
	return s.updateProvider(ctx, arn, func(p *OIDCProvider) error {
		p.ClientIDs = slices.DeleteFunc(slices.Clone(p.ClientIDs), func(c string) bool { return c == id })
		return nil
	})
}

// SetThumbprints replaces the certificate fingerprints; at least one is needed.
func (s *Service) SetThumbprints(ctx context.Context, arn string, prints []string) error {
	return s.updateProvider(ctx, arn, func(p *OIDCProvider) error {
		if len(prints) == 0 {
			return &Invalid{Field: FieldThumbprint}
		}
		if err := checkThumbprints(arn, prints); err != nil {
			return err
		}
		p.Thumbprints = slices.Clone(prints)
		return nil
	})
}

// TagOIDCProvider adds or replaces tags.
func (s *Service) TagOIDCProvider(ctx context.Context, arn string, tags []Tag) error {
	return s.updateProvider(ctx, arn, func(p *OIDCProvider) (err error) {
		p.Tags, err = mergeTags(KindOIDCProvider, arn, p.Tags, tags)
		return err
	})
}

// UntagOIDCProvider removes tags; absent keys are fine.
func (s *Service) UntagOIDCProvider(ctx context.Context, arn string, keys []string) error {
	return s.updateProvider(ctx, arn, func(p *OIDCProvider) error {
		p.Tags = removeTags(p.Tags, keys)
		return nil
	})
}

func (s *Service) updateProvider(ctx context.Context, arn string, change func(*OIDCProvider) error) error {
	_, err := s.update(ctx, func(v *View, w *Write) error {
		p, err := v.Provider(arn)
		if err != nil {
			return err
		}
		next := *p
		if err := change(&next); err != nil {
			return err
		}
		w.Providers = append(w.Providers, &next)
		return nil
	})
	return err
}

func (p *OIDCProvider) addClientID(id string) error {
	if id == "" || len(id) > maxClientID {
		return &Invalid{Field: FieldClientID, Value: id}
	}
	if slices.Contains(p.ClientIDs, id) {
		return nil
	}
	if len(p.ClientIDs) >= maxClientIDs {
		return &LimitExceeded{Quota: QuotaClientIDs, Limit: maxClientIDs, Kind: KindOIDCProvider, Name: p.ARN()}
	}
	p.ClientIDs = append(p.ClientIDs, id)
	return nil
}

// checkThumbprints accepts up to five SHA-1 fingerprints in hexadecimal.
func checkThumbprints(name string, prints []string) error {
	if len(prints) > maxThumbprints {
		return &LimitExceeded{Quota: QuotaThumbprints, Limit: maxThumbprints, Kind: KindOIDCProvider, Name: name}
	}
	for _, p := range prints {
		if len(p) != 40 || strings.Trim(p, "0123456789abcdefABCDEF") != "" {
			return &Invalid{Field: FieldThumbprint, Value: p}
		}
	}
	return nil
}

// checkProviderURL returns the URL without its scheme. AWS takes https without
// port, query, fragment or user; development mode adds http and ports
// (spec/iam-sts.md 4.3).
func (s *Service) checkProviderURL(raw string) (rest string, insecure bool, err error) {
	refuse := &Invalid{Field: FieldURL, Value: raw}
	if len(raw) > maxProviderURL {
		return "", false, refuse
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", false, refuse
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && s.dev:
		insecure = true
	default:
		return "", false, refuse
	}
	if u.Hostname() == "" || u.User != nil || strings.ContainsAny(raw, "?#") || u.Port() != "" && !s.dev ||
		strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", false, refuse
	}
	if strings.EqualFold(u.Hostname(), identityPools) {
		// Tokens of that issuer are our own pools' and are verified with our
		// keys only, never with keys fetched from elsewhere (iam-sts.md 3.4).
		return "", false, refuse
	}
	_, rest, _ = strings.Cut(raw, "://")
	return rest, insecure, nil
}
