package robot

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
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
	offer             jingle.Description
	transportCC       uint8 // number of the header extension, 0: not negotiated
	audioLevel        uint8
	payloader         rtp.Payloader
	sequence, again   uint16
	packets, octets   uint32
	timestampOffset   uint32
	sent              [kept]*rtp.Packet // by sequence number
	redPT             uint8             // 0: without redundancy
	before            []*rtp.Packet     // the two last, with it
	lastReport        time.Time
	transportSequence *uint16 // shared by all streams of a path
}

// payloaders by lower-case encoding name.
var payloaders = map[string]func() rtp.Payloader{
	"opus": func() rtp.Payloader { return &codecs.OpusPayloader{} },
	"vp8":  func() rtp.Payloader { return &codecs.VP8Payloader{EnablePictureID: true} },
	"vp9":  func() rtp.Payloader { return &codecs.VP9Payloader{} },
	"h264": func() rtp.Payloader { return &codecs.H264Payloader{} },
	"av1":  func() rtp.Payloader { return &codecs.AV1Payloader{} },
}

// newStream takes numbers from an offer; false where the offer lacks the codec.
func newStream(d jingle.Description, codec string, transportSequence *uint16) (*stream, bool) {
	s := &stream{ssrc: rand.Uint32() | 1, rtx: rand.Uint32() | 1, offer: d,
		sequence: uint16(rand.Uint32()), transportSequence: transportSequence, timestampOffset: rand.Uint32()}
	if !s.use(codec) {
		return nil, false
	}
	if s.rtxPT == 0 {
		s.rtx = 0
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

// use makes a codec that of all frames from now on; false where the offer lacks it.
func (s *stream) use(codec string) bool {
	i := slices.IndexFunc(s.offer.PayloadTypes, func(pt jingle.PayloadType) bool { return strings.EqualFold(pt.Name, codec) })
	if i < 0 {
		return false
	}
	s.pt, s.clockRate, s.rtxPT = s.offer.PayloadTypes[i].ID, s.offer.PayloadTypes[i].ClockRate, 0
	s.payloader = payloaders[codec]()
	for _, pt := range s.offer.PayloadTypes {
		for _, p := range pt.Parameters {
			if pt.Name == "rtx" && p.Name == "apt" && p.Value == strconv.Itoa(int(s.pt)) {
				s.rtxPT = pt.ID
			}
		}
	}
	return true
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
