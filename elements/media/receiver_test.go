package media

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// lossy sends two seconds of a tone through a Receiver, without one packet in ten, and returns what comes out of it.
func lossy(t *testing.T, fec bool) (played time.Duration, stats *gst.Structure) {
	t.Helper()
	e, err := gst.ParseLaunch(`audiotestsrc is-live=true freq=440 num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 !
		opusenc inband-fec=true packet-loss-percentage=10 ! rtpopuspay pt=111 ! identity name=loss !
		rtpjitterbuffer latency=100 do-lost=true ! tee name=tee allow-not-linked=true  fakesink name=out sync=false async=false`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	packets := 0
	p.GetByName("loss").GetStaticPad("src").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		if packets++; packets%10 == 5 {
			return gst.PadProbeDrop
		}
		return gst.PadProbeOK
	})
	r, err := NewReceiver(p, p.GetByName("tee"), Opus, Raw, false)
	if err != nil {
		t.Fatal(err)
	}
	r.UseFEC(fec)
	sink := p.GetByName("out").GetStaticPad("sink")
	if ret := r.Output().Link(sink); ret != gst.PadLinkOK {
		t.Fatal(ret)
	}
	sink.AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		played += time.Duration(info.GetBuffer().Duration())
		return gst.PadProbeOK
	})
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	end := make(chan struct{})
	p.GetByName("tee").GetStaticPad("sink").AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if info.GetEvent().GetType() == gst.EventEOS {
			close(end)
			return gst.PadProbeRemove
		}
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	select {
	case <-end:
	case <-time.After(30 * time.Second):
		t.Fatal("no end came")
	}
	for _, e := range r.elements {
		if e.GetFactory().GetName() == "opusdec" {
			stats, _ = e.ObjectProperty("stats").(*gst.Structure)
			if on, _ := e.ObjectProperty("use-inband-fec").(bool); on != fec {
				t.Errorf("use-inband-fec is %v", on)
			}
		}
	}
	p.SetState(gst.StateNull) // what is under way is through
	return played, stats
}

func TestLostAudioIsFilledUp(t *testing.T) {
	for _, fec := range []bool{true, false} {
		t.Run(fmt.Sprintf("FEC %v", fec), func(t *testing.T) {
			played, stats := lossy(t, fec)
			if played < 1950*time.Millisecond || played > 2050*time.Millisecond {
				t.Errorf("%v of 2 s with one packet in ten lost; %v", played, stats)
			}
		})
	}
}

func TestThePeerSaysInWhatFormItTakesACodec(t *testing.T) {
	for caps, want := range map[string]Form{
		"ANY":                                 Encoded,
		"video/x-h264":                        Encoded,
		"video/x-h264; video/x-raw":           Encoded,
		"video/x-raw":                         Raw,
		"video/x-vp8":                         Raw, // and the link will say what is wrong
		"application/x-rtp":                   RTP,
		"video/x-raw; application/x-rtp":      Raw,
		"application/x-rtp,encoding-name=VP8": Raw,
	} {
		if got := FormFor(gst.CapsFromString(caps), H264); got != want {
			t.Errorf("%s: %v, want %v", caps, got, want)
		}
	}
}

func TestAPeerThatTakesRTPGetsIt(t *testing.T) {
	e, err := gst.ParseLaunch(`videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! vp8enc deadline=1 ! rtpvp8pay ! tee name=tee allow-not-linked=true
		fakesink name=out async=false`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	r, err := NewReceiver(p, p.GetByName("tee"), VP8, RTP, false)
	if err != nil {
		t.Fatal(err)
	}
	sink := p.GetByName("out").GetStaticPad("sink")
	r.Output().Link(sink)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	arrived := make(chan string, 1)
	sink.AddProbe(gst.PadProbeTypeBuffer, func(pad gst.Pad, _ *gst.PadProbeInfo) gst.PadProbeReturn {
		arrived <- pad.GetCurrentCaps().GetStructure(0).GetString("encoding-name")
		return gst.PadProbeRemove
	})
	p.SetState(gst.StatePlaying)
	select {
	case name := <-arrived:
		if name != "VP8" {
			t.Errorf("got RTP of %q", name)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
	}
}
