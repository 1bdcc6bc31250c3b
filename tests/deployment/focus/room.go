package focus

import (
	"math"
	"strconv"
	"time"

	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/wsxmpp"
	"gstjitsi/tests/deployment/xmltree"
)

const (
	nsMUC      = "http://jabber.org/protocol/muc"
	nsMUCUser  = "http://jabber.org/protocol/muc#user"
	nsMUCAdmin = "http://jabber.org/protocol/muc#admin"
	nsMUCOwner = "http://jabber.org/protocol/muc#owner"
)

// room is one conference.
type room struct {
	focus        *Focus
	address      string // bare JID
	name         string // its local part
	joined       bool
	waiting      []func()
	participants map[string]*participant // by endpoint id, the name in the room
	order        []*participant          // as they came

	conference  *bridge.Conference // nil while there are no sessions
	bridgeCount string             // as told in presence; empty before the first session
	limits      limits
	presenceID  string // of the focus' presence, always the same (recording a-alice)
	bridgeID    string // of <bridge-session>: the conference on the bridge, for all (recordings a-alice, a-bob)
	alone       *time.Timer
	unused      *time.Timer
}

// limits are how many participants may begin unmuted: what who opened the room has read in config.js.
type limits struct{ audio, video int }

// exceeded counts those who are invited, as Jicofo does whenever it invites somebody, anew too. (It invites the first two in any order.)
func (r *room) exceeded(limit int) bool {
	invited := 0
	for _, p := range r.order {
		if p.session != nil {
			invited++
		}
	}
	return invited > limit
}

func (f *Focus) newRoom(address string) *room {
	return &room{focus: f, address: address, name: localPart(address), participants: map[string]*participant{}, presenceID: f.client.ID(),
		limits: limits{audio: math.MaxInt, video: math.MaxInt}}
}

func (r *room) join() { r.sendPresence() }

// entered is when the room has let the focus in.
func (r *room) entered() {
	if r.joined {
		return
	}
	r.joined = true
	waiting := r.waiting
	r.waiting = nil
	for _, action := range waiting {
		action()
	}
	r.unused = r.focus.after(r.focus.opts.StartTimeout, func() {
		if r.current() && len(r.participants) == 0 {
			r.leave()
		}
	})
}

func (r *room) whenJoined(action func()) {
	if r.joined {
		action()
		return
	}
	r.waiting = append(r.waiting, action)
}

// current says whether the focus is still in this room and not in a later one of the same name.
func (r *room) current() bool { return r.focus.rooms[r.address] == r }

// sendPresence tells the room about the conference (recording g-alice: three presences of the focus).
func (r *room) sendPresence() {
	presence := xmltree.New(wsxmpp.NSClient, "presence", "to", r.address+"/focus", "id", r.presenceID)
	if !r.joined {
		presence.Add(xmltree.New(nsMUC, "x"))
	}
	properties := xmltree.New(nsFocus, "conference-properties").
		Add(xmltree.New("", "property", "key", "support-terminate-restart", "value", "true"))
	if r.bridgeCount != "" {
		properties.Add(xmltree.New("", "property", "key", "bridge-count", "value", r.bridgeCount))
	}
	presence.Add(
		xmltree.New("", "priority").SetText("0"),
		xmltree.New("http://jitsi.org/jitmeet/etherpad", "etherpad").SetText(r.name),
		xmltree.New("http://jitsi.org/jitmeet", "versions").Add(xmltree.New("", "component", "name", "focus").SetText("1.1.SNAPSHOT")),
		properties,
	)
	if r.bridgeMissing() {
		presence.Add(xmltree.New(nsFocus, "bridgeNotAvailable"))
	}
	r.focus.send(presence.Add(ownCaps()))
}

func (r *room) bridgeMissing() bool {
	return len(r.participants) >= 2 && !r.focus.hasBridge() && !r.focus.outage.kept
}

func (r *room) setBridgeCount(n int) {
	count := strconv.Itoa(n)
	if r.bridgeCount == count || r.bridgeCount == "" && n == 0 {
		return
	}
	r.bridgeCount = count
	r.sendPresence()
}

func (r *room) leave() {
	r.stopTimers()
	for _, p := range r.order {
		p.dropSession()
	}
	r.endBridgeConference()
	f := r.focus
	delete(f.rooms, r.address)
	f.leaving[r.address]++
	f.send(xmltree.New(wsxmpp.NSClient, "presence", "to", r.address+"/focus", "type", "unavailable"))
	f.event(events.Event{Kind: events.RoomLeft, Room: r.name})
}

func (r *room) stopTimers() {
	for _, timer := range []*time.Timer{r.alone, r.unused} {
		if timer != nil {
			timer.Stop()
		}
	}
}

func (r *room) endBridgeConference() {
	if r.conference != nil {
		r.conference.Close()
		r.conference = nil
	}
}

// peopleChanged starts and ends sessions by how many are in the room.
func (r *room) peopleChanged() {
	if !r.current() {
		return
	}
	switch len(r.participants) {
	case 0:
		if r.joined {
			r.leave()
		}
	case 1:
		if r.conference != nil && r.alone == nil {
			r.alone = r.focus.after(r.focus.opts.AloneTimeout, r.endIdleSession)
		}
	default:
		if r.alone != nil {
			r.alone.Stop()
			r.alone = nil
		}
		r.inviteAll()
	}
}

func (r *room) inviteAll() {
	if !r.focus.hasBridge() && !r.focus.outage.kept {
		r.sendPresence() // with bridgeNotAvailable, as recorded in f-alice
		return
	}
	for _, p := range r.order {
		if p.features != nil && p.session == nil && !p.noInvite && !r.focus.asksInVain(r) {
			p.invite()
		}
	}
}

// endIdleSession ends the session of the last participant, after the time-out (recording g-alice).
func (r *room) endIdleSession() {
	r.alone = nil
	if !r.current() || len(r.participants) != 1 {
		return
	}
	for _, p := range r.order {
		p.terminate("expired", "Idle session timeout")
		p.noInvite = false
	}
	r.endBridgeConference()
	r.setBridgeCount(0)
}

// bridgeConference gives the conference on the bridge, made when it's first needed, and anew when the bridge has died.
func (r *room) bridgeConference() *bridge.Conference {
	if r.conference != nil && r.conference.Closed() {
		r.conference = nil
	}
	if r.conference == nil {
		r.conference = r.focus.opts.Bridge.NewConference(r.name)
		r.bridgeID = newUUID()
		r.setBridgeCount(1)
	}
	return r.conference
}
