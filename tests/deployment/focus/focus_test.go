package focus

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/wsxmpp"
	"gstjitsi/tests/deployment/xmltree"
)

func TestStanzasAreAsRecorded(t *testing.T) {
	s := newStage(t, Options{})
	alice := s.login("5410b27b", 1, usual)
	answer := alice.ask("focus.jitsi.test", xmltree.New(nsFocus, "conference", "room", alice.room, "machine-uid", "x"))
	compare(t, "conference-answer", answer)
	alice.appear()
	s.waitFor(events.Moderator, alice.id)
	compare(t, "focus-presence", alice.focusPresence(1))

	bob := s.join("f6368c2e", 2, usual)
	compare(t, "focus-presence-with-bridge", alice.focusPresence(2))
	compare(t, "session-initiate-alone", alice.jingle("session-initiate", 1))
	compare(t, "session-initiate-alone", bob.jingle("session-initiate", 1))
	compare(t, "source-add-json", alice.jingle("source-add", 1))
	compare(t, "source-add-json", bob.jingle("source-add", 1))
	s.waitFor(events.SessionAccepted, alice.id)
	s.waitFor(events.SessionAccepted, bob.id)

	carol := s.join("4823112e", 3, usual)
	compare(t, "session-initiate-others", carol.jingle("session-initiate", 1))
	compare(t, "source-add-json", alice.jingle("source-add", 2))
}

func TestOffersFollowFeatures(t *testing.T) {
	for _, test := range []struct {
		name      string
		opts      Options
		features  []string
		initiate  string
		sourceAdd string
	}{
		{"sources as XML", Options{}, withoutJSON, "session-initiate-nojson", "source-add-xml"},
		{"neither retransmissions nor transport-cc", Options{}, minimal, "session-initiate-minimal", "source-add-xml"},
		{"no MID in the deployment", Options{NoMID: true}, usual, "session-initiate-nomid", "source-add-json"},
		{"sources as XML to everybody", Options{NoJSONSources: true}, usual, "session-initiate-nojson", "source-add-xml"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, test.opts)
			alice := s.join("aaaa1111", 1, test.features)
			s.join("bbbb2222", 2, usual)
			compare(t, test.initiate, alice.jingle("session-initiate", 1))
			compare(t, test.sourceAdd, alice.jingle("source-add", 1))
		})
	}
}

// Jicofo says it in front of the bridge session, whether or not somebody reads the room's metadata.
func TestThoseWhoAreToBeMutedAreToldSo(t *testing.T) {
	s := newStage(t, Options{StartMuted: true})
	s.join("aaaa1111", 1, usual)
	bob := s.join("bbbb2222", 2, usual)
	offer := bob.jingle("session-initiate", 1).Child(nsJingle, "jingle")
	at := slices.IndexFunc(offer.Children, func(e *xmltree.Element) bool { return e.Name == "startmuted" && e.Space == nsStartMuted })
	if at < 0 || offer.Children[at+1].Name != "bridge-session" {
		t.Fatalf("the offer is %s", offer)
	}
	if e := offer.Children[at]; e.Attr("audio") != "true" || e.Attr("video") != "true" {
		t.Errorf("it says %s", e)
	}
}

func TestThoseBeyondTheNumberThatOpenedTheRoomAreMuted(t *testing.T) {
	s := newStage(t, Options{})
	alice := s.login("aaaa1111", 1, usual)
	opening := xmltree.New(nsFocus, "conference", "room", alice.room).Add(
		xmltree.New("", "property", "name", "startAudioMuted", "value", "1"), xmltree.New("", "property", "name", "startVideoMuted", "value", "many"))
	if answer := alice.ask("focus.jitsi.test", opening); answer.Attr("type") != "result" {
		t.Fatalf("conference request: %s", answer)
	}
	alice.enter()
	bob := s.join("bbbb2222", 2, usual)
	for guest, want := range map[*guest]string{alice: "", bob: "audio=true video=false"} {
		got := ""
		if e := guest.jingle("session-initiate", 1).Child(nsJingle, "jingle").Child(nsStartMuted, "startmuted"); e != nil {
			got = "audio=" + e.Attr("audio") + " video=" + e.Attr("video")
		}
		if got != want {
			t.Errorf("%s is told %q", guest.id, got)
		}
	}
}

