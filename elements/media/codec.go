// Package media knows the codecs: which elements parse, pay, depay, encode and decode each, and builds the chains
// between an application's pad and the transport.
package media

import (
	"strings"

	"gstjitsi/signaling/jingle"
)

// Codec is a codec of RTP with the GStreamer elements for it.
type Codec struct {
	Name      string // lower-case encoding name of SDP: vp8, opus
	Media     jingle.Media
	Caps      string // caps of the encoded stream
	Raw       string // caps of the decoded stream
	Pay       string // factory of the payloader
	Depay     string // factory of the depayloader
	ClockRate uint32 // Hz, of RTP
}

// The codecs.
var (
	Opus = Codec{"opus", jingle.Audio, "audio/x-opus", "audio/x-raw", "rtpopuspay", "rtpopusdepay", 48000}
	VP8  = Codec{"vp8", jingle.Video, "video/x-vp8", "video/x-raw", "rtpvp8pay", "rtpvp8depay", 90000}
)

var codecs = []Codec{Opus, VP8}

// ByName finds a codec by its encoding name, in any case.
func ByName(name string) (Codec, bool) {
	for _, c := range codecs {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return Codec{}, false
}

// Of lists the codecs of a medium in our order of preference.
func Of(m jingle.Media) []Codec {
	var list []Codec
	for _, c := range codecs {
		if c.Media == m {
			list = append(list, c)
		}
	}
	return list
}

// PadCaps are the caps of an element's pad for a medium: raw or any codec.
func PadCaps(m jingle.Media) string {
	list := Of(m)
	caps := []string{list[0].Raw}
	for _, c := range list {
		caps = append(caps, c.Caps)
	}
	return strings.Join(caps, "; ")
}
