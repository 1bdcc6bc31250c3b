package events_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gstjitsi/tests/deployment/events"
)

func is(kind events.Kind) func(events.Event) bool {
	return func(e events.Event) bool { return e.Kind == kind }
}

func TestWaitFindsWhatWasAndWhatComes(t *testing.T) {
	var log events.Log
	log.Add(events.Event{Kind: events.Joined, Endpoint: "a"})
	if e, err := log.WaitFor(t.Context(), is(events.Joined)); err != nil || e.Endpoint != "a" {
		t.Errorf("%v, %v", e, err)
	}
	go log.Add(events.Event{Kind: events.Joined, Endpoint: "b"})
	if e, err := log.WaitForNth(t.Context(), 2, is(events.Joined)); err != nil || e.Endpoint != "b" {
		t.Errorf("%v, %v", e, err)
	}
}

func TestWaitInVainTellsWhatHappened(t *testing.T) {
	var log events.Log
	log.Add(events.Event{Kind: events.Joined, Endpoint: "a"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := log.WaitFor(ctx, is(events.Left))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "joined endpoint=a") {
		t.Errorf("error %v", err)
	}
}
