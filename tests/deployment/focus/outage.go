package focus

import (
	"time"

	"gstjitsi/tests/deployment/events"
)

// What a focus knows of a bridge that was killed, as measured on Prosody, Jicofo and jitsi-videobridge. The XMPP server keeps
// the bridge's session for a while (smacks, 15 s on the host of the servers' accounts), whether or not the bridge is back.
// What the focus asks meanwhile goes into that session; without an answer it does without the bridge for a minute, and asks
// it again only when somebody joins after that. When the session is over, a bridge that is still away is taken out of all
// rooms (recording f3-alice), and one that is back serves whoever asks.

const (
	bridgeReplyLimit = 15 * time.Second // jicofo.xmpp.client.reply-timeout
	bridgeOutOfUse   = time.Minute      // jicofo.bridge.failure-reset-threshold
)

// outage is owned by the focus' goroutine.
type outage struct {
	kept  bool      // the killed bridge's session is
	until time.Time // the bridge is out of use
}

// BridgeKilled begins the time in which the focus takes a killed bridge for alive.
func (f *Focus) BridgeKilled() {
	if f.opts.KeepBridge == 0 {
		return
	}
	f.do(func() {
		f.outage.kept = true
		f.after(f.opts.KeepBridge, f.bridgeMissed)
	})
}

func (f *Focus) bridgeMissed() {
	f.outage.kept = false
	f.event(events.Event{Kind: events.BridgeNoticed})
	if f.opts.Bridge.Available() {
		return
	}
	for _, r := range f.rooms {
		for _, p := range r.order {
			p.terminate("success", "moving")
		}
		r.endBridgeConference()
		r.peopleChanged()
	}
}

// asksInVain is true where the request for a session goes to a bridge that is not there, whatever the focus believes.
func (f *Focus) asksInVain(r *room) bool {
	if !f.outage.kept {
		return false
	}
	f.after(bridgeReplyLimit, func() {
		f.outage.until = time.Now().Add(bridgeOutOfUse)
		if r.current() {
			r.sendPresence()
		}
	})
	return true
}

// hasBridge says whether there is a bridge that the focus would ask.
func (f *Focus) hasBridge() bool {
	return f.opts.Bridge.Available() && time.Now().After(f.outage.until)
}
