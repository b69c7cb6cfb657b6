package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// saveAttempts bounds how often a change of the ring is tried again after
// another node changed it first.
const saveAttempts = 5

// purposeRing is the purpose for which the master key seals ring keys.
const purposeRing = "ring"

// Config is what a Ring needs. Store and Master are required.
type Config struct {
	Store  Store
	Master MasterKey
	Now    func() time.Time // nil means time.Now
	Rand   io.Reader        // nil means crypto/rand
	Log    *slog.Logger     // nil discards
}

// Ring is the key ring of an installation. It seals and opens records and hands
// out signing keys. It is safe for concurrent use; Seal and Open take no lock.
type Ring struct {
	cfg    Config
	master *sealer
	state  atomic.Pointer[ringState]
	change sync.Mutex // serialises changes made by this node
}

var _ Sealer = (*Ring)(nil)

// ringState is one immutable version of the ring.
type ringState struct {
	version int64
	records []Record
	sealers map[keyID]*sealer
	current *sealer
	signers []*SigningKey
}

// Open loads the ring, and makes the first sealing keys when there are none. It
// returns a *WrongMasterKeyError when the master key does not open the ring.
func Open(ctx context.Context, cfg Config) (*Ring, error) {
	if cfg.Store == nil {
		return nil, errors.New("keys: a ring needs a store")
	}
	if cfg.Master.key == nil {
		return nil, errors.New("keys: a ring needs a master key")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Ring{cfg: cfg, master: &sealer{key: cfg.Master.key[:]}}
	if err := r.Refresh(ctx); err != nil {
		return nil, err
	}
	if r.state.Load().current != nil {
		return r, nil
	}
	err := r.update(ctx, func(records []Record) ([]Record, error) {
		if find(records, Sealing, Current) >= 0 {
			return nil, nil // another node was first
		}
		return r.promote(records, Sealing)
	})
	if err != nil {
		return nil, err
	}
	r.cfg.Log.InfoContext(ctx, "key ring created")
	return r, nil
}

// Refresh takes up keys that other nodes have made. The server calls it every
// minute or so, and when the store announces a change.
func (r *Ring) Refresh(ctx context.Context) error {
	records, version, err := r.cfg.Store.Load(ctx)
	if err != nil {
		return fmt.Errorf("keys: load the ring: %w", err)
	}
	return r.install(records, version)
}

// Seal encrypts plain under the current sealing key for purpose. aad is bound
// to the record but not stored in it.
func (r *Ring) Seal(purpose string, plain, aad []byte) ([]byte, error) {
	return r.state.Load().current.seal(r.cfg.Rand, purpose, plain, aad)
}

// Open decrypts a record that was sealed for purpose with aad. It returns
// ErrMalformed, an *UnknownKeyError or ErrTampered for a record that is not
// acceptable.
func (r *Ring) Open(purpose string, sealed, aad []byte) ([]byte, error) {
	id, err := header(sealed)
	if err != nil {
		return nil, err
	}
	s := r.state.Load().sealers[id]
	if s == nil {
		return nil, &UnknownKeyError{KeyID: id.String()}
	}
	return s.open(purpose, sealed, aad)
}

// Holds reports whether the ring has the key that sealed a record, of which the
// first bytes suffice. Memories of opened records ask it, so that removing a key
// ends what it sealed at once.
func (r *Ring) Holds(record []byte) bool {
	if len(record) < 1+idSize {
		return false
	}
	return r.state.Load().sealers[keyID(record[1:1+idSize])] != nil
}

// CurrentID returns the id of the current sealing key.
func (r *Ring) CurrentID() string { return r.state.Load().current.id.String() }

// Records returns the ring's keys without their secrets, for listings.
func (r *Ring) Records() []Record {
	out := slices.Clone(r.state.Load().records)
	for i := range out {
		out[i].Sealed = nil
	}
	return out
}

// Rotate retires the current key of a kind, makes the next key current and
// prepares a new next key.
func (r *Ring) Rotate(ctx context.Context, kind Kind) error {
	err := r.update(ctx, func(records []Record) ([]Record, error) { return r.promote(records, kind) })
	if err == nil {
		r.cfg.Log.InfoContext(ctx, "key ring rotated", "kind", string(kind))
	}
	return err
}

// RotateIfDue rotates a kind whose current key has been in use for every or
// longer, and says whether it did. With several nodes only one of them rotates.
func (r *Ring) RotateIfDue(ctx context.Context, kind Kind, every time.Duration) (bool, error) {
	due := func(records []Record) bool {
		i := find(records, kind, Current)
		return i >= 0 && r.cfg.Now().Sub(records[i].Changed) >= every
	}
	if !due(r.state.Load().records) {
		return false, nil
	}
	rotated := false
	err := r.update(ctx, func(records []Record) ([]Record, error) {
		rotated = due(records)
		if !rotated {
			return nil, nil
		}
		return r.promote(records, kind)
	})
	return rotated && err == nil, err
}

// Remove takes a retired key out of the ring for good: everything it sealed is
// lost and everything it signed no longer verifies. It is the answer to a
// leaked key, after rotating and sealing stored records anew.
func (r *Ring) Remove(ctx context.Context, id string) error {
	err := r.update(ctx, func(records []Record) ([]Record, error) {
		i := slices.IndexFunc(records, func(k Record) bool { return k.ID == id })
		switch {
		case i < 0:
			return nil, &UnknownKeyError{KeyID: id}
		case records[i].State != Retired:
			return nil, fmt.Errorf("keys: key %s is %s: only a retired key can be removed", id, records[i].State)
		}
		return slices.Delete(records, i, i+1), nil
	})
	if err == nil {
		r.cfg.Log.WarnContext(ctx, "key removed from the ring", "key", id)
	}
	return err
}

// update applies change to the stored records and installs the result. change
// may be called again when another node was faster; it owns the slice it gets
// and returns nil to leave the ring as it is.
func (r *Ring) update(ctx context.Context, change func([]Record) ([]Record, error)) error {
	r.change.Lock()
	defer r.change.Unlock()
	for range saveAttempts {
		records, version, err := r.cfg.Store.Load(ctx)
		if err != nil {
			return fmt.Errorf("keys: load the ring: %w", err)
		}
		changed, err := change(slices.Clone(records))
		if err != nil {
			return err
		}
		if changed == nil {
			return r.install(records, version)
		}
		err = r.cfg.Store.Save(ctx, changed, version)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("keys: save the ring: %w", err)
		}
		return r.install(changed, version+1)
	}
	return fmt.Errorf("keys: change the ring: %w", ErrConflict)
}

