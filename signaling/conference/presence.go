package conference

import (
	"encoding/json"
	"encoding/xml"
	"slices"

	"gstjitsi/signaling/disco"
	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/xmpp"
)

// ourInfo is what we can do: the focus makes its offer of it. Like the web client it has no identity.
var ourInfo = disco.Info{
	Node: "urn:gstreamer:plugin:jitsi",
	Features: slices.Concat(xmpp.Features, []string{
		jingle.NS,
		"urn:xmpp:jingle:apps:rtp:1",
		"urn:xmpp:jingle:apps:rtp:audio",
		"urn:xmpp:jingle:apps:rtp:video",
		"urn:xmpp:jingle:transports:ice-udp:1",
		"urn:xmpp:jingle:apps:dtls:0",
		"urn:ietf:rfc:5888", // BUNDLE
		"urn:ietf:rfc:5761", // RTP and RTCP on one port
		"urn:ietf:rfc:4588", // retransmissions
		"http://jitsi.org/tcc",
		"http://jitsi.org/opus-red", // redundant audio (RFC 2198)
		"http://jitsi.org/source-name",
		"http://jitsi.org/receive-multiple-video-streams",
		"http://jitsi.org/json-encoded-sources",
	}),
}

// featureRewriting makes the focus tell the bridge to rewrite SSRCs for us, and send no source-add (e-rewriting).
const featureRewriting = "http://jitsi.org/ssrc-rewriting-1"

// featureMIDDemux makes the bridge put a MID on the packets of each rewritten SSRC (e-rewriting-mid).
const featureMIDDemux = "http://jitsi.org/rtp-mid-demux"

func (cfg *Config) info() disco.Info {
	info := ourInfo
	if cfg.SSRCRewriting {
		info.Features = append(slices.Clone(info.Features), featureRewriting)
		if cfg.MIDDemux {
			info.Features = append(info.Features, featureMIDDemux)
		}
	}
	return info
}

// outPresence is our presence in the room, in the order of the web client.
type outPresence struct {
	XMLName    xml.Name `xml:"jabber:client presence"`
	To         string   `xml:"to,attr"`
	MUC        *mucJoin
	StatsID    string `xml:"stats-id,omitempty"`
	Caps       disco.Caps
	SourceInfo string   `xml:"SourceInfo"`
	CodecList  string   `xml:"jitsi_participant_codecList,omitempty"`
	Region     string   `xml:"jitsi_participant_region,omitempty"`
	Email      string   `xml:"email,omitempty"`
	AvatarURL  string   `xml:"avatar-url,omitempty"`
	Nick       *outNick // XEP-0172
}

type mucJoin struct {
	XMLName  xml.Name `xml:"http://jabber.org/protocol/muc x"`
	Password string   `xml:"password,omitempty"`
	History  *mucHistory
}

// mucHistory is how much of what was said the room repeats (XEP-0045 section 7.2.14).
type mucHistory struct {
	XMLName xml.Name `xml:"history"`
	Seconds int      `xml:"seconds,attr"`
}

type outNick struct {
	XMLName xml.Name `xml:"http://jabber.org/protocol/nick nick"`
	Nick    string   `xml:",chardata"`
}

// unavailable is our leaving of the room.
type unavailable struct {
	XMLName xml.Name `xml:"jabber:client presence"`
	To      string   `xml:"to,attr"`
	Type    string   `xml:"type,attr"`
}

func (s *stay) presence() outPresence {
	p := outPresence{
		To: s.me.String(), StatsID: s.cfg.Nick, Caps: s.cfg.info().Caps(), SourceInfo: encodeSourceInfo(s.local),
		CodecList: s.cfg.codecList(), Region: s.cfg.Region, Email: s.cfg.Email, AvatarURL: s.cfg.AvatarURL,
	}
	if s.cfg.Nick != "" {
		p.Nick = &outNick{Nick: s.cfg.Nick}
	}
	return p
}

// wireSourceInfo is one source in the JSON of the SourceInfo element.
type wireSourceInfo struct {
	Muted     bool   `json:"muted"`
	VideoType string `json:"videoType,omitempty"` // only of desktop sources
}

// encodeSourceInfo is an object by source name; one without sources has none: {}.
func encodeSourceInfo(sources []LocalSource) string {
	out := make(map[string]wireSourceInfo, len(sources))
	for _, source := range sources {
		info := wireSourceInfo{Muted: source.Muted}
		if source.Media == jingle.Video && source.VideoType == jingle.Desktop {
			info.VideoType = string(jingle.Desktop)
		}
		out[source.Name] = info
	}
	data, err := json.Marshal(out)
	if err != nil { // can't be: strings and booleans
		return "{}"
	}
	return string(data)
}

func (s *stay) setLocalSources(sources []LocalSource) {
	if slices.Equal(s.local, sources) {
		return
	}
	s.local = sources
	if s.phase >= entering {
		s.send(s.presence())
	}
	if s.session != nil && s.session.channel != nil {
		s.session.channel.SetVideoTypes(s.videoTypes())
	}
}
