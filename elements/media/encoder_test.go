package media

import (
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// encoded is what an encoder makes of pictures that it gets in the first three seconds, and in the five that follow a pause of two.
type encoded struct {
	before, after int // bytes in two seconds; the first ones, when it settles, don't count
	times         []gst.ClockTime
	wanted        []gst.ClockTime
}

func encodeWithPause(t *testing.T, codec Codec, bitrate int, temporal bool) encoded {
	t.Helper()
	enc, err := encoderFor(codec)
	if err != nil {
		t.Fatal(err)
	}
	e, err := gst.ParseLaunch(`videotestsrc pattern=snow num-buffers=300 ! video/x-raw,width=160,height=120,framerate=30/1 ! identity name=pause ! ` +
		enc.factory + ` name=encoder ! fakesink name=out sync=false`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	element := p.GetByName("encoder").(gst.Element)
	enc.configure(element, 120, !temporal)
	enc.setBitrate(element, bitrate)
	if temporal {
		gstx.SetTemporalLayers(element)
		gstx.SetTemporalBitrate(element, bitrate)
	}
	var got encoded
	again := false
	p.GetByName("pause").GetStaticPad("src").AddProbe(gst.PadProbeTypeBuffer, func(pad gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		at := info.GetBuffer().PTS()
		if at >= gst.ClockTime(3*time.Second) && at < gst.ClockTime(5*time.Second) {
			again = true
			return gst.PadProbeDrop
		}
		if again { // as some elements do after a pause
			again = false
			pad.PushEvent(gst.NewEventSegment(pad.GetStickyEvent(gst.EventSegment, 0).ParseSegment()))
		}
		got.wanted = append(got.wanted, at)
		return gst.PadProbeOK
	})
	p.GetByName("out").GetStaticPad("sink").AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		buffer := info.GetBuffer()
		at := buffer.PTS()
		got.times = append(got.times, at)
		switch second := time.Duration(at) / time.Second; second {
		case 1, 2:
			got.before += int(buffer.GetSize())
		case 7, 8:
			got.after += int(buffer.GetSize())
		}
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	if m := p.GetBus().TimedPopFiltered(gst.ClockTime(60*time.Second), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatalf("no end: %v", m)
	}
	return got
}

func TestAPauseCostsAnEncoderNoBitrate(t *testing.T) {
	const bitrate = 200_000
	for _, tt := range []struct {
		codec    Codec
		temporal bool
	}{{VP8, true}, {VP8, false}, {VP9, false}} {
		got := encodeWithPause(t, tt.codec, bitrate, tt.temporal)
		if float64(got.after) < 0.8*float64(got.before) || float64(got.after) > 1.2*float64(got.before) {
			t.Errorf("%s, temporal layers %v: %d bytes before and %d after", tt.codec.Name, tt.temporal, got.before, got.after)
		}
		next := 0
		for _, at := range got.times { // some are dropped by the encoder
			for next < len(got.wanted) && got.wanted[next] != at {
				next++
			}
		}
		if next == len(got.wanted) {
			t.Errorf("%s: pictures of %v come out as of %v", tt.codec.Name, got.wanted, got.times)
		}
	}
}
