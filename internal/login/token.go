package login

import (
	"log/slog"
)

// A Token is a parsed JSON Web Token of which nothing has been proven yet. Its
// exported accessors serve to choose a verifier and to explain a refusal; no
// decision may rest on them.
type Token struct {
	raw    string
	header header
	claims Claims
}

// header is what we read of a JOSE header. Headers that name keys (jwk, jku,
// x5u, x5c) are deliberately absent.
type header struct {
	alg, kid, typ string
}

// UnverifiedIssuer is the iss claim the token carries, whoever wrote it.
func (t *Token) UnverifiedIssuer() string { return t.claims.Issuer }

// UnverifiedClaims is what the token says. It serves the token doctor.
func (t *Token) UnverifiedClaims() Claims { return t.claims }

// String hides the token.
func (t *Token) String() string { return "[token]" }

// LogValue hides the token.
func (t *Token) LogValue() slog.Value { return slog.StringValue("[token]") }
