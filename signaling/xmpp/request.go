package xmpp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

// ErrEnded says that the stream ended before the answer came.
var ErrEnded = errors.New("the stream ended before an answer came")

// Question is a request that was sent and waits for its answer.
type Question struct {
	client *Client
	id     string
	to     jid.JID
	answer chan *IQ // of length one; closed without an answer when the stream ends
}

// Ask sends an IQ. It does not wait, so that requests go out in the order of the calls; every Question needs
// its Wait.
func (c *Client) Ask(to jid.JID, kind stanza.IQType, payload any) *Question {
	q := &Question{client: c, id: rand.Text(), to: to, answer: make(chan *IQ, 1)}
	if !c.expect(q) {
		close(q.answer)
		return q
	}
	c.Send(newOutIQ(q.id, to, kind, payload))
	return q
}

// Wait returns the answer. One of type error is returned as *Error.
func (q *Question) Wait(ctx context.Context) (*IQ, error) {
	defer q.client.forget(q.id)
	select {
	case iq, ok := <-q.answer:
		if !ok {
			return nil, ErrEnded
		}
		return iq, iq.body.err()
	case <-ctx.Done():
		return nil, fmt.Errorf("no answer from %s: %w", q.to, ctx.Err())
	}
}

// Request is Ask and Wait.
func (c *Client) Request(ctx context.Context, to jid.JID, kind stanza.IQType, payload any) (*IQ, error) {
	return c.Ask(to, kind, payload).Wait(ctx)
}

func (c *Client) expect(q *Question) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending == nil {
		return false
	}
	c.pending[q.id] = q
	return true
}

func (c *Client) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, id)
}

func (iq *IQ) isAnswer() bool { return iq.Type == stanza.ResultIQ || iq.Type == stanza.ErrorIQ }

// resolve hands an answer to whoever waits for it. It must come from whom was asked: others could guess ids.
func (c *Client) resolve(iq *IQ) {
	c.mu.Lock()
	q, ok := c.pending[iq.ID]
	if ok && c.comesFrom(iq.From, q.to) {
		delete(c.pending, iq.ID)
	} else {
		ok = false
	}
	c.mu.Unlock()
	if !ok {
		c.cfg.Log.Debugf("ignoring an answer from %s that nobody waits for", iq.From)
		return
	}
	q.answer <- iq
}

// comesFrom follows RFC 6120 section 8.1.2.1: our own server may leave its address out or use our bare one.
func (c *Client) comesFrom(from, asked jid.JID) bool {
	if from.Equal(asked) {
		return true
	}
	none := jid.JID{}
	ours := asked.Equal(none) || asked.Equal(c.address.Domain()) || asked.Equal(c.address.Bare())
	return ours && (from.Equal(none) || from.Equal(c.address.Bare()) || from.Equal(c.address.Domain()))
}

// abandonRequests wakes everybody who waits when the stream is over.
func (c *Client) abandonRequests() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.pending {
		close(q.answer)
	}
	c.pending = nil
}
