package logintest

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/rockpool-id/rockpool/internal/login"
)

// When an attack may cause a fetch of keys.
type fetch int

const (
	never      fetch = iota + 1 // refused without keys
	ifCold                      // needs keys, so only if none are known
	onceForKid                  // names a key that is not known
)

// An attack is a token that must be refused.
type attack struct {
	name  string // what is refused, as a sentence
	token func(*env) string
	want  login.Kind
	claim string // the claim the refusal must name, if any
	fetch fetch
}

type honestCase struct {
	name  string
	token func(*env) string
}

func honest() []honestCase {
	rsa := func(change JSON) func(*env) string {
		return func(e *env) string { return e.rsa.Token(e.with(change)) }
	}
	return []honestCase{
		{"an RS256 token", rsa(nil)},
		{"an ES256 token", func(e *env) string { return e.ec.Token(e.claims()) }},
		{"a token without kid when one key fits", func(e *env) string {
			return e.ec.TokenWith(JSON{"alg": "ES256"}, e.claims())
		}},
		{"one of several audiences is enough", rsa(JSON{"aud": []string{"other", ClientID}})},
		{"azp counts instead of aud", rsa(JSON{"aud": "backend", "azp": ClientID})},
		{"times with fractions", func(e *env) string {
			now := e.clock.Now().Unix()
			return e.rsa.Token(e.with(JSON{"exp": json.Number(fmt.Sprintf("%d.25", now+3600)), "iat": json.Number(fmt.Sprintf("%d.5E1", now/10))}))
		}},
		{"iat and nbf a little in the future", func(e *env) string {
			now := e.clock.Now().Unix()
			return e.rsa.Token(e.with(JSON{"iat": now + 299, "nbf": now + 299}))
		}},
		{"jwk, jku, x5u and x5c headers are not looked at", func(e *env) string {
			return e.rsa.TokenWith(e.rsa.Header().With(hostileHeaders(e)), e.claims())
		}},
	}
}

// hostileHeaders point to the attacker's key in every way there is.
func hostileHeaders(e *env) JSON {
	return JSON{
		"jwk": e.stranger.JWK(), "jku": "http://127.0.0.1:1/keys",
		"x5u": "http://127.0.0.1:1/cert", "x5c": []string{"AAAA"},
	}
}

func attacks() []attack {
	all := [][]attack{algorithmAttacks(), keyAttacks(), issuerAttacks(), timeAttacks(), audienceAttacks(), claimAttacks(), shapeAttacks(), signatureAttacks()}
	var out []attack
	for _, group := range all {
		out = append(out, group...)
	}
	return out
}

