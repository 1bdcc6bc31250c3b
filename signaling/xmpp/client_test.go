package xmpp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/logging"
	"mellium.im/sasl"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

const patience = 5 * time.Second

// scripted is a server that says what a test wants: the answer to the stanza that contains the key.
type scripted struct {
	t       *testing.T
	mu      sync.Mutex
	answers map[string]string
	query   chan string
	conns   chan *websocket.Conn
	seen    chan string // what clients send; what finds no place is forgotten
}

var idPattern = regexp.MustCompile(` id="([^"]*)"`)

const opening = `<open from='jitsi.test' xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`

func featuresOf(inside string) string {
	return `<stream:features xmlns:stream='http://etherx.jabber.org/streams'>` + inside + `</stream:features>`
}

// usualAnswers let anybody in.
func usualAnswers() map[string]string {
	return map[string]string{
		"<open#1": opening + "\n" + featuresOf(`<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>ANONYMOUS</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms>`),
		"<open#2": opening + "\n" + featuresOf(`<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`),
		"<auth":   `<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`,
		"<bind":   `<iq xmlns='jabber:client' type='result' id='ID'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@jitsi.test/r</jid></bind></iq>`,
		"<close":  `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`,
		"<ping":   `<iq xmlns='jabber:client' type='result' id='ID' from='jitsi.test'/>`,
	}
}

func (s *scripted) script() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.answers)
}

func (s *scripted) set(key, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[key] = answer
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"xmpp"}})
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	s.query <- r.URL.RawQuery
	s.conns <- conn
	opened := 0
	for {
		_, data, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		in := string(data)
		select {
		case s.seen <- in:
		default:
		}
		if strings.HasPrefix(in, "<open") {
			opened++
			in = fmt.Sprintf("<open#%d", opened)
		}
		for key, answer := range s.script() {
			if !strings.Contains(in, key) {
				continue
			}
			if m := idPattern.FindStringSubmatch(in); m != nil {
				answer = strings.ReplaceAll(answer, "'ID'", "'"+m[1]+"'")
			}
			for _, part := range strings.Split(answer, "\n") {
				if part != "" && conn.Write(r.Context(), websocket.MessageText, []byte(part)) != nil {
					return
				}
			}
		}
	}
}

type testClient struct {
	*Client
	server *scripted
	conn   *websocket.Conn
	query  string
	closed chan error
	log    strings.Builder
}

func dialScripted(t *testing.T, change func(*scripted, *Config)) (*testClient, error) {
	t.Helper()
	s := &scripted{t: t, answers: usualAnswers(), query: make(chan string, 8), conns: make(chan *websocket.Conn, 8), seen: make(chan string, 64)}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c := &testClient{server: s, closed: make(chan error, 1)}
	cfg := Config{
		URL: "ws" + strings.TrimPrefix(server.URL, "http") + "/xmpp-websocket", Domain: "jitsi.test", Room: "lab", Token: "hunter2",
		Handle: func(*Client, Stanza) {}, Closed: func(err error) { c.closed <- err },
		Log: logging.NewDefaultLeveledLoggerForScope("xmpp", logging.LogLevelDebug, t.Output()),
	}
	if change != nil {
		change(s, &cfg)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	if c.Client, err = Dial(ctx, cfg); err != nil {
		return nil, err
	}
	c.query, c.conn = <-s.query, <-s.conns
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		c.Close(ctx)
	})
	return c, nil
}

func TestRoomAndTokenAreInTheURL(t *testing.T) {
	c, err := dialScripted(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.query != "room=lab&token=hunter2" {
		t.Errorf("got %s", c.query)
	}
}

func TestFailuresOfNegotiation(t *testing.T) {
	for _, tt := range []struct{ name, key, answer, says string }{
		{"something else than a stream", "<open#1", `<html/>`, "answers with <html>"},
		{"no XML", "<open#1", `hello`, "malformed XML"},
		{"no features", "<open#1", opening + "\n" + `<iq xmlns='jabber:client'/>`, "where its features are due"},
		{"an unknown mechanism only", "<open#1", opening + "\n" + featuresOf(`<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>X-FACE</mechanism></mechanisms>`), "offers X-FACE"},
		{"a refusal", "<auth", `<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/></failure>`, "temporary-auth-failure"},
		{"a question in return", "<auth", `<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`, "goes on asking"},
		{"an end in the middle", "<auth", `<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`, "closed the stream"},
		{"no binding", "<open#2", opening + "\n" + featuresOf(""), "not offered"},
		{"a refused binding", "<bind", `<iq xmlns='jabber:client' type='error' id='ID'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`, "resource-constraint"},
		{"a binding without an address", "<bind", `<iq xmlns='jabber:client' type='result' id='ID'/>`, "assigns no address"},
		{"a binding to no address", "<bind", `<iq xmlns='jabber:client' type='result' id='ID'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>@@</jid></bind></iq>`, "malformed address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := dialScripted(t, func(s *scripted, _ *Config) { s.answers[tt.key] = tt.answer })
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error that says %q", err, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the token is in the error: %v", err)
			}
		})
	}
}

