package policy

import (
	"encoding/json"
	"fmt"
)

// MarshalJSON writes the effect in AWS's word (String).
func (e Effect) MarshalJSON() ([]byte, error) { return json.Marshal(e.String()) }

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (e *Effect) UnmarshalJSON(text []byte) error {
	var word string
	if err := json.Unmarshal(text, &word); err != nil {
		return fmt.Errorf("effect: %w", err)
	}
	for _, effect := range [...]Effect{ImplicitDeny, ExplicitDeny, Allow} {
		if word == effect.String() {
			*e = effect
			return nil
		}
	}
	return fmt.Errorf("unknown effect %q", shorten(word))
}

// MarshalJSON writes the layer in AWS's words (String), "" for NoLayer.
func (l Layer) MarshalJSON() ([]byte, error) {
	if l == NoLayer {
		return []byte(`""`), nil
	}
	return json.Marshal(l.String())
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (l *Layer) UnmarshalJSON(text []byte) error {
	var words string
	if err := json.Unmarshal(text, &words); err != nil {
		return fmt.Errorf("layer: %w", err)
	}
	if words == "" {
		*l = NoLayer
		return nil
	}
	for layer := IdentityLayer; layer <= TrustLayer; layer++ {
		if words == layer.String() {
			*l = layer
			return nil
		}
	}
	return fmt.Errorf("unknown layer %q", shorten(words))
}
