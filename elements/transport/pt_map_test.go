package transport

import (
	"strings"
	"testing"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
)

func TestEveryPayloadTypeHasCapsWithTransportCC(t *testing.T) {
	ext := []jingle.HeaderExtension{{ID: 1, URI: sdp.AudioLevel}, {ID: 5, URI: sdp.TransportCC}}
	caps := ptMap(&jingle.SessionInitiate{
		Audio: jingle.Description{Media: jingle.Audio, HeaderExtensions: ext, PayloadTypes: []jingle.PayloadType{
			{ID: 111, Name: "opus", ClockRate: 48000, Channels: 2}}},
		Video: jingle.Description{Media: jingle.Video, HeaderExtensions: ext, PayloadTypes: []jingle.PayloadType{
			{ID: 100, Name: "VP8", ClockRate: 90000, Feedback: []jingle.Feedback{{Type: "nack", Subtype: "pli"}}},
			{ID: 99, Name: "rtx", ClockRate: 90000, Parameters: []jingle.Parameter{{Name: "apt", Value: "107"}}}}},
	})
	for pt, want := range map[uint8][]string{
		111: {"media=audio", "encoding-name=OPUS", `encoding-params=(string)"2"`},
		100: {"media=video", "encoding-name=VP8", "rtcp-fb-nack-pli=true"},
		99:  {"encoding-name=RTX", `apt=(string)"107"`},
	} {
		for _, field := range append(want, "extmap-5=") {
			if !strings.Contains(caps[pt], field) {
				t.Errorf("payload type %d: no %s in %s", pt, field, caps[pt])
			}
		}
	}
}

func TestParametersOffTheWireCanNotAddCapsFields(t *testing.T) {
	d := jingle.Description{Media: jingle.Video}
	pt := jingle.PayloadType{ID: 1, Name: "VP8", ClockRate: 90000, Parameters: []jingle.Parameter{
		{Name: "x,ssrc", Value: "1"}, {Name: "", Value: "2"}, {Name: "apt", Value: `1",ssrc=(uint)7,y="`}}}
	if caps := receiveCaps(d, pt); strings.Contains(caps, "x,ssrc") || !strings.Contains(caps, `\",ssrc`) {
		t.Errorf("got %s", caps)
	}
}
