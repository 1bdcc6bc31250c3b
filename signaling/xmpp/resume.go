package xmpp

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"gstjitsi/signaling/backoff"
)

const (
	firstPause     = 250 * time.Millisecond
	longestPause   = 5 * time.Second
	attemptTimeout = 10 * time.Second

	// maxEarly bounds the stanzas that come between binding and the answer to <enable>.
	maxEarly = 64
)

// ErrNotInterrupted says that there is nothing to resume.
var ErrNotInterrupted = errors.New("the stream is not interrupted")

// ResumeError says that the stream is lost for good: a new one has to be dialled, and rooms joined again. The
// client has ended; Closed got the same error.
type ResumeError struct {
	Condition string // the server's: item-not-found where it waited too long; empty where the server did not refuse
	Err       error
}

func (e *ResumeError) Error() string { return "resume the stream: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ResumeError) Unwrap() error { return e.Err }

type smEnable struct {
	XMLName xml.Name `xml:"urn:xmpp:sm:3 enable"`
	Resume  bool     `xml:"resume,attr"`
}

type smResume struct {
	XMLName  xml.Name `xml:"urn:xmpp:sm:3 resume"`
	H        string   `xml:"h,attr"`
	Previous string   `xml:"previd,attr"`
}

// enable turns stream management on (XEP-0198 section 3). A server that refuses costs nothing but it.
func (n *negotiation) enable(ctx context.Context) (*management, error) {
	if err := n.write(ctx, smEnable{Resume: true}); err != nil {
		return nil, err
	}
	for {
		data, e, err := n.read(ctx)
		switch {
		case err != nil:
			return nil, err
		case e.XMLName == xml.Name{Space: nsSM, Local: "enabled"}:
			return newManagement(e), nil
		case e.XMLName == xml.Name{Space: nsSM, Local: "failed"}:
			n.cfg.Log.Debugf("no stream management at %s: %s", n.cfg.Domain, e.child().Local)
			return nil, nil
		case len(n.early) == maxEarly:
			return nil, errors.New("the server sends stanzas instead of an answer")
		}
		n.early = append(n.early, data)
	}
}

func newManagement(e *element) *management {
	resume, _ := strconv.ParseBool(e.attr("resume"))
	seconds, _ := strconv.ParseUint(e.attr("max"), 10, 16) // 0 where it is none
	id := e.attr("id")
	return &management{id: id, resumable: resume && id != "", window: time.Duration(seconds) * time.Second}
}

// resume asks the server to go on with a stream; the result is how many of our stanzas it has.
func (n *negotiation) resume(ctx context.Context, id string, received uint32) (uint32, error) {
	if err := n.write(ctx, smResume{H: strconv.FormatUint(uint64(received), 10), Previous: id}); err != nil {
		return 0, err
	}
	_, e, err := n.read(ctx)
	switch {
	case err != nil:
		return 0, err
	case e.XMLName == xml.Name{Space: nsSM, Local: "resumed"} && e.attr("previd") == id:
		return parseCount(e)
	case e.XMLName == xml.Name{Space: nsSM, Local: "failed"}:
		condition := e.child().Local
		return 0, &ResumeError{Condition: condition, Err: fmt.Errorf("%s refuses: %s", n.cfg.Domain, condition)}
	}
	return 0, fmt.Errorf("the server answers with <%s>", e.XMLName.Local)
}

// interrupt takes a connection that was lost from the stream; false where the stream has ended with it.
func (c *Client) interrupt(l *link) (error, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lost *lostError
	if c.sm == nil || !c.sm.resumable || c.closing || !errors.As(c.reason, &lost) {
		return nil, false
	}
	reason := c.reason
	c.cfg.Log.Infof("the connection to %s is lost: %v", c.cfg.Domain, reason)
	l.cancel()
	_ = l.conn.CloseNow()
	c.link, c.reason, c.since = nil, nil, time.Now()
	return reason, true
}

// ResumeWindow is how long the server keeps the stream when it is interrupted; 0 where it can't be resumed or
// the server does not say.
func (c *Client) ResumeWindow() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sm == nil || !c.sm.resumable {
		return 0
	}
	return c.sm.window
}

