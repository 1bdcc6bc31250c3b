package backoff

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func nothing(time.Duration) time.Duration { return 0 }
func most(n time.Duration) time.Duration  { return n }
func pauses(b *Backoff) (p []time.Duration) {
	for range 5 {
		p = append(p, b.Next())
	}
	return p
}

func TestPausesGrowToALimit(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name   string
		random func(time.Duration) time.Duration
		want   []time.Duration
	}{
		{"the longest ones", nothing, []time.Duration{100 * ms, 200 * ms, 400 * ms, 500 * ms, 500 * ms}},
		{"the shortest ones are half of that", most, []time.Duration{50 * ms, 100 * ms, 200 * ms, 250 * ms, 250 * ms}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &Backoff{First: 100 * ms, Longest: 500 * ms, Random: tt.random}
			if got := pauses(b); !slices.Equal(got, tt.want) {
				t.Errorf("they are %v, want %v", got, tt.want)
			}
			b.Reset()
			if got := b.Next(); got != tt.want[0] {
				t.Errorf("after a success the first one is %s", got)
			}
		})
	}
}

func TestPausesDiffer(t *testing.T) {
	a, b := &Backoff{First: time.Hour, Longest: time.Hour}, &Backoff{First: time.Hour, Longest: time.Hour}
	if slices.Equal(pauses(a), pauses(b)) {
		t.Error("two clients wait for the same times")
	}
}

func TestTheZeroValueDoesNotWait(t *testing.T) {
	if got := new(Backoff).Next(); got != 0 {
		t.Errorf("it waits for %s", got)
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Backoff{First: time.Minute, Longest: time.Hour, Random: nothing}
		began := time.Now()
		if err := b.Wait(t.Context()); err != nil || time.Since(began) != time.Minute {
			t.Errorf("it took %s: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute+time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}
