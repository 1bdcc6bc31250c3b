package conference

import (
	"time"

	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/xmpp"
)

// handle is everything that comes in and that the client doesn't answer itself.
func (s *stay) handle(client *xmpp.Client, in xmpp.Stanza) {
	switch in := in.(type) {
	case *xmpp.IQ:
		s.handleIQ(client, in)
	case *xmpp.Presence:
		s.handlePresence(in)
	case *xmpp.Message:
		s.handleRoomMessage(in)
	}
}

// handleIQ answers every request, whatever it is (RFC 6120 section 8.2.3).
func (s *stay) handleIQ(client *xmpp.Client, iq *xmpp.IQ) {
	switch {
	case iq.Type != stanza.GetIQ && iq.Type != stanza.SetIQ:
		s.log.Debugf("ignoring an IQ of type %.20q", iq.Type)
	case iq.Type == stanza.SetIQ && iq.Payload.Space == jingle.NS:
		s.handleJingle(client, iq)
	case isMute(iq):
		s.handleMute(client, iq)
	default:
		client.ReplyUnsupported(iq)
	}
}

// handlePresence sorts presence of the room by whose it is.
func (s *stay) handlePresence(p *xmpp.Presence) {
	if s.ofLobby(p.From) {
		s.handleLobbyPresence(p)
		return
	}
	if !p.From.Bare().Equal(s.room) || s.phase < entering {
		return
	}
	if p.Type == stanza.ErrorPresence {
		s.presenceRefused(p)
		return
	}
	var in wirePresence
	if err := p.Decode(&in); err != nil {
		s.log.Warnf("ignoring presence of %s: %v", p.From, err)
		return
	}
	id, gone := p.From.Resourcepart(), p.Type == stanza.UnavailablePresence
	switch {
	case id == s.cfg.EndpointID || in.has(statusSelf):
		s.handleOwnPresence(id, &in, gone)
	case id == focusNick:
		s.focusPresent(&in)
	case id == "":
	case gone:
		s.occupantLeft(id)
	default:
		s.occupantPresent(id, &in)
	}
}

// presenceRefused ends the stay where the room doesn't let us in. Once inside it is about one presence only.
func (s *stay) presenceRefused(p *xmpp.Presence) {
	err := p.Err()
	if s.phase == inRoom {
		s.log.Warnf("the room %s refuses our presence: %v", s.room, err)
		return
	}
	if room, ok := lobbyOf(p); ok && !s.inLobby() {
		s.enterLobby(room)
		return
	}
	s.refused(s.roomError(err))
}

// Status codes of XEP-0045 section 15.6.
const (
	statusConfigured = 104
	statusSelf       = 110
	statusBanned     = 301
	statusKicked     = 307
	statusMembers    = 322
	statusTechnics   = 333
)

func (s *stay) handleOwnPresence(id string, in *wirePresence, gone bool) {
	switch {
	case gone:
		s.removed(s.removedError(in), in)
	case id != s.cfg.EndpointID:
		s.fail(&Error{Reason: NickConflict, Op: "join", Target: s.me.String(), Stanza: "the room names us " + id})
	case s.phase == entering:
		s.entered(in.MUC.Item.Role)
	case s.role != in.MUC.Item.Role: // the focus makes the first one moderator only after joining
		s.role = in.MUC.Item.Role
		s.emit(RoleChanged{s.role})
		s.watchLobby()
	}
}

// removed ends the stay, but for a removal that nobody wanted.
func (s *stay) removed(e *Error, in *wirePresence) {
	if e.Reason == Kicked {
		s.emit(KickedOut{By: in.MUC.Item.Actor.Nick, Reason: in.MUC.Item.Reason})
	}
	if e.Reason == ConnectionLost && s.joined {
		s.lost(e)
		return
	}
	s.fail(e)
}

// focusPresent tells whether the focus has a bridge (f-alice). Without one we stay and wait: it invites us again
// when there is a new one. One that only was out of use it gives to those alone who join.
func (s *stay) focusPresent(in *wirePresence) {
	available := in.NoBridge == nil
	if s.bridge == available {
		return
	}
	if s.bridge = available; available {
		s.invitation.bridgeless = time.Time{}
		return
	}
	s.bridgeMissing()
}

func (s *stay) occupantPresent(id string, in *wirePresence) {
	if in.hidden(s.cfg.HiddenDomain) {
		return
	}
	p, err := in.participant(id)
	if err != nil {
		s.log.Warnf("participant %s: %v", id, err)
	}
	old := s.occupants.byID[id]
	known, changed := s.occupants.set(p)
	switch {
	case s.phase != inRoom || !changed: // told when we are in
	case known:
		s.emit(ParticipantChanged{p.clone()})
		s.tellMuted(old, p)
	default:
		s.emit(ParticipantJoined{p.clone()})
		if s.invitation.awaited && len(s.occupants.order) == 1 {
			s.expectSession() // the focus has somebody to invite us for from now on
		}
	}
}

// tellMuted compares two presences of one participant. A source that appears was not muted before.
func (s *stay) tellMuted(old, now Participant) {
	before := map[string]bool{}
	for _, source := range old.Sources {
		before[source.Name] = source.Muted
	}
	for _, source := range now.Sources {
		if source.Muted != before[source.Name] {
			s.emit(SourceMuted{Participant: now.ID, Source: source.Name, Muted: source.Muted})
		}
	}
}

// occupantLeft takes the sources along: the focus sends no source-remove when somebody leaves the room.
func (s *stay) occupantLeft(id string) {
	for _, source := range s.sources.removeEndpoint(id) {
		s.emit(SourceRemoved{source})
	}
	if p, ok := s.occupants.remove(id); ok && s.phase == inRoom {
		s.emit(ParticipantLeft{p})
	}
}
