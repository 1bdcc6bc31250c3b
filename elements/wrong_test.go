package elements

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-gst/go-glib/pkg/glib/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/deployment"
)

const (
	errorLimit = 10 * time.Second // within which a first join fails
	busy       = 5 * time.Second  // what a busy machine may add, of which forty at a time are asked
)

// wrong is a configuration with a mistake, and the error that says so.
type wrong struct {
	name       string
	properties string
	code       any    // a gst.ResourceError or the like: domain and code in one
	debug      string // what the debug text names
}

func domain(code any) glib.Quark {
	switch code.(type) {
	case gst.CoreError:
		return gst.CoreErrorQuark()
	case gst.ResourceError:
		return gst.ResourceErrorQuark()
	case gst.StreamError:
		return gst.StreamErrorQuark()
	}
	panic("a domain that no error has")
}

// isError checks what an error message says. No secret may be in it.
func isError(m *gst.Message, code any, named string) error {
	debug, posted := m.ParseError()
	got := posted.(*glib.GError)
	wanted := glib.Quark(got.Quark()) == domain(code) && fmt.Sprint(got.ErrorCode()) == fmt.Sprintf("%d", code)
	if !wanted || !strings.Contains(debug, named) {
		return fmt.Errorf("got %s %d: %v\n%s\nwant %v, naming %q", glib.QuarkToString(glib.Quark(got.Quark())), got.ErrorCode(), got, debug, code, named)
	}
	for _, secret := range []string{"hunter2", "wonderland", "opensesame", "swordfish"} {
		if strings.Contains(debug+got.Error(), secret) {
			return fmt.Errorf("the error tells a secret: %v %s", got, debug)
		}
	}
	return nil
}

