package rockpoolapi

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// amplifyKeeps is how long Amplify 6 uses credentials, whatever they say of
// themselves, with a little room for slow clocks (cognito-identity.md 4.2).
const amplifyKeeps = 55 * time.Minute

// DescribePoolSettings gives what can be set of a pool beyond AWS's operations.
func (b *bound) DescribePoolSettings(_ context.Context, in *wire.DescribePoolSettingsInput) (*wire.DescribePoolSettingsOutput, error) {
	p, err := b.ownPool(*in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	return &wire.DescribePoolSettingsOutput{Settings: poolSettings(p), Warnings: b.warnings(p)}, nil
}

// UpdatePoolSettings changes the settings that are given and keeps the others.
func (b *bound) UpdatePoolSettings(ctx context.Context, in *wire.UpdatePoolSettingsInput) (*wire.UpdatePoolSettingsOutput, error) {
	if _, err := b.ownPool(*in.IdentityPoolId); err != nil {
		return nil, err
	}
	p, err := b.cfg.Pools.UpdateExtensions(ctx, *in.IdentityPoolId, func(e *pool.Extensions) {
		if in.SessionDurationSeconds != nil {
			e.Sessions.Duration = time.Duration(*in.SessionDurationSeconds) * time.Second
		}
		if in.SessionNameTemplate != nil {
			e.Sessions.NameTemplate = *in.SessionNameTemplate
		}
		if in.GuestPolicyArns != nil {
			e.Sessions.GuestPolicyARNs = in.GuestPolicyArns
		}
		if in.TokenAlgorithm != nil {
			e.Sessions.TokenAlgorithm = *in.TokenAlgorithm
		}
		if in.EmailAuthorities != nil {
			e.MergeVerifiedEmail.Authorities = nil
			for _, a := range in.EmailAuthorities {
				e.MergeVerifiedEmail.Authorities = append(e.MergeVerifiedEmail.Authorities, pool.EmailAuthority{Provider: *a.Provider, Domains: a.Domains})
			}
		}
		if in.SamlRecipients != nil {
			e.SAML.Recipients = in.SamlRecipients
		}
		if in.SamlAudiences != nil {
			e.SAML.Audiences = in.SamlAudiences
		}
		for provider, entity := range in.SamlEntities { // the others stay what they are
			if e.SAML.Entities == nil {
				e.SAML.Entities = make(map[string]string, len(in.SamlEntities))
			}
			e.SAML.Entities[provider] = entity
		}
	})
	if err != nil {
		return nil, err
	}
	return &wire.UpdatePoolSettingsOutput{Settings: poolSettings(p), Warnings: b.warnings(p)}, nil
}

// poolSettings shows settings with AWS's constants where nothing was set.
func poolSettings(p *pool.Pool) *wire.PoolSettings {
	algorithm := p.Sessions.TokenAlgorithm
	if algorithm == "" {
		algorithm = pool.RS512
	}
	w := &wire.PoolSettings{
		IdentityPoolId: &p.ID, SessionDurationSeconds: integer(int(p.SessionDuration().Seconds())), SessionNameTemplate: &p.Sessions.NameTemplate,
		GuestPolicyArns: p.GuestPolicies(), TokenAlgorithm: &algorithm, EmailAuthorities: []wire.EmailAuthority{},
		SamlRecipients: append([]string{}, p.SAML.Recipients...), SamlAudiences: append([]string{}, p.SAML.Audiences...), SamlEntities: map[string]string{},
	}
	maps.Copy(w.SamlEntities, p.SAML.Entities)
	for _, a := range p.MergeVerifiedEmail.Authorities {
		w.EmailAuthorities = append(w.EmailAuthorities, wire.EmailAuthority{Provider: &a.Provider, Domains: a.Domains})
	}
	return w
}

// warnings says what of a pool's settings surprises people.
func (b *bound) warnings(p *pool.Pool) []string {
	var list []string
	if d := p.SessionDuration(); d < amplifyKeeps {
		list = append(list, fmt.Sprintf("Sessions last %v, but Amplify 6 uses credentials for 50 minutes whatever they say: its apps will send expired ones.", d))
	}
	view := b.cfg.IAM()
	for _, provider := range p.SAMLProviderARNs {
		was, known := p.SAML.Entities[provider]
		if now, ok := view.SAMLProviderByARN(provider); ok && known && now.EntityID != was {
			list = append(list, fmt.Sprintf("Nobody can sign in with %s: its people are those of %s, and its metadata is that of %s. If they are the same people, set SamlEntities.", provider, was, now.EntityID))
		}
	}
	return list
}
