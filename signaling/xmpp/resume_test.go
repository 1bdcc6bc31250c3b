package xmpp

import (
	"context"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

const (
	enabled = `<enabled xmlns='urn:xmpp:sm:3' id='sm-secret' resume='true' max='60'/>`
	resumed = `<resumed xmlns='urn:xmpp:sm:3' previd='sm-secret' h='0'/>`
	expired = `<failed xmlns='urn:xmpp:sm:3' h='0'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`
)

type note struct {
	XMLName xml.Name `xml:"jabber:client message"`
	Body    string   `xml:"body"`
}

// managed is a client with stream management.
type managed struct {
	*testClient
	interrupted chan error
	received    chan Stanza
}

func dialManaged(t *testing.T, answers map[string]string) *managed {
	t.Helper()
	m := &managed{interrupted: make(chan error, 8), received: make(chan Stanza, 64)}
	var err error
	m.testClient, err = dialScripted(t, func(s *scripted, cfg *Config) {
		s.answers["<open#2"] = opening + "\n" + featuresOf(`<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>`)
		s.answers["<enable "] = enabled
		s.answers["<resume "] = resumed
		for key, answer := range answers {
			s.answers[key] = answer
		}
		cfg.Interrupted = func(_ *Client, err error) { m.interrupted <- err }
		cfg.Handle = func(_ *Client, s Stanza) { m.received <- s }
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func expect[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happens")
		panic("unreachable")
	}
}

// sent returns what the server got next that contains part.
func (m *managed) sent(t *testing.T, part string) string {
	t.Helper()
	for {
		if in := expect(t, m.server.seen); strings.Contains(in, part) {
			return in
		}
	}
}

func (m *managed) say(t *testing.T, conn *websocket.Conn, messages ...string) {
	t.Helper()
	for _, message := range messages {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *managed) cut(t *testing.T) {
	t.Helper()
	_ = m.conn.CloseNow()
	if err := expect(t, m.interrupted); err == nil {
		t.Error("the interruption has no reason")
	}
}

func (m *managed) resume(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return m.Resume(ctx)
}

func TestTheServerIsToldWhatCame(t *testing.T) {
	m := dialManaged(t, map[string]string{
		"<enable ": `<message xmlns='jabber:client'><body>early</body></message>` + "\n" + enabled, // came before: not counted
	})
	m.say(t, m.conn, `<message xmlns='jabber:client'/>`, `<presence xmlns='jabber:client'/>`, `<message xmlns='jabber:client'><broken>`,
		`<iq xmlns='jabber:client' type='get' id='1' from='@@'/>`, `<x xmlns='urn:x'/>`, `<r xmlns='urn:xmpp:sm:3'/>`)
	if got := m.sent(t, "<a "); !strings.Contains(got, `h="4"`) {
		t.Errorf("got %s", got)
	}
	for range 3 { // early, message, presence
		expect(t, m.received)
	}
}

func TestWhatWasNotReceivedIsRepeated(t *testing.T) {
	m := dialManaged(t, map[string]string{"<resume ": strings.Replace(resumed, "h='0'", "h='2'", 1)})
	for _, text := range []string{"first", "second", "third"} {
		m.Send(note{Body: text})
	}
	m.sent(t, "third")
	m.say(t, m.conn, `<a xmlns='urn:xmpp:sm:3' h='1'/>`, `<message xmlns='jabber:client'/>`)
	expect(t, m.received)
	m.cut(t)
	m.Send(note{Body: "fourth"})
	if err := m.resume(t); err != nil {
		t.Fatal(err)
	}
	if query := expect(t, m.server.query); query != "previd=sm-secret&room=lab&token=hunter2" {
		t.Errorf("got %s", query)
	}
	if got := m.sent(t, "<resume "); !strings.Contains(got, `h="1"`) || !strings.Contains(got, `previd="sm-secret"`) {
		t.Errorf("got %s", got)
	}
	for _, want := range []string{"third", "fourth"} {
		if got := m.sent(t, "<body>"); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := m.resume(t); !errors.Is(err, ErrNotInterrupted) {
		t.Errorf("again: got %v", err)
	}
}

func TestARequestOutlivesTheConnection(t *testing.T) {
	m := dialManaged(t, nil)
	to := jid.MustParse("slow.jitsi.test")
	q := m.Ask(to, stanza.GetIQ, nil)
	id := idPattern.FindStringSubmatch(m.sent(t, "slow.jitsi.test"))[1]
	m.cut(t)
	if err := m.resume(t); err != nil {
		t.Fatal(err)
	}
	m.say(t, expect(t, m.server.conns), `<iq xmlns='jabber:client' type='result' from='slow.jitsi.test' id='`+id+`'/>`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := q.Wait(ctx); err != nil {
		t.Error(err)
	}
}

func TestAResumeThatFailsForGood(t *testing.T) {
	for _, tt := range []struct{ name, key, answer, says, condition string }{
		{"too late", "<resume ", expired, "item-not-found", "item-not-found"},
		{"a server that has more than was sent", "<resume ", strings.Replace(resumed, "h='0'", "h='8'", 1), "acknowledges 7 stanzas of 0", ""},
		{"a token that has expired", "<auth", `<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>`, "not-authorized", ""},
		{"stream management has gone", "<open#2", opening + "\n" + featuresOf(""), "no longer offered", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := dialManaged(t, nil)
			q := m.Ask(jid.MustParse("silent.jitsi.test"), stanza.GetIQ, nil)
			m.sent(t, "silent.jitsi.test")
			m.say(t, m.conn, `<a xmlns='urn:xmpp:sm:3' h='1'/>`, `<message xmlns='jabber:client'/>`)
			expect(t, m.received) // so the acknowledgement before it was, too
			m.cut(t)
			m.server.set(tt.key, tt.answer)
			err := m.Reconnect(t.Context())
			var final *ResumeError
			if !errors.As(err, &final) || final.Condition != tt.condition || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret is in the error: %v", err)
			}
			if closed := expect(t, m.closed); !errors.Is(closed, err) {
				t.Errorf("Closed got %v", closed)
			}
			if _, err := q.Wait(t.Context()); !errors.Is(err, ErrEnded) {
				t.Errorf("the request got %v", err)
			}
			if err := m.resume(t); !errors.Is(err, ErrEnded) {
				t.Errorf("again: got %v", err)
			}
		})
	}
}

func TestAResumeThatFailsMayBeTriedAgain(t *testing.T) {
	m := dialManaged(t, map[string]string{"<resume ": `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`})
	m.cut(t)
	var final *ResumeError
	if err := m.resume(t); err == nil || errors.As(err, &final) {
		t.Fatalf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Reconnect(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	m.server.set("<resume ", resumed)
	if err := m.Reconnect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.ResumeWindow() != time.Minute {
		t.Errorf("got %s", m.ResumeWindow())
	}
}

// Another network is a reason to try again at once, whatever an attempt that began on the one before is waiting for.
func TestCheckHurriesAResume(t *testing.T) {
	m := dialManaged(t, map[string]string{"<resume ": ""}) // an attempt that takes 10 s to fail
	m.cut(t)
	back := make(chan error, 1)
	go func() { back <- m.Reconnect(t.Context()) }()
	m.sent(t, "<resume ")
	m.server.set("<resume ", resumed)
	m.Check()
	if err := expect(t, back); err != nil {
		t.Error(err)
	}
}

func TestWithoutAGrantTheStreamEndsWithItsConnection(t *testing.T) {
	for name, answer := range map[string]string{
		"refused":           `<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`,
		"without resuming":  `<enabled xmlns='urn:xmpp:sm:3'/>`,
		"without a name":    `<enabled xmlns='urn:xmpp:sm:3' resume='true'/>`,
		"with another word": strings.Replace(enabled, "'true'", "'perhaps'", 1),
	} {
		t.Run(name, func(t *testing.T) {
			m := dialManaged(t, map[string]string{"<enable ": answer})
			_ = m.conn.CloseNow()
			if err := expect(t, m.closed); err == nil {
				t.Error("no error")
			}
			if len(m.interrupted) > 0 || m.ResumeWindow() != 0 {
				t.Error("it counts as interrupted")
			}
		})
	}
}

func TestWhatTheServerEndsIsNotInterrupted(t *testing.T) {
	for name, message := range map[string]string{
		"an error of the stream":    `<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
		"its end":                   `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`,
		"a count beyond ours":       `<a xmlns='urn:xmpp:sm:3' h='9'/>`,
		"a count that is no number": `<a xmlns='urn:xmpp:sm:3' h='-1'/>`,
	} {
		t.Run(name, func(t *testing.T) {
			m := dialManaged(t, nil)
			m.say(t, m.conn, message)
			if err := expect(t, m.closed); err == nil || len(m.interrupted) > 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	m := dialManaged(t, nil)
	m.cut(t)
	for range maxUnacked + 1 {
		m.Send(note{Body: "x"})
	}
	var final *ResumeError
	if err := m.resume(t); !errors.As(err, &final) || !strings.Contains(err.Error(), "more was sent") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatAcknowledgesNothingCostsOnlyTheResuming(t *testing.T) {
	sm := management{resumable: true}
	large := make([]byte, maxUnackedBytes/4)
	for range 4 {
		if !sm.keep(large) {
			t.Fatal("the bound is too low")
		}
	}
	if sm.keep([]byte("x")) || sm.resumable || sm.size != 0 || sm.unacked != nil {
		t.Errorf("got %+v", sm)
	}
	if err := sm.acknowledge(5); err != nil || !sm.keep(large) || sm.unacked != nil {
		t.Errorf("got %v", err)
	}
}

func TestCountsWrapAround(t *testing.T) {
	sm := management{resumable: true, acked: 1<<32 - 1}
	sm.keep([]byte("a"))
	sm.keep([]byte("b"))
	if err := sm.acknowledge(1); err != nil || len(sm.unacked) != 0 || sm.size != 0 {
		t.Errorf("got %v and %+v", err, sm)
	}
}

func TestCloseEndsAnInterruptedStream(t *testing.T) {
	m := dialManaged(t, nil)
	m.cut(t)
	m.Close(t.Context())
	if err := expect(t, m.closed); err != nil {
		t.Errorf("got %v", err)
	}
	if err := m.Reconnect(t.Context()); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v", err)
	}
}
