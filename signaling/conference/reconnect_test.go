package conference

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/wire"
)

// wired leads a guest's XMPP through a wire of its own. Its bridge channel takes another way.
func wired(t *testing.T, cfg Config) (Config, *wire.Wire) {
	t.Helper()
	u, err := url.Parse(cfg.WebSocketURL)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	u.Host = w.Addr()
	cfg.WebSocketURL = u.String()
	return cfg, w
}

// two are in a session with each other; the connection of the first one can be cut.
func two(t *testing.T, opts deployment.Options, change func(*Config)) (alice, bob *guest, w *wire.Wire) {
	t.Helper()
	d := deploy(t, opts)
	cfg, w := wired(t, guestOf(t, d, "alice"))
	if change != nil {
		change(&cfg)
	}
	alice, bob = enter(t, cfg), enter(t, guestOf(t, d, "bob"))
	alice.acceptNext()
	bob.acceptNext()
	for _, g := range []*guest{alice, bob} {
		until(g, func(e BridgeChannel) bool { return e.Open })
		until(g, func(e SourceAdded) bool { return true })
	}
	return alice, bob, w
}

// hears takes events until a chat message; nothing that concerns who may come before.
func (g *guest) hears(text, who string) {
	g.t.Helper()
	for {
		e := until[Event](g, nil)
		switch e := e.(type) {
		case ChatMessage:
			if e.Text == text {
				return
			}
		case ParticipantLeft:
			if e.Participant.ID == who {
				g.t.Fatalf("%s left", who)
			}
		case ParticipantJoined:
			if e.Participant.ID == who {
				g.t.Fatalf("%s is there twice", who)
			}
		case SessionEnded:
			g.t.Fatalf("the session ended: %+v", e)
		}
	}
}

func TestNobodyNoticesAnInterruption(t *testing.T) {
	alice, bob, w := two(t, deployment.Options{}, nil)
	sid := alice.sid(t)
	w.Cut()
	until(alice, state(Reconnecting))
	alice.SendChat("said meanwhile", "")
	bob.SendChat("to somebody away", "")
	if n := len(alice.Snapshot().Participants); n != 1 {
		t.Errorf("alice sees %d others while she is away", n)
	}
	w.Restore()
	alice.hears("to somebody away", bob.EndpointID()) // may come before she knows that she is back
	bob.hears("said meanwhile", alice.EndpointID())
	bob.SendChat("and now?", "")
	alice.hears("and now?", bob.EndpointID())
	if state := alice.Snapshot().State; state != InSession {
		t.Errorf("alice is %s", state)
	}
	if now := alice.sid(t); now != sid {
		t.Errorf("the session is another one")
	}
}

func TestWhoComesBackTooLateJoinsAnew(t *testing.T) {
	alice, bob, w := two(t, deployment.Options{ResumeTimeout: time.Second}, nil)
	w.Cut()
	until(alice, state(Reconnecting))
	until(bob, func(e ParticipantLeft) bool { return e.Participant.ID == alice.EndpointID() })
	w.Restore()
	until(bob, func(e ParticipantJoined) bool { return e.Participant.ID == alice.EndpointID() })
	alice.acceptNext()
	until(bob, func(e SourceAdded) bool { return e.Source.Endpoint == alice.EndpointID() })
	bob.SendChat("welcome back", "")
	alice.hears("welcome back", bob.EndpointID())
	if n := len(bob.Snapshot().Participants); n != 1 {
		t.Errorf("bob sees %d others", n)
	}
	if got := alice.Snapshot(); got.State != InSession || len(got.Participants) != 1 {
		t.Errorf("alice is %s with %d others", got.State, len(got.Participants))
	}
}

func TestWhoWentWhileWeWereAwayHasLeft(t *testing.T) {
	alice, bob, w := two(t, deployment.Options{ResumeTimeout: time.Second}, nil)
	w.Cut()
	until(alice, state(Reconnecting))
	until(bob, func(e ParticipantLeft) bool { return e.Participant.ID == alice.EndpointID() })
	bob.cancel()
	if err := bob.end(); err != nil {
		t.Error(err)
	}
	w.Restore()
	until(alice, func(e SessionEnded) bool { return true })
	until(alice, func(e ParticipantLeft) bool { return e.Participant.ID == bob.EndpointID() })
}

func TestTheTimeToReconnectIsLimited(t *testing.T) {
	alice, _, w := two(t, deployment.Options{}, func(c *Config) { c.ReconnectTimeout = 300 * time.Millisecond })
	w.Cut()
	var got *Error
	if err := alice.end(); !errors.As(err, &got) || got.Reason != ConnectionLost || !strings.Contains(err.Error(), "not reconnected within 300ms") {
		t.Errorf("got %v", err)
	}
	nothingOf(t, alice)
}

