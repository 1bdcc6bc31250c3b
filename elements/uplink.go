package elements

import (
	"time"

	"gstjitsi/elements/transport"
	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// uplink adds up what we send, for the others to see how good our connection is.
type uplink struct {
	sum   transport.Uplink
	since time.Duration // by the clock of the reports
}

// uplinkPeriod is over how long bitrates are measured.
const uplinkPeriod = 2 * time.Second

func (c *controller) countUplink(f transport.Feedback) {
	now := f.Reports[len(f.Reports)-1].At
	if c.uplink.since == 0 {
		c.uplink.since = now
	}
	c.uplink.sum.Add(f.Uplink)
	if passed := now - c.uplink.since; passed >= uplinkPeriod {
		c.conf.SetStats(ownStats(c.uplink.sum, passed, c.sentHeight()))
		c.uplink = uplink{since: now}
	}
}

// ownStats are the figures of a period.
func ownStats(sum transport.Uplink, passed time.Duration, height int) colibri.OwnStats {
	kilobits := func(bytes int) int { return int(float64(bytes) * 8 / 1000 / passed.Seconds()) }
	stats := colibri.OwnStats{ConnectionQuality: 100, MaxHeight: height}
	stats.Bitrate.Audio.Upload = kilobits(sum.AudioBytes)
	stats.Bitrate.Video.Upload = kilobits(sum.VideoBytes)
	stats.Bitrate.Upload = stats.Bitrate.Audio.Upload + stats.Bitrate.Video.Upload
	if sum.Packets > 0 {
		stats.PacketLoss.Upload = 100 * sum.Lost / sum.Packets
		stats.PacketLoss.Total = stats.PacketLoss.Upload
		stats.ConnectionQuality -= float64(stats.PacketLoss.Upload)
	}
	return stats
}

// sentHeight is that of the largest pictures that we send: what the user says, or what the caps do.
func (c *controller) sentHeight() int {
	c.e.mu.Lock()
	height := int(c.e.settings.sendVideoHeight)
	c.e.mu.Unlock()
	if height > 0 {
		return height
	}
	for _, p := range c.e.playingSinks() {
		if p.media == jingle.Video && !p.muted() {
			height = max(height, p.sender.Height())
		}
	}
	return height
}
