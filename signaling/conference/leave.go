package conference

import (
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/xmpp"
)

// leave ends everything within LeaveTimeout, also where the network is dead: it says good-bye as far as we got,
// and waits until nothing of the stay is left.
func (s *stay) leave() {
	s.sayGoodbye()
	s.dropSession("success", "")
	s.setState(Left)
	s.publish()
	s.cancel() // closes the connection, see connect
	s.wg.Wait()
}

func (s *stay) sayGoodbye() {
	if s.session != nil {
		payload := jingle.EncodeTerminate(s.header(), jingle.Termination{
			Reason: "success", BridgeSessionID: s.session.offer.BridgeSessionID,
		})
		s.request(s.focus, stanza.SetIQ, payload, ignoreAnswer)
	}
	s.leaveLobby()
	if s.phase >= entering {
		s.send(unavailable{To: s.me.String(), Type: string(stanza.UnavailablePresence)})
	}
}

// ignoreAnswer is for requests whose answer comes too late to matter.
func ignoreAnswer(*xmpp.IQ, error) {}
