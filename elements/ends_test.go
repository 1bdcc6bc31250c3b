package elements

import (
	"net/url"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/wire"
)

// The ends of a stay that no configuration brings about; those by moderators are in actions_test.go.

func TestAServerThatStaysAwayIsAnError(t *testing.T) {
	d := deployments(t, map[string]deployment.Options{"usual": {}})["usual"]
	u, err := url.Parse(d.WebSocketURL())
	if err != nil {
		t.Fatal(err)
	}
	w, err := wire.New(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	u.Host = w.Addr()
	anna := attend(t, d, "reconnect-timeout=1 websocket-url="+u.String())
	anna.becomes("joined")
	w.Cut()
	anna.fails(gst.ResourceErrorRead, "not reconnected within 1s")
}

func TestABridgeThatIsNotTheOneAnnouncedIsAnError(t *testing.T) {
	d := deployments(t, map[string]deployment.Options{"wrong": {WrongFingerprint: true}})["wrong"]
	anna, bert := attend(t, d, ""), attend(t, d, "")
	for _, m := range []*member{anna, bert} {
		m.fails(gst.ResourceErrorNotAuthorized, "fingerprint")
	}
}

func TestWithoutACommonCodecThereIsNoConference(t *testing.T) {
	d := deployments(t, map[string]deployment.Options{"usual": {}})["usual"]
	attend(t, d, "").becomes("joined")
	sender := launch(t, "videotestsrc is-live=true ! video/x-raw,width=64,height=64 ! vp8enc deadline=1 ! jitsisink video-codecs=vp9 local-addresses=127.0.0.1 location="+d.URL()+"/room")
	t.Cleanup(func() { sender.SetState(gst.StateNull) })
	m := &member{Pipeline: sender, t: t, bus: sender.GetBus()}
	sender.SetState(gst.StatePlaying)
	m.fails(gst.StreamErrorCodecNotFound, "video/x-vp8")
}

// Debian 12 has no payloader for AV1. Applications that offer to install plugins are told what is missing.
func TestAMissingPluginIsToldAsApplicationsExpectIt(t *testing.T) {
	p := launch(t, "jitsisrc video-codecs=av1 location=https://meet.example.org/room ! fakesink")
	t.Cleanup(func() { p.SetState(gst.StateNull) })
	p.SetState(gst.StatePlaying)
	m := p.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageElement|gst.MessageError)
	if m == nil || m.Type() != gst.MessageElement || m.GetStructure().GetName() != "missing-plugin" || m.GetStructure().GetString("type") != "element" {
		t.Fatalf("got %v", m)
	}
	(&member{t: t, bus: p.GetBus()}).fails(gst.CoreErrorMissingPlugin, m.GetStructure().GetString("detail"))
}

// A firewall that lets nothing through but TURN, where there is none; and a bridge whose channel is announced at a wrong
// address, so that no video would ever come.
func TestABridgeThatCanNotBeReachedIsAnError(t *testing.T) {
	t.Parallel() // it mostly waits
	nobody := closedPort(t)
	d := deployments(t, map[string]deployment.Options{"usual": {}, "wrong": {ChannelBase: "ws://" + nobody}})
	walled := attend(t, d["usual"], "ice-transport-policy=relay reconnect-timeout=1")
	attend(t, d["usual"], "").becomes("in-session")
	deaf := attend(t, d["wrong"], "reconnect-timeout=1")
	attend(t, d["wrong"], "").becomes("in-session")
	walled.fails(gst.ResourceErrorOpenReadWrite, d["usual"].MediaAddress().String()+", over TURN")
	deaf.fails(gst.ResourceErrorOpenReadWrite, nobody)
}
