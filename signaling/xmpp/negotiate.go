package xmpp

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"

	"github.com/coder/websocket"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/ws"
)

// negotiation makes a stream of an open connection: open, authenticate, open again, then bind or resume.
type negotiation struct {
	cfg    Config
	conn   *ws.Conn
	secure bool
	early  [][]byte // stanzas that came before the loops run
}

// run makes a new stream; its stream management is nil where it is not wanted or not granted.
func (n *negotiation) run(ctx context.Context) (jid.JID, *management, error) {
	features, err := n.login(ctx)
	if err != nil {
		return jid.JID{}, nil, err
	}
	if features.Bind == nil {
		return jid.JID{}, nil, fmt.Errorf("bind at %s: not offered", n.cfg.Domain)
	}
	address, err := n.bind(ctx)
	if err != nil {
		return jid.JID{}, nil, fmt.Errorf("bind at %s: %w", n.cfg.Domain, err)
	}
	if n.cfg.Interrupted == nil || features.SM == nil {
		return address, nil, nil
	}
	sm, err := n.enable(ctx)
	if err != nil {
		return jid.JID{}, nil, fmt.Errorf("enable stream management at %s: %w", n.cfg.Domain, err)
	}
	return address, sm, nil
}

// login opens a stream and authenticates; the features are those of the stream afterwards.
func (n *negotiation) login(ctx context.Context) (*features, error) {
	features, err := n.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open stream to %s: %w", n.cfg.Domain, err)
	}
	if err := n.authenticate(ctx, features.Mechanisms); err != nil {
		return nil, fmt.Errorf("authenticate at %s: %w", n.cfg.Domain, err)
	}
	if features, err = n.open(ctx); err != nil {
		return nil, fmt.Errorf("open stream to %s: %w", n.cfg.Domain, err)
	}
	return features, nil
}

type openElement struct {
	XMLName xml.Name `xml:"urn:ietf:params:xml:ns:xmpp-framing open"`
	To      string   `xml:"to,attr,omitempty"`
	Version string   `xml:"version,attr"`
}

type features struct {
	Mechanisms []string  `xml:"urn:ietf:params:xml:ns:xmpp-sasl mechanisms>mechanism"`
	Bind       *struct{} `xml:"urn:ietf:params:xml:ns:xmpp-bind bind"`
	SM         *struct{} `xml:"urn:xmpp:sm:3 sm"`
}

// open exchanges stream headers (RFC 7395 section 3.4) and returns the features of the stream.
func (n *negotiation) open(ctx context.Context) (*features, error) {
	if err := n.write(ctx, openElement{To: n.cfg.Domain, Version: "1.0"}); err != nil {
		return nil, err
	}
	_, e, err := n.read(ctx)
	if err != nil {
		return nil, err
	}
	if (e.XMLName != xml.Name{Space: nsFraming, Local: "open"}) {
		return nil, fmt.Errorf("the server answers with <%s>", e.XMLName.Local)
	}
	data, e, err := n.read(ctx)
	if err != nil {
		return nil, err
	}
	if (e.XMLName != xml.Name{Space: nsStream, Local: "features"}) {
		return nil, fmt.Errorf("the server sends <%s> where its features are due", e.XMLName.Local)
	}
	var f features
	if err := xml.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("malformed XML: %w", err)
	}
	return &f, nil
}

type bindElement struct {
	XMLName xml.Name `xml:"urn:ietf:params:xml:ns:xmpp-bind bind"`
}

// bind gets us an address (RFC 6120 section 7).
func (n *negotiation) bind(ctx context.Context) (jid.JID, error) {
	const id = "bind"
	if err := n.write(ctx, newOutIQ(id, jid.JID{}, stanza.SetIQ, bindElement{})); err != nil {
		return jid.JID{}, err
	}
	data, _, err := n.read(ctx)
	if err != nil {
		return jid.JID{}, err
	}
	var result struct {
		ID  string `xml:"id,attr"`
		JID string `xml:"urn:ietf:params:xml:ns:xmpp-bind bind>jid"`
	}
	if err := body(data).err(); err != nil {
		return jid.JID{}, err
	}
	if err := xml.Unmarshal(data, &result); err != nil || result.ID != id || result.JID == "" {
		return jid.JID{}, errors.New("the server assigns no address")
	}
	address, err := jid.Parse(result.JID)
	if err != nil {
		return jid.JID{}, fmt.Errorf("the server assigns the malformed address %q: %w", result.JID, err)
	}
	return address, nil
}

func (n *negotiation) write(ctx context.Context, v any) error {
	data, err := xml.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	if err := n.conn.Write(ctx, websocket.MessageText, data); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// read returns the next element; the end of the stream is an error.
func (n *negotiation) read(ctx context.Context) ([]byte, *element, error) {
	_, data, err := n.conn.Read(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read: %w", err)
	}
	e, err := parseElement(data)
	if err != nil {
		return nil, nil, err
	}
	switch e.XMLName {
	case xml.Name{Space: nsStream, Local: "error"}:
		return nil, nil, streamError(n.cfg.URL, data)
	case xml.Name{Space: nsFraming, Local: "close"}:
		return nil, nil, closedError(n.cfg.URL, e)
	}
	return data, e, nil
}

var errClosed = errors.New("the server closed the stream")
