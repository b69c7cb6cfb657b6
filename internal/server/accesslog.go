package server

import (
	"io"
	"log/slog"
	"net/http"
	"time"
)

// accessLog writes one line per request: what was asked, what was answered and
// the request id that the audit record and the client have too.
func accessLog(log *slog.Logger, now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := now()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			level := slog.LevelInfo
			switch {
			case rec.status >= 500:
				level = slog.LevelError
			case rec.status >= 400:
				level = slog.LevelWarn
			}
			h := rec.Header()
			id := h.Get("X-Amzn-Requestid")
			if id == "" {
				id = h.Get("X-Amz-Request-Id")
			}
			log.LogAttrs(r.Context(), level, "request",
				slog.String("method", r.Method),
				slog.String("host", r.Host),
				// The path without its query: a query may hold a signature
				// or a session token.
				slog.String("path", r.URL.Path),
				slog.String("target", r.Header.Get("X-Amz-Target")),
				slog.Int("status", rec.status),
				slog.String("error", h.Get("X-Amzn-Errortype")),
				slog.Int64("bytes", rec.bytes),
				slog.Duration("took", now().Sub(start)),
				slog.String("remote", r.RemoteAddr),
				slog.String("request_id", id),
			)
		}()
		next.ServeHTTP(rec, r)
		if rec.status == 0 {
			rec.status = http.StatusOK
		}
	})
}

// recorder notes status and size and keeps the powers of the writer below: a
// copy from a file still becomes sendfile.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(code int) {
	if r.status == 0 && code >= 200 {
		r.status = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := io.Copy(r.ResponseWriter, src)
	r.bytes += n
	return n, err
}

// Unwrap gives http.ResponseController the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
