package focus

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
	"gstjitsi/tests/deployment/xmltree"
)

// session is a Jingle session with one participant. There are many in one stay: each time company comes, and each
// time the bridge fails.
type session struct {
	p        *participant
	sid      string
	bridgeID string // of <bridge-session>, which names it when the client asks for a restart
	endpoint *bridge.Endpoint
	accepted bool
	told     map[string]source.Set // what this participant knows of the others, by owner

	rewriting bool // it learns of the others' sources on the bridge channel alone
}

// invite offers a session.
func (p *participant) invite() {
	r := p.room
	f := r.focus
	have := f.codecFeatures(p.features)
	endpoint, err := r.bridgeConference().AddEndpoint(p.id, have)
	if err != nil {
		f.log.Errorf("no endpoint on the bridge for %s: %v", p.id, err)
		return
	}
	s := &session{p: p, sid: newSID(), bridgeID: r.bridgeID, endpoint: endpoint, told: map[string]source.Set{},
		rewriting: have.SSRCRewriting}
	p.session = s
	for _, other := range r.order {
		if visible := other.sources.WithoutSimulcast(); other != p && !visible.Empty() && !s.rewriting {
			s.told[other.id] = visible
		}
	}
	f.event(events.Event{Kind: events.SessionOffered, Room: r.name, Endpoint: p.id, Detail: s.sid})
	f.ask("set", p.address(), s.offer(), p.expectResult("session-initiate"))
}

// newSID makes a session id in the form of the recorded ones.
func newSID() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		panic(err) // the system's random numbers never fail
	}
	return fmt.Sprintf("%013s", n.Text(32))
}

// newUUID makes a random UUID (RFC 9562 5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// tellSources sends what has changed since the participant was last told. Before it has accepted, nothing is sent:
// a real focus holds it back (recording a-alice: source-add comes after session-accept).
func (s *session) tellSources() {
	if !s.accepted || s.rewriting {
		return
	}
	var added, removed []source.Set
	for _, other := range s.p.room.order {
		if other == s.p {
			continue
		}
		now, before := other.sources.WithoutSimulcast(), s.told[other.id]
		now.Owner, before.Owner = other.id, other.id
		if gone := before.Minus(now); !gone.Empty() {
			removed = append(removed, gone)
		}
		if more := now.Minus(before); !more.Empty() {
			added = append(added, more)
		}
		s.told[other.id] = now
	}
	s.signalSources("source-remove", removed)
	s.signalSources("source-add", added)
}

func (s *session) signalSources(action string, sets []source.Set) {
	if len(sets) == 0 {
		return
	}
	jingle := xmltree.New(nsJingle, "jingle", "action", action, "sid", s.sid)
	if s.p.json() {
		jingle.Add(sourcesJSON(sets))
	} else {
		jingle.Add(sourcesXML(sets)...)
	}
	s.p.room.focus.ask("set", s.p.address(), jingle, s.p.expectResult(action))
}

// forget is for somebody who has left the room: there will be no source-remove.
func (s *session) forget(owner string) { delete(s.told, owner) }

// terminate ends the session with a reason, and forgets what the participant sent in it.
func (p *participant) terminate(reason, text string) {
	if p.session == nil {
		return
	}
	f := p.room.focus
	jingle := xmltree.New(nsJingle, "jingle", "action", "session-terminate", "sid", p.session.sid).
		Add(xmltree.New("", "reason").Add(xmltree.New("", reason), xmltree.New("", "text").SetText(text)))
	f.ask("set", p.address(), jingle, p.expectResult("session-terminate"))
	f.event(events.Event{Kind: events.SessionTerminated, Room: p.room.name, Endpoint: p.id, Detail: "by the focus: " + reason})
	p.dropSession()
}

// dropSession ends the session on the bridge; the others learn that the sources are gone unless the participant is.
func (p *participant) dropSession() {
	if p.session == nil {
		return
	}
	p.session.endpoint.Close()
	p.session = nil
	p.setSources(source.Set{})
}

