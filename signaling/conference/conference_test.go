package conference

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"

	"gstjitsi/signaling/jingle"
)

// guest is a Conference under test with what it did so far.
type guest struct {
	*Conference
	t      *testing.T
	cancel context.CancelFunc
	result chan error
	ended  bool
}

func testConfig(s *server) Config {
	return Config{
		WebSocketURL: s.url(), XMPPDomain: testDomain, MUCDomain: "conference.jitsi.test", FocusJID: "focus.jitsi.test",
		Room: "cap-a", EndpointID: testID, Nick: "alice", Codecs: []string{"vp8", "vp9"},
		JoinTimeout: patience, LeaveTimeout: time.Second,
		Loggers: &logging.DefaultLoggerFactory{Writer: testWriter{s.t}, DefaultLogLevel: logging.LogLevelDebug, ScopeLevels: map[string]logging.LogLevel{}},
	}
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func start(t *testing.T, cfg Config, before ...func(*Conference)) *guest {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range before {
		f(c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g := &guest{Conference: c, t: t, cancel: cancel, result: make(chan error, 1)}
	go func() { g.result <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if !g.ended {
			g.end()
		}
	})
	return g
}

// end waits for the end of the stay.
func (g *guest) end() error {
	g.t.Helper()
	select {
	case err := <-g.result:
		g.ended = true
		return err
	case <-time.After(patience):
		g.t.Fatal("the stay does not end")
		return nil
	}
}

// next waits for the next event, which must be of type E.
func next[E Event](g *guest) E {
	g.t.Helper()
	select {
	case e := <-g.Events():
		got, ok := e.(E)
		if !ok {
			g.t.Fatalf("got event %#v, want %T", e, got)
		}
		return got
	case <-time.After(patience):
		var want E
		g.t.Fatalf("no event came, want %T", want)
		return want
	}
}

func (g *guest) reaches(want ...State) {
	g.t.Helper()
	for _, state := range want {
		if got := next[StateChanged](g); got.State != state {
			g.t.Fatalf("got state %s, want %s", got.State, state)
		}
	}
}

func join(t *testing.T) (*server, *guest) {
	t.Helper()
	s := newServer(t)
	g := start(t, testConfig(s))
	g.reaches(Connecting, Joined)
	return s, g
}

func recorded(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../jingle/testdata/" + name + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func TestJoiningFollowsTheRecordedOrder(t *testing.T) {
	s := newServer(t)
	cfg := testConfig(s)
	cfg.Email, cfg.AvatarURL, cfg.Region = "alice@example.org", "https://example.org/a.png", "eu"
	g := start(t, cfg, func(c *Conference) {
		c.SetLocalSources([]LocalSource{
			{Name: c.SourceName(jingle.Audio, 0), Media: jingle.Audio},
			{Name: c.SourceName(jingle.Video, 0), Media: jingle.Video, VideoType: jingle.Camera, Muted: true},
		})
	})
	s.expect(`<open `, `to="jitsi.test"`)
	s.expect(`<auth `, `mechanism="ANONYMOUS"`)
	s.expect(`xmpp-bind`)
	s.expect(`urn:xmpp:extdisco:2`)
	s.expect(`<conference `, `to="focus.jitsi.test"`, `room="cap-a@conference.jitsi.test"`)
	first := s.expect(`<presence `)
	for _, part := range []string{
		`to="cap-a@conference.jitsi.test/5410b27b"`, `<x xmlns="http://jabber.org/protocol/muc">`,
		`<stats-id>alice</stats-id>`, `hash="sha-1"`, `ver="` + ourInfo.Ver() + `"`,
		`<SourceInfo>` + escape(`{"5410b27b-a0":{"muted":false},"5410b27b-v0":{"muted":true}}`) + `</SourceInfo>`,
		`<jitsi_participant_codecList>vp8,vp9</jitsi_participant_codecList>`,
		`<nick xmlns="http://jabber.org/protocol/nick">alice</nick>`,
		`<email>alice@example.org</email>`, `<avatar-url>https://example.org/a.png</avatar-url>`,
		`<jitsi_participant_region>eu</jitsi_participant_region>`,
	} {
		if !strings.Contains(first, part) {
			t.Errorf("the first presence lacks %s:\n%s", part, first)
		}
	}
	g.reaches(Connecting, Joined)
	if s.query != "room=cap-a" {
		t.Errorf("the URL's query is %q", s.query)
	}
}

func TestOnlyTheFirstPresenceEntersTheRoom(t *testing.T) {
	s, g := join(t)
	s.expect(`<presence `, `<x `)
	g.SetLocalSources([]LocalSource{{Name: "5410b27b-a0", Media: jingle.Audio}})
	if later := s.expect(`<presence `); strings.Contains(later, "<x ") || !strings.Contains(later, "5410b27b-a0") {
		t.Errorf("got %s", later)
	}
}

func TestWhoWasThereBeforeUsIsReportedOnJoining(t *testing.T) {
	s := newServer(t)
	s.answers[`<x xmlns="http://jabber.org/protocol/muc"`] = ""
	g := start(t, testConfig(s))
	g.reaches(Connecting)
	s.expect(`<presence `)
	s.send(presenceOf("f6368c2e", "participant", ""))
	s.send(presenceOf("4823112e", "moderator", ""))
	s.send(strings.Replace(presenceOf("jibri", "participant", ""), "jibri@jitsi.test", "recorder@recorder.jitsi.test", 1))
	s.send(presenceOf("focus", "moderator", ""))
	s.send(presenceOf(testID, "participant", `<status code='110'/>`))
	g.reaches(Joined)
	if p := next[ParticipantJoined](g).Participant; p.ID != "f6368c2e" || p.Nick != "f6368c2e" || p.JID != "f6368c2e@jitsi.test/r" {
		t.Errorf("got %+v", p)
	}
	if p := next[ParticipantJoined](g).Participant; p.ID != "4823112e" || p.Role != "moderator" {
		t.Errorf("got %+v", p)
	}
	if n := len(g.Snapshot().Participants); n != 2 {
		t.Errorf("the snapshot has %d participants", n)
	}
}

func TestASessionOfTheRecordingIsAcceptedAndEnds(t *testing.T) {
	s, g := join(t)
	s.send(presenceOf("f6368c2e", "participant", ""))
	next[ParticipantJoined](g)
	s.send(strings.Replace(recorded(t, "session-initiate-a-alice"), "web-socket url", "web-socket nothing", 2))
	s.expect(`type="result"`)
	g.reaches(InSession)
	offer := next[SessionStarted](g).Offer
	g.Accept(offer.SID, jingle.SessionAccept{Audio: offer.Audio, Video: offer.Video, Transport: jingle.Transport{Ufrag: "DZbI", Pwd: "RpJN"}})
	s.expect(`action="session-accept"`, `sid="1uhl55odh1iuq"`, `responder="`+testJID+`"`, `to="`+testRoom+`/focus"`)

	s.send(recorded(t, "source-add-a-alice"))
	s.expect(`type="result"`)
	if got := next[SourceAdded](g).Source; got.Name != "f6368c2e-v0" || got.SSRC != 1420732956 || got.RTX != 2503808929 {
		t.Errorf("got %+v", got)
	}
	if got := next[SourceAdded](g).Source; got.Name != "f6368c2e-a0" || got.SSRC != 251190311 {
		t.Errorf("got %+v", got)
	}

	s.send(unavailableOf("f6368c2e", ""))
	next[SourceRemoved](g)
	next[SourceRemoved](g)
	next[ParticipantLeft](g)

	s.send(jingleIQ("end", `<jingle action='session-terminate' xmlns='urn:xmpp:jingle:1' sid='1uhl55odh1iuq'><reason><expired/><text>Idle session timeout</text></reason></jingle>`))
	s.expect(`id="end"`, `type="result"`)
	if got := next[SessionEnded](g); got.Reason != "expired" || got.Text != "Idle session timeout" {
		t.Errorf("got %+v", got)
	}
	g.reaches(Joined)

	g.cancel()
	if err := g.end(); err != nil {
		t.Errorf("leaving gives %v", err)
	}
	s.expect(`<presence `, `type="unavailable"`)
	s.expect(`<close `)
	g.reaches(Left)
	if _, open := <-g.Events(); open {
		t.Error("the events are not closed")
	}
}

func TestReasons(t *testing.T) {
	const muc = `<x xmlns="http://jabber.org/protocol/muc"`
	for _, tt := range []struct {
		name, key, answer string
		want              Reason
		says              string
	}{
		{"a password is missing", muc, roomAnswer("not-authorized"), RoomLocked, "not-authorized"},
		{"only members may enter", muc, roomAnswer("registration-required"), MembersOnly, "registration-required"},
		{"the room is full", muc, roomAnswer("service-unavailable"), RoomFull, testRoom},
		{"our name is taken", muc, roomAnswer("conflict"), NickConflict, testID},
		{"the room's domain doesn't exist", muc, roomAnswer("remote-server-not-found"), RoomNotFound, "conference.jitsi.test"},
		{"the focus' domain doesn't exist", "<conference", iqError("focus.jitsi.test", "remote-server-not-found"), FocusNotReady, "focus.jitsi.test"},
		{"the focus wants a login", "<conference", iqError("focus.jitsi.test", "not-authorized"), NotAuthorized, "no, thank you"},
		{"the login is refused", "<auth", `<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text>token expired</text></failure>`, NotAuthorized, "token expired"},
		{"the domain is another one", "<open", `<stream:error xmlns:stream='http://etherx.jabber.org/streams'><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`, Unreachable, "host-unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.answers[tt.key] = tt.answer
			g := start(t, testConfig(s))
			var got *Error
			if err := g.end(); !errors.As(err, &got) || got.Reason != tt.want || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v (%+v), want reason %d that says %q", err, got, tt.want, tt.says)
			}
		})
	}
}

