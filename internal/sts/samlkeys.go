package sts

import (
	"maps"
	"slices"
	"strings"

	"github.com/rockpool-id/rockpool/internal/login"
)

// A samlKey is a condition key that an attribute fills. Those of several values
// are told so to the policy engine.
type samlKey struct {
	name  string
	multi bool
}

// samlAttributeKey looks up the condition key of an attribute: what AWS documents
// for eduPerson and eduOrg, for Active Directory and for X.500. Attributes of
// X.500 are written with and without "urn:oid:", and given names under the
// number that X.500 has and under the one that AWS's table has.
func samlAttributeKey(attribute string) (samlKey, bool) {
	const (
		eduPerson = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
		eduOrg    = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
	)
	many := func(name string) (samlKey, bool) { return samlKey{name, true}, true }
	one := func(name string) (samlKey, bool) { return samlKey{name, false}, true }
	switch attribute {
	case eduPerson + "1":
		return many("saml:edupersonaffiliation")
	case eduPerson + "2":
		return many("saml:edupersonnickname")
	case eduPerson + "3":
		return one("saml:edupersonorgdn")
	case eduPerson + "4":
		return many("saml:edupersonorgunitdn")
	case eduPerson + "5":
		return one("saml:edupersonprimaryaffiliation")
	case eduPerson + "6":
		return one("saml:edupersonprincipalname")
	case eduPerson + "7":
		return many("saml:edupersonentitlement")
	case eduPerson + "8":
		return one("saml:edupersonprimaryorgunitdn")
	case eduPerson + "9":
		return many("saml:edupersonscopedaffiliation")
	case eduPerson + "10":
		return many("saml:edupersontargetedid")
	case eduPerson + "11":
		return many("saml:edupersonassurance")
	case eduOrg + "2":
		return many("saml:eduorghomepageuri")
	case eduOrg + "3":
		return many("saml:eduorgidentityauthnpolicyuri")
	case eduOrg + "4":
		return many("saml:eduorglegalname")
	case eduOrg + "5":
		return many("saml:eduorgsuperioruri")
	case eduOrg + "6":
		return many("saml:eduorgwhitepagesuri")
	case "urn:oid:2.5.4.3":
		return many("saml:cn")
	case "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":
		return one("saml:name")
	case "http://schemas.xmlsoap.org/claims/CommonName", "2.5.4.3":
		return one("saml:commonName")
	case "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid":
		return one("saml:primaryGroupSID")
	}
	switch strings.TrimPrefix(attribute, "urn:oid:") {
	case "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "2.5.4.42", "2.4.5.42":
		return one("saml:givenName")
	case "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "2.5.4.4":
		return one("saml:surname")
	case "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "0.9.2342.19200300100.1.3":
		return one("saml:mail")
	case "2.5.4.45":
		return one("saml:x500UniqueIdentifier")
	case "0.9.2342.19200300100.1.1":
		return one("saml:uid")
	case "0.9.2342.19200300100.1.45", "0.9.2342.19200300.100.1.45":
		return one("saml:organizationStatus")
	}
	return samlKey{}, false
}

// samlAttributeKeys fills the condition keys of the attributes. Of several
// attributes that fill one key the first by name counts, and of several values
// of a single-valued key the first.
func samlAttributeKeys(c *login.Claims) []ContextKey {
	var out []ContextKey
	for _, attribute := range slices.Sorted(maps.Keys(c.Raw)) {
		key, ok := samlAttributeKey(attribute)
		values := c.Strings(attribute)
		if !ok || len(values) == 0 || valuesOf(out, key.name) != nil {
			continue
		}
		if key.multi {
			out = append(out, many(key.name, values))
		} else {
			out = append(out, one(key.name, values[0]))
		}
	}
	return out
}
