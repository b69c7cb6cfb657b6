package caller_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/sts/ststest"
)

// nobody opens no token.
type nobody struct{}

func (nobody) Open(string) (*sts.Session, keys.Secret, error) {
	return nil, keys.Secret{}, &sts.TokenError{Reason: sts.TokenMalformed}
}

// FuzzForwardingHeaders holds that headers never move the address of a client
// who does not come through a trusted proxy, and that behind one the address is
// always one that some hop named.
func FuzzForwardingHeaders(f *testing.F) {
	f.Add("198.51.100.7, 10.0.0.2", "https", "x.test")
	f.Add(",,[::1]:80,unknown", "http,https", "")
	i := ststest.NewIAM(f)
	c, err := caller.New(caller.Config{
		IAM: func() iam.Snapshot { return i }, Sessions: nobody{}, Regions: []string{ststest.Region},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, forwarded, proto, host string) {
		r := httptest.NewRequest(http.MethodGet, "http://api.test/", nil)
		r.Header["X-Forwarded-For"] = []string{forwarded}
		r.Header["X-Forwarded-Proto"] = []string{proto}
		r.Header["X-Forwarded-Host"] = []string{host}
		r.RemoteAddr = "192.0.2.1:1"
		if n := c.Observe(r); n.SourceIP != netip.MustParseAddr("192.0.2.1") || n.TLS || c.Host(r) != "api.test" {
			t.Errorf("a client became %v, TLS %v, host %q", n.SourceIP, n.TLS, c.Host(r))
		}
		r.RemoteAddr = "10.0.0.1:1"
		if n := c.Observe(r); !n.SourceIP.IsValid() || n.SourceIP.Zone() != "" || n.SourceIP.Is4In6() {
			t.Errorf("behind a proxy: %v", n.SourceIP)
		}
	})
}
