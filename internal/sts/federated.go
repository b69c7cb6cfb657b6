package sts

import (
	"runtime/debug"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/condkey"
	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/policy"
)

// webIdentityDecider decides what callers without an AWS identity may do to a
// role: the trust policy alone speaks (iam-sts.md 3.4).
type webIdentityDecider struct {
	s        *Service
	w        *webIdentity
	request  policy.Request
	policies policy.Policies
}

// webIdentityDecider makes the decider. c is empty and lent for as long as the
// decider is used.
func (s *Service) webIdentityDecider(c *policy.Context, w *webIdentity, role *iam.RoleEntry, keys []ContextKey) *webIdentityDecider {
	if w.network != nil {
		w.network.Fill(c, s.times)
	} else {
		s.times.Fill(c, s.cfg.Now())
		c.Set(condkey.SecureTransport, "true") // the pool's call does not leave the process
	}
	c.Set(condkey.FederatedProvider, w.provider)
	c.Set(condkey.ResourceAccount, role.Account)
	for _, list := range [...][]ContextKey{RoleTagKeys(role), keys} {
		for i := range list {
			list[i].Fill(c)
		}
	}
	return &webIdentityDecider{
		s: s, w: w,
		request: policy.Request{
			Principal: w.principal(),
			Resource:  role.ARN(), ResourceAccount: role.Account, Context: c,
		},
		policies: policy.Policies{Resource: role.TrustPolicy, Trust: true},
	}
}

// decide decides an action, and keeps why if that is wanted.
func (d *webIdentityDecider) decide(action string) policy.Decision {
	d.request.Action = action
	answer := policy.Decide(&d.request, &d.policies)
	if d.s.wants(d.w, answer.Effect) {
		d.explain(answer)
	}
	return answer
}

// explain makes the record of an answer. A fault in an explanation must not change
// the answer, so it ends here.
func (d *webIdentityDecider) explain(answer policy.Decision) {
	defer func() {
		if p := recover(); p != nil {
			d.s.cfg.Log.Error("decision not explained", "requestID", d.w.request.RequestID, "role", d.w.roleARN, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	_, x := policy.Explain(&d.request, &d.policies)
	d.s.keep(d.w, &decision.Record{
		Account: d.request.ResourceAccount, Explanation: x, Matched: decision.MatchedStatement(answer),
	})
}

// refuseWebIdentity keeps a refusal that asked no policy.
func (s *Service) refuseWebIdentity(w *webIdentity, reason TrustReason) {
	if !s.wants(w, policy.ImplicitDeny) {
		return
	}
	account, err := parseRoleARN(w.roleARN)
	if err != nil || reason == ForeignRole {
		account = s.cfg.Account // it is not for another account to read
	}
	s.keep(w, &decision.Record{
		Account: account, Rule: reason.String(),
		Explanation: &policy.Explanation{
			Effect: policy.ImplicitDeny, Action: w.action(), Resource: w.roleARN,
			Principal: w.provider, DecidedBy: policy.TrustLayer,
			Layers: []policy.LayerExplanation{}, Keys: []policy.KeyExplanation{},
		},
	})
}

func (s *Service) wants(w *webIdentity, e policy.Effect) bool {
	return s.cfg.Decisions != nil && w.request != nil &&
		s.cfg.Decisions.Wants(decision.Question{Effect: e, RequestID: w.request.RequestID, Anonymous: true})
}

// keep fills in who asked and hands the record over.
func (s *Service) keep(w *webIdentity, r *decision.Record) {
	n := w.request
	r.RequestID, r.Time, r.Region = n.RequestID, n.Time, n.Region
	if r.Time.IsZero() {
		r.Time = s.cfg.Now().Truncate(time.Millisecond)
	}
	r.SourceIP, r.UserAgent = n.IPText(), n.UserAgent
	r.Principal = w.who()
	if r.Explanation.Effect != policy.Allow {
		r.Message = "Not authorized to perform " + r.Explanation.Action
	}
	s.cfg.Decisions.Keep(r)
}

// who names the bearer of the token in a record, in CloudTrail's words.
func (w *webIdentity) who() audit.Principal {
	p := audit.Principal{Type: "WebIdentityUser", Provider: w.provider, Pool: w.poolID, Identity: w.identity, SessionName: w.name}
	var audience string
	for _, k := range w.keys {
		switch {
		case strings.HasSuffix(k.Name, ":sub"):
			p.UserName = first(k.Values)
		case strings.HasSuffix(k.Name, ":aud"):
			audience = first(k.Values)
		case k.Name == CognitoAMR:
			p.AMR = strings.Join(k.Values, ",")
		}
	}
	p.ID = w.provider + ":" + audience + ":" + p.UserName
	if w.saml {
		p.Type, p.ID = "SAMLUser", first(valuesOf(w.keys, samlQualifier))+":"+p.UserName
	}
	return p
}
