package testenv_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkGetOpenIdToken holds the classic flow against a floor that makes one
// signature of the same kind beside everything else: with RS512 the signature is
// nearly all of it.
func BenchmarkGetOpenIdToken(b *testing.B) {
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	es, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		algorithm string
		sign      func(digest []byte) error
	}{
		{"RS512", func(digest []byte) error {
			sum := sha512.Sum512(digest)
			_, err := rsa.SignPKCS1v15(rand.Reader, rs, crypto.SHA512, sum[:])
			return err
		}},
		{"ES256", func(digest []byte) error {
			_, err := ecdsa.SignASN1(rand.Reader, es, digest)
			return err
		}},
	} {
		b.Run(c.algorithm, func(b *testing.B) {
			s := newBenchStory(b)
			if a := s.env.Root().Do(b, "rockpool", http.MethodPost, "/", http.Header{
				"X-Amz-Target": {"Rockpool.UpdatePoolSettings"}, "Content-Type": {"application/x-amz-json-1.1"},
			}, string(jsonBody(b, map[string]any{"IdentityPoolId": s.pool, "TokenAlgorithm": c.algorithm}))); a.Status != http.StatusOK {
				b.Fatal(a.Body)
			}
			tokens := s.tokens(b.N)
			floor := newFloorWith(b, func(digest []byte) {
				if err := c.sign(digest); err != nil {
					b.Error(err)
				}
			})
			against(b, floor, 1, func(c *http.Client, n int) {
				post(b, c, s.request("GetOpenIdToken", s.getCredentials(tokens[n])))
			})
		})
	}
}

// BenchmarkHostileCall compares calls whose tokens are refused with calls whose
// tokens are accepted. No token is sent twice, so nothing is remembered.
func BenchmarkHostileCall(b *testing.B) {
	forged := func(token string) string { // another signature of the same length
		dot := strings.LastIndexByte(token, '.')
		flipped := byte('A')
		if token[dot+20] == 'A' {
			flipped = 'B'
		}
		return token[:dot+20] + string(flipped) + token[dot+21:]
	}
	for _, c := range []struct {
		name string
		make func(s *benchStory, token string) map[string]any
	}{
		{"forged signature", func(s *benchStory, token string) map[string]any { return s.getID(forged(token)) }},
		{"another algorithm", func(s *benchStory, token string) map[string]any {
			_, rest, _ := strings.Cut(token, ".")
			return s.getID("eyJhbGciOiJub25lIn0." + rest) // {"alg":"none"}
		}},
		{"20 kB of nothing", func(s *benchStory, token string) map[string]any {
			return s.getID(token + strings.Repeat("a", 20_000-len(token)))
		}},
		{"a key nobody knows", func(s *benchStory, token string) map[string]any {
			_, rest, _ := strings.Cut(token, ".")
			return s.getID("eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vIn0." + rest) // {"alg":"RS256","kid":"no"}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newBenchStory(b)
			accepted, refused := s.tokens(b.N), s.tokens(b.N)
			floor := func(client *http.Client, n int) { post(b, client, s.request("GetId", s.getID(accepted[n]))) }
			against(b, floor, 1, func(client *http.Client, n int) {
				answered(b, client, s.request("GetId", c.make(s, refused[n])), http.StatusBadRequest)
			})
		})
	}
}
