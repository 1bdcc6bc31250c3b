package conference

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/ws"
	"gstjitsi/signaling/xmpp"
)

// connectError is a connection or a stream that didn't come about.
func (s *stay) connectError(err error) *Error {
	e := &Error{Reason: Unreachable, Op: "connect to", Target: s.shownURL(), Err: err}
	var (
		dial   *ws.Error
		auth   *xmpp.AuthError
		stream *xmpp.StreamError
		bind   *xmpp.Error
	)
	switch {
	case errors.As(err, &dial):
		e.Err = dial.Err
		if dial.TLS {
			e.Reason = TLSFailure
		} else if dial.Status == http.StatusUnauthorized || dial.Status == http.StatusForbidden {
			e.Reason = NotAuthorized
		}
	case errors.As(err, &auth):
		e.Reason, e.Stanza = NotAuthorized, auth.Condition
	case errors.As(err, &stream):
		e.Stanza = stream.Condition
		if stream.Condition == "not-authorized" {
			e.Reason = NotAuthorized
		}
	case errors.As(err, &bind):
		e.Reason, e.Stanza = ProtocolError, string(bind.Condition)
	}
	return e
}

// focusError is the focus' refusal of the conference, or its absence.
func (s *stay) focusError(err error) *Error {
	e := &Error{Reason: FocusNotReady, Op: "request conference " + s.room.String() + " of", Target: s.component.String(), Err: err}
	if errors.Is(err, xmpp.ErrEnded) {
		e.Reason = Unreachable
	}
	var refused *xmpp.Error
	if !errors.As(err, &refused) {
		return e
	}
	e.Err, e.Stanza = nil, refused.Error()
	switch refused.Condition {
	case stanza.NotAuthorized, stanza.Forbidden, stanza.NotAcceptable: // not-acceptable: session-invalid
		e.Reason = NotAuthorized
	case stanza.BadRequest, stanza.JIDMalformed: // it serves no such room: another domain, or no name of one
		e.Reason = RoomNotFound
	}
	return e
}

// roomError is the room's refusal of our first presence (XEP-0045 section 7.2).
func (s *stay) roomError(err error) *Error {
	e := &Error{Reason: ProtocolError, Op: "join", Target: s.me.String(), Err: err}
	var refused *xmpp.Error
	if !errors.As(err, &refused) {
		return e
	}
	e.Err, e.Stanza = nil, refused.Error()
	e.Reason = s.roomReason(refused.Condition)
	return e
}

func (s *stay) roomReason(condition stanza.Condition) Reason {
	switch condition {
	case stanza.NotAuthorized:
		return RoomLocked
	case stanza.RegistrationRequired:
		return MembersOnly
	case stanza.ServiceUnavailable, stanza.ResourceConstraint:
		return RoomFull
	case stanza.Conflict:
		return NickConflict
	case stanza.Forbidden:
		return NotAuthorized
	case stanza.NotAllowed:
		// The server serves no other domains, or the room may not be created; with a token, it is for another room.
		if s.cfg.Token != "" {
			return NotAuthorized
		}
		return RoomNotFound
	case stanza.RemoteServerNotFound, stanza.RemoteServerTimeout, stanza.ItemNotFound, stanza.Gone:
		return RoomNotFound
	}
	return ProtocolError
}

// removedError says why the room has us no more.
func (s *stay) removedError(in *wirePresence) *Error {
	e := &Error{Reason: ConferenceEnded, Op: "stay in", Target: s.room.String(), Stanza: "removed from the room"}
	item := in.MUC.Item
	switch {
	case in.MUC.Destroy != nil:
		e.Stanza = withReason("the room was destroyed", in.MUC.Destroy.Reason)
	case in.has(statusKicked), in.has(statusBanned):
		e.Reason = Kicked
		text := "kicked"
		if item.Actor.Nick != "" {
			text += " by " + item.Actor.Nick
		}
		e.Stanza = withReason(text, item.Reason)
	case in.has(statusMembers):
		e.Reason, e.Stanza = MembersOnly, "the room is for members only now"
	case in.has(statusTechnics):
		e.Reason = ConnectionLost
	}
	return e
}

func withReason(text, reason string) string {
	if reason == "" {
		return text
	}
	return fmt.Sprintf("%s (%s)", text, reason)
}

// joinTimeout names what did not come in time.
func (s *stay) joinTimeout() *Error {
	e := &Error{Err: fmt.Errorf("no answer within %s: %w", s.cfg.JoinTimeout, context.DeadlineExceeded)}
	switch s.phase {
	case askingFocus:
		e.Reason, e.Op, e.Target = FocusNotReady, "request conference "+s.room.String()+" of", s.component.String()
		e.Err = fmt.Errorf("not ready within %s: %w", s.cfg.JoinTimeout, context.DeadlineExceeded)
	case entering:
		e.Reason, e.Op, e.Target = RoomNotFound, "join", s.me.String()
	default:
		e.Reason, e.Op, e.Target = Unreachable, "connect to", s.shownURL()
	}
	return e
}