// run plays a pipeline until its first error. It may run beside others: it says what is wrong by its result.
func (w wrong) run() error {
	e, err := gst.ParseLaunch("jitsisrc name=j local-addresses=127.0.0.1 " + w.properties + " ! fakesink")
	if err != nil {
		return err
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	bus, began := p.GetBus(), time.Now()
	p.SetState(gst.StatePlaying)
	m := bus.TimedPopFiltered(gst.ClockTime(errorLimit+patience), gst.MessageError)
	if m == nil {
		return errors.New("no error comes")
	}
	if took := time.Since(began); took > errorLimit+busy {
		return fmt.Errorf("the error comes after %s", took)
	}
	return isError(m, w.code, w.debug)
}

// deployments are started at the same time.
func deployments(t *testing.T, options map[string]deployment.Options) map[string]*deployment.Deployment {
	t.Helper()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		found = map[string]*deployment.Deployment{}
	)
	for name, opts := range options {
		wg.Go(func() {
			d, err := deployment.Start(t.Context(), opts)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			found[name] = d
			t.Cleanup(func() { d.Close() })
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return found
}

// silent is a server that takes connections and says nothing.
func silent(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
		}
	}()
	return listener.Addr().String()
}

func closedPort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// chatty is a server that speaks WebSocket, but not XMPP.
func chatty(t *testing.T, tls bool) *httptest.Server {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			conn.CloseNow()
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that refuse its certificate
	if tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

func port(address string) string {
	_, port, _ := strings.Cut(address[strings.LastIndex(address, "/")+1:], ":")
	return port
}

func TestEveryWrongConfigurationEndsInTheRightError(t *testing.T) {
	d := deployments(t, map[string]deployment.Options{
		"usual":  {},
		"tls":    {TLS: true},
		"users":  {Users: map[string]string{"alice": "looking-glass"}},
		"plain":  {Users: map[string]string{"alice": "looking-glass"}, PlainOnly: true},
		"tokens": {TokenSecret: "a secret of the deployment"},
		"small":  {MaxOccupants: 1},
		"empty":  {NoFocus: true},
	})
	dir := t.TempDir()
	noPEM := filepath.Join(dir, "no.pem")
	if err := os.WriteFile(noPEM, []byte("not PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	token := func(room string, life time.Duration) string {
		text, err := d["tokens"].Token(room, life)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	ctx := t.Context()
	usual := d["usual"]
	for room, prepare := range map[string]func(string) error{
		"locked":  func(room string) error { return usual.LockRoom(ctx, room, "swordfish") },
		"members": func(room string) error { return usual.MembersOnly(ctx, room, true) },
	} {
		if err := usual.CreateRoom(ctx, room); err != nil {
			t.Fatal(err)
		}
		if err := prepare(room); err != nil {
			t.Fatal(err)
		}
	}
	fillRoom(t, d["small"])

	at := func(name, room string) string { return "location=" + d[name].URL() + "/" + room + " " }
	here := func(more string) string { return at("usual", "room") + more }
	// websocket-url and xmpp-domain: nothing is fetched
	direct := func(url string) string { return "room=room xmpp-domain=localhost websocket-url=" + url }
	certificate := chatty(t, true)
	const (
		unreachable = gst.ResourceErrorOpenReadWrite
		refused     = gst.ResourceErrorNotAuthorized
		nowhere     = gst.ResourceErrorNotFound
		malformed   = gst.ResourceErrorSettings
	)
	list := []wrong{
		// host, port, path
		{"a host that does not exist", "location=https://no-such-host.invalid/room", unreachable, "no-such-host.invalid"},
		{"a port where nobody listens", "location=http://" + closedPort(t) + "/room", unreachable, "refused"},
		{"a server that says nothing", direct("ws://" + silent(t) + "/xmpp-websocket"), unreachable, "127.0.0.1"},
		{"a web server that says nothing", "location=http://" + silent(t) + "/room", unreachable, "127.0.0.1"},
		{"a path where a page is", direct(strings.Replace(usual.URL(), "http", "ws", 1) + "/elsewhere"), unreachable, "HTTP status 200"},
		{"a server that does not speak XMPP", direct(strings.Replace(chatty(t, false).URL, "http", "ws", 1)), unreachable, "sub-protocol"},
		// TLS
		{"a certificate of an unknown authority", at("tls", "room"), unreachable, "localhost"},
		{"a certificate of another host", direct("wss://localhost:"+port(certificate.URL)) + " ca-file=" + d["tls"].CAFile(), unreachable, "localhost"},
		{"TLS where there is none", direct(strings.Replace(usual.URL(), "http", "wss", 1) + "/xmpp-websocket"), unreachable, "localhost"},
		{"no TLS where there is some", direct(strings.Replace(d["tls"].URL(), "https", "ws", 1) + "/xmpp-websocket"), unreachable, "HTTP status 400"},
		// domains
		{"another XMPP domain", here("xmpp-domain=elsewhere.example"), unreachable, "host-unknown"},
		{"another room component", here("muc-domain=rooms.elsewhere.example"), nowhere, "rooms.elsewhere.example"},
		{"another focus", here("focus-jid=nobody.elsewhere.example"), nowhere, "nobody.elsewhere.example"},
		{"a room component as focus", here("focus-jid=conference.localhost"), nowhere, "conference.localhost"},
		{"a focus that is not there", at("empty", "room"), nowhere, "focus is not connected"},
		// login
		{"a login where there are no users", here("username=alice password=wonderland"), refused, "ANONYMOUS"},
		{"no login where there are users only", at("users", "room"), refused, "anonymous"},
		{"a wrong password", at("users", "room") + "username=alice password=wonderland", refused, "not-authorized"},
		{"an unknown user", at("users", "room") + "username=mallory password=wonderland", refused, "not-authorized"},
		{"a password that would be shown without TLS", at("plain", "room") + "username=alice password=looking-glass", refused, "PLAIN"},
		// tokens
		{"no token", at("tokens", "room"), refused, "token required"},
		{"what is no token", at("tokens", "room") + "token=hunter2", refused, "token invalid"},
		{"a token that has expired", at("tokens", "room?jwt="+token("room", -time.Minute)), refused, "token expired"},
		{"a token for another room", at("tokens", "room?jwt="+token("other", time.Hour)), refused, "mismatched"},
		// rooms
		{"a locked room", at("usual", "locked"), refused, "not-authorized"},
		{"a wrong room password", at("usual", "locked") + "room-password=opensesame", refused, "not-authorized"},
		{"a room for members", at("usual", "members"), refused, "registration-required"},
		{"a full room", at("small", "room"), gst.ResourceErrorBusy, "room is full"},
		// properties
		{"no room", "server=https://meet.example.org", malformed, "room"},
		{"a location that is none", "location=not-a-url", malformed, "not-a-url"},
		{"a location of another scheme", "location=ftp://meet.example.org/room", malformed, "ftp"},
		{"a location without a room", "location=https://meet.example.org/", malformed, "room"},
		{"a WebSocket URL of another scheme", "room=room xmpp-domain=localhost websocket-url=https://meet.example.org/", malformed, "ws"},
		{"a file of authorities that does not exist", here("ca-file=" + dir + "/missing.pem"), malformed, "missing.pem"},
		{"a file of authorities that is none", here("ca-file=" + noPEM), malformed, "no.pem"},
		{"a local address that is none", here("local-addresses=here"), malformed, "here"},
		{"a STUN server that is none", here("stun-server=http://stun.example.org"), malformed, "stun-server"},
		{"a TURN server without a password", here("turn-server=turn://turn.example.org"), malformed, "turn.example.org"},
		{"a TURN server over smoke signals", here("turn-server=turn://a:hunter2@turn.example.org?transport=smoke"), malformed, "turn.example.org"},
		{"a codec whose plugin is missing", here("video-codecs=av1"), gst.CoreErrorMissingPlugin, "rtpav1"},
		{"a codec that there is not", here("video-codecs=h266"), malformed, "h266"},
	}
	if len(list) < 30 {
		t.Fatalf("there are only %d", len(list))
	}
	failures := make([]error, len(list))
	var wg sync.WaitGroup
	for i, w := range list {
		wg.Go(func() { failures[i] = w.run() })
	}
	wg.Wait()
	for i, w := range list {
		if failures[i] != nil {
			t.Errorf("%s: %v", w.name, failures[i])
		}
	}
}

// fillRoom lets somebody into a room that has one place.
func fillRoom(t *testing.T, d *deployment.Deployment) {
	t.Helper()
	p := launch(t, "jitsisrc local-addresses=127.0.0.1 location="+d.URL()+"/room ! fakesink")
	t.Cleanup(func() { p.SetState(gst.StateNull) })
	p.SetState(gst.StatePlaying)
	bus := p.GetBus()
	for {
		m := bus.TimedPopFiltered(gst.ClockTime(patience), gst.MessageElement|gst.MessageError)
		if m == nil || m.Type() == gst.MessageError {
			t.Fatal("the room can't be entered")
		}
		if s := m.GetStructure(); s.GetName() == "jitsi-state-changed" && s.GetString("state") == "joined" {
			return
		}
	}
}
