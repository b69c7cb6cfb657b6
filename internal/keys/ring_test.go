package keys_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
)

// store is a keys.Store in memory. before runs ahead of every Save.
type store struct {
	mu      sync.Mutex
	records []keys.Record
	version int64
	before  func()
}

func (s *store) Load(context.Context) ([]keys.Record, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records), s.version, nil
}

func (s *store) Save(_ context.Context, records []keys.Record, version int64) error {
	if f := s.before; f != nil {
		s.before = nil
		f()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if version != s.version {
		return keys.ErrConflict
	}
	s.records, s.version = slices.Clone(records), version+1
	return nil
}

func master(t testing.TB, letter string) keys.MasterKey {
	t.Helper()
	m, err := keys.ParseMasterKey(strings.Repeat(letter, 43), "the test")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t testing.TB, s keys.Store) *keys.Ring {
	t.Helper()
	r, err := keys.Open(t.Context(), keys.Config{Store: s, Master: master(t, "A")})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestASealedRecordOpensOnlyAsItWasMade(t *testing.T) {
	s := &store{}
	r := open(t, s)
	sealed, err := r.Seal("session", []byte("plain"), []byte("aad"))
	if err != nil {
		t.Fatal(err)
	}
	foreign := open(t, &store{})
	flip := func(i int) []byte {
		b := slices.Clone(sealed)
		b[i] ^= 1
		return b
	}
	var unknown *keys.UnknownKeyError
	tests := []struct {
		name    string
		ring    *keys.Ring
		purpose string
		record  []byte
		aad     string
		want    func(error) bool
	}{
		{"as it was made", r, "session", sealed, "aad", func(err error) bool { return err == nil }},
		{"for another purpose", r, "access-key", sealed, "aad", func(err error) bool { return errors.Is(err, keys.ErrTampered) }},
		{"with other additional data", r, "session", sealed, "other", func(err error) bool { return errors.Is(err, keys.ErrTampered) }},
		{"with a changed nonce", r, "session", flip(5), "aad", func(err error) bool { return errors.Is(err, keys.ErrTampered) }},
		{"with a changed text", r, "session", flip(18), "aad", func(err error) bool { return errors.Is(err, keys.ErrTampered) }},
		{"with a changed tag", r, "session", flip(len(sealed) - 1), "aad", func(err error) bool { return errors.Is(err, keys.ErrTampered) }},
		{"with another version", r, "session", flip(0), "aad", func(err error) bool { return errors.Is(err, keys.ErrMalformed) }},
		{"with another key id", r, "session", flip(1), "aad", func(err error) bool { return errors.As(err, &unknown) }},
		{"truncated", r, "session", sealed[:32], "aad", func(err error) bool { return errors.Is(err, keys.ErrMalformed) }},
		{"empty", r, "session", nil, "aad", func(err error) bool { return errors.Is(err, keys.ErrMalformed) }},
		{"by another ring", foreign, "session", sealed, "aad", func(err error) bool { return errors.As(err, &unknown) }},
		{"by the same ring opened again", open(t, s), "session", sealed, "aad", func(err error) bool { return err == nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plain, err := tt.ring.Open(tt.purpose, tt.record, []byte(tt.aad))
			if !tt.want(err) {
				t.Errorf("got error %v", err)
			}
			if err != nil && plain != nil {
				t.Error("a refused record gave bytes")
			}
			if err == nil && string(plain) != "plain" {
				t.Errorf("got %q", plain)
			}
		})
	}
}

func TestRotationKeepsOldRecordsAndKnowsTheNextKey(t *testing.T) {
	s := &store{}
	first, second := open(t, s), open(t, s)
	old, err := first.Seal("p", []byte("old"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Rotate(t.Context(), keys.Sealing); err != nil {
		t.Fatal(err)
	}
	fresh, err := first.Seal("p", []byte("new"), nil)
	if err != nil {
		t.Fatal(err)
	}
	// The second node has not refreshed, yet the key was in its ring as next.
	for _, r := range []*keys.Ring{first, second} {
		for want, sealed := range map[string][]byte{"old": old, "new": fresh} {
			if plain, err := r.Open("p", sealed, nil); err != nil || string(plain) != want {
				t.Errorf("%s: got %q, %v", want, plain, err)
			}
		}
	}
	states := map[keys.State]int{}
	for _, k := range first.Records() {
		states[k.State]++
		if k.Sealed != nil {
			t.Error("Records shows sealed keys")
		}
	}
	if states[keys.Next] != 1 || states[keys.Current] != 1 || states[keys.Retired] != 1 {
		t.Errorf("states %v", states)
	}

	id, err := keys.KeyID(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Remove(t.Context(), first.CurrentID()); err == nil {
		t.Error("the current key was removed")
	}
	if !first.Holds(old) {
		t.Error("the ring does not hold a retired key")
	}
	if err := first.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	var unknown *keys.UnknownKeyError
	if _, err := first.Open("p", old, nil); !errors.As(err, &unknown) || first.Holds(old) {
		t.Errorf("a removed key still opens: %v", err)
	}
	if err := second.Refresh(t.Context()); err != nil || second.Holds(old) {
		t.Errorf("a refresh does not take up the removal: %v", err)
	}
}

func TestTwoNodesStartingTogetherShareOneRing(t *testing.T) {
	s := &store{}
	var other *keys.Ring
	s.before = func() { other = open(t, s) }
	r := open(t, s)
	if r.CurrentID() != other.CurrentID() {
		t.Errorf("two rings: %s and %s", r.CurrentID(), other.CurrentID())
	}
}

func TestRotateIfDue(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r, err := keys.Open(t.Context(), keys.Config{Store: &store{}, Master: master(t, "A"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	const month = 30 * 24 * time.Hour
	if did, err := r.RotateIfDue(t.Context(), keys.Sealing, month); did || err != nil {
		t.Fatalf("a fresh key rotated: %v, %v", did, err)
	}
	before := r.CurrentID()
	now = now.Add(month)
	if did, err := r.RotateIfDue(t.Context(), keys.Sealing, month); !did || err != nil || r.CurrentID() == before {
		t.Fatalf("an old key stayed: %v, %v", did, err)
	}
	if did, _ := r.RotateIfDue(t.Context(), keys.Sealing, month); did {
		t.Error("the new key rotated at once")
	}
}

func TestTheWrongMasterKeyIsAClearErrorAtStart(t *testing.T) {
	s := &store{}
	open(t, s)
	_, err := keys.Open(t.Context(), keys.Config{Store: s, Master: master(t, "B")})
	var wrong *keys.WrongMasterKeyError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "restore the master key") {
		t.Errorf("got %v", err)
	}
}

func TestRecordsCannotBeSwappedInTheStore(t *testing.T) {
	s := &store{}
	open(t, s)
	s.records[0].Sealed, s.records[1].Sealed = s.records[1].Sealed, s.records[0].Sealed
	if _, err := keys.Open(t.Context(), keys.Config{Store: s, Master: master(t, "A")}); err == nil {
		t.Error("swapped records were accepted")
	}
}

func TestSignerIsMadeOnceOnFirstUse(t *testing.T) {
	s := &store{}
	r := open(t, s)
	if n := len(r.SigningKeys()); n != 0 {
		t.Fatalf("%d signing keys before the first use", n)
	}
	var wg sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		wg.Go(func() {
			k, err := r.Signer(t.Context(), keys.Signing)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = k.ID
		})
	}
	wg.Wait()
	again, err := open(t, s).Signer(t.Context(), keys.Signing)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range append(ids, again.ID) {
		if id != ids[0] {
			t.Errorf("several signing keys: %v, then %s", ids, again.ID)
		}
	}
	if got := len(r.SigningKeys()); got != 2 || again.Serial != 1 || again.Public().(*rsa.PublicKey).Size() != 256 {
		t.Errorf("%d keys published, serial %d, %d bytes", got, again.Serial, again.Public().(*rsa.PublicKey).Size())
	}
	name := "signing key " + again.ID
	if s := fmt.Sprintf("%v %+v %#v", again, again, again); s != name+" "+name+" "+name {
		t.Errorf("a signing key prints as %s", s)
	}
}

func TestSignatures(t *testing.T) {
	r := open(t, &store{})
	text := []byte("header.claims")
	k, err := r.Signer(t.Context(), keys.Signing)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := k.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha512.Sum512(text)
	if err := rsa.VerifyPKCS1v15(k.Public().(*rsa.PublicKey), crypto.SHA512, digest[:], sig); err != nil || k.Algorithm() != "RS512" {
		t.Errorf("RSA: %s: %v", k.Algorithm(), err)
	}

	// An elliptic key is of its own kind: both are current at once.
	e, err := r.Signer(t.Context(), keys.SigningEC)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 { // r or s with leading zeros must keep its width
		if sig, err = e.Sign(text); err != nil || len(sig) != 64 {
			t.Fatalf("%d bytes, %v", len(sig), err)
		}
		short := sha256.Sum256(text)
		x, y := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
		if !ecdsa.Verify(e.Public().(*ecdsa.PublicKey), short[:], x, y) || e.Algorithm() != "ES256" {
			t.Fatalf("%s does not verify", e.Algorithm())
		}
	}
	if err := r.Rotate(t.Context(), keys.SigningEC); err != nil {
		t.Fatal(err)
	}
	if again, err := r.Signer(t.Context(), keys.Signing); err != nil || again.ID != k.ID {
		t.Errorf("rotating one kind changed the other: %v, %v", again, err)
	}
	if next, err := r.Signer(t.Context(), keys.SigningEC); err != nil || next.ID == e.ID || next.Serial != 2 || len(r.SigningKeys()) != 5 {
		t.Errorf("after the rotation %v, %d keys, %v", next, len(r.SigningKeys()), err)
	}
	if _, err := r.Signer(t.Context(), keys.Sealing); err == nil {
		t.Error("a sealing key signs")
	}
}

func TestMasterKeyFile(t *testing.T) {
	dir := t.TempDir()
	random := bytes.NewReader(bytes.Repeat([]byte{7}, 64))
	created, err := keys.LoadMasterKey("", dir, random)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, keys.MasterKeyFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("files left behind: %v", entries)
	}
	s := &store{}
	ring, err := keys.Open(t.Context(), keys.Config{Store: s, Master: created})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, load := range map[string]func() (keys.MasterKey, error){
		"from the file": func() (keys.MasterKey, error) { return keys.LoadMasterKey("", dir, nil) },
		"from the environment": func() (keys.MasterKey, error) {
			return keys.LoadMasterKey(strings.TrimRight(string(text), "=\n"), t.TempDir(), nil)
		},
	} {
		m, err := load()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := keys.Open(t.Context(), keys.Config{Store: s, Master: m})
		if err != nil || again.CurrentID() != ring.CurrentID() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.LoadMasterKey("", dir, nil); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a readable file was accepted: %v", err)
	}
	if _, err := keys.LoadMasterKey("c2hvcnQ=", dir, nil); err == nil || strings.Contains(err.Error(), "c2hvcnQ") {
		t.Errorf("a short key: %v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	const text = "correct horse"
	m := master(t, "Q")
	type holder struct {
		Shown  keys.Secret
		hidden keys.Secret
		master keys.MasterKey
	}
	h := holder{keys.NewSecret(text), keys.NewSecret(text), m}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", h.Shown, "holder", h, "master", m)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", h.Shown, "holder", h)
	raw, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q %x %d", h, h, h, h.Shown, h.Shown, h.Shown, h.master) + log.String() + string(raw)
	for _, leak := range []string{text, "[16 65", "{16 65", fmt.Sprintf("%x", text)} {
		if strings.Contains(all, leak) {
			t.Errorf("%q shows in %s", leak, all)
		}
	}
	if !h.Shown.Equal(h.hidden) || h.Shown.Equal(keys.NewSecret("other")) || h.Shown.Reveal() != text || !(keys.Secret{}).Empty() {
		t.Error("Equal, Reveal or Empty is wrong")
	}
}

// FuzzOpen holds that nothing opens but what was sealed.
func FuzzOpen(f *testing.F) {
	r := open(f, &store{})
	sealed, err := r.Seal("p", []byte("plain"), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:len(sealed)-1])
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, err := r.Open("p", b, nil)
		if (err == nil) != bytes.Equal(b, sealed) || err != nil && plain != nil {
			t.Errorf("%x: %q, %v", b, plain, err)
		}
	})
}

func BenchmarkSeal600(b *testing.B) {
	r := open(b, &store{})
	plain := make([]byte, 600)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Seal("session", plain, nil); err != nil {
			b.Fatal(err)
		}
	}
}
