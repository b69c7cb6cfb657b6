package stsapi

import (
	"context"
	"errors"
	"time"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/caller"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
)

// Trust makes the decider of role assumptions for a caller; *authz.Engine is one.
type Trust interface {
	Trust(p *caller.Principal, n *caller.Network) sts.TrustDecider
}

// Service implements the wire API of STS.
type Service struct {
	sts    *sts.Service
	trust  Trust
	sealer keys.Sealer
}

var _ api.Implementation[stswire.API] = (*Service)(nil)

// New returns the implementation, to be joined with stswire.Model by api.New.
// sealer opens the authorization messages of package decision.
func New(domain *sts.Service, trust Trust, sealer keys.Sealer) (*Service, error) {
	if domain == nil || trust == nil || sealer == nil {
		return nil, errors.New("stsapi: the domain, the decider of trust and a sealer are needed")
	}
	return &Service{sts: domain, trust: trust, sealer: sealer}, nil
}

// As gives the API bound to one call.
func (s *Service) As(c *api.Call) stswire.API { return &bound{s: s, call: c} }

// Rules says what the guard asks for each operation.
func (s *Service) Rules() api.Rules {
	return api.Rules{
		"AssumeRole":                api.Inside("the trust policy of the role decides, with the policies of the caller"),
		"AssumeRoleWithWebIdentity": api.Inside("the caller has a token and no AWS identity; the trust policy decides"),
		"AssumeRoleWithSAML":        api.Inside("the caller has a SAML assertion and no AWS identity; the trust policy decides"),
		"GetCallerIdentity":         api.Inside("nobody can be denied to learn who they are"),
		"GetSessionToken":           api.Inside("users may always narrow down their own key"),
		"GetAccessKeyInfo":          api.OnAny[stswire.GetAccessKeyInfoInput](),
		"GetFederationToken":        api.Needs(federationAsks),
		// AWS knows no resource for it: whoever may decode, decodes any message of
		// the account.
		"DecodeAuthorizationMessage": api.OnAny[stswire.DecodeAuthorizationMessageInput](),
	}
}

// Error turns refusals of the domain into wire errors.
func (s *Service) Error(err error) *awserr.Error { return wireError(err) }

// federationAsks asks for the federated user by name, and for its tags.
func federationAsks(_ context.Context, c *api.Call, in *stswire.GetFederationTokenInput) ([]api.Ask, error) {
	if c.Caller.Session != nil {
		return nil, awserr.Access("AccessDenied", "Cannot call GetFederationToken with session credentials", accessDeniedStatus)
	}
	resource := "arn:aws:sts::" + c.Caller.Account + ":federated-user/" + text(in.Name)
	keys := sts.TagKeys(tags(in.Tags))
	asks := []api.Ask{{Resource: resource, Keys: keys}}
	if len(in.Tags) > 0 {
		asks = append(asks, api.Ask{Action: sts.ActionTagSession, Resource: resource, Keys: keys})
	}
	return asks, nil
}

// bound is the API for one call.
type bound struct {
	stswire.Unimplemented
	s    *Service
	call *api.Call
}

// caller is who makes the call, as the domain knows it.
func (b *bound) caller() sts.Caller {
	p := b.call.Caller
	return sts.Caller{Principal: p.Principal, Session: p.Session, Trust: b.s.trust.Trust(p, b.call.Network)}
}

// text gives a string that may be absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func seconds(n *int32) time.Duration {
	if n == nil {
		return 0
	}
	return time.Duration(*n) * time.Second
}

func tags(list []stswire.Tag) []iam.Tag {
	if list == nil {
		return nil
	}
	out := make([]iam.Tag, len(list))
	for i, t := range list {
		out[i] = iam.Tag{Key: text(t.Key), Value: text(t.Value)}
	}
	return out
}

func policyARNs(list []stswire.PolicyDescriptorType) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = text(p.Arn)
	}
	return out
}

// optional gives nil for a text that is not there.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
