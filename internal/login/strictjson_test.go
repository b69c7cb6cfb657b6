package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeObject(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       map[string]any
	}{
		{"empty", ` {} `, map[string]any{}},
		{"every kind of value", `{"s":"x","n":-1.5e+3,"t":true,"f":false,"z":null,"l":[1,[],"a"],"o":{"k":{}}}`, map[string]any{
			"s": "x", "n": json.Number("-1.5e+3"), "t": true, "f": false, "z": nil,
			"l": []any{json.Number("1"), []any{}, "a"}, "o": map[string]any{"k": map[string]any{}},
		}},
		{"every escape", `{"\u0061\"":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, map[string]any{`a"`: "\"\\/\b\f\n\r\té😀"}},
		{"white space everywhere", " {\t\"a\"\r\n: [ 1 , 2 ] , \"b\" : { } } ", map[string]any{
			"a": []any{json.Number("1"), json.Number("2")}, "b": map[string]any{},
		}},
		{"the same member at two levels", `{"a":{"a":1}}`, map[string]any{"a": map[string]any{"a": json.Number("1")}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decodeObject(c.text, 100)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeObjectRefuses(t *testing.T) {
	for _, text := range []string{
		``, ` `, `[]`, `1`, `"a"`, `null`, `{`, `{}}`, `{} x`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{a:1}`, `{'a':1}`,
		`{"a":01}`, `{"a":+1}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":-}`, `{"a":0x1}`, `{"a":NaN}`, `{"a":Infinity}`, `{"a":tru}`, `{"a":True}`,
		`{"a":[1,]}`, `{"a":[1 2]}`, `{"a":[}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\ud800"}`, `{"a":"\ud800\u0041"}`, `{"a":"\udc00"}`,
		"{\"a\":\"\n\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\\n\xff\"}", `{"a":1,"a":1}`, `{"a":1,"\u0061":1}`, `{"x":[{"a":1,"a":1}]}`, "\ufeff{}", "{}\x00", `{"a":"` + "\x00" + `"}`,
		`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, "{/**/}",
		`{"a":[` + strings.Repeat("0,", 99) + `0]}`,
	} {
		if got, err := decodeObject(text, 100); err == nil || got != nil {
			t.Errorf("%.40q became %v", text, got)
		}
	}
}

// FuzzDecodeObject holds the decoder against encoding/json: what we accept it
// accepts with the same result, and what it accepts we accept unless we know
// the reason.
func FuzzDecodeObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":[1,2.5e3,{"b":null}],"c":"\ud83d\ude00","d":true}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, `[1]`, `{"é":"\u00e9"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ours, err := decodeObject(text, 100)
		theirs, theirErr := decodeWithStandardLibrary(text)
		if err == nil {
			if theirErr != nil {
				t.Fatalf("accepted %q, encoding/json says %v", text, theirErr)
			}
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Fatal(diff)
			}
			return
		}
		if ours != nil {
			t.Fatal("an error and a result")
		}
		var bad *jsonError
		if !errors.As(err, &bad) {
			t.Fatalf("%v has no place", err)
		}
		known := bad.member != "" || bad.reason == "nested too deeply" || bad.reason == "too many values" || bad.reason == "invalid UTF-8" || bad.reason == "bad unicode escape" || bad.reason == "duplicate member"
		if theirErr == nil && theirs != nil && !known && utf8.ValidString(text) {
			t.Fatalf("refused %q: %v", text, err)
		}
	})
}

func decodeWithStandardLibrary(text string) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the object")
	}
	return m, nil
}

func BenchmarkDecodeObject(b *testing.B) {
	const text = `{"iss":"https://accounts.google.com","azp":"app","aud":"app","sub":"110169484474386276334","email":"ada@example.com","email_verified":true,"name":"Ada Lovelace","iat":1800000000,"exp":1800003600}`
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decodeObject(text, 100); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decodeWithStandardLibrary(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}
