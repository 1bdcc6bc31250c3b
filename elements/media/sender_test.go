package media

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

const patience = 30 * time.Second

// outlet stands for a transport's: a fakesink that says what arrives.
type outlet struct {
	codecs []Codec
	sink   gst.Pad
	caps   chan *gst.Caps
	drops  atomic.Bool
	skips  atomic.Int32

	hurries atomic.Bool
}

func (o *outlet) Codecs() []Codec            { return o.codecs }
func (o *outlet) Use(Codec) (gst.Pad, error) { return o.sink, nil }
func (o *outlet) Drop(on bool)               { o.drops.Store(on) }
func (o *outlet) Skip()                      { o.skips.Add(1) }
func (o *outlet) Hurry(queue gst.Element)    { o.hurries.Store(queue != nil) }

// rig is a pipeline whose source feeds a sender with n outlets.
type rig struct {
	t        *testing.T
	pipeline gst.Pipeline
	sender   *Sender
	taken    chan error // what SetCaps says
	outlets  []*outlet
}

func newRig(t *testing.T, source string, n int, codecs ...Codec) *rig {
	t.Helper()
	text := source + ` ! identity name=feed`
	for i := range n {
		text += fmt.Sprintf(` fakesink name=sink%d async=false`, i)
	}
	e, err := gst.ParseLaunch(text)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, pipeline: e.(gst.Pipeline), taken: make(chan error, 10)}
	t.Cleanup(func() { r.pipeline.SetState(gst.StateNull) })
	if r.sender, err = NewSender(r.pipeline, SenderOptions{Layers: n}); err != nil {
		t.Fatal(err)
	}
	r.sender.Input().AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if event := info.GetEvent(); event.GetType() == gst.EventCaps {
			r.taken <- r.sender.SetCaps(event.ParseCaps())
		}
		return gst.PadProbeOK
	})
	r.pipeline.GetByName("feed").GetStaticPad("src").Link(r.sender.Input())
	for i := range n {
		r.addOutlet(i, codecs)
	}
	return r
}

func (r *rig) addOutlet(i int, codecs []Codec) {
	o := &outlet{codecs: codecs, caps: make(chan *gst.Caps, 1000)}
	o.sink = r.pipeline.GetByName(fmt.Sprint("sink", i)).GetStaticPad("sink")
	o.sink.AddProbe(gst.PadProbeTypeBuffer, func(pad gst.Pad, _ *gst.PadProbeInfo) gst.PadProbeReturn {
		select {
		case o.caps <- pad.GetCurrentCaps():
		default:
		}
		return gst.PadProbeOK
	})
	r.outlets = append(r.outlets, o)
}

// play connects and starts everything.
func (r *rig) play() error {
	r.t.Helper()
	var list []Outlet
	for _, o := range r.outlets {
		list = append(list, o)
	}
	if err := r.sender.Connect(list); err != nil {
		r.t.Fatal(err)
	}
	r.sender.Open()
	r.pipeline.SetState(gst.StatePlaying)
	return within(r.t, r.taken)
}

func within[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("not reached")
	}
}

// arrives is the media type of what comes to an outlet, and its height.
func (r *rig) arrives(outlet int) (string, int) {
	r.t.Helper()
	s := within(r.t, r.outlets[outlet].caps).GetStructure(0)
	height, _ := s.GetInt("height")
	return s.GetName(), int(height)
}

func TestPicturesKeepToTheProfileThatEverybodyDecodes(t *testing.T) {
	r := newRig(t, `videotestsrc num-buffers=5 ! video/x-raw,format=Y444_12LE,width=64,height=48`, 1, VP9)
	if err := r.play(); err != nil {
		t.Fatal(err)
	}
	if profile := within(r.t, r.outlets[0].caps).GetStructure(0).GetString("profile"); profile != "0" {
		t.Errorf("VP9 has profile %q", profile)
	}
}

