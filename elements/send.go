package elements

import (
	"slices"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/elements/transport"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

func (e *element) sinkPads() []*sinkPad {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.sinks)
}

// playingSinks lists the pads that are not at their end.
func (e *element) playingSinks() []*sinkPad {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(e.sinks), func(p *sinkPad) bool { return p.ended })
}

// updateLocalSources announces exactly the sources that we have in presence.
func (c *controller) updateLocalSources() {
	var list []conference.LocalSource
	for _, p := range c.e.playingSinks() {
		list = append(list, p.localSource(c.conf.EndpointID()))
	}
	c.conf.SetLocalSources(list)
}

// updateSinks follows the pads' properties, which the application or a moderator has changed.
func (c *controller) updateSinks() {
	for _, p := range c.e.sinkPads() {
		p.sender.SetMuted(p.muted())
	}
	c.updateLocalSources()
	c.applyBitrates()
}

// mute obeys a moderator, or the conference's policy for those who join. The application can unmute.
func (c *controller) mute(media jingle.Media, videoType jingle.VideoType) {
	for _, p := range c.e.sinkPads() {
		if p.media == media && (videoType == "" || p.videoType() == videoType) {
			p.ghost.SetMute(true)
		}
	}
}

// startMuted follows what the meeting wants of those who join, once. Jicofo tells it everybody whom it invites anew, those too who were
// there before the others left and came back, and, where it counts participants, those whom it moves to another bridge; the application may
// have unmuted since. Web clients take it when they join, and never again.
func (c *controller) startMuted(policy jingle.StartMuted) {
	if c.welcomed {
		return
	}
	c.welcomed = true
	if policy.Audio {
		c.mute(jingle.Audio, "")
	}
	if policy.Video {
		c.mute(jingle.Video, "")
	}
}

// connectSinks links all pads to the transport.
func (c *controller) connectSinks() {
	for _, p := range c.e.playingSinks() {
		if !p.connected {
			c.connectSink(p)
		}
	}
}

func (c *controller) connectSink(p *sinkPad) {
	var outlets []media.Outlet
	for _, sender := range c.transport.Senders(p.media, p.index) {
		outlets = append(outlets, sender)
	}
	p.connected = true
	p.sender.SetMuted(p.muted())
	p.sender.SetHeight(c.wantedHeight(p))
	if err := p.sender.Connect(outlets); err != nil {
		c.e.postMediaError(err, p.ghost.GetName())
	}
}

// describeSinks says for the session what all pads send whose caps are known, and takes it for announced.
func (c *controller) describeSinks() []jingle.LocalSource {
	var list []jingle.LocalSource
	for _, p := range c.e.playingSinks() {
		if source := c.describe(p); len(source.SSRCs) > 0 {
			p.announced = source
			list = append(list, source)
		}
	}
	return list
}

// describe is without SSRCs where nothing can be said yet.
func (c *controller) describe(p *sinkPad) jingle.LocalSource {
	used := p.sender.Used()
	senders := c.transport.Senders(p.media, p.index)
	if used == 0 || used > len(senders) {
		return jingle.LocalSource{}
	}
	name := p.name(c.conf.EndpointID())
	shows := p.videoType()
	if shows == jingle.NoVideo { // is for presence and the bridge alone
		shows = jingle.Camera
	}
	return transport.Describe(senders[:used], name, name+"-msid "+name, shows)
}

// announceSinks brings the session in step with pads that came while it is up, and with their caps.
func (c *controller) announceSinks() {
	if c.transport == nil {
		return
	}
	c.connectSinks()
	var added, removed []jingle.LocalSource
	for _, p := range c.e.playingSinks() {
		source := c.describe(p)
		if len(source.SSRCs) == 0 || slices.Equal(source.SSRCs, p.announced.SSRCs) {
			continue
		}
		if len(p.announced.SSRCs) > 0 {
			removed = append(removed, p.announced)
		}
		p.announced = source
		added = append(added, source)
	}
	c.conf.RemoveSessionSources(c.sid, removed)
	c.conf.AddSessionSources(c.sid, added)
	c.openSinks()
}

// openSinks lets data through once there is somebody to get it. All files start with the same shift.
func (c *controller) openSinks() {
	if !c.connected {
		return
	}
	c.updateHeights()
	now := c.e.GetCurrentRunningTime()
	for _, p := range c.e.playingSinks() {
		if p.connected {
			p.sender.Open()
			p.hold.end(now)
		}
	}
	c.applyBitrates()
}

// constrainSink follows the bridge, which says how high pictures of a source anybody wants; 0: nobody watches.
func (c *controller) constrainSink(name string, height int) {
	c.heights[name] = height
	gstx.Log.Logf(gst.LevelDebug, c.e, "height wanted of %s: %d", name, height)
	c.updateHeights()
}

func (c *controller) onBridgeChannel(open bool) {
	c.channel = c.channel || open
	c.updateHeights()
}

func (c *controller) updateHeights() {
	for _, p := range c.e.sinkPads() {
		p.sender.SetHeight(c.wantedHeight(p))
	}
	c.applyBitrates()
}

// channelPatience is how long a new session waits for the bridge channel to open before it sends all that it has.
const channelPatience = 2 * time.Second

// wantedHeight is what the bridge said last. It says nothing before anybody has watched (a-alice), but without its
// channel it can't say anything.
func (c *controller) wantedHeight(p *sinkPad) int {
	height, told := c.heights[p.name(c.conf.EndpointID())]
	if p.media == jingle.Audio || !told && !c.channel && time.Since(c.live.started) > channelPatience {
		return media.AnyHeight
	}
	return height
}

// withdraw takes a pad's source out of the session.
func (c *controller) withdraw(p *sinkPad) {
	announced := p.announced
	p.disconnect()
	if len(announced.SSRCs) > 0 && c.transport != nil {
		c.conf.RemoveSessionSources(c.sid, []jingle.LocalSource{announced})
	}
	c.updateLocalSources()
}

// drainLimit is for how long the last pictures may take: more does not wait in a queue.
const drainLimit = 500 * time.Millisecond

// onSinkEOS runs on the application's streaming thread.
func (e *element) onSinkEOS(p *sinkPad) {
	p.sender.Drain(drainLimit)
	e.mu.Lock()
	p.ended = true
	all := !slices.ContainsFunc(e.sinks, func(p *sinkPad) bool { return !p.ended })
	e.mu.Unlock()
	if all && !e.kind.receive {
		e.controlling((*controller).finish)
		return
	}
	e.controlling(func(c *controller) { c.withdraw(p) })
}

// finish leaves the conference after the end of all that we send; EOS follows when we have left.
func (c *controller) finish() {
	if c.finished {
		return
	}
	c.finished = true
	gstx.Log.Logf(gst.LevelInfo, c.e, "all sink pads are at their end: leaving")
	c.cancel()
}
