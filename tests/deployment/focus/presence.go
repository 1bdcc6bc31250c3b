package focus

import (
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/xmltree"
)

func (f *Focus) handlePresence(stanza *xmltree.Element) {
	address, name := bare(stanza.Attr("from")), resource(stanza.Attr("from"))
	kind := stanza.Attr("type")
	if name == "focus" && kind == "unavailable" && f.leaving[address] > 0 {
		if f.leaving[address]--; f.leaving[address] == 0 {
			delete(f.leaving, address)
		}
		return
	}
	r := f.rooms[address]
	if r == nil || f.leaving[address] > 0 {
		return
	}
	x := stanza.Child(nsMUCUser, "x")
	switch {
	case name == "focus" && kind == "":
		r.entered()
	case name == "focus":
		f.log.Warnf("the focus was put out of %s: %s", address, stanza)
		r.stopTimers()
		r.endBridgeConference()
		delete(f.rooms, address)
	case kind == "unavailable":
		if p := r.participants[name]; p != nil {
			p.left(leavingReason(x))
		}
	case kind == "":
		r.seen(name, stanza, x)
	}
}

func (r *room) seen(name string, stanza, x *xmltree.Element) {
	item := x.Child("", "item")
	if p := r.participants[name]; p != nil {
		p.role, p.affiliation = item.Attr("role"), item.Attr("affiliation")
		return
	}
	p := &participant{room: r, id: name, jid: item.Attr("jid"), role: item.Attr("role"), affiliation: item.Attr("affiliation")}
	r.participants[name] = p
	r.order = append(r.order, p)
	r.focus.event(events.Event{Kind: events.Joined, Room: r.name, Endpoint: name})
	r.ensureModerator()
	p.learnFeatures(stanza.Child(nsCaps, "c"), r.peopleChanged)
}

// ensureModerator makes the one who is there longest a moderator when there is none (recordings a-alice: the first
// to come; j-nojson-alice: the one who stays).
func (r *room) ensureModerator() {
	for _, p := range r.order {
		if p.affiliation == "owner" {
			return
		}
	}
	if len(r.order) == 0 {
		return
	}
	p := r.order[0]
	p.affiliation = "owner"
	query := xmltree.New(nsMUCAdmin, "query").Add(xmltree.New("", "item", "affiliation", "owner", "jid", bare(p.jid)))
	r.focus.ask("set", r.address, query, func(answer *xmltree.Element) {
		if answer.Attr("type") != "result" {
			r.focus.log.Errorf("could not make %s a moderator: %s", p.id, describeAnswer(answer))
			return
		}
		r.focus.event(events.Event{Kind: events.Moderator, Room: r.name, Endpoint: p.id})
	})
}

// leavingReason reads the status codes of XEP-0045.
func leavingReason(x *xmltree.Element) string {
	for _, status := range x.All("", "status") {
		switch status.Attr("code") {
		case "307":
			return "kicked"
		case "301":
			return "banned"
		case "333":
			return "connection lost"
		}
	}
	if x.Child("", "destroy") != nil {
		return "room destroyed"
	}
	return "left"
}
