//go:build soak

package soak_test

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// guest is a participant without media: its transport leads nowhere. It answers sessions by itself, and keeps what its
// events say.
type guest struct {
	*conference.Conference
	nick   string
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // of Run; read after ended

	mu           sync.Mutex
	ssrcs        func() uint32
	sid          string
	muted        map[jingle.Media]bool
	screen       bool
	sends        []jingle.LocalSource // in the present session
	participants map[string]conference.Participant
	sources      map[uint32]jingle.Source
	wrong        []string // events that contradict those before
}

func newGuest(t *testing.T, config conference.Config, ssrcs func() uint32) *guest {
	t.Helper()
	c, err := conference.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g := &guest{
		Conference: c, nick: config.Nick, cancel: cancel, ended: make(chan struct{}), ssrcs: ssrcs,
		muted:        map[jingle.Media]bool{},
		participants: map[string]conference.Participant{}, sources: map[uint32]jingle.Source{},
	}
	g.announce()
	go func() {
		defer close(g.ended)
		g.err = c.Run(ctx)
	}()
	go func() {
		for e := range c.Events() {
			g.mu.Lock()
			g.handle(e)
			g.mu.Unlock()
		}
	}()
	return g
}

// handle is called with the mutex held.
func (g *guest) handle(e conference.Event) {
	switch e := e.(type) {
	case conference.ParticipantJoined:
		if _, there := g.participants[e.Participant.ID]; there {
			g.complain("%s joins twice", e.Participant.ID)
		}
		g.participants[e.Participant.ID] = e.Participant
	case conference.ParticipantChanged:
		if _, there := g.participants[e.Participant.ID]; !there {
			g.complain("%s changes and is not there", e.Participant.ID)
		}
		g.participants[e.Participant.ID] = e.Participant
	case conference.ParticipantLeft:
		if _, there := g.participants[e.Participant.ID]; !there {
			g.complain("%s leaves and is not there", e.Participant.ID)
		}
		delete(g.participants, e.Participant.ID)
		for _, source := range g.sources {
			if source.Endpoint == e.Participant.ID {
				g.complain("%s has left, its source %s stays", e.Participant.ID, source.Name)
			}
		}
	case conference.SourceAdded:
		if old, there := g.sources[e.Source.SSRC]; there {
			g.complain("SSRC %d of %s is added, %s has it", e.Source.SSRC, e.Source.Name, old.Name)
		}
		g.sources[e.Source.SSRC] = e.Source
	case conference.SourceRemoved:
		if _, there := g.sources[e.Source.SSRC]; !there {
			g.complain("SSRC %d of %s is removed and was not there", e.Source.SSRC, e.Source.Name)
		}
		delete(g.sources, e.Source.SSRC)
	case conference.SessionStarted:
		if g.sid != "" {
			g.complain("session %s starts in session %s", e.Offer.SID, g.sid)
		}
		g.accept(e.Offer)
	case conference.SessionEnded:
		if len(g.sources) > 0 {
			g.complain("session %s ends with %d sources", e.SID, len(g.sources))
		}
		g.sid, g.sends = "", nil
	}
}

func (g *guest) complain(format string, args ...any) {
	g.wrong = append(g.wrong, fmt.Sprintf(format, args...))
}

// accept answers with new SSRCs, as clients do in every session.
func (g *guest) accept(offer *jingle.SessionInitiate) {
	g.sid = offer.SID
	g.sends = []jingle.LocalSource{
		{Name: g.SourceName(jingle.Audio, 0), Media: jingle.Audio, MSID: "a a", SSRCs: []uint32{g.ssrcs()}},
		{Name: g.SourceName(jingle.Video, 0), Media: jingle.Video, VideoType: jingle.Camera, MSID: "v v",
			SSRCs: []uint32{g.ssrcs()}, RTX: []uint32{g.ssrcs()}},
	}
	if g.screen {
		g.sends = append(g.sends, g.newScreen())
	}
	g.Accept(offer.SID, jingle.SessionAccept{
		Audio: offer.Audio, Video: offer.Video, Sources: slices.Clone(g.sends),
		Transport: jingle.Transport{
			Ufrag: "DZbI", Pwd: "RpJN4NptFpC/TVgb8sdEeoPA",
			Fingerprint: jingle.Fingerprint{Hash: "sha-256", Setup: "active", Value: strings.Repeat("AB:", 31) + "AB"},
			Candidates: []jingle.Candidate{{Foundation: "1", Component: 1, Protocol: "udp", Priority: 1, Type: "host",
				Addr: netip.MustParseAddrPort("127.0.0.1:9")}},
		},
	})
}

func (g *guest) newScreen() jingle.LocalSource {
	return jingle.LocalSource{Name: g.SourceName(jingle.Video, 1), Media: jingle.Video, VideoType: jingle.Desktop, MSID: "s s",
		SSRCs: []uint32{g.ssrcs()}}
}

// share begins to show a screen, or ends it.
func (g *guest) share(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.screen == on {
		return
	}
	g.screen = on
	switch {
	case g.sid == "":
	case on:
		screen := g.newScreen()
		g.sends = append(g.sends, screen)
		g.AddSessionSources(g.sid, []jingle.LocalSource{screen})
	default:
		i := slices.IndexFunc(g.sends, func(s jingle.LocalSource) bool { return s.VideoType == jingle.Desktop })
		g.RemoveSessionSources(g.sid, g.sends[i:i+1])
		g.sends = slices.Delete(slices.Clone(g.sends), i, i+1)
	}
	g.announce()
}

func (g *guest) mute(media jingle.Media, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.muted[media] = on
	g.announce()
}

// announce is called with the mutex held, or before anybody else knows the guest.
func (g *guest) announce() { g.SetLocalSources(g.announced()) }

func (g *guest) announced() []conference.LocalSource {
	sources := []conference.LocalSource{
		{Name: g.SourceName(jingle.Audio, 0), Media: jingle.Audio, Muted: g.muted[jingle.Audio]},
		{Name: g.SourceName(jingle.Video, 0), Media: jingle.Video, VideoType: jingle.Camera, Muted: g.muted[jingle.Video]},
	}
	if g.screen {
		sources = append(sources, conference.LocalSource{Name: g.SourceName(jingle.Video, 1), Media: jingle.Video, VideoType: jingle.Desktop})
	}
	return sources
}

// restart gives the present session up.
func (g *guest) restart() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.RestartSession(g.sid)
}

// tells is how a guest appears to the others, a line each.
func (g *guest) tells() (presence, media []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	line := "participant " + g.EndpointID() + " " + g.nick
	for _, source := range g.announced() {
		line += fmt.Sprintf(" %s:%v:%s", source.Name, source.Muted, source.VideoType)
	}
	for _, source := range g.sends {
		media = append(media, fmt.Sprint("source ", source.Name, " ", source.VideoType, " ", source.SSRCs[0], " ", source.RTX))
	}
	return []string{line}, media
}

// believes is what a guest knows, by its snapshot and by its events, in the words of tells.
func (g *guest) believes() (snapshot, events []string) {
	s := g.Snapshot()
	g.mu.Lock()
	defer g.mu.Unlock()
	return beliefs(s.State, slices.Values(s.Participants), slices.Values(s.Sources)),
		beliefs(s.State, maps.Values(g.participants), maps.Values(g.sources))
}
