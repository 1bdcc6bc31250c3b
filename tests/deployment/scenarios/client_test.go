package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"gstjitsi/tests/deployment/wsxmpp"
	"gstjitsi/tests/deployment/xmltree"
)

const (
	nsStreamManagement = "urn:xmpp:sm:3"
	nsDiscoInfo        = "http://jabber.org/protocol/disco#info"
)

// message is what a server sent: a stanza, or a message on the bridge channel.
type message struct {
	key     string
	element *xmltree.Element
	object  any // of JSON
	text    string
	order   int
	matched bool
}

func readMessage(channel, text string) (*message, error) {
	m := &message{text: text}
	var err error
	if channel == "xmpp" {
		if m.element, err = xmltree.Parse(text); err == nil {
			m.key = stanzaKey(m.element)
		}
	} else if err = json.Unmarshal([]byte(text), &m.object); err == nil {
		m.key = "colibri " + textField(m.object, "colibriClass")
	}
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, text)
	}
	return m, nil
}

// stanzaKey is what a stanza is compared with: others of the same sort.
func stanzaKey(e *xmltree.Element) string {
	switch kind := e.Attr("type"); e.Name {
	case "iq":
		if kind == "result" || kind == "error" {
			return "answer to " + e.Attr("id")
		}
		if len(e.Children) == 0 {
			return "empty " + kind
		}
		return strings.TrimSpace(kind + " " + e.Children[0].Name + " " + e.Children[0].Attr("action"))
	case "presence":
		room, who, _ := strings.Cut(e.Attr("from"), "/")
		if !strings.Contains(room, "@conference.") {
			return "presence outside the room"
		}
		return strings.TrimSpace("presence of " + who + " " + kind)
	}
	return e.Name
}

func textField(object any, name string) string {
	fields, _ := object.(map[string]any)
	text, _ := fields[name].(string)
	return text
}

// client speaks a recorded client's lines. It answers requests by itself, and keeps what the servers send.
type client struct {
	name     string
	ctx      context.Context
	features map[string]*xmltree.Element // answers to disco#info by node

	mu       sync.Mutex
	received []*message
	changed  chan struct{}
	stanzas  int // since stream management was enabled
	counting bool
	failures []string

	stream  *websocket.Conn
	channel *websocket.Conn
	ended   chan struct{}        // closed when channel is
	status  websocket.StatusCode // how; read after ended
}

func newClient(ctx context.Context, name string, features map[string]*xmltree.Element) *client {
	return &client{name: name, ctx: ctx, features: features, changed: make(chan struct{})}
}

func (c *client) close() {
	for _, conn := range []*websocket.Conn{c.stream, c.channel} {
		if conn != nil {
			conn.CloseNow()
		}
	}
}

// openStream connects to the XMPP server; a stream that is open is cut.
func (c *client) openStream(address string) error {
	if c.stream != nil {
		c.stream.CloseNow()
	}
	conn, _, err := websocket.Dial(c.ctx, address, &websocket.DialOptions{Subprotocols: []string{"xmpp"}})
	if err != nil {
		return err
	}
	conn.SetReadLimit(1 << 20)
	c.stream = conn
	go func() {
		for {
			_, data, err := conn.Read(c.ctx)
			if err != nil {
				return
			}
			c.takeStanza(conn, string(data))
		}
	}()
	return nil
}

func (c *client) takeStanza(conn *websocket.Conn, text string) {
	m, err := readMessage("xmpp", text)
	if err != nil {
		c.fail(err)
		return
	}
	e := m.element
	if e.Space == nsStreamManagement && (e.Name == "r" || e.Name == "a") {
		if e.Name == "r" {
			c.mu.Lock()
			answer := xmltree.New(nsStreamManagement, "a", "h", fmt.Sprint(c.stanzas))
			c.mu.Unlock()
			c.write(conn, answer.String())
		}
		return
	}
	if kind := e.Attr("type"); e.Name == "iq" && (kind == "get" || kind == "set") {
		answer := xmltree.New(wsxmpp.NSClient, "iq", "to", e.Attr("from"), "type", "result", "id", e.Attr("id"))
		if query := e.Child(nsDiscoInfo, "query"); query != nil {
			answer.Add(c.features[query.Attr("node")])
		}
		c.write(conn, answer.String())
	}
	c.take(m)
}

func (c *client) take(m *message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.element != nil {
		switch m.element.Name {
		case "enabled":
			c.counting, c.stanzas = true, 0
		case "iq", "presence", "message":
			if c.counting {
				c.stanzas++
			}
		}
	}
	m.order = len(c.received)
	c.received = append(c.received, m)
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures = append(c.failures, err.Error())
}

func (c *client) write(conn *websocket.Conn, text string) {
	if conn == nil {
		c.fail(fmt.Errorf("nothing is open to send %s", text))
		return
	}
	if err := conn.Write(c.ctx, websocket.MessageText, []byte(text)); err != nil {
		c.fail(fmt.Errorf("send %s: %w", text, err))
	}
}

// say sends what the recorded client sent. Answers are its own: it has given them already.
func (c *client) say(text string) error {
	e, err := xmltree.Parse(text)
	if err != nil {
		return fmt.Errorf("%w in %s", err, text)
	}
	switch {
	case e.Name == "iq" && (e.Attr("type") == "result" || e.Attr("type") == "error"), e.Name == "a":
		return nil
	case e.Name == "resume":
		c.mu.Lock()
		e.Set("h", fmt.Sprint(c.stanzas))
		c.mu.Unlock()
		text = e.String()
	}
	c.write(c.stream, text)
	return nil
}

// openChannel connects to the bridge.
func (c *client) openChannel(address string) error {
	if _, err := url.Parse(address); err != nil {
		return err
	}
	conn, _, err := websocket.Dial(c.ctx, address, nil)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	c.channel, c.ended = conn, ended
	go func() {
		defer close(ended)
		for {
			_, data, err := conn.Read(c.ctx)
			if err != nil {
				c.status = websocket.CloseStatus(err)
				return
			}
			m, err := readMessage("colibri", string(data))
			if err != nil {
				c.fail(err)
				return
			}
			c.take(m)
		}
	}()
	return nil
}
