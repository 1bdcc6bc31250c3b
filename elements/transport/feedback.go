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
	collected := gstx.CollectTWCC(pad)
	pad.AddProbe(gst.PadProbeTypeEventUpstream, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		t.recovering("feedback", func() {
			if reports := collected.Take(); len(reports) > 0 {
				report(t.convert(reports))
			}
		})
		return gst.PadProbeOK
	})
}

// Feedback is what the bridge has reported since the last of packets that we sent.
type Feedback struct {
	Reports []Report // one or more
	Uplink  Uplink
}

// Report is on packets in the order of their sending, and came at a time by the clock of that.
type Report struct {
	At      time.Duration
	Packets []congestion.Packet
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

func (t *Transport) convert(reports []gstx.TWCCReport) Feedback {
	var f Feedback
	for _, r := range reports {
		report := Report{At: r.At}
		for _, p := range r.Packets {
			f.Uplink.count(p, p.PT == t.audioPT)
			report.Packets = append(report.Packets, congestion.Packet{Sent: p.Sent, Received: p.Received, Size: p.Size + rtpHeader, Lost: p.Lost})
		}
		f.Reports = append(f.Reports, report)
	}
	return f
}

func (u *Uplink) count(p gstx.TWCCPacket, audio bool) {
	u.Packets++
	if p.Lost {
		u.Lost++
	}
	if audio {
		u.AudioBytes += p.Size
	} else {
		u.VideoBytes += p.Size
	}
}
