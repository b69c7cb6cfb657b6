package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/heap"
	"github.com/rockpool-id/rockpool/internal/server"
)

// defaultDataFolder is where serve keeps its data when nothing is said.
const defaultDataFolder = "rockpool-data"

type serveCmd struct{ config.Config }

// Run runs the server until SIGTERM or an interrupt.
func (c *serveCmd) Run(e *env) error {
	if c.Data == "" {
		c.Data = defaultDataFolder
	}
	if err := c.Check(); err != nil {
		return &usageError{err}
	}
	log := newLogger(e.stderr, c.LogFormat, c.LogLevel)
	s, err := server.Open(e.ctx, c.Config, server.Options{Log: log, Version: version, Stdout: e.stdout})
	if err != nil {
		return err
	}
	return runServer(e.ctx, s, log)
}

// runServer serves until ctx ends, then drains and closes.
func runServer(ctx context.Context, s *server.Server, log *slog.Logger) error {
	defer heap.Keep(heap.Size)()
	err := s.Serve(ctx)
	if cerr := s.Close(); cerr != nil {
		log.Error("close", "error", cerr)
		if err == nil {
			err = fmt.Errorf("close: %w", cerr)
		}
	}
	return err
}

// newLogger builds the process's logger: JSON for machines, text for people.
func newLogger(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo // the flag's enum admits only names that parse
	}
	opts := &slog.HandlerOptions{Level: l}
	if format == "auto" {
		format = "json"
		if f, ok := w.(*os.File); ok {
			if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
				format = "text"
			}
		}
	}
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}
