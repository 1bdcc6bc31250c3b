//go:build soak

package e2e

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/soak"
	"gstjitsi/tests/wire"
)

// The measures of staying in a conference. Their numbers are fixed; SOAK_LENGTH does not count.
const (
	cuts, cutLength     = 50, 5 * time.Second
	kills, backWithin   = 10, 10 * time.Second
	moves, longestMove  = 10, 3 * time.Second
	measurePatience     = 20 * time.Minute
	calm, longestBreath = 500 * time.Millisecond, 3 * time.Second
)

// measured is a room with patience for a measurement.
func measured(t *testing.T, options deployment.Options) *room {
	t.Helper()
	r := newRoomWith(t, options)
	ctx, cancel := context.WithTimeout(t.Context(), measurePatience)
	t.Cleanup(cancel)
	r.ctx = ctx
	return r
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// breath is a random time.
func breath(run *soak.Run) time.Duration {
	return calm + time.Duration(run.Int64N(int64(longestBreath)))
}

// breathe lets a random time pass.
func breathe(ctx context.Context, run *soak.Run) { sleep(ctx, breath(run)) }

// cut takes the participant's XMPP away for a while.
func (p *participant) cut(wire *wire.Wire) error {
	away := p.Mark()
	wire.Cut()
	sleep(p.room.ctx, cutLength)
	wire.Restore()
	for _, state := range []string{"state=reconnecting", "state=in-session"} {
		if _, err := p.WaitMessage(p.room.ctx, away, "jitsi-state-changed", state); err != nil {
			return err
		}
	}
	return nil
}

// TestSoakXMPPCuts cuts the XMPP of a sender and that of a recorder for 5 s, each 25 times, 50 in all: nothing is missing in the
// recording, and nobody sees anybody come or go.
func TestSoakXMPPCuts(t *testing.T) {
	run := soak.Begin(t)
	room, dir := measured(t, deployment.Options{}), t.TempDir()
	senderWire, senderThrough := room.xmppWire()
	// what is encoded already passes as it is: our own encoder leaves frames out on a machine that can't keep up
	sender := room.joinWith(launch.Options{Name: "sender", Pipeline: `videotestsrc is-live=true pattern=red ! {small} ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60 !
		jitsisink name=j {room} ` + senderThrough + ` nick=red  audiotestsrc is-live=true freq=440 volume=0.5 ! j.`})
	recorderWire, recorderThrough := room.xmppWire()
	// a machine that stands still for a moment makes packets late, which is not what is measured: there is time for them
	recorder, file := room.recordWith(dir, recorderThrough+" latency=2000")
	watcher := room.join("watcher", `jitsisrc name=j {room} ! fakesink`)
	recorder.recorded(file, "V_VP8", time.Second)
	var both sync.WaitGroup
	failures := make([]error, 2)
	for n, end := range []struct {
		who  *participant
		wire *wire.Wire
	}{{sender, senderWire}, {recorder, recorderWire}} {
		calms := make([]time.Duration, cuts/2)
		for i := range calms {
			calms[i] = breath(run)
		}
		both.Go(func() {
			for i, pause := range calms {
				run.Step("cut %d of the %s", i+1, end.who.Name)
				if failures[n] = end.who.cut(end.wire); failures[n] != nil {
					return
				}
				sleep(room.ctx, pause)
			}
		})
	}
	both.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	recorder.leave()
	for _, codec := range []string{"V_VP8", "A_OPUS"} {
		holds(t, file, codec)
	}
	for _, p := range []*participant{sender, recorder} {
		if n := room.count(events.Joined, p.id); n != 1 {
			t.Errorf("%s has joined %d times", p.Name, n)
		}
	}
	if left := watcher.Messages(0, "jitsi-participant-left"); len(left) != 1 { // the recorder, at the end
		t.Errorf("the watcher has seen somebody leave: %v", left)
	}
	if came := watcher.Messages(0, "jitsi-participant-joined"); len(came) != 2 {
		t.Errorf("the watcher has seen others come: %v", came)
	}
}

// TestSoakBridgeKilled kills the bridge 10 times and starts it again after a while: media is back within 10 s of the moment
// from which the focus can reach the bridge.
func TestSoakBridgeKilled(t *testing.T) {
	run := soak.Begin(t)
	room := measured(t, deployment.Options{KeepBridge: 15 * time.Second})
	room.join("sender", sink("ball", 440))
	receiver := room.join("receiver", receiver)
	receiver.flows(440) // a last picture that is repeated does not move
	var longest time.Duration
	for i := range kills {
		run.Step("kill %d", i+1)
		killed := time.Now()
		room.server.KillBridge()
		breathe(room.ctx, run)
		if run.Chance(50) {
			sleep(room.ctx, 2*longestBreath) // until everybody has given up
		}
		revived := time.Now()
		if err := room.server.ReviveBridge(); err != nil {
			t.Fatal(err)
		}
		if noticed := room.noticed(killed); noticed.After(revived) {
			revived = noticed
		}
		receiver.flows(440)
		took := time.Since(revived)
		longest = max(longest, took)
		run.Step("back after %s", took)
		if took > backWithin {
			t.Errorf("kill %d: it took %s until media was back", i+1, took)
		}
		breathe(room.ctx, run)
	}
	t.Logf("media was back after %s at the latest", longest)
}

// TestSoakOrderlyMoves moves the sessions to another bridge 10 times: each is a gap of less than 3 s.
func TestSoakOrderlyMoves(t *testing.T) {
	run := soak.Begin(t)
	room := measured(t, deployment.Options{})
	room.join("sender", sink("ball", 440))
	receiver := room.join("receiver", receiver)
	receiver.flows(440)
	for i := range moves {
		if err := room.server.MoveSessions(room.name); err != nil {
			t.Fatal(err)
		}
		length := longestMove + breath(run)
		picture, sound := receiver.longestBreak(length, 440)
		t.Logf("move %d: the picture stood for %s, and there was no sound for %s", i+1, picture, sound)
		if picture > longestMove || sound > longestMove {
			t.Errorf("move %d takes too long", i+1)
		}
	}
	receiver.flows(440)
}
