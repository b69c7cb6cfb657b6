package caller

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/sts"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/sigv4"
)

// temporaryPrefix starts the ids of the access keys of sessions.
const temporaryPrefix = "ASIA"

// Establish is Identify for a request whose signature has been read already. a
// is nil for a request without one. For services other than S3 the caller has
// set a.BodySHA256.
func (c *Resolver) Establish(r *http.Request, a *sigv4.Authorization, service string) (*Principal, sigv4.Key, error) {
	if a == nil {
		return c.AnonymousPrincipal(), sigv4.Key{}, nil
	}
	verifier := c.verifier(service, a.Scope.Region)
	if err := verifier.Precheck(a); err != nil {
		return nil, sigv4.Key{}, err
	}
	p, secret, refused := c.Lookup(a.AccessKeyID, a.SessionToken)
	if refused != nil {
		// The same work is done for keys that exist and keys that do not, so that
		// time does not tell them apart. What is wrong with the request itself is
		// answered as for everybody.
		err := verifier.Verify(r, a, sigv4.Key{})
		if err != nil && !errors.Is(err, &sigv4.Error{Code: sigv4.SignatureMismatch}) {
			return nil, sigv4.Key{}, err
		}
		return nil, sigv4.Key{}, refused
	}
	key := c.keys.Key(a.AccessKeyID, secret, a.Scope)
	if err := verifier.Verify(r, a, key); err != nil {
		return nil, sigv4.Key{}, err
	}
	if c.cfg.Used != nil && p.Session == nil {
		c.cfg.Used(a.AccessKeyID, a.Scope.Service, a.Scope.Region)
	}
	return p, key, nil
}

// AnonymousPrincipal is the principal of requests without credentials.
func (c *Resolver) AnonymousPrincipal() *Principal {
	return &Principal{
		Principal: policy.Principal{Type: policy.Anonymous},
		UserID:    "anonymous",
		Snapshot:  c.cfg.IAM(),
	}
}

// Lookup returns the principal that an access key belongs to and the secret
// that proves it. Nothing is proven yet: the caller verifies a signature with the
// secret. It serves signatures that are not in a request's headers or query, such
// as those of POST forms. Every error is a *sigv4.Error.
func (c *Resolver) Lookup(accessKeyID, sessionToken string) (*Principal, sigv4.Secret, error) {
	snapshot := c.cfg.IAM()
	if strings.HasPrefix(accessKeyID, temporaryPrefix) {
		return c.lookupSession(snapshot, accessKeyID, sessionToken)
	}
	refuse := func(code sigv4.Code) (*Principal, sigv4.Secret, error) {
		return nil, sigv4.Secret{}, &sigv4.Error{Code: code, AccessKeyID: accessKeyID}
	}
	k, ok := snapshot.AccessKey(accessKeyID)
	if !ok || !k.Active || k.Secret.Empty() {
		return refuse(sigv4.UnknownKey)
	}
	if sessionToken != "" {
		return refuse(sigv4.InvalidToken)
	}
	p := &Principal{AccessKeyID: accessKeyID, Snapshot: snapshot}
	if k.UserID == "" {
		p.setRoot(k.Account)
	} else {
		user, ok := snapshot.UserByID(k.UserID)
		if !ok {
			return refuse(sigv4.UnknownKey)
		}
		p.setUser(user)
	}
	return p, sigv4.NewSecret(k.Secret.Reveal()), nil
}

