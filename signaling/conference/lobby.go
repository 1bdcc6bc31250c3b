package conference

import (
	"encoding/xml"
	"errors"

	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/xmpp"
)

// The lobby is a room of its own in front of one for members only. Who is not let into the room is told its address in
// the refusal, enters it and waits there for an invitation into the room, or for being put out. Moderators are in both.

// nsJitMeet is the namespace of Jitsi's own additions.
const nsJitMeet = "http://jitsi.org/jitmeet"

// lobby is a lobby that we are in.
type lobby struct {
	room    jid.JID            // zero: there is none
	me      jid.JID            // we in it
	waiting map[string]jid.JID // who waits, by id; the real address. Moderators see it.
}

// Admit lets somebody who waits in the lobby in. It is for moderators.
func (c *Conference) Admit(id string) { c.inbox.push(func(s *stay) { s.admit(id) }) }

// Deny puts somebody who waits in the lobby out. It is for moderators.
func (c *Conference) Deny(id string) { c.inbox.push(func(s *stay) { s.deny(id) }) }

// lobbyOf finds the lobby's address in the refusal of our presence.
func lobbyOf(p *xmpp.Presence) (jid.JID, bool) {
	var in struct {
		Error struct {
			Lobby string `xml:"http://jitsi.org/jitmeet lobbyroom"`
		} `xml:"error"`
	}
	if p.Decode(&in) != nil || in.Error.Lobby == "" {
		return jid.JID{}, false
	}
	room, err := jid.Parse(in.Error.Lobby)
	return room, err == nil && room.Localpart() != "" && room.Resourcepart() == ""
}

// enterLobby waits there for as long as it takes.
func (s *stay) enterLobby(room jid.JID) {
	if s.joinLobby(room) {
		s.deadline.Stop()
		s.phase = waiting
		s.settle()
		s.log.Infof("waiting in the lobby %s", room)
		s.emit(LobbyWaiting{ID: s.cfg.EndpointID, Nick: s.cfg.Nick, Own: true})
	}
}

func (s *stay) joinLobby(room jid.JID) bool {
	me, err := room.WithResource(s.cfg.EndpointID)
	if err != nil {
		s.log.Warnf("can't enter the lobby %s: %v", room, err)
		return false
	}
	s.lobby = lobby{room: room, me: me, waiting: map[string]jid.JID{}}
	p := lobbyPresence{To: me.String(), MUC: &mucJoin{}, Email: s.cfg.Email, AvatarURL: s.cfg.AvatarURL}
	if s.cfg.Nick != "" {
		p.Nick = &outNick{Nick: s.cfg.Nick}
	}
	s.send(p)
	return true
}

// lobbyPresence is a presence without sources: in the lobby nobody has any.
type lobbyPresence struct {
	XMLName   xml.Name `xml:"jabber:client presence"`
	To        string   `xml:"to,attr"`
	MUC       *mucJoin
	Email     string `xml:"email,omitempty"`
	AvatarURL string `xml:"avatar-url,omitempty"`
	Nick      *outNick
}

// leaveLobby is for one who was let in.
func (s *stay) leaveLobby() {
	if !s.inLobby() {
		return
	}
	s.send(unavailable{To: s.lobby.me.String(), Type: string(stanza.UnavailablePresence)})
	s.lobby = lobby{}
}

func (s *stay) inLobby() bool { return !s.lobby.room.Equal(jid.JID{}) }

func (s *stay) ofLobby(from jid.JID) bool {
	return s.inLobby() && from.Bare().Equal(s.lobby.room)
}

// handleLobbyPresence tells us who waits, or that our own waiting is over.
func (s *stay) handleLobbyPresence(p *xmpp.Presence) {
	id := p.From.Resourcepart()
	if p.Type == stanza.ErrorPresence {
		s.lobbyRefused(p.Err())
		return
	}
	var in wirePresence
	if err := p.Decode(&in); err != nil {
		s.log.Warnf("ignoring presence of %s: %v", p.From, err)
		return
	}
	gone := p.Type == stanza.UnavailablePresence
	switch {
	case id == s.cfg.EndpointID && gone:
		s.outOfLobby(&in)
	case id == s.cfg.EndpointID || id == focusNick || s.phase != inRoom:
	case gone:
		delete(s.lobby.waiting, id)
	default:
		s.somebodyWaits(id, &in)
	}
}

func (s *stay) lobbyRefused(err error) {
	if s.phase == inRoom {
		s.log.Warnf("can't enter the lobby %s: %v", s.lobby.room, err)
		s.lobby = lobby{}
		return
	}
	s.refused(&Error{Reason: MembersOnly, Op: "enter the lobby", Target: s.lobby.room.String(), Err: err})
}

