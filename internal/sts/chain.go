package sts

import (
	"slices"
	"strings"
	"time"
)

// maxParents bounds how many sessions a chained session remembers. A role that
// assumes itself every hour must not make ever longer tokens. The one that began the
// chain stays: nobody gets rid of it by going round in circles.
const maxParents = 16

// Parent is a session that another was made with.
type Parent struct {
	AccessKeyID string
	RoleID      string // "" for a user's session
	Issued      time.Time
}

// descend notes whose session s is made with, so that revoking that one, or the
// person it was given to, ends s too. What s may do does not depend on it: in a
// chain the keys of the provider are gone (iam-sts.md 2.7).
func (s *Session) descend(parent *Session) {
	if parent == nil {
		return
	}
	s.IdentityID, s.IdentityPoolID = parent.IdentityID, parent.IdentityPoolID
	s.Parents = append(slices.Clone(parent.Parents), Parent{AccessKeyID: parent.AccessKeyID, RoleID: parent.RoleID, Issued: parent.Issued})
	if len(s.Parents) > maxParents {
		s.Parents = slices.Delete(s.Parents, 1, 2)
	}
	if s.Origin = parent.Origin; len(s.Origin) > 0 {
		return
	}
	s.Origin = slices.Clone(parent.Context)
	for i := range s.Origin {
		if rest, ok := strings.CutPrefix(s.Origin[i].Name, "saml:"); ok {
			s.Origin[i].Name = parent.Provider + ":" + rest // which provider it was, nothing else says
		}
	}
}
