package client

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rockpool-id/rockpool/internal/keys"
)

// RootKeyFile is the file of a data folder that holds the account root's key.
const RootKeyFile = "root-credentials"

// Places says where credentials may be. Empty fields are not looked at.
type Places struct {
	// Data is a data folder: its root key.
	Data string
	// Profile is a profile of the shared credentials file that was asked for.
	Profile string
	// Environment gives variables; nil means os.LookupEnv.
	Environment func(name string) (string, bool)
	// Home is the home folder, for the shared credentials file; "" means
	// os.UserHomeDir.
	Home string
	// Demo is the running demo that requests go to, if they go to one.
	Demo *Demo
}

// NoCredentials says that none were found, and where they were looked for.
type NoCredentials struct{ Looked []string }

func (e *NoCredentials) Error() string {
	return "no credentials found. Looked in\n  - " + strings.Join(e.Looked, "\n  - ")
}

// Find looks for credentials: first what was asked for (the profile, the data
// folder), then variables (AWS's, and those that give a server its root key), then
// the demo that requests go to, then the default profile. What was asked for and
// cannot be read is an error; so is half of a pair. The key of a demo is taken
// before a default profile, which belongs to AWS.
func Find(p Places) (Credentials, error) {
	if p.Environment == nil {
		p.Environment = os.LookupEnv
	}
	if p.Profile != "" {
		return p.profile(p.Profile, true)
	}
	server, err := p.variables("ROCKPOOL_ROOT_ACCESS_KEY_ID", "ROCKPOOL_ROOT_SECRET_ACCESS_KEY", "")
	if err != nil {
		return Credentials{}, err
	}
	if p.Data != "" {
		c, err := readRootKey(filepath.Join(p.Data, RootKeyFile))
		if errors.Is(err, fs.ErrNotExist) && server.AccessKeyID != "" {
			return server, nil // a server whose root key is configured writes none
		}
		return c, err
	}
	if c, err := p.variables("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"); err != nil || c.AccessKeyID != "" {
		return c, err
	}
	if server.AccessKeyID != "" {
		return server, nil
	}
	name, asked := p.Environment("AWS_PROFILE")
	asked = asked && name != ""
	if p.Demo != nil && !asked {
		return p.Demo.Credentials, nil
	}
	if !asked {
		name = "default"
	}
	c, err := p.profile(name, asked)
	if err != nil || c.AccessKeyID != "" {
		return c, err
	}
	return Credentials{}, &NoCredentials{Looked: []string{
		"a data folder (none is named by --data or ROCKPOOL_DATA)",
		"the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
		"the profile " + name + " of " + p.sharedFile(),
	}}
}

// variables reads a key from the environment; the zero Credentials when it is not
// there.
func (p *Places) variables(id, secret, token string) (Credentials, error) {
	get := func(name string) string { v, _ := p.Environment(name); return v }
	c := Credentials{
		AccessKeyID: get(id), Secret: keys.NewSecret(get(secret)), SessionToken: keys.NewSecret(get(token)), Source: "the variable " + id,
	}
	switch {
	case c.AccessKeyID == "" && c.Secret.Empty():
		return Credentials{}, nil
	case c.AccessKeyID == "" || c.Secret.Empty():
		return Credentials{}, fmt.Errorf("of %s and %s only one is set: set both or neither", id, secret)
	}
	return c, nil
}

// sharedFile is AWS's shared credentials file, "" when there can be none.
func (p *Places) sharedFile() string {
	if file, ok := p.Environment("AWS_SHARED_CREDENTIALS_FILE"); ok && file != "" {
		return file
	}
	home := p.Home
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return ""
		}
	}
	return filepath.Join(home, ".aws", "credentials")
}

// profile reads one profile. A profile that was not asked for may be missing.
func (p *Places) profile(name string, asked bool) (Credentials, error) {
	path := p.sharedFile()
	values, err := readProfile(path, name)
	if err != nil {
		if !asked && errors.Is(err, fs.ErrNotExist) {
			return Credentials{}, nil
		}
		return Credentials{}, fmt.Errorf("profile %s: %w", name, err)
	}
	c := Credentials{
		AccessKeyID: values["aws_access_key_id"], Secret: keys.NewSecret(values["aws_secret_access_key"]),
		SessionToken: keys.NewSecret(values["aws_session_token"]), Source: "the profile " + name + " of " + path,
	}
	switch {
	case c.AccessKeyID != "" && !c.Secret.Empty():
		return c, nil
	case c.AccessKeyID == "" && c.Secret.Empty() && !asked:
		return Credentials{}, nil
	}
	return Credentials{}, fmt.Errorf("profile %s: %s has no aws_access_key_id and aws_secret_access_key for it", name, path)
}

func readRootKey(path string) (Credentials, error) {
	values, err := readProfile(path, "default")
	if errors.Is(err, fs.ErrNotExist) {
		return Credentials{}, fmt.Errorf("the data folder has no root key: %w (a server that is given its root key writes none)", err)
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("root key: %w", err)
	}
	c := Credentials{AccessKeyID: values["aws_access_key_id"], Secret: keys.NewSecret(values["aws_secret_access_key"]), Source: path}
	if c.AccessKeyID == "" || c.Secret.Empty() {
		return Credentials{}, fmt.Errorf("root key: %s has no aws_access_key_id and aws_secret_access_key", path)
	}
	return c, nil
}

// readProfile reads the settings of one profile of a file in AWS's INI form:
// [name], name = value, comments after # or ; at the start of a line. A value may
// hold any character; indented lines belong to nested settings and are passed
// over.
func readProfile(path, name string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	values, here := make(map[string]string), false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " \t\r")
		switch {
		case line == "" || line[0] == '#' || line[0] == ';' || line[0] == ' ' || line[0] == '\t':
		case line[0] == '[':
			section, _, _ := strings.Cut(line[1:], "]")
			here = strings.TrimSpace(section) == name
		case here:
			if key, value, ok := strings.Cut(line, "="); ok {
				values[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
			}
		}
	}
	return values, lines.Err()
}
