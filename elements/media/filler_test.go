package media

import (
	"slices"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/signaling/jingle"
)

// play takes some buffers of a filler, and closes it while it plays.
func play(t *testing.T, newFiller func(gst.Bin) (*Filler, error)) (caps *gst.Caps, keyFrames []bool) {
	t.Helper()
	pipeline := gst.NewPipeline("").(gst.Pipeline)
	defer pipeline.SetState(gst.StateNull)
	sink := gst.ElementFactoryMake("fakesink", "")
	sink.SetObjectProperty("async", false)
	pipeline.Add(sink)
	f, err := newFiller(pipeline)
	if err != nil {
		t.Fatal(err)
	}
	pad := sink.GetStaticPad("sink")
	f.Output().Link(pad)
	buffers := make(chan bool, 1000)
	pad.AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		buffers <- !info.GetBuffer().HasFlags(gst.BufferFlagDeltaUnit)
		return gst.PadProbeOK
	})
	pipeline.SetState(gst.StatePlaying)
	f.Start()
	for range 3 {
		select {
		case key := <-buffers:
			keyFrames = append(keyFrames, key)
		case <-time.After(30 * time.Second):
			t.Fatal("nothing comes")
		}
	}
	caps = pad.GetCurrentCaps()
	f.Close()
	if m := pipeline.GetBus().TimedPopFiltered(0, gst.MessageError); m != nil {
		t.Errorf("an error was posted: %s", m.GetStructure())
	}
	return caps, keyFrames
}

func TestEncodedFillersAreKeyFramesOfTheSizeAskedFor(t *testing.T) {
	for _, codec := range []Codec{VP8, VP9, H264} {
		caps, keyFrames := play(t, func(bin gst.Bin) (*Filler, error) { return NewEncodedFiller(bin, codec, 64, 48) })
		s := caps.GetStructure(0)
		width, _ := s.GetInt("width")
		height, _ := s.GetInt("height")
		if s.GetName() != codec.Caps || width != 64 || height != 48 {
			t.Errorf("%s: %s", codec.Name, caps)
		}
		if slices.Contains(keyFrames, false) {
			t.Errorf("%s: key frames %v", codec.Name, keyFrames)
		}
	}
}

func TestSilenceIsOpusOrWhatThePeerTakes(t *testing.T) {
	if caps, _ := play(t, func(bin gst.Bin) (*Filler, error) { return NewEncodedFiller(bin, Opus, 0, 0) }); caps.GetStructure(0).GetName() != Opus.Caps {
		t.Errorf("got %s", caps)
	}
	// no format that audiotestsrc makes by itself
	wanted := gst.CapsFromString("audio/x-raw,format=S24LE,rate=22050,channels=1")
	if caps, _ := play(t, func(bin gst.Bin) (*Filler, error) { return NewRawFiller(bin, jingle.Audio, wanted) }); !caps.IsSubset(wanted) {
		t.Errorf("got %s", caps)
	}
}

func TestACodecWithoutAnEncoderHasNoFiller(t *testing.T) {
	if CanFill(AV1) {
		t.Error("AV1 can be filled")
	}
	if _, err := NewEncodedFiller(gst.NewPipeline("").(gst.Pipeline), AV1, 64, 48); err == nil {
		t.Error("there is a filler for AV1")
	}
}
