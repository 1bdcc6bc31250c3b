package transport

import (
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// pass says whether packets of an SSRC pass a table.
func pass(t *testing.T, table *gstx.SSRCTable) bool {
	t.Helper()
	e, err := gst.ParseLaunch(`audiotestsrc num-buffers=5 ! alawenc ! rtppcmapay ssrc=4711 ! identity name=filtered ! fakesink async=false`)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	table.Filter(p.GetByName("filtered").GetStaticPad("sink"))
	dropped := table.Dropped()
	p.SetState(gst.StatePlaying)
	if m := p.GetBus().TimedPopFiltered(gst.ClockTime(30*time.Second), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatalf("no end: %v", m)
	}
	return table.Dropped() == dropped
}

func TestASourceThatComesBackWaitsUntilWhatItHadIsGone(t *testing.T) {
	gst.Init()
	tr := &Transport{
		rtpbin: gst.ElementFactoryMake("rtpbin", ""), ssrcs: gstx.NewSSRCTable(), keys: gstx.NewSRTPKeys(),
		sources: map[uint32]jingle.Source{}, streams: map[uint32]*Stream{}, clearing: map[uint32]int{}, gone: map[string][]jingle.Source{},
	}
	source := jingle.Source{SSRC: 4711, Endpoint: "5410b27b"}
	tr.AddSource(source)
	if !pass(t, tr.ssrcs) {
		t.Error("no packet passes of a source that is there")
	}
	tr.clearing[source.SSRC]++ // what one who had the SSRC before him has left
	var removed sync.WaitGroup
	tr.RemoveSource(source.SSRC, &removed)
	removed.Wait()
	tr.AddSource(source)
	if pass(t, tr.ssrcs) {
		t.Error("packets pass while pads of the SSRC are being taken away")
	}
	tr.cleared(source.SSRC)
	if !pass(t, tr.ssrcs) || len(tr.clearing) > 0 {
		t.Error("no packet passes of a source that is back")
	}
	tr.RemoveSource(source.SSRC, &removed)
	removed.Wait()
	if pass(t, tr.ssrcs) {
		t.Error("packets pass of a source that is gone")
	}
}