func TestRawMediaIsEncoded(t *testing.T) {
	for source, codec := range map[string]Codec{
		`videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48`:                             VP8,
		`videotestsrc num-buffers=5 ! video/x-raw,width=66,height=50`:                             VP9,
		`videotestsrc num-buffers=5 ! video/x-raw,width=320,height=180 ! videoconvert ! identity`: H264,
		`audiotestsrc num-buffers=20`:                                                             Opus,
	} {
		r := newRig(t, source, 1, codec)
		if err := r.play(); err != nil {
			t.Errorf("%s: %v", source, err)
		} else if caps, _ := r.arrives(0); caps != codec.Caps {
			t.Errorf("%s becomes %s", source, caps)
		}
	}
}

func TestEncodedMediaPassesAsItIs(t *testing.T) {
	const raw = `videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! `
	for source, codec := range map[string]Codec{
		raw + `vp8enc deadline=1`:                            VP8,
		raw + `vp9enc deadline=1`:                            VP9,
		raw + `x264enc tune=zerolatency`:                     H264,
		raw + `vp8enc deadline=1 ! rtpvp8pay`:                VP8,
		raw + `vp9enc deadline=1 ! rtpvp9pay`:                VP9,
		raw + `x264enc tune=zerolatency ! rtph264pay`:        H264,
		`audiotestsrc num-buffers=20 ! opusenc`:              Opus,
		`audiotestsrc num-buffers=20 ! opusenc ! rtpopuspay`: Opus,
	} {
		kinds := []Codec{VP8, VP9, H264}
		if codec.Media == "audio" {
			kinds = []Codec{Opus}
		}
		r := newRig(t, source, 1, kinds...)
		if err := r.play(); err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if caps, _ := r.arrives(0); caps != codec.Caps || r.sender.Codec() != codec.Name {
			t.Errorf("%s becomes %s, as %s", source, caps, r.sender.Codec())
		}
	}
}

func TestAnotherCodecThanTheConferencesIsAnError(t *testing.T) {
	for _, source := range []string{
		`videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! vp9enc deadline=1`,
		`videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! vp9enc deadline=1 ! rtpvp9pay`,
	} {
		r := newRig(t, source, 1, VP8)
		err := r.play()
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "vp9") || !strings.Contains(err.Error(), "video/x-vp8") {
			t.Errorf("%s: %v", source, err)
		}
		if r.sender.Used() != 0 {
			t.Errorf("%s: it is announced", source)
		}
	}
}

func TestSurroundSoundInOpusIsAnError(t *testing.T) {
	r := newRig(t, `audiotestsrc num-buffers=20 ! audio/x-raw,channels=6 ! opusenc`, 1, Opus)
	if err := r.play(); err == nil || !strings.Contains(err.Error(), "two channels") {
		t.Errorf("got %v", err)
	}
}

func TestRawMediaThatNothingEncodesNamesWhatIsMissing(t *testing.T) {
	r := newRig(t, `videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48`, 1,
		Codec{Name: "none", Media: "video", Caps: "video/x-none", Raw: "video/x-raw"})
	var missing *MissingElementError
	if err := r.play(); !errors.As(err, &missing) || !strings.Contains(err.Error(), "video/x-none") {
		t.Errorf("got %v", err)
	}
}

func TestPicturesAreSentInSeveralSizes(t *testing.T) {
	for _, tt := range []struct {
		width, height, layers int
		want                  []size
	}{
		{1280, 720, 3, []size{{320, 180}, {640, 360}, {1280, 720}}},
		{1920, 1080, 3, []size{{480, 270}, {960, 540}, {1920, 1080}}},
		{1279, 719, 3, []size{{638, 358}, {1279, 719}}},
		{640, 360, 3, []size{{320, 180}, {640, 360}}},
		{640, 358, 3, []size{{640, 358}}},
		{1280, 720, 1, []size{{1280, 720}}},
		{1280, 720, 2, []size{{640, 360}, {1280, 720}}},
	} {
		if got := layerSizes(size{tt.width, tt.height}, tt.layers); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%dx%d in %d layers: %v", tt.width, tt.height, tt.layers, got)
		}
	}
}

