package bridge

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// channel is the WebSocket of an endpoint to the bridge.
type channel struct {
	endpoint *Endpoint
	conn     *websocket.Conn
	queue    chan string
	ctx      context.Context
	cancel   context.CancelFunc
	closing  sync.Once
}

const (
	channelQueue = 256     // messages; who doesn't read them loses the channel
	messageLimit = 1 << 20 // bytes
)

// ServeHTTP accepts bridge channels at /colibri-ws/SERVER/CONFERENCE/ENDPOINT?pwd=PASSWORD.
func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	refuse := func(status int, why string) {
		b.log.Warnf("refused a channel at %s: %s", r.URL.Path, why)
		b.opts.Events.Add(events.Event{Kind: events.ChannelRefused, Endpoint: parts[len(parts)-1], Detail: why})
		http.Error(w, why, status)
	}
	if !b.Available() {
		refuse(http.StatusBadGateway, "the bridge is dead")
		return
	}
	if len(parts) != 4 || parts[0] != "colibri-ws" {
		refuse(http.StatusNotFound, "not the path of a channel")
		return
	}
	var e *Endpoint
	if c := b.conference(parts[2]); c != nil {
		c.mu.Lock()
		e = c.endpoints[parts[3]]
		c.mu.Unlock()
	}
	if e == nil {
		refuse(http.StatusNotFound, "no such endpoint")
		return
	}
	if subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("pwd")), []byte(e.password)) != 1 {
		refuse(http.StatusForbidden, "wrong password")
		return
	}
	// Browsers come from the page's origin, which is the front's or another one: the password is what counts.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		b.log.Warnf("accept a channel of %s: %v", e.id, err)
		return
	}
	conn.SetReadLimit(messageLimit)
	ch := &channel{endpoint: e, conn: conn, queue: make(chan string, channelQueue)}
	ch.ctx, ch.cancel = context.WithCancel(context.Background())
	ch.serve()
}

func (ch *channel) serve() {
	e := ch.endpoint
	c := e.conference
	c.mu.Lock()
	if e.closed {
		c.mu.Unlock()
		ch.shut(true)
		return
	}
	old := e.channel
	e.channel = ch
	e.greet()
	c.mu.Unlock()
	if old != nil {
		old.shut(true)
	}
	c.event(events.Event{Kind: events.ChannelOpened, Endpoint: e.id})
	go ch.write()
	for {
		_, data, err := ch.conn.Read(ch.ctx)
		if err != nil {
			ch.conn.CloseNow()
			break
		}
		e.take(data)
	}
	ch.cancel()
	c.mu.Lock()
	if e.channel == ch {
		e.channel = nil
	}
	c.mu.Unlock()
	c.event(events.Event{Kind: events.ChannelClosed, Endpoint: e.id})
}

func (ch *channel) write() {
	for {
		select {
		case text := <-ch.queue:
			if err := ch.conn.Write(ch.ctx, websocket.MessageText, []byte(text)); err != nil {
				ch.cancel()
				return
			}
		case <-ch.ctx.Done():
			return
		}
	}
}

// shut closes the channel: in order as recorded (h-bob: 1001, endpoint closed), or as a process that dies.
func (ch *channel) shut(orderly bool) {
	ch.closing.Do(func() {
		if !orderly {
			ch.conn.CloseNow()
			ch.cancel()
			return
		}
		go func() {
			_ = ch.conn.Close(websocket.StatusGoingAway, "endpoint closed") // the client may be gone
			ch.cancel()
		}()
	})
}

// greet sends what a new channel begins with. The caller holds the lock.
func (e *Endpoint) greet() {
	e.tell(serverHello{"ServerHello"})
	for _, t := range e.tracks {
		if t.media == source.Video && t.told != unset {
			t.tellConstraint()
		}
	}
	e.tellAllMaps()
	if e.conference.speakers.dominant != "" {
		e.tell(e.conference.speakers.message())
	}
}

// tell sends a message, if there is a channel. The caller holds the lock.
func (e *Endpoint) tell(message any) {
	text, err := json.Marshal(message)
	if err != nil {
		panic(err) // the types of messages.go always marshal
	}
	e.tellText(string(text))
}

