package conference

import (
	"encoding/json"
	"strings"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/xmpp"
)

// metadata is what we read of a room's: Prosody's mod_room_metadata_component sends it right before our own presence, and again when it changes.
type metadata struct {
	Type     string `json:"type"`
	Metadata struct {
		StartMuted struct {
			Audio bool `json:"audio"`
			Video bool `json:"video"`
		} `json:"startMuted"`
	} `json:"metadata"`
}

// metadataMessage is true where m is none of the room's occupants'. Web clients take the policy for those who join from it, and announce
// so (http://jitsi.org/start-muted-room-metadata), as we do: the focus of tomorrow may leave it out of its invitation. What comes
// after we have joined is for others.
func (s *stay) metadataMessage(m *xmpp.Message) bool {
	parent, ok := strings.CutPrefix(m.From.String(), "metadata.") // neither an account nor a resource: the component itself
	if !ok || !strings.HasSuffix(s.room.Domainpart(), "."+parent) {
		return false
	}
	if s.phase != entering {
		return true
	}
	var in wireMessage
	var room metadata
	err := m.Decode(&in)
	if err == nil {
		err = json.Unmarshal([]byte(in.JSON), &room)
	}
	if err != nil || room.Type != "room_metadata" {
		s.log.Debugf("ignoring a message of %s, which is no room's metadata: %v", m.From, err)
		return true
	}
	s.startMuted = jingle.StartMuted(room.Metadata.StartMuted)
	s.log.Debugf("of those who join the room wants muted: %+v", s.startMuted)
	return true
}

// policy joins what the room wants of those who join with what the focus says; it counts for the first session.
func (s *stay) policy(said jingle.StartMuted) jingle.StartMuted {
	said.Audio = said.Audio || s.startMuted.Audio
	said.Video = said.Video || s.startMuted.Video
	s.startMuted = jingle.StartMuted{}
	return said
}
