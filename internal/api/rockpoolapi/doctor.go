package rockpoolapi

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/doctor"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/pool"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// maxDiagnosedPools bounds to how many pools a token is shown when none is named.
const maxDiagnosedPools = 50

// diagnoseAsks asks about the pool that is named, or else about all pools of the
// account: which of them take a token says how they are set up.
func (s *Service) diagnoseAsks(_ context.Context, c *api.Call, in *wire.DiagnoseTokenInput) ([]api.Ask, error) {
	if in.IdentityPoolId == nil {
		return []api.Ask{s.onPool(c, "*")}, nil
	}
	return []api.Ask{s.onPool(c, *in.IdentityPoolId)}, nil
}

// DiagnoseToken says what a token is, and which pools would accept it or why not.
func (b *bound) DiagnoseToken(ctx context.Context, in *wire.DiagnoseTokenInput) (*wire.DiagnoseTokenOutput, error) {
	pools := b.cfg.Pools.Pools(b.call.Caller.Account, "", maxDiagnosedPools)
	if in.IdentityPoolId != nil {
		p, err := b.ownPool(*in.IdentityPoolId)
		if err != nil {
			return nil, err
		}
		pools = []*pool.Pool{p}
	}
	a := doctor.Read(*in.Token, b.call.Network.Time)
	form, summary := wire.TokenForm(a.Form), a.Summary()
	out := &wire.DiagnoseTokenOutput{
		Form: &form, Summary: &summary, Problems: a.Problems, Algorithm: optional(a.Algorithm), KeyId: optional(a.KeyID),
		Issuer: optional(a.Issuer), Subject: optional(a.Subject), Audience: a.Audience, AuthorizedParty: optional(a.AuthorizedParty),
		IssuedAt: when(a.IssuedAt), NotBefore: when(a.NotBefore), Expires: when(a.Until), Claims: optional(a.Claims),
		Attempts: []wire.LoginAttempt{},
	}
	if a.Form == doctor.Opaque && in.Provider == nil {
		return out, nil
	}
	for _, p := range pools {
		tried, err := b.cfg.Pools.Try(ctx, p.ID, given(in.Provider), strings.TrimSpace(*in.Token), a.Form == doctor.SAML)
		if err != nil {
			return nil, err
		}
		for i := range tried {
			out.Attempts = append(out.Attempts, attempt(p, &tried[i]))
		}
	}
	return out, nil
}

func attempt(p *pool.Pool, a *pool.Attempt) wire.LoginAttempt {
	accepted := a.Err == nil
	w := wire.LoginAttempt{
		IdentityPoolId: &p.ID, IdentityPoolName: &p.Name, Provider: &a.Provider, Accepted: &accepted,
		ExpectedIssuer: optional(a.Issuer), ExpectedClients: a.Clients, Subject: optional(a.Subject), IdentityId: optional(a.IdentityID),
	}
	words := "It is accepted, and belongs to nobody yet: signing in makes a new identity."
	switch refusal, ok := errors.AsType[*login.Refusal](a.Err); {
	case ok:
		e, kind := doctor.Explain(refusal), refusal.Kind.String()
		words, w.Remedy, w.Kind = e.Words, optional(e.Remedy), &kind
		w.Claim, w.Got, w.Want = optional(refusal.Claim), optional(refusal.Got), optional(refusal.Want)
	case a.Err != nil:
		words = problem(a.Err)
	case a.IdentityID != "":
		words = "It is accepted, and belongs to the identity " + a.IdentityID + "."
	}
	w.Words = &words
	return w
}

// problem says why a sign-in is refused, for an administrator.
func problem(err error) string {
	if refusal, ok := errors.AsType[*login.Refusal](err); ok {
		e := doctor.Explain(refusal)
		return strings.TrimSpace(refusal.Provider + ": " + e.Words + " " + e.Remedy)
	}
	return strings.TrimPrefix(err.Error(), "pool: ")
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