func TestLaterSourcesArePassedOn(t *testing.T) {
	s := newStage(t, Options{})
	alice, bob := s.join("aaaa1111", 1, usual), s.join("bbbb2222", 2, usual)
	carol := s.join("cccc3333", 3, withoutJSON)
	for _, g := range []*guest{alice, bob, carol} {
		s.waitFor(events.SessionAccepted, g.id)
	}
	sid := alice.jingle("session-initiate", 1).Child(nsJingle, "jingle").Attr("sid")
	add := recording(t, "client-source-add-desktop").Child(nsJingle, "jingle")
	rename(add, "edb6182f", alice.id, 500)
	add.Set("sid", sid)
	if answer := alice.ask(alice.room+"/focus", add); answer.Attr("type") != "result" {
		t.Fatalf("source-add is answered %s", answer)
	}
	isDesktop := func(e *xmltree.Element) bool {
		jingle := e.Child(nsJingle, "jingle")
		return jingle.Attr("action") == "source-add" && strings.Contains(jingle.String(), alice.id+"-v1")
	}
	compare(t, "source-add-desktop-json", bob.wait("screen share", isDesktop))
	compare(t, "source-add-desktop-xml", carol.wait("screen share", isDesktop))

	add.Set("action", "source-remove")
	if answer := alice.ask(alice.room+"/focus", add); answer.Attr("type") != "result" {
		t.Fatalf("source-remove is answered %s", answer)
	}
	removed := bob.jingle("source-remove", 1)
	if text := removed.Child(nsJingle, "jingle").Child("", "json-message").Text; !strings.Contains(text, `"v":"d"`) || strings.Contains(text, "-v0") {
		t.Errorf("removed are %s", text)
	}
}

func TestLeavingIsToldByPresenceAlone(t *testing.T) {
	s := newStage(t, Options{})
	alice, bob := s.join("aaaa1111", 1, usual), s.join("bbbb2222", 2, usual)
	carol := s.join("cccc3333", 3, usual)
	for _, g := range []*guest{alice, bob, carol} {
		s.waitFor(events.SessionAccepted, g.id)
	}
	alice.jingle("source-add", 2)
	carol.leave()
	s.waitFor(events.Left, carol.id)
	// A request answered later shows that nothing was sent before.
	dave := s.join("dddd4444", 4, usual)
	s.waitFor(events.SessionAccepted, dave.id)
	alice.jingle("source-add", 3)
	if n := alice.count("source-remove"); n != 0 {
		t.Errorf("alice got %d source-remove", n)
	}
	if text := dave.jingle("session-initiate", 1).String(); strings.Contains(text, carol.id) {
		t.Error("dave is told of carol, who has left")
	}
}

func TestSessionEndsWhenAloneAndBeginsWithCompany(t *testing.T) {
	s := newStage(t, Options{AloneTimeout: 50 * time.Millisecond})
	alice, bob := s.join("aaaa1111", 1, usual), s.join("bbbb2222", 2, usual)
	s.waitFor(events.SessionAccepted, alice.id)
	s.waitFor(events.SessionAccepted, bob.id)
	first := alice.jingle("session-initiate", 1).Child(nsJingle, "jingle").Attr("sid")
	bob.leave()
	compare(t, "session-terminate-expired", alice.jingle("session-terminate", 1))
	if got := alice.focusPresence(3).Child("", "conference-properties").All("", "property")[1]; got.Attr("key") != "bridge-count" || got.Attr("value") != "0" {
		t.Errorf("property %s", got)
	}
	s.join("cccc3333", 3, usual)
	if again := alice.jingle("session-initiate", 2).Child(nsJingle, "jingle").Attr("sid"); again == first {
		t.Error("the new session has the old id")
	}
	compare(t, "source-add-json", alice.jingle("source-add", 2))
}

