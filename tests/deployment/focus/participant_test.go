package focus

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/prosody"
	"gstjitsi/tests/deployment/wsxmpp"
	"gstjitsi/tests/deployment/xmltree"
)

// stage is a focus with a real Prosody and a real bridge.
type stage struct {
	t      *testing.T
	ctx    context.Context
	server *prosody.Server
	bridge *bridge.Bridge
	focus  *Focus
	log    *events.Log
}

func newStage(t *testing.T, opts Options) *stage {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	s := &stage{t: t, ctx: ctx, log: &events.Log{}}
	var err error
	if s.server, err = prosody.Start(ctx, prosody.Options{Domain: "jitsi.test"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.server.Close() })
	if s.bridge, err = bridge.New(bridge.Options{ChannelBase: "ws://127.0.0.1:9", Events: s.log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.bridge.Close)
	opts.WebSocketURL, opts.Domain, opts.Password = s.server.WebSocketURL(), "jitsi.test", s.server.FocusPassword()
	opts.Bridge, opts.Events = s.bridge, s.log
	if s.focus, err = Start(ctx, opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.focus.Close)
	return s
}

func (s *stage) waitFor(k events.Kind, endpoint string) events.Event {
	s.t.Helper()
	e, err := s.log.WaitFor(s.ctx, func(e events.Event) bool { return e.Kind == k && e.Endpoint == endpoint })
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// Features as recorded of clients.
var (
	usual = []string{
		"http://jitsi.org/json-encoded-sources", "http://jitsi.org/receive-multiple-video-streams", "http://jitsi.org/source-name",
		"http://jitsi.org/tcc", "urn:ietf:rfc:4588", "urn:xmpp:jingle:1", "urn:xmpp:jingle:apps:rtp:1",
	}
	withoutJSON = usual[1:]
	minimal     = []string{"urn:xmpp:jingle:1", "urn:xmpp:jingle:apps:rtp:1"}
)

// guest is a scripted participant: it answers what it is asked, and keeps what the focus sends.
type guest struct {
	*stage
	*wsxmpp.Client
	id       string
	room     string
	n        uint32 // makes its SSRCs differ from others'
	features []string
	silent   bool // doesn't accept sessions by itself

	mu       sync.Mutex
	stanzas  []*xmltree.Element
	changed  chan struct{}
	sessions int
}

// login connects a client without joining anything.
func (s *stage) login(id string, n uint32, features []string) *guest {
	s.t.Helper()
	client, err := wsxmpp.Dial(s.ctx, s.server.WebSocketURL(), s.server.Domain(), wsxmpp.Login{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { client.Close(context.Background()) })
	g := &guest{stage: s, Client: client, id: id, n: n, features: features, room: "cap-a@conference.jitsi.test", changed: make(chan struct{})}
	go g.receive()
	return g
}

// join asks for the conference and enters the room.
func (s *stage) join(id string, n uint32, features []string) *guest {
	s.t.Helper()
	g := s.login(id, n, features)
	g.enter()
	return g
}

func (g *guest) enter() {
	g.t.Helper()
	answer := g.ask("focus.jitsi.test", xmltree.New(nsFocus, "conference", "room", g.room, "machine-uid", "x"))
	if answer.Child(nsFocus, "conference").Attr("ready") != "true" {
		g.t.Fatalf("conference request: %s", answer)
	}
	g.appear()
	g.waitFor(events.Joined, g.id)
}

func (g *guest) appear() {
	g.t.Helper()
	g.send(xmltree.New(wsxmpp.NSClient, "presence", "to", g.room+"/"+g.id).Add(
		xmltree.New(nsMUC, "x"),
		xmltree.New(nsCaps, "c", "hash", "sha-1", "node", "https://jitsi.org/jitsi-meet", "ver", capsVer(g.info(""))),
		xmltree.New("", "SourceInfo").SetText("{}"),
	))
}

func (g *guest) leave() {
	g.t.Helper()
	g.send(xmltree.New(wsxmpp.NSClient, "presence", "to", g.room+"/"+g.id, "type", "unavailable"))
}

func (g *guest) info(node string) *xmltree.Element {
	query := xmltree.New(nsDiscoInfo, "query")
	if node != "" {
		query.Set("node", node)
	}
	for _, feature := range g.features {
		query.Add(xmltree.New("", "feature", "var", feature))
	}
	return query
}

func (g *guest) send(stanza *xmltree.Element) {
	g.t.Helper()
	if err := g.Send(g.ctx, stanza); err != nil {
		g.t.Error(err)
	}
}

func (g *guest) ask(to string, payload *xmltree.Element) *xmltree.Element {
	g.t.Helper()
	id := g.ID()
	g.send(xmltree.New(wsxmpp.NSClient, "iq", "to", to, "type", "set", "id", id).Add(payload))
	return g.wait("answer", func(e *xmltree.Element) bool { return e.Name == "iq" && e.Attr("id") == id })
}

func (g *guest) receive() {
	for {
		stanza, err := g.Receive(g.ctx)
		if err != nil {
			return
		}
		g.mu.Lock()
		g.stanzas = append(g.stanzas, stanza)
		close(g.changed)
		g.changed = make(chan struct{})
		g.mu.Unlock()
		if stanza.Name == "iq" && (stanza.Attr("type") == "get" || stanza.Attr("type") == "set") {
			g.answer(stanza)
		}
	}
}

func (g *guest) answer(iq *xmltree.Element) {
	answer := xmltree.New(wsxmpp.NSClient, "iq", "to", iq.Attr("from"), "type", "result", "id", iq.Attr("id"))
	if query := iq.Child(nsDiscoInfo, "query"); query != nil {
		answer.Add(g.info(query.Attr("node")))
	}
	if err := g.Send(g.ctx, answer); err != nil {
		return // the test is over
	}
	if jingle := iq.Child(nsJingle, "jingle"); jingle.Attr("action") == "session-initiate" && !g.silent {
		g.sessions++
		accept := g.accept(jingle.Attr("sid"), g.sessions)
		if err := g.Send(g.ctx, xmltree.New(wsxmpp.NSClient, "iq", "to", g.room+"/focus", "type", "set", "id", g.ID()).Add(accept)); err != nil {
			return
		}
	}
}

// accept is the recorded session-accept, with three layers of simulcast, under this guest's name and SSRCs.
func (g *guest) accept(sid string, session int) *xmltree.Element {
	iq := recording(g.t, "session-accept")
	rename(iq, "5410b27b", g.id, g.n*100+uint32(session)*10)
	jingle := iq.Child(nsJingle, "jingle")
	jingle.Set("sid", sid)
	return jingle
}

// rename puts another endpoint's name into an element, and other SSRCs: the first that comes is base+1, and so on.
func rename(e *xmltree.Element, from, to string, base uint32) {
	ssrcs := map[string]string{}
	var walk func(*xmltree.Element)
	walk = func(e *xmltree.Element) {
		for i, attr := range e.Attrs {
			value := strings.ReplaceAll(attr.Value, from, to)
			if attr.Name == "ssrc" {
				if ssrcs[attr.Value] == "" {
					ssrcs[attr.Value] = fmt.Sprint(base + uint32(len(ssrcs)) + 1)
				}
				value = ssrcs[attr.Value]
			}
			e.Attrs[i].Value = value
		}
		for _, child := range e.Children {
			walk(child)
		}
	}
	walk(e)
}

func (g *guest) wait(what string, match func(*xmltree.Element) bool) *xmltree.Element {
	g.t.Helper()
	return g.waitNth(what, 1, match)
}

func (g *guest) waitNth(what string, n int, match func(*xmltree.Element) bool) *xmltree.Element {
	g.t.Helper()
	next := 0
	for {
		g.mu.Lock()
		for ; next < len(g.stanzas); next++ {
			if match(g.stanzas[next]) {
				if n--; n == 0 {
					found := g.stanzas[next]
					g.mu.Unlock()
					return found
				}
			}
		}
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-changed:
		case <-g.ctx.Done():
			g.t.Fatalf("%s gets no %s; it got\n%s\nevents:\n%s", g.id, what, g.all(), g.log)
		}
	}
}

func (g *guest) all() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var b strings.Builder
	for _, stanza := range g.stanzas {
		fmt.Fprintln(&b, stanza)
	}
	return b.String()
}

// jingle waits for the nth request of an action.
func (g *guest) jingle(action string, n int) *xmltree.Element {
	g.t.Helper()
	return g.waitNth(action, n, func(e *xmltree.Element) bool {
		return e.Name == "iq" && e.Attr("type") == "set" && e.Child(nsJingle, "jingle").Attr("action") == action
	})
}

func (g *guest) count(action string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, e := range g.stanzas {
		if e.Attr("type") == "set" && e.Child(nsJingle, "jingle").Attr("action") == action {
			n++
		}
	}
	return n
}

// focusPresence waits for the nth presence of the focus.
func (g *guest) focusPresence(n int) *xmltree.Element {
	g.t.Helper()
	return g.waitNth("presence of the focus", n, func(e *xmltree.Element) bool {
		return e.Name == "presence" && e.Attr("from") == g.room+"/focus"
	})
}

func recording(t *testing.T, name string) *xmltree.Element {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	stanza, err := xmltree.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return stanza
}

// compare reports how a stanza differs from the recorded one, ids, keys, SSRCs and addresses apart.
func compare(t *testing.T, name string, got *xmltree.Element) {
	t.Helper()
	want := recording(t, name)
	if diff := xmltree.Diff(want, got, sameValue); diff != "" {
		t.Errorf("%s differs from the recording:\n%s\ngot %s", name, diff, got)
	}
	if w, g := jsonShape(t, want), jsonShape(t, got); w != g {
		t.Errorf("%s: the sources are\n%s\nrecorded are\n%s", name, g, w)
	}
}

func sameValue(element, attr string) bool {
	switch attr {
	case "id":
		return slices.Contains([]string{"payload-type", "rtp-hdrext"}, element)
	case "from", "to", "sid", "ufrag", "pwd", "url", "ip", "port", "ssrc", "ver", "room", "actor", "node":
		return false
	case "value":
		return element == "property"
	case "name", "owner":
		return element != "source" && element != "ssrc-info"
	}
	return true
}

var variable = regexp.MustCompile(`"[0-9a-f]{8}(-[av][0-9])?"|"[^"]*-(audio|video)-[^"]*"|[0-9]{3,}`)

// jsonShape is the text of <json-message> without names and numbers; owners are in the order of their names.
func jsonShape(t *testing.T, stanza *xmltree.Element) string {
	t.Helper()
	message := stanza.Child(nsJingle, "jingle").Child(nsJitMeet, "json-message")
	if message == nil {
		return ""
	}
	var content struct {
		Sources map[string]json.RawMessage `json:"sources"`
	}
	if err := json.Unmarshal([]byte(message.Text), &content); err != nil {
		t.Fatal(err)
	}
	var shapes []string
	for owner, sources := range content.Sources {
		if owner != "jvb" {
			owner = "somebody"
		}
		shapes = append(shapes, owner+": "+variable.ReplaceAllString(string(sources), "…$1"))
	}
	slices.Sort(shapes)
	return strings.Join(shapes, "\n")
}