// outOfLobby is a denial, unless the lobby was closed and everybody may come in.
func (s *stay) outOfLobby(in *wirePresence) {
	room := s.lobby.room
	s.lobby = lobby{}
	if s.phase != waiting {
		return
	}
	if d := in.MUC.Destroy; d != nil && d.JID == s.room.String() {
		s.admitted("")
		return
	}
	e := &Error{Reason: MembersOnly, Op: "wait in the lobby", Target: room.String(), Stanza: "denied"}
	if d := in.MUC.Destroy; d != nil {
		e.Reason, e.Stanza = ConferenceEnded, withReason("the lobby was closed", d.Reason)
	}
	s.refused(e)
}

func (s *stay) somebodyWaits(id string, in *wirePresence) {
	address, err := jid.Parse(in.MUC.Item.JID)
	if err != nil || in.MUC.Item.Affiliation == "owner" || len(s.lobby.waiting) >= maxOccupants {
		return // a moderator like us, or one whom we could not let in
	}
	_, known := s.lobby.waiting[id]
	s.lobby.waiting[id] = address
	if !known {
		s.emit(LobbyWaiting{ID: id, Nick: in.Nick})
	}
}

// invitation is what a moderator sends for one who waits, and the room passes on (XEP-0045 section 7.8.2).
type invitation struct {
	XMLName xml.Name `xml:"jabber:client message"`
	To      string   `xml:"to,attr"`
	X       struct {
		Invite struct {
			To string `xml:"to,attr"`
		} `xml:"invite"`
	} `xml:"http://jabber.org/protocol/muc#user x"`
}

func (s *stay) admit(id string) {
	address, ok := s.lobby.waiting[id]
	if !ok || s.phase != inRoom {
		s.log.Warnf("can't admit %q: nobody of that id waits in the lobby", id)
		return
	}
	m := invitation{To: s.room.String()}
	m.X.Invite.To = address.String()
	s.send(m)
}

func (s *stay) deny(id string) {
	if _, ok := s.lobby.waiting[id]; !ok {
		s.log.Warnf("can't deny %q: nobody of that id waits in the lobby", id)
		return
	}
	s.moderate("deny "+id, s.lobby.room, adminQuery{Item: adminItem{Nick: id, Role: "none"}})
}

// admitted enters the room, which lets us in now.
func (s *stay) admitted(password string) {
	s.log.Infof("admitted to %s", s.room)
	s.enter(password)
	s.settle()
	s.later(s.cfg.JoinTimeout, func(s *stay) {
		if s.phase == entering {
			s.refused(s.joinTimeout())
		}
	})
}

// invited takes an invitation of the room that we wait for.
func (s *stay) invited(m *xmpp.Message) bool {
	var in struct {
		X struct {
			Invite   *struct{} `xml:"invite"`
			Password string    `xml:"password"`
		} `xml:"http://jabber.org/protocol/muc#user x"`
	}
	if s.phase != waiting || !m.From.Equal(s.room) || m.Decode(&in) != nil || in.X.Invite == nil {
		return false
	}
	s.admitted(in.X.Password)
	return true
}

// watchLobby enters the lobby, if there is one, so that we see who waits. Moderators only are told of those.
func (s *stay) watchLobby() {
	if s.role != "moderator" || s.visiting || s.inLobby() {
		return
	}
	s.request(s.room, stanza.GetIQ, discoQuery{}, func(iq *xmpp.IQ, err error) {
		room, err := lobbyInfo(iq, err)
		switch {
		case err != nil:
			s.log.Debugf("no information on %s: %v", s.room, err)
		case s.phase == inRoom && !room.Equal(jid.JID{}):
			s.joinLobby(room)
		}
	})
}

type discoQuery struct {
	XMLName xml.Name `xml:"http://jabber.org/protocol/disco#info query"`
}

// lobbyInfo finds the lobby in the form that the room describes itself by (XEP-0045 section 6.4); zero where it has none.
func lobbyInfo(iq *xmpp.IQ, err error) (jid.JID, error) {
	if err != nil {
		return jid.JID{}, err
	}
	var in struct {
		Query struct {
			Fields []struct {
				Var   string `xml:"var,attr"`
				Value string `xml:"value"`
			} `xml:"jabber:x:data x>field"`
		} `xml:"http://jabber.org/protocol/disco#info query"`
	}
	if err := iq.Decode(&in); err != nil {
		return jid.JID{}, err
	}
	for _, f := range in.Query.Fields {
		if f.Var == "muc#roominfo_lobbyroom" && f.Value != "" {
			room, err := jid.Parse(f.Value)
			if err == nil && (room.Localpart() == "" || room.Resourcepart() != "") {
				err = errors.New("the lobby's address is that of no room")
			}
			return room, err
		}
	}
	return jid.JID{}, nil
}
