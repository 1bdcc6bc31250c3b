package jingle

import "encoding/xml"

// Namespaces of what is inside a Jingle message.
const (
	nsRTP      = "urn:xmpp:jingle:apps:rtp:1"
	nsFeedback = "urn:xmpp:jingle:apps:rtp:rtcp-fb:0"
	nsHdrext   = "urn:xmpp:jingle:apps:rtp:rtp-hdrext:0"
	nsSources  = "urn:xmpp:jingle:apps:rtp:ssma:0"
	nsICE      = "urn:xmpp:jingle:transports:ice-udp:1"
	nsDTLS     = "urn:xmpp:jingle:apps:dtls:0"
	nsGrouping = "urn:xmpp:jingle:apps:grouping:0"
	nsFocus    = "http://jitsi.org/protocol/focus"
	nsColibri  = "http://jitsi.org/protocol/colibri"
	nsJitMeet  = "http://jitsi.org/jitmeet"
)

// The wire forms below serve reading and writing. Numbers are strings here: parsing them by hand gives errors
// that name the attribute.

type wireJingle struct {
	XMLName   xml.Name       `xml:"urn:xmpp:jingle:1 jingle"`
	Action    string         `xml:"action,attr"`
	Initiator string         `xml:"initiator,attr,omitempty"`
	Responder string         `xml:"responder,attr,omitempty"`
	SID       string         `xml:"sid,attr"`
	Reason    *wireReason    `xml:"reason"`
	Group     *wireGroup     `xml:"urn:xmpp:jingle:apps:grouping:0 group"`
	Contents  []wireContent  `xml:"content"`
	Bridge    *wireBridge    `xml:"http://jitsi.org/protocol/focus bridge-session"`
	JSON      []wireJSONText `xml:"http://jitsi.org/jitmeet json-message"`

	StartMuted *wireStartMuted `xml:"http://jitsi.org/jitmeet/start-muted startmuted"`
}

type wireStartMuted struct {
	Audio string `xml:"audio,attr"`
	Video string `xml:"video,attr"`
}

type wireJSONText struct {
	Text string `xml:",chardata"`
}

type wireReason struct {
	Condition []wireName `xml:",any"`
	Text      string     `xml:"text,omitempty"`
}

type wireName struct {
	XMLName xml.Name
}

type wireBridge struct {
	ID      string `xml:"id,attr,omitempty"`
	Restart string `xml:"restart,attr,omitempty"`
}

type wireGroup struct {
	Semantics string            `xml:"semantics,attr"`
	Contents  []wireContentName `xml:"content"`
}

type wireContentName struct {
	Name string `xml:"name,attr"`
}

type wireContent struct {
	Creator     string           `xml:"creator,attr,omitempty"`
	Name        string           `xml:"name,attr"`
	Senders     string           `xml:"senders,attr,omitempty"`
	Description *wireDescription `xml:"urn:xmpp:jingle:apps:rtp:1 description"`
	Transport   *wireTransport   `xml:"urn:xmpp:jingle:transports:ice-udp:1 transport"`
}

type wireDescription struct {
	Media            string            `xml:"media,attr"`
	PayloadTypes     []wirePayloadType `xml:"payload-type"`
	Sources          []wireSource      `xml:"urn:xmpp:jingle:apps:rtp:ssma:0 source"`
	Groups           []wireSSRCGroup   `xml:"urn:xmpp:jingle:apps:rtp:ssma:0 ssrc-group"`
	RTCPMux          *struct{}         `xml:"rtcp-mux"`
	HeaderExtensions []wireHdrext      `xml:"urn:xmpp:jingle:apps:rtp:rtp-hdrext:0 rtp-hdrext"`
	ExtmapAllowMixed *struct{}         `xml:"urn:xmpp:jingle:apps:rtp:rtp-hdrext:0 extmap-allow-mixed"`
}

type wirePayloadType struct {
	Channels   string          `xml:"channels,attr,omitempty"`
	ClockRate  string          `xml:"clockrate,attr"`
	ID         string          `xml:"id,attr"`
	Name       string          `xml:"name,attr"`
	Parameters []wireParameter `xml:"parameter"`
	Feedback   []wireFeedback  `xml:"urn:xmpp:jingle:apps:rtp:rtcp-fb:0 rtcp-fb"`
}

// wireParameter has no namespace: within a source the focus uses another one than clients do.
type wireParameter struct {
	Name  string `xml:"name,attr,omitempty"`
	Value string `xml:"value,attr"`
}

type wireFeedback struct {
	Subtype string `xml:"subtype,attr,omitempty"`
	Type    string `xml:"type,attr"`
}

type wireHdrext struct {
	ID  string `xml:"id,attr"`
	URI string `xml:"uri,attr"`
}

type wireSource struct {
	Name       string          `xml:"name,attr,omitempty"`
	SSRC       string          `xml:"ssrc,attr"`
	VideoType  string          `xml:"videoType,attr,omitempty"`
	Info       *wireSSRCInfo   `xml:"http://jitsi.org/jitmeet ssrc-info"`
	Parameters []wireParameter `xml:"parameter"`
}

type wireSSRCInfo struct {
	Owner string `xml:"owner,attr"`
}

type wireSSRCGroup struct {
	Semantics string        `xml:"semantics,attr"`
	Sources   []wireSSRCRef `xml:"source"`
}

type wireSSRCRef struct {
	SSRC string `xml:"ssrc,attr"`
}

type wireTransport struct {
	Generation  string           `xml:"ice-generation,attr,omitempty"`
	Pwd         string           `xml:"pwd,attr,omitempty"`
	Ufrag       string           `xml:"ufrag,attr,omitempty"`
	WebSocket   *wireWebSocket   `xml:"http://jitsi.org/protocol/colibri web-socket"`
	Fingerprint *wireFingerprint `xml:"urn:xmpp:jingle:apps:dtls:0 fingerprint"`
	Candidates  []wireCandidate  `xml:"candidate"`
}

type wireWebSocket struct {
	URL string `xml:"url,attr"`
}

type wireFingerprint struct {
	Hash  string `xml:"hash,attr"`
	Setup string `xml:"setup,attr"`
	Value string `xml:",chardata"`
}

type wireCandidate struct {
	Component  string `xml:"component,attr"`
	Foundation string `xml:"foundation,attr"`
	Generation string `xml:"generation,attr"`
	ID         string `xml:"id,attr"`
	IP         string `xml:"ip,attr"`
	Network    string `xml:"network,attr"`
	Port       string `xml:"port,attr"`
	Priority   string `xml:"priority,attr"`
	Protocol   string `xml:"protocol,attr"`
	RelAddr    string `xml:"rel-addr,attr,omitempty"`
	RelPort    string `xml:"rel-port,attr,omitempty"`
	Type       string `xml:"type,attr"`
}
