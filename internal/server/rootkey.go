package server

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/keys"
)

// rootKeyFile holds the account root's key when none is configured. Its form is
// that of an AWS credentials file, so that AWS_SHARED_CREDENTIALS_FILE can
// point at it.
const rootKeyFile = "root-credentials"

// rootKey is the account root's access key.
type rootKey struct {
	ID        string
	Secret    keys.Secret
	Generated bool // made by this start
}

// findRootKey returns the configured root key, or the one of the data folder,
// or makes one and writes it there with mode 0600.
func findRootKey(c *config.Config, random io.Reader) (rootKey, error) {
	if c.RootAccessKeyID != "" {
		return rootKey{ID: c.RootAccessKeyID, Secret: c.RootSecretAccessKey.Secret}, nil
	}
	path := filepath.Join(c.Data, rootKeyFile)
	text, err := os.ReadFile(path)
	if err == nil {
		if err := onlyOwner(path); err != nil {
			return rootKey{}, err
		}
		return parseRootKey(path, string(text))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return rootKey{}, fmt.Errorf("root credentials: %w", err)
	}
	k, err := newRootKey(random)
	if err != nil {
		return rootKey{}, err
	}
	if err := writeSynced(path, "[default]\naws_access_key_id = "+k.ID+"\naws_secret_access_key = "+k.Secret.Reveal()+"\n"); err != nil {
		return rootKey{}, fmt.Errorf("root credentials: %w", err)
	}
	return k, nil
}

// onlyOwner refuses a file that others may read: the key in it may be known.
func onlyOwner(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("root credentials: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("root credentials: %s may be read by others (mode %04o); make a new key or run chmod 600", path, mode)
	}
	return nil
}

func newRootKey(random io.Reader) (rootKey, error) {
	if random == nil {
		random = rand.Reader
	}
	b := make([]byte, 16+30)
	if _, err := io.ReadFull(random, b); err != nil {
		return rootKey{}, fmt.Errorf("root credentials: %w", err)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := []byte("AKIA")
	for _, x := range b[:16] {
		id = append(id, alphabet[x&31])
	}
	secret := base64.RawStdEncoding.EncodeToString(b[16:])
	return rootKey{ID: string(id), Secret: keys.NewSecret(secret), Generated: true}, nil
}

func parseRootKey(path, text string) (rootKey, error) {
	var k rootKey
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(name) {
		case "aws_access_key_id":
			k.ID = strings.TrimSpace(value)
		case "aws_secret_access_key":
			k.Secret = keys.NewSecret(strings.TrimSpace(value))
		}
	}
	if k.ID == "" || k.Secret.Empty() {
		return rootKey{}, fmt.Errorf("root credentials: %s has no aws_access_key_id and aws_secret_access_key", path)
	}
	return k, nil
}

// writeSynced writes a new file that survives a power loss, or none.
func writeSynced(path, text string) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
