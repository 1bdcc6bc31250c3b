// Package soak is what long tests have in common: how long they run, and the seed that repeats their choices. `make soak`
// runs the tests whose names begin with TestSoak, in this package and beside the other tests of conferences, all of
// which have the build tag soak.
package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

const usualLength = 5 * time.Minute

// Run is a long test.
type Run struct {
	*rand.Rand                 // of the seed: all choices of the test
	Ctx        context.Context // ends when the test has lasted long enough; not to be waited with
	t          testing.TB

	mu      sync.Mutex
	history []string // the latest steps
	steps   int
}

// Begin reads SOAK_LENGTH, how long each test runs (5m when unset), and SOAK_SEED. A run whose seed is repeated makes the same
// choices; what the machine makes of their timing may differ.
func Begin(t testing.TB) *Run {
	t.Helper()
	length, seed := usualLength, uint64(time.Now().UnixNano())
	var err error
	if text := os.Getenv("SOAK_LENGTH"); text != "" {
		if length, err = time.ParseDuration(text); err != nil || length <= 0 {
			t.Fatalf("SOAK_LENGTH is %q, and not a length of time such as 10m", text)
		}
	}
	if text := os.Getenv("SOAK_SEED"); text != "" {
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SOAK_SEED: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	t.Cleanup(cancel)
	t.Logf("%v, to be repeated with SOAK_SEED=%d", length, seed)
	r := &Run{Rand: rand.New(rand.NewPCG(seed, 0)), Ctx: ctx, t: t}
	t.Cleanup(func() {
		t.Logf("%d steps", r.steps)
		if t.Failed() {
			t.Logf("SOAK_SEED=%d; the latest steps:", seed)
			for _, step := range r.history {
				t.Log(step)
			}
		}
	})
	return r
}

// Goes says whether there is time for more.
func (r *Run) Goes() bool { return r.Ctx.Err() == nil && !r.t.Failed() }

// remembered is how many steps a failed test shows.
const remembered = 60

// Step notes what the test does next.
func (r *Run) Step(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps++
	r.history = append(r.history, fmt.Sprintf("%s %5d ", time.Now().Format("15:04:05.000"), r.steps)+fmt.Sprintf(format, args...))
	if len(r.history) > remembered {
		r.history = r.history[1:]
	}
}

// Pause lets some time pass between two steps: mostly none, sometimes up to longest.
func (r *Run) Pause(longest time.Duration) {
	if r.IntN(3) > 0 {
		return
	}
	select {
	case <-time.After(time.Duration(r.Int64N(int64(longest)))):
	case <-r.Ctx.Done():
	}
}

// Chance is true so many times in a hundred.
func (r *Run) Chance(percent int) bool { return r.IntN(100) < percent }
