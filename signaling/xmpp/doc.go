// Package xmpp is a client's XMPP stream over WebSocket (RFC 7395): opening, authentication (RFC 6120,
// XEP-0175), resource binding, requests with matched answers, pings that notice a dead server (XEP-0199), and
// stream management, which goes on with a stream on a new connection (XEP-0198).
//
// JIDs, stanza errors and SASL mechanisms are mellium.im's. Its session is not used: it reads one endless XML
// document and writes whenever its buffer is full, while in RFC 7395 every message is a document of its own.
// Here a message is parsed alone, so that a malformed one costs itself and not the stream, and a stanza is
// written as exactly one message whatever its length. It is also what stream management needs, which counts and
// repeats stanzas.
package xmpp

// Namespaces of the stream.
const (
	nsClient  = "jabber:client"
	nsFraming = "urn:ietf:params:xml:ns:xmpp-framing"
	nsStream  = "http://etherx.jabber.org/streams"
	nsSASL    = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBind    = "urn:ietf:params:xml:ns:xmpp-bind"
	nsSM      = "urn:xmpp:sm:3"
	nsPing    = "urn:xmpp:ping"
	nsVersion = "jabber:iq:version"
)
