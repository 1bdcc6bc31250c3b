package conference

import (
	"cmp"
	"encoding/xml"
	"errors"
	"net/url"
	"strings"

	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/bridge"
	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/xmpp"
)

// session is one media session with the bridge.
type session struct {
	offer    *jingle.SessionInitiate
	channel  *bridge.Channel // nil where the deployment has none
	accepted bool
}

// handleJingle takes Jingle from the focus alone: any occupant could send it otherwise.
func (s *stay) handleJingle(client *xmpp.Client, iq *xmpp.IQ) {
	if !iq.From.Equal(s.focus) || s.phase != inRoom {
		s.jingleLog.Warnf("refusing Jingle from %s, who is not the focus of a room that we are in", iq.From)
		client.ReplyError(iq, &xmpp.Error{Type: stanza.Auth, Condition: stanza.Forbidden})
		return
	}
	m, err := jingle.Parse(iq.XML())
	switch {
	case errors.Is(err, jingle.ErrUnsupported):
		client.ReplyError(iq, &xmpp.Error{Type: stanza.Cancel, Condition: stanza.FeatureNotImplemented})
	case err != nil:
		s.jingleLog.Warnf("refusing a message of %s: %v", iq.From, err)
		client.ReplyError(iq, &xmpp.Error{Type: stanza.Modify, Condition: stanza.BadRequest, Text: err.Error()})
	default:
		s.handleMessage(client, iq, m)
	}
}

func (s *stay) handleMessage(client *xmpp.Client, iq *xmpp.IQ, m jingle.Message) {
	offer, initiate := m.(*jingle.SessionInitiate)
	if !initiate && !s.isSession(m.SessionID()) {
		client.ReplyError(iq, unknownSession)
		return
	}
	client.Reply(iq, nil)
	switch m := m.(type) {
	case *jingle.SessionInitiate:
		s.startSession(offer)
	case *jingle.SourceAdd:
		s.addSources(m.Sources)
	case *jingle.SourceRemove:
		s.removeSources(m.Sources)
	case *jingle.TransportInfo:
		s.emit(TransportInfo{SID: m.SID, Transport: m.Transport})
	case *jingle.SessionTerminate:
		s.endSession(m.Reason, m.Text)
		if m.Reason != reasonAlone {
			s.expectSession()
		}
	}
}

// unknownSession is what XEP-0166 section 10 wants.
var unknownSession = &xmpp.Error{
	Type: stanza.Cancel, Condition: stanza.ItemNotFound,
	App: xml.Name{Space: "urn:xmpp:jingle:errors:1", Local: "unknown-session"},
}

func (s *stay) isSession(sid string) bool { return s.session != nil && s.session.offer.SID == sid }

// startSession replaces the session there is: the focus moves us to another bridge without ending it first.
func (s *stay) startSession(offer *jingle.SessionInitiate) {
	s.dropSession("success", "replaced by a new session")
	s.jingleLog.Infof("session %s starts, %d sources", offer.SID, len(offer.Sources))
	s.invitedAgain()
	offer.StartMuted = s.policy(offer.StartMuted)
	s.session = &session{offer: offer}
	s.settle()
	s.tellBridge(offer)
	s.emit(SessionStarted{offer})
	s.addSources(offer.Sources)
	if offer.Transport.WebSocketURL != "" {
		s.openChannel(s.session)
	}
}

// tellBridge compares the bridge with that of the session before. One that ended since we were alone is no change.
func (s *stay) tellBridge(offer *jingle.SessionInitiate) {
	before := s.bridgeSession
	s.bridgeSession = offer.BridgeSessionID
	if before != "" && before != offer.BridgeSessionID && s.endReason != reasonAlone {
		s.emit(BridgeChanged{Bridge: bridgeName(offer.Transport.WebSocketURL), Reason: s.endReason})
	}
}

// reasonAlone ends the session of the last one in the room (g-alice).
const reasonAlone = "expired"

// bridgeName reads /colibri-ws/NAME/… of a channel's address.
func bridgeName(channel string) string {
	u, err := url.Parse(channel)
	if err != nil {
		return ""
	}
	if parts := strings.Split(u.Path, "/"); len(parts) > 2 {
		return parts[2]
	}
	return u.Host
}

// endSession leaves us in the room without a session.
func (s *stay) endSession(reason, text string) {
	s.dropSession(reason, text)
	s.settle()
}

// dropSession takes the sources first. Without a session it does nothing.
func (s *stay) dropSession(reason, text string) {
	if s.session == nil {
		return
	}
	old := s.session
	s.session = nil
	s.endReason = reason
	if reason == "success" {
		s.endReason = cmp.Or(text, reason) // f3-alice: moving
	}
	s.jingleLog.Infof("session %s ends: %s %s", old.offer.SID, reason, text)
	for _, source := range s.sources.clear() {
		s.emit(SourceRemoved{source})
	}
	s.closeChannel(old)
	s.emit(SessionEnded{SID: old.offer.SID, Reason: reason, Text: text})
}

func (s *stay) header() jingle.Header {
	return jingle.Header{SID: s.session.offer.SID, Initiator: s.focus.String(), Responder: s.jid.String()}
}

func (s *stay) accept(sid string, answer jingle.SessionAccept) {
	if !s.isSession(sid) || s.session.accepted {
		return
	}
	s.session.accepted = true
	s.request(s.focus, stanza.SetIQ, jingle.EncodeAccept(s.header(), answer), func(_ *xmpp.IQ, err error) {
		var refused *xmpp.Error
		switch {
		case !s.isSession(sid) || err == nil:
		case errors.As(err, &refused):
			s.jingleLog.Errorf("the focus refuses our answer to session %s: %v", sid, err)
			s.endSession(string(refused.Condition), refused.Text)
		default:
			s.jingleLog.Warnf("session-accept of %s: %v", sid, err)
		}
	})
}

type encodeSources func(jingle.Header, []jingle.LocalSource) jingle.Payload

func (s *stay) changeSources(sid, action string, sources []jingle.LocalSource, encode encodeSources) {
	if !s.isSession(sid) || len(sources) == 0 {
		return
	}
	s.request(s.focus, stanza.SetIQ, encode(s.header(), sources), func(_ *xmpp.IQ, err error) {
		if err != nil {
			s.jingleLog.Warnf("%s in session %s: %v", action, sid, err)
		}
	})
}

// restartSession says what the web client says (f-alice). The focus invites us again when there is a bridge.
func (s *stay) restartSession(sid string) {
	if !s.isSession(sid) {
		return
	}
	const reason, text = "connectivity-error", "ICE FAILED"
	payload := jingle.EncodeTerminate(s.header(), jingle.Termination{
		Reason: reason, Text: text, BridgeSessionID: s.session.offer.BridgeSessionID, Restart: true,
	})
	s.request(s.focus, stanza.SetIQ, payload, func(_ *xmpp.IQ, err error) {
		if err != nil {
			s.jingleLog.Warnf("restart of session %s: %v", sid, err)
		}
	})
	s.endSession(reason, text)
	s.expectSession()
}
