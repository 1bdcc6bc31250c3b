// Package backoff spreads attempts in time: pauses grow, and differ from client to client, so that a server that comes
// back is not met by all of its clients at once.
package backoff

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Backoff counts attempts. The zero value has no pauses.
type Backoff struct {
	First   time.Duration // the longest that the first pause can be
	Longest time.Duration // what they grow to, each twice the one before

	// Random gives a duration from zero to below n; nil: a random one.
	Random func(n time.Duration) time.Duration

	limit time.Duration
}

// Next is how long to wait before the next attempt: between half and all of the present limit.
func (b *Backoff) Next() time.Duration {
	if b.limit = max(b.limit, b.First); b.limit <= 1 {
		return b.limit
	}
	random := b.Random
	if random == nil {
		random = rand.N
	}
	half := b.limit / 2
	pause := b.limit - random(half)
	b.limit = min(2*b.limit, max(b.Longest, b.First))
	return pause
}

// Reset begins anew after a success.
func (b *Backoff) Reset() { b.limit = 0 }

// Wait takes the next pause, or returns the error of ctx if that ends before.
func (b *Backoff) Wait(ctx context.Context) error {
	timer := time.NewTimer(b.Next())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the next attempt: %w", ctx.Err())
	}
}
