package pool

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/login"
)

const (
	staff    = "arn:aws:iam::123456789012:role/staff"
	admin    = "arn:aws:iam::123456789012:role/admin"
	usual    = "arn:aws:iam::123456789012:role/usual"
	visitors = "arn:aws:iam::123456789012:role/visitors"

	acme     = "id.acme.example"
	acmeARN  = "arn:aws:iam::123456789012:oidc-provider/id.acme.example"
	samlARN  = "arn:aws:iam::123456789012:saml-provider/Acme"
	userPool = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC"
)

// proven makes a login of a provider with these claims, as JSON.
func proven(t *testing.T, key, claims string) verified {
	t.Helper()
	v := verified{Provider: key, Subject: "anna", naming: naming{Client: "app", Mapping: key, TagMap: key}}
	switch key {
	case acme:
		v.Mapping, v.TagMap = acmeARN, acmeARN
	case userPool:
		v.Mapping = userPool + ":app"
	}
	decoder := json.NewDecoder(strings.NewReader(claims))
	decoder.UseNumber()
	v.Claims = &login.Claims{}
	if err := decoder.Decode(&v.Claims.Raw); err != nil {
		t.Fatal(err)
	}
	return v
}

func rules(list ...MappingRule) RoleMapping {
	return RoleMapping{Type: RulesMapping, Ambiguous: DenyAmbiguous, Rules: list}
}

