package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// poolCmd groups the commands for identity pools beyond AWS's own.
type poolCmd struct {
	Settings poolSettingsCmd `cmd:"" help:"Show or change what AWS has no setting for."`
}

type poolSettingsCmd struct {
	ownCall
	Pool            string         `arg:"" name:"pool" help:"The identity pool's id."`
	SessionDuration *time.Duration `name:"session-duration" placeholder:"15m…12h" help:"How long sessions last; 0s means an hour."`
	SessionName     *string        `name:"session-name" placeholder:"TEMPLATE" help:"Name of sessions, with {identity}, {provider}, {subject}, {email}; empty means CognitoIdentityCredentials."`
	GuestPolicies   []string       `name:"guest-policy" placeholder:"ARN" help:"Managed policy that limits guests in place of the built-in ones. Repeatable."`
	DefaultCeiling  bool           `name:"default-guest-policies" help:"Limit guests by the built-in policies again."`
	TokenAlgorithm  *string        `name:"token-algorithm" placeholder:"RS512|ES256" help:"What signs the pool's OpenID tokens."`
	EmailAuthority  []string       `name:"merge-email" placeholder:"PROVIDER=DOMAIN,…" sep:"none" help:"Provider that vouches for addresses of these domains (* for all); two of them merge identities by verified e-mail address. Repeatable."`
	NoEmail         bool           `name:"no-merge-email" help:"Never merge by e-mail address, which is the default."`

	SAMLRecipient []string          `name:"saml-recipient" placeholder:"URL" sep:"none" help:"Address that SAML assertions must be made for (Recipient), in place of those of the server. Repeatable."`
	SAMLAudience  []string          `name:"saml-audience" placeholder:"NAME" sep:"none" help:"Audience that SAML assertions must be made for, in place of those of the server. Repeatable."`
	DefaultSAML   bool              `name:"default-saml" help:"Accept the server's recipients and audiences again."`
	SAMLEntity    map[string]string `name:"saml-entity" placeholder:"ARN=ENTITY" mapsep:"none" help:"Say that the people who are known by a SAML provider's ARN are those of this entity id: after its metadata has changed. Repeatable."`
}

// Run changes what flags name, and prints the settings.
func (c *poolSettingsCmd) Run(e *env) error {
	in := &rockpoolwire.UpdatePoolSettingsInput{IdentityPoolId: &c.Pool, SessionNameTemplate: c.SessionName, TokenAlgorithm: c.TokenAlgorithm, GuestPolicyArns: c.GuestPolicies,
		SamlRecipients: c.SAMLRecipient, SamlAudiences: c.SAMLAudience, SamlEntities: c.SAMLEntity}
	if c.DefaultSAML {
		in.SamlRecipients, in.SamlAudiences = []string{}, []string{}
	}
	if c.SessionDuration != nil {
		if *c.SessionDuration < 0 || *c.SessionDuration > 7*24*time.Hour || *c.SessionDuration%time.Second != 0 {
			return &usageError{errors.New("a session lasts whole seconds, 15m to 12h")}
		}
		seconds := int32(*c.SessionDuration / time.Second)
		in.SessionDurationSeconds = &seconds
	}
	if c.DefaultCeiling {
		in.GuestPolicyArns = []string{}
	}
	if c.NoEmail {
		in.EmailAuthorities = []rockpoolwire.EmailAuthority{}
	}
	for _, a := range c.EmailAuthority {
		provider, domains, ok := strings.Cut(a, "=")
		if !ok || domains == "" {
			return &usageError{fmt.Errorf("%q is not PROVIDER=DOMAIN,…", a)}
		}
		in.EmailAuthorities = append(in.EmailAuthorities, rockpoolwire.EmailAuthority{Provider: &provider, Domains: strings.Split(domains, ",")})
	}
	var settings *rockpoolwire.PoolSettings
	var warnings []string
	if in.SessionDurationSeconds == nil && in.SessionNameTemplate == nil && in.GuestPolicyArns == nil && in.TokenAlgorithm == nil && in.EmailAuthorities == nil &&
		in.SamlRecipients == nil && in.SamlAudiences == nil && in.SamlEntities == nil {
		var out rockpoolwire.DescribePoolSettingsOutput
		if printed, err := c.do(e, "DescribePoolSettings", &rockpoolwire.DescribePoolSettingsInput{IdentityPoolId: &c.Pool}, &out); printed || err != nil {
			return err
		}
		settings, warnings = out.Settings, out.Warnings
	} else {
		var out rockpoolwire.UpdatePoolSettingsOutput
		if printed, err := c.do(e, "UpdatePoolSettings", in, &out); printed || err != nil {
			return err
		}
		settings, warnings = out.Settings, out.Warnings
	}
	for _, w := range warnings {
		fmt.Fprintln(e.stderr, "rockpool: warning:", visible(w))
	}
	name := text(settings.SessionNameTemplate)
	if name == "" {
		name = "CognitoIdentityCredentials"
	}
	var authorities []string
	for _, a := range settings.EmailAuthorities {
		authorities = append(authorities, visible(text(a.Provider))+" for "+visible(strings.Join(a.Domains, ", ")))
	}
	if authorities == nil {
		authorities = []string{"never"}
	}
	for _, line := range samlLines(settings) {
		fmt.Fprintln(e.stdout, line)
	}
	_, err := fmt.Fprintf(e.stdout, "sessions last      %v\nsession name       %s\nguests' ceiling    %s\ntokens signed by   %s\nmerged by e-mail   %s\n",
		time.Duration(number(settings.SessionDurationSeconds))*time.Second, visible(name), visible(strings.Join(settings.GuestPolicyArns, ", ")),
		visible(text(settings.TokenAlgorithm)), strings.Join(authorities, "; "))
	return err
}

// samlLines says what of a pool's SAML settings is not the server's.
func samlLines(s *rockpoolwire.PoolSettings) []string {
	var lines []string
	for label, list := range map[string][]string{"SAML recipients   ": s.SamlRecipients, "SAML audiences    ": s.SamlAudiences} {
		if len(list) > 0 {
			lines = append(lines, label+" "+visible(strings.Join(list, ", ")))
		}
	}
	for provider, entity := range s.SamlEntities {
		lines = append(lines, "SAML people of     "+visible(provider)+" are those of "+visible(entity))
	}
	slices.Sort(lines)
	return lines
}
