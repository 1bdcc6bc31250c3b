package conference

// Reason is why a stay ended, for the element's choice of a GStreamer error.
type Reason int

// The reasons.
const (
	Unreachable     Reason = iota + 1 // host, port or path: nobody there, or not XMPP
	TLSFailure                        // certificate or handshake
	NotAuthorized                     // credentials or token refused
	RoomLocked                        // password missing or wrong
	MembersOnly                       // without a lobby, or denied there
	RoomFull                          //
	RoomNotFound                      // the room component does not exist or refuses the room
	FocusNotReady                     // no focus, or it never became ready
	NickConflict                      // our endpoint id is taken
	Kicked                            //
	ConferenceEnded                   // the room was destroyed
	ProtocolError                     // an answer that makes no sense
	ConnectionLost                    // after a successful join, and not restored within ReconnectTimeout
)

// Error is the end of a stay. Error() says what was tried, on what, and what came back.
type Error struct {
	Reason Reason
	Op     string // what was tried: "join room", …
	Target string // on what: a URL or a JID, without secrets
	Stanza string // the answer's condition and text, where there was one
	Err    error  // the cause, may be nil
}

func (e *Error) Error() string {
	s := e.Op + " " + e.Target
	if e.Stanza != "" {
		s += ": " + e.Stanza
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
