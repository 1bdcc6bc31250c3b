package gstx

import (
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

const srtpKey = `srtp-key=(buffer)000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d, srtp-cipher=aes-128-icm, srtp-auth=hmac-sha1-80,
	srtcp-cipher=aes-128-icm, srtcp-auth=hmac-sha1-80`

// TestKeysOfThoseWhoLeftAreGone lets SSRC 4711 send for a moment, and 4712 until the keys of the first are gone.
func TestKeysOfThoseWhoLeftAreGone(t *testing.T) {
	const sender = ` ! audio/x-raw,rate=8000 ! alawenc ! rtppcmapay ssrc=%SSRC% ! capssetter caps=application/x-rtp replace=true ! s.`
	e, err := gst.ParseLaunch(`funnel name=f ! srtpdec name=d ! fakesink name=out sync=false async=false
		srtpenc name=e key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d rtp-cipher=aes-128-icm rtp-auth=hmac-sha1-80 ! capssetter caps=application/x-srtp replace=true ! f.
		funnel name=s ! e.rtp_sink_0
		audiotestsrc num-buffers=10` + strings.ReplaceAll(sender, "%SSRC%", "4711") + `
		audiotestsrc is-live=true` + strings.ReplaceAll(sender, "%SSRC%", "4712"))
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	defer p.SetState(gst.StateNull)
	decoder := p.GetByName("d").(gst.Element)
	decoder.Connect("request-key", func(gst.Element, uint) *gst.Caps { return gst.CapsFromString("application/x-srtp, " + srtpKey) })
	keys := NewSRTPKeys()
	keys.Watch(decoder)
	streams := make(chan string, 1000)
	p.GetByName("out").GetStaticPad("sink").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		if s, ok := decoder.ObjectProperty("stats").(*gst.Structure); ok {
			select {
			case streams <- s.String():
			default:
			}
		}
		return gst.PadProbeOK
	})
	p.SetState(gst.StatePlaying)
	timeout, both := time.After(30*time.Second), false
	for {
		select {
		case stats := <-streams:
			first, second := strings.Contains(stats, "4711"), strings.Contains(stats, "4712")
			switch {
			case first && second && !both:
				both = true
				keys.Forget(4711)
				keys.Forget(4712)
				keys.Keep(4712)
			case both && !second:
				t.Fatalf("the keys of one who is there are gone: %s", stats)
			case both && !first:
				if n := strings.Count(stats, "x-srtp-stream"); n != 1 {
					t.Errorf("%d SSRCs have keys: %s", n, stats)
				}
				return
			}
		case <-timeout:
			t.Fatalf("the keys of both were there: %v", both)
		}
	}
}