func TestABitrateIsSharedAmongTheLayers(t *testing.T) {
	heights := []int{180, 360, 720}
	for _, tt := range []struct {
		heights           []int
		bitrate, most, on int
		want              []int
	}{
		{heights, 3_000_000, 0, 3, []int{200_000, 500_000, 1_500_000}},
		{heights, 3_000_000, 4_000_000, 3, []int{200_000, 500_000, 2_300_000}},
		{heights, 9_000_000, 4_000_000, 3, []int{200_000, 500_000, 4_000_000}},
		{heights, 1_455_000, 0, 3, []int{130_000, 325_000, 1_000_000}},
		{heights, 710_000, 0, 3, []int{60_000, 150_000, 500_000}},
		{heights, 709_000, 0, 3, []int{200_000, 500_000, 0}},
		{heights, 959_000, 0, 2, []int{200_000, 500_000, 0}},
		{heights, 960_000, 0, 2, []int{83_489, 208_724, 667_785}},
		{heights, 455_000, 0, 3, []int{130_000, 325_000, 0}},
		{heights, 210_000, 0, 2, []int{60_000, 150_000, 0}},
		{heights, 209_000, 0, 3, []int{200_000, 0, 0}},
		{heights, 10_000, 0, 3, []int{10_000, 0, 0}},
		{[]int{720}, 100_000, 0, 0, []int{100_000}},
		{nil, 300_000, 0, 0, []int{}},
	} {
		if got := share(tt.heights, tt.bitrate, tt.most, tt.on); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%d among %v, %d on: %v", tt.bitrate, tt.heights, tt.on, got)
		}
	}
}

// drained waits until n buffers have come to an outlet from now on.
func (r *rig) drained(outlet, n int) {
	r.t.Helper()
	for len(r.outlets[outlet].caps) > 0 {
		<-r.outlets[outlet].caps
	}
	for range n {
		r.arrives(outlet)
	}
}

