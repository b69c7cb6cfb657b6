package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
)

func good() Config {
	return Config{
		Data: "d", Listen: "127.0.0.1:0", Account: "000000000000", Region: "us-east-1",
		RootAccessKeyID: "AKIAROOT", RootSecretAccessKey: SecretValue{keys.NewSecret("long enough")},
		Audit: "file", LogFormat: "auto", LogLevel: "info", AddressRate: 10, PoolRate: 1000,
	}
}

func TestCheck(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Config)
		want   string // "" means that the configuration is good
	}{
		{"as it comes", func(*Config) {}, ""},
		{"no data folder", func(c *Config) { c.Data = "" }, "data: a data folder is needed"},
		{"an address without a port", func(c *Config) { c.Listen = "localhost" }, `listen: "localhost" is not HOST:PORT`},
		{"an account of 11 digits", func(c *Config) { c.Account = "00000000000" }, "is not 12 digits"},
		{"an account with a letter", func(c *Config) { c.Account = "00000000000a" }, "is not 12 digits"},
		{"a region with a slash", func(c *Config) { c.Region = "us/east" }, "is not a region name"},
		{"a key id without a secret", func(c *Config) { c.RootSecretAccessKey = SecretValue{} }, "set both or neither"},
		{"a secret without a key id", func(c *Config) { c.RootAccessKeyID = "" }, "set both or neither"},
		{"a key id of a session", func(c *Config) { c.RootAccessKeyID = "ASIAXXXX" }, "reserved for temporary credentials"},
		{"a short secret", func(c *Config) { c.RootSecretAccessKey = SecretValue{keys.NewSecret("short")} }, "at least 8 characters"},
		{"a certificate without a key", func(c *Config) { c.TLSCertificate = "c" }, "set both or neither"},
		{"an override by https", func(c *Config) { c.Providers = map[string]string{"p": "https://id.example/base"} }, ""},
		{"an override on loopback", func(c *Config) { c.Providers = map[string]string{"p": "http://[::1]:9"} }, ""},
		{"an override by http elsewhere", func(c *Config) { c.Providers = map[string]string{"p": "http://10.0.0.1:9"} }, "loopback addresses only"},
		{"an override whose host only looks local", func(c *Config) { c.Providers = map[string]string{"p": "http://127.0.0.1.example:9"} }, "loopback addresses only"},
		{"an override with a password", func(c *Config) { c.Providers = map[string]string{"p": "https://a:b@id.example"} }, "is not a URL"},
		{"an override with another scheme", func(c *Config) { c.Providers = map[string]string{"p": "file://host/x"} }, "neither https nor http"},
		{"a proxy by name", func(c *Config) { c.TrustedProxies = []string{"proxy"} }, "is not an address or CIDR"},
		{"proxies", func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/8", "::1"} }, ""},
		{"decisions as they come", func(c *Config) { c.Decisions, c.DecisionsKeep, c.DecisionsSize = "denials", 168*time.Hour, 64<<20 }, ""},
		{"decisions for a moment", func(c *Config) { c.DecisionsKeep = time.Second }, "decisions-keep: 1s is less than a minute"},
		{"decisions until yesterday", func(c *Config) { c.DecisionsKeep = -time.Hour }, "decisions-keep: -1h0m0s is less"},
		{"room for few decisions", func(c *Config) { c.DecisionsSize = 1 << 10 }, "decisions-size: 1KiB is less than 1MiB"},
		{"a domain with a port", func(c *Config) { c.S3Domains = []string{"s3.example:80"} }, "is not a plain domain name"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := good()
			c.change(&config)
			err := config.Check()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Check() = %v, want %q", err, c.want)
			}
		})
	}
}

func TestEveryMistakeIsReported(t *testing.T) {
	c := Config{Listen: "x", Account: "1", Region: "/"}
	if n := len(strings.Split(c.Check().Error(), "\n")); n < 4 {
		t.Errorf("%d lines: %v", n, c.Check())
	}
}

func TestSecretsAreHidden(t *testing.T) {
	c := good()
	c.MasterKey = SecretValue{keys.NewSecret("the master key")}
	for _, text := range []string{fmt.Sprint(c.Map()), fmt.Sprintf("%v %+v %#v", c, c, c)} {
		if strings.Contains(text, "long enough") || strings.Contains(text, "the master key") {
			t.Errorf("a secret is printed: %s", text)
		}
	}
	if got := c.Map()["root-secret-access-key"]; got != "[secret]" {
		t.Errorf("root-secret-access-key is %v", got)
	}
}
