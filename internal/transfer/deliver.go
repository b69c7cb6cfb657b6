package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Target is where a pool goes.
type Target interface {
	// Prepare makes everything but the identities: what of IAM is missing, and the
	// pool. It may be called again after an interruption. save is called after
	// each part with what the next call is to be given in done.
	Prepare(ctx context.Context, h *Header, done []string, save func(part string) error) error
	// Import adds identities. It changes none that is there.
	Import(ctx context.Context, poolID string, list []Identity) (Result, error)
}

// Result is what became of a batch of identities.
type Result struct {
	Imported  int // new
	Unchanged int // there already, just so
	Conflicts []Conflict
}

// Reason says why an identity was not imported.
type Reason string

// The reasons.
const (
	// IdentityExists: an identity with this id is there and differs.
	IdentityExists Reason = "IdentityExists"
	// LoginTaken: a login of it belongs to another identity.
	LoginTaken Reason = "LoginTaken"
	// InvalidIdentity: it could not exist in a pool.
	InvalidIdentity Reason = "InvalidIdentity"
)

// Conflict is an identity that was not imported.
type Conflict struct {
	IdentityId string
	Reason     Reason
	Message    string
	// Provider and Owner say whose login it is, of LoginTaken.
	Provider string `json:",omitempty"`
	Owner    string `json:",omitempty"`
}

// Deliverer brings a file to a Target.
type Deliverer struct {
	Target Target
	// Path is the file. How far it was delivered to where stands in StatePath.
	Path, StatePath string
	// Where names the target, so that the state of another one is not taken for it.
	Where string
	// Change is what happens to the header on the way; nil changes nothing.
	Change func(*Header) error
	// Logins adds what the file does not know; nil adds nothing.
	Logins *LoginTable
	// Restart forgets how far an earlier run came.
	Restart bool
	// Conflict is told of every identity that was not imported.
	Conflict func(Conflict) error
	// Report is told of progress, every five seconds and at the end.
	Report func(Progress)
	Now    func() time.Time
}

// Delivery is what a delivery has done, with what interrupted runs before it did.
type Delivery struct {
	Imported, Unchanged, Conflicts int
	// LeftOut are identities of which no login's subject is known, and Incomplete
	// those imported with some of their logins only.
	LeftOut, Incomplete int
	// UnusedLogins are entries of the login table that fit no identity.
	UnusedLogins int
	// Resumed is how many of the identities an earlier run has handled.
	Resumed int
}

// delivered is the state of a delivery.
type delivered struct {
	SHA256, Where string
	Prepared      []string // the parts of Target.Prepare
	Ready         bool     // all of them
	Lines         int      // identities of the file that were handled
	Delivery
}

// The size of a batch: a server takes 500 identities and a megabyte.
const (
	batchIdentities = 250
	batchBytes      = 512 << 10
)

// stateEvery is how many batches are repeated at most after an interruption.
const stateEvery = 8

// Check reads a file to its end and tells whether it is whole.
func Check(path string) (*Header, End, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, End{}, err
	}
	defer f.Close()
	r, err := NewReader(f)
	if err != nil {
		return nil, End{}, err
	}
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.Header(), r.End(), nil
		} else if err != nil {
			return nil, End{}, err
		}
	}
}

// Deliver brings the file to the target. The file is read once to its end before
// anything is sent. An error, an end of ctx included, leaves the state for the next
// run to go on with.
func (d *Deliverer) Deliver(ctx context.Context) (_ Delivery, err error) {
	h, end, err := Check(d.Path)
	if err != nil {
		return Delivery{}, err
	}
	state, err := d.state(end)
	if err != nil {
		return Delivery{}, err
	}
	if d.Change != nil {
		if err := d.Change(h); err != nil {
			return Delivery{}, err
		}
	}
	if !state.Ready {
		err := d.Target.Prepare(ctx, h, state.Prepared, func(part string) error {
			state.Prepared = append(state.Prepared, part)
			return writeState(d.StatePath, state)
		})
		if err != nil {
			return Delivery{}, err
		}
		state.Ready = true
		if err := writeState(d.StatePath, state); err != nil {
			return Delivery{}, err
		}
	}
	if err := d.identities(ctx, h.Pool.IdentityPoolId, state, end); err != nil {
		return state.Delivery, errors.Join(err, writeState(d.StatePath, state))
	}
	if d.Logins != nil {
		state.UnusedLogins = d.Logins.Unused()
	}
	if err := os.Remove(d.StatePath); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return state.Delivery, err
	}
	return state.Delivery, nil
}

// state is how far an earlier run came with this file to this target, or the start.
func (d *Deliverer) state(end End) (*delivered, error) {
	fresh := &delivered{SHA256: end.SHA256, Where: d.Where}
	text, err := os.ReadFile(d.StatePath)
	if errors.Is(err, fs.ErrNotExist) || d.Restart {
		return fresh, nil
	}
	if err != nil {
		return nil, err
	}
	s := &delivered{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, &NotResumable{d.StatePath, err}
	}
	switch {
	case s.SHA256 != end.SHA256:
		return nil, &NotResumable{d.StatePath, errors.New("it is of another file")}
	case s.Where != d.Where:
		return nil, &NotResumable{d.StatePath, fmt.Errorf("it is of a delivery to %s", s.Where)}
	}
	s.Resumed = s.Lines
	return s, nil
}

// identities sends the identities in batches, after those that were handled.
func (d *Deliverer) identities(ctx context.Context, poolID string, state *delivered, end End) (err error) {
	f, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := NewReader(f)
	if err != nil {
		return err
	}
	b := batch{d: d, state: state, poolID: poolID, total: end.Identities, start: d.Now()}
	b.reported = b.start
	handled := state.Lines
	for read := 0; ; read++ {
		identity, err := r.Next()
		if errors.Is(err, io.EOF) {
			return b.send(ctx)
		}
		if err != nil {
			return err
		}
		if read < handled {
			// Handled by an earlier run, which has counted it; its logins of the
			// table are used ones.
			if d.Logins != nil {
				if _, err := d.Logins.complete(identity); err != nil {
					return err
				}
			}
			continue
		}
		if err := b.add(ctx, identity); err != nil {
			return err
		}
	}
}
