package elements

import (
	"time"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/congestion"
	"gstjitsi/elements/gstx"
	"gstjitsi/elements/transport"
	"gstjitsi/signaling/jingle"
)

// congestionMode is the property congestion-control, a GEnum.
type congestionMode int32

const (
	congestionDisabled congestionMode = iota
	congestionHomegrown
	congestionGCC
)

var congestionType gobject.Type

func registerCongestionMode() {
	congestionType = gstx.RegisterEnum("GstJitsiCongestionControl", []gstx.EnumValue{
		{Value: int32(congestionDisabled), Name: "The bitrate stays at start-bitrate", Nick: "disabled"},
		{Value: int32(congestionHomegrown), Name: "By loss and by how long packets wait on the way, whether or not they wait longer and longer", Nick: "homegrown"},
		{Value: int32(congestionGCC), Name: "Google Congestion Control: by delay and loss that the bridge reports", Nick: "gcc"},
	})
}

// GoValueType makes the bindings take it for the enumeration.
func (congestionMode) GoValueType() gobject.Type { return congestionType }

// SetGoValue puts it into a GValue.
func (m congestionMode) SetGoValue(v *gobject.Value) { v.SetEnum(int32(m)) }

// Bitrates of sent video, bit/s.
const (
	defaultStartBitrate = 1_500_000
	defaultMinBitrate   = 50_000
	mostBitrate         = 50_000_000 // where the user has set no limit
	leastPace           = 10_000
	audioBitrate        = 80_000 // that the microphone takes of what the network carries
)

// limits are those of video and audio together: they share the path.
func (s *settings) limits(audio int) congestion.Limits {
	most := int(s.maxBitrate)
	if most == 0 {
		most = mostBitrate
	}
	return congestion.Limits{Start: int(s.startBitrate) + audio, Min: int(s.minBitrate) + audio, Max: most + audio}
}

// bitrates is the controller's part that steers what our video takes of the network.
type bitrates struct {
	estimate *congestion.Controller
	limits   congestion.Limits
	audio    int // reserved of the estimate
	told     int // target-bitrate
	toldAt   time.Time
}

// startBitrates begins anew with a session: it has a path of its own.
func (c *controller) startBitrates() {
	audio := 0
	for _, p := range c.e.sinkPads() {
		if p.media == jingle.Audio {
			audio = audioBitrate
		}
	}
	c.e.mu.Lock()
	limits := c.e.settings.limits(audio)
	c.e.mu.Unlock()
	c.bitrates = bitrates{estimate: congestion.New(limits), limits: limits, audio: audio}
	c.applyBitrates()
}

// limitBitrates follows changed properties.
func (c *controller) limitBitrates() {
	if c.bitrates.estimate == nil {
		return
	}
	c.e.mu.Lock()
	c.bitrates.limits = c.e.settings.limits(c.bitrates.audio)
	c.e.mu.Unlock()
	c.applyBitrates()
}

// onFeedback takes reports of the bridge's.
func (c *controller) onFeedback(sid string, f transport.Feedback) {
	if sid != c.sid || c.bitrates.estimate == nil {
		return
	}
	c.countUplink(f)
	c.e.mu.Lock()
	mode := c.e.settings.congestion
	c.e.mu.Unlock()
	if mode == congestionDisabled {
		return
	}
	c.bitrates.estimate.SetPlain(mode == congestionHomegrown)
	for _, r := range f.Reports {
		c.bitrates.estimate.Feedback(r.At, r.Packets)
	}
	gstx.Log.Logf(gst.LevelLog, c.e, "bitrate: %v; of %d packets %d are lost", c.bitrates.estimate, f.Uplink.Packets, f.Uplink.Lost)
	c.applyBitrates()
}

// applyBitrates shares out among our video what the network carries. What one does not need is for the others.
func (c *controller) applyBitrates() {
	if c.bitrates.estimate == nil {
		return
	}
	c.e.mu.Lock()
	most, mode := int(c.e.settings.maxBitrate), c.e.settings.congestion
	c.e.mu.Unlock()
	var videos []*sinkPad
	var wants []int
	useful := 0
	for _, p := range c.e.playingSinks() {
		if p.media == jingle.Video {
			videos = append(videos, p)
			wants = append(wants, p.sender.WantedBitrate())
			useful = addUseful(useful, p.sender.UsefulBitrate())
		}
	}
	c.bitrates.limit(max(useful, 0))
	pace := 0
	if mode != congestionDisabled {
		pace = max(c.bitrates.estimate.Pace()-c.bitrates.audio, leastPace)
	}
	c.transport.SetPace(pace)
	total := c.bitrates.estimate.Target() - c.bitrates.audio
	for i, part := range divide(total, wants) {
		limit := most
		if own := videos[i].ghost.MaxBitrate(); own > 0 {
			limit, part = own, min(part, own)
		}
		videos[i].sender.SetBitrate(part, limit)
		videos[i].ghost.SetTargetBitrate(part)
	}
	c.tellBitrate(total / max(len(videos), 1))
}

// addUseful adds up what is useful to several videos; 0, and for ever, when one of them takes whatever there is.
func addUseful(sum, useful int) int {
	if sum < 0 || useful == 0 {
		return -1
	}
	return sum + useful
}

// limit keeps the estimate to what our video can use: what is beyond has never been tried, and would have to be unlearned
// when the path gets worse.
func (b *bitrates) limit(useful int) {
	limits := b.limits
	if useful > 0 {
		limits.Max = max(limits.Min, min(limits.Max, useful+b.audio))
	}
	b.estimate.SetLimits(limits)
}

// divide shares out a bitrate: evenly, but nobody gets more than it wants as long as somebody else wants more. Who wants 0
// takes whatever there is.
func divide(total int, wants []int) []int {
	parts := make([]int, len(wants))
	left, open := total, len(wants)
	for open > 0 {
		even, satisfied := left/open, false
		for i, want := range wants {
			if parts[i] == 0 && want > 0 && want <= even {
				parts[i] = want
				left -= want
				open--
				satisfied = true
			}
		}
		if satisfied {
			continue
		}
		for i := range parts {
			if parts[i] == 0 {
				parts[i] = even
			}
		}
		return parts
	}
	return parts
}

// The application's encoders are told of changes that matter to them, and not with every report.
const (
	tellEvery  = 500 * time.Millisecond
	tellChange = 0.05
)

// tellBitrate updates the property target-bitrate and its signal.
func (c *controller) tellBitrate(bitrate int) {
	told, now := c.bitrates.told, time.Now()
	change := float64(bitrate - told)
	lower := change < 0 // at once
	switch {
	case bitrate == told, told > 0 && change > -tellChange*float64(told) && change < tellChange*float64(told):
		return
	case !lower && now.Sub(c.bitrates.toldAt) < tellEvery:
		return
	}
	c.bitrates.told, c.bitrates.toldAt = bitrate, now
	c.e.mu.Lock()
	c.e.targetBitrate = uint32(bitrate)
	c.e.mu.Unlock()
	c.announce.put(func() {
		defer gstx.Recover(c.e, "target-bitrate")
		gstx.Notify(c.e, "target-bitrate")
		s := structure("jitsi-target-bitrate", map[string]any{"bitrate": uint32(bitrate)})
		c.e.Emit("target-bitrate", s)
		c.e.PostMessage(gst.NewMessageElement(c.e, s))
	})
}
