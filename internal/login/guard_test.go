package login

import (
	"crypto/sha1" //nolint:gosec // thumbprints are SHA-1
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestGuard(t *testing.T) {
	open := guard{}
	for addr, ok := range map[string]bool{
		"8.8.8.8": true, "142.250.1.1": true, "2a00:1450:4001::1": true, "2606:4700::1": true,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "0.0.0.0": false, "::": false, "0.1.2.3": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "fd00::1": false, "fc00::1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fd00:ec2::254": false,
		"100.64.0.1": false, "198.18.0.1": false, "192.0.2.1": false, "240.0.0.1": false, "255.255.255.255": false, "224.0.0.1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true, "::7f00:1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001::1": false, "fec0::1": false,
	} {
		if got := open.permits(netip.MustParseAddr(addr)); got != ok {
			t.Errorf("%s: permitted %v, want %v", addr, got, ok)
		}
	}
	some := guard{private: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
	for addr, ok := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.2.0.1": false, "127.0.0.1": false, "8.8.8.8": true} {
		if got := some.permits(netip.MustParseAddr(addr)); got != ok {
			t.Errorf("10.1.0.0/16 opened: %s: permitted %v, want %v", addr, got, ok)
		}
	}
	local := guard{loopbackOnly: true}
	for addr, ok := range map[string]bool{"127.0.0.1": true, "::1": true, "8.8.8.8": false, "10.0.0.1": false, "0.0.0.0": false} {
		if got := local.permits(netip.MustParseAddr(addr)); got != ok {
			t.Errorf("loopback only: %s: permitted %v, want %v", addr, got, ok)
		}
	}
}

func TestThumbprints(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	cert := server.Certificate()
	sum := sha1.Sum(cert.Raw) //nolint:gosec // see the import
	print := hex.EncodeToString(sum[:])
	now := cert.NotBefore.Add(time.Hour)
	state := func(name string) tls.ConnectionState {
		return tls.ConnectionState{ServerName: name, PeerCertificates: []*x509.Certificate{cert}}
	}
	for _, c := range []struct {
		name   string
		host   string
		prints []string
		now    time.Time
		ok     bool
	}{
		{"the thumbprint matches", "example.com", []string{strings.Repeat("0", 40), print}, now, true},
		{"the thumbprint matches in upper case", "example.com", []string{strings.ToUpper(print)}, now, true},
		{"no thumbprint matches", "example.com", []string{strings.Repeat("0", 40)}, now, false},
		{"the host name does not", "evil.example", []string{print}, now, false},
		{"no host name", "", []string{print}, now, false},
		{"the certificate has expired", "example.com", []string{print}, cert.NotAfter.Add(time.Hour), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := verifyChain(state(c.host), c.prints, c.now); (err == nil) != c.ok {
				t.Errorf("got %v, want acceptance %v", err, c.ok)
			}
		})
	}
	if err := verifyChain(state("example.com"), nil, now); !errors.Is(err, ErrThumbprint) {
		t.Errorf("got %v, want ErrThumbprint", err)
	}
}
