package conference

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// fakeBridge is the other end of a bridge channel.
type fakeBridge struct {
	t     *testing.T
	url   string
	conns chan *websocket.Conn
}

func newFakeBridge(t *testing.T) *fakeBridge {
	b := &fakeBridge{t: t, conns: make(chan *websocket.Conn, 4)}
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		b.conns <- conn
		<-stop
		_ = conn.CloseNow()
	}))
	t.Cleanup(func() { close(stop); server.Close() })
	b.url = "ws" + strings.TrimPrefix(server.URL, "http") + "/colibri-ws/jvb"
	return b
}

func (b *fakeBridge) say(conn *websocket.Conn, message string) {
	b.t.Helper()
	if err := conn.Write(b.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		b.t.Fatal(err)
	}
}

// inSession is a guest with a session of the recording and a bridge channel.
func inSession(t *testing.T) (*server, *guest, *fakeBridge) {
	t.Helper()
	s, g := join(t)
	b := newFakeBridge(t)
	s.send(offerOn(t, b, "1uhl55odh1iuq"))
	g.reaches(InSession)
	next[SessionStarted](g)
	if !next[BridgeChannel](g).Open {
		t.Fatal("the bridge channel closes first")
	}
	return s, g, b
}

func offerOn(t *testing.T, b *fakeBridge, sid string) string {
	offer := strings.ReplaceAll(recorded(t, "session-initiate-a-alice"), "ws://127.0.0.1:9090/colibri-ws/jvb-lab/5181aec46283496c/5410b27b?pwd=TSLwMQcIyiGp8xMRyUPU2C0g", b.url)
	return strings.ReplaceAll(offer, "1uhl55odh1iuq", sid)
}

func sourceAdd(sid, json string) string {
	return jingleIQ("add", `<jingle action='source-add' xmlns='urn:xmpp:jingle:1' sid='`+sid+`'><json-message xmlns='http://jitsi.org/jitmeet'>`+escape(json)+`</json-message></jingle>`)
}

func TestTheBridgeIsToldOfConstraintsAndTellsOfSpeakers(t *testing.T) {
	_, g, b := inSession(t)
	conn := <-b.conns
	_, first, err := conn.Read(t.Context())
	if err != nil || !strings.Contains(string(first), `"lastN":-1`) {
		t.Fatalf("got %s, %v", first, err)
	}
	g.SetReceiverConstraints(colibri.ReceiverVideoConstraints{LastN: 2})
	if _, later, err := conn.Read(t.Context()); err != nil || !strings.Contains(string(later), `"lastN":2`) {
		t.Errorf("got %s, %v", later, err)
	}
	g.SetAudioSubscription(colibri.ReceiverAudioSubscription{Sources: []string{"f6368c2e-a0"}})
	if _, later, err := conn.Read(t.Context()); err != nil || !strings.Contains(string(later), `"list":["f6368c2e-a0"]`) {
		t.Errorf("got %s, %v", later, err)
	}
	b.say(conn, `{"colibriClass":"DominantSpeakerEndpointChangeEvent","dominantSpeakerEndpoint":"f6368c2e","previousSpeakers":[],"silence":false}`)
	if got := next[DominantSpeaker](g); got.ID != "f6368c2e" || g.Snapshot().DominantSpeaker != "f6368c2e" {
		t.Errorf("got %+v", got)
	}
	b.say(conn, `{"colibriClass":"SenderSourceConstraints", "sourceName":"5410b27b-v0", "maxHeight":720}`)
	if got := next[SenderConstraints](g); got != (SenderConstraints{"5410b27b-v0", 720}) {
		t.Errorf("got %+v", got)
	}
}

func TestASecondOfferReplacesTheSession(t *testing.T) {
	s, g, b := inSession(t)
	s.send(sourceAdd("1uhl55odh1iuq", `{"sources":{"f6368c2e":[[],[],[{"s":7,"n":"f6368c2e-a0"}]]}}`))
	next[SourceAdded](g)
	s.send(offerOn(t, b, "second"))
	if got := next[SourceRemoved](g).Source; got.SSRC != 7 {
		t.Errorf("got %+v", got)
	}
	if got := next[SessionEnded](g); got.SID != "1uhl55odh1iuq" {
		t.Errorf("got %+v", got)
	}
	if got := next[SessionStarted](g).Offer; got.SID != "second" {
		t.Errorf("got %s", got.SID)
	}
	next[BridgeChannel](g)
	g.Accept("1uhl55odh1iuq", jingle.SessionAccept{}) // too late: ignored
	s.send(sourceAdd("1uhl55odh1iuq", `{"sources":{"f6368c2e":[[],[],[{"s":8,"n":"f6368c2e-a0"}]]}}`))
	s.expect("unknown-session")
	if n := len(g.Snapshot().Sources); n != 0 {
		t.Errorf("%d sources are left", n)
	}
}

