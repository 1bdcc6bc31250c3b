package media_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

const width, height = 320, 180

// play runs a pipeline whose pictures go to fd 3 and whose sound goes to fd 4, as the conference's receivers do.
func play(t *testing.T, pipeline string) (context.Context, *media.Stream[media.Picture], *media.Stream[media.Sound]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	var ends [2]*os.File
	var files []*os.File
	for i := range ends {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer write.Close()
		t.Cleanup(func() { read.Close() })
		ends[i], files = read, append(files, write)
	}
	process, err := launch.Start(launch.Options{Name: "player", Pipeline: strings.Join(strings.Fields(pipeline), " "), Files: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Kill()
		if t.Failed() {
			t.Log(process.Output())
		}
	})
	return ctx, media.Pictures("pictures", ends[0], width, height), media.Sounds("sound", ends[1])
}

const toPictures = ` ! videoconvert ! videoscale ! video/x-raw,format=RGB,width=320,height=180 ! fdsink fd=3 `
const toSound = ` ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! fdsink fd=4 `

// What a conference does to a picture and a tone: lossy, and at a low bit rate.
const throughVP8 = ` ! video/x-raw,width=640,height=360,framerate=15/1 ! vp8enc deadline=1 target-bitrate=200000 ! vp8dec `
const throughOpus = ` ! audioconvert ! audioresample ! opusenc bitrate=24000 ! opusdec `

func TestPicturesAreRecognisedAfterCompression(t *testing.T) {
	for kind, source := range map[string]string{
		media.Bars: "videotestsrc",
		"red":      "videotestsrc pattern=red",
		"green":    "videotestsrc pattern=green",
		"blue":     "videotestsrc pattern=blue",
		"white":    "videotestsrc pattern=white",
		"black":    "videotestsrc pattern=black",
		"other":    "videotestsrc pattern=gradient",
	} {
		t.Run(kind, func(t *testing.T) {
			ctx, pictures, _ := play(t, source+" num-buffers=10"+throughVP8+toPictures)
			if err := media.WaitPicture(ctx, pictures, kind); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWaitingForTheWrongPictureTellsWhatCameInstead(t *testing.T) {
	ctx, pictures, _ := play(t, "videotestsrc pattern=red num-buffers=10"+throughVP8+toPictures)
	err := media.WaitPicture(ctx, pictures, "blue")
	if err == nil || !strings.Contains(err.Error(), "of red") || !strings.Contains(err.Error(), "ended") {
		t.Errorf("got %v", err)
	}
}

func TestABallMovesAndBarsDoNot(t *testing.T) {
	ctx, ball, _ := play(t, "videotestsrc pattern=ball num-buffers=60"+throughVP8+toPictures)
	if err := media.WaitMotion(ctx, ball); err != nil {
		t.Error(err)
	}
	ctx, bars, _ := play(t, "videotestsrc pattern=smpte100 num-buffers=60"+throughVP8+toPictures)
	if err := media.WaitMotion(ctx, bars); err == nil {
		t.Error("a still picture was taken for a moving one")
	}
}

func TestTonesAreRecognisedAfterCompression(t *testing.T) {
	ctx, _, sound := play(t, "audiotestsrc freq=440 num-buffers=100"+throughOpus+toSound)
	if err := media.WaitTone(ctx, sound, 440); err != nil {
		t.Error(err)
	}
}

func TestATonesNeighbourIsNotTakenForIt(t *testing.T) {
	ctx, _, sound := play(t, "audiotestsrc freq=440 num-buffers=100"+throughOpus+toSound)
	err := media.WaitTone(ctx, sound, 660)
	if err == nil || !strings.Contains(err.Error(), "440 Hz") {
		t.Errorf("got %v", err)
	}
}

func TestSilenceHasNoTone(t *testing.T) {
	if silence := make(media.Sound, 4800); !silence.Silent() || silence.Is(440) || silence.Kind() != "silence" {
		t.Errorf("silence is taken for %s", silence.Kind())
	}
}

func TestARecordingIsReadDecodedAndTimed(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	const late = 100 * time.Millisecond
	if err := media.WriteFlashBeep(dir, 6*time.Second, late); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "recording.mkv")
	process, err := launch.Start(launch.Options{Name: "recorder", Dir: dir, Pipeline: media.FlashSource +
		` ! vp8enc deadline=1 ! queue ! matroskamux name=mux ! filesink location=recording.mkv ` +
		media.BeepSource + ` ! opusenc ! queue ! mux.`})
	if err != nil {
		t.Fatal(err)
	}
	defer process.Kill()
	if code, err := process.Wait(ctx); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v\n%s", code, err, process.Output())
	}

	matroska, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	video, err := matroska.Track("V_VP8")
	if err != nil {
		t.Fatal(err)
	}
	if len(video.Frames) != 6*25 || !video.Frames[0].Key || video.Width != 320 || video.Height != 180 {
		t.Errorf("%d frames of %dx%d", len(video.Frames), video.Width, video.Height)
	}
	if span := video.Span(); span != 6*time.Second-40*time.Millisecond {
		t.Errorf("frames span %v", span)
	}
	if audio, err := matroska.Track("A_OPUS"); err != nil || math.Abs(audio.Span().Seconds()-6) > 0.1 {
		t.Errorf("audio: %v", err)
	}
	if !matroska.Finalised || math.Abs(matroska.Length.Seconds()-6) > 0.1 {
		t.Errorf("finalised: %v, %v long", matroska.Finalised, matroska.Length)
	}

	still := filepath.Join(dir, "still.png")
	if err := media.WriteStill(ctx, file, still); err != nil {
		t.Error(err)
	} else if head, err := os.ReadFile(still); err != nil || !strings.HasPrefix(string(head), "\x89PNG") {
		t.Errorf("the still is no PNG file: %v", err)
	}

	decoded, err := media.Decode(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	flashes, beeps := decoded.Flashes(), decoded.Beeps()
	if len(flashes) != 3 || len(beeps) != 3 {
		t.Fatalf("flashes at %v, beeps at %v", flashes, beeps)
	}
	for _, skew := range media.Skews(flashes, beeps) {
		if (skew - late).Abs() > 15*time.Millisecond {
			t.Errorf("the sound is %v late, want %v", skew, late)
		}
	}
}

func TestAFileThatNobodyFinishedIsReadAsSuch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cut.mkv")
	process, err := launch.Start(launch.Options{Name: "recorder", Pipeline: `videotestsrc is-live=true ! video/x-raw,format=I420 ! vp8enc deadline=1` +
		` ! matroskamux ! filesink buffer-mode=unbuffered location=` + file})
	if err != nil {
		t.Fatal(err)
	}
	defer process.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ctx, stop := process.Alive(ctx)
	defer stop()
	matroska, err := media.WaitMatroska(ctx, file, func(m *media.Matroska) bool {
		track, err := m.Track("V_VP8")
		return err == nil && len(track.Frames) >= 10
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, process.Output())
	}
	if matroska.Finalised {
		t.Error("it is taken for finalised")
	}
}
