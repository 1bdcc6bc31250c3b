package bridge

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/logging"

	"gstjitsi/signaling/colibri"
)

const patience = 5 * time.Second

// peer is a bridge that hands its connections to the test.
type peer struct {
	t     *testing.T
	http  *httptest.Server
	conns chan *websocket.Conn
}

func newPeer(t *testing.T) *peer {
	p := &peer{t: t, conns: make(chan *websocket.Conn, 4)}
	stop := make(chan struct{})
	p.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		p.conns <- conn
		<-stop
		_ = conn.CloseNow()
	}))
	t.Cleanup(func() { close(stop); p.http.Close() })
	return p
}

func (p *peer) accept() *websocket.Conn {
	p.t.Helper()
	return receive(p.t, p.conns, "a connection")
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("%s does not come", what)
		panic("unreachable")
	}
}

func (p *peer) expect(conn *websocket.Conn, part string) {
	p.t.Helper()
	_, data, err := conn.Read(p.t.Context())
	if err != nil || !strings.Contains(string(data), part) {
		p.t.Fatalf("got %s, %v, want %s", data, err, part)
	}
}

func (p *peer) say(conn *websocket.Conn, message string) {
	p.t.Helper()
	if err := conn.Write(p.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		p.t.Fatal(err)
	}
}

// observed is what a channel under test reported.
type observed struct {
	*Channel
	opened   chan bool
	received chan colibri.Message
	log      lockedLog
}

// lockedLog may be written by several loggers and read by the test.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func open(t *testing.T, p *peer) *observed { return openWith(t, p, func(*Config) {}) }

func openWith(t *testing.T, p *peer, change func(*Config)) *observed {
	o := &observed{opened: make(chan bool, 16), received: make(chan colibri.Message, 16)}
	cfg := Config{
		URL:         "ws" + strings.TrimPrefix(p.http.URL, "http") + "/colibri-ws/jvb/conference/5410b27b?pwd=hunter2",
		Constraints: colibri.ReceiverVideoConstraints{LastN: -1, DefaultConstraints: colibri.VideoConstraints{MaxHeight: 720}},
		VideoTypes:  []colibri.SourceVideoType{{SourceName: "5410b27b-v0", VideoType: "camera"}},
		Opened:      func(open bool) { o.opened <- open },
		Received:    func(m colibri.Message) { o.received <- m },
		Log:         logging.NewDefaultLeveledLoggerForScope("colibri", logging.LogLevelTrace, &o.log),
	}
	change(&cfg)
	o.Channel = Open(cfg)
	t.Cleanup(func() {
		o.Close()
		if strings.Contains(o.log.String(), "hunter2") {
			t.Errorf("the password is in the log:\n%s", o.log.String())
		}
	})
	return o
}

func TestEveryConnectionStartsWithTheConstraints(t *testing.T) {
	p := newPeer(t)
	c := open(t, p)
	conn := p.accept()
	p.expect(conn, `"ReceiverVideoConstraints","lastN":-1`)
	p.expect(conn, `"SourceVideoTypeMessage"`)
	if !receive(t, c.opened, "opening") {
		t.Error("the channel closes first")
	}
	c.SetConstraints(colibri.ReceiverVideoConstraints{LastN: 3})
	p.expect(conn, `"lastN":3`)

	_ = conn.Close(websocket.StatusGoingAway, "restart")
	if receive(t, c.opened, "closing") {
		t.Error("the channel opens twice")
	}
	again := p.accept()
	p.expect(again, `"lastN":3`)
	p.expect(again, `"SourceVideoTypeMessage"`)
	if !receive(t, c.opened, "opening again") {
		t.Error("the channel closes twice")
	}
}

