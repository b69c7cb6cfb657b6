package iam_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/iam"
)

func TestOIDCProviders(t *testing.T) {
	ctx := t.Context()
	s := node(t, newMemory())
	print := strings.Repeat("0a", 20)
	p := must[*iam.OIDCProvider](t)(s.CreateOIDCProvider(ctx, iam.NewOIDCProvider{Account: account, URL: "https://login.example.com/a/b",
		ClientIDs: []string{"x", "x", "y"}, Thumbprints: []string{print}}))
	arn := "arn:aws:iam::000000000000:oidc-provider/login.example.com/a/b"
	if p.ARN() != arn || p.Insecure {
		t.Errorf("provider %+v", p)
	}
	diff(t, "client ids", []string{"x", "y"}, p.ClientIDs)
	ok(t, s.AddClientID(ctx, arn, "z"), s.AddClientID(ctx, arn, "z"), s.RemoveClientID(ctx, arn, "x"), s.RemoveClientID(ctx, arn, "x"),
		s.TagOIDCProvider(ctx, arn, []iam.Tag{{Key: "k", Value: "v"}}), s.UntagOIDCProvider(ctx, arn, []string{"K"}),
		s.SetThumbprints(ctx, arn, []string{print, print}))
	now, _ := s.Snapshot().OIDCProvider(account, "login.example.com/a/b")
	diff(t, "client ids", []string{"y", "z"}, now.ClientIDs)
	diff(t, "tags", []iam.Tag{}, now.Tags)

	_, err := s.CreateOIDCProvider(ctx, iam.NewOIDCProvider{Account: account, URL: "https://login.example.com/a/b", Thumbprints: []string{print}})
	wantError(t, "duplicate", err, &iam.AlreadyExists{Kind: iam.KindOIDCProvider, Name: "https://login.example.com/a/b"})
	wantError(t, "no thumbprint", s.SetThumbprints(ctx, arn, nil), &iam.Invalid{Field: iam.FieldThumbprint})
	wantError(t, "six thumbprints", s.SetThumbprints(ctx, arn, []string{print, print, print, print, print, print}),
		&iam.LimitExceeded{Quota: iam.QuotaThumbprints, Limit: 5, Kind: iam.KindOIDCProvider, Name: arn})
	wantError(t, "odd thumbprint", s.SetThumbprints(ctx, arn, []string{"xyz"}), &iam.Invalid{Field: iam.FieldThumbprint, Value: "xyz"})
	var hundred []string
	for n := range 101 {
		hundred = append(hundred, fmt.Sprint("c", n))
	}
	_, err = s.CreateOIDCProvider(ctx, iam.NewOIDCProvider{Account: account, URL: "https://h.example.com", ClientIDs: hundred})
	wantError(t, "101 clients", err, &iam.LimitExceeded{Quota: iam.QuotaClientIDs, Limit: 100, Kind: iam.KindOIDCProvider, Name: "arn:aws:iam::000000000000:oidc-provider/h.example.com"})
	ok(t, s.DeleteOIDCProvider(ctx, arn))
	wantError(t, "delete twice", s.DeleteOIDCProvider(ctx, arn), &iam.NotFound{Kind: iam.KindOIDCProvider, Name: arn})
}

func TestProviderURLs(t *testing.T) {
	cases := []struct {
		url       string
		prod, dev bool
	}{
		{"https://a.example.com", true, true},
		{"https://a.example.com/p/", true, true},
		{"http://127.0.0.1:9999/x", false, true},
		{"https://a.example.com:8443", false, true},
		{"https://a.example.com?x=1", false, false},
		{"https://a.example.com#f", false, false},
		{"https://u@a.example.com", false, false},
		{"https://", false, false},
		{"a.example.com", false, false},
		{"ftp://a.example.com", false, false},
		{"https://a.example.com/\u00e9", false, false},
		{"https://a.example.com/a b", false, false},
		{"https://a.example.com/" + strings.Repeat("a", 255), false, false},
	}
	prod, dev := node(t, newMemory()), node(t, newMemory(), func(c *iam.Config) { c.DevMode = true })
	for _, c := range cases {
		for _, m := range []struct {
			name string
			s    *iam.Service
			want bool
		}{{"production", prod, c.prod}, {"development", dev, c.dev}} {
			t.Run(fmt.Sprintf("%s in %s is accepted: %v", c.url, m.name, m.want), func(t *testing.T) {
				p, err := m.s.CreateOIDCProvider(t.Context(), iam.NewOIDCProvider{Account: account, URL: c.url})
				if (err == nil) != m.want {
					t.Fatalf("got %v", err)
				}
				if err == nil && (p.Insecure != strings.HasPrefix(c.url, "http:") || strings.Contains(p.URL, "://")) {
					t.Errorf("got %+v", p)
				}
			})
		}
	}
}

func TestThumbprintIsFetchedWhenOmitted(t *testing.T) {
	asked := 0
	answer, fault := strings.Repeat("ab", 20), error(nil)
	s := node(t, newMemory(), func(c *iam.Config) {
		c.Thumbprint = func(context.Context, string) (string, error) { asked++; return answer, fault }
	})
	in := iam.NewOIDCProvider{Account: account, URL: "https://a.example.com"}
	p := must[*iam.OIDCProvider](t)(s.CreateOIDCProvider(t.Context(), in))
	diff(t, "thumbprints", []string{answer}, p.Thumbprints)
	if _, err := s.CreateOIDCProvider(t.Context(), in); err == nil || asked != 1 {
		t.Errorf("a duplicate cost %d requests, %v", asked-1, err)
	}
	fault = errors.New("no route")
	in.URL = "https://b.example.com"
	_, err := s.CreateOIDCProvider(t.Context(), in)
	if u, is := errors.AsType[*iam.Unreachable](err); !is || u.URL != in.URL {
		t.Errorf("got %v", err)
	}
}
