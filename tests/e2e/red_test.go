package e2e

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/robot"
)

// With one packet in five lost, a recording of encoded sound has all but those that are lost three times in a row.
func TestRedundantAudioRestoresWhatIsLost(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{OpusRED: true})
	sender, err := robot.Join(room.ctx, robot.Options{Location: room.server.URL() + "/" + room.name,
		Address: netip.MustParseAddr("127.0.0.1"), Nick: "sender", Film: room.film("vp8", "red", 440, smallSize), RED: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sender.Leave() })
	room.joined++
	dir := t.TempDir()
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"},
		Pipeline: `jitsisrc name=j {room} latency=1000  j.audio_0 ! queue ! matroskamux ! filesink location=recording.mkv buffer-mode=unbuffered`})
	file := filepath.Join(dir, "recording.mkv")
	recorder.recorded(file, "A_OPUS", time.Second)
	room.server.Impair(bridge.Impairment{LossToClients: 0.2})
	recorder.recorded(file, "A_OPUS", 8*time.Second)
	recorder.leave()
	track := trackOf(t, file, "A_OPUS")
	wanted := int(track.Span()/(20*time.Millisecond)) + 1
	t.Logf("%d of %d packets of sound", len(track.Frames), wanted)
	if len(track.Frames) < wanted*88/100 { // 80 without; 99 where nothing else runs
		t.Errorf("%d of %d packets of sound are there; gaps: %s", len(track.Frames), wanted, track.Gaps(30*time.Millisecond))
	}
}
