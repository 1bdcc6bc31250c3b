package elements

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// innerPad carries streams into a pipeline inside the element, as the application's pads carry them out of it: what it
// selects, in which codec it carries that, and how it is attached and detached is the same. Its ghost pad belongs to no
// element; linked, it leads to an inlet of the pipeline.
type innerPad struct {
	*sourcePad
	inlet gst.GhostPad // of the pipeline; nil while there is none yet
	sink  gst.Pad      // of the pipeline's element, behind the inlet
	seen  *capsSeen
}

// capsSeen is what a streaming thread notes of the caps that went through a pad.
type capsSeen struct {
	count   atomic.Int32 // how often there were caps, others than before
	last    string
	changed func() // is told of each; must not block
}

// addInnerPad makes an inner pad. It asks for what it selects at once, and carries it when it is linked. refused is called,
// by the controller, when something has come that the pipeline does not take.
func (c *controller) addInnerPad(m jingle.Media, sel selector, refused func(cause string)) *innerPad {
	c.innerCount++
	i := slices.IndexFunc(padTemplates(c.e.kind), func(t padTemplate) bool { return t.media == m && t.direction == gst.PadSrc })
	template := c.e.GetPadTemplate(padTemplates(c.e.kind)[i].name)
	ghost := gstx.NewSourcePad(fmt.Sprintf("inner_%s_%d", m, c.innerCount), template)
	p := &innerPad{seen: &capsSeen{}, sourcePad: &sourcePad{
		request: request{m, sel}, ghost: ghost, inner: refused, latency: gstx.AnswerLatency(ghost, gst.ClockTime(c.latency())),
	}}
	ghost.AddProbe(gst.PadProbeTypeEventDownstream, p.seen.probe)
	ghost.SetActive(true)
	c.innerPads = append(c.innerPads, p.sourcePad)
	return p
}

// probe notes caps, on a streaming thread.
func (s *capsSeen) probe(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
	if event := info.GetEvent(); event != nil && event.GetType() == gst.EventCaps {
		if caps := event.ParseCaps().String(); caps != s.last {
			s.last = caps
			s.count.Add(1)
			if s.changed != nil {
				s.changed()
			}
		}
	}
	return gst.PadProbeOK
}

// link lets the pad lead into a pipeline, which has to run.
func (p *innerPad) link() error {
	if ret := p.ghost.Link(p.inlet); ret != gst.PadLinkOK {
		return fmt.Errorf("can't link %s to %s: %v", p.ghost.GetName(), p.inlet.GetName(), ret)
	}
	return nil
}

// end tells the pipeline that nothing more comes. It may wait for a streaming thread. A queue that was refused its data takes
// nothing more: what is behind it has to hear of the end all the same, or no file is complete.
func (p *innerPad) end() {
	if p.ghost.IsLinked() && !p.ghost.PushEvent(gst.NewEventEOS()) {
		p.sink.SendEvent(gst.NewEventEOS())
	}
}

// drop lets go of the pad, which carries nothing any more.
func (p *innerPad) drop() {
	if p.inlet != nil {
		p.ghost.Unlink(p.inlet)
	}
	p.ghost.SetActive(false)
	gobject.UnsafeObjectUnref(p.ghost)
}

// takePad empties an inner pad and takes it off the controller's list: it is the caller's from now on.
func (c *controller) takePad(p *innerPad) {
	c.shut(p.sourcePad)
	for i, q := range c.innerPads {
		if q == p.sourcePad {
			c.innerPads = append(c.innerPads[:i:i], c.innerPads[i+1:]...)
			return
		}
	}
}

// receivingPads are the pads of the application and the inner ones.
func (c *controller) receivingPads() []*sourcePad { return append(c.e.sourcePads(), c.innerPads...) }

// asks says whether somebody waits for what the pad selects: the bridge sends no other video.
func (p *sourcePad) asks() bool { return p.inner != nil || p.ghost.IsLinked() }
