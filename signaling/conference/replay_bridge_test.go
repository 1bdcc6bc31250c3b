package conference

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// replayBridge plays the bridge of a recording. Each session has a URL of its own.
type replayBridge struct {
	t     *testing.T
	url   string
	conns chan *replayConn // that clients opened and the recording has not come to yet
	conn  *replayConn      // of the present session, as far as the recording has come
	calm  bool             // no bridge died
	pings int

	recorded map[string]string // what the recorded client said last, by kind and source
	got      map[string]string // the same of ours

	mu       sync.Mutex
	sessions int
	dead     map[string]bool // URLs that answer no more
}

// replayConn is one connection and what the client said over it.
type replayConn struct {
	*websocket.Conn
	said chan string
}

func newReplayBridge(t *testing.T) *replayBridge {
	b := &replayBridge{
		t: t, conns: make(chan *replayConn, 4), dead: map[string]bool{}, calm: true,
		recorded: map[string]string{}, got: map[string]string{},
	}
	server := httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(server.Close)
	b.url = "ws" + strings.TrimPrefix(server.URL, "http")
	return b
}

func (b *replayBridge) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	dead := b.dead[r.URL.Path]
	b.mu.Unlock()
	if dead {
		http.Error(w, "the bridge is dead", http.StatusServiceUnavailable)
		return
	}
	accepted, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	conn := &replayConn{accepted, make(chan string, 256)}
	defer func() { _ = conn.CloseNow() }()
	b.conns <- conn
	for {
		_, data, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		conn.said <- string(data)
	}
}

func (b *replayBridge) path() string { return fmt.Sprintf("/colibri-ws/%d", b.sessions) }

// nextURL is that of a new session.
func (b *replayBridge) nextURL() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sessions++
	b.conn = nil
	return b.url + b.path()
}

func (b *replayBridge) play(r *replay, l line) {
	switch l.Direction {
	case "OPENED":
		b.opened(r)
	case "CLOSED":
		b.closed(l.Text)
	case "S>C":
		if b.conn == nil { // said to a session that has ended
			return
		}
		if _, err := colibri.Parse([]byte(l.Text)); err != nil {
			r.failf("%v", err)
		}
		b.say(r, l.Text)
		r.settle()
	case "C>S":
		b.clientSays(r, l.Text)
	}
}

// opened waits for our channel, which asks for video before anything else: the bridge sends none before.
func (b *replayBridge) opened(r *replay) {
	b.mu.Lock()
	delete(b.dead, b.path())
	b.mu.Unlock()
	select {
	case b.conn = <-b.conns:
	case <-time.After(patience):
		r.failf("we open no channel")
	}
	if first := b.hear(r); !strings.Contains(first, `"ReceiverVideoConstraints"`) {
		r.failf("the channel begins with %s", first)
	}
}

// closed is the bridge's doing; with code 1005 the client's, which does it when it likes.
func (b *replayBridge) closed(payload string) {
	if b.conn == nil || strings.HasPrefix(payload, "code=1005") {
		return
	}
	b.mu.Lock()
	b.dead[b.path()] = true
	b.mu.Unlock()
	b.calm = false
	_ = b.conn.CloseNow()
	b.conn = nil
}

func (b *replayBridge) say(r *replay, message string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		r.failf("%v", err)
	}
}

// hear is the next thing that our client says.
func (b *replayBridge) hear(r *replay) string {
	select {
	case message := <-b.conn.said:
		b.keep(b.got, message)
		return message
	case <-time.After(patience):
		r.failf("nothing comes over the channel")
		return ""
	}
}

// keep remembers the last message of its kind.
func (b *replayBridge) keep(in map[string]string, message string) {
	var m struct {
		Class   string          `json:"colibriClass"`
		Source  string          `json:"sourceName"`
		Payload json.RawMessage `json:"msgPayload"`
	}
	if json.Unmarshal([]byte(message), &m) == nil {
		in[m.Class+" "+m.Source+" "+string(m.Payload)] = compact(json.RawMessage(message))
	}
}

// settle pings over the channel as another endpoint would, until the answer comes.
func (b *replayBridge) settle(r *replay) {
	if b.conn == nil {
		return
	}
	b.pings++
	id := fmt.Sprintf(`"id":%d`, 1_000_000+b.pings)
	b.say(r, `{"colibriClass":"EndpointMessage","from":"00000000","to":"","msgPayload":{`+id+`,"type":"e2e-ping-request"}}`)
	for !strings.Contains(b.hear(r), id) {
	}
}

// clientSays makes us ask for the video that the recorded client asked for.
func (b *replayBridge) clientSays(r *replay, message string) {
	var m struct {
		Class string `json:"colibriClass"`
	}
	if err := json.Unmarshal([]byte(message), &m); err != nil {
		r.failf("%v", err)
	}
	switch m.Class {
	case "ReceiverVideoConstraints":
		var constraints colibri.ReceiverVideoConstraints
		if err := json.Unmarshal([]byte(message), &constraints); err != nil {
			r.failf("%v", err)
		}
		b.keep(b.recorded, message)
		r.guest.SetReceiverConstraints(constraints)
	case "SourceVideoTypeMessage":
		b.keep(b.recorded, message)
	case "EndpointMessage":
		if strings.Contains(message, "e2e-ping-response") {
			b.keep(b.recorded, message)
		}
	}
	if b.conn != nil {
		r.settle()
	}
}

// compare looks for all that the recorded client said among what we said.
func (b *replayBridge) compare(r *replay) {
	for _, source := range r.model.ours {
		// The web client tells the bridge of a muted camera, but not of an ended screen share (c-alice). Ours tells.
		if source.Muted && source.VideoType == jingle.Desktop {
			delete(b.recorded, "SourceVideoTypeMessage "+source.Name+" ")
		}
	}
	for kind, want := range b.recorded {
		if b.got[kind] != want {
			r.failf("over the channel we said %s, want %s", b.got[kind], want)
		}
	}
}
