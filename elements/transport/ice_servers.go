package transport

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// ICEServers are what ICE may use besides our own addresses.
type ICEServers struct {
	STUN      string     // stun://host:port; empty: none
	TURN      []*url.URL // turn or turns://user:password@host:port?transport=…
	RelayOnly bool       // use no candidates but those of TURN servers

	CAFile   string // of turns; empty: the system's authorities
	Insecure bool   // take any certificate of turns
}

// turnsPort is the usual one of TURN over TLS (RFC 7065 section 3.2).
const turnsPort = 5349

// useServers tells webrtcbin of the servers. One that can't be used is in the log and no more: others may do.
func (t *Transport) useServers() {
	servers := t.cfg.ICE
	if servers.STUN != "" {
		t.webrtc.SetObjectProperty("stun-server", servers.STUN)
	}
	if servers.RelayOnly {
		gstx.SetFromString(t.webrtc, "ice-transport-policy", "relay")
	}
	for _, u := range servers.TURN {
		if err := t.addTURN(u); err != nil {
			t.logf(gst.LevelWarning, "TURN server %s: %v", u.Host, err)
		}
	}
}

// addTURN leads TURN over TLS through a tunnel: libnice speaks it in the clear.
func (t *Transport) addTURN(u *url.URL) error {
	server := *u
	if u.Scheme == "turns" && u.Query().Get("transport") != "udp" {
		port := uint64(turnsPort)
		if u.Port() != "" {
			var err error
			if port, err = strconv.ParseUint(u.Port(), 10, 16); err != nil {
				return fmt.Errorf("port: %w", err)
			}
		}
		tunnel, err := gstx.NewTunnel(u.Hostname(), uint16(port), t.cfg.ICE.CAFile, t.cfg.ICE.Insecure)
		if err != nil {
			return err
		}
		t.tunnels = append(t.tunnels, tunnel)
		server.Scheme, server.RawQuery = "turn", "transport=tcp"
		server.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(int(tunnel.Port())))
	} else if u.Scheme == "turns" {
		return errors.New("TURN over DTLS is not supported")
	}
	if !gstx.AddTURNServer(t.webrtc, server.String()) {
		return errors.New("webrtcbin does not take it")
	}
	t.logf(gst.LevelDebug, "TURN server %s, %s", u.Host, server.Query().Get("transport"))
	return nil
}

// closeTunnels comes after webrtcbin is gone.
func (t *Transport) closeTunnels() {
	for _, tunnel := range t.tunnels {
		tunnel.Close()
	}
	t.tunnels = nil
}
