package conference

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"

	"gstjitsi/tests/wire"
)

// leftovers are the goroutines of ours that still run.
func leftovers() string {
	buf := make([]byte, 1<<20)
	var found []string
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		for _, mark := range []string{"signaling/xmpp.", "signaling/bridge.", "conference.(*stay)", "conference.(*Conference)", "http.(*persistConn)"} {
			if strings.Contains(stack, mark) {
				found = append(found, stack)
				break
			}
		}
	}
	return strings.Join(found, "\n\n")
}

// nothingIsLeft gives goroutines that have done all they had to do the time to vanish.
func nothingIsLeft(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for leftovers() != "" {
		if time.Now().After(deadline) {
			t.Fatalf("still running:\n%s", leftovers())
		}
		runtime.Gosched()
	}
}

func TestNothingIsLeftAfterwards(t *testing.T) {
	for _, tt := range []struct {
		name string
		stay func(*testing.T)
	}{
		{"of a stay with a session", func(t *testing.T) {
			s, g, _ := inSession(t)
			_ = s
			g.cancel()
			if err := g.end(); err != nil {
				t.Error(err)
			}
		}},
		{"of a stay that failed", func(t *testing.T) {
			s, g, _ := inSession(t)
			s.send(unavailableOf(testID, `<item role='none'/><status code='307'/>`))
			if err := g.end(); err == nil {
				t.Error("no error")
			}
		}},
		{"of a stay that was cancelled before it began", func(t *testing.T) {
			g := start(t, testConfig(newServer(t)))
			g.cancel()
			if err := g.end(); err != nil {
				t.Error(err)
			}
		}},
		{"of a server that hangs up for good", func(t *testing.T) {
			s := newServer(t)
			cfg := testConfig(s)
			cfg.ReconnectTimeout = 100 * time.Millisecond
			g := start(t, cfg)
			g.reaches(Connecting, Joined)
			s.hangUp()
			var got *Error
			if err := g.end(); !errors.As(err, &got) || got.Reason != ConnectionLost {
				t.Errorf("got %v", err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.stay(t)
			nothingIsLeft(t)
		})
	}
}

func newWire(t *testing.T, to string) *wire.Wire {
	w, err := wire.New(to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func TestLeavingADeadNetworkTakesNoLongerThanAllowed(t *testing.T) {
	s := newServer(t)
	w := newWire(t, strings.TrimPrefix(s.http.URL, "http://"))
	cfg := testConfig(s)
	cfg.WebSocketURL = "ws://" + w.Addr() + "/xmpp-websocket"
	cfg.LeaveTimeout = 200 * time.Millisecond
	g := start(t, cfg)
	g.reaches(Connecting, Joined)
	w.Silence()
	started := time.Now()
	g.cancel()
	if err := g.end(); err != nil {
		t.Error(err)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it takes %s", took)
	}
	nothingIsLeft(t)
}

func TestWhatDoesNotAnswerInTimeIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name, silent string
		want         Reason
		says         string
	}{
		{"a server that opens no stream", "<open", Unreachable, "127.0.0.1"},
		{"a focus", "<conference", FocusNotReady, "focus.jitsi.test"},
		{"a room", `<x xmlns="http://jabber.org/protocol/muc"`, RoomNotFound, testRoom},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.answers[tt.silent] = ""
			cfg := testConfig(s)
			cfg.JoinTimeout = 100 * time.Millisecond
			g := start(t, cfg)
			var got *Error
			if err := g.end(); !errors.As(err, &got) || got.Reason != tt.want || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want reason %d that says %s", err, tt.want, tt.says)
			}
			nothingIsLeft(t)
		})
	}
}

func TestTheFocusIsAskedUntilItIsReady(t *testing.T) {
	s := newServer(t)
	s.answers["<conference"] = `<iq from='focus.jitsi.test' to='` + testJID + `' type='result' xmlns='jabber:client' id='ID'>` +
		`<conference room='` + testRoom + `' xmlns='http://jitsi.org/protocol/focus' ready='false'/></iq>`
	cfg := testConfig(s)
	cfg.JoinTimeout = time.Second
	g := start(t, cfg)
	s.expect("<conference")
	s.expect("<conference")
	var got *Error
	if err := g.end(); !errors.As(err, &got) || got.Reason != FocusNotReady {
		t.Errorf("got %v", err)
	}
}

func TestNoSecretIsSpoken(t *testing.T) {
	var log lockedLog
	secrets := []string{"hunter2", "opensesame", "swordfish"}
	check := func(err error) {
		t.Helper()
		for _, secret := range secrets {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error says %s: %v", secret, err)
			}
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log says %s:\n%s", secret, log.String())
			}
		}
	}
	s := newServer(t)
	s.answers["extdisco"] = `<iq from='jitsi.test' to='` + testJID + `' type='result' xmlns='jabber:client' id='ID'><services xmlns='urn:xmpp:extdisco:2'>` +
		`<service type='turn' host='h' username='u' password='swordfish'/></services></iq>`
	cfg := testConfig(s)
	cfg.Token, cfg.RoomPassword = "hunter2", "opensesame"
	cfg.Loggers = &logging.DefaultLoggerFactory{Writer: &log, DefaultLogLevel: logging.LogLevelTrace, ScopeLevels: map[string]logging.LogLevel{}}
	g := start(t, cfg)
	g.reaches(Connecting, Joined)
	s.expect("<password>opensesame</password>")
	s.mu.Lock()
	query := s.query
	s.mu.Unlock()
	if query != "room=cap-a&token=hunter2" {
		t.Errorf("got query %s", query)
	}
	g.cancel()
	check(g.end())
	for _, url := range []string{"ws://127.0.0.1:1/x", "ws://no-such-host.invalid/x?token=hunter2", s.url() + "/%zz"} {
		cfg.WebSocketURL = url
		c, err := New(cfg)
		if err == nil {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			err = c.Run(ctx)
			cancel()
		}
		if err == nil {
			t.Errorf("%s: no error", url)
		}
		check(err)
	}
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

func TestNewRefuses(t *testing.T) {
	good := Config{
		WebSocketURL: "wss://meet.example.org/xmpp-websocket", XMPPDomain: "meet.example.org",
		MUCDomain: "conference.meet.example.org", FocusJID: "focus.meet.example.org", Room: "room",
	}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*Config)
		says   string
	}{
		{"a URL of another scheme", func(c *Config) { c.WebSocketURL = "https://meet.example.org/x?token=hunter2" }, "no ws or wss URL"},
		{"no XMPP domain", func(c *Config) { c.XMPPDomain = "" }, "XMPP domain"},
		{"no room", func(c *Config) { c.Room = "" }, "no room"},
		{"a room that a JID can't carry", func(c *Config) { c.Room = "a b" }, `"a b"`},
		{"a focus that is no JID", func(c *Config) { c.FocusJID = "@" }, "focus JID"},
		{"the focus' own name", func(c *Config) { c.EndpointID = "focus" }, "endpoint id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.change(&cfg)
			_, err := New(cfg)
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEndpointIDsAreEightHexDigitsAndDiffer(t *testing.T) {
	a, b := randomEndpointID(), randomEndpointID()
	if len(a) != 8 || strings.Trim(a, "0123456789abcdef") != "" || a == b {
		t.Errorf("got %q and %q", a, b)
	}
}
