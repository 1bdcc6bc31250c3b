package elements

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/robot"
)

// rendered counts what a sink inside the element j has shown.
func rendered(p gst.Pipeline, sink string) (n uint64) {
	e := p.GetByName(sink)
	if e == nil {
		return 0
	}
	stats, _ := e.ObjectProperty("stats").(*gst.Structure)
	if stats != nil {
		n, _ = stats.GetUint64("rendered")
	}
	return n
}

// untilRendered waits until a sink shows more than it did.
func untilRendered(t *testing.T, p gst.Pipeline, sink string) {
	t.Helper()
	before := rendered(p, sink)
	eventually(t, "media in "+sink, func() bool { return rendered(p, sink) > before })
}

// A mixer of nobody gives nothing, so that its pipeline does not preroll; neither the application's pipeline nor the end waits for it.
func TestTheReceivingPipelineStartsAndStopsInEveryState(t *testing.T) {
	film, location := encodeFilm(t), startDeployment(t)
	const sinks = `recv-pipeline="audiomixer name=audio ! fakesink name=sound sync=true compositor name=video ! fakesink name=picture sync=true"`
	reach := func(t *testing.T, p gst.Pipeline, state gst.State) {
		t.Helper()
		p.SetState(state)
		if _, _, ret := p.GetState(gst.ClockTime(patience)); ret == gst.StateChangeFailure || ret == gst.StateChangeAsync {
			t.Fatalf("to %v: %v", state, ret)
		}
	}
	for nobody, what := range map[bool]string{true: "of nobody", false: "of somebody"} {
		t.Run(what, func(t *testing.T) {
			location := fmt.Sprintf("%s/mixed-%v", location, nobody)
			if !nobody {
				r, err := robot.Join(t.Context(), robot.Options{Location: location, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Film: film})
				if err != nil {
					t.Fatal(err)
				}
				defer r.Leave()
			}
			shown := func(t *testing.T, p gst.Pipeline) {
				if nobody {
					return
				}
				untilRendered(t, p, "sound")
				untilRendered(t, p, "picture")
			}
			for name, states := range map[string][]gst.State{
				"at once":          {},
				"ready":            {gst.StateReady},
				"paused":           {gst.StatePaused},
				"playing":          {gst.StatePlaying},
				"paused again":     {gst.StatePlaying, gst.StatePaused},
				"playing again":    {gst.StatePlaying, gst.StatePaused, gst.StatePlaying},
				"ready in between": {gst.StatePlaying, gst.StateReady, gst.StatePlaying},
			} {
				t.Run(name, func(t *testing.T) {
					p := launch(t, "jitsisrc name=j local-addresses=127.0.0.1 location="+location+" "+sinks)
					defer p.SetState(gst.StateNull)
					if len(states) == 0 {
						p.SetState(gst.StatePlaying)
					}
					for _, state := range states {
						reach(t, p, state)
						if state == gst.StatePlaying {
							shown(t, p)
						}
					}
					reach(t, p, gst.StateReady) // where the bus keeps what it has
					if m := p.GetBus().PopFiltered(gst.MessageError | gst.MessageWarning); m != nil {
						t.Errorf("the bus has %v", m.GetStructure())
					}
					reach(t, p, gst.StateNull)
				})
			}
		})
	}
}
