package bridge

import (
	"fmt"
	"time"

	"github.com/pion/rtcp"

	"gstjitsi/tests/deployment/events"
)

// receiveRTCP takes a compound packet of the endpoint: as a sender its sender reports, as a receiver its feedback.
// Nothing is passed on as it is, but sender reports; SDES is dropped, so receivers learn no CNAME from RTCP.
func (e *Endpoint) receiveRTCP(raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		e.conference.log.Debugf("%s sent a packet that is no RTCP: %v", e.id, err)
		return
	}
	now := time.Now()
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.closed {
		return
	}
	for _, packet := range packets {
		switch packet := packet.(type) {
		case *rtcp.SenderReport:
			e.takeReports(packet.Reports)
			c.forwardSenderReport(e, packet, now)
		case *rtcp.ReceiverReport:
			e.takeReports(packet.Reports)
		case *rtcp.PictureLossIndication:
			e.wantsKeyFrame(packet.MediaSSRC, "PLI", now)
		case *rtcp.FullIntraRequest:
			for _, entry := range packet.FIR {
				e.wantsKeyFrame(entry.SSRC, "FIR", now)
			}
		case *rtcp.TransportLayerNack:
			if d := e.received(packet.MediaSSRC); d != nil {
				for _, pair := range packet.Nacks {
					for _, seq := range pair.PacketList() {
						d.resend(seq, now)
					}
				}
			}
		case *rtcp.TransportLayerCC:
			e.event(events.Feedback, packet.MediaSSRC, fmt.Sprintf("%d packets", packet.PacketStatusCount))
		}
	}
}

// event notes the first of a kind about an SSRC only.
func (e *Endpoint) event(kind events.Kind, ssrc uint32, detail string) {
	if kind == events.Feedback {
		ssrc = 0
	}
	if e.reports[ssrc] {
		return
	}
	e.reports[ssrc] = true
	e.conference.event(events.Event{Kind: kind, Receiver: e.id, SSRC: ssrc, Detail: detail})
}

func (e *Endpoint) takeReports(reports []rtcp.ReceptionReport) {
	for _, r := range reports {
		e.event(events.ReceiverReport, r.SSRC, fmt.Sprintf("lost %d, jitter %d", r.TotalLost, r.Jitter))
	}
}

// forwardSenderReport passes the times of a stream on to those who get it.
func (c *Conference) forwardSenderReport(from *Endpoint, report *rtcp.SenderReport, now time.Time) {
	origin, known := c.ssrcs[report.SSRC]
	if !known || origin.rtx || origin.stream.track.owner != from {
		return
	}
	s := origin.stream
	s.lastSR, s.lastSRArrival = uint32(report.NTPTime>>16), now
	s.clock.known, s.clock.ntp, s.clock.rtp = true, report.NTPTime, report.RTPTime
	for _, receiver := range c.order {
		d := receiver.downtracks[s.track]
		if d == nil || !d.flowing || d.lane.from != s {
			continue
		}
		receiver.sendRTCP(&rtcp.SenderReport{
			SSRC: d.lane.ssrc, NTPTime: report.NTPTime, RTPTime: report.RTPTime + d.lane.shift.time,
			PacketCount: report.PacketCount, OctetCount: report.OctetCount,
		})
	}
}

func (e *Endpoint) wantsKeyFrame(ssrc uint32, how string, now time.Time) {
	d := e.received(ssrc)
	if d == nil {
		return
	}
	e.conference.event(events.Event{Kind: events.KeyFrameAsked, Endpoint: d.track.owner.id, Receiver: e.id,
		Source: d.track.name, SSRC: ssrc, Detail: how})
	d.requestKeyFrame(now)
}

func (e *Endpoint) sendRTCP(packet rtcp.Packet) {
	if !e.ready {
		return
	}
	raw, err := packet.Marshal()
	if err != nil {
		e.conference.log.Errorf("write RTCP to %s: %v", e.id, err)
		return
	}
	if err := e.transport.sendRTCP(raw); err != nil {
		e.conference.log.Debugf("send RTCP to %s: %v", e.id, err)
	}
}
