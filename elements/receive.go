package elements

import (
	"slices"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/transport"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

func (e *element) sourcePads() []*sourcePad {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.sources)
}

func (c *controller) addSource(s jingle.Source) {
	c.sources = append(c.sources, s)
	if c.transport != nil && c.e.kind.receive {
		c.transport.AddSource(s)
	}
	c.route()
}

func (c *controller) removeSource(s jingle.Source) {
	c.sources = slices.DeleteFunc(c.sources, func(o jingle.Source) bool { return o.SSRC == s.SSRC })
	for _, p := range c.receivingPads() {
		c.detachSource(p, s.SSRC)
	}
	delete(c.streams, s.SSRC)
	if c.transport != nil && c.e.kind.receive {
		c.transport.RemoveSource(s.SSRC, &c.cleaning)
	}
	c.route()
}

func (c *controller) changeParticipant(changed conference.Participant) {
	i := slices.IndexFunc(c.present, func(p conference.Participant) bool { return p.ID == changed.ID })
	if i < 0 {
		return
	}
	c.present[i] = changed
	c.route()
}

// addStream takes a source's media, which is held until we know where it goes.
func (c *controller) addStream(sid string, s *transport.Stream) {
	known := slices.ContainsFunc(c.sources, func(o jingle.Source) bool { return o.SSRC == s.Source.SSRC })
	if sid != c.sid || !known {
		s.Release()
		return
	}
	c.streams[s.Source.SSRC] = s
	c.transport.SetLatency(c.config.LatencyMS) // rtpbin misses a jitter buffer that it is just making when the latency changes (1.22)
	c.route()
	s.Release()
}

// changeCodec follows a sender that goes on in another codec on the same SSRC.
func (c *controller) changeCodec(sid string, s *transport.Stream, codec string) {
	defer s.Release()
	if sid != c.sid || c.streams[s.Source.SSRC] != s {
		return
	}
	s.Codec = codec
	for _, p := range c.receivingPads() {
		c.detachSource(p, s.Source.SSRC)
	}
	c.route()
}

// changeLatency follows the property: the jitter buffers tell the pipeline themselves, a pad without any must be asked.
func (c *controller) changeLatency() {
	c.e.mu.Lock()
	latency := c.e.settings.latencyMS
	c.e.mu.Unlock()
	c.config.LatencyMS = latency
	if c.transport != nil {
		c.transport.SetLatency(latency)
	}
	for _, p := range c.receivingPads() {
		p.latency.Set(gst.ClockTime(c.latency()))
		if p.end != nil {
			p.end.SetLatency(c.latency())
		}
	}
	c.e.PostMessage(gst.NewMessageLatency(c.e))
}

// padsChanged follows a new or released pad.
func (c *controller) padsChanged() {
	c.updateLocalSources()
	c.announceSinks()
	c.route()
}

// relinked follows a pad's new or lost peer, which has seen nothing of what was sent before.
func (c *controller) relinked(p *sourcePad) {
	c.shut(p)
	p.over = false
	c.route()
}

// route brings what the pads carry in step with who is there. Everything that could change it ends here.
func (c *controller) route() {
	pads := c.e.sourcePads()
	requests := make([]request, len(pads))
	for i, p := range pads {
		requests[i] = p.request
	}
	offers := catalogue(c.present, c.sources)
	c.slots.assign(c.present, offers, requests)
	c.speaker.settle(c.present, offers, func(id string) bool { return speakerIsShown(pads, id) }, time.Now())
	c.routeInner(offers)
	pads = c.receivingPads()
	for _, p := range pads {
		c.serve(p, offers)
	}
	c.fill(pads, offers)
	c.constrain(pads, offers)
	c.subscribe(pads, offers)
}

// speakerIsShown says whether all pictures of the speaker are that participant's.
func speakerIsShown(pads []*sourcePad, id string) bool {
	return !slices.ContainsFunc(pads, func(p *sourcePad) bool {
		return p.role == roleSpeaker && p.media == jingle.Video && p.ghost.IsLinked() && !p.carries(id)
	})
}

// wanted finds the source that a pad should carry.
func (c *controller) wanted(p *sourcePad, offers []offer) (offer, bool) {
	switch {
	case p.role == roleDesktop:
		current := ""
		if p.current != nil {
			current = p.current.source.Name
		}
		return shownScreen(offers, current)
	case p.role == roleSpeaker && p.media == jingle.Video:
		return ofEndpoint(offers, c.speaker.wanted, p.media)
	case p.role == roleSpeaker:
		return ofEndpoint(offers, c.speaker.shown, p.media)
	case p.source != "":
		return ofName(offers, p.source, p.media)
	case p.slot != noSlot:
		return ofEndpoint(offers, c.slots[p.slot], p.media)
	}
	return ofEndpoint(offers, p.endpoint, p.media)
}

// serve makes a pad carry what it should.
func (c *controller) serve(p *sourcePad, offers []offer) {
	want, ok := c.wanted(p, offers)
	if c.endPad(p, ok) {
		return
	}
	if !p.ghost.IsLinked() || p.over {
		c.shut(p)
		return
	}
	c.open(p)
	if p.next != nil && p.next.source.SSRC != want.ssrc {
		c.drop(p, &p.next)
	}
	if p.current != nil && p.current.source.SSRC != want.ssrc && !c.stillShown(p) {
		c.drop(p, &p.current)
	}
	stream := c.streams[want.ssrc]
	carried := p.next != nil || p.current != nil && p.current.source.SSRC == want.ssrc && (p.current.queued || !c.shares(p))
	if want.ssrc != 0 && stream != nil && !carried && p.refused != want.ssrc {
		c.attach(p, stream)
	}
	c.tell(p)
}

// stillShown says whether the speaker's pad keeps the one who spoke before, until the next one's picture is there.
func (c *controller) stillShown(p *sourcePad) bool {
	return p.role == roleSpeaker && p.media == jingle.Video && c.speaker.shown != c.speaker.wanted && p.carries(c.speaker.shown)
}
