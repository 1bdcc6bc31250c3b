//go:build soak

package e2e

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gstjitsi/tests/cable"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

// lossyRoom is one for longer than a test usually takes, on a deployment behind a cable.
func lossyRoom(t *testing.T, toFar, fromFar float64) (*room, *cable.Cable) {
	t.Helper()
	c, err := cable.Lay(t.Context())
	if c != nil {
		t.Cleanup(func() {
			if err := c.Remove(); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Lose(t.Context(), toFar, fromFar); err != nil {
		t.Fatal(err)
	}
	there := &remote{t: t, location: c.URL()}
	room := newRoomAt(t, there)
	room.remote = there
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	room.ctx = ctx
	return room, c
}

const (
	lostPictures, lostSound = 0.005, 0.005 // at most
	fivePercent             = 0.05
	lossLength              = time.Minute
)

// coded is a sender of pictures at so many a second and of sound that tells what is missing.
func coded(video string) string {
	return video + ` ! jitsisink name=j {room}  ` + media.CodeSource + ` ! j.`
}

const (
	fewPackets  = `videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=15/1 ! vp8enc deadline=1 cpu-used=8 target-bitrate=300000 keyframe-max-dist=1800`
	manyPackets = `videotestsrc is-live=true pattern=smpte ! video/x-raw,width=640,height=360,framerate=30/1 ! vp8enc deadline=1 cpu-used=8 target-bitrate=1200000 keyframe-max-dist=1800`
)

// TestSoakLossOfPacketsIsNoLossOfPicturesOrSound loses one packet in twenty, and with it what is asked for again and the requests. Of the
// recording no more than one picture in 200 may be missing, and no more than one piece in 200 of the decoded sound.
func TestSoakLossOfPacketsIsNoLossOfPicturesOrSound(t *testing.T) {
	for _, c := range []struct {
		name           string
		video          string
		rate           float64
		toFar, fromFar float64
		sends          bool   // whether it is the sender who is at the far end
		properties     string // of the receiver
	}{
		{"nothing", fewPackets, 15, 0, 0, false, ""},
		{"on the way to the receiver", fewPackets, 15, fivePercent, 0, false, ""},
		{"on the way to the receiver, large pictures", manyPackets, 30, fivePercent, 0, false, ""},
		{"both ways of the receiver", fewPackets, 15, fivePercent, fivePercent, false, ""},
		// Bridges ask senders again after 150 ms, and no sooner: there is a second attempt with a longer latency only.
		{"both ways of the sender", fewPackets, 15, fivePercent, fivePercent, true, "latency=500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			room, cable := lossyRoom(t, c.toFar, c.fromFar)
			dir := t.TempDir()
			if err := media.WriteCode(dir, lossLength+30*time.Second); err != nil {
				t.Fatal(err)
			}
			sender, receiver := cable.Near, cable.Far
			if c.sends {
				sender, receiver = receiver, sender
			}
			recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Namespace: receiver, Flags: []string{"-e"},
				Pipeline: `jitsisrc name=j {room} ` + c.properties + `  j.video_0 ! queue ! matroskamux ! filesink location=recording.mkv buffer-mode=unbuffered
					j.audio_0 ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! filesink location=sound.s16`})
			room.joinWith(launch.Options{Name: "sender", Dir: dir, Namespace: sender, Pipeline: coded(c.video)})
			file := filepath.Join(dir, "recording.mkv")
			recorder.recorded(file, "V_VP8", lossLength)
			recorder.leave()
			checkPictures(t, file, c.rate)
			checkSound(t, filepath.Join(dir, "sound.s16"))
		})
	}
}

func checkPictures(t *testing.T, file string, rate float64) {
	t.Helper()
	track := trackOf(t, file, "V_VP8")
	track.Frames = fromTheFirstRow(track.Frames, rate)
	wanted := int(track.Span().Seconds()*rate+0.5) + 1
	lost := float64(wanted-len(track.Frames)) / float64(wanted)
	t.Logf("%d pictures in %v, %.2f %% lost; gaps: %s", len(track.Frames), track.Span(), 100*lost, track.Gaps(time.Duration(2.5/rate*1e9)))
	if lost > lostPictures {
		t.Errorf("%.2f %% of the pictures are lost", 100*lost)
	}
}

