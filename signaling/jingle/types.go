// Package jingle holds the messages of Jingle (XEP-0166) as Jitsi uses them: parsed once from XML or
// JSON into types that cannot be wrong, and written as the XML that the focus accepts. It does no I/O.
package jingle

import "net/netip"

// Media is the kind of an RTP session, as in the media attribute of XEP-0167.
type Media string

// The two kinds of media of a conference.
const (
	Audio Media = "audio"
	Video Media = "video"
)

// VideoType says what a video source shows.
type VideoType string

// The video types that Jitsi knows.
const (
	NoVideo VideoType = "none"
	Camera  VideoType = "camera"
	Desktop VideoType = "desktop"
)

// SessionInitiate is the focus' offer of one media session.
type SessionInitiate struct {
	SID             string
	Initiator       string
	BridgeSessionID string // names the session on the bridge, for restarts
	Audio, Video    Description
	Transport       Transport
	Sources         []Source // of those who were there before us; the bridge's own included
	StartMuted      StartMuted
}

// StartMuted says what a participant who has just joined shall have muted. Moderators put it into the room's metadata (startMuted), which
// Jicofo reads: as of August 2026 it tells everybody who has just joined, whether or not they read the metadata themselves, and
// those who come later than config.js's limits allow.
type StartMuted struct{ Audio, Video bool }

// Description is what one side can send and receive of one medium (XEP-0167, XEP-0293, XEP-0294).
type Description struct {
	Media            Media
	PayloadTypes     []PayloadType
	HeaderExtensions []HeaderExtension
	ExtmapAllowMixed bool
}

// PayloadType is one codec with its number (XEP-0167).
type PayloadType struct {
	ID         uint8
	Name       string // as on the wire: opus, VP8, rtx, …
	ClockRate  uint32 // Hz
	Channels   uint8  // 1 when not given
	Parameters []Parameter
	Feedback   []Feedback
}

// Parameter is a format parameter; Name may be empty where the parameter is a value alone.
type Parameter struct{ Name, Value string }

// Feedback is an RTCP feedback type (RFC 4585), such as nack with subtype pli.
type Feedback struct{ Type, Subtype string }

// HeaderExtension maps an RTP header extension's URI to its number (RFC 8285).
type HeaderExtension struct {
	ID  uint8
	URI string
}

// Transport is the ICE and DTLS side of a session (XEP-0176, XEP-0320), shared by both media.
type Transport struct {
	Ufrag, Pwd   string
	Fingerprint  Fingerprint
	Candidates   []Candidate
	WebSocketURL string // of the bridge channel; empty where there is none
}

// Fingerprint identifies a DTLS certificate (XEP-0320).
type Fingerprint struct {
	Hash  string // sha-256
	Value string // upper-case hex digits, colon-separated
	Setup string // actpass, active or passive
}

// Candidate is an ICE candidate (XEP-0176).
type Candidate struct {
	Foundation string
	Component  uint8
	Protocol   string // udp or tcp
	Priority   uint32
	Addr       netip.AddrPort
	Type       string         // host, srflx, prflx or relay
	Related    netip.AddrPort // zero where there is none
	Generation uint
}

// Source is a stream that somebody sends: what a receiver sees of it.
type Source struct {
	Name      string // 5410b27b-v0
	Endpoint  string // its owner's endpoint id; "jvb" for the bridge's own probing sources
	Media     Media
	VideoType VideoType // of video: Camera or Desktop
	SSRC      uint32    // the only one, or the first of its SIM group
	RTX       uint32    // retransmissions of SSRC (FID group); 0 where there are none
	Other     []uint32  // further SSRCs that were signalled for it (SVC, simulcast layers and their RTX)
	MID       string    // on its packets, where the bridge demultiplexes by MID (e-rewriting-mid); else empty
	Rewritten bool      // SSRC and RTX are the bridge's own, and may carry another source later (e-rewriting)
}

// LocalSource is a stream that we send.
type LocalSource struct {
	Name      string
	Media     Media
	VideoType VideoType
	MSID      string
	SSRCs     []uint32 // one, or one a simulcast layer, lowest first
	RTX       []uint32 // of the same length as SSRCs, or empty
}

// SessionAccept is our answer to a SessionInitiate.
type SessionAccept struct {
	Audio, Video Description // what we take of the offer
	Transport    Transport   // ours
	Sources      []LocalSource
}
