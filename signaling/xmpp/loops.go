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

// readLoop owns what comes in: it lives as long as the connection and reports its end.
func (c *Client) readLoop(ctx context.Context, l *link, early [][]byte) {
	c.read(ctx, l, early)
	if reason, ok := c.interrupt(l); ok {
		c.cfg.Interrupted(c, reason)
		return
	}
	c.end(c.endReason())
}

func (c *Client) read(ctx context.Context, l *link, early [][]byte) {
	defer guard.Recover(c.panicked)
	for _, data := range early {
		if err := c.dispatch(data, false); err != nil {
			c.fail(err)
			return
		}
	}
	for {
		_, data, err := l.conn.Read(ctx)
		if err != nil {
			c.lose(l, fmt.Errorf("read: %w", err))
			return
		}
		if err := c.dispatch(data, true); err != nil {
			c.fail(err)
			return
		}
	}
}

// dispatch handles one message of the stream. Its error ends the stream; a message that is malformed does not. What came before stream management was on is not counted.
func (c *Client) dispatch(data []byte, counted bool) error {
	e, err := parseElement(data)
	if counted && isStanza(e, data) {
		c.countReceived()
	}
	if err != nil {
		c.cfg.Log.Warnf("ignoring a message of %d bytes: %v", len(data), err)
		return nil
	}
	switch e.XMLName {
	case xml.Name{Space: nsStream, Local: "error"}:
		return streamError(c.cfg.URL, data)
	case xml.Name{Space: nsFraming, Local: "close"}:
		return closedError(c.cfg.URL, e)
	}
	if e.XMLName.Space == nsSM {
		return c.manage(e)
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
func (c *Client) writeLoop(ctx context.Context, l *link) {
	defer c.wake() // what woke this one may have been for the writer of the next connection
	for {
		for data := c.next(l); data != nil; data = c.next(l) {
			if err := c.write(ctx, l, data); err != nil {
				c.lose(l, err)
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

// next is what is to be written next, nil for nothing.
func (c *Client) next(l *link) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != l {
		return nil
	}
	if data := c.sm.answer(); data != nil {
		return data
	}
	if len(c.queue) == 0 {
		return c.sm.request()
	}
	o := c.queue[0]
	c.queue = c.queue[1:]
	if o.counted && !c.sm.keep(o.data) {
		c.cfg.Log.Warnf("the server acknowledges nothing: the stream can't be resumed")
	}
	return o.data
}

func (c *Client) write(ctx context.Context, l *link, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := l.conn.Write(ctx, websocket.MessageText, data); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
