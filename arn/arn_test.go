package arn

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       ARN
	}{
		{"a bucket has no region and no account", "arn:aws:s3:::b", ARN{"aws", "s3", "", "", "b"}},
		{"slashes belong to the resource", "arn:aws:iam::111122223333:role/team/R", ARN{"aws", "iam", "", "111122223333", "role/team/R"}},
		{"so do further colons", "arn:aws:cognito-identity:us-east-1:111122223333:identitypool/us-east-1:0a", ARN{"aws", "cognito-identity", "us-east-1", "111122223333", "identitypool/us-east-1:0a"}},
		{"empty fields are kept", "arn:::::", ARN{}},
		{"wildcards are text", "arn:*:s3:::*", ARN{"*", "s3", "", "", "*"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if got.String() != tt.text {
				t.Errorf("prints %q", got)
			}
		})
	}
	for _, text := range []string{"", "*", "arn", "arn:", "arn:aws:s3", "arn:aws:s3::", "ARN:aws:s3:::b", "xarn:aws:s3:::b"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q is %#v", text, got)
		} else if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not name %q: %v", text, err)
		}
	}
}

// FuzzParse: what parses prints back to the same bytes, and what is refused
// gives nothing.
func FuzzParse(f *testing.F) {
	f.Add("arn:aws:s3:::b/k:x")
	f.Add("arn:aws")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		switch {
		case err != nil && a != (ARN{}):
			t.Errorf("%#v with %v", a, err)
		case err == nil && a.String() != s:
			t.Errorf("%q prints as %q", s, a)
		}
	})
}
