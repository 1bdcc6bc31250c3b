package media

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// Filler makes what a pad gives out while nobody fills it: silence, a black picture, or ticks by which another picture is
// repeated. It is live, and its time is the running time.
type Filler struct {
	bin       gst.Bin
	elements  []gst.Element
	Announced *gst.Caps // what the stream is announced as instead of its own caps; nil: as itself
}

// fillerRate is how many pictures come in a second: enough for everything that waits for one.
const fillerRate = 5

// NewRawFiller makes silence or black pictures that the caps allow.
func NewRawFiller(bin gst.Bin, m jingle.Media, caps *gst.Caps) (*Filler, error) {
	return newFiller(bin, m, caps, nil)
}

// NewTicker makes pictures that nobody is to see, but as often as one is to be shown.
func NewTicker(bin gst.Bin) (*Filler, error) {
	return newFiller(bin, jingle.Video, gst.CapsFromString(fmt.Sprintf("video/x-raw,format=I420,width=16,height=16,framerate=%d/1", fillerRate)), nil)
}

// CanFill says whether there is an encoder for the codec's fillers.
func CanFill(codec Codec) bool {
	_, ok := fillerEncoderFor(codec)
	return ok
}

// CanContinue says whether a filler goes on with a stream that somebody else has begun: its pictures say nothing beforehand that another
// encoder would say otherwise.
func CanContinue(codec Codec) bool { return CanFill(codec) && codec.FixedCaps == "" }

func fillerEncoderFor(codec Codec) (fillerEncoder, bool) {
	for _, e := range fillerEncoders[codec.Name] {
		if gst.ElementFactoryFind(e.name) != nil && (codec.FixedCaps == "" || gst.ElementFactoryFind(codec.Parse) != nil) {
			return e, true
		}
	}
	return fillerEncoder{}, false
}

// NewEncodedFiller makes silence, or black pictures of that size, each of them a key frame.
func NewEncodedFiller(bin gst.Bin, codec Codec, width, height int) (*Filler, error) {
	encoder, ok := fillerEncoderFor(codec)
	if !ok {
		return nil, &MissingElementError{Purpose: "encoder for a picture of " + codec.Caps}
	}
	raw := "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved"
	if codec.Media == jingle.Video {
		raw = fmt.Sprintf("video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1", width, height, fillerRate)
	}
	f, err := newFiller(bin, codec.Media, gst.CapsFromString(raw), &encoder)
	if err != nil || encoder.asReceived {
		return f, err
	}
	f.Announced = gst.CapsFromString(codec.Caps + encoder.announced)
	if codec.Media == jingle.Video {
		f.Announced = gst.CapsFromString(fmt.Sprintf("%s,width=%d,height=%d%s", codec.Caps, width, height, encoder.announced))
	}
	return f, nil
}

// fillerEncoder makes the encoded fillers of a codec. They are announced as what the depayloader makes, so that muxers,
// which compare caps, see one stream.
type fillerEncoder struct {
	name       string
	properties map[string]string
	announced  string
	asReceived bool // goes the way of what comes out of RTP, so that the caps are like those; else they are announced
}

var vpxFiller = map[string]string{"deadline": "1", "cpu-used": "8", "keyframe-max-dist": "0", "threads": "1", "lag-in-frames": "0"}

// fillerEncoders are those of a codec, the first one that is there counts. That is the one that browsers have, too: mp4mux takes parameter
// sets that say less than those before for another stream.
var fillerEncoders = map[string][]fillerEncoder{
	"opus": {{name: "opusenc", announced: ",rate=48000,channels=2,channel-mapping-family=0"}},
	"vp8":  {{name: "vp8enc", properties: vpxFiller, announced: ",framerate=(fraction)0/1,profile=(string)0"}},
	"vp9":  {{name: "vp9enc", properties: vpxFiller, announced: ",framerate=(fraction)0/1,profile=(string)0"}},
	"h264": {
		{name: "openh264enc", asReceived: true, properties: map[string]string{"complexity": "low", "gop-size": "1"}},
		{name: "x264enc", asReceived: true, properties: map[string]string{
			"tune": "zerolatency", "speed-preset": "ultrafast", "key-int-max": "1", "threads": "1"}},
	},
}

func newFiller(bin gst.Bin, m jingle.Media, caps *gst.Caps, encoder *fillerEncoder) (*Filler, error) {
	source, pattern, converter := "audiotestsrc", "wave=silence", "audioconvert"
	if m == jingle.Video {
		source, pattern, converter = "videotestsrc", "pattern=black", "videoconvert"
	}
	factories := []string{source, converter, "capsfilter"}
	if encoder != nil {
		factories = append(factories, encoder.name)
		if encoder.asReceived {
			factories = append(factories, "capsfilter", "capssetter", H264.Parse)
		}
	}
	elements, err := makeChain(bin, factories)
	if err != nil {
		return nil, err
	}
	property, value, _ := strings.Cut(pattern, "=")
	gstx.SetFromString(elements[0], property, value)
	elements[0].SetObjectProperty("is-live", true)
	gstx.ShieldErrors(elements[1].GetStaticPad("sink"))
	elements[2].SetObjectProperty("caps", caps)
	if encoder != nil {
		for property, value := range encoder.properties {
			gstx.SetFromString(elements[3], property, value)
		}
		if encoder.asReceived {
			depayed := gst.CapsFromString(H264.DepayCaps)
			elements[4].SetObjectProperty("caps", depayed)
			elements[5].SetObjectProperty("caps", depayed)
			elements[5].SetObjectProperty("replace", true)
			elements[6].SetObjectProperty("config-interval", int32(eachKeyFrame))
		}
	}
	return &Filler{bin: bin, elements: elements}, nil
}

// Output is the pad at the end.
func (f *Filler) Output() gst.Pad { return f.elements[len(f.elements)-1].GetStaticPad("src") }

// Start lets it flow; link Output first.
func (f *Filler) Start() {
	for _, e := range slices.Backward(f.elements) {
		e.SyncStateWithParent()
	}
}

// Close takes it out of the bin. It may wait for a streaming thread inside the application. The source is held back
// first, and goes first: with nothing behind it, it would post an error.
func (f *Filler) Close() {
	gstx.NewGate().Guard(f.elements[0].GetStaticPad("src"))
	for _, e := range f.elements {
		gstx.Discard(f.bin, e)
	}
}
