package house_test

import (
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/api/cognitoapi"
	"github.com/rockpool-id/rockpool/internal/api/iamapi"
	"github.com/rockpool-id/rockpool/internal/api/rockpoolapi"
	"github.com/rockpool-id/rockpool/internal/api/stsapi"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// TestCatalogKnowsWhatWeAsk holds policy/catalog against the operations that are
// served: the action of each is in its table, so the linter never calls it
// misspelt.
func TestCatalogKnowsWhatWeAsk(t *testing.T) {
	known := catalog.New()
	for prefix, rules := range map[string]api.Rules{
		"cognito-identity": (&cognitoapi.Implementation{}).Rules(),
		"sts":              (&stsapi.Service{}).Rules(),
		"iam":              (&iamapi.Implementation{}).Rules(),
		"rockpool":         (&rockpoolapi.Service{}).Rules(),
	} {
		for _, operation := range slices.Sorted(maps.Keys(rules)) {
			if known.Action(prefix+":"+operation) == nil {
				t.Errorf("policy/catalog/tables/%s.txt has no action %s, which is served", prefix, operation)
			}
		}
	}
}

// named is a text of our code that names an action or a condition key of a service
// in the catalog.
var named = regexp.MustCompile(`^(aws|s3|iam|sts|dynamodb|cognito-identity|execute-api|rockpool|accounts\.google\.com|cognito-identity\.amazonaws\.com):[A-Za-z][A-Za-z0-9_/-]*$`)

// TestCatalogKnowsWhatWeName looks at every text of the code that has the form of
// an action or a condition key: the gateways' tables, the asks of the APIs, the
// names of keys. The catalog knows each, so that a new action or key is added
// there in the same commit.
func TestCatalogKnowsWhatWeName(t *testing.T) {
	known, seen := catalog.New(), 0
	other := map[string]string{
		"aws:kms":            "a value of x-amz-server-side-encryption",
		"sts:AssumeRoleWith": "the beginning of two actions",
	}
	for _, f := range tree(t) {
		if f.generated || strings.HasPrefix(f.pkg, "conformance") {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil || !named.MatchString(text) {
				return true
			}
			seen++
			key := text
			if strings.HasSuffix(key, "/") {
				key += "member" // the beginning of a family of keys
			}
			if other[text] == "" && known.Action(text) == nil && known.Operation(text) == "" && known.Key(key) == nil {
				t.Errorf("%s:%d: policy/catalog knows neither an action nor a condition key %q", f.path, f.fset.Position(literal.Pos()).Line, text)
			}
			return true
		})
	}
	if seen < 200 {
		t.Errorf("only %d names were found: the pattern no longer fits the code", seen)
	}
}
