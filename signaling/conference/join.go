package conference

import (
	"context"
	"encoding/xml"
	"errors"
	"strings"
	"time"

	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/extdisco"
	"gstjitsi/signaling/ws"
	"gstjitsi/signaling/xmpp"
)

// Joining, in the order of the recordings: connect, ask for ICE servers, ask the focus for a conference until
// it is ready, enter the room.

const (
	minFocusWait = 250 * time.Millisecond
	maxFocusWait = 2 * time.Second
)

func (s *stay) connect() {
	cfg := xmpp.Config{
		URL: s.cfg.WebSocketURL, Domain: s.cfg.XMPPDomain, Room: s.cfg.Room, Token: s.cfg.Token,
		Username: s.cfg.Username, Password: s.cfg.Password, TLS: s.cfg.TLS, Info: s.cfg.info(),
		Handle: func(client *xmpp.Client, in xmpp.Stanza) {
			s.c.inbox.push(func(s *stay) { s.handle(client, in) })
		},
		Closed: func(err error) { s.c.inbox.push(func(s *stay) { s.disconnected(err) }) },
		Log:    s.cfg.Loggers.NewLogger("xmpp"),
	}
	s.goDo(func() {
		ctx, cancel := context.WithTimeout(s.life, s.cfg.JoinTimeout)
		defer cancel()
		client, err := xmpp.Dial(ctx, cfg)
		if err != nil {
			s.c.inbox.push(func(s *stay) { s.fail(s.connectError(err)) })
			return
		}
		s.dialed.Store(client)
		s.c.inbox.push(func(s *stay) { s.connected(client) })
	})
}

func (s *stay) connected(client *xmpp.Client) {
	s.client, s.phase = client, askingFocus
	s.askServices()
	s.askFocus(minFocusWait)
}

// disconnected is the end of the stream. Before the room is joined that is a server that doesn't want us.
func (s *stay) disconnected(err error) {
	reason := ConnectionLost
	if s.phase != inRoom {
		reason = Unreachable
	}
	if err == nil {
		err = errors.New("the stream was closed")
	}
	s.fail(&Error{Reason: reason, Op: "stay connected to", Target: ws.Redact(s.cfg.WebSocketURL), Err: err})
}

// askServices asks for STUN and TURN servers (XEP-0215). Deployments without any work too.
func (s *stay) askServices() {
	s.request(s.domain(), stanza.GetIQ, extdisco.Query{}, func(iq *xmpp.IQ, err error) {
		var answer extdisco.Answer
		if err == nil {
			err = iq.Decode(&answer)
		}
		if err != nil {
			s.log.Debugf("no ICE servers from %s: %v", s.cfg.XMPPDomain, err)
			return
		}
		s.services, s.changed = answer.List(), true
	})
}

func (s *stay) domain() jid.JID { return s.client.JID().Domain() }

// conferenceRequest asks the focus to come to the room.
type conferenceRequest struct {
	XMLName    xml.Name             `xml:"http://jitsi.org/protocol/focus conference"`
	MachineUID string               `xml:"machine-uid,attr"`
	Room       string               `xml:"room,attr"`
	Properties []conferenceProperty `xml:"property"`
}

type conferenceProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type conferenceAnswer struct {
	Conference struct {
		Ready      string               `xml:"ready,attr"`
		VNode      string               `xml:"vnode,attr"`
		FocusJID   string               `xml:"focusjid,attr"`
		Properties []conferenceProperty `xml:"property"`
	} `xml:"http://jitsi.org/protocol/focus conference"`
}

// askFocus asks until the focus is ready, with growing pauses.
func (s *stay) askFocus(pause time.Duration) {
	payload := conferenceRequest{
		MachineUID: s.cfg.EndpointID, Room: s.room.String(),
		Properties: []conferenceProperty{{"rtcstatsEnabled", "false"}},
	}
	s.request(s.component, stanza.SetIQ, payload, func(iq *xmpp.IQ, err error) {
		var answer conferenceAnswer
		if err == nil {
			err = iq.Decode(&answer)
		}
		switch {
		case err != nil:
			s.fail(s.focusError(err))
		case answer.Conference.Ready == "true":
			s.enter()
		default:
			s.log.Debugf("the focus %s is not ready", s.component)
			s.after(pause, func(s *stay) { s.askFocus(min(2*pause, maxFocusWait)) })
		}
	})
}

// enter sends the first presence. Only this one carries <x>: another one makes the room replay all occupants.
func (s *stay) enter() {
	s.phase = entering
	p := s.presence()
	p.MUC = &mucJoin{Password: s.cfg.RoomPassword}
	s.client.Send(p)
}

// entered is our own presence in the room: all those who were there before us came before it (XEP-0045
// section 7.2.2).
func (s *stay) entered(role string) {
	s.phase, s.role = inRoom, role
	s.log.Infof("joined %s as %s, %s", s.room, s.cfg.EndpointID, role)
	s.setState(Joined)
	for _, p := range s.occupants.participants() {
		s.emit(ParticipantJoined{p})
	}
}

// codecList is what presence says of our codecs.
func (cfg *Config) codecList() string { return strings.ToLower(strings.Join(cfg.Codecs, ",")) }
