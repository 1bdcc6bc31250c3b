package e2e

import (
	"net/netip"
	"testing"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/robot"
)

// watcher is a participant who takes what the bridge sends, without a look.
func (r *room) watcher(name string) *robot.Robot {
	r.t.Helper()
	if r.remote != nil {
		r.remote.skip("a deployment that tells what happens")
	}
	w, err := robot.Join(r.ctx, robot.Options{
		Location: r.server.URL() + "/" + r.name, Address: netip.MustParseAddr("127.0.0.1"), Nick: name,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := w.Leave(); err != nil {
			r.t.Errorf("%s left before: %v", name, err)
		}
	})
	r.joined++
	return w
}

// waitEvent waits for an event of this room that matches.
func (r *room) waitEvent(what string, match func(events.Event) bool) {
	r.t.Helper()
	if _, err := r.server.WaitFor(r.ctx, func(e events.Event) bool { return e.Room == r.name && match(e) }); err != nil {
		r.t.Fatalf("wait for %s: %v", what, err)
	}
}

// gets waits until the bridge changes to the layer of a height for a receiver.
func (r *room) getsLayer(receiver *robot.Robot, height string) {
	r.t.Helper()
	r.waitEvent("layer "+height, func(e events.Event) bool {
		return e.Kind == events.LayerChanged && e.Receiver == receiver.ID() && e.Detail == height
	})
}

// layersSent is how many SSRCs of video somebody has sent.
func (r *room) layersSent(source string) int {
	ssrcs := map[uint32]bool{}
	for _, e := range r.server.Events() {
		if e.Room == r.name && e.Kind == events.MediaReceived && e.Source == source {
			ssrcs[e.SSRC] = true
		}
	}
	return len(ssrcs)
}

func TestEachReceiverGetsTheSizeThatItWants(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.join("sender", `videotestsrc is-live=true pattern=red ! video/x-raw,width=1280,height=720,framerate=15/1 ! jitsisink {room}`)
	source := sender.id + "-v0"
	near, far := room.watcher("near"), room.watcher("far")

	far.Watch(map[string]int{source: 180})
	room.waitForwarded(far.ID())
	near.Watch(map[string]int{source: 720})
	room.getsLayer(near, "720")
	far.Watch(map[string]int{source: 360})
	room.getsLayer(far, "360")
	room.waitFor(3, events.MediaReceived, sender.id) // in any order
}

func TestNothingIsEncodedWhileNobodyWatches(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.joinWith(launch.Options{Name: "sender", Flags: []string{"-m"},
		Pipeline: `videotestsrc is-live=true pattern=red ! {small} ! jitsisink {room}`})
	source := sender.id + "-v0"
	watcher := room.watcher("watcher")
	room.waitFor(1, events.ChannelOpened, sender.id)
	room.waitFor(1, events.MediaReady, sender.id)
	if n := room.layersSent(source); n != 0 {
		t.Errorf("%d sizes are sent before anybody watches", n)
	}
	watcher.Watch(map[string]int{source: 180})
	room.waitForwarded(watcher.ID())
}

func TestWithoutSimulcastThereIsOneSize(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.join("sender", `videotestsrc is-live=true pattern=red ! video/x-raw,width=1280,height=720,framerate=15/1 ! jitsisink {room} simulcast=false`)
	receiver := room.join("receiver", `jitsisrc {room} ! {pictures}`)
	receiver.shows(0, "red")
	if n := room.layersSent(sender.id + "-v0"); n != 1 {
		t.Errorf("%d sizes are sent", n)
	}
}
