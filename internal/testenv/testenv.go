// Package testenv runs a whole Rockpool server on loopback for tests: the one
// that `rockpool serve` runs, with a temporary data folder, a fixed root key and
// no output. Tests, and nothing else, may import it.
package testenv

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/keys"
	"github.com/rockpool-id/rockpool/internal/server"
)

// The root key and account of every server that Start runs.
const (
	RootKeyID  = "AKIATESTROOTKEY00000"
	RootSecret = "test-root-secret-of-a-loopback-server"
	Account    = "123456789012"
	Region     = "us-east-1"
)

// Env is a running server.
type Env struct {
	URL  string
	Data string

	t      testing.TB
	config config.Config
	now    func() time.Time
	log    *slog.Logger
	cancel context.CancelFunc
	done   chan error
	server *server.Server
}

// Options change what Start runs.
type Options struct {
	// Change adjusts the configuration before the start.
	Change func(*config.Config)
	Now    func() time.Time
	Log    *slog.Logger // nil discards
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Env {
	t.Helper()
	data := t.TempDir()
	c := config.Config{
		Data: data, Listen: "127.0.0.1:0", Account: Account, Region: Region,
		RootAccessKeyID: RootKeyID, RootSecretAccessKey: config.SecretValue{Secret: keys.NewSecret(RootSecret)},
		Audit: "file", LogFormat: "json", LogLevel: "info",
	}
	if o.Change != nil {
		o.Change(&c)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	e := &Env{t: t, Data: data, config: c, now: o.Now, log: o.Log}
	e.start()
	t.Cleanup(e.Stop)
	return e
}

func (e *Env) start() {
	e.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := server.Open(ctx, e.config, server.Options{Log: e.log, Version: "test", Now: e.now})
	if err != nil {
		cancel()
		e.t.Fatal(err)
	}
	e.URL, e.server, e.cancel, e.done = s.URL(), s, cancel, make(chan error, 1)
	go func() { e.done <- s.Serve(ctx) }()
}

// Stop drains and closes the server. It may be called more than once.
func (e *Env) Stop() {
	if e.cancel == nil {
		return
	}
	e.cancel()
	e.cancel = nil
	if err := <-e.done; err != nil {
		e.t.Errorf("serve: %v", err)
	}
	if err := e.server.Close(); err != nil {
		e.t.Errorf("close: %v", err)
	}
}

// Handler is the server's endpoint without the network.
func (e *Env) Handler() http.Handler { return e.server.Handler() }

// Restart stops the server and starts it again on the same data folder; the
// URL changes.
func (e *Env) Restart() {
	e.t.Helper()
	e.Stop()
	e.start()
}
