package server

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/rockpool-id/rockpool/internal/openid"
)

// keySetAge is how long others may keep the public keys. A key is published long
// before it signs, so it could be longer; AWS says 30 days.
const keySetAge = "public, max-age=86400"

// wellKnown serves discovery and keys of the pools' OpenID tokens
// (cognito-identity.md 4.3). Browsers may read them: they are public.
func wellKnown(tokens *openid.Issuer, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	serve := func(path string, document func(context.Context) ([]byte, error)) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			body, err := document(r.Context())
			if err != nil {
				log.Error("document of the pools' tokens", "path", path, "error", err)
				http.Error(w, "internal error", http.StatusInternalServerError)
				return
			}
			h := w.Header()
			h.Set("Content-Type", "application/json")
			h.Set("Cache-Control", keySetAge)
			h.Set("Access-Control-Allow-Origin", "*")
			if _, err := w.Write(body); err != nil {
				log.Debug("write document", "path", path, "error", err)
			}
		})
	}
	serve(openid.KeySetPath, tokens.KeySet)
	serve(openid.DiscoveryPath, func(context.Context) ([]byte, error) { return tokens.Discovery() })
	return mux
}
