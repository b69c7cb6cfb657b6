package decision

import (
	"net/netip"
	"strings"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/fair"
	"github.com/rockpool-id/rockpool/policy"
)

// newRow is a record, tidied and numbered, as the store sees it.
func newRow(r *Record, document []byte) Row {
	p, x := &r.Principal, r.Explanation
	row := Row{
		Place: r.Place(), Class: class(p, r.SourceIP),
		Caller: column(p.ARN), Person: column(p.Identity), Action: column(strings.ToLower(x.Action)), Resource: column(x.Resource),
		Allowed: x.Effect == policy.Allow, Document: document,
	}
	if row.Caller == "" {
		row.Caller = column(p.ID)
	}
	return row
}

// column is a text to search by: valid for every engine, and not too long.
func column(s string) string {
	return cut(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"), maxText)
}

// class says whose room a record takes. Whoever can have many names has them in an
// inner step, so that they count as one with all of them: guests are all one to the
// people of their pool, and a role's sessions one to other roles.
func class(p *audit.Principal, sourceIP string) fair.Class {
	switch {
	case p.Pool != "" && p.Type == "WebIdentityUser":
		return fair.ClassOf("pool "+p.Pool, "signing in", p.Identity)
	case p.Pool != "":
		return fair.ClassOf("pool "+p.Pool, kind(p.AMR), p.Identity)
	case p.Type == "Anonymous":
		return fair.ClassOf("anonymous", network(sourceIP))
	case p.Type == "WebIdentityUser" || p.Type == "SAMLUser":
		return fair.ClassOf("provider "+p.Provider, p.UserName)
	case p.Type == "FederatedUser":
		return fair.ClassOf("federated users of "+p.Account, p.ARN)
	case p.RoleARN != "":
		return fair.ClassOf(p.RoleARN, p.SessionName)
	}
	return fair.ClassOf(p.Type+" "+p.ARN, "")
}

// kind tells guests from people by the amr of their session. A session that was
// assumed with one of a pool's has none and may be a guest's.
func kind(amr string) string {
	switch amr, _, _ := strings.Cut(amr, ","); amr {
	case "":
		return "chained"
	case "unauthenticated":
		return "guests"
	}
	return "people"
}

// network is what of an address nobody has many of: of one of version 6 the half
// that names a subscriber.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Is4() || a.Is4In6() {
		return address
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
