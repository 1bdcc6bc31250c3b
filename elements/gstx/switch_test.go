package gstx

import (
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// switching is a pipeline with elements named a, b, … in front of the inputs of a switch, and a sink behind it.
type switching struct {
	*Switch
	pipeline gst.Pipeline
	inputs   map[string]Input

	mu    sync.Mutex
	times []gst.ClockTime // of what came out
	keys  []bool
	caps  []string
	heard []Input
	done  []Input // refused
}

func newSwitching(t *testing.T, text, caps string, names ...string) *switching {
	t.Helper()
	e, err := gst.ParseLaunch(text + " fakesink name=out async=false sync=false")
	if err != nil {
		t.Fatal(err)
	}
	s := &switching{pipeline: e.(gst.Pipeline), inputs: map[string]Input{}}
	t.Cleanup(func() { s.pipeline.SetState(gst.StateNull) })
	note := func(list *[]Input) func(Input) {
		return func(i Input) {
			s.mu.Lock()
			defer s.mu.Unlock()
			*list = append(*list, i)
		}
	}
	s.Switch = NewSwitch(caps, 1, 0, SwitchEvents{Switched: note(&s.heard), Refused: note(&s.done)})
	s.pipeline.Add(s.Element)
	for _, name := range names {
		input, pad := s.AddInput()
		s.inputs[name] = input
		s.pipeline.GetByName(name).GetStaticPad("src").Link(pad)
	}
	out := s.pipeline.GetByName("out").GetStaticPad("sink")
	s.Output().Link(out)
	out.AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		s.mu.Lock()
		defer s.mu.Unlock()
		buffer := info.GetBuffer()
		s.times = append(s.times, buffer.PTS())
		s.keys = append(s.keys, !buffer.HasFlags(gst.BufferFlagDeltaUnit))
		return gst.PadProbeOK
	})
	out.AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		s.mu.Lock()
		defer s.mu.Unlock()
		if event := info.GetEvent(); event.GetType() == gst.EventCaps {
			s.caps = append(s.caps, event.ParseCaps().GetStructure(0).GetName())
		}
		return gst.PadProbeOK
	})
	return s
}

// at runs f when the nth buffer comes to the element of that name.
func (s *switching) at(name string, n int, f func()) {
	s.pipeline.GetByName(name).GetStaticPad("sink").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		if n--; n == 0 {
			f()
		}
		return gst.PadProbeOK
	})
}

// play plays until what stands in front of each of the names has come to its end.
func (s *switching) play(t *testing.T, names ...string) {
	t.Helper()
	var ends sync.WaitGroup
	for _, name := range names {
		ends.Add(1)
		s.pipeline.GetByName(name).GetStaticPad("src").AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
			if info.GetEvent().GetType() == gst.EventEOS {
				ends.Done()
			}
			return gst.PadProbeOK
		})
	}
	s.pipeline.SetState(gst.StatePlaying)
	ended := make(chan struct{})
	go func() { ends.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the sources never came to their end")
	}
	s.mu.Lock()
	t.Cleanup(s.mu.Unlock)
}

func TestEncodedVideoIsHeardFromAKeyFrameOnWhichIsAskedFor(t *testing.T) {
	s := newSwitching(t, `videotestsrc num-buffers=40 ! video/x-raw,width=64,height=48,framerate=10/1 !
		vp8enc keyframe-max-dist=15 deadline=1 ! identity name=a`, "video/x-vp8", "a")
	s.at("a", 5, func() { s.Await(s.inputs["a"]) })
	s.play(t, "a")
	if len(s.times) == 0 || !s.keys[0] || s.times[0] != gst.ClockTime(500*time.Millisecond) {
		t.Fatalf("came out at %v, key frames %v", s.times, s.keys)
	}
	if !slices.Equal(s.heard, []Input{s.inputs["a"]}) {
		t.Errorf("the owner was told of %v", s.heard)
	}
}

func TestTimeDoesNotGoBackWhenTheInputChanges(t *testing.T) {
	// b is two seconds behind a
	s := newSwitching(t, `videotestsrc num-buffers=20 ! video/x-raw,width=64,height=48,framerate=10/1 ! identity name=a
		videotestsrc num-buffers=40 is-live=true ! video/x-raw,width=64,height=48,framerate=40/1 ! identity name=b`, "video/x-raw", "a", "b")
	s.Show(s.inputs["a"])
	s.at("b", 20, func() { s.Await(s.inputs["b"]) })
	s.play(t, "a", "b")
	if !slices.IsSorted(s.times) {
		t.Errorf("came out at %v", s.times)
	}
	if len(s.times) <= 20 {
		t.Errorf("only %d came out: nothing of b", len(s.times))
	}
	if len(s.caps) != 2 {
		t.Errorf("caps came %d times, want one for each input", len(s.caps))
	}
}

func TestWhatIsNotHeardIsDropped(t *testing.T) {
	s := newSwitching(t, `videotestsrc num-buffers=10 ! identity name=a`, "video/x-raw", "a")
	s.play(t, "a")
	if len(s.times) != 0 {
		t.Errorf("%d came out", len(s.times))
	}
}