// Resume tries once to go on with an interrupted stream on a new connection. Afterwards everything is as if
// nothing had happened: address, rooms, requests under way; what was not received by either side is repeated. A
// *ResumeError is final; after any other error Resume may be tried again. It must not be called by two
// goroutines at a time.
func (c *Client) Resume(ctx context.Context) error {
	c.mu.Lock()
	switch {
	case c.ended || c.closing:
		c.mu.Unlock()
		return ErrEnded
	case c.link != nil:
		c.mu.Unlock()
		return ErrNotInterrupted
	}
	id, received, resumable := c.sm.id, c.sm.received, c.sm.resumable
	c.mu.Unlock()
	if !resumable {
		return c.giveUp(&ResumeError{Err: errors.New("more was sent meanwhile than can be repeated")})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // Close ends an attempt that is under way
		select {
		case <-c.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	n, err := connect(ctx, c.cfg, id)
	if err != nil {
		return fmt.Errorf("resume the stream: %w", err)
	}
	if err := c.resumeOn(ctx, n, id, received); err != nil {
		_ = n.conn.CloseNow()
		return err
	}
	c.wake()
	c.cfg.Log.Infof("resumed the stream to %s as %s", c.cfg.Domain, c.address)
	return nil
}

func (c *Client) resumeOn(ctx context.Context, n *negotiation, id string, received uint32) error {
	features, err := n.login(ctx)
	var refused *AuthError
	switch {
	case errors.As(err, &refused):
		return c.giveUp(&ResumeError{Err: err}) // a token that has expired: trying again does not help
	case err != nil:
		return fmt.Errorf("resume the stream: %w", err)
	case features.SM == nil:
		return c.giveUp(&ResumeError{Err: errors.New("stream management is no longer offered")})
	}
	h, err := n.resume(ctx, id, received)
	var failed *ResumeError
	switch {
	case errors.As(err, &failed):
		return c.giveUp(failed)
	case err != nil:
		return fmt.Errorf("resume the stream: %w", err)
	}
	return c.adopt(n, h)
}

// adopt makes n the connection of the stream; what the server does not have is first in the queue again.
func (c *Client) adopt(n *negotiation, h uint32) error {
	c.mu.Lock()
	if c.ended || c.closing {
		c.mu.Unlock()
		return ErrEnded
	}
	err := c.sm.acknowledge(h)
	if err == nil && !c.sm.resumable {
		err = errors.New("more was sent meanwhile than can be repeated")
	}
	if err != nil {
		c.mu.Unlock()
		return c.giveUp(&ResumeError{Err: err})
	}
	queue := make([]outgoing, 0, len(c.sm.unacked)+len(c.queue))
	for _, data := range c.sm.unacked {
		queue = append(queue, outgoing{data, true})
	}
	c.queue = append(queue, c.queue...)
	c.sm.unacked, c.sm.size, c.sm.asked, c.sm.ackDue = nil, 0, false, false
	c.start(n)
	c.mu.Unlock()
	return nil
}

// giveUp ends an interrupted stream.
func (c *Client) giveUp(reason *ResumeError) error {
	c.end(reason)
	return reason
}

// Reconnect resumes an interrupted stream, with pauses that grow and differ from client to client, until that
// succeeds, ctx ends, or the server can't be expected to keep the stream any longer. The latter, and a server
// that refuses, give a *ResumeError.
func (c *Client) Reconnect(ctx context.Context) error {
	c.mu.Lock()
	since := c.since
	c.mu.Unlock()
	pauses := backoff.Backoff{First: firstPause, Longest: longestPause}
	for {
		if err := c.pause(ctx, &pauses); err != nil {
			return fmt.Errorf("resume the stream: %w", err)
		}
		err := c.attempt(ctx)
		var final *ResumeError
		switch {
		case err == nil, errors.As(err, &final), errors.Is(err, ErrEnded), errors.Is(err, ErrNotInterrupted):
			return err
		case ctx.Err() != nil:
			return fmt.Errorf("resume the stream: %w", ctx.Err())
		}
		c.cfg.Log.Debugf("%v", err)
		if window := c.ResumeWindow(); window > 0 && time.Since(since) > window+attemptTimeout {
			return c.giveUp(&ResumeError{Err: fmt.Errorf("the server is away for longer than it keeps a stream (%s): %w", window, err)})
		}
	}
}

// pause ends early when somebody calls Check, which they do when there may be a network again.
func (c *Client) pause(ctx context.Context, pauses *backoff.Backoff) error {
	timer := time.NewTimer(pauses.Next())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.doubt:
		pauses.Reset()
	case <-ctx.Done():
		return fmt.Errorf("wait for the next attempt: %w", ctx.Err())
	}
	return nil
}

// attempt ends when somebody calls Check, too: its connection may have begun on a network that is gone.
func (c *Client) attempt(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	over := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-c.doubt:
			cancel()
		case <-over:
		}
	})
	err := c.Resume(ctx)
	close(over)
	watch.Wait()
	return err
}
