package elements

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/discovery"
)

const (
	defaultServer    = "https://meet.jit.si"
	defaultNick      = "gst-jitsi"
	defaultLatencyMS = uint32(200)
)

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
	caFile                                  string
	localAddresses                          string
	latencyMS                               uint32
	sync                                    bool
}

func defaultSettings() settings {
	return settings{server: defaultServer, nick: defaultNick, latencyMS: defaultLatencyMS, sync: true}
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
	d, err := s.deployment(room)
	if err != nil {
		return conference.Config{}, err
	}
	tlsConfig, err := s.tls()
	if err != nil {
		return conference.Config{}, err
	}
	if _, err := s.addresses(); err != nil {
		return conference.Config{}, err
	}
	return conference.Config{
		WebSocketURL: d.WebSocketURL, XMPPDomain: d.XMPPDomain, MUCDomain: d.MUCDomain, FocusJID: d.FocusJID,
		Room: room, Nick: s.nick, Email: s.email, AvatarURL: s.avatarURL, Region: s.region,
		Username: s.username, Password: s.password, Token: s.token, RoomPassword: s.roomPassword,
		TLS: tlsConfig, Codecs: videoCodecs,
	}, nil
}

// videoCodecs are the codecs that the elements take, in order of preference.
var videoCodecs = []string{"vp8"}

// deployment has the usual addresses, but for those that the user gave.
func (s *settings) deployment(room string) (discovery.Deployment, error) {
	var d discovery.Deployment
	if s.webSocketURL == "" || s.xmppDomain == "" {
		var err error
		if d, err = discovery.Defaults(discovery.Meeting{Server: s.server, Tenant: s.tenant, Room: room}); err != nil {
			return d, fmt.Errorf("server: %w", err)
		}
	}
	if s.xmppDomain != "" {
		d.XMPPDomain = s.xmppDomain
		d.MUCDomain = "conference." + s.xmppDomain
		d.FocusJID = "focus." + s.xmppDomain
	}
	for _, o := range []struct{ given, field *string }{
		{&s.webSocketURL, &d.WebSocketURL}, {&s.mucDomain, &d.MUCDomain}, {&s.focusJID, &d.FocusJID},
	} {
		if *o.given != "" {
			*o.field = *o.given
		}
	}
	return d, nil
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