func TestAConstantPeerGetsNoOtherCodec(t *testing.T) {
	s := newSwitching(t, `videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48 ! vp8enc deadline=1 ! identity name=a
		videotestsrc num-buffers=40 is-live=true ! video/x-raw,width=128,height=96,framerate=40/1 ! tee name=t
		t. ! queue ! vp8enc deadline=1 keyframe-max-dist=1 ! identity name=b
		t. ! queue ! vp9enc deadline=1 cpu-used=8 keyframe-max-dist=1 ! identity name=c`, "video/x-vp8; video/x-vp9", "a", "b", "c")
	s.SetMuxer(muxerOf(t, "identity name=i ! matroskamux ! fakesink"))
	s.Show(s.inputs["a"])
	s.at("b", 10, func() { s.Await(s.inputs["b"]) })
	s.at("c", 25, func() { s.Await(s.inputs["c"]) })
	s.play(t, "a", "b", "c")
	if len(s.caps) != 1 {
		t.Errorf("caps came %d times", len(s.caps))
	}
	if len(s.times) <= 10 {
		t.Errorf("%d came out: another size of the same codec was refused", len(s.times))
	}
	if !slices.Equal(s.done, []Input{s.inputs["c"]}) {
		t.Errorf("refused was %v, want VP9", s.done)
	}
}

// A larger picture of the same encoder comes with other parameter sets.
func TestOtherParameterSetsAreLeftInTheStreamUnlessAParserWouldTellOfThem(t *testing.T) {
	for muxer, refused := range map[string]bool{"matroskamux": false, "h264parse ! matroskamux": true, "h264parse ! flvmux": false, "mp4mux": false,
		"mp4mux fragment-duration=1000": false, "h264parse ! mp4mux fragment-duration=1000": true} {
		s := newSwitching(t, `videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48 ! x264enc tune=zerolatency ! h264parse ! video/x-h264,stream-format=avc ! identity name=a
			videotestsrc num-buffers=20 is-live=true ! video/x-raw,width=128,height=96,framerate=40/1 ! x264enc tune=zerolatency key-int-max=1 ! h264parse !
			video/x-h264,stream-format=avc ! identity name=b`, "video/x-h264", "a", "b")
		s.SetMuxer(muxerOf(t, "identity name=i ! "+muxer+" ! fakesink"))
		s.Show(s.inputs["a"])
		s.at("b", 3, func() { s.Await(s.inputs["b"]) })
		s.play(t, "a", "b")
		if told := len(s.caps) > 1; told != regexp.MustCompile("(flv|mp4)mux$").MatchString(muxer) {
			t.Errorf("%s: caps came %d times", muxer, len(s.caps))
		}
		if got := len(s.times) <= 10; got != refused {
			t.Errorf("%s: %d came out", muxer, len(s.times))
		}
		if got := slices.Equal(s.done, []Input{s.inputs["b"]}); got != refused {
			t.Errorf("%s: refused was %v", muxer, s.done)
		}
	}
}

// muxerOf looks for a muxer behind the element i.
func muxerOf(t *testing.T, pipeline string) Muxer {
	t.Helper()
	e, err := gst.ParseLaunch(pipeline)
	if err != nil {
		t.Fatal(err)
	}
	return MuxerBehind(e.(gst.Bin).GetByName("i").GetStaticPad("src"))
}

func TestALastPictureIsRepeated(t *testing.T) {
	s := newSwitching(t, `videotestsrc num-buffers=3 ! video/x-raw,width=64,height=48,framerate=10/1 ! identity name=a
		videotestsrc num-buffers=20 is-live=true ! video/x-raw,width=16,height=16,framerate=20/1 ! identity name=b`, "video/x-raw", "a", "b")
	s.Show(s.inputs["a"])
	s.Fill(s.inputs["b"], nil, 0)
	s.Repeat(s.inputs["b"], true)
	s.at("b", 10, func() { s.Show(s.inputs["b"]) })
	s.play(t, "a", "b")
	if len(s.caps) != 1 || len(s.times) <= 3 {
		t.Errorf("%d came out with %d caps", len(s.times), len(s.caps))
	}
}

func TestAMuxerIsSeenThroughWhatStandsBeforeIt(t *testing.T) {
	for text, want := range map[string]struct{ found, fixed bool }{
		"identity name=i ! queue ! matroskamux ! fakesink":                                  {true, false},
		"identity name=i ! queue ! vp8dec ! videoconvert ! fakesink":                        {},
		"identity name=i ! fakesink":                                                        {},
		"identity name=i ! h264parse ! fakesink":                                            {},
		"identity name=i ! queue ! h264parse ! mp4mux ! fakesink":                           {true, false},
		"identity name=i ! h264parse ! mp4mux fragment-duration=1000 ! fakesink":            {true, true},
		"identity name=i ! h264parse ! queue ! matroskamux ! fakesink":                      {true, true},
		"identity name=i ! h264parse ! video/x-h264,stream-format=avc3 ! mp4mux ! fakesink": {true, false},
		"identity name=i ! h264parse ! mpegtsmux ! fakesink":                                {true, false},
		"identity name=i ! h264parse ! flvmux ! fakesink":                                   {true, false},
		"identity name=i ! vp9parse ! webmmux ! fakesink":                                   {true, false},
		"identity name=i ! video/x-h264,stream-format=avc ! mp4mux ! fakesink":              {true, false},
	} {
		m := muxerOf(t, text)
		if m.Found() != want.found || m.Fixed() != want.fixed {
			t.Errorf("%s: found %v, fixed %v", text, m.Found(), m.Fixed())
		}
	}
}
