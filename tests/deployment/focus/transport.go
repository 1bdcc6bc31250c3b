package focus

import (
	"errors"
	"fmt"
	"strconv"

	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/xmltree"
)

const (
	nsICE  = "urn:xmpp:jingle:transports:ice-udp:1"
	nsDTLS = "urn:xmpp:jingle:apps:dtls:0"
)

func transportElement(t bridge.TransportInfo) *xmltree.Element {
	e := xmltree.New(nsICE, "transport")
	if t.Generation > 0 {
		e.Set("ice-generation", strconv.Itoa(t.Generation))
	}
	e.Set("ufrag", t.Ufrag)
	e.Set("pwd", t.Pwd)
	e.Add(
		xmltree.New(nsColibri, "web-socket", "url", t.WebSocketURL),
		xmltree.New("", "rtcp-mux"),
		xmltree.New(nsDTLS, "fingerprint", "setup", t.Setup, "hash", t.Hash, "cryptex", "false", "required", "false").SetText(t.Fingerprint),
	)
	for _, c := range t.Candidates {
		e.Add(xmltree.New("", "candidate", "component", "1", "port", strconv.Itoa(c.Port), "generation", "0", "network", "0",
			"ip", c.IP, "priority", strconv.FormatUint(uint64(c.Priority), 10), "type", c.Type, "foundation", c.Foundation,
			"protocol", c.Protocol, "id", c.ID))
	}
	return e
}

// readTransport takes the first transport: both contents have the same (BUNDLE). There may be no candidates at all.
func readTransport(jingle *xmltree.Element) (bridge.RemoteTransport, error) {
	for _, content := range jingle.All("", "content") {
		e := content.Child(nsICE, "transport")
		if e == nil {
			continue
		}
		remote := bridge.RemoteTransport{Ufrag: e.Attr("ufrag"), Pwd: e.Attr("pwd")}
		if fingerprint := e.Child(nsDTLS, "fingerprint"); fingerprint != nil {
			remote.Hash, remote.Setup, remote.Fingerprint = fingerprint.Attr("hash"), fingerprint.Attr("setup"), fingerprint.Text
		}
		for _, c := range e.All("", "candidate") {
			port, err := strconv.Atoi(c.Attr("port"))
			if err != nil {
				return remote, fmt.Errorf("candidate %s: %w", c, err)
			}
			priority, err := strconv.ParseUint(c.Attr("priority"), 10, 32)
			if err != nil {
				return remote, fmt.Errorf("candidate %s: %w", c, err)
			}
			remote.Candidates = append(remote.Candidates, bridge.Candidate{
				Foundation: c.Attr("foundation"), Protocol: c.Attr("protocol"), Type: c.Attr("type"),
				IP: c.Attr("ip"), Port: port, Priority: uint32(priority),
			})
		}
		return remote, nil
	}
	return bridge.RemoteTransport{}, errors.New("no transport in <" + jingle.Name + " action=" + jingle.Attr("action") + ">")
}

// restartICE gives the client new credentials in place (recording i-alice: transport-info with one content,
// ice-generation and setup=passive).
func (s *session) restartICE() {
	f := s.p.room.focus
	info, err := s.endpoint.RestartICE()
	if err != nil {
		f.log.Errorf("restart ICE of %s: %v", s.p.id, err)
		return
	}
	jingle := xmltree.New(nsJingle, "jingle", "action", "transport-info", "sid", s.sid).
		Add(xmltree.New("", "content", "name", "audio", "creator", "initiator").Add(transportElement(info)))
	f.ask("set", s.p.address(), jingle, s.p.expectResult("transport-info"))
}

func (s *session) handleTransportInfo(iq, jingle *xmltree.Element) {
	f := s.p.room.focus
	remote, err := readTransport(jingle)
	if err == nil {
		err = s.endpoint.UpdateRemote(remote)
	}
	if err != nil {
		f.refuse(iq, "modify", "bad-request", err.Error())
		f.event(events.Event{Kind: events.RequestFailed, Room: s.p.room.name, Endpoint: s.p.id, Detail: err.Error()})
		return
	}
	f.answer(iq)
}
