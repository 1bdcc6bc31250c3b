package bridge

import (
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
		// draft-ietf-payload-vp9: P (not inter-picture predicted) clear, B (begins a frame) set, lowest layer.
		return len(payload) > 0 && payload[0]&0x40 == 0 && payload[0]&0x08 != 0
	case codec.H264:
		return h264StartsKeyFrame(payload)
	case codec.AV1:
		// AV1 RTP: N (first packet of a coded video sequence).
		return len(payload) > 0 && payload[0]&0x08 != 0
	}
	return false
}

// vp8StartsKeyFrame reads the payload descriptor of RFC 7741 4.2 and the first octet of the frame.
func vp8StartsKeyFrame(payload []byte) bool {
	if len(payload) < 1 || payload[0]&0x10 == 0 || payload[0]&0x07 != 0 {
		return false // not the start of the first partition
	}
	at := 1
	if payload[0]&0x80 != 0 {
		if len(payload) < 2 {
			return false
		}
		extension := payload[1]
		at = 2
		if extension&0x80 != 0 { // picture id, one octet or two
			if len(payload) <= at {
				return false
			}
			if payload[at]&0x80 != 0 {
				at++
			}
			at++
		}
		if extension&0x40 != 0 {
			at++
		}
		if extension&0x30 != 0 {
			at++
		}
	}
	return len(payload) > at && payload[at]&0x01 == 0
}

// h264StartsKeyFrame looks for parameter sets or the start of an IDR picture (RFC 6184).
func h264StartsKeyFrame(payload []byte) bool {
	if len(payload) < 1 {
		return false
	}
	const idr, sps, stapA, fuA = 5, 7, 24, 28
	switch kind := payload[0] & 0x1f; kind {
	case idr, sps:
		return true
	case stapA:
		return len(payload) > 3 && (payload[3]&0x1f == sps || payload[3]&0x1f == idr)
	case fuA:
		return len(payload) > 1 && payload[1]&0x80 != 0 && payload[1]&0x1f == idr
	}
	return false
}

// keyFrameLimiter lets three requests pass in ten seconds, as the real bridge does for each source.
type keyFrameLimiter struct{ passed []time.Time }

const (
	keyFrameRequests = 3
	keyFrameWindow   = 10 * time.Second
	keyFrameRetry    = time.Second // for receivers who still wait
)

func (l *keyFrameLimiter) pass(now time.Time) bool {
	for len(l.passed) > 0 && now.Sub(l.passed[0]) >= keyFrameWindow {
		l.passed = l.passed[1:]
	}
	if len(l.passed) >= keyFrameRequests {
		return false
	}
	l.passed = append(l.passed, now)
	return true
}

// requestKeyFrame sends a PLI for an encoding, if the limit allows it.
func (t *track) requestKeyFrame(layer int, now time.Time) {
	if !t.keyFrames.pass(now) {
		return
	}
	ssrc := t.streams[layer].ssrc
	t.owner.conference.event(events.Event{Kind: events.KeyFrameRequested, Endpoint: t.owner.id, Source: t.name, SSRC: ssrc})
	t.owner.sendRTCP(&rtcp.PictureLossIndication{SenderSSRC: t.owner.conference.reporter(), MediaSSRC: ssrc})
}

// retryKeyFrames asks again for those who wait for a key frame to begin with.
func (c *Conference) retryKeyFrames(now time.Time) {
	for _, t := range c.tracks(source.Video) {
		for _, receiver := range c.order {
			d := receiver.downtracks[t.visible()]
			if d == nil || !d.active || !d.waiting || !receiver.ready || !t.streams[d.layer].flowing {
				continue
			}
			if passed := t.keyFrames.passed; len(passed) == 0 || now.Sub(passed[len(passed)-1]) >= keyFrameRetry {
				t.requestKeyFrame(d.layer, now)
			}
			break
		}
	}
}