func TestBeingRemovedEndsTheStay(t *testing.T) {
	for _, tt := range []struct {
		name, muc string
		want      Reason
		says      string
	}{
		{"by a kick", `<item role='none'><actor nick='41f4bfdb'/><reason>bye</reason></item><status code='307'/><status code='110'/>`, Kicked, "kicked by 41f4bfdb (bye)"},
		{"by the end of the room", `<item role='none'/><destroy jid='x@y'><reason>over</reason></destroy><status code='110'/>`, ConferenceEnded, "over"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, g := join(t)
			s.send(unavailableOf(testID, tt.muc))
			if tt.want == Kicked {
				if e := next[KickedOut](g); e.By != "41f4bfdb" || e.Reason != "bye" {
					t.Errorf("got %+v", e)
				}
			}
			var got *Error
			if err := g.end(); !errors.As(err, &got) || got.Reason != tt.want || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEveryRequestIsAnswered(t *testing.T) {
	s, _ := join(t)
	for _, tt := range []struct{ name, stanza, answer string }{
		{"a ping", `<iq type='get' id='p1' from='jitsi.test' xmlns='jabber:client'><ping xmlns='urn:xmpp:ping'/></iq>`, `type="result"`},
		{"a question for what we can do", `<iq type='get' id='p2' from='` + testRoom + `/focus' xmlns='jabber:client'><query xmlns='http://jabber.org/protocol/disco#info' node='` + ourInfo.Node + `#` + ourInfo.Ver() + `'/></iq>`, `var="urn:xmpp:jingle:1"`},
		{"a question for a node that we are not", `<iq type='get' id='p3' from='a@b/c' xmlns='jabber:client'><query xmlns='http://jabber.org/protocol/disco#info' node='x#y'/></iq>`, `item-not-found`},
		{"a question for our version", `<iq type='get' id='p4' from='a@b/c' xmlns='jabber:client'><query xmlns='jabber:iq:version'/></iq>`, `gst-jitsi`},
		{"something unknown", `<iq type='set' id='p5' from='a@b/c' xmlns='jabber:client'><zap xmlns='urn:zap'/></iq>`, `service-unavailable`},
		{"a request without a sender", `<iq type='get' id='p6' xmlns='jabber:client'><zap xmlns='urn:zap'/></iq>`, `service-unavailable`},
		{"Jingle of somebody else", `<iq type='set' id='p7' from='` + testRoom + `/f6368c2e' xmlns='jabber:client'><jingle xmlns='urn:xmpp:jingle:1' action='source-add' sid='s'/></iq>`, `forbidden`},
		{"Jingle without a sender", `<iq type='set' id='p8' xmlns='jabber:client'><jingle xmlns='urn:xmpp:jingle:1' action='source-add' sid='s'/></iq>`, `forbidden`},
		{"Jingle of no session", jingleIQ("p9", `<jingle xmlns='urn:xmpp:jingle:1' action='source-add' sid='s'/>`), `unknown-session`},
		{"malformed Jingle", jingleIQ("p10", `<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s'/>`), `bad-request`},
		{"an unknown action", jingleIQ("p11", `<jingle xmlns='urn:xmpp:jingle:1' action='dance' sid='s'/>`), `feature-not-implemented`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.send(tt.stanza)
			id := regexpID(tt.stanza)
			s.expect(`id="`+id+`"`, tt.answer)
		})
	}
}

func regexpID(stanza string) string {
	_, rest, _ := strings.Cut(stanza, " id='")
	id, _, _ := strings.Cut(rest, "'")
	return id
}

func TestMalformedStanzasCostNothingButThemselves(t *testing.T) {
	s, g := join(t)
	for _, stanza := range []string{
		`<presence`, `no XML at all`, ``, `<iq xmlns='jabber:client' type='get'/>`, `<presence xmlns='jabber:client' from='@@@'/>`,
		`<presence xmlns='jabber:client' from='` + testRoom + `/x'><x xmlns='http://jabber.org/protocol/muc#user'><status code='one'/></x></presence>`,
		`<iq xmlns='jabber:client' type='result' id='nobody asked'/>`, `<message xmlns='jabber:client'/>`, `<zap/>`,
		strings.Repeat("<a>", 20_000),
	} {
		s.send(stanza)
	}
	s.send(presenceOf("f6368c2e", "participant", ""))
	if p := next[ParticipantJoined](g).Participant; p.ID != "f6368c2e" {
		t.Errorf("got %+v", p)
	}
}

func TestEventsThatNobodyReadsBlockNobody(t *testing.T) {
	s := newServer(t)
	g := start(t, testConfig(s))
	s.expect(`<presence `)
	for i := range 3 * eventBuffer {
		s.send(presenceOf("f6368c2e", []string{"participant", "moderator"}[i%2], ""))
	}
	s.send(`<iq type='get' id='last' from='a@b/c' xmlns='jabber:client'><zap xmlns='urn:zap'/></iq>`)
	s.expect(`id="last"`)
	g.cancel()
	if err := g.end(); err != nil {
		t.Errorf("leaving gives %v", err)
	}
}

func TestSnapshotSharesNothing(t *testing.T) {
	s, g := join(t)
	s.send(strings.Replace(presenceOf("f6368c2e", "participant", ""), "{}", escape(`{"f6368c2e-v0":{"muted":true}}`), 1))
	next[ParticipantJoined](g)
	one := g.Snapshot()
	one.Participants[0].Sources[0].Muted = false
	two := g.Snapshot()
	want := []SourceInfo{{Name: "f6368c2e-v0", Muted: true, VideoType: jingle.Camera}}
	if !reflect.DeepEqual(two.Participants[0].Sources, want) {
		t.Errorf("got %+v", two.Participants[0].Sources)
	}
}
