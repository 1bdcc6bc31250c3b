package gstx

import (
	"testing"
	"time"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
)

// twccEvent is what an RTP session sends upstream: a report on packets, of which some are lost.
func twccEvent(t *testing.T, lost ...bool) *gst.Event {
	t.Helper()
	var packets gobject.ValueArray
	for i, l := range lost {
		packet := gst.NewStructureEmpty("RTPTWCCPacket")
		for field, value := range map[string]any{"local-ts": uint64(i + 1), "remote-ts": uint64(i + 2), "size": uint32(100), "payload-type": uint8(96), "lost": l} {
			SetField(packet, field, value)
		}
		packets = append(packets, packet)
	}
	s := gst.NewStructureEmpty("RTPTWCCPackets")
	SetField(s, "packets", packets)
	return gst.NewEventCustom(gst.EventCustomUpstream, s)
}

// collector collects what a pad, the session's, sends upstream; passed counts the events that get through.
func collector(t *testing.T) (session gst.Pad, collected *TWCC, passed *int) {
	t.Helper()
	e, err := gst.ParseLaunch(`identity name=packets ! fakesink name=session`)
	if err != nil {
		t.Fatal(err)
	}
	bin := e.(gst.Bin)
	t.Cleanup(func() { bin.SetState(gst.StateNull) })
	bin.SetState(gst.StatePaused) // for pads to be active
	pad := bin.GetByName("packets").GetStaticPad("src")
	collected, passed = CollectTWCC(pad), new(int)
	pad.AddProbe(gst.PadProbeTypeEventUpstream, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		*passed++
		return gst.PadProbeOK
	})
	return bin.GetByName("session").GetStaticPad("sink"), collected, passed
}

func TestReportsAreCollectedUntilOneTellsOfALoss(t *testing.T) {
	session, collected, passed := collector(t)
	session.PushEvent(twccEvent(t, false)) // the first one
	if reports := collected.Take(); *passed != 1 || len(reports) != 1 {
		t.Fatalf("%d events passed, with %v", *passed, reports)
	}
	taken := time.Now()
	session.PushEvent(twccEvent(t, false, false))
	soon := time.Since(taken) < 80*time.Millisecond
	if soon && *passed != 1 {
		t.Error("a report without a loss passed at once")
	}
	session.PushEvent(twccEvent(t, false, true, false))
	if *passed < 2 {
		t.Error("a report with a loss was kept")
	}
	reports := collected.Take()
	if len(reports) != 2 || len(reports[0].Packets) != 2 || len(reports[1].Packets) != 3 || reports[1].At <= reports[0].At {
		t.Fatalf("collected %v", reports)
	}
	want := TWCCPacket{Sent: 2, Received: 3, Size: 100, PT: 96, Lost: true}
	if got := reports[1].Packets[1]; got != want {
		t.Errorf("packet %+v, want %+v", got, want)
	}
	if left := collected.Take(); len(left) != 0 {
		t.Errorf("%v is given twice", left)
	}
}

func TestOtherEventsThanReportsPass(t *testing.T) {
	session, collected, passed := collector(t)
	events := []string{"GstForceKeyUnit, all-headers=true;", "RTPTWCCPackets;", "RTPTWCCPackets, packets=(int)3;"}
	for _, text := range events {
		session.PushEvent(gst.NewEventCustom(gst.EventCustomUpstream, gst.NewStructureFromString(text)))
	}
	if reports := collected.Take(); *passed != len(events) || len(reports) != 0 {
		t.Errorf("%d events passed, %v was collected", *passed, reports)
	}
}
