package media

import (
	"fmt"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// newEncoder makes the chain that encodes raw media for a conversation: no look-ahead, constant bitrate, key frames
// on request only.
func newEncoder(bin gst.Bin, codec Codec) ([]gst.Element, error) {
	switch codec.Name {
	case "opus":
		return opusEncoder(bin)
	case "vp8":
		return vp8Encoder(bin)
	}
	return nil, &MissingElementError{Purpose: "encoder for " + codec.Caps}
}

// opusEncoder measures the level before it encodes: the payloader writes it into each packet (RFC 6464), and the bridge
// finds the dominant speaker by it.
func opusEncoder(bin gst.Bin) ([]gst.Element, error) {
	elements, err := makeChain(bin, []string{"audioconvert", "audioresample", "level", "opusenc"})
	if err != nil {
		return nil, err
	}
	level, encoder := elements[2], elements[3]
	level.SetObjectProperty("audio-level-meta", true)
	level.SetObjectProperty("post-messages", false)
	gstx.SetFromString(encoder, "inband-fec", "true")
	return elements, nil
}

// keyFrameDistance is for receivers whose requests got lost: a key frame a minute at 30 frames a second.
const keyFrameDistance = 1800

func vp8Encoder(bin gst.Bin) ([]gst.Element, error) {
	elements, err := makeChain(bin, []string{"videoconvert", "vp8enc"})
	if err != nil {
		return nil, err
	}
	for property, value := range map[string]string{
		"deadline":            "1",
		"cpu-used":            "8",
		"end-usage":           "cbr",
		"error-resilient":     "default",
		"keyframe-max-dist":   fmt.Sprint(keyFrameDistance),
		"lag-in-frames":       "0",
		"buffer-size":         "500",
		"buffer-initial-size": "300",
		"buffer-optimal-size": "400",
		"threads":             "2",
	} {
		gstx.SetFromString(elements[1], property, value)
	}
	return elements, nil
}
