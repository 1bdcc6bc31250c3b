package gstx

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// paced plays a source through a paced pad to its end, and returns how long it took.
func paced(t *testing.T, source string, pacer *Pacer, sendTimeID uint8, packet func([]byte)) time.Duration {
	t.Helper()
	e, err := gst.ParseLaunch(source + ` ! identity name=paced ! fakesink sync=false`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	pacer.Pace(p.GetByName("paced").GetStaticPad("sink"), sendTimeID)
	p.GetByName("paced").GetStaticPad("src").AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if m, ok := info.GetBuffer().Map(gst.MapRead); ok {
			data := make([]byte, m.Length())
			m.ReadAt(data, 0)
			m.Unmap()
			packet(data)
		}
		return gst.PadProbeOK
	})
	begun := time.Now()
	p.SetState(gst.StatePlaying)
	if m := p.GetBus().TimedPopFiltered(gst.ClockTime(30*time.Second), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatalf("no end: %v", m)
	}
	return time.Since(begun)
}

const fiftyKilobytes = `fakesrc sizetype=fixed sizemax=1000 num-buffers=50`

func TestPacketsAreSpreadOverTime(t *testing.T) {
	pacer := NewPacer()
	pacer.SetRate(800_000)
	if took := paced(t, fiftyKilobytes, pacer, 0, func([]byte) {}); took < 450*time.Millisecond {
		t.Errorf("50 kB at 800 kbit/s took %v", took)
	}
}

func TestAPacerThatIsClosedHoldsNothingBack(t *testing.T) {
	pacer := NewPacer()
	pacer.SetRate(8)
	time.AfterFunc(50*time.Millisecond, pacer.Close)
	paced(t, fiftyKilobytes, pacer, 0, func([]byte) {}) // 50,000 s else
}

func TestWhatWaitsIsDroppedAtOnce(t *testing.T) {
	pacer, arrived := NewPacer(), 0
	pacer.SetRate(8)
	e, err := gst.ParseLaunch(fiftyKilobytes + ` ! identity name=paced ! fakesink sync=false`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	pad := p.GetByName("paced").GetStaticPad("sink")
	pacer.Pace(pad, 0)
	first := make(chan struct{})
	p.GetByName("paced").GetStaticPad("src").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		if arrived++; arrived == 1 {
			close(first)
		}
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	<-first
	pacer.Drop(pad, true) // 50,000 s else
	if m := p.GetBus().TimedPopFiltered(gst.ClockTime(30*time.Second), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatalf("no end: %v", m)
	}
	if arrived > 2 {
		t.Errorf("%d packets came through", arrived)
	}
	pacer.Drop(pad, false)
}

func TestWhatIsSkippedGoesOnWithAKeyFrame(t *testing.T) {
	pacer := NewPacer()
	e, err := gst.ParseLaunch(`videotestsrc num-buffers=12 ! video/x-raw,width=64,height=48 ! vp8enc deadline=1 keyframe-max-dist=5 ! rtpvp8pay name=pay !
		identity name=paced ! fakesink sync=false`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	pad, frames := p.GetByName("paced").GetStaticPad("sink"), p.GetByName("pay").GetStaticPad("sink")
	pacer.Pace(pad, 0)
	var keys []bool // of the frames that go in
	frames.AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if keys = append(keys, !info.GetBuffer().HasFlags(gst.BufferFlagDeltaUnit)); len(keys) == 3 {
			pacer.Skip(pad, frames)
		}
		return gst.PadProbeOK
	})
	var passed []int // the numbers of those that come out, one packet each
	p.GetByName("paced").GetStaticPad("src").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		passed = append(passed, len(keys)-1)
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	if m := p.GetBus().TimedPopFiltered(gst.ClockTime(30*time.Second), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatalf("no end: %v", m)
	}
	next := slices.Index(keys[3:], true) + 3
	if passed = slices.Compact(passed); len(passed) < 3 || passed[1] != 1 || passed[2] != next || passed[len(passed)-1] != 11 {
		t.Errorf("frames %v come through, key frames are %v", passed, keys)
	}
}

