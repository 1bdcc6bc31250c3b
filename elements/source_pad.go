package elements

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/jingle"
)

// sourcePad is a pad of the application's that receives. It outlives what it carries.
type sourcePad struct {
	request
	ghost   gstx.SourcePad
	latency *gstx.Latency      // that it answers while nothing is behind it
	inner   func(cause string) // told that something has come that its pipeline does not take; nil: not an inner pad, see inner_pad.go

	// only the controller touches these

	end     *gstx.Switch // between the first link in a stay and the end of that; nil: the pad gives nothing
	current *feed        // what it carries; nil: nothing
	next    *feed        // what it will carry as soon as that can be shown
	filler  *filler      // stands in while no media comes
	quiet   time.Time    // since when no media comes, while there is no filler
	met     bool         // the participant or source that it is named after was there
	over    bool         // EOS was sent since that left
	refused uint32       // SSRC of a source that the pad can't carry

	told gstx.Carried // what the properties say, or will in a moment
}

// feed is a source on its way to a pad.
type feed struct {
	source   jingle.Source
	codec    media.Codec
	receiver *media.Receiver
	input    gstx.Input
	queued   bool // has a thread of its own, so that it may be slow
	reported bool // that the pad's peer does not take it

	asked    time.Time     // when a key frame was asked for last, by us or by the feed's beginning
	patience time.Duration // until the next time
}

// newSourcePad makes the pad for a request of the template and name; an empty name takes the next slot.
func (e *element) newSourcePad(t padTemplate, template gst.PadTemplate, name string) (*sourcePad, error) {
	prefix := strings.TrimSuffix(t.name, "%s")
	if name == "" || name == t.name {
		name = fmt.Sprintf("%s%d", prefix, e.nextSlot(t.media))
	}
	sel, err := parseSelector(t.media, strings.TrimPrefix(name, prefix))
	if err != nil {
		return nil, fmt.Errorf("pad %s: %w", name, err)
	}
	p := &sourcePad{request: request{t.media, sel}, ghost: gstx.NewSourcePad(name, template)}
	e.mu.Lock()
	latency := gst.ClockTime(e.settings.latencyMS) * gst.ClockTime(time.Millisecond)
	e.mu.Unlock()
	p.latency = gstx.AnswerLatency(p.ghost, latency)
	for _, signal := range []string{"linked", "unlinked"} {
		p.ghost.Connect(signal, func(_ gst.Pad, _ gst.Pad) {
			defer gstx.Recover(e, signal)
			e.controlling(func(c *controller) { c.relinked(p) })
		})
	}
	p.ghost.Connect("notify::max-height", func(_ gst.Pad, _ *gobject.ParamSpec) {
		defer gstx.Recover(e, "notify::max-height")
		e.controlling((*controller).route)
	})
	return p, nil
}

func (e *element) nextSlot(m jingle.Media) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	for slot := 0; ; slot++ {
		if !slices.ContainsFunc(e.sources, func(p *sourcePad) bool { return p.media == m && p.slot == slot }) {
			return slot
		}
	}
}

// takesEncoded says whether the peer takes the codec as it is, or anything.
func (p *sourcePad) takesEncoded(codec media.Codec) bool {
	return media.FormFor(p.ghost.PeerQueryCaps(nil), codec) == media.Encoded
}

// takesRTP says whether the peer takes nothing but RTP, in which there is nothing to fill a pad with.
func (p *sourcePad) takesRTP() bool {
	caps := p.ghost.PeerQueryCaps(nil)
	return slices.ContainsFunc(media.Of(p.media), func(c media.Codec) bool { return media.FormFor(caps, c) == media.RTP })
}

// carries says whether media of a participant's is what the pad gives out.
func (p *sourcePad) carries(endpoint string) bool {
	return p.current != nil && p.current.source.Endpoint == endpoint
}

// carried is what the pad's properties say.
func (c *controller) carried(p *sourcePad) gstx.Carried {
	if p.current == nil {
		return gstx.Carried{}
	}
	s := p.current.source
	return gstx.Carried{
		ParticipantID: s.Endpoint, Nick: c.nick(s.Endpoint), SourceName: s.Name, SSRC: s.SSRC,
		Codec: p.current.codec.Name, Active: p.filler == nil,
	}
}

func (c *controller) nick(id string) string {
	for _, p := range c.present {
		if p.ID == id {
			return p.Nick
		}
	}
	return ""
}

// tell brings the pad's properties and tags in step with what it carries. Handlers of the application's run on the
// goroutine where all its handlers do.
func (c *controller) tell(p *sourcePad) {
	carried := c.carried(p)
	if p.end != nil && p.current != nil {
		p.end.SetTitle(carried.Nick)
	}
	if carried == p.told || p.inner != nil { // whose properties nobody sees
		return
	}
	p.told = carried
	c.announce.put(func() {
		defer gstx.Recover(c.e, "pad properties")
		p.ghost.SetCarried(carried)
	})
}
