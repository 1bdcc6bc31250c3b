package elements

import (
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// watchEncoder tells of the frames that an encoder makes, true for key frames, and of requests for them.
func watchEncoder(encoder gst.Element) (frames chan bool, asked chan struct{}) {
	frames, asked = make(chan bool, 10000), make(chan struct{}, 10000)
	src := encoder.GetStaticPad("src")
	src.AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		frames <- !info.GetBuffer().HasFlags(gst.BufferFlagDeltaUnit)
		return gst.PadProbeOK
	})
	src.AddProbe(gst.PadProbeTypeEventUpstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if s := info.GetEvent().GetStructure(); s != nil && s.GetName() == "GstForceKeyUnit" {
			asked <- struct{}{}
		}
		return gst.PadProbeOK
	})
	return frames, asked
}

// settles waits until nobody has wanted a key frame for a while.
func settles(t *testing.T, frames chan bool, asked chan struct{}) {
	t.Helper()
	const calm = 30 // frames
	deadline := time.After(patience)
	for quiet := 0; quiet < calm; {
		select {
		case key := <-frames:
			if quiet++; key {
				quiet = 0
			}
		case <-asked:
			quiet = 0
		case <-deadline:
			t.Fatal("key frames are wanted again and again")
		}
	}
}

func TestAFurtherParticipantGetsAKeyFrame(t *testing.T) {
	const camera = `videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! `
	for name, source := range map[string]string{
		"of the application's encoder": camera + `vp8enc name=encoder deadline=1 keyframe-max-dist=10000 ! `,
		"of our encoder":               camera,
	} {
		t.Run(name, func(t *testing.T) {
			location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Further"
			sender := launch(t, source+`jitsisink name=j `+location)
			encoders := make(chan gst.Element, 1)
			if encoder := sender.GetByName("encoder"); encoder != nil {
				encoders <- encoder
			} else {
				sender.Connect("deep-element-added", func(_, _ gst.Bin, e gst.Element) {
					if f := e.GetFactory(); f != nil && f.GetName() == "vp8enc" {
						select {
						case encoders <- e:
						default:
						}
					}
				})
			}
			play(t, launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink`), sender)
			var encoder gst.Element
			select {
			case encoder = <-encoders:
			case <-time.After(patience):
				t.Fatal("nothing is encoded")
			}
			frames, asked := watchEncoder(encoder)
			settles(t, frames, asked)

			further := launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink name=video`)
			video := counter(further, "video")
			play(t, further)
			comes(t, asked)
			deadline := time.After(patience)
			for key := false; !key; {
				select {
				case key = <-frames:
				case <-deadline:
					t.Fatal("no key frame is made")
				}
			}
			comes(t, video)
		})
	}
}
