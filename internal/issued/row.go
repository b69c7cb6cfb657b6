package issued

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/fair"
	"github.com/rockpool-id/rockpool/internal/sts"
)

// document is a Session as JSON, beside the columns. Readers of later versions must
// read it, so names are only ever added.
type document struct {
	RoleARN   string   `json:"roleArn"`
	Name      string   `json:"name"`
	Operation string   `json:"operation"`
	Guest     bool     `json:"guest,omitempty"`
	Logins    []login  `json:"logins,omitempty"`
	SourceIP  string   `json:"sourceIp,omitempty"`
	Provider  string   `json:"provider,omitempty"`
	Context   []key    `json:"context,omitempty"`
	Origin    []key    `json:"origin,omitempty"`
	Parents   []parent `json:"parents,omitempty"`
}

// login, key and parent have names for JSON.
type login struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
}

type key struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

type parent struct {
	AccessKeyID string `json:"accessKeyId"`
	RoleID      string `json:"roleId,omitempty"`
	Issued      int64  `json:"issued"` // Unix seconds
}

// newRow describes an issued session. Of its keys it takes those by which the login
// is known, and no tags or policies.
func newRow(i *sts.Issuance) (Row, error) {
	x := i.Session
	amr := amrOf(x)
	d := document{
		Name: x.Name, Operation: i.Operation, Guest: len(amr) > 0 && amr[0] == unauthenticated,
		Provider: x.Provider, Context: keysOf(x.Context), Origin: keysOf(x.Origin),
	}
	if i.Role != nil {
		d.RoleARN = i.Role.ARN()
	}
	if i.Source.IsValid() {
		d.SourceIP = i.Source.String()
	}
	for _, p := range x.Parents {
		d.Parents = append(d.Parents, parent{AccessKeyID: p.AccessKeyID, RoleID: p.RoleID, Issued: p.Issued.Unix()})
	}
	for _, l := range i.Logins {
		d.Logins = append(d.Logins, login(l))
	}
	if d.Logins == nil {
		d.Logins = loginsOf(x, amr)
	}
	text, err := json.Marshal(&d)
	if err != nil {
		return Row{}, fmt.Errorf("encode issued session: %w", err)
	}
	return Row{
		Place:   Place{Issued: x.Issued, AccessKeyID: x.AccessKeyID},
		Account: x.Account, PoolID: x.IdentityPoolID, IdentityID: x.IdentityID, RoleID: x.RoleID,
		Expires: x.Expires, Class: class(x, &d), Logins: marks(x, d.Logins), Document: text,
	}, nil
}

// session reads what newRow wrote.
func (r *Row) session() (*Session, error) {
	var d document
	if err := json.Unmarshal(r.Document, &d); err != nil {
		return nil, fmt.Errorf("decode issued session: %w", err)
	}
	s := &Session{
		AccessKeyID: r.AccessKeyID, Account: r.Account, IdentityID: r.IdentityID, PoolID: r.PoolID,
		RoleID: r.RoleID, RoleARN: d.RoleARN, Name: d.Name, Operation: d.Operation, Guest: d.Guest,
		SourceIP: d.SourceIP, Issued: r.Issued, Expires: r.Expires,
		ends: sts.Session{
			AccessKeyID: r.AccessKeyID, Account: r.Account, IdentityID: r.IdentityID, IdentityPoolID: r.PoolID, RoleID: r.RoleID,
			Provider: d.Provider, Context: contextOf(d.Context), Origin: contextOf(d.Origin), Issued: r.Issued, Expires: r.Expires,
		},
	}
	for _, l := range d.Logins {
		s.Logins = append(s.Logins, Login(l))
	}
	for _, p := range d.Parents {
		s.ends.Parents = append(s.ends.Parents, sts.Parent{AccessKeyID: p.AccessKeyID, RoleID: p.RoleID, Issued: unix(p.Issued)})
		s.Parent = p.AccessKeyID
	}
	return s, nil
}

// class says whose room a session takes. Whoever can have many names has them in an
// inner step, so that they count as one with all of them.
func class(x *sts.Session, d *document) fair.Class {
	kind := "people"
	if d.Guest {
		kind = "guests"
	}
	switch {
	case x.IdentityPoolID != "":
		return fair.ClassOf("pool "+x.IdentityPoolID, kind, x.IdentityID)
	case len(x.Parents) == 0 && len(d.Logins) > 0:
		return fair.ClassOf("provider "+d.Logins[0].Provider, d.Logins[0].Subject)
	}
	return fair.ClassOf("role "+x.RoleID, x.Name)
}

// mark stands for a login in a row: of one length, and with no letter that means
// anything in a pattern.
func mark(provider, subject string) string {
	sum := sha256.Sum256([]byte(provider + "\x00" + subject))
	return hex.EncodeToString(sum[:10])
}
