package elements

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gstjitsi/elements/media"
)

func TestLocationSetsServerTenantRoomAndToken(t *testing.T) {
	s := defaultSettings()
	s.setLocation("https://meet.example.org/Tenant/My%20Room?jwt=secret#config.x=1")
	if s.server != "https://meet.example.org" || s.tenant != "Tenant" || s.token != "secret" || s.locationError != nil {
		t.Errorf("got %+v", s)
	}
	if got := s.publicLocation(); strings.Contains(got, "secret") || !strings.HasPrefix(got, "https://meet.example.org/") {
		t.Errorf("location reads back as %q", got)
	}
}

func TestTheUsualAddressesComeFromTheServer(t *testing.T) {
	s := defaultSettings()
	s.setLocation("https://meet.example.org/Room")
	c, err := s.conferenceConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c.WebSocketURL != "wss://meet.example.org/xmpp-websocket" || c.XMPPDomain != "meet.example.org" ||
		c.MUCDomain != "conference.meet.example.org" || c.FocusJID != "focus.meet.example.org" || c.Room != "room" {
		t.Errorf("got %+v", c)
	}
}

func TestGivenAddressesWin(t *testing.T) {
	s := defaultSettings()
	s.room, s.webSocketURL, s.xmppDomain, s.mucDomain = "r", "ws://127.0.0.1:1/x", "jitsi.test", "rooms.jitsi.test"
	c, err := s.conferenceConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c.WebSocketURL != "ws://127.0.0.1:1/x" || c.XMPPDomain != "jitsi.test" || c.MUCDomain != "rooms.jitsi.test" || c.FocusJID != "focus.jitsi.test" {
		t.Errorf("got %+v", c)
	}
}

func TestMalformedSettingsNameTheProperty(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*settings){
		"room":            func(s *settings) { s.room = "" },
		"location":        func(s *settings) { s.setLocation("not a meeting") },
		"server":          func(s *settings) { s.server = "ftp://x" },
		"ca-file":         func(s *settings) { s.caFile = notPEM },
		"video-codecs":    func(s *settings) { s.videoCodecs = "vp8,h265" },
		"local-addresses": func(s *settings) { s.localAddresses = "127.0.0.1,somewhere" },
	} {
		s := defaultSettings()
		s.room = "r"
		change(&s)
		if _, err := s.conferenceConfig(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	s := defaultSettings()
	s.room, s.caFile = "r", filepath.Join(t.TempDir(), "missing.pem")
	if _, err := s.conferenceConfig(); err == nil || !strings.Contains(err.Error(), "ca-file") {
		t.Errorf("got %v", err)
	}
}

func TestVideoCodecsAreAPreference(t *testing.T) {
	s := defaultSettings()
	s.room, s.videoCodecs = "r", "H264, vp9"
	c, err := s.conferenceConfig()
	if err != nil || !slices.Equal(c.Codecs, []string{"h264", "vp9"}) {
		t.Errorf("got %v, %v", c.Codecs, err)
	}
}

func TestACodecWithoutElementsIsNotAnnounced(t *testing.T) {
	missing := media.AV1.Available()
	s := defaultSettings()
	s.room = "r"
	c, err := s.conferenceConfig()
	if err != nil || slices.Contains(c.Codecs, "av1") != (missing == nil) || !slices.Contains(c.Codecs, "vp8") {
		t.Errorf("got %v, %v", c.Codecs, err)
	}
	s.videoCodecs = "av1"
	_, err = s.conferenceConfig()
	if (err == nil) != (missing == nil) || err != nil && !strings.Contains(err.Error(), "rtpav1") {
		t.Errorf("got %v where %v", err, missing)
	}
}

func TestLocalAddressesAreAList(t *testing.T) {
	s := settings{localAddresses: "127.0.0.1, ::1,"}
	got, err := s.addresses()
	if err != nil || len(got) != 2 || got[1] != "::1" {
		t.Errorf("got %v, %v", got, err)
	}
}
