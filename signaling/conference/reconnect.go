package conference

import (
	"context"
	"fmt"
	"math"
	"time"

	"gstjitsi/signaling/backoff"
	"gstjitsi/signaling/xmpp"
)

// Staying in. A connection that is lost is opened again and the stream goes on where it was, if the server still keeps
// it (XEP-0198): then nothing has happened. If it does not, we join anew under the same id, so that nobody sees us twice.
// Media goes on meanwhile, since it does not go over XMPP.

const (
	firstRejoin   = 500 * time.Millisecond
	longestRejoin = 5 * time.Second
)

// reconnection is the way back after a loss.
type reconnection struct {
	since  time.Time
	cause  *Error // what went wrong last
	pauses backoff.Backoff
	before occupants // who was there; set where we join anew
	role   string    // ours then
}

// away begins the way back; while it lasts nothing changes.
func (s *stay) away(cause *Error) {
	if s.back != nil {
		s.back.cause = cause
		return
	}
	back := &reconnection{
		since: time.Now(), cause: cause, role: s.role, before: s.occupants,
		pauses: backoff.Backoff{First: firstRejoin, Longest: longestRejoin},
	}
	s.back = back
	s.log.Warnf("reconnecting: %v", cause)
	s.settle()
	s.after(s.cfg.ReconnectTimeout, func(s *stay) {
		if s.back == back && s.phase != waiting {
			s.fail(s.reconnectTimeout())
		}
	})
}

func (s *stay) reconnectTimeout() *Error {
	cause := s.back.cause
	return &Error{
		Reason: ConnectionLost, Op: cause.Op, Target: cause.Target, Stanza: cause.Stanza,
		Err: joinCauses(fmt.Errorf("not reconnected within %s", s.cfg.ReconnectTimeout), cause.Err),
	}
}

func joinCauses(err, cause error) error {
	if cause == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// interrupted is the loss of a connection whose stream may be resumed. If it can't be, the stream ends: see disconnected.
func (s *stay) interrupted(client *xmpp.Client, err error) {
	if s.joined {
		s.away(&Error{Reason: ConnectionLost, Op: "stay connected to", Target: s.shownURL(), Err: err})
	}
	attempt := s.attempt
	s.goDo(func() {
		ctx, cancel := context.WithTimeout(s.life, s.limit())
		defer cancel()
		if client.Reconnect(ctx) != nil {
			return // the end of the stream is told by Closed, that of the time by away
		}
		s.c.inbox.push(func(s *stay) {
			if s.attempt == attempt {
				s.resumed()
			}
		})
	})
}

func (s *stay) checkConnection() {
	if s.client != nil {
		s.client.Check()
	}
	if s.session != nil && s.session.channel != nil {
		s.session.channel.Check()
	}
}

// limit is how long what is under way may take.
func (s *stay) limit() time.Duration {
	if s.joined {
		return s.cfg.ReconnectTimeout
	}
	return s.cfg.JoinTimeout
}

// resumed goes on as if nothing had happened.
func (s *stay) resumed() {
	if s.back == nil {
		return
	}
	if s.phase == inRoom {
		s.log.Infof("back after %s", time.Since(s.back.since).Round(time.Millisecond))
		s.back = nil
	}
	s.settle()
}

// lost is the end of a stream on which we were in the room, or of our place in it.
func (s *stay) lost(cause *Error) {
	s.away(cause)
	if s.failed == nil {
		s.tryAgain()
	}
}

// refused is an attempt to join that came to nothing. The first one ends the stay, later ones only where another try
// can't end otherwise. That our place or our name is taken may be our own doing: the server needs its time to see that we
// are gone.
func (s *stay) refused(e *Error) {
	if s.back == nil {
		s.fail(e)
		return
	}
	switch e.Reason {
	case NotAuthorized, RoomLocked, MembersOnly, Kicked, ConferenceEnded:
		s.fail(e)
		return
	}
	s.log.Infof("joining again fails: %v", e)
	s.back.cause = e
	s.tryAgain()
}

// tryAgain joins anew, after a pause.
func (s *stay) tryAgain() {
	s.hangUp()
	s.phase = connecting
	s.later(s.back.pauses.Next(), (*stay).rejoin)
}

// rejoin begins at the deployment's own address, wherever we were sent from there.
func (s *stay) rejoin() {
	s.cfg, s.addresses, s.redirects, s.visiting = s.home, s.homeAddresses, 0, false
	s.connect()
}

// hangUp gives the present connection up.
func (s *stay) hangUp() {
	s.attempt++
	s.lobby = lobby{}
	if client := s.client; client != nil {
		s.client = nil
		s.goDo(func() { s.close(client) })
	}
}

// close ends a stream within LeaveTimeout.
func (s *stay) close(client *xmpp.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), s.c.cfg.LeaveTimeout)
	defer cancel()
	client.Close(ctx)
}

// returned tells what has changed while we were away. The session is another one: the focus has seen us leave.
func (s *stay) returned() {
	back := s.back
	s.back = nil
	s.log.Infof("joined again after %s", time.Since(back.since).Round(time.Millisecond))
	s.dropSession("gone", "joined again")
	s.settle()
	if s.invitation.awaited {
		s.expectSession()
	}
	for _, p := range back.before.participants() {
		if _, still := s.occupants.byID[p.ID]; !still {
			s.emit(ParticipantLeft{p})
		}
	}
	for _, p := range s.occupants.participants() {
		old, known := back.before.byID[p.ID]
		switch {
		case !known:
			s.emit(ParticipantJoined{p})
		case !old.equal(p):
			s.emit(ParticipantChanged{p})
		}
	}
	if s.role != back.role {
		s.emit(RoleChanged{s.role})
	}
}

// missed is for how many seconds of the room's talk we were away, for the room to repeat it.
func (s *stay) missed() int {
	return int(math.Ceil(time.Since(s.back.since).Seconds()))
}
