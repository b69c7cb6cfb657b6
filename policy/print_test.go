package policy

import "testing"

func TestPrint(t *testing.T) {
	d, err := Parse([]byte(`{"Id":"→","Statement":[{"Principal":{"AWS":["*","111122223333"],"Service":"a.b"},"Effect":"Deny","Action":["s3:*","s3:x"],"NotResource":["arn:aws:s3:::é/\"q\""],"Sid":"S 1",
		"Condition":{"Bool":{"aws:SecureTransport":false},"StringLike":{"s3:prefix":["a","b"],"s3:delimiter":[]}}},{"Effect":"Allow","Principal":"*","NotAction":"s3:*","Resource":"arn:aws:s3:::b"}],"Version":"2008-10-17"}`), Resource)
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "Version": "2008-10-17",
  "Id": "→",
  "Statement": [
    {
      "Sid": "S 1",
      "Effect": "Deny",
      "Principal": {
        "AWS": [
          "*",
          "111122223333"
        ],
        "Service": "a.b"
      },
      "Action": [
        "s3:*",
        "s3:x"
      ],
      "NotResource": "arn:aws:s3:::é/\"q\"",
      "Condition": {
        "Bool": {
          "aws:SecureTransport": "false"
        },
        "StringLike": {
          "s3:prefix": [
            "a",
            "b"
          ],
          "s3:delimiter": []
        }
      }
    },
    {
      "Effect": "Allow",
      "Principal": "*",
      "NotAction": "s3:*",
      "Resource": "arn:aws:s3:::b"
    }
  ]
}
`
	if got := string(d.Print()); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestEqualSeesEveryElement(t *testing.T) {
	base := `{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`
	parse := func(s string) *Document {
		d, err := Parse([]byte(s), Resource)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	a := parse(base)
	same := parse(` {"Id":"i","Statement":[{"Action":["s3:a"],"Condition":{"Bool":{"a:b":[true]}},"Resource":["arn:aws:s3:::b"],"Principal":{"AWS":["111122223333"]},"Effect":"Deny","Sid":"s"}],"Version":"2012-10-17"}`)
	if !a.Equal(same) {
		t.Error("two spellings of one policy differ")
	}
	for _, other := range []string{
		`{"Version":"2008-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"j","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"t","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"111122223333"},"NotAction":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:a","NotResource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"a:b":"false"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b","Condition":{"BoolIfExists":{"a:b":"true"}}}}`,
		`{"Version":"2012-10-17","Id":"i","Statement":{"Sid":"s","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:a","Resource":"arn:aws:s3:::b"}}`,
	} {
		if a.Equal(parse(other)) {
			t.Errorf("equal to %s", other)
		}
	}
}
