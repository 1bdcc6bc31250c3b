package elements

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/media"
)

// recordedUntil waits until a file that is being written has that much of a codec.
func recordedUntil(ctx context.Context, t *testing.T, file, codec string, length time.Duration) {
	t.Helper()
	if _, err := media.WaitMatroska(ctx, file, func(m *media.Matroska) bool {
		track, err := m.Track(codec)
		return err == nil && track.Span() >= length
	}); err != nil {
		t.Fatal(err)
	}
}

// rowsOf lists the kinds of picture of a recording, one of each row of the same.
func rowsOf(decoded media.Decoded) (list []string) {
	for _, p := range decoded.Pictures {
		if kind := p.Kind(); len(list) == 0 || list[len(list)-1] != kind {
			list = append(list, kind)
		}
	}
	return list
}

// The camera is muted for some seconds, the microphone is not; the next time it is the other way round. Both tracks grow throughout.
func TestARecordingGoesOnWhileACameraIsMuted(t *testing.T) {
	t.Parallel() // it mostly waits
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	location := " local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Muted"
	file := filepath.Join(t.TempDir(), "recording.mkv")
	sender := launch(t, `videotestsrc is-live=true pattern=red ! video/x-raw,width=320,height=180,framerate=15/1 ! jitsisink name=j`+location+
		` audiotestsrc is-live=true freq=440 ! j.`)
	defer sender.SetState(gst.StateNull)
	receiver := launch(t, `jitsisrc name=j`+location+` matroskamux name=mux ! filesink buffer-mode=unbuffered location=`+file+`
		j.video_0 ! queue ! mux.  j.audio_0 ! queue ! mux.`)
	defer receiver.SetState(gst.StateNull)
	sender.SetState(gst.StatePlaying)
	receiver.SetState(gst.StatePlaying)
	untilActive(t, receiver, "video_0", true)
	untilActive(t, receiver, "audio_0", true)
	recordedUntil(ctx, t, file, "V_VP8", 3*time.Second)
	length := 3 * time.Second
	for _, pad := range []string{"video_0", "audio_0"} {
		for _, muted := range []bool{true, false} {
			sender.GetByName("j").GetStaticPad(pad).SetObjectProperty("mute", muted)
			untilActive(t, receiver, pad, !muted)
			length += 3 * time.Second
			recordedUntil(ctx, t, file, "V_VP8", length)
			recordedUntil(ctx, t, file, "A_OPUS", length)
		}
	}
	endRecording(t, receiver)

	recording, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	if !recording.Finalised {
		t.Error("the file has no length or index")
	}
	for _, track := range recording.Tracks {
		t.Logf("%s: %d frames in %v, gaps: %s", track.Codec, len(track.Frames), track.Span(), track.Gaps(250*time.Millisecond))
	}
	decoded, err := media.Decode(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	if pictures, sound := decoded.Length(); pictures < length/2 || sound < length/2 {
		t.Errorf("%v of pictures, %v of sound, of %v", pictures, sound, length)
	}
	shown := rowsOf(decoded)
	if at := slices.Index(shown, "red"); at < 0 || !slices.Equal(shown[at:], []string{"red", "black", "red"}) {
		t.Errorf("the pictures are %q", shown)
	}
	tones, silences := 0, 0 // of a tenth of a second each
	for sound := decoded.Sound; len(sound) >= media.PieceOfSound; sound = sound[media.PieceOfSound:] {
		switch piece := sound[:media.PieceOfSound]; {
		case piece.Is(440):
			tones++
		case piece.Silent():
			silences++
		}
	}
	if tones < 10 || silences < 10 {
		t.Errorf("%d pieces of sound are the tone, %d are silent", tones, silences)
	}
}
