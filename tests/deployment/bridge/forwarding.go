package bridge

import (
	"encoding/binary"
	"slices"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// downtrack is a track on its way to one receiver. It always has the SSRC of the track's first encoding.
type downtrack struct {
	track    *track
	receiver *Endpoint
	layer    int // which encoding is sent
	active   bool
	waiting  bool // for a key frame to begin with

	sent    bool
	flowing bool   // since it was last started
	start   uint16 // of the sender's numbers: what is older isn't sent
	offset  uint16 // what is added to the sender's numbers, so that pauses leave no gap
	highest uint16 // of the receiver's numbers
	cache   rtxCache
	rtxSeq  uint16
}

// downtrack gives the way of a track to a receiver, made when it's first needed.
func (e *Endpoint) downtrack(t *track) *downtrack {
	d := e.downtracks[t.visible()]
	if d == nil {
		d = &downtrack{track: t, receiver: e}
		e.downtracks[t.visible()] = d
	}
	return d
}

// forward sends a packet to everybody who shall have it.
func (c *Conference) forward(s *stream, packet *rtp.Packet) {
	for _, receiver := range c.order {
		if receiver == s.track.owner || !receiver.ready {
			continue
		}
		d := receiver.downtrack(s.track)
		if s.track.media == source.Audio {
			d.setActive(receiver.audio.wants(s.track.name))
		}
		if d.active && s.track.streams[d.layer] == s {
			d.send(packet)
		}
	}
}

// tooLate is how far behind a packet may be and still be sent, in packets. It keeps comparisons of numbers clear of
// their wrap.
const tooLate = 1 << 12

// setActive starts or stops forwarding. Video starts with a key frame.
func (d *downtrack) setActive(on bool) {
	if d.active == on {
		return
	}
	d.active = on
	d.waiting = on
	d.flowing = false
	if !on && d.track.media == source.Video {
		d.receiver.conference.event(events.Event{Kind: events.ForwardingStopped, Endpoint: d.track.owner.id,
			Receiver: d.receiver.id, Source: d.track.name, SSRC: d.track.visible()})
	}
}

func (d *downtrack) send(packet *rtp.Packet) {
	if d.waiting {
		if d.track.media == source.Video && !startsKeyFrame(codecName(packet.PayloadType), packet.Payload) {
			return
		}
		d.waiting = false
		d.start = packet.SequenceNumber
		if d.sent {
			d.offset = d.highest + 1 - packet.SequenceNumber
		}
	} else if after(d.start, packet.SequenceNumber) {
		return // from before forwarding last began, or far too late
	}
	if age := packet.SequenceNumber - d.start; age > 2*tooLate {
		d.start = packet.SequenceNumber - tooLate
	}
	header := packet.Header.Clone()
	header.SSRC = d.track.visible()
	header.SequenceNumber += d.offset
	header.Padding, header.PaddingSize = false, 0
	out := &rtp.Packet{Header: header, Payload: packet.Payload}
	if !d.sent || after(header.SequenceNumber, d.highest) {
		d.highest = header.SequenceNumber
	}
	d.sent = true
	if d.track.media == source.Video {
		d.cache.put(out)
	}
	if !d.flowing {
		d.flowing = true
		d.receiver.conference.event(events.Event{Kind: events.MediaForwarded, Endpoint: d.track.owner.id,
			Receiver: d.receiver.id, Source: d.track.name, SSRC: header.SSRC})
	}
	d.receiver.sendRTP(out)
}

// sendRTP gives a packet the receiver's header extensions and sends it. The sender's MID means nothing to others, and
// its transport-wide number belongs to another transport; audio level, send time and the like go through.
func (e *Endpoint) sendRTP(packet *rtp.Packet) {
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
	if e.features.TransportCC {
		if err := header.SetExtension(idTransportCC, binary.BigEndian.AppendUint16(nil, e.outgoing)); err != nil {
			e.conference.log.Errorf("number a packet to %s: %v", e.id, err)
		}
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