func TestLayersAreEncodedAsLongAsSomebodyWantsThem(t *testing.T) {
	r := newRig(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=720,framerate=30/1`, 3, VP8)
	if err := r.play(); err != nil {
		t.Fatal(err)
	}
	for layer, want := range []int{180, 360, 720} {
		if caps, height := r.arrives(layer); caps != VP8.Caps || height != want {
			t.Errorf("layer %d: %s of height %d", layer, caps, height)
		}
	}
	for _, tt := range []struct{ height, layers int }{{360, 2}, {180, 1}, {90, 1}, {0, 0}, {720, 3}} {
		r.sender.SetHeight(tt.height)
		r.stops(tt.layers)
	}
}

// enter waits until n pictures have come in.
func (r *rig) enter(n int) {
	r.t.Helper()
	entered := make(chan struct{}, 100)
	probe := r.sender.Input().AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		select {
		case entered <- struct{}{}:
		default:
		}
		return gst.PadProbeOK
	})
	defer r.sender.Input().RemoveProbe(probe)
	timeout := time.After(patience)
	for range n {
		select {
		case <-entered:
		case <-timeout:
			r.t.Fatal("no pictures come in")
		}
	}
}

// hold lets nothing into an outlet until it is released, and tells when the first buffer waits there.
func (r *rig) hold(outlet int) (held <-chan struct{}, release func()) {
	waits := make(chan struct{}, 1)
	sink := r.outlets[outlet].sink
	probe := sink.AddProbe(gst.PadProbeTypeBlock|gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		select {
		case waits <- struct{}{}:
		default:
		}
		return gst.PadProbeOK
	})
	return waits, func() { sink.RemoveProbe(probe) }
}

// TestNoEncoderWaitsForTheNetwork: its pictures would come later and later, each of them late by what those before it took to be sent.
func TestNoEncoderWaitsForTheNetwork(t *testing.T) {
	const raw = `videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1`
	for _, source := range []string{raw, raw + ` ! vp8enc deadline=1`, raw + ` ! vp8enc deadline=1 ! rtpvp8pay`} {
		r := newRig(t, source, 1, VP8)
		held, release := r.hold(0)
		if err := r.play(); err != nil {
			t.Fatal(err)
		}
		within(t, held)
		r.enter(5)
		release()
		r.drained(0, 5)
		if r.outlets[0].drops.Load() {
			t.Errorf("%s: nothing is sent", source)
		}
		for _, sync := range []bool{false, true} { // what is not paced by its timestamps would leave all at once
			r.sender.Disconnect()
			if !r.outlets[0].drops.Load() {
				t.Errorf("%s: a picture that is being sent is waited for", source)
			}
			r.sender.Configure(SenderOptions{Layers: 1, Sync: sync})
			if err := r.sender.Connect([]Outlet{r.outlets[0]}); err != nil {
				t.Fatal(err)
			}
			if hurries := r.outlets[0].hurries.Load(); hurries != (sync && source != raw) { // the bitrate of raw video is ours
				t.Errorf("%s, sync %v: that what waits for long is sent at once is %v", source, sync, hurries)
			}
		}
	}
}

// TestTheEndOfAStreamWaitsForItsLastPictures lets none of them leave for a while.
func TestTheEndOfAStreamWaitsForItsLastPictures(t *testing.T) {
	const raw = `videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48,framerate=30/1`
	for source, arrive := range map[string]int{raw: 1, raw + ` ! vp8enc deadline=1`: 5} { // an encoder of ours may still have some
		r := newRig(t, source, 1, VP8)
		ended := make(chan struct{}, 1)
		held, release := r.hold(0)
		r.sender.Input().AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
			if info.GetEvent().GetType() == gst.EventEOS {
				r.sender.Drain(patience)
				ended <- struct{}{}
				return gst.PadProbeDrop
			}
			return gst.PadProbeOK
		})
		if err := r.play(); err != nil {
			t.Fatal(err)
		}
		within(t, held)
		if len(ended) > 0 {
			t.Errorf("%s: it ended before its last picture had left", source)
		}
		release()
		within(t, ended)
		if n := len(r.outlets[0].caps); n < arrive {
			t.Errorf("%s: %d pictures have left at the end", source, n)
		}
		r.sender.Disconnect()
		r.sender.Drain(patience) // has nothing to wait for
	}
}

// stops waits until the outlets from one on get nothing any more, while those below go on. What is in the encoders and
// queues still comes.
func (r *rig) stops(from int) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		for _, o := range r.outlets[from:] {
			for len(o.caps) > 0 {
				<-o.caps
			}
		}
		r.enter(4)
		for below := range from {
			r.drained(below, 4)
		}
		if !slices.ContainsFunc(r.outlets[from:], func(o *outlet) bool { return len(o.caps) > 0 }) {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("layers from %d on don't stop", from)
		}
	}
}

// keyFrames says which outlets get key frames.
func (r *rig) keyFrames() <-chan int {
	keys := make(chan int, 1000)
	for i, o := range r.outlets {
		o.sink.AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
			if !info.GetBuffer().HasFlags(gst.BufferFlagDeltaUnit) {
				keys <- i
			}
			return gst.PadProbeOK
		})
	}
	return keys
}

func TestALayerThatTheNetworkDoesNotCarryEndsAtOnceAndTheOneBelowTakesItsPlace(t *testing.T) {
	r := newRig(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=720,framerate=30/1`, 3, VP8)
	keys := r.keyFrames()
	if err := r.play(); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for len(seen) < 3 {
		seen[within(t, keys)] = true
	}
	r.sender.SetBitrate(400_000, 0)
	for within(t, keys) != 1 { // but for key frames of the beginning that are still under way
	}
	if !r.outlets[2].drops.Load() || r.outlets[1].drops.Load() {
		t.Error("what is left of the large pictures is in the way of the others")
	}
	if r.outlets[0].skips.Load() != 0 {
		t.Error("pictures are thrown away although their bitrate hardly changes")
	}
	r.stops(2)
	r.sender.SetBitrate(3_000_000, 0)
	for within(t, keys) != 2 {
	}
	if r.outlets[2].drops.Load() {
		t.Error("the large pictures never come back")
	}
}

