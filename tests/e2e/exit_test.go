package e2e

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"gstjitsi/tests/launch"
)

// exitHandlers builds what tells of handlers for a process's end, to be preloaded.
func exitHandlers(t *testing.T) (env string) {
	t.Helper()
	library := filepath.Join(t.TempDir(), "exit_handlers.so")
	out, err := exec.CommandContext(t.Context(), "gcc", "-shared", "-fPIC", "-o", library, "testdata/exit_handlers.c").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return "LD_PRELOAD=" + library
}

var cleanup = regexp.MustCompile(`exit handler of .*/libcrypto\.so`)

// OpenSSL that cleans up when the process exits frees what GStreamer's streaming threads, which end at the same time, free as well: one in
// some hundred processes that left a conference was aborted for "double free or corruption".
func TestOpenSSLDoesNotCleanUpBehindStreamingThreads(t *testing.T) {
	t.Parallel()
	preload := exitHandlers(t)
	room := newRoom(t)

	// without us it does
	bare, err := launch.Start(launch.Options{Name: "bare", Env: []string{preload}, Pipeline: `fakesrc num-buffers=1 ! fakesink  dtlsdec`})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bare.Kill)
	if _, err := bare.Wait(room.ctx); err != nil {
		t.Fatal(err)
	}
	if !cleanup.MatchString(bare.Output()) {
		t.Fatalf("nobody registered OpenSSL's cleanup, so this test can't tell:\n%s", bare.Output())
	}

	viewer := room.join("viewer", receiver)
	sender := room.joinWith(launch.Options{Name: "sender", Pipeline: sink("green", 550), Env: []string{preload}})
	viewer.shows(0, "green") // OpenSSL has made keys
	sender.leave()
	if cleanup.MatchString(sender.Output()) {
		t.Errorf("OpenSSL cleans up:\n%s", sender.Output())
	}
}
