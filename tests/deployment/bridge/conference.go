package bridge

import (
	"fmt"
	"sync"
	"time"

	"github.com/pion/logging"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// Conference is a set of endpoints that receive each other.
type Conference struct {
	bridge  *Bridge
	id      string
	room    string
	own     source.Set // the bridge's own sources, which never carry anything that a participant would show
	log     logging.LeveledLogger
	stop    chan struct{}
	started time.Time

	mu        sync.Mutex
	endpoints map[string]*Endpoint
	order     []*Endpoint // as they came
	ssrcs     map[uint32]origin
	unknown   map[uint32]bool // SSRCs that came unannounced, for one event each
	speakers  speakers
	closed    bool
}

// origin says what an SSRC is.
type origin struct {
	stream *stream
	rtx    bool
}

// ID names the conference on the bridge.
func (c *Conference) ID() string { return c.id }

// OwnSources are the bridge's own, for the signalling.
func (c *Conference) OwnSources() source.Set { return c.own }

// AddEndpoint makes an endpoint for a participant. An endpoint of the same id is replaced.
func (c *Conference) AddEndpoint(id string, features codec.Features) (*Endpoint, error) {
	e := newEndpoint(c, id, features)
	c.bridge.mu.Lock()
	network, dead := network{c.bridge.mux, c.bridge.socket}, c.bridge.dead
	c.bridge.mu.Unlock()
	if dead {
		return nil, fmt.Errorf("add endpoint %s: the bridge is dead", id)
	}
	var err error
	if e.transport, err = newTransport(network, c.bridge.opts.LoggerFactory, c.bridge.certificate, e.transportEvents()); err != nil {
		return nil, fmt.Errorf("add endpoint %s: %w", id, err)
	}
	c.mu.Lock()
	old := c.endpoints[id]
	c.mu.Unlock()
	if old != nil {
		old.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endpoints[id] = e
	c.order = append(c.order, e)
	return e, nil
}

// Closed says whether the conference has ended, by Close or with its bridge.
func (c *Conference) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Close ends the conference and its endpoints.
func (c *Conference) Close() {
	c.end(true)
}

// die ends it without telling anybody.
func (c *Conference) die() { c.end(false) }

func (c *Conference) end(orderly bool) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	close(c.stop)
	all := c.order
	c.order, c.endpoints, c.ssrcs = nil, map[string]*Endpoint{}, map[uint32]origin{}
	c.mu.Unlock()
	for _, e := range all {
		e.shut(orderly)
	}
	c.bridge.forget(c)
}

// housekeeping does what is due from time to time.
func (c *Conference) housekeeping() {
	const beat = 25 * time.Millisecond
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	var reports, speech, stats time.Time
	due := func(last *time.Time, now time.Time, every time.Duration) bool {
		if now.Sub(*last) < every {
			return false
		}
		*last = now
		return true
	}
	stats = time.Now()
	for {
		select {
		case <-c.stop:
			return
		case now := <-ticker.C:
			c.mu.Lock()
			c.askForLost(now)
			c.watchLayers(now)
			c.retryKeyFrames(now)
			c.sendFeedback(now)
			if due(&speech, now, speechInterval) {
				c.judgeSpeakers(now)
			}
			if due(&reports, now, reportInterval) {
				c.sendReceiverReports(now)
			}
			if due(&stats, now, statsInterval) {
				c.sendConnectionStats()
			}
			c.mu.Unlock()
		}
	}
}

// event is called with or without the lock.
func (c *Conference) event(e events.Event) {
	e.Room = c.room
	c.bridge.opts.Events.Add(e)
}

// tracks gives all sources in the order of their owners' coming.
func (c *Conference) tracks(media source.Media) []*track {
	var all []*track
	for _, e := range c.order {
		for _, t := range e.tracks {
			if t.media == media {
				all = append(all, t)
			}
		}
	}
	return all
}
