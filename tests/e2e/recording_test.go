package e2e

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

// record joins a receiver that writes what it gets into recording.mkv of a folder, as it comes from the network.
func (r *room) record(dir string) (recorder *participant, file string) {
	r.t.Helper()
	return r.recordWith(dir, "")
}

// recordWith is record with further properties.
func (r *room) recordWith(dir, properties string) (recorder *participant, file string) {
	r.t.Helper()
	return r.recordThrough(dir, properties, "queue")
}

// recordThrough is recordWith for a pipeline from video_0 to the muxer, with further variables of the environment.
func (r *room) recordThrough(dir, properties, toMuxer string, env ...string) (recorder *participant, file string) {
	r.t.Helper()
	recorder = r.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"},
		Env: append(env, launch.CountCreations),
		Pipeline: `matroskamux name=mux ! filesink location=recording.mkv buffer-mode=unbuffered
			jitsisrc name=j {room} ` + properties + `  j.video_0 ! ` + toMuxer + ` ! mux.  j.audio_0 ! queue ! mux.`})
	return recorder, filepath.Join(dir, "recording.mkv")
}

// recorded waits until a file that is being written has that much of a codec.
func (p *participant) recorded(file, codec string, length time.Duration) {
	p.room.t.Helper()
	ctx, stop := p.Alive(p.room.ctx)
	defer stop()
	_, err := media.WaitMatroska(ctx, file, func(m *media.Matroska) bool {
		track, err := m.Track(codec)
		return err == nil && track.Span() >= length
	})
	if err != nil {
		p.room.t.Fatalf("%s: %v", p.Name, err)
	}
}

// grows waits until a file has so much more of a codec than now.
func (p *participant) grows(file, codec string, by time.Duration) {
	p.room.t.Helper()
	p.recorded(file, codec, trackOf(p.room.t, file, codec).Span()+by)
}

// trackOf reads the track of a codec, as Matroska names it, from a recording that may be going on.
func trackOf(t *testing.T, file, codec string) *media.Track {
	t.Helper()
	recording, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	track, err := recording.Track(codec)
	if err != nil {
		t.Fatal(err)
	}
	return track
}

func TestARecordingIsFinalisedByCtrlCAndPlays(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("sender", `videotestsrc is-live=true ! {small} ! jitsisink name=j {room}
		audiotestsrc is-live=true freq=440 ! j.`)
	recorder, file := room.record(t.TempDir())
	recorder.recorded(file, "V_VP8", 4*time.Second)
	recorder.leave()

	recording, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	if !recording.Finalised {
		t.Error("the file has no length or index")
	}
	decoded, err := media.Decode(room.ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	pictures, sound := decoded.Length()
	if pictures < 3500*time.Millisecond || sound < 3*time.Second {
		t.Errorf("%v of pictures, %v of sound", pictures, sound)
	}
	if kind := decoded.Pictures[len(decoded.Pictures)-1].Kind(); kind != media.Bars {
		t.Errorf("the last picture is %s", kind)
	}
	if half := decoded.Sound[len(decoded.Sound)/2:]; !half.Is(440) {
		t.Errorf("the second half sounds like %s", half.Kind())
	}
}

func TestEncodedMediaPassesThroughBothEnds(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.joinWith(launch.Options{Name: "sender", Env: []string{launch.CountCreations},
		Pipeline: `videotestsrc is-live=true ! {small} ! vp8enc deadline=1 keyframe-max-dist=30 target-bitrate=300000 ! jitsisink name=j {room}
			audiotestsrc is-live=true freq=440 ! audioconvert ! audioresample ! opusenc ! j.`})
	recorder, file := room.record(t.TempDir())
	recorder.recorded(file, "V_VP8", 2*time.Second)
	recorder.recorded(file, "A_OPUS", 2*time.Second)
	recorder.leave()

	recording, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	if video, err := recording.Track("V_VP8"); err != nil || video.Width != 320 || video.Height != 180 {
		t.Errorf("video: %+v, %v", video, err)
	}
	for _, made := range []struct {
		by      *participant
		element string
		times   int
	}{
		{sender, "vp8enc", 1}, {sender, "opusenc", 1}, {sender, "vp8dec", 0}, {sender, "opusdec", 0},
		{recorder, "vp8dec", 0}, {recorder, "opusdec", 0}, // encoders it may have: of what fills a pad whose media is late
	} {
		if times := made.by.Creations(made.element); times != made.times {
			t.Errorf("%s has made %d %s, want %d", made.by.Name, times, made.element, made.times)
		}
	}
}

// late is a sender whose sound leaves 400 ms after the picture of the same moment.
const late = ` ! queue min-threshold-time=400000000 max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! j.`

// Sender reports say what belongs together; it takes some seconds until they have come. What is measured is the median: a
// busy machine makes single pictures late.
func TestSoundThatArrivesLateIsRecordedInLipSync(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	if err := media.WriteFlashBeep(dir, 30*time.Second, 0); err != nil {
		t.Fatal(err)
	}
	recorder, file := room.record(dir)
	room.joinWith(launch.Options{Name: "sender", Dir: dir, Pipeline: media.FlashSource + ` ! jitsisink name=j {room} ` +
		media.BeepSource + late})
	recorder.recorded(file, "V_VP8", 16*time.Second)
	recorder.leave()

	decoded, err := media.Decode(room.ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	flashes, beeps := decoded.Flashes(), decoded.Beeps()
	skews := media.Skews(flashes[len(flashes)/2:], beeps)
	if len(skews) < 3 {
		t.Fatalf("flashes at %v, beeps at %v", flashes, beeps)
	}
	slices.Sort(skews)
	if skew := skews[len(skews)/2]; skew.Abs() > 200*time.Millisecond { // half of what it would be without; `make soak` is strict
		t.Errorf("the sound is %v off: flashes at %v, beeps at %v", skew, flashes, beeps)
	}
	if t.Failed() {
		if recording, err := media.ReadMatroska(file); err == nil {
			for _, track := range recording.Tracks {
				t.Logf("%s: %d frames, gaps: %s", track.Codec, len(track.Frames), track.Gaps(60*time.Millisecond))
			}
		}
	}
}
