package jingle

// NS is the namespace of Jingle (XEP-0166).
const NS = "urn:xmpp:jingle:1"

// Message is what a Jingle IQ says: a *SessionInitiate, *SourceAdd, *SourceRemove, *SessionTerminate,
// *TransportInfo or *SessionInfo.
type Message interface {
	// SessionID is the sid of the session that the message is about.
	SessionID() string
}

// SourceAdd brings further sources of others.
type SourceAdd struct {
	SID     string
	Sources []Source
}

// SourceRemove takes sources of others back.
type SourceRemove struct {
	SID     string
	Sources []Source
}

// SessionTerminate ends a session.
type SessionTerminate struct {
	SID    string
	Reason string // success, expired, connectivity-error, …; empty where none is given
	Text   string
}

// TransportInfo brings further candidates, or the transport of a new ICE generation.
type TransportInfo struct {
	SID        string
	Transport  Transport
	Generation uint // 0 but for ICE restarts
}

// SessionInfo is a notice without meaning for us.
type SessionInfo struct {
	SID string
}

// SessionID implements Message.
func (m *SessionInitiate) SessionID() string { return m.SID }

// SessionID implements Message.
func (m *SourceAdd) SessionID() string { return m.SID }

// SessionID implements Message.
func (m *SourceRemove) SessionID() string { return m.SID }

// SessionID implements Message.
func (m *SessionTerminate) SessionID() string { return m.SID }

// SessionID implements Message.
func (m *TransportInfo) SessionID() string { return m.SID }

// SessionID implements Message.
func (m *SessionInfo) SessionID() string { return m.SID }