// fromTheFirstRow leaves out what a recording begins with: pictures that fill the pad until the sender is there.
func fromTheFirstRow(frames []media.Frame, rate float64) []media.Frame {
	const row = 10
	most := time.Duration(1.5 / rate * 1e9)
	for i := range frames {
		if i+row < len(frames) && steady(frames[i:i+row], most) {
			return frames[i:]
		}
	}
	return frames
}

func steady(frames []media.Frame, most time.Duration) bool {
	for i := range frames[1:] {
		if frames[i+1].Time-frames[i].Time > most {
			return false
		}
	}
	return true
}

func checkSound(t *testing.T, file string) {
	t.Helper()
	sound, err := media.ReadSound(file)
	if err != nil {
		t.Fatal(err)
	}
	pieces, wrong := sound.Decode()
	if length := time.Duration(pieces) * 20 * time.Millisecond; length < lossLength*9/10 {
		t.Fatalf("only %v of sound", length)
	}
	lost := float64(wrong) / float64(pieces)
	t.Logf("%d of %d pieces of sound are not as sent, %.2f %%", wrong, pieces, 100*lost)
	if lost > lostSound {
		t.Errorf("%.2f %% of the sound is lost", 100*lost)
	}
}

// TestSoakLipSyncAfterAMinuteWithLoss records flashes and beeps of one moment: they are within 20 ms of each other, after a minute
// and with packets lost, though the sound leaves 400 ms late. The jitter buffers are longer than usual: what a busy machine delivers
// late is in the recording then, at its time.
func TestSoakLipSyncAfterAMinuteWithLoss(t *testing.T) {
	const (
		most, loss = 20 * time.Millisecond, 0.01
		together   = 500 * time.Millisecond // of a flash and the beep of the same moment; others are seconds away
	)
	room, cable := lossyRoom(t, loss, 0)
	dir := t.TempDir()
	if err := media.WriteFlashBeep(dir, 90*time.Second, 0); err != nil {
		t.Fatal(err)
	}
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Namespace: cable.Far, Flags: []string{"-e"},
		Pipeline: `matroskamux name=mux ! filesink location=recording.mkv buffer-mode=unbuffered
			jitsisrc name=j {room} latency=1000  j.video_0 ! queue ! mux.  j.audio_0 ! queue ! mux.`})
	room.joinWith(launch.Options{Name: "sender", Dir: dir, Namespace: cable.Near,
		Pipeline: media.FlashSource + ` ! jitsisink name=j {room} ` + media.BeepSource + late})
	file := filepath.Join(dir, "recording.mkv")
	recorder.recorded(file, "V_VP8", 80*time.Second)
	recorder.leave()
	decoded, err := media.DecodeExactly(room.ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	if recording, err := media.ReadMatroska(file); err == nil {
		for _, track := range recording.Tracks {
			t.Logf("%s: %d frames in %v, gaps: %.300s", track.Codec, len(track.Frames), track.Span(), track.Gaps(100*time.Millisecond))
		}
	}
	flashes, beeps := decoded.Flashes(), decoded.Beeps()
	skews := media.Skews(slices.DeleteFunc(slices.Clone(flashes), func(at time.Duration) bool { return at < time.Minute }), beeps)
	skews = slices.DeleteFunc(skews, func(skew time.Duration) bool { return skew.Abs() > together })
	if len(skews) < 6 {
		t.Fatalf("of ten flashes in the last 20 s only %d have their beep; flashes at %v, beeps at %v", len(skews), flashes, beeps)
	}
	slices.Sort(skews)
	t.Logf("the sound comes after the picture by %v", skews)
	if skew := skews[len(skews)/2]; skew.Abs() > most {
		t.Errorf("the sound is %v off: %v", skew, skews)
	}
}
