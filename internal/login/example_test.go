package login_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/login"
)

// passwordFile is the smallest provider: it believes one token.
type passwordFile struct{ token, person string }

func (p passwordFile) Verify(_ context.Context, token string, want login.Expect) (*login.Claims, error) {
	if token != p.token {
		return nil, &login.Refusal{Kind: login.Rejected, Provider: want.Provider}
	}
	return &login.Claims{Provider: want.Provider, Subject: p.person}, nil
}

// A provider turns a token into claims or a typed refusal; the caller decides
// by kind and never by text.
func ExampleVerifier() {
	var v login.Verifier = passwordFile{token: "sesame", person: "ali"}
	want := login.Expect{Provider: "cave.example"}
	for _, token := range []string{"sesame", "barley"} {
		claims, err := v.Verify(context.Background(), token, want)
		var refusal *login.Refusal
		switch {
		case errors.As(err, &refusal):
			fmt.Println("refused:", refusal.Kind)
		case err != nil:
			fmt.Println("our fault:", err)
		default:
			fmt.Println(claims.Subject, "of", claims.Provider)
		}
	}
	// Output:
	// ali of cave.example
	// refused: Rejected
}
