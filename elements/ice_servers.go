package elements

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"gstjitsi/elements/transport"
	"gstjitsi/signaling/extdisco"
)

// iceServers checks what the user said of STUN and TURN servers.
func (s *settings) iceServers() (transport.ICEServers, error) {
	servers := transport.ICEServers{RelayOnly: s.relayOnly, CAFile: s.caFile, Insecure: s.insecureTLS}
	if s.stunServer != "" {
		u, err := url.Parse(s.stunServer)
		if err != nil || u.Scheme != "stun" || u.Hostname() == "" || u.User != nil {
			return servers, fmt.Errorf("stun-server: %q is not stun://host:port", s.stunServer)
		}
		servers.STUN = s.stunServer
	}
	for _, text := range append(strings.Split(s.turnServers, ","), s.turnServer) {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		u, err := parseTURN(text)
		if err != nil {
			return servers, err
		}
		servers.TURN = append(servers.TURN, u)
	}
	return servers, nil
}

// parseTURN says nothing of the text in its errors: there is a password in it.
func parseTURN(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "turn" && u.Scheme != "turns" || u.Hostname() == "" {
		return nil, errors.New("turn-server: not turn(s)://user:password@host:port")
	}
	if _, ok := u.User.Password(); !ok {
		return nil, fmt.Errorf("turn-server %s: no user and password", u.Host)
	}
	switch u.Query().Get("transport") {
	case "", "udp", "tcp":
	default:
		return nil, fmt.Errorf("turn-server %s: the transport is neither udp nor tcp", u.Host)
	}
	return u, nil
}

// withoutPasswords is a list of TURN servers as it may be read back.
func withoutPasswords(list string) string {
	var shown []string
	for text := range strings.SplitSeq(list, ",") {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil || u.Host == "" {
			continue
		}
		u.User = nil
		shown = append(shown, u.String())
	}
	return strings.Join(shown, ",")
}

// withOffered adds what the deployment offers (XEP-0215), each kind where the user named none.
func withOffered(own transport.ICEServers, services []extdisco.Service) transport.ICEServers {
	given := len(own.TURN) > 0
	for _, service := range services {
		switch service.Type {
		case "stun":
			if own.STUN == "" {
				own.STUN = "stun://" + address(service, 3478)
			}
		case "turn", "turns":
			if !given && service.Username != "" {
				own.TURN = append(own.TURN, turnURL(service))
			}
		}
	}
	return own
}

func turnURL(service extdisco.Service) *url.URL {
	usual := uint16(3478)
	if service.Type == "turns" {
		usual = 5349
	}
	u := &url.URL{Scheme: service.Type, Host: address(service, usual), User: url.UserPassword(service.Username, service.Password)}
	if service.Transport != "" {
		u.RawQuery = url.Values{"transport": {service.Transport}}.Encode()
	}
	return u
}

func address(service extdisco.Service, usual uint16) string {
	return net.JoinHostPort(service.Host, strconv.Itoa(int(cmp.Or(service.Port, usual))))
}
