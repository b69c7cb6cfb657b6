package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/iam"
)

// aSAMLProvider has no metadata, as a reader gets it.
func aSAMLProvider(n int, version int64) *iam.SAMLProvider {
	return &iam.SAMLProvider{
		Account: account, Name: fmt.Sprintf("Corp-%d", n), UUID: fmt.Sprintf("SAMLSP%016d", n),
		EntityID: "https://idp.example.com/é?a=b&c", Certificates: [][]byte{{0, 255, 1}, {2}},
		MetadataUntil: epoch.AddDate(2, 0, 0), Encryption: iam.EncryptionAllowed,
		PrivateKeys: []iam.SealedSAMLKey{{ID: "SAMLPK1", Created: epoch, Sealed: []byte{0, 255, 3}}, {ID: "SAMLPK2", Created: epoch.Add(time.Hour), Sealed: []byte{4}}},
		Created:     epoch, Tags: []iam.Tag{{Key: "k", Value: "v"}}, Version: version,
	}
}

// iamMetadata checks how metadata documents are kept beside what a reader gets.
func iamMetadata(t *testing.T, s iam.Store, reopen func() iam.Store) {
	holdsMetadata := func(s iam.Store, name, want string) {
		t.Helper()
		got, err := s.SAMLMetadata(t.Context(), account, name)
		if err != nil || got != want {
			t.Errorf("metadata of %s: %d bytes, %v; want %d", name, len(got), err, len(want))
		}
	}
	write := func(base int64, metadata string, change func(*iam.SAMLProvider)) *iam.SAMLProvider {
		t.Helper()
		p := aSAMLProvider(1, base+1)
		change(p)
		stored := *p
		stored.Metadata = metadata
		commit(t, s, &iam.Write{Base: base, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{&stored}}})
		return p
	}
	first := "<a>'\"é</a>\r\n" + strings.Repeat("x", 3<<20)
	holdsMetadata(s, "Corp-1", "")
	p := write(0, first, func(p *iam.SAMLProvider) { p.MetadataUntil = time.Time{} })
	holds(t, s, 0, iam.Changes{Version: 1, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{p}}})
	holdsMetadata(s, p.Name, first)
	p = write(1, "", func(p *iam.SAMLProvider) { p.Tags, p.PrivateKeys, p.Encryption = nil, nil, iam.EncryptionRequired })
	holds(t, s, 1, iam.Changes{Version: 2, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{p}}})
	holdsMetadata(s, p.Name, first)
	write(2, "<b/>", func(p *iam.SAMLProvider) { p.EntityID, p.Certificates = "b", nil })
	holdsMetadata(reopen(), p.Name, "<b/>")
}

// iamSAMLComesBack deletes a provider and makes it again, with its old name and
// with one that differs in case.
func iamSAMLComesBack(t *testing.T, s iam.Store, _ func() iam.Store) {
	p := aSAMLProvider(1, 1)
	commit(t, s, &iam.Write{Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{p}}})
	other := aSAMLProvider(1, 2)
	other.Name = "cORP-1"
	var conflict *iam.VersionConflict
	err := s.Commit(t.Context(), &iam.Write{Base: 1, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{other}}})
	if err == nil || errors.As(err, &conflict) {
		t.Errorf("a taken name: %v, want a plain error", err)
	}
	gone := iam.Ref{Kind: iam.KindSAMLProvider, ID: p.ARN()}
	commit(t, s, &iam.Write{Base: 1, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{other}}, Deleted: []iam.Ref{gone}})
	holds(t, s, 1, iam.Changes{Version: 2, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{other}}, Deleted: []iam.Ref{gone}})
	again := aSAMLProvider(1, 3)
	commit(t, s, &iam.Write{Base: 2, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{again}},
		Deleted: []iam.Ref{{Kind: iam.KindSAMLProvider, ID: other.ARN()}}})
	holds(t, s, 2, iam.Changes{Version: 3, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{again}},
		Deleted: []iam.Ref{{Kind: iam.KindSAMLProvider, ID: other.ARN()}}})
	holds(t, s, 1, iam.Changes{Version: 3, Entities: iam.Entities{SAMLProviders: []*iam.SAMLProvider{again}},
		Deleted: []iam.Ref{{Kind: iam.KindSAMLProvider, ID: other.ARN()}}})
}
