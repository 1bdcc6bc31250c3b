package conference

import (
	"encoding/json"

	"gstjitsi/signaling/jingle"
)

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
	// BridgeChannel says whether the bridge channel is open. It opens again by itself, unless the bridge says that it
	// knows nothing of us.
	BridgeChannel struct{ Open, Unknown bool }
	// DominantSpeaker names who speaks now.
	DominantSpeaker struct{ ID string }
	// SenderConstraints is the height of one of our sources that somebody wants; 0: nobody.
	SenderConstraints struct {
		SourceName string
		MaxHeight  int
	}
	// LobbyWaiting reports somebody who waits in the lobby: we, or, to a moderator, somebody else. See Conference.Admit
	// and Deny.
	LobbyWaiting struct {
		ID, Nick string
		Own      bool
	}
	// KickedOut says that a moderator has put us out; the stay ends with it.
	KickedOut struct {
		By     string // the moderator's id; empty where unknown
		Reason string // may be empty
	}
	// SourceMuted reports that somebody muted a source or unmuted it; ParticipantChanged comes with it.
	SourceMuted struct {
		Participant, Source string
		Muted               bool
	}
	// BridgeChanged reports that the session that starts is on another bridge, or the same one after it was restarted.
	BridgeChanged struct {
		Bridge string // its name, as far as the channel's address tells
		Reason string // why the session before ended: moving, connectivity-error, …
	}
	// RoleChanged reports our own role in the room: moderator, participant, visitor.
	RoleChanged struct{ Role string }
	// ChatMessage is what somebody else said, to all or to us alone. After joining, also what was said before.
	ChatMessage struct {
		From, Text string
		Private    bool
	}
	// EndpointMessage is a message of another participant's application: any JSON.
	EndpointMessage struct {
		From    string
		Payload json.RawMessage
	}
	// MuteRequested says that a moderator wants our sources of this kind muted. Whether to obey is the element's.
	MuteRequested struct {
		Media     jingle.Media
		VideoType jingle.VideoType // of video: Camera or Desktop
		By        string           // the moderator's id; empty where unknown
	}
	// BridgeNotAvailable says that the focus has no bridge for us. The session that there may be is not ended by
	// it; a new one starts when there is a bridge again.
	BridgeNotAvailable struct{}
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
func (LobbyWaiting) event()       {}
func (KickedOut) event()          {}
func (SourceMuted) event()        {}
func (BridgeChanged) event()      {}
func (RoleChanged) event()        {}
func (ChatMessage) event()        {}
func (EndpointMessage) event()    {}
func (MuteRequested) event()      {}
func (BridgeNotAvailable) event() {}
