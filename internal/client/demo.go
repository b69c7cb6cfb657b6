package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rockpool-id/rockpool/internal/keys"
)

// Demo is a demo that runs on this machine: its address, and the key of its
// account root.
type Demo struct {
	Endpoint    string
	Region      string
	Credentials Credentials
}

// demoFile is what stands in the file.
type demoFile struct {
	Endpoint        string `json:"endpoint"`
	Region          string `json:"region"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
}

// DemoPath is where a running demo leaves its address and key for the command
// line, so that the commands it prints work as printed (decision 0004): a file of
// this user alone, in the runtime folder, or in the state folder where there is
// none.
func DemoPath() (string, error) {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "rockpool", "demo.json"), nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "rockpool", "demo.json"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("the demo's file has no place: %w", err)
	}
	return filepath.Join(home, ".local", "state", "rockpool", "demo.json"), nil
}

// Announce writes the file, with mode 0600, and returns the function that takes it
// away again. A later demo takes the file over; the first one then leaves it.
func Announce(path string, d Demo) (withdraw func() error, err error) {
	text, err := json.Marshal(demoFile{
		Endpoint: d.Endpoint, Region: d.Region,
		AccessKeyID: d.Credentials.AccessKeyID, SecretAccessKey: d.Credentials.Secret.Reveal(),
	})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// CreateTemp makes the file with mode 0600; the rename makes it whole at once.
	f, err := os.CreateTemp(filepath.Dir(path), "demo-*.new")
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	return func() error {
		now, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && string(now) != string(text) {
			return nil
		}
		if err != nil {
			return err
		}
		return os.Remove(path)
	}, nil
}

// Running reads the file of a running demo; nil when none runs. A file that others
// may write or read is refused.
func Running(path string) (*Demo, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others (mode %04o): remove it and start the demo again", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f demoFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("%s is damaged: remove it and start the demo again: %w", path, err)
	}
	return &Demo{Endpoint: f.Endpoint, Region: f.Region, Credentials: Credentials{
		AccessKeyID: f.AccessKeyID, Secret: keys.NewSecret(f.SecretAccessKey), Source: "the running demo (" + path + ")",
	}}, nil
}