// handleJingle answers every action of a participant.
func (p *participant) handleJingle(iq, jingle *xmltree.Element) {
	f := p.room.focus
	s := p.session
	if s == nil || s.sid != jingle.Attr("sid") {
		// Recorded in f2-bob, for a session that had just been replaced.
		f.refuse(iq, "modify", "bad-request", "no session "+jingle.Attr("sid"))
		return
	}
	switch action := jingle.Attr("action"); action {
	case "session-accept":
		s.handleAccept(iq, jingle)
	case "source-add":
		s.handleSourceAdd(iq, jingle)
	case "source-remove":
		change, err := readSources(jingle)
		if err != nil {
			f.refuse(iq, "modify", "bad-request", err.Error())
			return
		}
		f.answer(iq)
		p.setSources(p.sources.Minus(change))
		p.tellOthers()
	case "session-terminate":
		s.handleTerminate(iq, jingle)
	case "session-info":
		f.answer(iq)
		if jingle.Child(nsFocus, "bridge-session").Attr("ice-restart") == "true" {
			s.restartICE()
		}
	case "transport-info":
		s.handleTransportInfo(iq, jingle)
	default:
		f.refuse(iq, "cancel", "feature-not-implemented", "action "+action)
	}
}

func (s *session) handleAccept(iq, jingle *xmltree.Element) {
	p, f := s.p, s.p.room.focus
	if s.accepted {
		f.refuse(iq, "wait", "unexpected-request", "the session is accepted already")
		return
	}
	remote, err := readTransport(jingle)
	if err != nil {
		f.refuse(iq, "modify", "bad-request", err.Error())
		return
	}
	sources, err := readSources(jingle)
	if err == nil {
		err = p.room.checkSources(p, sources)
	}
	if err != nil {
		f.refuse(iq, "modify", "bad-request", err.Error())
		return
	}
	if s.endpoint.Closed() {
		f.answer(iq) // the bridge has died since the offer: it isn't the client's fault, and there is another offer once there is a bridge
		p.dropSession()
		p.room.peopleChanged()
		return
	}
	if err := s.endpoint.Connect(remote); err != nil {
		f.refuse(iq, "modify", "bad-request", err.Error())
		return
	}
	s.accepted = true
	p.setSources(sources)
	p.tellOthers()
	s.tellSources()
	f.answer(iq)
	f.event(events.Event{Kind: events.SessionAccepted, Room: p.room.name, Endpoint: p.id, Detail: s.sid})
}

func (s *session) handleSourceAdd(iq, jingle *xmltree.Element) {
	p, f := s.p, s.p.room.focus
	change, err := readSources(jingle)
	if err == nil {
		err = p.room.checkSources(p, change)
	}
	if err != nil {
		f.refuse(iq, "modify", "bad-request", err.Error())
		return
	}
	p.setSources(p.sources.Plus(change))
	p.tellOthers()
	f.answer(iq)
}

// checkSources refuses SSRCs that are taken.
func (r *room) checkSources(p *participant, added source.Set) error {
	taken := map[uint32]string{}
	for _, ssrc := range r.bridgeConference().OwnSources().SSRCs() {
		taken[ssrc] = "the bridge"
	}
	for _, other := range r.order {
		for _, ssrc := range other.sources.SSRCs() {
			taken[ssrc] = other.id
		}
	}
	for _, ssrc := range added.SSRCs() {
		if owner, found := taken[ssrc]; found {
			return fmt.Errorf("SSRC %d of %s is taken by %s", ssrc, p.id, owner)
		}
		taken[ssrc] = p.id
	}
	return nil
}

// handleTerminate ends a session that the client gives up. It gets a new one when it asks (recordings f-alice,
// i-alice: bridge-session restart=true); the others learn that its sources are gone (i-bob: source-remove).
func (s *session) handleTerminate(iq, jingle *xmltree.Element) {
	p, f := s.p, s.p.room.focus
	f.answer(iq)
	var reason []string
	for _, child := range jingle.Child("", "reason").All("", "text") {
		reason = append(reason, child.Text)
	}
	if r := jingle.Child("", "reason"); r != nil && len(r.Children) > 0 {
		reason = append([]string{r.Children[0].Name}, reason...)
	}
	bridgeSession := jingle.Child(nsFocus, "bridge-session")
	restart := bridgeSession.Attr("restart") == "true" && bridgeSession.Attr("id") == s.bridgeID
	f.event(events.Event{Kind: events.SessionTerminated, Room: p.room.name, Endpoint: p.id,
		Detail: "by the client: " + strings.Join(reason, ", ")})
	p.dropSession()
	p.tellOthers()
	p.noInvite = !restart
	p.room.peopleChanged()
}
