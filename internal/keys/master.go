package keys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// MasterKeyFile is the name of the master key's file in the data folder, and
// MasterKeyEnv the environment variable that replaces it.
const (
	MasterKeyFile = "master-key"
	MasterKeyEnv  = "ROCKPOOL_MASTER_KEY"
)

// MasterKey is the key-encryption key. It does not print.
type MasterKey struct {
	// A pointer, because fmt prints the unexported fields of an enclosing
	// struct without asking for the methods below.
	key    *[keySize]byte
	source string
}

// Source says where the key came from, for error texts.
func (m MasterKey) Source() string { return m.source }

// String returns a placeholder.
func (MasterKey) String() string { return "[master key]" }

// GoString returns a placeholder.
func (MasterKey) GoString() string { return "[master key]" }

// Format prints a placeholder whatever the verb.
func (MasterKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[master key]") }

// LogValue returns a placeholder.
func (MasterKey) LogValue() slog.Value { return slog.StringValue("[master key]") }

// MarshalText returns a placeholder.
func (MasterKey) MarshalText() ([]byte, error) { return []byte("[master key]"), nil }

// ParseMasterKey reads a master key from text: 32 bytes in base64, with or
// without padding, in either alphabet. Source names its origin in errors.
func ParseMasterKey(text, source string) (MasterKey, error) {
	clean := strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(strings.TrimSpace(text), "="))
	raw, err := base64.RawURLEncoding.DecodeString(clean)
	if err != nil || len(raw) != keySize {
		// The text itself must not be shown: it may be a key with a typo.
		return MasterKey{}, fmt.Errorf("keys: the master key from %s is not %d bytes in base64", source, keySize)
	}
	return MasterKey{key: (*[keySize]byte)(raw), source: source}, nil
}

// LoadMasterKey returns the key from env (the value of MasterKeyEnv) when that
// is set, and else from MasterKeyFile in dir. When the file does not exist it
// is created from random, readable by its owner alone, and durable before it
// is used. A file that others may read is refused.
func LoadMasterKey(env, dir string, random io.Reader) (MasterKey, error) {
	if env != "" {
		return ParseMasterKey(env, MasterKeyEnv)
	}
	path := filepath.Join(dir, MasterKeyFile)
	m, err := readMasterKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	if err := createMasterKey(path, random); err != nil && !errors.Is(err, fs.ErrExist) {
		return MasterKey{}, err
	}
	return readMasterKey(path) // also when another process created it first
}

func readMasterKey(path string) (MasterKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return MasterKey{}, fmt.Errorf("keys: master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return MasterKey{}, fmt.Errorf("keys: %s has mode %#o, which lets others read it: chmod 600 it, or set %s",
			path, info.Mode().Perm(), MasterKeyEnv)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return MasterKey{}, fmt.Errorf("keys: master key: %w", err)
	}
	return ParseMasterKey(string(text), path)
}

// createMasterKey writes a complete file under another name and links it into
// place, so that a crash never leaves half a key behind and an existing key is
// never replaced.
func createMasterKey(path string, random io.Reader) (err error) {
	var raw [keySize]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return fmt.Errorf("keys: read randomness: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), MasterKeyFile+".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("keys: create master key: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, werr := f.WriteString(base64.StdEncoding.EncodeToString(raw[:]) + "\n")
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keys: create master key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		return fmt.Errorf("keys: create master key: %w", err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("keys: create master key: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("keys: create master key: %w", err)
	}
	return nil
}
