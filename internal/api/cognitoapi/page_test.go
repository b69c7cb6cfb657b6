package cognitoapi

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
)

// fakeSealer seals by saying what it seals, so that a fuzzer can find its way in.
type fakeSealer struct{}

func (fakeSealer) Seal(purpose string, plain, aad []byte) ([]byte, error) {
	return bytes.Join([][]byte{[]byte(purpose), aad, plain}, []byte{0}), nil
}

func (fakeSealer) Open(purpose string, sealed, aad []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, bytes.Join([][]byte{[]byte(purpose), aad, nil}, []byte{0}))
	if !ok {
		return nil, errors.New("not sealed for this")
	}
	return plain, nil
}

// FuzzPageToken holds that a token opens for the listing it was made for, gives
// the position back, and opens for no other; and that any other text is refused
// as a bad page token.
func FuzzPageToken(f *testing.F) {
	f.Add("identities of us-east-1:0", "identity pools of 1", "1700000000000 us-east-1:0", "AAAA")
	f.Add("a", "a", "", "cGFnZQBhAGI")
	f.Add("a\x00b", "a", "c", "%")
	f.Fuzz(func(t *testing.T, of, other, position, text string) {
		if bytes.IndexByte([]byte(of+other), 0) >= 0 {
			return // no listing's name has the fake's separator
		}
		token, err := pageToken(fakeSealer{}, of, position)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pagePosition(fakeSealer{}, of, token); err != nil || got != position {
			t.Fatalf("%q came back as %q, %v", position, got, err)
		}
		var bad *badPage
		if _, err := pagePosition(fakeSealer{}, other, token); of != other && !errors.As(err, &bad) {
			t.Fatalf("a token of %q opened for %q: %v", of, other, err)
		}
		if got, err := pagePosition(fakeSealer{}, of, &text); err != nil {
			if !errors.As(err, &bad) {
				t.Fatalf("%q: %v", text, err)
			}
		} else if again, _ := pageToken(fakeSealer{}, of, got); !sameBytes(*again, text) {
			t.Fatalf("%q opened as %q, whose token is %q", text, got, *again)
		}
	})
}

// sameBytes compares what two tokens stand for: base64 has several spellings of
// one text, which differ in line ends and in bits that say nothing.
func sameBytes(a, b string) bool {
	x, err := base64.RawURLEncoding.DecodeString(a)
	y, err2 := base64.RawURLEncoding.DecodeString(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// FuzzIdentityPosition holds that a position comes back from its text, and that
// whatever text reads as a position stands for that position alone.
func FuzzIdentityPosition(f *testing.F) {
	f.Add("1700000000000 us-east-1:00000000-0000-4000-8000-000000000000", int64(1700000000000), "us-east-1:0")
	f.Add("", int64(-1), "")
	f.Add(" 1 x", int64(1), " x y")
	f.Fuzz(func(t *testing.T, text string, millis int64, id string) {
		if millis > 1<<52 || millis < -(1<<52) {
			return // no time is that far away
		}
		want := pool.Position{Created: time.UnixMilli(millis).UTC(), ID: id}
		if got, err := parseIdentityPosition(identityPosition(want)); err != nil || got != want {
			t.Fatalf("%v came back as %v, %v", want, got, err)
		}
		got, err := parseIdentityPosition(text)
		var bad *badPage
		switch {
		case err != nil && !errors.As(err, &bad):
			t.Fatalf("%q: %v", text, err)
		case err == nil && text != "":
			if again, err := parseIdentityPosition(identityPosition(got)); err != nil || again != got {
				t.Fatalf("%q reads as %v and then as %v, %v", text, got, again, err)
			}
		}
	})
}