// TestAStreamFallsNoFurtherBehind than is allowed: what comes faster than it may leave would wait longer and longer.
func TestAStreamFallsNoFurtherBehind(t *testing.T) {
	pacer := NewPacer()
	pacer.SetRate(8)
	const pictures = 90 // 3 s
	e, err := gst.ParseLaunch(fmt.Sprintf(`videotestsrc num-buffers=%d ! video/x-raw,width=64,height=48,framerate=30/1 ! vp8enc deadline=1 !
		queue name=waiting max-size-buffers=0 max-size-bytes=0 max-size-time=300000000 ! rtpvp8pay ! identity name=paced ! fakesink sync=false`, pictures))
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	defer pacer.Close() // before: what waits would for minutes
	pad, queue := p.GetByName("paced").GetStaticPad("sink"), p.GetByName("waiting")
	pacer.Pace(pad, 0)
	pacer.Hurry(pad, queue)
	passed := make(chan struct{}, pictures)
	p.GetByName("paced").GetStaticPad("src").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		passed <- struct{}{}
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	timeout := time.After(30 * time.Second)
	for i := range pictures - 10 {
		select {
		case <-passed:
		case <-timeout:
			t.Fatalf("%d of %d pictures came through", i, pictures)
		}
	}
}

func TestWhatWasSentBeforeASkipIsNotSentAgain(t *testing.T) {
	pacer := NewPacer()
	e, err := gst.ParseLaunch(`videotestsrc num-buffers=12 ! video/x-raw,width=64,height=48 ! vp8enc deadline=1 keyframe-max-dist=5 !
		rtpvp8pay name=pay ssrc=4711 seqnum-offset=65534 ! identity name=paced ! rtprtxsend name=again payload-type-map="application/x-rtp-pt-map,96=(uint)97" ! fakesink sync=false`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	pad, frames, again := p.GetByName("paced").GetStaticPad("sink"), p.GetByName("pay").GetStaticPad("sink"), p.GetByName("again")
	pacer.Pace(pad, 0)
	pacer.LimitRetransmissions(again.GetStaticPad("src"))
	asked := uint32(0)
	check := func(when string, number uint32, taken bool) {
		t.Helper()
		request := gst.NewStructureEmpty("GstRTPRetransmissionRequest")
		SetField(request, "ssrc", uint32(4711))
		SetField(request, "seqnum", number)
		again.GetStaticPad("src").SendEvent(gst.NewEventCustom(gst.EventCustomUpstream, request))
		if taken {
			asked++
		}
		if got := again.ObjectProperty("num-rtx-requests"); got != asked {
			t.Errorf("%s: of %d there are %v requests taken, not %d", when, number, got, asked)
			asked = got.(uint32)
		}
	}
	n := 0
	frames.AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		if n++; n == 3 { // numbers 65534 and 65535 have passed, one packet a frame
			check("before a skip", 65535, true)
			pacer.Skip(pad, frames)
			check("in a skip", 65535, false)
		}
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	if m := p.GetBus().TimedPopFiltered(gst.ClockTime(30*time.Second), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatalf("no end: %v", m)
	}
	check("after a skip, of what went before", 65535, false)
	check("after a skip, of what followed", 5, true)
	pacer.Drop(pad, true)
	check("when all is dropped", 5, false)
	pacer.Drop(pad, false)
	check("when all passes again", 5, true)
}

func TestEachPacketSaysWhenItWasSent(t *testing.T) {
	var packets [][]byte
	paced(t, `audiotestsrc num-buffers=10 ! opusenc ! rtpopuspay`, NewPacer(), 3, func(p []byte) { packets = append(packets, p) })
	if len(packets) == 0 {
		t.Fatal("no packets")
	}
	var last []byte
	for _, p := range packets {
		// RFC 8285: one-byte headers, id 3, three bytes
		if p[0]&0x10 == 0 || !bytes.Equal(p[12:16], []byte{0xbe, 0xde, 0, 1}) || p[16] != 0x32 {
			t.Fatalf("the header is % x", p[:20])
		}
		if last != nil && bytes.Compare(p[17:20], last) < 0 && last[0] != 0xff {
			t.Errorf("time goes back from % x to % x", last, p[17:20])
		}
		last = p[17:20]
	}
}
