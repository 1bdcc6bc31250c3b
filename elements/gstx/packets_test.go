package gstx

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

func TestMain(m *testing.M) {
	gst.Init()
	os.Exit(m.Run())
}

// run plays a pipeline to its end or error and counts what arrives at its sink named "out".
func run(t *testing.T, text string, prepare func(gst.Bin)) (arrived int, failed *gst.Message) {
	t.Helper()
	e, err := gst.ParseLaunch(text)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	p.GetByName("out").GetStaticPad("sink").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		arrived++
		return gst.PadProbeOK
	})
	prepare(p)
	p.SetState(gst.StatePlaying)
	m := p.GetBus().TimedPopFiltered(gst.ClockTime(30e9), gst.MessageEOS|gst.MessageError)
	if m == nil {
		t.Fatal("neither the end nor an error came")
	}
	if m.Type() == gst.MessageError {
		return arrived, m
	}
	return arrived, nil
}

func TestAClosedGateLetsNothingPass(t *testing.T) {
	gate := NewGate()
	arrived, failed := run(t, `videotestsrc num-buffers=10 ! fakesink name=out`, func(bin gst.Bin) {
		gate.Guard(bin.GetByName("out").GetStaticPad("sink"))
	})
	if failed != nil || arrived != 10 {
		// the counting probe comes first
		t.Fatalf("%d buffers came to the gate, %v", arrived, failed)
	}
	passed, failed := run(t, `videotestsrc num-buffers=10 ! identity name=i ! fakesink name=out async=false`, func(bin gst.Bin) {
		gate.Guard(bin.GetByName("i").GetStaticPad("sink"))
	})
	if failed != nil || passed != 0 {
		t.Errorf("%d buffers passed, %v", passed, failed)
	}
}

func TestAnOpenGateLetsEverythingPass(t *testing.T) {
	gate := NewGate()
	gate.Open()
	passed, failed := run(t, `videotestsrc num-buffers=10 ! identity name=i ! fakesink name=out`, func(bin gst.Bin) {
		gate.Guard(bin.GetByName("i").GetStaticPad("sink"))
	})
	if failed != nil || passed != 10 {
		t.Errorf("%d buffers passed, %v", passed, failed)
	}
}

func TestOnlyPacketsOfKnownSSRCsPass(t *testing.T) {
	for _, c := range []struct {
		name   string
		known  bool
		passes bool
	}{{"known", true, true}, {"unknown", false, false}} {
		table := NewSSRCTable()
		if c.known {
			table.Set(4711, "alice")
		} else {
			table.Set(4711, "alice")
			table.Remove(4711)
		}
		passed, failed := run(t, `audiotestsrc num-buffers=10 ! alawenc ! rtppcmapay ssrc=4711 ! identity name=i ! fakesink name=out async=false`, func(bin gst.Bin) {
			table.Filter(bin.GetByName("i").GetStaticPad("sink"))
		})
		if failed != nil || passed > 0 != c.passes || table.Dropped() > 0 == c.passes {
			t.Errorf("%s: %d passed, %d dropped, %v", c.name, passed, table.Dropped(), failed)
		}
	}
}

func TestOnlyReportsOfKnownSendersPass(t *testing.T) {
	report := func(ssrc uint32) []byte { // a sender report without blocks: RFC 3550, 6.4.1
		packet := make([]byte, 28)
		packet[0], packet[1], packet[3] = 2<<6, 200, 6
		binary.BigEndian.PutUint32(packet[4:], ssrc)
		return packet
	}
	table := NewSSRCTable()
	table.Set(4711, "alice")
	file := filepath.Join(t.TempDir(), "rtcp")
	packets := slices.Concat(report(4711), report(4712), report(4711), []byte{2 << 6, 200}) // the last one is cut
	if err := os.WriteFile(file, packets, 0o600); err != nil {
		t.Fatal(err)
	}
	passed, failed := run(t, `filesrc blocksize=28 location=`+file+` ! identity name=i ! fakesink name=out async=false`, func(bin gst.Bin) {
		table.FilterControl(bin.GetByName("i").GetStaticPad("sink"))
	})
	if failed != nil || passed != 2 || table.Dropped() != 0 {
		t.Errorf("%d reports passed, %d packets of media dropped; %v", passed, table.Dropped(), failed)
	}
}

