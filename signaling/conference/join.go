package conference

import (
	"context"
	"errors"
	"strings"
	"time"

	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/extdisco"
	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/ws"
	"gstjitsi/signaling/xmpp"
)

// Joining, in the order of the recordings: connect, ask for ICE servers, ask the focus for a conference until
// it is ready (conference_request.go), enter the room.

// maxRedirects is how often a server may send us on until we are in the room.
const maxRedirects = 5

// connect begins an attempt to join. What earlier ones have to say is ignored.
func (s *stay) connect() {
	s.attempt++
	s.phase, s.occupants, s.bridge = connecting, newOccupants(), true
	attempt := s.attempt
	if s.back != nil { // the first time it is up to run
		s.later(s.cfg.JoinTimeout, func(s *stay) {
			if s.phase != inRoom && !s.inLobby() {
				s.refused(s.joinTimeout())
			}
		})
	}
	post := func(task func(*stay)) {
		s.c.inbox.push(func(s *stay) {
			if s.attempt == attempt {
				task(s)
			}
		})
	}
	cfg := xmpp.Config{
		URL: s.cfg.WebSocketURL, Domain: s.cfg.XMPPDomain, Room: s.cfg.Room, Token: s.cfg.Token,
		Username: s.cfg.Username, Password: s.cfg.Password, TLS: s.cfg.TLS, PlainWithoutTLS: s.cfg.PlainWithoutTLS, Info: s.cfg.info(),
		Handle:      func(client *xmpp.Client, in xmpp.Stanza) { post(func(s *stay) { s.handle(client, in) }) },
		Interrupted: func(client *xmpp.Client, err error) { post(func(s *stay) { s.interrupted(client, err) }) },
		Closed:      func(err error) { post(func(s *stay) { s.disconnected(err) }) },
		Log:         s.cfg.Loggers.NewLogger("xmpp"),
	}
	limit := s.cfg.JoinTimeout
	s.goDo(func() {
		ctx, cancel := context.WithTimeout(s.life, limit)
		client, err := xmpp.Dial(ctx, cfg)
		cancel()
		if err != nil {
			post(func(s *stay) { s.notConnected(err) })
			return
		}
		post(func(s *stay) { s.connected(client) })
		select { // whatever happens to the attempt, the stream ends with the stay
		case <-client.Done():
		case <-s.life.Done():
		}
		s.close(client)
	})
}

func (s *stay) notConnected(err error) {
	if !s.follow(err) {
		s.refused(s.connectError(err))
	}
}

func (s *stay) connected(client *xmpp.Client) {
	s.client, s.jid, s.phase = client, client.JID(), askingFocus
	s.askServices()
	if s.visiting {
		s.enter("") // the focus that sent us here is in the room
		return
	}
	s.askFocus(minFocusWait)
	s.later(focusSilence, (*stay).checkRooms)
}

// disconnected is the end of the stream. Before the room is joined for the first time that is a server that doesn't
// want us.
func (s *stay) disconnected(err error) {
	s.client = nil
	if err == nil {
		err = errors.New("the stream was closed")
	}
	e := &Error{Reason: Unreachable, Op: "stay connected to", Target: s.shownURL(), Err: err}
	var moved *xmpp.RedirectError
	switch {
	case s.joined && s.phase == inRoom:
		e.Reason = ConnectionLost
		s.away(e)
		if errors.As(err, &moved) && s.follow(err) {
			return
		}
		s.tryAgain()
	case !s.follow(err):
		s.refused(e)
	}
}

// follow goes where a server sends us, if that is what err says.
func (s *stay) follow(err error) bool {
	var moved *xmpp.RedirectError
	if !errors.As(err, &moved) || s.redirects >= maxRedirects {
		return false
	}
	s.redirects++
	s.log.Infof("%s sends us to %s", s.shownURL(), ws.Redact(moved.URL))
	s.hangUp()
	cfg := *s.cfg
	cfg.WebSocketURL = moved.URL
	s.cfg = &cfg
	s.connect()
	return true
}

// shownURL is where we connect to, without secrets.
func (s *stay) shownURL() string { return ws.Redact(s.cfg.WebSocketURL) }

// askServices asks for STUN and TURN servers (XEP-0215). Deployments without any work too.
func (s *stay) askServices() {
	s.request(s.domain(), stanza.GetIQ, extdisco.Query{}, func(iq *xmpp.IQ, err error) {
		var answer extdisco.Answer
		if err == nil {
			err = iq.Decode(&answer)
		}
		if err != nil {
			s.log.Debugf("no ICE servers from %s: %v", s.cfg.XMPPDomain, err)
			if _, any := extdisco.Expiry(s.services); any { // those that we have won't do for ever; the server may only be away
				s.later(s.cfg.ServiceInterval, (*stay).askServices)
			}
			return
		}
		s.services, s.changed = answer.List(), true
		if expiry, any := extdisco.Expiry(s.services); any { // some time before, for sessions that begin later
			s.later(max(time.Until(expiry)*3/4, s.cfg.ServiceInterval), (*stay).askServices)
		}
	})
}

func (s *stay) domain() jid.JID { return s.jid.Domain() }

// enter sends the first presence. Only this one carries <x>: another one makes the room replay all occupants.
func (s *stay) enter(password string) {
	s.phase, s.startMuted = entering, jingle.StartMuted{}
	if password == "" {
		password = s.cfg.RoomPassword
	}
	p := s.presence()
	p.MUC = &mucJoin{Password: password}
	if s.back != nil {
		p.MUC.History = &mucHistory{Seconds: s.missed()}
	}
	s.send(p)
}

// entered is our own presence in the room: all those who were there before us came before it (XEP-0045
// section 7.2.2).
func (s *stay) entered(role string) {
	s.phase, s.role, s.joined = inRoom, role, true
	s.log.Infof("joined %s as %s, %s", s.room, s.cfg.EndpointID, role)
	s.leaveLobby()
	s.watchLobby()
	if s.back != nil {
		s.returned()
		return
	}
	s.settle()
	for _, p := range s.occupants.participants() {
		s.emit(ParticipantJoined{p})
	}
}

// codecList is what presence says of our codecs.
func (cfg *Config) codecList() string { return strings.ToLower(strings.Join(cfg.Codecs, ",")) }
