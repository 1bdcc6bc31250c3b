package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
)

var (
	recipe     = regexp.MustCompile(`(?m)^    gst-launch-1\.0 ((?:.*\\\n)*.*)$`)
	screen     = regexp.MustCompile(`auto(video|audio)sink`)
	sendsMedia = regexp.MustCompile(`jitsi(sink|bin)`)
)

// The recipes are run as they are printed, but for what this machine has not: their meeting, screens and loudspeakers.
func TestTheRecipesOfTheReadmeWork(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	recipes := recipe.FindAllStringSubmatch(string(readme), -1)
	if len(recipes) < 5 {
		t.Fatalf("the README has %d recipes", len(recipes))
	}
	files := makeFiles(t)
	for i, match := range recipes {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			pipeline := strings.ReplaceAll(match[1], "\\\n", " ")
			var flags []string
			if rest, ok := strings.CutPrefix(pipeline, "-e "); ok {
				flags, pipeline = []string{"-e"}, rest
			}
			pipeline = strings.ReplaceAll(pipeline, "location=https://meet.example.org/MyRoom", "{room}")
			pipeline = screen.ReplaceAllString(pipeline, "fakesink")
			room := newRoom(t)
			room.join("other", bin("red", 440))
			dir := t.TempDir()
			for _, file := range files {
				if err := os.Symlink(file, filepath.Join(dir, filepath.Base(file))); err != nil {
					t.Fatal(err)
				}
			}
			cook := room.joinWith(launch.Options{Name: "recipe", Pipeline: pipeline, Flags: flags, Dir: dir})
			if sendsMedia.MatchString(pipeline) {
				room.waitFor(1, events.MediaReceived, cook.id)
			} else {
				room.waitForwarded(cook.id)
			}
			cook.leave()
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
