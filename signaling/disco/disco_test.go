package disco

import (
	"encoding/xml"
	"strings"
	"testing"
)

func TestVerIsTheOneOfTheExampleInXEP0115(t *testing.T) {
	info := Info{
		Identities: []Identity{{Category: "client", Type: "pc", Name: "Exodus 0.9.1"}},
		Features: []string{"http://jabber.org/protocol/caps", "http://jabber.org/protocol/muc",
			NSInfo, "http://jabber.org/protocol/disco#items"},
	}
	if got, want := info.Ver(), "QgayPKawpkPSDYmwT/WM94uAlu0="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// webClient is what lib-jitsi-meet answers in e-rewriting-alice.
var webClient = Info{
	Node: "https://jitsi.org/jitsi-meet",
	Features: strings.Fields(`urn:xmpp:rayo:client:1 http://jabber.org/protocol/caps
		http://jitsi.org/json-encoded-sources http://jitsi.org/receive-multiple-video-streams http://jitsi.org/remb
		http://jitsi.org/source-name http://jitsi.org/ssrc-rewriting-1 http://jitsi.org/start-muted-room-metadata
		http://jitsi.org/tcc http://jitsi.org/visitors-1 urn:ietf:rfc:4588 urn:xmpp:jingle:1
		urn:xmpp:jingle:apps:dtls:0 urn:xmpp:jingle:apps:rtp:1 urn:xmpp:jingle:apps:rtp:audio
		urn:xmpp:jingle:apps:rtp:video urn:xmpp:jingle:transports:dtls-sctp:1 urn:xmpp:jingle:transports:ice-udp:1`),
}

const webClientVer = "+mpajJhafj8jFogLBKsPbQfMgzU="

func TestVerIsTheOneOfTheWebClientInTheRecording(t *testing.T) {
	if got := webClient.Ver(); got != webClientVer {
		t.Errorf("got %s, want %s", got, webClientVer)
	}
}

func TestAnswer(t *testing.T) {
	for _, tt := range []struct {
		name, node string
		ok         bool
	}{
		{"no node is us", "", true},
		{"the node of our caps is us", "https://jitsi.org/jitsi-meet#" + webClientVer, true},
		{"another hash is not", "https://jitsi.org/jitsi-meet#dtzK/3xhISaXUMVg59IpXxdvKyQ=", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q, ok := webClient.Answer(tt.node)
			if ok != tt.ok {
				t.Fatalf("got %v", ok)
			}
			if ok && (len(q.Features) != len(webClient.Features) || q.Node != tt.node) {
				t.Errorf("got %+v", q)
			}
		})
	}
}

func TestCapsLookAsInTheRecording(t *testing.T) {
	got, err := xml.Marshal(webClient.Caps())
	want := `<c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="https://jitsi.org/jitsi-meet" ver="` + webClientVer + `"></c>`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}
