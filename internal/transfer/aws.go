package transfer

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/rockpool-id/rockpool/internal/client"
)

// AWS is a Source: Amazon Cognito's operations, as anybody with ordinary credentials
// may call them. They do not tell everything:
//
//   - the subjects of logins. The names of their providers become UnknownLogins,
//     and a LoginTable completes them.
//   - which identities are disabled, and what they were merged into. Disabled ones
//     are left out: nothing can be done with them.
type AWS struct {
	Client *client.Client
	Pace   *Pace
	PoolID string
	// IAM reads the pool's roles; nil leaves them out.
	IAM     *IAM
	Further []string
	// SkipGuests leaves guests out, which spares a call for each.
	SkipGuests bool
	// Calls bounds how many calls about single identities run at once; 0 means 4.
	Calls int

	developer string // the pool's developer provider
}

var (
	_ Source  = (*AWS)(nil)
	_ Resumer = (*AWS)(nil)
)

// Resume implements Resumer.
func (a *AWS) Resume(h *Header) { a.developer = h.Pool.DeveloperProviderName }

func (a *AWS) call(ctx context.Context, operation string, in, out any) error {
	return a.Pace.Do(ctx, func(ctx context.Context) error {
		return a.Client.JSON(ctx, "cognito-identity", "AWSCognitoIdentityService."+operation, in, out)
	})
}

type poolRequest struct {
	IdentityPoolId       string
	IdentityProviderName string `json:",omitempty"`
}

// Header implements Source.
func (a *AWS) Header(ctx context.Context) (*Header, error) {
	h := &Header{}
	p := &h.Pool
	if err := a.call(ctx, "DescribeIdentityPool", poolRequest{IdentityPoolId: a.PoolID}, p); err != nil {
		return nil, err
	}
	a.Resume(h)
	var roles struct {
		Roles        map[string]string
		RoleMappings map[string]RoleMapping
	}
	if err := a.call(ctx, "GetIdentityPoolRoles", poolRequest{IdentityPoolId: a.PoolID}, &roles); err != nil {
		return nil, err
	}
	p.Roles, p.RoleMappings = roles.Roles, roles.RoleMappings
	providers := slices.Concat(slices.Sorted(maps.Keys(p.SupportedLoginProviders)), p.OpenIdConnectProviderARNs, p.SamlProviderARNs)
	for _, u := range p.CognitoIdentityProviders {
		if !slices.Contains(providers, u.ProviderName) {
			providers = append(providers, u.ProviderName)
		}
	}
	for _, provider := range providers {
		var m TagMap
		err := a.call(ctx, "GetPrincipalTagAttributeMap", poolRequest{IdentityPoolId: a.PoolID, IdentityProviderName: provider}, &m)
		if client.HasCode(err, "ResourceNotFoundException") {
			continue // it was never set
		}
		if err != nil {
			return nil, err
		}
		if m.UseDefaults || len(m.PrincipalTags) > 0 {
			if p.PrincipalTags == nil {
				p.PrincipalTags = make(map[string]TagMap)
			}
			p.PrincipalTags[provider] = m
		}
	}
	if a.IAM != nil {
		if err := a.IAM.Collect(ctx, h, a.Further); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// awsIdentity is an identity as Cognito describes it.
type awsIdentity struct {
	IdentityId                     string
	Logins                         []string
	CreationDate, LastModifiedDate Time
}

// awsPage is the largest page of ListIdentities.
const awsPage = 60

// Page implements Source.
func (a *AWS) Page(ctx context.Context, from string) ([]Identity, string, error) {
	in := struct {
		IdentityPoolId string
		MaxResults     int
		HideDisabled   bool
		NextToken      string `json:",omitempty"`
	}{a.PoolID, awsPage, true, from}
	var got struct {
		Identities []awsIdentity
		NextToken  string
	}
	if err := a.call(ctx, "ListIdentities", in, &got); err != nil {
		return nil, "", err
	}
	list := make([]Identity, len(got.Identities))
	err := a.each(ctx, len(list), func(ctx context.Context, n int) error {
		i, err := a.identity(ctx, &got.Identities[n])
		list[n] = i
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if a.SkipGuests {
		list = slices.DeleteFunc(list, func(i Identity) bool { return i.Guest })
	}
	return list, got.NextToken, nil
}

// identity finds out what can be known of an identity.
func (a *AWS) identity(ctx context.Context, in *awsIdentity) (Identity, error) {
	if len(in.Logins) == 0 && !a.SkipGuests {
		// Who is taken for a guest can be used by everybody who knows the id, so
		// that is asked twice.
		if err := a.call(ctx, "DescribeIdentity", struct{ IdentityId string }{in.IdentityId}, in); err != nil {
			return Identity{}, err
		}
	}
	out := Identity{IdentityId: in.IdentityId, CreationDate: in.CreationDate, LastModifiedDate: in.LastModifiedDate}
	if out.LastModifiedDate.Before(out.CreationDate.Time) {
		out.LastModifiedDate = out.CreationDate
	}
	// One that has no login and was changed had one once: it is no guest.
	out.Guest = len(in.Logins) == 0 && out.LastModifiedDate.Equal(out.CreationDate.Time)
	for _, provider := range in.Logins {
		users, err := a.developerUsers(ctx, in.IdentityId, provider)
		if err != nil {
			return Identity{}, err
		}
		if len(users) == 0 {
			out.UnknownLogins = append(out.UnknownLogins, provider)
		}
		for _, user := range users {
			out.Logins = append(out.Logins, Login{Provider: provider, Subject: user, Linked: out.CreationDate})
		}
	}
	return out, nil
}

// developerUsers are the developer's users of an identity, none when provider is
// not the pool's developer provider.
func (a *AWS) developerUsers(ctx context.Context, id, provider string) ([]string, error) {
	if a.developer == "" || provider != a.developer {
		return nil, nil
	}
	in := struct {
		IdentityPoolId, IdentityId string
		MaxResults                 int
		NextToken                  string `json:",omitempty"`
	}{a.PoolID, id, awsPage, ""}
	var users []string
	for {
		var got struct {
			DeveloperUserIdentifierList []string
			NextToken                   string
		}
		if err := a.call(ctx, "LookupDeveloperIdentity", in, &got); err != nil {
			return nil, err
		}
		users = append(users, got.DeveloperUserIdentifierList...)
		if got.NextToken == "" {
			return users, nil
		}
		in.NextToken = got.NextToken
	}
}

// each calls f for every number below n, several at a time, and gives the first
// error, after which no further call begins.
func (a *AWS) each(ctx context.Context, n int, f func(ctx context.Context, n int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := a.Calls
	if workers <= 0 {
		workers = 4
	}
	numbers := make(chan int)
	var wait sync.WaitGroup
	for range min(workers, n) {
		wait.Go(func() {
			for k := range numbers {
				if ctx.Err() != nil {
					continue
				}
				if err := f(ctx, k); err != nil {
					cancel(err)
				}
			}
		})
	}
	for k := range n {
		numbers <- k
	}
	close(numbers)
	wait.Wait()
	return context.Cause(ctx)
}
