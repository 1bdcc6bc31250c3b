package bridge

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/events"
)

// rtxCache keeps the last packets to a receiver, as they were sent but for the transport's extensions. The real bridge has as
// many, and of video alone: it does not repeat sound (PacketCache).
type rtxCache struct {
	packets [500]cachedPacket
}

type cachedPacket struct {
	packet *rtp.Packet
	sentAt time.Time // of the last retransmission
}

func (c *rtxCache) put(packet *rtp.Packet) {
	c.packets[packet.SequenceNumber%uint16(len(c.packets))] = cachedPacket{packet: packet}
}

func (c *rtxCache) get(seq uint16) *cachedPacket {
	slot := &c.packets[seq%uint16(len(c.packets))]
	if slot.packet == nil || slot.packet.SequenceNumber != seq {
		return nil
	}
	return slot
}

// resendPause is the time in which a packet isn't repeated again, for the first answer may be on its way.
const resendPause = 10 * time.Millisecond

// resend answers a NACK, with RTX where it was negotiated (RFC 4588).
func (d *downtrack) resend(seq uint16, now time.Time) {
	l := d.lane
	cached := l.cache.get(seq)
	if cached == nil || now.Sub(cached.sentAt) < resendPause {
		return
	}
	cached.sentAt = now
	packet := cached.packet
	if pt, ok := videoTable.RTXFor(packet.PayloadType); ok && l.rtxSSRC != 0 && d.receiver.features.RTX {
		header := packet.Header.Clone()
		header.SSRC = l.rtxSSRC
		header.PayloadType = pt
		header.SequenceNumber = l.rtxSeq
		l.rtxSeq++
		payload := slices.Concat(binary.BigEndian.AppendUint16(nil, seq), packet.Payload)
		packet = &rtp.Packet{Header: header, Payload: payload}
	}
	d.receiver.conference.event(events.Event{Kind: events.Retransmitted, Endpoint: d.track.owner.id,
		Receiver: d.receiver.id, Source: d.track.name, SSRC: packet.SSRC})
	d.receiver.sendRTP(packet, l.mid)
}

func sorted(seqs []uint16) []uint16 {
	// Relative to the first, so that numbers around the wrap stay together.
	first := seqs[0]
	slices.SortFunc(seqs, func(a, b uint16) int { return int(int16(a-first)) - int(int16(b-first)) })
	return seqs
}
