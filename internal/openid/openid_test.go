package openid_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/login"
	"github.com/rockpool-id/rockpool/internal/openid"
)

const pool = "eu-west-1:11111111-0000-4000-8000-000000000000"

// ringStore keeps a ring in memory.
type ringStore struct {
	mu      sync.Mutex
	records []keys.Record
	version int64
}

func (s *ringStore) Load(context.Context) ([]keys.Record, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]keys.Record(nil), s.records...), s.version, nil
}

func (s *ringStore) Save(_ context.Context, records []keys.Record, version int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version != s.version {
		return keys.ErrConflict
	}
	s.records, s.version = append([]keys.Record(nil), records...), version+1
	return nil
}

type world struct {
	*openid.Issuer
	ring *keys.Ring
	now  time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	master, err := keys.LoadMasterKey("", t.TempDir(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.Open(t.Context(), keys.Config{Store: &ringStore{}, Master: master})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{ring: ring, now: time.Unix(1_800_000_000, 0)}
	w.Issuer = openid.New(openid.Config{Ring: ring, Region: "eu-west-1", Now: func() time.Time { return w.now }})
	return w
}

func (w *world) token(t *testing.T, kind keys.Kind, change func(*openid.Token)) string {
	t.Helper()
	in := openid.Token{
		Identity: "eu-west-1:22222222-0000-4000-8000-000000000000", Pool: pool, PoolARN: "arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/" + pool,
		AMR: []string{"authenticated", "login.dev.example"}, Lifetime: 10 * time.Minute,
	}
	if change != nil {
		change(&in)
	}
	token, err := w.Issue(t.Context(), in, kind)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

var expect = login.Expect{Provider: "cognito-identity.amazonaws.com", ClientIDs: []string{pool}}

// TestTokens is cognito-identity.md 4.3, read by somebody else's library with the
// published keys.
func TestTokens(t *testing.T) {
	w := newWorld(t)
	document, err := w.KeySet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(document, &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 4 {
		t.Errorf("%d keys are published, want a current and a next one of each kind", len(set.Keys))
	}
	for kind, want := range map[keys.Kind]struct {
		alg jose.SignatureAlgorithm
		id  string
	}{keys.Signing: {jose.RS512, "eu-west-11"}, keys.SigningEC: {jose.ES256, "eu-west-1e1"}} {
		token := w.token(t, kind, func(in *openid.Token) { in.Tags = map[string]string{"dep": "it"} })
		parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{want.alg})
		if err != nil {
			t.Fatal(err)
		}
		h := parsed.Signatures[0].Header
		if h.KeyID != want.id || h.ExtraHeaders["typ"] != "JWS" {
			t.Errorf("the header is %+v, want key %s and type JWS", h, want.id)
		}
		body, err := parsed.Verify(set.Key(h.KeyID)[0])
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		var got map[string]any
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]any{
			"iss": "https://cognito-identity.amazonaws.com", "sub": "eu-west-1:22222222-0000-4000-8000-000000000000", "aud": pool,
			"amr": []any{"authenticated", "login.dev.example"}, "iat": 1.8e9, "exp": 1.8e9 + 600,
			"https://cognito-identity.amazonaws.com/identity-pool-arn": "arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/" + pool,
			"https://aws.amazon.com/tags":                              map[string]any{"principal_tags": map[string]any{"dep": []any{"it"}}},
		}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		claims, err := w.Verify(t.Context(), token, expect)
		if err != nil || claims.Subject != got["sub"] || claims.Provider != expect.Provider {
			t.Errorf("our own verifier: %+v, %v", claims, err)
		}
	}
	if strings.Contains(w.token(t, keys.Signing, nil), base64.RawURLEncoding.EncodeToString([]byte("aws.amazon.com/tags"))) {
		t.Error("a token without tags has the claim of tags")
	}
	discovery, err := w.Discovery()
	if err != nil || !strings.Contains(string(discovery), `"jwks_uri":"https://cognito-identity.amazonaws.com/.well-known/jwks_uri"`) {
		t.Errorf("%s, %v", discovery, err)
	}
}

// forge makes a token with a header and claims of one's own, signed by sign.
func forge(head, body string, sign func(text []byte) []byte) string {
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(head)) + "." + b64([]byte(body))
	return text + "." + b64(sign([]byte(text)))
}

func TestForgedTokens(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	good := w.token(t, keys.Signing, nil)
	parts := strings.Split(good, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	rs, err := w.ring.Signer(t.Context(), keys.Signing)
	if err != nil {
		t.Fatal(err)
	}
	es, err := w.ring.Signer(t.Context(), keys.SigningEC)
	if err != nil {
		t.Fatal(err)
	}
	by := func(k *keys.SigningKey) func([]byte) []byte {
		return func(text []byte) []byte {
			sig, err := k.Sign(text)
			if err != nil {
				t.Fatal(err)
			}
			return sig
		}
	}
	for name, c := range map[string]struct {
		token string
		want  login.Kind
	}{
		"of another installation":           {other.token(t, keys.SigningEC, nil), login.BadSignature},
		"no algorithm":                      {forge(`{"kid":"eu-west-11","alg":"none"}`, string(body), func([]byte) []byte { return nil }), login.BadAlgorithm},
		"the public key as a shared secret": {forge(`{"kid":"eu-west-11","alg":"HS256"}`, string(body), by(rs)), login.BadAlgorithm},
		"another hash than the key's":       {forge(`{"kid":"eu-west-11","alg":"RS256"}`, string(body), by(rs)), login.BadAlgorithm},
		"the other kind's algorithm":        {forge(`{"kid":"eu-west-11","alg":"ES256"}`, string(body), by(es)), login.BadAlgorithm},
		"the other kind's key":              {forge(`{"kid":"eu-west-1e1","alg":"RS512"}`, string(body), by(rs)), login.BadAlgorithm},
		"a key that does not exist":         {forge(`{"kid":"eu-west-19","alg":"RS512"}`, string(body), by(rs)), login.UnknownKey},
		"no key":                            {forge(`{"alg":"RS512"}`, string(body), by(rs)), login.UnknownKey},
		"other claims under the signature":  {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(body), "login.dev.example", "login.dev.examplf", 1))) + "." + parts[2], login.BadSignature},
		"another issuer":                    {forge(`{"kid":"eu-west-11","alg":"RS512"}`, strings.Replace(string(body), `"iss":"https://cognito`, `"iss":"https://other`, 1), by(rs)), login.WrongIssuer},
		"another pool":                      {w.token(t, keys.Signing, func(in *openid.Token) { in.Pool = "eu-west-1:other" }), login.WrongAudience},
		"expired":                           {w.token(t, keys.Signing, func(in *openid.Token) { in.Lifetime = 0 }), login.Expired},
		"an access token":                   {"EAAB", login.NotJWT},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Verify(t.Context(), c.token, expect)
			r, ok := login.AsRefusal(err)
			if !ok || r.Kind != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if _, err := w.Verify(t.Context(), good, expect); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// A rotation leaves older tokens good, until their key is removed.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	old := w.token(t, keys.Signing, nil)
	before := w.ring.SigningKeys()
	if err := w.ring.Rotate(t.Context(), keys.Signing); err != nil {
		t.Fatal(err)
	}
	next := w.token(t, keys.Signing, nil)
	if strings.Split(old, ".")[0] == strings.Split(next, ".")[0] {
		t.Error("the same key signs after a rotation")
	}
	for name, token := range map[string]string{"old": old, "new": next} {
		if _, err := w.Verify(t.Context(), token, expect); err != nil {
			t.Errorf("the %s token: %v", name, err)
		}
	}
	if err := w.ring.Remove(t.Context(), before[0].ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Verify(t.Context(), old, expect)
	if r, ok := login.AsRefusal(err); !ok || r.Kind != login.UnknownKey {
		t.Errorf("a token of a removed key: %v", err)
	}
}
