package transport

import (
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/congestion"
	"gstjitsi/elements/gstx"
)

// rtpHeader is what a packet has besides its payload: header and extensions, UDP and IPv4.
const rtpHeader = 12 + 12 + 8 + 20

// watchFeedback passes on the bridge's reports about packets that we sent. The RTP session sends them upstream, out of the
// pad that takes our packets.
func (t *Transport) watchFeedback(session gst.Element) {
	if t.cfg.Events.Feedback == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sigs.Connect(session, "pad-added", func(_ gst.Element, pad gst.Pad) {
		t.recovering("rtpsession pad", func() {
			if pad.GetName() == "send_rtp_sink" {
				t.watchFeedbackOf(pad)
			}
		})
	})
}

func (t *Transport) watchFeedbackOf(pad gst.Pad) {
	report := t.cfg.Events.Feedback
	pad.AddProbe(gst.PadProbeTypeEventUpstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		t.recovering("feedback", func() {
			event := info.GetEvent()
			if event == nil || event.GetType() != gst.EventCustomUpstream {
				return
			}
			if packets := gstx.TWCCPackets(event); len(packets) > 0 {
				report(Feedback{At: gstx.MonotonicTime(), Packets: convert(packets), Uplink: t.sum(packets)})
			}
		})
		return gst.PadProbeOK
	})
}

// Feedback is what the bridge reports of packets that we sent, at a time by the clock of their sending.
type Feedback struct {
	At      time.Duration
	Packets []congestion.Packet
	Uplink  Uplink
}

// Uplink sums up packets that we sent.
type Uplink struct {
	AudioBytes, VideoBytes int
	Packets, Lost          int
}

// Add adds another sum.
func (u *Uplink) Add(o Uplink) {
	u.AudioBytes += o.AudioBytes
	u.VideoBytes += o.VideoBytes
	u.Packets += o.Packets
	u.Lost += o.Lost
}

func (t *Transport) sum(packets []gstx.TWCCPacket) Uplink {
	u := Uplink{Packets: len(packets)}
	for _, p := range packets {
		if p.Lost {
			u.Lost++
		}
		if p.PT == t.audioPT {
			u.AudioBytes += p.Size
		} else {
			u.VideoBytes += p.Size
		}
	}
	return u
}

func convert(packets []gstx.TWCCPacket) []congestion.Packet {
	list := make([]congestion.Packet, len(packets))
	for i, p := range packets {
		list[i] = congestion.Packet{Sent: p.Sent, Received: p.Received, Size: p.Size + rtpHeader, Lost: p.Lost}
	}
	return list
}
