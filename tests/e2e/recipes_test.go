package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

var (
	recipe     = regexp.MustCompile(`(?m)^    gst-launch-1\.0 ((?:.*\\\n)*.*)$`)
	sendsMedia = regexp.MustCompile(`jitsi(sink|bin)`)
	writes     = regexp.MustCompile(`filesink location=(\S+)`)
)

// atHome puts in what this machine has in place of what it hasn't: screens, loudspeakers, cameras, microphones. Files are written at once.
var atHome = strings.NewReplacer("\\\n", " ", "autovideosink", "fakesink", "autoaudiosink", "fakesink",
	"autovideosrc", "videotestsrc is-live=true", "autoaudiosrc", "audiotestsrc is-live=true", "filesink", "filesink buffer-mode=unbuffered")

// cook runs a recipe as it is printed, but for what this machine has not, beside another participant, in a folder of its own.
func (r *room) cook(text string, files []string) (cook *participant, written string) {
	r.t.Helper()
	var flags []string
	if rest, ok := strings.CutPrefix(text, "-e "); ok {
		flags, text = []string{"-e"}, rest
	}
	other := r.join("other", bin("red", 440))
	dir := r.t.TempDir()
	for _, file := range files {
		if err := os.Symlink(file, filepath.Join(dir, filepath.Base(file))); err != nil {
			r.t.Fatal(err)
		}
	}
	if match := writes.FindStringSubmatch(text); match != nil {
		written = filepath.Join(dir, strings.NewReplacer("{nick}", "red", "{participant_id}", other.id).Replace(match[1]))
	}
	meeting := strings.NewReplacer("location=https://meet.example.org/MyRoom", r.roomProperties(),
		"room=MyRoom server=https://meet.example.org", fmt.Sprintf("room=%s server=%s local-addresses=127.0.0.1", r.name, r.server.URL()))
	return r.joinWith(launch.Options{Name: "recipe", Pipeline: atHome.Replace(meeting.Replace(text)), Flags: flags, Dir: dir}), written
}

// works waits until a recipe does what it is for, ends it, and looks at the file that it has written.
func (p *participant) works(text, written string) {
	p.room.t.Helper()
	switch {
	case written != "":
		video := "V_VP8"
		if strings.Contains(text, "vp9enc") {
			video = "V_VP9"
		}
		p.recorded(written, video, time.Second)
		p.recorded(written, "A_OPUS", time.Second)
	case sendsMedia.MatchString(text):
		p.room.waitFor(1, events.MediaReceived, p.id)
	default:
		p.room.waitForwarded(p.id)
	}
	p.leave()
	if written == "" {
		return
	}
	if recording, err := media.ReadMatroska(written); err != nil || !recording.Finalised || len(recording.Tracks) != 2 {
		p.room.t.Errorf("%s: %+v, %v", written, recording, err)
	}
}

// The recipes are run as they are printed.
func TestTheRecipesOfTheReadmeWork(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	recipes := recipe.FindAllStringSubmatch(string(readme), -1)
	if len(recipes) < 17 {
		t.Fatalf("the README has %d recipes", len(recipes))
	}
	files := makeFiles(t)
	for i, match := range recipes {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			cook, written := newRoom(t).cook(match[1], files)
			cook.works(match[1], written)
		})
	}
}

// waitForwarded waits until the bridge sends somebody's media to a receiver.
func (r *room) waitForwarded(receiver string) {
	r.t.Helper()
	_, err := r.server.WaitFor(r.ctx, func(e events.Event) bool {
		return e.Room == r.name && e.Kind == events.MediaForwarded && e.Receiver == receiver
	})
	if err != nil {
		r.t.Fatalf("wait for media to %s: %v", receiver, err)
	}
}

// What somebody types in the first minute.
func TestTheFiveSecondTest(t *testing.T) {
	t.Parallel()
	talk := made(t, "vp8enc deadline=1 keyframe-max-dist=5 ! webmmux name=mux audiotestsrc num-buffers=100 ! opusenc ! mux. mux.", "talk.webm")
	for name, text := range map[string]string{
		"send":  `videotestsrc is-live=true ! jitsisink location=https://meet.example.org/MyRoom`,
		"watch": `jitsisrc location=https://meet.example.org/MyRoom ! autovideosink`,
		"record": `-e jitsisrc room=MyRoom server=https://meet.example.org
			participant-template="matroskamux name=mux ! filesink location={nick}-{participant_id}.mkv
			opusparse name=audio ! mux.  identity name=video ! mux."`,
		"play a file": `filesrc location=talk.webm ! matroskademux name=d  d.video_0 ! queue ! jitsisink name=j room=MyRoom server=https://meet.example.org
			d.audio_0 ! queue ! j.`,
	} {
		t.Run(name, func(t *testing.T) {
			cook, written := newRoom(t).cook(text, []string{talk})
			if name == "play a file" {
				cook.exits(0) // at the end of the file
				cook.room.waitFor(2, events.MediaReceived, cook.id)
				return
			}
			cook.works(text, written)
		})
	}
}
