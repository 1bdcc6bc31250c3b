package media

import (
	"fmt"
	"slices"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// encoder is an element that we know how to set for a conversation: no look-ahead, constant bitrate, key frames on
// request.
type encoder struct {
	factory  string
	codec    string            // encoding name
	settings map[string]string // properties and their texts
	bitrate  string            // the property
	unit     int               // of it, in bit/s
	live     bool              // whether the bitrate may change while it works
	caps     string            // that its output must have; empty: any
}

// keyFrameDistance is for receivers whose requests got lost: a key frame a minute at 30 frames a second.
const keyFrameDistance = 1800

var vpxSettings = map[string]string{
	"deadline":            "1",
	"cpu-used":            "8",
	"end-usage":           "cbr",
	"error-resilient":     "default",
	"keyframe-max-dist":   fmt.Sprint(keyFrameDistance),
	"lag-in-frames":       "0",
	"buffer-size":         "500",
	"buffer-initial-size": "300",
	"buffer-optimal-size": "400",
	"min-quantizer":       "2",
	"max-quantizer":       "56",
	"max-intra-bitrate":   "600", // per cent of a frame on the average: a key frame must get through before its time is over
	"dropframe-threshold": "30",
}

// The profile that everybody decodes, and that the bridge offers (42e01f).
const baseline = "video/x-h264,profile=constrained-baseline"

var encoders = []encoder{
	{factory: "vp8enc", codec: "vp8", settings: vpxSettings, bitrate: "target-bitrate", unit: 1, live: true},
	{factory: "vp9enc", codec: "vp9", settings: vpxSettings, bitrate: "target-bitrate", unit: 1, live: true},
	{factory: "x264enc", codec: "h264", bitrate: "bitrate", unit: 1000, live: true, caps: baseline, settings: map[string]string{
		"tune": "zerolatency", "speed-preset": "superfast", "key-int-max": fmt.Sprint(keyFrameDistance), "bframes": "0",
		"vbv-buf-capacity": "500", "aud": "false",
	}},
	{factory: "openh264enc", codec: "h264", bitrate: "bitrate", unit: 1, live: true, caps: baseline, settings: map[string]string{
		"rate-control": "bitrate", "usage-type": "camera", "complexity": "low", "gop-size": fmt.Sprint(keyFrameDistance),
	}},
	{factory: "vah264lpenc", codec: "h264", bitrate: "bitrate", unit: 1000, live: true, caps: baseline, settings: map[string]string{
		"rate-control": "cbr", "b-frames": "0", "key-int-max": "1024",
	}},
	{factory: "vah264enc", codec: "h264", bitrate: "bitrate", unit: 1000, live: true, caps: baseline, settings: map[string]string{
		"rate-control": "cbr", "b-frames": "0", "key-int-max": "1024",
	}},
	{factory: "av1enc", codec: "av1", bitrate: "target-bitrate", unit: 1000, settings: map[string]string{
		"usage-profile": "realtime", "cpu-used": "10", "end-usage": "cbr", "lag-in-frames": "0",
		"keyframe-max-dist": fmt.Sprint(keyFrameDistance), "row-mt": "true",
	}},
}

// factoryTypeEncoder is GST_ELEMENT_FACTORY_TYPE_ENCODER.
const factoryTypeEncoder gst.ElementFactoryListType = 1 << 1

// encoderFor picks the encoder with the highest rank among those installed that we know.
func encoderFor(codec Codec) (encoder, error) {
	best, rank := encoder{}, uint(0)
	for _, factory := range gst.ElementFactoryListGetElements(factoryTypeEncoder, gst.RankMarginal) {
		i := slices.IndexFunc(encoders, func(e encoder) bool { return e.codec == codec.Name && e.factory == factory.GetName() })
		if i >= 0 && factory.GetRank() > rank {
			best, rank = encoders[i], factory.GetRank()
		}
	}
	if rank == 0 {
		return best, &MissingElementError{Purpose: "encoder for " + codec.Caps, Encodes: codec.Caps}
	}
	return best, nil
}

// CanEncode says whether raw media can become this codec here.
func CanEncode(codec Codec) bool {
	if codec.Media == "audio" {
		return gst.ElementFactoryFind(opusEncoder) != nil
	}
	_, err := encoderFor(codec)
	return err == nil
}

// coarsest is the quantizer of libvpx for one size alone, which has to do with whatever the network carries: with 56 a key frame of 720p is half as large
// again, and those who watch wait so much longer for it.
const coarsest = "63"

// configure sets an encoder that has just been made, for pictures of a height, alone or beside other sizes.
func (e encoder) configure(element gst.Element, height int, alone bool) {
	for property, value := range e.settings {
		gstx.SetFromString(element, property, value)
	}
	if e.settings["deadline"] != "" { // libvpx
		gstx.SetFromString(element, "threads", fmt.Sprint(threads(height)))
		if alone {
			gstx.SetFromString(element, "max-quantizer", coarsest)
		}
		gstx.HidePauses(element)
	}
}

// threads are what an encoder may use. One encodes 720p in half of the time that there is, and on a busy machine with two cores a second
// one took a third more of the CPU for nothing (libvpx 1.12).
func threads(height int) int {
	if height <= 720 {
		return 1
	}
	return 2
}

// setBitrate sets bit/s.
func (e encoder) setBitrate(element gst.Element, bitrate int) {
	gstx.SetFromString(element, e.bitrate, fmt.Sprint(max(bitrate/e.unit, 1)))
}

const opusEncoder = "opusenc"

// expectedLoss is for how much loss the encoder provides, in per cent: what it takes of the bitrate grows with it. Below nine libopus
// takes for music what does not sound like speech, and music goes without copies.
const expectedLoss = "10"

// newAudioEncoder measures the level before it encodes: the payloader writes it into each packet (RFC 6464), and the
// bridge finds the dominant speaker by it.
func newAudioEncoder(bin gst.Bin, stereo bool) ([]gst.Element, error) {
	elements, err := makeChain(bin, []string{"audioconvert", "audioresample", "capsfilter", "level", opusEncoder})
	if err != nil {
		return nil, err
	}
	filter, level, encoder := elements[2], elements[3], elements[4]
	channels := 1
	if stereo {
		channels = 2
	}
	filter.SetObjectProperty("caps", gst.CapsFromString(fmt.Sprintf("audio/x-raw,channels=%d", channels)))
	level.SetObjectProperty("audio-level-meta", true)
	level.SetObjectProperty("post-messages", false)
	gstx.SetFromString(encoder, "inband-fec", "true")
	gstx.SetFromString(encoder, "packet-loss-percentage", expectedLoss) // without it there is no copy in the packets
	return elements, nil
}