func TestSourcesHaveOneOwnerAndNamesOneSource(t *testing.T) {
	s, g, _ := inSession(t)
	add := func(json string) { s.send(sourceAdd("1uhl55odh1iuq", json)) }
	add(`{"sources":{"a":[[],[],[{"s":7,"n":"a-a0"}]],"jvb":[[],[],[{"s":9,"n":"jvb-a0"}]],"5410b27b":[[],[],[{"s":10,"n":"5410b27b-a0"}]]}}`)
	if got := next[SourceAdded](g).Source; got.Name != "a-a0" {
		t.Fatalf("got %+v", got)
	}
	add(`{"sources":{"a":[[],[],[{"s":7,"n":"a-a0"}]]}}`) // again: no news
	add(`{"sources":{"b":[[],[],[{"s":7,"n":"b-a0"}]]}}`)
	if got := next[SourceRemoved](g).Source; got.Name != "a-a0" {
		t.Errorf("got %+v", got)
	}
	if got := next[SourceAdded](g).Source; got.Name != "b-a0" {
		t.Errorf("got %+v", got)
	}
	add(`{"sources":{"b":[[],[],[{"s":8,"n":"b-a0"}]]}}`)
	if got := next[SourceRemoved](g).Source; got.SSRC != 7 {
		t.Errorf("got %+v", got)
	}
	if got := next[SourceAdded](g).Source; got.SSRC != 8 {
		t.Errorf("got %+v", got)
	}
	if got := g.Snapshot().Sources; len(got) != 1 || got[0].SSRC != 8 {
		t.Errorf("got %+v", got)
	}
}

func TestOurOwnSourcesAreAnnouncedAndTakenBack(t *testing.T) {
	s, g, _ := inSession(t)
	screen := []jingle.LocalSource{{Name: g.SourceName(jingle.Video, 1), Media: jingle.Video, VideoType: jingle.Desktop, SSRCs: []uint32{5}, RTX: []uint32{6}}}
	g.AddSessionSources("1uhl55odh1iuq", screen)
	s.expect(`action="source-add"`, `name="5410b27b-v1"`, `videoType="desktop"`, `semantics="FID"`)
	g.RemoveSessionSources("1uhl55odh1iuq", screen)
	s.expect(`action="source-remove"`, `ssrc="5"`)
}

func TestARestartEndsTheSessionAndAsksForAnother(t *testing.T) {
	s, g, _ := inSession(t)
	g.RestartSession("1uhl55odh1iuq")
	s.expect(`action="session-terminate"`, `<connectivity-error>`, `restart="true"`, `id="38254518-8937-49a0-b171-ca6779a91f63"`)
	if got := next[SessionEnded](g); got.Reason != "connectivity-error" {
		t.Errorf("got %+v", got)
	}
	g.reaches(Joined)
}

func TestAnAnswerThatTheFocusRefusesEndsTheSession(t *testing.T) {
	s := newServer(t)
	s.answers["session-accept"] = `<iq from='` + testRoom + `/focus' to='` + testJID + `' type='error' id='ID' xmlns='jabber:client'>` +
		`<error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`
	g := start(t, testConfig(s))
	g.reaches(Connecting, Joined)
	s.send(offerOn(t, newFakeBridge(t), "sid"))
	g.reaches(InSession)
	offer := next[SessionStarted](g).Offer
	next[BridgeChannel](g)
	g.Accept(offer.SID, jingle.SessionAccept{Audio: offer.Audio, Video: offer.Video})
	if got := next[SessionEnded](g); got.Reason != "bad-request" {
		t.Errorf("got %+v", got)
	}
}

func endOf(sid, reason, text string) string {
	return jingleIQ("end", `<jingle action='session-terminate' xmlns='urn:xmpp:jingle:1' sid='`+sid+`'><reason><`+reason+`/><text>`+text+`</text></reason></jingle>`)
}

func TestAnotherBridgeIsReported(t *testing.T) {
	const first = "2d68e5ae-f5c1-44b2-9c76-6d5c9eb6e0d0"
	s, g, b := inSession(t)
	offer := offerOn(t, b, "2")
	id := regexp.MustCompile(`(<bridge-session[^>]* id=['"])[^'"]*`)
	if !id.MatchString(offer) {
		t.Fatal("the recorded offer names no session of the bridge")
	}
	again := func(sid, bridge string) {
		s.send(id.ReplaceAllString(offerOn(t, b, sid), "${1}"+bridge))
		until(g, func(e SessionStarted) bool { return e.Offer.SID == sid })
	}
	s.send(endOf("1uhl55odh1iuq", "success", "moving"))
	next[SessionEnded](g)
	g.reaches(Joined)
	s.send(id.ReplaceAllString(offer, "${1}"+first))
	g.reaches(InSession)
	if got := next[BridgeChanged](g); got.Reason != "moving" || got.Bridge != "jvb" {
		t.Errorf("got %+v", got)
	}
	next[SessionStarted](g)
	s.send(endOf("2", "expired", "Idle session timeout")) // alone
	until(g, func(SessionEnded) bool { return true })
	g.reaches(Joined)
	again("3", "another")
	next[BridgeChannel](g)
	g.RestartSession("3")
	next[SessionEnded](g)
	g.reaches(Joined)
	s.send(id.ReplaceAllString(offerOn(t, b, "4"), "${1}"+"yet another"))
	g.reaches(InSession)
	if got := next[BridgeChanged](g); got.Reason != "connectivity-error" {
		t.Errorf("got %+v", got)
	}
}