// nothingOf checks that a stay which has ended can be cancelled once more.
func nothingOf(t *testing.T, g *guest) {
	t.Helper()
	g.cancel()
	for range g.Events() {
	}
}

func TestLeavingWhileAway(t *testing.T) {
	alice, _, w := two(t, deployment.Options{}, nil)
	w.Cut()
	until(alice, state(Reconnecting))
	started := time.Now()
	alice.cancel()
	if err := alice.end(); err != nil || time.Since(started) > 2*time.Second {
		t.Errorf("after %s: %v", time.Since(started), err)
	}
}

// Without stream management there is only joining anew.
func TestAServerThatKeepsNoStreams(t *testing.T) {
	s, g := join(t)
	s.send(presenceOf("f6368c2e", "participant", ""))
	s.send(presenceOf("4823112e", "participant", ""))
	next[ParticipantJoined](g)
	next[ParticipantJoined](g)
	s.expect(`<x xmlns="http://jabber.org/protocol/muc"`)
	s.hangUp()
	g.reaches(Reconnecting)
	if again := s.expect(`<presence `, `<x `); !strings.Contains(again, `/`+testID+`"`) || !strings.Contains(again, `<history seconds="`) {
		t.Errorf("we join by %s", again)
	}
	g.reaches(Joined)
	if left := next[ParticipantLeft](g); left.Participant.ID != "f6368c2e" {
		t.Errorf("got %+v", left)
	}
	if left := next[ParticipantLeft](g); left.Participant.ID != "4823112e" {
		t.Errorf("got %+v", left)
	}
}

// The server may take some time to see that we are gone, and hold our name as long.
func TestOurOwnGhostIsWaitedFor(t *testing.T) {
	s, g := join(t)
	s.expect(`<x xmlns="http://jabber.org/protocol/muc"`)
	taken := roomAnswer("conflict")
	s.set(`<x xmlns="http://jabber.org/protocol/muc"`, &taken)
	s.hangUp()
	g.reaches(Reconnecting)
	s.expect(`<presence `, `<x `)
	s.expect(`<presence `, `<x `) // the first one was refused
	s.set(`<x xmlns="http://jabber.org/protocol/muc"`, nil)
	g.reaches(Joined)
}

func TestWhatTryingAgainCanNotMend(t *testing.T) {
	for _, tt := range []struct {
		name, key, answer string
		want              Reason
	}{
		{"the login is refused now", "<auth", `<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text>token expired</text></failure>`, NotAuthorized},
		{"the room was locked", `<x xmlns="http://jabber.org/protocol/muc"`, roomAnswer("not-authorized"), RoomLocked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, g := join(t)
			s.set(tt.key, &tt.answer)
			s.hangUp()
			var got *Error
			if err := g.end(); !errors.As(err, &got) || got.Reason != tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLosingOurPlaceForTechnicalReasons(t *testing.T) {
	s, g := join(t)
	s.expect(`<x xmlns="http://jabber.org/protocol/muc"`)
	s.send(unavailableOf(testID, `<item role='none'/><status code='333'/><status code='110'/>`))
	g.reaches(Reconnecting)
	s.expect(`<presence `, `<x `)
	g.reaches(Joined)
}

func TestAServerThatSendsUsElsewhere(t *testing.T) {
	for _, tt := range []struct{ name, answer string }{
		{"by the end of the stream", `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' see-other-uri='%s'/>`},
		{"by a stream error", `<stream:error xmlns:stream='http://etherx.jabber.org/streams'><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>%s</see-other-host></stream:error>`},
	} {
		there := func(s *server) string {
			if strings.Contains(tt.answer, "uri") {
				return s.url()
			}
			return strings.TrimPrefix(s.http.URL, "http://")
		}
		t.Run(tt.name+" on joining", func(t *testing.T) {
			first, second := newServer(t), newServer(t)
			first.answers["<open"] = fmt.Sprintf(tt.answer, there(second))
			g := start(t, testConfig(first))
			g.reaches(Connecting, Joined)
			second.expect(`<presence `)
		})
		t.Run(tt.name+" later", func(t *testing.T) {
			first, g := join(t)
			second := newServer(t)
			first.send(fmt.Sprintf(tt.answer, there(second)))
			g.reaches(Reconnecting, Joined)
			second.expect(`<presence `)
		})
	}
	t.Run("in a circle", func(t *testing.T) {
		s := newServer(t)
		s.answers["<open"] = `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' see-other-uri='` + s.url() + `'/>`
		var got *Error
		if err := start(t, testConfig(s)).end(); !errors.As(err, &got) || got.Reason != Unreachable {
			t.Errorf("got %v", err)
		}
	})
}
