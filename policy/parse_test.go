package policy

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stmt wraps the body of one statement into a policy.
func stmt(body string) string { return `{"Version":"2012-10-17","Statement":{` + body + `}}` }

const (
	okAction   = `"Action":"s3:ListBucket"`
	okResource = `"Resource":"arn:aws:s3:::example-bucket"`
	okRest     = okAction + "," + okResource
)

// mistake is a text and AWS's sentence for it; no sentence means that the
// text is fine.
type mistake struct{ name, text, want string }

func checkMistakes(t *testing.T, kind Kind, tests []mistake) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Parse([]byte(tt.text), kind)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Parse(%s) (-want +got):\n%s", tt.text, diff)
			}
			if (d == nil) != (err != nil) {
				t.Errorf("document %v with error %v", d, err)
			}
			var e *Error
			if err != nil && (!errors.As(err, &e) || e.Kind != kind || e.Detail == "" || e.Line == 0) {
				t.Errorf("error lacks facts: %#v", err)
			}
		})
	}
}

func TestIdentityMistakes(t *testing.T) {
	res := func(r string) string { return stmt(`"Effect":"Allow",` + okAction + `,"Resource":"` + r + `"`) }
	act := func(a string) string { return stmt(`"Effect":"Allow","Action":"` + a + `",` + okResource) }
	cond := func(c string) string { return stmt(`"Effect":"Allow",` + okRest + `,"Condition":` + c) }
	const (
		noActions   = "Policy statement must contain actions."
		noResources = "Policy statement must contain resources."
		vendor      = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
		colons      = "Actions/Condition can contain only one colon."
		dupSid      = "Statement IDs (SID) in a single policy must be unique."
		resVendor   = "Resource vendor must be fully qualified and cannot contain regexes."
		iamPathMsg  = `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`
	)
	checkMistakes(t, Identity, []mistake{
		{"a plain policy is fine", stmt(`"Effect":"Allow",` + okRest), ""},
		{"an absent version is fine", `{"Statement":[{"Effect":"Deny",` + okRest + `}]}`, ""},
		{"an Id is fine", `{"Id":"x","Statement":{"Effect":"Allow",` + okRest + `}}`, ""},
		{"an empty Sid counts as absent", `{"Statement":[{"Sid":"","Effect":"Allow",` + okRest + `},{"Sid":"","Effect":"Allow",` + okRest + `}]}`, ""},
		{"a Sid may be unlike another by case", `{"Statement":[{"Sid":"a","Effect":"Allow",` + okRest + `},{"Sid":"A","Effect":"Allow",` + okRest + `}]}`, ""},

		{"1 no text", ``, syntaxErrors},
		{"1 not JSON", `{"Statement":`, syntaxErrors},
		{"1 text after the end", `{} {}`, syntaxErrors},
		{"1 a comma too many", `{"Statement":[],}`, syntaxErrors},
		{"1 not an object", `[]`, syntaxErrors},
		{"1 a character outside of the pattern", stmt(`"Effect":"Allow","Action":"s3:→",` + okResource), syntaxErrors},
		{"1 a byte order mark", "\uFEFF" + stmt(`"Effect":"Allow",`+okRest), syntaxErrors},
		{"1 broken UTF-8", "{\"Id\":\"\xff\"}", syntaxErrors},
		{"1 half a surrogate pair", `{"Id":"\ud800"}`, syntaxErrors},
		{"1 nested too deeply", strings.Repeat("[", 100000) + strings.Repeat("]", 100000), syntaxErrors},
		{"1 a member twice", `{"Version":"2012-10-17","Version":"2012-10-17","Statement":{"Effect":"Allow",` + okRest + `}}`, syntaxErrors},
		{"1 a condition key twice", cond(`{"Bool":{"a:b":"true","a:b":"false"}}`), syntaxErrors},
		{"1 unknown element", `{"Statement":{"Effect":"Allow",` + okRest + `},"Extra":1}`, syntaxErrors},
		{"1 unknown element of a statement", stmt(`"effect":"Allow","Effect":"Allow",` + okRest), syntaxErrors},
		{"1 bad Version", `{"Version":"2013-10-17","Statement":{"Effect":"Allow",` + okRest + `}}`, syntaxErrors},
		{"1 Version is not a string", `{"Version":20121017,"Statement":{"Effect":"Allow",` + okRest + `}}`, syntaxErrors},
		{"1 Id is not a string", `{"Id":{},"Statement":{"Effect":"Allow",` + okRest + `}}`, syntaxErrors},
		{"1 Sid is not a string", stmt(`"Sid":[],"Effect":"Allow",` + okRest), syntaxErrors},
		{"1 no Statement", `{"Version":"2012-10-17"}`, syntaxErrors},
		{"1 empty Statement", `{"Statement":[]}`, syntaxErrors},
		{"1 Statement is a string", `{"Statement":"x"}`, syntaxErrors},
		{"1 statement is not an object", `{"Statement":["x"]}`, syntaxErrors},
		{"1 no Effect", stmt(okRest), syntaxErrors},
		{"1 unknown Effect", stmt(`"Effect":"Maybe",` + okRest), syntaxErrors},
		{"1 Effect is not a string", stmt(`"Effect":true,` + okRest), syntaxErrors},
		{"1 Action and NotAction", stmt(`"Effect":"Allow","NotAction":"iam:*",` + okRest), syntaxErrors},
		{"1 Action and an empty NotAction", stmt(`"Effect":"Allow","NotAction":[],` + okRest), syntaxErrors},
		{"1 Resource and NotResource", stmt(`"Effect":"Allow","NotResource":"*",` + okRest), syntaxErrors},
		{"1 Action is an object", stmt(`"Effect":"Allow","Action":{},` + okResource), syntaxErrors},
		{"1 Action holds a list", stmt(`"Effect":"Allow","Action":[[]],` + okResource), syntaxErrors},
		{"1 null in Resource", stmt(`"Effect":"Allow",` + okAction + `,"Resource":["*",null]`), syntaxErrors},
		{"1 Condition is a list", cond(`[]`), syntaxErrors},
		{"1 Condition operator is a string", cond(`{"Bool":"x"}`), syntaxErrors},
		{"1 unknown operator", cond(`{"StringSortOf":{"a:b":"1"}}`), syntaxErrors},
		{"1 NullIfExists", cond(`{"NullIfExists":{"a:b":"true"}}`), syntaxErrors},
		{"1 doubled qualifier colon", cond(`{"ForAnyValue::StringEquals":{"a:b":"1"}}`), syntaxErrors},
		{"1 unknown operator without keys is tolerated", cond(`{"StringSortOf":{}}`), ""},
		{"1 condition value is an object", cond(`{"Bool":{"a:b":{}}}`), syntaxErrors},
		{"1 condition value is null", cond(`{"Bool":{"a:b":null}}`), syntaxErrors},
		{"1 condition values may be bool and number", cond(`{"Bool":{"a:b":true},"NumericEquals":{"a:c":[1,-2.5e3]}}`), ""},
		{"1 operators in any case are read", cond(`{"forallvalues:STRINGequalsifexists":{"a:b":"1"}}`), ""},

		{"3 Effect in the wrong case", stmt(`"Effect":"allow",` + okRest), legacyParsing},
		{"3 unreadable date", cond(`{"DateLessThan":{"a:b":"sdfdsf"}}`), legacyParsing},
		{"3 date out of range", cond(`{"DateLessThan":{"a:b":"9223372036854775808"}}`), legacyParsing},
		{"3 date with a broken zone", cond(`{"DateLessThan":{"a:b":"2016-12-13T20:00:00.5+1"}}`), legacyParsing},
		{"3 empty list of dates is fine", cond(`{"DateLessThan":{"a:b":[]}}`), ""},
		{"3 malformed short ARN", res("arn:aws:s3::example-bucket"), legacyParsing},
		{"3 no service", res("arn:aws::::example-bucket"), legacyParsing},
		{"3 before 4", `{"Statement":[{"Sid":"a","Effect":"aLLow",` + okRest + `},{"Sid":"a","Effect":"Allow"}]}`, legacyParsing},
		{"3 before 7", stmt(`"Effect":"Allow",` + okAction + `,"Resource":"arn:error:s3:::b","Condition":{"DateEquals":{"a:b":"x"}}`), legacyParsing},
		{"4 duplicate Sid", `{"Statement":[{"Sid":"a","Effect":"Allow",` + okRest + `},{"Sid":"a","Effect":"Allow"}]}`, dupSid},
		{"4 Sid with a space", stmt(`"Sid":"a b","Effect":"Allow",` + okRest), "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"},
		{"5 no action", stmt(`"Effect":"Allow",` + okResource), noActions},
		{"5 empty actions", stmt(`"Effect":"Allow","Action":[],` + okResource), noActions},
		{"5 nothing at all", stmt(`"Effect":"Allow"`), noActions},
		{"6 not an ARN", res("sdfsadf"), `Resource sdfsadf must be in ARN format or "*".`},
		{"6 empty", res(""), `Resource  must be in ARN format or "*".`},
		{"6 not beginning with arn", res("a:aws:s3:::b"), `Resource a:aws:s3:::b must be in ARN format or "*".`},
		{"6 before 12", stmt(`"Effect":"Allow","Action":"s:3:x","Resource":"x"`), `Resource x must be in ARN format or "*".`},
		{"7 bad partition, short", res("a:b"), `Partition "b" is not valid for resource "arn:b:*:*:*:*".`},
		{"7 bad partition, long", res("a:b:c:d:e:f:g:h"), `Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".`},
		{"7 the first bad one", stmt(`"Effect":"Allow",` + okAction + `,"Resource":["arn:error:s3:::b","arn:error:s3::b"]`), `Partition "error" is not valid for resource "arn:error:s3:::b".`},
		{"8 partition only", res("arn:aws"), resVendor},
		{"8 wildcard vendor", res("arn:aws:s*:::b"), resVendor},
		{"9 region in an IAM ARN", res("arn:aws:iam:us-east-1::b"), "IAM resource arn:aws:iam:us-east-1::b cannot contain region information."},
		{"9 region in an S3 ARN", res("arn:aws:s3:us-east-1::b"), "Resource arn:aws:s3:us-east-1::b can not contain region information."},
		{"9 region of an access point is fine", res("arn:aws:s3:us-east-1:111122223333:accesspoint/x"), ""},
		{"10 IAM path", res("arn:aws:iam:::b"), iamPathMsg},
		{"10 IAM path without slash", res("arn:aws:iam::111122223333:user"), iamPathMsg},
		{"10 IAM path of an unknown kind", res("arn:aws:iam::111122223333:robot/x"), iamPathMsg},
		{"10 IAM star is fine", res("arn:aws:iam::*:*"), ""},
		{"10 IAM role is fine", res("arn:aws:iam::111122223333:role/x"), ""},
		{"11 no vendor", act("invalid"), vendor},
		{"11 empty action", act(""), vendor},
		{"11 before 14", stmt(`"Effect":"Allow","Action":"invalid"`), vendor},
		{"12 two colons", act("s3:List:Bucket"), colons},
		{"13 bad vendor", act("a a:ListBucket"), "Vendor a a is not valid"},
		{"13 no vendor before the colon", act(":x"), "Vendor  is not valid"},
		{"13 star vendor", act("*:*"), "Vendor * is not valid"},
		{"13 dots and dashes are fine", act("s3-s.t:ListBucket"), ""},
		{"14 no resource", stmt(`"Effect":"Allow",` + okAction), noResources},
		{"14 empty resources", stmt(`"Effect":"Allow",` + okAction + `,"Resource":[]`), noResources},
		{"15 a principal", stmt(`"Effect":"Allow","Principal":"*",` + okRest), "Policy document should not specify a principal."},
		{"15 NotPrincipal", stmt(`"Effect":"Deny","NotPrincipal":7,` + okRest), "Policy document should not specify a principal."},
		{"short ARNs are completed", res("arn:aws:sqs"), ""},
		{"five fields with an account", res("arn:aws:sqs:us-east-1:111122223333"), ""},
	})
	checkMistakes(t, Managed, []mistake{
		{"2 absent version", `{"Statement":{"Effect":"Allow",` + okRest + `}}`, "Policy document must be version 2012-10-17 or greater."},
		{"2 old version before 3", `{"Version":"2008-10-17","Statement":{"Effect":"aLLOW",` + okRest + `}}`, "Policy document must be version 2012-10-17 or greater."},
		{"2 current version is fine", stmt(`"Effect":"Allow",` + okRest), ""},
	})
	checkMistakes(t, Session, []mistake{{"not JSON", "x", syntaxErrors}})
	checkMistakes(t, Kind(0), []mistake{{"unknown kind", stmt(`"Effect":"Allow",` + okRest), syntaxErrors}})
}

