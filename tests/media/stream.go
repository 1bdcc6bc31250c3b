package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Stream is what a receiver's `fdsink` writes into a pipe: pictures, or pieces of sound. It reads all the
// time, so that the pipeline never waits for the test, and keeps the newest.
type Stream[T any] struct {
	name  string
	parse func([]byte) T
	kind  func(T) string

	mutex  sync.Mutex
	last   T
	count  int
	err    error
	kinds  map[string]int // how often each was seen, for reports
	waiter map[chan T]struct{}
	ended  chan struct{}
}

// Pictures reads frames of one size. name is used in errors only.
func Pictures(name string, from io.Reader, width, height int) *Stream[Picture] {
	parse := func(data []byte) Picture { return Picture{Width: width, Height: height, RGB: data} }
	return newStream(name, from, 3*width*height, parse, Picture.Kind)
}

// PieceOfSound is the length of the pieces that Sounds cuts, in samples: 100 ms, so that a tone of 10 Hz steps is told apart.
const PieceOfSound = Rate / 10

// Sounds reads sound in pieces of 100 ms.
func Sounds(name string, from io.Reader) *Stream[Sound] {
	return newStream(name, from, 2*PieceOfSound, soundOf, Sound.Kind)
}

func newStream[T any](name string, from io.Reader, size int, parse func([]byte) T, kind func(T) string) *Stream[T] {
	s := &Stream[T]{name: name, parse: parse, kind: kind,
		kinds: map[string]int{}, waiter: map[chan T]struct{}{}, ended: make(chan struct{})}
	go s.read(from, size)
	return s
}

func (s *Stream[T]) read(from io.Reader, size int) {
	for {
		data := make([]byte, size)
		if _, err := io.ReadFull(from, data); err != nil {
			s.mutex.Lock()
			s.err = err
			s.mutex.Unlock()
			close(s.ended)
			return
		}
		item := s.parse(data)
		kind := s.kind(item)
		s.mutex.Lock()
		s.last = item
		s.count++
		s.kinds[kind]++
		for waiter := range s.waiter {
			select {
			case waiter <- item:
			default: // a slow waiter misses some; it asks for what lasts
			}
		}
		s.mutex.Unlock()
	}
}

// Last is the newest; the zero value before there is one.
func (s *Stream[T]) Last() T {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.last
}

// Count is how many have come up to now.
func (s *Stream[T]) Count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.count
}

// Wait waits for the first of those that come from now on that is as wanted.
func (s *Stream[T]) Wait(ctx context.Context, what string, wanted func(T) bool) (T, error) {
	arriving := make(chan T, 100)
	s.mutex.Lock()
	s.waiter[arriving] = struct{}{}
	before := maps.Clone(s.kinds)
	s.mutex.Unlock()
	defer func() {
		s.mutex.Lock()
		delete(s.waiter, arriving)
		s.mutex.Unlock()
	}()
	var none T
	for {
		select {
		case item := <-arriving:
			if wanted(item) {
				return item, nil
			}
		case <-s.ended:
			return none, fmt.Errorf("%s: wait for %s: the stream ended (%w); got %s", s.name, what, s.err, s.seen(before))
		case <-ctx.Done():
			return none, fmt.Errorf("%s: wait for %s: %w; got %s", s.name, what, context.Cause(ctx), s.seen(before))
		}
	}
}

// WaitRow waits for several in a row that are as wanted: a single one may be an accident.
func (s *Stream[T]) WaitRow(ctx context.Context, what string, length int, wanted func(T) bool) (T, error) {
	row := 0
	return s.Wait(ctx, what, func(item T) bool {
		if !wanted(item) {
			row = 0
			return false
		}
		row++
		return row >= length
	})
}

// seen lists what has come since the given counts.
func (s *Stream[T]) seen(before map[string]int) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(s.kinds)) {
		if n := s.kinds[kind] - before[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d of %s", n, kind))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// WaitPicture waits for a row of pictures of a kind, see Picture.Kind.
func WaitPicture(ctx context.Context, s *Stream[Picture], kind string) error {
	_, err := s.WaitRow(ctx, kind, 3, func(p Picture) bool { return p.Kind() == kind })
	return err
}

// WaitMotion waits for pictures that differ from the one before.
func WaitMotion(ctx context.Context, s *Stream[Picture]) error {
	var before Picture
	_, err := s.WaitRow(ctx, "motion", 5, func(p Picture) bool {
		moved := before.RGB != nil && Difference(before, p) > 0.3
		before = p
		return moved
	})
	return err
}

// WaitTone waits for half a second of a tone.
func WaitTone(ctx context.Context, s *Stream[Sound], hertz float64) error {
	_, err := s.WaitRow(ctx, fmt.Sprintf("a tone of %.0f Hz", hertz), 5, func(p Sound) bool { return p.Is(hertz) })
	return err
}

// Ended reports whether the writer has closed its end, and an error if it did so in the middle of something.
func (s *Stream[T]) Ended(ctx context.Context) error {
	select {
	case <-s.ended:
	case <-ctx.Done():
		return fmt.Errorf("%s: wait for the end: %w", s.name, context.Cause(ctx))
	}
	if !errors.Is(s.err, io.EOF) {
		return fmt.Errorf("%s: %w", s.name, s.err)
	}
	return nil
}
