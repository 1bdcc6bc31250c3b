package elements

import (
	"fmt"
	"math"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstwebrtc"

	"gstjitsi/elements/gstx"
)

// property is one property of the elements. All three have the same ones.
type property struct {
	name string
	spec func(name string) *gobject.ParamSpec
	get  func(*element) any   // nil: write-only
	set  func(*settings, any) // nil: read-only

	changed func(*controller) // follows a new value in the middle of a conference; nil: it counts from the next one on
	applied func(*element)    // follows a change in any state; may be nil
}

const (
	readWrite = gobject.ParamReadwrite | gst.ParamMutableReady
	anyTime   = gobject.ParamReadwrite | gst.ParamMutablePlaying
	writeOnly = gobject.ParamWritable | gst.ParamMutableReady
)

func text(nick, blurb, initial string, flags gobject.ParamFlags) func(string) *gobject.ParamSpec {
	return func(name string) *gobject.ParamSpec {
		return gobject.ParamSpecString(name, nick, blurb, initial, flags)
	}
}

func toggle(nick, blurb string, initial bool) func(string) *gobject.ParamSpec {
	return func(name string) *gobject.ParamSpec {
		return gobject.ParamSpecBoolean(name, nick, blurb, initial, readWrite)
	}
}

// str makes a property of a string setting.
func str(name, nick, blurb, initial string, field func(*settings) *string) property {
	return property{
		name: name,
		spec: text(nick, blurb, initial, readWrite),
		get:  func(e *element) any { return *field(&e.settings) },
		set:  func(s *settings, v any) { *field(s), _ = v.(string) },
	}
}

// secret makes a property that can't be read back.
func secret(name, nick, blurb string, field func(*settings) *string) property {
	return property{
		name: name,
		spec: text(nick, blurb, "", writeOnly),
		set:  func(s *settings, v any) { *field(s), _ = v.(string) },
	}
}

// selection makes a property of what the bridge is asked for, at any time.
func selection(name, nick, blurb string, field func(*settings) *string) property {
	p := str(name, nick, blurb, "", field)
	p.spec = text(nick, blurb, "", anyTime)
	p.changed = (*controller).route
	return p
}

func flag(name, nick, blurb string, initial bool, field func(*settings) *bool) property {
	return property{
		name: name,
		spec: toggle(nick, blurb, initial),
		get:  func(e *element) any { return *field(&e.settings) },
		set:  func(s *settings, v any) { *field(s), _ = v.(bool) },
	}
}

// bitrate makes a property of a setting in bit/s.
func bitrate(name, nick, blurb string, initial uint, field func(*settings) *uint32, changed func(*controller)) property {
	flags := readWrite
	if changed != nil {
		flags = gobject.ParamReadwrite | gst.ParamMutablePlaying
	}
	return property{
		name: name,
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecUint(name, nick, blurb, 0, mostBitrate, initial, flags)
		},
		get:     func(e *element) any { return *field(&e.settings) },
		set:     func(s *settings, v any) { *field(s), _ = v.(uint32) },
		changed: changed,
	}
}

