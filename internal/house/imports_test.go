package house_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// order says who may import whom. In "a, b < c, d" each of c and d may import a
// and b, and whatever a and b may import. Names are folders without a leading
// "internal/"; a star stands for one folder. Do not add an edge to make a build
// pass: an import that does not fit usually means that an interface is missing
// where it is used, or that code stands in the wrong room.
//
// A test kit (a folder whose name ends in "test", or testenv) may import what its
// parent may, the parent and other kits; only tests and kits may import a kit.
const order = `
# Public packages, and vocabulary that imports nothing of ours.
NONE < arn, sigv4, keys, audit, object, sqldb, recent, fair, heap, wire/awserr;

recent < limit, login;

# The policy engine, and what belongs to the path of a credential.
arn < policy, policy/catalog;
policy, policy/catalog < policy/lint;
policy, recent < condkey;
policy, audit, keys, recent, fair < decision;
policy, policy/lint, keys < iam;
iam, keys, login, condkey, recent, decision < sts;
keys, login < openid;
sts < revoke;
sts, fair < issued;
sts, openid < pool;
sigv4, iam, sts < caller;
caller, audit, decision < authz;

# Simulation asks the engine what would happen; policycases runs users' tests of
# policies, here or through the API.
authz, policy/lint < simulate;
sigv4, keys < client;
simulate, client < policycases;

# Moving pools is a client's work.
client, arn < transfer;

# Configuration has no behaviour; it knows secrets so that it cannot print them.
keys < config;

# Storage: one engine per folder, rules stay in the domain.
NONE < store/sqlite/*, store/postgres/*;
iam, sts, pool, decision, revoke, issued < store;
store, sqldb, store/sqlite/* < store/sqlite;
store, store/postgres/* < store/postgres;
object, sqldb < object/filestore;
object, sigv4 < object/s3store;

# Login providers, one folder each. They do not know each other.
login < login/*, doctor;

# The wire: generated shapes and the two protocols.
wire/awserr < wire;
wire < wire/cognitowire, wire/iamwire, wire/stswire, wire/rockpoolwire, wire/awsjson, wire/awsquery;

# Edges. Services and gateways never import each other.
authz, audit, wire/awsjson, wire/awsquery < api;
api, pool, simulate, revoke, issued, doctor, wire/cognitowire, wire/iamwire, wire/stswire, wire/rockpoolwire < api/*;
caller, authz, object < gateway;
gateway < gateway/*;
wire/cognitowire, wire/iamwire, wire/stswire, caller < console;

# The top: only these name concrete engines and providers.
NONE < pretend;
config, limit, console, api/*, gateway/*, login/*, store/sqlite, store/postgres, object/filestore, object/s3store < server;
server, pretend, client, heap < demo, testenv;
demo, server, client, policycases, transfer, heap < cmd/rockpool;

# Build-time and guards.
NONE < house, cmd/wiregen, conformance/go;

# Its own module: real clients, which know the program only from outside.
sigv4 < conformance/go;

# The pretend providers as a program, for clients in other languages.
pretend < conformance/providers;
`

// forbidden edges that people try, with the reason. They hold even where the order
// would allow them. A target is a package of ours or any import path.
var forbidden = []struct{ from, to, reason string }{
	{"arn", "database/sql", domainKnowsNoSQL}, {"policy", "database/sql", domainKnowsNoSQL}, {"keys", "database/sql", domainKnowsNoSQL},
	{"iam", "database/sql", domainKnowsNoSQL}, {"login", "database/sql", domainKnowsNoSQL}, {"login/*", "database/sql", domainKnowsNoSQL},
	{"sts", "database/sql", domainKnowsNoSQL}, {"pool", "database/sql", domainKnowsNoSQL}, {"caller", "database/sql", domainKnowsNoSQL},
	{"authz", "database/sql", domainKnowsNoSQL}, {"api", "database/sql", domainKnowsNoSQL}, {"api/*", "database/sql", domainKnowsNoSQL},
	{"gateway", "database/sql", domainKnowsNoSQL}, {"gateway/*", "database/sql", domainKnowsNoSQL},

	{"arn", "net/http", domainKnowsNoHTTP}, {"policy", "net/http", domainKnowsNoHTTP}, {"keys", "net/http", domainKnowsNoHTTP},
	{"iam", "net/http", domainKnowsNoHTTP}, {"sts", "net/http", domainKnowsNoHTTP}, {"pool", "net/http", domainKnowsNoHTTP},
	{"authz", "net/http", domainKnowsNoHTTP}, {"store", "net/http", domainKnowsNoHTTP},

	{"iam", "wire/*", domainKnowsNoWire}, {"login", "wire/*", domainKnowsNoWire}, {"login/*", "wire/*", domainKnowsNoWire},
	{"sts", "wire/*", domainKnowsNoWire}, {"pool", "wire/*", domainKnowsNoWire}, {"caller", "wire/*", domainKnowsNoWire},
	{"authz", "wire/*", domainKnowsNoWire}, {"store", "wire/*", domainKnowsNoWire}, {"store/*", "wire/*", domainKnowsNoWire},

	{"gateway/*", "api/*", "adapters do not import each other: what both need belongs to the domain"},
	{"api/*", "gateway/*", "adapters do not import each other: what both need belongs to the domain"},
	{"api/*", "store/*", "an edge reaches storage through the domain's services"},
	{"gateway/*", "store/*", "an edge reaches storage through the domain's services"},
	{"console", "api/*", "the console is given the wire API as a function from principal to interface; it has no path around the guard"},
	{"console", "store", "the console has no write path of its own"},
	{"login/*", "pool", "a provider verifies a token; whose identity it is, is decided above it"},
	{"sts", "pool", "imports run backwards along the path of a credential"},
	{"*", "unsafe", "the standard library already does what we would do with it"},
}

