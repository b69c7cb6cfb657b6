package decision_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/keys"
)

// sealer is a stand-in for the key ring, so that this package's tests know no
// store: it marks what it sealed and for what.
type sealer struct{ key string }

func (s sealer) Seal(purpose string, plain, _ []byte) ([]byte, error) {
	return append([]byte(s.key+"/"+purpose+"/"), plain...), nil
}

func (s sealer) Open(purpose string, sealed, _ []byte) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(sealed), s.key+"/"+purpose+"/")
	if !ok {
		return nil, errors.New("sealed by another key or for another purpose")
	}
	return []byte(plain), nil
}

var _ keys.Sealer = sealer{}

func TestAMessageHoldsTheRecord(t *testing.T) {
	want := record("r")
	text, err := decision.Encode(sealer{"a"}, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decision.Decode(sealer{"a"}, text)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(text) > 1500 {
		t.Errorf("%d characters for an ordinary record", len(text))
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	good, err := decision.Encode(sealer{"a"}, record("r"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing": "", "not base64": "%%%", "damaged": good[:len(good)/2], "too long": strings.Repeat("A", decision.MaxMessage+1), "spaces": good + " ",
	} {
		if r, err := decision.Decode(sealer{"a"}, text); !notMessage(err) || r != nil {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	if _, err := decision.Decode(sealer{"b"}, good); !notMessage(err) {
		t.Errorf("a message of another installation: %v", err)
	}
}

func notMessage(err error) bool {
	_, ok := errors.AsType[*decision.NotMessage](err)
	return ok
}

func TestALongRecordStillFitsAMessage(t *testing.T) {
	r := record("r")
	for i := range 2000 { // does not compress to nothing
		n := &r.Explanation.Layers[0].NearMisses[0]
		n.Failed[0].Wanted = append(n.Failed[0].Wanted, fmt.Sprintf("%x", i*i*7919))
	}
	text, err := decision.Encode(sealer{"a"}, r)
	if err != nil || len(text) > decision.MaxMessage {
		t.Fatalf("%d characters, %v", len(text), err)
	}
	got, err := decision.Decode(sealer{"a"}, text)
	if err != nil || len(got.Explanation.Layers[0].NearMisses) != 0 || got.Matched == nil {
		t.Errorf("%+v, %v", got, err)
	}
	if len(r.Explanation.Layers[0].NearMisses) != 1 {
		t.Error("Encode changed the record")
	}
}

// FuzzDecode holds that no text but ours decodes, whatever it does to the parser.
func FuzzDecode(f *testing.F) {
	good, err := decision.Encode(sealer{"a"}, record("r"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("YS9hdXRob3JpemF0aW9uLW1lc3NhZ2UvAQ")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := decision.Decode(sealer{"a"}, text)
		if (r == nil) == (err == nil) || err != nil && !notMessage(err) {
			t.Fatalf("%v, %v", r, err)
		}
		if r != nil && r.Explanation == nil {
			t.Fatal("a record without an explanation")
		}
	})
}

func BenchmarkKeep(b *testing.B) {
	k := open(b, decision.Config{Store: &memory{}})
	r := record("r")
	b.ReportAllocs()
	for b.Loop() {
		k.Keep(r)
	}
}

func BenchmarkWantsAllowed(b *testing.B) {
	var k decision.Sink = open(b, decision.Config{Store: &memory{}})
	q := decision.Question{Effect: 2, RequestID: "r"}
	b.ReportAllocs()
	for b.Loop() {
		if k.Wants(q) {
			b.Fatal("wanted")
		}
	}
}
