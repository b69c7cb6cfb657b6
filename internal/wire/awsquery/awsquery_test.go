package awsquery_test

import (
	"encoding/xml"
	"fmt"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/awsquery"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
	"github.com/rockpool-id/rockpool/internal/wire/wiretest"
)

type operation struct {
	service             wire.Service
	info                wire.Info
	newInput, newOutput func() any
}

// operations lists those of the two query services.
func operations() []operation {
	var all []operation
	for _, op := range iamwire.Operations() {
		all = append(all, operation{iamwire.Service(), op.Info, op.NewInput, op.NewOutput})
	}
	for _, op := range stswire.Operations() {
		all = append(all, operation{stswire.Service(), op.Info, op.NewInput, op.NewOutput})
	}
	return all
}

func TestEveryInputComesBackWithEveryMember(t *testing.T) {
	shapes := new(wire.Shapes)
	ops := operations()
	for _, op := range cognitowire.Operations() { // its maps exercise what IAM inputs lack
		ops = append(ops, operation{cognitowire.Service(), op.Info, op.NewInput, op.NewOutput})
	}
	for _, op := range ops {
		want := op.newInput()
		wiretest.Fill(shapes, want)
		var form awsquery.Form
		text := wiretest.EncodeForm(shapes, op.info.Name, op.service.Version, want)
		if e := form.Add(text); e != nil {
			t.Fatalf("%s: %v", op.info.Name, e)
		}
		if form.Get("Action") != op.info.Name || form.Get("Version") != op.service.Version {
			t.Errorf("%s: action %q version %q", op.info.Name, form.Get("Action"), form.Get("Version"))
		}
		got := op.newInput()
		if e := awsquery.Decode(shapes, &form, got); e != nil {
			t.Fatalf("%s: %v\n%s", op.info.Name, e, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", op.info.Name, diff)
		}
	}
}

func TestEveryOutputComesBackWithEveryMember(t *testing.T) {
	shapes := new(wire.Shapes)
	for _, op := range operations() {
		var want, got any
		if op.info.Output {
			want, got = op.newOutput(), op.newOutput()
			wiretest.Fill(shapes, want)
		}
		answer := awsquery.Encode(nil, shapes, op.service.Namespace, op.info.Name, "req-1", want)
		id, err := wiretest.DecodeXML(shapes, answer, op.service.Namespace, op.info.Name, got)
		if err != nil || id != "req-1" {
			t.Fatalf("%s: request id %q, %v\n%s", op.info.Name, id, err, answer)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", op.info.Name, diff)
		}
	}
}

func TestDecodeForm(t *testing.T) {
	type in = stswire.AssumeRoleInput
	tests := []struct {
		name, form string
		want       *in
		code, err  string
	}{
		{"lists, structures and numbers", "RoleArn=a&PolicyArns.member.1.arn=p1&PolicyArns.member.2.arn=p2&DurationSeconds=900&Tags.member.1.Key=k&Tags.member.1.Value=", &in{
			RoleArn: new("a"), DurationSeconds: new(int32(900)),
			PolicyArns: []stswire.PolicyDescriptorType{{Arn: new("p1")}, {Arn: new("p2")}},
			Tags:       []stswire.Tag{{Key: new("k"), Value: new("")}},
		}, "", ""},
		{"gaps in a list close and numbers decide the order", "TransitiveTagKeys.member.10=c&TransitiveTagKeys.member.7=b&TransitiveTagKeys.member.2=a", &in{TransitiveTagKeys: []string{"a", "b", "c"}}, "", ""},
		{"an empty value is an empty list", "Tags=&TransitiveTagKeys=", &in{Tags: []stswire.Tag{}, TransitiveTagKeys: []string{}}, "", ""},
		{"an empty string is present", "Policy=", &in{Policy: new("")}, "", ""},
		{"plus is a space and %2B a plus", "ExternalId=a+b%2Bc%20d", &in{ExternalId: new("a b+c d")}, "", ""},
		{"unknown parameters are ignored", "X-Amz-Signature=1&Foo.Bar.1=2&RoleArn=a&&", &in{RoleArn: new("a")}, "", ""},
		{"names are matched exactly", "roleArn=a", &in{}, "", ""},

		{"a parameter twice", "RoleArn=a&RoleArn=b", nil, "MalformedQueryString", "occurs more than once"},
		{"a broken escape", "RoleArn=%zz", nil, "MalformedQueryString", "RoleArn is not URL-encoded"},
		{"a broken escape in a name", "%zz=1", nil, "MalformedQueryString", "not URL-encoded"},
		{"a name with too many parts", strings.Repeat("a.", 16) + "b=1", nil, "MalformedQueryString", "too many parts"},
		{"too many parameters", manyParameters(10001), nil, "MalformedQueryString", "too many parameters"},
		{"an integer that is none", "DurationSeconds=ten", nil, "MalformedInput", "DurationSeconds is not an integer"},
		{"an integer out of range", "DurationSeconds=4294967296", nil, "MalformedInput", "DurationSeconds is not an integer"},
		{"a list element without a number", "Tags.member.x.Key=k", nil, "MalformedInput", "Tags is not a list with numbered members"},
		{"a list element with a sign", "Tags.member.+1.Key=k", nil, "MalformedInput", "Tags is not a list"},
		{"a value for a list", "Tags=x", nil, "MalformedInput", "Tags is not a list"},
		{"a value for a structure", "Tags.member.1=x", nil, "MalformedInput", "Tags.member.1 is not a structure"},
		{"parts for a string", "RoleArn.x=1", nil, "MalformedInput", "RoleArn is not a single value"},
		{"parts beside a string's value", "RoleArn=a&RoleArn.x=1", nil, "MalformedInput", "RoleArn is not a single value"},
	}
	shapes := new(wire.Shapes)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var form awsquery.Form
			got := new(in)
			e := form.Add(tt.form)
			if e == nil {
				e = awsquery.Decode(shapes, &form, got)
			}
			if tt.code != "" {
				if e == nil || e.Code != tt.code || !strings.Contains(e.Message, tt.err) {
					t.Fatalf("got %v, want %s with %q", e, tt.code, tt.err)
				}
				return
			}
			if e != nil {
				t.Fatal(e)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func manyParameters(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d=1&", i)
	}
	return b.String()
}

func TestEncode(t *testing.T) {
	const ns = "https://iam.amazonaws.com/doc/2010-05-08/"
	meta := "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>"
	tests := []struct {
		name, operation string
		out             any
		want            string
	}{
		{"a void result has no result element", "DeleteRole", nil,
			`<DeleteRoleResponse xmlns="` + ns + `">` + meta + `</DeleteRoleResponse>`},
		{"an empty output has an empty result element", "UpdateRole", &iamwire.UpdateRoleOutput{},
			`<UpdateRoleResponse xmlns="` + ns + `"><UpdateRoleResult></UpdateRoleResult>` + meta + `</UpdateRoleResponse>`},
		{"a required list is written even when nil, an optional one is not", "ListRoles", &iamwire.ListRolesOutput{IsTruncated: new(false)},
			`<ListRolesResponse xmlns="` + ns + `"><ListRolesResult><Roles></Roles><IsTruncated>false</IsTruncated></ListRolesResult>` + meta + `</ListRolesResponse>`},
		{"a structure that is present and empty stays", "GetRole", &iamwire.GetRoleOutput{Role: &iamwire.Role{RoleLastUsed: &iamwire.RoleLastUsed{}, CreateDate: new(time.Date(2026, 1, 2, 4, 4, 5, 999, time.FixedZone("", 3600)))}},
			`<GetRoleResponse xmlns="` + ns + `"><GetRoleResult><Role><CreateDate>2026-01-02T03:04:05Z</CreateDate><RoleLastUsed></RoleLastUsed></Role></GetRoleResult>` + meta + `</GetRoleResponse>`},
		{"text is escaped and what XML cannot carry is replaced", "GetRolePolicy", &iamwire.GetRolePolicyOutput{PolicyDocument: new("a<b>&\"\r\n\t\x01\xff\uFFFE]]>")},
			`<GetRolePolicyResponse xmlns="` + ns + `"><GetRolePolicyResult><PolicyDocument>a&lt;b&gt;&amp;&quot;&#13;` + "\n\t\uFFFD\uFFFD\uFFFD" + `]]&gt;</PolicyDocument></GetRolePolicyResult>` + meta + `</GetRolePolicyResponse>`},
	}
	shapes := new(wire.Shapes)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(awsquery.Encode(nil, shapes, ns, tt.operation, "id", tt.out))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWriteError(t *testing.T) {
	tests := []struct {
		name   string
		err    *awserr.Error
		status int
		body   string
	}{
		{"a sender's error", iamwire.NoSuchEntityException("The role with name <R> cannot be found."), 404,
			`<Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name &lt;R&gt; cannot be found.</Message>`},
		{"ours", iamwire.ServiceFailureException("x"), 500, `<Type>Receiver</Type><Code>ServiceFailure</Code><Message>x</Message>`},
		{"a denial", awserr.Access("AccessDenied", "User: u is not authorized", 403), 403,
			`<Type>Sender</Type><Code>AccessDenied</Code><Message>User: u is not authorized</Message>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			awsquery.WriteError(w, "https://iam.amazonaws.com/doc/2010-05-08/", "id", tt.err)
			want := `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>` + tt.body + `</Error><RequestId>id</RequestId></ErrorResponse>`
			if w.Code != tt.status || w.Body.String() != want || w.Header().Get("Content-Type") != "text/xml" {
				t.Errorf("got %d %s %s", w.Code, w.Header().Get("Content-Type"), w.Body)
			}
		})
	}
}

func TestPercentEncodeIsUndoneByQueryUnescape(t *testing.T) {
	const document = "{\"Sid\": \"a+b%20c\",\t\"é\": \"~-_.\"}\n"
	encoded := awsquery.PercentEncode(document)
	if strings.ContainsAny(encoded, "+ \"{") {
		t.Errorf("not all encoded: %s", encoded)
	}
	got, err := url.QueryUnescape(encoded)
	if err != nil || got != document {
		t.Errorf("got %q, %v", got, err)
	}
}

// FuzzForm holds that a form that decodes encodes to one that decodes to the same,
// and that nothing panics.
func FuzzForm(f *testing.F) {
	f.Add("RoleArn=a&Tags.member.1.Key=k&Tags.member.3.Value=v&DurationSeconds=900")
	f.Add("PolicyArns=&PolicyArns.member.1=&Tags.member.1.Key=a+b%2B&ProvidedContexts.member.1.ProviderArn=x")
	f.Add("Tags.member.1.Key=%00%ff&Tags.member.01.Key=2")
	shapes := new(wire.Shapes)
	f.Fuzz(func(t *testing.T, text string) {
		var form awsquery.Form
		if form.Add(text) != nil {
			return
		}
		first := new(stswire.AssumeRoleInput)
		if e := awsquery.Decode(shapes, &form, first); e != nil {
			if e.Code != "MalformedInput" {
				t.Fatalf("code %s", e.Code)
			}
			return
		}
		shapes.Check(first)
		again := wiretest.EncodeForm(shapes, "AssumeRole", "v", first)
		var form2 awsquery.Form
		if e := form2.Add(again); e != nil {
			t.Fatalf("%v: %s", e, again)
		}
		second := new(stswire.AssumeRoleInput)
		if e := awsquery.Decode(shapes, &form2, second); e != nil {
			t.Fatalf("%v: %s", e, again)
		}
		if !reflect.DeepEqual(first, second) {
			t.Fatal(cmp.Diff(first, second))
		}
	})
}

// FuzzText holds that any text makes well-formed XML, and that text XML can carry
// comes back unchanged.
func FuzzText(f *testing.F) {
	f.Add("a<b>&\"'\r\n\t")
	f.Add("]]>\x00\xff\uFFFF")
	shapes := new(wire.Shapes)
	f.Fuzz(func(t *testing.T, text string) {
		answer := awsquery.Encode(nil, shapes, "ns", "GetRolePolicy", "id", &iamwire.GetRolePolicyOutput{PolicyDocument: &text})
		got := new(iamwire.GetRolePolicyOutput)
		if _, err := wiretest.DecodeXML(shapes, answer, "ns", "GetRolePolicy", got); err != nil {
			t.Fatalf("%v: %q", err, answer)
		}
		var carried strings.Builder
		if xml.EscapeText(&carried, []byte(text)) == nil && !strings.Contains(carried.String(), "\uFFFD") && *got.PolicyDocument != text {
			t.Fatalf("%q came back as %q", text, *got.PolicyDocument)
		}
	})
}

func BenchmarkAssumeRoleWithWebIdentity(b *testing.B) {
	shapes := new(wire.Shapes)
	text := wiretest.EncodeForm(shapes, "AssumeRoleWithWebIdentity", "2011-06-15", &stswire.AssumeRoleWithWebIdentityInput{
		RoleArn: new("arn:aws:iam::000000000000:role/reader"), RoleSessionName: new("session"),
		WebIdentityToken: new(strings.Repeat("eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ", 28)),
	})
	b.ReportAllocs()
	for b.Loop() {
		var form awsquery.Form
		if e := form.Add(text); e != nil {
			b.Fatal(e)
		}
		in := new(stswire.AssumeRoleWithWebIdentityInput)
		if e := awsquery.Decode(shapes, &form, in); e != nil {
			b.Fatal(e)
		}
		if e := shapes.Check(in); e != nil {
			b.Fatal(e)
		}
	}
}
