package cognitoapi

import (
	"strings"

	"github.com/rockpool-id/rockpool/internal/api"
	"github.com/rockpool-id/rockpool/internal/pool"
)

var _ api.Redactor = (*Implementation)(nil)

// Redact hides consumer secrets. AWS's shape has them in the same member as the
// client ids of other providers, after the consumer key.
func (i *Implementation) Redact(described map[string]any, hidden string) {
	providers, ok := described["supportedLoginProviders"].(map[string]any)
	if !ok {
		return
	}
	for _, name := range []string{pool.Twitter, pool.Digits} {
		if field, ok := providers[name].(string); ok {
			key, _, _ := strings.Cut(field, ";")
			providers[name] = key + ";" + hidden
		}
	}
}
