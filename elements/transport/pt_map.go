package transport

import (
	"fmt"
	"strconv"
	"strings"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
)

// ptMap has the caps of all payload types that the bridge may send, by number. webrtcbin's own lack the header
// extensions where we only receive (1.22): without transport-cc feedback the bridge takes the path for dead, and stops
// our video after 15 s. They also lack codecs that we don't take; the bridge probes with their RTX.
func ptMap(offer *jingle.SessionInitiate) map[uint8]string {
	caps := map[uint8]string{}
	for _, d := range []jingle.Description{offer.Audio, offer.Video} {
		for _, pt := range d.PayloadTypes {
			caps[pt.ID] = receiveCaps(d, pt)
		}
	}
	return caps
}

func receiveCaps(d jingle.Description, pt jingle.PayloadType) string {
	var b strings.Builder
	fmt.Fprintf(&b, "application/x-rtp,media=%s,payload=%d,clock-rate=%d,encoding-name=%s",
		d.Media, pt.ID, pt.ClockRate, strings.ToUpper(pt.Name))
	if pt.Channels > 1 {
		fmt.Fprintf(&b, `,encoding-params=(string)"%d"`, pt.Channels)
	}
	for _, f := range pt.Feedback {
		name := "rtcp-fb-" + f.Type
		if f.Subtype != "" {
			name += "-" + f.Subtype
		}
		if isFieldName(name) {
			fmt.Fprintf(&b, ",%s=true", name)
		}
	}
	for _, p := range pt.Parameters {
		if isFieldName(p.Name) {
			fmt.Fprintf(&b, ",%s=(string)%s", p.Name, strconv.Quote(p.Value))
		}
	}
	for _, ext := range d.HeaderExtensions {
		if ext.URI == sdp.TransportCC {
			fmt.Fprintf(&b, `,extmap-%d=(string)%s`, ext.ID, strconv.Quote(ext.URI))
		}
	}
	return b.String()
}

// isFieldName says whether text off the wire can be the name of a caps field.
func isFieldName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == "" &&
		!strings.ContainsAny(name[:1], "-_0123456789")
}
