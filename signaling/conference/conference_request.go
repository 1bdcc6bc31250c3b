package conference

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/disco"
	"gstjitsi/signaling/focus"
	"gstjitsi/signaling/xmpp"
)

const (
	minFocusWait = 250 * time.Millisecond
	maxFocusWait = 2 * time.Second
	focusSilence = 3 * time.Second
)

// askFocus asks the focus to come to the room, by HTTP where the deployment wants that, until it is ready.
func (s *stay) askFocus(pause time.Duration) {
	request := focus.Request{
		Room: s.room, MachineUID: s.cfg.EndpointID, SessionID: s.focusSession, Token: s.cfg.Token,
		Properties: map[string]string{"rtcstatsEnabled": "false", "visitors-version": "1"},
	}
	for name, value := range map[string]string{"startAudioMuted": s.cfg.StartAudioMuted, "startVideoMuted": s.cfg.StartVideoMuted} {
		if value != "" {
			request.Properties[name] = value
		}
	}
	if s.cfg.ConferenceRequestURL != "" {
		s.postRequest(request, pause)
		return
	}
	s.request(s.component, stanza.SetIQ, request, func(iq *xmpp.IQ, err error) {
		var in struct {
			Conference focus.Answer `xml:"http://jitsi.org/protocol/focus conference"`
		}
		if err == nil {
			err = iq.Decode(&in)
		}
		s.focusAnswered(&in.Conference, err, pause)
	})
}

// checkRooms finds out why the focus is silent: Jicofo never answers where it can't join the room itself.
func (s *stay) checkRooms() {
	if s.phase != askingFocus {
		return
	}
	component := s.room.Domain()
	s.request(component, stanza.GetIQ, disco.Query{}, func(_ *xmpp.IQ, err error) {
		var refused *xmpp.Error
		if s.phase != askingFocus || !errors.As(err, &refused) || s.roomReason(refused.Condition) != RoomNotFound {
			return
		}
		s.refused(&Error{Reason: RoomNotFound, Op: "ask for rooms at", Target: component.String(), Stanza: refused.Error()})
	})
}

func (s *stay) postRequest(request focus.Request, pause time.Duration) {
	attempt, cfg := s.attempt, s.cfg
	s.goDo(func() {
		ctx, cancel := context.WithTimeout(s.life, cfg.JoinTimeout)
		defer cancel()
		answer, err := focus.Post(ctx, cfg.ConferenceRequestURL, cfg.TLS, cfg.Token, request)
		s.c.inbox.push(func(s *stay) {
			if s.attempt == attempt {
				s.focusAnswered(answer, err, pause)
			}
		})
	})
}

func (s *stay) focusAnswered(answer *focus.Answer, err error, pause time.Duration) {
	switch {
	case err != nil && s.askAgain(err):
		s.later(pause, func(s *stay) { s.askFocus(min(2*pause, maxFocusWait)) })
	case err != nil:
		s.refused(s.focusError(err))
	case !answer.Live():
		s.refused(s.focusError(errors.New("the conference has not begun")))
	case !answer.Ready:
		s.focusSession = answer.SessionID
		s.log.Debugf("the focus of %s is not ready", s.room)
		s.later(pause, func(s *stay) { s.askFocus(min(2*pause, maxFocusWait)) })
	case answer.VNode != "":
		s.visit(answer)
	default:
		s.focusSession = answer.SessionID
		s.enter("")
	}
}

// askAgain is true where another request may be answered otherwise: a focus that is asked by HTTP may be starting, and
// a session of an earlier authentication may be over.
func (s *stay) askAgain(err error) bool {
	var refused *xmpp.Error
	if !errors.As(err, &refused) {
		return false
	}
	if refused.Condition == stanza.NotAcceptable && s.focusSession != "" {
		s.focusSession = ""
		return true
	}
	return refused.Type == stanza.Wait && refused.Condition == stanza.ServiceUnavailable && s.cfg.ConferenceRequestURL != ""
}

// visitorDomain is behind the names of all servers for visitors, as web clients have it.
const visitorDomain = ".meet.jitsi"

// visit goes to another server, where those who only watch are. A name and a password are for the one that we come from.
func (s *stay) visit(answer *focus.Answer) {
	cfg, err := s.cfg.visiting(answer)
	if err == nil {
		var parsed addresses
		if parsed, err = cfg.parse(); err == nil && s.redirects < maxRedirects {
			s.log.Infof("the focus sends us to %s as a visitor", answer.VNode)
			s.hangUp()
			s.cfg, s.addresses, s.visiting = &cfg, parsed, true
			s.redirects++
			s.connect()
			return
		}
	}
	s.refused(&Error{Reason: FocusNotReady, Op: "go as a visitor to", Target: answer.VNode, Err: err})
}

func (cfg Config) visiting(answer *focus.Answer) (Config, error) {
	if strings.ContainsAny(answer.VNode, "/@:?#. ") {
		return cfg, fmt.Errorf("%q is no name of a server", answer.VNode)
	}
	u, err := url.Parse(cfg.WebSocketURL)
	if err != nil {
		return cfg, errors.New("the WebSocket URL is none")
	}
	query := u.Query()
	query.Set("vnode", answer.VNode)
	u.RawQuery = query.Encode()
	domain := answer.VNode + visitorDomain
	cfg.MUCDomain = strings.Replace(cfg.MUCDomain, cfg.XMPPDomain, domain, 1)
	cfg.XMPPDomain, cfg.WebSocketURL = domain, u.String()
	cfg.Username, cfg.Password = "", ""
	return cfg, nil
}
