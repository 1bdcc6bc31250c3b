package prosody_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment/prosody"
	"gstjitsi/tests/deployment/wsxmpp"
	"gstjitsi/tests/deployment/xmltree"
)

func start(t *testing.T, opts prosody.Options) *prosody.Server {
	t.Helper()
	server, err := prosody.Start(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Log())
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

type peer struct {
	*wsxmpp.Client
	t   *testing.T
	ctx context.Context
}

func login(t *testing.T, url, domain string, as wsxmpp.Login) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	client, err := wsxmpp.Dial(ctx, url, domain, as)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(ctx) })
	return &peer{client, t, ctx}
}

func (p *peer) send(stanza *xmltree.Element) {
	p.t.Helper()
	if err := p.Send(p.ctx, stanza); err != nil {
		p.t.Fatal(err)
	}
}

// until reads stanzas until one is wanted.
func (p *peer) until(wanted func(*xmltree.Element) bool) *xmltree.Element {
	p.t.Helper()
	for {
		stanza, err := p.Receive(p.ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		if wanted(stanza) {
			return stanza
		}
	}
}

func (p *peer) ask(kind, to string, payload *xmltree.Element) *xmltree.Element {
	p.t.Helper()
	id := p.ID()
	p.send(xmltree.New(wsxmpp.NSClient, "iq", "type", kind, "id", id, "to", to).Add(payload))
	return p.until(func(s *xmltree.Element) bool { return s.Name == "iq" && s.Attr("id") == id })
}

func (p *peer) join(occupant string) *xmltree.Element {
	p.t.Helper()
	p.send(xmltree.New(wsxmpp.NSClient, "presence", "to", occupant).Add(xmltree.New("http://jabber.org/protocol/muc", "x")))
	return p.until(func(s *xmltree.Element) bool { return s.Name == "presence" && s.Attr("from") == occupant })
}

func focus(t *testing.T, server *prosody.Server) *peer {
	t.Helper()
	return login(t, server.WebSocketURL(), server.AuthDomain(),
		wsxmpp.Login{User: "focus", Password: server.FocusPassword(), Resource: "focus"})
}

func TestAnonymousUserSeesTheRecordedRoom(t *testing.T) {
	server := start(t, prosody.Options{})
	room := "room@" + server.MUCDomain()
	jicofo := focus(t, server)
	jicofo.join(room + "/focus")

	alice := login(t, server.WebSocketURL(), server.Domain(), wsxmpp.Login{})
	self := alice.join(room + "/11112222")
	item := self.Child("", "x").Child("", "item")
	if item.Attr("role") != "participant" || item.Attr("affiliation") != "none" || item.Attr("jid") != alice.JID {
		t.Errorf("own presence: %s", self)
	}
	if self.Child("urn:xmpp:occupant-id:0", "occupant-id") == nil {
		t.Errorf("no occupant-id in %s", self)
	}

	info := alice.ask("get", room, xmltree.New("http://jabber.org/protocol/disco#info", "query")).Child("", "query")
	features := map[string]bool{}
	for _, feature := range info.All("", "feature") {
		features[feature.Attr("var")] = true
	}
	for _, want := range []string{"muc_hidden", "muc_temporary", "muc_nonanonymous", "muc_unmoderated", "muc_open", "muc_unsecured"} {
		if !features[want] {
			t.Errorf("the room lacks the recorded feature %s", want)
		}
	}
	var meetingID string
	for _, field := range info.Child("jabber:x:data", "x").All("", "field") {
		if field.Attr("var") == "muc#roominfo_meetingId" {
			meetingID = field.Child("", "value").Text
		}
	}
	if len(meetingID) != 36 {
		t.Errorf("meeting id %q is no UUID: %s", meetingID, info)
	}
}

func TestOnlyTheFocusCreatesRooms(t *testing.T) {
	server := start(t, prosody.Options{})
	alice := login(t, server.WebSocketURL(), server.Domain(), wsxmpp.Login{})
	answer := alice.join("nobody-asked@" + server.MUCDomain() + "/11112222")
	if answer.Attr("type") != "error" {
		t.Errorf("joined a room that the focus hasn't made: %s", answer)
	}
}

func TestRequestsToTheFocusComponentReachTheFocusUser(t *testing.T) {
	server := start(t, prosody.Options{Domain: "meet.test"})
	request := func() *xmltree.Element {
		return xmltree.New("http://jitsi.org/protocol/focus", "conference", "room", "room@conference.meet.test")
	}
	alice := login(t, server.WebSocketURL(), server.Domain(), wsxmpp.Login{})
	if answer := alice.ask("set", "focus.meet.test", request()); answer.Attr("type") != "error" {
		t.Errorf("without a focus the answer is %s", answer)
	}

	jicofo := focus(t, server)
	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err := jicofo.Receive(jicofo.ctx)
		if err != nil {
			t.Error(err)
			return
		}
		jicofo.Send(jicofo.ctx, xmltree.New(wsxmpp.NSClient, "iq", "type", "result", "id", got.Attr("id"), "to", got.Attr("from")).
			Add(xmltree.New("http://jitsi.org/protocol/focus", "conference", "ready", "true")))
	}()
	answer := alice.ask("set", "focus.meet.test", request())
	<-done
	if answer.Attr("from") != "focus.meet.test" || answer.Child("", "conference").Attr("ready") != "true" {
		t.Errorf("answer %s", answer)
	}
}

