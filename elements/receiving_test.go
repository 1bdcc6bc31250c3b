package elements

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/media"
	"gstjitsi/tests/robot"
)

// encodeFilm makes a second of picture and sound for robots.
func encodeFilm(t *testing.T) *robot.Film {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	p := launch(t, `videotestsrc num-buffers=15 ! video/x-raw,width=320,height=180,framerate=15/1 ! vp8enc deadline=1 ! mux.
		audiotestsrc num-buffers=50 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! mux. matroskamux name=mux ! filesink location=`+file)
	defer p.SetState(gst.StateNull)
	p.SetState(gst.StatePlaying)
	if m := p.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatal("the film can't be encoded")
	}
	film, err := robot.ReadFilm(file)
	if err != nil {
		t.Fatal(err)
	}
	return film
}

// mediaThreads counts the threads of a pipeline: one for each task of a pad, and one for the timers of each jitter
// buffer. The names of a process's threads are no help: those of Go inherit them.
func mediaThreads(p gst.Pipeline) (n int) {
	for child := range p.IterateRecurse().Values() {
		element := child.(gst.Element)
		if factory := element.GetFactory(); factory != nil && factory.GetName() == "rtpjitterbuffer" {
			n++
		}
		for pad := range element.IteratePads().Values() {
			if pad.(gst.Pad).GetTaskState() == gst.TaskStarted {
				n++
			}
		}
	}
	return n
}

// eventually looks until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	timeout := time.After(patience)
	for !holds() {
		select {
		case <-look.C:
		case <-timeout:
			t.Fatalf("it never came to %s", what)
		}
	}
}

func TestOneParticipantMoreAddsFewThreadsAndNoDecoder(t *testing.T) {
	film, location := encodeFilm(t), startDeployment(t)+"/Threads"
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	enter := func() {
		r, err := robot.Join(ctx, robot.Options{Location: location, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Film: film})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Leave() })
	}
	p := launch(t, "jitsisrc name=j local-addresses=127.0.0.1 location="+location+
		" j.video_0 ! fakesink name=v0  j.audio_0 ! fakesink name=a0  j.video_1 ! fakesink name=v1  j.audio_1 ! fakesink name=a1")
	defer p.SetState(gst.StateNull)
	carries := func(pad string) bool {
		active, _ := p.GetByName("j").GetStaticPad(pad).ObjectProperty("active").(bool)
		return active
	}
	enter()
	p.SetState(gst.StatePlaying)
	eventually(t, "media of the first", func() bool { return carries("video_0") && carries("audio_0") })
	// the pads of the second are filled meanwhile: what fills them ends when somebody comes
	fillers := func() int { return len(elementsLike(p, "testsrc")) }
	eventually(t, "fillers on the empty pads", func() bool { return fillers() == 2 })
	before := mediaThreads(p) - 2
	enter()
	eventually(t, "media of the second", func() bool { return carries("video_1") && carries("audio_1") && fillers() == 0 })
	if more := mediaThreads(p) - before; more > 6 {
		t.Errorf("one participant more has %d threads, want 6 at most", more)
	} else {
		t.Logf("one participant more has %d threads", more)
	}
	if decoders := elementsLike(p, "dec"); len(decoders) > 0 {
		t.Errorf("encoded media is received with %q", decoders)
	}
}

