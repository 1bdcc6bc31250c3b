package elements

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/jingle"
)

// sourcePad is a pad of the application's that receives. It outlives what it carries.
type sourcePad struct {
	request
	ghost gst.GhostPad

	// what it carries; only the controller touches these
	ssrc     uint32 // 0: nothing
	receiver *media.Receiver
}

// newSourcePad makes the pad for a request of the template and name; an empty name takes the next slot.
func (e *element) newSourcePad(t padTemplate, template gst.PadTemplate, name string) (*sourcePad, error) {
	prefix := strings.TrimSuffix(t.name, "%s")
	if name == "" || name == t.name {
		name = fmt.Sprintf("%s%d", prefix, e.nextSlot(t.media))
	}
	sel, ok := parseSelector(strings.TrimPrefix(name, prefix))
	if !ok {
		return nil, fmt.Errorf("pad %s: what follows %s is neither a slot number, an endpoint id nor a source name", name, prefix)
	}
	ghost, ok := gst.NewGhostPadNoTargetFromTemplate(name, template).(gst.GhostPad)
	if !ok {
		return nil, fmt.Errorf("pad %s: no ghost pad", name)
	}
	p := &sourcePad{request: request{t.media, sel}, ghost: ghost}
	e.mu.Lock()
	latency := gst.ClockTime(e.settings.latencyMS) * gst.ClockTime(1e6)
	e.mu.Unlock()
	gstx.AnswerLatency(ghost, latency)
	for _, signal := range []string{"linked", "unlinked"} {
		ghost.Connect(signal, func(_ gst.Pad, _ gst.Pad) {
			defer gstx.Recover(e, signal)
			e.controlling((*controller).route)
		})
	}
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
	caps := p.ghost.PeerQueryCaps(nil)
	return caps != nil && (caps.IsAny() || caps.CanIntersect(gst.CapsFromString(codec.Caps)))
}
