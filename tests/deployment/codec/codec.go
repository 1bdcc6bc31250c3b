// Package codec is the table of payload types and header extensions that the local deployment offers, as recorded
// from a real one (recording a-alice, session-initiate). The focus writes its offers from it, the bridge reads
// packets by it.
package codec

// Names of the codecs as they are on the wire.
const (
	Opus = "opus"
	VP8  = "VP8"
	VP9  = "VP9"
	H264 = "H264"
	AV1  = "AV1"
	RTX  = "rtx"
	RED  = "red" // RFC 2198
)

// Header extensions (RFC 8285).
const (
	AudioLevel           = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	AbsSendTime          = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	TransportCC          = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	MID                  = "urn:ietf:params:rtp-hdrext:sdes:mid"
	DependencyDescriptor = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
)

// PayloadType is one entry of the offer.
type PayloadType struct {
	ID         uint8
	Name       string
	ClockRate  int
	Channels   int // 0 when not written
	Parameters []Parameter
	Feedback   []Feedback
	FeedbackAt int   // how many parameters come before the feedback
	APT        uint8 // of rtx: the payload type that it repeats
}

// Parameter is a format parameter.
type Parameter struct{ Name, Value string }

// Feedback is an RTCP feedback type.
type Feedback struct{ Type, Subtype string }

// Extension is a header extension with its number.
type Extension struct {
	ID  uint8
	URI string
}

// Table is an offer's content for one medium.
type Table struct {
	PayloadTypes []PayloadType
	Extensions   []Extension
}

var transportCC = Feedback{Type: "transport-cc"}

func videoFeedback(more ...Feedback) []Feedback {
	return append([]Feedback{{"ccm", "fir"}, {"nack", ""}, {"nack", "pli"}}, more...)
}

// Audio is what is offered for audio.
func Audio() Table {
	return Table{
		PayloadTypes: []PayloadType{
			{ID: 111, Name: Opus, ClockRate: 48000, Channels: 2,
				Parameters: []Parameter{{"minptime", "10"}, {"useinbandfec", "1"}}, FeedbackAt: 2, Feedback: []Feedback{transportCC}},
			{ID: 112, Name: RED, ClockRate: 48000, Channels: 2},
			{ID: 126, Name: "telephone-event", ClockRate: 8000},
		},
		Extensions: []Extension{{1, AudioLevel}, {10, MID}, {5, TransportCC}},
	}
}

// Video is what is offered for video.
func Video() Table {
	rtx := func(id, apt uint8, value string, feedback []Feedback) PayloadType {
		return PayloadType{ID: id, Name: RTX, ClockRate: 90000, APT: apt, Parameters: []Parameter{{"apt", value}}, FeedbackAt: 1, Feedback: feedback}
	}
	return Table{
		PayloadTypes: []PayloadType{
			{ID: 41, Name: AV1, ClockRate: 90000, Feedback: videoFeedback(transportCC)},
			{ID: 100, Name: VP8, ClockRate: 90000, Feedback: videoFeedback(transportCC)},
			{ID: 107, Name: H264, ClockRate: 90000, Feedback: videoFeedback(transportCC),
				Parameters: []Parameter{{"profile-level-id", "42e01f;level-asymmetry-allowed=1;packetization-mode=1;"}}},
			{ID: 101, Name: VP9, ClockRate: 90000, Feedback: videoFeedback(transportCC)},
			rtx(42, 41, "41", videoFeedback()),
			rtx(96, 100, "100", videoFeedback()),
			rtx(97, 101, "101", videoFeedback()),
			rtx(99, 107, "107", nil),
		},
		Extensions: []Extension{{11, DependencyDescriptor}, {10, MID}, {3, AbsSendTime}, {5, TransportCC}},
	}
}

// Features are what an endpoint announces and the offer to it depends on.
type Features struct {
	RTX         bool // urn:ietf:rfc:4588
	TransportCC bool // http://jitsi.org/tcc
	MID         bool // the deployment offers the extension
	RED         bool // http://jitsi.org/opus-red, where the deployment has it on: in no recording

	// These change no offer.
	SSRCRewriting bool // http://jitsi.org/ssrc-rewriting-1, where the deployment has it on
	MIDDemux      bool // http://jitsi.org/rtp-mid-demux, with it
}

// For is the part of the table that an endpoint with these features is offered (recordings j-minimal, nomid-a).
func (t Table) For(f Features) Table {
	var part Table
	for _, pt := range t.PayloadTypes {
		if pt.Name == RTX && !f.RTX || pt.Name == RED && !f.RED {
			continue
		}
		if !f.TransportCC {
			var kept []Feedback
			for _, feedback := range pt.Feedback {
				if feedback != transportCC {
					kept = append(kept, feedback)
				}
			}
			pt.Feedback = kept
		}
		part.PayloadTypes = append(part.PayloadTypes, pt)
	}
	for _, extension := range t.Extensions {
		if extension.URI == TransportCC && !f.TransportCC || extension.URI == MID && !f.MID {
			continue
		}
		part.Extensions = append(part.Extensions, extension)
	}
	return part
}

// ByID finds a payload type.
func (t Table) ByID(id uint8) (PayloadType, bool) {
	for _, pt := range t.PayloadTypes {
		if pt.ID == id {
			return pt, true
		}
	}
	return PayloadType{}, false
}

// RTXFor gives the payload type that repeats another.
func (t Table) RTXFor(id uint8) (uint8, bool) {
	for _, pt := range t.PayloadTypes {
		if pt.Name == RTX && pt.APT == id {
			return pt.ID, true
		}
	}
	return 0, false
}

// ExtensionID gives the number of an extension, 0 when it isn't in the table.
func (t Table) ExtensionID(uri string) uint8 {
	for _, extension := range t.Extensions {
		if extension.URI == uri {
			return extension.ID
		}
	}
	return 0
}
