// Package conference is one participant's stay in a Jitsi Meet conference: it connects, joins, answers
// media sessions, keeps the list of participants and sources, and leaves. One goroutine owns all of that;
// others send it commands and read events and snapshots.
package conference

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/pion/logging"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// Config says which conference to join and as whom.
type Config struct {
	WebSocketURL string // wss://host/xmpp-websocket; the room is added as a query
	XMPPDomain   string
	MUCDomain    string
	FocusJID     string
	Room         string // normalised, without a domain
	EndpointID   string // eight hex digits; random where empty

	Nick, Email, AvatarURL, Region string
	Username, Password             string // SASL; anonymous where Username is empty
	Token                          string // JWT
	RoomPassword                   string

	TLS    *tls.Config // for XMPP and the bridge channel; nil: system roots
	Codecs []string    // video codecs in order of preference: vp8, vp9, h264, av1

	JoinTimeout  time.Duration // until the room is joined; 0: 10 s
	LeaveTimeout time.Duration // for leaving properly; 0: 1 s

	Loggers logging.LoggerFactory // scopes: conference, xmpp, jingle, colibri
}

// LocalSource is a source of ours as presence announces it (SourceInfo).
type LocalSource struct {
	Name      string // ENDPOINT-a0, ENDPOINT-v0, …: see Conference.SourceName
	Media     jingle.Media
	VideoType jingle.VideoType
	Muted     bool
}

// Participant is somebody else in the room. Focus, recorders and other hidden ones are not participants.
type Participant struct {
	ID      string // endpoint id: the occupant's resource in the room
	JID     string // full JID, where the room shows it
	Nick    string
	Role    string // moderator, participant, visitor
	Sources []SourceInfo
}

// SourceInfo is what a participant's presence says of one of its sources.
type SourceInfo struct {
	Name      string
	Muted     bool
	VideoType jingle.VideoType
}

// State is where we are on the way into the conference.
type State int

// The states.
const (
	Disconnected State = iota
	Connecting
	Lobby
	Joined
	InSession
	Reconnecting
	Left
)

// Snapshot is the conference's truth at one moment.
type Snapshot struct {
	State           State
	EndpointID      string
	Participants    []Participant   // in the order of arrival
	Sources         []jingle.Source // of the session; without the bridge's own
	DominantSpeaker string
}

// Event is one of the types below.
type Event interface{ event() }

type (
	// StateChanged reports a new State.
	StateChanged struct{ State State }
	// ParticipantJoined reports somebody who is there: on joining, everybody who was there before us.
	ParticipantJoined struct{ Participant Participant }
	// ParticipantChanged reports a new nick, role or mute state.
	ParticipantChanged struct{ Participant Participant }
	// ParticipantLeft reports that somebody left; SourceRemoved of each of its sources came before.
	ParticipantLeft struct{ Participant Participant }
	// SourceAdded reports a stream that the bridge can forward to us in this session.
	SourceAdded struct{ Source jingle.Source }
	// SourceRemoved reports that a stream is no more.
	SourceRemoved struct{ Source jingle.Source }
	// SessionStarted asks for an answer by Conference.Accept. SourceAdded events of Offer.Sources follow it.
	SessionStarted struct{ Offer *jingle.SessionInitiate }
	// SessionEnded says that the session is gone. SourceRemoved of all its sources came before.
	SessionEnded struct{ SID, Reason, Text string }
	// TransportInfo brings further candidates of the bridge.
	TransportInfo struct {
		SID       string
		Transport jingle.Transport
	}
	// BridgeChannel says whether the bridge channel is open.
	BridgeChannel struct{ Open bool }
	// DominantSpeaker names who speaks now.
	DominantSpeaker struct{ ID string }
	// SenderConstraints is the height of one of our sources that somebody wants; 0: nobody.
	SenderConstraints struct {
		SourceName string
		MaxHeight  int
	}
)

func (StateChanged) event()       {}
func (ParticipantJoined) event()  {}
func (ParticipantChanged) event() {}
func (ParticipantLeft) event()    {}
func (SourceAdded) event()        {}
func (SourceRemoved) event()      {}
func (SessionStarted) event()     {}
func (SessionEnded) event()       {}
func (TransportInfo) event()      {}
func (BridgeChannel) event()      {}
func (DominantSpeaker) event()    {}
func (SenderConstraints) event()  {}

// Conference is one stay in one conference. All methods but Run may be called from any goroutine, never block,
// and do nothing after the end.
type Conference struct{}

// New checks cfg. It does no I/O.
func New(cfg Config) (*Conference, error) { return nil, nil }

// Run joins and stays until ctx ends, which leaves properly and returns nil, or until the stay fails, which
// returns an *Error. It may be called once.
func (c *Conference) Run(ctx context.Context) error { return nil }

// Events delivers everything that happens, in order; closed when Run returns. A slow reader delays nobody.
func (c *Conference) Events() <-chan Event { return nil }

// Snapshot is the present state as a value.
func (c *Conference) Snapshot() Snapshot { return Snapshot{} }

// EndpointID is our id in the room and on the bridge.
func (c *Conference) EndpointID() string { return "" }

// SetLocalSources says which sources we have; presence announces them, from the first one on.
func (c *Conference) SetLocalSources(sources []LocalSource) {}

// Accept answers the session sid. A session that is no more is ignored.
func (c *Conference) Accept(sid string, answer jingle.SessionAccept) {}

// AddSessionSources announces further sources in the session by source-add, RemoveSessionSources takes sources
// back by source-remove.
func (c *Conference) AddSessionSources(sid string, sources []jingle.LocalSource)    {}
func (c *Conference) RemoveSessionSources(sid string, sources []jingle.LocalSource) {}

// RestartSession tells the focus that the session's media is dead (session-terminate, connectivity-error,
// restart), so that it offers a new one.
func (c *Conference) RestartSession(sid string) {}

// SetReceiverConstraints asks the bridge for video, now and on every new channel.
func (c *Conference) SetReceiverConstraints(r colibri.ReceiverVideoConstraints) {}
