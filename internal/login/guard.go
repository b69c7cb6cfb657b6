package login

import (
	"crypto/sha1" //nolint:gosec // IAM thumbprints are SHA-1 by definition (iam-sts.md 3.4 step 5)
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ErrThumbprint is in the chain of a Refusal of kind ProviderUnreachable when
// the provider's certificate is neither publicly trusted nor one that IAM
// holds the thumbprint of.
var ErrThumbprint = errors.New("certificate matches no configured thumbprint")

// A guard decides to which addresses keys may be fetched from. Addresses are
// judged after name resolution, at the moment of connecting, so a name that
// resolves differently the second time gains nothing.
type guard struct {
	// any allows every address: the operator named the host in an override.
	any bool
	// loopbackOnly allows nothing else: overrides over plain http.
	loopbackOnly bool
	// private are the non-public networks the operator has opened.
	private []netip.Prefix
}

// notPublic are the ranges that are not private, loopback, link-local or
// multicast by netip's account and yet do not belong to the public Internet
// (IANA special-purpose registries), or that embed an IPv4 address which would
// escape the judgement.
func notPublic() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/96"),        // IPv4-compatible
		netip.MustParsePrefix("64:ff9b::/96"), // NAT64
		netip.MustParsePrefix("64:ff9b:1::/48"),
		netip.MustParsePrefix("100::/64"),
		netip.MustParsePrefix("2001::/23"), // Teredo and protocol assignments
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2002::/16"), // 6to4
		netip.MustParsePrefix("fec0::/10"), // site-local
	}
}

// permits reports whether addr may be connected to.
func (g guard) permits(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	inside := func(p netip.Prefix) bool { return p.Contains(addr) }
	switch {
	case g.any:
		return true
	case g.loopbackOnly:
		return addr.IsLoopback()
	case slices.ContainsFunc(g.private, inside):
		return true
	case !addr.IsGlobalUnicast(), addr.IsPrivate():
		return false // loopback, link-local, multicast, unspecified; RFC 1918, RFC 4193
	}
	return !slices.ContainsFunc(notPublic(), inside)
}

// control is the dialer's hook: it sees the resolved address.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	if !g.permits(ap.Addr()) {
		return fmt.Errorf("address %s is not public and not allowed by the configuration", ap.Addr())
	}
	return nil
}

// client makes the HTTP client for keys.
func (g guard) client(thumbprints []string, now func() time.Time) *http.Client {
	return &http.Client{Transport: g.transport(thumbprints, now)}
}

// transport connects where g permits. No proxy is used: it would connect on our
// behalf to addresses that the guard has not seen.
func (g guard) transport(thumbprints []string, now func() time.Time) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: g.control}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // a size cap should mean what it says
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if len(thumbprints) > 0 {
		// The standard check is replaced by one that makes the same check
		// first; see verifyChain.
		transport.TLSClientConfig.InsecureSkipVerify = true //nolint:gosec // VerifyConnection does it
		transport.TLSClientConfig.VerifyConnection = func(cs tls.ConnectionState) error {
			return verifyChain(cs, thumbprints, now())
		}
	}
	return transport
}

// verifyChain checks a server's certificate as the standard library does. Only
// if its authority is unknown do thumbprints matter: a presented certificate
// with a known thumbprint then serves as the root (iam-sts.md 3.4 step 5). The
// host name and the validity dates are checked either way.
func verifyChain(cs tls.ConnectionState, thumbprints []string, now time.Time) error {
	if len(cs.PeerCertificates) == 0 || cs.ServerName == "" {
		return errors.New("no certificate for a host name")
	}
	leaf := cs.PeerCertificates[0]
	opts := x509.VerifyOptions{DNSName: cs.ServerName, Intermediates: x509.NewCertPool(), CurrentTime: now}
	for _, c := range cs.PeerCertificates[1:] {
		opts.Intermediates.AddCert(c)
	}
	_, err := leaf.Verify(opts)
	var unknown x509.UnknownAuthorityError
	if err == nil || !errors.As(err, &unknown) {
		return err
	}
	for _, c := range cs.PeerCertificates {
		sum := sha1.Sum(c.Raw) //nolint:gosec // see the import
		print := hex.EncodeToString(sum[:])
		if slices.ContainsFunc(thumbprints, func(t string) bool { return strings.EqualFold(t, print) }) {
			opts.Roots = x509.NewCertPool()
			opts.Roots.AddCert(c)
			_, err := leaf.Verify(opts)
			return err
		}
	}
	return ErrThumbprint
}
