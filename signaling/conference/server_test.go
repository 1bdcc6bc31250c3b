package conference

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is how long a test waits for what must come.
const patience = 5 * time.Second

const (
	testDomain = "jitsi.test"
	testRoom   = "cap-a@conference.jitsi.test"
	testID     = "5410b27b"
	testJID    = "5410b27b-a4a6-404e-8462-0e9402c291b5@jitsi.test/2izF0rzAUWRH"
)

// server is a small XMPP server with a focus: it plays a deployment's part of the recordings to one client.
type server struct {
	t    *testing.T
	http *httptest.Server

	// answers overrides what the server says to a stanza that contains the key, a stanza a line; an empty answer is silence.
	answers map[string]string

	connected     chan struct{} // closed when a client has its stream
	once          sync.Once
	authenticated bool // only the connection's goroutine knows
	mu            sync.Mutex
	conn          *websocket.Conn
	query         string
	received      []string
	news          chan struct{}
}

func newServer(t *testing.T) *server {
	s := &server{t: t, answers: map[string]string{}, connected: make(chan struct{}), news: make(chan struct{}, 1)}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.http.Close)
	return s
}

func (s *server) url() string {
	return "ws" + strings.TrimPrefix(s.http.URL, "http") + "/xmpp-websocket"
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"xmpp"}})
	if err != nil {
		return
	}
	conn.SetReadLimit(1 << 20)
	defer func() { _ = conn.CloseNow() }()
	s.mu.Lock()
	s.conn, s.query = conn, r.URL.RawQuery
	s.mu.Unlock()
	s.authenticated = false // clients come one after the other
	for {
		_, data, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		s.note(string(data))
		for _, answer := range s.answer(string(data)) {
			if conn.Write(r.Context(), websocket.MessageText, []byte(answer)) != nil {
				return
			}
		}
	}
}

func (s *server) note(stanza string) {
	s.mu.Lock()
	s.received = append(s.received, stanza)
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}

var idAttribute = regexp.MustCompile(` id="([^"]*)"`)

func (s *server) answer(in string) []string {
	id := ""
	if m := idAttribute.FindStringSubmatch(in); m != nil {
		id = m[1]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, answer := range s.answers {
		if strings.Contains(in, key) {
			if answer == "" {
				return nil
			}
			return strings.Split(strings.ReplaceAll(answer, "ID", id), "\n")
		}
	}
	return s.usual(in, id)
}

const streamFeatures = `<stream:features xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>%s</stream:features>`

// usual is what the recorded server says.
func (s *server) usual(in, id string) []string {
	result := func(from, payload string) []string {
		return []string{fmt.Sprintf(`<iq from='%s' to='%s' type='result' xmlns='jabber:client' id='%s'>%s</iq>`, from, testJID, id, payload)}
	}
	open := `<open from='jitsi.test' version='1.0' xml:lang='en' xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='x'/>`
	switch {
	case strings.HasPrefix(in, "<open"):
		features := `<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>ANONYMOUS</mechanism></mechanisms>`
		if s.authenticated {
			features = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><required/></bind>`
		}
		return []string{open, fmt.Sprintf(streamFeatures, features)}
	case strings.HasPrefix(in, "<auth"):
		s.authenticated = true
		return []string{`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`}
	case strings.Contains(in, "xmpp-bind"):
		defer s.once.Do(func() { close(s.connected) })
		return []string{fmt.Sprintf(`<iq xmlns='jabber:client' type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%s</jid></bind></iq>`, id, testJID)}
	case strings.Contains(in, "extdisco"):
		return result(testDomain, `<services xmlns='urn:xmpp:extdisco:2'><service host='127.0.0.1' port='3478' type='stun'/></services>`)
	case strings.Contains(in, "<conference"):
		return result("focus.jitsi.test", `<conference room='`+testRoom+`' xmlns='http://jitsi.org/protocol/focus' focusjid='focus@auth.jitsi.test' ready='true'/>`)
	case strings.Contains(in, "http://jabber.org/protocol/muc\""):
		return []string{presenceOf("focus", "moderator", ""), presenceOf(testID, "participant", `<status code='110'/>`)}
	case strings.HasPrefix(in, "<close"):
		return []string{`<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`}
	case strings.HasPrefix(in, "<iq") && (strings.Contains(in, `type="get"`) || strings.Contains(in, `type="set"`)):
		to := regexp.MustCompile(` to="([^"]*)"`).FindStringSubmatch(in)
		return result(to[1], "")
	}
	return nil
}

func presenceOf(nick, role, more string) string {
	return fmt.Sprintf(`<presence from='%s/%s' to='%s' xmlns='jabber:client'><nick xmlns='http://jabber.org/protocol/nick'>%s</nick>`+
		`<SourceInfo>{}</SourceInfo><x xmlns='http://jabber.org/protocol/muc#user'><item role='%s' affiliation='none' jid='%s@jitsi.test/r'/>%s</x></presence>`,
		testRoom, nick, testJID, nick, role, nick, more)
}

func unavailableOf(nick, more string) string {
	return fmt.Sprintf(`<presence from='%s/%s' to='%s' type='unavailable' xmlns='jabber:client'>`+
		`<x xmlns='http://jabber.org/protocol/muc#user'>%s</x></presence>`, testRoom, nick, testJID, more)
}

// roomAnswer is the room's refusal.
func roomAnswer(condition string) string {
	return `<presence from='` + testRoom + `/` + testID + `' to='` + testJID + `' type='error' xmlns='jabber:client'>` +
		`<error type='cancel'><` + condition + ` xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`
}

// iqError is a refusal of a request.
func iqError(from, condition string) string {
	return `<iq from='` + from + `' to='` + testJID + `' type='error' id='ID' xmlns='jabber:client'>` +
		`<error type='cancel'><` + condition + ` xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no, thank you</text></error></iq>`
}

// send tells the client something.
func (s *server) send(stanza string) {
	s.t.Helper()
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, []byte(stanza)); err != nil {
		s.t.Fatalf("send: %v", err)
	}
}

// expect waits for a stanza of the client that contains all parts, and takes it from the list with all before it.
func (s *server) expect(parts ...string) string {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		if stanza, ok := s.find(parts); ok {
			return stanza
		}
		select {
		case <-s.news:
		case <-deadline:
			s.t.Fatalf("no stanza with %q came, but\n%s", parts, strings.Join(s.received, "\n"))
		}
	}
}

func (s *server) find(parts []string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
next:
	for i, stanza := range s.received {
		for _, part := range parts {
			if !strings.Contains(stanza, part) {
				continue next
			}
		}
		s.received = s.received[i+1:]
		return stanza, true
	}
	return "", false
}

// jingleIQ is a Jingle message as the focus sends it.
func jingleIQ(id, payload string) string {
	return fmt.Sprintf(`<iq from='%s/focus' to='%s' xmlns='jabber:client' type='set' id='%s'>%s</iq>`, testRoom, testJID, id, payload)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// set changes an answer while clients are there; nil is the usual one.
func (s *server) set(key string, answer *string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.answers, key); answer != nil {
		s.answers[key] = *answer
	}
}

// hangUp cuts the client off.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.CloseNow()
}
