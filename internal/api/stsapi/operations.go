package stsapi

import (
	"context"
	"net/http"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
)

const accessDeniedStatus = http.StatusForbidden

// AssumeRole makes a session of a role for the signed caller.
func (b *bound) AssumeRole(ctx context.Context, in *stswire.AssumeRoleInput) (*stswire.AssumeRoleOutput, error) {
	if len(in.ProvidedContexts) > 0 {
		return nil, awserr.Sender("InvalidParameterValue", "Rockpool has no context providers: ProvidedContexts must be empty.")
	}
	r, err := b.s.sts.AssumeRole(ctx, b.caller(), sts.AssumeRoleInput{
		RoleARN: text(in.RoleArn), SessionName: text(in.RoleSessionName), Duration: seconds(in.DurationSeconds),
		ExternalID: text(in.ExternalId), Policy: text(in.Policy), PolicyARNs: policyARNs(in.PolicyArns),
		Tags: tags(in.Tags), TransitiveKeys: in.TransitiveTagKeys, SourceIdentity: text(in.SourceIdentity),
		SerialNumber: text(in.SerialNumber), TokenCode: text(in.TokenCode), Request: b.call.Network,
	})
	b.noteRole(text(in.RoleArn), r, err)
	if err != nil {
		return nil, err
	}
	return &stswire.AssumeRoleOutput{
		Credentials: credentials(&r.Credentials), AssumedRoleUser: assumedRoleUser(r),
		PackedPolicySize: packed(r), SourceIdentity: optional(r.Session.SourceIdentity),
	}, nil
}

// AssumeRoleWithWebIdentity makes a session of a role for the bearer of a token.
func (b *bound) AssumeRoleWithWebIdentity(ctx context.Context, in *stswire.AssumeRoleWithWebIdentityInput) (*stswire.AssumeRoleWithWebIdentityOutput, error) {
	r, err := b.s.sts.AssumeRoleWithWebIdentity(ctx, sts.WebIdentityInput{
		RoleARN: text(in.RoleArn), SessionName: text(in.RoleSessionName), Token: keys.NewSecret(text(in.WebIdentityToken)),
		ProviderID: text(in.ProviderId), Policy: text(in.Policy), PolicyARNs: policyARNs(in.PolicyArns),
		Duration: seconds(in.DurationSeconds), Network: b.call.Network,
	})
	b.noteRole(text(in.RoleArn), r, err)
	if err != nil {
		return nil, err
	}
	b.noteWebIdentity(r)
	return &stswire.AssumeRoleWithWebIdentityOutput{
		Credentials: credentials(&r.Credentials), AssumedRoleUser: assumedRoleUser(r),
		SubjectFromWebIdentityToken: &r.Subject, Audience: optional(r.Audience), Provider: optional(r.Provider),
		PackedPolicySize: packed(r), SourceIdentity: optional(r.Session.SourceIdentity),
	}, nil
}

// AssumeRoleWithSAML makes a session of a role for the bearer of a SAML response.
func (b *bound) AssumeRoleWithSAML(ctx context.Context, in *stswire.AssumeRoleWithSAMLInput) (*stswire.AssumeRoleWithSAMLOutput, error) {
	r, err := b.s.sts.AssumeRoleWithSAML(ctx, sts.SAMLInput{
		RoleARN: text(in.RoleArn), ProviderARN: text(in.PrincipalArn), Assertion: keys.NewSecret(text(in.SAMLAssertion)),
		Policy: text(in.Policy), PolicyARNs: policyARNs(in.PolicyArns),
		Duration: seconds(in.DurationSeconds), Network: b.call.Network,
	})
	b.noteRole(text(in.RoleArn), r, err)
	if err != nil {
		return nil, err
	}
	b.noteSAML(r)
	return &stswire.AssumeRoleWithSAMLOutput{
		Credentials: credentials(&r.Credentials), AssumedRoleUser: assumedRoleUser(r),
		Subject: &r.Subject, SubjectType: optional(r.SubjectType), Issuer: &r.Provider, Audience: &r.Audience,
		NameQualifier: &r.NameQualifier, PackedPolicySize: packed(r), SourceIdentity: optional(r.Session.SourceIdentity),
	}, nil
}

// GetCallerIdentity says who signed the request.
func (b *bound) GetCallerIdentity(context.Context, *stswire.GetCallerIdentityInput) (*stswire.GetCallerIdentityOutput, error) {
	p := b.call.Caller
	return &stswire.GetCallerIdentityOutput{UserId: &p.UserID, Account: &p.Account, Arn: &p.ARN}, nil
}

// GetSessionToken makes a session of the calling user or root.
func (b *bound) GetSessionToken(ctx context.Context, in *stswire.GetSessionTokenInput) (*stswire.GetSessionTokenOutput, error) {
	if b.call.Caller.Session != nil {
		return nil, awserr.Access("AccessDenied", "Cannot call GetSessionToken with session credentials", accessDeniedStatus)
	}
	r, err := b.s.sts.GetSessionToken(ctx, b.caller(), sts.SessionTokenInput{
		Duration: seconds(in.DurationSeconds), SerialNumber: text(in.SerialNumber), TokenCode: text(in.TokenCode),
	})
	if err != nil {
		return nil, err
	}
	b.call.Event.Response = response(r)
	return &stswire.GetSessionTokenOutput{Credentials: credentials(&r.Credentials)}, nil
}

