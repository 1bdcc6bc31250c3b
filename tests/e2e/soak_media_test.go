//go:build soak

package e2e

import (
	"context"
	"slices"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

// longRoom is one for longer than a test usually takes.
func longRoom(t *testing.T, how bridge.Impairment) *room {
	server, err := deployment.Start(t.Context(), deployment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	server.Impair(how)
	room := newRoomAt(t, server)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	room.ctx = ctx
	return room
}

// Sound and picture of one moment are recorded within 20 ms of each other, after a minute and with packets lost.
func TestSoakLipSyncAfterAMinuteWithLoss(t *testing.T) {
	const most = 20 * time.Millisecond
	room, dir := longRoom(t, bridge.Impairment{LossToClients: 0.01}), t.TempDir()
	if err := media.WriteFlashBeep(dir, 90*time.Second, 0); err != nil {
		t.Fatal(err)
	}
	recorder, file := room.record(dir)
	room.joinWith(launch.Options{Name: "sender", Dir: dir, Pipeline: media.FlashSource + ` ! jitsisink name=j {room} ` + media.BeepSource + late})
	recorder.recorded(file, "V_VP8", 75*time.Second)
	recorder.leave()
	decoded, err := media.Decode(room.ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	flashes := slices.DeleteFunc(decoded.Flashes(), func(at time.Duration) bool { return at < time.Minute })
	skews := media.Skews(flashes, decoded.Beeps())
	if len(skews) < 4 {
		t.Fatalf("flashes at %v, beeps at %v", flashes, decoded.Beeps())
	}
	slices.Sort(skews)
	t.Logf("the sound comes after the picture by %v", skews)
	if skew := skews[len(skews)/2]; skew.Abs() > most {
		t.Errorf("the sound is %v off: %v", skew, skews)
	}
}
