package xmpp

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"gstjitsi/signaling/guard"
)

// writeTimeout is for one stanza: beyond it the network takes nothing more.
const writeTimeout = 20 * time.Second

// readLoop owns what comes in: it lives as long as the stream and reports its end.
func (c *Client) readLoop(ctx context.Context) {
	defer close(c.done)
	c.read(ctx)
	c.abandonRequests()
	c.cfg.Closed(c.endReason())
}

func (c *Client) read(ctx context.Context) {
	defer guard.Recover(c.panicked)
	for {
		_, data, err := c.conn.Read(ctx)
		if err != nil {
			c.fail(fmt.Errorf("read: %w", err))
			return
		}
		if err := c.dispatch(data); err != nil {
			c.fail(err)
			return
		}
	}
}

// dispatch handles one message of the stream. Its error ends the stream; a message that is malformed does not.
func (c *Client) dispatch(data []byte) error {
	e, err := parseElement(data)
	if err != nil {
		c.cfg.Log.Warnf("ignoring a message of %d bytes: %v", len(data), err)
		return nil
	}
	switch e.XMLName {
	case xml.Name{Space: nsStream, Local: "error"}:
		return parseStreamError(data)
	case xml.Name{Space: nsFraming, Local: "close"}:
		return errClosed
	}
	s, err := newStanza(e, data)
	switch {
	case err != nil:
		c.cfg.Log.Warnf("ignoring <%s>: %v", e.XMLName.Local, err)
	case s == nil:
		c.cfg.Log.Debugf("ignoring <%s xmlns=%q>", e.XMLName.Local, e.XMLName.Space)
	default:
		c.handle(s)
	}
	return nil
}

func (c *Client) handle(s Stanza) {
	iq, ok := s.(*IQ)
	if !ok {
		c.cfg.Handle(c, s)
		return
	}
	c.cfg.Log.Tracef("received iq %s %s from %s with <%s>", iq.Type, iq.ID, iq.From, iq.Payload.Local)
	switch {
	case iq.isAnswer():
		c.resolve(iq)
	case !c.respond(iq):
		c.cfg.Handle(c, iq)
	}
}

// endReason is nil where we closed the stream and the server agreed.
func (c *Client) endReason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing && errors.Is(c.reason, errClosed) {
		return nil
	}
	return c.reason
}

// writeLoop writes the queue, a stanza a message (RFC 7395 section 3.3.3).
func (c *Client) writeLoop(ctx context.Context) {
	for {
		for _, data := range c.takeQueue() {
			if err := c.write(ctx, data); err != nil {
				c.fail(err)
				return
			}
		}
		select {
		case <-c.out:
		case <-ctx.Done():
			return
		}
	}
}

func (c *Client) takeQueue() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue := c.queue
	c.queue = nil
	return queue
}

func (c *Client) write(ctx context.Context, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.MessageText, data); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
