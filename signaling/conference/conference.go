// Package conference is one participant's stay in a Jitsi Meet conference: it connects, joins, answers
// media sessions, keeps the list of participants and sources, and leaves. One goroutine owns all of that;
// others send it commands and read events and snapshots.
package conference

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// Conference is one stay in one conference. All methods but Run may be called from any goroutine, never block,
// and do nothing after the end.
type Conference struct {
	cfg       Config
	addresses addresses
	started   atomic.Bool
	inbox     *queue[func(*stay)] // what the owner of the truth has to do
	outbox    *queue[Event]
	events    chan Event
	snapshot  atomic.Pointer[Snapshot]
}

// eventBuffer is how many events can wait in the channel. More wait in the outbox; at the end, those that fit
// here are delivered even to a reader who comes late.
const eventBuffer = 256

// New checks cfg. It does no I/O.
func New(cfg Config) (*Conference, error) {
	cfg.setDefaults()
	a, err := cfg.parse()
	if err != nil {
		return nil, fmt.Errorf("conference: %w", err)
	}
	c := &Conference{
		cfg: cfg, addresses: a,
		inbox: newQueue[func(*stay)](), outbox: newQueue[Event](), events: make(chan Event, eventBuffer),
	}
	c.snapshot.Store(&Snapshot{EndpointID: cfg.EndpointID})
	return c, nil
}

// Run joins and stays until ctx ends, which leaves properly and returns nil, or until the stay fails, which
// returns an *Error. It may be called once.
func (c *Conference) Run(ctx context.Context) error {
	if !c.started.CompareAndSwap(false, true) {
		return errors.New("conference: Run was called before")
	}
	flush, cancel := context.WithCancel(context.Background())
	defer cancel()
	var pump sync.WaitGroup
	pump.Go(func() { c.deliver(flush) })
	err := newStay(c).run(ctx)
	c.inbox.close()
	c.outbox.close()
	timer := time.AfterFunc(c.cfg.LeaveTimeout, cancel)
	defer timer.Stop()
	pump.Wait()
	close(c.events)
	return err
}

// deliver moves events from the outbox to the channel until the outbox is closed and empty. When ctx ends
// nobody seems to read: what finds no place in the channel's buffer is lost then.
func (c *Conference) deliver(ctx context.Context) {
	for {
		events, open := c.outbox.take()
		for i, e := range events {
			select {
			case c.events <- e:
				continue
			default:
			}
			select {
			case c.events <- e:
			case <-ctx.Done():
				c.cfg.Loggers.NewLogger("conference").Warnf("%d events that nobody read are lost", len(events)-i)
				return
			}
		}
		if !open {
			return
		}
		<-c.outbox.ready
	}
}

// Events delivers everything that happens, in order; closed when Run returns. A slow reader delays nobody.
func (c *Conference) Events() <-chan Event { return c.events }

// Snapshot is the present state as a value.
func (c *Conference) Snapshot() Snapshot { return c.snapshot.Load().clone() }

// EndpointID is our id in the room and on the bridge.
func (c *Conference) EndpointID() string { return c.cfg.EndpointID }

// SourceName is the name of our source number index of its medium: ENDPOINT-a0, ENDPOINT-v1.
func (c *Conference) SourceName(media jingle.Media, index int) string {
	return fmt.Sprintf("%s-%c%d", c.cfg.EndpointID, media[0], index)
}

// SetLocalSources says which sources we have; presence announces them, from the first one on.
func (c *Conference) SetLocalSources(sources []LocalSource) {
	sources = slices.Clone(sources)
	c.inbox.push(func(s *stay) { s.setLocalSources(sources) })
}

// Accept answers the session sid. A session that is no more is ignored.
func (c *Conference) Accept(sid string, answer jingle.SessionAccept) {
	c.inbox.push(func(s *stay) { s.accept(sid, answer) })
}

// AddSessionSources announces further sources in the session by source-add.
func (c *Conference) AddSessionSources(sid string, sources []jingle.LocalSource) {
	sources = slices.Clone(sources)
	c.inbox.push(func(s *stay) { s.changeSources(sid, "source-add", sources, jingle.EncodeSourceAdd) })
}

// RemoveSessionSources takes sources back by source-remove.
func (c *Conference) RemoveSessionSources(sid string, sources []jingle.LocalSource) {
	sources = slices.Clone(sources)
	c.inbox.push(func(s *stay) { s.changeSources(sid, "source-remove", sources, jingle.EncodeSourceRemove) })
}

// RestartSession tells the focus that the session's media is dead (session-terminate, connectivity-error,
// restart), so that it offers a new one. The session ends here at once.
func (c *Conference) RestartSession(sid string) {
	c.inbox.push(func(s *stay) { s.restartSession(sid) })
}

// CheckConnection finds out at once whether the connections to the server and to the bridge still lead somewhere, and
// opens them again if not: for when the machine's network has changed.
func (c *Conference) CheckConnection() { c.inbox.push((*stay).checkConnection) }

// SetReceiverConstraints asks the bridge for video, now and on every new channel.
func (c *Conference) SetReceiverConstraints(r colibri.ReceiverVideoConstraints) {
	c.inbox.push(func(s *stay) { s.setConstraints(r) })
}

// SetAudioSubscription asks the bridge for sound, now and on every new channel. Without it all comes.
func (c *Conference) SetAudioSubscription(r colibri.ReceiverAudioSubscription) {
	c.inbox.push(func(s *stay) { s.setAudio(r) })
}

// SetStats is what the others get to know of our connection from now on, every Config.StatsInterval.
func (c *Conference) SetStats(stats colibri.OwnStats) {
	c.inbox.push(func(s *stay) { s.setStats(stats) })
}
