package elements

import (
	"slices"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
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

// connectSinks links all pads to the transport and describes their sources for the session.
func (c *controller) connectSinks() []jingle.LocalSource {
	var list []jingle.LocalSource
	for _, p := range c.e.playingSinks() {
		if source, ok := c.connectSink(p); ok {
			list = append(list, source)
		}
	}
	return list
}

func (c *controller) connectSink(p *sinkPad) (jingle.LocalSource, bool) {
	sender := c.transport.Sender(p.media, p.index)
	if sender == nil || p.announced {
		return jingle.LocalSource{}, false
	}
	if err := p.sender.Connect(sender.Sink(), sender.Codec); err != nil {
		c.e.postMediaError(err, p.ghost.GetName())
		return jingle.LocalSource{}, false
	}
	p.announced = true
	return c.describe(p), true
}

func (c *controller) describe(p *sinkPad) jingle.LocalSource {
	name := p.name(c.conf.EndpointID())
	return c.transport.Sender(p.media, p.index).Source(name, name+"-msid "+name, p.videoType())
}

// announceSinks adds pads that came while a session is up.
func (c *controller) announceSinks() {
	if c.transport == nil {
		return
	}
	if sources := c.connectSinks(); len(sources) > 0 {
		c.conf.AddSessionSources(c.sid, sources)
		c.openSinks()
	}
}

// openSinks lets data through once there is somebody to get it. All files start with the same shift.
func (c *controller) openSinks() {
	if !c.connected {
		return
	}
	now := c.e.GetCurrentRunningTime()
	for _, p := range c.e.playingSinks() {
		if p.announced {
			p.sender.Open()
			p.hold.end(now)
		}
	}
}

// withdraw takes a pad's source out of the session.
func (c *controller) withdraw(p *sinkPad) {
	announced := p.announced
	p.announced = false
	p.sender.Disconnect()
	if announced && c.transport != nil {
		c.conf.RemoveSessionSources(c.sid, []jingle.LocalSource{c.describe(p)})
	}
	c.updateLocalSources()
}

// onSinkEOS runs on the application's streaming thread.
func (e *element) onSinkEOS(p *sinkPad) {
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