func TestActivityIsSeen(t *testing.T) {
	activity := NewActivity()
	if age, any := activity.Age(); any {
		t.Errorf("the last buffer is %v old before there was one", age)
	}
	began := time.Now()
	run(t, `videotestsrc num-buffers=10 ! identity name=i ! fakesink name=out`, func(bin gst.Bin) {
		activity.Watch(bin.GetByName("i").GetStaticPad("sink"))
	})
	if age, any := activity.Age(); !any || age < 0 || age > time.Since(began) {
		t.Errorf("the last buffer is %v old, %v", age, any)
	}
}

// intoNothing counts the buffers that a source of ten sends into an element that is linked to nothing.
func intoNothing(t *testing.T, prepare func(gst.Pad)) int {
	t.Helper()
	e, err := gst.ParseLaunch(`videotestsrc num-buffers=10 ! identity name=i`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	pad := p.GetByName("i").GetStaticPad("sink")
	prepare(pad)
	count, ended := 0, make(chan struct{})
	pad.AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		count++
		return gst.PadProbeOK
	})
	pad.AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if info.GetEvent().GetType() == gst.EventEOS { // comes after an error, too
			close(ended)
		}
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	<-ended
	return count
}

func TestAShieldKeepsAMissingLinkFromTheSource(t *testing.T) {
	if n := intoNothing(t, func(gst.Pad) {}); n != 1 {
		t.Fatalf("without a shield %d buffers came: the test shows nothing", n)
	}
	if n := intoNothing(t, ShieldShutdown); n != 10 {
		t.Errorf("the source stopped after %d buffers", n)
	}
}

// A buffer may be on its way through what is unlinked already when the pad in front of it begins to flush.
func TestBehindAShieldThatShutsDownASourceOnlyHearsOfFlushing(t *testing.T) {
	gst.Init()
	e := gst.ElementFactoryMake("identity", "")
	source, sink, out := gst.NewPad("src", gst.PadSrc), e.GetStaticPad("sink"), e.GetStaticPad("src")
	ShieldShutdown(sink)
	e.SetState(gst.StatePlaying)
	defer e.SetState(gst.StateNull)
	source.SetActive(true)
	source.Link(sink)
	out.AddProbe(gst.PadProbeTypeEventFlush, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn { return gst.PadProbeDrop })
	out.AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		sink.SendEvent(gst.NewEventFlushStart())
		return gst.PadProbeOK
	})
	source.PushEvent(gst.NewEventStreamStart("it"))
	segment := gst.NewSegment()
	segment.Init(gst.FormatTime)
	source.PushEvent(gst.NewEventSegment(segment))
	if flow := source.Push(gst.NewBuffer()); flow != gst.FlowFlushing {
		t.Errorf("the source hears of %v", flow)
	}
}

func TestAShieldAgainstShutdownLetsErrorsPass(t *testing.T) {
	const failing = `videotestsrc num-buffers=10 ! identity name=i error-after=3 ! fakesink name=out async=false`
	if _, failed := run(t, failing, func(bin gst.Bin) {
		ShieldShutdown(bin.GetByName("i").GetStaticPad("sink"))
	}); failed == nil {
		t.Error("the error was swallowed")
	}
}

func TestDisconnectSignalCountsHandlers(t *testing.T) {
	e := gst.ElementFactoryMake("identity", "")
	for range 2 {
		e.Connect("handoff", func(gst.Element) {})
	}
	if n := DisconnectSignal(e, "handoff"); n != 2 {
		t.Errorf("%d handlers, want 2", n)
	}
	if n := DisconnectSignal(e, "no-such-signal"); n != 0 {
		t.Errorf("%d handlers of a signal that does not exist", n)
	}
}
