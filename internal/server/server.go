package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/keys"
)

// Options are what a process has beside its configuration.
type Options struct {
	Log     *slog.Logger
	Version string
	Stdout  io.Writer // audit records when the configuration says "-"
	// Now and Rand default to the real clock and crypto/rand.
	Now  func() time.Time
	Rand io.Reader
}

// Limits of one connection. A request body has no deadline of its own: uploads
// may be slow, and their size is bounded by the handlers.
const (
	readHeaderTimeout = 20 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 64 << 10 // a presigned URL with a session token is long
	drainTimeout      = 20 * time.Second
)

// Server is one composed process. Open makes it, Serve runs it, Close ends it.
type Server struct {
	config   config.Config
	options  Options
	log      *slog.Logger
	listener net.Listener
	handler  http.Handler
	draining atomic.Bool
	parts    *parts
}

// Open opens the data folder, composes every service and listens. Nothing is
// served until Serve.
func Open(ctx context.Context, c config.Config, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	s := &Server{config: c, options: o, log: o.Log}
	// The port is taken first: a second start on a busy port must not touch
	// the data folder.
	listener, err := listen(ctx, &c)
	if err != nil {
		return nil, err
	}
	s.listener = listener
	if s.parts, err = compose(ctx, &c, &o); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.parts.router.health = http.HandlerFunc(s.health)
	s.handler = s.parts.router
	return s, nil
}

func listen(ctx context.Context, c *config.Config) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if c.TLSCertificate == "" {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCertificate, c.TLSKey)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("tls: %w", err), l.Close())
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{pair},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}), nil
}

// URL is the address of the API.
func (s *Server) URL() string {
	scheme := "http"
	if s.config.TLSCertificate != "" {
		scheme = "https"
	}
	return scheme + "://" + s.listener.Addr().String()
}

// RootKey is the account root's access key.
func (s *Server) RootKey() (id string, secret keys.Secret) {
	return s.parts.root.ID, s.parts.root.Secret
}

// Handler is the one endpoint, for servers beside it in the same process.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers requests until ctx ends, then lets the ones under way finish.
func (s *Server) Serve(ctx context.Context) error {
	hs := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(s.listener) }()
	s.log.Info("serving", "url", s.URL(), "data", s.config.Data, "account", s.config.Account, "region", s.config.Region, "version", s.options.Version)
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	s.log.Info("draining")
	// The drain has its own time: the context that ended cannot bound it.
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := hs.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests were cut off", "after", drainTimeout)
		err = hs.Close()
	}
	if err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	s.log.Info("stopped")
	return nil
}

// Close closes what Open opened. Call it after Serve has returned, or instead
// of Serve.
func (s *Server) Close() error {
	err := s.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil // Serve closed it
	}
	return errors.Join(err, s.parts.close())
}

// health answers /-/healthz (the process runs) and /-/readyz (it can serve).
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	status, body := http.StatusOK, map[string]any{"status": "ok", "version": s.options.Version}
	switch r.URL.Path {
	case "/-/healthz":
	case "/-/readyz":
		body["status"] = "ready"
		if len(s.config.Providers) > 0 {
			body["providerOverrides"] = s.config.Providers
		}
		if err := s.parts.ready(r.Context()); err != nil {
			s.log.Error("not ready", "error", err)
			status, body["status"] = http.StatusServiceUnavailable, "database not readable"
		}
		if s.draining.Load() {
			status, body["status"] = http.StatusServiceUnavailable, "draining"
		}
	default:
		status, body = http.StatusNotFound, map[string]any{"status": "not found"}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.Debug("write health", "error", err)
	}
}
