package elements

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/robot"
)

// encodeTone makes a second of sound for robots.
func encodeTone(t *testing.T) *robot.Film {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tone.mka")
	p := launch(t, "audiotestsrc num-buffers=50 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! matroskamux ! filesink location="+file)
	defer p.SetState(gst.StateNull)
	p.SetState(gst.StatePlaying)
	m := p.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageEOS|gst.MessageError)
	if m == nil || m.Type() != gst.MessageEOS {
		t.Fatal("the tone can't be encoded")
	}
	film, err := robot.ReadFilm(file)
	if err != nil {
		t.Fatal(err)
	}
	return film
}

// jitterBuffers counts the threads of jitter buffers: one a stream that is received.
func jitterBuffers(t *testing.T) (n int) {
	t.Helper()
	names, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if comm, err := os.ReadFile(name); err == nil && strings.HasPrefix(string(comm), "rtpjitterbuffer") {
			n++
		}
	}
	return n
}

func TestThoseWhoLeaveAtOnceLeaveNoJitterBuffer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	film, location := encodeTone(t), startDeployment(t)+"/Hasty"
	enter := func() *robot.Robot {
		r, err := robot.Join(ctx, robot.Options{Location: location, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Film: film})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	stays := enter()
	defer stays.Leave()
	p := launch(t, "jitsisrc name=j local-addresses=127.0.0.1 location="+location+" j.audio_0 ! fakesink  j.audio_1 ! fakesink async=false")
	defer p.SetState(gst.StateNull)
	p.SetState(gst.StatePlaying)
	wait := func(wanted func(n int) bool, what string) {
		t.Helper()
		for !wanted(jitterBuffers(t)) {
			if ctx.Err() != nil {
				t.Fatalf("%s: there are %d jitter buffers", what, jitterBuffers(t))
			}
			runtime.Gosched()
		}
	}
	wait(func(n int) bool { return n == 1 }, "one participant")
	for range 5 {
		hasty := enter()
		if err := hasty.Sending(ctx); err != nil {
			t.Fatal(err)
		}
		wait(func(n int) bool { return n == 2 }, "somebody joined") // nothing came out of it yet: it holds 200 ms
		if err := hasty.Leave(); err != nil {
			t.Fatal(err)
		}
	}
	wait(func(n int) bool { return n == 1 }, "all hasty ones have left")
}

func TestAPipelinePausesWhileItHoldsMediaOfSomebodyWhoLeft(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	location := startDeployment(t) + "/Held"
	leaver, err := robot.Join(ctx, robot.Options{Location: location, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Film: encodeTone(t)})
	if err != nil {
		t.Fatal(err)
	}
	p := launch(t, "jitsisrc name=j local-addresses=127.0.0.1 location="+location+" j.audio_0 ! fakesink name=sink")
	held := make(chan struct{})
	var once sync.Once
	pad := p.GetByName("sink").GetStaticPad("sink")
	probe := pad.AddProbe(gst.PadProbeTypeBlock|gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		once.Do(func() { close(held) })
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	select {
	case <-held:
	case <-ctx.Done():
		t.Fatal("no sound came")
	}
	if err := leaver.Leave(); err != nil {
		t.Fatal(err)
	}
	waitMessage(t, p, "jitsi-source-removed")
	paused := make(chan struct{})
	go func() {
		p.SetState(gst.StatePaused)
		close(paused)
	}()
	select {
	case <-paused:
	case <-time.After(patience):
		t.Fatal("the pipeline doesn't pause")
	}
	pad.RemoveProbe(probe)
	p.SetState(gst.StateNull)
}
