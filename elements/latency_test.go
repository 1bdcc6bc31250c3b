package elements

import (
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// jitterBuffersOf are what is in a bin, at any depth, for received streams.
func jitterBuffersOf(bin gst.Bin) (list []gst.Element) {
	for child := range bin.IterateRecurse().Values() {
		if e := child.(gst.Element); e.GetFactory() != nil && e.GetFactory().GetName() == "rtpjitterbuffer" {
			list = append(list, e)
		}
	}
	return list
}

// waitLatency waits for a pipeline's latency message after which its sinks are told of at least that much.
func waitLatency(t *testing.T, p gst.Pipeline, least time.Duration) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if m := p.GetBus().TimedPopFiltered(gst.ClockTime(time.Second), gst.MessageLatency); m != nil {
			p.RecalculateLatency()
		}
		query := gst.NewQueryLatency()
		if p.Query(query) {
			if live, minimum, _ := query.ParseLatency(); live && minimum >= gst.ClockTime(least) {
				return
			}
		}
	}
	t.Fatalf("the latency never became %v", least)
}

func TestLatencyChangesWhilePlaying(t *testing.T) {
	sender, receiver := pair(t, "local-addresses=127.0.0.1 location="+startDeployment(t)+"/Latency")
	defer sender.SetState(gst.StateNull)
	defer receiver.SetState(gst.StateNull)
	arrived := make(chan struct{})
	receiver.GetByName("video").GetStaticPad("sink").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		close(arrived)
		return gst.PadProbeRemove
	})
	sender.SetState(gst.StatePlaying)
	receiver.SetState(gst.StatePlaying)
	select {
	case <-arrived:
	case <-time.After(patience):
		t.Fatal("no media arrived")
	}
	waitLatency(t, receiver, 200*time.Millisecond)
	bin := receiver.GetByName("j")
	bin.SetObjectProperty("latency", uint32(650))
	waitLatency(t, receiver, 650*time.Millisecond)
	buffers := jitterBuffersOf(bin.(gst.Bin))
	if len(buffers) == 0 {
		t.Error("no jitter buffer found")
	}
	for _, b := range buffers {
		if latency, _ := b.ObjectProperty("latency").(uint32); latency != 650 {
			t.Errorf("%s has %d ms", b.GetName(), latency)
		}
	}
}