func (c *Resolver) lookupSession(snapshot iam.Snapshot, accessKeyID, token string) (*Principal, sigv4.Secret, error) {
	refuse := func(code sigv4.Code, cause error) (*Principal, sigv4.Secret, error) {
		return nil, sigv4.Secret{}, &sigv4.Error{Code: code, AccessKeyID: accessKeyID, Err: cause}
	}
	if token == "" {
		return refuse(sigv4.MissingToken, nil)
	}
	session, secret, err := c.cfg.Sessions.Open(token)
	if bad, ok := errors.AsType[*sts.TokenError](err); ok && bad.Reason == sts.TokenExpired {
		return refuse(sigv4.ExpiredToken, err)
	}
	if err != nil {
		return refuse(sigv4.InvalidToken, err)
	}
	if session.AccessKeyID != accessKeyID {
		return refuse(sigv4.InvalidToken, nil)
	}
	if c.cfg.Revoked != nil && c.cfg.Revoked(session) {
		// SDKs answer an expired token by fetching new credentials, which is what
		// a client whose session was revoked should do; whether it gets any is
		// decided there.
		return refuse(sigv4.ExpiredToken, errRevoked)
	}
	p := &Principal{AccessKeyID: accessKeyID, Snapshot: snapshot, Session: session}
	if !p.setSession(session) {
		return refuse(sigv4.InvalidToken, errEntityGone)
	}
	return p, sigv4.NewSecret(secret.Reveal()), nil
}

var (
	errRevoked    = errors.New("the session was revoked")
	errEntityGone = errors.New("the session's role or user does not exist any more")
)

// setSession fills in the principal of a session. It reports false when the
// entity behind it is gone: deleting a role or user ends its sessions.
func (p *Principal) setSession(s *sts.Session) bool {
	switch s.Type {
	case sts.RoleSession, sts.WebIdentitySession, sts.SAMLSession:
		role, ok := p.Snapshot.RoleByID(s.RoleID)
		if !ok {
			return false
		}
		p.Role = role
		p.Principal = policy.Principal{
			Type: policy.AssumedRole, Account: role.Account, ARN: s.ARN(role.Name),
			EntityARN: role.ARN(), EntityID: role.ID,
		}
		p.UserID = s.UserIDOf(role)
		p.Tags = mergeTags(role.Tags, s.Tags)
		return true
	case sts.UserSession:
		if s.UserID == "" {
			p.setRoot(s.Account)
			return true
		}
		user, ok := p.Snapshot.UserByID(s.UserID)
		if ok {
			p.setUser(user)
		}
		return ok
	case sts.FederationSession:
		return p.setFederated(s)
	}
	return false
}

// setFederated fills in a GetFederationToken session: a principal of its own
// with the permissions of the user, or root, who asked for it.
func (p *Principal) setFederated(s *sts.Session) bool {
	p.Principal = policy.Principal{
		Type: policy.FederatedUser, Account: s.Account,
		ARN: "arn:aws:sts::" + s.Account + ":federated-user/" + s.Name,
	}
	p.UserID = s.Account + ":" + s.Name
	p.Tags = s.Tags
	if s.UserID == "" {
		p.EntityARN = rootARN(s.Account)
		return true
	}
	user, ok := p.Snapshot.UserByID(s.UserID)
	if !ok {
		return false
	}
	p.User, p.EntityARN, p.EntityID = user, user.ARN(), user.ID
	p.Tags = mergeTags(user.Tags, s.Tags)
	return true
}

func (p *Principal) setUser(user *iam.UserEntry) {
	p.User = user
	arn := user.ARN()
	p.Principal = policy.Principal{Type: policy.User, Account: user.Account, ARN: arn, EntityARN: arn, EntityID: user.ID}
	p.UserID, p.UserName, p.Tags = user.ID, user.Name, user.Tags
}

func (p *Principal) setRoot(account string) {
	arn := rootARN(account)
	p.Principal = policy.Principal{Type: policy.Root, Account: account, ARN: arn, EntityARN: arn, EntityID: account}
	p.UserID = account
}

func rootARN(account string) string { return "arn:aws:iam::" + account + ":root" }

// mergeTags lays session tags over the tags of the entity: an equal key, ignoring
// case, takes the session's value (iam-sts.md 2.7).
func mergeTags(entity, session []iam.Tag) []iam.Tag {
	switch {
	case len(session) == 0:
		return entity
	case len(entity) == 0:
		return session
	}
	merged := slices.Clone(session)
	for _, t := range entity {
		if !slices.ContainsFunc(session, func(s iam.Tag) bool { return strings.EqualFold(s.Key, t.Key) }) {
			merged = append(merged, t)
		}
	}
	return merged
}
