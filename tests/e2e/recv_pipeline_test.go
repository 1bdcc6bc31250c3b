package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

// mixed is a receiver of everybody in one picture, side by side, and one sound.
const mixed = `recv-pipeline="audiomixer name=audio ! {sound}
	compositor name=video background=black sink_0::width=160 sink_1::width=160 sink_1::xpos=160 ! {pictures}"`

// showsBeside waits until two are to be seen side by side.
func (p *participant) showsBeside(left, right string) {
	p.room.t.Helper()
	if _, err := p.pictures[0].WaitRow(p.room.ctx, fmt.Sprintf("%s beside %s", left, right), 3, func(picture media.Picture) bool {
		return picture.Around(0.25, 0.5).Name() == left && picture.Around(0.75, 0.5).Name() == right
	}); err != nil {
		p.room.t.Fatal(err)
	}
}

func TestTheReceivingPipelineKeepsItsPlaces(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	viewer := room.join("viewer", `jitsisrc {room} `+mixed)
	first := room.join("first", sink("red", 440))
	viewer.showsBeside("red", "black")
	viewer.sounds(0, 440)
	room.join("second", sink("green", 550))
	viewer.showsBeside("red", "green")
	first.leave()
	viewer.showsBeside("black", "green")
	viewer.sounds(0, 550)
	room.join("third", sink("blue", 660))
	viewer.showsBeside("blue", "green")
	viewer.leave()
}

// The sound of all goes into one file, the pictures of each into another: where both name an element, recv-pipeline has it.
func TestBothKindsOfPipelinesTogether(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"},
		Pipeline: `jitsisrc {room} recv-pipeline="audiomixer name=audio ! audioconvert ! audioresample ! opusenc ! matroskamux ! filesink buffer-mode=unbuffered location=sound.mka"
			participant-template="matroskamux name=mux ! filesink buffer-mode=unbuffered location={nick}.mkv
			opusparse name=audio ! mux.  identity name=video ! mux."`})
	red := room.join("red", sink("red", 440))
	room.join("blue", sink("blue", 660))
	sound := filepath.Join(dir, "sound.mka")
	for _, name := range []string{"red.mkv", "blue.mkv"} {
		recorder.recorded(filepath.Join(dir, name), "V_VP8", time.Second)
	}
	recorder.recorded(sound, "A_OPUS", 2*time.Second)
	red.leave()
	recorder.finished(red)
	recorder.leave()
	for _, name := range []string{"sound.mka", "red.mkv", "blue.mkv"} {
		recording, err := media.ReadMatroska(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !recording.Finalised || len(recording.Tracks) != 1 {
			t.Errorf("%s: finalised %v, %d tracks", name, recording.Finalised, len(recording.Tracks))
		}
	}
}

func TestAFailingReceivingPipelineIsAWarningAndThePadsGoOn(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	viewer := room.join("viewer", `jitsisrc name=j {room} recv-pipeline="audiomixer name=audio ! wavenc ! filesink location=/nowhere/sound.wav"
		j.audio_0 ! {sound}`)
	viewer.says(0, "jitsi-recv-pipeline-failed")
	room.join("red", sink("red", 440))
	viewer.sounds(0, 440)
	viewer.leave()
}

// Nothing holds up the end, whoever is there, nor the file's completion.
func TestAReceivingPipelineEndsWithCtrlC(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{"with EOS": {"-e"}, "without": nil} {
		t.Run(name, func(t *testing.T) {
			room := newRoom(t)
			alone := room.join("alone", `jitsisrc {room} `+mixed, flags...)
			alone.leave()
			viewer := room.join("viewer", `jitsisrc {room} `+mixed, flags...)
			room.join("red", sink("red", 440))
			viewer.showsBeside("red", "black")
			viewer.leave()
		})
	}
}