var properties = []property{
	{
		name: "location",
		spec: text("Location", "URL of the meeting as pasted from a browser: sets server, tenant, room and token", "", readWrite),
		get:  func(e *element) any { return e.settings.publicLocation() },
		set:  func(s *settings, v any) { location, _ := v.(string); s.setLocation(location) },
	},
	str("server", "Server", "Base URL of the deployment; its config.js is read for the addresses", defaultServer, func(s *settings) *string { return &s.server }),
	str("tenant", "Tenant", "Sub-domain path of a multi-tenant deployment", "", func(s *settings) *string { return &s.tenant }),
	str("room", "Room", "Name of the room, normalised as the web client does", "", func(s *settings) *string { return &s.room }),
	str("websocket-url", "WebSocket URL", "URL of XMPP over WebSocket (wss://host/xmpp-websocket); empty: from server", "", func(s *settings) *string { return &s.webSocketURL }),
	str("xmpp-domain", "XMPP domain", "Domain of the XMPP host; empty: from server", "", func(s *settings) *string { return &s.xmppDomain }),
	str("muc-domain", "MUC domain", "Domain of the room component; empty: conference. and the XMPP domain", "", func(s *settings) *string { return &s.mucDomain }),
	str("focus-jid", "Focus JID", "Address of the focus component; empty: focus. and the XMPP domain", "", func(s *settings) *string { return &s.focusJID }),
	str("username", "User name", "Name to log in with; empty: anonymous", "", func(s *settings) *string { return &s.username }),
	secret("password", "Password", "Password to log in with", func(s *settings) *string { return &s.password }),
	secret("token", "Token", "JWT for deployments that ask for one", func(s *settings) *string { return &s.token }),
	secret("room-password", "Room password", "Password of a locked room", func(s *settings) *string { return &s.roomPassword }),
	str("nick", "Nick", "Name under which others see us", defaultNick, func(s *settings) *string { return &s.nick }),
	str("email", "E-mail", "E-mail address for our avatar", "", func(s *settings) *string { return &s.email }),
	str("avatar-url", "Avatar URL", "Picture that others see while we send no video", "", func(s *settings) *string { return &s.avatarURL }),
	str("region", "Region", "Our region, for the choice of a bridge near us", "", func(s *settings) *string { return &s.region }),
	flag("insecure-tls", "Insecure TLS", "Accept any certificate of the server", false, func(s *settings) *bool { return &s.insecureTLS }),
	str("ca-file", "CA file", "PEM file of the authorities to trust; empty: the system's", "", func(s *settings) *string { return &s.caFile }),
	str("stun-server", "STUN server", "STUN server (stun://host:port); empty: the deployment's", "", func(s *settings) *string { return &s.stunServer }),
	{
		name: "turn-server",
		spec: text("TURN server", "TURN server (turn(s)://user:password@host:port?transport=udp or tcp), read back without the password; empty: the deployment's", "", readWrite),
		get:  func(e *element) any { return withoutPasswords(e.settings.turnServer) },
		set:  func(s *settings, v any) { s.turnServer, _ = v.(string) },
	},
	{
		name: "turn-servers",
		spec: text("TURN servers", "Several TURN servers, comma-separated, each as turn-server", "", readWrite),
		get:  func(e *element) any { return withoutPasswords(e.settings.turnServers) },
		set:  func(s *settings, v any) { s.turnServers, _ = v.(string) },
	},
	{
		name: "ice-transport-policy",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecEnum(name, "ICE transport policy", "all, or relay: media goes over TURN servers only", gstwebrtc.TypeWebRTCICETransportPolicy, int32(gstwebrtc.WebrtcIceTransportPolicyAll), readWrite)
		},
		get: func(e *element) any {
			if e.settings.relayOnly {
				return gstwebrtc.WebrtcIceTransportPolicyRelay
			}
			return gstwebrtc.WebrtcIceTransportPolicyAll
		},
		set: func(s *settings, v any) { s.relayOnly = v == gstwebrtc.WebrtcIceTransportPolicyRelay },
	},
	str("local-addresses", "Local addresses", "IP addresses that ICE binds to, comma-separated, loopback included; empty: all but loopback", "", func(s *settings) *string { return &s.localAddresses }),
	{
		name: "latency",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecUint(name, "Latency", "Size of the jitter buffers of received audio and video (ms)", 1, math.MaxInt32, uint(defaultLatencyMS), anyTime)
		},
		get: func(e *element) any { return e.settings.latencyMS },
		set: func(s *settings, v any) { s.latencyMS, _ = v.(uint32) },

		changed: (*controller).changeLatency,
	},
	flag("do-retransmission", "Retransmission", "Ask again for video packets that got lost", true, func(s *settings) *bool { return &s.retransmission }),
	flag("do-fec", "Forward error correction", "Restore lost audio from the copy that Opus sends with the next packet, where we decode", true, func(s *settings) *bool { return &s.fec }),
	str("video-codecs", "Video codecs", "Video codecs to send and to receive, comma-separated, in order of preference; those without elements here are left out", defaultVideoCodecs, func(s *settings) *string { return &s.videoCodecs }),
	{
		name: "reconnect-timeout",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecUint(name, "Reconnect timeout", "For how long to try again when the connection is lost after the room was joined, before an error is posted (s); 0: not at all. Also for how long no media session at all may come to anything, 15 s at least", 0, math.MaxInt32, uint(defaultReconnectTimeout), readWrite)
		},
		get: func(e *element) any { return e.settings.reconnectTimeout },
		set: func(s *settings, v any) { s.reconnectTimeout, _ = v.(uint32) },
	},
	{
		name: "last-n",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecInt32(name, "Last N", "Most video sources to receive at a time; -1: no limit", -1, math.MaxInt32, noLimit, anyTime)
		},
		get:     func(e *element) any { return e.settings.lastN },
		set:     func(s *settings, v any) { s.lastN, _ = v.(int32) },
		changed: (*controller).route,
	},
	{
		name: "max-height",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecUint(name, "Maximum height", "Highest resolution of video to receive per source (pixels); 0: no limit", 0, math.MaxInt32, 0, anyTime)
		},
		get:     func(e *element) any { return e.settings.maxHeight },
		set:     func(s *settings, v any) { s.maxHeight, _ = v.(uint32) },
		changed: (*controller).route,
	},
	selection("select-sources", "Select sources", "Names of the video sources to receive first, comma-separated", func(s *settings) *string { return &s.selectSources }),
	selection("select-participants", "Select participants", "Endpoint ids of the participants whose video to receive first, comma-separated", func(s *settings) *string { return &s.selectParticipants }),
	flag("sync", "Sync", "Pace what is sent by its timestamps: a file plays in real time", true, func(s *settings) *bool { return &s.sync }),
	flag("simulcast", "Simulcast", "Send raw video to the camera's pad in two sizes from 360 lines on, and in three from 720 lines on", true, func(s *settings) *bool { return &s.simulcast }),
	str("recv-pipeline", "Receiving pipeline", "gst-launch text of one pipeline for all: elements named audio and video, mixers, get a pad for each stream", "", func(s *settings) *string { return &s.recvPipeline }),
	str("participant-template", "Participant template", "gst-launch text of a pipeline for each participant: elements named audio and video get its streams; {jid}, {jid_user}, {participant_id}, {nick}, {part} are replaced in properties", "", func(s *settings) *string { return &s.participantTemplate }),
	bitrate("start-bitrate", "Start bitrate", "Bitrate of sent video to begin with (bit/s)", defaultStartBitrate, func(s *settings) *uint32 { return &s.startBitrate }, nil),
	bitrate("min-bitrate", "Minimum bitrate", "Least bitrate of sent video, whatever the network carries (bit/s)", defaultMinBitrate, func(s *settings) *uint32 { return &s.minBitrate }, (*controller).limitBitrates),
	bitrate("max-bitrate", "Maximum bitrate", "Greatest bitrate of sent video (bit/s); 0: what the size of the pictures can use", 0, func(s *settings) *uint32 { return &s.maxBitrate }, (*controller).limitBitrates),
	{
		name: "congestion-control",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecEnum(name, "Congestion control", "How the bitrate of sent video follows what the network carries", congestionType, int32(congestionGCC), readWrite)
		},
		get: func(e *element) any { return e.settings.congestion },
		set: func(s *settings, v any) { mode, _ := v.(int32); s.congestion = congestionMode(mode) },
	},
	{
		name: "video-type",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecEnum(name, "Video type", "What the first video pad shows: its property video-type", gstx.VideoTypeType(), int32(gstx.Camera), gobject.ParamReadwrite|gst.ParamMutablePlaying)
		},
		get:     func(e *element) any { return e.settings.videoType },
		set:     func(s *settings, v any) { kind, _ := v.(int32); s.videoType = gstx.VideoType(kind) },
		applied: (*element).setFirstVideoType,
	},
	flag("stereo", "Stereo", "Encode raw audio with two channels", false, func(s *settings) *bool { return &s.stereo }),
	{
		name: "send-video-height",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecUint(name, "Sent video's height", "Highest resolution that others are told we send (pixels); 0: from the caps", 0, math.MaxInt32, 0, gobject.ParamReadwrite|gst.ParamMutablePlaying)
		},
		get: func(e *element) any { return e.settings.sendVideoHeight },
		set: func(s *settings, v any) { s.sendVideoHeight, _ = v.(uint32) },
	},
	{
		name: "target-bitrate",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecUint(name, "Target bitrate", "What the network carries now of each video source, for encoders of the application's (bit/s); 0: not known yet", 0, math.MaxUint32, 0, gobject.ParamReadable)
		},
		get: func(e *element) any { return e.targetBitrate },
	},
	{
		name: "state",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecEnum(name, "State", "Where we are on the way into the conference", stateType, 0, gobject.ParamReadable)
		},
		get: func(e *element) any { return e.state },
	},
	{
		name: "participants",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecBoxed(name, "Participants", "The other participants, a structure each by endpoint id: id, nick, jid, role and sources", gst.TypeStructure, gobject.ParamReadable)
		},
		get: func(e *element) any { return participantsStructure(e.snapshot) },
	},
	{
		name: "stats",
		spec: func(name string) *gobject.ParamSpec {
			return gobject.ParamSpecBoxed(name, "Statistics", "Figures of the media session, new each second: round-trip-time (ns), and in sources by name and participants by endpoint id, "+
				"our own among them, a structure each: sent, bitrate (bit/s), packets, bytes, packets-lost, loss (0 to 1), jitter and round-trip-time (ns)", gst.TypeStructure, gobject.ParamReadable)
		},
		get: func(e *element) any { return statsStructure(e.stats) },
	},
}

// paramSpecs makes new specifications for a class.
func paramSpecs() []*gobject.ParamSpec {
	var list []*gobject.ParamSpec
	for _, p := range properties {
		list = append(list, p.spec(p.name))
	}
	return list
}

func (e *element) setProperty(id uint, value any, _ *gobject.ParamSpec) {
	defer gstx.Recover(e, "set property")
	p := properties[id]
	if p.set == nil {
		return
	}
	e.mu.Lock()
	p.set(&e.settings, value)
	e.mu.Unlock()
	if p.applied != nil {
		p.applied(e)
	}
	if p.changed != nil {
		e.controlling(p.changed)
	}
	e.updateSinkFlag()
}

func (e *element) getProperty(id uint, _ *gobject.ParamSpec) any {
	p := properties[id]
	if p.get == nil {
		panic(fmt.Sprintf("property %s can't be read", p.name)) // GObject checks that before
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return p.get(e)
}
