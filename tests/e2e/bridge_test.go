package e2e

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/media"
)

// again waits for what happens after a moment: to whom, unless id is empty.
func (r *room) again(after time.Time, kind events.Kind, id string) events.Event {
	r.t.Helper()
	event, err := r.server.WaitFor(r.ctx, func(e events.Event) bool {
		return e.Room == r.name && e.Kind == kind && (id == "" || e.Endpoint == id || e.Receiver == id) && e.Time.After(after)
	})
	if err != nil {
		r.t.Fatalf("wait for %s of %q after %s: %v", kind, id, after.Format("15:04:05.000"), err)
	}
	return event
}

// noticed waits until the focus knows that the bridge was killed, however it is by then.
func (r *room) noticed(killed time.Time) time.Time {
	r.t.Helper()
	event, err := r.server.WaitFor(r.ctx, func(e events.Event) bool { return e.Kind == events.BridgeNoticed && e.Time.After(killed) })
	if err != nil {
		r.t.Fatalf("wait for the focus to notice: %v", err)
	}
	return event.Time
}

// As on real servers the focus can do nothing with a bridge for 15 s after it was killed, also when it is back at once. Whoever
// asks for a session before that gets none for a minute.
func TestARecordingGoesOnAfterTheBridgeWasKilledAndRestarted(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{KeepBridge: 15 * time.Second})
	sender := room.join("sender", sink("red", 440))
	recorder, file := room.record(t.TempDir())
	recorder.recorded(file, "V_VP8", time.Second)
	killed := time.Now()
	room.server.KillBridge()
	room.again(killed, events.ChannelClosed, recorder.id)
	if err := room.server.ReviveBridge(); err != nil {
		t.Fatal(err)
	}
	revived := room.noticed(killed)
	for _, p := range []*participant{sender, recorder} {
		if e := room.again(killed, events.SessionTerminated, p.id); !strings.Contains(e.Detail, "by the client") {
			t.Errorf("the session of %s ended %s", p.Name, e.Detail)
		}
	}
	back := room.again(revived, events.MediaForwarded, recorder.id)
	if took := back.Time.Sub(revived); took > 30*time.Second { // ten where nothing else runs: `make soak`
		t.Errorf("it took %s until media was back", took)
	}
	length := back.Time.Sub(killed)
	recorder.recorded(file, "V_VP8", length+3*time.Second)
	recorder.recorded(file, "A_OPUS", length+3*time.Second)
	recorder.says(0, "jitsi-bridge-changed")
	recorder.leave()
	sender.leave()
	decoded, err := media.Decode(room.ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	if last := decoded.Pictures[len(decoded.Pictures)-1].Kind(); last != "red" {
		t.Errorf("the last picture is %s", last)
	}
	if end := decoded.Sound[len(decoded.Sound)-media.Rate:]; !end.Is(440) {
		t.Errorf("the last second sounds like %s", end.Kind())
	}
}

// longestBreak is the longest time without moving pictures or without a tone that a participant gets from now on; what
// stands in for missing media neither moves nor sounds.
func (p *participant) longestBreak(length time.Duration, hertz float64) (picture, sound time.Duration) {
	ctx, cancel := context.WithTimeout(p.room.ctx, length)
	defer cancel()
	var sounds sync.WaitGroup
	sounds.Go(func() { sound = longestBreak(ctx, p.sound[0], func(s media.Sound) bool { return s.Is(hertz) }) })
	var before media.Picture
	picture = longestBreak(ctx, p.pictures[0], func(now media.Picture) bool {
		moved := before.RGB != nil && media.Difference(before, now) > 0.3
		before = now
		return moved
	})
	sounds.Wait()
	return picture, sound
}

func longestBreak[T any](ctx context.Context, s *media.Stream[T], flows func(T) bool) (longest time.Duration) {
	last := time.Now()
	s.Wait(ctx, "the end of the time", func(item T) bool {
		if flows(item) {
			longest, last = max(longest, time.Since(last)), time.Now()
		}
		return false
	})
	return max(longest, time.Since(last))
}

func TestWhenTheFocusMissesTheBridgeWeWaitForAnother(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{KeepBridge: time.Second})
	room.join("sender", sink("red", 440))
	receiver := room.join("receiver", receiver)
	receiver.shows(0, "red")
	killed := time.Now()
	room.server.KillBridge()
	room.noticed(killed)
	if e := room.again(killed, events.SessionTerminated, receiver.id); !strings.Contains(e.Detail, "by the focus") {
		t.Errorf("the session of the receiver ended %s", e.Detail)
	}
	receiver.says(0, "jitsi-state-changed", "state=joined")
	if err := room.server.ReviveBridge(); err != nil {
		t.Fatal(err)
	}
	room.again(killed, events.MediaForwarded, receiver.id)
	receiver.shows(0, "red")
}

func TestAnOrderlyMoveToAnotherBridgeIsAShortGap(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("sender", sink("ball", 440))
	receiver := room.join("receiver", receiver)
	receiver.flows(440)
	if err := room.server.MoveSessions(room.name); err != nil {
		t.Fatal(err)
	}
	if picture, sound := receiver.longestBreak(6*time.Second, 440); picture > 5*time.Second || sound > 5*time.Second {
		t.Errorf("the picture stood for %s, and there was no sound for %s", picture, sound)
	}
	receiver.flows(440)
}

// flows waits for moving pictures, and a tone.
func (p *participant) flows(hertz float64) {
	p.room.t.Helper()
	if err := media.WaitMotion(p.room.ctx, p.pictures[0]); err != nil {
		p.room.t.Fatal(err)
	}
	p.sounds(0, hertz)
}

// As in the recordings a bridge that stops for a while is no reason to ask for another.
func TestABridgeThatFreezesAndComesBackIsWaitedFor(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{})
	sender := room.join("sender", sink("red", 440))
	receiver := room.join("receiver", receiver)
	receiver.shows(0, "red")
	room.server.FreezeBridge(true)
	frozen := time.NewTimer(6 * time.Second) // twice as long as a dead one would be given
	defer frozen.Stop()
	<-frozen.C
	room.server.FreezeBridge(false)
	receiver.shows(0, "red")
	for _, p := range []*participant{sender, receiver} {
		if n := room.count(events.SessionTerminated, p.id); n != 0 {
			t.Errorf("%s gave its session up", p.Name)
		}
	}
}

func TestWithoutABridgeWeWaitForOne(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{NoBridge: true})
	room.join("sender", sink("red", 440))
	receiver := room.join("receiver", receiver)
	receiver.says(0, "jitsi-state-changed", "state=joined")
	if _, err := receiver.WaitLine(room.ctx, 0, regexp.MustCompile("WARNING.*has no bridge")); err != nil {
		t.Error(err)
	}
	if err := room.server.ReviveBridge(); err != nil {
		t.Fatal(err)
	}
	receiver.shows(0, "red")
}

// gstdtls posts an error for an alert: it is the session's, which is begun anew, and not the application's.
func TestARefusedHandshakeIsTriedAgainAndHarmsNoPipeline(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{RefusedHandshakes: 2})
	anna := room.join("anna", bin("red", 440))
	bert := room.join("bert", bin("green", 550))
	room.waitFor(2, events.DTLSRefused, "")
	anna.shows(0, "green")
	bert.shows(0, "red")
	anna.leave()
	bert.leave()
}
