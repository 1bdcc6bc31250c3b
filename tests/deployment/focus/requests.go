package focus

import (
	"strconv"
	"strings"

	"gstjitsi/tests/deployment/xmltree"
)

// Namespaces of Jitsi's own.
const (
	nsFocus     = "http://jitsi.org/protocol/focus"
	nsMuteAudio = "http://jitsi.org/jitmeet/audio"
	nsMuteVideo = "http://jitsi.org/jitmeet/video"
	nsColibri   = "http://jitsi.org/protocol/colibri"
	nsJitMeet   = "http://jitsi.org/jitmeet"
)

func (f *Focus) handleRequest(iq *xmltree.Element) {
	if len(iq.Children) == 0 {
		f.refuse(iq, "modify", "bad-request", "the request is empty")
		return
	}
	payload := iq.Children[0]
	switch payload.Space + " " + payload.Name {
	case nsFocus + " conference":
		f.handleConferenceRequest(iq, payload)
	case nsDiscoInfo + " query":
		f.answer(iq, discoInfo(payload.Attr("node")))
	case nsJingle + " jingle":
		f.withParticipant(iq, func(p *participant) { p.handleJingle(iq, payload) })
	case nsMuteAudio + " mute", nsMuteVideo + " mute":
		f.withParticipant(iq, func(p *participant) { p.handleMute(iq, payload) })
	case "urn:xmpp:ping ping":
		f.answer(iq)
	default:
		f.refuse(iq, "cancel", "feature-not-implemented", "nothing handles <"+payload.Name+" xmlns="+payload.Space+">")
	}
}

func (f *Focus) withParticipant(iq *xmltree.Element, handle func(*participant)) {
	from := iq.Attr("from")
	if r := f.rooms[bare(from)]; r != nil {
		if p := r.participants[resource(from)]; p != nil {
			handle(p)
			return
		}
	}
	f.refuse(iq, "cancel", "item-not-found", from+" is no participant")
}

// handleConferenceRequest joins the room that a client is about to join, and says so (recording a-alice, the request
// to focus.DOMAIN).
func (f *Focus) handleConferenceRequest(iq, request *xmltree.Element) {
	address := strings.ToLower(request.Attr("room"))
	switch {
	case localPart(address) == "" || domainPart(address) != f.mucDomain():
		f.refuse(iq, "modify", "bad-request", "the room "+address+" is not under "+f.mucDomain())
		return
	case iq.Attr("type") != "set":
		f.refuse(iq, "modify", "bad-request", "a conference request must be of type set")
		return
	}
	ready := func() {
		conference := xmltree.New(nsFocus, "conference", "room", address, "ready", "true", "focusjid", bare(f.client.JID))
		if f.opts.VNode != "" {
			conference.Set("vnode", f.opts.VNode)
		}
		conference.Add(
			xmltree.New("", "property", "name", "authentication", "value", "false"),
			xmltree.New("", "property", "name", "visitors-supported", "value", "false"),
		)
		f.answer(iq, conference)
	}
	r := f.rooms[address]
	if r == nil && !f.mayOpenRooms(iq.Attr("from")) { // Jicofo with an authentication domain
		f.refuse(iq, "auth", "not-authorized", "not authorized user domain")
		return
	}
	if r == nil {
		r = f.newRoom(address)
		r.limits.read(request)
		f.rooms[address] = r
		r.join()
	}
	r.whenJoined(ready)
}

func (l *limits) read(request *xmltree.Element) {
	for _, p := range request.All("", "property") {
		n, err := strconv.Atoi(p.Attr("value"))
		if err != nil {
			continue
		}
		switch p.Attr("name") {
		case "startAudioMuted":
			l.audio = n
		case "startVideoMuted":
			l.video = n
		}
	}
}

// mayOpenRooms takes the address that the proxy has given a request, which begins with the domain of who asks.
func (f *Focus) mayOpenRooms(from string) bool {
	domain, _, _ := strings.Cut(resource(from), "/")
	return f.opts.HostDomain == "" || domain == f.opts.HostDomain
}

// JIDs here come from the server, which has checked them: they are split, not validated.

func bare(jid string) string {
	address, _, _ := strings.Cut(jid, "/")
	return address
}

func resource(jid string) string {
	_, name, _ := strings.Cut(jid, "/")
	return name
}

func localPart(jid string) string {
	local, _, found := strings.Cut(bare(jid), "@")
	if !found {
		return ""
	}
	return local
}

func domainPart(jid string) string {
	address := bare(jid)
	if _, domain, found := strings.Cut(address, "@"); found {
		return domain
	}
	return address
}
