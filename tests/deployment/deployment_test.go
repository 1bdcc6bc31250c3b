package deployment_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/wsxmpp"
	"gstjitsi/tests/deployment/xmltree"
)

func start(t *testing.T, opts deployment.Options) *deployment.Deployment {
	t.Helper()
	d, err := deployment.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// enter logs in through the front, asks for the room and joins it. What comes later goes to stanzas.
func enter(t *testing.T, d *deployment.Deployment, room, id string) (client *wsxmpp.Client, stanzas chan *xmltree.Element) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	client, err := wsxmpp.Dial(ctx, d.WebSocketURL(), d.Domain(), wsxmpp.Login{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(ctx) })
	stanzas = make(chan *xmltree.Element, 256)
	go func() {
		defer close(stanzas)
		for {
			stanza, err := client.Receive(ctx)
			if err != nil {
				return
			}
			if kind := stanza.Attr("type"); stanza.Name == "iq" && (kind == "get" || kind == "set") {
				answer := xmltree.New(wsxmpp.NSClient, "iq", "type", "result", "to", stanza.Attr("from"), "id", stanza.Attr("id"))
				if err := client.Send(ctx, answer.Add(stanza.Child("", "query"))); err != nil {
					return
				}
			}
			stanzas <- stanza
		}
	}()
	address := room + "@" + d.MUCDomain()
	request := xmltree.New("http://jitsi.org/protocol/focus", "conference", "room", address, "machine-uid", "x")
	if err := client.Send(ctx, xmltree.New(wsxmpp.NSClient, "iq", "type", "set", "id", "c", "to", d.FocusDomain()).Add(request)); err != nil {
		t.Fatal(err)
	}
	until(t, stanzas, func(s *xmltree.Element) bool { return s.Attr("id") == "c" && s.Attr("type") == "result" })
	if err := client.Send(ctx, xmltree.New(wsxmpp.NSClient, "presence", "to", address+"/"+id).
		Add(xmltree.New("http://jabber.org/protocol/muc", "x"))); err != nil {
		t.Fatal(err)
	}
	if _, err := d.WaitFor(ctx, deployment.Kind(events.Joined, id)); err != nil {
		t.Fatal(err)
	}
	return client, stanzas
}

func until(t *testing.T, stanzas chan *xmltree.Element, match func(*xmltree.Element) bool) *xmltree.Element {
	t.Helper()
	for stanza := range stanzas {
		if match(stanza) {
			return stanza
		}
	}
	t.Fatal("the stream ended without the stanza")
	return nil
}

func sessionInitiate(t *testing.T, stanzas chan *xmltree.Element) *xmltree.Element {
	t.Helper()
	return until(t, stanzas, func(s *xmltree.Element) bool {
		return s.Child("", "jingle").Attr("action") == "session-initiate"
	}).Child("", "jingle")
}