// inSessionOfTheHasty is in session 1 with somebody else, and waits for the next invitation no longer than a test may.
func inSessionOfTheHasty(t *testing.T) (*server, *guest, *fakeBridge) {
	t.Helper()
	s := newServer(t)
	cfg := testConfig(s)
	cfg.InviteTimeout = 100 * time.Millisecond
	g := start(t, cfg)
	g.reaches(Connecting, Joined)
	s.expect(`<presence `, `<x `)
	s.send(presenceOf("f6368c2e", "participant", ""))
	next[ParticipantJoined](g)
	b := newFakeBridge(t)
	s.send(offerOn(t, b, "1"))
	g.reaches(InSession)
	next[SessionStarted](g)
	next[BridgeChannel](g)
	return s, g, b
}

func TestWithoutAnInvitationWeJoinAnew(t *testing.T) {
	s, g, b := inSessionOfTheHasty(t)
	g.RestartSession("1")
	s.expect(`session-terminate`)
	next[SessionEnded](g)
	g.reaches(Joined, Reconnecting)
	s.expect(`<presence `, `<x `)
	g.reaches(Joined)
	next[ParticipantLeft](g) // the server did not tell of anybody on the second time: nobody is there to meet
	s.send(offerOn(t, b, "2"))
	g.reaches(InSession)
	for until(g, func(SessionStarted) bool { return true }); ; { // and now we stay
		select {
		case e := <-g.Events():
			if s, ok := e.(StateChanged); ok {
				t.Fatalf("we are %s", s.State)
			}
		case <-time.After(500 * time.Millisecond):
			return
		}
	}
}

// As it was on real servers with the sender when its receiver had asked for another session.
func TestWhoseSessionTheFocusEndsWithoutAnotherJoinsAnew(t *testing.T) {
	s, g, _ := inSessionOfTheHasty(t)
	s.send(endOf("1", "success", "moving"))
	next[SessionEnded](g)
	g.reaches(Joined, Reconnecting)
	s.expect(`<presence `, `<x `)
	g.reaches(Joined)
}

func TestChangesOfOthersAreReported(t *testing.T) {
	s, g := join(t)
	s.send(presenceOf("f6368c2e", "participant", ""))
	next[ParticipantJoined](g)
	s.send(presenceOf("f6368c2e", "participant", "")) // nothing new
	s.send(strings.Replace(presenceOf("f6368c2e", "moderator", ""), "{}", escape(`{"f6368c2e-a0":{"muted":true},"f6368c2e-v1":{"muted":false,"videoType":"desktop"}}`), 1))
	got := next[ParticipantChanged](g).Participant
	if got.Role != "moderator" || len(got.Sources) != 2 || !got.Sources[0].Muted || got.Sources[1].VideoType != jingle.Desktop {
		t.Errorf("got %+v", got)
	}
	if got := next[SourceMuted](g); got != (SourceMuted{"f6368c2e", "f6368c2e-a0", true}) {
		t.Errorf("got %+v", got)
	}
	s.send(strings.Replace(presenceOf("f6368c2e", "moderator", ""), "{}", escape(`{"f6368c2e-a0":{"muted":false}}`), 1))
	next[ParticipantChanged](g)
	if got := next[SourceMuted](g); got.Source != "f6368c2e-a0" || got.Muted {
		t.Errorf("got %+v", got)
	}
	s.send(strings.Replace(presenceOf("f6368c2e", "moderator", ""), "{}", "{malformed", 1))
	if got := next[ParticipantChanged](g).Participant; len(got.Sources) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestSourcesOfSomebodyWhoHasLeftAreOldNews(t *testing.T) {
	s, g, _ := inSession(t)
	const json = `{"sources":{"f6368c2e":[[],[],[{"s":7,"n":"f6368c2e-a0"}]]}}`
	s.send(presenceOf("f6368c2e", "participant", ""))
	next[ParticipantJoined](g)
	s.send(unavailableOf("f6368c2e", ""))
	next[ParticipantLeft](g)
	s.send(sourceAdd("1uhl55odh1iuq", json))
	s.send(presenceOf("f6368c2e", "participant", "")) // and back again
	next[ParticipantJoined](g)
	s.send(sourceAdd("1uhl55odh1iuq", json))
	next[SourceAdded](g)
}

func TestAPanicEndsTheStayAndNothingElse(t *testing.T) {
	_, g, _ := inSession(t)
	g.inbox.push(func(s *stay) { s.goDo(func() { panic("oh") }) })
	var got *Error
	if err := g.end(); !errors.As(err, &got) || !strings.Contains(err.Error(), "internal error: ") || !strings.Contains(err.Error(), "oh") {
		t.Errorf("got %v", err)
	}
	nothingIsLeft(t)
}