const (
	domainKnowsNoSQL  = "the domain and the edges know no SQL: rules in Go, queries in the storage engines"
	domainKnowsNoHTTP = "the domain knows no HTTP: parse at the edge, hand in a type that cannot be wrong"
	domainKnowsNoWire = "wire shapes stop at package api and never enter the domain"
)

// modules says which packages may name a third-party module. Everything else uses
// the standard library or asks one of these packages.
var modules = []struct {
	module string
	users  []string
	reason string
}{
	{"github.com/go-jose/go-jose", []string{"login", "login/*", "keys", "sts", "pool", "pretend", "demo"}, "one parser of tokens and keys, behind our own allow-list of algorithms"},
	{"github.com/maypok86/otter", []string{"login", "login/*", "sts", "caller", "authz", "pool", "policy"}, "bounded caches on the request path"},
	{"golang.org/x/sync", []string{"login", "login/*", "sts", "pool", "caller", "authz", "iam", "object/*", "gateway/*", "server", "cmd/rockpool"}, "de-duplicated loads and groups of goroutines"},
	{"golang.org/x/time", []string{"limit"}, "token buckets; the edges and the domain ask for them by an interface of their own"},
	{"modernc.org/sqlite", []string{"sqldb"}, "one place opens SQLite and knows its settings"},
	{"github.com/pressly/goose", []string{"sqldb", "store/*"}, "migrations"},
	{"github.com/jackc/pgx", []string{"store/postgres"}, "the PostgreSQL driver"},
	{"go.yaml.in/yaml", []string{"config", "server", "policycases", "cmd/rockpool"}, "only configuration and people's tests of policies are YAML"},
	{"github.com/alecthomas/kong", []string{"cmd/rockpool"}, "flags are the program's, not the server's"},
	{"github.com/prometheus/client_golang", []string{"server"}, "metrics are read at one place"},
	{"github.com/russellhaering/goxmldsig", []string{"login/saml"}, "XML signatures behind one strict reader"},
	{"github.com/beevik/etree", []string{"login/saml"}, "the tree that goxmldsig works on"},
	{"go.opentelemetry.io", []string{"server"}, "the exporter is heavy; keep it in one package"},
}

// testModules may be named by test kits (and tests, which are not looked at).
var testModules = []string{"github.com/google/go-cmp", "pgregory.net/rapid", "github.com/rogpeppe/go-internal", "github.com/go-jose/go-jose"}

// edge is one import between packages.
type edge struct{ from, to, file string }

func TestImportsFollowTheOrder(t *testing.T) {
	h := parseOrder(t)
	for _, e := range edges(t) {
		folder, ours := strings.CutPrefix(e.to, modulePath+"/")
		if !ours {
			h.checkForeign(t, e)
			continue
		}
		to := shortName(folder)
		if why := forbids(e.from, to); why != "" {
			t.Errorf("%s imports %s: %s", e.file, to, why)
			continue
		}
		if !h.allows(e.from, to) {
			t.Errorf("%s imports %s, which the order of the house does not allow for %s", e.file, to, e.from)
		}
	}
}

func TestEveryPackageHasAPlace(t *testing.T) {
	h := parseOrder(t)
	seen := make(map[string]bool)
	for _, f := range tree(t) {
		seen[shortName(f.pkg)] = true
	}
	for _, pkg := range slices.Sorted(maps.Keys(seen)) {
		if _, ok := h.rule(pkg); !ok && !isKit(pkg) {
			t.Errorf("%s has no place in the order of the house: give it one in imports_test.go", pkg)
		}
	}
}

