package launch_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/launch"
)

func start(t *testing.T, options launch.Options) (*launch.Process, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	process, err := launch.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Kill)
	return process, ctx
}

func TestMessagesArriveAsTheyArePosted(t *testing.T) {
	process, ctx := start(t, launch.Options{Name: "meter", Pipeline: `audiotestsrc is-live=true ! level name=meter ! fakesink`})
	message, err := process.WaitMessage(ctx, 0, "level", "duration=100000000")
	if err != nil {
		t.Fatal(err)
	}
	if message.Element != "meter" || message.Fields["running-time"] == "" {
		t.Errorf("got %+v", message)
	}
	if _, err := process.WaitMessage(ctx, process.Mark(), "level"); err != nil {
		t.Errorf("another one after the mark: %v", err)
	}
	process.Interrupt()
	code, err := process.Wait(ctx)
	if err != nil || code != 0 {
		t.Errorf("after Ctrl-C: exit code %d, %v", code, err)
	}
}

func TestWaitingForAMessageEndsWithTheProcess(t *testing.T) {
	process, ctx := start(t, launch.Options{Name: "brief", Pipeline: `fakesrc num-buffers=1 ! fakesink`})
	_, err := process.WaitMessage(ctx, 0, "never")
	if err == nil || !strings.Contains(err.Error(), "ended without it") {
		t.Errorf("got %v", err)
	}
}

func TestErrorsNameTheirCauseAndTheExitCodeIsNotZero(t *testing.T) {
	process, ctx := start(t, launch.Options{Name: "wrong", Pipeline: `filesrc location=/nonexistent ! fakesink`})
	code, err := process.Wait(ctx)
	if err != nil || code == 0 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if errors := process.Errors(); len(errors) == 0 || !strings.Contains(errors[0], `No such file "/nonexistent"`) {
		t.Errorf("got %q", errors)
	}
}

func TestCriticalWarningsAreNoticed(t *testing.T) {
	process, ctx := start(t, launch.Options{Name: "careless",
		Pipeline: `$(printf '(x:1): GStreamer-CRITICAL **: 05:50:42.134: assertion failed\n(x:1): GLib-CRITICAL **: 05:50:42.134: \nTrying to dispose\n' >&2) fakesrc num-buffers=1 ! fakesink`})
	if _, err := process.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	want := []string{"assertion failed", "Trying to dispose"}
	if found := process.Criticals(); !slices.Equal(found, want) {
		t.Errorf("got %q, want %q", found, want)
	}
}

func TestTheProcessWritesIntoTheFilesItIsGiven(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	process, ctx := start(t, launch.Options{Name: "writer", Files: []*os.File{write},
		Pipeline: `fakesrc num-buffers=2 filltype=zero sizetype=fixed sizemax=4 ! fdsink fd=3`})
	write.Close()
	if _, err := process.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 16)
	if n, _ := read.Read(buffer); n != 8 {
		t.Errorf("read %d bytes, want 8\n%s", n, process.Output())
	}
}

func TestParseMessageReadsQuotedAndPlainFields(t *testing.T) {
	message, ok := launch.ParseMessage(`Got message #71 from element "j" (element): jitsi-participant-joined, ` +
		`participant-id=(string)5410b27b, nick=(string)"Anna\ \"A\"\,\ B\;", hidden=(boolean)false;`)
	if !ok || message.Element != "j" || message.Name != "jitsi-participant-joined" {
		t.Fatalf("got %+v, %v", message, ok)
	}
	for name, want := range map[string]string{"participant-id": "5410b27b", "nick": `Anna "A", B;`, "hidden": "false"} {
		if got := message.Fields[name]; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestParseMessageLeavesOtherLinesAlone(t *testing.T) {
	for _, line := range []string{
		"Setting pipeline to PLAYING ...",
		`Got message #18 from element "pipeline0" (stream-start): GstMessageStreamStart, group-id=(uint)1;`,
	} {
		if message, ok := launch.ParseMessage(line); ok {
			t.Errorf("%q was read as %+v", line, message)
		}
	}
}
