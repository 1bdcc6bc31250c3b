package elements

import (
	"fmt"
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

// latencyOf is what a sink is told.
func latencyOf(t *testing.T, sink gst.Element) time.Duration {
	t.Helper()
	query := gst.NewQueryLatency()
	if !sink.GetStaticPad("sink").PeerQuery(query) {
		t.Fatal("the latency query fails")
	}
	_, minimum, _ := query.ParseLatency()
	return time.Duration(minimum)
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
	sink := receiver.GetByName("video")
	if told := latencyOf(t, sink); told < 200*time.Millisecond || told > 600*time.Millisecond {
		t.Errorf("the latency is %v", told)
	}
	bus := receiver.GetBus()
	bus.SetFlushing(true)
	bus.SetFlushing(false)
	bin := receiver.GetByName("j")
	bin.SetObjectProperty("latency", uint32(650))
	for latencyOf(t, sink) < 650*time.Millisecond { // the pipeline asks again upon each such message
		if bus.TimedPopFiltered(gst.ClockTime(patience), gst.MessageLatency) == nil {
			t.Fatal("no latency message came")
		}
	}
	for { // one that was just being made follows
		buffers := jitterBuffersOf(bin.(gst.Bin))
		behind := behindLatency(buffers, 650)
		if behind == "" && len(buffers) > 0 {
			break
		}
		if bus.TimedPopFiltered(gst.ClockTime(patience), gst.MessageLatency) == nil {
			t.Fatalf("of %d jitter buffers %s", len(buffers), behind)
		}
	}
}

func behindLatency(buffers []gst.Element, ms uint32) string {
	for _, b := range buffers {
		if latency, _ := b.ObjectProperty("latency").(uint32); latency != ms {
			return fmt.Sprintf("%s has %d ms", b.GetName(), latency)
		}
	}
	return ""
}
