package elements

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/backoff"
	"gstjitsi/signaling/conference"
)

// A media session that is dead is given up, and the focus asked for another. webrtcbin 1.22 never reports a bridge that
// went away (and can't restart ICE): what tells is silence, RTCP's too, together with another sign, for a bridge that only
// stops for some time goes on by itself, and to one who is alone with a muted other there is nothing to send.
//
// Asking early does harm. Prosody keeps the XMPP session of a bridge that was killed for 15 s (smacks_hibernation_time of the
// deployments' auth host), also when the bridge is back meanwhile. Jicofo would ask into that, wait 15 s for an answer, and
// then take the bridge for a bad one for a minute more. So we wait until that is over, as the web client does, whose ICE fails
// after 17 s. Jicofo itself tells those who are on a bridge that is still away then.
//
// That no session has come to anything from the start is another thing: a firewall, a wrong TURN server or address of the
// bridge. It ends in an error.

const (
	lookInterval   = time.Second
	connectLimit   = 15 * time.Second // for ICE and DTLS
	silenceLimit   = 3 * time.Second
	bridgeLimit    = 17 * time.Second // of silence while the bridge is away, or is back and does not know us
	changeRelevant = 30 * time.Second // how long after a change of the network silence is its doing
	firstRestart   = 4 * time.Second  // between two restarts
	longestRestart = time.Minute
)

// liveness is what is known of a session's media but for its packets.
type liveness struct {
	started  time.Time     // of the session
	closed   time.Time     // since when the bridge channel is; zero while it is open
	unknown  bool          // the bridge is there and does not know us
	changed  time.Time     // of the machine's network, last
	paused   bool          // the element is: then no media flows, and no connection is made
	earliest time.Time     // of the next restart
	worked   bool          // once, media was connected and the bridge channel open
	vain     time.Duration // how long sessions have lasted before that
	pauses   backoff.Backoff
}

func newLiveness() liveness {
	return liveness{paused: true, pauses: backoff.Backoff{First: firstRestart, Longest: longestRestart}}
}

// begin is the start of a session, whose channel is not open yet.
func (l *liveness) begin(now time.Time) { l.started, l.closed, l.unknown = now, now, false }

// play begins anew when the element plays, after a pause that may have been long.
func (l *liveness) play(on bool, now time.Time) {
	if l.paused = !on; l.paused {
		return
	}
	l.started = now
	if !l.closed.IsZero() {
		l.closed = now
	}
}

func (l *liveness) channel(event conference.BridgeChannel, now time.Time) {
	l.unknown = event.Unknown
	switch {
	case event.Open: // the restart before this session, if there was one, has helped
		l.closed = time.Time{}
		l.pauses.Reset()
	case l.closed.IsZero():
		l.closed = now
	}
}

// dead says why a session is beyond hope; empty where it is not. silence is for how long nothing has come.
func (l *liveness) dead(now time.Time, connected bool, silence time.Duration) string {
	switch {
	case l.paused, now.Before(l.earliest):
	case !connected && now.Sub(l.started) > connectLimit:
		return fmt.Sprintf("no media connection within %s", connectLimit)
	case !connected || silence < silenceLimit:
	case l.unknown && silence >= bridgeLimit:
		return fmt.Sprintf("the bridge does not know us any more, and nothing has come for %s", silence.Round(time.Second))
	case !l.closed.IsZero() && now.Sub(l.closed) >= bridgeLimit && silence >= bridgeLimit:
		return fmt.Sprintf("the bridge channel is closed, and nothing has come for %s", silence.Round(time.Second))
	case l.changed.After(l.started) && now.Sub(l.changed) < changeRelevant:
		return fmt.Sprintf("the machine's network has changed, and nothing has come for %s", silence.Round(time.Second))
	}
	return ""
}

// look notes, every lookInterval of a session, whether it is good for anything, and says whether none has been for a time.
func (l *liveness) look(works bool, limit time.Duration) (hopeless bool) {
	if l.worked = l.worked || works; l.worked || l.paused {
		return false
	}
	l.vain += lookInterval
	return l.vain > limit
}

// restarted spreads restarts that don't help.
func (l *liveness) restarted(now time.Time) {
	l.earliest = now.Add(l.pauses.Next())
}

// watch looks after the media and the machine's addresses until ctx ends.
func (c *controller) watch(ctx context.Context) {
	defer gstx.Recover(c.e, "watch")
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	before := machineAddresses()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if now := machineAddresses(); !slices.Equal(now, before) {
			before = now
			c.post(c.networkChanged)
		}
		c.post(c.lookAfterMedia)
		c.post(c.updateStats)
	}
}

// machineAddresses are those of all interfaces; none where the system does not say.
func machineAddresses() []string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	list := make([]string, len(addresses))
	for i, a := range addresses {
		list[i] = a.String()
	}
	slices.Sort(list)
	return list
}

// networkChanged finds out which connections still lead somewhere.
func (c *controller) networkChanged() {
	gstx.Log.Logf(gst.LevelInfo, c.e, "the machine's network has changed")
	c.live.changed = time.Now()
	c.conf.CheckConnection()
}

func (c *controller) lookAfterMedia() {
	if c.transport == nil {
		return
	}
	if !c.channel {
		c.updateHeights()
	}
	channel := c.offer.Transport.WebSocketURL != ""
	if c.live.look(c.connected && (c.channel || !channel), c.vainLimit) {
		c.e.postVain(c.connected, c.offer.Transport, c.config.ICE.RelayOnly)
		c.cancel()
		return
	}
	now := time.Now()
	silence, any := c.transport.Silence()
	if !any {
		silence = now.Sub(c.live.started)
	}
	if why := c.live.dead(now, c.connected, silence); why != "" {
		c.restart(why)
	}
}

// restart gives the session up and asks for another.
func (c *controller) restart(why string) {
	gstx.Log.Logf(gst.LevelWarning, c.e, "session %s: %s; asking for a new one", c.sid, why)
	c.e.warnOf(resource(gst.ResourceErrorRead, "The media stopped; a new session is asked for."), why)
	c.live.restarted(time.Now())
	c.conf.RestartSession(c.sid)
}
