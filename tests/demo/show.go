package main

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/footage"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

// patience is how long anything but the film itself may take.
const patience = 30 * time.Second

// show is a running demonstration.
type show struct {
	options
	out           io.Writer
	build, folder string
	server        *deployment.Deployment
	player        *launch.Process
	viewer        *launch.Process
}

// result is what the viewer has received.
type result struct {
	frames        int
	width, height int
	pictures      time.Duration
	sound         time.Duration
	file, still   string
}

func (s *show) say(format string, words ...any) { fmt.Fprintf(s.out, format+"\n", words...) }

// begin starts everything.
func (s *show) begin(ctx context.Context) error {
	film, err := footage.BigBuckBunny(ctx, filepath.Join(s.build, "footage"))
	if err != nil {
		return err
	}
	loop, err := footage.Loop(film, filepath.Join(s.folder, "loop"), s.length+2*patience)
	if err != nil {
		return err
	}
	s.say("Starting a Jitsi Meet server on this machine ...")
	if s.server, err = deployment.Start(ctx, deployment.Options{}); err != nil {
		return err
	}
	room := s.server.URL() + "/demo"
	s.say("It runs. The room is %s\n", room)

	s.say(`"Bunny" joins and plays a film in a loop:`)
	properties := "location=" + room + " local-addresses=127.0.0.1"
	s.player, err = s.launch("Bunny", footage.Pipeline(loop, "jitsisink name=j nick=Bunny "+properties, "j."))
	if err != nil {
		return err
	}
	viewer := "jitsisrc name=j nick=Viewer " + properties
	if s.window {
		s.say(`"Viewer" joins, shows the picture in a window, and records what arrives, without decoding it:`)
		viewer += " j.video_0 ! tee name=video  video. ! queue ! mux.  video. ! queue ! vp8dec ! videoconvert ! autovideosink"
	} else {
		s.say(`"Viewer" joins, and records what arrives, without decoding it (no window, as there is no display):`)
		viewer += " j.video_0 ! queue ! mux."
	}
	viewer += "  j.audio_0 ! queue ! mux.  matroskamux name=mux ! filesink buffer-mode=unbuffered location=" + s.recording()
	s.viewer, err = s.launch("Viewer", viewer, "-e")
	return err
}

func (s *show) recording() string { return filepath.Join(s.folder, "recording.mkv") }

func (s *show) launch(name, pipeline string, flags ...string) (*launch.Process, error) {
	s.say("  gst-launch-1.0 %s\n", strings.Join(append(flags, pipeline), " "))
	return launch.Start(launch.Options{Name: name, Pipeline: pipeline, Flags: flags, Env: []string{
		"GST_PLUGIN_PATH=" + s.build, "GST_REGISTRY=" + filepath.Join(s.build, "registry.bin")}})
}

// watch returns when enough of the film has arrived, when the user has had enough, or when it won't come any more.
func (s *show) watch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.length+patience)
	defer cancel()
	ctx, stop := s.viewer.Alive(ctx)
	defer stop()
	ctx, stopPlayer := s.player.Alive(ctx)
	defer stopPlayer()
	for _, wanted := range []struct {
		length time.Duration
		words  string
	}{
		{1, fmt.Sprintf("The film arrives. Recording %v of it (Ctrl-C ends earlier) ...", s.length)},
		{s.length, "That's it."},
	} {
		_, err := media.WaitMatroska(ctx, s.recording(), func(m *media.Matroska) bool {
			track, err := m.Track("V_VP8")
			return err == nil && track.Span() >= wanted.length
		})
		if err != nil {
			s.say("Ending: %v", context.Cause(ctx))
			return
		}
		s.say("%s", wanted.words)
	}
}

// finish lets both participants leave, the viewer first, and looks at what it got.
func (s *show) finish() (result, error) {
	failed := errors.Join(leave(s.viewer), leave(s.player))
	result, err := s.inspect()
	if err != nil {
		return result, errors.Join(failed, err)
	}
	s.say("\nReceived: %d frames in %.1f seconds, %dx%d, VP8, and %.1f seconds of Opus sound.",
		result.frames, result.pictures.Seconds(), result.width, result.height, result.sound.Seconds())
	s.say("  the recording: %s\n  a still of it: %s", result.file, result.still)
	return result, failed
}

// leave does what Ctrl-C does.
func leave(p *launch.Process) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience/3)
	defer cancel()
	p.Interrupt()
	code, err := p.Wait(ctx)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s ended with exit code %d:\n%s", p.Name, code, strings.Join(p.Errors(), "\n"))
	}
	return err
}

func (s *show) inspect() (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	got := result{file: s.recording(), still: filepath.Join(s.folder, "still.png")}
	file, err := media.ReadMatroska(got.file)
	if err != nil {
		return got, err
	}
	video, err := file.Track("V_VP8")
	if err != nil {
		return got, err
	}
	got.frames, got.pictures = len(video.Frames), video.Span()
	if sound, err := file.Track("A_OPUS"); err == nil {
		got.sound = sound.Span()
	}
	if err := media.WriteStill(ctx, got.file, got.still); err != nil {
		return got, err
	}
	return got, got.measureStill()
}

// measureStill takes the picture's size off the still: the recording's header has that of the first, and a bridge begins with
// the smallest of the sizes that are sent.
func (r *result) measureStill() error {
	file, err := os.Open(r.still)
	if err != nil {
		return err
	}
	defer file.Close()
	still, err := png.DecodeConfig(file)
	r.width, r.height = still.Width, still.Height
	return err
}

// end ends what still runs.
func (s *show) end() {
	for _, p := range []*launch.Process{s.viewer, s.player} {
		if p != nil {
			p.Kill()
		}
	}
	if s.server != nil {
		s.server.Close()
	}
}
