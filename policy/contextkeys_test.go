package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContextKeys(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"conditions and variables, in order, each once", `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/team, 'shared'}/*","arn:aws:s3:::b/${*}${AWS:UserName}"],
			 "Condition":{"StringLike":{"s3:prefix":["${saml:sub}/*","plain"]},"StringEqualsIgnoreCase":{"k:a":"${k:b}"},
			  "Bool":{"aws:SecureTransport":"${k:c}"},"ArnLike":{"aws:SourceArn":["arn:aws:s3:::${k:d}","${k:e}"]}}},
			{"Effect":"Deny","NotAction":"s3:*","NotResource":"arn:aws:s3:::b/${k:f}","Condition":{"Null":{"S3:Prefix":"true","aws:TagKeys":"true"}}}]}`,
			[]string{
				"aws:username", "aws:PrincipalTag/team", "s3:prefix", "saml:sub", "k:a", "k:b", "aws:SecureTransport", "k:c",
				"aws:SourceArn", "k:d", "k:e", "k:f", "aws:TagKeys",
			}},
		{"an old version has no variables", `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}","Condition":{"StringEquals":{"k:a":"${k:b}"}}}}`, []string{"k:a"}},
		{"numbers, dates, addresses and Null have no variables", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{
			"NumericEquals":{"k:n":"${k:x}"},"IpAddress":{"k:i":"${k:x}"},"BinaryEquals":{"k:b":"${k:x}"},"Null":{"k:z":"${k:x}"}}}}`, []string{"k:n", "k:i", "k:b", "k:z"}},
		{"variables stand behind the fifth colon only", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:sqs:${k:a}:*:b","arn:aws:s3:::${k:b}:c"]}}`, []string{"k:b"}},
		{"none", everything, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Parse([]byte(tt.text), Identity)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, d.ContextKeys()); diff != "" {
				t.Error(diff)
			}
			p := Compile(d, Meta{})
			for _, k := range d.ContextKeys() {
				if !p.Mentions(k) {
					t.Errorf("the compiled policy does not mention %s", k)
				}
			}
			if len(p.keys) != len(d.ContextKeys()) {
				t.Errorf("the compiled policy mentions %d keys, the document has %d", len(p.keys), len(d.ContextKeys()))
			}
		})
	}
}

func TestStatementEnd(t *testing.T) {
	text := "{\"Statement\":[ {\n \"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"}\"\n  },\n{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"} ]}"
	text = strings.Replace(text, `"}"`, `"arn:aws:s3:::}"`, 1)
	d, err := Parse([]byte(text), Identity)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ line, column int }{{3, 4}, {4, 46}} {
		end := d.StatementEnd(i)
		if end.Line != want.line || end.Column != want.column || text[end.Offset-1] != '}' {
			t.Errorf("statement %d ends at %+v, want %+v", i, end, want)
		}
	}
}

func TestValueTypes(t *testing.T) {
	tests := []struct {
		of        ValueType
		good, bad []string
	}{
		{StringValue, []string{"", "x"}, nil},
		{NumericValue, []string{"1", "-1.5", "+2"}, []string{"", "x", "0x1", "1 "}},
		{BooleanValue, []string{"true", "FALSE"}, []string{"", "yes"}},
		{IPValue, []string{"10.0.0.1", "::1", "::ffff:1.2.3.4"}, []string{"", "10.0.0.0/8", "fe80::1%eth0"}},
		{BinaryValue, []string{"", "aGk="}, []string{"a", "!!"}},
		{DateValue, []string{"2026-01-02T03:04:05Z", "1767323045"}, []string{"", "tomorrow"}},
		{"stringList", nil, []string{"x"}},
	}
	for _, tt := range tests {
		for _, v := range tt.good {
			if !tt.of.Accepts(v) {
				t.Errorf("%s refuses %q", tt.of, v)
			}
		}
		for _, v := range tt.bad {
			if tt.of.Accepts(v) {
				t.Errorf("%s accepts %q", tt.of, v)
			}
		}
	}
}
