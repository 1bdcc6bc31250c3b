package elements

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/discovery"
	"gstjitsi/signaling/jingle"
)

const (
	defaultServer           = "https://meet.jit.si"
	defaultNick             = "gst-jitsi"
	defaultLatencyMS        = uint32(200)
	defaultReconnectTimeout = uint32(60)
	noLimit                 = int32(-1) // of last-n
)

var defaultVideoCodecs = strings.Join(media.Names(jingle.Video), ",")

// settings are the values of the writable properties.
type settings struct {
	location      string
	locationError error // reported at NULL→READY: a property can't fail

	server, tenant, room                    string
	webSocketURL, xmppDomain, mucDomain     string
	focusJID                                string
	username, password, token, roomPassword string
	nick, email, avatarURL, region          string
	insecureTLS                             bool
	reconnectTimeout                        uint32 // s
	stunServer, turnServer, turnServers     string
	relayOnly                               bool
	caFile                                  string
	localAddresses                          string
	latencyMS                               uint32
	videoCodecs                             string
	retransmission, fec                     bool
	sync, simulcast, stereo                 bool
	lastN                                   int32
	maxHeight                               uint32
	selectSources, selectParticipants       string
	participantTemplate, recvPipeline       string

	startBitrate, minBitrate, maxBitrate uint32 // bit/s
	sendVideoHeight                      uint32 // pixels; 0: from the caps
	congestion                           congestionMode
	videoType                            gstx.VideoType // of the first video pad, when it comes
}

func defaultSettings() settings {
	return settings{
		server: defaultServer, nick: defaultNick, reconnectTimeout: defaultReconnectTimeout,
		latencyMS: defaultLatencyMS, videoCodecs: defaultVideoCodecs, retransmission: true, fec: true, sync: true, simulcast: true,
		lastN:        noLimit,
		startBitrate: defaultStartBitrate, minBitrate: defaultMinBitrate, congestion: congestionGCC, videoType: gstx.Camera,
	}
}

// layers are the sizes in which the camera's picture may be sent.
func (s *settings) layers() int {
	if s.simulcast {
		return media.MaxLayers
	}
	return 1
}

func (s *settings) setLocation(location string) {
	s.location, s.locationError = location, nil
	if location == "" {
		return
	}
	m, err := discovery.ParseLocation(location)
	if err != nil {
		s.locationError = err
		return
	}
	s.server, s.tenant, s.room = m.Server, m.Tenant, m.Room
	if m.Token != "" {
		s.token = m.Token
	}
}

// publicLocation is the location without its query and fragment, where a token may be.
func (s *settings) publicLocation() string {
	if i := strings.IndexAny(s.location, "?#"); i >= 0 {
		return s.location[:i]
	}
	return s.location
}

// addresses splits local-addresses.
func (s *settings) addresses() ([]string, error) {
	var list []string
	for field := range strings.SplitSeq(s.localAddresses, ",") {
		field = strings.TrimSpace(field)
		if field == "" {
			continue
		}
		if _, err := netip.ParseAddr(field); err != nil {
			return nil, fmt.Errorf("local-addresses: %w", err)
		}
		list = append(list, field)
	}
	return list, nil
}

// conferenceConfig checks the settings.
func (s *settings) conferenceConfig() (conference.Config, error) {
	if s.locationError != nil {
		return conference.Config{}, fmt.Errorf("location: %w", s.locationError)
	}
	if s.room == "" {
		return conference.Config{}, errors.New("neither location nor room is set")
	}
	room, err := discovery.NormaliseRoom(s.room)
	if err != nil {
		return conference.Config{}, fmt.Errorf("room: %w", err)
	}
	tlsConfig, err := s.tls()
	if err != nil {
		return conference.Config{}, err
	}
	if _, err := s.iceServers(); err != nil {
		return conference.Config{}, err
	}
	if _, err := s.addresses(); err != nil {
		return conference.Config{}, err
	}
	codecs, err := s.codecs()
	if err != nil {
		return conference.Config{}, err
	}
	if most := s.maxBitrate; s.minBitrate > s.startBitrate || most != 0 && s.startBitrate > most {
		return conference.Config{}, fmt.Errorf("min-bitrate %d, start-bitrate %d and max-bitrate %d are out of order", s.minBitrate, s.startBitrate, most)
	}
	config := conference.Config{
		Room: room, Nick: s.nick, Email: s.email, AvatarURL: s.avatarURL, Region: s.region,
		Username: s.username, Password: s.password, Token: s.token, RoomPassword: s.roomPassword,
		PlainWithoutTLS: s.insecureTLS, TLS: tlsConfig, ReconnectTimeout: s.reconnectLimit(),
		Codecs: codecs,
	}
	return config, s.locate(&config)
}

