// Package e2e lets participants meet in a conference of the local deployment, each a gst-launch-1.0 process of
// its own with a pipeline as users type it, and judges what arrives by decoded pictures and sound.
package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

// patience is what a test may take as a whole on a busy machine of two cores; none waits for it but to fail.
const patience = 90 * time.Second

// leavePatience is what a participant may take to end; one that takes longer hangs.
const leavePatience = 10 * time.Second

// The deployment that all tests share who ask for nothing special: the local one, or another. They keep to rooms of their own.
var (
	local     *deployment.Deployment
	elsewhere *remote
)

func TestMain(m *testing.M) {
	if elsewhere = against(); elsewhere != nil {
		os.Exit(m.Run())
	}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if local, err = deployment.Start(ctx, deployment.Options{SSRCRewriting: rewriting()}); err != nil {
		fmt.Fprintln(os.Stderr, "start the local deployment:", err)
		os.Exit(1)
	}
	code := m.Run()
	local.Close()
	cancel()
	os.Exit(code)
}

// rewriting says whether the bridges of all tests rewrite SSRCs: `make e2e-rewriting`.
func rewriting() bool { return os.Getenv("JITSI_SSRC_REWRITING") != "" }

// room is a conference in which a test's participants meet.
type room struct {
	t      *testing.T
	ctx    context.Context
	server server
	remote *remote // the same, where it isn't local
	name   string
	joined int // how often somebody has joined
}

// newRoom makes a room named after the test on the shared deployment.
func newRoom(t *testing.T) *room {
	if elsewhere == nil {
		return newRoomAt(t, local)
	}
	its := *elsewhere
	its.t = t
	r := newRoomAt(t, &its)
	r.remote = &its
	r.name += "-" + its.suffix
	return r
}

// newRoomWith makes a room on a deployment of its own.
func newRoomWith(t *testing.T, options deployment.Options) *room {
	t.Helper()
	if elsewhere != nil {
		t.Skipf("needs a deployment of its own, and not %s: %+v", elsewhere.location, options)
	}
	options.SSRCRewriting = options.SSRCRewriting || rewriting()
	server, err := deployment.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return newRoomAt(t, server)
}

// rooms counts them: a test that is run twice on one deployment finds a new room.
var rooms atomic.Int32

var notInRoomNames = regexp.MustCompile(`[^a-z0-9]+`)

func newRoomAt(t *testing.T, server server) *room {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	name := fmt.Sprint(notInRoomNames.ReplaceAllString(strings.ToLower(t.Name()), ""), rooms.Add(1))
	r := &room{t: t, ctx: ctx, server: server, name: name}
	t.Cleanup(func() {
		if t.Failed() && r.remote == nil {
			t.Logf("what the deployment saw:\n%s", r.events())
		}
	})
	return r
}

// events are those of this room, one a line.
func (r *room) events() string {
	var text strings.Builder
	for _, event := range r.server.Events() {
		if event.Room == "" || event.Room == r.name {
			fmt.Fprintln(&text, event)
		}
	}
	return text.String()
}

// waitFor waits for the nth event of a kind in this room, of one participant unless id is empty.
func (r *room) waitFor(n int, kind events.Kind, id string) events.Event {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience/3)
	defer cancel()
	event, err := r.server.WaitForNth(ctx, n, func(e events.Event) bool {
		return e.Room == r.name && e.Kind == kind && (id == "" || e.Endpoint == id)
	})
	if err != nil {
		r.t.Fatalf("wait for %s of %q, number %d: %v", kind, id, n, context.Cause(ctx))
	}
	return event
}

// participant is a process whose pipeline has one of the elements.
type participant struct {
	*launch.Process
	room     *room
	id       string // its endpoint id
	pictures []*media.Stream[media.Picture]
	sound    []*media.Stream[media.Sound]
}

// What a pipeline of the tests may have in braces, beside {room}: the properties that lead into the room.
const (
	// {pictures}: hands decoded pictures to the test; the nth of them is participant.pictures[n]
	pictureSink                 = `videoconvert ! videoscale ! video/x-raw,format=RGB,width=%d,height=%d ! fdsink fd=%d`
	pictureWidth, pictureHeight = 320, 180
	// {sound}: the same with sound
	soundSink = `audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=%d,channels=1 ! fdsink fd=%d`
	// {small}: pictures of so few pixels that ten can be encoded and decoded at a time on this machine
	small = `video/x-raw,width=320,height=180,framerate=15/1`
)

// changedTable is a warning of an RTP session's (up to 1.28): it lets go of its lock while it goes through its sources to schedule requests for
// lost packets (schedule_remaining_nacks), and stops there when one is added meanwhile. The next report makes up for it.
const changedTable = "g_hash_table_foreach: assertion 'version == hash_table->version' failed"

func isKnown(critical string) bool { return strings.Contains(critical, changedTable) }

var brace = regexp.MustCompile(`\{(room|pictures|sound|small)\}`)

// start starts a pipeline. What it has printed is shown if the test fails.
func (r *room) start(name, pipeline string, flags ...string) *participant {
	r.t.Helper()
	return r.startWith(launch.Options{Name: name, Pipeline: pipeline, Flags: flags})
}

