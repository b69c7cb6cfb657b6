package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Limits on what is fetched from a provider.
const (
	maxResponse   = 512 << 10
	fetchTimeout  = 10 * time.Second
	minLifetime   = 5 * time.Minute
	maxLifetime   = 24 * time.Hour
	usualLifetime = time.Hour // if the provider does not say
	discoveryPath = "/.well-known/openid-configuration"
)

// A source is where one issuer's keys are fetched. It is used by one goroutine
// at a time.
type source struct {
	issuer     string // what the discovery document must call itself
	base       string // where discovery starts: the issuer, or an override
	overridden bool
	client     *http.Client
	now        func() time.Time

	fixed        string // where the keys are, if the provider's rules say so
	keysURL      string // from discovery; believed until keysURLUntil
	keysURLUntil time.Time
}

// name identifies the source in logs and in the KeyStore. It differs between
// an issuer and an override of it, so that keys of a pretend provider, once
// stored, are never taken for those of the real one.
func (s *source) name(thumbprints string) string {
	name := s.issuer
	if s.overridden {
		name += " via " + s.base
	}
	if thumbprints != "" {
		name += " thumbprints " + thumbprints
	}
	return name
}

// fetch gets the key set and says how long it may be believed.
func (s *source) fetch(ctx context.Context) (body []byte, lifetime time.Duration, err error) {
	if s.fixed != "" {
		s.keysURL = s.fixed
	} else if s.keysURL == "" || !s.now().Before(s.keysURLUntil) {
		if err := s.discover(ctx); err != nil {
			return nil, 0, fmt.Errorf("discovery: %w", err)
		}
	}
	body, header, err := s.get(ctx, s.keysURL)
	if err != nil {
		s.keysURL = "" // it may have moved
		return nil, 0, fmt.Errorf("keys: %w", err)
	}
	return body, lifetimeOf(header), nil
}

// discover reads the discovery document (OpenID Connect Discovery 1.0 section
// 4) and keeps its jwks_uri.
func (s *source) discover(ctx context.Context) error {
	body, header, err := s.get(ctx, strings.TrimSuffix(s.base, "/")+discoveryPath)
	if err != nil {
		return err
	}
	doc, err := decodeObject(string(body), maxProviderValues)
	if err != nil {
		return err
	}
	// Section 4.3: the document must call itself what we call it, or one
	// tenant of a provider could speak for another. A stand-in for a provider
	// may also use its own name; tokens may not.
	issuer, _ := doc["issuer"].(string)
	if issuer != s.issuer && (!s.overridden || strings.TrimSuffix(issuer, "/") != strings.TrimSuffix(s.base, "/")) {
		return fmt.Errorf("document is about issuer %q, want %q", shown(issuer), s.issuer)
	}
	keysURL, _ := doc["jwks_uri"].(string)
	if err := s.checkKeysURL(keysURL); err != nil {
		return fmt.Errorf("jwks_uri: %w", err)
	}
	s.keysURL, s.keysURLUntil = keysURL, s.now().Add(lifetimeOf(header))
	return nil
}

// checkKeysURL keeps an override on its own host and everything else on https.
func (s *source) checkKeysURL(text string) error {
	u, err := parseBase(text)
	if err != nil {
		return err
	}
	if s.overridden {
		base, err := url.Parse(s.base)
		if err != nil {
			return err
		}
		if u.Scheme != base.Scheme || u.Host != base.Host {
			return fmt.Errorf("%q leaves the override's host %q", shown(u.Host), base.Host)
		}
		return nil
	}
	if u.Scheme != "https" {
		return errors.New("not https")
	}
	return nil
}

// get fetches one document. Redirects are answers like any other, and not the
// wanted one.
func (s *source) get(ctx context.Context, address string) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to the end or abandoned: nothing left to lose
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s answered %d", req.URL.Redacted(), resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return nil, nil, err
	}
	if len(body) > maxResponse {
		return nil, nil, fmt.Errorf("%s sent more than %d bytes", req.URL.Redacted(), maxResponse)
	}
	return body, resp.Header, nil
}

// lifetimeOf reads Cache-Control (RFC 9111 section 5.2.2), clamped so that
// neither a careless nor a hostile provider can make us ask all the time or
// keep a withdrawn key for days.
func lifetimeOf(h http.Header) time.Duration {
	lifetime := usualLifetime
	for _, field := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(field, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "no-store", "no-cache":
				return minLifetime
			case "max-age":
				n, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 64)
				if err != nil || n < 0 {
					return minLifetime
				}
				age, err := strconv.ParseInt(h.Get("Age"), 10, 64)
				if err != nil || age < 0 {
					age = 0
				}
				lifetime = time.Duration(min(n, int64(maxLifetime/time.Second))-min(age, n)) * time.Second
			}
		}
	}
	return min(max(lifetime, minLifetime), maxLifetime)
}

// parseBase parses an absolute URL that may be fetched: https, or http to a
// loopback address, without anything that could carry a credential or be lost
// when a path is appended.
func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	switch {
	case u.Host == "" || u.Opaque != "":
		return nil, errors.New("not an absolute URL")
	case u.User != nil:
		return nil, errors.New("has a user name")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("has a query or a fragment")
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("neither https nor http to a loopback address")
}

// overrideOf finds the override of a Logins key: its own, or that of its host,
// under which the rest of the key is the path.
func overrideOf(overrides map[string]string, key string) (base string, ok bool) {
	if base, ok := overrides[key]; ok {
		return base, true
	}
	host, path, ok := strings.Cut(key, "/")
	if !ok {
		return "", false
	}
	if base, ok = overrides[host]; !ok {
		return "", false
	}
	return strings.TrimSuffix(base, "/") + "/" + path, true
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true // the guard still judges what it resolves to
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
