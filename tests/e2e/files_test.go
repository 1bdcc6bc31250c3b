package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/footage"
	"gstjitsi/tests/launch"
)

// makeFiles makes the files of the README's recipes, five seconds of a film each, and returns their paths.
func makeFiles(t *testing.T) []string {
	t.Helper()
	film, err := footage.BigBuckBunny(t.Context(), "../../build/footage")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const sound = `d.audio_0 ! queue ! aacparse ! avdec_aac ! audioconvert ! audioresample ! audio/x-raw,channels=2 ! `
	files := []string{film}
	for name, pipeline := range map[string]string{
		"sample.opus":       sound + `opusenc ! oggmux ! filesink location=%s`,
		"shake-it-off.flac": sound + `flacenc ! filesink location=%s`,
		"big-buck-bunny_trailer.webm": `d.video_0 ! queue ! h264parse ! avdec_h264 ! videoconvert ! videoscale ! video/x-raw,width=320,height=180 !
			vp9enc deadline=1 cpu-used=8 keyframe-max-dist=30 ! webmmux name=mux ! filesink location=%s  ` + sound + `vorbisenc ! queue ! mux.`,
		"film.mp4": `d.video_0 ! queue ! h264parse ! mp4mux ! filesink location=%s`,
	} {
		file := filepath.Join(dir, name)
		run(t, fmt.Sprintf(`filesrc location=%s ! qtdemux name=d  `+pipeline, film, file))
		files = append(files, file)
	}
	return files
}

// run runs a pipeline to its end.
func run(t *testing.T, pipeline string) {
	t.Helper()
	p, err := launch.Start(launch.Options{Name: "make a file", Pipeline: strings.Join(strings.Fields(pipeline), " "), Env: environment(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if code, err := p.Wait(ctx); code != 0 || err != nil {
		t.Fatalf("%s: exit code %d, %v\n%s", pipeline, code, err, p.Output())
	}
}

// made is a file of two seconds of green. Its key frames must come often: no file makes one when it is asked to.
func made(t *testing.T, encode, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	run(t, fmt.Sprintf(`videotestsrc pattern=green num-buffers=30 ! video/x-raw,width=320,height=180,framerate=15/1 ! %s ! filesink location=%s`, encode, file))
	return file
}

func TestEncodedFilesArriveAsTheyAreAndTheirEndLeaves(t *testing.T) {
	t.Parallel()
	for codec, tt := range map[string]struct{ encode, name, demux string }{
		"vp8":  {"vp8enc deadline=1 keyframe-max-dist=5 ! webmmux", "film.webm", "matroskademux"},
		"vp9":  {"vp9enc deadline=1 cpu-used=8 keyframe-max-dist=5 ! webmmux", "film.webm", "matroskademux"},
		"h264": {"x264enc tune=zerolatency key-int-max=5 ! mp4mux", "film.mp4", "qtdemux"},
	} {
		t.Run(codec, func(t *testing.T) {
			file := made(t, tt.encode, tt.name)
			room := newRoom(t)
			receiver := room.join("receiver", `jitsisrc {room} ! {pictures}`)
			sender := room.join("sender", fmt.Sprintf(`filesrc location=%s ! %s ! jitsisink {room}`, file, tt.demux))
			receiver.shows(0, "green")
			sender.exits(0)
			room.waitFor(1, events.Left, sender.id)
		})
	}
}

func TestRTPOfAnApplicationIsSent(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	receiver := room.join("receiver", receiver)
	sender := room.join("sender", `videotestsrc is-live=true pattern=blue ! {small} ! vp8enc deadline=1 keyframe-max-dist=15 ! rtpvp8pay pt=97 ! jitsisink name=j {room}
		audiotestsrc is-live=true freq=550 volume=0.5 ! opusenc ! rtpopuspay pt=98 ! j.`)
	receiver.shows(0, "blue")
	receiver.sounds(0, 550)
	room.hasAllExtensions(sender)
}

func TestACodecThatTheConferenceDoesNotTakeIsAnError(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("other", receiver)
	sender := room.join("sender", `videotestsrc is-live=true ! {small} ! vp8enc deadline=1 ! jitsisink {room} video-codecs=vp9`)
	sender.failsNaming("video/x-vp9", "video/x-vp8")
}