// GetFederationToken makes a session that the caller hands to somebody else.
func (b *bound) GetFederationToken(ctx context.Context, in *stswire.GetFederationTokenInput) (*stswire.GetFederationTokenOutput, error) {
	r, err := b.s.sts.GetFederationToken(ctx, b.caller(), sts.FederationTokenInput{
		Name: text(in.Name), Duration: seconds(in.DurationSeconds), Policy: text(in.Policy),
		PolicyARNs: policyARNs(in.PolicyArns), Tags: tags(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	b.call.Event.Response = response(r)
	size := int32(r.PackedPercent) // zero when nothing was passed, unlike AssumeRole's
	id := r.Session.Account + ":" + r.Session.Name
	arn := "arn:aws:sts::" + r.Session.Account + ":federated-user/" + r.Session.Name
	return &stswire.GetFederationTokenOutput{
		Credentials: credentials(&r.Credentials), PackedPolicySize: &size,
		FederatedUser: &stswire.FederatedUser{FederatedUserId: &id, Arn: &arn},
	}, nil
}

// GetAccessKeyInfo names the account of an access key. Key ids of ours do not
// tell their account apart from looking them up, and the answer for a key that
// does not exist is that of one that is none.
func (b *bound) GetAccessKeyInfo(_ context.Context, in *stswire.GetAccessKeyInfoInput) (*stswire.GetAccessKeyInfoOutput, error) {
	k, ok := b.call.Caller.Snapshot.AccessKey(text(in.AccessKeyId))
	if !ok {
		return nil, awserr.Sender("ValidationError", "Invalid Access Key ID: "+text(in.AccessKeyId))
	}
	return &stswire.GetAccessKeyInfoOutput{Account: &k.Account}, nil
}

func credentials(c *sts.Credentials) *stswire.Credentials {
	secret := c.Secret.Reveal()
	return &stswire.Credentials{
		AccessKeyId: &c.AccessKeyID, SecretAccessKey: &secret, SessionToken: &c.SessionToken, Expiration: &c.Expiration,
	}
}

func assumedRoleUser(r *sts.Result) *stswire.AssumedRoleUser {
	id, arn := r.AssumedRoleID(), r.AssumedRoleARN()
	return &stswire.AssumedRoleUser{AssumedRoleId: &id, Arn: &arn}
}

// packed is left out when nothing was passed that had to be packed.
func packed(r *sts.Result) *int32 {
	if !r.Packed {
		return nil
	}
	size := int32(r.PackedPercent)
	return &size
}

// noteRole puts into the record what the trust policy answered and whom it made.
func (b *bound) noteRole(roleARN string, r *sts.Result, err error) {
	e := b.call.Event
	e.Resources = []audit.Resource{{Type: "AWS::IAM::Role", ARN: roleARN, Account: roleAccount(roleARN)}}
	if err != nil {
		e.Extra = refusal(err)
		return
	}
	e.Response = response(r)
	e.Extra = map[string]any{"statement": r.Trust.Decision.Statement}
	if r.Packed {
		e.Response["packedPolicySize"] = r.PackedPercent
	}
}

// noteWebIdentity names the person behind an unsigned call, who is only known
// after it (cognito-identity.md 8.3).
func (b *bound) noteWebIdentity(r *sts.Result) {
	e, s := b.call.Event, r.Session
	e.Account = s.Account
	e.Principal = audit.Principal{
		Type: "WebIdentityUser", ID: s.Provider + ":" + r.Audience + ":" + r.Subject, UserName: r.Subject,
		Provider: s.Provider, Identity: s.IdentityID, Pool: s.IdentityPoolID,
	}
	e.Response["audience"], e.Response["provider"], e.Response["subjectFromWebIdentityToken"] = r.Audience, r.Provider, r.Subject
}

// noteSAML names the person behind an unsigned call by a SAML assertion.
func (b *bound) noteSAML(r *sts.Result) {
	e, s := b.call.Event, r.Session
	e.Account = s.Account
	e.Principal = audit.Principal{
		Type: "SAMLUser", ID: r.NameQualifier + ":" + r.Subject, UserName: r.Subject, Provider: s.Provider,
	}
	e.Response["subject"], e.Response["subjectType"], e.Response["issuer"] = r.Subject, r.SubjectType, r.Provider
	e.Response["audience"], e.Response["nameQualifier"] = r.Audience, r.NameQualifier
}

// response is what a record shows of a new session: never the secret or token.
func response(r *sts.Result) map[string]any {
	m := map[string]any{"credentials": map[string]any{
		"accessKeyId": r.Credentials.AccessKeyID,
		"expiration":  r.Credentials.Expiration.UTC().Format("Jan 2, 2006 3:04:05 PM"),
	}}
	if r.Role != nil {
		m["assumedRoleUser"] = map[string]any{"assumedRoleId": r.AssumedRoleID(), "arn": r.AssumedRoleARN()}
	}
	return m
}