func TestTrustMistakes(t *testing.T) {
	trust := func(principal, action string) string {
		return stmt(`"Effect":"Allow","Principal":` + principal + `,"Action":` + action)
	}
	invalid := func(typ, value string) string { return `Invalid principal in policy: "` + typ + `":"` + value + `"` }
	const ar = `"sts:AssumeRole"`
	const federated = "Federated principals must be valid domain names or SAML metadata ARNs"
	checkMistakes(t, Trust, []mistake{
		{"account", trust(`{"AWS":"111122223333"}`, ar), ""},
		{"everything at once", trust(`{"AWS":["111122223333","arn:aws:iam::111122223333:root","arn:aws:iam::111122223333:user/p/u","arn:aws:sts::111122223333:assumed-role/R/s","arn:aws:sts::111122223333:federated-user/f","AROARRRRRRRRRRRRRRRR"],"Service":"lambda.amazonaws.com","Federated":["www.amazon.com","arn:aws:iam::111122223333:saml-provider/P"]}`, `["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity","sts:SetContext","STS:assumerolewithsaml","sts:AssumeRoleWithWebIdentity"]`), ""},
		{"old version", `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:*"}}`, ""},
		{"invalid JSON", `{"Statement":`, trustNotJSON},
		{"empty text", ``, trustNotJSON},
		{"a member twice", `{"Statement":1,"Statement":2}`, syntaxErrors},
		{"not an object", `[]`, syntaxErrors},
		{"Resource", stmt(`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"`), "Has prohibited field Resource"},
		{"NotResource", stmt(`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","NotResource":[]`), "Has prohibited field NotResource"},
		{"no principal", stmt(`"Effect":"Allow","Action":"sts:AssumeRole"`), "Missing required field Principal"},
		{"empty principal", trust(`{}`, ar), "Invalid principal in policy"},
		{"Allow with NotPrincipal", stmt(`"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"`), allowNotPrinc},
		{"Deny with NotPrincipal", stmt(`"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"`), "Has prohibited field NotPrincipal"},
		{"Principal and NotPrincipal", stmt(`"Effect":"Deny","Principal":"*","NotPrincipal":"*","Action":"sts:AssumeRole"`), syntaxErrors},
		{"bare ARN", trust(`"arn:aws:iam::111122223333:root"`, ar), syntaxErrors},
		{"unknown type", trust(`{"aws":"*"}`, ar), syntaxErrors},
		{"partial wildcard", trust(`{"AWS":"arn:aws:iam::111122223333:role/*"}`, ar), invalid("AWS", "arn:aws:iam::111122223333:role/*")},
		{"session wildcard", trust(`{"AWS":"arn:aws:sts::111122223333:assumed-role/R/*"}`, ar), invalid("AWS", "arn:aws:sts::111122223333:assumed-role/R/*")},
		{"variable", trust(`{"AWS":"arn:aws:iam::111122223333:user/${aws:username}"}`, ar), invalid("AWS", "arn:aws:iam::111122223333:user/${aws:username}")},
		{"group", trust(`{"AWS":"arn:aws:iam::111122223333:group/G"}`, ar), invalid("AWS", "arn:aws:iam::111122223333:group/G")},
		{"short account", trust(`{"AWS":"11112222333"}`, ar), invalid("AWS", "11112222333")},
		{"service", trust(`{"Service":"*"}`, ar), invalid("SERVICE", "*")},
		{"unknown host", trust(`{"Federated":"login.example.com"}`, `"sts:AssumeRoleWithWebIdentity"`), federated},
		{"federated star", trust(`{"Federated":"*"}`, `"sts:AssumeRoleWithWebIdentity"`), federated},
		{"federated wildcard ARN", trust(`{"Federated":"arn:aws:iam::111122223333:oidc-provider/*"}`, `"sts:AssumeRoleWithWebIdentity"`), federated},
		{"another service's action", trust(`"*"`, `"s3:GetObject"`), trustActions},
		{"another STS action", trust(`"*"`, `"sts:GetCallerIdentity"`), trustActions},
		{"star action", trust(`"*"`, `"*"`), trustActions},
		{"wildcards within sts", trust(`"*"`, `"sts:AssumeRole*"`), ""},
		{"NotAction", stmt(`"Effect":"Allow","Principal":"*","NotAction":"sts:AssumeRole"`), trustActions},
		{"action without vendor", trust(`"*"`, `"AssumeRole"`), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		{"no action", stmt(`"Effect":"Allow","Principal":"*"`), "Policy statement must contain actions."},
	})
}

func TestBucketPolicyMistakes(t *testing.T) {
	const okPrincipal = `"Principal":"*",`
	checkMistakes(t, Resource, []mistake{
		{"fine", stmt(`"Effect":"Allow",` + okPrincipal + okRest), ""},
		{"white space around", "\n " + stmt(`"Effect":"Allow",`+okPrincipal+okRest) + "\n", ""},
		{"any script", stmt(`"Effect":"Allow",` + okPrincipal + okAction + `,"Resource":"arn:aws:s3:::b/写真/*"`), ""},
		{"free Sids", stmt(`"Sid":"Let them in, please","Effect":"Allow",` + okPrincipal + okRest), ""},
		{"short ARN", stmt(`"Effect":"Allow",` + okPrincipal + okAction + `,"Resource":"arn:aws:s3"`), ""},
		{"canonical user", stmt(`"Effect":"Allow","Principal":{"CanonicalUser":"` + strings.Repeat("a1", 32) + `"},` + okRest), ""},
		{"deny with NotPrincipal", stmt(`"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},` + okRest), ""},
		{"empty", ``, s3NotJSON},
		{"not JSON", `nonsense`, s3NotJSON},
		{"not an object", `[]`, s3NotJSON},
		{"a member twice", `{"Statement":[],"Statement":[]}`, s3NotJSON},
		{"no Statement", `{}`, "Missing required field Statement"},
		{"empty Statement", `{"Statement":[]}`, "Could not parse the policy: Statement is empty!"},
		{"Version", `{"Version":"2020-01-01","Statement":[{"Effect":"Allow",` + okPrincipal + okRest + `}]}`, "The policy must contain a valid version string"},
		{"unknown element", `{"Extra":1,"Statement":[{"Effect":"Allow",` + okPrincipal + okRest + `}]}`, "Unknown field Extra"},
		{"no Principal", stmt(`"Effect":"Allow",` + okRest), "Missing required field Principal"},
		{"no Effect", stmt(okPrincipal + okRest), "Missing required field Effect"},
		{"no Action", stmt(`"Effect":"Allow",` + okPrincipal + okResource), "Missing required field Action"},
		{"no Resource", stmt(`"Effect":"Allow",` + okPrincipal + okAction), "Missing required field Resource"},
		{"wrong Effect", stmt(`"Effect":"allow",` + okPrincipal + okRest), "Invalid effect: allow"},
		{"bad action", stmt(`"Effect":"Allow","Action":"GetObject",` + okPrincipal + okResource), s3BadAction},
		{"bad action type", stmt(`"Effect":"Allow","Action":7,` + okPrincipal + okResource), s3BadAction},
		{"bad resource", stmt(`"Effect":"Allow","Resource":"b/*",` + okPrincipal + okAction), s3BadResource},
		{"bad principal", stmt(`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/*"},` + okRest), s3BadPrincipal},
		{"bare principal", stmt(`"Effect":"Allow","Principal":"111122223333",` + okRest), s3BadPrincipal},
		{"federated principal", stmt(`"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},` + okRest), s3BadPrincipal},
		{"Allow with NotPrincipal", stmt(`"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},` + okRest), allowNotPrinc},
		{"condition key without vendor", stmt(`"Effect":"Allow",` + okPrincipal + okRest + `,"Condition":{"StringEquals":{"prefix":"x"}}`), s3BadCondition},
		{"unknown operator", stmt(`"Effect":"Allow",` + okPrincipal + okRest + `,"Condition":{"StringIs":{"s3:prefix":"x"}}`), "Invalid Condition type : StringIs"},
		{"bad date", stmt(`"Effect":"Allow",` + okPrincipal + okRest + `,"Condition":{"DateEquals":{"aws:CurrentTime":"x"}}`), "Could not parse the policy: Invalid date"},
	})
}

func TestCheckBucket(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"the bucket and its objects", `"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`, ""},
		{"a star after the name is both", `"Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b*"`, ""},
		{"wildcard actions are not judged", `"Action":["s3:*","*"],"Resource":"arn:aws:s3:::b"`, ""},
		{"another service", `"Action":"ec2:*","Resource":"arn:aws:s3:::b"`, s3BadAction},
		{"another bucket", `"Action":"s3:*","Resource":"arn:aws:s3:::b2/*"`, s3BadResource},
		{"star", `"Action":"s3:*","Resource":"*"`, s3BadResource},
		{"short ARN", `"Action":"s3:*","Resource":"arn:aws:s3"`, s3BadResource},
		{"bucket action on objects", `"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*"`, "Action does not apply to any resource(s) in statement"},
		{"object action on the bucket", `"Action":"s3:GetObject","Resource":"arn:aws:s3:::b"`, "Action does not apply to any resource(s) in statement"},
		{"upload parts on the bucket", `"Action":"s3:ListMultipartUploadParts","Resource":"arn:aws:s3:::b"`, "Action does not apply to any resource(s) in statement"},
		{"NotAction is not judged", `"NotAction":"s3:GetObject","Resource":"arn:aws:s3:::b"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Parse([]byte(stmt(`"Effect":"Deny","Principal":"*",`+tt.body)), Resource)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := d.CheckBucket("b"); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorPointsAtTheMistake(t *testing.T) {
	_, err := Parse([]byte("{\n  \"Statement\": {\n    \"Effect\": \"Allow\",\n    \"Action\": [\"s3:*\",\n  \"bad\"],\n    \"Resource\": \"*\"\n  }\n}"), Identity)
	want := &Error{Kind: Identity, Message: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", Line: 5, Column: 3, Detail: "action bad"}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDocumentKeepsWhatWasWritten(t *testing.T) {
	text := ` {"Version": "2012-10-17", "Id":"i\u0064",
 "Statement":[ {"Sid":"A","Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111122223333:user/u","AIDAUUUUUUUUUUUUUUUU","arn:aws:iam::111122223333:user/u","111122223333"]},"NotAction":"s3:*","NotResource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}]}
`
	d, err := Parse([]byte(text), Resource)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(d.Text()); got != text {
		t.Errorf("text changed: %q", got)
	}
	if d.Kind() != Resource || d.Version() != "2012-10-17" || d.ID() != "id" || d.Len() != 1 {
		t.Errorf("got %v %q %q %d", d.Kind(), d.Version(), d.ID(), d.Len())
	}
	if diff := cmp.Diff([]string{"arn:aws:iam::111122223333:user/u"}, d.PrincipalARNs()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"AIDAUUUUUUUUUUUUUUUU"}, d.PrincipalIDs()); diff != "" {
		t.Error(diff)
	}
	s := d.Statement(0)
	if s.Position.Line != 2 || !s.NotPrincipal || !s.NotAction || !s.NotResource || s.Conditions[0].Values[0] != "false" {
		t.Errorf("statement %+v", s)
	}
	s.Actions[0].Text, s.Conditions[0].Values[0] = "x", "x"
	if s := d.Statement(0); s.Actions[0].Text != "s3:*" || s.Conditions[0].Values[0] != "false" {
		t.Error("a copy of a statement changed the document")
	}
	p := Compile(d, Meta{Name: "n", ARN: "a"})
	if p.Name() != "n" || p.ARN() != "a" || p.Document() != d || p.Len() != 1 || p.Sid(0) != "A" || p.Sid(1) != "" || p.Sid(-1) != "" || p.Position(0).Line != 2 || p.Position(9) != (Position{}) {
		t.Error("accessors of the compiled policy")
	}
}

func TestKindsHaveNames(t *testing.T) {
	for k, want := range map[Kind]string{Identity: "identity policy", Managed: "managed policy", Session: "session policy", Trust: "role trust policy", Resource: "resource policy", 0: "unknown kind of policy"} {
		if got := k.String(); got != want {
			t.Errorf("Kind(%d) is %q, want %q", k, got, want)
		}
	}
}

func TestDetailsStayShort(t *testing.T) {
	_, err := Parse([]byte(stmt(`"Effect":"Allow","Action":"`+strings.Repeat("é", 5000)+`",`+okResource)), Identity)
	var e *Error
	if !errors.As(err, &e) || len(e.Detail) > 300 || !strings.HasSuffix(e.Detail, "é…") {
		t.Errorf("detail %q", e.Detail)
	}
}