// install opens the records and makes them the state of the ring. Keys that are
// open already are kept with their derived ciphers.
func (r *Ring) install(records []Record, version int64) error {
	old := r.state.Load()
	if old != nil && old.version == version {
		return nil
	}
	if old != nil && old.current != nil && len(records) == 0 {
		return errors.New("keys: the stored key ring is gone; the keys in memory stay in use")
	}
	st := &ringState{version: version, records: slices.Clone(records), sealers: make(map[keyID]*sealer)}
	for i := range records {
		if err := r.add(st, old, &records[i]); err != nil {
			return err
		}
	}
	if len(records) > 0 && st.current == nil {
		return errors.New("keys: the stored key ring has no current sealing key")
	}
	for {
		// A refresh must not undo a rotation that finished while it was loading.
		if old != nil && old.version >= version {
			return nil
		}
		if r.state.CompareAndSwap(old, st) {
			return nil
		}
		old = r.state.Load()
	}
}

func (r *Ring) add(st, old *ringState, rec *Record) error {
	id, err := parseKeyID(rec.ID)
	if err != nil {
		return fmt.Errorf("keys: stored key ring: %w", err)
	}
	raw, err := r.unwrap(rec)
	if err != nil {
		return err
	}
	switch rec.Kind {
	case Sealing:
		if len(raw) != keySize {
			return fmt.Errorf("keys: stored key %s is %d bytes long", rec.ID, len(raw))
		}
		s := &sealer{id: id, key: raw}
		if old != nil && old.sealers[id] != nil {
			s = old.sealers[id]
		}
		st.sealers[id] = s
		if rec.State == Current {
			st.current = s
		}
	case Signing, SigningEC:
		k, err := parseSigningKey(rec, raw)
		if err != nil {
			return err
		}
		st.signers = append(st.signers, k)
	default:
		return fmt.Errorf("keys: stored key %s is of the unknown kind %q", rec.ID, rec.Kind)
	}
	return nil
}

// promote moves every key of a kind one state on: current to retired, next to
// current, and a new key becomes next.
func (r *Ring) promote(records []Record, kind Kind) ([]Record, error) {
	now := r.cfg.Now().UTC().Truncate(time.Second)
	if find(records, kind, Next) < 0 {
		k, err := r.generate(records, kind, now)
		if err != nil {
			return nil, err
		}
		records = append(records, k)
	}
	for i := range records {
		k := &records[i]
		if k.Kind != kind {
			continue
		}
		switch k.State {
		case Current:
			k.State, k.Changed = Retired, now
		case Next:
			k.State, k.Changed = Current, now
		case Retired:
		}
	}
	next, err := r.generate(records, kind, now)
	if err != nil {
		return nil, err
	}
	return append(records, next), nil
}

// generate makes a new key in state Next.
func (r *Ring) generate(records []Record, kind Kind, now time.Time) (Record, error) {
	k := Record{Kind: kind, State: Next, Serial: 1, Created: now, Changed: now}
	for _, o := range records {
		if o.Kind == kind {
			k.Serial = max(k.Serial, o.Serial+1)
		}
	}
	for k.ID == "" || slices.ContainsFunc(records, func(o Record) bool { return o.ID == k.ID }) {
		var id keyID
		if _, err := io.ReadFull(r.cfg.Rand, id[:]); err != nil {
			return Record{}, fmt.Errorf("keys: read randomness: %w", err)
		}
		k.ID = id.String()
	}
	var raw []byte
	var err error
	if kind == Signing || kind == SigningEC {
		raw, err = generateSigningKey(kind, r.cfg.Rand)
	} else {
		raw = make([]byte, keySize)
		_, err = io.ReadFull(r.cfg.Rand, raw)
	}
	if err != nil {
		return Record{}, fmt.Errorf("keys: make a %s key: %w", kind, err)
	}
	k.Sealed, err = r.master.seal(r.cfg.Rand, purposeRing, raw, recordAAD(&k))
	return k, err
}

func (r *Ring) unwrap(rec *Record) ([]byte, error) {
	if _, err := header(rec.Sealed); err != nil {
		return nil, fmt.Errorf("keys: stored key %s: %w", rec.ID, err)
	}
	raw, err := r.master.open(purposeRing, rec.Sealed, recordAAD(rec))
	if err != nil {
		return nil, &WrongMasterKeyError{KeyID: rec.ID, Source: r.cfg.Master.source}
	}
	return raw, nil
}

// recordAAD binds a sealed key to its id and kind, so that records cannot be
// swapped in the database.
func recordAAD(k *Record) []byte { return []byte(k.ID + "/" + string(k.Kind)) }

func find(records []Record, kind Kind, state State) int {
	return slices.IndexFunc(records, func(k Record) bool { return k.Kind == kind && k.State == state })
}
