package rockpoolapi

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/keys"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// A Ring has keys that can be rotated; *keys.Ring is one.
type Ring interface {
	// Rotate makes the next key of a kind current and retires the current one.
	Rotate(ctx context.Context, kind keys.Kind) error
	// Records returns the keys without their secrets.
	Records() []keys.Record
}

// RotateKeys rotates one kind of key. What the retired key has sealed or signed
// stays good.
func (b *bound) RotateKeys(ctx context.Context, in *wire.RotateKeysInput) (*wire.RotateKeysOutput, error) {
	kind := keys.Kind(*in.Kind)
	if err := b.cfg.Ring.Rotate(ctx, kind); err != nil {
		return nil, err
	}
	out := &wire.RotateKeysOutput{Keys: []wire.RingKey{}}
	for _, r := range b.cfg.Ring.Records() {
		if r.Kind != kind {
			continue
		}
		state := string(r.State)
		out.Keys = append(out.Keys, wire.RingKey{KeyId: &r.ID, Kind: in.Kind, State: &state, CreationDate: &r.Created})
	}
	return out, nil
}
