package elements

import (
	"testing"
	"time"

	"gstjitsi/elements/transport"
)

func TestOthersAreToldHowWellOurMediaArrives(t *testing.T) {
	stats := ownStats(transport.Uplink{AudioBytes: 8000, VideoBytes: 250_000, Packets: 400, Lost: 20}, 2*time.Second, 720)
	if stats.Bitrate.Audio.Upload != 32 || stats.Bitrate.Video.Upload != 1000 || stats.Bitrate.Upload != 1032 {
		t.Errorf("bitrates %+v", stats.Bitrate)
	}
	if stats.PacketLoss.Upload != 5 || stats.ConnectionQuality != 95 || stats.MaxHeight != 720 {
		t.Errorf("got %+v", stats)
	}
	if idle := ownStats(transport.Uplink{}, time.Second, 0); idle.ConnectionQuality != 100 || idle.Bitrate.Upload != 0 {
		t.Errorf("got %+v of nothing", idle)
	}
}
