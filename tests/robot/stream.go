package robot

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
)

// mtu is what fits into a packet with everything around it.
const mtu = 1100

// kept is how many packets of a stream can be sent again.
const kept = 1024

// spokenLevel is what a robot's packets say of its voice: -30 dBov, with speech (RFC 6464).
const spokenLevel = 0x80 | 30

// stream is one SSRC with its retransmissions.
type stream struct {
	ssrc, rtx         uint32
	pt, rtxPT         uint8
	clockRate         uint32
	transportCC       uint8 // number of the header extension, 0: not negotiated
	audioLevel        uint8
	payloader         rtp.Payloader
	sequence, again   uint16
	packets, octets   uint32
	timestampOffset   uint32
	sent              [kept]*rtp.Packet // by sequence number
	lastReport        time.Time
	transportSequence *uint16 // shared by all streams of a path
}

// newStream takes numbers from an offer; false where the offer lacks the codec.
func newStream(d jingle.Description, codec string, transportSequence *uint16) (*stream, bool) {
	s := &stream{ssrc: rand.Uint32() | 1, sequence: uint16(rand.Uint32()), transportSequence: transportSequence, timestampOffset: rand.Uint32()}
	for _, pt := range d.PayloadTypes {
		if strings.EqualFold(pt.Name, codec) {
			s.pt, s.clockRate = pt.ID, pt.ClockRate
		}
	}
	if s.pt == 0 {
		return nil, false
	}
	s.payloader = &codecs.OpusPayloader{}
	if d.Media == jingle.Video {
		s.payloader = &codecs.VP8Payloader{EnablePictureID: true}
	}
	for _, pt := range d.PayloadTypes {
		for _, p := range pt.Parameters {
			if pt.Name == "rtx" && p.Name == "apt" && p.Value == strconv.Itoa(int(s.pt)) {
				s.rtxPT, s.rtx = pt.ID, rand.Uint32()|1
			}
		}
	}
	for _, e := range d.HeaderExtensions {
		switch e.URI {
		case sdp.TransportCC:
			s.transportCC = e.ID
		case sdp.AudioLevel:
			s.audioLevel = e.ID
		}
	}
	return s, true
}

// packetise makes the packets of a frame that is due at a time since the start.
func (s *stream) packetise(f frame, at time.Duration) []*rtp.Packet {
	timestamp := s.timestampOffset + uint32(int64(at)*int64(s.clockRate)/int64(time.Second))
	var list []*rtp.Packet
	payloads := s.payloader.Payload(mtu, f.data)
	for i, payload := range payloads {
		p := &rtp.Packet{Header: rtp.Header{
			Version: 2, PayloadType: s.pt, SequenceNumber: s.sequence, Timestamp: timestamp, SSRC: s.ssrc,
			Marker: f.video && i == len(payloads)-1,
		}, Payload: payload}
		s.sent[s.sequence%kept] = p
		s.sequence++
		s.packets++
		s.octets += uint32(len(payload))
		list = append(list, p)
	}
	return list
}

// repeat makes the retransmission of a packet (RFC 4588); nil where it is gone.
func (s *stream) repeat(sequence uint16) *rtp.Packet {
	p := s.sent[sequence%kept]
	if s.rtxPT == 0 || p == nil || p.SequenceNumber != sequence {
		return nil
	}
	payload := binary.BigEndian.AppendUint16(nil, sequence)
	again := &rtp.Packet{Header: rtp.Header{
		Version: 2, PayloadType: s.rtxPT, SequenceNumber: s.again, Timestamp: p.Timestamp, SSRC: s.rtx, Marker: p.Marker,
	}, Payload: append(payload, p.Payload...)}
	s.again++
	return again
}

// marshal puts the header extensions on a packet, as each that leaves has its own transport-wide number.
func (s *stream) marshal(p *rtp.Packet) ([]byte, error) {
	if s.transportCC != 0 {
		*s.transportSequence++
		if err := p.Header.SetExtension(s.transportCC, binary.BigEndian.AppendUint16(nil, *s.transportSequence)); err != nil {
			return nil, err
		}
	}
	if s.audioLevel != 0 {
		if err := p.Header.SetExtension(s.audioLevel, []byte{spokenLevel}); err != nil {
			return nil, err
		}
	}
	return p.Marshal()
}

// ntpEpoch is the distance between 1900 and 1970 in seconds (RFC 3550).
const ntpEpoch = 2208988800

// report is the sender report for now, which is a time since the start on the stream's clock.
func (s *stream) report(now time.Time, at time.Duration) *rtcp.SenderReport {
	seconds := uint64(now.Unix() + ntpEpoch)
	fraction := uint64(now.Nanosecond()) << 32 / uint64(time.Second)
	return &rtcp.SenderReport{
		SSRC: s.ssrc, NTPTime: seconds<<32 | fraction,
		RTPTime:     s.timestampOffset + uint32(int64(at)*int64(s.clockRate)/int64(time.Second)),
		PacketCount: s.packets, OctetCount: s.octets,
	}
}