func TestAnswersCountOnlyFromWhomWasAsked(t *testing.T) {
	focus := jid.MustParse("focus.jitsi.test")
	c, err := dialScripted(t, func(s *scripted, _ *Config) {
		s.answers[`to="focus.jitsi.test"`] = `<iq xmlns='jabber:client' type='error' id='ID' from='mallory@jitsi.test/x'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>` +
			"\n" + `<iq xmlns='jabber:client' type='result' id='ID'/>` +
			"\n" + `<iq xmlns='jabber:client' type='result' id='ID' from='focus.jitsi.test'><ping xmlns='urn:xmpp:ping'/></iq>`
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	iq, err := c.Request(ctx, focus, stanza.GetIQ, nil)
	if err != nil || !iq.From.Equal(focus) {
		t.Errorf("got %v", err)
	}
}

func TestARequestEndsWithItsContext(t *testing.T) {
	c, err := dialScripted(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = c.Request(ctx, jid.MustParse("silent.jitsi.test"), stanza.GetIQ, nil)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "silent.jitsi.test") {
		t.Errorf("got %v", err)
	}
}

func TestARequestEndsWithTheStream(t *testing.T) {
	c, err := dialScripted(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := c.Ask(jid.MustParse("silent.jitsi.test"), stanza.GetIQ, nil)
	_ = c.conn.CloseNow()
	if _, err := q.Wait(t.Context()); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v", err)
	}
}

func pings(interval, limit time.Duration, answer string) func(*scripted, *Config) {
	return func(s *scripted, cfg *Config) {
		s.answers["<ping"] = answer
		cfg.PingInterval, cfg.PingLimit = interval, limit
	}
}

func TestAServerThatAnswersNoPingIsDead(t *testing.T) {
	c, err := dialScripted(t, pings(10*time.Millisecond, 50*time.Millisecond, ""))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-c.closed:
		if err == nil || !strings.Contains(err.Error(), "no answer to pings") {
			t.Errorf("got %v", err)
		}
	case <-time.After(patience):
		t.Error("nobody notices")
	}
}

func TestADoubtIsCleared(t *testing.T) {
	c, err := dialScripted(t, pings(200*time.Millisecond, time.Hour, ""))
	if err != nil {
		t.Fatal(err)
	}
	c.Check()
	select {
	case err := <-c.closed:
		if err == nil || !strings.Contains(err.Error(), "no answer to pings") {
			t.Errorf("got %v", err)
		}
	case <-time.After(patience):
		t.Error("nobody notices")
	}
}

func TestAServerThatRefusesPingsIsAlive(t *testing.T) {
	refusals := make(chan struct{}, 64)
	c, err := dialScripted(t, func(s *scripted, cfg *Config) {
		pings(10*time.Millisecond, 50*time.Millisecond, `<iq xmlns='jabber:client' type='error' id='ID' from='jitsi.test'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`+
			"\n"+`<message xmlns='jabber:client'/>`)(s, cfg)
		cfg.Handle = func(*Client, Stanza) { refusals <- struct{}{} }
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 { // twice the limit
		select {
		case <-refusals:
		case err := <-c.closed:
			t.Fatalf("the stream ends: %v", err)
		}
	}
}

func TestCloseDoesNotWaitForADeadServer(t *testing.T) {
	c, err := dialScripted(t, func(s *scripted, _ *Config) { s.answers["<close"] = "" })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	started := time.Now()
	c.Close(ctx)
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it takes %s", took)
	}
}

func TestMechanisms(t *testing.T) {
	all := []string{"X-FACE", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "ANONYMOUS"}
	for _, tt := range []struct {
		name, user string
		secure     bool
		offered    []string
		want       string // empty: none
	}{
		{"without a name it is anonymous", "", true, all, "ANONYMOUS"},
		{"the stronger SCRAM comes first", "alice", true, all, "SCRAM-SHA-256"},
		{"the weaker SCRAM is better than none", "alice", false, []string{"PLAIN", "SCRAM-SHA-1"}, "SCRAM-SHA-1"},
		{"PLAIN goes over TLS", "alice", true, []string{"PLAIN"}, "PLAIN"},
		{"PLAIN without TLS does not", "alice", false, []string{"PLAIN"}, ""},
		{"a name is not thrown away", "alice", true, []string{"ANONYMOUS"}, ""},
		{"nothing offered is nothing", "", true, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := negotiation{cfg: Config{Username: tt.user, Password: "x"}, secure: tt.secure}
			m, err := n.chooseMechanism(tt.offered)
			if m.Name != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("got %q, %v", m.Name, err)
			}
		})
	}
}

func TestSCRAMBearsAnyServer(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, tt := range []struct{ name, challenge string }{
		{"no base64", "%%%"},
		{"nothing", ""},
		{"an empty last field", encode("r=abc,s=QQ==,i=1,")},
		{"fields without values", encode("r,s,i")},
		{"another nonce", encode("r=abc,s=QQ==,i=4096")},
		{"work for years", encode("r=abc,s=QQ==,i=2000000000")},
		{"work for nobody", encode("r=abc,s=QQ==,i=-1")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := sasl.NewClient(sasl.ScramSha1, sasl.Credentials(func() (user, password, identity []byte) {
				return []byte("alice"), []byte("secret"), nil
			}))
			more, _, err := client.Step(nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := answerChallenge(client, more, tt.challenge); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestSuccessWithoutAProofIsNone(t *testing.T) {
	_, err := dialScripted(t, func(_ *scripted, cfg *Config) { cfg.Username, cfg.Password = "alice", "secret" })
	var refused *AuthError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "without a proof") {
		t.Errorf("got %v", err)
	}
}
