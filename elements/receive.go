package elements

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/elements/transport"
	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// fullHeight asks for the highest resolution that a source has.
const fullHeight = 2160

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
	for _, p := range c.e.sourcePads() {
		if p.ssrc == s.SSRC {
			c.detach(p)
		}
	}
	delete(c.streams, s.SSRC)
	if c.transport != nil {
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
	for _, p := range c.e.sourcePads() {
		if p.ssrc == s.Source.SSRC {
			c.detach(p)
		}
	}
	c.route()
}

// padsChanged follows a new or released pad.
func (c *controller) padsChanged() {
	c.updateLocalSources()
	c.announceSinks()
	c.route()
}

// route brings what the application's pads carry in step with who is there. Everything that could change it ends
// here.
func (c *controller) route() {
	pads := c.e.sourcePads()
	requests := make([]request, len(pads))
	for i, p := range pads {
		requests[i] = p.request
	}
	c.slots.assign(c.present, c.sources, requests)
	for _, p := range pads {
		source, ok := c.slots.wanted(p.request, c.sources)
		ok = ok && p.ghost.IsLinked()
		if p.ssrc != 0 && (!ok || source.SSRC != p.ssrc) {
			c.detach(p)
		}
		if stream := c.streams[source.SSRC]; ok && p.ssrc == 0 && stream != nil {
			c.attach(p, stream)
		}
	}
	c.constrain(pads)
}

// attach lets a pad carry a stream: encoded where the peer takes that, decoded otherwise.
func (c *controller) attach(p *sourcePad, s *transport.Stream) {
	codec, ok := media.ByName(s.Codec)
	if !ok {
		c.e.warnStream(s, fmt.Errorf("codec %q is none that we know", s.Codec))
		p.ssrc = s.Source.SSRC // don't try again
		return
	}
	receiver, err := media.NewReceiver(c.e, s.Tee, codec, !p.takesEncoded(codec))
	if err != nil {
		c.e.warnStream(s, err)
		p.ssrc = s.Source.SSRC
		return
	}
	p.ssrc, p.receiver = s.Source.SSRC, receiver
	if !p.ghost.SetTarget(receiver.Output()) {
		c.e.warnStream(s, fmt.Errorf("can't link to pad %s", p.ghost.GetName()))
		return
	}
	if err := receiver.Start(); err != nil {
		c.e.warnStream(s, err)
		return
	}
	gstx.Log.Logf(gst.LevelInfo, c.e, "%s carries %s", p.ghost.GetName(), s.Source.Name)
}

// detach empties a pad. The pad itself goes on.
func (c *controller) detach(p *sourcePad) {
	p.ssrc = 0
	receiver := p.receiver
	if receiver == nil {
		return
	}
	p.receiver = nil
	receiver.Stop()
	p.ghost.SetTarget(nil)
	c.cleaning.Go(func() {
		defer gstx.Recover(c.e, "detach")
		receiver.Close()
	})
}

// constrain asks the bridge for the video that linked pads show, and no other.
func (c *controller) constrain(pads []*sourcePad) {
	wanted := map[string]colibri.VideoConstraints{}
	for _, p := range pads {
		source, ok := c.slots.wanted(p.request, c.sources)
		if ok && p.media == jingle.Video && p.ghost.IsLinked() {
			wanted[source.Name] = colibri.VideoConstraints{MaxHeight: fullHeight}
		}
	}
	if maps.Equal(wanted, c.constraints.Constraints) {
		return
	}
	c.constraints.Constraints = wanted
	c.conf.SetReceiverConstraints(c.constraints)
}
