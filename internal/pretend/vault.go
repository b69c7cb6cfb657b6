package pretend

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// maxHeld bounds a vault: strangers can open choosers as they like.
const maxHeld = 1000

// A vault holds things under random names for a short time. Each can be taken
// out once.
type vault[T any] struct {
	rand io.Reader
	now  func() time.Time
	life time.Duration

	mu    sync.Mutex
	held  map[string]held[T]
	order []string // names by age; may name what was taken
}

type held[T any] struct {
	value   T
	expires time.Time
}

func newVault[T any](random io.Reader, now func() time.Time, life time.Duration) *vault[T] {
	return &vault[T]{rand: random, now: now, life: life, held: make(map[string]held[T])}
}

// put keeps v and returns its name: 256 random bits.
func (v *vault[T]) put(value T) (string, error) {
	var raw [32]byte
	if _, err := io.ReadFull(v.rand, raw[:]); err != nil {
		return "", fmt.Errorf("random name: %w", err)
	}
	name := b64(raw[:])
	v.putAs(name, value)
	return name, nil
}

// putAs keeps v under a name that put has made, after it was taken out.
func (v *vault[T]) putAs(name string, value T) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	for len(v.order) > 0 {
		oldest, there := v.held[v.order[0]]
		if there && now.Before(oldest.expires) && len(v.order) < maxHeld {
			break
		}
		delete(v.held, v.order[0])
		v.order = v.order[1:]
	}
	v.held[name] = held[T]{value, now.Add(v.life)}
	v.order = append(v.order, name)
}

// take returns what is kept under name, once.
func (v *vault[T]) take(name string) (T, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	h, ok := v.held[name]
	delete(v.held, name)
	if !ok || !v.now().Before(h.expires) {
		var none T
		return none, false
	}
	return h.value, true
}
