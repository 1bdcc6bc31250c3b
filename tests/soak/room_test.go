//go:build soak

package soak_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"

	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/discovery"
	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/soak"
)

// patience is what a room of guests may take to come to rest on a busy machine.
const patience = 30 * time.Second

// room is a conference of guests, and what must be true in it.
type room struct {
	t      *testing.T
	run    *soak.Run
	server *deployment.Deployment
	name   string
	config conference.Config
	guests []*guest
	ssrc   uint32
	people int
}

func newRoom(t *testing.T, run *soak.Run, server *deployment.Deployment, name string) *room {
	meeting, err := discovery.ParseLocation(server.URL() + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	found, err := discovery.Defaults(meeting)
	if err != nil {
		t.Fatal(err)
	}
	return &room{t: t, run: run, server: server, name: name, config: conference.Config{
		WebSocketURL: found.WebSocketURL, XMPPDomain: found.XMPPDomain, MUCDomain: found.MUCDomain, FocusJID: found.FocusJID,
		Room: meeting.Room, Codecs: []string{"vp8"}, StatsInterval: 500 * time.Millisecond,
		Loggers: &logging.DefaultLoggerFactory{Writer: t.Output(), DefaultLogLevel: logging.LogLevelError, ScopeLevels: map[string]logging.LogLevel{}},
	}}
}

// join lets somebody new begin to join; it doesn't wait.
func (r *room) join() *guest {
	r.people++
	config := r.config
	config.Nick = fmt.Sprint("guest ", r.people)
	base := uint32(r.people) << 16 // a guest draws SSRCs in its own goroutine: of its own range
	var drawn uint32
	g := newGuest(r.t, config, func() uint32 { drawn++; return base + drawn })
	r.guests = append(r.guests, g)
	r.run.Step("%s joins as %s", g.EndpointID(), config.Nick)
	return g
}

// remove takes a guest out of the list.
func (r *room) remove(g *guest) {
	r.guests = slices.DeleteFunc(r.guests, func(other *guest) bool { return other == g })
}

func (r *room) leave(g *guest) {
	r.run.Step("%s leaves", g.EndpointID())
	r.remove(g)
	g.cancel()
	r.gone(g)
	if g.err != nil {
		r.t.Errorf("%s: leaving gives %v", g.EndpointID(), g.err)
	}
}

// gone waits for the end of a stay.
func (r *room) gone(g *guest) {
	select {
	case <-g.ended:
	case <-time.After(patience):
		r.t.Fatalf("the stay of %s does not end", g.EndpointID())
	}
}

// any is one of the guests, who has joined.
func (r *room) any() *guest {
	g := r.guests[r.run.IntN(len(r.guests))]
	r.arrived(g)
	return g
}

// arrived waits until a guest is in the room, and the focus knows it.
func (r *room) arrived(g *guest) {
	r.t.Helper()
	r.until("that %s is in the room", func() (string, bool) { return g.EndpointID(), g.Snapshot().State >= conference.Joined })
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	if _, err := r.server.WaitFor(ctx, deployment.Kind(events.Joined, g.EndpointID())); err != nil {
		r.t.Fatalf("the focus does not see %s: %v", g.EndpointID(), err)
	}
}

// until polls: there is no one event that says that all guests agree.
func (r *room) until(what string, reached func() (string, bool)) {
	r.t.Helper()
	deadline := time.After(patience)
	for {
		state, ok := reached()
		if ok {
			return
		}
		select {
		case <-deadline:
			r.t.Fatalf(what+" is not reached in %v", state, patience)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// rests waits until everybody knows everything of everybody, and nothing else.
func (r *room) rests() {
	r.t.Helper()
	r.until("that all agree:\n%s", func() (string, bool) {
		for _, g := range r.guests {
			r.stays(g)
			want := r.truth(g)
			snapshot, events := g.believes()
			if !slices.Equal(snapshot, want) || !slices.Equal(events, want) {
				return fmt.Sprintf("true for %s:\n  %s\nits snapshot:\n  %s\nits events:\n  %s\n", g.EndpointID(),
					strings.Join(want, "\n  "), strings.Join(snapshot, "\n  "), strings.Join(events, "\n  ")), false
			}
		}
		return "", true
	})
	for _, g := range r.guests {
		g.mu.Lock()
		for _, wrong := range g.wrong {
			r.t.Errorf("%s: %s", g.EndpointID(), wrong)
		}
		g.mu.Unlock()
	}
}

// stays fails the test where a stay has ended by itself.
func (r *room) stays(g *guest) {
	r.t.Helper()
	select {
	case <-g.ended:
		r.t.Fatalf("%s: the stay has ended: %v", g.EndpointID(), g.err)
	default:
	}
}

// truth is what a guest must know.
func (r *room) truth(of *guest) []string {
	all := []string{"state " + conference.Joined.String()}
	if len(r.guests) > 1 {
		all[0] = "state " + conference.InSession.String()
	}
	for _, g := range r.guests {
		if g == of {
			continue
		}
		presence, media := g.tells()
		all = append(all, presence...)
		all = append(all, media...)
	}
	slices.Sort(all)
	return all
}

func beliefs(state conference.State, participants iter.Seq[conference.Participant], sources iter.Seq[jingle.Source]) []string {
	all := []string{"state " + state.String()}
	for p := range participants {
		line := "participant " + p.ID + " " + p.Nick
		for _, source := range p.Sources {
			line += fmt.Sprintf(" %s:%v:%s", source.Name, source.Muted, source.VideoType)
		}
		all = append(all, line)
	}
	for source := range sources {
		rtx := []uint32{}
		if source.RTX != 0 {
			rtx = append(rtx, source.RTX)
		}
		all = append(all, fmt.Sprint("source ", source.Name, " ", source.VideoType, " ", source.SSRC, " ", rtx))
	}
	slices.Sort(all)
	return all
}
