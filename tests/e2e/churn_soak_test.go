//go:build soak

package e2e

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
	"gstjitsi/tests/robot"
	"gstjitsi/tests/soak"
)

const (
	fixed        = 3   // who stay, and are recorded
	mostOthers   = 20  // who come and go
	leastChanges = 400 // comings and goings: each of the twenty comes and goes ten times
	otherSlots   = 4
	mostSilence  = 200 * time.Millisecond
	// allowedGrowth is of memory, in bytes, from the most in the second quarter to the most in the last. The allocator's arenas grow with the
	// most who were there at once: a recorder has 93 to 98 MB in the end, whether that is after two minutes or after five.
	allowedGrowth = 20 << 20
	spareThreads  = 4 // of Go, which keeps some
)

// TestSoakRecordingsSurviveChurn records three participants while twenty others come and go in random order.
func TestSoakRecordingsSurviveChurn(t *testing.T) {
	run, room, dir := soak.Begin(t), newRoom(t), t.TempDir()
	room.ctx = t.Context() // as long as it takes
	c := &churn{
		room: room, run: run,
		stays: encodeRobotFilm(t, "stays", 960), comes: encodeRobotFilm(t, "comes", 2880), silent: encodeRobotFilm(t, "silent", 0),
	}
	for n := range fixed {
		c.enter(fmt.Sprint("fixed ", n), c.stays)
	}
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"}, Pipeline: churnRecorder()})
	for n := range fixed {
		recorder.recorded(filepath.Join(dir, fmt.Sprintf("%d.mkv", n)), "V_VP8", 3*time.Second)
	}
	start, memory := threads(t, recorder), []int(nil)
	for n := 0; n < leastChanges || run.Goes(); n++ {
		c.change()
		memory = append(memory, resident(t, recorder))
		run.Pause(500 * time.Millisecond)
	}
	for len(c.others) > 0 {
		c.leave(0)
	}
	room.until(func() (string, bool) {
		n := threads(t, recorder)
		return fmt.Sprintf("%d threads, %d at the start", n, start), n <= start+spareThreads
	})
	quarter := len(memory) / 4
	before, after := slices.Max(memory[quarter:2*quarter]), slices.Max(memory[3*quarter:])
	t.Logf("the recorder's memory: at most %d KiB in the second quarter, %d in the last", before>>10, after>>10)
	if after-before > allowedGrowth {
		t.Errorf("the recorder's memory has grown by %d KiB", (after-before)>>10)
	}
	recorder.leave()
	for n := range fixed {
		checkTracks(t, filepath.Join(dir, fmt.Sprintf("%d.mkv", n)))
	}
}

// churnRecorder records the first slots and takes the others as they are.
func churnRecorder() string {
	pipeline := `jitsisrc name=j {room}`
	for n := range fixed {
		pipeline += fmt.Sprintf(` matroskamux name=m%d ! filesink location=%[1]d.mkv j.video_%[1]d ! queue ! m%[1]d. j.audio_%[1]d ! queue ! m%[1]d.`, n)
	}
	for n := range otherSlots {
		pipeline += fmt.Sprintf(` j.video_%d ! fakesink async=false j.audio_%[1]d ! fakesink async=false`, fixed+n)
	}
	return pipeline
}

// churn is who comes and goes.
type churn struct {
	*room
	run                  *soak.Run
	stays, comes, silent *robot.Film
	others               []*robot.Robot
}

func (c *churn) enter(nick string, film *robot.Film) *robot.Robot {
	c.t.Helper()
	r, err := robot.Join(c.ctx, robot.Options{
		Location: c.server.URL() + "/" + c.name, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Nick: nick, Film: film,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.joined++
	c.waitFor(c.joined, events.Joined, "")
	if film == c.stays {
		c.t.Cleanup(func() { r.Leave() })
	}
	return r
}

func (c *churn) change() {
	if n := len(c.others); n == 0 || n < mostOthers && c.run.Chance(50) {
		c.run.Step("somebody joins %d others", n)
		film := c.silent // everybody gets everybody's sound: that of all would be a test of the bridge
		if c.run.Chance(25) {
			film = c.comes
		}
		c.others = append(c.others, c.enter("guest", film))
		return
	}
	c.leave(c.run.IntN(len(c.others)))
}

func (c *churn) leave(n int) {
	c.run.Step("number %d of %d leaves", n, len(c.others))
	if err := c.others[n].Leave(); err != nil {
		c.t.Error(err)
	}
	c.others = slices.Delete(c.others, n, n+1)
}

// until looks until something holds.
func (r *room) until(holds func() (state string, ok bool)) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		state, ok := holds()
		if ok {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			r.t.Fatal(state)
		}
	}
}

func threads(t *testing.T, p *participant) int {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	return len(tasks)
}

// resident is a process's memory, in bytes.
func resident(t *testing.T, p *participant) (bytes int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &bytes); n == 1 {
			return bytes << 10
		}
	}
	t.Fatal("the kernel does not tell the memory")
	return 0
}

func checkTracks(t *testing.T, file string) {
	t.Helper()
	recording, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	if !recording.Finalised {
		t.Errorf("%s has no length or index", file)
	}
	for _, codec := range []string{"V_VP8", "A_OPUS"} {
		track, err := recording.Track(codec)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s: %d frames in %v", file, codec, len(track.Frames), track.Span())
		if gaps := track.Gaps(mostSilence); gaps != "" {
			t.Errorf("%s: %s has gaps: %s", file, codec, gaps)
		}
	}
}

// encodeRobotFilm makes two seconds of picture, and of sound in packets of so many samples unless there are none.
func encodeRobotFilm(t *testing.T, name string, samples int) *robot.Film {
	t.Helper()
	file := filepath.Join(t.TempDir(), name+".mkv")
	pipeline := "videotestsrc num-buffers=30 ! video/x-raw,width=320,height=180,framerate=15/1 ! vp8enc deadline=1 keyframe-max-dist=15 ! mux. " +
		"matroskamux name=mux ! filesink location=" + file
	if samples > 0 {
		pipeline += fmt.Sprintf(" audiotestsrc num-buffers=%d samplesperbuffer=%d ! audio/x-raw,rate=48000 ! opusenc frame-size=%d ! mux.",
			96000/samples, samples, samples/48)
	}
	p, err := launch.Start(launch.Options{Name: "encoder", Pipeline: pipeline})
	if err != nil {
		t.Fatal(err)
	}
	if code, err := p.Wait(t.Context()); err != nil || code != 0 {
		t.Fatalf("encode: code %d, %v\n%s", code, err, p.Output())
	}
	film, err := robot.ReadFilm(file)
	if err != nil {
		t.Fatal(err)
	}
	return film
}
