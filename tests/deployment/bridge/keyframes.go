package bridge

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// startsKeyFrame says whether a packet is the first of a key frame.
func startsKeyFrame(name string, payload []byte) bool {
	switch name {
	case codec.VP8:
		return vp8StartsKeyFrame(payload)
	case codec.VP9:
		return vp9StartsKeyFrame(payload)
	case codec.H264:
		return h264StartsKeyFrame(payload)
	case codec.AV1:
		// AV1 RTP: N (first packet of a coded video sequence).
		return len(payload) > 0 && payload[0]&0x08 != 0
	}
	return false
}

// vp8StartsKeyFrame reads the first octet of the frame, too (RFC 7741 4.3).
func vp8StartsKeyFrame(payload []byte) bool {
	d, ok := readVP8(payload)
	return ok && d.start && len(payload) > d.size && payload[d.size]&0x01 == 0
}

// vp9StartsKeyFrame reads the payload descriptor of RFC 9628 4.2: P (inter-picture predicted) is clear and B (begins a
// frame) set, of the lowest spatial layer.
func vp9StartsKeyFrame(payload []byte) bool {
	if len(payload) < 1 || payload[0]&0x40 != 0 || payload[0]&0x08 == 0 {
		return false
	}
	if payload[0]&0x20 == 0 {
		return true // no layers
	}
	at := 1
	if payload[0]&0x80 != 0 { // picture id, one octet or two
		if len(payload) > at && payload[at]&0x80 != 0 {
			at++
		}
		at++
	}
	return len(payload) > at && payload[at]>>1&0x07 == 0
}

// h264StartsKeyFrame looks for parameter sets or the start of an IDR picture (RFC 6184).
func h264StartsKeyFrame(payload []byte) bool {
	if len(payload) < 1 {
		return false
	}
	const idr, sps, delimiter, stapA, fuA = 5, 7, 9, 24, 28
	switch kind := payload[0] & 0x1f; kind {
	case idr, sps:
		return true
	case stapA:
		for rest := payload[1:]; len(rest) > 2; {
			switch rest[2] & 0x1f {
			case idr, sps:
				return true
			}
			size := 2 + int(binary.BigEndian.Uint16(rest))
			if rest[2]&0x1f != delimiter || size > len(rest) {
				return false // something else comes before
			}
			rest = rest[size:]
		}
	case fuA:
		return len(payload) > 1 && payload[1]&0x80 != 0 && payload[1]&0x1f == idr
	}
	return false
}

// keyFrameLimiter is the real bridge's for one receiver of a source (KeyframeRequester, jmt.keyframe): three requests in ten seconds, none
// within 200 ms of the one before.
type keyFrameLimiter struct{ passed []time.Time }

const (
	keyFrameRequests = 3
	keyFrameWindow   = 10 * time.Second
	keyFramePause    = 200 * time.Millisecond // of all receivers of a source together, too
	keyFrameRetry    = time.Second            // for receivers who still wait
)

func (l *keyFrameLimiter) pass(now time.Time) bool {
	for len(l.passed) > 0 && now.Sub(l.passed[0]) >= keyFrameWindow {
		l.passed = l.passed[1:]
	}
	n := len(l.passed)
	if n >= keyFrameRequests || n > 0 && now.Sub(l.passed[n-1]) < keyFramePause {
		return false
	}
	l.passed = append(l.passed, now)
	return true
}

// requestKeyFrame sends a PLI for a receiver, if the limits allow it. As the real bridge's it names the first encoding, whichever is
// needed: senders make key frames of all.
func (d *downtrack) requestKeyFrame(now time.Time) {
	t := d.track
	if !d.keyFrames.pass(now) || now.Sub(t.keyFrameAsked) < keyFramePause {
		return
	}
	t.keyFrameAsked = now
	ssrc := t.visible()
	t.owner.conference.event(events.Event{Kind: events.KeyFrameRequested, Endpoint: t.owner.id, Source: t.name, SSRC: ssrc})
	t.owner.sendRTCP(&rtcp.PictureLossIndication{SenderSSRC: t.owner.conference.reporter(), MediaSSRC: ssrc})
}

// retryKeyFrames asks again for those who wait for a key frame to begin with.
func (c *Conference) retryKeyFrames(now time.Time) {
	for _, t := range c.tracks(source.Video) {
		for _, receiver := range c.order {
			d := receiver.downtracks[t]
			if d == nil || !d.needsKeyFrame() {
				continue
			}
			if now.Sub(t.keyFrameAsked) >= keyFrameRetry {
				d.requestKeyFrame(now)
			}
			break
		}
	}
}