// TestOrderItself proves on small examples that the checker refuses what it must.
func TestOrderItself(t *testing.T) {
	h := parseOrder(t)
	tests := []struct {
		name, from, to string
		want           bool
	}{
		{"a package may import what stands directly before it", "policy", "arn", true},
		{"and what stands before that", "server", "arn", true},
		{"never backwards", "arn", "policy", false},
		{"a star is a folder of that kind", "login/google", "login", true},
		{"folders of one kind do not know each other", "login/google", "login/oidc", false},
		{"gateways do not import services", "gateway/s3gw", "api/stsapi", false},
		{"nobody imports a kit", "sts", "sts/ststest", false},
		{"a kit may import its parent", "sts/ststest", "sts", true},
		{"and what its parent may import", "sts/ststest", "iam", true},
		{"nothing more", "sts/ststest", "pool", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := h.allows(tt.from, tt.to); got != tt.want {
				t.Errorf("%s importing %s: %v", tt.from, tt.to, got)
			}
		})
	}
}

// house is the parsed order: for each name or pattern everything it may import. A
// rule takes in what its left side may import at that point, so the order of rules
// is the order of the house.
type house map[string]map[string]bool

func parseOrder(t *testing.T) house {
	t.Helper()
	h := make(house)
	var text strings.Builder
	for line := range strings.Lines(order) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			text.WriteString(line)
		}
	}
	for rule := range strings.SplitSeq(text.String(), ";") {
		if strings.TrimSpace(rule) == "" {
			continue
		}
		left, right, ok := strings.Cut(rule, "<")
		if !ok {
			t.Fatalf("rule %q has no <", rule)
		}
		for _, pkg := range list(right) {
			if h[pkg] == nil {
				h[pkg] = make(map[string]bool)
			}
			for _, may := range list(left) {
				if may == "NONE" {
					continue
				}
				if _, known := h[may]; !known {
					t.Fatalf("%q: %s must be placed before it is used", strings.TrimSpace(rule), may)
				}
				h[pkg][may] = true
				for further := range h[may] {
					h[pkg][further] = true
				}
			}
		}
	}
	return h
}

func list(s string) []string {
	var names []string
	for name := range strings.SplitSeq(s, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// rule finds what a package may import: by its name, else by its pattern.
func (h house) rule(pkg string) (map[string]bool, bool) {
	if may, ok := h[pkg]; ok {
		return may, true
	}
	may, ok := h[path.Dir(pkg)+"/*"]
	return may, ok
}

func (h house) allows(from, to string) bool {
	if isKit(to) {
		return isKit(from)
	}
	if isKit(from) && !h.named(from) {
		parent := path.Dir(from)
		return to == parent || h.allows(parent, to)
	}
	may, ok := h.rule(from)
	if !ok {
		return false
	}
	return may[to] || may[path.Dir(to)+"/*"]
}

func (h house) named(pkg string) bool {
	_, ok := h[pkg]
	return ok
}

// checkForeign checks an import from outside the module.
func (h house) checkForeign(t *testing.T, e edge) {
	t.Helper()
	if why := forbids(e.from, e.to); why != "" {
		t.Errorf("%s imports %s: %s", e.file, e.to, why)
		return
	}
	first, _, _ := strings.Cut(e.to, "/")
	if !strings.Contains(first, ".") || e.from == "cmd/wiregen" || below(e.from, "conformance") {
		return // the standard library, or modules of their own
	}
	if isKit(e.from) && slices.ContainsFunc(testModules, func(m string) bool { return below(e.to, m) }) {
		return
	}
	for _, m := range modules {
		if below(e.to, m.module) {
			if !slices.ContainsFunc(m.users, func(u string) bool { return matches(u, e.from) }) {
				t.Errorf("%s imports %s: %s is for %s (%s)", e.file, e.to, m.module, strings.Join(m.users, ", "), m.reason)
			}
			return
		}
	}
	t.Errorf("%s imports %s, a module the house does not have: a new one needs a reason in imports_test.go", e.file, e.to)
}

func below(imported, module string) bool {
	return imported == module || strings.HasPrefix(imported, module+"/")
}

// forbids gives the reason why an edge is forbidden, or "".
func forbids(from, to string) string {
	for _, f := range forbidden {
		if matches(f.from, from) && matches(f.to, to) {
			return f.reason
		}
	}
	return ""
}

// matches compares a package with a name or pattern of the order. A lone star is
// any package, "a/*" any folder directly below a, and below a/* itself.
func matches(pattern, pkg string) bool {
	if pattern == "*" || pattern == pkg {
		return true
	}
	dir, ok := strings.CutSuffix(pattern, "/*")
	return ok && strings.HasPrefix(pkg, dir+"/") && !isKit(pkg)
}

// isKit reports whether pkg is for tests only.
func isKit(pkg string) bool {
	base := path.Base(pkg)
	return base == "testenv" || (strings.HasSuffix(base, "test") && strings.Contains(pkg, "/"))
}

func shortName(pkg string) string { return strings.TrimPrefix(pkg, "internal/") }

func edges(t *testing.T) []edge {
	t.Helper()
	var all []edge
	for _, f := range tree(t) {
		for _, to := range f.imports {
			all = append(all, edge{shortName(f.pkg), to, f.path})
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d imports were found", len(all))
	}
	return all
}
