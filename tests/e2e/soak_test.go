//go:build soak

package e2e

import (
	"fmt"
	"slices"
	"testing"

	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/media"
	"gstjitsi/tests/soak"
)

// TestSoakSlotsShowWhoTheyShould lets senders come and go in any order while somebody watches through two slots.
// Whenever that pauses, each slot must show and play whom the rules give it.
func TestSoakSlotsShowWhoTheyShould(t *testing.T) {
	run := soak.Begin(t)
	for episode := 1; run.Goes(); episode++ {
		t.Run(fmt.Sprint(episode), func(t *testing.T) { newWatch(newRoom(t), run).play() })
	}
}

// watched is a sender who is there.
type watched struct {
	*participant
	colour string
	hertz  int
}

// watch is one who watches, and who must be seen.
type watch struct {
	*room
	run     *soak.Run
	watcher *participant
	present []*watched // in the order of arrival
	slots   [2]*watched
}

// voices are what senders are told apart by.
var voices = []struct {
	colour string
	hertz  int
}{{"red", 440}, {"green", 550}, {"blue", 660}}

func newWatch(r *room, run *soak.Run) *watch {
	run.Step("a watcher joins %s", r.name)
	return &watch{room: r, run: run, watcher: r.join("watcher", `jitsisrc name=j {room}  j.video_0 ! {pictures}  j.audio_0 ! {sound}
		j.video_1 ! {pictures}  j.audio_1 ! {sound}`)}
}

// play is short enough for the patience of a room.
func (w *watch) play() {
	for range 2 + w.run.IntN(3) {
		for range 1 + w.run.IntN(3) {
			w.step()
		}
		w.check()
		if w.ctx.Err() != nil || !w.run.Goes() {
			break
		}
	}
	w.run.Step("the watcher leaves")
	w.watcher.leave()
}

func (w *watch) step() {
	switch choice := w.run.IntN(10); {
	case len(w.present) == 0, choice < 4 && len(w.present) < len(voices):
		w.comes()
	case choice < 7:
		w.goes(w.present[w.run.IntN(len(w.present))])
	case choice == 7:
		w.run.Step("the bridge shuts down in order")
		if err := w.server.MoveSessions(w.name); err != nil {
			w.t.Error(err)
		}
	case choice == 8:
		how := bridge.Impairment{LossToClients: float64(w.run.IntN(4)) / 100, LossFromClients: float64(w.run.IntN(4)) / 100}
		w.run.Step("the network: %+v", how)
		w.server.Impair(how)
		w.t.Cleanup(func() { w.server.Impair(bridge.Impairment{}) })
	}
}

func (w *watch) comes() {
	for _, voice := range voices {
		if slices.ContainsFunc(w.present, func(other *watched) bool { return other.colour == voice.colour }) {
			continue
		}
		kind := [...]func(string, int) string{sink, bin}[w.run.IntN(2)]
		w.run.Step("%s comes", voice.colour)
		w.present = append(w.present, &watched{w.join(voice.colour, kind(voice.colour, voice.hertz)), voice.colour, voice.hertz})
		w.fill()
		return
	}
}

func (w *watch) goes(who *watched) {
	w.run.Step("%s goes", who.colour)
	who.leave()
	w.present = slices.DeleteFunc(w.present, func(other *watched) bool { return other == who })
	if i := slices.Index(w.slots[:], who); i >= 0 {
		w.slots[i] = nil
	}
	w.fill()
}

// fill gives free slots to those who have none, in the order of arrival.
func (w *watch) fill() {
	for _, who := range w.present {
		if i := slices.Index(w.slots[:], nil); i >= 0 && !slices.Contains(w.slots[:], who) {
			w.slots[i] = who
		}
	}
}

func (w *watch) check() {
	w.run.Step("a look at %d senders", len(w.present))
	for i, who := range w.slots {
		if who == nil {
			continue
		}
		if err := media.WaitPicture(w.ctx, w.watcher.pictures[i], who.colour); err != nil {
			w.t.Fatalf("slot %d: %v", i, err)
		}
		if err := media.WaitTone(w.ctx, w.watcher.sound[i], float64(who.hertz)); err != nil {
			w.t.Fatalf("slot %d: %v", i, err)
		}
	}
}