func (e *Endpoint) tellText(text string) {
	if e.channel == nil {
		return
	}
	select {
	case e.channel.queue <- text:
	default:
		e.conference.log.Warnf("%s doesn't read its channel", e.id)
		e.channel.cancel()
	}
}

// take handles a message of the client. What isn't understood is refused as a whole and logged, as by the real
// bridge; the client isn't told.
func (e *Endpoint) take(data []byte) {
	c := e.conference
	var class struct {
		Class string `json:"colibriClass"`
	}
	if err := json.Unmarshal(data, &class); err != nil {
		c.log.Warnf("%s sent a message that is no JSON: %v: %s", e.id, err, data)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.closed {
		return
	}
	var err error
	switch class.Class {
	case "ReceiverVideoConstraints":
		err = e.takeConstraints(data)
	case "ReceiverAudioSubscription":
		err = e.takeSubscription(data)
	case "SourceVideoTypeMessage":
		var m sourceVideoType
		if err = readStrictly(data, &m); err == nil {
			e.videoTypes[m.Source] = m.VideoType
			c.reallocate()
		}
	case "EndpointMessage":
		err = e.relay(data)
	case "EndpointStats":
		err = e.relayStats(data)
	case "ClientHello":
		e.tell(serverHello{"ServerHello"})
	default:
		err = errors.New("unknown class")
	}
	if err != nil {
		c.log.Warnf("refused a message of %s: %v: %s", e.id, err, data)
		if class.Class == "ReceiverVideoConstraints" || class.Class == "ReceiverAudioSubscription" {
			c.event(events.Event{Kind: events.ConstraintsRefused, Endpoint: e.id, Detail: err.Error()})
		}
	}
}

func (e *Endpoint) takeConstraints(data []byte) error {
	var m receiverVideoConstraints
	if err := readStrictly(data, &m); err != nil {
		return err
	}
	if e.constraints == nil {
		e.constraints = &receiverConstraints{lastN: -1}
	}
	e.constraints.update(m)
	e.conference.event(events.Event{Kind: events.Constraints, Endpoint: e.id, Detail: string(data)})
	e.conference.reallocate()
	return nil
}

func (e *Endpoint) takeSubscription(data []byte) error {
	var m receiverAudioSubscription
	if err := readStrictly(data, &m); err != nil {
		return err
	}
	wanted, err := m.subscription()
	if err != nil {
		return err
	}
	e.audio = wanted
	e.conference.event(events.Event{Kind: events.AudioSubscribed, Endpoint: e.id, Detail: string(data)})
	return nil
}

// relay passes a message on to one endpoint, or to all others when it is to nobody (recording k-alice).
func (e *Endpoint) relay(data []byte) error {
	var m endpointMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	out := relayedMessage{Class: "EndpointMessage", To: m.To, From: e.id, Payload: m.Payload}
	e.conference.event(events.Event{Kind: events.EndpointMessageSeen, Endpoint: e.id, Receiver: m.To, Detail: string(m.Payload)})
	for _, other := range e.conference.order {
		if other != e && (m.To == "" || m.To == other.id) {
			other.tell(out)
		}
	}
	return nil
}

// relayStats passes statistics on to all others, with their origin in the recorded place.
func (e *Endpoint) relayStats(data []byte) error {
	const head = `{"colibriClass":"EndpointStats",`
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	from, err := json.Marshal(e.id)
	if err != nil {
		return err
	}
	var text string
	if rest, ok := bytes.CutPrefix(data, []byte(head)); ok {
		text = head + `"from":` + string(from) + "," + string(rest)
	} else {
		fields["from"] = from
		all, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		text = string(all)
	}
	for _, other := range e.conference.order {
		if other != e {
			other.tellText(text)
		}
	}
	return nil
}

const (
	statsInterval     = 10 * time.Second
	estimatedDownlink = 20_000_000 // bit/s, the recorded value where nothing limits
)

// sendConnectionStats tells clients the bandwidth that the bridge thinks they have. It doesn't estimate any.
func (c *Conference) sendConnectionStats() {
	for _, e := range c.order {
		e.tell(connectionStats{Class: "ConnectionStats", Bandwidth: estimatedDownlink})
	}
}
