package conference

import (
	"encoding/json"
	"encoding/xml"

	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/xmpp"
)

// SendChat says something to everybody, or to the participant whose id is to.
func (c *Conference) SendChat(text, to string) {
	c.inbox.push(func(s *stay) { s.sendChat(text, to) })
}

// wireMessage is what we read of a message.
type wireMessage struct {
	Bodies []string `xml:"body"`
	JSON   string   `xml:"http://jitsi.org/jitmeet json-message"`
	MUC    struct {
		Statuses []wireStatus `xml:"status"`
	} `xml:"http://jabber.org/protocol/muc#user x"`
}

// outMessage is a message on its way out.
type outMessage struct {
	XMLName xml.Name `xml:"jabber:client message"`
	To      string   `xml:"to,attr"`
	Type    string   `xml:"type,attr"`
	Body    string   `xml:"body"`
}

func (s *stay) sendChat(text, to string) {
	if s.phase != inRoom {
		return
	}
	m := outMessage{To: s.room.String(), Type: string(stanza.GroupChatMessage), Body: text}
	if to != "" {
		address, err := s.room.WithResource(to)
		if err != nil {
			s.log.Warnf("no chat message to %q, which is nobody's id: %v", to, err)
			return
		}
		m.To, m.Type = address.String(), string(stanza.ChatMessage)
	}
	s.send(m)
}

// handleRoomMessage takes messages of occupants. The echo of what we said is no news, and of the room's own ones only
// that its configuration changed: it may have a lobby now.
func (s *stay) handleRoomMessage(m *xmpp.Message) {
	from := m.From.Resourcepart()
	if s.invited(m) || s.metadataMessage(m) || !m.From.Bare().Equal(s.room) || s.phase != inRoom || from == s.cfg.EndpointID {
		return
	}
	if m.Type == stanza.ErrorMessage {
		s.log.Warnf("a message to %s was refused", m.From)
		return
	}
	var in wireMessage
	if err := m.Decode(&in); err != nil {
		s.log.Warnf("ignoring a message of %s: %v", m.From, err)
		return
	}
	if from == "" {
		if hasStatus(in.MUC.Statuses, statusConfigured) {
			s.watchLobby()
		}
		return
	}
	if in.JSON != "" { // to all; to one of them it comes over the bridge
		s.peerMessage(from, json.RawMessage(in.JSON))
	}
	if len(in.Bodies) > 0 {
		s.emit(ChatMessage{From: from, Text: in.Bodies[0], Private: m.Type != stanza.GroupChatMessage})
	}
}

// peerMessage is a message of another endpoint's application: over the room (h-bob) or over the bridge (k-alice).
func (s *stay) peerMessage(from string, payload json.RawMessage) {
	if !json.Valid(payload) {
		s.log.Warnf("ignoring a json-message of %s: malformed JSON", from)
		return
	}
	if !s.answerPing(from, payload) {
		s.emit(EndpointMessage{From: from, Payload: payload})
	}
}

// e2ePing is how web clients measure the round trip between two of them (k-alice).
type e2ePing struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

// answerPing is true where payload is for nobody but us.
func (s *stay) answerPing(from string, payload json.RawMessage) bool {
	var ping e2ePing
	if json.Unmarshal(payload, &ping) != nil {
		return false
	}
	switch ping.Type {
	case "e2e-ping-response":
		return true
	case "e2e-ping-request":
	default:
		return false
	}
	if s.session == nil || s.session.channel == nil || from == "" {
		return true
	}
	answer, err := json.Marshal(e2ePing{ID: ping.ID, Type: "e2e-ping-response"})
	if err == nil {
		s.session.channel.Send(colibri.PeerMessage{Payload: answer, To: from})
	}
	return true
}
