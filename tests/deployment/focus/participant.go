package focus

import (
	"slices"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
	"gstjitsi/tests/deployment/xmltree"
)

// participant is somebody in the room.
type participant struct {
	room        *room
	id          string // endpoint id: the name in the room
	jid         string // full
	role        string
	affiliation string
	features    features // nil until known

	session  *session   // nil while there is none
	sources  source.Set // what it sends, as it signalled
	noInvite bool       // it ended its session itself and gets no other
}

// address is where the focus reaches it: requests go through the room (recordings: from room@muc/focus).
func (p *participant) address() string { return p.room.address + "/" + p.id }

func (p *participant) present() bool { return p.room.current() && p.room.participants[p.id] == p }

// json says whether sources are written as JSON for this participant.
func (p *participant) json() bool {
	return p.features["http://jitsi.org/json-encoded-sources"] && !p.room.focus.opts.NoJSONSources
}

// left forgets a participant. Nobody is told about its sources: presence says it all (recording a-alice, carol
// leaves).
func (p *participant) left(reason string) {
	r := p.room
	p.dropSession()
	delete(r.participants, p.id)
	r.order = slices.DeleteFunc(r.order, func(other *participant) bool { return other == p })
	for _, other := range r.order {
		if other.session != nil {
			other.session.forget(p.id)
		}
	}
	r.focus.event(events.Event{Kind: events.Left, Room: r.name, Endpoint: p.id, Detail: reason})
	r.ensureModerator()
	r.peopleChanged()
}

// setSources changes what the participant sends, on the bridge and for the events.
func (p *participant) setSources(now source.Set) {
	now.Owner = p.id
	before := p.sources
	p.sources = now
	if p.session != nil {
		p.session.endpoint.SetSources(now.Named())
	}
	report := func(kind events.Kind, set source.Set) {
		for _, s := range slices.Concat(set.Audio.Sources, set.Video.Sources) {
			p.room.focus.event(events.Event{Kind: kind, Room: p.room.name, Endpoint: p.id, Source: s.Name, SSRC: s.SSRC})
		}
	}
	report(events.SourceRemoved, before.Minus(now))
	report(events.SourceAdded, now.Minus(before))
}

// tellOthers passes changes of the sources on to everybody else who has a session.
func (p *participant) tellOthers() {
	for _, other := range p.room.order {
		if other != p && other.session != nil {
			other.session.tellSources()
		}
	}
}

// handleMute passes a moderator's wish on to the one whom it is about (recording h-alice, h-bob).
func (p *participant) handleMute(iq, mute *xmltree.Element) {
	target := p.room.participants[resource(mute.Attr("jid"))]
	switch {
	case p.role != "moderator":
		p.room.focus.refuse(iq, "cancel", "not-allowed", p.id+" is no moderator")
	case target == nil:
		p.room.focus.refuse(iq, "cancel", "item-not-found", mute.Attr("jid")+" is not here")
	default:
		p.room.focus.answer(iq)
		target.mute(mute.Space, p.address(), mute.Text)
	}
}

func (p *participant) mute(space, actor, value string) {
	mute := xmltree.New(space, "mute", "actor", actor).SetText(value)
	p.room.focus.ask("set", p.address(), mute, p.expectResult("mute"))
}

// expectResult notes when a participant doesn't answer a request as it should.
func (p *participant) expectResult(what string) func(*xmltree.Element) {
	return func(answer *xmltree.Element) {
		if answer.Attr("type") == "result" || !p.present() {
			return
		}
		p.room.focus.event(events.Event{Kind: events.RequestFailed, Room: p.room.name, Endpoint: p.id, Detail: what + ": " + describeAnswer(answer)})
	}
}
