package house_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/api/cognitoapi"
	"github.com/rockpool-id/rockpool/internal/api/iamapi"
	"github.com/rockpool-id/rockpool/internal/api/rockpoolapi"
	"github.com/rockpool-id/rockpool/internal/api/stsapi"
	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/gateway/s3gw"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
)

// TestCoverageIsTrue holds the tables of docs/coverage.md against the code: what
// they call built or answered runs, the rest is refused, and no operation of a
// service is left out. Whether an operation is built or only answers is for people
// to judge.
func TestCoverageIsTrue(t *testing.T) {
	s3 := s3gw.Coverage()
	// The predecessors of two operations are the same requests.
	for old, now := range map[string]string{
		"GetBucketLifecycle": "GetBucketLifecycleConfiguration", "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
		"GetBucketNotification": "GetBucketNotificationConfiguration", "PutBucketNotification": "PutBucketNotificationConfiguration",
	} {
		s3[old] = s3[now]
	}
	services := []struct {
		name       string
		operations int // of the newest model; ours may be older
		runs       map[string]bool
	}{
		{"cognito-identity", 23, served(cognitowire.Operations(), (&cognitoapi.Implementation{}).Rules())},
		{"sts", 11, served(stswire.Operations(), (&stsapi.Service{}).Rules())},
		{"iam", 176, served(iamwire.Operations(), (&iamapi.Implementation{}).Rules())},
		{"s3", 111, s3},
		{"rockpool", len(rockpoolwire.Operations()), served(rockpoolwire.Operations(), (&rockpoolapi.Service{}).Rules())},
	}
	documented := coverage(t)
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			states := documented[s.name]
			if len(states) != s.operations {
				t.Errorf("the table has %d operations, the service %d", len(states), s.operations)
			}
			for _, name := range slices.Sorted(maps.Keys(s.runs)) {
				if states[name] == "" {
					t.Errorf("%s is not in the table", name)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(states)) {
				if says := states[name] != "not built"; says != s.runs[name] {
					t.Errorf("the table says %q of %s, and in the code it runs: %v", states[name], name, s.runs[name])
				}
			}
		})
	}
	if len(documented) != len(services) {
		t.Errorf("docs/coverage.md has tables of %v", slices.Sorted(maps.Keys(documented)))
	}
}

// TestSettingsAreDocumented looks for every setting in docs/operations.md.
func TestSettingsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	for f := range reflect.TypeFor[config.Config]().Fields() {
		for _, name := range []string{"`--" + f.Tag.Get("name") + "`", "`" + f.Tag.Get("env") + "`"} {
			if !strings.Contains(string(text), name) {
				t.Errorf("setting %s: no %s", f.Name, name)
			}
		}
	}
}

// served says of every operation of a model whether it has a rule, without which
// the guard lets nobody to it.
func served[A any](operations []wire.Operation[A], rules api.Rules) map[string]bool {
	runs := make(map[string]bool)
	for _, op := range operations {
		_, runs[op.Name] = rules[op.Name]
	}
	return runs
}

var (
	serviceHeading = regexp.MustCompile("^## .*\\(`([a-z0-9-]+)`\\)$")
	quotedName     = regexp.MustCompile("`([A-Za-z0-9]+)`")
)

// coverage reads the tables: for each service the state of each operation.
func coverage(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "docs", "coverage.md"))
	if err != nil {
		t.Fatal(err)
	}
	services := make(map[string]map[string]string)
	var table map[string]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			table = nil
			if m := serviceHeading.FindStringSubmatch(line); m != nil {
				table = make(map[string]string)
				services[m[1]] = table
			}
			continue
		}
		cells := strings.Split(line, "|")
		if table == nil || len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		state := strings.TrimSpace(cells[2])
		if state != "built" && state != "answers" && state != "not built" {
			t.Errorf("unknown state %q in %q", state, line)
		}
		for _, m := range quotedName.FindAllStringSubmatch(cells[1], -1) {
			if table[m[1]] != "" {
				t.Errorf("%s is there twice", m[1])
			}
			table[m[1]] = state
		}
	}
	return services
}