func algorithmAttacks() []attack {
	unsigned := func(alg any) func(*env) string {
		return func(e *env) string {
			token := e.rsa.TokenWith(e.rsa.Header().With(JSON{"alg": alg}), e.claims())
			return token[:strings.LastIndexByte(token, '.')+1]
		}
	}
	renamed := func(alg any) func(*env) string {
		return func(e *env) string { return e.rsa.TokenWith(e.rsa.Header().With(JSON{"alg": alg}), e.claims()) }
	}
	return []attack{
		{"HS256 with the public key's PEM as secret", func(e *env) string {
			der, err := x509.MarshalPKIXPublicKey(e.rsa.Signer.Public())
			if err != nil {
				e.rsa.tb.Fatal(err)
			}
			return e.rsa.hs256(e.claims(), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		}, login.BadAlgorithm, "alg", never},
		{"HS256 with the public key's JWK as secret", func(e *env) string {
			return e.rsa.hs256(e.claims(), e.rsa.marshal(e.rsa.JWK()))
		}, login.BadAlgorithm, "alg", never},
		{"HS256 with an empty secret", func(e *env) string { return e.rsa.hs256(e.claims(), nil) }, login.BadAlgorithm, "alg", never},
		{"alg none without signature", unsigned("none"), login.BadAlgorithm, "alg", never},
		{"alg NONE without signature", unsigned("NONE"), login.BadAlgorithm, "alg", never},
		{"alg nOnE with a signature", renamed("nOnE"), login.BadAlgorithm, "alg", never},
		{"alg stripped", renamed(Absent()), login.BadAlgorithm, "alg", never},
		{"alg empty", renamed(""), login.BadAlgorithm, "alg", never},
		{"alg in lower case", renamed("rs256"), login.BadAlgorithm, "alg", never},
		{"alg with a space", renamed("RS256 "), login.BadAlgorithm, "alg", never},
		{"alg a number", renamed(256), login.Malformed, "alg", never},
		{"alg a list", renamed([]string{"RS256"}), login.Malformed, "alg", never},
		{"alg not on the provider's list though the key could", func(e *env) string {
			return e.p384.Token(e.claims())
		}, login.BadAlgorithm, "alg", never},
		{"RS512 by a key on an RS256 list", func(e *env) string {
			return e.rsa.As("rsa-1", "RS512").Token(e.claims())
		}, login.BadAlgorithm, "alg", never},
		{"alg of another key type", func(e *env) string {
			return e.ec.As("rsa-1", "ES256").Token(e.claims())
		}, login.BadAlgorithm, "alg", ifCold},
		{"alg of another curve", func(e *env) string {
			return e.ec.As("ec-384", "ES256").Token(e.claims())
		}, login.BadAlgorithm, "alg", ifCold},
		{"alg of another curve when the key names none", func(e *env) string {
			return e.ec.As("ec-384-open", "ES256").Token(e.claims())
		}, login.BadAlgorithm, "alg", ifCold},
		{"alg that fits the hash and not the curve, signed by the key", func(e *env) string {
			return e.p384Open.As("ec-384-open", "ES256").Token(e.claims())
		}, login.BadAlgorithm, "alg", ifCold},
	}
}

func keyAttacks() []attack {
	forged := func(change JSON) func(*env) string {
		return func(e *env) string {
			return e.stranger.TokenWith(e.rsa.Header().With(change), e.claims())
		}
	}
	return []attack{
		{"a stranger's signature under a known kid", forged(nil), login.BadSignature, "", ifCold},
		{"a stranger's signature under an unknown kid", forged(JSON{"kid": "stranger"}), login.UnknownKey, "kid", onceForKid},
		{"a kid that is a path", forged(JSON{"kid": "../../etc/passwd"}), login.UnknownKey, "kid", onceForKid},
		{"a kid that is a URL", forged(JSON{"kid": "http://127.0.0.1:1/key"}), login.UnknownKey, "kid", onceForKid},
		{"a kid of another case", forged(JSON{"kid": "RSA-1"}), login.UnknownKey, "kid", onceForKid},
		{"a kid that is a number", forged(JSON{"kid": 1}), login.Malformed, "kid", never},
		{"no kid and a stranger's signature", forged(JSON{"kid": Absent()}), login.BadSignature, "", onceForKid},
		{"the signer's key embedded as jwk", func(e *env) string {
			return e.stranger.TokenWith(e.stranger.Header().With(JSON{"jwk": e.stranger.JWK()}), e.claims())
		}, login.UnknownKey, "kid", onceForKid},
		{"the signer's key embedded as jwk under a known kid", forged(JSON{"jwk": JSON{"kty": "RSA"}}), login.BadSignature, "", ifCold},
		{"jku, x5u and x5c headers pointing to the signer's key", func(e *env) string {
			return e.stranger.TokenWith(e.rsa.Header().With(hostileHeaders(e)), e.claims())
		}, login.BadSignature, "", ifCold},
		{"an RSA key of 1024 bits though it is published", func(e *env) string {
			return e.weak.Token(e.claims())
		}, login.UnknownKey, "kid", onceForKid},
		{"a critical header", forged(JSON{"crit": []string{"exp"}, "exp": 1}), login.UnsupportedHeader, "crit", never},
		{"an empty list of critical headers", forged(JSON{"crit": []string{}}), login.UnsupportedHeader, "crit", never},
		{"an unencoded payload announced as critical", forged(JSON{"b64": false, "crit": []string{"b64"}}), login.UnsupportedHeader, "crit", never},
	}
}

func issuerAttacks() []attack {
	iss := func(change func(string) string) func(*env) string {
		return func(e *env) string {
			issuer := change(e.h.Issuer)
			if issuer == e.h.Issuer { // a spelling without scheme
				issuer = change("https://evil-" + issuer)
			}
			return e.rsa.Token(e.with(JSON{"iss": issuer}))
		}
	}
	cases := []struct {
		name   string
		change func(string) string
	}{
		{"with a trailing slash more or less", func(s string) string {
			if strings.HasSuffix(s, "/") {
				return strings.TrimSuffix(s, "/")
			}
			return s + "/"
		}},
		{"in upper case", strings.ToUpper},
		{"over http", func(s string) string { return strings.Replace(s, "https://", "http://", 1) }},
		{"with a user name", func(s string) string { return strings.Replace(s, "https://", "https://"+"x@", 1) }},
		{"as user name of another host", func(s string) string { return s + "@evil.example" }},
		{"as prefix of another host", func(s string) string { return s + ".evil.example" }},
		{"as suffix of another host", func(s string) string { return strings.Replace(s, "https://", "https://evil-", 1) }},
		{"with a port", func(s string) string { return s + ":443" }},
		{"with a query", func(s string) string { return s + "?" }},
		{"with a fragment", func(s string) string { return s + "#" }},
		{"with a space", func(s string) string { return s + " " }},
		{"with a Cyrillic letter for a Latin one", func(s string) string { return strings.ReplaceAll(s, "e", "\u0435") }},
		{"with an invisible letter", func(s string) string { return s + "\u200b" }},
		{"with a percent-encoded letter", func(s string) string { return strings.Replace(s, ".", "%2e", 1) }},
		{"of another provider", func(string) string { return "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example" }},
	}
	var out []attack
	for _, c := range cases {
		out = append(out, attack{"issuer " + c.name, iss(c.change), login.WrongIssuer, "iss", never})
	}
	return append(out,
		attack{"issuer with a line break", iss(func(s string) string { return s + "\n" }), login.Malformed, "iss", never},
		attack{"issuer empty", iss(func(string) string { return "" }), login.Malformed, "iss", never},
		attack{"issuer a list", func(e *env) string { return e.rsa.Token(e.with(JSON{"iss": []string{e.h.Issuer}})) }, login.Malformed, "iss", never},
	)
}

func timeAttacks() []attack {
	at := func(claim string, value func(now int64) any) func(*env) string {
		return func(e *env) string { return e.rsa.Token(e.with(JSON{claim: value(e.clock.Now().Unix())})) }
	}
	fixed := func(v any) func(int64) any { return func(int64) any { return v } }
	ago := func(d int64) func(int64) any { return func(now int64) any { return now - d } }
	return []attack{
		{"expired a second ago", at("exp", ago(1)), login.Expired, "exp", ifCold},
		{"expired this very second", at("exp", ago(0)), login.Expired, "exp", ifCold},
		{"expired in 1970", at("exp", fixed(0)), login.Expired, "exp", ifCold},
		{"nbf beyond the leeway", at("nbf", ago(-301)), login.NotYetValid, "nbf", ifCold},
		{"iat beyond the leeway", at("iat", ago(-301)), login.NotYetValid, "iat", ifCold},
		{"exp missing", at("exp", fixed(Absent())), login.MissingClaim, "exp", never},
		{"iat missing", at("iat", fixed(Absent())), login.MissingClaim, "iat", never},
		{"exp null", at("exp", fixed(nil)), login.Malformed, "exp", never},
		{"exp beyond the year 9999", at("exp", fixed(json.Number("253402300800"))), login.Malformed, "exp", never},
		{"exp beyond 64 bits", at("exp", fixed(json.Number("99999999999999999999"))), login.Malformed, "exp", never},
		{"exp beyond floating point", at("exp", fixed(json.Number("1e400"))), login.Malformed, "exp", never},
		{"exp negative", at("exp", fixed(-1)), login.Malformed, "exp", never},
		{"exp a string", at("exp", func(now int64) any { return fmt.Sprint(now + 3600) }), login.Malformed, "exp", never},
		{"exp a boolean", at("exp", fixed(true)), login.Malformed, "exp", never},
		{"exp a list", at("exp", func(now int64) any { return []int64{now + 3600} }), login.Malformed, "exp", never},
		{"iat a string", at("iat", fixed("yesterday")), login.Malformed, "iat", never},
		{"nbf null", at("nbf", fixed(nil)), login.Malformed, "nbf", never},
	}
}

func audienceAttacks() []attack {
	with := func(change JSON) func(*env) string {
		return func(e *env) string { return e.rsa.Token(e.with(change)) }
	}
	return []attack{
		{"another client's token", with(JSON{"aud": "client-2"}), login.WrongAudience, "aud", ifCold},
		{"audience in another case", with(JSON{"aud": "CLIENT-1"}), login.WrongAudience, "aud", ifCold},
		{"audience with the client id inside", with(JSON{"aud": "client-1,client-2"}), login.WrongAudience, "aud", ifCold},
		{"audiences of which none is ours", with(JSON{"aud": []string{"client-2", "client-3"}}), login.WrongAudience, "aud", ifCold},
		{"azp of another client though aud is ours", with(JSON{"azp": "client-2"}), login.WrongAudience, "azp", ifCold},
		{"aud missing, as in an access token", with(JSON{"aud": Absent(), "client_id": ClientID, "token_use": "access"}), login.MissingClaim, "aud", never},
		{"aud null", with(JSON{"aud": nil}), login.Malformed, "aud", never},
		{"aud empty", with(JSON{"aud": ""}), login.Malformed, "aud", never},
		{"aud an empty list", with(JSON{"aud": []string{}}), login.Malformed, "aud", never},
		{"aud with an empty element", with(JSON{"aud": []string{ClientID, ""}}), login.Malformed, "aud", never},
		{"aud with a number", with(JSON{"aud": []any{ClientID, 1}}), login.Malformed, "aud", never},
		{"aud an object", with(JSON{"aud": JSON{"client": ClientID}}), login.Malformed, "aud", never},
		{"aud a number", with(JSON{"aud": 1}), login.Malformed, "aud", never},
		{"azp empty", with(JSON{"azp": ""}), login.Malformed, "azp", never},
		{"azp a list", with(JSON{"azp": []string{ClientID}}), login.Malformed, "azp", never},
	}
}

func claimAttacks() []attack {
	with := func(change JSON) func(*env) string {
		return func(e *env) string { return e.rsa.Token(e.with(change)) }
	}
	raw := func(change func(claims []byte) []byte) func(*env) string {
		return func(e *env) string {
			return e.rsa.Seal(e.rsa.marshal(e.rsa.Header()), change(e.rsa.marshal(e.claims())))
		}
	}
	prefix := func(s string) func([]byte) []byte {
		return func(b []byte) []byte { return append([]byte("{"+s+","), b[1:]...) }
	}
	return []attack{
		{"sub missing", with(JSON{"sub": Absent()}), login.MissingClaim, "sub", never},
		{"iss missing", with(JSON{"iss": Absent()}), login.MissingClaim, "iss", never},
		{"sub empty", with(JSON{"sub": ""}), login.Malformed, "sub", never},
		{"sub a number", with(JSON{"sub": 1}), login.Malformed, "sub", never},
		{"sub with a NUL", with(JSON{"sub": "a\x00b"}), login.Malformed, "sub", never},
		{"sub of 2,000 bytes", with(JSON{"sub": strings.Repeat("a", 2000)}), login.Malformed, "sub", never},
		{"amr a number", with(JSON{"amr": 1}), login.Malformed, "amr", never},
		{"sub twice", raw(prefix(`"sub":"admin"`)), login.Malformed, "sub", never},
		{"aud twice, once escaped", raw(prefix(`"\u0061ud":"x"`)), login.Malformed, "aud", never},
		{"a nested member twice", raw(prefix(`"x":{"role":"a","role":"b"}`)), login.Malformed, "role", never},
		{"alg twice", func(e *env) string {
			return e.rsa.Seal([]byte(`{"alg":"RS256","kid":"rsa-1","alg":"none"}`), e.rsa.marshal(e.claims()))
		}, login.Malformed, "alg", never},
		{"required claims in another case", with(JSON{"sub": Absent(), "Sub": "admin"}), login.MissingClaim, "sub", never},
		{"an access token by its type", func(e *env) string {
			return e.rsa.TokenWith(e.rsa.Header().With(JSON{"typ": "at+jwt"}), e.claims())
		}, login.NotIDToken, "typ", never},
		{"a logout token", with(JSON{"events": JSON{"http://schemas.openid.net/event/backchannel-logout": JSON{}}}), login.NotIDToken, "events", never},
		{"claims with invalid UTF-8", raw(func(b []byte) []byte { return bytes.Replace(b, []byte("ada"), []byte("a\xff"), 1) }), login.NotJWT, "claims", never},
		{"claims with a lone surrogate", raw(func(b []byte) []byte { return bytes.Replace(b, []byte("ada"), []byte(`\ud800`), 1) }), login.NotJWT, "claims", never},
		{"claims with text after the object", raw(func(b []byte) []byte { return append(b, "{}"...) }), login.NotJWT, "claims", never},
		{"claims that are a list", raw(func([]byte) []byte { return []byte("[]") }), login.NotJWT, "claims", never},
		{"claims nested a hundred levels deep", raw(prefix(`"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100))), login.NotJWT, "claims", never},
		{"claims nested four thousand levels deep without an end", raw(func([]byte) []byte { return bytes.Repeat([]byte(`{"a":`), 2500) }), login.NotJWT, "claims", never},
	}
}

func shapeAttacks() []attack {
	text := func(s string) func(*env) string { return func(*env) string { return s } }
	changed := func(change func(parts []string)) func(*env) string {
		return func(e *env) string {
			parts := strings.Split(e.rsa.Token(e.claims()), ".")
			change(parts)
			return strings.Join(parts, ".")
		}
	}
	return []attack{
		{"an empty token", text(""), login.NotJWT, "", never},
		{"an opaque access token", text("EAACEdEose0cBAOpaqueFacebookToken"), login.NotJWT, "", never},
		{"two dots and nothing else", text(".."), login.NotJWT, "", never},
		{"two segments", changed(func(p []string) { p[2] = ""; p[1] += "x" }), login.NotJWT, "", never},
		{"four segments", changed(func(p []string) { p[2] += ".AAAA" }), login.NotJWT, "", never},
		{"five segments: an encrypted token", text("eyJhbGciOiJSU0EtT0FFUCJ9.AAAA.AAAA.AAAA.AAAA"), login.NotIDToken, "", never},
		{"ten thousand segments", text(strings.Repeat("a.", 9_999)), login.NotJWT, "", never},
		{"50 kB of claims", func(e *env) string {
			return e.rsa.Token(e.with(JSON{"pad": strings.Repeat("a", 37_000)}))
		}, login.TooLarge, "", never},
		{"a header of 9 kB", func(e *env) string {
			return e.rsa.TokenWith(e.rsa.Header().With(JSON{"pad": strings.Repeat("a", 7000)}), e.claims())
		}, login.TooLarge, "header", never},
		{"a signature of 2 kB", changed(func(p []string) { p[2] = strings.Repeat("A", 2048) }), login.TooLarge, "signature", never},
		{"padded base64", changed(func(p []string) { p[1] += "=" }), login.NotJWT, "claims", never},
		{"padded signature", changed(func(p []string) { p[2] += "==" }), login.NotJWT, "signature", never},
		{"a line break inside the claims", changed(func(p []string) { p[1] = p[1][:8] + "\n" + p[1][8:] }), login.NotJWT, "claims", never},
		{"a line break after the signature", changed(func(p []string) { p[2] += "\r\n" }), login.NotJWT, "signature", never},
		{"a space before the token", changed(func(p []string) { p[0] = " " + p[0] }), login.NotJWT, "header", never},
		{"the alphabet of plain base64", changed(func(p []string) { p[2] = "+/" + p[2][2:] }), login.NotJWT, "signature", never},
		{"bits after the end of the signature", changed(func(p []string) { p[2] = p[2][:len(p[2])-1] + "B" }), login.NotJWT, "signature", never},
		{"a byte that is no letter", changed(func(p []string) { p[0] = "\x00" + p[0][1:] }), login.NotJWT, "header", never},
		{"the JSON serialization", func(e *env) string {
			p := strings.Split(e.rsa.Token(e.claims()), ".")
			return fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, p[0], p[1], p[2])
		}, login.NotJWT, "", never},
	}
}

func signatureAttacks() []attack {
	sig := func(change func(e *env, sig []byte) []byte, key func(*env) *Key) func(*env) string {
		return func(e *env) string {
			k := key(e)
			input := B64(k.marshal(k.Header())) + "." + B64(k.marshal(e.claims()))
			return input + "." + B64(change(e, k.Sign(input)))
		}
	}
	rsa, ec := func(e *env) *Key { return e.rsa }, func(e *env) *Key { return e.ec }
	return []attack{
		{"no signature", func(e *env) string {
			token := e.rsa.Token(e.claims())
			return token[:strings.LastIndexByte(token, '.')+1]
		}, login.NotJWT, "signature", never},
		{"a changed claim", func(e *env) string {
			p := strings.Split(e.rsa.Token(e.claims()), ".")
			return p[0] + "." + B64(e.rsa.marshal(e.with(JSON{"sub": "admin"}))) + "." + p[2]
		}, login.BadSignature, "", ifCold},
		{"a changed header", func(e *env) string {
			p := strings.Split(e.rsa.Token(e.claims()), ".")
			return B64(e.rsa.marshal(e.rsa.Header().With(JSON{"x": 1}))) + "." + p[1] + "." + p[2]
		}, login.BadSignature, "", ifCold},
		{"RSA signature cut short", sig(func(_ *env, s []byte) []byte { return s[:len(s)-1] }, rsa), login.BadSignature, "", ifCold},
		{"RSA signature with a byte more", sig(func(_ *env, s []byte) []byte { return append([]byte{0}, s...) }, rsa), login.BadSignature, "", ifCold},
		{"RSA signature of zeros", sig(func(_ *env, s []byte) []byte { return make([]byte, len(s)) }, rsa), login.BadSignature, "", ifCold},
		{"RSA signature of a changed bit", sig(func(_ *env, s []byte) []byte { s[9] ^= 1; return s }, rsa), login.BadSignature, "", ifCold},
		{"PSS signature announced as PKCS 1", func(e *env) string {
			input := B64(e.rsa.marshal(e.rsa.Header())) + "." + B64(e.rsa.marshal(e.claims()))
			return input + "." + B64(e.rsa.As("rsa-1", "PS256").Sign(input))
		}, login.BadSignature, "", ifCold},
		{"ECDSA signature with r and s zero", sig(func(*env, []byte) []byte { return make([]byte, 64) }, ec), login.BadSignature, "", ifCold},
		{"ECDSA signature with r zero", sig(func(_ *env, s []byte) []byte { clear(s[:32]); return s }, ec), login.BadSignature, "", ifCold},
		{"ECDSA signature with s zero", sig(func(_ *env, s []byte) []byte { clear(s[32:]); return s }, ec), login.BadSignature, "", ifCold},
		{"ECDSA signature with r and s the order of the curve", sig(func(e *env, _ []byte) []byte {
			return append(curveOrder(e.ec), curveOrder(e.ec)...)
		}, ec), login.BadSignature, "", ifCold},
		{"ECDSA signature cut short", sig(func(_ *env, s []byte) []byte { return s[:63] }, ec), login.BadSignature, "", ifCold},
		{"ECDSA signature padded in front", sig(func(_ *env, s []byte) []byte {
			return append(append([]byte{0}, s[:32]...), append([]byte{0}, s[32:]...)...)
		}, ec), login.BadSignature, "", ifCold},
		{"ECDSA signature with a zero before s", sig(func(_ *env, s []byte) []byte {
			return append(append(append([]byte{}, s[:32]...), 0), s[32:]...)
		}, ec), login.BadSignature, "", ifCold},
		{"ECDSA signature in ASN.1", func(e *env) string {
			input := B64(e.ec.marshal(e.ec.Header())) + "." + B64(e.ec.marshal(e.claims()))
			return input + "." + B64(e.ec.signASN1(input))
		}, login.BadSignature, "", ifCold},
	}
}
