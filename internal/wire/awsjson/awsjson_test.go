package awsjson_test

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awserr"
	"github.com/rockpool-id/rockpool/internal/wire/awsjson"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
	"github.com/rockpool-id/rockpool/internal/wire/wiretest"
)

// shapesOf gives an empty input and output of every operation of all services:
// the codec does not care which protocol a shape was made for.
func shapesOf() map[string]any {
	all := make(map[string]any)
	add := func(name string, in, out any) {
		all[name+"Input"], all[name+"Output"] = in, out
	}
	for _, op := range cognitowire.Operations() {
		add(op.Name, op.NewInput(), op.NewOutput())
	}
	for _, op := range iamwire.Operations() {
		add(op.Name, op.NewInput(), op.NewOutput())
	}
	for _, op := range stswire.Operations() {
		add(op.Name, op.NewInput(), op.NewOutput())
	}
	return all
}

func TestEveryShapeComesBackWithEveryMember(t *testing.T) {
	shapes := new(wire.Shapes)
	all := shapesOf()
	if len(all) != 2*(23+159+8) {
		t.Fatalf("%d shapes", len(all))
	}
	for name, want := range all {
		wiretest.Fill(shapes, want)
		text := awsjson.Encode(nil, shapes, want)
		if !json.Valid(text) {
			t.Fatalf("%s: not JSON: %s", name, text)
		}
		got := reflect.New(reflect.TypeOf(want).Elem()).Interface()
		if e := awsjson.Decode(shapes, text, got); e != nil {
			t.Fatalf("%s: %v\n%s", name, e, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		// The standard library must read the same names and strings.
		var plain map[string]any
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Fatal(err)
		}
		if d := shapes.Of(reflect.TypeOf(want).Elem()); len(plain) != len(d.Fields) {
			t.Errorf("%s: %d of %d members written", name, len(plain), len(d.Fields))
		}
	}
}

func TestDecode(t *testing.T) {
	type in = cognitowire.GetIdInput
	pool := new("us-east-1:0")
	tests := []struct {
		name string
		body string
		want *in
		err  string
	}{
		{"a guest's empty map is present and empty", `{"IdentityPoolId":"us-east-1:0","Logins":{}}`, &in{IdentityPoolId: pool, Logins: map[string]string{}}, ""},
		{"null is absent", `{"IdentityPoolId":"us-east-1:0","Logins":null,"AccountId":null}`, &in{IdentityPoolId: pool}, ""},
		{"unknown members of any form are skipped", ` { "x" : [1, -2.5e+3, {"a":[true,false,null,"\n"]}] , "IdentityPoolId":"us-east-1:0" } `, &in{IdentityPoolId: pool}, ""},
		{"names are matched exactly", `{"identityPoolId":"us-east-1:0"}`, &in{}, ""},
		{"escapes and a surrogate pair are undone", `{"IdentityPoolId":"\u0041\ud83d\ude00\/\"\\\b\f\n\r\t"}`, &in{IdentityPoolId: new("A😀/\"\\\b\f\n\r\t")}, ""},
		{"an empty object", `{}`, &in{}, ""},

		{"no body", ``, nil, "expected an object at byte 0"},
		{"a member twice", `{"IdentityPoolId":"a","IdentityPoolId":"b"}`, nil, "a member that occurs twice"},
		{"a member twice, once null", `{"Logins":null,"Logins":{}}`, nil, "a member that occurs twice"},
		{"a map key twice", `{"Logins":{"a":"1","a":"2"}}`, nil, "a key that occurs twice"},
		{"a map key twice, once escaped", `{"Logins":{"a":"1","\u0061":"2"}}`, nil, "a key that occurs twice"},
		{"a null login is not dropped", `{"Logins":{"a":null}}`, nil, "expected a string"},
		{"a number for a string", `{"IdentityPoolId":1}`, nil, "expected a string"},
		{"a list for a map", `{"Logins":[]}`, nil, "expected an object"},
		{"a string for the object", `"x"`, nil, "expected an object"},
		{"text behind the object", `{} {}`, nil, "text after the object"},
		{"a comma before the end", `{"IdentityPoolId":"a",}`, nil, "expected a string"},
		{"half a surrogate pair", `{"IdentityPoolId":"\ud83d"}`, nil, "half a surrogate pair"},
		{"the second half alone", `{"IdentityPoolId":"\ude00\ud83d"}`, nil, "half a surrogate pair"},
		{"bytes that are not UTF-8", "{\"IdentityPoolId\":\"\xff\"}", nil, "text that is not UTF-8"},
		{"bytes that are not UTF-8 behind an escape", "{\"IdentityPoolId\":\"\\n\xff\"}", nil, "text that is not UTF-8"},
		{"a raw newline in a string", "{\"IdentityPoolId\":\"a\nb\"}", nil, "a control character"},
		{"an unknown escape", `{"IdentityPoolId":"\x"}`, nil, "an unknown escape"},
		{"a string without an end", `{"IdentityPoolId":"a`, nil, "a string without an end"},
		{"a number with a leading zero", `{"x":01}`, nil, "expected a comma or an end"},
		{"a misspelt word", `{"x":nul}`, nil, "an unknown word"},
		{"nesting without end", strings.Repeat(`{"x":`, 100), nil, "nested too deeply"},
	}
	shapes := new(wire.Shapes)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := new(in)
			e := awsjson.Decode(shapes, []byte(tt.body), got)
			if tt.err != "" {
				if e == nil || e.Code != "SerializationException" || e.HTTPStatus() != 400 || !strings.Contains(e.Message, tt.err) {
					t.Fatalf("got %v, want SerializationException with %q", e, tt.err)
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

func TestDecodeNumbers(t *testing.T) {
	tests := []struct {
		name, number string
		want         int32
		ok           bool
	}{
		{"an integer", "60", 60, true},
		{"a whole number with a fraction of zero", "60.0", 60, true},
		{"a whole number with an exponent", "6e1", 60, true},
		{"a fraction", "1.5", 0, false},
		{"more than 32 bits", "4294967297", 0, false},
		{"more than 64 bits", "1e30", 0, false},
		{"a number in quotes", `"60"`, 0, false},
		{"infinity", "1e999", 0, false},
	}
	shapes := new(wire.Shapes)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := new(cognitowire.ListIdentityPoolsInput)
			e := awsjson.Decode(shapes, []byte(`{"MaxResults":`+tt.number+`}`), got)
			if (e == nil) != tt.ok {
				t.Fatalf("error %v", e)
			}
			if tt.ok && *got.MaxResults != tt.want {
				t.Errorf("got %d", *got.MaxResults)
			}
		})
	}
}

func TestEncode(t *testing.T) {
	tests := []struct {
		name string
		out  any
		want string
	}{
		{"absent members stay out, false stays in", &cognitowire.IdentityPool{IdentityPoolId: new("p"), AllowUnauthenticatedIdentities: new(false)},
			`{"IdentityPoolId":"p","AllowUnauthenticatedIdentities":false}`},
		{"an empty output is an empty object", &cognitowire.TagResourceOutput{}, `{}`},
		{"an empty list is present", &cognitowire.ListIdentityPoolsOutput{IdentityPools: []cognitowire.IdentityPoolShortDescription{}}, `{"IdentityPools":[]}`},
		{"a time is a number of seconds", &cognitowire.Credentials{Expiration: new(time.Unix(1760000000, 0))}, `{"Expiration":1760000000}`},
		{"a time keeps its milliseconds", &cognitowire.Credentials{Expiration: new(time.UnixMilli(1760000000123))}, `{"Expiration":1760000000.123}`},
		{"bytes that are not UTF-8 are replaced", &cognitowire.GetIdOutput{IdentityId: new("a\xffb\x01")}, "{\"IdentityId\":\"a\uFFFDb\\u0001\"}"},
		{"map keys are in order", &cognitowire.ListTagsForResourceOutput{Tags: map[string]string{"b": "2", "a": "1"}}, `{"Tags":{"a":"1","b":"2"}}`},
	}
	shapes := new(wire.Shapes)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(awsjson.Encode(nil, shapes, tt.out)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWriteError(t *testing.T) {
	tests := []struct {
		name          string
		err           *awserr.Error
		status        int
		body, message string
	}{
		{"a model error", cognitowire.NotAuthorizedException("Invalid login token. Token expired: 1589092400 >= 1589092129"), 400,
			`{"__type":"NotAuthorizedException","message":"Invalid login token. Token expired: 1589092400 >= 1589092129"}`,
			"Invalid login token. Token expired: 1589092400 >= 1589092129"},
		{"a denial has a capital Message", awserr.Access("AccessDeniedException", "User: anonymous is not authorized", 400), 400,
			`{"__type":"AccessDeniedException","Message":"User: anonymous is not authorized"}`, "User: anonymous is not authorized"},
		{"an internal error is the only 500", cognitowire.InternalErrorException("x"), 500, `{"__type":"InternalErrorException","message":"x"}`, "x"},
		{"Latin-1 goes into the header in one byte", awserr.Sender("A", "é"), 400, `{"__type":"A","message":"é"}`, "\xe9"},
		{"other text stays out of the header", awserr.Sender("A", "€"), 400, `{"__type":"A","message":"€"}`, ""},
		{"a newline stays out of the header", awserr.Sender("A", "a\r\nSet-Cookie: b"), 400, `{"__type":"A","message":"a\r\nSet-Cookie: b"}`, ""},
		{"no message", awserr.Sender("UnknownOperationException", ""), 400, `{"__type":"UnknownOperationException","message":""}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			awsjson.WriteError(w, tt.err)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("got %d %s\nwant %d %s", w.Code, w.Body, tt.status, tt.body)
			}
			h := w.Header()
			if got := h.Get("x-amzn-ErrorType"); got != tt.err.Code+":" {
				t.Errorf("error type %q", got)
			}
			if got := h.Get("x-amzn-ErrorMessage"); got != tt.message {
				t.Errorf("error message header %q", got)
			}
			if got := h.Get("Content-Type"); got != "application/x-amz-json-1.1" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

func TestWriteOutputWithoutOutputHasNoBody(t *testing.T) {
	w := httptest.NewRecorder()
	awsjson.WriteOutput(w, nil, new(wire.Shapes), nil)
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "0" {
		t.Errorf("got %d, %q, length %q", w.Code, w.Body, w.Header().Get("Content-Length"))
	}
}

// FuzzDecode holds that what is decoded encodes to a text that decodes to the
// same, that the standard library agrees that the input was JSON, and that a
// refusal is a SerializationException.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"IdentityPoolId":"us-east-1:0","Roles":{"authenticated":"a"},"RoleMappings":{"p":{"Type":"Rules","AmbiguousRoleResolution":"Deny","RulesConfiguration":{"Rules":[{"Claim":"c","MatchType":"Equals","Value":"v","RoleARN":"r"}]}}}}`))
	f.Add([]byte(`{"RoleMappings":null,"x":[1.5e-3,"\ud83d\ude00"]}`))
	f.Add([]byte(`{"Roles":{"a":"\u0000"}}`))
	shapes := new(wire.Shapes)
	f.Fuzz(func(t *testing.T, body []byte) {
		first := new(cognitowire.SetIdentityPoolRolesInput)
		if e := awsjson.Decode(shapes, body, first); e != nil {
			if e.Code != "SerializationException" {
				t.Fatalf("code %s", e.Code)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatalf("accepted what is not JSON: %q", body)
		}
		shapes.Check(first)
		text := awsjson.Encode(nil, shapes, first)
		second := new(cognitowire.SetIdentityPoolRolesInput)
		if e := awsjson.Decode(shapes, text, second); e != nil {
			t.Fatalf("%v: %s", e, text)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatal(diff)
		}
	})
}

func credentialsRequest() []byte {
	token := strings.Repeat("eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ", 28)
	return []byte(`{"IdentityId":"us-east-1:12345678-1234-1234-1234-123456789012","Logins":{"accounts.google.com":"` + token + `"}}`)
}

// BenchmarkGetCredentialsForIdentityInput is the part of a token exchange that
// this package has: decode and check of a request with one 950 byte token.
func BenchmarkGetCredentialsForIdentityInput(b *testing.B) {
	shapes := new(wire.Shapes)
	body := credentialsRequest()
	b.ReportAllocs()
	for b.Loop() {
		in := new(cognitowire.GetCredentialsForIdentityInput)
		if e := awsjson.Decode(shapes, body, in); e != nil {
			b.Fatal(e)
		}
		if e := shapes.Check(in); e != nil {
			b.Fatal(e)
		}
	}
}

func BenchmarkGetCredentialsForIdentityOutput(b *testing.B) {
	shapes := new(wire.Shapes)
	out := &cognitowire.GetCredentialsForIdentityOutput{
		IdentityId: new("us-east-1:12345678-1234-1234-1234-123456789012"),
		Credentials: &cognitowire.Credentials{
			AccessKeyId: new("ASIAXXXXXXXXXXXXXXXX"), SecretKey: new(strings.Repeat("s", 40)),
			SessionToken: new(strings.Repeat("t", 600)), Expiration: new(time.Unix(1760000000, 0)),
		},
	}
	buf := make([]byte, 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		buf = awsjson.Encode(buf[:0], shapes, out)
	}
}

func TestHotPathAllocations(t *testing.T) {
	shapes := new(wire.Shapes)
	body := credentialsRequest()
	got := testing.AllocsPerRun(100, func() {
		in := new(cognitowire.GetCredentialsForIdentityInput)
		if awsjson.Decode(shapes, body, in) != nil || shapes.Check(in) != nil {
			t.Fatal("refused")
		}
	})
	if got > 16 {
		t.Errorf("decode and check allocate %v times, want at most 16", got)
	}
}
