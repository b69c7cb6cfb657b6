package pool

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// TestPrincipalTags is cognito-identity.md 6.
func TestPrincipalTags(t *testing.T) {
	google := func(m TagMap) map[string]TagMap { return map[string]TagMap{Google: m} }
	for name, c := range map[string]struct {
		maps    map[string]TagMap
		logins  []verified
		mapping string // that chose the role
		want    []iam.Tag
		refused bool
	}{
		"no maps":          {nil, []verified{proven(t, Google, `{"sub":"anna"}`)}, "", nil, false},
		"a guest":          {google(TagMap{UseDefaults: true}), nil, "", nil, false},
		"another provider": {google(TagMap{UseDefaults: true}), []verified{proven(t, Apple, `{}`)}, "", []iam.Tag{}, false},
		"the default map":  {google(TagMap{UseDefaults: true, Tags: map[string]string{"x": "sub"}}), []verified{proven(t, Google, `{"sub":"anna"}`)}, "", []iam.Tag{{Key: "client", Value: "app"}, {Key: "username", Value: "anna"}}, false},
		"switched off":     {google(TagMap{}), []verified{proven(t, Google, `{"sub":"anna"}`)}, "", []iam.Tag{}, false},
		"claims of one's own": {google(TagMap{Tags: map[string]string{"team": "hd", "n": "level", "b": "email_verified"}}), []verified{proven(t, Google, `{"hd":"acme","level":3,"email_verified":true}`)},
			"", []iam.Tag{{Key: "b", Value: "true"}, {Key: "n", Value: "3"}, {Key: "team", Value: "acme"}}, false},
		"what is missing, empty, several or no text is left out": {google(TagMap{Tags: map[string]string{"a": "none", "b": "empty", "c": "list", "d": "object", "e": "one"}}),
			[]verified{proven(t, Google, `{"empty":"","list":["x","y"],"object":{},"one":["x"]}`)}, "", []iam.Tag{{Key: "e", Value: "x"}}, false},
		"user pools without their client":                  {map[string]TagMap{userPool: {Tags: map[string]string{"dep": "custom:dep"}}}, []verified{proven(t, userPool, `{"custom:dep":"it"}`)}, "", []iam.Tag{{Key: "dep", Value: "it"}}, false},
		"registered providers by ARN":                      {map[string]TagMap{acmeARN: {UseDefaults: true}}, []verified{proven(t, acme, `{}`)}, "", []iam.Tag{{Key: "client", Value: "app"}, {Key: "username", Value: "anna"}}, false},
		"an e-mail address of Facebook's is not to be had": {map[string]TagMap{Facebook: {Tags: map[string]string{"e": "email", "s": "sub"}}}, []verified{proven(t, Facebook, `{"email":"a@b.example"}`)}, "", []iam.Tag{{Key: "s", Value: "anna"}}, false},
		"Amazon's user id":                                 {map[string]TagMap{Amazon: {Tags: map[string]string{"u": "user_id"}}}, []verified{proven(t, Amazon, `{}`)}, "", []iam.Tag{{Key: "u", Value: "anna"}}, false},
		"460 bytes":                                        {google(TagMap{Tags: map[string]string{"a": "a", "b": "b"}}), []verified{proven(t, Google, `{"a":"`+strings.Repeat("x", 230)+`","b":"`+strings.Repeat("y", 230)+`"}`)}, "", []iam.Tag{{Key: "a", Value: strings.Repeat("x", 230)}, {Key: "b", Value: strings.Repeat("y", 230)}}, false},
		"461 bytes":                                        {google(TagMap{Tags: map[string]string{"a": "a", "b": "b"}}), []verified{proven(t, Google, `{"a":"`+strings.Repeat("x", 231)+`","b":"`+strings.Repeat("y", 230)+`"}`)}, "", nil, true},
		"the first login's tag stays": {map[string]TagMap{Google: {Tags: map[string]string{"t": "g"}}, Apple: {Tags: map[string]string{"t": "a"}}},
			[]verified{proven(t, Apple, `{"a":"apple"}`), proven(t, Google, `{"g":"google"}`)}, "", []iam.Tag{{Key: "t", Value: "google"}}, false},
		"the login's tag that chose the role stays": {map[string]TagMap{Google: {Tags: map[string]string{"t": "g"}}, Apple: {Tags: map[string]string{"t": "a"}}},
			[]verified{proven(t, Apple, `{"a":"apple"}`), proven(t, Google, `{"g":"google"}`)}, Apple, []iam.Tag{{Key: "t", Value: "apple"}}, false},
		"another login does not fill in what the first does not say": {map[string]TagMap{Google: {Tags: map[string]string{"t": "g"}}, Apple: {Tags: map[string]string{"t": "a", "u": "a"}}},
			[]verified{proven(t, Apple, `{"a":"apple"}`), proven(t, Google, `{}`)}, Google, []iam.Tag{{Key: "u", Value: "apple"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Service{Config: Config{Log: slog.New(slog.DiscardHandler)}}
			id := &Identity{Logins: []Login{{Provider: Google, Subject: "anna"}, {Provider: Apple, Subject: "anna"}}}
			got, err := s.principalTags(&Pool{TagMaps: c.maps}, &caller{identity: id, logins: c.logins}, c.mapping)
			if (err != nil) != c.refused {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSessionNames(t *testing.T) {
	const uuid = "0d6e8a0c-0000-4000-8000-000000000001"
	id := &Identity{ID: "eu-west-1:" + uuid}
	anna := []verified{proven(t, Google, `{"email":"anna@acme.example","email_verified":true}`)}
	claimed := []verified{proven(t, Google, `{"email":"boss@acme.example","email_verified":"false"}`)}
	apple := []verified{proven(t, Apple, `{"email":"anna@acme.example","email_verified":"true"}`)}
	for name, c := range map[string]struct {
		template string
		logins   []verified
		want     string
	}{
		"AWS's constant when nothing is said":     {"", anna, ""},
		"the identity":                            {"id-{identity}", anna, "id-0d6e8a0c-0000-4000-8000-000000000001"},
		"provider and subject":                    {"{provider}={subject}", anna, "accounts.google.com=anna"},
		"a verified address":                      {"{email}", anna, "anna@acme.example"},
		"verified in Apple's way of writing it":   {"{email}", apple, "anna@acme.example"},
		"an address nobody verified is not shown": {"{email}", claimed, uuid},
		"a guest is its identity":                 {"{provider}={subject}", nil, "unauthenticated=0d6e8a0c-0000-4000-8000-000000000001"},
		"a long name is the identity, not cut":    {strings.Repeat("x", 32) + "{identity}", anna, uuid},
		"64 characters":                           {strings.Repeat("x", 28) + "{identity}", anna, strings.Repeat("x", 28) + uuid},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Pool{Sessions: SessionSettings{NameTemplate: c.template}}
			if got := p.sessionName(&caller{identity: id, logins: c.logins}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	// Policies look at names: no two people have one.
	subject := &Pool{DeveloperProviderName: "dev", Sessions: SessionSettings{NameTemplate: "{subject}"}}
	names := make(map[string]string)
	for text, want := range map[string]string{
		"a:b/ü": "a=3Ab=2F=C3=BC", "a-b": "a-b", "a/b": "a=2Fb", "a:b": "a=3Ab", "a=3Ab": "a=3D3Ab", "a=b": "a=3Db", "é": "=C3=A9", "ü": "=C3=BC",
		"anna@acme.example": "anna@acme.example", "x": uuid,
		strings.Repeat("x", 60) + "@acme.example": uuid, strings.Repeat("x", 60) + "@acme.example.evil.example": uuid,
	} {
		odd := proven(t, Google, `{}`)
		odd.Subject = text
		got := subject.sessionName(&caller{identity: id, logins: []verified{odd}})
		if got != want {
			t.Errorf("%q is called %q, want %q", text, got, want)
		}
		if other, taken := names[got]; taken && got != uuid {
			t.Errorf("%q and %q are both called %q", text, other, got)
		}
		names[got] = text
	}
	address := &Pool{Sessions: SessionSettings{NameTemplate: "{email}"}}
	odd := proven(t, Google, `{}`)
	odd.Subject = "boss@acme.example"
	if got := address.sessionName(&caller{identity: id, logins: []verified{odd}}); got != uuid {
		t.Errorf("a subject that looks like an address is called %q", got)
	}
	subject.Sessions.NameTemplate = "{provider}+{subject}"
	if got := subject.sessionName(&caller{identity: id, own: []string{Authenticated, "dev", "dev:p:carl"}, user: "carl"}); got != "dev+carl" {
		t.Errorf("a backend's user is called %q", got)
	}
	for template, ok := range map[string]bool{"": true, "x": false, "{email}": true, "app-{subject}": true, "{nobody}": false, "a b": false, "a/b": false, "{": false, "{em{identity}ail}": false, "ü{email}": false, strings.Repeat("x", 33): false, strings.Repeat("x", 32) + "{email}": true} {
		if err := checkNameTemplate(template); (err == nil) != ok {
			t.Errorf("%q: %v", template, err)
		}
	}
}
