package robot

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

const patience = 60 * time.Second

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// encode makes a film of a second: a red picture and a tone.
func encode(t *testing.T, ctx context.Context) *Film {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	p, err := launch.Start(launch.Options{Name: "encoder", Pipeline: "videotestsrc pattern=red num-buffers=15 ! video/x-raw,width=320,height=180,framerate=15/1 ! vp8enc deadline=1 ! mux. " +
		"audiotestsrc freq=500 num-buffers=50 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! mux. matroskamux name=mux ! filesink location=" + file})
	if err != nil {
		t.Fatal(err)
	}
	if code, err := p.Wait(ctx); err != nil || code != 0 {
		t.Fatalf("encode: code %d, %v\n%s", code, err, p.Output())
	}
	film, err := ReadFilm(file)
	if err != nil {
		t.Fatal(err)
	}
	return film
}

func TestARobotsFilmIsSeenAndHeard(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	film := encode(t, ctx)
	server, err := deployment.Start(ctx, deployment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	location := server.URL() + "/robots"
	robot, err := Join(ctx, Options{Location: location, Address: loopback, Nick: "Robot", Film: film})
	if err != nil {
		t.Fatal(err)
	}
	pictures, sounds, files := pipes(t)
	viewer, err := launch.Start(launch.Options{Name: "viewer", Files: files, Pipeline: "jitsisrc name=j local-addresses=127.0.0.1 location=" + location +
		" j.video_0 ! video/x-raw ! videoconvert ! video/x-raw,format=RGB,width=320,height=180 ! fdsink fd=3 " +
		" j.audio_0 ! audio/x-raw ! audioconvert ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! fdsink fd=4"})
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Kill()
	for _, file := range files {
		file.Close()
	}
	seen := media.Pictures("pictures", pictures, 320, 180)
	heard := media.Sounds("sounds", sounds)
	if err := media.WaitPicture(ctx, seen, "red"); err != nil {
		t.Errorf("%v\n%s", err, viewer.Output())
	}
	if err := media.WaitTone(ctx, heard, 500); err != nil {
		t.Errorf("%v\n%s", err, viewer.Output())
	}
	if err := robot.Leave(); err != nil {
		t.Error(err)
	}
}

// pipes are what the viewer writes its pictures and sounds to.
func pipes(t *testing.T) (pictures, sounds *os.File, ends []*os.File) {
	t.Helper()
	var reading []*os.File
	for range 2 {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		reading, ends = append(reading, r), append(ends, w)
	}
	return reading[0], reading[1], ends
}

func TestARobotFindsNoServer(t *testing.T) {
	if _, err := Join(t.Context(), Options{Location: "http://localhost:1/room", Address: loopback}); err == nil {
		t.Error("it joins")
	}
}

func TestAFileThatIsNoFilm(t *testing.T) {
	file := filepath.Join(t.TempDir(), "none.mkv")
	if err := os.WriteFile(file, []byte("no film"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFilm(file); err == nil {
		t.Error("it is taken for one")
	}
}
