package elements

import (
	"errors"
	"fmt"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/elements/transport"
	"gstjitsi/signaling/jingle"
)

// refused follows media that a pad's peer does not take after what it got before.
func (c *controller) refused(p *sourcePad, i gstx.Input) {
	if p.current == nil || p.current.input != i {
		return
	}
	f := p.current
	cause := fmt.Sprintf("its peer does not take %s (%s) of participant %s after what it got before", f.source.Name, f.codec.Name, f.source.Endpoint)
	if p.inner != nil {
		p.inner(cause)
		return
	}
	c.e.warn(fmt.Sprintf("pad %s: %s", p.ghost.GetName(), cause))
	p.refused = f.source.SSRC
	c.drop(p, &p.current)
	c.route()
}

// refusal is an error that tells of media which a pad's peer does not take.
type refusal string

func (r refusal) Error() string { return string(r) }

// notTaken says what a pad's peer does not take, as which caps it came.
func (p *sourcePad) notTaken(s jingle.Source, codec media.Codec, caps *gst.Caps) string {
	return fmt.Sprintf("its peer does not take %s (%s, as %s) of participant %s, it takes %s",
		s.Name, codec.Name, brief(caps), s.Endpoint, brief(p.ghost.PeerQueryCaps(nil)))
}

// reportRefusal reports a stream that a pad can't carry.
func (c *controller) reportRefusal(p *sourcePad, s *transport.Stream, err error) {
	var refused refusal
	switch {
	case !errors.As(err, &refused):
		c.e.warnStream(s, err)
	case p.inner == nil:
		c.e.warn(fmt.Sprintf("pad %s: %v", p.ghost.GetName(), err))
	default:
		c.post(func() { // it may take the pad away
			if p.end != nil && p.refused == s.Source.SSRC {
				p.inner(err.Error())
			}
		})
	}
}

// checkRefusal reports, once, media that a pad's peer has never taken, or takes no longer since it has changed. What the peer takes
// may change, too, and so may what comes: it is tried on.
func (c *controller) checkRefusal(p *sourcePad) {
	for _, f := range []*feed{p.next, p.current} {
		if f == nil || f.reported {
			continue
		}
		caps, refused := f.receiver.Refused()
		if !refused {
			continue
		}
		f.reported = true
		cause := p.notTaken(f.source, f.codec, caps)
		if p.inner == nil {
			c.e.warn(fmt.Sprintf("pad %s: %s", p.ghost.GetName(), cause))
			continue
		}
		c.post(func() { // it may take the pad away
			if p.end != nil && (p.next == f || p.current == f) {
				p.inner(cause)
			}
		})
	}
}

// brief is so much of caps as somebody may want to read.
func brief(caps *gst.Caps) string {
	const most = 300
	if caps == nil {
		return "nothing"
	}
	text := caps.String()
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
