package pool_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
)

const acmeKey = "id.acme.example/x"

// mergeWorld is a pool whose Google and Acme are authorities for example.com, and
// Google for its own domain besides.
func mergeWorld(t *testing.T) (*world, *pool.Pool) {
	t.Helper()
	w := remembering(t)
	p := w.pool(true)
	err := w.SetEmailMerge(t.Context(), p.ID, pool.EmailMerge{Authorities: []pool.EmailAuthority{
		{Provider: pool.Google, Domains: []string{"example.com", "gmail.com"}},
		{Provider: acmeKey, Domains: []string{"example.com", "gmail.com"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = w.Pool(p.ID); err != nil {
		t.Fatal(err)
	}
	return w, p
}

const proven = "hd=example.com&email_verified=true&email=anna@example.com"

func TestMergeByVerifiedEmail(t *testing.T) {
	w, p := mergeWorld(t)
	anna := w.id(p, claims(google("anna"), proven))
	if id := w.id(p, claims(acme("a1"), proven)); id != anna {
		t.Fatalf("the same verified address is %s, want %s", id, anna)
	}
	if id := w.id(p, acme("a1")); id != anna {
		t.Error("afterwards the login alone is somebody else")
	}
	d, err := w.DescribeLogins(t.Context(), anna)
	if err != nil || len(d.Identity.Logins) != 2 || len(d.Merges) != 1 || d.Merges[0].Cause != pool.ByEmail {
		t.Fatalf("the merge is not on record: %+v, %v", d, err)
	}
	apart, err := w.UndoMerge(t.Context(), d.Merges[0].Child)
	if err != nil {
		t.Fatal(err)
	}
	if id := w.id(p, claims(acme("a1"), proven)); id != apart.ID {
		t.Error("what an administrator took apart was merged again")
	}

	// So is what the person took apart; who is locked out stays out all the same.
	cleo := w.id(p, claims(google("cleo"), "hd=example.com&email_verified=true&email=cleo@example.com"))
	mail := claims(acme("c1"), "email_verified=true&email=cleo@example.com")
	if id := w.id(p, mail); id != cleo {
		t.Fatalf("the same verified address is %s, want %s", id, cleo)
	}
	if err := w.Unlink(t.Context(), cleo, acme("c1"), []string{acmeKey}); err != nil {
		t.Fatal(err)
	}
	w.enable(cleo, false)
	if _, err := w.GetID(t.Context(), p.ID, "", mail); !errors.As(err, new(*pool.Forbidden)) {
		t.Errorf("an unlinked login of who is locked out: %v", err)
	}
	w.enable(cleo, true)
	if r := w.rehearse(p, pool.Rehearsal{Logins: mail}); !r.Made {
		t.Errorf("rehearsed as %+v", r.Identity)
	}
	alone := w.id(p, mail)
	if guest := w.id(p, nil); alone == cleo || w.signIn(guest, mail).Identity.ID != alone {
		t.Error("a login that was unlinked was merged again")
	}

	// A guest who turns out to be somebody known becomes that person, and the way
	// back is open too.
	bert := w.id(p, claims(google("bert"), "hd=example.com&email_verified=true&email=bert@example.com"))
	guest := w.id(p, nil)
	if in := w.signIn(guest, claims(acme("b1"), "email_verified=true&email=bert@EXAMPLE.com")); in.Identity.ID != bert {
		t.Errorf("a guest with a known address is %s, want %s", in.Identity.ID, bert)
	}
	if back, err := w.UndoMerge(t.Context(), guest); err != nil || back.Guest || len(back.Logins) != 1 {
		t.Errorf("undone: %+v, %v", back, err)
	}
}

// TestTakeoverByEmail: whatever an attacker can make a provider say, somebody who
// is not proven to be the person is another person.
func TestTakeoverByEmail(t *testing.T) {
	victim := map[string]string{} // set per case
	cases := []struct {
		name   string
		victim string // claims of the victim's Google login
		attack map[string]string
	}{
		{"an address that is not verified", proven, claims(acme("eve"), "email_verified=false&email=anna@example.com")},
		{"nobody says whether it is verified", proven, claims(acme("eve"), "email=anna@example.com")},
		{"verified is some other text", proven, claims(acme("eve"), "email_verified=yes&email=anna@example.com")},
		{"the victim's was not verified", "hd=example.com&email=anna@example.com", claims(acme("eve"), proven)},
		{"another case before the at sign", proven, claims(acme("eve"), "email_verified=true&email=Anna@example.com")},
		{"a letter that looks the same (Cyrillic a)", proven, claims(acme("eve"), "email_verified=true&email=%D0%B0nna@example.com")},
		{"a domain that looks the same", proven, claims(acme("eve"), "email_verified=true&email=anna@ex%D0%B0mple.com")},
		{"a letter whose lower case is ASCII (Kelvin sign)", "hd=example.com&email_verified=true&email=kim@example.com", claims(acme("eve"), "email_verified=true&email=%E2%84%AAim@example.com")},
		{"a full-width at sign", proven, claims(acme("eve"), "email_verified=true&email=anna%EF%BC%A0example.com")},
		{"characters that are not seen", proven, claims(acme("eve"), "email_verified=true&email=anna%E2%80%8B@example.com")},
		{"spaces around", proven, claims(acme("eve"), "email_verified=true&email=%20anna@example.com")},
		{"two at signs", proven, claims(acme("eve"), "email_verified=true&email=anna@example.com@evil.example")},
		{"a quoted local part", proven, claims(acme("eve"), `email_verified=true&email="anna"@example.com`)},
		{"a comment", proven, claims(acme("eve"), "email_verified=true&email=anna(x)@example.com")},
		{"a zero byte", proven, claims(acme("eve"), "email_verified=true&email=anna@example.com%00.evil.example")},
		{"a trailing dot", proven, claims(acme("eve"), "email_verified=true&email=anna@example.com.")},
		{"a tag", proven, claims(acme("eve"), "email_verified=true&email=anna%2Bx@example.com")},
		{"a domain that nobody is an authority for", "hd=other.example&email_verified=true&email=anna@other.example", claims(acme("eve"), "email_verified=true&email=anna@other.example")},
		{"a subdomain", "hd=example.com&email_verified=true&email=anna@sub.example.com", claims(acme("eve"), "email_verified=true&email=anna@sub.example.com")},
		{"Google's account of an address that Google does not host", "email_verified=true&email=anna@example.com", claims(acme("eve"), proven)},
		{"Google's account of another organisation", "hd=evil.example&email_verified=true&email=anna@example.com", claims(acme("eve"), proven)},
		{"a provider that is no authority (its users type their address)", proven, map[string]string{"login.typed.example": "acme-app/eve?" + proven}},
		{"another account of the same provider", proven, claims(google("eve"), proven)},
		{"no address at all", "hd=example.com&email_verified=true&email=", claims(acme("eve"), "email_verified=true&email=")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w, p := mergeWorld(t)
			_, err := w.UpdatePool(t.Context(), p.ID, pool.Settings{
				Name: "p", AllowUnauthenticated: true, SupportedLoginProviders: p.SupportedLoginProviders,
				OIDCProviderARNs: append(p.OIDCProviderARNs, oidcPrefix+"login.typed.example"),
			})
			if err != nil {
				t.Fatal(err)
			}
			victim = claims(google("anna"), c.victim)
			anna := w.id(p, victim)
			eve := w.id(p, c.attack)
			if eve == anna {
				t.Fatal("GetId gave somebody else's identity")
			}
			guest := w.id(p, nil)
			if in := w.signIn(guest, c.attack); in.Identity.ID == anna {
				t.Error("a guest became somebody else")
			}
			if i := w.identity(anna); len(i.Logins) != 1 || i.Disabled {
				t.Errorf("the victim is %+v", i)
			}
		})
	}
}

func TestMergeByEmailNeedsOnePersonWhoIsThere(t *testing.T) {
	w, p := mergeWorld(t)
	anna := w.id(p, claims(google("anna"), proven))

	w.later(100 * 24 * time.Hour)
	if id := w.id(p, claims(acme("new owner"), proven)); id == anna {
		t.Error("an address that was last seen months ago may have a new owner")
	}
	w.signIn(anna, claims(google("anna"), proven)) // seen again
	if id := w.id(p, claims(acme("a2"), proven)); id == anna {
		// Two identities have shown the address: anna's and the new owner's, of
		// which only anna's is at another provider than the new login.
		if i := w.identity(anna); len(i.Logins) != 2 {
			t.Errorf("merged, and yet: %+v", i)
		}
	} else {
		t.Error("one identity at another provider fits, and was not taken")
	}

	w, p = mergeWorld(t)
	one, two := w.id(p, claims(google("one"), proven)), w.id(p, claims(google("two"), proven))
	if id := w.id(p, claims(acme("a1"), proven)); id == one || id == two {
		t.Error("of two identities that fit, one was taken")
	}

	w, p = mergeWorld(t)
	anna = w.id(p, claims(google("anna"), proven))
	w.signIn(anna, both(claims(google("anna"), proven), acme("a1")))
	if id := w.id(p, claims(acme("a2"), proven)); id == anna {
		t.Error("an identity has two logins of one provider")
	}

	w, p = mergeWorld(t)
	anna = w.id(p, claims(google("anna"), proven))
	w.enable(anna, false)
	_, err := w.GetID(t.Context(), p.ID, "", claims(acme("a1"), proven))
	refused(t, "who is locked out, by another door", err, &pool.Forbidden{})
	guest := w.id(p, nil)
	_, err = w.GetCredentials(t.Context(), guest, claims(acme("a1"), proven), "", nil)
	refused(t, "who is locked out, as a guest", err, &pool.Forbidden{})
	if i := w.identity(guest); !i.Guest || i.Disabled {
		t.Errorf("the refused sign-in left the guest %+v", i)
	}
}

func TestSetEmailMerge(t *testing.T) {
	w := remembering(t)
	p := w.pool(true)
	authority := func(provider string, domains ...string) pool.EmailAuthority {
		return pool.EmailAuthority{Provider: provider, Domains: domains}
	}
	good := authority(pool.Google, "example.com")
	for name, list := range map[string][]pool.EmailAuthority{
		"one provider":                         {good},
		"a provider twice":                     {good, good},
		"a provider that is not of the pool":   {good, authority("id.other.example", pool.AnyDomain)},
		"a provider that tells no addresses":   {good, authority(pool.Facebook, pool.AnyDomain)},
		"the developer provider":               {good, authority(developer, pool.AnyDomain)},
		"no domain":                            {good, authority(acmeKey)},
		"a domain in upper case":               {good, authority(acmeKey, "Example.com")},
		"an address in the place of a domain":  {good, authority(acmeKey, "x@example.com")},
		"a domain in another script":           {good, authority(acmeKey, "ex\u00e4mple.com")},
		"a pattern":                            {good, authority(acmeKey, "*.example.com")},
		"a host without a dot, like localhost": {good, authority(acmeKey, "localhost")},
	} {
		refused(t, name, w.SetEmailMerge(t.Context(), p.ID, pool.EmailMerge{Authorities: list}), &pool.Invalid{})
	}
	rule := pool.EmailMerge{Authorities: []pool.EmailAuthority{good, authority(acmeKey, pool.AnyDomain)}}
	if err := w.SetEmailMerge(t.Context(), p.ID, rule); err != nil {
		t.Fatal(err)
	}
	again, err := pool.New(t.Context(), w.Service.Config)
	if err != nil {
		t.Fatal(err)
	}
	if stored, err := again.Pool(p.ID); err != nil || len(stored.MergeVerifiedEmail.Authorities) != 2 {
		t.Errorf("after a restart: %+v, %v", stored, err)
	}
	if err := w.SetEmailMerge(t.Context(), p.ID, pool.EmailMerge{}); err != nil {
		t.Fatal(err)
	}
	anna := w.id(p, claims(google("anna"), proven))
	if id := w.id(p, claims(acme("a1"), proven)); id == anna {
		t.Error("merged where the rule is off")
	}
	off := newWorld(t)
	p = off.pool(true)
	refused(t, "where addresses are not remembered", off.SetEmailMerge(t.Context(), p.ID, rule), &pool.Invalid{})
}

func TestRacingSignInsWithOneAddress(t *testing.T) {
	w, p := mergeWorld(t)
	for round := range 10 {
		address := fmt.Sprintf("hd=example.com&email_verified=true&email=p%d@example.com", round)
		a, b := claims(google(fmt.Sprint("g", round)), address), claims(acme(fmt.Sprint("a", round)), address)
		var wg sync.WaitGroup
		for n := range 20 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				logins := a
				if n%2 == 0 {
					logins = b
				}
				id, err := w.GetID(t.Context(), p.ID, "", logins)
				if err == nil {
					_, err = w.GetCredentials(t.Context(), id, logins, "", nil)
				}
				if err != nil {
					t.Errorf("sign-in: %v", err)
				}
			}()
		}
		wg.Wait()
		if x, y := w.id(p, a), w.id(p, b); x != y {
			t.Errorf("round %d: one person is two, %s and %s", round, x, y)
		}
	}
}
