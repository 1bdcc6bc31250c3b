// Package media knows the codecs: which elements parse, pay, depay, encode and decode each, and builds the chains
// between an application's pad and the transport.
package media

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/signaling/jingle"
)

// Codec is a codec of RTP with the GStreamer elements for it.
type Codec struct {
	Name      string // lower-case encoding name of SDP: vp8, opus
	Media     jingle.Media
	Caps      string // media type of the encoded stream
	Raw       string // media type of the decoded stream
	Pay       string // factory of the payloader
	Depay     string // factory of the depayloader
	ClockRate uint32 // Hz, of RTP

	// Parse is the factory of the parser, which stands in front of the payloader and behind the depayloader: it reads
	// the picture's size out of the stream, and converts between the forms that muxers and RTP take. Empty where there
	// is but one form and the caps are complete without.
	Parse string

	// Simulcast says that the bridge switches between sizes of a picture in this codec, each an SSRC.
	Simulcast bool

	// DepayCaps is what the depayloader is held to; empty: whatever it makes of itself.
	DepayCaps string

	// FixedCaps is the form of the encoded stream in which the caps say what a decoder must know beforehand; empty: they never do.
	FixedCaps string
}

// The codecs.
var (
	Opus = Codec{
		Name: "opus", Media: jingle.Audio, Caps: "audio/x-opus", Raw: "audio/x-raw",
		Pay: "rtpopuspay", Depay: "rtpopusdepay", ClockRate: 48000,
	}
	VP8 = Codec{
		Name: "vp8", Media: jingle.Video, Caps: "video/x-vp8", Raw: "video/x-raw",
		Pay: "rtpvp8pay", Depay: "rtpvp8depay", ClockRate: 90000, Simulcast: true,
	}
	// VP9 says the size in RTP only if the sender likes to (the scalability structure): muxers want it always.
	VP9 = Codec{
		Name: "vp9", Media: jingle.Video, Caps: "video/x-vp9", Raw: "video/x-raw",
		Pay: "rtpvp9pay", Depay: "rtpvp9depay", ClockRate: 90000, Parse: "vp9parse",
	}
	// H264 comes out of RTP with the parameter sets inside the stream; h264parse makes of it what the peer takes, which
	// is avc for muxers. Left to itself the depayloader would make avc, and take a change of size for a broken stream.
	H264 = Codec{
		Name: "h264", Media: jingle.Video, Caps: "video/x-h264", Raw: "video/x-raw",
		Pay: "rtph264pay", Depay: "rtph264depay", ClockRate: 90000, Parse: "h264parse",
		DepayCaps: "video/x-h264,stream-format=byte-stream,alignment=au", FixedCaps: "video/x-h264,stream-format=avc,alignment=au",
	}
	// AV1 has its payloaders in gst-plugins-rs.
	AV1 = Codec{
		Name: "av1", Media: jingle.Video, Caps: "video/x-av1", Raw: "video/x-raw",
		Pay: "rtpav1pay", Depay: "rtpav1depay", ClockRate: 90000, Parse: "av1parse",
	}
)

// codecs are all of them, of each medium in our order of preference.
var codecs = []Codec{Opus, VP8, VP9, H264, AV1}

// ByName finds a codec by its encoding name, in any case.
func ByName(name string) (Codec, bool) {
	i := slices.IndexFunc(codecs, func(c Codec) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return Codec{}, false
	}
	return codecs[i], true
}

// ByCaps finds a codec by the media type of its encoded stream, such as video/x-vp8.
func ByCaps(mediaType string) (Codec, bool) {
	i := slices.IndexFunc(codecs, func(c Codec) bool { return c.Caps == mediaType })
	if i < 0 {
		return Codec{}, false
	}
	return codecs[i], true
}

// Of lists the codecs of a medium in our order of preference.
func Of(m jingle.Media) []Codec {
	return slices.DeleteFunc(slices.Clone(codecs), func(c Codec) bool { return c.Media != m })
}

// Names lists the names of the codecs of a medium, in our order of preference.
func Names(m jingle.Media) []string {
	var names []string
	for _, c := range Of(m) {
		names = append(names, c.Name)
	}
	return names
}

// ParseNames reads a preference of codecs of a medium, separated by commas. A name that is none of theirs is an error,
// and so is a list without a name; a name that comes again is left out.
func ParseNames(m jingle.Media, list string) ([]string, error) {
	var names []string
	for field := range strings.SplitSeq(list, ",") {
		name := strings.ToLower(strings.TrimSpace(field))
		if name == "" || slices.Contains(names, name) {
			continue
		}
		if codec, ok := ByName(name); !ok || codec.Media != m {
			return nil, fmt.Errorf("%q is none of the %s codecs %s", name, m, strings.Join(Names(m), ", "))
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no %s codec in %q", m, list)
	}
	return names, nil
}

// Available says whether GStreamer has here what takes the codec in and out of RTP: else a *MissingElementError.
func (c Codec) Available() error {
	for _, factory := range []string{c.Depay, c.Pay, c.Parse} {
		if factory != "" && gst.ElementFactoryFind(factory) == nil {
			return &MissingElementError{Factory: factory, Purpose: "RTP of " + c.Name}
		}
	}
	return nil
}

// Usable leaves those names in the list whose codec GStreamer has here, and returns why the others are not in it.
func Usable(names []string) (usable []string, missing []error) {
	for _, name := range names {
		codec, ok := ByName(name)
		if !ok {
			continue
		}
		if err := codec.Available(); err != nil {
			missing = append(missing, err)
			continue
		}
		usable = append(usable, name)
	}
	return usable, missing
}

// PadCaps are the caps of an element's pad for a medium: raw, any codec, or the RTP of any.
func PadCaps(m jingle.Media) string {
	list := Of(m)
	caps := []string{list[0].Raw}
	for _, c := range list {
		caps = append(caps, c.Caps)
	}
	for _, c := range list {
		caps = append(caps, c.RTPCaps())
	}
	return strings.Join(caps, "; ")
}

// RTPCaps are the caps of the codec's RTP.
func (c Codec) RTPCaps() string {
	return fmt.Sprintf("application/x-rtp,media=%s,encoding-name=%s,clock-rate=%d", c.Media, strings.ToUpper(c.Name), c.ClockRate)
}
