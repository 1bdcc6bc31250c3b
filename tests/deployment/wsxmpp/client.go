// Package wsxmpp is a minimal XMPP client over WebSocket (RFC 7395) for the local deployment: its focus speaks
// through it, and its tests play participants with it. Every message is one stanza; there is no stream management.
package wsxmpp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/coder/websocket"

	"gstjitsi/tests/deployment/xmltree"
)

// Namespaces of the stream and its stanzas.
const (
	NSClient  = "jabber:client"
	nsFraming = "urn:ietf:params:xml:ns:xmpp-framing"
	nsSASL    = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBind    = "urn:ietf:params:xml:ns:xmpp-bind"
)

// Login says as whom to log in. Without a user it is anonymous.
type Login struct {
	User, Password, Resource string
}

// Client is a bound XMPP stream.
type Client struct {
	JID  string // full
	conn *websocket.Conn
	ids  atomic.Int64
}

// Dial connects, logs in and binds.
func Dial(ctx context.Context, url, domain string, login Login) (*Client, error) {
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"xmpp"}})
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", url, err)
	}
	conn.SetReadLimit(4 << 20)
	c := &Client{conn: conn}
	if err := c.negotiate(ctx, domain, login); err != nil {
		conn.CloseNow()
		return nil, fmt.Errorf("log in to %s at %s: %w", domain, url, err)
	}
	return c, nil
}

func (c *Client) negotiate(ctx context.Context, domain string, login Login) error {
	if err := c.open(ctx, domain); err != nil {
		return err
	}
	auth := xmltree.New(nsSASL, "auth", "mechanism", "ANONYMOUS")
	if login.User != "" {
		secret := "\x00" + login.User + "\x00" + login.Password
		auth = xmltree.New(nsSASL, "auth", "mechanism", "PLAIN").SetText(base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	if err := c.Send(ctx, auth); err != nil {
		return err
	}
	if answer, err := c.Receive(ctx); err != nil {
		return err
	} else if answer.Name != "success" {
		return fmt.Errorf("authentication: %s", answer)
	}
	if err := c.open(ctx, domain); err != nil {
		return err
	}
	bind := xmltree.New(nsBind, "bind")
	if login.Resource != "" {
		bind.Add(xmltree.New("", "resource").SetText(login.Resource))
	}
	if err := c.Send(ctx, xmltree.New(NSClient, "iq", "type", "set", "id", "bind").Add(bind)); err != nil {
		return err
	}
	answer, err := c.Receive(ctx)
	if err != nil {
		return err
	}
	jid := answer.Child(nsBind, "bind").Child("", "jid")
	if jid == nil {
		return fmt.Errorf("bind: %s", answer)
	}
	c.JID = jid.Text
	return nil
}

func (c *Client) open(ctx context.Context, domain string) error {
	if err := c.Send(ctx, xmltree.New(nsFraming, "open", "to", domain, "version", "1.0")); err != nil {
		return err
	}
	for _, want := range []string{"open", "features"} {
		got, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		if got.Name != want {
			return fmt.Errorf("want <%s>, got %s", want, got)
		}
	}
	return nil
}

// ID makes an id for a request.
func (c *Client) ID() string { return fmt.Sprintf("d%d", c.ids.Add(1)) }

// Send writes one stanza. It can be called from several goroutines.
func (c *Client) Send(ctx context.Context, stanza *xmltree.Element) error {
	if err := c.conn.Write(ctx, websocket.MessageText, []byte(stanza.String())); err != nil {
		return fmt.Errorf("send <%s>: %w", stanza.Name, err)
	}
	return nil
}

// Receive reads the next stanza. One goroutine may call it at a time. A context that ends closes the stream.
func (c *Client) Receive(ctx context.Context) (*xmltree.Element, error) {
	_, data, err := c.conn.Read(ctx)
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	stanza, err := xmltree.Parse(string(data))
	if err != nil {
		return nil, fmt.Errorf("parse %q: %w", data, err)
	}
	if stanza.Name == "close" && stanza.Space == nsFraming {
		return nil, errors.New("receive: the server closed the stream")
	}
	return stanza, nil
}

// Close ends the stream in order.
func (c *Client) Close(ctx context.Context) error {
	if err := c.Send(ctx, xmltree.New(nsFraming, "close")); err != nil {
		c.conn.CloseNow()
		return err
	}
	return c.conn.CloseNow()
}
