package footage_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gstjitsi/tests/footage"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

// The film is kept where `make demo` looks for it.
const folder = "../../build/footage"

func TestTheFilmPlaysSeveralTimesInOneGo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	film, err := footage.BigBuckBunny(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	loop, err := footage.Loop(film, filepath.Join(dir, "loop"), 12*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "played.mkv")
	process, err := launch.Start(launch.Options{Name: "player", Pipeline: footage.Pipeline(loop,
		"videoscale ! video/x-raw,width=160,height=90 ! vp8enc deadline=1 ! queue ! mux.", "opusenc ! queue ! mux.") +
		" matroskamux name=mux ! filesink location=" + file})
	if err != nil {
		t.Fatal(err)
	}
	defer process.Kill()
	if code, err := process.Wait(ctx); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v\n%s", code, err, process.Output())
	}
	played, err := media.Decode(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	pictures, sound := played.Length()
	if pictures < 15*time.Second || sound < 15*time.Second || (pictures-sound).Abs() > 100*time.Millisecond {
		t.Errorf("three turns of 5.28 s gave %v of pictures and %v of sound", pictures, sound)
	}
	if played.Sound.Silent() {
		t.Error("the sound is silent")
	}
}

func TestASpoiledFilmIsFetchedAgain(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bigbuckbunny.mp4"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	film, err := footage.BigBuckBunny(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(film); err != nil || len(data) != 1055736 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}
