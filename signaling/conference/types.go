package conference

import (
	"slices"

	"gstjitsi/signaling/extdisco"
	"gstjitsi/signaling/jingle"
)

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

// String is the state's name.
func (s State) String() string {
	names := [...]string{"disconnected", "connecting", "lobby", "joined", "in-session", "reconnecting", "left"}
	if s < 0 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// Snapshot is the conference's truth at one moment.
type Snapshot struct {
	State           State
	EndpointID      string
	Role            string          // ours: moderator, participant, visitor; empty before we are in
	Participants    []Participant   // in the order of arrival
	Sources         []jingle.Source // of the session; without the bridge's own
	DominantSpeaker string
	ICEServers      []extdisco.Service // that the deployment offers; credentials are secrets
}

// clone shares nothing with s that can be changed.
func (s *Snapshot) clone() Snapshot {
	out := *s
	out.Participants = make([]Participant, len(s.Participants))
	for i, p := range s.Participants {
		out.Participants[i] = p.clone()
	}
	out.Sources = slices.Clone(s.Sources)
	out.ICEServers = slices.Clone(s.ICEServers)
	return out
}

func (p Participant) clone() Participant {
	p.Sources = slices.Clone(p.Sources)
	return p
}

func (p Participant) equal(q Participant) bool {
	return p.ID == q.ID && p.JID == q.JID && p.Nick == q.Nick && p.Role == q.Role && slices.Equal(p.Sources, q.Sources)
}
