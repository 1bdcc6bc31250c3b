package gstx

import (
	"os"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"
)

func TestMain(m *testing.M) {
	gst.Init()
	os.Exit(m.Run())
}

// counter counts what arrives at a sink named "out".
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

func TestAShieldKeepsAMissingLinkFromTheSource(t *testing.T) {
	if _, failed := run(t, `videotestsrc num-buffers=10 ! identity name=i   videotestsrc num-buffers=1 ! fakesink name=out`, func(gst.Bin) {}); failed == nil {
		t.Fatal("without a shield there is no error: the test shows nothing")
	}
	if _, failed := run(t, `videotestsrc num-buffers=10 ! identity name=i   videotestsrc num-buffers=1 ! fakesink name=out`, func(bin gst.Bin) {
		ShieldShutdown(bin.GetByName("i").GetStaticPad("sink"))
	}); failed != nil {
		t.Error("the source got an error")
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
