package catalog

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookups(t *testing.T) {
	c := New()
	tests := []struct {
		name, ask, want string
	}{
		{"an action by its name in any case", "S3:getobject", "s3:GetObject Read object,accesspointobject"},
		{"an action without a resource", "iam:ListRoles", "iam:ListRoles List *"},
		{"an action whose resources are not judged", "s3:TagResource", "s3:TagResource Tagging any"},
		{"permissions management", "iam:AttachRolePolicy", "iam:AttachRolePolicy Permissions management role"},
		{"an operation is not an action", "s3:HeadObject", ""},
		{"an unknown service", "ec2:RunInstances", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if a := c.Action(tt.ask); a != nil {
				resources := "*"
				if a.AnyResource {
					resources = "any"
				} else if len(a.Resources) > 0 {
					var names []string
					for _, r := range a.Resources {
						names = append(names, r.Name)
					}
					resources = strings.Join(names, ",")
				}
				got = a.String() + " " + a.Level.String() + " " + resources
			}
			if got != tt.want {
				t.Errorf("Action(%q) = %q, want %q", tt.ask, got, tt.want)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	c := New()
	tests := []struct {
		name, ask string
		want      *Key
	}{
		{"a global key in any case", "AWS:SOURCEIP", &Key{Name: "aws:SourceIp", Type: IP}},
		{"a set", "aws:tagkeys", &Key{Name: "aws:TagKeys", Type: String, Multi: true}},
		{"a member of a family", "aws:PrincipalTag/team", &Key{Name: "aws:PrincipalTag/*", Type: String, Family: true}},
		{"a family without a member is no key", "aws:PrincipalTag/", nil},
		{"nor is its name alone", "aws:PrincipalTag", nil},
		{"a key of a service", "s3:max-keys", &Key{Name: "s3:max-keys", Service: "s3", Type: Numeric}},
		{"a time that is also a number", "aws:EpochTime", &Key{Name: "aws:EpochTime", Type: Date, Number: true}},
		{"a built-in provider", "accounts.google.com:aud", &Key{Name: "accounts.google.com:aud", Type: String}},
		{"a claim the built-in provider does not have", "accounts.google.com:nope", nil},
		{"an issuer's claim", "login.example.com/path:sub", &Key{Name: "login.example.com/path:sub", Type: String}},
		{"an issuer's set", "login.example.com:amr", &Key{Name: "login.example.com:amr", Type: String, Multi: true}},
		{"a claim that is not passed on", "login.example.com:email", nil},
		{"a claim that is passed on", "token.actions.githubusercontent.com:repository", &Key{Name: "token.actions.githubusercontent.com:repository", Type: String}},
		{"of an issuer with a tenant in its name", "idcs-123.identity.oraclecloud.com:rpst_id", &Key{Name: "idcs-123.identity.oraclecloud.com:rpst_id", Type: String}},
		{"of an issuer with a claim that has a slash", "oidc.circleci.com/org/1:oidc.circleci.com/project-id", &Key{Name: "oidc.circleci.com/org/1:oidc.circleci.com/project-id", Type: String}},
		{"an issuer with a port", "127.0.0.1:9999:sub", &Key{Name: "127.0.0.1:9999:sub", Type: String}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, c.Key(tt.ask)); diff != "" {
				t.Errorf("Key(%q) (-want +got):\n%s", tt.ask, diff)
			}
		})
	}
}

func TestCarries(t *testing.T) {
	c := New()
	tests := []struct {
		name, action, key string
		want              bool
	}{
		{"a listing has a prefix", "s3:ListBucket", "s3:prefix", true},
		{"a read has none", "s3:GetObject", "s3:prefix", false},
		{"keys of every request", "s3:GetObject", "s3:authType", true},
		{"global keys are never in doubt", "s3:GetObject", "aws:TagKeys", true},
		{"keys of another service are absent", "s3:GetObject", "dynamodb:LeadingKeys", false},
		{"a scan has no leading keys", "dynamodb:Scan", "dynamodb:LeadingKeys", false},
		{"a query has", "dynamodb:Query", "dynamodb:LeadingKeys", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := c.Carries(c.Action(tt.action), c.Key(tt.key)); got != tt.want {
				t.Errorf("Carries(%s, %s) = %v", tt.action, tt.key, got)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	c := New()
	tests := []struct{ name, got, want string }{
		{"a letter too few", c.NearestAction("s3:GetObjet"), "s3:GetObject"},
		{"in any case, keeping the service", c.NearestAction("S3:listbuckt"), "s3:ListBucket"},
		{"nothing close", c.NearestAction("s3:Frobnicate"), ""},
		{"no such service", c.NearestAction("ec2:RunInstance"), ""},
		{"no colon", c.NearestAction("GetObject"), ""},
		{"an endless name", c.NearestAction("s3:" + strings.Repeat("a", 100000)), ""},
		{"a service", c.NearestService("dynamdb"), "dynamodb"},
		{"a key", c.NearestKey("aws:SourceIP4"), "aws:SourceIp"},
		{"a member of a family keeps its name", c.NearestKey("aws:PrincipleTag/team"), "aws:PrincipalTag/team"},
		{"a key of a provider", c.NearestKey("accounts.google.com:audd"), "accounts.google.com:aud"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

// TestTables holds the tables to their own form: what the linter relies on.
func TestTables(t *testing.T) {
	c := New()
	action, key := regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`), regexp.MustCompile(`^[A-Za-z0-9.-]+:[A-Za-z0-9_./-]+\*?$`)
	var prefixes []string
	for s := range c.Services() {
		prefixes = append(prefixes, s.Prefix)
		if s.Title == "" || len(s.Actions) == 0 {
			t.Errorf("service %s has no title or no actions", s.Prefix)
		}
		for _, r := range s.Resources {
			if strings.Count(r.ARN, ":") < 5 {
				t.Errorf("%s: resource %s is no ARN: %s", s.Prefix, r.Name, r.ARN)
			}
		}
		for _, a := range s.Actions {
			if !action.MatchString(a.Name) || a.Level.String() == "Unknown" || c.Action(a.String()) != a {
				t.Errorf("action %s is malformed", a)
			}
			if a.AnyResource && len(a.Resources) > 0 {
				t.Errorf("action %s has resources and any", a)
			}
		}
		for _, k := range s.Keys {
			if !key.MatchString(k.Name) || k.Type == 0 || !strings.HasPrefix(k.Name, s.Prefix+":") {
				t.Errorf("key %q of %s is malformed", k.Name, s.Prefix)
			}
		}
	}
	if want := []string{"cognito-identity", "dynamodb", "execute-api", "iam", "rockpool", "s3", "sts"}; !slices.Equal(prefixes, want) {
		t.Errorf("services %v, want %v", prefixes, want)
	}
	for alias, real := range c.load().aliases {
		if c.Action(alias) != nil || c.Action(real) == nil {
			t.Errorf("operation %s is an action, or %s is none", alias, real)
		}
	}
	for k := range c.load().allKeys {
		if name := strings.TrimSuffix(k.Name, "*") + "x"; k.Family && c.Key(name) != k || !k.Family && c.Key(k.Name) != k {
			t.Errorf("key %s is not found by its name", k.Name)
		}
	}
	n := 0
	for range c.GlobalKeys() {
		n++
	}
	for range c.ProviderKeys() {
		n++
	}
	if n < 80 {
		t.Errorf("only %d global and provider keys", n)
	}
}

func TestMistakesInTables(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"outside of a section", "x y", "known section"},
		{"unknown section", "[what]\nx y", "known section"},
		{"unknown type", "[service]\nx X\n[keys]\nx:k Text", "unknown word"},
		{"key twice", "[service]\nx X\n[keys]\nx:k String\nx:K String", "twice"},
		{"action twice", "[service]\nx X\n[actions]\nDo read -\nDo read -", "twice"},
		{"unknown level", "[service]\nx X\n[actions]\nDo know -", "unknown level"},
		{"unknown resource", "[service]\nx X\n[actions]\nDo read thing", "unknown resource"},
		{"unknown key", "[service]\nx X\n[actions]\nDo read - x:k", "unknown key"},
		{"too short", "[service]\nx X\n[actions]\nDo read", "want a level"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tables := tables{byPrefix: map[string]*Service{}, actions: map[string]*Action{}, keys: map[string]*Key{}, aliases: map[string]string{}}
			r := reader{tables: &tables, file: "x.txt", groups: map[string][]*Key{}, kinds: map[string]*ResourceType{}}
			if err := r.read(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestManyMayAsk(t *testing.T) {
	c := New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if c.Action("s3:GetObject") == nil {
				t.Error("not found")
			}
		})
	}
	wg.Wait()
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		New().load()
	}
}

func BenchmarkNearestAction(b *testing.B) {
	c := New()
	for b.Loop() {
		c.NearestAction("iam:UpdateAsumeRolePolicyy")
	}
}
