package policycases_test

import (
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/policycases"
)

func TestReadSaysWhatIsWrong(t *testing.T) {
	const (
		policies = "policies: {read: read.json, write: write.json}\n"
		test     = "tests:\n- name: n\n  as: anonymous\n  do: s3:GetObject\n  on: arn:aws:s3:::b/k\n  expect: deny\n"
	)
	for _, tt := range []struct{ name, text, want string }{
		{"an empty file", "", "t.yaml: the file is empty"},
		{"another kind of file", "- a\n- b\n", "t.yaml:1:1: a test file must be a mapping (name: value), not a list"},
		{"broken YAML", "a: [1\nb: 2\n", "t.yaml:2:2: not valid YAML: "},
		{"two documents", "tests: []\n---\ntests: []\n", "t.yaml:2:1: the file has more than one YAML document"},
		{"no tests", policies, "t.yaml:1:1: the file has no tests"},
		{"an empty list of tests", "tests: []", "t.yaml:1:8: tests must be a list with at least one test"},
		{"a misspelt field", test + "polices: {}\n", `t.yaml:7:1: a test file has no field "polices"; did you mean "policies"?`},
		{"a misspelt field of a test", strings.Replace(test, "expect", "expects", 1), `t.yaml:6:3: a test has no field "expects"; did you mean "expect"?`},
		{"a field of another world", test + "  zzzzzzzz: 1\n", `t.yaml:7:3: a test has no field "zzzzzzzz"; it has name, as, assume, do, on, `},
		{"a field twice", test + "  do: s3:GetObject\n", `t.yaml:7:3: a test says "do" twice`},
		{"a short account", "account: 42\n" + test, `t.yaml:1:10: account must be the 12 digits of an account, not "42"`},
		{"a policy that is nothing", "policies: {p: {}}\n" + test, "t.yaml:1:12: policy p must have one of: file (the path of a JSON file), inline (the policy itself)"},
		{"a policy with a colon", "policies: {'a:b': x.json}\n" + test, "the name of a policy cannot have a colon"},
		{"a misspelt policy", policies + "roles: {r: {policies: [raed]}}\n" + test, `t.yaml:2:24: policies: no policy "raed"; did you mean "read"?`},
		{"a policy that is not there", policies + "roles: {r: {boundary: limits}}\n" + test, `t.yaml:2:23: boundary: no policy "limits"; the file has read, write`},
		{"no policies at all", "roles: {r: {trust: p}}\n" + test, `t.yaml:1:20: trust: no policy "p"; the file has no policies`},
		{"a role that is not one", "roles: {r: {arn: 'arn:aws:iam::123456789012:user/r'}}\n" + test, `t.yaml:1:9: "arn:aws:iam::123456789012:user/r" is not the ARN of a role`},
		{"two roles with one ARN", "roles: {r: {}, s: {arn: 'arn:aws:iam::000000000000:role/r'}}\n" + test, "t.yaml:1:16: roles r and s have the same ARN"},
		{"users have no trust policy", "users: {u: {trust: x}}\n" + test, `t.yaml:1:13: user u has no field "trust"; `},
		{"groups have no boundary", "groups: {g: {boundary: x}}\n" + test, `t.yaml:1:14: group g has no field "boundary"; it has arn, policies`},
		{"roles are in no groups", "roles: {r: {groups: x}}\n" + test, `t.yaml:1:13: role r has no field "groups"; `},
		{"a group that is not one", "groups: {g: {arn: 'arn:aws:iam::123456789012:user/g'}}\n" + test, `t.yaml:1:10: "arn:aws:iam::123456789012:user/g" is not the ARN of a group`},
		{"two tests with one name", test + strings.TrimPrefix(test, "tests:\n"), "t.yaml:7:3: a test of this name stands in line 2 already"},
		{"a test without a name", strings.Replace(test, "name: n", "name: ' '", 1), "t.yaml:2:9: name is empty"},
		{"nobody asks", strings.Replace(test, "  as: anonymous\n", "", 1), `t.yaml:2:3: the test does not say who asks`},
		{"nothing is done", strings.Replace(test, "  do: s3:GetObject\n", "", 1), "t.yaml:2:3: the test does not say what is done"},
		{"on nothing", strings.Replace(test, "  on: arn:aws:s3:::b/k\n", "", 1), "t.yaml:2:3: the test does not say on what"},
		{"nothing is expected", strings.Replace(test, "  expect: deny\n", "", 1), "t.yaml:2:3: the test does not say what it expects"},
		{"an expectation that is none", strings.Replace(test, "expect: deny", "expect: refuse", 1), `t.yaml:6:11: expect must be allow, deny, explicit deny or implicit deny, not "refuse"`},
		{"no action", strings.Replace(test, "s3:GetObject", "GetObject", 1), `t.yaml:4:7: do: "GetObject" is not an action like s3:GetObject`},
		{"a pattern of actions", strings.Replace(test, "s3:GetObject", "s3:Get*", 1), `t.yaml:4:7: do: a test asks about one action, and "s3:Get*" is a pattern`},
		{"a misspelt action", strings.Replace(test, "s3:GetObject", "s3:GetObjcet", 1), `t.yaml:4:7: do: there is no action "s3:GetObjcet"; did you mean "s3:GetObject"?`},
		{"no resource", strings.Replace(test, "arn:aws:s3:::b/k", "b/k", 1), `t.yaml:5:7: on: "b/k" is not an ARN`},
		{"a pattern of resources", strings.Replace(test, "arn:aws:s3:::b/k", "arn:aws:s3:::b/*", 1), `t.yaml:5:7: on: a test asks about one resource, and "arn:aws:s3:::b/*" is a pattern`},
		{"an unknown caller", strings.Replace(test, "anonymous", "bob", 1), `t.yaml:3:7: as: "bob" is no role or user of this file (nor anonymous or root); {role: NAME} finds one on a server`},
		{"a role and user of one name", "roles: {x: {}}\nusers: {x: {}}\n" + strings.Replace(test, "anonymous", "x", 1), `t.yaml:5:7: as: "x" is a role and a user: write {role: x} or {user: x}`},
		{"a caller who is nobody", strings.Replace(test, "anonymous", "{session: a}", 1), "t.yaml:3:7: as must say one of: role, user, federated_user, web_identity, saml, service (or be a word"},
		{"a caller who is two", strings.Replace(test, "anonymous", "{role: a, user: b}", 1), "t.yaml:3:17: as: a caller is role or user, not both"},
		{"what a caller does not have", strings.Replace(test, "anonymous", "{user: a, session: b}", 1), `t.yaml:3:17: as: a user has no "session"`},
		{"a federated user of nobody", strings.Replace(test, "anonymous", "{federated_user: a}", 1), "t.yaml:3:8: as: a federated user needs an issuer"},
		{"no list of callers", strings.Replace(test, "anonymous", "[a]", 1), `t.yaml:3:7: as must be a text, not a list`},
		{"a key that is none", test + "  with: {color: red}\n", `t.yaml:7:10: with: "color" is not a condition key like aws:SourceIp`},
		{"a misspelt key", test + "  with: {aws:SourceIpp: 1}\n", `t.yaml:7:10: with: there is no condition key "aws:SourceIpp"; did you mean "aws:SourceIp"?`},
		{"one value where there are many", test + "  with: {cognito-identity.amazonaws.com:amr: authenticated}\n", "with: cognito-identity.amazonaws.com:amr is a key with many values: write a list, [authenticated]"},
		{"many values where there is one", test + "  with: {aws:SourceIp: [10.0.0.1]}\n", "with: aws:SourceIp is a key with one value, not a list"},
		{"a value that is a mapping", test + "  with: {a:b: {c: d}}\n", "t.yaml:7:15: a:b must be a text or a list of texts, not a mapping"},
		{"a time that is none", test + "  at: noon\n", `t.yaml:7:7: at must be a time like 2026-01-02T03:04:05Z, not "noon"`},
		{"a layer that is none", test + "  because: {layer: sky}\n", `t.yaml:7:20: layer must be identity, boundary, session, resource or trust, not "sky"`},
		{"trust tests have no resource", test + "  assume: r\n", `t.yaml:5:3: a test with "assume" is about the role and its trust policy; it has no "on"`},
		{"a bucket without a name", test + "  resource_policy: {}\n", "t.yaml:7:20: resource_policy must be the name of a policy, or {bucket: NAME}"},
		{"yes and no", test + "- {name: m, as: {role: r, mfa: maybe}, do: a:B, on: '*', expect: deny}\n", "mfa must be true or false"},
		{"too many checks", "tests: [{name: n, as: root, do: [" + strings.Repeat("a:B, ", 200) + "], on: [" + strings.Repeat("'*', ", 200) + "], expect: allow}]", "the file has more than 10000 checks"},
		{"a mapping that contains itself", "policies: &p {p: {inline: *p}}\n" + test, "nested too deeply"},
		{"merges that contain themselves", "policies: &p {<<: *p}\n" + test, "nested too deeply"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := policycases.Read("t.yaml", []byte(tt.text), policycases.Home{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if err != nil && f != nil {
				t.Error("a broken file was returned")
			}
		})
	}
}

// TestAliasesDoNotMultiply: a text of a kilobyte that stands for millions of
// values is refused and not read.
func TestAliasesDoNotMultiply(t *testing.T) {
	var b strings.Builder
	b.WriteString("policies:\n  p:\n    inline:\n      a: &a [x, x, x, x, x, x, x, x, x, x]\n")
	for c := 'b'; c <= 'i'; c++ {
		b.WriteString("      " + string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 10) + "]\n")
	}
	b.WriteString("tests: [{name: n, as: root, do: a:B, on: '*', expect: allow}]\n")
	_, err := policycases.Read("t.yaml", []byte(b.String()), policycases.Home{})
	if err == nil || len(err.Error()) > 10_000 {
		t.Errorf("got %v", err)
	}
}
