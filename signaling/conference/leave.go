package conference

import (
	"context"

	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/xmpp"
)

// leave ends everything within LeaveTimeout, also where the network is dead: it says good-bye as far as we got,
// and waits until nothing of the stay is left.
func (s *stay) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.LeaveTimeout)
	defer cancel()
	if s.client != nil {
		s.sayGoodbye()
	}
	s.dropSession("success", "")
	s.setState(Left)
	s.publish()
	s.cancel()
	if client := s.dialed.Load(); client != nil {
		client.Close(ctx)
	}
	s.wg.Wait()
	if client := s.dialed.Load(); client != nil { // connected while we were leaving
		client.Close(ctx)
	}
}

func (s *stay) sayGoodbye() {
	if s.session != nil {
		payload := jingle.EncodeTerminate(s.header(), jingle.Termination{
			Reason: "success", BridgeSessionID: s.session.offer.BridgeSessionID,
		})
		s.request(s.focus, stanza.SetIQ, payload, ignoreAnswer)
	}
	if s.phase >= entering {
		s.client.Send(unavailable{To: s.me.String(), Type: string(stanza.UnavailablePresence)})
	}
}

// ignoreAnswer is for requests whose answer comes too late to matter.
func ignoreAnswer(*xmpp.IQ, error) {}
