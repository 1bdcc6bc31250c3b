package elements

import (
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/deployment"
)

// The focus says to whomever it invites that they shall be muted, also when company comes again.
func TestWhoWasUnmutedStaysSoWhenCompanyComesAgain(t *testing.T) {
	t.Parallel() // it mostly waits
	d := deployments(t, map[string]deployment.Options{"silent": {StartMuted: true, AloneTimeout: time.Second}})["silent"]
	location := "local-addresses=127.0.0.1 location=" + d.URL() + "/Silence"
	sender := launch(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! jitsisink name=j `+location+
		` audiotestsrc is-live=true ! j.`)
	first := launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink name=video`)
	play(t, first, sender)
	for range 2 {
		waitMessage(t, first, "jitsi-source-muted", "muted=(boolean)true")
	}
	pads := []gst.Pad{sender.GetByName("j").GetStaticPad("video_0"), sender.GetByName("j").GetStaticPad("audio_0")}
	for _, pad := range pads {
		if pad.ObjectProperty("mute") != true {
			t.Errorf("%s is not muted", pad.GetName())
		}
		pad.SetObjectProperty("mute", false)
		waitMessage(t, first, "jitsi-source-muted", "muted=(boolean)false")
	}
	waitMessage(t, sender, "jitsi-state-changed", "in-session")

	first.SetState(gst.StateNull)
	waitMessage(t, sender, "jitsi-state-changed", "state=(string)joined")
	second := launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink name=video`)
	play(t, second)
	waitMessage(t, sender, "jitsi-state-changed", "in-session")
	waitMessage(t, second, "jitsi-source-added", "-v0")
	for _, pad := range pads {
		if pad.ObjectProperty("mute") != false {
			t.Errorf("%s is muted again", pad.GetName())
		}
	}
}
