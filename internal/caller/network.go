package caller

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Observe describes what can be seen of a request before anybody is believed, for
// condition keys and records. Its region is the installation's own; a verified
// signature names the one that the client called (WithBody sets it).
//
// Forwarding headers are believed only when the connection itself comes from a
// trusted proxy, and then only as far as trusted proxies vouch for each other:
// the client is the last address that no trusted proxy has (iam-sts.md 2.7).
func (c *Resolver) Observe(r *http.Request) *Network {
	n := &Network{
		TLS:       r.TLS != nil,
		UserAgent: r.Header.Get("User-Agent"),
		Referer:   r.Header.Get("Referer"),
		Region:    c.cfg.Regions[0],
		Time:      c.cfg.Now().UTC(),
		RequestID: c.cfg.NewID(),
	}
	if r.TLS != nil {
		n.TLSVersion = tlsVersion(r.TLS.Version)
	}
	n.SourceIP = remoteAddr(r)
	if c.trusted(n.SourceIP) {
		n.SourceIP = c.client(n.SourceIP, r.Header.Values("X-Forwarded-For"))
		if proto := last(r.Header.Values("X-Forwarded-Proto")); proto != "" {
			n.TLS = strings.EqualFold(proto, "https")
			n.TLSVersion = "" // that of the proxy's client is not known
		}
	}
	n.SourceIPText = n.IPText()
	return n
}

// Host returns the host that the client named: the request's own, or that of
// X-Forwarded-Host when a trusted proxy sent it. Signatures cover it.
func (c *Resolver) Host(r *http.Request) string {
	if c.trusted(remoteAddr(r)) {
		if host := last(r.Header.Values("X-Forwarded-Host")); host != "" {
			return host
		}
	}
	return r.Host
}

// client walks the forwarding list from our side and stops at the first hop that
// is not a trusted proxy. A hop that is no address ends the walk: what lies
// beyond it could be anybody's invention.
func (c *Resolver) client(addr netip.Addr, forwarded []string) netip.Addr {
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			return addr
		}
		addr = next
		if !c.trusted(addr) {
			return addr
		}
	}
	return addr
}

// parseHop reads an address, with or without a port.
func parseHop(s string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return plain(ap.Addr()), nil
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return plain(a), err
}

func (c *Resolver) trusted(a netip.Addr) bool {
	return a.IsValid() && slices.ContainsFunc(c.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

func remoteAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return plain(ap.Addr())
}

// plain takes the wrapping off an IPv4 address in IPv6 clothes, and the zone off
// a link-local one: policies are written against addresses.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func tlsVersion(v uint16) string {
	switch v {
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return ""
}

// last returns the last element of a comma-separated header: the one our own
// neighbour wrote.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	v := values[len(values)-1]
	return strings.TrimSpace(v[strings.LastIndexByte(v, ',')+1:])
}