func TestOneSizeBeginsAnewWhenTheNetworkCarriesFarLess(t *testing.T) {
	r := newRig(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=720,framerate=30/1`, 1, VP8)
	keys := r.keyFrames()
	if err := r.play(); err != nil {
		t.Fatal(err)
	}
	within(t, keys)
	r.sender.SetBitrate(1_000_000, 0)
	if n := r.outlets[0].skips.Load(); n != 0 {
		t.Errorf("a third less: %d times", n)
	}
	r.sender.SetBitrate(400_000, 0)
	within(t, keys)
	if n := r.outlets[0].skips.Load(); n != 1 {
		t.Errorf("far less: %d times", n)
	}
}

func TestAKeyFrameThatMayBeOnItsWayIsNotThrownAway(t *testing.T) {
	began := time.Now()
	l := &layer{on: true, bitrate: 1000, begun: began}
	for _, step := range []struct {
		name    string
		on      bool
		bitrate int
		after   time.Duration
		want    bool
	}{
		{"far less soon after", true, 400, 900 * time.Millisecond, false},
		{"a little less", true, 600, 1100 * time.Millisecond, false},
		{"far less of what is off", false, 400, 1100 * time.Millisecond, false},
		{"far less", true, 400, 1100 * time.Millisecond, true},
		{"far less once more", true, 400, 2000 * time.Millisecond, false},
		{"far less a second later", true, 400, 2200 * time.Millisecond, true},
	} {
		l.on = step.on
		if got := l.beginAnew(step.bitrate, began.Add(step.after)); got != step.want {
			t.Errorf("%s: %v", step.name, got)
		}
	}
}

func TestARequestForTheFirstLayerIsForAll(t *testing.T) {
	r := newRig(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=720,framerate=30/1`, 3, VP8)
	keys := r.keyFrames()
	if err := r.play(); err != nil {
		t.Fatal(err)
	}
	for turn := range 2 {
		seen := map[int]bool{}
		for len(seen) < 3 {
			seen[within(t, keys)] = true
		}
		if turn == 0 {
			r.outlets[0].sink.GetPeer().SendEvent(NewKeyFrameRequest())
		}
	}
}

func TestAPictureOfAnotherSizeChangesTheLayersButNotWhatIsAnnounced(t *testing.T) {
	r := newRig(t, `videotestsrc is-live=true ! videoscale ! capsfilter name=size caps=video/x-raw,width=64,height=180,framerate=30/1`, 3, VP8)
	if err := r.play(); err != nil {
		t.Fatal(err)
	}
	for range 5 { // the source negotiates once more at the beginning, and a capsfilter that is changed meanwhile stops it
		r.arrives(0)
	}
	if n := r.sender.Used(); n != 3 {
		t.Errorf("%d outlets are used", n)
	}
	r.pipeline.GetByName("size").SetObjectProperty("caps", gst.CapsFromString("video/x-raw,width=128,height=360,framerate=30/1"))
	if _, height := r.arrives(1); height != 360 {
		t.Errorf("the second layer has a height of %d", height)
	}
	if n := r.sender.Used(); n != 3 {
		t.Errorf("%d outlets are used then", n)
	}
}

// A session may end before the first picture is encoded. vp8enc takes it for an error if it negotiates with nobody behind it.
func TestTheEndOfASessionIsNoErrorToAnEncoderThatStarts(t *testing.T) {
	r := newRig(t, `videotestsrc is-live=true ! video/x-raw,width=64,height=48`, 1, VP8)
	starts := make(chan struct{}, 1)
	r.pipeline.Connect("deep-element-added", func(_, _ gst.Bin, encoder gst.Element) {
		if encoder.GetFactory().GetName() != "vp8enc" {
			return
		}
		input := encoder.GetStaticPad("sink")
		input.AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
			if info.GetEvent().GetType() != gst.EventCaps {
				return gst.PadProbeOK
			}
			starts <- struct{}{}
			isLinked := func() bool { return input.IsLinked() && r.outlets[0].sink.IsLinked() }
			for began := time.Now(); isLinked() && time.Since(began) < patience; {
				runtime.Gosched()
			}
			return gst.PadProbeRemove
		})
	})
	if err := r.play(); err != nil {
		t.Fatal(err)
	}
	within(t, starts)
	r.sender.Disconnect()
	r.pipeline.SetState(gst.StateReady) // waits for all threads
	if m := r.pipeline.GetBus().PopFiltered(gst.MessageError); m != nil {
		t.Errorf("the bus has %v", m.GetStructure())
	}
}
