package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"gstjitsi/tests/launch"
)

// alive is what GStreamer's leaks tracer logs at the end of a process for each object that is left.
var alive = regexp.MustCompile(`object-alive, type-name=\(string\)(\w+), .*description=\(string\)(.*?), ref-count`)

// gst-dtls makes one agent with a certificate of its own for the whole process, and keeps it.
const dtlsSingleton = "GstDtlsAgent"

func TestNothingIsLeftAfterAConference(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	traced := func(name, pipeline string) (*participant, string) {
		log := filepath.Join(dir, name+".log")
		return room.joinWith(launch.Options{Name: name, Pipeline: pipeline, Env: []string{
			"GST_TRACERS=leaks", "GST_DEBUG=GST_TRACER:7", "GST_DEBUG_FILE=" + log,
		}}), log
	}
	// anna stays while bert comes and goes, so that streams end, too; carol leaves a conference that goes on
	anna, annaLog := traced("anna", bin("red", 440))
	bert, bertLog := traced("bert", sink("green", 550))
	carol, carolLog := traced("carol", receiver)
	anna.shows(0, "green")
	if _, err := carol.WaitMessage(room.ctx, 0, "jitsi-source-added"); err != nil {
		t.Fatal(err)
	}
	bert.leave()
	carol.leave()
	anna.leave()
	for name, log := range map[string]string{"anna": annaLog, "bert": bertLog, "carol": carolLog} {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) == 0 {
			t.Errorf("%s: the leaks tracer has logged nothing", name)
		}
		for _, object := range alive.FindAllStringSubmatch(string(text), -1) {
			if object[1] != dtlsSingleton {
				t.Errorf("%s: left: %s %s", name, object[1], object[2])
			}
		}
	}
}
