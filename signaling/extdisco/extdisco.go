// Package extdisco holds the STUN and TURN servers that a deployment offers (XEP-0215).
package extdisco

import (
	"encoding/xml"
	"strconv"
	"time"
)

// NS is the namespace of external service discovery.
const NS = "urn:xmpp:extdisco:2"

// maxServices is more than any deployment offers.
const maxServices = 64

// Service is one server.
type Service struct {
	Type      string // stun, stuns, turn or turns
	Host      string
	Port      uint16 // 0: the scheme's own
	Transport string // udp, tcp or empty
	Username  string
	Password  string    // a secret
	Expires   time.Time // of the credentials; zero where they do not
}

// Query asks for the services.
type Query struct {
	XMLName xml.Name `xml:"urn:xmpp:extdisco:2 services"`
}

// Answer is the wire form of the answer.
type Answer struct {
	Services []struct {
		Type      string `xml:"type,attr"`
		Host      string `xml:"host,attr"`
		Port      string `xml:"port,attr"`
		Transport string `xml:"transport,attr"`
		Username  string `xml:"username,attr"`
		Password  string `xml:"password,attr"`
		Expires   string `xml:"expires,attr"`
	} `xml:"urn:xmpp:extdisco:2 services>service"`
}

// List is what of the answer can be used: services of other types and those without a host or with a port
// that is none are left out.
func (a Answer) List() []Service {
	var list []Service
	for _, s := range a.Services {
		port, err := strconv.ParseUint(s.Port, 10, 16)
		if s.Host == "" || s.Port != "" && err != nil || !isICE(s.Type) || len(list) == maxServices {
			continue
		}
		expires, _ := time.Parse(time.RFC3339, s.Expires) // zero where it is none
		list = append(list, Service{Type: s.Type, Host: s.Host, Port: uint16(port), Transport: s.Transport,
			Username: s.Username, Password: s.Password, Expires: expires})
	}
	return list
}

func isICE(kind string) bool {
	return kind == "stun" || kind == "stuns" || kind == "turn" || kind == "turns"
}

// Expiry is when the first of the credentials expires; false where none does.
func Expiry(services []Service) (first time.Time, any bool) {
	for _, s := range services {
		if !s.Expires.IsZero() && (!any || s.Expires.Before(first)) {
			first, any = s.Expires, true
		}
	}
	return first, any
}
