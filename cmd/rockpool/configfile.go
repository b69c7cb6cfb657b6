package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"

	"github.com/rockpool-id/rockpool/internal/config"
)

// usageError is a mistake in the command line or configuration: exit code 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// lines gives one line per mistake.
func (e *usageError) lines() []string { return strings.Split(e.err.Error(), "\n") }

// fileResolver reads the configuration file named in args or the environment
// and returns it as a kong resolver; nil when none is named.
func fileResolver(args []string, fromEnv string) (kong.Resolver, error) {
	path := fromEnv
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			path = v
		} else if a == "--config" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	values := map[string]any{}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("configuration file %s: %s", path, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return &yamlFile{path: path, values: values}, nil
}

// yamlFile answers kong's questions from the file. A variable in the
// environment wins, so the file keeps silent about it.
type yamlFile struct {
	path   string
	values map[string]any
}

// Validate refuses keys that no flag has, because a misspelt key would
// silently leave a default in force.
func (f *yamlFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, flag := range n.Flags {
			known[flag.Name] = true
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(app.Node)
	for key := range f.values {
		if !known[key] || key == "config" || key == "help" {
			return fmt.Errorf("configuration file %s: unknown setting %q", f.path, key)
		}
	}
	return nil
}

// Resolve returns the file's value for a flag, in the text form of the flag.
func (f *yamlFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	v, ok := f.values[flag.Name]
	if !ok {
		return nil, nil
	}
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		pairs := make([]string, 0, len(v))
		for k, x := range v {
			pairs = append(pairs, fmt.Sprintf("%s=%v", k, x))
		}
		return strings.Join(pairs, ","), nil
	case []any:
		items := make([]string, 0, len(v))
		for _, x := range v {
			items = append(items, fmt.Sprint(x))
		}
		return strings.Join(items, ","), nil
	default:
		return fmt.Sprint(v), nil
	}
}

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Print the effective configuration with secrets hidden, and say what is wrong with it."`
}

type configCheckCmd struct{ config.Config }

// Run prints the effective configuration as YAML.
func (c *configCheckCmd) Run(e *env) error {
	if c.Data == "" {
		c.Data = defaultDataFolder
	}
	// The YAML keys are the flag names, so that the output is a valid file.
	out, err := yaml.Marshal(c.Config.Map())
	if err != nil {
		return fmt.Errorf("print configuration: %w", err)
	}
	if _, err := e.stdout.Write(out); err != nil {
		return fmt.Errorf("print configuration: %w", err)
	}
	if err := c.Check(); err != nil {
		return &usageError{err}
	}
	return nil
}
