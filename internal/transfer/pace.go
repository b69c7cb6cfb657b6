package transfer

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rockpool-id/rockpool/internal/client"
)

// Pace repeats calls that a server was too busy for.
type Pace struct {
	// Wait waits; nil waits by the clock.
	Wait func(ctx context.Context, d time.Duration) error
	// Busy is told before each wait; it may be nil.
	Busy func(err error, wait time.Duration)
}

// Bounds of patience. The longest wait in all is about four minutes.
const (
	firstWait = 250 * time.Millisecond
	maxWait   = 30 * time.Second
	maxTries  = 14
)

// Do calls f until it succeeds or fails for good. f must be repeatable.
func (p *Pace) Do(ctx context.Context, f func(context.Context) error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := f(ctx)
		if err == nil || try == maxTries || !passing(err) || ctx.Err() != nil {
			return err
		}
		// Half of each wait is random, so that several programs do not come back
		// at the same time. It protects nothing, so any generator will do.
		d := wait/2 + rand.N(wait/2)
		if p.Busy != nil {
			p.Busy(err, d)
		}
		if err := p.wait(ctx, d); err != nil {
			return err
		}
		wait = min(2*wait, maxWait)
	}
}

func (p *Pace) wait(ctx context.Context, d time.Duration) error {
	if p.Wait != nil {
		return p.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// passing tells what may be different the next time: a rate limit, a server that
// restarts.
func passing(err error) bool {
	if _, ok := errors.AsType[*client.Unreachable](err); ok {
		return true
	}
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case "TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "ConcurrentModificationException", "ConcurrentModification":
		return true
	}
	return e.Status == 429 || e.Status >= 500
}
