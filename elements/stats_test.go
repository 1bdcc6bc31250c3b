package elements

import (
	"net/netip"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/tests/robot"
)

// within finds a structure inside a structure.
func within(s *gst.Structure, path ...string) *gst.Structure {
	for _, name := range path {
		if s == nil || !s.HasField(name) {
			return nil
		}
		value := s.GetValue(name)
		s, _ = value.(*gst.Structure)
	}
	return s
}

func TestStatsTellOfWhatIsSentAndReceived(t *testing.T) {
	film, location := encodeFilm(t), startDeployment(t)+"/Stats"
	r, err := robot.Join(t.Context(), robot.Options{Location: location, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Film: film})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Leave()
	p := launch(t, `audiotestsrc is-live=true ! jitsibin name=j token=secret local-addresses=127.0.0.1 location=`+location+` j.audio_src_0 ! fakesink  j.video_src_0 ! fakesink`)
	defer p.SetState(gst.StateNull)
	stats := func() *gst.Structure { s, _ := p.GetByName("j").ObjectProperty("stats").(*gst.Structure); return s }
	if s := stats(); s == nil || s.GetName() != "jitsi-stats" {
		t.Fatalf("without a session the stats are %v", s)
	}
	p.SetState(gst.StatePlaying)
	eventually(t, "figures of the robot's media", func() bool {
		s := within(stats(), "participants", r.ID())
		if s == nil {
			return false
		}
		bitrate, _ := s.GetUint64("bitrate")
		packets, _ := s.GetUint64("packets")
		return bitrate > 0 && packets > 0
	})
	for _, name := range []string{r.ID() + "-a0", r.ID() + "-v0"} {
		if s := within(stats(), "sources", name); s == nil || s.GetString("participant-id") != r.ID() {
			t.Errorf("figures of %s: %v", name, s)
		}
	}
	p.SetState(gst.StateReady)
	if s := within(stats(), "participants", r.ID()); s != nil {
		t.Errorf("after the end there are still %v", s)
	}
}

// The bridge reports on all that is sent at once.
func TestAllThatIsSentHasARoundTripTime(t *testing.T) {
	location := " local-addresses=127.0.0.1 location=" + startDeployment(t) + "/RTT"
	sender, receiver := pair(t, location)
	defer sender.SetState(gst.StateNull)
	defer receiver.SetState(gst.StateNull)
	sender.SetState(gst.StatePlaying)
	receiver.SetState(gst.StatePlaying)
	eventually(t, "a round-trip time of picture and sound", func() bool {
		stats, _ := sender.GetByName("j").ObjectProperty("stats").(*gst.Structure)
		if rtt, _ := stats.GetUint64("round-trip-time"); rtt == 0 || rtt > uint64(patience) {
			return false
		}
		sources, known := within(stats, "sources"), 0
		for i := range sources.NFields() {
			s := within(sources, sources.NthFieldName(uint(i)))
			if rtt, _ := s.GetUint64("round-trip-time"); rtt > 0 && rtt < uint64(patience) {
				known++
			}
		}
		return known == 2
	})
	stats, _ := receiver.GetByName("j").ObjectProperty("stats").(*gst.Structure)
	if rtt, _ := stats.GetUint64("round-trip-time"); rtt != 0 { // RTCP tells it to those who send
		t.Errorf("who sends nothing has a round-trip time of %v", time.Duration(rtt))
	}
}

func TestLossIsAPartOfWhatWasSent(t *testing.T) {
	for want, s := range map[float64]gstx.SourceStats{
		0:    {},
		0.25: {Packets: 75, Lost: 25},
		0.1:  {Packets: 100, Lost: 10, Sent: true},
		1:    {Lost: 3},
	} {
		if got := loss(s); got != want {
			t.Errorf("%+v: %v, want %v", s, got, want)
		}
	}
	if got := loss(gstx.SourceStats{Packets: 10, Lost: -2}); got != 0 { // duplicates count as negative
		t.Errorf("with duplicates: %v", got)
	}
	sum := sourceStats{}
	sum.add(gstx.SourceStats{Bitrate: 1, Jitter: time.Second})
	sum.add(gstx.SourceStats{Bitrate: 2, RTT: time.Second})
	if sum.sum != (gstx.SourceStats{Bitrate: 3, Jitter: time.Second, RTT: time.Second}) {
		t.Errorf("the sum is %+v", sum.sum)
	}
}
