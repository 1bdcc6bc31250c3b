package conference

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/pion/logging"
	"mellium.im/xmpp/jid"

	"gstjitsi/signaling/ws"
)

// Config says which conference to join and as whom.
type Config struct {
	WebSocketURL string // wss://host/xmpp-websocket; the room is added as a query
	XMPPDomain   string
	MUCDomain    string
	FocusJID     string
	Room         string // normalised, without a domain
	EndpointID   string // eight hex digits; random where empty

	// HiddenDomain is where recorders authenticate: occupants of it are not participants. Empty: recorder.XMPPDomain.
	HiddenDomain string

	// ConferenceRequestURL is where the focus is asked by HTTP; empty: by XMPP.
	ConferenceRequestURL string

	// StartAudioMuted and StartVideoMuted are how many participants may begin unmuted, in digits; empty: all may. The focus takes
	// them from the request that opens the room, and counts.
	StartAudioMuted, StartVideoMuted string

	// Resolve finds the addresses when Run begins, in place of those above; nil: those are the ones.
	Resolve func(context.Context) (Addresses, error)

	Nick, Email, AvatarURL, Region string
	Username, Password             string // SASL; anonymous where Username is empty
	Token                          string // JWT
	RoomPassword                   string

	// PlainWithoutTLS shows the password to whoever reads along, where the server wants it (SASL PLAIN) and there is no TLS.
	PlainWithoutTLS bool

	TLS    *tls.Config // for XMPP and the bridge channel; nil: system roots
	Codecs []string    // video codecs in order of preference: vp8, vp9, h264, av1

	// SSRCRewriting lets the bridge send everybody's media in a few SSRCs of its own. Sources come and go as its
	// source maps say then, and an SSRC moves from one to another.
	SSRCRewriting bool
	// MIDDemux lets it put the MID of each such SSRC on the packets, too. It needs SSRCRewriting.
	MIDDemux bool

	StatsInterval time.Duration // between two reports of SetStats; 0: 10 s

	ServiceInterval time.Duration // at least, between two requests for STUN and TURN servers; 0: 10 s

	JoinTimeout time.Duration // until the room is joined; 0: 10 s. Waiting in a lobby does not count.

	// ReconnectTimeout is how long to try again when the connection is lost after the room was joined; 0: 60 s,
	// negative: not at all.
	ReconnectTimeout time.Duration

	// InviteTimeout is how long the focus has to offer a new session after RestartSession, or after it has ended one itself, before
	// we leave and join again; 0: 30 s. It doubles with each time that this doesn't help.
	InviteTimeout time.Duration

	// BridgeTimeout stands in for it for the first minute in which the focus says that it has no bridge; 0: 5 s.
	BridgeTimeout time.Duration

	LeaveTimeout time.Duration // for leaving properly; 0: 1 s

	Loggers logging.LoggerFactory // scopes: conference, xmpp, jingle, colibri
}

// Addresses are where a deployment's services are; see Config for each.
type Addresses struct {
	WebSocketURL, XMPPDomain, MUCDomain, FocusJID string
	HiddenDomain, ConferenceRequestURL            string // may be empty
	StartAudioMuted, StartVideoMuted              string // may be empty
	SSRCRewriting, MIDDemux                       bool   // the deployment has it
}

// at is cfg with other addresses.
func (cfg Config) at(a Addresses) Config {
	cfg.WebSocketURL, cfg.XMPPDomain, cfg.MUCDomain, cfg.FocusJID = a.WebSocketURL, a.XMPPDomain, a.MUCDomain, a.FocusJID
	cfg.HiddenDomain, cfg.ConferenceRequestURL = a.HiddenDomain, a.ConferenceRequestURL
	cfg.StartAudioMuted, cfg.StartVideoMuted = a.StartAudioMuted, a.StartVideoMuted
	cfg.SSRCRewriting, cfg.MIDDemux = cfg.SSRCRewriting || a.SSRCRewriting, cfg.MIDDemux || a.MIDDemux
	cfg.setDefaults()
	return cfg
}

// addresses are the parsed JIDs of a Config.
type addresses struct {
	component jid.JID // of the focus
	room      jid.JID
	me        jid.JID // we as an occupant
	focus     jid.JID // the focus as an occupant
}

// focusNick is the focus' name in every room.
const focusNick = "focus"

func (cfg *Config) setDefaults() {
	if cfg.EndpointID == "" {
		cfg.EndpointID = randomEndpointID()
	}
	if cfg.HiddenDomain == "" {
		cfg.HiddenDomain = "recorder." + cfg.XMPPDomain
	}
	if cfg.ServiceInterval == 0 {
		cfg.ServiceInterval = 10 * time.Second
	}
	if cfg.JoinTimeout == 0 {
		cfg.JoinTimeout = 10 * time.Second
	}
	if cfg.ReconnectTimeout == 0 {
		cfg.ReconnectTimeout = time.Minute
	}
	if cfg.InviteTimeout == 0 {
		cfg.InviteTimeout = 30 * time.Second
	}
	if cfg.BridgeTimeout == 0 {
		cfg.BridgeTimeout = 5 * time.Second
	}
	if cfg.LeaveTimeout == 0 {
		cfg.LeaveTimeout = time.Second
	}
	if cfg.Loggers == nil {
		cfg.Loggers = logging.NewDefaultLoggerFactory()
	}
}

// randomEndpointID is random and not, as with other clients, the first digits of our address: two sessions of
// one user must not collide.
func randomEndpointID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (cfg *Config) parse() (addresses, error) {
	var a addresses
	u, err := url.Parse(cfg.WebSocketURL)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return a, fmt.Errorf("WebSocket URL %s is no ws or wss URL", ws.Redact(cfg.WebSocketURL))
	}
	if _, err := jid.New("", cfg.XMPPDomain, ""); err != nil {
		return a, fmt.Errorf("XMPP domain %q: %w", cfg.XMPPDomain, err)
	}
	if a.component, err = jid.Parse(cfg.FocusJID); err != nil {
		return a, fmt.Errorf("focus JID %q: %w", cfg.FocusJID, err)
	}
	if cfg.Room == "" {
		return a, errors.New("no room")
	}
	if a.room, err = jid.New(cfg.Room, cfg.MUCDomain, ""); err != nil {
		return a, fmt.Errorf("room %q at %q: %w", cfg.Room, cfg.MUCDomain, err)
	}
	if a.me, err = a.room.WithResource(cfg.EndpointID); err != nil || cfg.EndpointID == focusNick {
		return a, fmt.Errorf("endpoint id %q can't be one", cfg.EndpointID)
	}
	if a.focus, err = a.room.WithResource(focusNick); err != nil {
		return a, fmt.Errorf("room %q: %w", a.room, err)
	}
	return a, nil
}
