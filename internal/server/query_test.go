package server

import (
	"net/url"
	"testing"
)

// slowQueryVersion is queryVersion by way of the whole form.
func slowQueryVersion(form string) (string, bool) {
	q, _ := url.ParseQuery(form) // what does parse counts
	return q.Get("Version"), q.Has("Action")
}

func queryForms() []string {
	return []string{
		"", "&", "Action", "Action=", "Action=A&Version=1", "Version=1&Action=A", "Version=1&Version=2&Action=A&Action=B",
		"%41ction=A&Versio%6E=1", "%4ction=A&Version=1", "Action=%zz&Version=1", "Action=A&Version=%zz&Version=2",
		"Action=A&Version=2011-06-15&WebIdentityToken=a.b.c", "Action+=A&Version=1", "Act;on=A&Version=1", "Action=A;&Version=1",
		"Action=A&Version=a%2Bb+c", "=Action&Version=1", "action=A&version=1", "Action=A=B&Version=1=2", "%41%63%74%69%6f%6e&%56ersion=%31",
	}
}

func TestQueryVersion(t *testing.T) {
	for _, form := range queryForms() {
		version, found := queryVersion(form)
		if wantVersion, want := slowQueryVersion(form); version != wantVersion || found != want {
			t.Errorf("%q: got %q %v, want %q %v", form, version, found, wantVersion, want)
		}
	}
}

// FuzzQueryVersion: the quick reading agrees with that of the standard library.
func FuzzQueryVersion(f *testing.F) {
	for _, form := range queryForms() {
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form string) {
		version, found := queryVersion(form)
		if wantVersion, want := slowQueryVersion(form); version != wantVersion || found != want {
			t.Errorf("%q: got %q %v, want %q %v", form, version, found, wantVersion, want)
		}
	})
}
