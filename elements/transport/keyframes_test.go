package transport

import (
	"slices"
	"testing"
	"time"
)

func TestKeyFrameRequestsStayBelowTheBridgesLimit(t *testing.T) {
	limit, start, passed := &requestLimit{}, time.Now(), 0
	for frame := range 30 * 30 { // a depayloader asks once a frame, for 30 s
		if limit.pass(start.Add(time.Duration(frame) * time.Second / 30)) {
			passed++
		}
	}
	if passed != 9 {
		t.Errorf("%d requests in 30 s passed, want 9", passed)
	}
}

func TestTheFirstKeyFrameRequestPassesAtOnce(t *testing.T) {
	limit, now := &requestLimit{}, time.Now()
	if !limit.pass(now) {
		t.Error("refused")
	}
	if limit.pass(now.Add(keyFrameSpacing / 2)) {
		t.Error("the second came too soon and passed")
	}
	if !limit.pass(now.Add(keyFrameSpacing)) {
		t.Error("the second was refused")
	}
}

// A network that is away for two seconds takes the first two requests with it.
func TestAKeyFrameRequestIsLeftForLater(t *testing.T) {
	limit, start := &requestLimit{}, time.Now()
	var passed []time.Duration
	for at := time.Duration(0); at < keyFrameWindow+keyFrameSpacing; at += keyFrameSpacing / 10 {
		if limit.pass(start.Add(at)) {
			passed = append(passed, at)
		}
	}
	if want := []time.Duration{0, keyFrameSpacing, 6 * keyFrameSpacing, keyFrameWindow}; !slices.Equal(passed, want) {
		t.Errorf("passed at %v, want %v", passed, want)
	}
}