// TestRoleChoice is the procedure of cognito-identity.md 5.3 to 5.5, step by step.
func TestRoleChoice(t *testing.T) {
	both := map[string]string{Authenticated: usual, Unauthenticated: visitors}
	token := func(r AmbiguousResolution) map[string]RoleMapping {
		return map[string]RoleMapping{userPool + ":app": {Type: TokenMapping, Ambiguous: r}}
	}
	onEmail := map[string]RoleMapping{Google: rules(
		MappingRule{Claim: "email", Match: MatchStartsWith, Value: "boss@", RoleARN: admin},
		MappingRule{Claim: "hd", Match: MatchEquals, Value: "acme.example", RoleARN: staff},
		MappingRule{Claim: "email", Match: MatchContains, Value: "@acme.example", RoleARN: admin},
	)}
	orUsual := map[string]RoleMapping{Google: {Type: RulesMapping, Ambiguous: UseAuthenticatedRole, Rules: onEmail[Google].Rules}}
	pair := func(role, provider string) string {
		return `{"` + samlRoleAttribute + `":["` + role + `,` + provider + `"]}`
	}
	two := `{"` + samlRoleAttribute + `":["` + staff + `,` + samlARN + `","` + samlARN + `, ` + admin + `"]}`

	for name, c := range map[string]struct {
		roles        map[string]string
		mappings     map[string]RoleMapping
		key, claims  string
		custom       string
		want, rule   string
		mapping      string
		index        int // -1 unless said
		refused      error
		refusedWords string
	}{
		"a guest takes the guests' role":               {roles: both, want: visitors, rule: "default role"},
		"no role for guests is a configuration fault":  {roles: map[string]string{Authenticated: usual}, refused: &NoRole{}},
		"a guest cannot choose":                        {roles: both, custom: usual, refused: &RoleNotAllowed{}},
		"without a mapping the default role":           {roles: both, key: Google, claims: `{}`, want: usual, rule: "default role"},
		"without a mapping and without a default role": {roles: map[string]string{Unauthenticated: visitors}, key: Google, claims: `{}`, refused: &NoRole{}},
		"the default role may be asked for":            {roles: both, key: Google, claims: `{}`, custom: usual, want: usual, rule: "default role"},
		"and no other":                                 {roles: both, key: Google, claims: `{}`, custom: admin, refused: &RoleNotAllowed{}},
		"another provider's mapping does not count":    {roles: both, mappings: token(DenyAmbiguous), key: Google, claims: `{"cognito:preferred_role":"` + admin + `"}`, want: usual, rule: "default role"},

		"the preferred role of the token":  {mappings: token(DenyAmbiguous), key: userPool, claims: `{"cognito:roles":["` + staff + `","` + admin + `"],"cognito:preferred_role":"` + staff + `"}`, want: staff, rule: "cognito:preferred_role", mapping: userPool + ":app"},
		"the only role of the token":       {mappings: token(DenyAmbiguous), key: userPool, claims: `{"cognito:roles":["` + staff + `"]}`, want: staff, rule: "only role in cognito:roles", mapping: userPool + ":app"},
		"roles as one text with commas":    {mappings: token(DenyAmbiguous), key: userPool, claims: `{"cognito:roles":"` + staff + `, ` + staff + `"}`, want: staff, rule: "only role in cognito:roles", mapping: userPool + ":app"},
		"a role of the token's choice":     {mappings: token(DenyAmbiguous), key: userPool, claims: `{"cognito:roles":["` + staff + `","` + admin + `"],"cognito:preferred_role":"` + staff + `"}`, custom: admin, want: admin, rule: "asked for, and in cognito:roles", mapping: userPool + ":app"},
		"a role the token does not list":   {roles: both, mappings: token(UseAuthenticatedRole), key: userPool, claims: `{"cognito:roles":["` + staff + `"]}`, custom: usual, refused: &RoleNotAllowed{}},
		"preferring is not listing":        {mappings: token(DenyAmbiguous), key: userPool, claims: `{"cognito:preferred_role":"` + admin + `"}`, custom: admin, refused: &RoleNotAllowed{}},
		"several roles and the default":    {roles: both, mappings: token(UseAuthenticatedRole), key: userPool, claims: `{"cognito:roles":["` + staff + `","` + admin + `"]}`, want: usual, rule: "default role, because several roles in cognito:roles", mapping: userPool + ":app"},
		"several roles and denial":         {roles: both, mappings: token(DenyAmbiguous), key: userPool, claims: `{"cognito:roles":["` + staff + `","` + admin + `"]}`, refused: &AmbiguousRole{}, refusedWords: "several roles"},
		"no role and denial":               {roles: both, mappings: token(DenyAmbiguous), key: userPool, claims: `{}`, refused: &AmbiguousRole{}, refusedWords: "no role in the token"},
		"no role and the default":          {roles: both, mappings: token(UseAuthenticatedRole), key: userPool, claims: `{}`, want: usual, rule: "default role, because no role in the token", mapping: userPool + ":app"},
		"no role, and no default either":   {mappings: token(UseAuthenticatedRole), key: userPool, claims: `{}`, refused: &NoRole{}},
		"role claims of the wrong type":    {roles: both, mappings: token(DenyAmbiguous), key: userPool, claims: `{"cognito:roles":{"a":"b"},"cognito:preferred_role":["` + admin + `"]}`, refused: &AmbiguousRole{}},
		"only strings of a list are roles": {roles: both, mappings: token(DenyAmbiguous), key: userPool, claims: `{"cognito:roles":[1,null,"` + staff + `"]}`, want: staff, rule: "only role in cognito:roles", mapping: userPool + ":app"},

		"the first rule that matches":         {mappings: onEmail, key: Google, claims: `{"email":"boss@acme.example","hd":"acme.example"}`, want: admin, rule: "rule 1: email StartsWith boss@", mapping: Google, index: 1},
		"in the order of the list":            {mappings: onEmail, key: Google, claims: `{"email":"anna@acme.example","hd":"acme.example"}`, want: staff, rule: "rule 2: hd Equals acme.example", mapping: Google, index: 2},
		"the last rule":                       {mappings: onEmail, key: Google, claims: `{"email":"anna@acme.example"}`, want: admin, rule: "rule 3: email Contains @acme.example", mapping: Google, index: 3},
		"no rule and denial":                  {roles: both, mappings: onEmail, key: Google, claims: `{"email":"x@y.example"}`, refused: &AmbiguousRole{}, refusedWords: "no rule matches"},
		"no rule and the default":             {roles: both, mappings: orUsual, key: Google, claims: `{}`, want: usual, rule: "default role, because no rule matches", mapping: Google},
		"a custom role skips rules of others": {mappings: onEmail, key: Google, claims: `{"email":"boss@acme.example","hd":"acme.example"}`, custom: staff, want: staff, rule: "rule 2: hd Equals acme.example", mapping: Google, index: 2},
		"a custom role whose rule is silent":  {roles: both, mappings: orUsual, key: Google, claims: `{"hd":"acme.example"}`, custom: admin, refused: &RoleNotAllowed{}},
		"a custom role that is the default":   {roles: both, mappings: orUsual, key: Google, claims: `{}`, custom: usual, refused: &RoleNotAllowed{}},

		"Facebook's claims are three":             {roles: both, mappings: map[string]RoleMapping{Facebook: rules(MappingRule{Claim: "email", Match: MatchContains, Value: "@", RoleARN: admin})}, key: Facebook, claims: `{"email":"a@b.example"}`, refused: &AmbiguousRole{}},
		"and one of them is the user":             {mappings: map[string]RoleMapping{Facebook: rules(MappingRule{Claim: "sub", Match: MatchEquals, Value: "anna", RoleARN: staff})}, key: Facebook, claims: `{}`, want: staff, rule: "rule 1: sub Equals anna", mapping: Facebook, index: 1},
		"Amazon's name the client":                {mappings: map[string]RoleMapping{Amazon: rules(MappingRule{Claim: "aud", Match: MatchEquals, Value: "app", RoleARN: staff})}, key: Amazon, claims: `{}`, want: staff, rule: "rule 1: aud Equals app", mapping: Amazon, index: 1},
		"a registered provider by ARN":            {mappings: map[string]RoleMapping{acmeARN: rules(MappingRule{Claim: "dep", Match: MatchEquals, Value: "it", RoleARN: staff})}, key: acme, claims: `{"dep":"it"}`, want: staff, rule: "rule 1: dep Equals it", mapping: acmeARN, index: 1},
		"the only role of an assertion":           {key: samlARN, claims: pair(staff, samlARN), want: staff, rule: "only role in the SAML assertion", mapping: samlARN},
		"the pair the other way round":            {key: samlARN, claims: pair(samlARN, staff), want: staff, rule: "only role in the SAML assertion", mapping: samlARN},
		"another provider's pair":                 {roles: both, key: samlARN, claims: pair(admin, samlARN+"2"), want: usual, rule: "default role"},
		"an assertion without roles":              {roles: both, key: samlARN, claims: `{}`, want: usual, rule: "default role"},
		"several roles of an assertion":           {roles: both, key: samlARN, claims: two, refused: &AmbiguousRole{}},
		"one of several by choice":                {key: samlARN, claims: two, custom: admin, want: admin, rule: "asked for, and in the SAML assertion", mapping: samlARN},
		"a role the assertion lacks":              {roles: both, key: samlARN, claims: two, custom: usual, refused: &RoleNotAllowed{}},
		"a mapping comes before the pair":         {mappings: map[string]RoleMapping{samlARN: rules(MappingRule{Claim: "dep", Match: MatchEquals, Value: "it", RoleARN: staff})}, key: samlARN, claims: `{"dep":["it"],"` + samlRoleAttribute + `":["` + admin + `,` + samlARN + `"]}`, want: staff, rule: "rule 1: dep Equals it", mapping: samlARN, index: 1},
		"one group of an assertion is a list too": {roles: both, mappings: map[string]RoleMapping{samlARN: rules(MappingRule{Claim: "groups", Match: MatchContains, Value: "admins", RoleARN: admin})}, key: samlARN, claims: `{"groups":"nonadmins"}`, refused: &AmbiguousRole{}},
		"and its element is found":                {mappings: map[string]RoleMapping{samlARN: rules(MappingRule{Claim: "groups", Match: MatchContains, Value: "admins", RoleARN: admin})}, key: samlARN, claims: `{"groups":"admins"}`, want: admin, rule: "rule 1: groups Contains admins", mapping: samlARN, index: 1},
		"half a pair is no role":                  {roles: both, key: samlARN, claims: `{"` + samlRoleAttribute + `":["` + samlARN + `","` + samlARN + `,"]}`, want: usual, rule: "default role"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Pool{Roles: c.roles, RoleMappings: c.mappings}
			var logins []verified
			kind := Unauthenticated
			if c.key != "" {
				logins, kind = []verified{proven(t, c.key, c.claims)}, Authenticated
			}
			got, err := chooseRole(p, &Identity{}, len(logins) == 0, logins, c.custom)
			if c.refused != nil {
				if err == nil || !sameType(err, c.refused) || !strings.Contains(err.Error(), c.refusedWords) {
					t.Fatalf("got %+v, %v; want %T with %q", got, err, c.refused, c.refusedWords)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := RoleChoice{Kind: kind, ARN: c.want, Rule: c.rule, Mapping: c.mapping, RuleIndex: c.index - 1}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func sameType(err, want error) bool {
	switch want.(type) {
	case *NoRole:
		_, ok := errors.AsType[*NoRole](err)
		return ok
	case *RoleNotAllowed:
		_, ok := errors.AsType[*RoleNotAllowed](err)
		return ok
	case *AmbiguousRole:
		_, ok := errors.AsType[*AmbiguousRole](err)
		return ok
	}
	return false
}

// Of several logins the one that was linked first and has a mapping decides.
func TestRoleOfSeveralLogins(t *testing.T) {
	rule := func(role string) RoleMapping {
		return rules(MappingRule{Claim: "sub", Match: MatchEquals, Value: "anna", RoleARN: role})
	}
	p := &Pool{RoleMappings: map[string]RoleMapping{Google: rule(staff), acmeARN: rule(admin)}}
	logins := []verified{proven(t, Google, `{"sub":"anna"}`), proven(t, acme, `{"sub":"anna"}`), proven(t, Apple, `{}`)}
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	linked := func(keys ...string) *Identity {
		id := &Identity{}
		for i, k := range keys {
			id.Logins = append(id.Logins, Login{Provider: k, Subject: "anna", Linked: first.Add(time.Duration(i) * time.Hour)})
		}
		return id
	}
	for name, c := range map[string]struct {
		id   *Identity
		want string
	}{
		"by the earliest link":                       {linked(acme, Google), admin},
		"whichever it is":                            {linked(Google, acme), staff},
		"a login without a mapping is passed over":   {linked(Apple, acme, Google), admin},
		"by the key when neither is linked":          {linked(), staff},
		"what is linked comes before what is new":    {linked(acme), admin},
		"another subject's link is not this login's": {&Identity{Logins: []Login{{Provider: acme, Subject: "bert"}}}, staff},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := chooseRole(p, c.id, false, logins, "")
			if err != nil || got.ARN != c.want {
				t.Errorf("got %+v, %v; want %s", got, err, c.want)
			}
		})
	}
}

// TestRules is cognito-identity.md 5.4.
func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		claims string
		match  MatchType
		value  string
		want   bool
	}{
		"equal":                                {`{"c":"a"}`, MatchEquals, "a", true},
		"equal but for letter case":            {`{"c":"A"}`, MatchEquals, "a", false},
		"longer":                               {`{"c":"ab"}`, MatchEquals, "a", false},
		"no wildcards":                         {`{"c":"ab"}`, MatchEquals, "a*", false},
		"a number by its text":                 {`{"c":10}`, MatchEquals, "10", true},
		"a number is not compared as one":      {`{"c":10.0}`, MatchEquals, "10", false},
		"a boolean by its text":                {`{"c":true}`, MatchEquals, "true", true},
		"a list of one":                        {`{"c":["a"]}`, MatchEquals, "a", true},
		"a list of two":                        {`{"c":["a","b"]}`, MatchEquals, "a", false},
		"an empty list":                        {`{"c":[]}`, MatchNotEqual, "a", false},
		"an object":                            {`{"c":{"a":"a"}}`, MatchNotEqual, "a", false},
		"null":                                 {`{"c":null}`, MatchNotEqual, "a", false},
		"a list with an object":                {`{"c":["a",{}]}`, MatchContains, "a", false},
		"missing":                              {`{}`, MatchEquals, "", false},
		"missing is not unequal":               {`{}`, MatchNotEqual, "a", false},
		"unequal":                              {`{"c":"b"}`, MatchNotEqual, "a", true},
		"not unequal":                          {`{"c":"a"}`, MatchNotEqual, "a", false},
		"a list without it":                    {`{"c":["b","c"]}`, MatchNotEqual, "a", true},
		"a list with it":                       {`{"c":["b","a"]}`, MatchNotEqual, "a", false},
		"begins":                               {`{"c":"abc"}`, MatchStartsWith, "ab", true},
		"is in the middle":                     {`{"c":"xab"}`, MatchStartsWith, "ab", false},
		"a list of one begins":                 {`{"c":["abc"]}`, MatchStartsWith, "ab", true},
		"a list of two does not":               {`{"c":["abc","abd"]}`, MatchStartsWith, "ab", false},
		"contains":                             {`{"c":"xaby"}`, MatchContains, "ab", true},
		"does not contain":                     {`{"c":"xa by"}`, MatchContains, "ab", false},
		"a list contains the element":          {`{"c":["x","ab"]}`, MatchContains, "ab", true},
		"part of an element is not an element": {`{"c":["administrators"]}`, MatchContains, "admin", false},
		"an unknown match type never matches":  {`{"c":"a"}`, "Like", "a", false},
		"names of claims are compared letter by letter": {`{"C":"a"}`, MatchEquals, "a", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := MappingRule{Claim: "c", Match: c.match, Value: c.value}
			if got := r.matches(proven(t, Google, c.claims).Claims.Raw); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
