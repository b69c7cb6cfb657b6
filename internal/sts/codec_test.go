package sts

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// FuzzDecodeSession holds that whatever decodes encodes to the same session, and
// that what does not decode gives nothing.
func FuzzDecodeSession(f *testing.F) {
	var p packer
	s := &Session{
		Type: WebIdentitySession, AccessKeyID: "ASIA", Account: "111122223333", Name: "n",
		Tags: []iam.Tag{{Key: "k", Value: "v"}}, TransitiveKeys: []string{"k"}, PolicyARNs: []string{"arn"},
		Context: []ContextKey{{Name: "a:b", Values: []string{"1", "2"}, Multi: true}},
		Issued:  time.Unix(1, 0).UTC(), Expires: time.Unix(2, 0).UTC(), MFA: true,
	}
	packed, err := p.pack(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(appendSession(nil, s, new([secretSize]byte), packed))
	s.Parents, s.Origin = []Parent{{AccessKeyID: "ASIA2", RoleID: "AROA", Issued: s.Issued}, {AccessKeyID: "ASIA3"}}, s.Context
	f.Add(appendSession(nil, s, new([secretSize]byte), packed))
	f.Add([]byte{1, 2, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, secret, err := decodeSession(b)
		if err != nil {
			return
		}
		packed, err := p.pack(got)
		if err != nil {
			return // hostile content may be larger than what we would pack
		}
		again, _, err := decodeSession(appendSession(nil, got, secret, packed))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(got, again); d != "" {
			t.Error(d)
		}
	})
}

// TestPackingIsBounded holds that a packed part cannot expand without limit.
func TestPackingIsBounded(t *testing.T) {
	var p packer
	big := make([]byte, maxDocument)
	for i := range big {
		big[i] = ' '
	}
	packed, err := p.pack(&Session{Policies: []string{string(big), string(big), string(big)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := new(Session).unpack(string(packed)); err == nil {
		t.Error("a packed part larger than any request was unpacked")
	}
}

// TestTheCeilingOfGuestsIsValid holds that the documents can be session policies;
// what they allow is tested with decisions (package authz).
func TestTheCeilingOfGuestsIsValid(t *testing.T) {
	for _, arn := range []string{GuestInlineARN, GuestManagedARN} {
		doc, ok := BuiltinPolicy(arn)
		if !ok {
			t.Fatalf("%s is not built in", arn)
		}
		if err := checkPolicies(nil, "111122223333", []string{doc}, []string{arn}); err != nil {
			t.Errorf("%s: %v", arn, err)
		}
	}
}
