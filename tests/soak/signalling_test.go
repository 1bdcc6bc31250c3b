//go:build soak

package soak_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/deployment"
	"gstjitsi/tests/soak"
)

const (
	mostGuests = 6
	burst      = 25 // the most steps between two rests
)

// TestSoakGuestsAgreeWhateverHappens lets guests come, go, mute, share, fall silent and be thrown out, in any order and
// with any timing. Whenever that pauses, everybody must know everything of everybody.
func TestSoakGuestsAgreeWhateverHappens(t *testing.T) {
	run := soak.Begin(t)
	server, err := deployment.Start(t.Context(), deployment.Options{AloneTimeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r := newRoom(t, run, server, "Lab")
	for run.Goes() {
		for range 1 + run.IntN(burst) {
			r.step()
			run.Pause(300 * time.Millisecond)
		}
		run.Step("rest of %d", len(r.guests))
		r.rests()
	}
	for len(r.guests) > 0 {
		r.leave(r.guests[0])
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	r.until("that none of our goroutines is left:\n%s", func() (string, bool) {
		stacks := make([]byte, 1<<20)
		all := string(stacks[:runtime.Stack(stacks, true)])
		return all, !strings.Contains(all, "gstjitsi/signaling/")
	})
}

// step does one thing.
func (r *room) step() {
	run := r.run
	if len(r.guests) < 2 || len(r.guests) < mostGuests && run.Chance(20) {
		r.join()
		return
	}
	g := r.any()
	switch run.IntN(16) {
	case 0, 1:
		r.leave(g)
	case 2, 3, 4:
		media, on := [...]jingle.Media{jingle.Audio, jingle.Video}[run.IntN(2)], run.Chance(50)
		run.Step("%s mutes %s: %v", g.EndpointID(), media, on)
		g.mute(media, on)
	case 5, 6:
		on := run.Chance(50)
		run.Step("%s shares: %v", g.EndpointID(), on)
		g.share(on)
	case 7:
		run.Step("%s gives its session up", g.EndpointID())
		g.restart()
	case 8:
		r.constrain(g)
	case 9:
		run.Step("%s reports", g.EndpointID())
		g.SetStats(colibri.OwnStats{ConnectionQuality: run.Float64() * 100, RTT: run.IntN(500)})
	case 10:
		run.Step("%s chats", g.EndpointID())
		g.SendChat("hello", [...]string{"", r.guests[0].EndpointID()}[run.IntN(2)])
	case 11:
		r.kick(g)
	case 12:
		if run.Chance(30) {
			r.killBridge()
		}
	case 13:
		if run.Chance(50) {
			r.moveBridge()
		}
	case 14:
		run.Step("a moderator mutes %s", g.EndpointID())
		if err := r.server.Mute(r.name, g.EndpointID(), run.Chance(50)); err != nil {
			r.t.Error(err)
		}
	case 15:
		if run.Chance(20) {
			r.destroy()
		}
	}
}

// constrain asks the bridge for anything.
func (r *room) constrain(g *guest) {
	run := r.run
	wanted := colibri.ReceiverVideoConstraints{LastN: run.IntN(8) - 1, Constraints: map[string]colibri.VideoConstraints{}}
	wanted.DefaultConstraints.MaxHeight = [...]int{0, 180, 360, 720}[run.IntN(4)]
	for _, other := range r.guests {
		if run.Chance(40) {
			wanted.Constraints[other.SourceName(jingle.Video, run.IntN(2))] = colibri.VideoConstraints{MaxHeight: 90 * run.IntN(20)}
		}
	}
	run.Step("%s wants %+v", g.EndpointID(), wanted)
	g.SetReceiverConstraints(wanted)
}

func (r *room) kick(g *guest) {
	r.run.Step("%s is kicked", g.EndpointID())
	r.remove(g)
	if err := r.server.Kick(r.t.Context(), r.name, g.EndpointID(), "too loud"); err != nil {
		r.t.Error(err)
	}
	r.ends(g, conference.Kicked)
}

func (r *room) destroy() {
	r.run.Step("the room is destroyed")
	for _, g := range r.guests { // one who is on the way in would make it anew
		r.arrived(g)
	}
	if err := r.server.DestroyRoom(r.t.Context(), r.name, "closing time"); err != nil {
		r.t.Error(err)
	}
	for len(r.guests) > 0 {
		g := r.guests[0]
		r.remove(g)
		r.ends(g, conference.ConferenceEnded)
	}
}

// ends waits for the end of a stay that has a reason.
func (r *room) ends(g *guest, want conference.Reason) {
	r.gone(g)
	var got *conference.Error
	if !errors.As(g.err, &got) || got.Reason != want {
		r.t.Errorf("%s: the stay ends with %v, want reason %d", g.EndpointID(), g.err, want)
	}
}

// killBridge does as a bridge that crashes, and lets the guests notice.
func (r *room) killBridge() {
	r.run.Step("the bridge is killed")
	r.server.KillBridge()
	r.run.Pause(300 * time.Millisecond)
	for _, g := range r.guests {
		g.restart()
	}
	r.run.Pause(300 * time.Millisecond)
	r.run.Step("the bridge is back")
	if err := r.server.ReviveBridge(); err != nil {
		r.t.Error(err)
	}
}

func (r *room) moveBridge() {
	r.run.Step("the bridge shuts down in order")
	if err := r.server.MoveSessions(r.name); err != nil {
		r.t.Error(err)
	}
}
