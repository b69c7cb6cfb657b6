package pool_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/pool"
)

const corpARN = "arn:aws:iam::" + account + ":saml-provider/Corp"

// corpIAM is fakeIAM with one SAML provider of an entity that can change.
type corpIAM struct {
	fakeIAM
	entity *string
}

func (c corpIAM) SAMLProviderByARN(arn string) (*iam.SAMLEntry, bool) {
	return &iam.SAMLEntry{SAMLProvider: iam.SAMLProvider{EntityID: *c.entity}}, arn == corpARN
}

// namesSubject takes a token for the NameID of whoever it is asked about.
type namesSubject struct {
	mu   sync.Mutex
	last login.Expect
}

func (v *namesSubject) Verify(_ context.Context, token string, want login.Expect) (*login.Claims, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = want
	return &login.Claims{Provider: want.Provider, Issuer: want.Issuer, Subject: token, Raw: map[string]any{}, SAML: &login.SAML{}}, nil
}

// corpWorld has a pool with the provider.
func corpWorld(t *testing.T) (w *world, p *pool.Pool, entity *string, verifier *namesSubject) {
	t.Helper()
	entity, verifier = new(string), &namesSubject{}
	*entity = "urn:one"
	w = newWorldWith(t, func(c *pool.Config) {
		c.IAM = func() iam.Snapshot { return corpIAM{entity: entity} }
		c.SAML = verifier
	})
	p, err := w.CreatePool(t.Context(), account, pool.Settings{Name: "corp", SAMLProviderARNs: []string{corpARN}, DeveloperProviderName: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	return w, p, entity, verifier
}

func wantOtherEntity(t *testing.T, what string, err error) {
	t.Helper()
	r, ok := login.AsRefusal(err)
	if !ok || r.Kind != login.WrongProvider || r.Claim != "entityID" {
		t.Errorf("%s: got %v, want a refusal for the entity", what, err)
	}
}

func TestPeopleOfOneEntityAreNotThoseOfAnother(t *testing.T) {
	w, p, entity, _ := corpWorld(t)
	ctx := t.Context()
	ada := map[string]string{corpARN: "ada"}
	id, err := w.GetID(ctx, p.ID, "", ada)
	if err != nil {
		t.Fatal(err)
	}
	*entity = "urn:two"
	eve := map[string]string{corpARN: "eve"}
	_, err = w.GetID(ctx, p.ID, "", ada)
	wantOtherEntity(t, "GetId of a name that is known", err)
	_, err = w.GetID(ctx, p.ID, "", eve)
	wantOtherEntity(t, "GetId of a name that is not", err)
	_, err = w.GetCredentials(ctx, id, ada, "", nil)
	wantOtherEntity(t, "GetCredentialsForIdentity", err)
	wantOtherEntity(t, "UnlinkIdentity", w.Unlink(ctx, id, ada, []string{corpARN}))
	_, err = w.GetDeveloperToken(ctx, pool.DeveloperTokenInput{PoolID: p.ID, Logins: map[string]string{"dev": "d", corpARN: "ada"}})
	wantOtherEntity(t, "GetOpenIdTokenForDeveloperIdentity", err)
	r, err := w.Rehearse(ctx, pool.Rehearsal{PoolID: p.ID, Logins: ada})
	wantOtherEntity(t, "SimulateLogin", err)
	if r.Identity != nil || !pool.Refused(err) {
		t.Errorf("rehearsed %+v", r)
	}
	_, err = w.Rehearse(ctx, pool.Rehearsal{PoolID: p.ID, Pretended: []pool.Pretended{{Provider: corpARN, Claims: `{"sub":"ada"}`}}})
	wantOtherEntity(t, "SimulateLogin with claims", err)

	// Taking the provider out of the pool and in again forgets nothing.
	for _, list := range [][]string{nil, {corpARN}} {
		if _, err := w.UpdatePool(ctx, p.ID, pool.Settings{Name: "corp", SAMLProviderARNs: list}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.GetID(ctx, p.ID, "", ada)
	wantOtherEntity(t, "after the provider came back", err)

	// The old entity is who it was.
	*entity = "urn:one"
	if got, err := w.GetID(ctx, p.ID, "", ada); err != nil || got != id {
		t.Errorf("the entity as it was: %s, %v; want %s", got, err, id)
	}

	// An administrator says that they are the same people.
	*entity = "urn:two"
	set := func(provider, entity string) error {
		_, err := w.UpdateExtensions(ctx, p.ID, func(e *pool.Extensions) { e.SAML.Entities = map[string]string{provider: entity} })
		return err
	}
	if err := set(corpARN, "urn:two"); err != nil {
		t.Fatal(err)
	}
	if got, err := w.GetID(ctx, p.ID, "", ada); err != nil || got != id {
		t.Errorf("the same people: %s, %v; want %s", got, err, id)
	}
	for name, err := range map[string]error{"no ARN": set("Corp", "urn:x"), "an OIDC provider": set(acmeARN, "urn:x"), "no entity": set(corpARN, ""), "a space": set(corpARN, " urn:x")} {
		var invalid *pool.Invalid
		if !errors.As(err, &invalid) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
}

func TestAnEntityIsRememberedByTheFirstWhoSignsIn(t *testing.T) {
	w, p, entity, _ := corpWorld(t)
	ctx := t.Context()
	entities := func() map[string]string {
		now, err := w.Pool(p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now.SAML.Entities
	}
	// A rehearsal and the doctor change nothing.
	if _, err := w.Rehearse(ctx, pool.Rehearsal{PoolID: p.ID, Logins: map[string]string{corpARN: "ada"}}); err != nil && !pool.Refused(err) {
		t.Fatal(err)
	}
	if _, err := w.Try(ctx, p.ID, corpARN, "ada", true); err != nil {
		t.Fatal(err)
	}
	if got := entities(); len(got) != 0 {
		t.Errorf("remembered %v before anybody signed in", got)
	}
	// Of many at once, from both sides of a change, only one entity's people get in.
	var wait sync.WaitGroup
	var mu sync.Mutex
	refusals := 0
	for i := range 20 {
		wait.Go(func() {
			_, err := w.GetID(ctx, p.ID, "", map[string]string{corpARN: strings.Repeat("x", i+1)})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				refusals++
			}
		})
	}
	wait.Wait()
	if diff := cmp.Diff(map[string]string{corpARN: "urn:one"}, entities()); diff != "" || refusals > 0 {
		t.Errorf("%d were refused; %s", refusals, diff)
	}
	*entity = "urn:two"
	_, err := w.GetID(ctx, p.ID, "", map[string]string{corpARN: "x"})
	wantOtherEntity(t, "another entity", err)
	if diff := cmp.Diff(map[string]string{corpARN: "urn:one"}, entities()); diff != "" {
		t.Error(diff)
	}
}

func TestAPoolSaysWhomAssertionsMustBeFor(t *testing.T) {
	w, p, _, verifier := corpWorld(t)
	ctx := t.Context()
	sign := func() login.Expect {
		t.Helper()
		if _, err := w.GetID(ctx, p.ID, "", map[string]string{corpARN: "ada"}); err != nil {
			t.Fatal(err)
		}
		return verifier.last
	}
	if e := sign(); e.Recipients != nil || e.ClientIDs != nil {
		t.Errorf("by default: %+v", e)
	}
	set := func(recipients, audiences []string) error {
		_, err := w.UpdateExtensions(ctx, p.ID, func(e *pool.Extensions) { e.SAML.Recipients, e.SAML.Audiences = recipients, audiences })
		return err
	}
	if err := set([]string{"https://app.example/saml"}, []string{"urn:app"}); err != nil {
		t.Fatal(err)
	}
	if e := sign(); !cmp.Equal(e.Recipients, []string{"https://app.example/saml"}) || !cmp.Equal(e.ClientIDs, []string{"urn:app"}) {
		t.Errorf("set: %+v", e)
	}
	for name, err := range map[string]error{
		"an empty one": set([]string{""}, nil), "a space": set(nil, []string{"urn:app "}), "a long one": set([]string{strings.Repeat("x", 1025)}, nil),
		"many": set(nil, strings.Split(strings.Repeat("x,", 20)+"x", ",")),
	} {
		var invalid *pool.Invalid
		if !errors.As(err, &invalid) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
}

func TestAPoolIsImportedAgainAfterItsPeopleHaveSignedIn(t *testing.T) {
	w, _, _, _ := corpWorld(t)
	ctx := t.Context()
	in := foreignPool()
	in.SAMLProviderARNs = []string{corpARN}
	if _, err := w.ImportPool(ctx, account, in); err != nil {
		t.Fatal(err)
	}
	if _, err := w.GetID(ctx, in.ID, "", map[string]string{corpARN: "ada"}); err != nil {
		t.Fatal(err)
	}
	if created, err := w.ImportPool(ctx, account, in); err != nil || created {
		t.Errorf("the same again: %v, %v", created, err)
	}
	in.SAML.Entities = map[string]string{corpARN: "urn:two"}
	var differs *pool.PoolDiffers
	if _, err := w.ImportPool(ctx, account, in); !errors.As(err, &differs) || cmp.Diff([]string{"SAML"}, differs.Fields) != "" {
		t.Errorf("with another entity: %v", err)
	}
	now, err := w.Pool(in.ID)
	if err != nil || cmp.Diff(map[string]string{corpARN: "urn:one"}, now.SAML.Entities) != "" {
		t.Errorf("the pool has %v, %v", now.SAML.Entities, err)
	}
}