func (r *room) startWith(options launch.Options) *participant {
	r.t.Helper()
	p := &participant{room: r}
	options.Env = append(environment(r.t), options.Env...)
	pipe := func() (*os.File, int) {
		read, write, err := os.Pipe()
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(func() { read.Close() })
		options.Files = append(options.Files, write)
		return read, 2 + len(options.Files)
	}
	options.Pipeline = brace.ReplaceAllStringFunc(strings.Join(strings.Fields(options.Pipeline), " "), func(word string) string {
		switch word {
		case "{room}":
			return r.roomProperties()
		case "{pictures}":
			read, fd := pipe()
			p.pictures = append(p.pictures, media.Pictures(options.Name, read, pictureWidth, pictureHeight))
			return fmt.Sprintf(pictureSink, pictureWidth, pictureHeight, fd)
		case "{sound}":
			read, fd := pipe()
			p.sound = append(p.sound, media.Sounds(options.Name, read))
			return fmt.Sprintf(soundSink, media.Rate, fd)
		default:
			return small
		}
	})
	var err error
	p.Process, err = launch.Start(options)
	for _, file := range options.Files {
		file.Close() // the process has its own
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		p.Kill()
		if found := slices.DeleteFunc(p.Criticals(), isKnown); len(found) > 0 {
			r.t.Errorf("%s: GStreamer noticed programming errors:\n%s", p.Name, strings.Join(found, "\n"))
		}
		if r.t.Failed() {
			r.t.Logf("%s: gst-launch-1.0 %s\n%s", p.Name, options.Pipeline, p.Output())
		}
	})
	return p
}

// environment makes gst-launch find the plugin that `make build` has made, and no user's registry is touched.
func environment(t *testing.T) []string {
	build, err := filepath.Abs("../../build")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(build, "libgstjitsi.so")); err != nil {
		t.Fatalf("the plugin isn't built, run `make build`: %v", err)
	}
	return []string{"GST_PLUGIN_PATH=" + build, "GST_REGISTRY=" + filepath.Join(build, "registry.bin")}
}

// join starts a pipeline and waits until it is in the room, so that the order of arrival is known.
func (r *room) join(name, pipeline string, flags ...string) *participant {
	r.t.Helper()
	return r.joinWith(launch.Options{Name: name, Pipeline: pipeline, Flags: flags})
}

func (r *room) joinWith(options launch.Options) *participant {
	r.t.Helper()
	p := r.startWith(options)
	r.joined++
	if r.remote != nil {
		p.id = p.joinedAs()
		return p
	}
	p.id = r.waitFor(r.joined, events.Joined, "").Endpoint
	return p
}

// joinedAs is a participant's own word, for want of the deployment's.
func (p *participant) joinedAs() string {
	p.room.t.Helper()
	joined, err := p.WaitMessage(p.room.ctx, 0, "jitsi-state-changed", "state=joined")
	if err != nil {
		p.room.t.Fatal(err)
	}
	return joined.Fields["id"]
}

// shows waits until the nth of a participant's {pictures} shows a kind of picture.
func (p *participant) shows(n int, kind string) {
	p.room.t.Helper()
	if err := media.WaitPicture(p.room.ctx, p.pictures[n], kind); err != nil {
		p.room.t.Fatal(err)
	}
}

// sounds waits until the nth of a participant's {sound} is a tone.
func (p *participant) sounds(n int, hertz float64) {
	p.room.t.Helper()
	if err := media.WaitTone(p.room.ctx, p.sound[n], hertz); err != nil {
		p.room.t.Fatal(err)
	}
}

// says waits for an element message after the mark.
func (p *participant) says(after launch.Mark, name string, fields ...string) {
	p.room.t.Helper()
	if _, err := p.WaitMessage(p.room.ctx, after, name, fields...); err != nil {
		p.room.t.Fatal(err)
	}
}

// count is how often something has happened to a participant.
func (r *room) count(kind events.Kind, id string) (n int) {
	for _, event := range r.server.Events() {
		if event.Room == r.name && event.Kind == kind && event.Endpoint == id {
			n++
		}
	}
	return n
}

// leave does what Ctrl-C does, and waits until the process has ended and the deployment has seen it leave.
func (p *participant) leave() {
	p.room.t.Helper()
	p.Interrupt()
	p.exits(0)
	if p.room.remote == nil {
		p.room.waitFor(1, events.Left, p.id)
	}
}

// exits waits for the end and checks the exit code.
func (p *participant) exits(want int) {
	p.room.t.Helper()
	ctx, cancel := context.WithTimeout(p.room.ctx, leavePatience)
	defer cancel()
	if code, err := p.Wait(ctx); err != nil || code != want {
		p.room.t.Fatalf("%s: exit code %d, want %d; %v", p.Name, code, want, err)
	}
}

// Senders, told apart by colour and tone.
func sink(colour string, hertz int) string {
	return fmt.Sprintf(`videotestsrc is-live=true pattern=%s ! {small} ! jitsisink name=j {room} nick=%[1]s
		audiotestsrc is-live=true freq=%d volume=0.5 ! j.`, colour, hertz)
}

// bin is a participant who also receives the first other one.
func bin(colour string, hertz int) string {
	return fmt.Sprintf(`videotestsrc is-live=true pattern=%s ! {small} ! j.video_sink_0
		audiotestsrc is-live=true freq=%d volume=0.5 ! j.audio_sink_0
		jitsibin name=j {room} nick=%[1]s  j.video_src_0 ! {pictures}  j.audio_src_0 ! {sound}`, colour, hertz)
}

// receiver is one who only receives, the first participant.
const receiver = `jitsisrc name=j {room} nick=receiver  j.video_0 ! {pictures}  j.audio_0 ! {sound}`