// codecs are those of video-codecs that GStreamer has the elements for here, in order of preference: what we announce,
// and take of an offer.
func (s *settings) codecs() ([]string, error) {
	names, err := media.ParseNames(jingle.Video, s.videoCodecs)
	if err != nil {
		return nil, fmt.Errorf("video-codecs: %w", err)
	}
	usable, missing := media.Usable(names)
	if len(usable) == 0 {
		return nil, fmt.Errorf("video-codecs: %w", errors.Join(missing...))
	}
	return usable, nil
}

// locate fills in the addresses: those that the user gave, and else those that the deployment's config.js names. With
// websocket-url and xmpp-domain set nothing is fetched.
func (s *settings) locate(config *conference.Config) error {
	meeting := discovery.Meeting{Server: s.server, Tenant: s.tenant, Room: config.Room}
	given := s.webSocketURL != "" && s.xmppDomain != ""
	var usual discovery.Deployment
	if !given {
		var err error
		if usual, err = discovery.Defaults(meeting); err != nil {
			return fmt.Errorf("server: %w", err)
		}
	}
	a := s.override(usual)
	config.WebSocketURL, config.XMPPDomain, config.MUCDomain, config.FocusJID = a.WebSocketURL, a.XMPPDomain, a.MUCDomain, a.FocusJID
	if given {
		return nil
	}
	copied := *s // the application may change properties while we look
	options := discovery.Options{TLS: config.TLS, Log: gstx.Loggers{}.NewLogger("discovery")}
	config.Resolve = func(ctx context.Context) (conference.Addresses, error) {
		found, err := discovery.Discover(ctx, meeting, options)
		return copied.override(found), err
	}
	return nil
}

// override puts the addresses that the user gave in place of a deployment's.
func (s *settings) override(d discovery.Deployment) conference.Addresses {
	guest := s.username == "" && s.token == ""
	a := conference.Addresses{
		WebSocketURL: d.WebSocketURL, XMPPDomain: d.LoginDomain(guest), MUCDomain: d.MUCDomain, FocusJID: d.FocusJID,
		HiddenDomain: d.HiddenDomain, ConferenceRequestURL: d.ConferenceRequestURL,
		StartAudioMuted: d.StartMuted.Audio, StartVideoMuted: d.StartMuted.Video,
		SSRCRewriting: d.Flags.SSRCRewriting == discovery.On, MIDDemux: d.Flags.RTPMIDDemux == discovery.On,
	}
	if s.xmppDomain != "" {
		a.XMPPDomain = s.xmppDomain
		a.MUCDomain = "conference." + s.xmppDomain
		a.FocusJID = "focus." + s.xmppDomain
	}
	for _, o := range []struct{ given, field *string }{
		{&s.webSocketURL, &a.WebSocketURL}, {&s.mucDomain, &a.MUCDomain}, {&s.focusJID, &a.FocusJID},
	} {
		if *o.given != "" {
			*o.field = *o.given
		}
	}
	if s.focusJID != "" {
		a.ConferenceRequestURL = "" // that is another way to the focus
	}
	return a
}

// reconnectLimit is negative where nothing is to be tried: zero is the conference's default.
func (s *settings) reconnectLimit() time.Duration {
	if s.reconnectTimeout == 0 {
		return -1
	}
	return time.Duration(s.reconnectTimeout) * time.Second
}

func (s *settings) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.insecureTLS}
	if s.caFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(s.caFile)
	if err != nil {
		return nil, fmt.Errorf("ca-file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca-file: no certificate in %s", s.caFile)
	}
	return config, nil
}