// elementsLike lists the elements of a pipeline, within bins, too, of factories named so, but for those that decrypt or are
// part of rtpbin.
func elementsLike(p gst.Pipeline, part string) (found []string) {
	for child := range p.IterateRecurse().Values() {
		factory := child.(gst.Element).GetFactory()
		if factory == nil || strings.Contains(factory.GetMetadata("klass"), "RTP") {
			continue
		}
		name := factory.GetName()
		if strings.Contains(name, part) && !strings.HasPrefix(name, "dtls") && !strings.HasPrefix(name, "srtp") && !strings.HasPrefix(name, "rtp") {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// A screen comes and goes while a camera and a microphone of the same participant are recorded.
func TestAScreenThatComesAndGoesTakesNothingFromTheOthers(t *testing.T) {
	location := " local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Screens"
	file := filepath.Join(t.TempDir(), "recording.mkv")
	sender := launch(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! vp8enc deadline=1 keyframe-max-dist=30 !
		jitsisink name=j`+location+` audiotestsrc is-live=true ! opusenc ! j.`)
	defer sender.SetState(gst.StateNull)
	receiver := launch(t, `jitsisrc name=j`+location+` matroskamux name=mux ! filesink location=`+file+`
		j.video_0 ! queue ! mux.  j.audio_0 ! queue ! mux.  j.video_desktop ! video/x-raw ! fakesink name=screen`)
	defer receiver.SetState(gst.StateNull)
	sender.SetState(gst.StatePlaying)
	receiver.SetState(gst.StatePlaying)
	until := func(name string, active bool) {
		t.Helper()
		untilActive(t, receiver, name, active)
	}
	until("video_0", true)
	until("audio_0", true)
	var before int
	for round := range 8 {
		stop := shareScreen(t, sender)
		until("video_desktop", true)
		stop()
		until("video_desktop", false)
		count := len(elementsLike(receiver, ""))
		if round == 1 {
			before = count
		}
		// What fills the pad may be there; what carried the screen goes on goroutines of its own.
		for deadline := time.Now().Add(patience); round > 1 && count > before+2 && time.Now().Before(deadline); count = len(elementsLike(receiver, "")) {
			runtime.Gosched()
		}
		if round > 1 && count > before+2 {
			t.Errorf("round %d: %d elements, %d in the second", round, count, before)
		}
	}
	endRecording(t, receiver)
	checkComplete(t, file)
}

// checkComplete sees whether a recording has every frame from the first to the last.
func checkComplete(t *testing.T, file string) {
	t.Helper()
	recording, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	for codec, frame := range map[string]time.Duration{"V_VP8": time.Second / 15, "A_OPUS": 20 * time.Millisecond} {
		track, err := recording.Track(codec)
		if err != nil {
			t.Fatal(err)
		}
		if want := int(track.Span()/frame) + 1; len(track.Frames) < want-2 {
			t.Errorf("%s: %d of %d frames in %v; gaps: %s", codec, len(track.Frames), want, track.Span(), track.Gaps(2*frame))
		}
	}
}

func endRecording(t *testing.T, receiver gst.Pipeline) {
	t.Helper()
	receiver.SendEvent(gst.NewEventEOS())
	if m := receiver.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatal("the recording did not end")
	}
}

// untilActive waits until media arrives for a pad of the element j, or no longer does.
func untilActive(t *testing.T, p gst.Pipeline, pad string, active bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("pad %s with active=%v", pad, active), func() bool {
		now, _ := p.GetByName("j").GetStaticPad(pad).ObjectProperty("active").(bool)
		return now == active
	})
}

// One participant's sources come back under other SSRCs while another one is recorded.
func TestARenewedSessionTakesNothingFromTheOthers(t *testing.T) {
	film, location := encodeFilm(t), startDeployment(t)+"/Renewed"
	enter := func(nick string) *robot.Robot {
		r, err := robot.Join(t.Context(), robot.Options{
			Location: location, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Film: film, Nick: nick,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Leave() })
		return r
	}
	recorded, renewed := enter("recorded"), enter("renewed")
	file := filepath.Join(t.TempDir(), "recording.mkv")
	receiver := launch(t, fmt.Sprintf(`jitsisrc name=j local-addresses=127.0.0.1 location=%s matroskamux name=mux ! filesink location=%s
		j.video_%s ! queue ! mux.  j.audio_%[3]s ! queue ! mux.  j.video_%[4]s ! fakesink  j.audio_%[4]s ! fakesink`,
		location, file, recorded.ID(), renewed.ID()))
	defer receiver.SetState(gst.StateNull)
	receiver.SetState(gst.StatePlaying)
	for _, r := range []*robot.Robot{recorded, renewed} {
		untilActive(t, receiver, "video_"+r.ID(), true)
		untilActive(t, receiver, "audio_"+r.ID(), true)
	}
	ssrc := func() uint32 {
		ssrc, _ := receiver.GetByName("j").GetStaticPad("video_" + renewed.ID()).ObjectProperty("ssrc").(uint32)
		return ssrc
	}
	var elements int
	for round := range 4 {
		before := ssrc()
		renewed.Renew()
		eventually(t, "another SSRC", func() bool { now := ssrc(); return now != 0 && now != before })
		untilActive(t, receiver, "video_"+renewed.ID(), true)
		untilActive(t, receiver, "audio_"+renewed.ID(), true)
		if round == 0 {
			elements = len(elementsLike(receiver, ""))
		}
	}
	eventually(t, "as many elements as in the first round", func() bool { return len(elementsLike(receiver, "")) <= elements })
	endRecording(t, receiver)
	checkComplete(t, file)
}

// shareScreen adds a screen to a sender that plays.
func shareScreen(t *testing.T, sender gst.Pipeline) (stop func()) {
	t.Helper()
	source := gst.ElementFactoryMake("videotestsrc", "")
	source.SetObjectProperty("is-live", true)
	filter := gst.ElementFactoryMake("capsfilter", "")
	filter.SetObjectProperty("caps", gst.CapsFromString("video/x-raw,width=320,height=180,framerate=15/1"))
	sender.Add(source)
	sender.Add(filter)
	source.Link(filter)
	sink := sender.GetByName("j")
	pad := sink.RequestPadSimple("video_1")
	if pad == nil || filter.GetStaticPad("src").Link(pad) != gst.PadLinkOK {
		t.Fatal("the screen can't be linked")
	}
	filter.SyncStateWithParent()
	source.SyncStateWithParent()
	return func() {
		source.SetState(gst.StateNull)
		filter.SetState(gst.StateNull)
		filter.GetStaticPad("src").Unlink(pad)
		sink.ReleaseRequestPad(pad)
		sender.Remove(source)
		sender.Remove(filter)
	}
}

// What is asked of the bridge follows the properties while the element plays.
func TestLimitsChangeInTheMiddleOfAConference(t *testing.T) {
	location := " local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Limits"
	sender := launch(t, `videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=15/1 ! jitsisink name=j`+location)
	defer sender.SetState(gst.StateNull)
	receiver := launch(t, `jitsisrc name=j`+location+` j.video_0 ! video/x-raw ! fakesink name=out`)
	defer receiver.SetState(gst.StateNull)
	heights := make(chan int32, 1000)
	receiver.GetByName("out").GetStaticPad("sink").AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if event := info.GetEvent(); event.GetType() == gst.EventCaps {
			if height, ok := event.ParseCaps().GetStructure(0).GetInt("height"); ok {
				heights <- height
			}
		}
		return gst.PadProbeOK
	})
	until := func(want int32) {
		t.Helper()
		timeout := time.After(patience)
		for {
			select {
			case height := <-heights:
				if height == want {
					return
				}
			case <-timeout:
				t.Fatalf("no picture of height %d came", want)
			}
		}
	}
	sender.SetState(gst.StatePlaying)
	receiver.SetState(gst.StatePlaying)
	until(360)
	receiver.GetByName("j").SetObjectProperty("max-height", uint32(180))
	until(180)
	receiver.GetByName("j").SetObjectProperty("max-height", uint32(0))
	until(360)
	receiver.GetByName("j").GetStaticPad("video_0").SetObjectProperty("max-height", uint32(180))
	until(180)
}
