package doctor_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/doctor"
	"github.com/rockpool-id/rockpool/internal/login"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func jwt(claims string) string {
	e := base64.RawURLEncoding.EncodeToString
	return e([]byte(`{"alg":"RS256","kid":"k1"}`)) + "." + e([]byte(claims)) + "." + e([]byte("the-signature-of-it"))
}

const sound = `{"iss":"https://id.acme.example","sub":"anna","aud":["app","other"],"iat":1777630000,"exp":1777640400,"email":"anna@acme.example"}`

func TestRead(t *testing.T) {
	expired := strings.Replace(sound, "1777640400", "1777636000", 1)
	for name, tt := range map[string]struct {
		token   string
		form    doctor.Form
		summary string
		problem string
	}{
		"a sound token":                      {jwt(sound), doctor.JWT, "of https://id.acme.example for app, other about anna", ""},
		"a token with line breaks around it": {"\n" + jwt(sound) + "\r\n", doctor.JWT, "about anna", ""},
		"a header's value":                   {"Bearer " + jwt(sound), doctor.JWT, "about anna", `begins with "Bearer "`},
		"an expired token":                   {jwt(expired), doctor.JWT, "about anna", "It expired"},
		"a token without an audience":        {jwt(`{"iss":"i","sub":"s","iat":1,"exp":2}`), doctor.JWT, "of i about s", "It has no aud."},
		"a user pool's access token":         {jwt(`{"iss":"i","sub":"s","token_use":"access","exp":9999999999}`), doctor.JWT, "about s", "access token of a user pool"},
		"claims that are no object":          {jwt(`[1]`), doctor.JWT, "cannot be read", "not a JSON Web Token"},
		"a SAML response":                    {base64.StdEncoding.EncodeToString([]byte(`<samlp:Response xmlns:samlp="x"/>`)), doctor.SAML, "SAML response", ""},
		"an opaque token":                    {"Atza|IQEBLjAsAhRm", doctor.Opaque, "only its provider can read", ""},
		"a broken text":                      {"not a token", doctor.Opaque, "", "line break inside"},
		"nothing":                            {"", doctor.Opaque, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := doctor.Read(tt.token, noon)
			if a.Form != tt.form || !strings.Contains(a.Summary(), tt.summary) {
				t.Errorf("got %s: %s", a.Form, a.Summary())
			}
			if tt.problem == "" && len(a.Problems) > 0 || tt.problem != "" && !slices.ContainsFunc(a.Problems, func(p string) bool { return strings.Contains(p, tt.problem) }) {
				t.Errorf("problems %q, want %q", a.Problems, tt.problem)
			}
		})
	}
	a := doctor.Read(jwt(sound), noon)
	if a.Algorithm != "RS256" || a.KeyID != "k1" || !strings.Contains(a.Claims, "anna@acme.example") || !a.Until.Equal(time.Unix(1777640400, 0)) {
		t.Errorf("got %+v", a)
	}
}

// Every kind of refusal has words of its own and something to do.
func TestExplain(t *testing.T) {
	seen := map[string]login.Kind{}
	for k := login.TooLarge; k <= login.WrongRecipient; k++ {
		e := doctor.Explain(&login.Refusal{Kind: k, Claim: "c", Got: "got-1", Want: "want-1", Now: noon, Exp: noon.Add(-time.Hour)})
		if e.Words == "" || e.Remedy == "" || strings.Contains(e.Words, k.String()) {
			t.Errorf("%v: %+v", k, e)
		}
		if other, twice := seen[e.Words]; twice {
			t.Errorf("%v and %v have the same words", k, other)
		}
		seen[e.Words] = k
	}
	if e := doctor.Explain(&login.Refusal{Kind: login.WrongRecipient + 1}); !strings.Contains(e.Words, "Kind(") {
		t.Errorf("a kind that is not known: %+v", e)
	}
	late := doctor.Explain(&login.Refusal{Kind: login.Expired, Now: noon, Exp: noon.Add(-90 * time.Minute)})
	if want := "It expired at 2026-05-01 10:30:00 UTC, 1h30m0s ago."; late.Words != want {
		t.Errorf("got %q, want %q", late.Words, want)
	}
}

// Whatever is read, no part of the signature is told, and what is told of a text
// fits a terminal.
func FuzzRead(f *testing.F) {
	f.Add(jwt(sound))
	f.Add("Bearer x.y.z")
	f.Add(jwt(`{"iss":"a\u001b[2Jb","aud":[1,"x"],"exp":1e400}`))
	f.Fuzz(func(t *testing.T, token string) {
		a := doctor.Read(token, noon)
		told := a.Summary() + strings.Join(a.Problems, "") + a.Algorithm + a.KeyID + a.Issuer + a.Subject
		if strings.ContainsAny(told, "\x1b\n\r\x00") {
			t.Errorf("unsafe text %q", told)
		}
		if i := strings.LastIndexByte(token, '.'); i >= 0 && len(token)-i > 20 && !strings.Contains(token[:i], token[i+1:]) &&
			strings.Contains(told+a.Claims, token[i+1:]) {
			t.Error("the signature is told")
		}
	})
}
