package bridge

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/source"
)

// lane is one SSRC to one receiver. What is sent on it changes: other layers of simulcast and, with SSRC rewriting,
// other sources. To the receiver it is one stream without a break: its numbers, times and picture ids go on.
type lane struct {
	receiver *Endpoint
	ssrc     uint32
	rtxSSRC  uint32 // 0 when there are no retransmissions
	mid      string // for demultiplexing by MID; else empty
	cache    rtxCache
	rtxSeq   uint16

	// What is added to the packets of from.
	from  *stream
	start uint16 // of the sender's numbers: what is older isn't sent
	shift position

	// The newest packet as it was sent.
	sent       bool
	at         position
	sentAt     time.Time
	complete   bool   // it ended a frame
	sourceTime uint32 // its time stamp as the sender gave it
}

// position is where a stream is, in each of the ways of counting.
type position struct {
	seq     uint16
	time    uint32
	picture uint16 // VP8's PictureID, modulo its size
	tl0     uint8  // VP8's TL0PICIDX
	frame   uint16 // AV1's frame_number, in the dependency descriptor
}

// tooLate is how far behind a packet may be and still be sent, in packets. It keeps comparisons of numbers clear of
// their wrap.
const tooLate = 1 << 12

// splice makes a packet of a stream the next on the lane.
func (l *lane) splice(s *stream, packet *rtp.Packet, now time.Time) {
	before := l.from
	l.from, l.start = s, packet.SequenceNumber
	if !l.sent || before == s && s.track.media == source.Audio { // sound that was not wanted for a time leaves a gap
		return
	}
	l.shift.seq = l.at.seq + 1 - packet.SequenceNumber
	if before != s {
		l.shift.time = l.timeShift(before, s, packet, now)
	}
	if int32(packet.Timestamp+l.shift.time-l.at.time) <= 0 {
		l.shift.time = l.at.time + 1 - packet.Timestamp
	}
	if vp8, ok := l.vp8(packet); ok {
		l.shift.picture = l.at.picture + 1 - vp8.picture
		l.shift.tl0 = l.at.tl0 + 1 - vp8.tl0
	}
	if frame, ok := frameNumber(packet); ok {
		l.shift.frame = l.at.frame + 1 - frame
	}
}

// timeShift brings two streams on one line of time: by the sender's clock where sender reports tell it of both
// (RFC 3550 6.4.1), else by the time that has passed here.
func (l *lane) timeShift(before, s *stream, packet *rtp.Packet, now time.Time) uint32 {
	rate := float64(s.clockRate(packet.PayloadType))
	if before != nil && before.track == s.track && before.clock.known && s.clock.known {
		between := int64(s.clock.ntp - before.clock.ntp) // in 1/2^32 s
		return before.clock.rtp + l.shift.time + uint32(int64(float64(between)/(1<<32)*rate)) - s.clock.rtp
	}
	passed := uint32(now.Sub(l.sentAt).Seconds() * rate)
	return l.at.time + passed - packet.Timestamp
}

// rewrite gives a packet its place on the lane; nil when it has none any more.
func (l *lane) rewrite(packet *rtp.Packet, now time.Time) *rtp.Packet {
	if after(l.start, packet.SequenceNumber) {
		return nil // from before forwarding last began, or far too late
	}
	if age := packet.SequenceNumber - l.start; age > 2*tooLate {
		l.start = packet.SequenceNumber - tooLate
	}
	header := packet.Header.Clone()
	header.SSRC = l.ssrc
	header.SequenceNumber += l.shift.seq
	header.Timestamp += l.shift.time
	header.Padding, header.PaddingSize = false, 0
	out := &rtp.Packet{Header: header, Payload: packet.Payload}
	newest := !l.sent || after(header.SequenceNumber, l.at.seq)

	if vp8, ok := l.vp8(packet); ok {
		picture, tl0 := vp8.picture+l.shift.picture, vp8.tl0+l.shift.tl0
		if l.shift.picture != 0 || l.shift.tl0 != 0 {
			out.Payload = slices.Clone(packet.Payload)
			vp8.set(out.Payload, picture, tl0)
		}
		if newest {
			l.at.picture, l.at.tl0 = picture, tl0
		}
	}
	if frame, ok := frameNumber(packet); ok {
		frame += l.shift.frame
		if l.shift.frame != 0 {
			descriptor := slices.Clone(packet.GetExtension(idDependency))
			binary.BigEndian.PutUint16(descriptor[1:], frame)
			_ = out.Header.SetExtension(idDependency, descriptor) // it was there, as long as this
		}
		if newest {
			l.at.frame = frame
		}
	}
	if newest {
		l.at.seq, l.at.time, l.sentAt = header.SequenceNumber, header.Timestamp, now
		l.complete, l.sourceTime = packet.Marker, packet.Timestamp
		l.sent = true
	}
	return out
}

func (l *lane) vp8(packet *rtp.Packet) (vp8Descriptor, bool) {
	if codecName(packet.PayloadType) != codec.VP8 {
		return vp8Descriptor{}, false
	}
	return readVP8(packet.Payload)
}

// frameNumber reads the dependency descriptor of the AV1 RTP specification, A.8.2: eight bits, then the number.
func frameNumber(packet *rtp.Packet) (uint16, bool) {
	descriptor := packet.GetExtension(idDependency)
	if len(descriptor) < 3 {
		return 0, false
	}
	return binary.BigEndian.Uint16(descriptor[1:]), true
}
