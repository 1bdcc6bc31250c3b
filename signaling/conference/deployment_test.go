package conference

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"

	"gstjitsi/signaling/discovery"
	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
)

// The tests below join a real Prosody with the local focus and bridge.

func deploy(t *testing.T, opts deployment.Options) *deployment.Deployment {
	t.Helper()
	d, err := deployment.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, e := range d.Events() {
			switch e.Kind {
			case events.CapsMismatch, events.RequestFailed, events.ConstraintsRefused:
				if strings.Contains(e.Detail, "recipient-unavailable") {
					continue // somebody's connection was lost: the focus could not know
				}
				t.Errorf("the deployment complains: %+v", e)
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// guestOf is a Config for a room of the deployment, found as a user's would be.
func guestOf(t *testing.T, d *deployment.Deployment, nick string) Config {
	t.Helper()
	meeting, err := discovery.ParseLocation(d.URL() + "/Lab")
	if err != nil {
		t.Fatal(err)
	}
	found, err := discovery.Defaults(meeting)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		WebSocketURL: found.WebSocketURL, XMPPDomain: found.XMPPDomain, MUCDomain: found.MUCDomain, FocusJID: found.FocusJID,
		Room: meeting.Room, Nick: nick, Codecs: []string{"vp8"},
		Loggers: &logging.DefaultLoggerFactory{Writer: t.Output(), DefaultLogLevel: logging.LogLevelInfo, ScopeLevels: map[string]logging.LogLevel{}},
	}
}

// until waits for an event of type E for which ok is true, and skips all others.
func until[E Event](g *guest, ok func(E) bool) E {
	g.t.Helper()
	deadline := time.After(2 * patience)
	for {
		select {
		case e, open := <-g.Events():
			if got, is := e.(E); is && (ok == nil || ok(got)) {
				return got
			}
			if !open {
				g.t.Fatalf("the events end: %v", g.end())
			}
		case <-deadline:
			var want E
			g.t.Fatalf("no %T comes", want)
			return want
		}
	}
}

func state(want State) func(StateChanged) bool {
	return func(e StateChanged) bool { return e.State == want }
}

func enter(t *testing.T, cfg Config, before ...func(*Conference)) *guest {
	t.Helper()
	g := start(t, cfg, before...)
	until(g, state(Joined))
	return g
}

// answerTo takes all of an offer, with a transport that leads nowhere.
func answerTo(g *guest, offer *jingle.SessionInitiate) jingle.SessionAccept {
	return jingle.SessionAccept{
		Audio: offer.Audio, Video: offer.Video,
		Transport: jingle.Transport{
			Ufrag: "DZbI", Pwd: "RpJN4NptFpC/TVgb8sdEeoPA",
			Fingerprint: jingle.Fingerprint{Hash: "sha-256", Setup: "active", Value: strings.Repeat("AB:", 31) + "AB"},
			Candidates: []jingle.Candidate{{Foundation: "1", Component: 1, Protocol: "udp", Priority: 1, Type: "host",
				Addr: netip.MustParseAddrPort("127.0.0.1:9")}},
		},
		Sources: []jingle.LocalSource{
			{Name: g.SourceName(jingle.Audio, 0), Media: jingle.Audio, MSID: "a-audio a", SSRCs: []uint32{ssrcOf(g, 1)}},
			{Name: g.SourceName(jingle.Video, 0), Media: jingle.Video, VideoType: jingle.Camera, MSID: "v-video v",
				SSRCs: []uint32{ssrcOf(g, 2)}, RTX: []uint32{ssrcOf(g, 3)}},
		},
	}
}

// ssrcOf is different for every guest.
func ssrcOf(g *guest, n uint32) uint32 {
	var sum uint32
	for _, c := range []byte(g.EndpointID()) {
		sum = sum*31 + uint32(c)
	}
	return sum&^7 | n
}

func (g *guest) acceptNext() *jingle.SessionInitiate {
	g.t.Helper()
	offer := until[SessionStarted](g, nil).Offer
	g.Accept(offer.SID, answerTo(g, offer))
	return offer
}

func TestTwoMeetInARealRoom(t *testing.T) {
	d := deploy(t, deployment.Options{AloneTimeout: 100 * time.Millisecond})
	alice := enter(t, guestOf(t, d, "alice"))
	bob := enter(t, guestOf(t, d, "bob"), func(c *Conference) {
		c.SetLocalSources([]LocalSource{{Name: c.SourceName(jingle.Audio, 0), Media: jingle.Audio, Muted: true}})
	})

	seen := until[ParticipantJoined](alice, nil).Participant
	if seen.ID != bob.EndpointID() || seen.Nick != "bob" || len(seen.Sources) != 1 || !seen.Sources[0].Muted || seen.JID == "" {
		t.Errorf("alice sees %+v", seen)
	}
	if seen := until[ParticipantJoined](bob, nil).Participant; seen.ID != alice.EndpointID() || seen.Nick != "alice" {
		t.Errorf("bob sees %+v", seen)
	}

	alice.acceptNext()
	bob.acceptNext()
	for _, g := range []*guest{alice, bob} {
		until(g, func(e BridgeChannel) bool { return e.Open })
	}
	camera := until(alice, func(e SourceAdded) bool { return e.Source.Media == jingle.Video }).Source
	if camera.Endpoint != bob.EndpointID() || camera.SSRC != ssrcOf(bob, 2) || camera.RTX != ssrcOf(bob, 3) {
		t.Errorf("alice gets %+v", camera)
	}

	screen := []jingle.LocalSource{{Name: bob.SourceName(jingle.Video, 1), Media: jingle.Video, VideoType: jingle.Desktop, MSID: "s s", SSRCs: []uint32{ssrcOf(bob, 4)}}}
	sid := bob.sid(t)
	bob.AddSessionSources(sid, screen)
	if got := until[SourceAdded](alice, func(e SourceAdded) bool { return e.Source.VideoType == jingle.Desktop }).Source; got.SSRC != ssrcOf(bob, 4) {
		t.Errorf("alice gets %+v", got)
	}
	bob.RemoveSessionSources(sid, screen)
	until(alice, func(e SourceRemoved) bool { return e.Source.SSRC == ssrcOf(bob, 4) })

	bob.SetLocalSources([]LocalSource{{Name: bob.SourceName(jingle.Audio, 0), Media: jingle.Audio}})
	until(alice, func(e ParticipantChanged) bool {
		return e.Participant.ID == bob.EndpointID() && len(e.Participant.Sources) == 1 && !e.Participant.Sources[0].Muted
	})

	bob.cancel()
	if err := bob.end(); err != nil {
		t.Errorf("bob's leaving gives %v", err)
	}
	until(alice, func(e SourceRemoved) bool { return e.Source.SSRC == ssrcOf(bob, 2) })
	until(alice, func(e ParticipantLeft) bool { return e.Participant.ID == bob.EndpointID() })
	if got := until[SessionEnded](alice, nil); got.Reason != "expired" {
		t.Errorf("alone, alice gets %+v", got)
	}

	carol := enter(t, guestOf(t, d, "carol"))
	alice.acceptNext()
	carol.acceptNext()
	until(alice, func(e SourceAdded) bool { return e.Source.Endpoint == carol.EndpointID() })
}

// sid is the session that there must be.
func (g *guest) sid(t *testing.T) string {
	t.Helper()
	answer := make(chan string, 1)
	g.inbox.push(func(s *stay) {
		sid := ""
		if s.session != nil {
			sid = s.session.offer.SID
		}
		answer <- sid
	})
	sid := <-answer
	if sid == "" {
		t.Fatal("no session")
	}
	return sid
}

func TestABridgeThatMovesAndOneThatDies(t *testing.T) {
	d := deploy(t, deployment.Options{})
	alice, bob := enter(t, guestOf(t, d, "alice")), enter(t, guestOf(t, d, "bob"))
	first := alice.acceptNext()
	bob.acceptNext()
	if err := d.MoveSessions("Lab"); err != nil {
		t.Fatal(err)
	}
	if got := until[SessionEnded](alice, nil); got.SID != first.SID || got.Text != "moving" {
		t.Errorf("got %+v", got)
	}
	second := alice.acceptNext()
	alice.RestartSession(second.SID)
	if third := alice.acceptNext(); third.SID == second.SID {
		t.Error("the session is the same")
	}
}

func TestClosedDoorsOfARealRoom(t *testing.T) {
	ctx := t.Context()
	d := deploy(t, deployment.Options{MaxOccupants: 3})
	bob := enter(t, guestOf(t, d, "bob")) // keeps the room open
	refused := func(name string, change func(*Config), want Reason, says string) {
		t.Run(name, func(t *testing.T) {
			cfg := guestOf(t, d, "alice")
			if change != nil {
				change(&cfg)
			}
			started := time.Now()
			g := start(t, cfg)
			select {
			case err := <-g.result:
				g.ended = true
				var got *Error
				if !errors.As(err, &got) || got.Reason != want || !strings.Contains(err.Error(), says) {
					t.Errorf("got %v (%+v), want reason %d that says %q", err, got, want, says)
				}
			case <-time.After(11 * time.Second):
				t.Fatal("nothing happens")
			}
			t.Logf("after %s", time.Since(started).Round(time.Millisecond))
		})
	}
	refused("another host", func(c *Config) { c.WebSocketURL = "ws://no-such-host.invalid/xmpp-websocket" }, Unreachable, "no-such-host.invalid")
	refused("another port", func(c *Config) { c.WebSocketURL = "ws://127.0.0.1:1/xmpp-websocket" }, Unreachable, "127.0.0.1:1")
	refused("another path", func(c *Config) { c.WebSocketURL += "/elsewhere" }, Unreachable, "HTTP status 200")
	refused("another XMPP domain", func(c *Config) { c.XMPPDomain = "elsewhere.example" }, Unreachable, "host-unknown")
	refused("a room component that doesn't exist", func(c *Config) { c.MUCDomain = "rooms.localhost" }, RoomNotFound, "rooms.localhost")
	refused("a focus that doesn't exist", func(c *Config) { c.FocusJID = "nobody.localhost" }, FocusNotReady, "nobody.localhost")
	refused("a login where nobody logs in", func(c *Config) { c.Username, c.Password = "alice", "hunter2" }, NotAuthorized, "ANONYMOUS")

	if err := d.LockRoom(ctx, "Lab", "opensesame"); err != nil {
		t.Fatal(err)
	}
	refused("a locked room", nil, RoomLocked, "not-authorized")
	refused("a wrong password", func(c *Config) { c.RoomPassword = "hunter2" }, RoomLocked, "not-authorized")
	t.Run("the right password", func(t *testing.T) {
		cfg := guestOf(t, d, "alice")
		cfg.RoomPassword = "opensesame"
		enter(t, cfg)
	})
	if err := d.LockRoom(ctx, "Lab", ""); err != nil {
		t.Fatal(err)
	}
	if err := d.MembersOnly(ctx, "Lab", true); err != nil {
		t.Fatal(err)
	}
	refused("a room for members", nil, MembersOnly, "registration-required")
	if err := d.MembersOnly(ctx, "Lab", false); err != nil {
		t.Fatal(err)
	}

	refused("a name that is taken", func(c *Config) { c.EndpointID = bob.EndpointID() }, NickConflict, "conflict")
	enter(t, guestOf(t, d, "carol"))
	enter(t, guestOf(t, d, "dave"))
	refused("a full room", nil, RoomFull, "service-unavailable")
}

func TestBeingPutOutOfARealRoom(t *testing.T) {
	d := deploy(t, deployment.Options{})
	alice, bob := enter(t, guestOf(t, d, "alice")), enter(t, guestOf(t, d, "bob"))
	if err := d.Kick(t.Context(), "Lab", alice.EndpointID(), "too loud"); err != nil {
		t.Fatal(err)
	}
	var got *Error
	if err := alice.end(); !errors.As(err, &got) || got.Reason != Kicked || !strings.Contains(err.Error(), "too loud") {
		t.Errorf("got %v", err)
	}
	if err := d.DestroyRoom(t.Context(), "Lab", "closing time"); err != nil {
		t.Fatal(err)
	}
	if err := bob.end(); !errors.As(err, &got) || got.Reason != ConferenceEnded || !strings.Contains(err.Error(), "closing time") {
		t.Errorf("got %v", err)
	}
}

func TestLoginByPassword(t *testing.T) {
	d := deploy(t, deployment.Options{Users: map[string]string{"alice": "wonderland"}})
	cfg := guestOf(t, d, "alice")
	cfg.Username, cfg.Password = "alice", "wonderland"
	enter(t, cfg)
	enter(t, cfg) // the same user again: endpoint ids are random
	cfg.Password = "hunter2"
	var got *Error
	if err := start(t, cfg).end(); !errors.As(err, &got) || got.Reason != NotAuthorized || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestAPasswordIsShownByTLSOnly(t *testing.T) {
	users := map[string]string{"alice": "wonderland"}
	login := func(d *deployment.Deployment) Config {
		cfg := guestOf(t, d, "alice")
		cfg.Username, cfg.Password = "alice", "wonderland"
		return cfg
	}
	t.Run("without TLS", func(t *testing.T) {
		cfg := login(deploy(t, deployment.Options{Users: users, PlainOnly: true}))
		var got *Error
		if err := start(t, cfg).end(); !errors.As(err, &got) || got.Reason != NotAuthorized {
			t.Errorf("got %v", err)
		}
		cfg.PlainWithoutTLS = true
		enter(t, cfg)
	})
	t.Run("with TLS", func(t *testing.T) {
		cfg := login(deploy(t, deployment.Options{Users: users, PlainOnly: true, TLS: true}))
		cfg.TLS = &tls.Config{InsecureSkipVerify: true}
		enter(t, cfg)
	})
}

func TestATokenOpensTheDoor(t *testing.T) {
	d := deploy(t, deployment.Options{TokenSecret: "a secret of the deployment"})
	token := func(room string, life time.Duration) string {
		t.Helper()
		token, err := d.Token(room, life)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	cfg := guestOf(t, d, "alice")
	for _, tt := range []struct{ name, token, says string }{
		{"none", "", "token required"},
		{"no token at all", "hunter2", "token invalid"},
		{"a forged one", token("lab", time.Hour)[:40] + "x" + token("lab", time.Hour)[41:], "token invalid"},
		{"one that has expired", token("lab", -time.Second), "token expired"},
		{"one for another room", token("other", time.Hour), "mismatched"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg.Token = tt.token
			var got *Error
			if err := start(t, cfg).end(); !errors.As(err, &got) || got.Reason != NotAuthorized || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			} else if tt.token != "" && strings.Contains(err.Error(), tt.token) {
				t.Errorf("the error tells the token: %v", err)
			}
		})
	}
	for _, room := range []string{"lab", "*"} {
		cfg.Token = token(room, time.Hour)
		enter(t, cfg)
	}
}

func TestTheLobbyOfARealRoom(t *testing.T) {
	d := deploy(t, deployment.Options{Lobby: true})
	alice := enter(t, guestOf(t, d, "alice"))
	if alice.Snapshot().Role != "moderator" {
		until(alice, func(e RoleChanged) bool { return e.Role == "moderator" })
	}
	if err := d.MembersOnly(t.Context(), "Lab", true); err != nil {
		t.Fatal(err)
	}
	wait := func(nick string) *guest {
		t.Helper()
		g := start(t, guestOf(t, d, nick))
		until(g, state(Lobby))
		until(g, func(e LobbyWaiting) bool { return e.Own && e.ID == g.EndpointID() })
		until(alice, func(e LobbyWaiting) bool { return !e.Own && e.ID == g.EndpointID() && e.Nick == nick })
		return g
	}
	bob := wait("bob")
	alice.Admit(bob.EndpointID())
	until(bob, state(Joined))
	until(alice, func(e ParticipantJoined) bool { return e.Participant.ID == bob.EndpointID() })

	carol := wait("carol")
	alice.Deny(carol.EndpointID())
	var got *Error
	if err := carol.end(); !errors.As(err, &got) || got.Reason != MembersOnly || !strings.Contains(err.Error(), "denied") {
		t.Errorf("carol's stay ends with %v", err)
	}

	dave := wait("dave")
	if err := d.MembersOnly(t.Context(), "Lab", false); err != nil {
		t.Fatal(err)
	}
	until(dave, state(Joined))
}

func TestTLSWithAnAuthorityOfItsOwn(t *testing.T) {
	d := deploy(t, deployment.Options{TLS: true})
	cfg := guestOf(t, d, "alice")
	t.Run("unknown, it is refused", func(t *testing.T) {
		var got *Error
		if err := start(t, cfg).end(); !errors.As(err, &got) || got.Reason != TLSFailure || !strings.Contains(err.Error(), "localhost") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("known, all of a session is encrypted", func(t *testing.T) {
		pem, err := os.ReadFile(d.CAFile())
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			t.Fatal("no certificate")
		}
		cfg.TLS = &tls.Config{RootCAs: roots}
		alice, bob := enter(t, cfg), enter(t, cfg)
		for _, g := range []*guest{alice, bob} {
			if offer := g.acceptNext(); !strings.HasPrefix(offer.Transport.WebSocketURL, "wss:") {
				t.Errorf("the bridge channel is %s", offer.Transport.WebSocketURL)
			}
			until(g, func(e BridgeChannel) bool { return e.Open })
		}
	})
}

func TestDeploymentsThatSignalSourcesInXML(t *testing.T) {
	d := deploy(t, deployment.Options{NoJSONSources: true, NoMID: true})
	alice, bob := enter(t, guestOf(t, d, "alice")), enter(t, guestOf(t, d, "bob"))
	alice.acceptNext()
	bob.acceptNext()
	got := until(alice, func(e SourceAdded) bool { return e.Source.Media == jingle.Video }).Source
	if got.Endpoint != bob.EndpointID() || got.SSRC != ssrcOf(bob, 2) || got.RTX != ssrcOf(bob, 3) {
		t.Errorf("got %+v", got)
	}
}

func TestManyComeAndGo(t *testing.T) {
	d := deploy(t, deployment.Options{})
	alice := enter(t, guestOf(t, d, "alice"))
	for range 5 {
		bob := enter(t, guestOf(t, d, "bob"))
		until(alice, func(e ParticipantJoined) bool { return e.Participant.ID == bob.EndpointID() })
		bob.cancel()
		if err := bob.end(); err != nil {
			t.Error(err)
		}
		until(alice, func(e ParticipantLeft) bool { return e.Participant.ID == bob.EndpointID() })
	}
	if n := len(alice.Snapshot().Participants); n != 0 {
		t.Errorf("%d are left", n)
	}
	alice.cancel()
	if err := alice.end(); err != nil {
		t.Error(err)
	}
	nothingIsLeft(t)
}