func TestAnonymousSessionResumesWithPrevid(t *testing.T) {
	server := start(t, prosody.Options{})
	const sm = "urn:xmpp:sm:3"
	alice := login(t, server.WebSocketURL(), server.Domain(), wsxmpp.Login{})
	alice.send(xmltree.New(sm, "enable", "resume", "true"))
	enabled := alice.until(func(s *xmltree.Element) bool { return s.Name == "enabled" })
	if enabled.Attr("max") != "60" {
		t.Errorf("recorded is max=60, got %s", enabled)
	}
	user, _, _ := strings.Cut(alice.JID, "@")

	again := login(t, server.WebSocketURL()+"?room=room&previd="+enabled.Attr("id"), server.Domain(), wsxmpp.Login{})
	if got, _, _ := strings.Cut(again.JID, "@"); got != user {
		t.Errorf("logged in again as %s, not as %s", got, user)
	}
}

func TestServicesAreAnnounced(t *testing.T) {
	server := start(t, prosody.Options{Services: []prosody.Service{
		{Type: "stun", Host: "127.0.0.1", Port: 3478},
		{Type: "turns", Host: "127.0.0.1", Port: 5349, Transport: "tcp", Secret: "x"},
	}})
	alice := login(t, server.WebSocketURL(), server.Domain(), wsxmpp.Login{})
	services := alice.ask("get", server.Domain(), xmltree.New("urn:xmpp:extdisco:2", "services")).Child("", "services").All("", "service")
	if len(services) != 2 || services[0].Attr("type") != "stun" || services[1].Attr("password") == "" || services[1].Attr("transport") != "tcp" {
		t.Errorf("services %v", services)
	}
}

func TestUsersLogInWithTheirPassword(t *testing.T) {
	server := start(t, prosody.Options{Users: map[string]string{"ann": "sesame"}})
	login(t, server.WebSocketURL(), server.Domain(), wsxmpp.Login{User: "ann", Password: "sesame"})
	if _, err := wsxmpp.Dial(t.Context(), server.WebSocketURL(), server.Domain(), wsxmpp.Login{User: "ann", Password: "wrong"}); err == nil {
		t.Error("logged in with a wrong password")
	}
	if _, err := wsxmpp.Dial(t.Context(), server.WebSocketURL(), server.Domain(), wsxmpp.Login{}); err == nil {
		t.Error("logged in without a password")
	}
}

func TestFullRoomRefuses(t *testing.T) {
	server := start(t, prosody.Options{MaxOccupants: 1})
	room := "room@" + server.MUCDomain()
	focus(t, server).join(room + "/focus")
	if got := login(t, server.WebSocketURL(), server.Domain(), wsxmpp.Login{}).join(room + "/1"); got.Attr("type") != "" {
		t.Errorf("the first is refused: %s", got)
	}
	got := login(t, server.WebSocketURL(), server.Domain(), wsxmpp.Login{}).join(room + "/2")
	if got.Child("", "error").Child("", "service-unavailable") == nil {
		t.Errorf("the second is let in: %s", got)
	}
}

func TestServersRunSideBySideAndLeaveNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	a, b := start(t, prosody.Options{}), start(t, prosody.Options{})
	login(t, a.WebSocketURL(), a.Domain(), wsxmpp.Login{})
	login(t, b.WebSocketURL(), b.Domain(), wsxmpp.Login{})
	for _, server := range []*prosody.Server{a, b} {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		select {
		case <-server.Exited():
		default:
			t.Error("the process is still there after Close")
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