func TestRoomIsLeftWhenEmptyAndOpensAgain(t *testing.T) {
	s := newStage(t, Options{})
	for n := 1; n <= 2; n++ {
		alice := s.join("aaaa1111", 1, usual)
		alice.leave()
		if _, err := s.log.WaitForNth(s.ctx, n, func(e events.Event) bool { return e.Kind == events.RoomLeft }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRoomThatNobodyJoinsIsLeft(t *testing.T) {
	s := newStage(t, Options{StartTimeout: time.Millisecond})
	alice := s.login("aaaa1111", 1, usual)
	alice.ask("focus.jitsi.test", xmltree.New(nsFocus, "conference", "room", alice.room, "machine-uid", "x"))
	if _, err := s.log.WaitFor(s.ctx, func(e events.Event) bool { return e.Kind == events.RoomLeft }); err != nil {
		t.Fatal(err)
	}
}

func TestRoomsElsewhereAreRefused(t *testing.T) {
	s := newStage(t, Options{})
	alice := s.login("aaaa1111", 1, usual)
	for _, room := range []string{"room@muc.elsewhere.test", "room", "", "@conference.jitsi.test"} {
		answer := alice.ask("focus.jitsi.test", xmltree.New(nsFocus, "conference", "room", room, "machine-uid", "x"))
		if answer.Attr("type") != "error" {
			t.Errorf("room %q: %s", room, answer)
		}
	}
}

func TestUnknownSessionIsRefusedAsRecorded(t *testing.T) {
	s := newStage(t, Options{})
	alice := s.join("aaaa1111", 1, usual)
	terminate := recording(t, "error-unknown-session").Child(nsJingle, "jingle")
	compare(t, "error-unknown-session", alice.ask(alice.room+"/focus", terminate))
}

func TestWrongSourcesAreRefused(t *testing.T) {
	s := newStage(t, Options{})
	alice, bob := s.join("aaaa1111", 1, usual), s.join("bbbb2222", 2, usual)
	s.waitFor(events.SessionAccepted, alice.id)
	s.waitFor(events.SessionAccepted, bob.id)
	sid := alice.jingle("session-initiate", 1).Child(nsJingle, "jingle").Attr("sid")
	taken := bob.accept("", 1).All("", "content")[0].Child("", "description").Child("", "source").Attr("ssrc")
	for _, test := range []struct{ name, ssrc string }{{"another's SSRC", taken}, {"no number", "x"}} {
		add := xmltree.New(nsJingle, "jingle", "action", "source-add", "sid", sid).Add(
			xmltree.New("", "content", "name", "audio").Add(xmltree.New(nsRTP, "description", "media", "audio").Add(
				xmltree.New(nsSources, "source", "ssrc", test.ssrc, "name", alice.id+"-a1"))))
		if answer := alice.ask(alice.room+"/focus", add); answer.Attr("type") != "error" {
			t.Errorf("%s is answered %s", test.name, answer)
		}
	}
}

func TestFailedConnectionGetsNewSession(t *testing.T) {
	s := newStage(t, Options{})
	alice, bob := s.join("aaaa1111", 1, usual), s.join("bbbb2222", 2, usual)
	s.waitFor(events.SessionAccepted, alice.id)
	s.waitFor(events.SessionAccepted, bob.id)
	bob.jingle("source-add", 1)
	offer := alice.jingle("session-initiate", 1).Child(nsJingle, "jingle")
	terminate := xmltree.New(nsJingle, "jingle", "action", "session-terminate", "sid", offer.Attr("sid")).Add(
		xmltree.New("", "reason").Add(xmltree.New("", "connectivity-error"), xmltree.New("", "text").SetText("ICE FAILED")),
		xmltree.New(nsFocus, "bridge-session", "id", offer.Child(nsFocus, "bridge-session").Attr("id"), "restart", "true"))
	if answer := alice.ask(alice.room+"/focus", terminate); answer.Attr("type") != "result" {
		t.Fatalf("session-terminate is answered %s", answer)
	}
	compare(t, "source-remove-json", bob.jingle("source-remove", 1))
	compare(t, "source-add-json", bob.jingle("source-add", 2))
	again := alice.jingle("session-initiate", 2).Child(nsJingle, "jingle")
	if again.Attr("sid") == offer.Attr("sid") {
		t.Error("the new session has the old id")
	}
	url := func(jingle *xmltree.Element) string {
		return jingle.All("", "content")[0].Child("", "transport").Child("", "web-socket").Attr("url")
	}
	if url(again) == url(offer) {
		t.Error("the new session has the old channel")
	}
}

func TestDeadBridgeIsAnnouncedAndItsReturnInvites(t *testing.T) {
	s := newStage(t, Options{})
	s.bridge.Kill()
	alice := s.join("aaaa1111", 1, usual)
	s.join("bbbb2222", 2, usual)
	presence := alice.wait("presence without a bridge", func(e *xmltree.Element) bool {
		return e.Name == "presence" && e.Child(nsFocus, "bridgeNotAvailable") != nil
	})
	// The recorded one comes after a session, so it has a bridge count in addition.
	want := recording(t, "focus-presence-without-bridge")
	properties := want.Child("", "conference-properties")
	properties.Children = properties.Children[:1]
	if diff := xmltree.Diff(want, presence, sameValue); diff != "" {
		t.Error(diff)
	}
	if err := s.bridge.Revive(); err != nil {
		t.Fatal(err)
	}
	s.focus.BridgeChanged()
	alice.jingle("session-initiate", 1)
}

func TestBridgeMovesInOrder(t *testing.T) {
	s := newStage(t, Options{})
	alice, bob := s.join("aaaa1111", 1, usual), s.join("bbbb2222", 2, usual)
	s.waitFor(events.SessionAccepted, alice.id)
	s.waitFor(events.SessionAccepted, bob.id)
	if err := s.focus.MoveAll("cap-a"); err != nil {
		t.Fatal(err)
	}
	compare(t, "session-terminate-moving", alice.jingle("session-terminate", 1))
	alice.jingle("session-initiate", 2)
}

func TestICERestartsAsRecorded(t *testing.T) {
	s := newStage(t, Options{})
	alice, bob := s.join("aaaa1111", 1, usual), s.join("bbbb2222", 2, usual)
	s.waitFor(events.SessionAccepted, alice.id)
	s.waitFor(events.SessionAccepted, bob.id)
	offer := alice.jingle("session-initiate", 1).Child(nsJingle, "jingle")
	info := xmltree.New(nsJingle, "jingle", "action", "session-info", "sid", offer.Attr("sid")).Add(
		xmltree.New(nsFocus, "bridge-session", "id", offer.Child(nsFocus, "bridge-session").Attr("id"), "ice-restart", "true"))
	if answer := alice.ask(alice.room+"/focus", info); answer.Attr("type") != "result" {
		t.Fatalf("session-info is answered %s", answer)
	}
	compare(t, "transport-info-restart", alice.jingle("transport-info", 1))
	reply := alice.accept(offer.Attr("sid"), 1)
	reply.Set("action", "transport-info")
	if answer := alice.ask(alice.room+"/focus", reply); answer.Attr("type") != "result" {
		t.Fatalf("transport-info is answered %s", answer)
	}
}

func TestModeratorsMute(t *testing.T) {
	s := newStage(t, Options{})
	alice := s.join("aaaa1111", 1, usual)
	s.waitFor(events.Moderator, alice.id)
	bob := s.join("bbbb2222", 2, usual)
	mute := func(g *guest) *xmltree.Element {
		return xmltree.New(nsMuteAudio, "mute", "jid", g.room+"/"+g.id).SetText("true")
	}
	if answer := alice.ask(alice.room+"/focus", mute(bob)); answer.Attr("type") != "result" {
		t.Errorf("mute is answered %s", answer)
	}
	compare(t, "mute", bob.wait("mute", func(e *xmltree.Element) bool { return e.Child(nsMuteAudio, "mute") != nil }))
	if answer := bob.ask(bob.room+"/focus", mute(alice)); answer.Attr("type") != "error" {
		t.Errorf("bob, who is no moderator, is answered %s", answer)
	}
}

func TestModeratorsSuccessor(t *testing.T) {
	s := newStage(t, Options{})
	alice := s.join("aaaa1111", 1, usual)
	s.waitFor(events.Moderator, alice.id)
	bob := s.join("bbbb2222", 2, usual)
	alice.leave()
	s.waitFor(events.Moderator, bob.id)
}

func TestUnknownCapsAreAsked(t *testing.T) {
	s := newStage(t, Options{})
	alice, bob := s.join("aaaa1111", 1, usual), s.join("bbbb2222", 2, usual)
	s.waitFor(events.SessionAccepted, bob.id) // by then the answer has come
	carol := s.join("cccc3333", 3, usual)
	asks := func(e *xmltree.Element) bool { return e.Attr("type") == "get" && e.Child(nsDiscoInfo, "query") != nil }
	query := alice.wait("question for its features", asks)
	compare(t, "disco-query", query)
	if got, want := query.Child("", "query").Attr("node"), "https://jitsi.org/jitsi-meet#"+capsVer(alice.info("")); got != want {
		t.Errorf("asked for node %s, want %s", got, want)
	}
	s.waitFor(events.SessionAccepted, carol.id)
	carol.mu.Lock()
	defer carol.mu.Unlock()
	if slices.ContainsFunc(carol.stanzas, asks) {
		t.Error("carol is asked, too, although the focus knows her features")
	}
}

func TestWrongCapsHashIsNoticed(t *testing.T) {
	s := newStage(t, Options{})
	alice := s.login("aaaa1111", 1, usual)
	alice.ask("focus.jitsi.test", xmltree.New(nsFocus, "conference", "room", alice.room, "machine-uid", "x"))
	alice.send(xmltree.New(wsxmpp.NSClient, "presence", "to", alice.room+"/"+alice.id).Add(
		xmltree.New(nsMUC, "x"),
		xmltree.New(nsCaps, "c", "hash", "sha-1", "node", "x", "ver", "AAAA")))
	s.waitFor(events.CapsMismatch, alice.id)
}

func TestAdministration(t *testing.T) {
	s := newStage(t, Options{})
	alice := s.join("aaaa1111", 1, usual)
	s.waitFor(events.Moderator, alice.id)
	if err := s.focus.Lock(s.ctx, "cap-a", "sesame"); err != nil {
		t.Fatal(err)
	}
	bob := s.login("bbbb2222", 2, usual)
	bob.appear()
	refused := bob.wait("answer", func(e *xmltree.Element) bool { return e.Name == "presence" && e.Attr("from") == bob.room+"/"+bob.id })
	if refused.Child("", "error").Child("", "not-authorized") == nil {
		t.Errorf("without the password the answer is %s", refused)
	}
	if err := s.focus.Lock(s.ctx, "cap-a", ""); err != nil {
		t.Fatal(err)
	}
	bob.appear()
	s.waitFor(events.Joined, bob.id)
	if err := s.focus.Kick(s.ctx, "cap-a", bob.id, "bye"); err != nil {
		t.Fatal(err)
	}
	if e := s.waitFor(events.Left, bob.id); e.Detail != "kicked" {
		t.Errorf("bob left by %q", e.Detail)
	}
	if err := s.focus.Destroy(s.ctx, "cap-a", "over"); err != nil {
		t.Fatal(err)
	}
	alice.wait("destroy", func(e *xmltree.Element) bool { return e.Child("", "x").Child("", "destroy") != nil })
}

func TestSIDsHaveTheRecordedForm(t *testing.T) {
	for range 100 {
		if sid := newSID(); len(sid) != 13 || strings.Trim(sid, "0123456789abcdefghijklmnopqrstuv") != "" {
			t.Errorf("sid %q", sid)
		}
	}
}
