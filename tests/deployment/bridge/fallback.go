package bridge

import (
	"slices"
	"time"

	"github.com/pion/rtp"
)

// fallback is a lower encoding that has made a key frame by itself: perhaps because its sender has just ended the one that
// is sent. The real bridge changes to it at once, as the first key frame after a while may be the only one
// (VP8QualityFilter.acceptKeyframe), and back up with the next key frames within 300 ms. Here packets are held until it is
// seen whether the other has ended, so that a request for key frames is no change of sizes.
type fallback struct {
	stream *stream
	at     time.Time
	held   []*rtp.Packet
	frames int // that are held, complete
}

// keyFrameGroup is how long after a key frame those of other encodings belong to it.
const keyFrameGroup = 300 * time.Millisecond

// silence is how long an encoding that was sent says nothing, to have ended, while the other has made a whole frame.
const (
	silence = 120 * time.Millisecond
	frames  = 1
)

// fallsBack takes a packet that may belong to a fallback, and changes to it where that is due.
func (d *downtrack) fallsBack(s *stream, packet *rtp.Packet, key bool, now time.Time) bool {
	layer, current := slices.Index(d.track.streams, s), d.track.streams[d.layer]
	if layer >= d.layer || layer == d.target && d.target != d.layer {
		return false
	}
	f := &d.fallback
	switch {
	case key && (f.stream == nil || layer >= slices.Index(d.track.streams, f.stream) || now.Sub(f.at) > keyFrameGroup):
		*f = fallback{stream: s, at: now, held: []*rtp.Packet{packet}}
	case f.stream != s:
		return true
	default:
		f.held = append(f.held, packet)
	}
	if packet.Marker {
		f.frames++
	}
	switch {
	case f.frames >= frames && now.Sub(current.lastMedia) > silence:
		held := f.held
		*f = fallback{}
		current.lastMedia = time.Time{}
		d.target = layer
		d.held = nil
		d.begin(held[0], now)
		for _, packet := range held[1:] {
			d.send(packet, now)
		}
	case now.Sub(f.at) > 4*silence || len(f.held) >= mostHeld:
		*f = fallback{}
	}
	return true
}
