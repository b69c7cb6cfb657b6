package client_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/keys"
)

// write makes a file below dir and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "data/root-credentials", "[default]\naws_access_key_id = AKIAROOT\naws_secret_access_key = s=1\n")
	write(t, dir, "home/.aws/credentials", `# people's keys
[default]
aws_access_key_id=AKIADEFAULT
aws_secret_access_key = s2
s3 =
    aws_access_key_id = AKIANESTED

[ session ]
AWS_ACCESS_KEY_ID = ASIASESSION
aws_secret_access_key = s3
aws_session_token = t3
[half]
aws_access_key_id = AKIAHALF
`)
	other := write(t, dir, "elsewhere", "[default]\naws_access_key_id = AKIAELSE\naws_secret_access_key = s4\n")
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s5", "AWS_SESSION_TOKEN": "t5"}
	server := map[string]string{"ROCKPOOL_ROOT_ACCESS_KEY_ID": "AKIASERVER", "ROCKPOOL_ROOT_SECRET_ACCESS_KEY": "s7"}
	demo := &client.Demo{Credentials: client.Credentials{AccessKeyID: "AKIADEMO", Secret: keys.NewSecret("s6")}}
	cases := []struct {
		name   string
		places client.Places
		env    map[string]string
		want   string // key id, secret, token; or a part of the error after "!"
	}{
		{"the data folder wins over variables and the demo", client.Places{Data: dir + "/data", Demo: demo}, env, "AKIAROOT s=1 "},
		{"the profile that was asked for wins over everything", client.Places{Data: dir + "/data", Profile: "session", Demo: demo}, env, "ASIASESSION s3 t3"},
		{"a data folder of a server that is given its key", client.Places{Data: dir + "/empty"}, server, "AKIASERVER s7 "},
		{"a server's key in variables", client.Places{Demo: demo}, server, "AKIASERVER s7 "},
		{"half of a server's key is an error", client.Places{Data: dir + "/data"}, map[string]string{"ROCKPOOL_ROOT_SECRET_ACCESS_KEY": "s7"}, "!only one is set"},
		{"a data folder without a key is an error", client.Places{Data: dir + "/empty"}, env, "!has no root key"},
		{"a profile that is not there is an error", client.Places{Profile: "nobody"}, env, "!profile nobody"},
		{"half of a profile is an error", client.Places{Profile: "half"}, env, "!profile half"},
		{"variables win over the default profile", client.Places{}, env, "AKIAENV s5 t5"},
		{"variables win over the demo", client.Places{Demo: demo}, env, "AKIAENV s5 t5"},
		{"half of the variables is an error", client.Places{}, map[string]string{"AWS_ACCESS_KEY_ID": "AKIAENV"}, "!only one is set"},
		{"AWS_PROFILE wins over the demo", client.Places{Demo: demo}, map[string]string{"AWS_PROFILE": "session"}, "ASIASESSION s3 t3"},
		{"AWS_PROFILE that is not there is an error", client.Places{Demo: demo}, map[string]string{"AWS_PROFILE": "nobody"}, "!profile nobody"},
		{"the demo wins over the default profile", client.Places{Demo: demo}, nil, "AKIADEMO s6 "},
		{"the default profile comes last", client.Places{}, nil, "AKIADEFAULT s2 "},
		{"the shared file may be elsewhere", client.Places{}, map[string]string{"AWS_SHARED_CREDENTIALS_FILE": other}, "AKIAELSE s4 "},
		{"nowhere at all", client.Places{Home: dir + "/empty"}, nil, "!no credentials found. Looked in\n  - a data folder"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			tt.places.Environment = func(name string) (string, bool) { v, ok := tt.env[name]; return v, ok }
			if tt.places.Home == "" {
				tt.places.Home = dir + "/home"
			}
			got, err := client.Find(tt.places)
			if want, refused := strings.CutPrefix(tt.want, "!"); refused {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("got %v", err)
				}
				var none *client.NoCredentials
				if named := strings.Contains(want, "Looked"); errors.As(err, &none) != named {
					t.Errorf("got %T", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s := got.AccessKeyID + " " + got.Secret.Reveal() + " " + got.SessionToken.Reveal(); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
			if got.Source == "" && got.AccessKeyID != "AKIADEMO" {
				t.Error("it does not say where they were found")
			}
		})
	}
}

func TestDemoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rockpool", "demo.json")
	if d, err := client.Running(path); d != nil || err != nil {
		t.Fatalf("no demo runs: %v, %v", d, err)
	}
	announce := func(endpoint string) func() error {
		t.Helper()
		withdraw, err := client.Announce(path, client.Demo{
			Endpoint: endpoint, Region: "eu-west-1", Credentials: client.Credentials{AccessKeyID: keyID, Secret: keys.NewSecret(secret)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return withdraw
	}
	first := announce("http://127.0.0.1:1")
	d, err := client.Running(path)
	if err != nil || d.Endpoint != "http://127.0.0.1:1" || d.Region != "eu-west-1" || d.Credentials.AccessKeyID != keyID || d.Credentials.Secret.Reveal() != secret {
		t.Fatalf("got %+v, %v", d, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v", info, err)
	}

	second := announce("http://127.0.0.1:2")
	if err := first(); err != nil {
		t.Error(err)
	}
	if d, err := client.Running(path); err != nil || d == nil || d.Endpoint != "http://127.0.0.1:2" {
		t.Errorf("the first demo took the second's file: %v, %v", d, err)
	}

	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Running(path); err == nil || !strings.Contains(err.Error(), "may be read by others") {
		t.Errorf("a file that others may read: %v", err)
	}
	if err := second(); err != nil {
		t.Error(err)
	}
	if err := second(); err != nil {
		t.Errorf("once more: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	write(t, filepath.Dir(path), "demo.json", "{")
	if _, err := client.Running(path); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestDemoPath(t *testing.T) {
	t.Setenv("HOME", "/home/mira")
	for _, tt := range []struct{ runtime, state, want string }{
		{"/run/user/7", "/state", "/run/user/7/rockpool/demo.json"},
		{"relative", "/state", "/state/rockpool/demo.json"},
		{"", "", "/home/mira/.local/state/rockpool/demo.json"},
	} {
		t.Setenv("XDG_RUNTIME_DIR", tt.runtime)
		t.Setenv("XDG_STATE_HOME", tt.state)
		if got, err := client.DemoPath(); got != tt.want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, tt.want)
		}
	}
}
