package elements

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/robot"
)

// player is a robot who sends VP8 and Opus.
func player(t *testing.T, location string) *robot.Robot {
	t.Helper()
	r, err := robot.Join(t.Context(), robot.Options{
		Location: location, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Film: encodeFilm(t), Nick: "Robot",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Leave() })
	return r
}

// warned waits for a warning whose details have all these words.
func warned(t *testing.T, p gst.Pipeline, words ...string) {
	t.Helper()
	for {
		m := p.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageWarning|gst.MessageError)
		if m == nil {
			t.Fatalf("no warning has all of %q", words)
		}
		if m.Type() == gst.MessageError {
			t.Fatalf("an error: %s", m.GetStructure())
		}
		debug, _ := m.ParseWarning()
		if containsAll(debug, words) {
			return
		}
	}
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// A pad's peer refuses what comes before the first buffer of it: another codec, another size, encoded and decoded. A second pad of
// the same source goes on, and so does the other medium.
func TestAPadWhosePeerTakesNothingThatComesSaysSo(t *testing.T) {
	location := startDeployment(t) + "/Refusal"
	r := player(t, location)
	for name, c := range map[string]struct{ pad, peer, source, caps string }{
		"another codec":         {"video", "video/x-h264", "-v0", "video/x-vp8"},
		"another size, encoded": {"video", "video/x-vp8,width=4096", "-v0", "width=(int)320"},
		"another size, decoded": {"video", "video/x-raw,width=4096", "-v0", "width=(int)320"},
		"sound of another kind": {"audio", "audio/x-opus,channel-mapping-family=255", "-a0", "audio/x-opus"},
	} {
		t.Run(name, func(t *testing.T) {
			p := launch(t, fmt.Sprintf(`jitsisrc name=j local-addresses=127.0.0.1 location=%s  j.%s_%s ! %s ! fakesink async=false
				j.video_%[3]s-v0 ! fakesink async=false  j.audio_%[3]s-a0 ! audio/x-raw ! fakesink async=false`, location, c.pad, r.ID(), c.peer))
			defer p.SetState(gst.StateNull)
			p.SetState(gst.StatePlaying)
			media, fields, _ := strings.Cut(c.peer, ",")
			_, value, _ := strings.Cut(fields, "=")
			warned(t, p, "pad "+c.pad+"_"+r.ID(), r.ID()+c.source, "participant "+r.ID(), c.caps, media, value)
			untilActive(t, p, "video_"+r.ID()+"-v0", true)
			untilActive(t, p, "audio_"+r.ID()+"-a0", true)
		})
	}
}

func TestAPadWhosePeerTakesWhatComesSaysNothing(t *testing.T) {
	location := startDeployment(t) + "/Accepted"
	r := player(t, location)
	p := launch(t, fmt.Sprintf(`jitsisrc name=j local-addresses=127.0.0.1 location=%s  j.video_%s ! video/x-vp8,width=320 ! fakesink name=picture async=false
		j.video_%[2]s-v0 ! video/x-raw,width=320 ! fakesink async=false  j.audio_%[2]s ! audio/x-opus ! fakesink async=false`, location, r.ID()))
	defer p.SetState(gst.StateNull)
	p.SetState(gst.StatePlaying)
	for _, pad := range []string{"video_" + r.ID(), "video_" + r.ID() + "-v0", "audio_" + r.ID()} {
		untilActive(t, p, pad, true)
	}
	if m := p.GetBus().TimedPopFiltered(0, gst.MessageWarning|gst.MessageError); m != nil {
		t.Errorf("it says %s", m.GetStructure())
	}
}

func TestAnInstanceThatTakesNothingThatComesFails(t *testing.T) {
	location := startDeployment(t) + "/Instance"
	r := player(t, location)
	p := launch(t, `jitsisrc name=j local-addresses=127.0.0.1 location=`+location+`
		participant-template="capsfilter caps=video/x-h264 name=video ! fakesink async=false  opusparse name=audio ! fakesink async=false"
		j.video_0 ! fakesink async=false`)
	defer p.SetState(gst.StateNull)
	p.SetState(gst.StatePlaying)
	for {
		m := p.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageElement|gst.MessageError)
		if m == nil || m.Type() == gst.MessageError {
			t.Fatalf("no message tells of the instance's end; %v", m)
		}
		s := m.GetStructure()
		if s.GetName() != "jitsi-template-failed" {
			continue
		}
		if cause := s.GetString("cause"); s.GetString("participant-id") != r.ID() || !containsAll(cause, []string{r.ID() + "-v0", "vp8", "video/x-h264"}) {
			t.Errorf("it tells %s", s)
		}
		break
	}
	untilActive(t, p, "video_0", true)
}
