// Package events records what happens in the local deployment, for tests to wait on.
package events

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Kind says what happened.
type Kind string

// What the focus sees.
const (
	Joined            Kind = "joined"             // a participant is in the room
	Left              Kind = "left"               // it is out; Detail has the reason
	CapsMismatch      Kind = "caps-mismatch"      // the hash in the presence isn't that of the features (XEP-0115)
	SessionOffered    Kind = "session-offered"    // session-initiate was sent; Detail is the sid
	SessionAccepted   Kind = "session-accepted"   // session-accept arrived; Detail is the sid
	SessionTerminated Kind = "session-terminated" // Detail has who ended it and the reason
	SourceAdded       Kind = "source-added"       // one for each SSRC
	SourceRemoved     Kind = "source-removed"     // one for each SSRC
	RequestFailed     Kind = "request-failed"     // a participant answered a request of the focus with an error, or not at all
	Refused           Kind = "refused"            // the focus answered a request with an error; Detail has why
	Moderator         Kind = "moderator"          // the focus made the participant a moderator
	BridgeNoticed     Kind = "bridge-noticed"     // the focus knows how it is with a bridge that was killed some time ago
	RoomLeft          Kind = "room-left"          // the focus has left an empty room
)

// What the bridge sees.
const (
	ICEConnected        Kind = "ice-connected"
	ICELost             Kind = "ice-lost"
	MediaReady          Kind = "media-ready"  // DTLS is done; Detail is the client's role
	DTLSRefused         Kind = "dtls-refused" // Detail has why
	ChannelOpened       Kind = "channel-opened"
	ChannelClosed       Kind = "channel-closed"
	ChannelRefused      Kind = "channel-refused"     // a wrong password or address
	Constraints         Kind = "constraints"         // ReceiverVideoConstraints were accepted; Detail is the message
	AudioSubscribed     Kind = "audio-subscribed"    // a ReceiverAudioSubscription was accepted; Detail is the message
	ConstraintsRefused  Kind = "constraints-refused" // one of the two messages was refused as a whole; Detail has why
	MediaReceived       Kind = "media-received"      // first packet of an SSRC from its sender
	MediaForwarded      Kind = "media-forwarded"     // first packet of a source to Receiver since it was last stopped
	LayerChanged        Kind = "layer-changed"       // another layer of simulcast goes to Receiver; Detail is its height
	SSRCAssigned        Kind = "ssrc-assigned"       // Receiver gets a source under an SSRC of its own
	ForwardingStopped   Kind = "forwarding-stopped"  // video no longer goes to Receiver
	UnknownSSRC         Kind = "unknown-ssrc"        // first packet of an SSRC that nobody has announced
	KeyFrameAsked       Kind = "key-frame-asked"     // a PLI or FIR of Receiver arrived
	KeyFrameRequested   Kind = "key-frame-requested" // a PLI was sent to the sender
	PacketLost          Kind = "packet-lost"         // a packet from a sender was missing and asked for
	Retransmitted       Kind = "retransmitted"       // a packet was sent again to Receiver
	RecoveredByRTX      Kind = "recovered"           // a sender's retransmission filled a gap
	Feedback            Kind = "feedback"            // a transport-cc report came from Receiver
	ReceiverReport      Kind = "receiver-report"     // a report block of Receiver about SSRC; Detail has its figures
	DominantSpeaker     Kind = "dominant-speaker"    // Endpoint speaks now
	SourceConstraint    Kind = "source-constraint"   // SenderSourceConstraints were sent; Detail is the height
	EndpointMessageSeen Kind = "endpoint-message"    // an EndpointMessage was relayed; Detail is the payload
	MissingExtension    Kind = "missing-extension"   // a packet lacks a header extension that was negotiated; Detail names it
)

// Event is one thing that happened. Fields that don't apply are empty.
type Event struct {
	Time     time.Time
	Kind     Kind
	Room     string // the local part of the room's address
	Endpoint string // whom it is about
	Receiver string // who receives, where media goes from one to another
	Source   string // a source's name
	SSRC     uint32
	Detail   string
}

func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Time.Format("15:04:05.000"), e.Kind)
	for _, field := range []struct{ name, value string }{
		{"room", e.Room}, {"endpoint", e.Endpoint}, {"receiver", e.Receiver}, {"source", e.Source},
	} {
		if field.value != "" {
			fmt.Fprintf(&b, " %s=%s", field.name, field.value)
		}
	}
	if e.SSRC != 0 {
		fmt.Fprintf(&b, " ssrc=%d", e.SSRC)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, " (%s)", e.Detail)
	}
	return b.String()
}

// Log keeps all events in their order. The zero value is ready. It is safe for use by several goroutines.
type Log struct {
	mu      sync.Mutex
	events  []Event
	changed chan struct{}
	tap     func(Event)
}

// Tap calls f with every event from now on, in the goroutine where it happens: f must not block.
func (l *Log) Tap(f func(Event)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tap = f
}

// Add appends an event. Its time is set when it has none.
func (l *Log) Add(e Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	l.mu.Lock()
	l.events = append(l.events, e)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
	tap := l.tap
	l.mu.Unlock()
	if tap != nil {
		tap(e)
	}
}

// All gives what has happened so far.
func (l *Log) All() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Event(nil), l.events...)
}

// Count says how many events so far match.
func (l *Log) Count(match func(Event) bool) int {
	n := 0
	for _, e := range l.All() {
		if match(e) {
			n++
		}
	}
	return n
}

// WaitFor gives the first event that matches, of those that have happened or will.
func (l *Log) WaitFor(ctx context.Context, match func(Event) bool) (Event, error) {
	return l.WaitForNth(ctx, 1, match)
}

// WaitForNth gives the nth event that matches, counted from the beginning.
func (l *Log) WaitForNth(ctx context.Context, n int, match func(Event) bool) (Event, error) {
	next, found := 0, 0
	for {
		l.mu.Lock()
		for ; next < len(l.events); next++ {
			if match(l.events[next]) {
				if found++; found == n {
					e := l.events[next]
					l.mu.Unlock()
					return e, nil
				}
			}
		}
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return Event{}, fmt.Errorf("%w: %d of %d events matched; what happened:\n%s", ctx.Err(), found, n, l.String())
		}
	}
}

// String lists the events, one a line.
func (l *Log) String() string {
	var b strings.Builder
	for _, e := range l.All() {
		b.WriteString(e.String())
		b.WriteByte('\n')
	}
	return b.String()
}
