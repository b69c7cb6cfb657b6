package cognitoapi

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/pool"
)

// badPage reports a NextToken that was not made for this listing.
type badPage struct{ err error }

func (e *badPage) Error() string { return fmt.Sprintf("cognitoapi: bad page token: %v", e.err) }
func (e *badPage) Unwrap() error { return e.err }

// pageToken seals a position of a listing; of says which listing.
func pageToken(s keys.Sealer, of, position string) (*string, error) {
	sealed, err := s.Seal("page", []byte(position), []byte(of))
	if err != nil {
		return nil, fmt.Errorf("seal page token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(sealed)
	return &token, nil
}

// pagePosition opens a page token; no token is the start.
func pagePosition(s keys.Sealer, of string, token *string) (string, error) {
	if token == nil {
		return "", nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return "", &badPage{err}
	}
	position, err := s.Open("page", sealed, []byte(of))
	if err != nil {
		return "", &badPage{err}
	}
	return string(position), nil
}

// identityPosition is the text form of a place among a pool's identities.
func identityPosition(p pool.Position) string {
	return strconv.FormatInt(p.Created.UnixMilli(), 10) + " " + p.ID
}

func parseIdentityPosition(text string) (pool.Position, error) {
	if text == "" {
		return pool.Position{}, nil
	}
	millis, id, _ := strings.Cut(text, " ")
	ms, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return pool.Position{}, &badPage{err}
	}
	return pool.Position{Created: time.UnixMilli(ms).UTC(), ID: id}, nil
}
