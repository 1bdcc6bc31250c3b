package bridge

import (
	"strconv"
	"time"

	"gstjitsi/tests/deployment/source"
)

// topHeight is what the real bridge takes the highest layer of simulcast to be, whatever the picture's size; each
// layer below is half as high (recording d-vp8: constraints of 180, 360 and 720).
const topHeight = 720

// layerTimeout is how long a layer without packets still counts as being sent.
const layerTimeout = 1500 * time.Millisecond

func (t *track) layerHeight(layer int) int { return topHeight >> (len(t.streams) - 1 - layer) }

func (t *track) layerText(layer int) string { return strconv.Itoa(t.layerHeight(layer)) }

func (s *stream) alive(now time.Time) bool { return s.flowing && now.Sub(s.lastMedia) < layerTimeout }

// layerFor is the highest layer that is sent and no higher than wanted; the lowest when all are higher. When none is
// sent nothing changes.
func (t *track) layerFor(height, current int, now time.Time) int {
	best := -1
	for layer, s := range t.streams {
		if s.alive(now) && (best < 0 || t.layerHeight(layer) <= height) {
			best = layer
		}
	}
	if best < 0 {
		return current
	}
	return best
}

// aim chooses the layer and reports whether that is another one than before.
func (d *downtrack) aim(now time.Time) bool {
	target := d.track.layerFor(d.height, d.target, now)
	if target == d.target {
		return false
	}
	d.target = target
	d.held = nil
	return true
}

// needsKeyFrame says whether the receiver waits for one that the sender could make.
func (d *downtrack) needsKeyFrame() bool {
	return d.active && d.receiver.ready && d.track.streams[d.target].flowing && (d.waiting || d.layer != d.target)
}

// followLayers chooses again for everybody who gets a track, after its layers have begun or ended.
func (t *track) followLayers(now time.Time) (changed bool) {
	for _, receiver := range t.owner.conference.order {
		if d := receiver.downtracks[t]; d != nil && d.aim(now) {
			changed = true
		}
	}
	return changed
}

// wantKeyFrame asks for a key frame when anybody waits for one.
func (t *track) wantKeyFrame(now time.Time) {
	for _, receiver := range t.owner.conference.order {
		if d := receiver.downtracks[t]; d != nil && d.needsKeyFrame() {
			d.requestKeyFrame(now)
			return
		}
	}
}

// watchLayers notices layers that are no longer sent.
func (c *Conference) watchLayers(now time.Time) {
	for _, t := range c.tracks(source.Video) {
		if len(t.streams) > 1 && t.followLayers(now) {
			t.wantKeyFrame(now)
		}
	}
}
