package elements

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/elements/transport"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// open puts a pad's end in place.
func (c *controller) open(p *sourcePad) {
	if p.end != nil {
		return
	}
	p.end = gstx.NewSwitch(media.PadCaps(p.media), c.group, c.latency(), gstx.SwitchEvents{
		Switched: func(i gstx.Input) { c.post(func() { c.switched(p, i) }) },
		Refused:  func(i gstx.Input) { c.post(func() { c.refused(p, i) }) },
	})
	c.e.Add(p.end.Element)
	p.end.Element.SyncStateWithParent()
	p.ghost.SetTarget(p.end.Output())
	p.quiet = time.Now()
}

// shut takes everything behind a pad away.
func (c *controller) shut(p *sourcePad) {
	if p.end == nil {
		return
	}
	c.drop(p, &p.next)
	c.drop(p, &p.current)
	c.stopFilling(p)
	end := p.end
	p.end, p.refused = nil, 0
	end.Silence()
	p.ghost.SetTarget(nil)
	c.tell(p)
	c.cleaning.Go(func() {
		defer gstx.Recover(c.e, "shut")
		gstx.Discard(c.e, end.Element)
	})
}

func (c *controller) latency() time.Duration {
	return time.Duration(c.config.LatencyMS) * time.Millisecond
}

// attach brings a stream to a pad: encoded where the peer takes that, decoded otherwise. It is heard as soon as it can
// be.
func (c *controller) attach(p *sourcePad, s *transport.Stream) {
	f, err := c.newFeed(p, s)
	if err != nil {
		p.refused = s.Source.SSRC // don't try again
		c.reportRefusal(p, s, err)
		return
	}
	p.next = f
	p.end.SetMuxer(gstx.MuxerBehind(p.ghost))
	p.end.Await(f.input)
	if err := f.receiver.Start(); err != nil {
		c.e.warnStream(s, err)
		c.drop(p, &p.next)
		p.refused = s.Source.SSRC
	}
}

func (c *controller) newFeed(p *sourcePad, s *transport.Stream) (*feed, error) {
	codec, ok := media.ByName(s.Codec)
	if !ok {
		return nil, fmt.Errorf("codec %q is none that we know", s.Codec)
	}
	f := &feed{source: s.Source, codec: codec, queued: c.shares(p), asked: time.Now(), patience: keyFramePatience}
	form := media.FormFor(p.ghost.PeerQueryCaps(nil), codec)
	if form == media.Encoded && gstx.MuxerBehind(p.ghost).Fixed() {
		form = media.Fixed
	}
	var err error
	if f.receiver, err = media.NewReceiver(c.e, s.Tee, codec, form, f.queued); err != nil {
		return nil, err
	}
	f.receiver.UseFEC(c.fec)
	var input gst.Pad
	f.input, input = p.end.AddInput()
	if ret := f.receiver.Output().Link(input); ret != gst.PadLinkOK {
		f.receiver.Close()
		p.end.RemoveInput(f.input)
		if ret == gst.PadLinkNoformat {
			return nil, refusal(p.notTaken(s.Source, codec, gst.CapsFromString(codec.Caps)))
		}
		return nil, fmt.Errorf("can't link to pad %s: %v", p.ghost.GetName(), ret)
	}
	return f, nil
}

// shares says whether another pad may carry what this one does. Each of them has a queue then, so that a slow one holds
// none of the others up. Inner pads have theirs in the pipeline.
func (c *controller) shares(p *sourcePad) bool {
	return p.inner == nil && slices.ContainsFunc(c.receivingPads(), func(o *sourcePad) bool {
		return o != p && o.overlaps(p.request) && o.ghost.IsLinked()
	})
}

// drop ends a feed, in the place where a pad has it. The pad goes on.
func (c *controller) drop(p *sourcePad, place **feed) {
	f := *place
	if f == nil {
		return
	}
	*place = nil
	if place == &p.current {
		p.quiet = time.Now()
	}
	end := p.end
	end.Forget(f.input)
	f.receiver.Stop()
	release := gstx.Hold(end.Element) // the pad may be shut meanwhile
	c.cleaning.Go(func() {
		defer release()
		defer gstx.Recover(c.e, "detach")
		f.receiver.Close()
		end.RemoveInput(f.input)
	})
}

// detachSource empties a pad if it carries the source of that SSRC.
func (c *controller) detachSource(p *sourcePad, ssrc uint32) {
	for _, place := range []**feed{&p.next, &p.current} {
		if *place != nil && (*place).source.SSRC == ssrc {
			c.drop(p, place)
		}
	}
	if p.refused == ssrc {
		p.refused = 0
	}
}

// switched follows media that is heard from now on: of the next source, or of the one that had stopped.
func (c *controller) switched(p *sourcePad, i gstx.Input) {
	switch {
	case p.next != nil && p.next.input == i:
		c.drop(p, &p.current)
		p.current, p.next = p.next, nil
		gstx.Log.Logf(gst.LevelInfo, c.e, "%s carries %s", p.ghost.GetName(), p.current.source.Name)
	case p.current == nil || p.current.input != i:
		return // it was dropped meanwhile
	}
	c.stopFilling(p)
	c.route()
}

// How long pictures may take to come, at first and after some requests for a key frame.
const (
	keyFramePatience = 500 * time.Millisecond
	mostPatience     = 30 * time.Second
)

// hasten asks for a key frame where pictures don't come. The first one may have come before its source was known. Depayloaders ask for another
// upon a discontinuity alone, and that for H.264 has been seen to wait without a word (1.22).
func (c *controller) hasten(pads []*sourcePad) {
	for _, p := range pads {
		f := p.next
		if f == nil || p.media != jingle.Video || time.Since(f.asked) < f.patience {
			continue
		}
		if s := c.streams[f.source.SSRC]; s != nil {
			s.RequestKeyFrame()
		}
		f.asked, f.patience = time.Now(), min(2*f.patience, mostPatience)
	}
}

// endPad sends EOS out of a pad when the participant or source that it is named after has left for good. It says whether
// the pad has ended.
func (c *controller) endPad(p *sourcePad, offered bool) bool {
	if p.endpoint == "" || p.over {
		return p.over
	}
	there := offered || p.source == "" && c.isPresent(p.endpoint)
	p.met = p.met || there
	if there || !p.met || !p.ghost.EOSOnLeave() {
		return false
	}
	p.over = true
	c.shut(p)
	c.e.pushEOS(p)
	return true
}

func (c *controller) isPresent(id string) bool {
	return slices.ContainsFunc(c.present, func(p conference.Participant) bool { return p.ID == id })
}

// empty takes away what a pad carries. What it gave last, or nothing, goes on.
func (c *controller) empty(p *sourcePad) {
	if p.end == nil {
		return
	}
	c.drop(p, &p.next)
	c.drop(p, &p.current)
	p.refused = 0
	c.tell(p)
}
