package bridge

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// downtrack is a track on its way to one receiver: whether it goes there, and which of its encodings.
type downtrack struct {
	track     *track
	receiver  *Endpoint
	lane      *lane // nil until the receiver has one for it, with SSRC rewriting
	height    int   // that the receiver wants, at most
	layer     int   // which encoding is sent
	target    int   // which shall be, from its next key frame on
	active    bool
	waiting   bool // for a key frame to begin with
	flowing   bool // since it was last started
	keyFrames keyFrameLimiter
	held      []*rtp.Packet // the beginning of the target's key frame, until the frame that is being sent is complete
	fallback  fallback
	withheld  int // packets: see Options.WithheldPackets
}

// downtrack gives the way of a track to a receiver, made when it's first needed.
func (e *Endpoint) downtrack(t *track) *downtrack {
	d := e.downtracks[t]
	if d == nil {
		d = &downtrack{track: t, receiver: e, height: noLimit}
		if !e.features.SSRCRewriting {
			d.lane = &lane{receiver: e, ssrc: t.visible(), rtxSSRC: t.streams[0].rtxSSRC}
		}
		e.downtracks[t] = d
	}
	return d
}

// received finds what a receiver gets as an SSRC.
func (e *Endpoint) received(ssrc uint32) *downtrack {
	for _, d := range e.downtracks {
		if d.lane != nil && d.lane.ssrc == ssrc {
			return d
		}
	}
	return nil
}

// forward sends a packet to everybody who shall have it.
func (c *Conference) forward(s *stream, packet *rtp.Packet, now time.Time) {
	plain := withoutRedundancy(packet)
	for _, receiver := range c.order {
		if receiver == s.track.owner || !receiver.ready {
			continue
		}
		d := receiver.downtrack(s.track)
		if s.track.media == source.Audio {
			d.setActive(receiver.audio.wants(s.track.name))
			receiver.tellMaps()
		}
		wanted := packet
		if !receiver.features.RED {
			wanted = plain
		}
		if d.active && wanted != nil {
			d.take(s, wanted, now)
		}
	}
}

// setActive starts or stops forwarding. Video starts with a key frame.
func (d *downtrack) setActive(on bool) {
	if on && d.lane == nil {
		d.lane = d.receiver.assignLane(d)
	}
	if d.active == on {
		return
	}
	d.active = on
	d.waiting = on
	d.flowing = false
	d.held = nil
	if !on && d.track.media == source.Video {
		d.receiver.conference.event(events.Event{Kind: events.ForwardingStopped, Endpoint: d.track.owner.id,
			Receiver: d.receiver.id, Source: d.track.name, SSRC: d.lane.ssrc})
	}
}

// mostHeld is how many packets of a key frame wait for the end of the frame before it, which may be lost.
const mostHeld = 64

// take sends a packet of the encoding that is chosen, and changes to the one that shall be at its key frame.
func (d *downtrack) take(s *stream, packet *rtp.Packet, now time.Time) {
	video := d.track.media == source.Video
	key := video && startsKeyFrame(codecName(packet.PayloadType), packet.Payload)
	switch current := d.track.streams[d.layer]; {
	case d.waiting:
		if s != d.track.streams[d.target] || video && !key {
			return
		}
		d.waiting = false
		d.begin(packet, now)
	case s == current && len(d.held) > 0 && int32(packet.Timestamp-d.lane.sourceTime) > 0:
		d.change(now) // the end of the last frame is lost
	case s == current:
		d.send(packet, now)
		if len(d.held) > 0 && d.lane.complete {
			d.change(now)
		}
	case d.fallsBack(s, packet, key, now):
	case s != d.track.streams[d.target]:
	case len(d.held) > 0:
		if d.held = append(d.held, packet); len(d.held) >= mostHeld {
			d.change(now)
		}
	case key && d.lane.complete:
		d.begin(packet, now)
	case key:
		d.held = append(d.held, packet)
	}
}

// change sends what is held of the target's key frame, and the target from now on.
func (d *downtrack) change(now time.Time) {
	held := d.held
	d.held = nil
	d.begin(held[0], now)
	for _, packet := range held[1:] {
		d.send(packet, now)
	}
}

// begin sends the target from this packet on.
func (d *downtrack) begin(packet *rtp.Packet, now time.Time) {
	if d.layer != d.target {
		d.layer = d.target
		d.receiver.conference.event(events.Event{Kind: events.LayerChanged, Endpoint: d.track.owner.id,
			Receiver: d.receiver.id, Source: d.track.name, SSRC: d.lane.ssrc, Detail: d.track.layerText(d.layer)})
	}
	d.lane.splice(d.track.streams[d.layer], packet, now)
	d.send(packet, now)
}

func (d *downtrack) send(packet *rtp.Packet, now time.Time) {
	out := d.lane.rewrite(packet, now)
	if out == nil {
		return
	}
	if d.track.media == source.Video {
		d.lane.cache.put(out)
	}
	if !d.flowing {
		d.flowing = true
		d.receiver.conference.event(events.Event{Kind: events.MediaForwarded, Endpoint: d.track.owner.id,
			Receiver: d.receiver.id, Source: d.track.name, SSRC: out.SSRC})
	}
	if d.track.media == source.Video && d.withheld < d.receiver.conference.bridge.opts.WithheldPackets {
		d.withheld++
		return
	}
	d.receiver.sendRTP(out, d.lane.mid)
}

// sendRTP gives a packet the receiver's header extensions and sends it. The sender's MID means nothing to others, and
// its transport-wide number belongs to another transport; audio level, send time and the like go through. The MID
// that the receiver is told, if any, takes the sender's place.
func (e *Endpoint) sendRTP(packet *rtp.Packet, mid string) {
	header := packet.Header.Clone()
	present := header.GetExtensionIDs()
	for _, id := range []uint8{idMID, idTransportCC} {
		if slices.Contains(present, id) {
			_ = header.DelExtension(id) // it is there
		}
	}
	if len(header.GetExtensionIDs()) == 0 {
		header.ClearExtensions()
	}
	set := func(id uint8, payload []byte) {
		if err := header.SetExtension(id, payload); err != nil {
			e.conference.log.Errorf("extend a packet to %s: %v", e.id, err)
		}
	}
	if mid != "" {
		set(idMID, []byte(mid))
	}
	if e.features.TransportCC {
		set(idTransportCC, binary.BigEndian.AppendUint16(nil, e.outgoing))
		e.outgoing++
	}
	raw, err := (&rtp.Packet{Header: header, Payload: packet.Payload}).Marshal()
	if err != nil {
		e.conference.log.Errorf("write a packet to %s: %v", e.id, err)
		return
	}
	if err := e.transport.sendRTP(raw); err != nil {
		e.conference.log.Debugf("send a packet to %s: %v", e.id, err)
	}
}
