package bridge

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// stream is one encoding as it arrives: what is missing of it, and the figures for reports about it.
type stream struct {
	track   *track
	ssrc    uint32
	rtxSSRC uint32
	flowing bool

	lastMedia time.Time // when the last packet with content came
	clock     struct {  // of the last sender report
		known bool
		ntp   uint64
		rtp   uint32
	}

	// For NACKs.
	begun   bool
	highest uint16
	lost    map[uint16]*gap
	seen    [1024]seenPacket

	// For receiver reports (RFC 3550 A.3, A.8).
	baseSeq        uint32
	extendedMax    uint32
	packets        uint32
	priorExpected  uint32
	priorPackets   uint32
	jitter         float64
	lastTransit    int64
	lastSR         uint32 // middle of its NTP time
	lastSRArrival  time.Time
	reportCounting bool
}

type seenPacket struct {
	seq  uint16
	here bool
}

type gap struct {
	asked time.Time
	tries int
}

func newStream(t *track, encoding source.Encoding) *stream {
	return &stream{track: t, ssrc: encoding.SSRC, rtxSSRC: encoding.RTX, lost: map[uint16]*gap{}}
}

// after says whether one sequence number is later than another.
func after(a, b uint16) bool { return a != b && a-b < 1<<15 }

// maxGap is how many missing packets are asked for; a larger gap is a new beginning.
const maxGap = 100

// received keeps account of a packet and reports whether it is new.
func (s *stream) received(seq uint16, rtx bool, now time.Time) bool {
	slot := &s.seen[seq%uint16(len(s.seen))]
	if slot.here && slot.seq == seq {
		return false
	}
	*slot = seenPacket{seq, true}
	if !s.begun {
		s.begun, s.highest = true, seq
		return true
	}
	if !after(seq, s.highest) {
		if s.lost[seq] != nil {
			delete(s.lost, seq)
			if rtx {
				s.track.owner.conference.event(events.Event{Kind: events.RecoveredByRTX,
					Endpoint: s.track.owner.id, Source: s.track.name, SSRC: s.ssrc})
			}
		}
		return true
	}
	if distance := seq - s.highest; distance > 1 && s.track.media == source.Video {
		if distance <= maxGap {
			for missing := s.highest + 1; missing != seq; missing++ {
				s.lost[missing] = &gap{}
			}
			s.askForLost(now)
			s.track.owner.conference.event(events.Event{Kind: events.PacketLost,
				Endpoint: s.track.owner.id, Source: s.track.name, SSRC: s.ssrc})
		} else {
			clear(s.lost)
		}
	}
	s.highest = seq
	return true
}

// The real bridge's RetransmissionRequester.
const (
	nackAgain = 150 * time.Millisecond
	nackTries = 10
)

// askForLost sends NACKs again for what is still missing.
func (c *Conference) askForLost(now time.Time) {
	for _, t := range c.tracks(source.Video) {
		for _, s := range t.streams {
			s.askForLost(now)
		}
	}
}

func (s *stream) askForLost(now time.Time) {
	var missing []uint16
	for seq, g := range s.lost {
		switch {
		case g.tries >= nackTries:
			delete(s.lost, seq)
		case now.Sub(g.asked) >= nackAgain:
			g.asked = now
			g.tries++
			missing = append(missing, seq)
		}
	}
	if len(missing) > 0 {
		s.track.owner.sendRTCP(&rtcp.TransportLayerNack{
			SenderSSRC: s.track.owner.conference.reporter(), MediaSSRC: s.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(sorted(missing)),
		})
	}
}

// count updates the figures of receiver reports.
func (s *stream) count(packet *rtp.Packet, now time.Time) {
	seq := packet.SequenceNumber
	if !s.reportCounting {
		s.reportCounting = true
		s.baseSeq, s.extendedMax = uint32(seq), uint32(seq)
	} else if last := uint16(s.extendedMax); after(seq, last) {
		s.extendedMax += uint32(seq - last)
	}
	s.packets++
	rate := int64(s.clockRate(packet.PayloadType))
	arrival := now.UnixMicro() * rate / 1e6
	transit := arrival - int64(packet.Timestamp)
	if s.packets > 1 {
		d := float64(int32(transit - s.lastTransit))
		if d < 0 {
			d = -d
		}
		s.jitter += (d - s.jitter) / 16
	}
	s.lastTransit = transit
}

func (s *stream) clockRate(payloadType uint8) int {
	if s.track.media == source.Audio {
		if pt, ok := audioTable.ByID(payloadType); ok {
			return pt.ClockRate
		}
	}
	return 90000
}

func (s *stream) report(now time.Time) rtcp.ReceptionReport {
	expected := s.extendedMax - s.baseSeq + 1
	var total uint32
	if expected > s.packets {
		total = expected - s.packets
	}
	expectedNow, packetsNow := expected-s.priorExpected, s.packets-s.priorPackets
	s.priorExpected, s.priorPackets = expected, s.packets
	var fraction uint8
	if expectedNow > packetsNow {
		fraction = uint8((expectedNow - packetsNow) << 8 / expectedNow)
	}
	r := rtcp.ReceptionReport{
		SSRC: s.ssrc, FractionLost: fraction, TotalLost: total & 0xffffff,
		LastSequenceNumber: s.extendedMax, Jitter: uint32(s.jitter), LastSenderReport: s.lastSR,
	}
	if s.lastSR != 0 {
		r.Delay = uint32(now.Sub(s.lastSRArrival).Seconds() * 65536)
	}
	return r
}

// reportInterval is about that of RFC 3550 for few participants.
const reportInterval = time.Second

// sendReceiverReports tells senders how their streams arrive. Receivers' own reports end at the bridge.
func (c *Conference) sendReceiverReports(now time.Time) {
	for _, e := range c.order {
		var reports []rtcp.ReceptionReport
		for _, t := range e.tracks {
			for _, s := range t.streams {
				if s.reportCounting {
					reports = append(reports, s.report(now))
				}
			}
		}
		const most = 31 // that fit one packet
		for len(reports) > 0 {
			n := min(len(reports), most)
			e.sendRTCP(&rtcp.ReceiverReport{SSRC: c.reporter(), Reports: reports[:n]})
			reports = reports[n:]
		}
	}
}

// reporter is the SSRC in whose name the bridge sends RTCP.
func (c *Conference) reporter() uint32 { return c.own.Video.Sources[0].SSRC }

// codecName says what a video packet is, by its payload type.
func codecName(payloadType uint8) string {
	pt, ok := videoTable.ByID(payloadType)
	if !ok || pt.Name == codec.RTX {
		return ""
	}
	return pt.Name
}