func TestEveryConnectionIsToldWhoseSoundToSend(t *testing.T) {
	p := newPeer(t)
	c := open(t, p)
	conn := p.accept()
	p.expect(conn, `"ReceiverVideoConstraints"`)
	p.expect(conn, `"SourceVideoTypeMessage"`) // and nothing of sound before anybody asks
	c.SetAudio(colibri.ReceiverAudioSubscription{})
	p.expect(conn, `"ReceiverAudioSubscription","mode":"None"`)
	c.SetAudio(colibri.ReceiverAudioSubscription{Sources: []string{"f6368c2e-a0"}})
	p.expect(conn, `"mode":"Include","list":["f6368c2e-a0"]`)

	_ = conn.Close(websocket.StatusGoingAway, "restart")
	again := p.accept()
	p.expect(again, `"ReceiverVideoConstraints"`)
	p.expect(again, `"mode":"Include","list":["f6368c2e-a0"]`)
}

func TestChangedVideoTypesAreTold(t *testing.T) {
	p := newPeer(t)
	c := open(t, p)
	conn := p.accept()
	p.expect(conn, `"ReceiverVideoConstraints"`)
	p.expect(conn, `"camera"`)
	c.SetVideoTypes([]colibri.SourceVideoType{{SourceName: "5410b27b-v0", VideoType: "none"}})
	p.expect(conn, `"none"`)
}

func TestMalformedMessagesCostNothingButThemselves(t *testing.T) {
	p := newPeer(t)
	c := open(t, p)
	conn := p.accept()
	for _, message := range []string{`{`, ``, `[]`, `{"colibriClass":"Later"}`, `{"colibriClass":"ServerHello","version":1}`} {
		p.say(conn, message)
	}
	p.say(conn, `{"colibriClass":"DominantSpeakerEndpointChangeEvent","dominantSpeakerEndpoint":"f6368c2e"}`)
	if m, ok := receive(t, c.received, "the speaker").(*colibri.DominantSpeaker); !ok || m.Endpoint != "f6368c2e" {
		t.Errorf("got %+v", m)
	}
}

func TestABridgeThatDoesNotAnswerIsTriedAgain(t *testing.T) {
	calls := make(chan struct{}, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls <- struct{}{}
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	unknown := make(chan struct{}, 8)
	openWith(t, &peer{t: t, http: server}, func(cfg *Config) { cfg.Unknown = func() { unknown <- struct{}{} } })
	receive(t, calls, "the first attempt")
	receive(t, calls, "the second attempt")
	receive(t, unknown, "word of a bridge that does not know us")
}

func TestABridgeThatAnswersNoPingIsLeft(t *testing.T) {
	for _, tt := range []struct {
		name     string
		interval time.Duration
		check    bool
	}{{"in time", 100 * time.Millisecond, false}, {"at once when there is reason to doubt", time.Second, true}} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(t)
			c := openWith(t, p, func(cfg *Config) { cfg.PingInterval = tt.interval })
			p.accept() // never read
			if !receive(t, c.opened, "opening") {
				t.Error("the channel closes first")
			}
			if tt.check {
				c.Check()
			}
			if receive(t, c.opened, "closing") {
				t.Error("the channel opens twice")
			}
			p.accept()
		})
	}
}

func TestABridgeThatAnswersPingsStays(t *testing.T) {
	p := newPeer(t)
	c := openWith(t, p, func(cfg *Config) { cfg.PingInterval = 2 * time.Second })
	conn := p.accept()
	receive(t, c.opened, "opening")
	began := time.Now()
	for c.Check(); time.Since(began) < 1200*time.Millisecond; { // longer than an answer may take; reading answers pings
		c.SetConstraints(colibri.ReceiverVideoConstraints{LastN: 1})
		p.expect(conn, "colibriClass")
	}
	select {
	case <-c.opened:
		t.Error("the channel closes")
	default:
	}
}

func TestCloseEndsAtOnceWhereTheBridgeIsSilent(t *testing.T) {
	p := newPeer(t)
	c := open(t, p)
	p.accept() // never read
	receive(t, c.opened, "opening")
	done := make(chan struct{})
	go func() { c.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Second):
		t.Error("closing takes longer than a second")
	}
}