func TestMeetingThroughOnePort(t *testing.T) {
	d := start(t, deployment.Options{})
	if !strings.HasPrefix(d.URL(), "http://localhost:") || d.WebSocketURL() != "ws"+strings.TrimPrefix(d.URL(), "http")+"/xmpp-websocket" {
		t.Errorf("URL %s, WebSocket %s", d.URL(), d.WebSocketURL())
	}
	_, stanzas := enter(t, d, "room", "aaaa1111")
	enter(t, d, "room", "bbbb2222")
	transport := sessionInitiate(t, stanzas).Child("", "content").Child("", "transport")
	channel := transport.Child("", "web-socket").Attr("url")
	if !strings.HasPrefix(channel, "ws"+strings.TrimPrefix(d.URL(), "http")+"/colibri-ws/") {
		t.Errorf("the channel is at %s", channel)
	}
	conn, _, err := websocket.Dial(t.Context(), channel, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if _, hello, err := conn.Read(t.Context()); err != nil || string(hello) != `{"colibriClass":"ServerHello"}` {
		t.Errorf("the channel begins with %s, %v", hello, err)
	}
}

func TestTLSWithTheAuthoritysFile(t *testing.T) {
	d := start(t, deployment.Options{TLS: true})
	if !strings.HasPrefix(d.URL(), "https://") || !strings.HasPrefix(d.WebSocketURL(), "wss://") {
		t.Errorf("URL %s, WebSocket %s", d.URL(), d.WebSocketURL())
	}
	text, err := os.ReadFile(d.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	response, err := trusting.Get(d.URL() + "/config.js")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	config, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(config), d.WebSocketURL()) {
		t.Errorf("config.js is %s, %v", config, err)
	}
	if _, err := http.Get(d.URL()); err == nil {
		t.Error("who doesn't know the authority trusts it nevertheless")
	}
	conn, _, err := websocket.Dial(t.Context(), d.WebSocketURL(), &websocket.DialOptions{HTTPClient: trusting, Subprotocols: []string{"xmpp"}})
	if err != nil {
		t.Fatal(err)
	}
	conn.CloseNow()
}

func TestDeploymentsRunSideBySideAndLeaveNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	a, b := start(t, deployment.Options{TLS: true}), start(t, deployment.Options{Domain: "meet.test"})
	enterBoth := func(d *deployment.Deployment) {
		_, stanzas := enter(t, d, "room", "aaaa1111")
		enter(t, d, "room", "bbbb2222")
		sessionInitiate(t, stanzas)
	}
	enterBoth(b)
	if n := len(a.Events()); n != 0 {
		t.Errorf("one deployment sees the other's events: %v", a.Events())
	}
	for _, d := range []*deployment.Deployment{a, b} {
		front, err := url.Parse(d.URL())
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := http.Get("http://" + front.Host); err == nil {
			t.Errorf("%s still answers", front.Host)
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDroppedConnectionsEnd(t *testing.T) {
	d := start(t, deployment.Options{ResumeTimeout: time.Second})
	_, stanzas := enter(t, d, "room", "aaaa1111")
	d.DropConnections()
	for range stanzas {
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := d.WaitFor(ctx, deployment.Kind(events.Left, "aaaa1111")); err != nil {
		t.Error(err)
	}
}

func TestRoomIsLockedBeforeAnybodyComes(t *testing.T) {
	d := start(t, deployment.Options{})
	if err := d.CreateRoom(t.Context(), "Room"); err != nil {
		t.Fatal(err)
	}
	if err := d.LockRoom(t.Context(), "Room", "sesame"); err != nil {
		t.Fatal(err)
	}
	client, err := wsxmpp.Dial(t.Context(), d.WebSocketURL(), d.Domain(), wsxmpp.Login{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	if err := client.Send(t.Context(), xmltree.New(wsxmpp.NSClient, "presence", "to", "room@"+d.MUCDomain()+"/a").
		Add(xmltree.New("http://jabber.org/protocol/muc", "x"))); err != nil {
		t.Fatal(err)
	}
	answer, err := client.Receive(t.Context())
	if err != nil || answer.Child("", "error").Child("", "not-authorized") == nil {
		t.Errorf("without the password: %s, %v", answer, err)
	}
}

// TestKilledCommandLeavesNoProcess kills the process that runs a deployment, as a test run may be killed.
func TestKilledCommandLeavesNoProcess(t *testing.T) {
	if os.Getenv("DEPLOYMENT_TEST_CHILD") != "" {
		start(t, deployment.Options{})
		os.Stdout.WriteString("ready\n")
		select {}
	}
	dir := t.TempDir()
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), "DEPLOYMENT_TEST_CHILD=1", "TMPDIR="+dir)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	children := processesIn(t, dir)
	if len(children) == 0 {
		t.Error("found no Prosody of the command")
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // it was killed
	for _, pid := range children {
		if err := waitEnd(pid, 10*time.Second); err != nil {
			t.Fatal(err)
		}
	}
}

// waitEnd waits for the end of a process that isn't ours (pidfd_open(2)).
func waitEnd(pid int, limit time.Duration) error {
	const pidfdOpen = 434 // on all architectures
	fd, _, failure := syscall.Syscall(pidfdOpen, uintptr(pid), 0, 0)
	if failure == syscall.ESRCH {
		return nil
	} else if failure != 0 {
		return fmt.Errorf("watch process %d: %w", pid, failure)
	}
	defer syscall.Close(int(fd))
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		return err
	}
	defer syscall.Close(epoll)
	if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, int(fd), &syscall.EpollEvent{Events: syscall.EPOLLIN}); err != nil {
		return fmt.Errorf("watch process %d: %w", pid, err)
	}
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		n, err := syscall.EpollWait(epoll, make([]syscall.EpollEvent, 1), int(time.Until(deadline).Milliseconds())+1)
		if n > 0 {
			return nil
		} else if err != nil && err != syscall.EINTR {
			return fmt.Errorf("watch process %d: %w", pid, err)
		}
	}
	return fmt.Errorf("process %d survives", pid)
}

// processesIn finds processes by their working directory.
func processesIn(t *testing.T, dir string) []int {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, dir) {
			pid, err := strconv.Atoi(strings.Split(link, "/")[2])
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, pid)
		}
	}
	return found
}
